#pragma once
/**
 * @file
 * @brief A search on candidates whose values are all known: how many trials it takes. All functions are local.
 */
#include "kaimen/learner/search.h"

/** A finished table: what candidates look like and what comes out. */
typedef struct {
    km_space space;
    int n;
    const double *x;      /* [n][n_x]; borrowed */
    const double *value;  /* [n]; borrowed */
    int n_source;         /* predictions that the search may use */
    const double *source; /* [n_source][n]; borrowed */
} km_replay;

/**
 * @brief Search until every goal is reached, or max_trial candidates are calculated.
 *
 * @param[in]  goal   values to come down to, [n_goal]
 * @param[out] trial  trials until then, [n_goal]; max_trial + 1 where it was not reached
 * @param[out] trace  value of each trial, [max_trial], NaN after the last; NULL: not wanted
 */
KM_STATUS km_replay_run(const km_replay *replay, const km_search_options *options, int n_goal,
                        const double *goal, int max_trial, int *trial, double *trace);
