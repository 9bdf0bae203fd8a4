#pragma once
/**
 * @file
 * @brief Which candidate of which boundary to relax next: the boundaries of a list one after the other, each by kriging, and what one teaches handed on to the next.
 * All functions are local and free of MPI.
 *
 * Policies:
 *   random       candidates in random order
 *   kriging      a Gaussian process of the relaxed energies over shift, terminations and merging
 *   kriging+map  the same of what relaxation changes: its prior mean is the rigid energy, compressed where atoms overlap
 *   transfer     its prior mean is a regression of relaxed energies on the descriptors and the rigid energy, trained on all boundaries before; lengths
 *                and scatter are handed on too. How far it is trusted is learned: the coefficient of each prior mean is one of the unknowns, and with a bad
 *                one goes to zero.
 *
 * Source: S. Kiyohara, H. Oda, K. Tsuda, T. Mizoguchi, Jpn. J. Appl. Phys. 55, 045502 (2016); transfer between boundaries: S. Kiyohara, T. Mizoguchi,
 * Comput. Mater. Sci. 198, 110702 (2021).
 */
#include "kaimen/campaign/boundary.h"
#include "kaimen/learner/search.h"

typedef enum {
    KM_BOUNDARY_ALL, /* every candidate, in the list's order */
    KM_BOUNDARY_RANDOM,
    KM_BOUNDARY_KRIGING,
    KM_BOUNDARY_MAP,
    KM_BOUNDARY_TRANSFER
} km_boundary_policy;

typedef struct {
    km_boundary_policy policy;
    km_search_options search; /* its tolerance in J/m2 */
    int max_trial;            /* of each boundary; 0: no limit */
} km_boundary_search_options;

typedef struct km_boundary_search km_boundary_search;

/** @brief Transfer, with what km_search_options_default() says, until an improvement of 1 mJ/m2 is not expected. */
km_boundary_search_options km_boundary_search_options_default(void);

/** @brief Begin. @param[in] list  borrowed */
KM_STATUS km_boundary_search_create(const km_boundary_list *list,
                                    const km_boundary_search_options *options,
                                    km_boundary_search **search);

/** @brief Free and set to NULL; accepts NULL. */
void km_boundary_search_destroy(km_boundary_search **search);

/** @brief Choose what to relax next, a candidate of the list; it is then pending. candidate = -1: nothing now, or nothing any more. */
KM_STATUS km_boundary_search_propose(km_boundary_search *search, km_proposal *proposal);

/** @brief Say what came out, J/m2; NaN: it failed. */
KM_STATUS km_boundary_search_record(km_boundary_search *search, int candidate,
                                    double energy_j_m2);

/** @brief Propose nothing more of a boundary. */
void km_boundary_search_close(km_boundary_search *search, int i_boundary);

/** @brief Whether every boundary is done with. */
bool km_boundary_search_is_over(const km_boundary_search *search);

/** @brief Whether one boundary is done with: no more of its candidates will be proposed. */
bool km_boundary_search_is_done(const km_boundary_search *search, int i_boundary);

/** @brief The best candidate of a boundary so far, -1 before there is one; and the trials that have a value or failed. */
int km_boundary_search_best(const km_boundary_search *search, int i_boundary);
int km_boundary_search_n_trial(const km_boundary_search *search, int i_boundary);

/** @brief What is predicted for the candidates of a boundary, J/m2, [n]; NaN where nothing is. */
KM_STATUS km_boundary_search_predict(km_boundary_search *search, int i_boundary, double *mean,
                                     double *deviation);

/** A regression of relaxed energies: of candidates on descriptors and compressed rigid energy. */
#define KM_SCREEN_N (KM_BOUNDARY_N_DESCRIPTOR + 1)
typedef struct {
    int n_sample;
    double mean[KM_SCREEN_N], scale[KM_SCREEN_N]; /* of the features */
    double intercept, slope[KM_SCREEN_N];         /* J/m2, of scaled features */
    double error_j_m2;                            /* root mean square of what is left */
} km_screen;

/**
 * @brief Fit a ridge regression to candidates whose energy is known, of the boundaries that are marked.
 * @param[in]  energy_j_m2  of all candidates; NaN: not known
 * @param[in]  is_used      [n_boundary]
 * @param[out] screen       n_sample = 0 where there are too few
 */
void km_screen_fit(const km_boundary_list *list, const double *energy_j_m2, const bool *is_used,
                   km_screen *screen);

/** @brief What the regression expects of a candidate, J/m2. */
double km_screen_predict(const km_screen *screen, const km_boundary_list *list, int candidate);

/** @brief Rigid energy, growing as its logarithm where it is far above the lowest of its boundary, J/m2. */
double km_boundary_compressed_j_m2(const km_boundary_list *list, int candidate);
