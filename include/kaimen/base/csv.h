#pragma once
/**
 * @file
 * @brief Tables of numbers from CSV files (RFC 4180, no quotes): a line of names, then numbers. All functions are local.
 */
#include "kaimen/base/status.h"

typedef struct km_csv km_csv;

/**
 * @brief Read a file.
 * @return KM_E_INPUT naming file, line, what stands there and what was wanted: a missing or empty file, another number of
 *         columns than the first line names, a cell that is no finite number
 */
KM_STATUS km_csv_read(const char *path, km_csv **csv);

/** @brief Free and set to NULL; accepts NULL. */
void km_csv_destroy(km_csv **csv);

int km_csv_n_row(const km_csv *csv);
int km_csv_n_column(const km_csv *csv);

/** @brief Name of a column, from the first line. */
const char *km_csv_name(const km_csv *csv, int column);

/** @brief Column of a name. @return KM_E_INPUT with all names where there is none */
KM_STATUS km_csv_find(const km_csv *csv, const char *name, int *column);

/** @brief Values, [n_row][n_column]. */
const double *km_csv_values(const km_csv *csv);
