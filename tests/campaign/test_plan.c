/* np: 1 */
#include "support.h"

#include "artificial.h"
#include "kaimen/base/units.h"
#include "kaimen/campaign/campaign.h"
#include "kaimen/potential/fake_calculator.h"

#include <math.h>
#include <string.h>

#define A_MGO_BOHR (4.2112 * KM_BOHR_PER_ANG)

/* Rock salt in its conventional cell; `order` and `shift` change how it is written, not what it is. */
static km_crystal *make_magnesia(bool reverse, double shift)
{
    const double cell[9] = {A_MGO_BOHR, 0, 0, 0, A_MGO_BOHR, 0, 0, 0, A_MGO_BOHR};
    const int z[] = {12, 12, 12, 12, 8, 8, 8, 8};
    const double frac[8][3] = {{0, 0, 0},       {0, 0.5, 0.5}, {0.5, 0, 0.5}, {0.5, 0.5, 0},
                               {0.5, 0.5, 0.5}, {0.5, 0, 0},   {0, 0.5, 0},   {0, 0, 0.5}};
    km_crystal *crystal;
    double written[8][3];
    int written_z[8];

    for (int ia = 0; ia < 8; ++ia) {
        int to = reverse ? 7 - ia : ia;

        written_z[to] = z[ia];
        for (int i = 0; i < 3; ++i) written[to][i] = frac[ia][i] + shift;
    }
    ASSERT_OK(km_crystal_create(cell, 8, written_z, written[0], &crystal));
    return crystal;
}

static void identity_does_not_depend_on_how_the_atoms_are_written(void **state)
{
    km_crystal *crystal = make_magnesia(false, 0), *same = make_magnesia(true, 3 + 1e-9);
    char id[KM_ID_SIZE], id_of_same[KM_ID_SIZE];

    (void)state;
    ASSERT_OK(km_task_identify(KM_TASK_BULK, crystal, "ecut 20", id));
    ASSERT_OK(km_task_identify(KM_TASK_BULK, same, "ecut 20", id_of_same));
    assert_string_equal(id, id_of_same);
    assert_int_equal(strlen(id), KM_ID_SIZE - 1);
    km_crystal_destroy(&crystal);
    km_crystal_destroy(&same);
}

static void identity_depends_on_kind_structure_and_options(void **state)
{
    km_crystal *crystal = make_magnesia(false, 0), *moved = make_magnesia(false, 0.01);
    char ids[4][KM_ID_SIZE];

    (void)state;
    ASSERT_OK(km_task_identify(KM_TASK_BULK, crystal, "ecut 20", ids[0]));
    ASSERT_OK(km_task_identify(KM_TASK_BULK, crystal, "ecut 25", ids[1]));
    ASSERT_OK(km_task_identify(KM_TASK_BULK, moved, "ecut 20", ids[2]));
    ASSERT_OK(km_task_identify(KM_TASK_ORIENTED_BULK, crystal, "ecut 20", ids[3]));
    for (int i = 0; i < 4; ++i)
        for (int j = 0; j < i; ++j) assert_string_not_equal(ids[i], ids[j]);
    km_crystal_destroy(&crystal);
    km_crystal_destroy(&moved);
}

static void remarks_are_added_to_a_reason_until_it_is_full(void **state)
{
    km_result result = km_result_empty();

    (void)state;
    km_result_add_reason(&result, "smeared");
    assert_string_equal(result.reason, "smeared");
    km_result_add_reason(&result, "the bulk is metallic");
    assert_string_equal(result.reason, "smeared; the bulk is metallic");
    for (int i = 0; i < KM_REASON_SIZE; ++i) km_result_add_reason(&result, "more");
    assert_int_equal(strlen(result.reason), KM_REASON_SIZE - 1);
}

static void equal_tasks_are_one(void **state)
{
    km_task task = {.kind = KM_TASK_BULK, .label = "X bulk"};
    km_plan *plan;
    int first, again, other;

    (void)state;
    ASSERT_OK(km_plan_create(&plan));
    ASSERT_OK(add_column(plan, &task, 1, 4, 0, "text", &first));
    ASSERT_OK(add_column(plan, &task, 2, 8, 0, "text", &other));
    ASSERT_OK(add_column(plan, &task, 1, 4, 0, "text", &again));
    assert_int_equal(first, again);
    assert_int_equal(other, 1);
    assert_int_equal(km_plan_n_task(plan), 2);
    km_plan_destroy(&plan);
}

static void a_missing_reference_is_refused(void **state)
{
    km_task task = {
        .kind = KM_TASK_SURFACE, .label = "X (001)a", .bulk_id = "0123456789abcdef"};
    km_plan *plan;

    (void)state;
    ASSERT_OK(km_plan_create(&plan));
    assert_int_equal(add_column(plan, &task, 3, 40, 0, "text", NULL), KM_E_ARGUMENT);
    assert_non_null(strstr(km_status_message(), "0123456789abcdef"));
    km_plan_destroy(&plan);
}

static void many_tasks_are_all_found_again(void **state)
{
    km_plan *plan;

    (void)state;
    ASSERT_OK(make_artificial_plan(1000, "text", &plan));
    assert_int_equal(km_plan_n_task(plan), 1002);
    for (int i = 0; i < km_plan_n_task(plan); ++i)
        assert_int_equal(km_plan_find(plan, km_plan_task(plan, i)->id), i);
    assert_int_equal(km_plan_find(plan, "no such task"), -1);
    km_plan_destroy(&plan);
}

static km_campaign_options make_options(const km_campaign_bulk *bulk, int n_bulk)
{
    km_campaign_options options = km_campaign_options_default();

    options.bulk = bulk;
    options.n_bulk = n_bulk;
    options.slab.thickness_bohr = 12;
    snprintf(options.name, sizeof options.name, "test");
    return options;
}

/* Every surface waits for the bulk and for the oriented bulk of its own (hkl); sizes balance. */
static void surfaces_of_a_crystal_come_with_their_references(void **state)
{
    km_campaign_bulk bulk = {.name = "MgO", .crystal = make_magnesia(false, 0)};
    km_campaign_options options = make_options(&bulk, 1);
    km_fake_options fake = {.sleep_s = 2};
    km_calculator *calculator;
    km_plan *plan;
    int n_kind[KM_N_TASK_KIND] = {0};

    (void)state;
    ASSERT_OK(km_fake_calculator_create(&fake, &calculator));
    ASSERT_OK(km_campaign_plan(&options, calculator, &plan));
    for (int i = 0; i < km_plan_n_task(plan); ++i) {
        const km_task *task = km_plan_task(plan, i);
        int oriented = km_plan_find(plan, task->oriented_id);

        ++n_kind[task->kind];
        assert_true(task->cost > 0 && task->estimate_s == 2);
        assert_int_equal(km_plan_request(task).edges, task->kind == KM_TASK_BULK);
        assert_int_equal(km_plan_request(task).vacuum_axis,
                         task->kind == KM_TASK_SURFACE ? 2 : -1);
        assert_int_equal(km_plan_request(task).normal_axis,
                         task->kind == KM_TASK_BULK ? -1 : 2);
        if (task->kind != KM_TASK_SURFACE) continue;
        assert_int_equal(km_plan_task(plan, km_plan_find(plan, task->bulk_id))->n_atom, 2);
        assert_int_equal(km_plan_task(plan, oriented)->kind, KM_TASK_ORIENTED_BULK);
        assert_true(fabs(task->surface.n_bulk * km_plan_task(plan, oriented)->n_atom -
                         task->n_atom) < 1e-9);
    }
    assert_int_equal(n_kind[KM_TASK_BULK], 1);
    assert_int_equal(n_kind[KM_TASK_ORIENTED_BULK],
                     2); /* (100) and (110); (111) is polar or type C */
    assert_int_equal(n_kind[KM_TASK_SURFACE], 2);
    km_plan_destroy(&plan);
    km_calculator_destroy(&calculator);
    km_crystal_destroy((km_crystal **)&bulk.crystal);
}

static void a_crystal_without_an_accepted_cut_needs_no_reference(void **state)
{
    km_campaign_bulk bulk = {.name = "MgO", .crystal = make_magnesia(false, 0)};
    km_campaign_options options = make_options(&bulk, 1);
    km_plan *plan;

    (void)state;
    options.slab.max_atom = 1;
    ASSERT_OK(km_campaign_plan(&options, NULL, &plan));
    assert_int_equal(km_plan_n_task(plan), 0);
    assert_true(km_slab_list_n(km_plan_slabs(plan, 0)) > 0);
    assert_int_equal(km_plan_slab_task(plan, 0, 0), -1);
    km_plan_destroy(&plan);
    km_crystal_destroy((km_crystal **)&bulk.crystal);
}

static void each_accepted_cut_has_a_task_and_each_rejected_one_none(void **state)
{
    km_campaign_bulk bulk = {.name = "MgO", .crystal = make_magnesia(false, 0)};
    km_campaign_options options = make_options(&bulk, 1);
    const km_slab_list *slabs;
    km_plan *plan;

    (void)state;
    ASSERT_OK(km_campaign_plan(&options, NULL, &plan));
    assert_int_equal(km_plan_n_bulk(plan), 1);
    assert_string_equal(km_plan_bulk_name(plan, 0), "MgO");
    slabs = km_plan_slabs(plan, 0);
    for (int i = 0; i < km_slab_list_n(slabs); ++i) {
        int task = km_plan_slab_task(plan, 0, i);

        assert_int_equal(task >= 0, km_slab_list_info(slabs, i)->is_accepted);
        if (task >= 0)
            assert_int_equal(km_plan_task(plan, task)->n_atom,
                             km_slab_list_info(slabs, i)->n_atom);
    }
    km_plan_destroy(&plan);
    km_crystal_destroy((km_crystal **)&bulk.crystal);
}

static void two_crystals_of_one_name_are_refused(void **state)
{
    km_crystal *crystal = make_magnesia(false, 0);
    km_campaign_bulk bulks[2] = {{.name = "MgO", .crystal = crystal},
                                 {.name = "MgO", .crystal = crystal}};
    km_campaign_options options = make_options(bulks, 2);
    km_plan *plan;

    (void)state;
    assert_int_equal(km_campaign_plan(&options, NULL, &plan), KM_E_INPUT);
    assert_non_null(strstr(km_status_message(), "two crystals are named \"MgO\""));
    assert_null(plan);
    options.n_bulk = 0;
    assert_int_equal(km_campaign_plan(&options, NULL, &plan), KM_E_INPUT);
    km_crystal_destroy(&crystal);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(identity_does_not_depend_on_how_the_atoms_are_written),
    cmocka_unit_test(identity_depends_on_kind_structure_and_options),
    cmocka_unit_test(remarks_are_added_to_a_reason_until_it_is_full),
    cmocka_unit_test(equal_tasks_are_one),
    cmocka_unit_test(a_missing_reference_is_refused),
    cmocka_unit_test(many_tasks_are_all_found_again),
    cmocka_unit_test(surfaces_of_a_crystal_come_with_their_references),
    cmocka_unit_test(a_crystal_without_an_accepted_cut_needs_no_reference),
    cmocka_unit_test(each_accepted_cut_has_a_task_and_each_rejected_one_none),
    cmocka_unit_test(two_crystals_of_one_name_are_refused),
};

KM_TEST_MAIN(tests)
