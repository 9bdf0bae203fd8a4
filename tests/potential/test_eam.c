/* np: 1 */
#include "support.h"

#include "kaimen/base/file.h"
#include "kaimen/base/units.h"
#include "kaimen/potential/classical_calculator.h"
#include "synthetic_eam.h"

#include <string.h>

#define STEP_BOHR 1e-4

static const double cell[9] = {13.1, 0.2, 0.1, -0.3, 12.7, 0.2, 0.4, 0.1, 13.4};
static const double frac[12] = {0.03, 0.02, 0.01, 0.26, 0.24, 0.03,
                                0.02, 0.27, 0.22, 0.25, 0.01, 0.28};

static double energy_at(km_calculator *calculator, const double *places)
{
    const km_request request = km_request_default();
    const int z[4] = {29, 29, 29, 29};
    km_calculation result;
    km_crystal *crystal;

    ASSERT_OK(km_crystal_create(cell, 4, z, places, &crystal));
    ASSERT_OK(km_calculator_compute(calculator, crystal, &request, MPI_COMM_WORLD, &result));
    km_crystal_destroy(&crystal);
    return result.energy_ha;
}

static double distance_ang(int i, int j, int m)
{
    const int t[3] = {m / 9 - 1, m / 3 % 3 - 1, m % 3 - 1};
    double d[3] = {0};

    for (int v = 0; v < 3; ++v)
        for (int k = 0; k < 3; ++k)
            d[k] += (frac[3 * j + v] - frac[3 * i + v] + t[v]) * cell[3 * v + k];
    return sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]) * KM_ANG_PER_BOHR;
}

static void tables_give_the_energy_of_their_functions(void **state)
{
    km_text text = {0};
    km_calculator *calculator;
    double expected_ev = 0;

    (void)state;
    write_setfl(3 * N_POINT, &text);
    ASSERT_OK(create(text.bytes, &calculator));
    for (int i = 0; i < 4; ++i) {
        double rho = 0;

        for (int j = 0; j < 4; ++j)
            for (int m = 0; m < 27; ++m) {
                const double r = distance_ang(i, j, m);

                if (r < 1e-6) continue;
                rho += exp(-r) * fade(r);
                expected_ev += pair_ev(r) / 2;
            }
        expected_ev -= sqrt(1 + rho);
    }
    ASSERT_CLOSE(energy_at(calculator, frac) * KM_EV_PER_HA, expected_ev, 1e-9);
    km_calculator_destroy(&calculator);
    KM_FREE(text.bytes);
}

/* The same functions as effective charges Z with 27.2 eV 0.529 Ang Z^2 = r phi; of another element with charges and densities scaled. */
static void write_funcfl(int z, double charge, double density, km_text *text)
{
    ASSERT_OK(km_text_append(text, "title\n%d 60 3.6 fcc\n%d %g %d %g %g\n", z, N_POINT, D_RHO,
                             N_POINT, D_R_ANG, CUTOFF_ANG));
    for (int i = 0; i < N_POINT; ++i)
        ASSERT_OK(
            km_text_append(text, "%.16e%c", -sqrt(1 + i * D_RHO), i % 5 == 4 ? '\n' : ' '));
    for (int i = 0; i < N_POINT; ++i)
        ASSERT_OK(
            km_text_append(text, "%.16e\n",
                           charge * sqrt(i * D_R_ANG * pair_ev(i * D_R_ANG) / (27.2 * 0.529))));
    for (int i = 0; i < N_POINT; ++i)
        ASSERT_OK(
            km_text_append(text, "%.16e\n", density * exp(-i * D_R_ANG) * fade(i * D_R_ANG)));
}

static void funcfl_files_give_the_energy_of_their_functions(void **state)
{
    static const char *const names[2] = {"cu.eam", "ni.eam"};
    static const double charge[2] = {1, 0.8}, density[2] = {1, 0.5};
    static const int z[4] = {29, 28, 29, 28};
    const km_request request = km_request_default();
    km_text text[2] = {{0}, {0}}, setfl = {0};
    km_calculator *calculator, *other;
    km_calculation result;
    km_crystal *crystal;
    double expected_ev = 0;

    (void)state;
    write_funcfl(29, charge[0], density[0], text);
    write_funcfl(28, charge[1], density[1], text + 1);
    write_setfl(3 * N_POINT, &setfl);
    const char *const texts[2] = {text[0].bytes, text[1].bytes};

    ASSERT_OK(km_classical_calculator_read(1, names, texts, &calculator));
    ASSERT_OK(create(setfl.bytes, &other));
    ASSERT_CLOSE(energy_at(calculator, frac), energy_at(other, frac), 1e-13);
    km_calculator_destroy(&calculator);
    km_calculator_destroy(&other);
    for (int i = 0; i < 4; ++i) {
        double rho = 0;

        for (int j = 0; j < 4; ++j)
            for (int m = 0; m < 27; ++m) {
                const double r = distance_ang(i, j, m);

                if (i == j && m == 13) continue;
                rho += density[j % 2] * exp(-r) * fade(r);
                expected_ev += 0.5 * charge[i % 2] * charge[j % 2] * pair_ev(r);
            }
        expected_ev -= sqrt(1 + rho);
    }
    ASSERT_OK(km_classical_calculator_read(2, names, texts, &calculator));
    ASSERT_OK(km_crystal_create(cell, 4, z, frac, &crystal));
    ASSERT_OK(km_calculator_compute(calculator, crystal, &request, MPI_COMM_WORLD, &result));
    ASSERT_CLOSE(result.energy_ha * KM_EV_PER_HA, expected_ev, 1e-9);
    km_crystal_destroy(&crystal);
    km_calculator_destroy(&calculator);
    for (int f = 0; f < 2; ++f) KM_FREE(text[f].bytes);
    KM_FREE(setfl.bytes);
}

static void force_is_minus_energy_gradient(void **state)
{
    km_text text = {0};
    km_calculator *calculator;
    double forces[12], places[12];

    (void)state;
    write_setfl(3 * N_POINT, &text);
    ASSERT_OK(create(text.bytes, &calculator));
    energy_at(calculator, frac);
    ASSERT_OK(km_calculator_forces(calculator, forces));
    for (int i = 0; i < 12; ++i) {
        const double *v = cell + 3 * (i % 3), *f = forces + 3 * (i / 3);
        double e[2];

        for (int s = 0; s < 2; ++s) {
            memcpy(places, frac, sizeof places);
            places[i] += (s ? STEP_BOHR : -STEP_BOHR) / 13;
            e[s] = energy_at(calculator, places);
        }
        ASSERT_CLOSE(v[0] * f[0] + v[1] * f[1] + v[2] * f[2],
                     -(e[1] - e[0]) * 13 / (2 * STEP_BOHR), 1e-7);
        assert_true(fabs(f[0]) + fabs(f[1]) + fabs(f[2]) > 1e-5);
    }
    km_calculator_destroy(&calculator);
    KM_FREE(text.bytes);
}

static void a_broken_file_is_a_clear_error(void **state)
{
    km_text text = {0};
    km_calculator *calculator;

    (void)state;
    write_setfl(3 * N_POINT - 1, &text);
    assert_int_equal(create(text.bytes, &calculator), KM_E_INPUT);
    assert_non_null(strstr(km_status_message(), "the file ends, wanted a pair energy"));
    assert_null(calculator);
    KM_FREE(text.bytes);
    assert_int_equal(create("a\nb\nc\n1 Cu\n10 0.1 10 0.1 9\n", &calculator), KM_E_INPUT);
    assert_non_null(
        strstr(km_status_message(), "test.eam.alloy:5: the cutoff, 9 Ang, is beyond"));
    assert_int_equal(create("a\nb\nc\n1 Qq\n", &calculator), KM_E_INPUT);
    assert_non_null(strstr(km_status_message(), "wanted an element's symbol"));
    assert_int_equal(create("a\nb\nc\n1 Cu\n10 x 10 0.1 9\n", &calculator), KM_E_INPUT);
    assert_non_null(strstr(km_status_message(), "\"x\", wanted drho, a number"));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(tables_give_the_energy_of_their_functions),
    cmocka_unit_test(funcfl_files_give_the_energy_of_their_functions),
    cmocka_unit_test(force_is_minus_energy_gradient),
    cmocka_unit_test(a_broken_file_is_a_clear_error),
};

KM_TEST_MAIN(tests)
