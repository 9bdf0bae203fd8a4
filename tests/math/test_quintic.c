/* np: 1 */
#include "support.h"

#include "kaimen/math/quintic.h"

#include <math.h>

static km_quintic *make_sine(double step, int n)
{
    double f[300];
    km_quintic *quintic;

    for (int i = 0; i < n; ++i) {
        f[3 * i] = sin(i * step);
        f[3 * i + 1] = cos(i * step);
        f[3 * i + 2] = -sin(i * step);
    }
    ASSERT_OK(km_quintic_create(step, n, f, &quintic));
    return quintic;
}

static double largest_error(double step, int n)
{
    km_quintic *quintic = make_sine(step, n);
    double error = 0;

    for (double x = 0; x <= km_quintic_end(quintic); x += 0.0137)
        error = fmax(error, fabs(km_quintic_value(quintic, x) - sin(x)));
    km_quintic_destroy(&quintic);
    return error;
}

static void polynomials_of_fifth_degree_are_exact(void **state)
{
    const double f[6] = {
        1, 2, -3, 1 + 2 - 1.5 + 4 - 5 + 6, 2 - 3 + 12 - 20 + 30, -3 + 24 - 60 + 120};
    km_quintic *quintic;

    (void)state;
    ASSERT_OK(km_quintic_create(1, 2, f, &quintic));
    for (double x = 0; x <= 1; x += 0.125) {
        ASSERT_CLOSE(km_quintic_value(quintic, x),
                     1 + x * (2 + x * (-1.5 + x * (4 + x * (-5 + x * 6)))), 1e-13);
        ASSERT_CLOSE(km_quintic_slope(quintic, x), 2 + x * (-3 + x * (12 + x * (-20 + x * 30))),
                     1e-13);
    }
    km_quintic_destroy(&quintic);
    assert_null(quintic);
}

static void error_is_of_sixth_order(void **state)
{
    const double coarse = largest_error(0.4, 20), fine = largest_error(0.2, 40);

    (void)state;
    ASSERT_CLOSE(coarse, pow(0.4, 6) / 46080, 0.05 * coarse);
    ASSERT_CLOSE(coarse / fine, 64, 3);
}

static void slope_is_the_derivative_of_the_value(void **state)
{
    km_quintic *quintic = make_sine(0.3, 30);
    const double h = 1e-4;

    (void)state;
    for (double x = 0.01; x < 8; x += 0.0731)
        ASSERT_CLOSE(km_quintic_slope(quintic, x),
                     (km_quintic_value(quintic, x + h) - km_quintic_value(quintic, x - h)) /
                         (2 * h),
                     1e-8);
    km_quintic_destroy(&quintic);
}

static void the_last_point_belongs_to_the_grid(void **state)
{
    km_quintic *quintic = make_sine(0.1, 11);

    (void)state;
    ASSERT_CLOSE(km_quintic_end(quintic), 1, 1e-15);
    ASSERT_CLOSE(km_quintic_value(quintic, km_quintic_end(quintic)), sin(1), 1e-15);
    km_quintic_destroy(&quintic);
}

static void wrong_arguments_are_refused(void **state)
{
    const double f[6] = {0};
    km_quintic *quintic;

    (void)state;
    assert_int_equal(km_quintic_create(0, 2, f, &quintic), KM_E_ARGUMENT);
    assert_int_equal(km_quintic_create(1, 1, f, &quintic), KM_E_ARGUMENT);
    assert_null(quintic);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(polynomials_of_fifth_degree_are_exact),
    cmocka_unit_test(error_is_of_sixth_order),
    cmocka_unit_test(slope_is_the_derivative_of_the_value),
    cmocka_unit_test(the_last_point_belongs_to_the_grid),
    cmocka_unit_test(wrong_arguments_are_refused),
};

KM_TEST_MAIN(tests)
