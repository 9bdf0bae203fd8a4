#include "kaimen/report/work.h"

#include "kaimen/base/memory.h"

#include <stdlib.h>

#define N_COLUMN(columns) ((int)(sizeof(columns) / sizeof *(columns)))

/* Finished tasks of one kind and size of team. */
typedef struct {
    km_task_kind kind;
    int n_rank, n;
    double n_atom, n_iteration, n_h_apply, time_s, n_sent, sent_byte; /* sums */
    double most_sent_byte;
} group;

static group *find_group(group *groups, int *n_group, km_task_kind kind, int n_rank)
{
    for (int i = 0; i < *n_group; ++i)
        if (groups[i].kind == kind && groups[i].n_rank == n_rank) return groups + i;
    groups[*n_group] = (group){.kind = kind, .n_rank = n_rank};
    return groups + (*n_group)++;
}

/* Of a relaxation the numbers of iterations and applications are sums over its steps. */
static void add_task(group *g, const km_task *task, const km_result *result)
{
    const km_calculation *c = &result->calculation;
    const double n_band = (double)c->n_k * c->n_band * (c->spin.n_spin == 2 ? 2 : 1);

    ++g->n;
    g->n_atom += task->n_atom;
    g->n_iteration += c->effort.n_iteration;
    g->n_h_apply += n_band > 0 ? (double)c->effort.n_h_apply / n_band : 0;
    g->time_s += result->time_s;
    g->n_sent += c->effort.n_sent;
    g->sent_byte += c->effort.sent_byte;
    if (c->effort.sent_byte > g->most_sent_byte) g->most_sent_byte = c->effort.sent_byte;
}

static bool is_self_consistent(const km_task *task, const km_result *result)
{
    return task->state == KM_TASK_DONE && result->calculation.n_band > 0;
}

static int compare_groups(const void *a, const void *b)
{
    const group *x = a, *y = b;

    return x->kind != y->kind ? (int)x->kind - (int)y->kind : x->n_rank - y->n_rank;
}

static km_status add_row(km_table *table, const group *g)
{
    KM_TRY(km_table_add_text(table, km_task_kind_name(g->kind)));
    KM_TRY(km_table_add_number(table, 0, g->n_rank));
    KM_TRY(km_table_add_number(table, 0, g->n));
    KM_TRY(km_table_add_number(table, 1, g->n_atom / g->n));
    KM_TRY(km_table_add_number(table, 1, g->n_iteration / g->n));
    KM_TRY(km_table_add_number(table, 1, g->n_h_apply / g->n));
    KM_TRY(km_table_add_number(table, 1, g->time_s));
    KM_TRY(km_table_add_number(table, 1, g->n_sent / g->n));
    KM_TRY(km_table_add_number(table, 1, g->sent_byte / g->n / 1e3));
    return km_table_add_number(table, 1, g->most_sent_byte / 1e3);
}

static km_status fill(km_ledger *ledger, km_table *table)
{
    km_task *tasks = NULL;
    km_result *results = NULL;
    group *groups = NULL;
    int n_task, n_group = 0;
    km_status status;

    KM_TRY_TO(end, km_ledger_read_tasks(ledger, -1, &n_task, &tasks, &results));
    KM_TRY_TO(end, KM_ALLOC(groups, n_task));
    for (int i = 0; i < n_task; ++i)
        if (is_self_consistent(tasks + i, results + i))
            add_task(find_group(groups, &n_group, tasks[i].kind, results[i].n_rank), tasks + i,
                     results + i);
    qsort(groups, (size_t)n_group, sizeof *groups, compare_groups);
    for (int i = 0; i < n_group; ++i) KM_TRY_TO(end, add_row(table, groups + i));
end:
    KM_FREE(groups);
    KM_FREE(results);
    KM_FREE(tasks);
    return status;
}

km_status km_report_work(km_ledger *ledger, km_table **table)
{
    static const km_table_column columns[] = {
        {"kind of task", "", "kind"},
        {"ranks of a team", "", "n_rank"},
        {"done", "", "n_done"},
        {"atoms", "mean", "n_atom"},
        {"SCF iterations", "mean", "n_iteration"},
        {"H per band and k", "mean", "n_h_apply"},
        {"time, all", "s", "time_s"},
        {"calls per iteration", "mean", "n_sent"},
        {"sent per iteration", "kB, mean", "sent_kb"},
        {"sent, most", "kB", "most_sent_kb"},
    };

    KM_TRY(km_table_create(N_COLUMN(columns), columns, table));
    return fill(ledger, *table);
}
