/* np: 1 */
#include "support.h"

#include "artificial.h"
#include "kaimen/campaign/schedule.h"
#include "kaimen/potential/fake_calculator.h"

#include <math.h>
#include <string.h>
#include <time.h>

#define N_SLAB 6

/** What was dismissed, in order. */
typedef struct {
    int n;
    int index[16];
    km_task_state state[16];
    char reason[KM_REASON_SIZE];
} dismissed;

static km_status note(void *self, int index, km_task_state state, const char *reason)
{
    dismissed *d = self;

    d->index[d->n] = index;
    d->state[d->n++] = state;
    snprintf(d->reason, sizeof d->reason, "%s", reason);
    return KM_OK;
}

static km_result end_as(km_task_state state)
{
    km_result result = km_result_empty();

    result.state = state;
    result.time_s = 1;
    snprintf(result.reason, sizeof result.reason, "because");
    return result;
}

static void end(km_schedule *schedule, int index, km_task_state state, dismissed *d)
{
    km_result result = end_as(state);

    ASSERT_OK(km_schedule_end(schedule, index, &result, note, d));
}

/* A schedule as rows of the ledger leave it; n_attempt of the first rows. */
static km_schedule *make_schedule(const km_plan *plan, int max_attempts, int n_row,
                                  const int *n_attempt, const km_task_state *states)
{
    km_task rows[8] = {0};
    km_result results[8] = {0};
    km_schedule *schedule;

    for (int i = 0; i < n_row; ++i) {
        rows[i] = *km_plan_task(plan, i);
        rows[i].n_attempt = n_attempt[i];
        rows[i].state = states[i];
        results[i] = end_as(states[i]);
        snprintf(rows[i].reason, sizeof rows[i].reason, "%s", results[i].reason);
    }
    ASSERT_OK(km_schedule_create(plan, max_attempts, n_row, rows, results, &schedule));
    return schedule;
}

static void surfaces_wait_for_both_references(void **state)
{
    km_plan *plan;
    km_schedule *schedule;
    dismissed d = {0};

    (void)state;
    ASSERT_OK(make_artificial_plan(N_SLAB, "", &plan));
    schedule = make_schedule(plan, 3, 0, NULL, NULL);
    assert_int_equal(km_schedule_next(schedule, INFINITY), 0);
    assert_int_equal(km_schedule_next(schedule, INFINITY), 1);
    assert_int_equal(km_schedule_next(schedule, INFINITY), -1);
    end(schedule, 0, KM_TASK_DONE, &d);
    assert_int_equal(km_schedule_next(schedule, INFINITY), -1);
    end(schedule, 1, KM_TASK_DONE, &d);
    for (int i = 0; i < N_SLAB; ++i) assert_true(km_schedule_next(schedule, INFINITY) >= 2);
    assert_int_equal(km_schedule_next(schedule, INFINITY), -1);
    assert_int_equal(km_schedule_count_surfaces(schedule, KM_TASK_RUNNING), N_SLAB);
    assert_int_equal(d.n, 0);
    km_schedule_destroy(&schedule);
    km_plan_destroy(&plan);
}

static void a_failed_reference_dismisses_each_surface_once(void **state)
{
    km_plan *plan;
    km_schedule *schedule;
    dismissed d = {0};

    (void)state;
    ASSERT_OK(make_artificial_plan(N_SLAB, "", &plan));
    schedule = make_schedule(plan, 3, 0, NULL, NULL);
    assert_int_equal(km_schedule_next(schedule, INFINITY), 0);
    assert_int_equal(km_schedule_next(schedule, INFINITY), 1);
    end(schedule, 0, KM_TASK_FAILED, &d);
    assert_int_equal(d.n, N_SLAB);
    assert_non_null(strstr(d.reason, "bulk reference failed: X bulk: because"));
    end(schedule, 1, KM_TASK_FAILED, &d);
    assert_int_equal(d.n, N_SLAB);
    assert_int_equal(km_schedule_count(schedule, KM_TASK_QUEUED), 0);
    km_schedule_destroy(&schedule);
    km_plan_destroy(&plan);
}

static void a_reference_that_failed_in_an_earlier_job_dismisses_its_surfaces(void **state)
{
    const km_task_state states[] = {KM_TASK_FAILED, KM_TASK_DONE};
    const int n_attempt[] = {3, 1};
    km_plan *plan;
    km_schedule *schedule;
    dismissed d = {0};

    (void)state;
    ASSERT_OK(make_artificial_plan(N_SLAB, "", &plan));
    schedule = make_schedule(plan, 3, 2, n_attempt, states);
    assert_int_equal(km_schedule_next(schedule, INFINITY), -1);
    ASSERT_OK(km_schedule_settle(schedule, note, &d));
    assert_int_equal(d.n, N_SLAB);
    assert_non_null(strstr(d.reason, "bulk reference failed: X bulk: because"));
    km_schedule_destroy(&schedule);
    km_plan_destroy(&plan);
}

static void the_longest_that_fits_is_started_near_the_end(void **state)
{
    const km_task_state done[] = {KM_TASK_DONE, KM_TASK_DONE};
    const int once[] = {1, 1};
    km_fake_options fake = {.sleep_s = 1};
    km_calculator *calculator;
    km_schedule *schedule;
    km_plan *plan;
    double longest_s, left_s;
    int index;

    (void)state;
    ASSERT_OK(km_fake_calculator_create(&fake, &calculator));
    ASSERT_OK(make_artificial_plan(N_SLAB, "", &plan));
    ASSERT_OK(km_plan_estimate(plan, calculator, NULL));
    schedule = make_schedule(plan, 3, 2, once, done);
    longest_s = km_schedule_predict_s(schedule, 4); /* 5 atoms, the others have 3 or 4 */
    left_s = 1.1 * longest_s;                       /* a margin is kept for scatter */
    index = km_schedule_next(schedule, left_s);
    assert_int_equal(km_plan_task(plan, index)->n_atom, 4);
    assert_true(km_schedule_predict_s(schedule, index) <= left_s);
    assert_int_equal(km_plan_task(plan, km_schedule_next(schedule, INFINITY))->n_atom, 5);
    assert_int_equal(km_schedule_next(schedule, 1e-6), -1);
    km_schedule_destroy(&schedule);
    km_plan_destroy(&plan);
    km_calculator_destroy(&calculator);
}

static void an_interrupted_task_comes_last_and_its_last_attempt_runs_alone(void **state)
{
    const km_task_state states[] = {KM_TASK_DONE, KM_TASK_DONE, KM_TASK_QUEUED, KM_TASK_QUEUED};
    const int n_attempt[] = {1, 1, 2, 1};
    km_plan *plan;
    km_schedule *schedule;
    dismissed d = {0};
    int running;

    (void)state;
    ASSERT_OK(make_artificial_plan(3, "", &plan));
    schedule = make_schedule(plan, 3, 4, n_attempt, states);
    running = km_schedule_next(schedule, INFINITY);
    assert_int_equal(running, 4);
    assert_int_equal(km_schedule_next(schedule, INFINITY), 3);
    assert_int_equal(km_schedule_next(schedule, INFINITY), -1); /* 2 waits to be alone */
    end(schedule, 3, KM_TASK_DONE, &d);
    assert_int_equal(km_schedule_next(schedule, INFINITY), -1);
    ASSERT_OK(km_schedule_put_back(schedule, 4));
    assert_int_equal(km_schedule_next(schedule, INFINITY), 4);
    end(schedule, 4, KM_TASK_DONE, &d);
    assert_int_equal(km_schedule_next(schedule, INFINITY), 2);
    assert_int_equal(km_schedule_next(schedule, INFINITY), -1);
    km_schedule_destroy(&schedule);
    km_plan_destroy(&plan);
}

static void a_policys_order_and_pruning_are_adopted(void **state)
{
    const km_task_state done[] = {KM_TASK_DONE, KM_TASK_DONE};
    const int once[] = {1, 1};
    km_policy_candidate *candidates;
    km_policy_observation *observations;
    km_schedule *schedule;
    km_plan *plan;
    dismissed d = {0};
    int n_observation, n_candidate, *indices;

    (void)state;
    ASSERT_OK(make_artificial_plan(N_SLAB, "", &plan));
    schedule = make_schedule(plan, 3, 2, once, done);
    end(schedule, km_schedule_next(schedule, INFINITY), KM_TASK_DONE, &d);
    ASSERT_OK(km_schedule_list(schedule, &n_observation, &observations, &n_candidate, &indices,
                               &candidates));
    assert_int_equal(n_observation, 1);
    assert_int_equal(n_candidate, N_SLAB - 1);
    for (int i = 0; i < n_candidate; ++i) candidates[i].priority = i;
    candidates[1].is_pruned = true;
    ASSERT_OK(km_schedule_adopt(schedule, n_candidate, indices, candidates, note, &d));
    assert_int_equal(d.n, 1);
    assert_int_equal(d.index[0], indices[1]);
    assert_int_equal(d.state[0], KM_TASK_PRUNED);
    for (int i = n_candidate - 1; i >= 0; --i)
        if (i != 1) assert_int_equal(km_schedule_next(schedule, INFINITY), indices[i]);
    assert_int_equal(km_schedule_next(schedule, INFINITY), -1);
    KM_FREE(observations);
    KM_FREE(candidates);
    KM_FREE(indices);
    km_schedule_destroy(&schedule);
    km_plan_destroy(&plan);
}

static void the_cost_model_learns_from_finished_tasks(void **state)
{
    km_task small = {.kind = KM_TASK_SURFACE, .cost = 100, .estimate_s = 7};
    km_task large = {.kind = KM_TASK_SURFACE, .cost = 300, .estimate_s = 9};
    km_task bulk = {.kind = KM_TASK_BULK, .cost = 50, .estimate_s = 3};
    km_cost cost = {0};

    (void)state;
    assert_true(km_cost_predict_s(&cost, &large) == 9);
    km_cost_learn(&cost, &bulk, 10);
    assert_true(fabs(km_cost_predict_s(&cost, &large) - 60) < 1e-9);
    km_cost_learn(&cost, &small, 200);
    assert_true(fabs(km_cost_predict_s(&cost, &large) - 600) < 1e-9);
}

/* DESIGN 10 wants 1e5 per second of the whole master; the schedule alone must be far above it. */
static void a_queue_of_a_hundred_thousand_gives_out_tasks_quickly(void **state)
{
    const int n_slab = 100000;
    km_plan *plan;
    km_schedule *schedule;
    dismissed d = {0};
    clock_t since;
    double rate;
    int n = 0;

    (void)state;
    ASSERT_OK(make_artificial_plan(n_slab, "", &plan));
    schedule = make_schedule(plan, 3, 0, NULL, NULL);
    since = clock();
    for (int index = 0; (index = km_schedule_next(schedule, INFINITY)) >= 0; ++n)
        end(schedule, index, KM_TASK_DONE, &d);
    rate = n / ((double)(clock() - since) / CLOCKS_PER_SEC);
    assert_int_equal(n, n_slab + 2);
    assert_true(rate > 1e5);
    km_schedule_destroy(&schedule);
    km_plan_destroy(&plan);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(surfaces_wait_for_both_references),
    cmocka_unit_test(a_failed_reference_dismisses_each_surface_once),
    cmocka_unit_test(a_reference_that_failed_in_an_earlier_job_dismisses_its_surfaces),
    cmocka_unit_test(the_longest_that_fits_is_started_near_the_end),
    cmocka_unit_test(an_interrupted_task_comes_last_and_its_last_attempt_runs_alone),
    cmocka_unit_test(a_policys_order_and_pruning_are_adopted),
    cmocka_unit_test(the_cost_model_learns_from_finished_tasks),
    cmocka_unit_test(a_queue_of_a_hundred_thousand_gives_out_tasks_quickly),
};

KM_TEST_MAIN(tests)
