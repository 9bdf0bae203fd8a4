/* np: 1 */
#include "samples.h"

/* Double precision on numbers of order one. */
#define ROUNDING 1e-12

static void reciprocal_vectors_are_dual_to_the_cell(void **state)
{
    km_crystal *crystal = corundum();
    const double *a = km_crystal_cell_bohr(crystal), *b = km_crystal_reciprocal_bohr(crystal);

    (void)state;
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            assert_near(a[3 * i] * b[3 * j] + a[3 * i + 1] * b[3 * j + 1] +
                            a[3 * i + 2] * b[3 * j + 2],
                        i == j ? 2 * KM_PI : 0, 1e-12);
    assert_near(km_crystal_volume_bohr3(crystal) * pow(KM_ANG_PER_BOHR, 3),
                4.759 * 4.759 * 12.993 * sqrt(0.75), 1e-9);
    km_crystal_destroy(&crystal);
    assert_null(crystal);
}

static void species_ascend_and_atoms_keep_their_order(void **state)
{
    const int z[4] = {22, 8, 8, 12};
    const double frac[12] = {0, 0, 0, .5, 0, 0, 0, .5, 0, -1.25, 0, 7.5};
    km_crystal *crystal = sample(4, 4, 4, 90, 4, z, frac);
    const int wanted_z[3] = {8, 12, 22}, wanted_species[4] = {2, 0, 0, 1};

    (void)state;
    assert_int_equal(km_crystal_n_species(crystal), 3);
    assert_memory_equal(km_crystal_species_z(crystal), wanted_z, sizeof wanted_z);
    assert_memory_equal(km_crystal_species(crystal), wanted_species, sizeof wanted_species);
    assert_memory_equal(km_crystal_frac(crystal), frac, sizeof frac);
    km_crystal_destroy(&crystal);
}

static void formula_follows_hill(void **state)
{
    const int z[8] = {8, 6, 1, 1, 1, 1, 7, 17};
    const double frac[24] = {0,  .1, .2, .3, .4, .5, .6, .7, .8, .9, 0, .15,
                             .2, .3, .4, .5, .6, .7, .8, .9, .1, .2, 0, .9};
    km_crystal *crystal = sample(9, 9, 9, 90, 8, z, frac);
    char formula[KM_FORMULA_SIZE];

    (void)state;
    km_crystal_formula(crystal, formula);
    assert_string_equal(formula, "CH4ClNO");
    km_crystal_destroy(&crystal);

    crystal = corundum();
    km_crystal_formula(crystal, formula);
    assert_string_equal(formula, "Al12O18");
    km_crystal_reduced_formula(crystal, formula);
    assert_string_equal(formula, "Al2O3");
    km_crystal_destroy(&crystal);
}

static void moved_copy_leaves_the_original_alone(void **state)
{
    km_crystal *crystal = rutile(), *copy;
    double frac[18], cart[18];

    (void)state;
    ASSERT_OK(km_crystal_copy(crystal, &copy));
    for (int i = 0; i < 18; i++) frac[i] = km_crystal_frac(crystal)[i] + 0.25;
    km_crystal_move(copy, frac);
    assert_memory_equal(km_crystal_frac(copy), frac, sizeof frac);
    assert_near(km_crystal_frac(crystal)[0], 0, 0);
    km_crystal_compute_cart(copy, cart);
    assert_near(cart[0], 0.25 * 4.594 * KM_BOHR_PER_ANG, ROUNDING);
    assert_near(cart[2], 0.25 * 2.958 * KM_BOHR_PER_ANG, ROUNDING);
    km_crystal_destroy(&copy);
    km_crystal_destroy(&crystal);
}

static void shortest_distance_is_the_bond(void **state)
{
    km_crystal *crystal = primitive_magnesia();
    int first, second;

    (void)state;
    assert_near(km_crystal_shortest_distance_bohr(crystal, &first, &second),
                0.5 * 4.21 * KM_BOHR_PER_ANG, ROUNDING);
    assert_int_equal(first, 0);
    assert_int_equal(second, 1);
    km_crystal_destroy(&crystal);
}

/* The same lattice described by vectors that lean over by many cells. */
static void shortest_distance_does_not_depend_on_the_choice_of_cell(void **state)
{
    const double cell[9] = {5, 0, 0, 0, 6, 0, 0, 0, 7}, frac[6] = {0, 0, 0, .4, .3, .2};
    const int m[9] = {1, 0, 0, 7, 1, 0, -11, 5, 1}, z[2] = {12, 12};
    double skewed[9], skewed_frac[6];
    km_crystal *straight, *leaning;

    (void)state;
    for (int i = 0; i < 9; i++)
        skewed[i] = m[i / 3 * 3] * cell[i % 3] + m[i / 3 * 3 + 1] * cell[3 + i % 3] +
                    m[i / 3 * 3 + 2] * cell[6 + i % 3];
    for (int i = 0; i < 2; i++) {
        const double *x = frac + 3 * i;

        /* x = y M for unit lower-triangular M, solved from the last component. */
        skewed_frac[3 * i + 2] = x[2];
        skewed_frac[3 * i + 1] = x[1] - 5 * x[2];
        skewed_frac[3 * i] = x[0] - 7 * skewed_frac[3 * i + 1] + 11 * x[2];
    }
    ASSERT_OK(km_crystal_create(cell, 2, z, frac, &straight));
    ASSERT_OK(km_crystal_create(skewed, 2, z, skewed_frac, &leaning));
    assert_near(km_crystal_shortest_distance_bohr(straight, NULL, NULL),
                sqrt(4 + 1.8 * 1.8 + 1.4 * 1.4), ROUNDING);
    assert_near(km_crystal_shortest_distance_bohr(leaning, NULL, NULL),
                km_crystal_shortest_distance_bohr(straight, NULL, NULL), ROUNDING);
    km_crystal_destroy(&straight);
    km_crystal_destroy(&leaning);
}

static void lone_atom_is_nearest_to_its_own_image(void **state)
{
    const double cell[9] = {10, 0, 0, 9, 3, 0, 0, 0, 20}, frac[3] = {.3, .3, .3};
    const int z = 29;
    km_crystal *crystal;
    int first, second;

    (void)state;
    ASSERT_OK(km_crystal_create(cell, 1, &z, frac, &crystal));
    /* b - a is shorter than a and b. */
    assert_near(km_crystal_shortest_distance_bohr(crystal, &first, &second), sqrt(10),
                ROUNDING);
    assert_int_equal(first, second);
    km_crystal_destroy(&crystal);
}

static void impossible_crystals_are_refused(void **state)
{
    const double cell[9] = {5, 0, 0, 0, 5, 0, 0, 0, 5}, frac[3] = {0, 0, 0};
    const double left[9] = {5, 0, 0, 0, 5, 0, 0, 0, -5}, flat[9] = {5, 0, 0, 0, 5, 0, 5, 5, 0};
    const double nan_frac[3] = {0, NAN, 0};
    const int good = 8, zero = 0, large = 119;
    km_crystal *crystal;

    (void)state;
    assert_int_equal(km_crystal_create(cell, 0, &good, frac, &crystal), KM_E_ARGUMENT);
    assert_int_equal(km_crystal_create(cell, 1, &zero, frac, &crystal), KM_E_ARGUMENT);
    assert_int_equal(km_crystal_create(cell, 1, &large, frac, &crystal), KM_E_ARGUMENT);
    assert_int_equal(km_crystal_create(left, 1, &good, frac, &crystal), KM_E_ARGUMENT);
    assert_int_equal(km_crystal_create(flat, 1, &good, frac, &crystal), KM_E_ARGUMENT);
    assert_int_equal(km_crystal_create(cell, 1, &good, nan_frac, &crystal), KM_E_ARGUMENT);
    assert_null(crystal);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(reciprocal_vectors_are_dual_to_the_cell),
    cmocka_unit_test(species_ascend_and_atoms_keep_their_order),
    cmocka_unit_test(formula_follows_hill),
    cmocka_unit_test(moved_copy_leaves_the_original_alone),
    cmocka_unit_test(shortest_distance_is_the_bond),
    cmocka_unit_test(shortest_distance_does_not_depend_on_the_choice_of_cell),
    cmocka_unit_test(lone_atom_is_nearest_to_its_own_image),
    cmocka_unit_test(impossible_crystals_are_refused),
};
KM_TEST_MAIN(tests)
