/*
 * A campaign on the fake calculator as a program of its own, for test_kill.sh to end at any moment.
 *
 * kill_driver run LEDGER DATABASE N_SLAB SLEEP_S MAX_ATTEMPTS CRASH_N_ATOM     exit status as `kaimen run`: 0, 1, 2, 3
 * kill_driver check LEDGER DATABASE                                            exit status 0 when all is well
 */
#include "kaimen/base/log.h"
#include "kaimen/base/memory.h"
#include "kaimen/base/units.h"
#include "kaimen/campaign/campaign.h"
#include "kaimen/campaign/ledger.h"
#include "kaimen/potential/fake_calculator.h"

#include "artificial.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static km_status run(char **arguments, km_campaign_summary *summary)
{
    km_campaign_options options = km_campaign_options_default();
    km_fake_options fake = {.sleep_s = atof(arguments[3]), .crash_n_atom = atoi(arguments[5])};
    km_calculator *calculator = NULL;
    km_plan *plan = NULL;
    km_status status;
    int rank;

    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    km_log_configure(rank, KM_LOG_WARN);
    snprintf(options.name, sizeof options.name, "killed");
    snprintf(options.ledger_path, sizeof options.ledger_path, "%s", arguments[0]);
    snprintf(options.database_path, sizeof options.database_path, "%s", arguments[1]);
    options.max_attempts = atoi(arguments[4]);
    options.team_size = 1;
    KM_TRY(km_fake_calculator_create(&fake, &calculator));
    if (rank == 0) {
        KM_TRY(make_artificial_plan(atoi(arguments[2]), "fake", &plan));
        KM_TRY(km_plan_estimate(plan, calculator, NULL));
    }
    status = km_campaign_run(&options, plan, calculator, MPI_COMM_WORLD, summary);
    km_plan_destroy(&plan);
    km_calculator_destroy(&calculator);
    return status;
}

static int exit_status(const km_campaign_summary *summary)
{
    if (summary->is_stopped) return 3;
    return summary->n_state[KM_TASK_FAILED] > 0 ? 2 : 0;
}

/* Ends of a task in its history, and starts after its first end. */
static void count_ends(const km_ledger_event *events, int n_event, int *n_end, int *n_again)
{
    *n_end = *n_again = 0;
    for (int i = 0; i < n_event; ++i) {
        int state = km_task_state_find(events[i].what);

        *n_end += state == KM_TASK_DONE || state == KM_TASK_FAILED || state == KM_TASK_PRUNED;
        *n_again += *n_end > 0 && strcmp(events[i].what, "started") == 0;
    }
}

static km_status check_task(km_ledger *ledger, km_h5 *database, const km_task *task)
{
    km_ledger_event *events;
    int n_event, n_end, n_again;
    char path[128];

    KM_TRY(km_ledger_read_events(ledger, task->id, &n_event, &events));
    count_ends(events, n_event, &n_end, &n_again);
    KM_FREE(events);
    KM_TRY(KM_CHECK(n_end == 1, KM_E_INTERNAL, "task %s ended %d times", task->id, n_end));
    KM_TRY(KM_CHECK(n_again == 0, KM_E_INTERNAL, "task %s was started again after its end",
                    task->id));
    if (task->kind == KM_TASK_GRAIN_BOUNDARY && task->state == KM_TASK_PRUNED) return KM_OK;
    snprintf(path, sizeof path, "%s/%s/%s", km_task_kind_name(task->kind), task->id,
             task->state == KM_TASK_DONE ? "result/energy_ha" : "task/reason");
    return KM_CHECK(km_h5_has(database, path), KM_E_INTERNAL, "the database has no %s", path);
}

static const km_task *find_task(int n_task, const km_task *tasks, const char *id)
{
    for (int i = 0; i < n_task; ++i)
        if (strcmp(tasks[i].id, id) == 0) return tasks + i;
    return NULL;
}

/* (E_slab - n E_oriented) / 2A, E_oriented moved along its slope to the slab's number of plane waves. */
static double gamma_j_m2(const km_surface *surface, const km_result *slab,
                         const km_result *oriented)
{
    const km_calculation *calculation = &oriented->calculation;
    const double change = log(slab->calculation.basis_filling / calculation->basis_filling);
    const double slope_ha =
        isfinite(calculation->basis_slope_ha) ? calculation->basis_slope_ha : 0;
    const double bulk_ha = oriented->energy_ha + slope_ha * change;

    return (slab->energy_ha - surface->n_bulk * bulk_ha) / (2 * surface->area_bohr2) *
           KM_J_M2_PER_HA_BOHR2;
}

/* References may come from an earlier job than the surface: what follows from them must be the same. */
static km_status check_numbers(int n_task, const km_task *tasks, const km_result *results)
{
    for (int i = 0; i < n_task; ++i) {
        const km_surface *surface = &tasks[i].surface;
        const km_task *oriented = find_task(n_task, tasks, tasks[i].oriented_id);
        const km_task *bulk = find_task(n_task, tasks, tasks[i].bulk_id);
        double gamma, gap_ev = results[i].surface.gap_ev;

        if (tasks[i].kind != KM_TASK_SURFACE || tasks[i].state != KM_TASK_DONE) continue;
        gamma = gamma_j_m2(surface, &results[i], &results[oriented - tasks]);
        KM_TRY(KM_CHECK(fabs(gamma - results[i].surface.gamma_j_m2) < 1e-9, KM_E_INTERNAL,
                        "task %s: gamma does not follow from its references", tasks[i].id));
        KM_TRY(KM_CHECK(isnan(gap_ev) || fabs(gap_ev - results[bulk - tasks].gap_ev) < 1e-9,
                        KM_E_INTERNAL, "task %s: another gap than its bulk's", tasks[i].id));
    }
    return KM_OK;
}

static km_status check(char **arguments)
{
    km_ledger *ledger = NULL;
    km_h5 *database = NULL;
    km_task *tasks = NULL;
    km_result *results = NULL;
    km_status status;
    int n_task;

    KM_TRY_TO(end, km_ledger_open_reader(arguments[0], &ledger));
    KM_TRY_TO(end, km_h5_open(arguments[1], &database));
    KM_TRY_TO(end, km_ledger_read_tasks(ledger, -1, &n_task, &tasks, &results));
    KM_TRY_TO(end, KM_CHECK(n_task > 0, KM_E_INTERNAL, "the ledger is empty"));
    for (int i = 0; i < n_task; ++i) KM_TRY_TO(end, check_task(ledger, database, tasks + i));
    KM_TRY_TO(end, check_numbers(n_task, tasks, results));
end:
    KM_FREE(tasks);
    KM_FREE(results);
    km_h5_close(&database);
    km_ledger_close(&ledger);
    return status;
}

int main(int argc, char **argv)
{
    km_campaign_summary summary = {0};
    km_status status = KM_E_ARGUMENT;

    MPI_Init(&argc, &argv);
    if (argc == 8 && strcmp(argv[1], "run") == 0)
        status = run(argv + 2, &summary);
    else if (argc == 4 && strcmp(argv[1], "check") == 0)
        status = check(argv + 2);
    if (status != KM_OK) fprintf(stderr, "kill_driver: %s\n", km_status_message());
    MPI_Finalize();
    return status == KM_OK ? exit_status(&summary) : 1;
}
