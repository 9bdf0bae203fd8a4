/* np: 1 */
#include "dft/dft_support.h"

static const double gamma_point[3] = {0, 0, 0};
static const double general_point[3] = {0.21, -0.34, 0.48};

static km_basis *make_basis(const km_crystal *crystal, const double *k_frac, double ecut_ha)
{
    km_basis *basis;

    ASSERT_OK(km_basis_create(crystal, k_frac, ecut_ha, MPI_COMM_SELF, &basis));
    return basis;
}

/* Plane waves that lie in the sphere, by looking at a box that is too large. */
static int count_plane_waves(const km_crystal *crystal, const double *k, double ecut_ha)
{
    const double *b = km_crystal_reciprocal_bohr(crystal);
    int n = 0;

    for (int i = -25; i <= 25; ++i)
        for (int j = -25; j <= 25; ++j)
            for (int l = -25; l <= 25; ++l) {
                double q2 = 0;

                for (int x = 0; x < 3; ++x)
                    q2 += pow((i + k[0]) * b[x] + (j + k[1]) * b[3 + x] + (l + k[2]) * b[6 + x],
                              2);
                n += q2 / 2 <= ecut_ha * (1 + 1e-9);
            }
    return n;
}

static void every_plane_wave_below_the_cutoff_is_there_once(void **state)
{
    const double *points[] = {gamma_point, general_point, (double[]){0.5, 0.5, 0.5}};
    km_crystal *crystals[] = {make_magnesia(), make_pairs(), make_slab()};

    (void)state;
    for (int i = 0; i < 3; ++i) {
        for (int ik = 0; ik < 3; ++ik) {
            km_basis *basis = make_basis(crystals[i], points[ik], 5);

            assert_int_equal(km_basis_n_g(basis),
                             count_plane_waves(crystals[i], points[ik], 5));
            for (int ig = 0; ig < km_basis_n_g(basis); ++ig)
                assert_true(km_basis_kinetic_ha(basis)[ig] <= 5 * (1 + 1e-9));
            km_basis_destroy(&basis);
        }
        km_crystal_destroy(&crystals[i]);
    }
}

/* Omega q_max^3 / (6 pi^2), which the mean over k-points approaches. */
static void number_follows_the_volume_of_the_sphere(void **state)
{
    km_crystal *crystal = make_magnesia();
    const double q_max = sqrt(2 * 15.0);
    const double expected =
        km_crystal_volume_bohr3(crystal) * q_max * q_max * q_max / (6 * KM_PI * KM_PI);
    double mean = 0;

    (void)state;
    for (int i = 0; i < 64; ++i) {
        const double k[3] = {(i % 4 + 0.3) / 4, (i / 4 % 4 + 0.6) / 4, (i / 16 + 0.1) / 4};
        km_basis *basis = make_basis(crystal, k, 15);

        mean += km_basis_n_g(basis) / 64.;
        ASSERT_CLOSE(km_basis_n_g(basis), expected, 0.05 * expected);
        km_basis_destroy(&basis);
    }
    ASSERT_CLOSE(mean, expected, 0.002 * expected);
    km_crystal_destroy(&crystal);
}

static void kinetic_energy_belongs_to_the_vector(void **state)
{
    km_crystal *crystal = make_pairs();
    km_basis *basis = make_basis(crystal, general_point, 6);
    const double *b = km_crystal_reciprocal_bohr(crystal), *q = km_basis_q_cart(basis);
    const int *m = km_basis_miller(basis);

    (void)state;
    for (int ig = 0; ig < km_basis_n_g(basis); ++ig) {
        double q2 = 0;

        for (int x = 0; x < 3; ++x) {
            double expected = 0;

            for (int i = 0; i < 3; ++i)
                expected += (m[3 * ig + i] + general_point[i]) * b[3 * i + x];
            ASSERT_CLOSE(q[3 * ig + x], expected, 1e-13);
            q2 += expected * expected;
        }
        ASSERT_CLOSE(km_basis_kinetic_ha(basis)[ig], q2 / 2, 1e-13);
    }
    for (int x = 0; x < 3; ++x) ASSERT_CLOSE(km_basis_k_frac(basis)[x], general_point[x], 0);
    km_basis_destroy(&basis);
    km_crystal_destroy(&crystal);
}

static void columns_list_the_plane_waves_in_order(void **state)
{
    km_crystal *crystal = make_slab();
    km_basis *basis = make_basis(crystal, general_point, 6);
    const int *m = km_basis_miller(basis);
    int n_column, ig = 0;
    const km_column *column = km_basis_columns(basis, &n_column);

    (void)state;
    for (int c = 0; c < n_column; ++c) {
        assert_true(column[c].n > 0);
        assert_int_equal(column[c].first, ig);
        for (int i = 0; i < column[c].n; ++i, ++ig) {
            assert_int_equal(m[3 * ig], column[c].m0);
            assert_int_equal(m[3 * ig + 1], column[c].m1);
            assert_int_equal(m[3 * ig + 2], column[c].m2_first + i);
        }
        for (int other = 0; other < c; ++other)
            assert_false(column[other].m0 == column[c].m0 && column[other].m1 == column[c].m1);
    }
    assert_int_equal(ig, km_basis_n_g(basis));
    km_basis_destroy(&basis);
    km_crystal_destroy(&crystal);
}

static void minus_k_has_the_opposite_plane_waves(void **state)
{
    km_crystal *crystal = make_pairs();
    const double minus_k[3] = {-general_point[0], -general_point[1], -general_point[2]};
    km_basis *plus = make_basis(crystal, general_point, 4);
    km_basis *minus = make_basis(crystal, minus_k, 4);
    const int n_g = km_basis_n_g(plus);

    (void)state;
    assert_int_equal(km_basis_n_g(minus), n_g);
    /* Both are sorted by their integer coordinates, so one is the other one read backwards. */
    for (int ig = 0; ig < n_g; ++ig)
        for (int x = 0; x < 3; ++x)
            assert_int_equal(km_basis_miller(minus)[3 * (n_g - 1 - ig) + x],
                             -km_basis_miller(plus)[3 * ig + x]);
    km_basis_destroy(&plus);
    km_basis_destroy(&minus);
    km_crystal_destroy(&crystal);
}

static void impossible_cutoffs_are_refused(void **state)
{
    km_crystal *crystal = make_magnesia();
    km_basis *basis;

    (void)state;
    assert_int_equal(km_basis_create(crystal, gamma_point, -1, MPI_COMM_SELF, &basis),
                     KM_E_ARGUMENT);
    assert_null(basis);
    assert_int_equal(km_basis_create(crystal, gamma_point, 0, MPI_COMM_SELF, &basis),
                     KM_E_ARGUMENT);
    assert_int_equal(km_basis_create(crystal, gamma_point, NAN, MPI_COMM_SELF, &basis),
                     KM_E_ARGUMENT);
    assert_int_equal(km_basis_create(crystal, general_point, 1e-3, MPI_COMM_SELF, &basis),
                     KM_E_ARGUMENT);
    assert_null(basis);
    assert_non_null(strstr(km_status_message(), "0.001 Ha"));
    ASSERT_OK(
        km_basis_create(crystal, gamma_point, 1e-3, MPI_COMM_SELF, &basis)); /* G = 0 alone */
    assert_int_equal(km_basis_n_g(basis), 1);
    km_basis_destroy(&basis);
    km_crystal_destroy(&crystal);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_plane_wave_below_the_cutoff_is_there_once),
    cmocka_unit_test(number_follows_the_volume_of_the_sphere),
    cmocka_unit_test(kinetic_energy_belongs_to_the_vector),
    cmocka_unit_test(columns_list_the_plane_waves_in_order),
    cmocka_unit_test(minus_k_has_the_opposite_plane_waves),
    cmocka_unit_test(impossible_cutoffs_are_refused),
};

KM_TEST_MAIN(tests)
