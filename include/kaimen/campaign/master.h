#pragma once
/**
 * @file
 * @brief What rank 0 does: hand out tasks, commit what comes back, stop in good order.
 */
#include "kaimen/campaign/campaign.h"
#include "kaimen/campaign/ledger.h"
#include "kaimen/campaign/team.h"
#include "kaimen/campaign/worker.h"

/**
 * @brief Run the campaign's queue to its end or to a reason to stop. Local to the master; the teams run km_worker_run().
 *
 * Every team has been sent home when it returns, also on failure. A result is committed, together with the start of its team's
 * next task, before that task is sent.
 *
 * @param[in] worker  evaluates here when the master is the only rank
 * @return KM_E_IO where the ledger cannot be written
 */
KM_STATUS km_master_run(const km_campaign_options *options, const km_plan *plan,
                        km_ledger *ledger, const km_team *team, const km_worker *worker,
                        km_campaign_summary *summary);
