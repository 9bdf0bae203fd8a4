/* np: 1 */
#include "dft/dft_support.h"

#include "kaimen/dft/sites.h"

#define N_SHELL 5

/* Two s shells, one p and one d on the first element, p on the second. */
static const km_shell shells[N_SHELL] = {{0, 0}, {1, 1}, {0, 2}, {0, 0}, {0, 1}};

/* A different smooth function for each shell. */
static void radial(const void *context, int shell, int n, const double *q_bohr, double *f)
{
    (void)context;
    for (int i = 0; i < n; ++i)
        f[i] = pow(q_bohr[i], shells[shell].l) *
               exp(-(0.2 + 0.05 * shell) * q_bohr[i] * q_bohr[i]);
}

static void radial_slope(const void *context, int shell, int n, const double *q_bohr,
                         double *df)
{
    const int l = shells[shell].l;
    const double a = 0.2 + 0.05 * shell;

    (void)context;
    for (int i = 0; i < n; ++i) {
        const double q = q_bohr[i];

        df[i] = ((l > 0 ? l * pow(q, l - 1) : 0) - 2 * a * pow(q, l + 1)) * exp(-a * q * q);
    }
}

static const km_radials radials = {.value = radial, .slope = radial_slope};

static km_sites *make_sites(const km_crystal *crystal, bool is_real)
{
    km_sites *sites;

    ASSERT_OK(km_sites_create(crystal, is_real, N_SHELL, shells, &sites));
    return sites;
}

static km_basis *make_basis(const km_crystal *crystal)
{
    const double k_frac[3] = {0.23, -0.41, 0.12};
    km_basis *basis;

    ASSERT_OK(km_basis_create(crystal, k_frac, 2, MPI_COMM_SELF, &basis));
    return basis;
}

static km_bands make_functions(const km_sites *sites, const km_basis *basis, bool is_real,
                               int axis)
{
    km_bands functions = make_bands(is_real, km_sites_n_function(sites), km_basis_n_g(basis));

    km_sites_compute(sites, basis, &radials, axis, &functions);
    return functions;
}

static void functions_are_counted_by_atom(void **state)
{
    km_crystal *crystal = make_pairs(); /* Mg O Mg O Mg; oxygen is the first element */
    km_sites *sites = make_sites(crystal, false);
    const int expected[6] = {0, 3, 13, 16, 26, 29};

    (void)state;
    for (int a = 0; a <= 5; ++a) assert_int_equal(km_sites_first(sites, a), expected[a]);
    assert_int_equal(km_sites_n_function(sites), 29);
    for (int a = 0; a < 5; ++a) assert_int_equal(km_sites_partner(sites, a), a);
    km_sites_destroy(&sites);
    sites = make_sites(crystal, true);
    assert_int_equal(km_sites_partner(sites, 0), 0);
    assert_int_equal(km_sites_partner(sites, 1), 3);
    assert_int_equal(km_sites_partner(sites, 3), 1);
    assert_int_equal(km_sites_partner(sites, 4), 2);
    km_sites_destroy(&sites);
    km_crystal_destroy(&crystal);
}

/* An s function is 4 pi / sqrt(Omega) f(q) Y_00 exp(-i q tau). */
static void function_of_an_atom_has_its_phase(void **state)
{
    km_crystal *crystal = make_pairs();
    km_sites *sites = make_sites(crystal, false);
    km_basis *basis = make_basis(crystal);
    km_bands f = make_functions(sites, basis, false, -1);
    const int atom = 3, at = km_sites_first(sites, atom);
    double tau[15];

    (void)state;
    km_crystal_compute_cart(crystal, tau);
    for (int ig = 0; ig < f.n_g; ++ig) {
        const double *q = km_basis_q_cart(basis) + 3 * ig, *t = tau + 3 * atom;
        const double norm = sqrt(2 * km_basis_kinetic_ha(basis)[ig]);
        const double angle = q[0] * t[0] + q[1] * t[1] + q[2] * t[2];
        double value;

        radial(NULL, 0, 1, &norm, &value);
        value *= 4 * KM_PI / sqrt(km_crystal_volume_bohr3(crystal)) / sqrt(4 * KM_PI);
        ASSERT_CLOSE(cabs(coefficient(&f, at, ig) - value * cexp(-I * angle)), 0, 1e-13);
    }
    km_bands_destroy(&f);
    km_basis_destroy(&basis);
    km_sites_destroy(&sites);
    km_crystal_destroy(&crystal);
}

/* Of each shell and m, the functions of a pair span the same space: sum |p><p| is the same. */
static void real_functions_are_a_unitary_combination(void **state)
{
    km_crystal *crystal = make_pairs();
    km_basis *basis = make_basis(crystal);
    km_sites *sites[2] = {make_sites(crystal, false), make_sites(crystal, true)};
    km_bands f[2];
    const int pairs[3][2] = {{0, 0}, {1, 3}, {2, 4}};

    (void)state;
    for (int r = 0; r < 2; ++r) f[r] = make_functions(sites[r], basis, r, -1);
    for (int p = 0; p < 3; ++p) {
        const int first = km_sites_first(sites[0], pairs[p][0]);
        const int second = km_sites_first(sites[0], pairs[p][1]);
        const int n = km_sites_first(sites[0], pairs[p][0] + 1) - first;

        for (int i = 0; i < n; ++i)
            for (int ig = 0; ig < f[0].n_g; ig += 3)
                for (int jg = 0; jg < f[0].n_g; jg += 5) {
                    double complex sum[2];

                    for (int r = 0; r < 2; ++r) {
                        sum[r] = coefficient(&f[r], first + i, ig) *
                                 conj(coefficient(&f[r], first + i, jg));
                        if (second != first)
                            sum[r] += coefficient(&f[r], second + i, ig) *
                                      conj(coefficient(&f[r], second + i, jg));
                    }
                    ASSERT_CLOSE(cabs(sum[0] - sum[1]), 0, 1e-13);
                }
    }
    for (int r = 0; r < 2; ++r) {
        km_bands_destroy(&f[r]);
        km_sites_destroy(&sites[r]);
    }
    km_basis_destroy(&basis);
    km_crystal_destroy(&crystal);
}

/* Atom 1 is moved, with real coefficients its partner 3 oppositely. */
static void derivative_is_that_of_the_functions(void **state)
{
    const double step = 1e-4;

    (void)state;
    for (int r = 0; r < 2; ++r)
        for (int axis = 0; axis < 3; ++axis) {
            km_crystal *crystal = make_pairs();
            const double *b = km_crystal_reciprocal_bohr(crystal);
            km_basis *basis = make_basis(crystal);
            km_sites *sites = make_sites(crystal, r);
            km_bands slope = make_functions(sites, basis, r, axis), side[2];
            double frac[15], moved[15];

            memcpy(frac, km_crystal_frac(crystal), sizeof frac);
            for (int s = 0; s < 2; ++s) {
                memcpy(moved, frac, sizeof moved);
                for (int x = 0; x < 3; ++x) {
                    double d = (s ? step : -step) * b[3 * x + axis] / (2 * KM_PI);

                    moved[3 + x] += d;
                    if (r) moved[9 + x] -= d;
                }
                km_crystal_move(crystal, moved);
                side[s] = make_functions(sites, basis, r, -1);
            }
            for (int i = km_sites_first(sites, 0); i < km_sites_n_function(sites); ++i) {
                bool moves =
                    (i >= km_sites_first(sites, 1) && i < km_sites_first(sites, 2)) ||
                    (r && i >= km_sites_first(sites, 3) && i < km_sites_first(sites, 4));

                for (int ig = 0; moves && ig < slope.n_g; ++ig)
                    ASSERT_CLOSE(
                        cabs((coefficient(&side[1], i, ig) - coefficient(&side[0], i, ig)) /
                                 (2 * step) -
                             coefficient(&slope, i, ig)),
                        0, 1e-7);
            }
            km_bands_destroy(&slope);
            km_bands_destroy(&side[0]);
            km_bands_destroy(&side[1]);
            km_sites_destroy(&sites);
            km_basis_destroy(&basis);
            km_crystal_destroy(&crystal);
        }
}

/* Functions of the same fractional and integer coordinates in a strained cell; either side of the derivative. */
static km_bands make_strained_functions(const km_crystal *crystal, bool is_real, int x, int y,
                                        double step)
{
    double direction[9] = {0};
    km_basis *basis = make_basis(crystal);
    km_crystal *strained;
    km_sites *sites;
    km_bands functions;

    direction[3 * x + y] = 1;
    strained = make_strained(crystal, direction, step);
    sites = make_sites(strained, is_real);
    km_basis_set_cell(basis, strained);
    functions = make_functions(sites, basis, is_real, -1);
    km_sites_destroy(&sites);
    km_basis_destroy(&basis);
    km_crystal_destroy(&strained);
    return functions;
}

static void strain_derivative_is_that_of_the_functions(void **state)
{
    const double step = 1e-4;

    (void)state;
    for (int i = 0; i < 18; ++i) {
        const int x = i / 3 % 3, y = i % 3, is_real = i / 9;
        km_crystal *crystal = make_pairs();
        km_basis *basis = make_basis(crystal);
        km_sites *sites = make_sites(crystal, is_real);
        km_bands slope = make_bands(is_real, km_sites_n_function(sites), km_basis_n_g(basis));
        km_bands side[2] = {make_strained_functions(crystal, is_real, x, y, -step),
                            make_strained_functions(crystal, is_real, x, y, step)};
        double largest = 0;

        km_sites_compute_strain(sites, basis, &radials, x, y, &slope);
        for (int at = 0; at < slope.n_band; ++at)
            for (int ig = 0; ig < slope.n_g; ++ig) {
                const double complex mine = coefficient(&slope, at, ig);
                const double complex change =
                    coefficient(&side[1], at, ig) - coefficient(&side[0], at, ig);

                ASSERT_CLOSE(cabs(change / (2 * step) - mine), 0, 1e-7);
                largest = fmax(largest, cabs(mine));
            }
        assert_true(largest > 0.01);
        for (int s = 0; s < 2; ++s) km_bands_destroy(&side[s]);
        km_bands_destroy(&slope);
        km_sites_destroy(&sites);
        km_basis_destroy(&basis);
        km_crystal_destroy(&crystal);
    }
}

static void atom_without_a_partner_is_refused(void **state)
{
    km_crystal *crystal = make_rattled_magnesia();
    km_sites *sites;

    (void)state;
    assert_int_equal(km_sites_create(crystal, true, N_SHELL, shells, &sites), KM_E_ARGUMENT);
    assert_null(sites);
    km_crystal_destroy(&crystal);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(functions_are_counted_by_atom),
    cmocka_unit_test(function_of_an_atom_has_its_phase),
    cmocka_unit_test(real_functions_are_a_unitary_combination),
    cmocka_unit_test(derivative_is_that_of_the_functions),
    cmocka_unit_test(strain_derivative_is_that_of_the_functions),
    cmocka_unit_test(atom_without_a_partner_is_refused),
};

KM_TEST_MAIN(tests)
