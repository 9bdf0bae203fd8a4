/* np: 1 2 3 */
/* The result does not depend on the number of ranks: each compares with itself alone. */
#include "dft/dft_support.h"

/* Sums over k-points in another order, amplified by the SCF's threshold. */
#define SAME_ENERGY_HA 1e-9
#define SAME_FORCE_HA_BOHR 1e-7

static void check_ranks(km_crystal *crystal, const km_dft_options *options)
{
    double forces[2][18], lowest;
    km_calculation alone = compute_once(crystal, options, MPI_COMM_SELF, forces[0]);
    km_calculation together = compute_once(crystal, options, MPI_COMM_WORLD, forces[1]);

    assert_int_equal(alone.outcome, KM_OUTCOME_CONVERGED);
    assert_int_equal(together.outcome, KM_OUTCOME_CONVERGED);
    ASSERT_CLOSE(together.energy_ha, alone.energy_ha, SAME_ENERGY_HA);
    ASSERT_CLOSE(together.vbm_ha, alone.vbm_ha, SAME_FORCE_HA_BOHR);
    ASSERT_CLOSE(together.fermi_ha, alone.fermi_ha, SAME_FORCE_HA_BOHR);
    for (int i = 0; i < 3 * km_crystal_n_atom(crystal); ++i)
        ASSERT_CLOSE(forces[1][i], forces[0][i], SAME_FORCE_HA_BOHR);
    assert_int_equal(together.n_k, alone.n_k);
    assert_int_equal(together.n_iteration, alone.n_iteration);
    /* Sums over slices of plane waves round differently: a band may pass its tolerance a round later. */
    assert_true(labs(together.n_h_apply - alone.n_h_apply) <= alone.n_h_apply / 100);
    assert_int_equal(together.n_plane_wave, alone.n_plane_wave);
    /* Every rank holds the same bits. */
    MPI_Allreduce(&together.energy_ha, &lowest, 1, MPI_DOUBLE, MPI_MIN, MPI_COMM_WORLD);
    assert_true(lowest == together.energy_ha);
    km_crystal_destroy(&crystal);
}

static void energy_and_forces_do_not_depend_on_the_number_of_ranks(void **state)
{
    km_dft_options options = tight_options(8);

    (void)state;
    set_ints(options.k_mesh, 2, 2, 1);
    check_ranks(make_rattled_magnesia(), &options);
    check_ranks(make_slab(), &options);
}

static void smeared_energy_does_not_depend_on_the_number_of_ranks(void **state)
{
    km_dft_options options = tight_options(4);

    (void)state;
    options.smearing = KM_SMEARING_FERMI_DIRAC;
    options.smearing_width_ha = 0.01;
    set_ints(options.k_mesh, 2, 2, 2);
    check_ranks(make_stretched_silicon(), &options);
}

static void ranks_without_k_points_take_part(void **state)
{
    km_dft_options options = tight_options(8);
    km_request request = km_request_default();
    km_calculation estimate;
    km_calculator *calculator;
    km_crystal *crystal = make_magnesia();

    (void)state;
    check_ranks(make_rattled_magnesia(), &options);
    /* High-symmetry points too are fewer than ranks may be. */
    request.edges = true;
    ASSERT_OK(km_dft_calculator_create(&options, NULL, &calculator, NULL));
    ASSERT_OK(km_calculator_compute(calculator, crystal, &request, MPI_COMM_WORLD, &estimate));
    assert_int_equal(estimate.outcome, KM_OUTCOME_CONVERGED);
    assert_true(estimate.n_plane_wave > 0);
    km_calculator_destroy(&calculator);
    km_crystal_destroy(&crystal);
}

/* All ranks get the error, also those whose part was possible. */
static void failures_reach_every_rank(void **state)
{
    km_dft_options options = tight_options(0.3);
    km_request request = km_request_default();
    km_crystal *crystal = make_magnesia();
    km_calculator *calculator;
    km_calculation result;

    (void)state;
    ASSERT_OK(km_dft_calculator_create(&options, NULL, &calculator, NULL));
    assert_int_equal(
        km_calculator_compute(calculator, crystal, &request, MPI_COMM_WORLD, &result),
        KM_E_INPUT);
    assert_non_null(strstr(km_status_message(), "plane waves"));
    km_calculator_destroy(&calculator);
    km_crystal_destroy(&crystal);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(energy_and_forces_do_not_depend_on_the_number_of_ranks),
    cmocka_unit_test(smeared_energy_does_not_depend_on_the_number_of_ranks),
    cmocka_unit_test(ranks_without_k_points_take_part),
    cmocka_unit_test(failures_reach_every_rank),
};

KM_TEST_MAIN(tests)
