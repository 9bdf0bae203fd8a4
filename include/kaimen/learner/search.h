#pragma once
/**
 * @file
 * @brief The lowest of many candidates in few calculations: kriging over a list, or drawing at random. All functions are local, or collective on the team of the options.
 *
 * The search proposes a candidate, the caller calculates it and records what came out; any number may be pending meanwhile. After a
 * few candidates that lie far from each other, each proposal is the one that is worth most by a Gaussian process of the values known so far. Pending
 * ones count as if they had given what is predicted for them, so that no two teams get the same point. A share is drawn at random
 * whatever the process says, to tell how good it is.
 *
 * Sources: S. Kiyohara, H. Oda, K. Tsuda, T. Mizoguchi, Jpn. J. Appl. Phys. 55, 045502 (2016), for kriging of grain boundaries; D. Ginsbourger, R. Le
 * Riche, L. Carraro, in Computational Intelligence in Expensive Optimization Problems (2010), for pending points.
 */
#include "kaimen/learner/acquire.h"
#include "kaimen/learner/gp.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    bool is_random;             /* no process: candidates in random order */
    km_acquisition acquisition; /* what a candidate is worth */
    int n_initial; /* candidates before the first fit; 1 is enough where sources predict */
    double control_share; /* proposed at random, 0 to 1 */
    double
        tolerance; /* the search is over when no candidate is expected to improve more; 0: never */
    int n_least;  /* not over before so many values are known */
    int patience; /* nor before so many have come without a new lowest one */
    double clip;  /* a value counts at most as the best + clip (median - best) */
    double trust[KM_GP_MAX_TREND - 1]; /* coefficient that each source is expected to have */
    uint64_t seed;
    km_gp_team team; /* ranks that do the same search; alone by default */
} km_search_options;

/** What is proposed, and what is thought of it before it is calculated. */
typedef struct {
    int candidate;
    bool is_control;             /* drawn at random */
    double mean, deviation;      /* NaN: not predicted */
    double expected_improvement; /* likewise */
} km_proposal;

typedef struct km_search km_search;

/** @brief Lower bound, which found good candidates of a table of 18,000 copper boundaries soonest; 5 initial candidates, no control share, no end. */
km_search_options km_search_options_default(void);

/**
 * @brief Search among n candidates.
 *
 * @param[in] space     of their coordinates
 * @param[in] x         [n][space->n_x]; copied
 * @param[in] n_source  predictions from elsewhere, less than KM_GP_MAX_TREND
 * @param[in] source    [n_source][n], in the unit of the values; copied
 * @param[in] cost      [n], relative; NULL: all the same
 * @return KM_E_ARGUMENT for options, a space or numbers that make no sense
 */
KM_STATUS km_search_create(const km_search_options *options, const km_space *space, int n,
                           const double *x, int n_source, const double *source,
                           const double *cost, km_search **search);

/** @brief Free and set to NULL; accepts NULL. */
void km_search_destroy(km_search **search);

/**
 * @brief Begin with what another search learns from all it knows: how far values correlate, how much they scatter. Before the first proposal.
 * @return KM_E_ARGUMENT where the spaces have other directions
 */
KM_STATUS km_search_hand_on(km_search *search, km_search *from);

/** @brief Choose what to calculate next; it is then pending. candidate = -1: none is left, or the search is over. */
KM_STATUS km_search_propose(km_search *search, km_proposal *proposal);

/** @brief Say what came out; NaN: the calculation failed. @return KM_E_ARGUMENT for a candidate that has a value */
KM_STATUS km_search_record(km_search *search, int candidate, double value);

/** @brief Whether no candidate is expected to improve on the best by more than the tolerance. */
bool km_search_is_over(const km_search *search);

/** @brief The candidate with the lowest value so far, -1 before there is one. */
int km_search_best(const km_search *search);

/** @brief Mean and deviation predicted for every candidate, [n]; NaN before the first fit. */
KM_STATUS km_search_predict(km_search *search, double *mean, double *deviation);
