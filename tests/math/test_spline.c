/* np: 1 */
#include "support.h"

#include "kaimen/math/spline.h"

#include <math.h>

enum { N = 41 };
static const double step = 0.25;

static km_spline *spline_of(double (*f)(double), double h, int n)
{
    double y[1000];
    km_spline *spline;

    for (int i = 0; i < n; ++i) y[i] = f(i * h);
    ASSERT_OK(km_spline_create(h, n, y, &spline));
    return spline;
}

static double at(const km_spline *spline, double x)
{
    double y;

    km_spline_compute(spline, 1, &x, &y);
    return y;
}

static double cubic(double x)
{
    return 1.0 - 0.7 * x + 0.3 * x * x - 0.05 * x * x * x;
}

static double wave(double x)
{
    return sin(1.3 * x + 0.4) * exp(-0.2 * x);
}

static void a_cubic_is_reproduced_up_to_both_ends(void **state)
{
    km_spline *spline = spline_of(cubic, step, N);

    (void)state;
    /* Values up to 30. */
    for (double x = 0.0; x <= 10.0; x += 0.013) ASSERT_CLOSE(at(spline, x), cubic(x), 1e-13);
    km_spline_destroy(&spline);
}

static void four_points_make_one_cubic(void **state)
{
    km_spline *spline = spline_of(cubic, step, 4);

    (void)state;
    for (double x = 0.0; x <= 0.75; x += 0.01) ASSERT_CLOSE(at(spline, x), cubic(x), 1e-14);
    km_spline_destroy(&spline);
}

static double largest_error(double h, int n)
{
    km_spline *spline = spline_of(wave, h, n);
    double worst = 0.0;

    for (double x = 0.0; x <= (n - 1) * h; x += 0.0031)
        worst = fmax(worst, fabs(at(spline, x) - wave(x)));
    km_spline_destroy(&spline);
    return worst;
}

static void the_error_falls_with_the_fourth_power_of_the_step(void **state)
{
    double ratio = largest_error(0.1, 101) / largest_error(0.05, 201);

    (void)state;
    assert_true(ratio > 13.0 && ratio < 19.0);
}

static void grid_points_keep_their_values_and_beyond_is_zero(void **state)
{
    km_spline *spline = spline_of(wave, step, N);

    (void)state;
    for (int i = 0; i < N; ++i) ASSERT_CLOSE(at(spline, i * step), wave(i * step), 1e-15);
    assert_true(at(spline, (N - 1) * step + 1e-9) == 0.0);
    assert_true(at(spline, 1e6) == 0.0);
    km_spline_destroy(&spline);
}

static void too_few_points_are_refused(void **state)
{
    double y[3] = {0};
    km_spline *spline;

    (void)state;
    assert_int_equal(km_spline_create(0.1, 3, y, &spline), KM_E_ARGUMENT);
    assert_null(spline);
    assert_int_equal(km_spline_create(0.0, 3, y, &spline), KM_E_ARGUMENT);
    assert_null(spline);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_cubic_is_reproduced_up_to_both_ends),
    cmocka_unit_test(four_points_make_one_cubic),
    cmocka_unit_test(the_error_falls_with_the_fourth_power_of_the_step),
    cmocka_unit_test(grid_points_keep_their_values_and_beyond_is_zero),
    cmocka_unit_test(too_few_points_are_refused),
};

KM_TEST_MAIN(tests)
