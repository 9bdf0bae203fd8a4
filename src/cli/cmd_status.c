#include "cli/cli.h"

#include "kaimen/base/memory.h"
#include "kaimen/campaign/ledger.h"
#include "kaimen/report/campaign_report.h"
#include "kaimen/report/surfaces.h"

#include <stdio.h>
#include <time.h>

/* What the last job has done so far, and what is left: in units of cost, so that large tasks count more. */
typedef struct {
    int n_ended;
    int n_left;
    double first_s;
    double last_s;
    double cost_ended;
    double cost_left;
} progress;

static progress measure_progress(int n_task, const km_task *tasks)
{
    progress p = {0};
    int last_instance = 0;

    for (int i = 0; i < n_task; ++i)
        if (tasks[i].instance > last_instance) last_instance = tasks[i].instance;
    for (int i = 0; i < n_task; ++i) {
        const km_task *task = &tasks[i];
        double cost = task->cost > 0 ? task->cost : 1;

        if (task->is_planned &&
            (task->state == KM_TASK_QUEUED || task->state == KM_TASK_RUNNING)) {
            ++p.n_left;
            p.cost_left += cost;
        }
        if (task->instance != last_instance || !(task->started_s > 0)) continue;
        if (p.first_s == 0 || task->started_s < p.first_s) p.first_s = task->started_s;
        if (task->state != KM_TASK_DONE && task->state != KM_TASK_FAILED) continue;
        ++p.n_ended;
        p.cost_ended += cost;
        if (task->ended_s > p.last_s) p.last_s = task->ended_s;
    }
    return p;
}

static void print_progress(int n_task, const km_task *tasks)
{
    progress p = measure_progress(n_task, tasks);
    double elapsed = p.last_s - p.first_s;

    if (p.n_ended == 0 || !(elapsed > 0)) return;
    printf("rate      %.3g tasks/min in the last job\n", 60 * p.n_ended / elapsed);
    if (p.n_left > 0)
        printf("left      %d tasks, about %.0f s at that rate\n", p.n_left,
               p.cost_left * elapsed / p.cost_ended);
}

static void print_count(const char *what, const int n_state[KM_N_TASK_STATE])
{
    printf("%-9s", what);
    for (int i = 0; i < KM_N_TASK_STATE; ++i)
        printf(" %d %s%s", n_state[i], km_task_state_name((km_task_state)i),
               i + 1 < KM_N_TASK_STATE ? "," : "\n");
}

static km_status print_counts(km_ledger *ledger, const km_campaign_report *report)
{
    int all[KM_N_TASK_STATE], counted[KM_N_TASK_STATE];
    char *name, *version;
    int n_unplanned;

    KM_TRY(km_ledger_meta(ledger, "name", &name));
    printf("campaign  %s\n", name);
    KM_FREE(name);
    KM_TRY(km_ledger_meta(ledger, "version", &version));
    printf("version   %s\n", version);
    KM_FREE(version);
    KM_TRY(km_ledger_count(ledger, -1, all));
    KM_TRY(km_ledger_count(ledger, (int)report->kind, counted));
    print_count("tasks", all);
    print_count(report->kind_name, counted);
    KM_TRY(km_ledger_count_unplanned(ledger, &n_unplanned));
    if (n_unplanned > 0)
        printf(
            "          %d of those queued are of an earlier input and will not be computed\n",
            n_unplanned);
    return KM_OK;
}

static km_status print_table(const char *title, km_table *table)
{
    if (km_table_n_row(table) == 0) return KM_OK;
    printf("\n%s\n", title);
    return km_table_print(table, stdout);
}

static km_status print_lists(km_ledger *ledger, const km_campaign_report *report,
                             bool with_table)
{
    km_table *running = NULL, *failures = NULL, *summary = NULL;
    km_status status;

    KM_TRY_TO(end, km_report_running(ledger, (double)time(NULL), &running));
    KM_TRY_TO(end, km_report_failures(ledger, &failures));
    KM_TRY_TO(end, report->summary(ledger, &summary));
    KM_TRY_TO(end, print_table("Running (or interrupted, where no job runs)", running));
    KM_TRY_TO(end, print_table("Failed", failures));
    if (with_table) KM_TRY_TO(end, print_table(report->title, summary));
end:
    km_table_destroy(&summary);
    km_table_destroy(&failures);
    km_table_destroy(&running);
    return status;
}

static km_status show(const char *path, bool with_table)
{
    const km_campaign_report *report;
    km_ledger *ledger;
    km_task *tasks = NULL;
    km_status status;
    int n_task;

    KM_TRY(km_ledger_open_reader(path, &ledger));
    KM_TRY_TO(end, km_campaign_report_find(ledger, &report));
    KM_TRY_TO(end, print_counts(ledger, report));
    KM_TRY_TO(end, km_ledger_read_tasks(ledger, -1, &n_task, &tasks, NULL));
    print_progress(n_task, tasks);
    KM_TRY_TO(end, print_lists(ledger, report, with_table));
end:
    KM_FREE(tasks);
    km_ledger_close(&ledger);
    return status;
}

static km_status run_status(const km_arguments *arguments, km_exit *code)
{
    km_status status = KM_OK;

    (void)code;
    if (km_cli_is_root())
        status = show(arguments->operand, km_arguments_has(arguments, "table"));
    return km_agree(status, MPI_COMM_WORLD);
}

static const km_option options[] = {{"table", NULL, "show the table of results too"},
                                    {NULL, NULL, NULL}};

const km_command km_command_status = {
    .name = "status",
    .summary = "Show how far a campaign is, beside its running job or without one",
    .operand = "LEDGER",
    .options = options,
    .text = "Counts the tasks of each state, measures the rate of the last job, and lists what "
            "runs\nand what failed, with reasons. It only reads.\n",
    .example = "  kaimen status quickstart.db\n",
    .run = run_status,
};
