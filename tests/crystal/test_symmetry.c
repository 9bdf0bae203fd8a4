/* np: 1 */
#include "samples.h"

#include "kaimen/crystal/symmetry.h"

#include <string.h>

/* spglib's operations of an exact crystal are exact to rounding; the positions of the samples are rounded to 1e-16. */
#define ROUNDING 1e-9

static const double no_shift[3] = {0, 0, 0};

static km_symmetry *group_of(const km_crystal *crystal)
{
    km_symmetry *symmetry;

    ASSERT_OK(km_symmetry_create(crystal, KM_SYMMETRY_TOLERANCE_BOHR, &symmetry));
    return symmetry;
}

static double wrapped(double x)
{
    return fabs(x - round(x));
}

static void image_of(const km_symmetry *symmetry, int io, const double *x, double *image)
{
    const int *r = km_symmetry_rotation(symmetry, io);

    for (int i = 0; i < 3; i++)
        image[i] = r[3 * i] * x[0] + r[3 * i + 1] * x[1] + r[3 * i + 2] * x[2] +
                   km_symmetry_translation_frac(symmetry, io)[i];
}

static void assert_maps_crystal_onto_itself(const km_symmetry *symmetry,
                                            const km_crystal *crystal)
{
    int n_atom = km_crystal_n_atom(crystal);
    const double *frac = km_crystal_frac(crystal);

    for (int io = 0; io < km_symmetry_n_operation(symmetry); io++) {
        const int *map = km_symmetry_atom_map(symmetry, io);
        bool is_hit[512] = {false};

        for (int ia = 0; ia < n_atom; ia++) {
            double image[3];

            image_of(symmetry, io, frac + 3 * ia, image);
            for (int i = 0; i < 3; i++)
                assert_near(wrapped(image[i] - frac[3 * map[ia] + i]), 0, ROUNDING);
            assert_int_equal(km_crystal_z(crystal)[ia], km_crystal_z(crystal)[map[ia]]);
            assert_false(is_hit[map[ia]]);
            is_hit[map[ia]] = true;
        }
    }
}

/* The product of any two operations is one of them: its action on one point in general position tells which. */
static void assert_is_group(const km_symmetry *symmetry)
{
    const double x[3] = {0.1357, 0.2468, 0.3791};
    int n = km_symmetry_n_operation(symmetry);

    for (int io = 0; io < n; io++)
        for (int jo = 0; jo < n; jo++) {
            double y[3], xy[3];
            int n_same = 0;

            image_of(symmetry, jo, x, y);
            image_of(symmetry, io, y, xy);
            for (int ko = 0; ko < n; ko++) {
                image_of(symmetry, ko, x, y);
                n_same += wrapped(y[0] - xy[0]) < ROUNDING &&
                          wrapped(y[1] - xy[1]) < ROUNDING && wrapped(y[2] - xy[2]) < ROUNDING;
            }
            assert_int_equal(n_same, 1);
        }
}

static void assert_group(km_crystal *crystal, int number, const char *symbol, int n_operation)
{
    const int identity[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    km_symmetry *symmetry = group_of(crystal);

    assert_int_equal(km_symmetry_number(symmetry), number);
    assert_string_equal(km_symmetry_symbol(symmetry), symbol);
    assert_int_equal(km_symmetry_n_operation(symmetry), n_operation);
    assert_memory_equal(km_symmetry_rotation(symmetry, 0), identity, sizeof identity);
    for (int i = 0; i < 3; i++) assert_near(km_symmetry_translation_frac(symmetry, 0)[i], 0, 0);
    assert_maps_crystal_onto_itself(symmetry, crystal);
    assert_is_group(symmetry);
    km_symmetry_destroy(&symmetry);
    km_crystal_destroy(&crystal);
}

static void known_crystals_have_their_groups(void **state)
{
    (void)state;
    assert_group(magnesia(), 225, "Fm-3m", 192);
    assert_group(primitive_magnesia(), 225, "Fm-3m", 48);
    assert_group(rutile(), 136, "P4_2/mnm", 16);
    assert_group(quartz(), 154, "P3_221", 6);
    assert_group(corundum(), 167, "R-3c", 36);
}

static void supercell_holds_the_translations_too(void **state)
{
    km_crystal *crystal = rutile();
    const double shift[3] = {0.11, 0.05, 0.37};

    (void)state;
    assert_group(supercell(crystal, (const int[3]){2, 2, 1}, shift), 136, "P4_2/mnm", 64);
    assert_group(supercell(crystal, (const int[3]){1, 1, 3}, no_shift), 136, "P4_2/mnm", 48);
    km_crystal_destroy(&crystal);
}

/* Inversion through the centre that was found must be an operation, and no centre may be nearer. */
static void inversion_centre_is_the_one_nearest_to_the_origin(void **state)
{
    const double shift[3] = {0.1, 0.2, -0.05};
    km_crystal *straight = rutile();
    km_crystal *shifted = supercell(straight, (const int[3]){1, 1, 1}, shift);
    km_symmetry *symmetry = group_of(straight);
    double centre[3] = {9, 9, 9};

    (void)state;
    assert_true(km_symmetry_has_inversion(symmetry, centre));
    for (int i = 0; i < 3; i++) assert_near(centre[i], 0, 0);
    km_symmetry_destroy(&symmetry);

    symmetry = group_of(shifted);
    assert_true(km_symmetry_has_inversion(symmetry, centre));
    for (int i = 0; i < 3; i++) assert_near(centre[i], shift[i], ROUNDING);
    km_symmetry_destroy(&symmetry);
    km_crystal_destroy(&shifted);
    km_crystal_destroy(&straight);
}

static void supercell_has_centres_of_every_translation(void **state)
{
    const double shift[3] = {0.4, 0.9, 0.5};
    km_crystal *straight = magnesia();
    km_crystal *shifted = supercell(straight, (const int[3]){2, 3, 1}, shift);
    km_symmetry *symmetry = group_of(shifted);
    double centre[3];

    (void)state;
    /* Centres stand at (i/4, j/4, k/4) with i + j + k even of the conventional cell, moved by the shift. */
    assert_true(km_symmetry_has_inversion(symmetry, centre));
    assert_near(fabs(centre[0] * 2), 0.1, ROUNDING);
    assert_near(fabs(centre[1] * 3), 0.1, ROUNDING);
    assert_near(fabs(centre[2]), 0, ROUNDING);
    km_symmetry_destroy(&symmetry);
    km_crystal_destroy(&shifted);
    km_crystal_destroy(&straight);
}

static void quartz_has_no_inversion(void **state)
{
    km_crystal *crystal = quartz();
    km_symmetry *symmetry = group_of(crystal);
    double centre[3] = {9, 9, 9};

    (void)state;
    assert_false(km_symmetry_has_inversion(symmetry, centre));
    assert_near(centre[0], 9, 0);
    km_symmetry_destroy(&symmetry);
    km_crystal_destroy(&crystal);
}

static void subgroup_keeps_what_the_mask_says(void **state)
{
    km_crystal *crystal = rutile();
    km_symmetry *symmetry = group_of(crystal), *subgroup;
    bool mask[64];
    int n_kept = 0, last = 0;

    (void)state;
    /* What leaves the direction of c alone or turns it over keeps everything; what fixes c keeps half. */
    for (int io = 0; io < km_symmetry_n_operation(symmetry); io++) {
        mask[io] = km_symmetry_rotation(symmetry, io)[8] == 1;
        n_kept += mask[io];
        if (mask[io]) last = io;
    }
    ASSERT_OK(km_symmetry_create_subgroup(symmetry, mask, &subgroup));
    assert_int_equal(km_symmetry_n_operation(subgroup), n_kept);
    assert_int_equal(n_kept, 8);
    assert_int_equal(km_symmetry_number(subgroup), 102);
    assert_string_equal(km_symmetry_symbol(subgroup), "P4_2nm");
    assert_maps_crystal_onto_itself(subgroup, crystal);
    assert_is_group(subgroup);
    km_symmetry_destroy(&subgroup);

    mask[last] = false;
    assert_int_equal(km_symmetry_create_subgroup(symmetry, mask, &subgroup), KM_E_ARGUMENT);
    mask[0] = false;
    assert_int_equal(km_symmetry_create_subgroup(symmetry, mask, &subgroup), KM_E_ARGUMENT);
    assert_null(subgroup);
    km_symmetry_destroy(&symmetry);
    km_crystal_destroy(&crystal);
}

static void standard_cells_hold_the_right_number_of_atoms(void **state)
{
    km_crystal *start = primitive_magnesia(), *conventional, *primitive;
    double volume = km_crystal_volume_bohr3(start);

    (void)state;
    ASSERT_OK(km_symmetry_find_conventional(start, KM_SYMMETRY_TOLERANCE_BOHR, &conventional));
    assert_int_equal(km_crystal_n_atom(conventional), 8);
    assert_near(km_crystal_volume_bohr3(conventional), 4 * volume, 1e-6);
    ASSERT_OK(km_symmetry_find_primitive(conventional, KM_SYMMETRY_TOLERANCE_BOHR, &primitive));
    assert_int_equal(km_crystal_n_atom(primitive), 2);
    assert_near(km_crystal_volume_bohr3(primitive), volume, 1e-6);
    assert_near(km_crystal_shortest_distance_bohr(primitive, NULL, NULL),
                km_crystal_shortest_distance_bohr(start, NULL, NULL), 1e-9);
    km_crystal_destroy(&primitive);
    km_crystal_destroy(&conventional);
    km_crystal_destroy(&start);
}

/* Index of the mesh point at k = (p + s/2) / m, turned by an operation, in floating point; -1 off the mesh. */
static int turned_point(const int *r, const int *mesh, const int *shift, int ik, int sign)
{
    int p[3] = {ik % mesh[0], ik / mesh[0] % mesh[1], ik / mesh[0] / mesh[1]}, image[3];

    for (int j = 0; j < 3; j++) {
        double k = 0, place;

        for (int i = 0; i < 3; i++)
            k += sign * (p[i] + 0.5 * shift[i]) / mesh[i] * r[3 * i + j];
        place = k * mesh[j] - 0.5 * shift[j];
        if (wrapped(place) > ROUNDING) return -1;
        image[j] = (((int)lround(place) % mesh[j]) + mesh[j]) % mesh[j];
    }
    return image[0] + mesh[0] * (image[1] + mesh[1] * image[2]);
}

static int check_mesh(const km_symmetry *symmetry, const int mesh[3], const int shift[3],
                      bool time_reversal)
{
    int n_point = mesh[0] * mesh[1] * mesh[2], map[512], n_irreducible = 0;

    ASSERT_OK(km_symmetry_reduce_mesh(symmetry, mesh, shift, time_reversal, map));
    for (int ik = 0; ik < n_point; ik++) {
        bool is_reached = false;

        n_irreducible += map[ik] == ik;
        assert_int_equal(map[map[ik]], map[ik]);
        for (int io = 0; io < km_symmetry_n_operation(symmetry); io++)
            for (int sign = time_reversal ? -1 : 1; sign <= 1; sign += 2)
                is_reached = is_reached || turned_point(km_symmetry_rotation(symmetry, io),
                                                        mesh, shift, ik, sign) == map[ik];
        assert_true(is_reached);
    }
    return n_irreducible;
}

static void meshes_reduce_to_the_known_numbers_of_points(void **state)
{
    km_crystal *cubic = primitive_magnesia(), *tetragonal = rutile(), *trigonal = quartz();
    km_symmetry *symmetry = group_of(cubic);
    const int four[3] = {4, 4, 4}, none[3] = {0, 0, 0}, all[3] = {1, 1, 1};

    (void)state;
    /* Source: Monkhorst and Pack, Phys. Rev. B 13, 5188 (1976): 10 points of the 4x4x4 fcc mesh. */
    assert_int_equal(check_mesh(symmetry, four, all, true), 10);
    assert_int_equal(check_mesh(symmetry, four, none, true), 8);
    assert_int_equal(check_mesh(symmetry, four, none, false), 8);
    km_symmetry_destroy(&symmetry);
    symmetry = group_of(tetragonal);
    assert_int_equal(check_mesh(symmetry, (const int[3]){2, 2, 3}, all, true), 2);
    assert_int_equal(check_mesh(symmetry, four, none, true), 18);
    km_symmetry_destroy(&symmetry);
    symmetry = group_of(trigonal);
    check_mesh(symmetry, (const int[3]){3, 3, 2}, none, false);
    assert_true(check_mesh(symmetry, (const int[3]){3, 3, 4}, none, true) <
                check_mesh(symmetry, (const int[3]){3, 3, 4}, none, false));
    km_symmetry_destroy(&symmetry);
    km_crystal_destroy(&cubic);
    km_crystal_destroy(&tetragonal);
    km_crystal_destroy(&trigonal);
}

/* A mesh that is not cubic, or a hexagonal one with shifts, is reduced only by what maps it onto itself. */
static void mesh_below_the_symmetry_of_the_crystal_is_reduced_with_care(void **state)
{
    km_crystal *cubic = magnesia(), *hexagonal = corundum();
    km_symmetry *symmetry = group_of(cubic);

    (void)state;
    assert_int_equal(
        check_mesh(symmetry, (const int[3]){4, 2, 2}, (const int[3]){0, 0, 0}, true), 9);
    check_mesh(symmetry, (const int[3]){3, 2, 1}, (const int[3]){0, 1, 0}, true);
    km_symmetry_destroy(&symmetry);
    symmetry = group_of(hexagonal);
    check_mesh(symmetry, (const int[3]){4, 4, 2}, (const int[3]){1, 1, 0}, true);
    check_mesh(symmetry, (const int[3]){4, 2, 2}, (const int[3]){1, 0, 1}, false);
    km_symmetry_destroy(&symmetry);
    km_crystal_destroy(&cubic);
    km_crystal_destroy(&hexagonal);
}

/* NiO of two formula units: without moments a supercell of rocksalt, with them rhombohedral. */
static void moments_make_atoms_of_one_element_differ(void **state)
{
    const double h = 3.95, cell[9] = {2 * h, h, h, h, 2 * h, h, h, h, 2 * h};
    const double frac[12] = {0, 0, 0, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.75, 0.75, 0.75};
    const double orders[3][4] = {{2, 2, 0, 0}, {2, -2, 0, 0}, {2, -2, 1, -1}};
    const int numbers[3] = {225, 166, 166 - 6}; /* Fm-3m, R-3m, R3m */
    km_crystal *crystal;

    (void)state;
    ASSERT_OK(km_crystal_create(cell, 4, (int[]){28, 28, 8, 8}, frac, &crystal));
    for (int i = 0; i < 3; i++) {
        km_crystal *primitive;
        km_symmetry *symmetry;
        double centre[3];

        ASSERT_OK(km_crystal_set_moments(crystal, orders[i]));
        ASSERT_OK(km_symmetry_create(crystal, 1e-5, &symmetry));
        assert_int_equal(km_symmetry_number(symmetry), numbers[i]);
        for (int io = 0; io < km_symmetry_n_operation(symmetry); io++)
            for (int ia = 0; ia < 4; ia++)
                assert_true(orders[i][km_symmetry_atom_map(symmetry, io)[ia]] == orders[i][ia]);
        assert_true(km_symmetry_has_inversion(symmetry, centre) == (i < 2));
        ASSERT_OK(km_symmetry_find_primitive(crystal, 1e-5, &primitive));
        assert_int_equal(km_crystal_n_atom(primitive), i == 0 ? 2 : 4);
        assert_true(fabs(km_crystal_moments_mub(primitive)[0]) == 2);
        km_crystal_destroy(&primitive);
        km_symmetry_destroy(&symmetry);
    }
    km_crystal_destroy(&crystal);
}

static void impossible_questions_are_refused(void **state)
{
    const int z[2] = {8, 8}, none[3] = {0, 0, 0};
    const double frac[6] = {.5, .5, .5, .5, .5, .5};
    km_crystal *crystal = rutile(), *coincident = sample(4, 4, 4, 90, 2, z, frac), *standard;
    km_symmetry *symmetry;
    int map[8];

    (void)state;
    assert_int_equal(km_symmetry_create(coincident, KM_SYMMETRY_TOLERANCE_BOHR, &symmetry),
                     KM_E_INPUT);
    assert_null(symmetry);
    assert_int_equal(km_symmetry_create(crystal, 0, &symmetry), KM_E_ARGUMENT);
    assert_int_equal(km_symmetry_find_primitive(coincident, 1e-4, &standard), KM_E_INPUT);
    assert_null(standard);
    symmetry = group_of(crystal);
    assert_int_equal(
        km_symmetry_reduce_mesh(symmetry, (const int[3]){2, 0, 2}, none, true, map),
        KM_E_ARGUMENT);
    assert_int_equal(km_symmetry_reduce_mesh(symmetry, (const int[3]){2, 2, 2},
                                             (const int[3]){0, 2, 0}, true, map),
                     KM_E_ARGUMENT);
    km_symmetry_destroy(&symmetry);
    km_crystal_destroy(&crystal);
    km_crystal_destroy(&coincident);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(known_crystals_have_their_groups),
    cmocka_unit_test(supercell_holds_the_translations_too),
    cmocka_unit_test(inversion_centre_is_the_one_nearest_to_the_origin),
    cmocka_unit_test(supercell_has_centres_of_every_translation),
    cmocka_unit_test(quartz_has_no_inversion),
    cmocka_unit_test(subgroup_keeps_what_the_mask_says),
    cmocka_unit_test(standard_cells_hold_the_right_number_of_atoms),
    cmocka_unit_test(meshes_reduce_to_the_known_numbers_of_points),
    cmocka_unit_test(mesh_below_the_symmetry_of_the_crystal_is_reduced_with_care),
    cmocka_unit_test(moments_make_atoms_of_one_element_differ),
    cmocka_unit_test(impossible_questions_are_refused),
};
KM_TEST_MAIN(tests)
