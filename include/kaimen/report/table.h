#pragma once
/**
 * @file
 * @brief A table for people (aligned text) and for programs (CSV). All functions are local.
 *
 * Rows are filled cell by cell, left to right. A number that is not finite is shown as "-" and is empty in CSV.
 * Texts are UTF-8; a character counts as one column.
 */
#include "kaimen/base/status.h"
#include "kaimen/base/text.h"

#include <stdio.h>

typedef struct km_table km_table;

/** One column; the texts are borrowed and must outlive the table. */
typedef struct {
    const char *title;    /* over the column, such as "gamma" */
    const char *unit;     /* under the title, such as "J/m2"; "" for none */
    const char *csv_name; /* in CSV, with the unit, such as "gamma_j_m2" */
} km_table_column;

/** @brief An empty table. @param[out] table  ended with km_table_destroy(); NULL on failure */
KM_STATUS km_table_create(int n_column, const km_table_column *columns, km_table **table);

/** @brief Free and set to NULL; accepts NULL. */
void km_table_destroy(km_table **table);

/** @brief Fill the next cell; the text is copied. Text columns are aligned to the left. */
KM_STATUS km_table_add_text(km_table *table, const char *text);

/** @brief Fill the next cell with a number shown with `decimals` decimals; CSV keeps 12 digits. */
KM_STATUS km_table_add_number(km_table *table, int decimals, double value);

/** @brief Number of complete rows. */
int km_table_n_row(const km_table *table);

/** @brief Write as aligned text, numbers to the right. */
KM_STATUS km_table_print(const km_table *table, FILE *stream);

/** @brief Append as an HTML table, numbers to the right. */
KM_STATUS km_table_append_html(const km_table *table, km_text *page);

/**
 * @brief Write as CSV (RFC 4180: quotes where needed) to a new file that replaces an old one only when complete.
 * @return KM_E_IO naming the file
 */
KM_STATUS km_table_write_csv(const km_table *table, const char *path);
