#pragma once
/**
 * @file
 * @brief The durable record of a campaign: one SQLite file, one writer. All functions are local.
 *
 * synchronous = FULL with a rollback journal, so that a finished transaction survives a crash of the machine, on network
 * file systems too. A task's change of state and its result are one transaction. The writer holds a lock on the file, which the
 * system releases when the process ends in any way. Readers work beside the writer.
 *
 * Tables: meta (key, value), instance (one row per job), task, result (with the HDF5 image), event. docs/database.md
 * lists the columns.
 */
#include "kaimen/campaign/task.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct km_ledger km_ledger;

/** Whose ledger it is: borrowed texts. */
typedef struct {
    const char *name;
    const char *
        physics; /* "key value" lines that all results share; others are refused. See identity.h */
    const char *input; /* effective options, stored */
} km_ledger_identity;

/** One line of a task's history. */
typedef struct {
    double time_s; /* since 1970 */
    int instance;
    char id[KM_ID_SIZE]; /* "" for the job itself */
    char what[KM_TASK_TEXT_SIZE];
    char detail[KM_REASON_SIZE];
} km_ledger_event;

/**
 * @brief Open for writing; made where it does not exist. Begins a new instance.
 * @return KM_E_INPUT: another campaign, another schema, not a ledger, in use by another job. KM_E_IO: not writable, disk full
 */
KM_STATUS km_ledger_open(const char *path, const km_ledger_identity *identity,
                         km_ledger **ledger);

/** @brief Open for reading, beside a writer or alone. @return KM_E_INPUT where there is no ledger */
KM_STATUS km_ledger_open_reader(const char *path, km_ledger **ledger);

/** @brief Close (rolling back what was not committed); accepts NULL. */
void km_ledger_close(km_ledger **ledger);

/** @brief Number of the writer's instance, from 1; 0 for a reader. */
int km_ledger_instance(const km_ledger *ledger);

/** @brief A transaction: the changes of state below belong in one. After an error, close the ledger. */
KM_STATUS km_ledger_begin(km_ledger *ledger);
KM_STATUS km_ledger_commit(km_ledger *ledger);

/**
 * @brief Add tasks that are not there yet, queued; of others only is_planned changes. One transaction.
 *
 * is_planned becomes false of every task that is not among these; else it stays as it is.
 */
KM_STATUS km_ledger_add_tasks(km_ledger *ledger, int n_task, const km_task *const *tasks);

/**
 * @brief Put tasks that a dead instance left running back into the queue, or fail them ("crashed"). One transaction.
 * @param[in]  max_attempts  tasks started so often are failed
 */
KM_STATUS km_ledger_recover(km_ledger *ledger, int max_attempts);

/** @brief The lengths of the slab that is computed, where they are not the planned ones. */
KM_STATUS km_ledger_set_surface(km_ledger *ledger, const char *id, const km_surface *surface);

/** @brief A task was handed to a team: running, one more attempt. */
KM_STATUS km_ledger_start(km_ledger *ledger, const char *id, int team);

/**
 * @brief A task ended with a result: state, outcome, numbers and the HDF5 image of its details.
 * @param[in] image  NULL for none
 * @return KM_E_INTERNAL where the task is not running: a task ends once
 */
KM_STATUS km_ledger_finish(km_ledger *ledger, const char *id, const km_result *result,
                           const void *image, size_t n_byte);

/** @brief A running task was interrupted in good order: queued again, the attempt does not count. */
KM_STATUS km_ledger_requeue(km_ledger *ledger, const char *id, const char *reason);

/** @brief A queued task ends without a calculation: KM_TASK_FAILED or KM_TASK_PRUNED, with its reason. */
KM_STATUS km_ledger_dismiss(km_ledger *ledger, const char *id, km_task_state state,
                            const char *reason);

/** @brief Store what the policy expects of a queued task. */
KM_STATUS km_ledger_predict(km_ledger *ledger, const char *id, double prediction_j_m2,
                            double uncertainty_j_m2, double priority);

/** @brief Add a line to the history. id: NULL for the job itself. */
KM_STATUS km_ledger_note(km_ledger *ledger, const char *id, const char *what,
                         const char *detail);

/** @brief End the instance's row: time and how it ended. */
KM_STATUS km_ledger_end_instance(km_ledger *ledger, const char *how);

/** @brief Set a value of the table meta. */
KM_STATUS km_ledger_set_meta(km_ledger *ledger, const char *key, const char *value);

/** @brief Number of tasks in each state, of one kind or (kind = -1) of all. */
KM_STATUS km_ledger_count(km_ledger *ledger, int kind, int n_state[KM_N_TASK_STATE]);

/** @brief Tasks that wait, but are not planned any more. */
KM_STATUS km_ledger_count_unplanned(km_ledger *ledger, int *n_task);

/** @brief A value of the table meta ("name", "physics", "version", "commit", "input"), "" for none; ended with KM_FREE. */
KM_STATUS km_ledger_meta(km_ledger *ledger, const char *key, char **value);

/**
 * @brief Tasks with their results, in the order in which they were added.
 * @param[in]  kind     KM_TASK_..., or -1 for all
 * @param[out] tasks    [*n_task], ended with KM_FREE
 * @param[out] results  [*n_task], without one: km_result_empty(); ended with KM_FREE; NULL: not wanted
 */
KM_STATUS km_ledger_read_tasks(km_ledger *ledger, int kind, int *n_task, km_task **tasks,
                               km_result **results);

/** @brief The task whose identity begins with a text. @return KM_E_INPUT for none or several */
KM_STATUS km_ledger_read_task(km_ledger *ledger, const char *start, km_task *task,
                              km_result *result);

/** @brief History of one task, or (id = NULL) of all, oldest first; ended with KM_FREE. */
KM_STATUS km_ledger_read_events(km_ledger *ledger, const char *id, int *n_event,
                                km_ledger_event **events);

/** @brief HDF5 image of a result, ended with KM_FREE; *image NULL where there is none. */
KM_STATUS km_ledger_read_image(km_ledger *ledger, const char *id, void **image, size_t *n_byte);
