/* np: 1 */
#include "dft/dft_support.h"

#include "kaimen/crystal/symmetry.h"

/* A forward and a backward transform of numbers of order 1. */
#define ROUNDING 1e-13

static km_grid *make_grid(const km_crystal *crystal, double ecut_ha, int a, int b, int c)
{
    km_grid *grid;

    ASSERT_OK(km_grid_create(crystal, ecut_ha, (int[]){a, b, c}, &grid));
    return grid;
}

/* Random coefficients of a real function: f(-G) = f*(G). */
static double complex *make_function(const km_grid *grid, uint64_t seed)
{
    const int n_g = km_grid_n_g(grid), *m = km_grid_miller(grid);
    km_rng rng = km_rng_start(seed, 1);
    double complex *f = NULL;

    ASSERT_OK(KM_ALLOC(f, n_g));
    for (int ig = 0; ig < n_g; ++ig) {
        int minus = km_grid_find(grid, (int[]){-m[3 * ig], -m[3 * ig + 1], -m[3 * ig + 2]});

        assert_true(minus >= 0);
        f[ig] = km_rng_uniform(&rng) - 0.5 + I * (km_rng_uniform(&rng) - 0.5);
        f[minus] = minus == ig ? creal(f[ig]) : conj(f[ig]);
    }
    return f;
}

static double *make_values(km_grid *grid, const double complex *f_g)
{
    double *f_r = NULL;

    ASSERT_OK(KM_ALLOC(f_r, km_grid_n_point(grid)));
    km_grid_to_real(grid, f_g, f_r);
    return f_r;
}

static void check_round_trip(km_grid *grid)
{
    const int n_g = km_grid_n_g(grid), n_point = km_grid_n_point(grid);
    double complex *f = make_function(grid, 1), *back = NULL;
    double *f_r = make_values(grid, f), norm_g = 0, norm_r = 0;

    ASSERT_OK(KM_ALLOC(back, n_g));
    km_grid_to_reciprocal(grid, f_r, back);
    for (int ig = 0; ig < n_g; ++ig) {
        ASSERT_CLOSE(cabs(back[ig] - f[ig]), 0, ROUNDING);
        norm_g += creal(f[ig] * conj(f[ig]));
    }
    for (int i = 0; i < n_point; ++i) norm_r += f_r[i] * f_r[i] / n_point;
    ASSERT_CLOSE(norm_r, norm_g, ROUNDING * norm_g); /* Parseval */
    KM_FREE(f);
    KM_FREE(f_r);
    KM_FREE(back);
}

static void transforms_go_there_and_back_on_even_and_odd_grids(void **state)
{
    const int sizes[][3] = {{15, 14, 16}, {16, 15, 15}, {9, 10, 9}};
    km_crystal *crystal = make_pairs();

    (void)state;
    for (int i = 0; i < 3; ++i) {
        km_grid *grid = make_grid(crystal, 3, sizes[i][0], sizes[i][1], sizes[i][2]);

        assert_int_equal(km_grid_n_point(grid), sizes[i][0] * sizes[i][1] * sizes[i][2]);
        check_round_trip(grid);
        km_grid_destroy(&grid);
    }
    km_crystal_destroy(&crystal);
}

/* Plans are measured in the midst of many transforms, which overwrites work space. */
static void a_grid_that_is_used_much_gives_the_same_values(void **state)
{
    km_crystal *crystal = make_pairs();
    km_grid *grid = make_grid(crystal, 3, 15, 14, 16);

    (void)state;
    for (int i = 0; i < 300; ++i) check_round_trip(grid);
    km_grid_destroy(&grid);
    km_crystal_destroy(&crystal);
}

static void values_are_the_fourier_sum_at_the_grid_points(void **state)
{
    km_crystal *crystal = make_magnesia();
    km_grid *grid = make_grid(crystal, 2, 8, 9, 10);
    double complex *f = make_function(grid, 7);
    double *f_r = make_values(grid, f);
    const int *m = km_grid_miller(grid), at[3] = {3, 7, 4};
    double complex sum = 0;

    (void)state;
    for (int ig = 0; ig < km_grid_n_g(grid); ++ig)
        sum += f[ig] * cexp(2 * KM_PI * I *
                            (m[3 * ig] * at[0] / 8. + m[3 * ig + 1] * at[1] / 9. +
                             m[3 * ig + 2] * at[2] / 10.));
    ASSERT_CLOSE(cimag(sum), 0, 1e-12);
    ASSERT_CLOSE(f_r[(at[0] * 9 + at[1]) * 10 + at[2]], creal(sum), 1e-12);
    KM_FREE(f);
    KM_FREE(f_r);
    km_grid_destroy(&grid);
    km_crystal_destroy(&crystal);
}

static void every_vector_is_found_and_none_outside(void **state)
{
    km_crystal *crystal = make_pairs();
    km_grid *grid = make_grid(crystal, 3, 15, 14, 16);
    const int *miller = km_grid_miller(grid);
    const double *b = km_crystal_reciprocal_bohr(crystal), *g = km_grid_g_cart(grid);
    int n_found = 0;

    (void)state;
    for (int ig = 0; ig < km_grid_n_g(grid); ++ig) {
        const int *m = miller + 3 * ig;

        assert_int_equal(km_grid_find(grid, m), ig);
        for (int x = 0; x < 3; ++x)
            ASSERT_CLOSE(g[3 * ig + x], m[0] * b[x] + m[1] * b[3 + x] + m[2] * b[6 + x], 1e-13);
    }
    for (int i = -20; i <= 20; ++i)
        for (int j = -20; j <= 20; ++j)
            for (int k = -20; k <= 20; ++k)
                n_found += km_grid_find(grid, (int[]){i, j, k}) >= 0;
    assert_int_equal(n_found, km_grid_n_g(grid));
    assert_int_equal(km_grid_find(grid, (int[]){0, 0, 0}), km_grid_zero(grid));
    ASSERT_CLOSE(km_grid_g2(grid)[km_grid_zero(grid)], 0, 0);
    km_grid_destroy(&grid);
    km_crystal_destroy(&crystal);
}

/* The sphere of 4 ecut where the grid is large enough, else the largest one that fits: no corner of it is cut off. */
static void check_sphere(const km_crystal *crystal, const km_grid *grid, double g2_max)
{
    const double *b = km_crystal_reciprocal_bohr(crystal);
    int n = 0;

    for (int i = -30; i <= 30; ++i)
        for (int j = -30; j <= 30; ++j)
            for (int k = -30; k <= 30; ++k) {
                double g2 = 0;

                for (int x = 0; x < 3; ++x)
                    g2 += pow(i * b[x] + j * b[3 + x] + k * b[6 + x], 2);
                if (g2 > g2_max) continue;
                ++n;
                assert_true(km_grid_find(grid, (int[]){i, j, k}) >= 0);
            }
    assert_int_equal(n, km_grid_n_g(grid));
}

static void chosen_grid_holds_the_density_and_is_smooth(void **state)
{
    km_crystal *crystals[] = {make_magnesia(), make_silicon(), make_pairs(), make_water()};

    (void)state;
    for (int i = 0; i < 4; ++i) {
        km_symmetry *symmetry;
        km_grid *grid;
        int n[3];

        ASSERT_OK(km_symmetry_create(crystals[i], 1e-4, &symmetry));
        km_grid_choose(crystals[i], symmetry, 5, 1, n);
        for (int axis = 0; axis < 3; ++axis) {
            int rest = n[axis];

            for (int p = 2; p <= 7; ++p)
                while (rest % p == 0) rest /= p;
            assert_int_equal(rest, 1);
        }
        grid = make_grid(crystals[i], 5, n[0], n[1], n[2]);
        check_sphere(crystals[i], grid, 8 * 5 * (1 + 1e-9));
        for (int op = 0; op < km_symmetry_n_operation(symmetry); ++op)
            assert_true(km_grid_is_invariant(grid, km_symmetry_rotation(symmetry, op),
                                             km_symmetry_translation_frac(symmetry, op)));
        km_grid_destroy(&grid);
        km_symmetry_destroy(&symmetry);
        km_crystal_destroy(&crystals[i]);
    }
}

/* The glide of diamond with an atom at the origin shifts by 1/4: 4 divides a chosen grid, and 15 breaks the glide. */
static void translations_fall_on_grid_points(void **state)
{
    const double h = 5.13, cell[9] = {0, h, h, h, 0, h, h, h, 0};
    const double frac[6] = {0, 0, 0, 0.25, 0.25, 0.25};
    km_crystal *crystal = make_crystal(cell, 2, (int[]){14, 14}, frac);
    km_symmetry *symmetry;
    int n[3], n_broken = 0;
    km_grid *grid;

    (void)state;
    ASSERT_OK(km_symmetry_create(crystal, 1e-4, &symmetry));
    km_grid_choose(crystal, symmetry, 4, 1, n);
    for (int axis = 0; axis < 3; ++axis) assert_int_equal(n[axis] % 4, 0);
    grid = make_grid(crystal, 4, 15, 15, 15);
    for (int op = 0; op < km_symmetry_n_operation(symmetry); ++op)
        n_broken += !km_grid_is_invariant(grid, km_symmetry_rotation(symmetry, op),
                                          km_symmetry_translation_frac(symmetry, op));
    assert_int_equal(n_broken, km_symmetry_n_operation(symmetry) / 2);
    km_grid_destroy(&grid);
    grid = make_grid(crystal, 4, 15, 15, 16);
    n_broken = 0;
    for (int op = 0; op < km_symmetry_n_operation(symmetry); ++op)
        n_broken += !km_grid_is_invariant(grid, km_symmetry_rotation(symmetry, op),
                                          km_symmetry_translation_frac(symmetry, op));
    assert_true(n_broken > km_symmetry_n_operation(symmetry) / 2);
    km_grid_destroy(&grid);
    km_symmetry_destroy(&symmetry);
    km_crystal_destroy(&crystal);
}

static void reduced_grid_holds_the_largest_sphere_that_fits(void **state)
{
    km_crystal *crystal = make_pairs();
    const double *a = km_crystal_cell_bohr(crystal);
    double g_max = INFINITY;
    int full[3], n[3];
    km_grid *grid;

    (void)state;
    km_grid_choose(crystal, NULL, 5, 1, full);
    km_grid_choose(crystal, NULL, 5, 0.75, n);
    grid = make_grid(crystal, 5, n[0], n[1], n[2]);
    for (int axis = 0; axis < 3; ++axis) {
        const double *v = a + 3 * axis;
        double length = sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);

        assert_true(n[axis] < full[axis]);
        /* The first vector that the grid does not hold lies at least on the plane m = (n + 1) / 2. */
        g_max = fmin(g_max, 2 * KM_PI * ((n[axis] - 1) / 2 + 1) / length);
    }
    assert_true(g_max < sqrt(40)); /* the density's whole sphere does not fit */
    check_sphere(crystal, grid, g_max * g_max * (1 - 1e-6));
    check_round_trip(grid);
    km_grid_destroy(&grid);
    km_crystal_destroy(&crystal);
}

static void what_lies_outside_the_sphere_is_dropped(void **state)
{
    km_crystal *crystal = make_magnesia();
    km_grid *grid = make_grid(crystal, 1, 16, 16, 16);
    double *f_r = NULL;
    double complex *f = NULL;

    (void)state;
    ASSERT_OK(KM_ALLOC(f_r, km_grid_n_point(grid)));
    ASSERT_OK(KM_ALLOC(f, km_grid_n_g(grid)));
    for (int i = 0; i < 16 * 16 * 16; ++i) f_r[i] = 3 + 2 * cos(2 * KM_PI * 7 * (i % 16) / 16.);
    km_grid_to_reciprocal(grid, f_r, f);
    for (int ig = 0; ig < km_grid_n_g(grid); ++ig)
        ASSERT_CLOSE(cabs(f[ig] - (ig == km_grid_zero(grid) ? 3 : 0)), 0, ROUNDING);
    KM_FREE(f_r);
    KM_FREE(f);
    km_grid_destroy(&grid);
    km_crystal_destroy(&crystal);
}

static void phases_move_an_atom(void **state)
{
    const double frac[3] = {0.317, -1.283, 0.642};
    km_crystal *crystal = make_pairs();
    km_grid *grid = make_grid(crystal, 6, 30, 30, 30);
    const int *m = km_grid_miller(grid);
    double complex *phase = NULL;

    (void)state;
    ASSERT_OK(KM_ALLOC(phase, km_grid_n_g(grid)));
    km_grid_compute_phase(grid, frac, phase);
    for (int ig = 0; ig < km_grid_n_g(grid); ++ig) {
        double angle = 0;

        for (int x = 0; x < 3; ++x) angle -= 2 * KM_PI * m[3 * ig + x] * frac[x];
        ASSERT_CLOSE(cabs(phase[ig] - cexp(I * angle)), 0, ROUNDING);
    }
    KM_FREE(phase);
    km_grid_destroy(&grid);
    km_crystal_destroy(&crystal);
}

static void impossible_grids_are_refused(void **state)
{
    km_crystal *crystal = make_magnesia();
    km_grid *grid;

    (void)state;
    assert_int_equal(km_grid_create(crystal, -1, (int[]){8, 8, 8}, &grid), KM_E_ARGUMENT);
    assert_null(grid);
    assert_int_equal(km_grid_create(crystal, NAN, (int[]){8, 8, 8}, &grid), KM_E_ARGUMENT);
    assert_int_equal(km_grid_create(crystal, 20, (int[]){24, 8, 24}, &grid), KM_E_ARGUMENT);
    assert_null(grid);
    assert_non_null(strstr(km_status_message(), "8 points along axis 2"));
    assert_int_equal(km_grid_create(crystal, 20, (int[]){24, 24, -24}, &grid), KM_E_ARGUMENT);
    km_crystal_destroy(&crystal);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(transforms_go_there_and_back_on_even_and_odd_grids),
    cmocka_unit_test(a_grid_that_is_used_much_gives_the_same_values),
    cmocka_unit_test(values_are_the_fourier_sum_at_the_grid_points),
    cmocka_unit_test(every_vector_is_found_and_none_outside),
    cmocka_unit_test(chosen_grid_holds_the_density_and_is_smooth),
    cmocka_unit_test(translations_fall_on_grid_points),
    cmocka_unit_test(reduced_grid_holds_the_largest_sphere_that_fits),
    cmocka_unit_test(what_lies_outside_the_sphere_is_dropped),
    cmocka_unit_test(phases_move_an_atom),
    cmocka_unit_test(impossible_grids_are_refused),
};

KM_TEST_MAIN(tests)
