#pragma once
/**
 * @file
 * @brief The search among grain boundaries in a thread of its own, so that the master never waits for it. Local to rank 0; no MPI in it.
 *
 * The master tells what came out, asks for as many proposals as it has idle teams, and takes them as they come. What is told is always taken in before what is
 * asked for is answered: with one team the order of candidates does not depend on anybody's speed.
 */
#include "kaimen/campaign/boundary_search.h"

typedef struct km_boundary_learner km_boundary_learner;

/** A boundary that is done with, and what is predicted for its candidates. */
typedef struct {
    int i_boundary; /* -1: none */
    double *mean;   /* J/m2, [n], NaN where nothing is predicted; both ended with KM_FREE */
    double *deviation;
} km_boundary_end;

/** @brief Start the thread. @param[in] list  borrowed */
KM_STATUS km_boundary_learner_create(const km_boundary_list *list,
                                     const km_boundary_search_options *options,
                                     km_boundary_learner **learner);

/** @brief End the thread and free; accepts NULL. */
void km_boundary_learner_destroy(km_boundary_learner **learner);

/** @brief Tell what came out, J/m2; NaN: it failed. Returns at once. */
void km_boundary_learner_record(km_boundary_learner *learner, int candidate,
                                double energy_j_m2);

/** @brief Tell what an earlier job found out, which this learner did not propose; in the order in which it came. Returns at once. */
void km_boundary_learner_recall(km_boundary_learner *learner, int candidate,
                                double energy_j_m2);

/** @brief A boundary was done with in an earlier job: nothing of it is proposed. Before anything is asked for. */
void km_boundary_learner_close(km_boundary_learner *learner, int i_boundary);

/** @brief Ask for proposals until n are asked for and not taken. Returns at once. */
void km_boundary_learner_ask(km_boundary_learner *learner, int n);

/** @brief Whether km_boundary_learner_take() or km_boundary_learner_take_end() has something. */
bool km_boundary_learner_is_ready(km_boundary_learner *learner);

/** @brief Whether the thread still works on what it was told or asked. */
bool km_boundary_learner_is_busy(km_boundary_learner *learner);

/** @brief Take a proposal that is ready; candidate = -1: none is. @return an error of the search */
KM_STATUS km_boundary_learner_take(km_boundary_learner *learner, km_proposal *proposal);

/** @brief Take a boundary that is done with: nothing of it is pending. */
void km_boundary_learner_take_end(km_boundary_learner *learner, km_boundary_end *end);
