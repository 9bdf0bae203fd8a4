#pragma once
/**
 * @file
 * @brief A campaign as one HTML page that needs no other file: its table, of grain boundaries plots, and the work that it took. Local.
 *
 * Of each boundary: the lowest energy against the trial, beside what drawing at random is expected to give; the rigid map with the shifts that were tried; what was
 * predicted of each candidate before it was relaxed against what came out.
 */
#include "kaimen/campaign/ledger.h"

/** @brief Write the page. @return KM_E_IO naming the file */
KM_STATUS km_report_write_page(km_ledger *ledger, const char *path);
