/* np: 1 */
#include "files.h"
#include "samples.h"

#include <sys/stat.h>

#define POSCAR_TEXT "a\n1\n4 0 0\n0 4 0\n0 0 4\nCu\n1\nDirect\n0 0 0\n"
#define XYZ_TEXT "1\nLattice=\"4 0 0 0 4 0 0 0 4\"\nCu 0 0 0\n"
#define CIF_TEXT                                                                               \
    "data_a\n_cell_length_a 4\n_cell_length_b 4\n_cell_length_c 4\n_cell_angle_alpha 90\n"     \
    "_cell_angle_beta 90\n_cell_angle_gamma 90\n_symmetry_Int_Tables_number 1\nloop_\n"        \
    "_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\nCu1 0 0 "   \
    "0\n"

static void name_chooses_the_reader(void **state)
{
    const char *names[8] = {"POSCAR", "CONTCAR_old", "copper.vasp", "copper.POSCAR",
                            "a.xyz",  "a.extxyz",    "a.cif",       "A.CIF"};

    (void)state;
    for (int i = 0; i < 8; i++) {
        km_crystal *crystal = read_text(names[i], i < 4   ? POSCAR_TEXT
                                                  : i < 6 ? XYZ_TEXT
                                                          : CIF_TEXT);

        assert_int_equal(km_crystal_n_atom(crystal), 1);
        assert_near(km_crystal_volume_bohr3(crystal), pow(4 * KM_BOHR_PER_ANG, 3), 1e-9);
        km_crystal_destroy(&crystal);
    }
}

static void unknown_names_are_refused(void **state)
{
    (void)state;
    assert_refused("copper.pdb", XYZ_TEXT, 0, "*.cif, POSCAR*");
    assert_refused("copper", XYZ_TEXT, 0, "no reader");
}

static void what_is_no_text_file_is_refused(void **state)
{
    const char *path = make_file("a.cif", "");
    const char binary[8] = {'d', 'a', 0, 1, 2, 3, 0, 4};
    km_crystal *crystal;
    FILE *file = fopen(path, "w");

    (void)state;
    assert_int_equal(fwrite(binary, 1, 8, file), 8);
    fclose(file);
    assert_int_equal(km_crystal_read(path, &crystal), KM_E_INPUT);
    assert_non_null(strstr(km_status_message(), path));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(km_crystal_read(path, &crystal), KM_E_INPUT);
    assert_non_null(strstr(km_status_message(), path));
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(km_crystal_read(path, &crystal), KM_E_INPUT);
    assert_non_null(strstr(km_status_message(), path));
    assert_null(crystal);
    remove_file(path);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(name_chooses_the_reader),
    cmocka_unit_test(unknown_names_are_refused),
    cmocka_unit_test(what_is_no_text_file_is_refused),
};
KM_TEST_MAIN(tests)
