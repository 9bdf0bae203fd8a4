/* np: 1 */
#include "files.h"
#include "samples.h"

#include "kaimen/crystal/poscar.h"
#include "kaimen/crystal/symmetry.h"

/* Sixteen digits are written. */
#define ROUNDING 1e-12

#define HEAD "cell\n1.0\n4 0 0\n0 4 0\n0 0 4\n"

static void written_crystal_is_read_back(void **state)
{
    km_crystal *samples[3] = {rutile(), quartz(), primitive_magnesia()};
    const char *path = make_file("POSCAR", "");

    (void)state;
    for (int is = 0; is < 3; is++) {
        int n_atom = km_crystal_n_atom(samples[is]);
        km_crystal *back;

        ASSERT_OK(km_poscar_write(path, NULL, samples[is]));
        ASSERT_OK(km_crystal_read(path, &back));
        assert_int_equal(km_crystal_n_atom(back), n_atom);
        assert_memory_equal(km_crystal_z(back), km_crystal_z(samples[is]),
                            sizeof(int) * n_atom);
        for (int i = 0; i < 9; i++)
            assert_near(km_crystal_cell_bohr(back)[i], km_crystal_cell_bohr(samples[is])[i],
                        ROUNDING);
        for (int i = 0; i < 3 * n_atom; i++)
            assert_near(km_crystal_frac(back)[i], km_crystal_frac(samples[is])[i], ROUNDING);
        km_crystal_destroy(&back);
        km_crystal_destroy(&samples[is]);
    }
    remove_file(path);
}

static void mixed_order_of_atoms_is_kept(void **state)
{
    const int z[4] = {8, 12, 8, 8};
    const double frac[12] = {0, 0, 0, .5, .5, 0, .5, 0, .5, 0, .5, .5};
    km_crystal *crystal = sample(4, 4, 4, 90, 4, z, frac), *back;
    const char *path = make_file("mixed.vasp", "");

    (void)state;
    ASSERT_OK(km_poscar_write(path, "oxygen, magnesium, oxygen", crystal));
    ASSERT_OK(km_crystal_read(path, &back));
    assert_memory_equal(km_crystal_z(back), z, sizeof z);
    remove_file(path);
    km_crystal_destroy(&back);
    km_crystal_destroy(&crystal);
}

/* The same rock salt by scale, by volume, Cartesian with selective dynamics. */
static void all_forms_describe_the_same_crystal(void **state)
{
    const char *forms[4] = {
        "a\n4.21\n0 .5 .5\n.5 0 .5\n.5 .5 0\nMg O\n1 1\nDirect\n0 0 0\n.5 .5 .5\n",
        "a\n-18.65461525\n0 .5 .5\n.5 0 .5\n.5 .5 0\nMg_pv O\n1 1\ndirect\n0 0 0\n.5 .5 .5\n",
        "a\n4.21\n0 .5 .5\n.5 0 .5\n.5 .5 0\nMg O\n1 1\nSelective dynamics\nCartesian\n"
        "0 0 0 T T F\n.5 .5 .5 F F F\n",
        "a\r\n4.21\r\n0 .5 .5\r\n.5 0 .5\r\n.5 .5 0\r\nMg O\r\n1 1\r\nk\r\n0 0 0 Mg\r\n.5 .5 "
        ".5 O\r\n"
        "\r\n0 0 0\r\n0 0 0\r\n"};
    km_crystal *wanted = primitive_magnesia();

    (void)state;
    for (int i = 0; i < 4; i++) {
        km_crystal *crystal = read_text("POSCAR.test", forms[i]);

        for (int j = 0; j < 9; j++)
            assert_near(km_crystal_cell_bohr(crystal)[j], km_crystal_cell_bohr(wanted)[j],
                        1e-8);
        for (int j = 0; j < 6; j++)
            assert_near(km_crystal_frac(crystal)[j], km_crystal_frac(wanted)[j], ROUNDING);
        km_crystal_destroy(&crystal);
    }
    km_crystal_destroy(&wanted);
}

/* Quartz is chiral: its mirror image would have another space group. */
static void left_handed_cell_describes_the_same_atoms(void **state)
{
    km_crystal *right = quartz(), *left;
    const double *a = km_crystal_cell_bohr(right), *x = km_crystal_frac(right);
    double cart_right[27], cart_left[27];
    char text[4096];
    int n = 0;
    km_symmetry *symmetry;

    (void)state;
    /* The same Cartesian positions with the first two vectors exchanged. */
    for (int i = 0; i < 9; i++) {
        int row = i < 3 ? 1 : i < 6 ? 0 : 2;

        if (i == 0) n += snprintf(text + n, sizeof text - n, "left\n1.0\n");
        n += snprintf(text + n, sizeof text - n, "%.12f%s",
                      a[3 * row + i % 3] * KM_ANG_PER_BOHR, i % 3 == 2 ? "\n" : " ");
    }
    n += snprintf(text + n, sizeof text - n, "Si O\n3 6\nDirect\n");
    for (int i = 0; i < 9; i++)
        n += snprintf(text + n, sizeof text - n, "%.14f %.14f %.14f\n", x[3 * i + 1], x[3 * i],
                      x[3 * i + 2]);
    left = read_text("POSCAR", text);
    assert_true(km_crystal_volume_bohr3(left) > 0);
    km_crystal_compute_cart(right, cart_right);
    km_crystal_compute_cart(left, cart_left);
    for (int i = 0; i < 27; i++) assert_near(cart_left[i], cart_right[i], 1e-9);
    ASSERT_OK(km_symmetry_create(left, KM_SYMMETRY_TOLERANCE_BOHR, &symmetry));
    assert_int_equal(km_symmetry_number(symmetry), 154);
    km_symmetry_destroy(&symmetry);
    km_crystal_destroy(&left);
    km_crystal_destroy(&right);
}

static void bad_files_are_refused(void **state)
{
    (void)state;
    assert_refused("POSCAR", "", 1, "the file ends");
    assert_refused("POSCAR", "cell\n1.0\n4 0 0\n0 4 0\n", 5, "the file ends");
    assert_refused("POSCAR", "cell\n0\n4 0 0\n0 4 0\n0 0 4\n", 2, "scale");
    assert_refused("POSCAR", "cell\n1 1 1\n4 0 0\n0 4 0\n0 0 4\n", 2, "one scale");
    assert_refused("POSCAR", "cell\n1.0\n4 0 0\n0 4 zero\n0 0 4\n", 4, "zero");
    assert_refused("POSCAR", "cell\n1.0\n4 0 0\n0 4 0\n4 4 0\nO\n1\nDirect\n0 0 0\n", 5,
                   "no volume");
    assert_refused("POSCAR", HEAD "1 1\nDirect\n0 0 0\n.5 .5 .5\n", 6, "VASP 4");
    assert_refused("POSCAR", HEAD "Mg Xx\n1 1\nDirect\n0 0 0\n.5 .5 .5\n", 6, "'Xx'");
    assert_refused("POSCAR", HEAD "Mg O\n1\nDirect\n0 0 0\n", 7, "number of O atoms");
    assert_refused("POSCAR", HEAD "Mg O\n1 -1\nDirect\n0 0 0\n", 7, "'-1'");
    assert_refused("POSCAR", HEAD "Mg O\n1 1 1\nDirect\n0 0 0\n", 7, "more numbers");
    assert_refused("POSCAR", HEAD "Mg\n1\nFractional\n0 0 0\n", 8, "Direct or Cartesian");
    assert_refused("POSCAR", HEAD "Mg O\n1 1\nDirect\n0 0 0\n.5 nan .5\n", 10, "'nan'");
    assert_refused("POSCAR", HEAD "Mg O\n1 1\nDirect\n0 0 0\n", 10, "the file ends");
    assert_refused("POSCAR", HEAD "Mg O\n1 1\nDirect\n0 0 0\n.01 0 1.02\n", 10, "apart");
    assert_refused("POSCAR", HEAD "Mg\n99999999999\nDirect\n0 0 0\n", 7, "99999999999");
}

static void unwritable_folder_is_an_error(void **state)
{
    km_crystal *crystal = rutile();

    (void)state;
    assert_int_equal(km_poscar_write("no such folder/POSCAR", NULL, crystal), KM_E_IO);
    assert_non_null(strstr(km_status_message(), "no such folder/POSCAR"));
    assert_int_equal(km_poscar_write("POSCAR", "two\nlines", crystal), KM_E_ARGUMENT);
    km_crystal_destroy(&crystal);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(written_crystal_is_read_back),
    cmocka_unit_test(mixed_order_of_atoms_is_kept),
    cmocka_unit_test(all_forms_describe_the_same_crystal),
    cmocka_unit_test(left_handed_cell_describes_the_same_atoms),
    cmocka_unit_test(bad_files_are_refused),
    cmocka_unit_test(unwritable_folder_is_an_error),
};
KM_TEST_MAIN(tests)
