/* np: 1 */
#include "support.h"

#include "kaimen/learner/acquire.h"

/* The mean of max(best - y, 0) over a normal y, by summing. */
static double summed_improvement(double best, double mean, double deviation)
{
    const int n = 200000;
    double sum = 0;

    for (int i = 0; i < n; ++i) {
        const double z = -10 + 20 * (i + 0.5) / n;

        sum += fmax(best - mean - deviation * z, 0) * exp(-0.5 * z * z);
    }
    return sum * 20 / n / sqrt(2 * acos(-1));
}

static void expected_improvement_is_the_mean_of_the_gain(void **state)
{
    const double mean[] = {-1, 0, 0.5, 2}, deviation[] = {0.1, 1, 3};

    (void)state;
    for (int i = 0; i < 4; ++i)
        for (int j = 0; j < 3; ++j)
            ASSERT_CLOSE(km_acquire_expected_improvement(0.3, mean[i], deviation[j]),
                         summed_improvement(0.3, mean[i], deviation[j]), 1e-8);
    ASSERT_CLOSE(km_acquire_expected_improvement(0.3, 0.1, 0), 0.2, 1e-15);
    assert_true(km_acquire_expected_improvement(0.3, 0.4, 0) == 0);
}

/* Where the improvement itself is 0 in double precision, its logarithm still tells candidates apart. */
static void its_logarithm_never_ends(void **state)
{
    double before = 1;

    (void)state;
    for (double mean = 0; mean < 5; mean += 0.5)
        ASSERT_CLOSE(km_acquire_log_expected_improvement(0, mean, 1),
                     log(summed_improvement(0, mean, 1)), 1e-3);
    for (double mean = 0; mean < 1000; mean += 0.5) {
        const double value = km_acquire_log_expected_improvement(0, mean, 1);

        assert_true(isfinite(value) && value < before);
        before = value;
    }
}

static void the_lower_bound_rewards_doubt(void **state)
{
    (void)state;
    ASSERT_CLOSE(km_acquire_lower_bound(1, 0.8, 0.3, 2), 0.8, 1e-15);
    assert_true(km_acquire_lower_bound(1, 0.9, 0.5, 2) >
                km_acquire_lower_bound(1, 0.8, 0.3, 2));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(expected_improvement_is_the_mean_of_the_gain),
    cmocka_unit_test(its_logarithm_never_ends),
    cmocka_unit_test(the_lower_bound_rewards_doubt),
};

KM_TEST_MAIN(tests)
