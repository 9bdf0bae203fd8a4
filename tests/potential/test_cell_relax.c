/* np: 1 3 */
#include "support.h"

#include "kaimen/crystal/symmetry.h"
#include "kaimen/potential/relax.h"
#include "model_calculator.h"

#include <unistd.h>

static const double FORCE_HA_BOHR = 1e-6, STRESS_HA_BOHR3 = 1e-9;

/* Pair potential whose energy depends on plane waves: S ln(filling) of a basis that is strained along with its cell. */
typedef struct {
    model pairs; /* first: its forces are used as they are */
    double slope_ha;
    double
        curvature_ha; /* of the logarithm squared: the slope is another one in another cell */
    double volume_bohr3, log_filling;
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
    m->log_filling = log(result->basis_filling);
    result->energy_ha +=
        m->slope_ha * m->log_filling + m->curvature_ha * m->log_filling * m->log_filling;
    result->free_energy_ha = result->energy_ha;
    result->basis_slope_ha = request->basis_slope ? m->slope_ha : NAN;
    return KM_OK;
}

static km_status basis_stress(void *self, double stress_ha_bohr3[9])
{
    basis_model *m = self;

    KM_TRY(model_stress(&m->pairs, stress_ha_bohr3));
    for (int x = 0; x < 3; ++x)
        stress_ha_bohr3[4 * x] -=
            (m->slope_ha + 2 * m->curvature_ha * m->log_filling) / m->volume_bohr3;
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

static km_relax_options tight_options(void)
{
    km_relax_options options = km_relax_options_default();

    options.cell = true;
    options.force_tolerance_ha_bohr = FORCE_HA_BOHR;
    options.stress_tolerance_ha_bohr3 = STRESS_HA_BOHR3;
    return options;
}

static km_relax_result relax_with(basis_model *m, const km_crystal *crystal,
                                  const km_relax_options *options, km_crystal **relaxed)
{
    km_request request = km_request_default();
    km_calculator *calculator;
    km_relax_result result;
    km_relax *relax;

    request.stop = &m->pairs.stop;
    ASSERT_OK(km_calculator_create(&basis_functions, m, &calculator));
    ASSERT_OK(km_relax_create(crystal, options, &relax));
    ASSERT_OK(km_relax_run(relax, calculator, &request, MPI_COMM_WORLD, &result));
    ASSERT_OK(km_crystal_copy(km_relax_crystal(relax), relaxed));
    km_relax_destroy(&relax);
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
    const km_relax_options options = tight_options();
    basis_model m = make_basis_model(0);
    km_crystal *crystal = make_sheared_fcc(), *relaxed;
    const km_relax_result result = relax_with(&m, crystal, &options, &relaxed);

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
    const km_relax_options options = tight_options();
    basis_model m = make_basis_model(0);
    km_crystal *crystal = make_hcp(0.03), *relaxed;
    const km_relax_result result = relax_with(&m, crystal, &options, &relaxed);
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
    const km_relax_options options = tight_options();
    basis_model m = make_basis_model(0);
    km_crystal *crystal = make_hcp(0), *relaxed;
    const km_relax_result result = relax_with(&m, crystal, &options, &relaxed);

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
    const km_relax_options options = tight_options();
    basis_model plain = make_basis_model(0), m = make_basis_model(-0.05);
    km_crystal *crystal = make_sheared_fcc(), *expected, *relaxed;
    const km_relax_result without = relax_with(&plain, crystal, &options, &expected);
    const km_relax_result with = relax_with(&m, crystal, &options, &relaxed);

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

/* Where the slope changes with the volume the first correction errs; plane waves are renewed until it does not. */
static void plane_waves_are_renewed_where_the_slope_changes(void **state)
{
    const km_relax_options options = tight_options();
    basis_model plain = make_basis_model(0), m = make_basis_model(-0.05);
    km_crystal *crystal = make_sheared_fcc(), *expected, *relaxed;
    km_relax_result result;

    (void)state;
    m.curvature_ha = 0.01;
    relax_with(&plain, crystal, &options, &expected);
    result = relax_with(&m, crystal, &options, &relaxed);
    print_message("%d steps, %d computations\n", result.n_step, result.n_compute);
    assert_int_equal(result.outcome, KM_OUTCOME_CONVERGED);
    assert_true(result.n_compute > result.n_step + 2);
    assert_string_equal(result.calculation.reason, "");
    ASSERT_CLOSE(km_crystal_volume_bohr3(relaxed), km_crystal_volume_bohr3(expected), 1e-4);
    ASSERT_CLOSE(result.basis_error_ha, 0, 1e-10);
    km_crystal_destroy(&crystal);
    km_crystal_destroy(&expected);
    km_crystal_destroy(&relaxed);
}

static void stress_balances_the_pressure(void **state)
{
    km_relax_options options = tight_options();
    basis_model m = make_basis_model(0), free_one = make_basis_model(0);
    km_crystal *crystal = make_sheared_fcc(), *relaxed, *expanded;
    const km_request request = km_request_default();
    km_relax_result result;
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
    km_relax_options options = tight_options();
    km_crystal *crystal = make_sheared_fcc(), *relaxed;
    basis_model m = make_basis_model(0), climbing = make_basis_model(0),
                stopped = make_basis_model(0);
    km_relax_result result;

    (void)state;
    options.max_step = 2;
    result = relax_with(&m, crystal, &options, &relaxed);
    assert_int_equal(result.outcome, KM_OUTCOME_NOT_CONVERGED);
    assert_non_null(strstr(result.reason, "step limit after 2 moves"));
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

/* Close-packed planes as fcc has them, too far apart and not in each other's hollows: only c may change, and makes it fcc. */
static void planes_that_are_kept_slide_and_close_up(void **state)
{
    km_relax_options options = tight_options();
    basis_model m = make_basis_model(0);
    km_crystal *crystal = make_sheared_fcc(), *fcc, *relaxed;

    (void)state;
    (void)relax_with(&m, crystal, &options, &fcc);
    m = make_basis_model(0);
    options.keep_plane = true;
    options.spring_bohr = 0.2;
    {
        const double d = cbrt(sqrt(2) * km_crystal_volume_bohr3(fcc));
        const double cell[9] = {d, 0, 0, d / 2, d * sqrt(0.75), 0, 0.4 * d, 0.2 * d, 0.9 * d};
        const double frac[3] = {0};
        km_crystal *planes;
        km_relax_result result;

        ASSERT_OK(km_crystal_create(cell, 1, (int[]){18}, frac, &planes));
        result = relax_with(&m, planes, &options, &relaxed);
        assert_int_equal(result.outcome, KM_OUTCOME_CONVERGED);
        assert_memory_equal(km_crystal_cell_bohr(relaxed), cell, 6 * sizeof *cell);
        assert_true(result.max_stress_ha_bohr3 < STRESS_HA_BOHR3);
        assert_int_equal(space_group(planes), 2);
        assert_int_equal(space_group(relaxed), 225);
        km_crystal_destroy(&planes);
    }
    km_crystal_destroy(&crystal);
    km_crystal_destroy(&fcc);
    km_crystal_destroy(&relaxed);
}

static void impossible_options_are_refused(void **state)
{
    km_relax_options options[4] = {tight_options(), tight_options(), tight_options(),
                                   tight_options()};
    km_crystal *crystal = make_sheared_fcc();
    km_relax *relax;

    (void)state;
    options[0].stress_tolerance_ha_bohr3 = 0;
    options[1].max_step = 0;
    options[2].strain_limit = -1;
    options[3].keep_plane = true; /* this crystal's a and b are not in the xy plane */
    for (int i = 0; i < 4; ++i) {
        assert_int_equal(km_relax_create(crystal, &options[i], &relax), KM_E_ARGUMENT);
        assert_null(relax);
    }
    km_crystal_destroy(&crystal);
}

static const char *make_checkpoint(void)
{
    static char path[64];
    int rank;

    snprintf(path, sizeof path, "/tmp/kaimen-cell-XXXXXX");
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    if (rank == 0) assert_int_equal(close(mkstemp(path)), 0);
    MPI_Bcast(path, sizeof path, MPI_CHAR, 0, MPI_COMM_WORLD);
    return path;
}

static void remove_checkpoint(const char *path)
{
    int rank;

    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Barrier(MPI_COMM_WORLD);
    if (rank == 0) unlink(path);
}

static void an_interrupted_cell_goes_on_as_if_nothing_had_happened(void **state)
{
    km_relax_options options = tight_options();
    basis_model whole = make_basis_model(-0.05), first = make_basis_model(-0.05),
                second = make_basis_model(-0.05);
    km_crystal *crystal = make_hcp(0.03), *expected, *halfway, *relaxed;
    const km_relax_result all = relax_with(&whole, crystal, &options, &expected);
    const char *path = make_checkpoint();
    km_relax_result part, rest;

    (void)state;
    options.checkpoint = path;
    first.pairs.stop_after = 4;
    part = relax_with(&first, crystal, &options, &halfway);
    assert_int_equal(part.outcome, KM_OUTCOME_STOPPED);
    rest = relax_with(&second, crystal, &options, &relaxed);
    assert_int_equal(rest.outcome, KM_OUTCOME_CONVERGED);
    assert_int_equal(rest.n_step, all.n_step);
    assert_int_equal(part.n_compute + rest.n_compute, all.n_compute);
    ASSERT_CLOSE(rest.basis_slope_ha, all.basis_slope_ha, 0);
    for (int k = 0; k < 9; ++k)
        ASSERT_CLOSE(km_crystal_cell_bohr(relaxed)[k], km_crystal_cell_bohr(expected)[k],
                     1e-10);
    remove_checkpoint(path);
    km_crystal_destroy(&crystal);
    km_crystal_destroy(&expected);
    km_crystal_destroy(&halfway);
    km_crystal_destroy(&relaxed);
}

static void a_checkpoint_of_other_options_is_not_used(void **state)
{
    km_relax_options options = tight_options();
    basis_model m = make_basis_model(0), again = make_basis_model(0),
                other = make_basis_model(0);
    km_crystal *crystal = make_sheared_fcc(), *relaxed;
    km_relax_result result;

    (void)state;
    options.checkpoint = make_checkpoint();
    options.identity = "cutoff 20";
    relax_with(&m, crystal, &options, &relaxed);
    km_crystal_destroy(&relaxed);
    result = relax_with(&again, crystal, &options, &relaxed);
    assert_int_equal(result.n_compute, 1);
    km_crystal_destroy(&relaxed);
    options.identity = "cutoff 25";
    result = relax_with(&other, crystal, &options, &relaxed);
    assert_int_equal(result.n_compute, result.n_step + 2);
    km_crystal_destroy(&relaxed);
    remove_checkpoint(options.checkpoint);
    km_crystal_destroy(&crystal);
}

/* Atoms that are held keep their fractional positions while the cell changes. */
static void frozen_atoms_follow_the_cell(void **state)
{
    km_relax_options options = tight_options();
    const bool frozen[2] = {true, true};
    basis_model m = make_basis_model(0);
    km_crystal *crystal = make_hcp(0.03), *relaxed;
    km_relax_result result;

    (void)state;
    options.frozen = frozen;
    result = relax_with(&m, crystal, &options, &relaxed);
    assert_int_equal(result.outcome, KM_OUTCOME_CONVERGED);
    for (int i = 0; i < 6; ++i)
        assert_true(km_crystal_frac(relaxed)[i] == km_crystal_frac(crystal)[i]);
    assert_true(fabs(km_crystal_volume_bohr3(relaxed) - km_crystal_volume_bohr3(crystal)) > 1);
    km_crystal_destroy(&crystal);
    km_crystal_destroy(&relaxed);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(sheared_cell_becomes_fcc),
    cmocka_unit_test(relaxed_crystal_is_a_minimum),
    cmocka_unit_test(symmetry_is_kept),
    cmocka_unit_test(plane_waves_do_not_change_the_minimum),
    cmocka_unit_test(plane_waves_are_renewed_where_the_slope_changes),
    cmocka_unit_test(stress_balances_the_pressure),
    cmocka_unit_test(what_does_not_converge_says_why),
    cmocka_unit_test(planes_that_are_kept_slide_and_close_up),
    cmocka_unit_test(impossible_options_are_refused),
    cmocka_unit_test(an_interrupted_cell_goes_on_as_if_nothing_had_happened),
    cmocka_unit_test(a_checkpoint_of_other_options_is_not_used),
    cmocka_unit_test(frozen_atoms_follow_the_cell),
};

KM_TEST_MAIN(tests)
