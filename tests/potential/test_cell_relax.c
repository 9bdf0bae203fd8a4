/* np: 1 3 */
#include "support.h"

#include "kaimen/crystal/symmetry.h"
#include "kaimen/potential/cell_relax.h"
#include "model_calculator.h"

static const double FORCE_HA_BOHR = 1e-6, STRESS_HA_BOHR3 = 1e-9;

/* Pair potential whose energy depends on plane waves: S ln(filling) of a basis that is strained along with its cell. */
typedef struct {
    model pairs; /* first: its forces are used as they are */
    double slope_ha;
    double volume_bohr3;
} basis_model;

static km_status basis_compute(void *self, const km_crystal *crystal, const km_request *request,
                               MPI_Comm comm, km_calculation *result)
{
    basis_model *m = self;
    const double *c =
        request->basis_cell_bohr ? request->basis_cell_bohr : km_crystal_cell_bohr(crystal);
    const double basis_volume = c[0] * (c[4] * c[8] - c[5] * c[7]) +
                                c[1] * (c[5] * c[6] - c[3] * c[8]) +
                                c[2] * (c[3] * c[7] - c[4] * c[6]);

    KM_TRY(model_compute(&m->pairs, crystal, request, comm, result));
    m->volume_bohr3 = km_crystal_volume_bohr3(crystal);
    result->basis_filling = basis_volume / m->volume_bohr3;
    result->energy_ha += m->slope_ha * log(result->basis_filling);
    result->free_energy_ha = result->energy_ha;
    result->basis_slope_ha = request->basis_slope ? m->slope_ha : NAN;
    return KM_OK;
}

static km_status basis_stress(void *self, double stress_ha_bohr3[9])
{
    basis_model *m = self;

    KM_TRY(model_stress(&m->pairs, stress_ha_bohr3));
    for (int x = 0; x < 3; ++x) stress_ha_bohr3[4 * x] -= m->slope_ha / m->volume_bohr3;
    return KM_OK;
}

static const km_calculator_class basis_functions = {.name = "basis model",
                                                    .compute = basis_compute,
                                                    .forces = model_forces,
                                                    .stress = basis_stress};

/* One atom of fcc in a primitive cell that is 4 % too small and sheared. */
static km_crystal *make_sheared_fcc(void)
{
    const double h = 3.3, cell[9] = {0.1, h, h, h, -0.15, h + 0.1, h, h, 0.05};
    const double frac[3] = {0.1, 0.2, 0.3};
    km_crystal *crystal;

    ASSERT_OK(km_crystal_create(cell, 1, (int[]){18}, frac, &crystal));
    return crystal;
}

/* Two atoms of hcp, c/a and volume away from those of spheres; with a rattle no symmetry is left. */
static km_crystal *make_hcp(double rattle_frac)
{
    const double a = 5.1, c = 7.7, cell[9] = {a, 0, 0, -a / 2, a * sqrt(0.75), 0, 0, 0, c};
    const double frac[6] = {1.0 / 3, 2.0 / 3, 0.25 + rattle_frac, 2.0 / 3 + rattle_frac,
                            1.0 / 3, 0.75};
    km_crystal *crystal;

    ASSERT_OK(km_crystal_create(cell, 2, (int[]){18, 18}, frac, &crystal));
    return crystal;
}

static km_cell_relax_options tight_options(void)
{
    km_cell_relax_options options = km_cell_relax_options_default();

    options.force_tolerance_ha_bohr = FORCE_HA_BOHR;
    options.stress_tolerance_ha_bohr3 = STRESS_HA_BOHR3;
    return options;
}

static km_cell_relax_result relax_with(basis_model *m, const km_crystal *crystal,
                                       const km_cell_relax_options *options,
                                       km_crystal **relaxed)
{
    km_request request = km_request_default();
    km_calculator *calculator;
    km_cell_relax_result result;

    request.stop = &m->pairs.stop;
    ASSERT_OK(km_calculator_create(&basis_functions, m, &calculator));
    ASSERT_OK(km_cell_relax(crystal, options, calculator, &request, MPI_COMM_WORLD, relaxed,
                            &result));
    end_model(&m->pairs, &calculator);
    return result;
}

static basis_model make_basis_model(double slope_ha)
{
    basis_model m = {.pairs = lennard_jones(), .slope_ha = slope_ha};

    m.pairs.cutoff_bohr = 9; /* between shells of neighbours in all crystals here */
    return m;
}

static int space_group(const km_crystal *crystal)
{
    km_symmetry *symmetry;
    int number;

    ASSERT_OK(km_symmetry_create(crystal, 1e-3, &symmetry));
    number = km_symmetry_number(symmetry);
    km_symmetry_destroy(&symmetry);
    return number;
}

static void sheared_cell_becomes_fcc(void **state)
{
    const km_cell_relax_options options = tight_options();
    basis_model m = make_basis_model(0);
    km_crystal *crystal = make_sheared_fcc(), *relaxed;
    const km_cell_relax_result result = relax_with(&m, crystal, &options, &relaxed);

    (void)state;
    print_message("%d steps\n", result.n_step);
    assert_int_equal(result.outcome, KM_OUTCOME_CONVERGED);
    assert_true(result.n_step < 20);
    assert_int_equal(result.n_compute, result.n_step + 2);
    assert_true(result.max_stress_ha_bohr3 < STRESS_HA_BOHR3);
    assert_int_equal(space_group(crystal), 2);
    assert_int_equal(space_group(relaxed), 225);
    km_crystal_destroy(&crystal);
    km_crystal_destroy(&relaxed);
}

/* The stress is that of all strains of the cell, so any cell nearby has a higher energy. */
static void relaxed_crystal_is_a_minimum(void **state)
{
    const km_cell_relax_options options = tight_options();
    basis_model m = make_basis_model(0);
    km_crystal *crystal = make_hcp(0.03), *relaxed;
    const km_cell_relax_result result = relax_with(&m, crystal, &options, &relaxed);
    const km_request request = km_request_default();

    (void)state;
    print_message("%d steps\n", result.n_step);
    assert_int_equal(result.outcome, KM_OUTCOME_CONVERGED);
    for (int k = 0; k < 18; ++k) {
        double cell[9];
        km_crystal *near;
        km_calculation calculation;

        memcpy(cell, km_crystal_cell_bohr(relaxed), sizeof cell);
        cell[k / 2] += k % 2 ? 0.01 : -0.01;
        ASSERT_OK(
            km_crystal_create(cell, 2, km_crystal_z(relaxed), km_crystal_frac(relaxed), &near));
        ASSERT_OK(basis_compute(&m, near, &request, MPI_COMM_WORLD, &calculation));
        KM_FREE(m.pairs.forces);
        assert_true(calculation.energy_ha > result.calculation.energy_ha - 1e-9);
        km_crystal_destroy(&near);
    }
    assert_true(result.calculation.energy_ha < 0);
    km_crystal_destroy(&crystal);
    km_crystal_destroy(&relaxed);
}

static void symmetry_is_kept(void **state)
{
    const km_cell_relax_options options = tight_options();
    basis_model m = make_basis_model(0);
    km_crystal *crystal = make_hcp(0), *relaxed;
    const km_cell_relax_result result = relax_with(&m, crystal, &options, &relaxed);

    (void)state;
    assert_int_equal(result.outcome, KM_OUTCOME_CONVERGED);
    assert_int_equal(space_group(crystal), 194);
    assert_int_equal(space_group(relaxed), 194);
    assert_true(fabs(km_crystal_volume_bohr3(relaxed) - km_crystal_volume_bohr3(crystal)) > 1);
    for (int i = 0; i < 6; ++i)
        ASSERT_CLOSE(km_crystal_frac(relaxed)[i], km_crystal_frac(crystal)[i], 1e-9);
    km_crystal_destroy(&crystal);
    km_crystal_destroy(&relaxed);
}

/* The strained plane waves press the cell; the correction takes that away to the last digit. */
static void plane_waves_do_not_change_the_minimum(void **state)
{
    const km_cell_relax_options options = tight_options();
    basis_model plain = make_basis_model(0), m = make_basis_model(-0.05);
    km_crystal *crystal = make_sheared_fcc(), *expected, *relaxed;
    const km_cell_relax_result without = relax_with(&plain, crystal, &options, &expected);
    const km_cell_relax_result with = relax_with(&m, crystal, &options, &relaxed);

    (void)state;
    assert_int_equal(with.outcome, KM_OUTCOME_CONVERGED);
    ASSERT_CLOSE(with.basis_slope_ha, -0.05, 0);
    ASSERT_CLOSE(with.basis_error_ha, 0, 1e-12);
    ASSERT_CLOSE(with.calculation.energy_ha, without.calculation.energy_ha, 1e-10);
    ASSERT_CLOSE(km_crystal_volume_bohr3(relaxed), km_crystal_volume_bohr3(expected), 1e-4);
    km_crystal_destroy(&crystal);
    km_crystal_destroy(&expected);
    km_crystal_destroy(&relaxed);
}

static void stress_balances_the_pressure(void **state)
{
    km_cell_relax_options options = tight_options();
    basis_model m = make_basis_model(0), free_one = make_basis_model(0);
    km_crystal *crystal = make_sheared_fcc(), *relaxed, *expanded;
    const km_request request = km_request_default();
    km_cell_relax_result result;
    km_calculation calculation;
    double stress[9];

    (void)state;
    relax_with(&free_one, crystal, &options, &expanded);
    options.pressure_ha_bohr3 = 2e-4;
    result = relax_with(&m, crystal, &options, &relaxed);
    assert_int_equal(result.outcome, KM_OUTCOME_CONVERGED);
    ASSERT_OK(basis_compute(&m, relaxed, &request, MPI_COMM_WORLD, &calculation));
    ASSERT_OK(basis_stress(&m, stress));
    KM_FREE(m.pairs.forces);
    for (int k = 0; k < 9; ++k)
        ASSERT_CLOSE(stress[k], k % 4 == 0 ? -2e-4 : 0, STRESS_HA_BOHR3);
    assert_true(km_crystal_volume_bohr3(relaxed) < 0.99 * km_crystal_volume_bohr3(expanded));
    km_crystal_destroy(&crystal);
    km_crystal_destroy(&expanded);
    km_crystal_destroy(&relaxed);
}

static void what_does_not_converge_says_why(void **state)
{
    km_cell_relax_options options = tight_options();
    km_crystal *crystal = make_sheared_fcc(), *relaxed;
    basis_model m = make_basis_model(0), climbing = make_basis_model(0),
                stopped = make_basis_model(0);
    km_cell_relax_result result;

    (void)state;
    options.max_step = 2;
    result = relax_with(&m, crystal, &options, &relaxed);
    assert_int_equal(result.outcome, KM_OUTCOME_NOT_CONVERGED);
    assert_non_null(strstr(result.reason, "step limit after 2 steps"));
    km_crystal_destroy(&relaxed);
    options.max_step = 40;
    climbing.pairs.force_sign = -1;
    result = relax_with(&climbing, crystal, &options, &relaxed);
    assert_int_equal(result.outcome, KM_OUTCOME_DIVERGED);
    assert_non_null(strstr(result.reason, "exploded"));
    km_crystal_destroy(&relaxed);
    stopped.pairs.stop_after = 3;
    result = relax_with(&stopped, crystal, &options, &relaxed);
    assert_int_equal(result.outcome, KM_OUTCOME_STOPPED);
    assert_int_equal(result.n_compute, 3);
    km_crystal_destroy(&relaxed);
    km_crystal_destroy(&crystal);
}

static void impossible_options_are_refused(void **state)
{
    km_cell_relax_options options[3] = {tight_options(), tight_options(), tight_options()};
    km_crystal *crystal = make_sheared_fcc(), *relaxed;
    const km_request request = km_request_default();
    basis_model m = make_basis_model(0);
    km_cell_relax_result result;
    km_calculator *calculator;

    (void)state;
    options[0].stress_tolerance_ha_bohr3 = 0;
    options[1].max_step = 0;
    options[2].strain_limit = -1;
    ASSERT_OK(km_calculator_create(&basis_functions, &m, &calculator));
    for (int i = 0; i < 3; ++i) {
        assert_int_equal(km_cell_relax(crystal, &options[i], calculator, &request,
                                       MPI_COMM_WORLD, &relaxed, &result),
                         KM_E_ARGUMENT);
        assert_null(relaxed);
    }
    km_calculator_destroy(&calculator);
    km_crystal_destroy(&crystal);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(sheared_cell_becomes_fcc),
    cmocka_unit_test(relaxed_crystal_is_a_minimum),
    cmocka_unit_test(symmetry_is_kept),
    cmocka_unit_test(plane_waves_do_not_change_the_minimum),
    cmocka_unit_test(stress_balances_the_pressure),
    cmocka_unit_test(what_does_not_converge_says_why),
    cmocka_unit_test(impossible_options_are_refused),
};

KM_TEST_MAIN(tests)
