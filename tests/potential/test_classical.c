/* np: 1 2 */
#include "support.h"

#include "kaimen/base/file.h"
#include "kaimen/base/units.h"
#include "kaimen/potential/classical_calculator.h"
#include "kaimen/potential/ewald.h"

#include <string.h>

/* A central difference with this step errs by 1e-8 times a third derivative of order 1. */
#define STEP 1e-4
#define FORCE_TOLERANCE 2e-7
#define STRESS_TOLERANCE 5e-9

static const double skew_cell[9] = {9.1, 0.4, -0.3, 1.7, 8.3, 0.5, -1.1, 0.9, 8.8};

/* Rock salt of another shape: eight ions that are no symmetry's. */
static const double rattled[24] = {0.02, 0.01, 0.03, 0.49, 0.52, 0.01, 0.51,  -0.02,
                                   0.48, 0.01, 0.47, 0.53, 0.52, 0.02, -0.01, 0.01,
                                   0.48, 0.02, 0.03, 0.01, 0.51, 0.48, 0.53,  0.49};

static void make_crystal(const double *cell, int n, int cation, const double *frac,
                         km_crystal **crystal)
{
    int z[64];

    for (int i = 0; i < n; ++i) z[i] = i < n / 2 ? cation : 8;
    ASSERT_OK(km_crystal_create(cell, n, z, frac, crystal));
}

static void read_calculator(const char *path, km_calculator **calculator)
{
    char *text = NULL;
    const char *names[1] = {path};

    ASSERT_OK(km_file_read_text(path, &text));
    ASSERT_OK(km_classical_calculator_read(1, names, (const char *const *)&text, calculator));
    KM_FREE(text);
}

static double energy_of(km_calculator *calculator, const km_crystal *crystal)
{
    const km_request request = km_request_default();
    km_calculation result;

    ASSERT_OK(km_calculator_compute(calculator, crystal, &request, MPI_COMM_WORLD, &result));
    assert_int_equal(result.outcome, KM_OUTCOME_CONVERGED);
    return result.energy_ha;
}

static double energy_at(km_calculator *calculator, const double *cell, int n, int cation,
                        const double *frac)
{
    km_crystal *crystal;
    double energy;

    make_crystal(cell, n, cation, frac, &crystal);
    energy = energy_of(calculator, crystal);
    km_crystal_destroy(&crystal);
    return energy;
}

/* Forces and stress against differences of the energy. */
static void check_derivatives(km_calculator *calculator, int cation)
{
    double forces[24], stress[9], frac[24], cell[9], total[3] = {0};
    km_crystal *crystal;
    double volume;

    make_crystal(skew_cell, 8, cation, rattled, &crystal);
    energy_of(calculator, crystal);
    volume = km_crystal_volume_bohr3(crystal);
    ASSERT_OK(km_calculator_forces(calculator, forces));
    ASSERT_OK(km_calculator_stress(calculator, stress));
    for (int i = 0; i < 24; ++i) total[i % 3] += forces[i];
    for (int k = 0; k < 3; ++k) ASSERT_CLOSE(total[k], 0, 1e-8);
    /* Along the lattice vectors: frac changes, the force's component along the vector answers. */
    for (int i = 0; i < 24; i += 5) {
        const double *v = skew_cell + 3 * (i % 3), *f = forces + 3 * (i / 3);
        double e[2];

        for (int s = 0; s < 2; ++s) {
            memcpy(frac, rattled, sizeof frac);
            frac[i] += (s ? STEP : -STEP) / 10;
            e[s] = energy_at(calculator, skew_cell, 8, cation, frac);
        }
        ASSERT_CLOSE(v[0] * f[0] + v[1] * f[1] + v[2] * f[2], -(e[1] - e[0]) / (2 * STEP / 10),
                     1e2 * FORCE_TOLERANCE);
        assert_true(fabs(f[0]) + fabs(f[1]) + fabs(f[2]) > 1e-4);
    }
    for (int k = 0; k < 9; ++k) {
        double e[2];

        for (int s = 0; s < 2; ++s) {
            for (int a = 0; a < 3; ++a)
                for (int b = 0; b < 3; ++b)
                    cell[3 * a + b] =
                        skew_cell[3 * a + b] +
                        (b == k % 3 ? (s ? STEP : -STEP) : 0) * skew_cell[3 * a + k / 3];
            e[s] = energy_at(calculator, cell, 8, cation, rattled);
        }
        ASSERT_CLOSE(stress[k], (e[1] - e[0]) / (2 * STEP) / volume, STRESS_TOLERANCE);
    }
    km_crystal_destroy(&crystal);
}

static void ionic_derivatives_are_those_of_the_energy(void **state)
{
    km_calculator *calculator;

    (void)state;
    read_calculator("inputs/potentials/lewis-catlow.yaml", &calculator);
    check_derivatives(calculator, 12);
    km_calculator_destroy(&calculator);
    read_calculator("inputs/potentials/bks.yaml", &calculator);
    check_derivatives(calculator, 14);
    km_calculator_destroy(&calculator);
}

static void shells_follow_and_derivatives_hold(void **state)
{
    km_calculator *calculator;

    (void)state;
    read_calculator("inputs/potentials/sayle-ceria.yaml", &calculator);
    check_derivatives(calculator, 58);
    km_calculator_destroy(&calculator);
}

/* The mesh against the full sum, and Buckingham pairs added one by one. */
static void ions_have_the_energy_of_direct_sums(void **state)
{
    const double a = 821.6 / KM_EV_PER_HA, rho = 0.3242 / KM_ANG_PER_BOHR;
    const double a_oo = 22764.3 / KM_EV_PER_HA, rho_oo = 0.149 / KM_ANG_PER_BOHR;
    const double c_oo = 27.88 / KM_EV_PER_HA / pow(KM_ANG_PER_BOHR, 6);
    const double cutoff = 10 / KM_ANG_PER_BOHR;
    km_calculator *calculator;
    double charge[8], expected, forces[24], coulomb[24];
    km_crystal *crystal;

    (void)state;
    for (int i = 0; i < 8; ++i) charge[i] = i < 4 ? 2 : -2;
    ASSERT_OK(km_ewald_compute(skew_cell, 8, rattled, charge, &expected, coulomb, NULL));
    for (int i = 0; i < 8; ++i)
        for (int j = 0; j < 8; ++j)
            for (int m = 0; m < 7 * 7 * 7; ++m) {
                const int t[3] = {m / 49 - 3, m / 7 % 7 - 3, m % 7 - 3};
                double d[3] = {0}, r, value = 0, slope = 0;

                for (int k = 0; k < 3; ++k)
                    for (int v = 0; v < 3; ++v)
                        d[k] += (rattled[3 * j + v] - rattled[3 * i + v] + t[v]) *
                                skew_cell[3 * v + k];
                r = sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
                if (r < 1e-6 || r > cutoff || (i < 4 && j < 4)) continue;
                if (i >= 4 && j >= 4) {
                    value = a_oo * (exp(-r / rho_oo) - exp(-cutoff / rho_oo)) -
                            c_oo * (pow(r, -6) - pow(cutoff, -6));
                    slope = -a_oo / rho_oo * exp(-r / rho_oo) + 6 * c_oo * pow(r, -7);
                } else {
                    value = a * (exp(-r / rho) - exp(-cutoff / rho));
                    slope = -a / rho * exp(-r / rho);
                }
                expected += value / 2;
                for (int k = 0; k < 3; ++k) coulomb[3 * i + k] += slope * d[k] / r;
            }
    read_calculator("inputs/potentials/lewis-catlow.yaml", &calculator);
    make_crystal(skew_cell, 8, 12, rattled, &crystal);
    ASSERT_CLOSE(energy_of(calculator, crystal), expected, 1e-8 * fabs(expected));
    ASSERT_OK(km_calculator_forces(calculator, forces));
    for (int i = 0; i < 24; ++i) ASSERT_CLOSE(forces[i], coulomb[i], 1e-8);
    km_crystal_destroy(&crystal);
    km_calculator_destroy(&calculator);
}

/* A cell and two of it side by side, in any origin. */
static void energies_are_extensive_and_free_of_the_origin(void **state)
{
    double cell[9], frac[48];
    km_calculator *calculator;
    double one;

    (void)state;
    memcpy(cell, skew_cell, sizeof cell);
    for (int k = 0; k < 3; ++k) cell[k] *= 2;
    for (int i = 0; i < 16; ++i)
        for (int k = 0; k < 3; ++k) {
            const int from = i < 8 ? i / 2 : 4 + (i - 8) / 2;

            frac[3 * i + k] =
                (rattled[3 * from + k] + (k ? 0 : i % 2)) / (k ? 1 : 2) + 0.137 * k;
        }
    read_calculator("inputs/potentials/sayle-ceria.yaml", &calculator);
    one = energy_at(calculator, skew_cell, 8, 58, rattled);
    ASSERT_CLOSE(energy_at(calculator, cell, 16, 58, frac), 2 * one, 2e-9 * fabs(one));
    km_calculator_destroy(&calculator);
}

static void an_unknown_element_is_a_clear_error(void **state)
{
    const km_request request = km_request_default();
    km_calculator *calculator;
    km_calculation result;
    km_crystal *crystal;

    (void)state;
    read_calculator("inputs/potentials/matsui-akaogi.yaml", &calculator);
    make_crystal(skew_cell, 8, 12, rattled, &crystal);
    assert_int_equal(
        km_calculator_compute(calculator, crystal, &request, MPI_COMM_WORLD, &result),
        KM_E_INPUT);
    assert_non_null(strstr(km_status_message(), "has no Mg"));
    km_crystal_destroy(&crystal);
    km_calculator_destroy(&calculator);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(ionic_derivatives_are_those_of_the_energy),
    cmocka_unit_test(shells_follow_and_derivatives_hold),
    cmocka_unit_test(ions_have_the_energy_of_direct_sums),
    cmocka_unit_test(energies_are_extensive_and_free_of_the_origin),
    cmocka_unit_test(an_unknown_element_is_a_clear_error),
};

KM_TEST_MAIN(tests)
