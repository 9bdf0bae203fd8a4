/* np: 1 */
#include "dft/dft_support.h"

#include "kaimen/dft/density.h"
#include "kaimen/dft/orbits.h"

#define ROUNDING 1e-13

/* Diamond with an atom at the origin: half of the operations are glides and screws by 1/4. */
static km_crystal *make_shifted_silicon(void)
{
    const double h = 5.13, cell[9] = {0, h, h, h, 0, h, h, h, 0};
    const double frac[6] = {0, 0, 0, 0.25, 0.25, 0.25};

    return make_crystal(cell, 2, (int[]){14, 14}, frac);
}

/* A random real function that has no symmetry. */
static double complex *make_function(const km_grid *grid)
{
    const int *m = km_grid_miller(grid);
    km_rng rng = km_rng_start(8, 0);
    double complex *f = NULL;

    ASSERT_OK(KM_ALLOC(f, km_grid_n_g(grid)));
    for (int ig = 0; ig < km_grid_n_g(grid); ++ig) {
        int minus = km_grid_find(grid, (int[]){-m[3 * ig], -m[3 * ig + 1], -m[3 * ig + 2]});

        f[ig] = km_rng_uniform(&rng) + (minus == ig ? 0 : I * km_rng_uniform(&rng));
        f[minus] = conj(f[ig]);
    }
    return f;
}

/* f(R x + t) = f(x) at every grid point x. */
static void check_invariance(km_grid *grid, const double complex *f_g, const int *rotation,
                             const double *translation)
{
    const int *n = km_grid_n(grid);
    double *f = NULL, worst = 0;

    ASSERT_OK(KM_ALLOC(f, km_grid_n_point(grid)));
    km_grid_to_real(grid, f_g, f);
    for (int i = 0; i < km_grid_n_point(grid); ++i) {
        const int at[3] = {i / (n[1] * n[2]), i / n[2] % n[1], i % n[2]};
        int image[3];

        for (int x = 0; x < 3; ++x) {
            double position = translation[x];

            for (int y = 0; y < 3; ++y) position += (double)rotation[3 * x + y] * at[y] / n[y];
            image[x] = (int)lround((position - floor(position)) * n[x]) % n[x];
        }
        worst = fmax(worst, fabs(f[i] - f[(image[0] * n[1] + image[1]) * n[2] + image[2]]));
    }
    ASSERT_CLOSE(worst, 0, 1e-10);
    KM_FREE(f);
}

/* The value at one point of each orbit is that at all of its points, and no orbit is larger than the group. */
static void check_orbits(km_grid *grid, const km_symmetry *symmetry, bool is_even,
                         const double complex *f_g)
{
    const int n_point = km_grid_n_point(grid), n_operation = km_symmetry_n_operation(symmetry);
    km_orbits *orbits;
    double *f = NULL, worst = 0;
    int n, n_counted = 0;

    ASSERT_OK(km_orbits_create(grid, symmetry, is_even, &orbits));
    n = km_orbits_n(orbits);
    assert_in_range(n, n_point / (2 * n_operation),
                    n_operation > 1 || is_even ? 3 * n_point / 4 : n_point);
    ASSERT_OK(KM_ALLOC(f, n_point));
    km_grid_to_real(grid, f_g, f);
    for (int i = 0; i < n_point && km_orbits_of_points(orbits); ++i) {
        const int first = km_orbits_first(orbits)[km_orbits_of_points(orbits)[i]];

        worst = fmax(worst, fabs(f[i] - f[first]));
    }
    ASSERT_CLOSE(worst, 0, 1e-10);
    for (int i = 0; i < n; ++i)
        n_counted += km_orbits_count(orbits) ? km_orbits_count(orbits)[i] : 1;
    assert_int_equal(n_counted, n_point);
    KM_FREE(f);
    km_orbits_destroy(&orbits);
}

static void check_symmetrised(km_crystal *crystal, bool is_even)
{
    km_symmetry *symmetry;
    km_grid *grid;
    double complex *f, *once = NULL, *work = NULL, at_zero;
    int n[3], n_g;

    ASSERT_OK(km_symmetry_create(crystal, 1e-5, &symmetry));
    km_grid_choose(crystal, symmetry, 3, 1, n);
    ASSERT_OK(km_grid_create(crystal, 3, n, &grid));
    n_g = km_grid_n_g(grid);
    f = make_function(grid);
    at_zero = f[km_grid_zero(grid)];
    ASSERT_OK(KM_ALLOC(once, n_g));
    ASSERT_OK(KM_ALLOC(work, n_g));
    km_density_symmetrise(grid, symmetry, is_even, f, work);
    for (int op = 0; op < km_symmetry_n_operation(symmetry); ++op)
        check_invariance(grid, f, km_symmetry_rotation(symmetry, op),
                         km_symmetry_translation_frac(symmetry, op));
    ASSERT_CLOSE(cabs(f[km_grid_zero(grid)] - at_zero), 0, ROUNDING);
    check_orbits(grid, symmetry, is_even, f);
    memcpy(once, f, sizeof *f * (size_t)n_g);
    km_density_symmetrise(grid, symmetry, is_even, f, work);
    for (int ig = 0; ig < n_g; ++ig) {
        ASSERT_CLOSE(cabs(f[ig] - once[ig]), 0, ROUNDING);
        if (is_even) ASSERT_CLOSE(cimag(f[ig]), 0, 0);
    }
    KM_FREE(f);
    KM_FREE(once);
    KM_FREE(work);
    km_grid_destroy(&grid);
    km_symmetry_destroy(&symmetry);
    km_crystal_destroy(&crystal);
}

static void symmetrised_density_is_invariant_and_stays_so(void **state)
{
    (void)state;
    check_symmetrised(make_magnesia(), true);
    check_symmetrised(make_silicon(), true);
    check_symmetrised(make_shifted_silicon(), false);
    check_symmetrised(make_slab(), true);
    check_symmetrised(make_rattled_magnesia(), false);
}

static void even_density_keeps_its_real_part_only(void **state)
{
    km_crystal *crystal = make_pairs();
    km_grid *grid;
    double complex *f, *before;

    (void)state;
    ASSERT_OK(km_grid_create(crystal, 3, (int[]){18, 18, 18}, &grid));
    f = make_function(grid);
    before = make_function(grid);
    km_density_symmetrise(grid, NULL, false, f, NULL);
    for (int ig = 0; ig < km_grid_n_g(grid); ++ig) ASSERT_CLOSE(cabs(f[ig] - before[ig]), 0, 0);
    km_density_symmetrise(grid, NULL, true, f, NULL);
    for (int ig = 0; ig < km_grid_n_g(grid); ++ig)
        ASSERT_CLOSE(cabs(f[ig] - creal(before[ig])), 0, 0);
    KM_FREE(f);
    KM_FREE(before);
    km_grid_destroy(&grid);
    km_crystal_destroy(&crystal);
}

/* Atoms have the symmetry of their crystal, so symmetrising changes nothing but their tails outside the grid's sphere. */
static void superposed_atoms_hold_the_electrons_and_the_symmetry(void **state)
{
    km_crystal *crystals[] = {make_magnesia(), make_shifted_silicon(), make_slab()};
    const double n_electron[] = {8, 8, 24};

    (void)state;
    for (int i = 0; i < 3; ++i) {
        double complex *rho = NULL, *before = NULL, *work = NULL;
        km_symmetry *symmetry;
        electrons e;
        int n_g;

        make_electrons(crystals[i], 4, false, 0, 1, KM_FUNCTIONAL_LDA, &e);
        n_g = km_grid_n_g(e.grid);
        ASSERT_OK(km_symmetry_create(e.crystal, 1e-5, &symmetry));
        ASSERT_OK(KM_ALLOC(rho, n_g));
        ASSERT_OK(KM_ALLOC(before, n_g));
        ASSERT_OK(KM_ALLOC(work, n_g));
        ASSERT_OK(km_density_superpose(e.crystal, e.atom, e.grid, n_electron[i], rho));
        ASSERT_CLOSE(creal(rho[km_grid_zero(e.grid)]) * km_crystal_volume_bohr3(e.crystal),
                     n_electron[i], 1e-12 * n_electron[i]);
        memcpy(before, rho, sizeof *rho * (size_t)n_g);
        km_density_symmetrise(e.grid, symmetry, false, rho, work);
        for (int ig = 0; ig < n_g; ++ig) ASSERT_CLOSE(cabs(rho[ig] - before[ig]), 0, 1e-12);
        KM_FREE(rho);
        KM_FREE(before);
        KM_FREE(work);
        km_symmetry_destroy(&symmetry);
        destroy_electrons(&e);
    }
}

/* A neutral crystal needs no scaling: what is superposed is already the sum of the atoms' electrons. */
static void superposed_atoms_are_where_the_atoms_are(void **state)
{
    double complex *rho = NULL;
    double *values = NULL, largest = 0;
    electrons e;
    int at = 0;

    (void)state;
    make_electrons(make_hydrogen_atom(), 8, false, 0, 1, KM_FUNCTIONAL_LDA, &e);
    km_crystal_move(e.crystal, (double[]){0.5, 0.25, 0});
    ASSERT_OK(KM_ALLOC(rho, km_grid_n_g(e.grid)));
    ASSERT_OK(KM_ALLOC(values, km_grid_n_point(e.grid)));
    ASSERT_OK(km_density_superpose(e.crystal, e.atom, e.grid, 1, rho));
    km_grid_to_real(e.grid, rho, values);
    for (int i = 0; i < km_grid_n_point(e.grid); ++i)
        if (values[i] > largest) largest = values[i], at = i;
    assert_int_equal(km_grid_n(e.grid)[0] % 4, 0);
    assert_int_equal(
        at, (km_grid_n(e.grid)[0] / 2 * km_grid_n(e.grid)[1] + km_grid_n(e.grid)[1] / 4) *
                km_grid_n(e.grid)[2]);
    KM_FREE(rho);
    KM_FREE(values);
    destroy_electrons(&e);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(symmetrised_density_is_invariant_and_stays_so),
    cmocka_unit_test(even_density_keeps_its_real_part_only),
    cmocka_unit_test(superposed_atoms_hold_the_electrons_and_the_symmetry),
    cmocka_unit_test(superposed_atoms_are_where_the_atoms_are),
};

KM_TEST_MAIN(tests)
