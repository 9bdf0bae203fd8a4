/* np: 1 */
/* What the energy of a crystal must not depend on, and what its forces are. */
#include "dft/dft_support.h"

#include "dft/electrons.h"
#include "dft/term.h"

/* The SCF stops at 1e-12 Ha; equivalent calculations differ by that and by rounding. */
#define SAME_ENERGY_HA 1e-9
/* Forces and eigenvalues err as the root of the energy's error. */
#define SAME_FORCE_HA_BOHR 5e-6
#define SAME_EIGENVALUE_HA 1e-6
/* Found on the rattled crystal at 8 Ha: 2.8e-7 Ha. It comes from xc on the grid's points alone. */
#define EGG_BOX_HA 1e-6

/* The SCF estimates its error from the Hartree energy alone, without xc and the bands' residuals; found: 1.02. */
#define ERROR_FACTOR 3

static km_calculator *compute(const km_crystal *crystal, const km_dft_options *options,
                              km_dft **dft, km_calculation *result)
{
    km_request request = km_request_default();
    km_calculator *calculator;

    request.forces = true;
    ASSERT_OK(km_dft_calculator_create(options, NULL, &calculator, dft));
    ASSERT_OK(km_calculator_compute(calculator, crystal, &request, MPI_COMM_WORLD, result));
    if (result->outcome != KM_OUTCOME_CONVERGED)
        fail_msg("%s: %s", km_outcome_name(result->outcome), result->reason);
    return calculator;
}

static void real_and_complex_arithmetic_agree_on_a_slab(void **state)
{
    km_dft_options options = tight_options(10);
    km_crystal *crystal = make_slab();
    km_calculator *calculator[2];
    km_calculation result[2];
    km_dft *dft[2];
    double forces[2][18];

    (void)state;
    set_ints(options.k_mesh, 2, 2, 1);
    for (int i = 0; i < 2; ++i) {
        options.arithmetic = i == 0 ? KM_ARITHMETIC_AUTO : KM_ARITHMETIC_COMPLEX;
        calculator[i] = compute(crystal, &options, &dft[i], &result[i]);
        ASSERT_OK(km_calculator_forces(calculator[i], forces[i]));
        assert_true(result[i].is_real == (i == 0));
    }
    ASSERT_CLOSE(result[0].energy_ha, result[1].energy_ha, SAME_ENERGY_HA);
    for (int i = 0; i < 18; ++i) ASSERT_CLOSE(forces[0][i], forces[1][i], SAME_FORCE_HA_BOHR);
    assert_int_equal(result[0].n_k, result[1].n_k);
    for (int i = 0; i < result[0].n_k; ++i)
        for (int j = 0; j < 12; ++j) /* occupied */
            ASSERT_CLOSE(km_ground_state_eigenvalues(
                             km_dft_ground_state(dft[0]))[i * result[0].n_band + j],
                         km_ground_state_eigenvalues(
                             km_dft_ground_state(dft[1]))[i * result[1].n_band + j],
                         SAME_EIGENVALUE_HA);
    for (int i = 0; i < 2; ++i) km_calculator_destroy(&calculator[i]);
    km_crystal_destroy(&crystal);
}

/* Nor does it need more applications of H. */
static void single_precision_of_corrections_does_not_show(void **state)
{
    km_crystal *crystal = make_slab();

    (void)state;
    for (int is_complex = 0; is_complex < 2; ++is_complex) {
        km_dft_options options = tight_options(10);
        km_calculation mixed, exact;
        double forces[2][18];

        set_ints(options.k_mesh, 2, 2, 1);
        options.arithmetic = is_complex ? KM_ARITHMETIC_COMPLEX : KM_ARITHMETIC_AUTO;
        mixed = compute_once(crystal, &options, MPI_COMM_WORLD, forces[0]);
        options.precision = KM_PRECISION_DOUBLE;
        exact = compute_once(crystal, &options, MPI_COMM_WORLD, forces[1]);
        assert_int_equal(mixed.outcome, KM_OUTCOME_CONVERGED);
        assert_true(mixed.energy_ha != exact.energy_ha); /* NOLINT: they took different ways */
        ASSERT_CLOSE(mixed.energy_ha, exact.energy_ha, SAME_ENERGY_HA);
        ASSERT_CLOSE(mixed.vbm_ha, exact.vbm_ha, SAME_EIGENVALUE_HA);
        for (int i = 0; i < 18; ++i)
            ASSERT_CLOSE(forces[0][i], forces[1][i], SAME_FORCE_HA_BOHR);
        assert_true((double)mixed.effort.n_h_apply < 1.03 * (double)exact.effort.n_h_apply);
    }
    km_crystal_destroy(&crystal);
}

/* Symmetry spares k-points and changes nothing, also where it has glides and the mesh has no Gamma. */
static void whole_mesh_gives_the_energy_of_the_reduced_one(void **state)
{
    km_crystal *crystals[] = {make_magnesia(), make_silicon(), make_stretched_silicon()};

    (void)state;
    for (int i = 0; i < 3; ++i)
        for (int shift = 0; shift < 2; ++shift) {
            km_dft_options options = tight_options(i == 0 ? 8 : 4);
            km_calculation reduced, whole;
            double forces[2][6];

            set_ints(options.k_mesh, 2, 2, 2);
            set_ints(options.k_shift, shift, shift, shift);
            set_ints(options.grid, 16, 16, 16);
            reduced = compute_once(crystals[i], &options, MPI_COMM_WORLD, forces[0]);
            options.use_symmetry = false;
            options.arithmetic = KM_ARITHMETIC_COMPLEX;
            whole = compute_once(crystals[i], &options, MPI_COMM_WORLD, forces[1]);
            assert_int_equal(whole.outcome, KM_OUTCOME_CONVERGED);
            assert_true(reduced.n_k <= whole.n_k);
            ASSERT_CLOSE(reduced.energy_ha, whole.energy_ha, SAME_ENERGY_HA);
            ASSERT_CLOSE(reduced.vbm_ha, whole.vbm_ha, SAME_EIGENVALUE_HA);
            for (int j = 0; j < 6; ++j)
                ASSERT_CLOSE(forces[0][j], forces[1][j], SAME_FORCE_HA_BOHR);
        }
    for (int i = 0; i < 3; ++i) km_crystal_destroy(&crystals[i]);
}

static void move_all(km_crystal *crystal, const double *shift_frac)
{
    double frac[18];

    for (int i = 0; i < 3 * km_crystal_n_atom(crystal); ++i)
        frac[i] = km_crystal_frac(crystal)[i] + shift_frac[i % 3];
    km_crystal_move(crystal, frac);
}

static void moving_all_atoms_changes_the_energy_by_the_egg_box_only(void **state)
{
    km_dft_options options = tight_options(8);
    km_crystal *crystal = make_rattled_magnesia();
    double energy, largest = 0;

    (void)state;
    set_ints(options.grid, 15, 16, 15);
    energy = converged_energy(crystal, &options);
    move_all(crystal, (double[]){4. / 15, -3. / 16, 1. / 15});
    ASSERT_CLOSE(converged_energy(crystal, &options), energy, SAME_ENERGY_HA);
    for (int i = 0; i < 3; ++i) {
        move_all(crystal, (double[]){0.013, 0.021, -0.017});
        largest = fmax(largest, fabs(converged_energy(crystal, &options) - energy));
    }
    print_message("egg box %.1e Ha\n", largest);
    ASSERT_CLOSE(largest, 0, EGG_BOX_HA);
    km_crystal_destroy(&crystal);
}

/* With an inversion centre atoms are brought to one place on the grid: no egg box at all. */
static void crystal_with_a_centre_has_no_egg_box(void **state)
{
    km_dft_options options = tight_options(4);
    km_crystal *crystal = make_stretched_silicon();
    const double energy = converged_energy(crystal, &options);

    (void)state;
    move_all(crystal, (double[]){0.013, 0.021, -0.017});
    ASSERT_CLOSE(converged_energy(crystal, &options), energy, SAME_ENERGY_HA);
    km_crystal_destroy(&crystal);
}

/* Two cells in one, and the k-points that fold into the smaller zone. */
static void supercell_has_twice_the_energy(void **state)
{
    km_dft_options options = tight_options(8);
    km_crystal *one = make_rattled_magnesia(), *two;
    double cell[9], frac[12], energy;

    (void)state;
    memcpy(cell, km_crystal_cell_bohr(one), sizeof cell);
    for (int x = 0; x < 3; ++x) cell[6 + x] *= 2;
    for (int i = 0; i < 12; ++i)
        frac[i] = km_crystal_frac(one)[i % 6] * (i % 3 == 2 ? 0.5 : 1) +
                  (i >= 6 && i % 3 == 2 ? 0.5 : 0);
    two = make_crystal(cell, 4, (int[]){12, 8, 12, 8}, frac);
    set_ints(options.k_mesh, 1, 1, 2);
    set_ints(options.grid, 15, 15, 16);
    energy = converged_energy(one, &options);
    set_ints(options.k_mesh, 1, 1, 1);
    set_ints(options.grid, 15, 15, 32);
    ASSERT_CLOSE(converged_energy(two, &options), 2 * energy, SAME_ENERGY_HA);
    km_crystal_destroy(&one);
    km_crystal_destroy(&two);
}

/* A crystal turned in space is the same crystal. */
static void turned_crystal_has_the_same_energy(void **state)
{
    const double c = cos(0.7), s = sin(0.7);
    km_dft_options options = tight_options(8);
    km_crystal *crystal = make_rattled_magnesia(), *turned;
    double cell[9], forces[2][6];
    km_calculation result[2];

    (void)state;
    for (int i = 0; i < 3; ++i) {
        const double *v = km_crystal_cell_bohr(crystal) + 3 * i;
        const double w[3] = {c * v[0] - s * v[1], s * v[0] + c * v[1], v[2]};

        cell[3 * i] = w[0];
        cell[3 * i + 1] = c * w[1] - s * w[2];
        cell[3 * i + 2] = s * w[1] + c * w[2];
    }
    turned = make_crystal(cell, 2, km_crystal_z(crystal), km_crystal_frac(crystal));
    result[0] = compute_once(crystal, &options, MPI_COMM_WORLD, forces[0]);
    result[1] = compute_once(turned, &options, MPI_COMM_WORLD, forces[1]);
    ASSERT_CLOSE(result[0].energy_ha, result[1].energy_ha, SAME_ENERGY_HA);
    {
        const double *f = forces[0];
        const double w[3] = {c * f[0] - s * f[1], s * f[0] + c * f[1], f[2]};

        ASSERT_CLOSE(forces[1][0], w[0], SAME_FORCE_HA_BOHR);
        ASSERT_CLOSE(forces[1][1], c * w[1] - s * w[2], SAME_FORCE_HA_BOHR);
        ASSERT_CLOSE(forces[1][2], s * w[1] + c * w[2], SAME_FORCE_HA_BOHR);
    }
    km_crystal_destroy(&crystal);
    km_crystal_destroy(&turned);
}

/*
 * Free energies at steps along a direction whose displacements sum to zero, so that the removal of the
 * net force does not matter; five-point derivative.
 */
static double energy_slope(km_crystal *crystal, const km_dft_options *options,
                           const double *direction_bohr)
{
    const double step = 0.02, factor[4] = {-2, -1, 1, 2};
    const double *b = km_crystal_reciprocal_bohr(crystal);
    const int n = 3 * km_crystal_n_atom(crystal);
    double frac[18], moved[18], value[4];

    memcpy(frac, km_crystal_frac(crystal), sizeof *frac * (size_t)n);
    for (int i = 0; i < 4; ++i) {
        for (int j = 0; j < n; ++j) {
            moved[j] = frac[j];
            for (int x = 0; x < 3; ++x)
                moved[j] += factor[i] * step * direction_bohr[j / 3 * 3 + x] *
                            b[3 * (j % 3) + x] / (2 * KM_PI);
        }
        km_crystal_move(crystal, moved);
        value[i] = compute_once(crystal, options, MPI_COMM_WORLD, NULL).free_energy_ha;
    }
    km_crystal_move(crystal, frac);
    return (8 * (value[2] - value[1]) - (value[3] - value[0])) / (12 * step);
}

static void check_force(km_crystal *crystal, const km_dft_options *options)
{
    const double direction[6] = {0.6, -0.3, 0.5, -0.6, 0.3, -0.5};
    double forces[6], work = 0, slope;
    km_calculation result = compute_once(crystal, options, MPI_COMM_WORLD, forces);

    assert_int_equal(result.outcome, KM_OUTCOME_CONVERGED);
    for (int i = 0; i < 6; ++i) work += forces[i] * direction[i];
    slope = energy_slope(crystal, options, direction);
    print_message("force %.7f Ha/bohr, off by %.1e\n", work, work + slope);
    assert_true(fabs(work) > 1e-3);
    ASSERT_CLOSE(work, -slope, SAME_FORCE_HA_BOHR);
    km_crystal_destroy(&crystal);
}

static void force_is_minus_the_energy_gradient(void **state)
{
    km_dft_options options = tight_options(8);

    (void)state;
    check_force(make_rattled_magnesia(), &options);
    options = tight_options(4);
    set_ints(options.k_mesh, 2, 2, 2);
    check_force(make_stretched_silicon(), &options);
    options = tight_options(8);
    use_pbe(&options);
    set_ints(options.grid, 15, 15, 15);
    check_force(make_rattled_magnesia(), &options);
}

/*
 * With smearing the forces belong to the free energy; the energy at zero width lies above it. So wide
 * a smearing fills most of the bands, which must then be exact.
 */
static void force_is_minus_the_free_energy_gradient(void **state)
{
    km_dft_options options = tight_options(4);
    km_crystal *crystal = make_stretched_silicon();
    km_calculation result;

    (void)state;
    options.n_band = 14; /* all that hold electrons */
    for (int fermi_dirac = 0; fermi_dirac < 2; ++fermi_dirac) {
        options.smearing = fermi_dirac ? KM_SMEARING_FERMI_DIRAC : KM_SMEARING_GAUSSIAN;
        options.smearing_width_ha = fermi_dirac ? 0.02 : 0.04;
        result = compute_once(crystal, &options, MPI_COMM_WORLD, NULL);
        assert_true(result.energy_ha - result.free_energy_ha > 1e-3);
        check_force(make_stretched_silicon(), &options);
    }
    km_crystal_destroy(&crystal);
}

/* E = T + E_nl + E_loc + E_H + E_xc + E_ion of the final density, which the SCF never sums up that way. */
static void energy_is_the_sum_of_its_terms(void **state)
{
    km_dft_options options = tight_options(8);
    km_crystal *crystal = make_rattled_magnesia();
    double kinetic, nonlocal, term_ha[KM_N_TERM] = {0};
    km_hamiltonian_setup setup;
    km_calculation result;
    km_band_view view;
    km_ground_state *s;
    km_term term;
    km_dft *dft;
    km_calculator *calculator = compute(crystal, &options, &dft, &result);

    (void)state;
    s = km_dft_ground_state(dft);
    setup = (km_hamiltonian_setup){.crystal = s->crystal,
                                   .pseudo = s->pseudo,
                                   .grid = s->grid,
                                   .is_real = s->is_real,
                                   .n_k = s->set.n_k,
                                   .basis = s->set.basis,
                                   .n_band = s->n_band};
    view = (km_band_view){s->set.n_k,   s->n_band,     s->set.basis,
                          s->set.bands, s->set.weight, s->set.occupation};
    ASSERT_OK(km_term_kinetic_create(&setup, &term));
    ASSERT_OK(km_term_band_energy(&term, &view, &kinetic));
    km_term_destroy(&term);
    ASSERT_OK(km_term_nonlocal_create(&setup, &term));
    ASSERT_OK(km_term_band_energy(&term, &view, &nonlocal));
    km_term_destroy(&term);
    assert_true(kinetic > 1);
    ASSERT_OK(km_hamiltonian_set_density(s->set.hamiltonian, s->rho_out, term_ha));
    ASSERT_CLOSE(kinetic + nonlocal + term_ha[KM_TERM_LOCAL] + term_ha[KM_TERM_HARTREE] +
                     term_ha[KM_TERM_XC] + term_ha[KM_TERM_ION],
                 result.energy_ha, SAME_ENERGY_HA);
    ASSERT_CLOSE(creal(s->rho_out[km_grid_zero(s->grid)]) * km_crystal_volume_bohr3(crystal), 8,
                 1e-10);
    km_calculator_destroy(&calculator);
    km_crystal_destroy(&crystal);
}

/* Where the SCF stops at a threshold, the exact energy is about that far away at most. */
static void threshold_bounds_the_error_of_the_energy(void **state)
{
    const double tolerance_ha[] = {1e-2, 1e-4, 1e-6, 1e-8};
    km_crystal *crystals[] = {make_rattled_magnesia(), make_slab()};

    (void)state;
    for (int i = 0; i < 2; ++i) {
        km_dft_options options = tight_options(8);
        const double exact = converged_energy(crystals[i], &options);

        for (int j = 0; j < 4; ++j) {
            options.scf.energy_tolerance_ha = tolerance_ha[j];
            ASSERT_CLOSE(converged_energy(crystals[i], &options), exact,
                         ERROR_FACTOR * tolerance_ha[j]);
        }
        km_crystal_destroy(&crystals[i]);
    }
}

static void more_plane_waves_lower_the_energy(void **state)
{
    km_crystal *crystal = make_rattled_magnesia();
    double before = 0;

    (void)state;
    for (int ecut_ha = 6; ecut_ha <= 12; ecut_ha += 2) {
        km_dft_options options = tight_options(ecut_ha);
        double energy = converged_energy(crystal, &options);

        assert_true(energy < before - 1e-3);
        before = energy;
    }
    km_crystal_destroy(&crystal);
}

/* Planar averages refer to the crystal as it was given, wherever the calculation put it. */
static void planar_averages_follow_the_crystal(void **state)
{
    km_dft_options options = tight_options(8);
    km_crystal *crystal = make_slab();
    km_calculator *calculator;
    km_calculation result;
    double v[2][40], density[2][40], mean = 0, n_electron = 0;
    const double *cell = km_crystal_cell_bohr(crystal);
    km_dft *dft;

    (void)state;
    for (int i = 0; i < 2; ++i) {
        calculator = compute(crystal, &options, &dft, &result);
        ASSERT_OK(km_calculator_planar_potential(calculator, 2, 40, v[i]));
        ASSERT_OK(km_calculator_planar_density(calculator, 2, 40, density[i]));
        assert_int_equal(km_calculator_planar_density(calculator, 3, 40, density[i]),
                         KM_E_ARGUMENT);
        km_calculator_destroy(&calculator);
        move_all(crystal, (double[]){0.11, 0.07, 0.3});
    }
    for (int i = 0; i < 40; ++i) { /* 0.3 is 12 planes */
        ASSERT_CLOSE(v[1][(i + 12) % 40], v[0][i], 1e-5);
        ASSERT_CLOSE(density[1][(i + 12) % 40], density[0][i], 1e-7);
        ASSERT_CLOSE(v[0][(40 - i) % 40], v[0][i], 1e-9); /* symmetric about its middle */
        mean += v[0][i] / 40;
        n_electron += density[0][i] / 40 * km_crystal_volume_bohr3(crystal);
    }
    /* 40 planes hold waves up to 20; the potential has longer and shorter ones, whose mean is almost zero. */
    ASSERT_CLOSE(mean, result.potential_mean_ha, 1e-3);
    ASSERT_CLOSE(n_electron, result.n_electron, 1e-3);
    assert_true(v[0][20] > v[0][0] + 0.1); /* an electron is bound to the slab */
    assert_true(density[0][20] < 1e-2 * density[0][0]);
    assert_true(cell[8] > 0);
    km_crystal_destroy(&crystal);
}

/* One calculation, and the blocks that were allocated for it. */
static km_scf_result run_counted(const km_crystal *crystal, const km_dft_options *options,
                                 km_calculation *result, long *n_allocation)
{
    const km_request request = km_request_default();
    km_calculator *calculator;
    km_scf_result scf;
    km_dft *dft;

    ASSERT_OK(km_dft_calculator_create(options, NULL, &calculator, &dft));
    *n_allocation = km_memory_n_allocation();
    ASSERT_OK(km_calculator_compute(calculator, crystal, &request, MPI_COMM_WORLD, result));
    *n_allocation = km_memory_n_allocation() - *n_allocation;
    assert_int_equal(result->outcome, KM_OUTCOME_CONVERGED);
    scf = *km_dft_scf_result(dft);
    km_calculator_destroy(&calculator);
    return scf;
}

/* Counts of work, not times: what the SCF needs today, and some room. */
static void scf_costs_no_more_than_it_did(void **state)
{
    struct {
        km_crystal *crystal;
        double ecut_ha;
        int mesh[3], most_iterations, most_applications; /* the latter per band and k-point */
    } cases[] = {{make_magnesia(), 15, {2, 2, 2}, 8, 21},
                 {make_slab(), 12, {2, 2, 1}, 10, 29},
                 {make_rattled_magnesia(), 15, {2, 2, 2}, 8, 25}};

    (void)state;
    for (int i = 0; i < 3; ++i) {
        km_dft_options options = tight_options(cases[i].ecut_ha);
        km_calculation result;
        km_scf_result scf;
        double per_band;
        long n_allocation;

        options.scf.energy_tolerance_ha = 1e-7;
        memcpy(options.k_mesh, cases[i].mesh, sizeof options.k_mesh);
        scf = run_counted(cases[i].crystal, &options, &result, &n_allocation);
        per_band = (double)result.effort.n_h_apply / result.n_k / result.n_band;
        print_message("%d iterations, %.1f applications per band, %ld FFTs\n",
                      result.effort.n_iteration, per_band, scf.n_fft);
        assert_in_range(result.effort.n_iteration, 1, cases[i].most_iterations);
        assert_true(per_band <= cases[i].most_applications);
        /* There and back for two real bands at once; half of that for the density, and some odd bands. */
        assert_true((double)scf.n_fft < 1.35 * (double)scf.n_h_apply);
        km_crystal_destroy(&cases[i].crystal);
    }
}

static void more_iterations_allocate_nothing(void **state)
{
    km_crystal *crystal = make_slab();
    long n_allocation[2];
    int n_iteration[2];

    (void)state;
    for (int i = 0; i < 2; ++i) {
        km_dft_options options = tight_options(10);
        km_calculation result;

        options.scf.energy_tolerance_ha = i == 0 ? 1e-3 : 1e-11;
        n_iteration[i] = run_counted(crystal, &options, &result, n_allocation + i).n_iteration;
    }
    print_message("%ld allocations in %d iterations, %ld in %d\n", n_allocation[0],
                  n_iteration[0], n_allocation[1], n_iteration[1]);
    assert_true(n_iteration[1] >= n_iteration[0] + 4);
    assert_int_equal(n_allocation[1], n_allocation[0]);
    km_crystal_destroy(&crystal);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(real_and_complex_arithmetic_agree_on_a_slab),
    cmocka_unit_test(single_precision_of_corrections_does_not_show),
    cmocka_unit_test(whole_mesh_gives_the_energy_of_the_reduced_one),
    cmocka_unit_test(moving_all_atoms_changes_the_energy_by_the_egg_box_only),
    cmocka_unit_test(crystal_with_a_centre_has_no_egg_box),
    cmocka_unit_test(supercell_has_twice_the_energy),
    cmocka_unit_test(turned_crystal_has_the_same_energy),
    cmocka_unit_test(force_is_minus_the_energy_gradient),
    cmocka_unit_test(force_is_minus_the_free_energy_gradient),
    cmocka_unit_test(energy_is_the_sum_of_its_terms),
    cmocka_unit_test(threshold_bounds_the_error_of_the_energy),
    cmocka_unit_test(more_plane_waves_lower_the_energy),
    cmocka_unit_test(planar_averages_follow_the_crystal),
    cmocka_unit_test(scf_costs_no_more_than_it_did),
    cmocka_unit_test(more_iterations_allocate_nothing),
};

KM_TEST_MAIN(tests)
