/* np: 1 */
#include "support.h"

#include "kaimen/base/units.h"
#include "kaimen/potential/ewald.h"

#include <math.h>
#include <string.h>
#include <time.h>

/* The sums are cut at 3e-16 of their largest term; about 1e4 terms are added. */
#define RELATIVE_TOLERANCE 1e-12
/* A central difference with step 1e-4 has an error of 1e-8 times a third derivative of order 1. */
#define DIFFERENCE_STEP 1e-4
#define DIFFERENCE_TOLERANCE 1e-7

static const double fcc[9] = {0, 0.5, 0.5, 0.5, 0, 0.5, 0.5, 0.5, 0};
static const double cube[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
static const double skew[9] = {7.0, 0.3, -0.2, 1.9, 6.1, 0.4, -1.2, 0.8, 9.3};

/* Five points without symmetry and with a net charge. */
static const double rattled_frac[15] = {0.02, 0.11, -0.07, 0.53, 0.44, 0.39, 0.21, 0.78,
                                        0.55, 0.83, 0.12,  0.64, 0.41, 0.93, 0.09};
static const double rattled_charge[5] = {2.0, -1.3, 0.7, -2.2, 1.6};

static double energy_of(const double *cell, int n, const double *frac, const double *charge)
{
    double energy = 0;

    ASSERT_OK(km_ewald_compute(cell, n, frac, charge, &energy, NULL, NULL));
    return energy;
}

/* Energy of a pair of unit charges times the distance of neighbors: minus the Madelung constant. */
static double madelung(const double *cell, double x, double distance)
{
    const double frac[6] = {0, 0, 0, x, x, x}, charge[2] = {1, -1};

    return -energy_of(cell, 2, frac, charge) * distance;
}

/* Source: R. E. Crandall, J. P. Buhler, J. Phys. A 20, 5497 (1987); known to 15 digits. */
static void madelung_constants_are_those_of_the_literature(void **state)
{
    (void)state;
    ASSERT_CLOSE(madelung(fcc, 0.5, 0.5), 1.747564594633182, 2e-12);
    ASSERT_CLOSE(madelung(cube, 0.5, sqrt(0.75)), 1.762674773070991, 2e-12);
    ASSERT_CLOSE(madelung(fcc, 0.25, sqrt(3.0) / 4), 1.638055053388790, 2e-12);
}

/* Source: G. Makov, M. C. Payne, Phys. Rev. B 51, 4014 (1995): alpha = 2.837297 of the simple cubic lattice. */
static void charge_in_a_background_has_the_cubic_energy(void **state)
{
    const double frac[3] = {0.3, 0.1, 0.9}, charge = 1.7, length = 8.0;
    double cell[9] = {0};

    (void)state;
    cell[0] = cell[4] = cell[8] = length;
    ASSERT_CLOSE(energy_of(cell, 1, frac, &charge),
                 -2.837297479480619 * charge * charge / (2 * length), 1e-12);
}

/* Ions of MgO and of the MgO(100) slab of tests/data/reference: abinit 9.6.2, which prints 15 digits. */
static void ions_of_a_crystal_and_a_slab_have_the_energy_of_another_code(void **state)
{
    const double h = 3.979763218462, a = 5.628235118582, c = 44.264944743234;
    const double crystal[9] = {0, h, h, h, 0, h, h, h, 0},
                 slab[9] = {a, 0, 0, 0, a, 0, 0, 0, c};
    const double pair[6] = {0, 0, 0, -0.5, 0.5, 0.5}, pair_charge[2] = {2, 6};
    double frac[30], charge[10];

    (void)state;
    ASSERT_CLOSE(energy_of(crystal, 2, pair, pair_charge), -13.1633504745209, 1e-11);
    for (int i = 0; i < 10; i++) {
        const int layer = i % 5;

        charge[i] = i < 5 ? 2 : 6;
        frac[3 * i] = frac[3 * i + 1] = (layer % 2 == 0) == (i < 5) ? 0.5 : 0;
        frac[3 * i + 2] = 0.5 + (layer - 2) * 0.08990778688525;
    }
    ASSERT_CLOSE(energy_of(slab, 10, frac, charge), 300.559654625603, 1e-9);
}

static void energy_ignores_shift_image_and_order(void **state)
{
    double frac[15], charge[5], energy = energy_of(skew, 5, rattled_frac, rattled_charge);

    (void)state;
    for (int i = 0; i < 5; i++) {
        charge[4 - i] = rattled_charge[i];
        for (int a = 0; a < 3; a++)
            frac[3 * (4 - i) + a] = rattled_frac[3 * i + a] + 0.37 * (a + 1) + 3 * (i - 2);
    }
    ASSERT_CLOSE(energy_of(skew, 5, frac, charge), energy, RELATIVE_TOLERANCE * fabs(energy));
}

/* The split follows from the volume and the number of points, so each of these changes it. */
static void energy_does_not_depend_on_the_split(void **state)
{
    double energy = energy_of(skew, 5, rattled_frac, rattled_charge);
    double frac[3 * 200] = {0}, charge[200] = {0}, cell[9];

    (void)state;
    /* points without charge shorten the sum over distances */
    memcpy(frac, rattled_frac, sizeof rattled_frac);
    memcpy(charge, rattled_charge, sizeof rattled_charge);
    for (int i = 5; i < 200; i++)
        for (int a = 0; a < 3; a++) frac[3 * i + a] = fmod(0.7548777 * (i + 1) * (a + 1), 1);
    ASSERT_CLOSE(energy_of(skew, 200, frac, charge), energy, RELATIVE_TOLERANCE * fabs(energy));
    /* eight cells */
    for (int i = 0; i < 40; i++) {
        charge[i] = rattled_charge[i / 8];
        for (int a = 0; a < 3; a++)
            frac[3 * i + a] = (rattled_frac[3 * (i / 8) + a] + ((i >> a) & 1)) / 2;
    }
    for (int k = 0; k < 9; k++) cell[k] = 2 * skew[k];
    ASSERT_CLOSE(energy_of(cell, 40, frac, charge), 8 * energy,
                 RELATIVE_TOLERANCE * 8 * fabs(energy));
}

static void energy_does_not_depend_on_the_choice_of_lattice_vectors(void **state)
{
    double cell[9], frac[15], energy = energy_of(skew, 5, rattled_frac, rattled_charge);

    (void)state;
    /* c' = c + 2a - b, the positions staying where they are; then left-handed */
    memcpy(cell, skew, sizeof cell);
    for (int a = 0; a < 3; a++) cell[6 + a] += 2 * skew[a] - skew[3 + a];
    for (int i = 0; i < 5; i++) {
        const double *old = rattled_frac + 3 * i;

        frac[3 * i] = old[0] - 2 * old[2];
        frac[3 * i + 1] = old[1] + old[2];
        frac[3 * i + 2] = old[2];
    }
    ASSERT_CLOSE(energy_of(cell, 5, frac, rattled_charge), energy,
                 RELATIVE_TOLERANCE * fabs(energy));
    for (int a = 0; a < 3; a++) cell[a] = -cell[a];
    for (int i = 0; i < 5; i++) frac[3 * i] = -frac[3 * i];
    ASSERT_CLOSE(energy_of(cell, 5, frac, rattled_charge), energy,
                 RELATIVE_TOLERANCE * fabs(energy));
}

static void force_is_minus_energy_gradient(void **state)
{
    double energy, forces[15], stress[9], total[3] = {0};

    (void)state;
    ASSERT_OK(km_ewald_compute(skew, 5, rattled_frac, rattled_charge, &energy, forces, stress));
    for (int k = 0; k < 15; k++) {
        double frac[15], difference[2], projected = 0;

        for (int side = 0; side < 2; side++) {
            memcpy(frac, rattled_frac, sizeof frac);
            frac[k] += (2 * side - 1) * DIFFERENCE_STEP;
            difference[side] = energy_of(skew, 5, frac, rattled_charge);
        }
        for (int a = 0; a < 3; a++)
            projected += forces[3 * (k / 3) + a] * skew[3 * (k % 3) + a];
        ASSERT_CLOSE(projected, -(difference[1] - difference[0]) / (2 * DIFFERENCE_STEP), 1e-6);
        assert_true(fabs(projected) > 1e-3);
        total[k % 3] += forces[k];
    }
    for (int a = 0; a < 3; a++) ASSERT_CLOSE(total[a], 0, 1e-12);
}

static void stress_is_energy_gradient_over_strain(void **state)
{
    double energy, stress[9], cell[9], side[2];
    const double volume = 7.0 * (6.1 * 9.3 - 0.4 * 0.8) - 0.3 * (1.9 * 9.3 + 0.4 * 1.2) -
                          0.2 * (1.9 * 0.8 + 6.1 * 1.2);

    (void)state;
    ASSERT_OK(km_ewald_compute(skew, 5, rattled_frac, rattled_charge, &energy, NULL, stress));
    for (int k = 0; k < 9; k++) {
        for (int s = 0; s < 2; s++) {
            memcpy(cell, skew, sizeof cell);
            for (int row = 0; row < 3; row++)
                cell[3 * row + k / 3] += (2 * s - 1) * DIFFERENCE_STEP * skew[3 * row + k % 3];
            side[s] = energy_of(cell, 5, rattled_frac, rattled_charge);
        }
        ASSERT_CLOSE(stress[k] * volume, (side[1] - side[0]) / (2 * DIFFERENCE_STEP),
                     DIFFERENCE_TOLERANCE);
    }
}

/* Virial theorem of a homogeneous function of degree -1: tr(dE/dstrain) = -E. */
static void trace_of_the_stress_is_minus_the_energy(void **state)
{
    double energy, stress[9];

    (void)state;
    ASSERT_OK(km_ewald_compute(fcc, 5, rattled_frac, rattled_charge, &energy, NULL, stress));
    ASSERT_CLOSE((stress[0] + stress[4] + stress[8]) * 0.25, -energy, 1e-12 * fabs(energy));
}

/* A rocksalt slab of 150 ions in a cell five times as long as wide. */
static void slab_of_150_ions_takes_under_a_tenth_of_a_second(void **state)
{
    const double cell[9] = {20, 0, 0, 0, 20, 0, 0, 0, 100};
    double frac[450], charge[150], forces[450], energy, seconds;
    clock_t start;

    (void)state;
    for (int i = 0; i < 150; i++) {
        int x = i % 5, y = i / 5 % 5, z = i / 25;

        frac[3 * i] = 0.2 * x, frac[3 * i + 1] = 0.2 * y, frac[3 * i + 2] = 0.04 * z;
        charge[i] = (x + y + z) % 2 ? -2 : 2;
    }
    start = clock();
    ASSERT_OK(km_ewald_compute(cell, 150, frac, charge, &energy, forces, NULL));
    seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    print_message("150 ions: %.4f s\n", seconds);
    assert_true(seconds < 0.1);
}

static void impossible_points_are_refused(void **state)
{
    const double flat[9] = {1, 0, 0, 2, 0, 0, 0, 0, 1};
    const double frac[6] = {0.25, 0.5, 0.5, 1.25, -0.5, 0.5}, charge[2] = {1, -1};
    const double broken[3] = {0, NAN, 0};
    double energy;

    (void)state;
    assert_int_equal(km_ewald_compute(skew, 0, frac, charge, &energy, NULL, NULL),
                     KM_E_ARGUMENT);
    assert_int_equal(km_ewald_compute(flat, 1, frac, charge, &energy, NULL, NULL),
                     KM_E_ARGUMENT);
    assert_int_equal(km_ewald_compute(skew, 2, frac, charge, &energy, NULL, NULL),
                     KM_E_ARGUMENT);
    assert_string_equal(km_status_message(), "points 1 and 2 are at one place");
    assert_int_equal(km_ewald_compute(skew, 1, broken, charge, &energy, NULL, NULL),
                     KM_E_ARGUMENT);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(madelung_constants_are_those_of_the_literature),
    cmocka_unit_test(charge_in_a_background_has_the_cubic_energy),
    cmocka_unit_test(ions_of_a_crystal_and_a_slab_have_the_energy_of_another_code),
    cmocka_unit_test(energy_ignores_shift_image_and_order),
    cmocka_unit_test(energy_does_not_depend_on_the_split),
    cmocka_unit_test(energy_does_not_depend_on_the_choice_of_lattice_vectors),
    cmocka_unit_test(force_is_minus_energy_gradient),
    cmocka_unit_test(stress_is_energy_gradient_over_strain),
    cmocka_unit_test(trace_of_the_stress_is_minus_the_energy),
    cmocka_unit_test(slab_of_150_ions_takes_under_a_tenth_of_a_second),
    cmocka_unit_test(impossible_points_are_refused),
};

KM_TEST_MAIN(tests)
