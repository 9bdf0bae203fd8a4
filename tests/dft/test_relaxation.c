/* np: 1 2 */
#include "dft_support.h"

#include "kaimen/potential/relax.h"

static const double ECUT_HA = 8;
static const double FORCE_HA_BOHR = 2e-4;
/* Forces of that size, over the stiffness of the softest mode, 0.1 Ha/bohr^2, twice. */
static const double PLACE_BOHR = 4e-3;

/* A threshold that every step needs, so that their iterations can be compared. */
static km_dft_options relax_options(int k_z)
{
    km_dft_options options = tight_options(ECUT_HA);

    options.scf.energy_tolerance_ha = 1e-8;
    set_ints(options.k_mesh, 2, 2, k_z);
    return options;
}

/* Relax with a calculator of its own; the energy and SCF iterations of every step are printed. */
static km_relax_result relax_crystal(const km_crystal *crystal, int vacuum_axis,
                                     km_relax **relax)
{
    const km_dft_options dft = relax_options(vacuum_axis == 2 ? 1 : 2);
    km_relax_options options = km_relax_options_default();
    km_request request = km_request_default();
    km_calculator *calculator;
    km_relax_result result;
    const km_relax_step *step;
    int n;

    options.force_tolerance_ha_bohr = FORCE_HA_BOHR;
    request.vacuum_axis = vacuum_axis;
    ASSERT_OK(km_dft_calculator_create(&dft, NULL, &calculator, NULL));
    ASSERT_OK(km_relax_create(crystal, &options, relax));
    ASSERT_OK(km_relax_run(*relax, calculator, &request, MPI_COMM_WORLD, &result));
    step = km_relax_steps(*relax, &n);
    for (int i = 0; i < n; ++i)
        printf("step %d: %.8f Ha, %.1e Ha/bohr, moved %.3f bohr, %d SCF iterations, H %ld\n", i,
               step[i].energy_ha, step[i].max_force_ha_bohr, step[i].move_bohr,
               step[i].n_iteration, step[i].n_h_apply);
    km_calculator_destroy(&calculator);
    return result;
}

/* Every step after the first starts from the one before. */
static void assert_warm_starts(const km_relax *relax)
{
    int n;
    const km_relax_step *step = km_relax_steps(relax, &n);

    assert_true(n > 2);
    for (int i = 1; i < n; ++i) {
        assert_true(step[i].n_iteration < step[0].n_iteration);
        assert_true(step[i].n_h_apply < step[0].n_h_apply);
    }
}

static void rattled_magnesia_returns_to_its_ideal_structure(void **state)
{
    km_crystal *crystal = make_rattled_magnesia();
    const double *frac, *cell = km_crystal_cell_bohr(crystal);
    km_relax_result result;
    km_relax *relax;

    (void)state;
    result = relax_crystal(crystal, -1, &relax);
    assert_int_equal(result.outcome, KM_OUTCOME_CONVERGED);
    frac = km_crystal_frac(km_relax_crystal(relax));
    for (int x = 0; x < 3; ++x) {
        double away = 0;

        for (int i = 0; i < 3; ++i) away += (frac[3 + i] - frac[i] - 0.5) * cell[3 * i + x];
        ASSERT_CLOSE(away, 0, PLACE_BOHR);
    }
    assert_warm_starts(relax);
    km_relax_destroy(&relax);
    km_crystal_destroy(&crystal);
}

static void a_slab_of_magnesia_rumples_and_stays_symmetric(void **state)
{
    km_crystal *slab = make_slab();
    const double *frac, c_bohr = km_crystal_cell_bohr(slab)[8];
    double rumpling_bohr;
    km_relax_result result;
    km_relax *relax;

    (void)state;
    result = relax_crystal(slab, 2, &relax);
    assert_int_equal(result.outcome, KM_OUTCOME_CONVERGED);
    assert_true(result.calculation.energy_ha < result.start_energy_ha);
    frac = km_crystal_frac(km_relax_crystal(relax));
    /* Atoms 0, 1: O and Mg below; 2, 3 the middle; 4, 5 above. */
    rumpling_bohr = (frac[4 * 3 + 2] - frac[5 * 3 + 2]) * c_bohr;
    printf("rumpling %.4f bohr\n", rumpling_bohr);
    /* The oxygen moves outwards. */
    assert_true(rumpling_bohr > 2 * PLACE_BOHR);
    for (int i = 0; i < 2; ++i) {
        ASSERT_CLOSE(frac[3 * i + 2] + frac[3 * (i + 4) + 2], 0, 1e-10);
        ASSERT_CLOSE(frac[3 * (i + 2) + 2], 0, 1e-10);
    }
    for (int a = 0; a < 6; ++a)
        for (int x = 0; x < 2; ++x)
            ASSERT_CLOSE(frac[3 * a + x], km_crystal_frac(slab)[3 * a + x], 1e-10);
    assert_warm_starts(relax);
    km_relax_destroy(&relax);
    km_crystal_destroy(&slab);
}

/* Energy of the second crystal after the first, with one calculator, and from nothing. */
static void compare_starts(const km_crystal *first, const km_crystal *second, bool is_warm)
{
    const km_dft_options options = relax_options(1);
    km_request request = km_request_default();
    km_calculation before, after, cold;
    km_calculator *calculator;
    double forces[2][18];

    request.forces = true;
    ASSERT_OK(km_dft_calculator_create(&options, NULL, &calculator, NULL));
    ASSERT_OK(km_calculator_compute(calculator, first, &request, MPI_COMM_WORLD, &before));
    ASSERT_OK(km_calculator_compute(calculator, second, &request, MPI_COMM_WORLD, &after));
    ASSERT_OK(km_calculator_forces(calculator, forces[0]));
    km_calculator_destroy(&calculator);
    cold = compute_once(second, &options, MPI_COMM_WORLD, forces[1]);
    assert_int_equal(after.outcome, KM_OUTCOME_CONVERGED);
    ASSERT_CLOSE(after.energy_ha, cold.energy_ha, 1e-7);
    for (int i = 0; i < 3 * km_crystal_n_atom(second); ++i)
        ASSERT_CLOSE(forces[0][i], forces[1][i], 2e-4);
    if (is_warm)
        assert_true(after.effort.n_h_apply < cold.effort.n_h_apply);
    else
        assert_int_equal(after.effort.n_h_apply, cold.effort.n_h_apply);
}

/* Ranks that share the plane waves of a k-point do not move what they have. */
static bool are_alone(void)
{
    int n_rank;

    MPI_Comm_size(MPI_COMM_WORLD, &n_rank);
    return n_rank == 1;
}

static km_crystal *scale(const km_crystal *crystal, double factor)
{
    double cell[9];
    km_crystal *scaled;

    for (int i = 0; i < 9; ++i) cell[i] = factor * km_crystal_cell_bohr(crystal)[i];
    ASSERT_OK(km_crystal_create(cell, km_crystal_n_atom(crystal), km_crystal_z(crystal),
                                km_crystal_frac(crystal), &scaled));
    return scaled;
}

static km_crystal *move_atom(const km_crystal *crystal, int atom, double x, double y, double z)
{
    const double by[3] = {x, y, z};
    km_crystal *moved;
    double frac[18];

    ASSERT_OK(km_crystal_copy(crystal, &moved));
    memcpy(frac, km_crystal_frac(crystal),
           sizeof *frac * 3 * (size_t)km_crystal_n_atom(crystal));
    for (int i = 0; i < 3; ++i) frac[3 * atom + i] += by[i];
    km_crystal_move(moved, frac);
    return moved;
}

static void a_moved_atom_starts_from_the_crystal_before(void **state)
{
    km_crystal *rattled = make_rattled_magnesia(),
               *near = move_atom(rattled, 1, 0.01, 0, -0.01);

    (void)state;
    compare_starts(rattled, near, true);
    km_crystal_destroy(&rattled);
    km_crystal_destroy(&near);
}

/* Other plane waves: real coefficients of an inversion centre, and of pairs of opposite plane waves. */
static void another_volume_starts_from_the_one_before(void **state)
{
    km_crystal *crystals[] = {make_magnesia(), make_rattled_magnesia()};

    (void)state;
    for (int i = 0; i < 2; ++i) {
        km_crystal *larger = scale(crystals[i], 1.01), *smaller = scale(crystals[i], 0.98);
        km_crystal *other = scale(crystals[i], 1.2);

        if (are_alone()) {
            compare_starts(crystals[i], larger, true);
            compare_starts(larger, smaller, true);
        }
        compare_starts(crystals[i], other, false);
        km_crystal_destroy(&larger);
        km_crystal_destroy(&smaller);
        km_crystal_destroy(&other);
        km_crystal_destroy(&crystals[i]);
    }
}

/* H applications of an SCF after one at a smaller cutoff. */
static long apply_after_smaller(const km_crystal *crystal, bool is_warm, double *energy_ha)
{
    km_dft_options options = relax_options(1);
    km_request request = km_request_default();
    km_calculator *calculator;
    km_calculation result;

    options.scf.warm_start = is_warm;
    request.basis_slope = true;
    ASSERT_OK(km_dft_calculator_create(&options, NULL, &calculator, NULL));
    ASSERT_OK(km_calculator_compute(calculator, crystal, &request, MPI_COMM_WORLD, &result));
    assert_int_equal(result.outcome, KM_OUTCOME_CONVERGED);
    assert_true(isfinite(result.basis_slope_ha));
    *energy_ha = result.energy_ha;
    km_calculator_destroy(&calculator);
    return result.effort.n_h_apply;
}

static void the_larger_cutoff_starts_from_the_smaller_one(void **state)
{
    km_crystal *crystal = make_rattled_magnesia();
    double warm_ha, cold_ha;
    const long n_warm = apply_after_smaller(crystal, true, &warm_ha);
    const long n_cold = apply_after_smaller(crystal, false, &cold_ha);

    (void)state;
    ASSERT_CLOSE(warm_ha, cold_ha, 1e-7);
    if (are_alone()) assert_true(10 * n_warm < 9 * n_cold);
    km_crystal_destroy(&crystal);
}

static void a_crystal_with_another_symmetry_starts_afresh(void **state)
{
    km_crystal *ideal = make_magnesia(), *rattled = make_rattled_magnesia();

    (void)state;
    compare_starts(ideal, rattled, false); /* the inversion centre is lost */
    compare_starts(rattled, ideal, false);
    km_crystal_destroy(&ideal);
    km_crystal_destroy(&rattled);
}

static void a_centre_that_jumps_starts_afresh(void **state)
{
    km_crystal *ideal = make_magnesia(), *swapped;
    const double frac[6] = {0.5, 0.5, 0.5, 0, 0, 0};

    (void)state;
    /* Mg and O have changed places: the centre found first may be either. */
    ASSERT_OK(km_crystal_copy(ideal, &swapped));
    km_crystal_move(swapped, frac);
    compare_starts(ideal, swapped, false);
    km_crystal_destroy(&ideal);
    km_crystal_destroy(&swapped);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(rattled_magnesia_returns_to_its_ideal_structure),
    cmocka_unit_test(a_slab_of_magnesia_rumples_and_stays_symmetric),
    cmocka_unit_test(a_moved_atom_starts_from_the_crystal_before),
    cmocka_unit_test(another_volume_starts_from_the_one_before),
    cmocka_unit_test(the_larger_cutoff_starts_from_the_smaller_one),
    cmocka_unit_test(a_crystal_with_another_symmetry_starts_afresh),
    cmocka_unit_test(a_centre_that_jumps_starts_afresh),
};

KM_TEST_MAIN(tests)
