/* np: 1 */
/* Against the eigenvalues of the whole matrix <G|H|G'>, found by applying H to one plane wave after the other. */
#include "dft/dft_support.h"

#include "kaimen/dft/density.h"
#include "kaimen/dft/eigensolver.h"

#include <limits.h>

/* A residual r makes an error of r^2 over the distance of the next eigenvalue, which is above 1e-3 Ha. */
#define RESIDUAL_HA 1e-7
#define EIGENVALUE_HA 1e-10

static const km_eigensolver_options tight = {.tolerance_ha = RESIDUAL_HA,
                                             .loose_tolerance_ha = RESIDUAL_HA,
                                             .n_tight = 1000,
                                             .max_round = 200};

/* A crystal's Hamiltonian in the potential of superposed atoms. */
typedef struct {
    electrons e;
    km_hamiltonian *h;
    int n_band;
} system_of_atoms;

static void make_system_with(km_crystal *crystal, double ecut_ha, bool is_real, bool is_mixed,
                             int n_band, system_of_atoms *s)
{
    double energy_ha[KM_N_TERM];
    double complex *rho = NULL;

    make_electrons(crystal, ecut_ha, is_real, 3, n_band, KM_FUNCTIONAL_LDA, &s->e);
    s->n_band = n_band;
    s->e.setup.is_mixed = is_mixed;
    ASSERT_OK(km_hamiltonian_create(&s->e.setup, &s->h));
    ASSERT_OK(KM_ALLOC(rho, km_grid_n_g(s->e.grid)));
    ASSERT_OK(km_density_superpose(crystal, s->e.atom, s->e.grid, 8, rho));
    ASSERT_OK(km_hamiltonian_set_density(s->h, rho, energy_ha));
    KM_FREE(rho);
}

static void make_system(km_crystal *crystal, double ecut_ha, bool is_real, int n_band,
                        system_of_atoms *s)
{
    make_system_with(crystal, ecut_ha, is_real, false, n_band, s);
}

static void destroy_system(system_of_atoms *s)
{
    km_hamiltonian_destroy(&s->h);
    destroy_electrons(&s->e);
}

/* The lowest n eigenvalues of H at a k-point. */
static void diagonalise_densely(const system_of_atoms *s, int ik, int n, double *lowest)
{
    const bool is_real = s->e.setup.is_real;
    const int n_g = km_basis_n_g(s->e.basis[ik]), width = is_real ? 1 : 2;
    km_bands unit = make_bands(is_real, n_g, n_g);
    km_matrix matrix;
    double *value = NULL;

    ASSERT_OK(km_matrix_create(is_real, n_g, n_g, &matrix));
    ASSERT_OK(KM_ALLOC(value, n_g));
    for (int ig = 0; ig < n_g; ++ig) unit.data[(size_t)width * (size_t)ig * (n_g + 1)] = 1;
    {
        /* Band j of the image is column j of the matrix. */
        km_bands image = {.is_real = is_real,
                          .n_band = n_g,
                          .n_g = n_g,
                          .comm = MPI_COMM_SELF,
                          .data = matrix.data};

        km_hamiltonian_apply(s->h, ik, &unit, &image);
    }
    ASSERT_OK(km_matrix_diagonalise(n_g, &matrix, value));
    memcpy(lowest, value, sizeof *lowest * (size_t)n);
    km_bands_destroy(&unit);
    km_matrix_destroy(&matrix);
    KM_FREE(value);
}

static km_eigensolver *make_solver(const system_of_atoms *s, int ik)
{
    km_eigensolver *solver;

    const km_eigensolver_setup setup = {.is_real = s->e.setup.is_real,
                                        .is_mixed = s->e.setup.is_mixed,
                                        .n_band = s->n_band,
                                        .n_g = km_basis_n_g(s->e.basis[ik]),
                                        .scalapack_above = INT_MAX};

    ASSERT_OK(km_eigensolver_create(&setup, &solver));
    return solver;
}

/* Random start functions that favour slow plane waves. */
static km_bands make_start(const system_of_atoms *s, int ik, int n)
{
    const double *kinetic = km_basis_kinetic_ha(s->e.basis[ik]);
    km_bands start = make_random_bands(s->e.setup.is_real, n, km_basis_n_g(s->e.basis[ik]), 9);
    const int width = start.is_real ? 1 : 2;

    for (size_t i = 0; i < (size_t)n * km_bands_stride(&start); ++i)
        start.data[i] /= 1 + pow(kinetic[i % km_bands_stride(&start) / width], 2);
    return start;
}

static void check_bands(const system_of_atoms *s, int ik, const km_bands *bands,
                        const double *eigenvalue)
{
    km_bands image = make_bands(bands->is_real, bands->n_band, bands->n_g);

    km_hamiltonian_apply(s->h, ik, bands, &image);
    for (int i = 0; i < bands->n_band; ++i) {
        double residual = 0;

        for (int ig = 0; ig < bands->n_g; ++ig)
            residual += pow(
                cabs(coefficient(&image, i, ig) - eigenvalue[i] * coefficient(bands, i, ig)),
                2);
        ASSERT_CLOSE(sqrt(residual), 0, 1.01 * RESIDUAL_HA);
        for (int j = 0; j <= i; ++j)
            ASSERT_CLOSE(cabs(inner_product(bands, i, bands, j) - (i == j)), 0, 1e-12);
    }
    km_bands_destroy(&image);
}

static void check_system(system_of_atoms *s, int ik)
{
    km_eigensolver *solver = make_solver(s, ik);
    km_bands start = make_start(s, ik, s->n_band + 2);
    km_bands bands = make_bands(start.is_real, s->n_band, start.n_g);
    double *exact = NULL, *found = NULL;
    km_eigensolver_result result;

    ASSERT_OK(KM_ALLOC(exact, s->n_band));
    ASSERT_OK(KM_ALLOC(found, s->n_band));
    diagonalise_densely(s, ik, s->n_band, exact);
    ASSERT_OK(km_eigensolver_start(solver, s->h, ik, &start, &bands, found));
    for (int j = 0; j < s->n_band; ++j) {
        assert_true(found[j] > exact[j] - 1e-12); /* Ritz values lie above */
        assert_true(j == 0 || found[j] >= found[j - 1]);
    }
    ASSERT_OK(km_eigensolver_solve(solver, s->h, ik, &tight, &bands, found, &result));
    assert_int_equal(result.n_unconverged, 0);
    assert_true(result.residual_ha <= RESIDUAL_HA);
    for (int j = 0; j < s->n_band; ++j) ASSERT_CLOSE(found[j], exact[j], EIGENVALUE_HA);
    check_bands(s, ik, &bands, found);
    KM_FREE(exact);
    KM_FREE(found);
    km_bands_destroy(&start);
    km_bands_destroy(&bands);
    km_eigensolver_destroy(&solver);
}

static void bands_are_those_of_the_dense_matrix(void **state)
{
    system_of_atoms s;

    (void)state;
    make_system(make_rattled_magnesia(), 8, false, 9, &s);
    for (int ik = 0; ik < 3; ++ik) check_system(&s, ik);
    destroy_system(&s);
    make_system(make_pairs(), 3, true, 13, &s);
    for (int ik = 0; ik < 3; ++ik) check_system(&s, ik);
    destroy_system(&s);
}

/* Silicon's highest valence bands are threefold at Gamma and twofold at L: also when the block ends among them. */
static void degenerate_bands_are_found(void **state)
{
    (void)state;
    for (int n_band = 2; n_band <= 6; ++n_band)
        for (int is_real = 0; is_real < 2; ++is_real) {
            system_of_atoms s;

            make_system(make_silicon(), 4, is_real, n_band, &s);
            check_system(&s, 0);
            check_system(&s, 1);
            destroy_system(&s);
        }
}

static void real_and_complex_eigenvalues_agree(void **state)
{
    double value[2][6];

    (void)state;
    for (int is_real = 0; is_real < 2; ++is_real) {
        system_of_atoms s;

        make_system(make_pairs(), 3, is_real, 6, &s);
        diagonalise_densely(&s, 2, 6, value[is_real]);
        destroy_system(&s);
    }
    for (int j = 0; j < 6; ++j) ASSERT_CLOSE(value[0][j], value[1][j], 1e-12);
}

/*
 * With corrections in single precision one solve reduces residuals by at most six digits; the next one starts from what
 * double precision says.
 */
static void corrections_in_single_precision_lead_to_the_same_bands(void **state)
{
    (void)state;
    for (int is_real = 0; is_real < 2; ++is_real) {
        system_of_atoms s;
        km_eigensolver *solver;
        km_eigensolver_result result;
        km_bands start, bands;
        double exact[9], found[9];

        make_system_with(is_real ? make_pairs() : make_rattled_magnesia(), 8, is_real, true, 9,
                         &s);
        solver = make_solver(&s, 2);
        start = make_start(&s, 2, 11);
        bands = make_bands(is_real, 9, start.n_g);
        diagonalise_densely(&s, 2, 9, exact);
        ASSERT_OK(km_eigensolver_start(solver, s.h, 2, &start, &bands, found));
        for (int solve = 0; solve < 3; ++solve) {
            ASSERT_OK(km_eigensolver_solve(solver, s.h, 2, &tight, &bands, found, &result));
            assert_int_equal(result.n_unconverged, 0);
        }
        assert_in_range(result.n_round, 0, 1);
        for (int j = 0; j < 9; ++j) ASSERT_CLOSE(found[j], exact[j], EIGENVALUE_HA);
        check_bands(&s, 2, &bands, found);
        km_bands_destroy(&start);
        km_bands_destroy(&bands);
        km_eigensolver_destroy(&solver);
        destroy_system(&s);
    }
}

/* The search space is then larger than the space of all plane waves. */
static void almost_as_many_bands_as_plane_waves_are_found(void **state)
{
    (void)state;
    for (int is_real = 0; is_real < 2; ++is_real)
        for (int missing = 0; missing < 4; ++missing) {
            system_of_atoms s;
            km_basis *basis;
            const double gamma_point[3] = {0};
            km_crystal *crystal = make_silicon();
            int n_g;

            ASSERT_OK(km_basis_create(crystal, gamma_point, 1.2, MPI_COMM_SELF, &basis));
            n_g = km_basis_n_g(basis);
            km_basis_destroy(&basis);
            make_system(crystal, 1.2, is_real, n_g - missing, &s);
            {
                km_eigensolver *solver = make_solver(&s, 0);
                km_bands bands = make_random_bands(is_real, n_g - missing, n_g, 5);
                double exact[64], found[64];
                km_eigensolver_result result;

                assert_true(n_g <= 64);
                diagonalise_densely(&s, 0, s.n_band, exact);
                ASSERT_OK(km_eigensolver_start(solver, s.h, 0, &bands, &bands, found));
                ASSERT_OK(km_eigensolver_solve(solver, s.h, 0, &tight, &bands, found, &result));
                assert_int_equal(result.n_unconverged, 0);
                for (int j = 0; j < s.n_band; ++j)
                    ASSERT_CLOSE(found[j], exact[j], EIGENVALUE_HA);
                km_bands_destroy(&bands);
                km_eigensolver_destroy(&solver);
            }
            destroy_system(&s);
        }
}

/* Counts: H is applied to open bands only, and nothing is allocated. */
static void rounds_cost_what_they_should(void **state)
{
    system_of_atoms s;
    km_eigensolver *solver;
    km_bands bands;
    double value[9];
    km_eigensolver_result result;
    long n_apply, n_allocation;

    (void)state;
    make_system(make_rattled_magnesia(), 8, false, 9, &s);
    solver = make_solver(&s, 2);
    bands = make_start(&s, 2, 9);
    n_apply = km_hamiltonian_n_apply(s.h);
    ASSERT_OK(km_eigensolver_start(solver, s.h, 2, &bands, &bands, value));
    assert_int_equal(km_hamiltonian_n_apply(s.h) - n_apply, 9);
    n_apply = km_hamiltonian_n_apply(s.h);
    n_allocation = km_memory_n_allocation();
    ASSERT_OK(km_eigensolver_solve(solver, s.h, 2, &tight, &bands, value, &result));
    assert_in_range(result.n_round, 1, 40);
    assert_true(km_hamiltonian_n_apply(s.h) - n_apply < 9 * (result.n_round + 1));
    assert_int_equal(km_memory_n_allocation(), n_allocation);
    /* Converged bands cost one application each and stay as they are. */
    n_apply = km_hamiltonian_n_apply(s.h);
    ASSERT_OK(km_eigensolver_solve(solver, s.h, 2, &tight, &bands, value, &result));
    assert_int_equal(result.n_round, 0);
    assert_int_equal(km_hamiltonian_n_apply(s.h) - n_apply, 9);
    km_bands_destroy(&bands);
    km_eigensolver_destroy(&solver);
    destroy_system(&s);
}

static void too_few_rounds_are_told(void **state)
{
    km_eigensolver_options options = tight;
    km_eigensolver_result result;
    system_of_atoms s;
    km_eigensolver *solver;
    km_bands bands;
    double value[9];

    (void)state;
    make_system(make_rattled_magnesia(), 6, false, 9, &s);
    solver = make_solver(&s, 0);
    bands = make_start(&s, 0, 9);
    ASSERT_OK(km_eigensolver_start(solver, s.h, 0, &bands, &bands, value));
    options.max_round = 2;
    ASSERT_OK(km_eigensolver_solve(solver, s.h, 0, &options, &bands, value, &result));
    assert_int_equal(result.n_round, 2);
    assert_int_equal(result.n_unconverged, 9);
    assert_true(result.residual_ha > RESIDUAL_HA);
    /* Only the first bands must be exact; the others may be loose. */
    options = (km_eigensolver_options){
        .tolerance_ha = RESIDUAL_HA, .loose_tolerance_ha = 1e9, .n_tight = 4, .max_round = 60};
    ASSERT_OK(km_eigensolver_solve(solver, s.h, 0, &options, &bands, value, &result));
    assert_int_equal(result.n_unconverged, 0);
    assert_true(result.residual_ha <= RESIDUAL_HA);
    km_bands_destroy(&bands);
    km_eigensolver_destroy(&solver);
    destroy_system(&s);
}

static void useless_start_functions_are_refused(void **state)
{
    system_of_atoms s;
    km_eigensolver *solver;
    km_eigensolver_result result;
    km_bands bands;
    double value[4];

    (void)state;
    make_system(make_silicon(), 3, true, 4, &s);
    solver = make_solver(&s, 0);
    bands = make_start(&s, 0, 4);
    for (size_t i = 0; i < km_bands_stride(&bands); ++i) /* the third is a copy of the second */
        bands.data[2 * km_bands_stride(&bands) + i] = bands.data[km_bands_stride(&bands) + i];
    assert_int_equal(km_eigensolver_start(solver, s.h, 0, &bands, &bands, value), KM_E_NUMERIC);
    fill_randomly(&bands, 4);
    bands.data[5] = NAN;
    assert_int_equal(km_eigensolver_start(solver, s.h, 0, &bands, &bands, value), KM_E_NUMERIC);
    assert_int_equal(km_eigensolver_solve(solver, s.h, 0, &tight, &bands, value, &result),
                     KM_E_NUMERIC);
    km_bands_destroy(&bands);
    bands = make_start(&s, 0, 17);
    assert_int_equal(km_eigensolver_start(solver, s.h, 0, &bands, &bands, value),
                     KM_E_ARGUMENT);
    km_bands_destroy(&bands);
    km_eigensolver_destroy(&solver);
    destroy_system(&s);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(bands_are_those_of_the_dense_matrix),
    cmocka_unit_test(degenerate_bands_are_found),
    cmocka_unit_test(real_and_complex_eigenvalues_agree),
    cmocka_unit_test(corrections_in_single_precision_lead_to_the_same_bands),
    cmocka_unit_test(almost_as_many_bands_as_plane_waves_are_found),
    cmocka_unit_test(rounds_cost_what_they_should),
    cmocka_unit_test(too_few_rounds_are_told),
    cmocka_unit_test(useless_start_functions_are_refused),
};

KM_TEST_MAIN(tests)
