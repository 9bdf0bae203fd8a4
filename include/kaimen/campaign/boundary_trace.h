#pragma once
/**
 * @file
 * @brief What a ledger knows of each grain boundary: its trials in order, the lowest, its rigid map, and what virtual screening says. All functions are local.
 *
 * Virtual screening: the regression of boundary_search.h, trained on the relaxed candidates of all other boundaries, predicts every candidate of this one; the lowest is its
 * prediction of the boundary's energy.
 */
#include "kaimen/campaign/boundary_search.h"
#include "kaimen/campaign/ledger.h"

typedef struct {
    int grid[2];
    double gap_bohr;
    double lattice_bohr[4]; /* vectors of the shift's cell, rows */
    double *energy_j_m2;    /* [grid[1]][grid[0]]; NULL: not stored */
} km_boundary_map;

typedef struct {
    const char *name, *bulk; /* borrowed from the tasks */
    int first, n;            /* its tasks */
    int n_state[KM_N_TASK_STATE];
    int n_trial;
    int *trial; /* tasks that ended, in that order, [n_trial] */
    int best,
        best_trial; /* task of the lowest energy, and the first trial, from 1, that came within 1 mJ/m2 of it; -1, 0: none */
    double dft_j_m2;             /* of the winner; NaN: not computed */
    double screened_j_m2;        /* NaN: there is too little to learn from */
    double screening_error_j_m2; /* root mean square over this boundary's relaxed candidates */
    km_boundary_map map;
} km_boundary_trace;

typedef struct {
    int n;
    km_boundary_trace *trace;
    int n_task;
    km_task *tasks; /* grain boundaries only, in the order of the plan */
    km_result *results;
} km_boundary_traces;

/** @brief Read all; ended with km_boundary_traces_clear(). */
KM_STATUS km_boundary_traces_read(km_ledger *ledger, km_boundary_traces *traces);

/** @brief Free what they own, and make them empty. */
void km_boundary_traces_clear(km_boundary_traces *traces);

/** @brief Store the rigid maps of a list's boundaries in the ledger. */
KM_STATUS km_boundary_maps_store(const km_boundary_list *list, km_ledger *ledger);

/**
 * @brief Best energy that random drawing is expected to have after each of n trials, J/m2: relaxed energies, and of pruned candidates those predicted.
 * @param[out] best  [n]; NaN where nothing is known
 */
KM_STATUS km_boundary_trace_random(const km_boundary_traces *traces, int i, int n,
                                   double *best);
