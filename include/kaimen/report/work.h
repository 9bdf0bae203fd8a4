#pragma once
/**
 * @file
 * @brief What the calculations of a campaign took: a table by kind of task and size of the team. Local.
 */
#include "kaimen/campaign/ledger.h"
#include "kaimen/report/table.h"

/**
 * @brief Number of tasks, means of atoms, SCF iterations and applications of H per band and k-point, time, and what was sent per SCF iteration.
 * @param[out] table  no rows where nothing was computed self-consistently; ended with km_table_destroy()
 */
KM_STATUS km_report_work(km_ledger *ledger, km_table **table);
