/* np: 1 */
#include "support.h"

#include "kaimen/base/units.h"
#include "kaimen/campaign/campaign.h"
#include "kaimen/potential/fake_calculator.h"

#include <math.h>
#include <string.h>

enum { N = 7 };

static const km_birch_murnaghan curve = {
    .has_minimum = true, .v0 = 130.0, .e0 = -76.0, .b0 = 0.0052, .b1 = 4.3};

/* Rock salt in its conventional cell, off the origin. */
static km_crystal *make_magnesia(void)
{
    const double a = 4.2112 * KM_BOHR_PER_ANG, cell[9] = {a, 0, 0, 0, a, 0, 0, 0, a};
    const int z[] = {12, 12, 12, 12, 8, 8, 8, 8};
    const double frac[] = {0.1, 0.1, 0.1, 0.1, 0.6, 0.6, 0.6, 0.1, 0.6, 0.6, 0.6, 0.1,
                           0.6, 0.6, 0.6, 0.6, 0.1, 0.1, 0.1, 0.6, 0.1, 0.1, 0.1, 0.6};
    km_crystal *crystal;

    ASSERT_OK(km_crystal_create(cell, 8, z, frac, &crystal));
    return crystal;
}

static km_status plan_of(const km_crystal *crystal, int n_point, double range, km_plan **plan)
{
    const km_equation_of_state_options options = {.n_point = n_point, .range = range};
    km_status status;

    KM_TRY(km_plan_create(plan));
    status = km_equation_of_state_plan(*plan, "MgO", crystal, &options, 1e-4, "text");
    if (status != KM_OK) km_plan_destroy(plan);
    return status;
}

static void volumes_are_the_primitive_cell_scaled(void **state)
{
    km_crystal *crystal = make_magnesia();
    double volume_bohr3 = km_crystal_volume_bohr3(crystal) / 4;
    km_plan *plan;

    (void)state;
    ASSERT_OK(plan_of(crystal, 5, 0.1, &plan));
    assert_int_equal(km_plan_n_task(plan), 5);
    for (int i = 0; i < 5; ++i) {
        const km_task *task = km_plan_task(plan, i);
        const km_crystal *scaled = km_plan_crystal(plan, i);

        assert_int_equal(task->kind, KM_TASK_VOLUME);
        assert_string_equal(task->bulk, "MgO");
        assert_int_equal(task->n_atom, 2);
        ASSERT_CLOSE(task->volume_ratio, 0.9 + 0.05 * i, 1e-12);
        ASSERT_CLOSE(task->volume_bohr3, task->volume_ratio * volume_bohr3, 1e-6);
        ASSERT_CLOSE(km_crystal_volume_bohr3(scaled), task->volume_bohr3, 1e-6);
        /* The inversion centre is at the origin: an atom at -x for each at x. */
        for (int j = 0; j < 6; ++j)
            ASSERT_CLOSE(2 * km_crystal_frac(scaled)[j], round(2 * km_crystal_frac(scaled)[j]),
                         1e-9);
    }
    km_plan_destroy(&plan);
    km_crystal_destroy(&crystal);
}

static void every_volume_has_the_mesh_and_one_has_the_slope(void **state)
{
    km_crystal *crystal = make_magnesia();
    km_plan *plan;
    double length_bohr = 0;
    int n_slope = 0;

    (void)state;
    ASSERT_OK(plan_of(crystal, N, 0.06, &plan));
    for (int i = 0; i < N; ++i) {
        km_request request = km_plan_request(km_plan_task(plan, i));
        /* What the mesh is made for: the same cell for all. */
        double length =
            km_crystal_cell_bohr(km_plan_crystal(plan, i))[1] * request.mesh_length_ratio;

        if (i == 0) length_bohr = length;
        ASSERT_CLOSE(length, length_bohr, 1e-9);
        n_slope += request.basis_slope;
        assert_true(request.basis_slope == (i == N / 2));
    }
    assert_int_equal(n_slope, 1);
    km_plan_destroy(&plan);
    km_crystal_destroy(&crystal);
}

static void bad_options_and_twins_are_refused(void **state)
{
    const km_equation_of_state_options options = km_equation_of_state_options_default();
    km_crystal *crystal = make_magnesia();
    km_plan *plan = NULL;

    (void)state;
    assert_int_equal(plan_of(crystal, 3, 0.06, &plan), KM_E_INPUT);
    assert_int_equal(plan_of(crystal, 6, 0.06, &plan), KM_E_INPUT);
    assert_int_equal(plan_of(crystal, N, 0, &plan), KM_E_INPUT);
    assert_int_equal(plan_of(crystal, N, 0.7, &plan), KM_E_INPUT);
    ASSERT_OK(plan_of(crystal, N, 0.06, &plan));
    assert_int_equal(km_equation_of_state_plan(plan, "MgO", crystal, &options, 1e-4, "text"),
                     KM_E_INPUT);
    assert_int_equal(km_equation_of_state_plan(plan, "twin", crystal, &options, 1e-4, "text"),
                     KM_E_INPUT);
    assert_non_null(strstr(km_status_message(), "\"twin\""));
    assert_non_null(strstr(km_status_message(), "MgO"));
    km_plan_destroy(&plan);
    km_crystal_destroy(&crystal);
}

/* Results on the curve, with the noise of a discrete sphere: the energy follows its number of plane waves. */
static void make_points(double centre, double slope_ha, km_task *tasks, km_result *results)
{
    for (int i = 0; i < N; ++i) {
        double ratio = 0.94 + 0.02 * i, filling = 1 + 0.01 * cos(5.0 * i);

        tasks[i] = (km_task){.kind = KM_TASK_VOLUME,
                             .bulk = "X",
                             .n_atom = 2,
                             .volume_ratio = ratio,
                             .volume_bohr3 = ratio * centre};
        results[i] = km_result_empty();
        results[i].energy_ha =
            km_birch_murnaghan_energy(&curve, tasks[i].volume_bohr3) + slope_ha * log(filling);
        results[i].calculation.basis_filling = filling;
        results[i].calculation.basis_slope_ha = i == N / 2 ? slope_ha : NAN;
        results[i].time_s = 2;
    }
}

static void a_fit_is_free_of_the_noise_of_discrete_spheres(void **state)
{
    km_equation_of_state equation;
    km_task tasks[N];
    km_result results[N];

    (void)state;
    make_points(curve.v0, -0.05, tasks, results);
    ASSERT_OK(km_equation_of_state_fit(N, tasks, results, &equation));
    assert_true(equation.is_fitted);
    assert_string_equal(equation.reason, "");
    assert_string_equal(equation.name, "X");
    ASSERT_CLOSE(equation.v0_bohr3, curve.v0, 1e-6);
    ASSERT_CLOSE(equation.b0_ha_bohr3, curve.b0, 1e-8);
    ASSERT_CLOSE(equation.b1, curve.b1, 1e-4);
    ASSERT_CLOSE(equation.residual_ha, 0, 1e-12);
    ASSERT_CLOSE(equation.time_s, 14, 1e-12);
    /* Without the slope the noise is there, and is told. */
    results[N / 2].calculation.basis_slope_ha = NAN;
    ASSERT_OK(km_equation_of_state_fit(N, tasks, results, &equation));
    assert_true(equation.is_fitted && equation.residual_ha > 1e-5);
    assert_string_equal(equation.reason, "not corrected for the number of plane waves");
}

static void points_that_failed_are_left_out_and_named(void **state)
{
    km_equation_of_state equation;
    km_task tasks[N];
    km_result results[N];

    (void)state;
    make_points(curve.v0, 0, tasks, results);
    results[0].energy_ha = results[4].energy_ha = NAN;
    ASSERT_OK(km_equation_of_state_fit(N, tasks, results, &equation));
    assert_true(equation.is_fitted);
    assert_int_equal(equation.n_done, 5);
    ASSERT_CLOSE(equation.v0_bohr3, curve.v0, 1e-6);
    assert_string_equal(equation.reason, "no energy at volume ratio 0.94, 1.02");
}

static void too_few_points_give_no_fit(void **state)
{
    km_equation_of_state equation;
    km_task tasks[N];
    km_result results[N];

    (void)state;
    make_points(curve.v0, 0, tasks, results);
    for (int i = 0; i < 3; ++i) results[i].energy_ha = NAN;
    ASSERT_OK(km_equation_of_state_fit(N, tasks, results, &equation));
    assert_false(equation.is_fitted);
    assert_true(isnan(equation.v0_bohr3) && isnan(equation.b0_ha_bohr3));
    assert_string_equal(equation.reason, "4 points of 7 have an energy, wanted at least 5; no "
                                         "energy at volume ratio 0.94, 0.96, 0.98");
}

static void a_minimum_outside_the_volumes_is_no_fit(void **state)
{
    km_equation_of_state equation;
    km_task tasks[N];
    km_result results[N];

    (void)state;
    for (int side = -1; side <= 1; side += 2) {
        make_points(curve.v0 * (1 + 0.08 * side), 0, tasks, results);
        ASSERT_OK(km_equation_of_state_fit(N, tasks, results, &equation));
        assert_false(equation.is_fitted);
        assert_true(isnan(equation.v0_bohr3));
        assert_string_equal(equation.reason, "the energy has no minimum between the volumes");
    }
}

static void a_campaign_plans_what_the_input_asks_for(void **state)
{
    km_campaign_bulk bulk = {.name = "MgO", .crystal = make_magnesia()};
    km_campaign_options options = km_campaign_options_default();
    km_fake_options fake = {.sleep_s = 1};
    km_calculator *calculator;
    km_plan *plan;

    (void)state;
    options.kind = KM_CAMPAIGN_EQUATION_OF_STATE;
    options.bulk = &bulk;
    options.n_bulk = 1;
    ASSERT_OK(km_fake_calculator_create(&fake, &calculator));
    ASSERT_OK(km_campaign_plan(&options, calculator, &plan));
    assert_int_equal(km_plan_n_task(plan), 7);
    assert_int_equal(km_plan_n_bulk(plan), 0);
    for (int i = 0; i < 7; ++i) assert_true(km_plan_task(plan, i)->cost > 0);
    km_plan_destroy(&plan);
    km_calculator_destroy(&calculator);
    km_crystal_destroy((km_crystal **)&bulk.crystal);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(volumes_are_the_primitive_cell_scaled),
    cmocka_unit_test(every_volume_has_the_mesh_and_one_has_the_slope),
    cmocka_unit_test(bad_options_and_twins_are_refused),
    cmocka_unit_test(a_fit_is_free_of_the_noise_of_discrete_spheres),
    cmocka_unit_test(points_that_failed_are_left_out_and_named),
    cmocka_unit_test(too_few_points_give_no_fit),
    cmocka_unit_test(a_minimum_outside_the_volumes_is_no_fit),
    cmocka_unit_test(a_campaign_plans_what_the_input_asks_for),
};

KM_TEST_MAIN(tests)
