/* np: 1 */
#include "support.h"

#include "kaimen/campaign/stop.h"

#include <math.h>
#include <string.h>
#include <time.h>

static void a_signal_sets_the_flag_and_is_given_back(void **state)
{
    km_stop stop = km_stop_prepare("build/none.db", 0);
    char reason[KM_REASON_SIZE];

    (void)state;
    km_stop_install();
    assert_false(km_stop_check(&stop, reason));
    raise(SIGUSR1);
    raise(SIGUSR1); /* harmless the second time */
    assert_int_equal(*km_stop_flag(), SIGUSR1);
    assert_true(km_stop_check(&stop, reason));
    assert_string_equal(reason, "SIGUSR1");
    km_stop_remove();
    assert_true(signal(SIGUSR1, SIG_DFL) == SIG_DFL);
    km_stop_install();
    assert_int_equal(*km_stop_flag(), 0);
    km_stop_remove();
}

static void the_stop_file_lies_beside_the_ledger(void **state)
{
    (void)state;
    assert_string_equal(km_stop_prepare("some/where/x.db", 0).file, "some/where/STOP");
    assert_string_equal(km_stop_prepare("x.db", 0).file, "STOP");
}

static void the_time_limit_is_the_users_or_slurms_less_a_reserve(void **state)
{
    char end[32];
    km_stop stop;

    (void)state;
    unsetenv("SLURM_JOB_END_TIME");
    stop = km_stop_prepare("x.db", 0);
    assert_true(isinf(km_stop_time_left_s(&stop)));
    snprintf(end, sizeof end, "%ld", (long)time(NULL) + 1000);
    setenv("SLURM_JOB_END_TIME", end, 1);
    stop = km_stop_prepare("x.db", 0);
    assert_true(km_stop_time_left_s(&stop) < 981 && km_stop_time_left_s(&stop) > 970);
    stop = km_stop_prepare("x.db", 100);
    assert_true(km_stop_time_left_s(&stop) <= 98 && km_stop_time_left_s(&stop) > 90);
    unsetenv("SLURM_JOB_END_TIME");
}

static void no_time_left_is_a_reason_to_stop(void **state)
{
    km_stop stop = km_stop_prepare("build/none.db", 1e-9);
    char reason[KM_REASON_SIZE];

    (void)state;
    assert_true(km_stop_check(&stop, reason));
    assert_string_equal(reason, "the time limit");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_signal_sets_the_flag_and_is_given_back),
    cmocka_unit_test(the_stop_file_lies_beside_the_ledger),
    cmocka_unit_test(the_time_limit_is_the_users_or_slurms_less_a_reserve),
    cmocka_unit_test(no_time_left_is_a_reason_to_stop),
};

KM_TEST_MAIN(tests)
