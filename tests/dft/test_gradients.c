/* np: 1 */
/* Forces and stress of whole calculations: gradients of the free energy at a constant number of plane waves. */
#include "dft/dft_support.h"

#include "kaimen/potential/relax.h"

/* Five-point differences err by STEP^4 of the fifth derivative; forces and stress by the root of the SCF's threshold. */
#define STEP 2e-3
#define TOLERANCE_HA 2e-6
/* What is compared is much larger than the error. */
#define LEAST_HA 1e-3

typedef struct {
    double free_energy_ha;
    double forces[18], stress[9];
} answer;

/* Far below 12 Ha magnesia has no gap; silicon has. */
#define MAGNESIA_HA 12
#define SILICON_HA 5
/* Below, the waves of a cut off core make densities around zero, where E_xc is not smooth. */
#define CORE_HA 10

static km_dft_options make_options(double ecut_ha, km_functional functional,
                                   km_smearing smearing)
{
    km_dft_options options = tight_options(ecut_ha);

    options.functional = functional;
    if (functional != KM_FUNCTIONAL_LDA) {
        strcpy(options.pseudo.family, "GTH-PBE");
        strcpy(options.pseudo.choice[0].entry, "GTH-PBE-q2");
    }
    options.smearing = smearing;
    options.smearing_width_ha = 0.02;
    options.n_band = smearing == KM_SMEARING_NONE ? 0 : 14;
    options.scf.energy_tolerance_ha = 1e-13;
    set_ints(options.k_mesh, 2, 2, 1);
    return options;
}

/* An entry with a core correction. */
static void choose_core(km_dft_options *options)
{
    options->pseudo.n_choice = 2;
    options->pseudo.choice[1] = (km_pseudo_choice){"Si", "NLCC_POTENTIALS", "GTH-NLCC-PBE-q4"};
}

static answer compute(const km_crystal *crystal, const km_dft_options *options,
                      const double *basis_cell_bohr)
{
    km_request request = km_request_default();
    km_calculator *calculator;
    km_calculation result;
    answer a;

    request.forces = request.stress = true;
    request.basis_cell_bohr = basis_cell_bohr;
    ASSERT_OK(km_dft_calculator_create(options, NULL, &calculator, NULL));
    ASSERT_OK(km_calculator_compute(calculator, crystal, &request, MPI_COMM_WORLD, &result));
    if (result.outcome != KM_OUTCOME_CONVERGED || result.effort.n_retry > 0)
        fail_msg("%s: %s", km_outcome_name(result.outcome), result.reason);
    a.free_energy_ha = result.free_energy_ha;
    ASSERT_OK(km_calculator_forces(calculator, a.forces));
    ASSERT_OK(km_calculator_stress(calculator, a.stress));
    km_calculator_destroy(&calculator);
    return a;
}

/* Derivative at 0 of a function known at -2, -1, 1 and 2 steps. */
static double difference(const double value[4])
{
    return (8 * (value[2] - value[1]) - (value[3] - value[0])) / (12 * STEP);
}

static const double steps[4] = {-2 * STEP, -STEP, STEP, 2 * STEP};

static void check_stress(const km_crystal *crystal, const km_dft_options *options,
                         const answer *a, const double *direction)
{
    const double volume = km_crystal_volume_bohr3(crystal);
    double energy_ha[4], work = 0;

    for (int i = 0; i < 4; ++i) {
        km_crystal *strained = make_strained(crystal, direction, steps[i]);

        energy_ha[i] = compute(strained, options, km_crystal_cell_bohr(crystal)).free_energy_ha;
        km_crystal_destroy(&strained);
    }
    for (int k = 0; k < 9; ++k) work += volume * a->stress[k] * direction[k];
    ASSERT_CLOSE(work, difference(energy_ha), TOLERANCE_HA);
    assert_true(fabs(work) > LEAST_HA);
}

/* Atoms are moved along their forces, which keeps every symmetry. */
static void check_forces(const km_crystal *crystal, const km_dft_options *options,
                         const answer *a)
{
    const int n = 3 * km_crystal_n_atom(crystal);
    const double *b = km_crystal_reciprocal_bohr(crystal);
    double energy_ha[4], size = 0;

    for (int i = 0; i < n; ++i) size += a->forces[i] * a->forces[i];
    size = sqrt(size);
    assert_true(size > LEAST_HA);
    for (int k = 0; k < 4; ++k) {
        km_crystal *moved;
        double frac[15];

        ASSERT_OK(km_crystal_copy(crystal, &moved));
        memcpy(frac, km_crystal_frac(crystal), sizeof *frac * (size_t)n);
        for (int i = 0; i < n; ++i)
            for (int x = 0; x < 3; ++x)
                frac[i] += steps[k] * a->forces[3 * (i / 3) + x] / size * b[3 * (i % 3) + x] /
                           (2 * KM_PI);
        km_crystal_move(moved, frac);
        energy_ha[k] = compute(moved, options, NULL).free_energy_ha;
        km_crystal_destroy(&moved);
    }
    ASSERT_CLOSE(size, -difference(energy_ha), TOLERANCE_HA);
}

/* Two atoms up and down, out of their places; no moment is fixed. */
static km_crystal *make_hydrogens(void)
{
    const double cell[9] = {6.0, 0.3, 0, 0, 6.4, 0, 0.2, 0, 11.5};
    const double frac[6] = {0, 0.02, -0.19, 0.03, 0, 0.19}, moments[2] = {1, -1};
    km_crystal *crystal = make_crystal(cell, 2, (int[]){1, 1}, frac);

    ASSERT_OK(km_crystal_set_moments(crystal, moments));
    return crystal;
}

/* One kind of calculation. */
typedef struct {
    km_crystal *(*make)(void);
    double ecut_ha;
    km_functional functional;
    km_smearing smearing;
    bool has_core;
    km_arithmetic arithmetic;
    km_spin spin;
    double total_moment_mub; /* of a crystal that brings no moments */
} kind;

static void gradients_are_slopes(void **state)
{
    static const double uniform[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    static const double skew[9] = {0.3, 0.5, -0.2, 0.1, -0.4, 0.3, 0.2, 0.6, -0.7};
    const kind *k = *state;
    km_dft_options options = make_options(k->ecut_ha, k->functional, k->smearing);
    km_crystal *crystal = k->make();
    answer a;

    options.arithmetic = k->arithmetic;
    if (k->has_core) choose_core(&options);
    options.spin = k->spin;
    if (!km_crystal_moments_mub(crystal)) options.total_moment_mub = k->total_moment_mub;
    if (km_crystal_n_species(crystal) == 1 && km_crystal_z(crystal)[0] == 1) options.n_band = 6;
    a = compute(crystal, &options, NULL);
    for (int i = 0; i < 9; ++i) ASSERT_CLOSE(a.stress[i], a.stress[3 * (i % 3) + i / 3], 1e-12);
    check_stress(crystal, &options, &a, uniform);
    check_stress(crystal, &options, &a, skew);
    check_forces(crystal, &options, &a);
    km_crystal_destroy(&crystal);
}

/* Magnesia has complex coefficients and silicon real ones. */
#define MAGNESIA make_rattled_magnesia, MAGNESIA_HA
#define SILICON make_stretched_silicon, SILICON_HA
#define CORED make_stretched_silicon, CORE_HA
static kind complex_lda = {MAGNESIA, .functional = KM_FUNCTIONAL_LDA};
static kind complex_pbe = {MAGNESIA, .functional = KM_FUNCTIONAL_PBE};
static kind complex_smeared = {MAGNESIA, .functional = KM_FUNCTIONAL_LDA,
                               .smearing = KM_SMEARING_FERMI_DIRAC};
static kind complex_core = {CORED, .functional = KM_FUNCTIONAL_PBE, .has_core = true,
                            .arithmetic = KM_ARITHMETIC_COMPLEX};
static kind real_lda = {SILICON, .functional = KM_FUNCTIONAL_LDA};
static kind real_pbe = {SILICON, .functional = KM_FUNCTIONAL_PBE};
static kind real_smeared = {SILICON, .functional = KM_FUNCTIONAL_PBE,
                            .smearing = KM_SMEARING_GAUSSIAN};
static kind real_core = {CORED, .functional = KM_FUNCTIONAL_PBE, .has_core = true};
static kind real_core_smeared = {CORED, .functional = KM_FUNCTIONAL_PBE,
                                 .smearing = KM_SMEARING_FERMI_DIRAC, .has_core = true};
#define SPIN .smearing = KM_SMEARING_GAUSSIAN, .spin = KM_SPIN_COLLINEAR
static kind real_spin = {SILICON, .functional = KM_FUNCTIONAL_PBE, SPIN,
                         .total_moment_mub = 1.5};
static kind real_spin_core = {CORED, .functional = KM_FUNCTIONAL_PBE, SPIN, .has_core = true,
                              .total_moment_mub = 1.5};
static kind complex_free_spin = {make_hydrogens, 6, .functional = KM_FUNCTIONAL_PBE, SPIN};
#define GRADIENTS(k)                                                                           \
    {                                                                                          \
        "gradients_are_slopes_" #k, gradients_are_slopes, NULL, NULL, &(k)                     \
    }

/* A cutoff that goes as 1/length^2 keeps the plane waves of a cubic crystal: no other cell is needed. */
static void pressure_is_the_slope_of_the_energy_over_volume(void **state)
{
    km_dft_options options = make_options(MAGNESIA_HA, KM_FUNCTIONAL_PBE, KM_SMEARING_NONE);
    const double ecut_ha = options.ecut_ha, unit[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    km_crystal *crystal = make_magnesia();
    const answer a = compute(crystal, &options, NULL);
    double energy_ha[4], slope;

    (void)state;
    for (int i = 0; i < 4; ++i) {
        km_crystal *strained = make_strained(crystal, unit, steps[i]);

        options.ecut_ha = ecut_ha / pow(1 + steps[i], 2);
        energy_ha[i] = compute(strained, &options, NULL).free_energy_ha;
        km_crystal_destroy(&strained);
    }
    /* The volume grows by 3 per unit of strain. */
    slope = difference(energy_ha) / (3 * km_crystal_volume_bohr3(crystal));
    ASSERT_CLOSE((a.stress[0] + a.stress[4] + a.stress[8]) / 3, slope, 1e-8);
    assert_true(fabs(a.stress[0]) > 1e-4);
    km_crystal_destroy(&crystal);
}

/* Symmetry reduces the k-points: their stress must be averaged to be that of all. A slab's forces converge last. */
static void symmetry_does_not_change_stress_and_forces(void **state)
{
    km_dft_options options = make_options(MAGNESIA_HA, KM_FUNCTIONAL_LDA, KM_SMEARING_NONE);
    km_crystal *crystal = make_slab();
    answer with, without;

    (void)state;
    set_ints(options.k_mesh, 2, 2, 1);
    with = compute(crystal, &options, NULL);
    options.use_symmetry = false;
    options.arithmetic = KM_ARITHMETIC_COMPLEX;
    without = compute(crystal, &options, NULL);
    for (int k = 0; k < 9; ++k) ASSERT_CLOSE(with.stress[k], without.stress[k], 1e-8);
    for (int i = 0; i < 18; ++i) ASSERT_CLOSE(with.forces[i], without.forces[i], 1e-5);
    assert_true(fabs(with.stress[0]) > 1e-4 && fabs(with.stress[8]) > 1e-4);
    km_crystal_destroy(&crystal);
}

/* Cell and atoms, both away from the minimum; then energies of cells around the relaxed one at its plane waves. */
static void relaxed_cell_is_that_of_the_lowest_energy(void **state)
{
    km_dft_options options = make_options(SILICON_HA, KM_FUNCTIONAL_LDA, KM_SMEARING_NONE);
    km_relax_options wanted = km_relax_options_default();
    const double unit[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    const km_request request = km_request_default();
    km_crystal *crystal = make_stretched_silicon();
    const km_crystal *relaxed;
    km_calculator *calculator;
    km_relax_result result;
    km_relax *relax;
    double energy_ha[4], volume;

    (void)state;
    options.scf.energy_tolerance_ha = 1e-11;
    set_ints(options.k_mesh, 2, 2, 2);
    ASSERT_OK(km_dft_calculator_create(&options, NULL, &calculator, NULL));
    wanted.cell = true;
    wanted.force_tolerance_ha_bohr = 5e-4;
    ASSERT_OK(km_relax_create(crystal, &wanted, &relax));
    ASSERT_OK(km_relax_run(relax, calculator, &request, MPI_COMM_WORLD, &result));
    relaxed = km_relax_crystal(relax);
    km_calculator_destroy(&calculator);
    if (result.outcome != KM_OUTCOME_CONVERGED) fail_msg("%s", result.reason);
    volume = km_crystal_volume_bohr3(relaxed);
    print_message("%d steps, volume %.2f to %.2f bohr^3, slope %.4f Ha, basis error %.1e Ha\n",
                  result.n_step, km_crystal_volume_bohr3(crystal), volume,
                  result.basis_slope_ha, result.basis_error_ha);
    assert_true(result.basis_slope_ha < -1e-4);
    for (int i = 0; i < 4; ++i) {
        km_crystal *strained = make_strained(relaxed, unit, 5 * steps[i]);

        energy_ha[i] =
            compute(strained, &options, km_relax_basis_cell_bohr(relax)).free_energy_ha;
        /* The number of plane waves per volume falls: what that costs is not the crystal's. */
        energy_ha[i] += result.basis_slope_ha * 3 * log1p(5 * steps[i]);
        km_crystal_destroy(&strained);
    }
    ASSERT_CLOSE(difference(energy_ha) / 5, 0, 3 * volume * wanted.stress_tolerance_ha_bohr3);
    km_crystal_destroy(&crystal);
    km_relax_destroy(&relax);
}

static void stress_that_was_not_asked_for_is_refused(void **state)
{
    const km_dft_options options =
        make_options(MAGNESIA_HA, KM_FUNCTIONAL_LDA, KM_SMEARING_NONE);
    km_crystal *crystal = make_magnesia();
    km_request request = km_request_default();
    km_calculator *calculator;
    km_calculation result;
    double stress[9];

    (void)state;
    ASSERT_OK(km_dft_calculator_create(&options, NULL, &calculator, NULL));
    ASSERT_OK(km_calculator_compute(calculator, crystal, &request, MPI_COMM_WORLD, &result));
    assert_int_equal(km_calculator_stress(calculator, stress), KM_E_ARGUMENT);
    assert_string_equal(km_status_message(), "stress was not asked for");
    km_calculator_destroy(&calculator);
    km_crystal_destroy(&crystal);
}

static const struct CMUnitTest tests[] = {
    GRADIENTS(complex_lda),
    GRADIENTS(complex_pbe),
    GRADIENTS(complex_core),
    GRADIENTS(complex_smeared),
    GRADIENTS(real_lda),
    GRADIENTS(real_pbe),
    GRADIENTS(real_core),
    GRADIENTS(real_smeared),
    GRADIENTS(real_core_smeared),
    GRADIENTS(real_spin),
    GRADIENTS(real_spin_core),
    GRADIENTS(complex_free_spin),
    cmocka_unit_test(pressure_is_the_slope_of_the_energy_over_volume),
    cmocka_unit_test(symmetry_does_not_change_stress_and_forces),
    cmocka_unit_test(relaxed_cell_is_that_of_the_lowest_energy),
    cmocka_unit_test(stress_that_was_not_asked_for_is_refused),
};

KM_TEST_MAIN(tests)
