/* np: 1 2 */
#include "support.h"

#include "kaimen/potential/fake_calculator.h"

#include <math.h>
#include <signal.h>
#include <string.h>

static const double cell_bohr[9] = {6, 0, 0, 0, 6, 0, 0, 0, 40};

static km_crystal *make_slab(double shift)
{
    const int z[] = {12, 8, 12};
    const double frac[] = {shift, 0, -0.1, 0, 0, 0, 0, 0, 0.1};
    km_crystal *crystal;

    ASSERT_OK(km_crystal_create(cell_bohr, 3, z, frac, &crystal));
    return crystal;
}

static km_request make_request(void)
{
    km_request request = km_request_default();

    request.vacuum_axis = 2;
    return request;
}

static void every_outcome_has_a_name(void **state)
{
    (void)state;
    assert_string_equal(km_outcome_name(KM_OUTCOME_CONVERGED), "converged");
    assert_string_equal(km_outcome_name(KM_OUTCOME_NOT_CONVERGED), "not converged");
    assert_string_equal(km_outcome_name(KM_OUTCOME_FAILED), "failed");
    assert_string_equal(km_outcome_name((km_outcome)99), "unknown");
}

static km_status compute_nothing(void *self, const km_crystal *crystal,
                                 const km_request *request, MPI_Comm comm,
                                 km_calculation *result)
{
    (void)crystal, (void)request, (void)comm;
    ++*(int *)self;
    result->energy_ha = -1;
    return KM_OK;
}

static void what_a_calculator_lacks_is_refused_by_name(void **state)
{
    static const km_calculator_class plain = {.name = "plain", .compute = compute_nothing};
    km_crystal *crystal = make_slab(0);
    km_request request = make_request();
    km_calculator *calculator;
    km_calculation result;
    double values[9];
    int n_call = 0;

    (void)state;
    ASSERT_OK(km_calculator_create(&plain, &n_call, &calculator));
    ASSERT_OK(km_calculator_compute(calculator, crystal, &request, MPI_COMM_WORLD, &result));
    assert_int_equal(n_call, 1);
    assert_int_equal(km_calculator_forces(calculator, values), KM_E_ARGUMENT);
    assert_string_equal(km_status_message(), "calculator plain has no forces");
    assert_int_equal(km_calculator_planar_potential(calculator, 2, 9, values), KM_E_ARGUMENT);
    assert_int_equal(km_calculator_planar_density(calculator, 2, 9, values), KM_E_ARGUMENT);
    assert_int_equal(km_calculator_estimate(calculator, crystal, &request, &(km_estimate){0}),
                     KM_E_ARGUMENT);
    km_calculator_destroy(&calculator);
    assert_null(calculator);
    km_calculator_destroy(&calculator);
    km_crystal_destroy(&crystal);
}

static void an_impossible_request_is_refused(void **state)
{
    km_fake_options options = {0};
    km_crystal *crystal = make_slab(0);
    km_request request = make_request();
    km_calculator *calculator;
    km_calculation result;

    (void)state;
    ASSERT_OK(km_fake_calculator_create(&options, &calculator));
    request.vacuum_axis = 3;
    assert_int_equal(
        km_calculator_compute(calculator, crystal, &request, MPI_COMM_WORLD, &result),
        KM_E_ARGUMENT);
    request.vacuum_axis = 2;
    request.time_limit_s = -1;
    assert_int_equal(
        km_calculator_compute(calculator, crystal, &request, MPI_COMM_WORLD, &result),
        KM_E_ARGUMENT);
    km_calculator_destroy(&calculator);
    km_crystal_destroy(&crystal);
}

static void the_fake_energy_depends_on_the_structure_only(void **state)
{
    km_fake_options options = {0};
    km_crystal *crystal = make_slab(0), *moved = make_slab(0.01);
    km_request request = make_request();
    km_calculator *calculator, *another;
    km_calculation first, second, other;

    (void)state;
    ASSERT_OK(km_fake_calculator_create(&options, &calculator));
    ASSERT_OK(km_fake_calculator_create(&options, &another));
    ASSERT_OK(km_calculator_compute(calculator, crystal, &request, MPI_COMM_WORLD, &first));
    ASSERT_OK(km_calculator_compute(calculator, moved, &request, MPI_COMM_WORLD, &other));
    ASSERT_OK(km_calculator_compute(another, crystal, &request, MPI_COMM_WORLD, &second));
    assert_true(first.energy_ha == second.energy_ha);
    assert_true(first.energy_ha != other.energy_ha);
    km_calculator_destroy(&calculator);
    km_calculator_destroy(&another);
    km_crystal_destroy(&crystal);
    km_crystal_destroy(&moved);
}

static void the_fake_density_holds_every_electron(void **state)
{
    km_fake_options options = {0};
    km_crystal *crystal = make_slab(0);
    km_request request = make_request();
    km_calculator *calculator;
    km_calculation result;
    double density[200], sum = 0;

    (void)state;
    ASSERT_OK(km_fake_calculator_create(&options, &calculator));
    ASSERT_OK(km_calculator_compute(calculator, crystal, &request, MPI_COMM_WORLD, &result));
    ASSERT_OK(km_calculator_planar_density(calculator, 2, 200, density));
    for (int i = 0; i < 200; ++i) sum += density[i] * km_crystal_volume_bohr3(crystal) / 200;
    assert_true(fabs(sum - result.n_electron) < 1e-6);
    assert_true(density[100] < 1e-6);
    km_calculator_destroy(&calculator);
    km_crystal_destroy(&crystal);
}

static void a_stop_or_a_limit_ends_the_fake_early(void **state)
{
    km_fake_options options = {.sleep_s = 60};
    volatile sig_atomic_t stop = 1;
    km_crystal *crystal = make_slab(0);
    km_request request = make_request();
    km_calculator *calculator;
    km_calculation result;

    (void)state;
    ASSERT_OK(km_fake_calculator_create(&options, &calculator));
    request.stop = &stop;
    ASSERT_OK(km_calculator_compute(calculator, crystal, &request, MPI_COMM_WORLD, &result));
    assert_int_equal(result.outcome, KM_OUTCOME_STOPPED);
    stop = 0;
    request.time_limit_s = 0.02;
    ASSERT_OK(km_calculator_compute(calculator, crystal, &request, MPI_COMM_WORLD, &result));
    assert_int_equal(result.outcome, KM_OUTCOME_TIMEOUT);
    km_calculator_destroy(&calculator);
    km_crystal_destroy(&crystal);
}

static void the_asked_fraction_fails_or_does_not_converge(void **state)
{
    km_fake_options options = {.fail_fraction = 0.25, .unconverged_fraction = 0.5};
    km_request request = make_request();
    km_calculator *calculator;
    km_calculation result;
    int n_failed = 0, n_unconverged = 0;

    (void)state;
    ASSERT_OK(km_fake_calculator_create(&options, &calculator));
    for (int i = 0; i < 400; ++i) {
        km_crystal *crystal = make_slab(0.001 * i);

        if (km_calculator_compute(calculator, crystal, &request, MPI_COMM_WORLD, &result) !=
            KM_OK)
            ++n_failed;
        else if (result.outcome == KM_OUTCOME_NOT_CONVERGED)
            ++n_unconverged;
        km_crystal_destroy(&crystal);
    }
    /* Four standard deviations of binomial counts around 100 and 150. */
    assert_in_range(n_failed, 65, 135);
    assert_in_range(n_unconverged, 110, 190);
    km_calculator_destroy(&calculator);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_outcome_has_a_name),
    cmocka_unit_test(what_a_calculator_lacks_is_refused_by_name),
    cmocka_unit_test(an_impossible_request_is_refused),
    cmocka_unit_test(the_fake_energy_depends_on_the_structure_only),
    cmocka_unit_test(the_fake_density_holds_every_electron),
    cmocka_unit_test(a_stop_or_a_limit_ends_the_fake_early),
    cmocka_unit_test(the_asked_fraction_fails_or_does_not_converge),
};

KM_TEST_MAIN(tests)
