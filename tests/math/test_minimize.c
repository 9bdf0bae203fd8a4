/* np: 1 */
#include "support.h"

#include "kaimen/math/minimize.h"

/* The valley of H. H. Rosenbrock, Comput. J. 3, 175 (1960): lowest at (1, 1). */
static double valley(int n, const double *x, double *gradient, void *context)
{
    const double a = 1 - x[0], b = x[1] - x[0] * x[0];

    (void)n;
    ++*(int *)context;
    if (gradient) {
        gradient[0] = -2 * a - 400 * x[0] * b;
        gradient[1] = 200 * b;
    }
    return a * a + 100 * b * b;
}

static double nowhere(int n, const double *x, double *gradient, void *context)
{
    (void)n, (void)x, (void)gradient, (void)context;
    return NAN;
}

static const double lower[2] = {-2, -2}, upper[2] = {2, 2};

static void the_bottom_of_a_valley_is_found(void **state)
{
    const km_minimize_options options = {500, 1e-8};
    double x[2] = {-1.2, 1}, value;
    int n_call = 0;

    (void)state;
    ASSERT_OK(km_minimize(valley, &n_call, 2, lower, upper, &options, x, &value));
    ASSERT_CLOSE(x[0], 1, 1e-5);
    ASSERT_CLOSE(x[1], 1, 1e-5);
    ASSERT_CLOSE(value, 0, 1e-10);
    assert_in_range(n_call, 10, 300);
}

/* Where x = 0.5 at most, the valley is lowest at (0.5, 0.25). */
static void bounds_hold(void **state)
{
    const km_minimize_options options = {500, 1e-8};
    const double bound[2] = {0.5, 2};
    double x[2] = {-1.2, 1}, value;
    int n_call = 0;

    (void)state;
    ASSERT_OK(km_minimize(valley, &n_call, 2, lower, bound, &options, x, &value));
    ASSERT_CLOSE(x[0], 0.5, 1e-6);
    ASSERT_CLOSE(x[1], 0.25, 1e-4);
}

static void a_limit_of_evaluations_holds(void **state)
{
    const km_minimize_options options = {7, 1e-12};
    double x[2] = {-1.2, 1}, value;
    int n_call = 0;

    (void)state;
    ASSERT_OK(km_minimize(valley, &n_call, 2, lower, upper, &options, x, &value));
    assert_in_range(n_call, 7,
                    12); /* with the rest of a line search, and one before and after */
    ASSERT_CLOSE(value, valley(2, x, NULL, &n_call), 0);
    assert_true(value < 1); /* from 24.2 at the start */
}

static void a_start_without_a_value_is_refused(void **state)
{
    const km_minimize_options options = {7, 1e-12};
    double x[2] = {0, 0}, value;

    (void)state;
    assert_int_equal(km_minimize(nowhere, NULL, 2, lower, upper, &options, x, &value),
                     KM_E_NUMERIC);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_bottom_of_a_valley_is_found),
    cmocka_unit_test(bounds_hold),
    cmocka_unit_test(a_limit_of_evaluations_holds),
    cmocka_unit_test(a_start_without_a_value_is_refused),
};

KM_TEST_MAIN(tests)
