#pragma once
/** @file @brief The grain boundaries of a campaign as a table, from its ledger. Local. */
#include "kaimen/campaign/ledger.h"
#include "kaimen/report/table.h"

/**
 * @brief For people: one row per boundary: candidates, how many were relaxed, the lowest energy and the trial that found it, its rigid energy, merged atoms, its
 * energy by DFT and what virtual screening from the other boundaries expects.
 */
KM_STATUS km_report_boundaries(km_ledger *ledger, km_table **table);
