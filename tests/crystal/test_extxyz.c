/* np: 1 */
#include "files.h"
#include "samples.h"

#include "kaimen/base/file.h"
#include "kaimen/crystal/extxyz.h"

/* Fifteen digits of numbers up to 100 are written. */
#define ROUNDING 1e-11

#define LATTICE "Lattice=\"4 0 0 0 4 0 0 0 4\""

static void written_frames_are_read_back(void **state)
{
    km_crystal *first = rutile(), *second = quartz(), *back;
    double energy_ha = -1.25, forces_ha_bohr[27], *forces_back;
    const km_extxyz_extras extras = {.energy_ha = &energy_ha,
                                     .forces_ha_bohr = forces_ha_bohr,
                                     .keys = "name=\"low quartz\" id=7"};
    const char *path = make_file("frames.extxyz", "");
    km_text text = {0};

    (void)state;
    for (int i = 0; i < 27; i++) forces_ha_bohr[i] = 0.01 * i - 0.1;
    ASSERT_OK(km_extxyz_append(&text, first, NULL));
    ASSERT_OK(km_extxyz_append(&text, second, &extras));
    ASSERT_OK(km_file_write_text(path, text.bytes));
    assert_non_null(strstr(text.bytes, "energy=-34.014"));
    assert_non_null(strstr(text.bytes, "name=\"low quartz\" id=7\n"));

    ASSERT_OK(km_extxyz_read(path, 1, &back, &forces_back));
    assert_memory_equal(km_crystal_z(back), km_crystal_z(second), 9 * sizeof(int));
    for (int i = 0; i < 9; i++)
        assert_near(km_crystal_cell_bohr(back)[i], km_crystal_cell_bohr(second)[i], ROUNDING);
    for (int i = 0; i < 27; i++) {
        assert_near(km_crystal_frac(back)[i], km_crystal_frac(second)[i], ROUNDING);
        assert_near(forces_back[i], forces_ha_bohr[i], ROUNDING);
    }
    km_crystal_destroy(&back);
    KM_FREE(forces_back);

    ASSERT_OK(km_extxyz_read(path, 0, &back, &forces_back));
    assert_int_equal(km_crystal_n_atom(back), 6);
    assert_null(forces_back);
    km_crystal_destroy(&back);
    assert_int_equal(km_extxyz_read(path, 2, &back, NULL), KM_E_INPUT);
    assert_non_null(strstr(km_status_message(), "the file ends"));

    ASSERT_OK(km_extxyz_write(path, first, NULL));
    ASSERT_OK(km_crystal_read(path, &back));
    km_crystal_destroy(&back);
    remove_file(path);
    KM_FREE(text.bytes);
    km_crystal_destroy(&first);
    km_crystal_destroy(&second);
}

static void columns_may_stand_in_any_order(void **state)
{
    const char *path = make_file(
        "order.xyz", "2\n"
                     "config='a b' pbc=\"T T T\" Properties=forces:R:3:tag:I:1:pos:R:3:"
                     "species:S:1 flag " LATTICE " stress={1 2 3}\n"
                     "1 2 3 0 0.0 0.0 0.0 Mg\n4 5 6 1 2.0 2.0 2.0 O\n");
    double *forces;
    km_crystal *crystal;

    (void)state;
    ASSERT_OK(km_extxyz_read(path, 0, &crystal, &forces));
    assert_int_equal(km_crystal_z(crystal)[0], 12);
    assert_int_equal(km_crystal_z(crystal)[1], 8);
    assert_near(km_crystal_frac(crystal)[3], 0.5, ROUNDING);
    assert_near(forces[5], 6 * KM_HA_PER_EV * KM_ANG_PER_BOHR, ROUNDING);
    KM_FREE(forces);
    km_crystal_destroy(&crystal);
    remove_file(path);
}

static void atomic_numbers_serve_as_species(void **state)
{
    km_crystal *crystal =
        read_text("z.xyz", "1\nProperties=pos:R:3:Z:I:1 " LATTICE "\n0 0 0 29\n");

    (void)state;
    assert_int_equal(km_crystal_z(crystal)[0], 29);
    km_crystal_destroy(&crystal);
}

static void left_handed_cell_describes_the_same_atoms(void **state)
{
    km_crystal *crystal = read_text("left.xyz", "2\nLattice=\"4 0 0 0 5 0 0 0 -6\"\n"
                                                "Mg 0.1 0.2 0.3\nO 2 2 1\n");
    const double wanted[6] = {0.1, 0.2, 0.3, 2, 2, 1};
    double cart[6];

    (void)state;
    assert_true(km_crystal_volume_bohr3(crystal) > 0);
    km_crystal_compute_cart(crystal, cart);
    for (int i = 0; i < 6; i++) assert_near(cart[i] * KM_ANG_PER_BOHR, wanted[i], ROUNDING);
    km_crystal_destroy(&crystal);
}

static void moments_are_read_and_written(void **state)
{
    const char *text =
        "2\n" LATTICE " Properties=species:S:1:pos:R:3:magmoms:R:1:initial_magmoms:R:1\n"
        "Ni 0 0 0 1.7 2\nNi 2 2 2 -1.7 -2\n";
    km_crystal *crystal, *again;
    km_text out = {0};

    (void)state;
    ASSERT_OK(km_file_write_text("moments.xyz", text));
    ASSERT_OK(km_extxyz_read("moments.xyz", 0, &crystal, NULL));
    assert_true(km_crystal_moments_mub(crystal)[0] == 2);
    assert_true(km_crystal_moments_mub(crystal)[1] == -2);
    ASSERT_OK(km_extxyz_append(&out, crystal, NULL));
    ASSERT_OK(km_file_write_text("moments.xyz", out.bytes));
    ASSERT_OK(km_extxyz_read("moments.xyz", 0, &again, NULL));
    assert_true(km_crystal_moments_mub(again)[1] == -2);
    assert_refused("a.xyz",
                   "1\n" LATTICE " Properties=species:S:1:pos:R:3:magmom:R:1\nNi 0 0 0 up\n", 3,
                   "'up'");
    assert_int_equal(remove("moments.xyz"), 0);
    KM_FREE(out.bytes);
    km_crystal_destroy(&crystal);
    km_crystal_destroy(&again);
}

static void bad_files_are_refused(void **state)
{
    (void)state;
    assert_refused("a.xyz", "", 1, "the file ends");
    assert_refused("a.xyz", "two\n" LATTICE "\nMg 0 0 0\n", 1, "'two'");
    assert_refused("a.xyz", "0\n" LATTICE "\n", 1, "'0'");
    assert_refused("a.xyz", "1\nno cell here\nMg 0 0 0\n", 2, "plain XYZ");
    assert_refused("a.xyz", "1\nLattice=\"4 0 0 0 4 0 0 0\"\nMg 0 0 0\n", 2, "number 9 of 9");
    assert_refused("a.xyz", "1\nLattice=\"4 0 0 0 4 0 0 0 4 1\"\nMg 0 0 0\n", 2, "more than 9");
    assert_refused("a.xyz", "1\nLattice=\"4 0 0 0 4 0 4 4 0\"\nMg 0 0 0\n", 0, "flat");
    assert_refused("a.xyz", "1\n" LATTICE " Properties=species:S\nMg 0 0 0\n", 2,
                   "name:type:width");
    assert_refused("a.xyz", "1\n" LATTICE " Properties=species:S:1\nMg\n", 2, "pos:R:3");
    assert_refused("a.xyz", "2\n" LATTICE "\nMg 0 0 0\n", 4, "the file ends");
    assert_refused("a.xyz", "2\n" LATTICE "\nMg 0 0 0\nO 2 2\n", 4, "4 columns");
    assert_refused("a.xyz", "2\n" LATTICE "\nMg 0 0 0\nQ 2 2 2\n", 4, "'Q'");
    assert_refused("a.xyz", "2\n" LATTICE "\nMg 0 0 0\nO 2 2 inf\n", 4, "'inf'");
    assert_refused("a.xyz", "2\n" LATTICE "\nMg 0 0 0\nO 4 4 4.1\n", 4, "0.100 Ang apart");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(written_frames_are_read_back),
    cmocka_unit_test(columns_may_stand_in_any_order),
    cmocka_unit_test(atomic_numbers_serve_as_species),
    cmocka_unit_test(left_handed_cell_describes_the_same_atoms),
    cmocka_unit_test(moments_are_read_and_written),
    cmocka_unit_test(bad_files_are_refused),
};
KM_TEST_MAIN(tests)
