/* np: 1 3 */
/* Whole calculations with collinear spin: what must not change, an atom that is known, and what is refused. */
#include "dft/dft_support.h"

#include "kaimen/crystal/symmetry.h"

/* The SCF's threshold and its root. */
#define SAME_ENERGY_HA 1e-9
#define SAME_FORCE_HA_BOHR 2e-6
#define SAME_STRESS_HA_BOHR3 1e-8

static void assert_same(const complete_result *a, const complete_result *b, int n_atom)
{
    ASSERT_CLOSE(a->result.energy_ha, b->result.energy_ha, SAME_ENERGY_HA);
    for (int i = 0; i < 3 * n_atom; ++i)
        ASSERT_CLOSE(a->forces[i], b->forces[i], SAME_FORCE_HA_BOHR);
    for (int k = 0; k < 9; ++k) ASSERT_CLOSE(a->stress[k], b->stress[k], SAME_STRESS_HA_BOHR3);
}

static km_dft_options spin_options(double ecut_ha)
{
    km_dft_options options = tight_options(ecut_ha);

    use_pbe(&options);
    options.spin = KM_SPIN_COLLINEAR;
    options.scf.energy_tolerance_ha = 1e-13;
    return options;
}

/* Hydrogen so far apart that the atoms keep their spins; the centre of inversion lies between the two. */
static km_crystal *make_hydrogens(double first_mub, double second_mub)
{
    const double cell[9] = {6.4, 0, 0, 0, 6.6, 0, 0, 0, 11.5};
    const double frac[6] = {0, 0, -0.26, 0, 0, 0.26}, moments[2] = {first_mub, second_mub};
    km_crystal *crystal = make_crystal(cell, 2, (int[]){1, 1}, frac);

    ASSERT_OK(km_crystal_set_moments(crystal, moments));
    return crystal;
}

static km_dft_options hydrogen_options(void)
{
    km_dft_options options = spin_options(6);

    options.smearing = KM_SMEARING_GAUSSIAN;
    options.smearing_width_ha = 0.01;
    options.n_band = 6;
    set_ints(options.k_mesh, 2, 2, 1);
    return options;
}

static void check_zero_moment(km_crystal *crystal, km_dft_options *options)
{
    const int n_atom = km_crystal_n_atom(crystal);
    complete_result with, without;

    options->total_moment_mub = 0;
    with = compute_completely(crystal, options, MPI_COMM_WORLD);
    options->spin = KM_SPIN_NONE;
    without = compute_completely(crystal, options, MPI_COMM_WORLD);
    assert_same(&with, &without, n_atom);
    assert_int_equal(with.result.spin.n_spin, 2);
    assert_int_equal(without.result.spin.n_spin, 1);
    ASSERT_CLOSE(with.result.vbm_ha, without.result.vbm_ha, 1e-6);
    ASSERT_CLOSE(with.result.cbm_ha, without.result.cbm_ha, 1e-5);
    ASSERT_CLOSE(with.result.spin.absolute_moment_mub, 0, 1e-6);
    assert_true(with.result.is_real == without.result.is_real);
    km_crystal_destroy(&crystal);
}

static void a_moment_of_zero_is_no_spin(void **state)
{
    km_dft_options options = spin_options(12);

    (void)state;
    check_zero_moment(make_rattled_magnesia(), &options);
    options = spin_options(5);
    options.smearing = KM_SMEARING_FERMI_DIRAC;
    options.smearing_width_ha = 0.02;
    options.n_band = 10;
    set_ints(options.k_mesh, 2, 1, 1);
    check_zero_moment(make_stretched_silicon(), &options);
}

/*
 * The hydrogen atom in the local spin density approximation: -0.478671 Ha. Source: Kotochigova et al., Phys. Rev. A 55, 191
 * (1997) (NIST, LSD). Without spin it is -0.445671 Ha. Box, cutoff and pseudopotential leave 2 mHa.
 */
static void hydrogen_atom_has_its_energy(void **state)
{
    const double cell[9] = {12, 0, 0, 0, 12, 0, 0, 0, 12}, frac[3] = {0};
    km_crystal *crystal = make_crystal(cell, 1, (int[]){1}, frac);
    km_dft_options options = tight_options(25);
    km_calculation result;

    (void)state;
    options.spin = KM_SPIN_COLLINEAR;
    options.total_moment_mub = 1;
    options.n_band = 2;
    options.scf.energy_tolerance_ha = 1e-7;
    result = compute_once(crystal, &options, MPI_COMM_WORLD, NULL);
    assert_int_equal(result.outcome, KM_OUTCOME_CONVERGED);
    print_message("H: %.5f Ha\n", result.energy_ha);
    ASSERT_CLOSE(result.energy_ha, -0.478671, 2.5e-3);
    ASSERT_CLOSE(result.spin.moment_mub, 1, 1e-12);
    ASSERT_CLOSE(result.spin.absolute_moment_mub, 1, 1e-6);
    /* The level of the electron that is there: -0.269 Ha, and below the empty one. */
    assert_true(result.vbm_ha < result.cbm_ha - 0.05);
    km_crystal_destroy(&crystal);
}

/* Up and down are names: with all moments turned over nothing changes but the sign of the magnetisation. */
static void turning_all_moments_over_changes_nothing_else(void **state)
{
    const km_dft_options options = hydrogen_options();
    km_crystal *up = make_hydrogens(1, 0.5), *down = make_hydrogens(-1, -0.5);
    const complete_result a = compute_completely(up, &options, MPI_COMM_WORLD);
    const complete_result b = compute_completely(down, &options, MPI_COMM_WORLD);

    (void)state;
    assert_same(&a, &b, 2);
    assert_true(a.result.spin.moment_mub > 0.5);
    ASSERT_CLOSE(a.result.spin.moment_mub, -b.result.spin.moment_mub, 1e-5);
    ASSERT_CLOSE(a.result.spin.absolute_moment_mub, b.result.spin.absolute_moment_mub, 1e-5);
    km_crystal_destroy(&up);
    km_crystal_destroy(&down);
}

/* Symmetry that keeps each spin, arithmetic and ranks are means, not physics. */
static void symmetry_arithmetic_and_ranks_do_not_matter(void **state)
{
    const double moments[2][2] = {{1, 1}, {1, -1}};

    (void)state;
    for (int order = 0; order < 2; ++order) {
        km_crystal *crystal = make_hydrogens(moments[order][0], moments[order][1]);
        km_dft_options options = hydrogen_options();
        const complete_result a = compute_completely(crystal, &options, MPI_COMM_WORLD);
        complete_result b;

        /* In the second order inversion takes up onto down: coefficients are not real. */
        assert_true(a.result.is_real == (order == 0));
        options.use_symmetry = false;
        options.arithmetic = KM_ARITHMETIC_COMPLEX;
        b = compute_completely(crystal, &options, MPI_COMM_SELF);
        assert_same(&a, &b, 2);
        ASSERT_CLOSE(a.result.spin.moment_mub, b.result.spin.moment_mub, 1e-5);
        ASSERT_CLOSE(a.result.spin.absolute_moment_mub, b.result.spin.absolute_moment_mub,
                     1e-5);
        if (order == 0) assert_true(a.result.spin.moment_mub > 1);
        if (order == 1) {
            ASSERT_CLOSE(a.result.spin.moment_mub, 0, 1e-6);
            assert_true(a.result.spin.absolute_moment_mub > 0.5);
        }
        km_crystal_destroy(&crystal);
    }
}

/* A fixed moment equal to the one that a free calculation found: the same state. */
static void fixing_the_moment_that_was_found_keeps_the_state(void **state)
{
    km_crystal *crystal = make_hydrogens(1, 1);
    km_dft_options options = hydrogen_options();
    const complete_result a = compute_completely(crystal, &options, MPI_COMM_WORLD);
    complete_result b;

    (void)state;
    options.total_moment_mub = a.result.spin.moment_mub;
    b = compute_completely(crystal, &options, MPI_COMM_WORLD);
    ASSERT_CLOSE(b.result.energy_ha, a.result.energy_ha, 1e-9);
    /* The other order has another energy: two atoms far apart, but not that far. */
    options.total_moment_mub = 0;
    ASSERT_OK(km_crystal_set_moments(crystal, (double[2]){1, -1}));
    b = compute_completely(crystal, &options, MPI_COMM_WORLD);
    assert_true(b.result.energy_ha < a.result.energy_ha - 1e-3);
    ASSERT_CLOSE(b.result.spin.moment_mub, 0, 1e-12);
    options.total_moment_mub = a.result.spin.moment_mub;
    ASSERT_OK(km_crystal_set_moments(crystal, (double[2]){1, 1}));
    b = compute_completely(crystal, &options, MPI_COMM_WORLD);
    ASSERT_CLOSE(b.result.spin.moment_mub, a.result.spin.moment_mub, 1e-12);
    km_crystal_destroy(&crystal);
}

/* Moments by element; a crystal without such elements is computed without spin. */
static void moments_by_element_are_those_of_the_atoms(void **state)
{
    km_crystal *own = make_hydrogens(1, 1), *none = make_hydrogens(0, 0),
               *silicon = make_silicon();
    km_dft_options options = hydrogen_options();
    complete_result a, b;

    (void)state;
    ASSERT_OK(km_crystal_set_moments(none, NULL));
    options.n_moment = 1;
    options.moment[0] = (km_moment_choice){"H", 1};
    a = compute_completely(own, &options, MPI_COMM_WORLD);
    b = compute_completely(none, &options, MPI_COMM_WORLD);
    assert_same(&a, &b, 2);
    options.ecut_ha = 5;
    options.n_band = 8;
    assert_int_equal(compute_completely(silicon, &options, MPI_COMM_WORLD).result.spin.n_spin,
                     1);
    km_crystal_destroy(&own);
    km_crystal_destroy(&none);
    km_crystal_destroy(&silicon);
}

static void expect_refusal(const km_crystal *crystal, const km_dft_options *options,
                           const char *why)
{
    const km_request request = km_request_default();
    km_calculator *calculator;
    km_calculation result;

    ASSERT_OK(km_dft_calculator_create(options, NULL, &calculator, NULL));
    assert_int_equal(
        km_calculator_compute(calculator, crystal, &request, MPI_COMM_WORLD, &result),
        KM_E_INPUT);
    if (!strstr(km_status_message(), why)) fail_msg("%s", km_status_message());
    km_calculator_destroy(&calculator);
}

static void impossible_moments_are_refused(void **state)
{
    km_crystal *plain = make_hydrogens(0, 0), *large = make_hydrogens(1.5, 0);
    km_dft_options options = hydrogen_options();

    (void)state;
    expect_refusal(plain, &options, "without a starting moment");
    expect_refusal(large, &options, "atom 1 (H): a starting moment of 1.5; wanted at most");
    options.total_moment_mub = 3;
    options.n_band = 8;
    expect_refusal(plain, &options, "2 electrons cannot have a total moment of 3");
    options.smearing = KM_SMEARING_NONE;
    options.total_moment_mub = 1;
    expect_refusal(plain, &options, "an even number or a smearing is wanted");
    options.total_moment_mub = 2;
    options.n_band = 1;
    expect_refusal(plain, &options, "dft.bands = 1 cannot hold 2 electrons, at least 2");
    km_crystal_destroy(&plain);
    km_crystal_destroy(&large);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_moment_of_zero_is_no_spin),
    cmocka_unit_test(hydrogen_atom_has_its_energy),
    cmocka_unit_test(turning_all_moments_over_changes_nothing_else),
    cmocka_unit_test(symmetry_arithmetic_and_ranks_do_not_matter),
    cmocka_unit_test(fixing_the_moment_that_was_found_keeps_the_state),
    cmocka_unit_test(moments_by_element_are_those_of_the_atoms),
    cmocka_unit_test(impossible_moments_are_refused),
};

KM_TEST_MAIN(tests)
