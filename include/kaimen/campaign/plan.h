#pragma once
/**
 * @file
 * @brief The tasks of a campaign, each with its crystal: references first, then the surfaces that wait for them.
 *
 * Tasks are found by their identity. Adding one that is there already gives the index of the old one.
 */
#include "kaimen/builder/slab.h"
#include "kaimen/campaign/boundary.h"
#include "kaimen/campaign/task.h"

typedef struct km_plan km_plan;

/** @brief An empty plan, ended with km_plan_destroy(). Local. */
KM_STATUS km_plan_create(km_plan **plan);

/** @brief Free; accepts NULL. Local. */
void km_plan_destroy(km_plan **plan);

/**
 * @brief Add a task. Local.
 *
 * @param[in]  task     kind, label, bulk, bulk_id, oriented_id, surface, interface, volume_ratio, priority are taken; the rest is filled in
 * @param[in]  crystal  copied
 * @param[in]  text     options that change the result: part of the identity
 * @param[out] index    of the new task, or of the one with the same identity; may be NULL
 * @return KM_E_ARGUMENT for a reference that is not in the plan
 */
KM_STATUS km_plan_add(km_plan *plan, const km_task *task, const km_crystal *crystal,
                      const char *text, int *index);

/**
 * @brief Add a crystal's accepted slabs and, where there are any, its bulk and their oriented bulk cells. Local.
 *
 * The crystals are those of the bulk as it is given, and so are the identities. Where the bulk relaxes first, everything
 * waits for it, and km_plan_recut() gives the crystal that is computed.
 * @param[in] name            of the crystal, distinct in the plan
 * @param[in] is_bulk_relaxed  the task of the bulk relaxes it
 */
KM_STATUS km_plan_add_surfaces(km_plan *plan, const char *name, const km_crystal *bulk,
                               const km_slab_options *options, bool is_bulk_relaxed,
                               const char *text);

/**
 * @brief What a task that waits for its bulk is made of once that has relaxed. Local.
 * @param[in]  relaxed  what became of the crystal of the bulk's task
 * @param[out] crystal  ended with km_crystal_destroy()
 * @param[out] surface  as of the task, with the relaxed lengths
 * @return KM_E_ARGUMENT for a task that was not cut from a bulk, or another crystal
 */
KM_STATUS km_plan_recut(const km_plan *plan, int i, const km_crystal *relaxed,
                        km_crystal **crystal, km_surface *surface);

/**
 * @brief The primitive cell, moved so that an inversion centre lies at the origin: arithmetic is then real. Local.
 * @param[out] primitive  ended with km_crystal_destroy()
 */
KM_STATUS km_plan_make_primitive(const km_crystal *bulk, double tolerance_bohr,
                                 km_crystal **primitive);

/**
 * @brief Add the candidates of grain boundaries, and the bulk crystals that they wait for. Local.
 *
 * @param[in,out] list   taken over, also on failure
 * @param[in]     bulk   relaxed crystals, [n_bulk], by km_boundary.i_bulk
 * @param[in]     names  of the crystals, [n_bulk]
 * @return KM_E_INPUT for a boundary that is there twice
 */
KM_STATUS km_plan_add_boundaries(km_plan *plan, km_boundary_list *list, int n_bulk,
                                 const km_crystal *const *bulk, const char *const *names,
                                 double tolerance_bohr, const char *text);

/**
 * @brief Add the structures that the searches will end with, to be computed by DFT, each with the bulk in the boundary's own cell that it is compared with. Local.
 *
 * Which crystal a winner is follows when its search is over; in the plan it has that of the first candidate.
 * @param[in] names, texts  of the crystals, and the options of DFT that change results, by km_boundary.i_bulk
 */
KM_STATUS km_plan_add_winners(km_plan *plan, const char *const *names,
                              const char *const *texts);

/** @brief Task of a boundary's winner, -1 where none is planned; and the boundary of such a task, -1 of another kind. Local. */
int km_plan_winner(const km_plan *plan, int i_boundary);
int km_plan_winner_boundary(const km_plan *plan, int i_task);

/** @brief The boundaries of the plan, empty where there are none; the task of a candidate; the candidate of a task, -1 of another kind. Borrowed. */
const km_boundary_list *km_plan_boundaries(const km_plan *plan);
int km_plan_boundary_task(const km_plan *plan, int i_candidate);
int km_plan_boundary_candidate(const km_plan *plan, int i_task);

/** @brief Ask a calculator for the size and time of every task, of those by DFT another one: fills cost and estimate_s. Local. */
KM_STATUS km_plan_estimate(km_plan *plan, km_calculator *calculator, km_calculator *dft);

/** @brief Number of tasks; task i; its crystal; all borrowed from the plan. Local. */
int km_plan_n_task(const km_plan *plan);
const km_task *km_plan_task(const km_plan *plan, int i);
const km_crystal *km_plan_crystal(const km_plan *plan, int i);

/** @brief What the calculator said of task i; all zero before km_plan_estimate. Local. */
const km_calculation *km_plan_size(const km_plan *plan, int i);

/** @brief The most memory of a rank that computes task i alone, MB; 0 where the calculator does not know. Local. */
double km_plan_memory_mb(const km_plan *plan, int i);

/** @brief Index of a task, -1 if there is none. Local. */
int km_plan_find(const km_plan *plan, const char *id);

/** @brief How the task is computed: forces; band edges of the bulk; one k-point along the vacuum; one mesh for all volumes. Local. */
km_request km_plan_request(const km_task *task);

/** @brief Crystals given to km_plan_add_surfaces, their names, and all their cuts, accepted and rejected. Local. */
int km_plan_n_bulk(const km_plan *plan);
const char *km_plan_bulk_name(const km_plan *plan, int i_bulk);
const km_slab_list *km_plan_slabs(const km_plan *plan, int i_bulk);

/** @brief Task of cut i_slab of crystal i_bulk, -1 for a rejected one. Local. */
int km_plan_slab_task(const km_plan *plan, int i_bulk, int i_slab);
