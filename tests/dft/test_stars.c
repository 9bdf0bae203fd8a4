/* np: 1 */
#include "dft/dft_support.h"

#include "kaimen/dft/orbits.h"
#include "kaimen/dft/stars.h"

#define ROUNDING 1e-13

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
    double complex *f, *once = NULL, at_zero;
    km_stars *stars;
    int n[3], n_g;

    ASSERT_OK(km_symmetry_create(crystal, 1e-5, &symmetry));
    km_grid_choose(crystal, symmetry, 3, 1, n);
    ASSERT_OK(km_grid_create(crystal, 3, n, &grid));
    n_g = km_grid_n_g(grid);
    f = make_function(grid);
    at_zero = f[km_grid_zero(grid)];
    ASSERT_OK(KM_ALLOC(once, n_g));
    ASSERT_OK(km_stars_create(grid, symmetry, is_even, &stars));
    km_stars_average(stars, f);
    for (int op = 0; op < km_symmetry_n_operation(symmetry); ++op)
        check_invariance(grid, f, km_symmetry_rotation(symmetry, op),
                         km_symmetry_translation_frac(symmetry, op));
    ASSERT_CLOSE(cabs(f[km_grid_zero(grid)] - at_zero), 0, ROUNDING);
    check_orbits(grid, symmetry, is_even, f);
    memcpy(once, f, sizeof *f * (size_t)n_g);
    km_stars_average(stars, f);
    for (int ig = 0; ig < n_g; ++ig) {
        ASSERT_CLOSE(cabs(f[ig] - once[ig]), 0, ROUNDING);
        if (is_even) ASSERT_CLOSE(cimag(f[ig]), 0, 0);
    }
    KM_FREE(f);
    KM_FREE(once);
    km_stars_destroy(&stars);
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
    km_stars *stars;

    (void)state;
    ASSERT_OK(km_grid_create(crystal, 3, (int[]){18, 18, 18}, &grid));
    f = make_function(grid);
    before = make_function(grid);
    ASSERT_OK(km_stars_create(grid, NULL, false, &stars));
    km_stars_average(stars, f);
    for (int ig = 0; ig < km_grid_n_g(grid); ++ig) ASSERT_CLOSE(cabs(f[ig] - before[ig]), 0, 0);
    km_stars_destroy(&stars);
    ASSERT_OK(km_stars_create(grid, NULL, true, &stars));
    km_stars_average(stars, f);
    for (int ig = 0; ig < km_grid_n_g(grid); ++ig)
        ASSERT_CLOSE(cabs(f[ig] - creal(before[ig])), 0, 0);
    KM_FREE(f);
    KM_FREE(before);
    km_stars_destroy(&stars);
    km_grid_destroy(&grid);
    km_crystal_destroy(&crystal);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(symmetrised_density_is_invariant_and_stays_so),
    cmocka_unit_test(even_density_keeps_its_real_part_only),
};

KM_TEST_MAIN(tests)
