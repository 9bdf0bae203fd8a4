#pragma once
/**
 * @file
 * @brief Which task is next: the state of every task of a plan in memory, and a heap of those that can start. All local.
 *
 * Order: fewest attempts first, so that a candidate that ends the process holds nothing else up; then priority; then the
 * longest; then the plan's order. A task's last attempt runs alone: when the job dies again, it was that task.
 */
#include "kaimen/campaign/cost.h"
#include "kaimen/campaign/plan.h"
#include "kaimen/learner/policy.h"

typedef struct km_schedule km_schedule;

/** Called for each task that cannot run any more because a reference failed, or that was pruned. */
typedef km_status (*km_schedule_dismiss)(void *self, int index, km_task_state state,
                                         const char *reason);

/**
 * @brief Take over plan and ledger rows: rows tell states, attempts and finished references. Local.
 *
 * @param[in] plan     borrowed
 * @param[in] rows     tasks in the ledger, [n_row]; those not in the plan are ignored
 * @param[in] results  of the rows, [n_row]
 */
KM_STATUS km_schedule_create(const km_plan *plan, int max_attempts, int n_row,
                             const km_task *rows, const km_result *results,
                             km_schedule **schedule);

/** @brief Free; accepts NULL. */
void km_schedule_destroy(km_schedule **schedule);

/**
 * @brief Start the next task. Local.
 *
 * @param[in] time_left_s  tasks that are expected to take longer are passed over, the longest that fits is taken;
 *                         infinite: no limit
 * @return index into the plan, -1 where nothing can start now
 */
int km_schedule_next(km_schedule *schedule, double time_left_s);

/**
 * @brief Let a waiting candidate of a grain boundary start, or a winner as soon as its reference is done: none starts before it is asked for. Local.
 * @return false where it does not wait or was let go already, or a candidate's reference is not done
 */
bool km_schedule_release(km_schedule *schedule, int index);

/** @brief Whether all references of a task are done. Local. */
bool km_schedule_has_references(const km_schedule *schedule, int index);

/** @brief A waiting task is not calculated: it ends pruned or failed. Local. */
void km_schedule_drop(km_schedule *schedule, int index, km_task_state state);

/** @brief State of a task, and its energy per area, J/m2: of a surface or boundary that is done, else NaN. Local. */
km_task_state km_schedule_state(const km_schedule *schedule, int index);
double km_schedule_gamma_j_m2(const km_schedule *schedule, int index);

/** @brief A running task ended. Dependents of a failed one are dismissed through the callback. */
KM_STATUS km_schedule_end(km_schedule *schedule, int index, const km_result *result,
                          km_schedule_dismiss dismiss, void *self);

/** @brief A running task was interrupted: it waits again. */
KM_STATUS km_schedule_put_back(km_schedule *schedule, int index);

/** @brief Dismiss what waits for references that had failed before this job. */
KM_STATUS km_schedule_settle(km_schedule *schedule, km_schedule_dismiss dismiss, void *self);

/**
 * @brief What a policy looks at: surfaces that were calculated and surfaces that wait. Local.
 * @param[out] indices  of the candidates in the plan; all three arrays are ended with KM_FREE
 */
KM_STATUS km_schedule_list(const km_schedule *schedule, int *n_observation,
                           km_policy_observation **observations, int *n_candidate,
                           int **indices, km_policy_candidate **candidates);

/** @brief Take over what a policy decided: new order, and pruned candidates through the callback. Local. */
KM_STATUS km_schedule_adopt(km_schedule *schedule, int n_candidate, const int *indices,
                            const km_policy_candidate *candidates, km_schedule_dismiss dismiss,
                            void *self);

/** @brief Number of tasks in a state; of those, surfaces. */
int km_schedule_count(const km_schedule *schedule, km_task_state state);
int km_schedule_count_surfaces(const km_schedule *schedule, km_task_state state);

/** @brief Expected seconds of a task, and of all that wait and were asked for. */
double km_schedule_predict_s(const km_schedule *schedule, int index);
double km_schedule_left_s(const km_schedule *schedule);

/** @brief Result of a reference that is done; NULL where it is not. Borrowed. */
const km_result *km_schedule_reference(const km_schedule *schedule, const char *id);
