/* np: 1 2 3 */
/* The result does not depend on the number of ranks: each compares with itself alone. */
#include "dft/ranks_support.h"

static void energy_and_forces_do_not_depend_on_the_number_of_ranks(void **state)
{
    km_dft_options options = tight_options(8);

    (void)state;
    set_ints(options.k_mesh, 2, 2, 1);
    check_ranks(make_rattled_magnesia(), &options);
    check_ranks(make_slab(), &options);
}

/* Ranks share the points at which a functional is evaluated. */
static void gradients_of_the_density_do_not_depend_on_the_number_of_ranks(void **state)
{
    km_dft_options options = tight_options(8);

    (void)state;
    use_pbe(&options);
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

/* Real and complex coefficients, one k-point for all ranks and one for each. */
static void subspaces_solved_by_scalapack_change_nothing(void **state)
{
    km_dft_options options = tight_options(8);

    (void)state;
    options.scalapack_above = 1;
    options.precision = KM_PRECISION_DOUBLE;
    for (int n = 1; n < 3; ++n) {
        set_ints(options.k_mesh, n, 1, 1);
        check_ranks(make_rattled_magnesia(), &options);
        check_ranks(make_slab(), &options);
    }
}

static void ranks_without_k_points_take_part(void **state)
{
    km_dft_options options = tight_options(8);
    km_request request = km_request_default();
    km_calculation estimate;
    km_calculator *calculator;
    km_crystal *crystal = make_magnesia();

    (void)state;
    options.precision = KM_PRECISION_DOUBLE;
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
    cmocka_unit_test(gradients_of_the_density_do_not_depend_on_the_number_of_ranks),
    cmocka_unit_test(smeared_energy_does_not_depend_on_the_number_of_ranks),
    cmocka_unit_test(subspaces_solved_by_scalapack_change_nothing),
    cmocka_unit_test(ranks_without_k_points_take_part),
    cmocka_unit_test(failures_reach_every_rank),
};

KM_TEST_MAIN(tests)
