#pragma once
/**
 * @file
 * @brief What a campaign tells while it runs: log lines or one progress line, and an event log for programs. Local.
 *
 * The event log is LEDGER.events.jsonl: one JSON object per line with time_s, instance, event, and of a task id, label, state,
 * outcome, reason, time_s of the work and its main numbers.
 */
#include "kaimen/campaign/schedule.h"

typedef struct km_progress km_progress;

/**
 * @param[in] schedule  borrowed
 * @param[in] is_line   rewrite one line with rate and expected end, instead of a log line per candidate
 */
KM_STATUS km_progress_create(const char *ledger_path, int instance, const km_schedule *schedule,
                             int n_team, bool is_line, km_progress **progress);

/** @brief Free, ending the line; accepts NULL. */
void km_progress_destroy(km_progress **progress);

/** @brief The job began or ended: "started", "stopped", "done". */
void km_progress_note(km_progress *progress, const char *event, const char *detail);

/** @brief A task was handed to a team. */
void km_progress_start(km_progress *progress, const km_task *task, int i_team);

/** @brief A task ended (or, with the state queued, was put back). */
void km_progress_end(km_progress *progress, const km_task *task, const km_result *result);

/** @brief Called often: rewrites the line once a second. */
void km_progress_refresh(km_progress *progress);
