#pragma once
/**
 * @file
 * @brief What to compute next: a policy looks at what is known and orders or prunes the queue. No MPI, no files.
 */
#include "kaimen/base/status.h"
#include "kaimen/crystal/crystal.h"

#include <stdbool.h>

/** A candidate that waits: the policy may change the part below. */
typedef struct {
    const km_crystal *crystal; /* borrowed */
    double cost_s;             /* expected */
    double priority;           /* larger ones first */
    bool is_pruned;            /* not to be calculated */
    double prediction_j_m2;    /* NaN: none */
    double uncertainty_j_m2;
} km_policy_candidate;

/** A candidate that was calculated. */
typedef struct {
    const km_crystal *crystal; /* borrowed */
    double value_j_m2;         /* NaN where it failed */
} km_policy_observation;

typedef struct km_policy km_policy;

/**
 * @brief Make a policy by name. Local.
 * @param[in] name  "none" (or NULL): the queue stays as it is
 * @return KM_E_INPUT for an unknown name
 */
KM_STATUS km_policy_create(const char *name, unsigned long seed, km_policy **policy);

/** @brief Free; accepts NULL. Local. */
void km_policy_destroy(km_policy **policy);

/** @brief Whether km_policy_apply would ever change anything. Local. */
bool km_policy_is_active(const km_policy *policy);

/** @brief Order and prune the waiting candidates after new observations. Local. */
KM_STATUS km_policy_apply(km_policy *policy, int n_observation,
                          const km_policy_observation *observations, int n_candidate,
                          km_policy_candidate *candidates);
