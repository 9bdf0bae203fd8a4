#pragma once
/**
 * @file
 * @brief The columns of task and result: one list for ledger, database and tables.
 *
 * A name ends in its unit. Numbers are NaN, texts "" where there is nothing.
 */
#include "kaimen/campaign/task.h"

#include <stddef.h>

typedef enum {
    KM_COLUMN_TEXT, /* char[] */
    KM_COLUMN_INT,
    KM_COLUMN_LONG,
    KM_COLUMN_BOOL,
    KM_COLUMN_DOUBLE,
    KM_COLUMN_KIND, /* km_task_kind, written as its name */
    KM_COLUMN_STATE /* km_task_state, written as its name */
} km_column_type;

typedef struct {
    const char *name;
    const char *unit; /* "" for none */
    km_column_type type;
    size_t offset; /* in km_task or km_result */
    size_t size;   /* of a text */
} km_column;

/** @brief Columns of km_task; the first is "id". Local. */
const km_column *km_task_columns(int *n_column);

/** @brief Columns of km_result that a table shows; outcome and reason are the task's. Local. */
const km_column *km_result_columns(int *n_column);

/** @brief Value of a text column (also kinds and states) in a km_task or km_result. Local. */
const char *km_column_text(const km_column *column, const void *row);

/** @brief Value of a column of numbers. Local. */
double km_column_number(const km_column *column, const void *row);

/** @brief Store a text or a number. Local. @return KM_E_IO for a kind or state that is not known */
KM_STATUS km_column_set_text(const km_column *column, void *row, const char *text);
void km_column_set_number(const km_column *column, void *row, double number);

/** @brief Whether a column holds text. Local. */
bool km_column_is_text(const km_column *column);
