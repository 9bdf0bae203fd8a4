#include "kaimen/learner/policy.h"

#include "kaimen/base/memory.h"

#include <string.h>

typedef enum { POLICY_NONE } policy_kind;

struct km_policy {
    policy_kind kind;
    unsigned long seed;
};

km_status km_policy_create(const char *name, unsigned long seed, km_policy **policy)
{
    *policy = NULL;
    KM_TRY(KM_CHECK(!name || strcmp(name, "none") == 0, KM_E_INPUT,
                    "learner policy \"%s\" is not known; there is: none", name));
    KM_TRY(KM_ALLOC(*policy, 1));
    (*policy)->kind = POLICY_NONE;
    (*policy)->seed = seed;
    return KM_OK;
}

void km_policy_destroy(km_policy **policy)
{
    KM_FREE(*policy);
}

bool km_policy_is_active(const km_policy *policy)
{
    return policy->kind != POLICY_NONE;
}

km_status km_policy_apply(km_policy *policy, int n_observation,
                          const km_policy_observation *observations, int n_candidate,
                          km_policy_candidate *candidates)
{
    (void)policy, (void)n_observation, (void)observations, (void)n_candidate, (void)candidates;
    return KM_OK;
}
