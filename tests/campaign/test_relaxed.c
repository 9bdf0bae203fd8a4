/* np: 1 2 4 */
/* Bulk crystals that relax before their surfaces are cut, and campaigns whose crystals come and go. */
#include "support.h"

#include "kaimen/base/log.h"
#include "kaimen/base/units.h"
#include "kaimen/campaign/campaign.h"
#include "kaimen/campaign/ledger.h"
#include "kaimen/potential/fake_calculator.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

/* What the model's atoms want; magnesia begins at 63 and calcia at 94 bohr^3. */
#define ATOM_VOLUME_BOHR3 70.0
/* Of the volume: the stress that may be left, 3e-6 Ha/bohr^3, over the model's bulk modulus, 0.3 Ha per atom's volume. */
static const double RELATIVE = 3e-6 / (0.3 / ATOM_VOLUME_BOHR3);

static char folder[64], ledger_path[96];

static int world_rank(void)
{
    int rank;

    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    return rank;
}

static int make_folder(void **state)
{
    (void)state;
    km_log_configure(world_rank(), KM_LOG_WARN);
    snprintf(folder, sizeof folder, "build/test_relaxed_XXXXXX");
    if (world_rank() == 0 && !mkdtemp(folder)) return 1;
    MPI_Bcast(folder, sizeof folder, MPI_CHAR, 0, MPI_COMM_WORLD);
    snprintf(ledger_path, sizeof ledger_path, "%s/campaign.db", folder);
    return 0;
}

static int remove_folder(void **state)
{
    char command[128];

    (void)state;
    MPI_Barrier(MPI_COMM_WORLD);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return world_rank() == 0 ? system(command) : 0;
}

/* Rock salt in its conventional cell. */
static km_crystal *make_rock_salt(int metal, double a_ang)
{
    const double a = a_ang * KM_BOHR_PER_ANG, cell[9] = {a, 0, 0, 0, a, 0, 0, 0, a};
    const int z[] = {metal, metal, metal, metal, 8, 8, 8, 8};
    const double frac[8][3] = {{0, 0, 0},       {0, 0.5, 0.5}, {0.5, 0, 0.5}, {0.5, 0.5, 0},
                               {0.5, 0.5, 0.5}, {0.5, 0, 0},   {0, 0.5, 0},   {0, 0, 0.5}};
    km_crystal *crystal;

    ASSERT_OK(km_crystal_create(cell, 8, z, frac[0], &crystal));
    return crystal;
}

/* MgO and CaO: a campaign takes the first, the second, or both. */
static km_campaign_bulk bulks[2];

static km_campaign_options make_options(int first, int n_bulk)
{
    km_campaign_options options = km_campaign_options_default();

    snprintf(options.name, sizeof options.name, "relaxed");
    snprintf(options.ledger_path, sizeof options.ledger_path, "%s", ledger_path);
    options.physics_text = "ecut_ha 20\n";
    options.n_bulk = n_bulk;
    options.bulk = bulks + first;
    options.slab.thickness_bohr = 8;
    options.relaxation.cell = true;
    return options;
}

static km_status run(const km_campaign_options *options, km_campaign_summary *summary)
{
    const km_fake_options fake = {.atom_volume_bohr3 = ATOM_VOLUME_BOHR3};
    km_crystal *crystals[2] = {make_rock_salt(12, 4.21), make_rock_salt(20, 4.81)};
    km_calculator *calculator;
    km_plan *plan = NULL;
    km_status status;

    for (int i = 0; i < 2; ++i) {
        snprintf(bulks[i].name, sizeof bulks[i].name, i ? "CaO" : "MgO");
        bulks[i].crystal = crystals[i];
        bulks[i].physics_text = i ? "pseudo Ca q10 bb\n" : "pseudo Mg q2 aa\n";
    }
    ASSERT_OK(km_fake_calculator_create(&fake, &calculator));
    if (world_rank() == 0) ASSERT_OK(km_campaign_plan(options, calculator, &plan));
    status = km_campaign_run(options, plan, calculator, MPI_COMM_WORLD, summary);
    km_plan_destroy(&plan);
    km_calculator_destroy(&calculator);
    for (int i = 0; i < 2; ++i) km_crystal_destroy(&crystals[i]);
    return status;
}

static void read_tasks(int *n_task, km_task **tasks, km_result **results)
{
    km_ledger *ledger;

    ASSERT_OK(km_ledger_open_reader(ledger_path, &ledger));
    ASSERT_OK(km_ledger_read_tasks(ledger, -1, n_task, tasks, results));
    km_ledger_close(&ledger);
}

/* Area of the faces of (100) and (110) in a rock salt of this volume per atom. */
static double area_bohr2(const km_task *task)
{
    const double a2 = pow(8 * ATOM_VOLUME_BOHR3, 2.0 / 3);

    return task->surface.miller[1] == 0 ? a2 / 2 : a2 / sqrt(2);
}

static void every_surface_is_cut_from_the_relaxed_bulk(void **state)
{
    const km_campaign_options options = make_options(0, 2);
    km_campaign_summary summary;
    km_result *results;
    km_task *tasks;
    int n_task, n_bulk = 0;

    (void)state;
    ASSERT_OK(run(&options, &summary));
    assert_int_equal(summary.n_state[KM_TASK_DONE], summary.n_evaluated);
    assert_int_equal(summary.n_surface[KM_TASK_DONE], 4);
    if (world_rank() != 0) return;
    read_tasks(&n_task, &tasks, &results);
    for (int i = 0; i < n_task; ++i) {
        assert_int_equal(tasks[i].n_attempt, 1);
        if (tasks[i].kind == KM_TASK_BULK) {
            const double a_ang = strcmp(tasks[i].bulk, "MgO") == 0 ? 4.21 : 4.81;
            const double before = pow(a_ang * KM_BOHR_PER_ANG, 3) / 8;

            ++n_bulk;
            assert_true(results[i].n_relax_step > 0);
            ASSERT_CLOSE((1 + results[i].volume_change) * before / ATOM_VOLUME_BOHR3, 1,
                         RELATIVE);
            assert_true(results[i].max_stress_ha_bohr3 < 3e-6);
        } else if (tasks[i].kind == KM_TASK_SURFACE) {
            ASSERT_CLOSE(tasks[i].surface.area_bohr2 / area_bohr2(&tasks[i]), 1, RELATIVE);
            /* The energy of the bulk is that at its own volume: the model's face energy is left. */
            assert_true(results[i].surface.gamma_j_m2 > 0.999 &&
                        results[i].surface.gamma_j_m2 < 1.101);
        } else {
            ASSERT_CLOSE(results[i].energy_ha, -10.0 * tasks[i].n_atom, 1e-6);
            assert_true(tasks[i].started_s > 0);
        }
    }
    assert_int_equal(n_bulk, 2);
    KM_FREE(tasks);
    KM_FREE(results);
}

static void a_bulk_is_relaxed_once_for_this_job_and_all_later_ones(void **state)
{
    km_campaign_options options = make_options(0, 1);
    km_campaign_summary summary;
    km_result *results;
    km_task *tasks;
    int n_task, n_surface = 0;

    (void)state;
    memcpy(options.slab.miller, (int[]){1, 0, 0}, sizeof options.slab.miller);
    ASSERT_OK(run(&options, &summary));
    assert_int_equal(summary.n_evaluated, 3);
    memcpy(options.slab.miller, (int[]){1, 1, 0}, sizeof options.slab.miller);
    ASSERT_OK(run(&options, &summary));
    assert_int_equal(summary.n_evaluated, 2);
    ASSERT_OK(run(&options, &summary));
    assert_int_equal(summary.n_evaluated, 0);
    if (world_rank() != 0) return;
    read_tasks(&n_task, &tasks, &results);
    assert_int_equal(n_task, 5);
    for (int i = 0; i < n_task; ++i) {
        assert_int_equal(tasks[i].n_attempt, 1);
        if (tasks[i].kind != KM_TASK_SURFACE) continue;
        ++n_surface;
        ASSERT_CLOSE(tasks[i].surface.area_bohr2 / area_bohr2(&tasks[i]), 1, RELATIVE);
    }
    assert_int_equal(n_surface, 2);
    KM_FREE(tasks);
    KM_FREE(results);
}

static void a_bulk_that_does_not_relax_fails_its_surfaces_and_nothing_else(void **state)
{
    km_campaign_options options = make_options(0, 2);
    km_campaign_summary summary;
    km_task *tasks;
    int n_task;

    (void)state;
    options.relaxation.max_step = 2; /* enough for MgO, not for CaO */
    options.relaxation.stress_tolerance_ha_bohr3 = 1e-5;
    ASSERT_OK(run(&options, &summary));
    assert_false(summary.is_stopped);
    assert_int_equal(summary.n_surface[KM_TASK_DONE], 2);
    assert_int_equal(summary.n_surface[KM_TASK_FAILED], 2);
    if (world_rank() != 0) return;
    read_tasks(&n_task, &tasks, NULL);
    for (int i = 0; i < n_task; ++i) {
        if (strcmp(tasks[i].bulk, "MgO") == 0) {
            assert_int_equal(tasks[i].state, KM_TASK_DONE);
            continue;
        }
        assert_int_equal(tasks[i].state, KM_TASK_FAILED);
        assert_non_null(strstr(tasks[i].reason, "step limit after 2 moves"));
        if (tasks[i].kind != KM_TASK_BULK)
            assert_non_null(strstr(tasks[i].reason, "bulk reference failed: CaO bulk"));
    }
    KM_FREE(tasks);
}

static void crystals_come_and_go_and_the_ledger_goes_on(void **state)
{
    const km_campaign_options first = make_options(0, 1), both = make_options(0, 2),
                              second = make_options(1, 1);
    km_campaign_summary summary;
    km_task *tasks;
    int n_task, n_planned = 0;

    (void)state;
    ASSERT_OK(run(&first, &summary));
    assert_int_equal(summary.n_evaluated, 5);
    ASSERT_OK(run(&both, &summary));
    assert_int_equal(summary.n_evaluated, 5);
    assert_int_equal(summary.n_state[KM_TASK_DONE], 10);
    ASSERT_OK(run(&second, &summary));
    assert_int_equal(summary.n_evaluated, 0);
    assert_int_equal(summary.n_state[KM_TASK_DONE], 5);
    if (world_rank() != 0) return;
    read_tasks(&n_task, &tasks, NULL);
    assert_int_equal(n_task, 10);
    for (int i = 0; i < n_task; ++i) {
        assert_int_equal(tasks[i].state, KM_TASK_DONE);
        assert_int_equal(tasks[i].is_planned, strcmp(tasks[i].bulk, "CaO") == 0);
        n_planned += tasks[i].is_planned;
    }
    assert_int_equal(n_planned, 5);
    KM_FREE(tasks);
}

static void other_physics_is_refused_with_what_differs(void **state)
{
    km_campaign_options options = make_options(0, 1);
    km_campaign_summary summary;

    (void)state;
    ASSERT_OK(run(&options, &summary));
    options.physics_text = "ecut_ha 25\n";
    assert_int_equal(run(&options, &summary), KM_E_INPUT);
    assert_non_null(strstr(km_status_message(), "ecut_ha is 20 there and 25 in the input"));
}

#define RELAXED_TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

static const struct CMUnitTest tests[] = {
    RELAXED_TEST(every_surface_is_cut_from_the_relaxed_bulk),
    RELAXED_TEST(a_bulk_is_relaxed_once_for_this_job_and_all_later_ones),
    RELAXED_TEST(a_bulk_that_does_not_relax_fails_its_surfaces_and_nothing_else),
    RELAXED_TEST(crystals_come_and_go_and_the_ledger_goes_on),
    RELAXED_TEST(other_physics_is_refused_with_what_differs),
};

KM_TEST_MAIN(tests)
