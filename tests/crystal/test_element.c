/* np: 1 */
#include "samples.h"

#include "kaimen/crystal/element.h"

static void every_symbol_finds_its_number(void **state)
{
    (void)state;
    for (int z = 1; z <= KM_Z_MAX; z++)
        assert_int_equal(km_element_find(km_element_symbol(z)), z);
    assert_int_equal(km_element_find("mg"), 0);
    assert_int_equal(km_element_find(""), 0);
    assert_null(km_element_symbol(0));
    assert_null(km_element_symbol(KM_Z_MAX + 1));
}

static void known_properties_stand_at_their_numbers(void **state)
{
    (void)state;
    assert_string_equal(km_element_symbol(118), "Og");
    assert_near(km_element_mass_u(12), 24.305, 1e-9);
    assert_near(km_element_mass_u(92), 238.029, 1e-3);
    assert_near(km_element_covalent_radius_bohr(8), 0.66 * KM_BOHR_PER_ANG, 1e-12);
    assert_near(km_element_covalent_radius_bohr(97), 0, 0);
    assert_int_equal(km_element_oxide_charge(8), -2);
    assert_int_equal(km_element_oxide_charge(22), 4);
    assert_int_equal(km_element_oxide_charge(10), 0);
}

static void masses_rise_but_for_the_known_exceptions(void **state)
{
    int n_exception = 0;

    (void)state;
    /* Ar-K, Co-Ni, Te-I and Th-Pa are inverted by nature, U-Np by the isotope chosen. */
    for (int z = 1; z < 94; z++) n_exception += km_element_mass_u(z + 1) < km_element_mass_u(z);
    assert_int_equal(n_exception, 5);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_symbol_finds_its_number),
    cmocka_unit_test(known_properties_stand_at_their_numbers),
    cmocka_unit_test(masses_rise_but_for_the_known_exceptions),
};
KM_TEST_MAIN(tests)
