/* np: 1 */
#include "support.h"

#include "kaimen/base/units.h"
#include "kaimen/math/special.h"

#include <math.h>

/* Both sides of every identity are sums of a few terms of order one. */
#define TOLERANCE 1e-14

static void bessel_functions_equal_their_closed_forms(void **state)
{
    (void)state;
    for (double x = 1.0; x < 60.0; x += 0.37) {
        double s = sin(x), c = cos(x), x2 = x * x, x3 = x2 * x;

        ASSERT_CLOSE(km_spherical_bessel(0, x), s / x, TOLERANCE);
        ASSERT_CLOSE(km_spherical_bessel(1, x), s / x2 - c / x, TOLERANCE);
        ASSERT_CLOSE(km_spherical_bessel(2, x), (3.0 / x3 - 1.0 / x) * s - 3.0 * c / x2,
                     4.0 * TOLERANCE);
        ASSERT_CLOSE(km_spherical_bessel(3, x),
                     (15.0 / x3 - 6.0 / x) * s / x - (15.0 / x2 - 1.0) * c / x,
                     16.0 * TOLERANCE);
    }
}

static void bessel_functions_keep_their_relative_accuracy_near_zero(void **state)
{
    double double_factorial = 1.0;

    (void)state;
    for (int l = 0; l <= 6; ++l) {
        double x = 1e-3, leading;

        double_factorial *= 2 * l + 1;
        leading = pow(x, l) / double_factorial * (1.0 - 0.5 * x * x / (2 * l + 3));
        assert_true(fabs(km_spherical_bessel(l, x) / leading - 1.0) < 1e-13);
        assert_true(km_spherical_bessel(l, 0.0) == (l == 0 ? 1.0 : 0.0));
    }
}

static void squares_of_bessel_functions_sum_to_one(void **state)
{
    (void)state;
    /* sum_l (2l+1) j_l^2 = 1: Abramowitz and Stegun 10.1.50. */
    for (double x = 0.1; x < 15.0; x += 0.61) {
        double sum = 0.0;

        for (int l = 0; l < 45; ++l) sum += (2 * l + 1) * pow(km_spherical_bessel(l, x), 2);
        ASSERT_CLOSE(sum, 1.0, 1e-12);
    }
}

static void squares_of_harmonics_of_one_l_sum_to_a_constant(void **state)
{
    const double v[3] = {0.3, -1.7, 0.9};
    double y[7];

    (void)state;
    /* Unsoeld's theorem. */
    for (int l = 0; l <= KM_HARMONIC_L_MAX; ++l) {
        double sum = 0.0;

        km_spherical_harmonics(l, 1, v, y);
        for (int m = 0; m < 2 * l + 1; ++m) sum += y[m] * y[m];
        ASSERT_CLOSE(sum, (2 * l + 1) / (4.0 * KM_PI), TOLERANCE);
    }
}

static double legendre(int l, double t)
{
    const double p[] = {1.0, t, 0.5 * (3.0 * t * t - 1.0), 0.5 * (5.0 * t * t * t - 3.0 * t)};

    return p[l];
}

static void products_of_harmonics_add_to_legendre_polynomials(void **state)
{
    /* Two vectors at once also test the layout [2l+1][n]. */
    const double v[6] = {0.3, -1.7, 0.9, 2.0, 0.4, -0.5};
    double dot = v[0] * v[3] + v[1] * v[4] + v[2] * v[5];
    double length = sqrt((v[0] * v[0] + v[1] * v[1] + v[2] * v[2]) *
                         (v[3] * v[3] + v[4] * v[4] + v[5] * v[5]));
    double y[14];

    (void)state;
    for (int l = 0; l <= KM_HARMONIC_L_MAX; ++l) {
        double sum = 0.0;

        km_spherical_harmonics(l, 2, v, y);
        for (int m = 0; m < 2 * l + 1; ++m) sum += y[2 * m] * y[2 * m + 1];
        ASSERT_CLOSE(sum, (2 * l + 1) / (4.0 * KM_PI) * legendre(l, dot / length), TOLERANCE);
    }
}

/** All 16 harmonics in the direction (theta, phi). */
static void all_harmonics(double cos_theta, double phi, double y[16])
{
    double s = sqrt(1.0 - cos_theta * cos_theta);
    double v[3] = {s * cos(phi), s * sin(phi), cos_theta};

    for (int l = 0; l <= KM_HARMONIC_L_MAX; ++l) km_spherical_harmonics(l, 1, v, y + l * l);
}

static void harmonics_are_orthonormal(void **state)
{
    /* Gauss-Legendre in cos(theta) with 4 points is exact to degree 7: Abramowitz and Stegun, table 25.4. */
    const double node[4] = {-0.861136311594052575, -0.339981043584856265, 0.339981043584856265,
                            0.861136311594052575};
    const double weight[4] = {0.347854845137453857, 0.652145154862546143, 0.652145154862546143,
                              0.347854845137453857};
    double overlap[16][16] = {{0}};

    (void)state;
    for (int it = 0; it < 4; ++it)
        for (int ip = 0; ip < 8; ++ip) {
            double y[16], w = weight[it] * KM_PI / 4.0;

            all_harmonics(node[it], ip * KM_PI / 4.0, y);
            for (int i = 0; i < 256; ++i) overlap[i / 16][i % 16] += w * y[i / 16] * y[i % 16];
        }
    for (int i = 0; i < 256; ++i)
        ASSERT_CLOSE(overlap[i / 16][i % 16], i / 16 == i % 16, TOLERANCE);
}

static void harmonics_are_ordered_by_m(void **state)
{
    const double v[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    double y[9];

    (void)state;
    km_spherical_harmonics(1, 3, v, y);
    assert_true(y[0 * 3 + 1] > 0.4); /* m = -1 is y */
    assert_true(y[1 * 3 + 2] > 0.4); /* m = 0 is z */
    assert_true(y[2 * 3 + 0] > 0.4); /* m = 1 is x */
}

static void a_zero_vector_has_only_the_constant_harmonic(void **state)
{
    const double zero[3] = {0};
    double y[7];

    (void)state;
    km_spherical_harmonics(0, 1, zero, y);
    ASSERT_CLOSE(y[0], sqrt(0.25 / KM_PI), TOLERANCE);
    for (int l = 1; l <= KM_HARMONIC_L_MAX; ++l) {
        km_spherical_harmonics(l, 1, zero, y);
        for (int m = 0; m < 2 * l + 1; ++m) assert_true(y[m] == 0.0);
    }
}

static void gradients_of_harmonics_are_their_slopes(void **state)
{
    /* Five-point differences err by step^4 and by 1e-16 / step. */
    const double v[6] = {0.3, -1.7, 0.9, 2.0, 0.4, -0.5}, step = 1e-3;

    (void)state;
    for (int l = 0; l <= KM_HARMONIC_L_MAX; ++l) {
        double slope[7 * 3 * 2], value[4][14], largest = 0;

        km_spherical_harmonic_gradients(l, 2, v, slope);
        for (int x = 0; x < 3; ++x) {
            for (int k = 0; k < 4; ++k) {
                const double by = step * (k < 2 ? k - 2 : k - 1);
                double moved[6];

                for (int i = 0; i < 6; ++i) moved[i] = v[i] + (i % 3 == x ? by : 0);
                km_spherical_harmonics(l, 2, moved, value[k]);
            }
            for (int i = 0; i < 2 * (2 * l + 1); ++i) {
                const double mine = slope[(3 * (i / 2) + x) * 2 + i % 2];

                ASSERT_CLOSE(mine,
                             (8 * (value[2][i] - value[1][i]) - (value[3][i] - value[0][i])) /
                                 (12 * step),
                             1e-10);
                largest = fmax(largest, fabs(mine));
            }
        }
        assert_true(l == 0 ? largest == 0 : largest > 0.1);
    }
}

static void gradients_of_harmonics_vanish_along_the_vector_and_at_zero(void **state)
{
    const double v[6] = {0.3, -1.7, 0.9, 0, 0, 0};
    double slope[7 * 3 * 2];

    (void)state;
    for (int l = 0; l <= KM_HARMONIC_L_MAX; ++l) {
        km_spherical_harmonic_gradients(l, 2, v, slope);
        for (int m = 0; m < 2 * l + 1; ++m) {
            const double *s = slope + 6 * m;

            ASSERT_CLOSE(s[0] * v[0] + s[2] * v[1] + s[4] * v[2], 0, TOLERANCE);
            for (int x = 0; x < 3; ++x) assert_true(s[2 * x + 1] == 0.0);
        }
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(bessel_functions_equal_their_closed_forms),
    cmocka_unit_test(bessel_functions_keep_their_relative_accuracy_near_zero),
    cmocka_unit_test(squares_of_bessel_functions_sum_to_one),
    cmocka_unit_test(squares_of_harmonics_of_one_l_sum_to_a_constant),
    cmocka_unit_test(products_of_harmonics_add_to_legendre_polynomials),
    cmocka_unit_test(harmonics_are_orthonormal),
    cmocka_unit_test(harmonics_are_ordered_by_m),
    cmocka_unit_test(a_zero_vector_has_only_the_constant_harmonic),
    cmocka_unit_test(gradients_of_harmonics_are_their_slopes),
    cmocka_unit_test(gradients_of_harmonics_vanish_along_the_vector_and_at_zero),
};

KM_TEST_MAIN(tests)
