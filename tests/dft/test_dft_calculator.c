/* np: 1 */
/* How calculations end, and what is told of them. */
#include "dft/dft_support.h"

#include "kaimen/base/h5.h"

/* An element whose two valence electrons fill no band: fcc magnesium. */
static km_crystal *make_metal(void)
{
    const double h = 4.2, cell[9] = {0, h, h, h, 0, h, h, h, 0};
    const double frac[3] = {0, 0, 0};

    return make_crystal(cell, 1, (int[]){12}, frac);
}

static km_calculator *make_calculator(const km_dft_options *options, km_dft **dft)
{
    km_calculator *calculator;

    ASSERT_OK(km_dft_calculator_create(options, NULL, &calculator, dft));
    return calculator;
}

/* The status of a computation that is refused; every block that it made must be free again. */
static km_status status_of(const km_crystal *crystal, const km_dft_options *options)
{
    const km_request request = km_request_default();
    const long n_block = km_memory_live_blocks();
    km_calculator *calculator;
    km_calculation result;
    km_status status = km_dft_calculator_create(options, NULL, &calculator, NULL);

    if (status == KM_OK)
        status = km_calculator_compute(calculator, crystal, &request, MPI_COMM_SELF, &result);
    else
        assert_null(calculator);
    km_calculator_destroy(&calculator);
    assert_int_equal(km_memory_live_blocks(), n_block);
    return status;
}

static void converged_calculation_tells_all(void **state)
{
    km_dft_options options = tight_options(8);
    km_crystal *crystal = make_magnesia();
    km_calculation r = compute_once(crystal, &options, MPI_COMM_SELF, NULL);

    (void)state;
    assert_int_equal(r.outcome, KM_OUTCOME_CONVERGED);
    assert_string_equal(r.reason, "");
    assert_true(r.energy_ha < 0 && r.energy_ha == r.free_energy_ha);
    assert_true(r.has_bands && r.cbm_ha > r.vbm_ha && !r.is_metallic);
    assert_true(r.n_electron == 8 && r.n_k == 1 && r.n_band >= 5);
    assert_true(r.effort.n_iteration > 0 && r.effort.n_retry == 0 && r.effort.n_h_apply > 0);
    assert_true(r.is_real && r.time_s > 0);
    km_crystal_destroy(&crystal);
}

/* Every rung is tried, and the result says that none was enough. */
static void ladder_is_climbed_to_its_end(void **state)
{
    km_dft_options options = tight_options(8);
    km_crystal *crystal = make_rattled_magnesia();
    km_calculation result;

    (void)state;
    options.scf.max_iteration = 3;
    result = compute_once(crystal, &options, MPI_COMM_SELF, NULL);
    assert_int_equal(result.outcome, KM_OUTCOME_NOT_CONVERGED);
    assert_int_equal(result.effort.n_retry, 3);
    assert_int_equal(result.effort.n_iteration, 12);
    assert_non_null(strstr(result.reason, "after 3 iterations, wanted 1.0e-12 Ha"));
    /* the second rung is damped, so it needs more; enough for it is enough for all */
    options.scf.max_iteration = 1;
    assert_int_equal(compute_once(crystal, &options, MPI_COMM_SELF, NULL).outcome,
                     KM_OUTCOME_NOT_CONVERGED);
    km_crystal_destroy(&crystal);
}

static void closed_gap_is_smeared_and_flagged(void **state)
{
    km_dft_options options = tight_options(6);
    km_crystal *crystal = make_metal();
    km_calculation result;

    (void)state;
    set_ints(options.k_mesh, 4, 4, 4);
    options.scf.energy_tolerance_ha = 1e-9;
    result = compute_once(crystal, &options, MPI_COMM_SELF, NULL);
    assert_int_equal(result.outcome, KM_OUTCOME_CONVERGED);
    assert_true(result.is_metallic);
    assert_non_null(strstr(result.reason, "smeared"));
    assert_true(result.effort.n_retry >= 1);
    assert_true(result.free_energy_ha < result.energy_ha);
    /* asked for, it is no retry and needs no warning */
    options.smearing = KM_SMEARING_GAUSSIAN;
    result = compute_once(crystal, &options, MPI_COMM_SELF, NULL);
    assert_int_equal(result.outcome, KM_OUTCOME_CONVERGED);
    assert_int_equal(result.effort.n_retry, 0);
    assert_string_equal(result.reason, "");
    assert_true(result.is_metallic);
    km_crystal_destroy(&crystal);
}

/* Half a band cannot be filled: the hydrogen atom is smeared from the beginning. */
static void odd_number_of_electrons_is_smeared_and_flagged(void **state)
{
    km_dft_options options = tight_options(8);
    km_crystal *crystal = make_hydrogen_atom();
    km_calculation result;

    (void)state;
    result = compute_once(crystal, &options, MPI_COMM_SELF, NULL);
    assert_int_equal(result.outcome, KM_OUTCOME_CONVERGED);
    assert_true(result.is_metallic);
    /* Both edges of a metal are the Fermi level. */
    assert_true(result.has_bands);
    assert_true(result.vbm_ha == result.fermi_ha && result.cbm_ha == result.fermi_ha);
    assert_non_null(strstr(result.reason, "smeared"));
    assert_true(result.n_electron == 1 && result.is_real);
    /* The atom without spin polarisation has -0.4457 Ha in the limit of large cells and cutoffs. */
    ASSERT_CLOSE(result.energy_ha, -0.4457, 0.03);
    km_crystal_destroy(&crystal);
}

static void time_limit_and_stop_flag_end_a_calculation(void **state)
{
    km_dft_options options = tight_options(8);
    km_crystal *crystal = make_rattled_magnesia();
    km_calculator *calculator = make_calculator(&options, NULL);
    km_request request = km_request_default();
    volatile sig_atomic_t stop = 1;
    km_calculation result;

    (void)state;
    request.time_limit_s = 1e-9;
    ASSERT_OK(km_calculator_compute(calculator, crystal, &request, MPI_COMM_SELF, &result));
    assert_int_equal(result.outcome, KM_OUTCOME_TIMEOUT);
    assert_non_null(strstr(result.reason, "out of time after 1 iterations"));
    assert_int_equal(result.effort.n_retry, 0);
    request.time_limit_s = 1e6;
    request.stop = &stop;
    ASSERT_OK(km_calculator_compute(calculator, crystal, &request, MPI_COMM_SELF, &result));
    assert_int_equal(result.outcome, KM_OUTCOME_STOPPED);
    assert_non_null(strstr(result.reason, "told to stop after 1 iterations"));
    stop = 0;
    ASSERT_OK(km_calculator_compute(calculator, crystal, &request, MPI_COMM_SELF, &result));
    assert_int_equal(result.outcome, KM_OUTCOME_CONVERGED);
    km_calculator_destroy(&calculator);
    km_crystal_destroy(&crystal);
}

static void missing_pseudopotentials_are_named(void **state)
{
    km_dft_options options = tight_options(8);
    km_crystal *crystal = make_magnesia();
    km_calculator *calculator;
    km_dft *dft;

    (void)state;
    options.pseudo.n_choice = 0;
    strcpy(options.pseudo.family, "GTH-NONE");
    assert_int_equal(status_of(crystal, &options), KM_E_INPUT);
    assert_non_null(strstr(km_status_message(), "GTH-NONE"));
    options = tight_options(8);
    strcpy(options.pseudo.choice[0].file, "no_such_file");
    assert_int_equal(status_of(crystal, &options), KM_E_INPUT);
    assert_non_null(strstr(km_status_message(), "no_such_file"));
    strcpy(options.pseudo.choice[0].file, "GTH_POTENTIALS");
    strcpy(options.pseudo.choice[0].entry, "GTH-PADE-q99");
    calculator = make_calculator(&options, &dft);
    assert_int_equal(km_dft_load_elements(dft, crystal), KM_E_INPUT);
    assert_non_null(strstr(km_status_message(), "GTH-PADE-q99"));
    assert_null(km_dft_pseudo(dft, 12));
    assert_null(km_dft_pseudo(dft, 0));
    assert_null(km_dft_pseudo(dft, 1000));
    km_calculator_destroy(&calculator);
    /* an element for which there is none: fermium */
    km_crystal_destroy(&crystal);
    crystal = make_crystal((double[]){9, 0, 0, 0, 9, 0, 0, 0, 9}, 1, (int[]){100},
                           (double[]){0, 0, 0});
    options = tight_options(8);
    assert_int_equal(status_of(crystal, &options), KM_E_INPUT);
    assert_non_null(strstr(km_status_message(), "Fm"));
    km_crystal_destroy(&crystal);
}

static void atoms_on_top_of_each_other_are_refused(void **state)
{
    const double cell[9] = {8, 0, 0, 0, 8, 0, 0, 0, 8};
    const double frac[9] = {0.1, 0.1, 0.1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.52};
    km_crystal *crystal = make_crystal(cell, 3, (int[]){12, 8, 12}, frac);
    km_dft_options options = tight_options(8);

    (void)state;
    assert_int_equal(status_of(crystal, &options), KM_E_INPUT);
    assert_non_null(strstr(km_status_message(), "atoms 2 (O) and 3 (Mg) are 0.085 Ang apart"));
    km_crystal_destroy(&crystal);
}

static void impossible_options_are_refused(void **state)
{
    const km_dft_options good = tight_options(8);
    km_crystal *crystal = make_magnesia();
    km_dft_options options;

    (void)state;
    assert_int_equal(status_of(crystal, &good), KM_OK);
    options = good, options.ecut_ha = -3;
    assert_int_equal(status_of(crystal, &options), KM_E_ARGUMENT);
    assert_non_null(strstr(km_status_message(), "-3"));
    options = good, options.ecut_ha = NAN;
    assert_int_equal(status_of(crystal, &options), KM_E_ARGUMENT);
    options = good, options.ecut_ha = 0.2; /* one plane wave, several bands */
    assert_int_equal(status_of(crystal, &options), KM_E_INPUT);
    assert_non_null(strstr(km_status_message(), "fewer than the"));
    options = good, options.scf.mixing = 0;
    assert_int_equal(status_of(crystal, &options), KM_E_ARGUMENT);
    options = good, options.scf.mixing = 1.5;
    assert_int_equal(status_of(crystal, &options), KM_E_ARGUMENT);
    options = good, options.n_band = 3;
    assert_int_equal(status_of(crystal, &options), KM_E_INPUT);
    assert_non_null(strstr(km_status_message(), "at least 4"));
    options = good, set_ints(options.k_mesh, 0, 0, 0), options.k_spacing_bohr = 0;
    assert_int_equal(status_of(crystal, &options), KM_E_ARGUMENT);
    options = good, set_ints(options.k_mesh, 2, 0, 2);
    assert_int_equal(status_of(crystal, &options), KM_E_ARGUMENT);
    options = good, set_ints(options.k_shift, 2, 0, 0);
    assert_int_equal(status_of(crystal, &options), KM_E_ARGUMENT);
    options = good, set_ints(options.grid, 16, 4, 16);
    assert_int_equal(status_of(crystal, &options), KM_E_ARGUMENT);
    assert_non_null(strstr(km_status_message(), "axis 2"));
    options = good, options.smearing = KM_SMEARING_GAUSSIAN, options.smearing_width_ha = 0;
    assert_int_equal(status_of(crystal, &options), KM_E_ARGUMENT);
    km_crystal_destroy(&crystal);
}

static void nothing_is_handed_out_that_was_not_computed(void **state)
{
    const double cell[9] = {8, 0, 0, 0, 8, 0, 0, 0, 8};
    const double frac[6] = {0.5, 0.5, 0.5, 0.5, 0.5, 0.52};
    km_crystal *crystal = make_magnesia(), *bad = make_crystal(cell, 2, (int[]){12, 8}, frac);
    km_dft_options options = tight_options(8);
    km_calculator *calculator = make_calculator(&options, NULL);
    km_request request = km_request_default();
    double forces[6], v[10];
    km_calculation result;
    km_h5 *image;

    (void)state;
    ASSERT_OK(km_h5_create_image(&image));
    for (int i = 0; i < 2; ++i) { /* before the first crystal, and after one that was refused */
        assert_int_equal(km_calculator_forces(calculator, forces), KM_E_ARGUMENT);
        assert_int_equal(km_calculator_planar_potential(calculator, 2, 10, v), KM_E_ARGUMENT);
        assert_int_equal(km_calculator_planar_density(calculator, 2, 10, v), KM_E_ARGUMENT);
        assert_int_equal(km_calculator_write(calculator, image), KM_E_ARGUMENT);
        ASSERT_OK(km_calculator_compute(calculator, crystal, &request, MPI_COMM_SELF, &result));
        assert_int_equal(km_calculator_forces(calculator, forces), KM_E_ARGUMENT);
        ASSERT_OK(km_calculator_planar_potential(calculator, 2, 10, v));
        request.forces = true;
        ASSERT_OK(km_calculator_compute(calculator, crystal, &request, MPI_COMM_SELF, &result));
        ASSERT_OK(km_calculator_forces(calculator, forces));
        request.forces = false;
        assert_int_equal(
            km_calculator_compute(calculator, bad, &request, MPI_COMM_SELF, &result),
            KM_E_INPUT);
    }
    km_h5_close(&image);
    km_calculator_destroy(&calculator);
    km_crystal_destroy(&crystal);
    km_crystal_destroy(&bad);
}

/* A calculator carries nothing from one crystal to the next. */
static void order_of_crystals_does_not_matter(void **state)
{
    km_crystal *crystals[] = {make_rattled_magnesia(), make_silicon(), make_water()};
    km_dft_options options = tight_options(8);
    km_calculator *calculator = make_calculator(&options, NULL);
    km_request request = km_request_default();

    (void)state;
    options.scf.energy_tolerance_ha = 1e-8;
    for (int i = 0; i < 6; ++i) {
        km_calculation result;

        ASSERT_OK(km_calculator_compute(calculator, crystals[i % 3], &request, MPI_COMM_SELF,
                                        &result));
        ASSERT_CLOSE(compute_once(crystals[i % 3], &options, MPI_COMM_SELF, NULL).energy_ha,
                     result.energy_ha, 1e-8);
        if (i == 2) i = 3; /* once more two of them, after others */
    }
    for (int i = 0; i < 3; ++i) km_crystal_destroy(&crystals[i]);
    km_calculator_destroy(&calculator);
}

static void estimate_foresees_the_sizes(void **state)
{
    km_crystal *crystals[] = {make_magnesia(), make_rattled_magnesia(), make_silicon(),
                              make_slab()};

    (void)state;
    for (int i = 0; i < 4; ++i) {
        km_dft_options options = tight_options(10);
        km_request request = km_request_default();
        km_estimate estimate;
        km_calculation result;
        km_calculator *calculator;

        set_ints(options.k_mesh, 0, 0, 0);
        options.k_spacing_bohr = 0.6;
        options.scf.energy_tolerance_ha = 1e-3;
        request.vacuum_axis = i == 3 ? 2 : -1;
        calculator = make_calculator(&options, NULL);
        ASSERT_OK(km_calculator_estimate(calculator, crystals[i], &request, &estimate));
        ASSERT_OK(
            km_calculator_compute(calculator, crystals[i], &request, MPI_COMM_SELF, &result));
        ASSERT_CLOSE((double)estimate.size.n_plane_wave, (double)result.n_plane_wave,
                     0.05 * (double)result.n_plane_wave);
        assert_int_equal(estimate.size.n_k, result.n_k);
        assert_int_equal(estimate.size.n_band, result.n_band);
        assert_true(estimate.size.n_electron == result.n_electron);
        assert_true(estimate.size.is_real == result.is_real);
        assert_true(estimate.size.time_s > 0);
        km_calculator_destroy(&calculator);
        km_crystal_destroy(&crystals[i]);
    }
}

/* Points of high symmetry can only raise the VBM and lower the CBM: silicon's CBM is near X. */
static void edges_are_looked_for_beyond_the_mesh(void **state)
{
    km_dft_options options = tight_options(6);
    km_crystal *crystal = make_silicon();
    km_calculator *calculator = make_calculator(&options, NULL);
    km_request request = km_request_default();
    km_calculation mesh, extended, fine;

    (void)state;
    ASSERT_OK(km_calculator_compute(calculator, crystal, &request, MPI_COMM_SELF, &mesh));
    request.edges = true;
    ASSERT_OK(km_calculator_compute(calculator, crystal, &request, MPI_COMM_SELF, &extended));
    ASSERT_CLOSE(extended.energy_ha, mesh.energy_ha, 1e-9);
    ASSERT_CLOSE(extended.vbm_ha, mesh.vbm_ha, 1e-6);
    assert_true(extended.cbm_ha < mesh.cbm_ha - 0.01);
    km_calculator_destroy(&calculator);
    /* A mesh that holds the points itself learns nothing from them. */
    set_ints(options.k_mesh, 4, 4, 4);
    calculator = make_calculator(&options, NULL);
    request.edges = false;
    ASSERT_OK(km_calculator_compute(calculator, crystal, &request, MPI_COMM_SELF, &fine));
    request.edges = true;
    ASSERT_OK(km_calculator_compute(calculator, crystal, &request, MPI_COMM_SELF, &extended));
    assert_true(extended.vbm_ha >= fine.vbm_ha - 1e-6);
    assert_true(extended.cbm_ha <= fine.cbm_ha + 1e-6);
    km_calculator_destroy(&calculator);
    km_crystal_destroy(&crystal);
}

static void check_shape(km_h5 *h5, const char *name, int n_dim, int first, int second)
{
    int found, shape[4] = {0};

    ASSERT_OK(km_h5_shape(h5, name, &found, shape));
    assert_int_equal(found, n_dim);
    assert_int_equal(shape[0], first);
    if (n_dim > 1) assert_int_equal(shape[1], second);
}

static void details_are_written_and_read(void **state)
{
    km_dft_options options = tight_options(8);
    km_crystal *crystal = make_magnesia();
    km_request request = km_request_default();
    km_calculation result;
    km_dft *dft;
    km_calculator *calculator = make_calculator(&options, &dft);
    double energies[100], value, sum = 0;
    char text[128];
    km_h5 *image, *group;

    (void)state;
    set_ints(options.k_mesh, 2, 2, 2);
    km_calculator_destroy(&calculator);
    calculator = make_calculator(&options, &dft);
    ASSERT_OK(km_calculator_compute(calculator, crystal, &request, MPI_COMM_SELF, &result));
    ASSERT_OK(km_h5_create_image(&image));
    ASSERT_OK(km_h5_create_group(image, "a/b", &group));
    ASSERT_OK(km_calculator_write(calculator, group));
    check_shape(group, "scf_energy", 1, result.effort.n_iteration, 0);
    check_shape(group, "k_frac", 2, result.n_k, 3);
    check_shape(group, "eigenvalues", 2, result.n_k, result.n_band);
    ASSERT_OK(km_h5_read_doubles(group, "scf_energy", result.effort.n_iteration, energies));
    ASSERT_CLOSE(energies[result.effort.n_iteration - 1], result.energy_ha, 1e-8);
    ASSERT_OK(km_h5_read_doubles(group, "k_weight", result.n_k, energies));
    for (int i = 0; i < result.n_k; ++i) sum += energies[i];
    ASSERT_CLOSE(sum, 1, 1e-12);
    ASSERT_OK(km_h5_read_unit(group, "eigenvalues", sizeof text, text));
    assert_string_equal(text, "Ha");
    ASSERT_OK(km_h5_read_double(group, "energy_ion", &value));
    ASSERT_CLOSE(value, km_dft_scf_result(dft)->term_ha[KM_TERM_ION], 0);
    ASSERT_OK(km_h5_read_text(group, "pseudopotential/Mg/label", sizeof text, text));
    assert_string_equal(text, "GTH-PADE-q2");
    ASSERT_OK(km_h5_read_text(group, "pseudopotential/O/sha256", sizeof text, text));
    assert_int_equal(strlen(text), 64);
    km_h5_close(&group);
    km_h5_close(&image);
    km_calculator_destroy(&calculator);
    km_crystal_destroy(&crystal);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(converged_calculation_tells_all),
    cmocka_unit_test(ladder_is_climbed_to_its_end),
    cmocka_unit_test(closed_gap_is_smeared_and_flagged),
    cmocka_unit_test(odd_number_of_electrons_is_smeared_and_flagged),
    cmocka_unit_test(time_limit_and_stop_flag_end_a_calculation),
    cmocka_unit_test(missing_pseudopotentials_are_named),
    cmocka_unit_test(atoms_on_top_of_each_other_are_refused),
    cmocka_unit_test(impossible_options_are_refused),
    cmocka_unit_test(nothing_is_handed_out_that_was_not_computed),
    cmocka_unit_test(order_of_crystals_does_not_matter),
    cmocka_unit_test(estimate_foresees_the_sizes),
    cmocka_unit_test(edges_are_looked_for_beyond_the_mesh),
    cmocka_unit_test(details_are_written_and_read),
};

KM_TEST_MAIN(tests)
