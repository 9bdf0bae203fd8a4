#include "kaimen/report/surfaces.h"

#include "kaimen/base/memory.h"
#include "kaimen/campaign/column.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A task and its result, borrowed from the ledger's arrays, to be sorted together. */
typedef struct {
    const km_task *task;
    const km_result *result;
    double now_s; /* since 1970 */
} entry;

typedef km_status (*row_writer)(km_table *table, const entry *e);

static int compare_entries(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    int bulk = strcmp(x->task->bulk, y->task->bulk);
    double gx = x->result->surface.gamma_j_m2, gy = y->result->surface.gamma_j_m2;

    if (bulk) return bulk;
    if (isnan(gx) != isnan(gy)) return isnan(gx) ? 1 : -1;
    if (gx < gy || gx > gy) return gx < gy ? -1 : 1;
    return strcmp(x->task->label, y->task->label);
}

/* "a" for the first termination of a Miller index, "b" for the second; "27" after "z". */
static void termination_name(int termination, char text[16])
{
    if (termination < 26)
        snprintf(text, 16, "%c", 'a' + termination);
    else
        snprintf(text, 16, "%d", termination + 1);
}

/* (1-10): negative indices keep their sign, without a bar over the digit. */
static void miller_name(const int miller[3], char text[48])
{
    snprintf(text, 48, "(%d%d%d)", miller[0], miller[1], miller[2]);
}

static const char *outcome_of(const km_task *task)
{
    return task->outcome[0] ? task->outcome : km_task_state_name(task->state);
}

static km_status add_names(km_table *table, const km_task *task)
{
    char miller[48], termination[16];

    miller_name(task->surface.miller, miller);
    termination_name(task->surface.termination, termination);
    KM_TRY(km_table_add_text(table, task->bulk));
    KM_TRY(km_table_add_text(table, miller));
    KM_TRY(km_table_add_text(table, termination));
    KM_TRY(km_table_add_text(table, task->surface.type));
    KM_TRY(km_table_add_number(table, 0, task->n_atom));
    return KM_OK;
}

/* Seconds of the calculation; nothing where there was none. */
static double seconds_of(const entry *e)
{
    return e->task->state == KM_TASK_DONE || e->task->state == KM_TASK_FAILED
               ? e->result->time_s
               : NAN;
}

static km_status add_ranking_row(km_table *table, const entry *e)
{
    const km_surface_result *s = &e->result->surface;

    KM_TRY(add_names(table, e->task));
    KM_TRY(km_table_add_number(table, 3, s->gamma_j_m2));
    KM_TRY(km_table_add_number(table, 2, s->ip_ev));
    KM_TRY(km_table_add_number(table, 2, s->ea_ev));
    KM_TRY(km_table_add_number(table, 2, s->gap_ev));
    KM_TRY(km_table_add_number(table, 1, seconds_of(e)));
    KM_TRY(km_table_add_text(table, outcome_of(e->task)));
    return KM_OK;
}

static km_status add_columns(km_table *table, int n, const km_column *columns, const void *row)
{
    for (int i = 0; i < n; ++i)
        KM_TRY(km_column_is_text(&columns[i])
                   ? km_table_add_text(table, km_column_text(&columns[i], row))
                   : km_table_add_number(table, 6, km_column_number(&columns[i], row)));
    return KM_OK;
}

static km_status add_surface_row(km_table *table, const entry *e)
{
    int n_task, n_result;
    const km_column *task = km_task_columns(&n_task);
    const km_column *result = km_result_columns(&n_result);

    KM_TRY(add_columns(table, n_task, task, e->task));
    KM_TRY(add_columns(table, n_result, result, e->result));
    return KM_OK;
}

static km_status add_failure_row(km_table *table, const entry *e)
{
    KM_TRY(km_table_add_text(table, e->task->id));
    KM_TRY(km_table_add_text(table, e->task->label));
    KM_TRY(km_table_add_text(table, km_task_kind_name(e->task->kind)));
    KM_TRY(km_table_add_number(table, 0, e->task->n_attempt));
    KM_TRY(km_table_add_text(table, outcome_of(e->task)));
    KM_TRY(km_table_add_text(table, e->task->reason));
    return KM_OK;
}

static km_status add_running_row(km_table *table, const entry *e)
{
    KM_TRY(km_table_add_text(table, e->task->id));
    KM_TRY(km_table_add_text(table, e->task->label));
    KM_TRY(km_table_add_text(table, km_task_kind_name(e->task->kind)));
    KM_TRY(km_table_add_number(table, 0, e->task->n_atom));
    KM_TRY(km_table_add_number(table, 0, e->task->team));
    KM_TRY(km_table_add_number(table, 0, e->now_s - e->task->started_s));
    return KM_OK;
}

static bool is_any(const km_task *task)
{
    (void)task;
    return true;
}

static bool is_failure(const km_task *task)
{
    return task->state == KM_TASK_FAILED;
}

static bool is_running(const km_task *task)
{
    return task->state == KM_TASK_RUNNING;
}

/* All tables are made here: read, select, sort, write the rows. */
static km_status fill(km_ledger *ledger, int kind, bool (*is_wanted)(const km_task *),
                      row_writer add_row, double now_s, km_table *table)
{
    km_task *tasks = NULL;
    km_result *results = NULL;
    entry *entries = NULL;
    km_status status;
    int n_task, n = 0;

    KM_TRY_TO(end, km_ledger_read_tasks(ledger, kind, &n_task, &tasks, &results));
    KM_TRY_TO(end, KM_ALLOC(entries, n_task));
    for (int i = 0; i < n_task; ++i)
        if (is_wanted(&tasks[i])) entries[n++] = (entry){&tasks[i], &results[i], now_s};
    qsort(entries, (size_t)n, sizeof *entries, compare_entries);
    for (int i = 0; i < n; ++i) KM_TRY_TO(end, add_row(table, &entries[i]));
end:
    KM_FREE(entries);
    KM_FREE(results);
    KM_FREE(tasks);
    return status;
}

static km_status make(km_ledger *ledger, int n_column, const km_table_column *columns, int kind,
                      bool (*is_wanted)(const km_task *), row_writer add_row, double now_s,
                      km_table **table)
{
    km_status status;

    KM_TRY(km_table_create(n_column, columns, table));
    KM_TRY_TO(fail, fill(ledger, kind, is_wanted, add_row, now_s, *table));
    return KM_OK;
fail:
    km_table_destroy(table);
    return status;
}

#define N_COLUMN(columns) ((int)(sizeof(columns) / sizeof *(columns)))

km_status km_report_ranking(km_ledger *ledger, km_table **table)
{
    static const km_table_column columns[] = {
        {"crystal", "", "crystal"},
        {"surface", "", "surface"},
        {"termination", "", "termination"},
        {"type", "", "type"},
        {"atoms", "", "n_atom"},
        {"gamma", "J/m2", "gamma_j_m2"},
        {"IP", "eV", "ip_ev"},
        {"EA", "eV", "ea_ev"},
        {"gap", "eV", "gap_ev"},
        {"time", "s", "time_s"},
        {"outcome", "", "outcome"},
    };

    return make(ledger, N_COLUMN(columns), columns, KM_TASK_SURFACE, is_any, add_ranking_row, 0,
                table);
}

/* Every column of a kind of tasks. */
static km_status make_numbers(km_ledger *ledger, km_task_kind kind, km_table **table)
{
    int n_task, n_result;
    const km_column *task = km_task_columns(&n_task);
    const km_column *result = km_result_columns(&n_result);
    km_table_column *columns;
    km_status status;

    *table = NULL;
    KM_TRY(KM_ALLOC(columns, n_task + n_result));
    for (int i = 0; i < n_task + n_result; ++i) {
        const km_column *column = i < n_task ? &task[i] : &result[i - n_task];

        columns[i] = (km_table_column){column->name, column->unit, column->name};
    }
    status =
        make(ledger, n_task + n_result, columns, (int)kind, is_any, add_surface_row, 0, table);
    KM_FREE(columns);
    return status;
}

km_status km_report_surfaces(km_ledger *ledger, km_table **table)
{
    return make_numbers(ledger, KM_TASK_SURFACE, table);
}

km_status km_report_candidates(km_ledger *ledger, km_table **table)
{
    return make_numbers(ledger, KM_TASK_GRAIN_BOUNDARY, table);
}

km_status km_report_failures(km_ledger *ledger, km_table **table)
{
    static const km_table_column columns[] = {
        {"id", "", "id"},           {"task", "", "task"},
        {"kind", "", "kind"},       {"attempts", "", "n_attempt"},
        {"outcome", "", "outcome"}, {"reason", "", "reason"},
    };

    return make(ledger, N_COLUMN(columns), columns, -1, is_failure, add_failure_row, 0, table);
}

km_status km_report_running(km_ledger *ledger, double now_s, km_table **table)
{
    static const km_table_column columns[] = {
        {"id", "", "id"},        {"task", "", "task"}, {"kind", "", "kind"},
        {"atoms", "", "n_atom"}, {"team", "", "team"}, {"since", "s", "running_s"},
    };

    return make(ledger, N_COLUMN(columns), columns, -1, is_running, add_running_row, now_s,
                table);
}
