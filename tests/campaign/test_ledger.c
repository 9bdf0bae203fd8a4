/* np: 1 */
#include "support.h"

#include "artificial.h"
#include "kaimen/campaign/ledger.h"

#include <math.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "build/test_ledger_XXXXXX";
static char path[64];
static const km_ledger_identity own = {
    .name = "own", .physics = "ecut_ha 20\npseudo Mg q2 aa\n", .input = "ecut: 20 Ha"};
static const km_ledger_identity other = {
    .name = "own", .physics = "ecut_ha 25\npseudo Mg q10 bb\n", .input = ""};

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "build/test_ledger_XXXXXX");
    if (!mkdtemp(folder)) return 1;
    snprintf(path, sizeof path, "%s/campaign.db", folder);
    return 0;
}

static int remove_folder(void **state)
{
    char command[128];

    (void)state;
    umount2(folder, MNT_DETACH); /* of a test that failed with it mounted */
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

/* Plan with four tasks, all in a new ledger. */
static km_ledger *open_filled(km_plan **plan)
{
    const km_task *tasks[16];
    km_ledger *ledger;
    int n_task;

    ASSERT_OK(make_artificial_plan(2, "text", plan));
    n_task = km_plan_n_task(*plan);
    for (int i = 0; i < n_task; ++i) tasks[i] = km_plan_task(*plan, i);
    ASSERT_OK(km_ledger_open(path, &own, &ledger));
    ASSERT_OK(km_ledger_add_tasks(ledger, n_task, tasks));
    return ledger;
}

static void start(km_ledger *ledger, const char *id)
{
    ASSERT_OK(km_ledger_begin(ledger));
    ASSERT_OK(km_ledger_start(ledger, id, 7));
    ASSERT_OK(km_ledger_commit(ledger));
}

static km_result make_result(double energy_ha)
{
    km_result result = km_result_empty();

    result.energy_ha = energy_ha;
    result.surface.gamma_j_m2 = 1.25;
    result.state = KM_TASK_DONE;
    result.calculation.n_plane_wave = 1234567;
    result.calculation.is_real = true;
    snprintf(result.outcome, sizeof result.outcome, "converged");
    return result;
}

static void a_finished_result_is_read_back_whole(void **state)
{
    const unsigned char image[] = {1, 0, 2, 0, 255};
    km_result written = make_result(-1.5), read;
    km_plan *plan;
    km_ledger *ledger = open_filled(&plan), *reader;
    const char *id = km_plan_task(plan, 2)->id;
    void *bytes;
    size_t n_byte;
    km_task task;

    (void)state;
    start(ledger, id);
    ASSERT_OK(km_ledger_begin(ledger));
    ASSERT_OK(km_ledger_finish(ledger, id, &written, image, sizeof image));
    ASSERT_OK(km_ledger_commit(ledger));
    ASSERT_OK(km_ledger_open_reader(path, &reader));
    ASSERT_OK(km_ledger_read_task(reader, id, &task, &read));
    assert_int_equal(task.state, KM_TASK_DONE);
    assert_int_equal(task.n_attempt, 1);
    assert_int_equal(task.team, 7);
    assert_int_equal(task.kind, KM_TASK_SURFACE);
    assert_true(task.surface.repeat_bohr == ARTIFICIAL_REPEAT_BOHR);
    assert_true(isnan(task.prediction_j_m2));
    assert_true(read.energy_ha == -1.5 && read.surface.gamma_j_m2 == 1.25);
    assert_true(isnan(read.surface.ip_ev));
    assert_int_equal(read.calculation.n_plane_wave, 1234567);
    assert_true(read.calculation.is_real);
    assert_string_equal(read.outcome, "converged");
    ASSERT_OK(km_ledger_read_image(reader, id, &bytes, &n_byte));
    assert_int_equal(n_byte, sizeof image);
    assert_memory_equal(bytes, image, sizeof image);
    KM_FREE(bytes);
    km_ledger_close(&reader);
    km_ledger_close(&ledger);
    km_plan_destroy(&plan);
}

static void what_was_not_committed_never_happened(void **state)
{
    km_result result = make_result(-1);
    km_plan *plan;
    km_ledger *ledger = open_filled(&plan);
    const char *id = km_plan_task(plan, 0)->id;
    int n_state[KM_N_TASK_STATE];

    (void)state;
    start(ledger, id);
    ASSERT_OK(km_ledger_begin(ledger));
    ASSERT_OK(km_ledger_finish(ledger, id, &result, "x", 1));
    km_ledger_close(&ledger);
    ASSERT_OK(km_ledger_open(path, &own, &ledger));
    ASSERT_OK(km_ledger_count(ledger, -1, n_state));
    assert_int_equal(n_state[KM_TASK_RUNNING], 1);
    assert_int_equal(n_state[KM_TASK_DONE], 0);
    km_ledger_close(&ledger);
    km_plan_destroy(&plan);
}

static void a_task_ends_once(void **state)
{
    km_result result = make_result(-1);
    km_plan *plan;
    km_ledger *ledger = open_filled(&plan);
    const char *id = km_plan_task(plan, 0)->id;

    (void)state;
    start(ledger, id);
    ASSERT_OK(km_ledger_begin(ledger));
    ASSERT_OK(km_ledger_finish(ledger, id, &result, NULL, 0));
    assert_int_equal(km_ledger_finish(ledger, id, &result, NULL, 0), KM_E_INTERNAL);
    assert_int_equal(km_ledger_start(ledger, id, 0), KM_E_INTERNAL);
    km_ledger_close(&ledger);
    km_plan_destroy(&plan);
}

static void a_change_of_state_outside_a_transaction_is_refused(void **state)
{
    km_plan *plan;
    km_ledger *ledger = open_filled(&plan);

    (void)state;
    assert_int_equal(km_ledger_start(ledger, km_plan_task(plan, 0)->id, 0), KM_E_INTERNAL);
    km_ledger_close(&ledger);
    km_plan_destroy(&plan);
}

static void interrupted_tasks_wait_again_and_after_three_attempts_have_crashed(void **state)
{
    km_plan *plan;
    km_ledger *ledger = open_filled(&plan);
    const char *id = km_plan_task(plan, 0)->id;
    km_ledger_event *events;
    km_task task;
    int n_event, n_requeued = 0;

    (void)state;
    for (int attempt = 1; attempt <= 3; ++attempt) {
        start(ledger, id);
        km_ledger_close(&ledger);
        ASSERT_OK(km_ledger_open(path, &own, &ledger));
        ASSERT_OK(km_ledger_recover(ledger, 3));
        ASSERT_OK(km_ledger_read_task(ledger, id, &task, NULL));
        assert_int_equal(task.n_attempt, attempt);
        assert_int_equal(task.state, attempt < 3 ? KM_TASK_QUEUED : KM_TASK_FAILED);
    }
    assert_string_equal(task.outcome, "crashed");
    assert_non_null(strstr(task.reason, "crashed"));
    ASSERT_OK(km_ledger_read_events(ledger, id, &n_event, &events));
    for (int i = 0; i < n_event; ++i) n_requeued += strcmp(events[i].what, "requeued") == 0;
    assert_int_equal(n_requeued, 2);
    assert_string_equal(events[n_event - 1].what, "failed");
    KM_FREE(events);
    km_ledger_close(&ledger);
    km_plan_destroy(&plan);
}

static void a_task_put_back_in_good_order_keeps_its_attempts(void **state)
{
    km_plan *plan;
    km_ledger *ledger = open_filled(&plan);
    const char *id = km_plan_task(plan, 0)->id;
    km_task task;

    (void)state;
    start(ledger, id);
    ASSERT_OK(km_ledger_begin(ledger));
    ASSERT_OK(km_ledger_requeue(ledger, id, "stopped"));
    ASSERT_OK(km_ledger_commit(ledger));
    ASSERT_OK(km_ledger_read_task(ledger, id, &task, NULL));
    assert_int_equal(task.state, KM_TASK_QUEUED);
    assert_int_equal(task.n_attempt, 0);
    km_ledger_close(&ledger);
    km_plan_destroy(&plan);
}

static void the_ledger_of_another_campaign_is_refused_and_unharmed(void **state)
{
    km_plan *plan;
    km_ledger *ledger = open_filled(&plan), *wrong;
    int n_state[KM_N_TASK_STATE];

    (void)state;
    km_ledger_close(&ledger);
    assert_int_equal(km_ledger_open(path, &other, &wrong), KM_E_INPUT);
    assert_null(wrong);
    assert_non_null(strstr(km_status_message(), "results of other options"));
    assert_non_null(strstr(km_status_message(), path));
    assert_non_null(
        strstr(km_status_message(),
               "ecut_ha is 20 there and 25 in the input; pseudo Mg is q2 aa there and q10 "
               "bb in the input"));
    ASSERT_OK(km_ledger_open(path, &own, &ledger));
    assert_int_equal(km_ledger_instance(ledger), 2);
    ASSERT_OK(km_ledger_count(ledger, -1, n_state));
    assert_int_equal(n_state[KM_TASK_QUEUED], 4);
    km_ledger_close(&ledger);
    km_plan_destroy(&plan);
}

static void a_second_job_is_refused_while_the_first_runs(void **state)
{
    km_plan *plan;
    km_ledger *ledger = open_filled(&plan), *second;
    char process[32];

    (void)state;
    snprintf(process, sizeof process, "process %d", (int)getpid());
    assert_int_equal(km_ledger_open(path, &own, &second), KM_E_INPUT);
    assert_non_null(strstr(km_status_message(), "is in use by job 1 on host"));
    assert_non_null(strstr(km_status_message(), process));
    km_ledger_close(&ledger);
    ASSERT_OK(km_ledger_open(path, &own, &second));
    km_ledger_close(&second);
    km_plan_destroy(&plan);
}

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void other_files_are_no_ledgers(void **state)
{
    const char *text = "&control\n this is somebody's input file, long enough to look at /\n";
    char read[128] = "";
    km_ledger *ledger;
    sqlite3 *db;
    FILE *file;

    (void)state;
    write_file(path, text);
    assert_int_equal(km_ledger_open(path, &own, &ledger), KM_E_INPUT);
    assert_non_null(strstr(km_status_message(), "is not a ledger"));
    file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fread(read, 1, sizeof read - 1, file), strlen(text));
    fclose(file);
    assert_string_equal(read, text);
    unlink(path);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "CREATE TABLE music(title)", NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(km_ledger_open(path, &own, &ledger), KM_E_INPUT);
    assert_non_null(strstr(km_status_message(), "SQLite file of another program"));
}

static void a_missing_or_unwritable_place_is_named(void **state)
{
    km_ledger *ledger;

    (void)state;
    assert_int_equal(km_ledger_open("build/no/such/folder/x.db", &own, &ledger), KM_E_IO);
    assert_non_null(strstr(km_status_message(), "build/no/such/folder/x.db"));
    assert_int_equal(km_ledger_open("/proc/x.db", &own, &ledger), KM_E_IO);
    assert_int_equal(km_ledger_open_reader("build/none.db", &ledger), KM_E_INPUT);
    assert_non_null(strstr(km_status_message(), "build/none.db"));
}

/* Fill a small tmpfs with results until it is full: the error is clear and what was committed is there. */
static void fill_until_full(km_plan *plan, km_ledger *ledger, int *n_committed)
{
    static char image[60000];
    km_result result = make_result(-2);

    *n_committed = 0;
    for (int i = 0; i < km_plan_n_task(plan); ++i) {
        const char *id = km_plan_task(plan, i)->id;
        km_status status = km_ledger_begin(ledger);

        if (status == KM_OK) status = km_ledger_start(ledger, id, 0);
        if (status == KM_OK)
            status = km_ledger_finish(ledger, id, &result, image, sizeof image);
        if (status == KM_OK) status = km_ledger_commit(ledger);
        if (status == KM_OK) {
            ++*n_committed;
            continue;
        }
        assert_int_equal(status, KM_E_IO);
        assert_non_null(strstr(km_status_message(), "full"));
        assert_non_null(strstr(km_status_message(), path));
        return;
    }
    fail_msg("the disk never became full");
}

static void a_full_disk_is_an_error_and_harms_nothing(void **state)
{
    const km_task *tasks[64];
    km_plan *plan;
    km_ledger *ledger;
    int n_committed, n_state[KM_N_TASK_STATE], n_task;

    (void)state;
    if (mount("tmpfs", folder, "tmpfs", 0, "size=1m") != 0) {
        print_message("skipped: a small tmpfs needs the rights to mount one\n");
        skip();
    }
    ASSERT_OK(make_artificial_plan(40, "text", &plan));
    n_task = km_plan_n_task(plan);
    for (int i = 0; i < n_task; ++i) tasks[i] = km_plan_task(plan, i);
    ASSERT_OK(km_ledger_open(path, &own, &ledger));
    ASSERT_OK(km_ledger_add_tasks(ledger, n_task, tasks));
    fill_until_full(plan, ledger, &n_committed);
    assert_true(n_committed > 0);
    km_ledger_close(&ledger);
    assert_int_equal(mount("tmpfs", folder, "tmpfs", MS_REMOUNT, "size=4m"), 0);
    ASSERT_OK(km_ledger_open(path, &own, &ledger));
    ASSERT_OK(km_ledger_count(ledger, -1, n_state));
    assert_int_equal(n_state[KM_TASK_DONE], n_committed);
    assert_int_equal(n_state[KM_TASK_QUEUED], n_task - n_committed);
    km_ledger_close(&ledger);
    km_plan_destroy(&plan);
}

static void tasks_are_found_by_the_beginning_of_their_identity(void **state)
{
    km_plan *plan;
    km_ledger *ledger = open_filled(&plan);
    char start_of_id[8] = "";
    km_task task;

    (void)state;
    memcpy(start_of_id, km_plan_task(plan, 3)->id, 7);
    ASSERT_OK(km_ledger_read_task(ledger, start_of_id, &task, NULL));
    assert_string_equal(task.id, km_plan_task(plan, 3)->id);
    assert_int_equal(km_ledger_read_task(ledger, "", &task, NULL), KM_E_INPUT);
    assert_int_equal(km_ledger_read_task(ledger, "xyz", &task, NULL), KM_E_INPUT);
    km_ledger_close(&ledger);
    km_plan_destroy(&plan);
}

#define LEDGER_TEST(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)
static const struct CMUnitTest tests[] = {
    LEDGER_TEST(a_finished_result_is_read_back_whole),
    LEDGER_TEST(what_was_not_committed_never_happened),
    LEDGER_TEST(a_task_ends_once),
    LEDGER_TEST(a_change_of_state_outside_a_transaction_is_refused),
    LEDGER_TEST(interrupted_tasks_wait_again_and_after_three_attempts_have_crashed),
    LEDGER_TEST(a_task_put_back_in_good_order_keeps_its_attempts),
    LEDGER_TEST(the_ledger_of_another_campaign_is_refused_and_unharmed),
    LEDGER_TEST(a_second_job_is_refused_while_the_first_runs),
    LEDGER_TEST(other_files_are_no_ledgers),
    LEDGER_TEST(a_missing_or_unwritable_place_is_named),
    LEDGER_TEST(a_full_disk_is_an_error_and_harms_nothing),
    LEDGER_TEST(tasks_are_found_by_the_beginning_of_their_identity),
};

KM_TEST_MAIN(tests)
