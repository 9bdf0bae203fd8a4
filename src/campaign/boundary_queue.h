#pragma once
/**
 * @file
 * @brief Candidates of grain boundaries on their way from the learner to the teams. Local to the master.
 *
 * What is predicted of a candidate is stored before it starts. When a boundary is done with, the rest of its candidates are pruned, with their predictions, and its
 * winner, where one is planned, may start.
 */
#include "kaimen/campaign/boundary_learner.h"
#include "kaimen/campaign/ledger.h"
#include "kaimen/campaign/schedule.h"

typedef struct km_boundary_queue km_boundary_queue;

/**
 * @brief Start the learner with what the ledger holds already; NULL where the plan has no boundaries.
 * @param[in] plan, ledger, schedule  borrowed
 * @param[in] rows, results           of the ledger, [n_row]
 */
KM_STATUS km_boundary_queue_create(const km_plan *plan,
                                   const km_boundary_search_options *options, km_ledger *ledger,
                                   km_schedule *schedule, int n_row, const km_task *rows,
                                   const km_result *results, km_boundary_queue **queue);

/** @brief Free; accepts NULL. */
void km_boundary_queue_destroy(km_boundary_queue **queue);

/** @brief A task ended; those that are no candidates are ignored, as is a NULL queue. */
void km_boundary_queue_record(km_boundary_queue *queue, int i_task, const km_result *result);

/**
 * @brief Let proposals that are ready start, prune what is done with, ask for more. Within a transaction of the ledger.
 * @param[in] n_idle  teams that have nothing to do
 */
KM_STATUS km_boundary_queue_serve(km_boundary_queue *queue, int n_idle);

/** @brief The lowest structure of a winner's boundary; NULL of any other task. @param[out] crystal  ended with km_crystal_destroy() */
KM_STATUS km_boundary_queue_find_winner(km_boundary_queue *queue, int i_task,
                                        km_crystal **crystal);

/** @brief Whether serving would change something now; and whether it will, without another result. */
bool km_boundary_queue_is_ready(km_boundary_queue *queue);
bool km_boundary_queue_is_busy(km_boundary_queue *queue);
