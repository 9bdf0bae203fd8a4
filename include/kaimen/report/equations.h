#pragma once
/**
 * @file
 * @brief The equations of state in a ledger as tables; one row per crystal of the last input. All functions are local.
 */
#include "kaimen/campaign/ledger.h"
#include "kaimen/report/table.h"

/** @brief For people: points with an energy, V0, B0, B1, residual, seconds, and why where there is no fit. */
KM_STATUS km_report_equations(km_ledger *ledger, km_table **table);

/** @brief For programs: the same and e0, with all digits; the columns' names end in their units. */
KM_STATUS km_report_equation_numbers(km_ledger *ledger, km_table **table);
