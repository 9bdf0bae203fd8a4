/* np: 1 */
#include "support.h"

#include "kaimen/base/file.h"
#include "kaimen/base/units.h"
#include "kaimen/builder/grain_boundary.h"
#include "kaimen/potential/classical_calculator.h"
#include "kaimen/potential/rigid_map.h"
#include "synthetic_eam.h"

#include <string.h>

/* Relative to the energy of the cell. */
#define EQUAL 1e-8

static km_calculator *read_calculator(const char *path)
{
    const char *names[1] = {path};
    km_calculator *calculator;
    char *text = NULL;

    ASSERT_OK(km_file_read_text(path, &text));
    ASSERT_OK(km_classical_calculator_read(1, names, (const char *const *)&text, &calculator));
    KM_FREE(text);
    return calculator;
}

static km_crystal *make_cubic(double a_bohr, int n_atom, const int *z, const double *frac)
{
    const double cell[9] = {a_bohr, 0, 0, 0, a_bohr, 0, 0, 0, a_bohr};
    km_crystal *crystal;

    ASSERT_OK(km_crystal_create(cell, n_atom, z, frac, &crystal));
    return crystal;
}

static km_crystal *make_magnesia(void)
{
    static const int z[8] = {12, 12, 12, 12, 8, 8, 8, 8};
    static const double frac[24] = {0,   0,   0,   0,   0.5, 0.5, 0.5, 0,   0.5, 0.5, 0.5, 0,
                                    0.5, 0.5, 0.5, 0.5, 0,   0,   0,   0.5, 0,   0,   0,   0.5};

    return make_cubic(7.957, 8, z, frac);
}

static km_grain_boundary *build(const km_crystal *bulk, const int axis[3], int sigma,
                                const int plane[3], double thickness_bohr, double vacuum_bohr)
{
    km_grain_boundary_options options = km_grain_boundary_options_default();
    km_grain_boundary *boundary;

    memcpy(options.axis, axis, sizeof options.axis);
    memcpy(options.plane, plane, sizeof options.plane);
    options.sigma = sigma;
    options.thickness_bohr = thickness_bohr;
    options.vacuum_bohr = vacuum_bohr;
    ASSERT_OK(km_grain_boundary_create(bulk, &options, &boundary));
    return boundary;
}

/* The map against the crystals that it stands for, computed one by one. */
static void check_map(const km_bicrystal *b, km_calculator *calculator, double gap_bohr,
                      const int grid[2], bool is_clamped)
{
    const km_request request = km_request_default();
    double *map, largest = 0;
    km_eam *eam;
    km_ionic *ionic;

    ASSERT_OK(KM_ALLOC(map, grid[0] * grid[1]));
    ASSERT_OK(
        km_classical_calculator_open(calculator, b->n_species, b->species_z, &eam, &ionic));
    ASSERT_OK(km_rigid_map_compute(b, calculator, gap_bohr, grid, map));
    if (is_clamped) km_ionic_clamp_shells(ionic, true);
    for (int p = 0; p < grid[0] * grid[1]; ++p) {
        const km_bicrystal_state state = {
            {(double)(p % grid[0]) / grid[0], (double)(p / grid[0]) / grid[1]}, gap_bohr, 0};
        km_calculation result = {0};
        km_crystal *crystal;

        ASSERT_OK(km_bicrystal_build(b, &state, &crystal, NULL));
        if (km_crystal_shortest_distance_bohr(crystal, NULL, NULL) > 1.5) {
            ASSERT_OK(
                km_calculator_compute(calculator, crystal, &request, MPI_COMM_SELF, &result));
            largest = fmax(largest, fabs(map[p] / result.energy_ha - 1));
        }
        km_crystal_destroy(&crystal);
    }
    if (is_clamped) km_ionic_clamp_shells(ionic, false);
    print_message("largest relative difference %.1e\n", largest);
    assert_true(largest > 0); /* something was compared, and is not a copy */
    assert_true(largest < EQUAL);
    KM_FREE(map);
}

static void the_map_of_a_metal_is_that_of_its_crystals(void **state)
{
    static const int z[4] = {29, 29, 29, 29}, grid[2] = {4, 5};
    static const double frac[12] = {0, 0, 0, 0, 0.5, 0.5, 0.5, 0, 0.5, 0.5, 0.5, 0};
    km_calculator *calculator = make_synthetic_eam();
    km_crystal *bulk = make_cubic(6.83, 4, z, frac);
    km_grain_boundary *tilt = build(bulk, (int[]){0, 0, 1}, 5, (int[]){2, 1, 0}, 8,
                                    0); /* thin: grains feel the next but one */
    km_grain_boundary *twist = build(bulk, (int[]){0, 0, 1}, 5, (int[]){0, 0, 1}, 12, 0);
    km_grain_boundary *free = build(bulk, (int[]){0, 0, 1}, 5, (int[]){3, 1, 0}, 12, 20);

    (void)state;
    check_map(km_grain_boundary_bicrystal(tilt, 0), calculator, 2.5, grid, false);
    check_map(km_grain_boundary_bicrystal(twist, 0), calculator, 4.0, grid, false);
    check_map(km_grain_boundary_bicrystal(free, 0), calculator, 2.5, grid, false);
    km_grain_boundary_destroy(&tilt);
    km_grain_boundary_destroy(&twist);
    km_grain_boundary_destroy(&free);
    km_crystal_destroy(&bulk);
    km_calculator_destroy(&calculator);
}

static void the_map_of_an_oxide_is_that_of_its_crystals(void **state)
{
    static const int grid[2] = {4, 5};
    km_calculator *calculator = read_calculator("inputs/potentials/lewis-catlow.yaml");
    km_crystal *bulk = make_magnesia();
    km_grain_boundary *tilt = build(bulk, (int[]){0, 0, 1}, 5, (int[]){2, 1, 0}, 12, 0);
    km_grain_boundary *asymmetric = build(bulk, (int[]){0, 0, 1}, 5, (int[]){1, 0, 0}, 14, 0);

    (void)state;
    check_map(km_grain_boundary_bicrystal(tilt, 0), calculator, 2.6, grid, true);
    check_map(km_grain_boundary_bicrystal(asymmetric, 0), calculator, 4.2, grid, true);
    km_grain_boundary_destroy(&tilt);
    km_grain_boundary_destroy(&asymmetric);
    km_crystal_destroy(&bulk);
    km_calculator_destroy(&calculator);
}

/* Fluorite (210): one grain ends in oxygen, the other in the metal, and each has a charge. */
static void grains_with_a_charge_are_mapped_too(void **state)
{
    static const int z[12] = {58, 58, 58, 58, 8, 8, 8, 8, 8, 8, 8, 8}, grid[2] = {3, 5};
    static const double frac[36] = {0,    0,    0,    0,    0.5,  0.5,  0.5,  0,    0.5,
                                    0.5,  0.5,  0,    0.25, 0.25, 0.25, 0.75, 0.25, 0.25,
                                    0.25, 0.75, 0.25, 0.25, 0.25, 0.75, 0.75, 0.75, 0.25,
                                    0.75, 0.25, 0.75, 0.25, 0.75, 0.75, 0.75, 0.75, 0.75};
    km_calculator *calculator = read_calculator("inputs/potentials/sayle-ceria.yaml");
    km_crystal *bulk = make_cubic(10.23, 12, z, frac);
    km_grain_boundary *tilt = build(bulk, (int[]){0, 0, 1}, 5, (int[]){2, 1, 0}, 10, 0);
    int n_checked = 0;

    (void)state;
    for (int p = 0; p < km_grain_boundary_n_pair(tilt); ++p) {
        if (!km_grain_boundary_bicrystal(tilt, p)) continue;
        check_map(km_grain_boundary_bicrystal(tilt, p), calculator, 2.2, grid, true);
        ++n_checked;
    }
    assert_true(n_checked > 0);
    km_grain_boundary_destroy(&tilt);
    km_crystal_destroy(&bulk);
    km_calculator_destroy(&calculator);
}

static void what_cannot_be_mapped_is_refused(void **state)
{
    static const int grid[2] = {2, 2}, none[2] = {0, 2};
    km_calculator *calculator = read_calculator("inputs/potentials/sayle-ceria.yaml");
    km_crystal *bulk = make_magnesia();
    km_grain_boundary *tilt = build(bulk, (int[]){0, 0, 1}, 5, (int[]){2, 1, 0}, 8, 0);
    double map[4];

    (void)state;
    assert_int_equal(
        km_rigid_map_compute(km_grain_boundary_bicrystal(tilt, 0), calculator, 2, grid, map),
        KM_E_INPUT);
    assert_non_null(strstr(km_status_message(), "Mg"));
    assert_int_equal(
        km_rigid_map_compute(km_grain_boundary_bicrystal(tilt, 0), calculator, 2, none, map),
        KM_E_ARGUMENT);
    km_grain_boundary_destroy(&tilt);
    km_crystal_destroy(&bulk);
    km_calculator_destroy(&calculator);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_map_of_a_metal_is_that_of_its_crystals),
    cmocka_unit_test(the_map_of_an_oxide_is_that_of_its_crystals),
    cmocka_unit_test(grains_with_a_charge_are_mapped_too),
    cmocka_unit_test(what_cannot_be_mapped_is_refused),
};

KM_TEST_MAIN(tests)
