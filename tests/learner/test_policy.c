/* np: 1 */
#include "support.h"

#include "kaimen/learner/policy.h"

#include <math.h>
#include <string.h>

static void the_policy_none_leaves_the_queue_as_it_is(void **state)
{
    km_policy_candidate candidates[2] = {{.priority = 1, .prediction_j_m2 = NAN},
                                         {.priority = 2, .prediction_j_m2 = NAN}};
    km_policy *policy;

    (void)state;
    ASSERT_OK(km_policy_create("none", 1, &policy));
    assert_false(km_policy_is_active(policy));
    ASSERT_OK(km_policy_apply(policy, 0, NULL, 2, candidates));
    for (int i = 0; i < 2; ++i) {
        assert_true(candidates[i].priority == i + 1);
        assert_false(candidates[i].is_pruned);
        assert_true(isnan(candidates[i].prediction_j_m2));
    }
    km_policy_destroy(&policy);
    assert_null(policy);
}

static void an_unknown_policy_is_refused_by_name(void **state)
{
    km_policy *policy;

    (void)state;
    assert_int_equal(km_policy_create("kriging", 1, &policy), KM_E_INPUT);
    assert_non_null(strstr(km_status_message(), "\"kriging\" is not known; there is: none"));
    assert_null(policy);
    ASSERT_OK(km_policy_create(NULL, 1, &policy));
    km_policy_destroy(&policy);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_policy_none_leaves_the_queue_as_it_is),
    cmocka_unit_test(an_unknown_policy_is_refused_by_name),
};

KM_TEST_MAIN(tests)
