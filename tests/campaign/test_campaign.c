/* np: 1 2 4 */
#include "support.h"

#include "artificial.h"
#include "kaimen/base/log.h"
#include "kaimen/campaign/campaign.h"
#include "kaimen/campaign/database.h"
#include "kaimen/campaign/ledger.h"
#include "kaimen/potential/fake_calculator.h"

#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/time.h>
#include <unistd.h>

#define N_SLAB 12

static char folder[64], ledger_path[96], database_path[96];

static int world_rank(void)
{
    int rank;

    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    return rank;
}

/* One folder for all ranks. */
static int make_folder(void **state)
{
    (void)state;
    km_log_configure(world_rank(), KM_LOG_WARN);
    snprintf(folder, sizeof folder, "build/test_campaign_XXXXXX");
    if (world_rank() == 0 && !mkdtemp(folder)) return 1;
    MPI_Bcast(folder, sizeof folder, MPI_CHAR, 0, MPI_COMM_WORLD);
    snprintf(ledger_path, sizeof ledger_path, "%s/campaign.db", folder);
    snprintf(database_path, sizeof database_path, "%s/database.h5", folder);
    return 0;
}

static int remove_folder(void **state)
{
    char command[128];

    (void)state;
    MPI_Barrier(MPI_COMM_WORLD);
    if (world_rank() == 0) umount2(folder, MNT_DETACH); /* of the full disk */
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return world_rank() == 0 ? system(command) : 0;
}

static km_campaign_options make_options(void)
{
    km_campaign_options options = km_campaign_options_default();

    snprintf(options.name, sizeof options.name, "artificial");
    snprintf(options.ledger_path, sizeof options.ledger_path, "%s", ledger_path);
    snprintf(options.database_path, sizeof options.database_path, "%s", database_path);
    options.physics_text = "fake";
    options.input_text = "calculator: fake\n";
    return options;
}

/* Run the artificial campaign once; plans live on rank 0 only. */
static km_status run(const km_campaign_options *options, const km_fake_options *fake,
                     int n_slab, km_campaign_summary *summary)
{
    km_calculator *calculator;
    km_plan *plan = NULL;
    km_status status = KM_OK;

    ASSERT_OK(km_fake_calculator_create(fake, &calculator));
    if (world_rank() == 0) {
        ASSERT_OK(make_artificial_plan(n_slab, options->physics_text, &plan));
        ASSERT_OK(km_plan_estimate(plan, calculator, NULL));
    }
    status = km_campaign_run(options, plan, calculator, MPI_COMM_WORLD, summary);
    km_plan_destroy(&plan);
    km_calculator_destroy(&calculator);
    return status;
}

static void read_tasks(int *n_task, km_task **tasks, km_result **results)
{
    km_ledger *ledger;

    ASSERT_OK(km_ledger_open_reader(ledger_path, &ledger));
    ASSERT_OK(km_ledger_read_tasks(ledger, -1, n_task, tasks, results));
    km_ledger_close(&ledger);
}

static void every_task_is_evaluated_once_and_a_second_call_does_nothing(void **state)
{
    km_campaign_options options = make_options();
    km_fake_options fake = {.sleep_s = 0.002};
    km_campaign_summary summary;

    (void)state;
    ASSERT_OK(run(&options, &fake, N_SLAB, &summary));
    assert_int_equal(summary.n_state[KM_TASK_DONE], N_SLAB + 2);
    assert_int_equal(summary.n_surface[KM_TASK_DONE], N_SLAB);
    assert_int_equal(summary.n_evaluated, N_SLAB + 2);
    assert_false(summary.is_stopped);
    ASSERT_OK(run(&options, &fake, N_SLAB, &summary));
    assert_int_equal(summary.n_state[KM_TASK_DONE], N_SLAB + 2);
    assert_int_equal(summary.n_evaluated, 0);
}

static void surface_energies_and_levels_are_those_of_the_model(void **state)
{
    km_campaign_options options = make_options();
    km_fake_options fake = {0};
    km_campaign_summary summary;
    km_result *results;
    km_task *tasks;
    int n_task;

    (void)state;
    ASSERT_OK(run(&options, &fake, 3, &summary));
    if (world_rank() != 0) return;
    read_tasks(&n_task, &tasks, &results);
    assert_int_equal(n_task, 5);
    for (int i = 0; i < n_task; ++i) {
        assert_int_equal(tasks[i].n_attempt, 1);
        assert_true(isfinite(results[i].energy_ha));
        if (tasks[i].kind != KM_TASK_SURFACE) continue;
        /* The model's face energy is 1 to 1.1 J/m2, its well 0.5 Ha deep, its edges at 0.1 and 0.3 Ha. */
        assert_true(results[i].surface.gamma_j_m2 >= 1 && results[i].surface.gamma_j_m2 <= 1.1);
        assert_float_equal(results[i].surface.ip_ev, 10.8846F, 0.01F);
        assert_float_equal(results[i].surface.ea_ev, 5.4423F, 0.01F);
        assert_float_equal(results[i].surface.ip_direct_ev, 10.8846F, 0.01F);
        assert_string_equal(results[i].outcome, "converged");
    }
    KM_FREE(tasks);
    KM_FREE(results);
}

static void a_slab_without_plateau_keeps_its_energy_but_has_no_levels(void **state)
{
    km_campaign_options options = make_options();
    km_fake_options fake = {.flatness_ha = 0.02};
    km_campaign_summary summary;
    km_result *results;
    km_task *tasks;
    int n_task;

    (void)state;
    ASSERT_OK(run(&options, &fake, 1, &summary));
    assert_int_equal(summary.n_state[KM_TASK_DONE], 3);
    if (world_rank() != 0) return;
    read_tasks(&n_task, &tasks, &results);
    assert_string_equal(results[2].outcome, "no vacuum plateau");
    assert_true(isfinite(results[2].surface.gamma_j_m2));
    assert_true(isnan(results[2].surface.ip_ev) && isnan(results[2].surface.ip_direct_ev));
    KM_FREE(tasks);
    KM_FREE(results);
}

static void failures_are_results_with_reasons(void **state)
{
    km_campaign_options options = make_options();
    km_fake_options fake = {.fail_fraction = 0.3, .unconverged_fraction = 0.3};
    km_campaign_summary summary;
    km_result *results;
    km_task *tasks;
    int n_task, n_failed = 0;

    (void)state;
    ASSERT_OK(run(&options, &fake, N_SLAB, &summary));
    assert_int_equal(summary.n_state[KM_TASK_DONE] + summary.n_state[KM_TASK_FAILED],
                     N_SLAB + 2);
    assert_true(summary.n_state[KM_TASK_FAILED] > 0);
    if (world_rank() != 0) return;
    read_tasks(&n_task, &tasks, &results);
    for (int i = 0; i < n_task; ++i) {
        n_failed += tasks[i].state == KM_TASK_FAILED;
        assert_int_equal(tasks[i].state == KM_TASK_FAILED, tasks[i].reason[0] != '\0');
    }
    assert_int_equal(n_failed, summary.n_state[KM_TASK_FAILED]);
    KM_FREE(tasks);
    KM_FREE(results);
}

static void a_failed_reference_fails_its_surfaces(void **state)
{
    km_campaign_options options = make_options();
    km_fake_options fake = {.fail_fraction = 1};
    km_campaign_summary summary;
    km_result *results;
    km_task *tasks;
    int n_task;

    (void)state;
    ASSERT_OK(run(&options, &fake, 5, &summary));
    assert_int_equal(summary.n_state[KM_TASK_FAILED], 7);
    assert_int_equal(summary.n_surface[KM_TASK_FAILED], 5);
    if (world_rank() != 0) return;
    read_tasks(&n_task, &tasks, &results);
    for (int i = 2; i < n_task; ++i) {
        assert_non_null(strstr(tasks[i].reason, "bulk reference failed: X bulk"));
        assert_non_null(strstr(tasks[i].reason, "drawn to fail"));
        assert_int_equal(tasks[i].n_attempt, 0);
    }
    KM_FREE(tasks);
    KM_FREE(results);
}

static void write_stop_file(void)
{
    char path[96];
    FILE *file;

    snprintf(path, sizeof path, "%s/STOP", folder);
    file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
}

static void a_stop_file_ends_the_job_and_the_next_one_goes_on(void **state)
{
    km_campaign_options options = make_options();
    km_fake_options fake = {.sleep_s = 0.001};
    km_campaign_summary summary;
    char path[96];

    (void)state;
    if (world_rank() == 0) write_stop_file();
    ASSERT_OK(run(&options, &fake, N_SLAB, &summary));
    assert_true(summary.is_stopped);
    assert_non_null(strstr(summary.stop_reason, "/STOP (remove it to resume)"));
    assert_int_equal(summary.n_state[KM_TASK_RUNNING], 0);
    assert_int_equal(summary.n_state[KM_TASK_QUEUED], N_SLAB + 2);
    assert_int_equal(access(database_path, F_OK), -1);
    MPI_Barrier(MPI_COMM_WORLD);
    snprintf(path, sizeof path, "%s/STOP", folder);
    if (world_rank() == 0) assert_int_equal(unlink(path), 0);
    ASSERT_OK(run(&options, &fake, N_SLAB, &summary));
    assert_false(summary.is_stopped);
    assert_int_equal(summary.n_state[KM_TASK_DONE], N_SLAB + 2);
}

/* SLURM signals every process; an alarm on each rank stands for it. */
static void raise_sigterm(int number)
{
    (void)number;
    raise(SIGTERM);
}

static void a_signal_drains_and_interrupted_tasks_cost_no_attempt(void **state)
{
    km_campaign_options options = make_options();
    km_fake_options slow = {.sleep_s = 30}, quick = {0};
    km_campaign_summary summary;
    km_task *tasks;
    int n_task;

    (void)state;
    MPI_Barrier(MPI_COMM_WORLD);
    signal(SIGALRM, raise_sigterm);
    alarm(1);
    ASSERT_OK(run(&options, &slow, N_SLAB, &summary));
    assert_true(summary.is_stopped);
    assert_string_equal(summary.stop_reason, "SIGTERM");
    assert_int_equal(summary.n_state[KM_TASK_QUEUED], N_SLAB + 2);
    if (world_rank() == 0) {
        read_tasks(&n_task, &tasks, NULL);
        for (int i = 0; i < n_task; ++i) assert_int_equal(tasks[i].n_attempt, 0);
        KM_FREE(tasks);
    }
    ASSERT_OK(run(&options, &quick, N_SLAB, &summary));
    assert_int_equal(summary.n_state[KM_TASK_DONE], N_SLAB + 2);
}

/* A team that was interrupted gets nothing more, and no other team either. */
static void check_no_start_after_a_put_back(void)
{
    km_ledger *ledger;
    km_ledger_event *events;
    int n_event, n_put_back = 0;

    ASSERT_OK(km_ledger_open_reader(ledger_path, &ledger));
    ASSERT_OK(km_ledger_read_events(ledger, NULL, &n_event, &events));
    for (int i = 0; i < n_event; ++i) {
        n_put_back += strcmp(events[i].what, "put back") == 0;
        assert_true(n_put_back == 0 || strcmp(events[i].what, "started") != 0);
    }
    assert_true(n_put_back > 0);
    KM_FREE(events);
    km_ledger_close(&ledger);
}

static void a_signal_to_one_worker_only_stops_the_job(void **state)
{
    km_campaign_options options = make_options();
    km_fake_options fake = {.sleep_s = 0.3};
    const struct itimerval soon = {.it_value = {.tv_usec = 200000}};
    km_campaign_summary summary;
    int n_rank;

    (void)state;
    MPI_Comm_size(MPI_COMM_WORLD, &n_rank);
    MPI_Barrier(MPI_COMM_WORLD);
    signal(SIGALRM, raise_sigterm);
    if (world_rank() == n_rank - 1) setitimer(ITIMER_REAL, &soon, NULL);
    ASSERT_OK(run(&options, &fake, N_SLAB, &summary));
    assert_true(summary.is_stopped);
    assert_true(summary.n_state[KM_TASK_QUEUED] > 0);
    assert_int_equal(summary.n_state[KM_TASK_FAILED], 0);
    if (world_rank() == 0) check_no_start_after_a_put_back();
}

static void only_what_fits_into_the_time_left_is_started(void **state)
{
    km_campaign_options options = make_options();
    km_fake_options fake = {.sleep_s = 20};
    km_campaign_summary summary;

    (void)state;
    options.time_limit_s = 2;
    ASSERT_OK(run(&options, &fake, N_SLAB, &summary));
    assert_true(summary.is_stopped);
    assert_non_null(strstr(summary.stop_reason, "the time limit"));
    assert_int_equal(summary.n_evaluated, 0);
    assert_true(summary.time_s < 1);
}

static void a_task_over_its_own_time_limit_fails(void **state)
{
    km_campaign_options options = make_options();
    km_fake_options fake = {.sleep_s = 5};
    km_campaign_summary summary;
    km_task *tasks;
    int n_task;

    (void)state;
    options.task_time_limit_s = 0.05;
    ASSERT_OK(run(&options, &fake, 1, &summary));
    assert_int_equal(summary.n_state[KM_TASK_FAILED], 3);
    if (world_rank() != 0) return;
    read_tasks(&n_task, &tasks, NULL);
    assert_string_equal(tasks[0].outcome, "timeout");
    KM_FREE(tasks);
}

static void another_campaign_is_refused_on_every_rank(void **state)
{
    km_campaign_options options = make_options();
    km_fake_options fake = {0};
    km_campaign_summary summary;

    (void)state;
    ASSERT_OK(run(&options, &fake, 2, &summary));
    options.physics_text = "another cutoff\n";
    assert_int_equal(run(&options, &fake, 2, &summary), KM_E_INPUT);
    assert_non_null(strstr(km_status_message(), "results of other options"));
    options.physics_text = "fake";
    snprintf(options.name, sizeof options.name, "renamed");
    assert_int_equal(run(&options, &fake, 2, &summary), KM_E_INPUT);
    assert_non_null(strstr(km_status_message(), "ledger of another campaign, \"artificial\""));
}

static void a_lost_or_old_database_is_made_again(void **state)
{
    km_campaign_options options = make_options();
    km_fake_options fake = {0};
    km_campaign_summary summary;
    km_h5 *file;

    (void)state;
    ASSERT_OK(run(&options, &fake, 2, &summary));
    MPI_Barrier(MPI_COMM_WORLD);
    if (world_rank() == 0) assert_int_equal(unlink(database_path), 0);
    ASSERT_OK(run(&options, &fake, 2, &summary));
    assert_int_equal(summary.n_evaluated, 0);
    if (world_rank() != 0) return;
    ASSERT_OK(km_h5_open(database_path, &file));
    assert_true(km_h5_has(file, "table/gamma_j_m2"));
    assert_true(km_h5_has(file, "meta/input"));
    km_h5_close(&file);
}

/* On rank 0; the same answer on all. */
static bool mount_small(unsigned long flags, const char *size)
{
    int failed = 0;

    if (world_rank() == 0) failed = mount("tmpfs", folder, "tmpfs", flags, size);
    MPI_Bcast(&failed, 1, MPI_INT, 0, MPI_COMM_WORLD);
    return !failed;
}

static void a_full_disk_stops_every_rank_and_the_next_job_goes_on(void **state)
{
    km_campaign_options options = make_options();
    km_fake_options fake = {.sleep_s = 0.002};
    km_campaign_summary summary;

    (void)state;
    if (!mount_small(0, "size=256k")) {
        print_message("skipped: a small tmpfs needs the rights to mount one\n");
        skip();
    }
    assert_int_equal(run(&options, &fake, N_SLAB, &summary), KM_E_IO);
    assert_non_null(strstr(km_status_message(), "full"));
    assert_non_null(strstr(km_status_message(), ledger_path));
    assert_true(mount_small(MS_REMOUNT, "size=64m"));
    ASSERT_OK(run(&options, &fake, N_SLAB, &summary));
    assert_int_equal(summary.n_state[KM_TASK_DONE], N_SLAB + 2);
    assert_in_range(summary.n_evaluated, 1, N_SLAB + 1);
}

static void an_impossible_team_size_is_refused(void **state)
{
    km_campaign_options options = make_options();
    km_fake_options fake = {0};
    km_campaign_summary summary;

    (void)state;
    options.team_size = 50;
    assert_int_equal(run(&options, &fake, 2, &summary), KM_E_INPUT);
    assert_non_null(strstr(km_status_message(), "team_size = 50"));
}

static void the_result_does_not_depend_on_the_team_size(void **state)
{
    km_campaign_options options = make_options();
    km_fake_options fake = {0};
    km_campaign_summary summary;
    km_result *results;
    km_task *tasks;
    int n_task, n_rank;

    (void)state;
    MPI_Comm_size(MPI_COMM_WORLD, &n_rank);
    options.team_size = n_rank > 2 ? n_rank - 1 : 1;
    ASSERT_OK(run(&options, &fake, 3, &summary));
    if (world_rank() != 0) return;
    read_tasks(&n_task, &tasks, &results);
    for (int i = 0; i < n_task; ++i) {
        assert_int_equal(results[i].n_rank, options.team_size);
        assert_int_equal(tasks[i].team, 0);
    }
    assert_float_equal(results[2].surface.gamma_j_m2, 1.05F, 0.051F);
    KM_FREE(tasks);
    KM_FREE(results);
}

#define CAMPAIGN_TEST(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)
static const struct CMUnitTest tests[] = {
    CAMPAIGN_TEST(every_task_is_evaluated_once_and_a_second_call_does_nothing),
    CAMPAIGN_TEST(surface_energies_and_levels_are_those_of_the_model),
    CAMPAIGN_TEST(a_slab_without_plateau_keeps_its_energy_but_has_no_levels),
    CAMPAIGN_TEST(failures_are_results_with_reasons),
    CAMPAIGN_TEST(a_failed_reference_fails_its_surfaces),
    CAMPAIGN_TEST(a_stop_file_ends_the_job_and_the_next_one_goes_on),
    CAMPAIGN_TEST(a_signal_drains_and_interrupted_tasks_cost_no_attempt),
    CAMPAIGN_TEST(a_signal_to_one_worker_only_stops_the_job),
    CAMPAIGN_TEST(only_what_fits_into_the_time_left_is_started),
    CAMPAIGN_TEST(a_task_over_its_own_time_limit_fails),
    CAMPAIGN_TEST(another_campaign_is_refused_on_every_rank),
    CAMPAIGN_TEST(a_lost_or_old_database_is_made_again),
    CAMPAIGN_TEST(a_full_disk_stops_every_rank_and_the_next_job_goes_on),
    CAMPAIGN_TEST(an_impossible_team_size_is_refused),
    CAMPAIGN_TEST(the_result_does_not_depend_on_the_team_size),
};

KM_TEST_MAIN(tests)
