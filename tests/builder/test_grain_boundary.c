/* np: 1 */
#include "kaimen/builder/grain_boundary.h"

#include "builder/coincidence.h"
#include "kaimen/crystal/symmetry.h"
#include "prototypes.h"

#include <string.h>

#define TOLERANCE_BOHR 1e-4

/* Experimental lattice constants, rounded. */
static const prototype copper = {"copper",
                                 {3.615, 0, 0, 0, 3.615, 0, 0, 0, 3.615},
                                 4,
                                 {29, 29, 29, 29},
                                 {{0, 0, 0}, {0, 0.5, 0.5}, {0.5, 0, 0.5}, {0.5, 0.5, 0}}};
static const prototype iron = {
    "iron", {2.866, 0, 0, 0, 2.866, 0, 0, 0, 2.866}, 2, {26, 26}, {{0, 0, 0}, {0.5, 0.5, 0.5}}};

typedef struct {
    const prototype *crystal;
    int axis[3], sigma, plane[3];
} boundary_case;

static km_grain_boundary *build(const boundary_case *c, double vacuum_bohr)
{
    km_grain_boundary_options options = km_grain_boundary_options_default();
    km_crystal *bulk = make_prototype(c->crystal);
    km_grain_boundary *boundary;

    memcpy(options.axis, c->axis, sizeof options.axis);
    memcpy(options.plane, c->plane, sizeof options.plane);
    options.sigma = c->sigma;
    options.thickness_bohr = 5 * KM_BOHR_PER_ANG;
    options.vacuum_bohr = vacuum_bohr;
    ASSERT_OK(km_grain_boundary_create(bulk, &options, &boundary));
    km_crystal_destroy(&bulk);
    return boundary;
}

/* Angles of coincidence about three axes. Source: H. Grimmer, W. Bollmann, D. H. Warrington, Acta Cryst. A 30, 197 (1974), table 1. */
static void the_angles_of_cubic_coincidence_are_those_of_the_tables(void **state)
{
    static const struct {
        int axis[3], sigma;
        double angle_deg;
    } table[] = {{{0, 0, 1}, 5, 36.87},  {{0, 0, 1}, 13, 22.62}, {{0, 0, 1}, 17, 28.07},
                 {{0, 0, 1}, 25, 16.26}, {{0, 0, 1}, 29, 43.60}, {{1, 1, 0}, 3, 70.53},
                 {{1, 1, 0}, 9, 38.94},  {{1, 1, 0}, 11, 50.48}, {{1, 1, 0}, 19, 26.53},
                 {{1, 1, 1}, 3, 60.00},  {{1, 1, 1}, 7, 38.21},  {{1, 1, 1}, 13, 27.80},
                 {{1, 1, 1}, 21, 21.79}};
    const prototype *const crystals[] = {&copper, &iron, &magnesia, &tausonite};

    (void)state;
    for (int c = 0; c < 4; ++c) {
        km_crystal *bulk = make_prototype(crystals[c]);
        km_primitive *primitive;

        ASSERT_OK(km_primitive_create(bulk, TOLERANCE_BOHR, &primitive));
        for (size_t i = 0; i < sizeof table / sizeof *table; ++i) {
            km_misorientation_request request = {.sigma = table[i].sigma};
            km_misorientation found;

            memcpy(request.axis, table[i].axis, sizeof request.axis);
            memcpy(request.plane, table[i].axis, sizeof request.plane); /* twist */
            ASSERT_OK(km_misorientation_find(primitive, &request, &found));
            assert_int_equal(found.sigma, table[i].sigma);
            ASSERT_CLOSE(found.angle_deg, table[i].angle_deg, 0.01);
        }
        km_primitive_destroy(&primitive);
        km_crystal_destroy(&bulk);
    }
}

/* Sigma counts: lattice points of a grain in a cell of the CSL, cells of the DSC lattice in one of the grain. Each contains what it must. */
static void coincidence_and_dsc_lattices_have_the_index_sigma(void **state)
{
    static const boundary_case cases[] = {{&copper, {0, 0, 1}, 5, {2, 1, 0}},
                                          {&iron, {1, 1, 0}, 11, {3, -3, 2}},
                                          {&corundum, {0, 0, 1}, 7, {1, 2, 0}},
                                          {&rutile, {0, 0, 1}, 13, {3, 2, 0}},
                                          {&tausonite, {1, 1, 1}, 7, {1, 2, -3}}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        km_crystal *bulk = make_prototype(cases[i].crystal);
        km_misorientation_request request = {.sigma = cases[i].sigma};
        const km_rational unit = km_rational_unit(3);
        km_rational turned, csl, dsc;
        km_misorientation found;
        km_primitive *primitive;

        memcpy(request.axis, cases[i].axis, sizeof request.axis);
        memcpy(request.plane, cases[i].plane, sizeof request.plane);
        ASSERT_OK(km_primitive_create(bulk, TOLERANCE_BOHR, &primitive));
        ASSERT_OK(km_misorientation_find(primitive, &request, &found));
        turned = km_rational_transpose(&found.rotation);
        csl = km_lattice_intersect(&unit, &turned);
        dsc = km_lattice_add(&unit, &turned);
        ASSERT_CLOSE(fabs(km_rational_determinant(&found.rotation)), 1, 1e-12);
        ASSERT_CLOSE(fabs(km_rational_determinant(&csl)), cases[i].sigma, 1e-9);
        ASSERT_CLOSE(fabs(km_rational_determinant(&dsc)), 1.0 / cases[i].sigma, 1e-12);
        assert_true(km_lattice_contains(&unit, &csl) && km_lattice_contains(&turned, &csl));
        assert_true(km_lattice_contains(&dsc, &unit) && km_lattice_contains(&dsc, &turned));
        assert_false(km_lattice_contains(&csl, &unit));
        km_primitive_destroy(&primitive);
        km_crystal_destroy(&bulk);
    }
}

static km_crystal *make_state(const km_bicrystal *b, double s, double t, double gap_bohr,
                              double close_fraction, km_bicrystal_made *made)
{
    const km_bicrystal_state state = {{s, t}, gap_bohr, close_fraction};
    km_crystal *crystal;

    ASSERT_OK(km_bicrystal_build(b, &state, &crystal, made));
    return crystal;
}

/* Of a grain and itself nothing but the crystal can come. */
static void two_grains_without_a_rotation_are_the_crystal(void **state)
{
    static const boundary_case cases[] = {{&copper, {0, 0, 0}, 0, {1, 0, 0}},
                                          {&magnesia, {0, 0, 0}, 0, {1, 1, 0}},
                                          {&rutile, {0, 0, 0}, 0, {1, 1, 0}}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        km_grain_boundary *boundary = build(cases + i, 0);
        km_crystal *bulk = make_prototype(cases[i].crystal);
        bool is_found = false;

        assert_int_equal(km_grain_boundary_get(boundary)->sigma, 1);
        for (int p = 0; p < km_grain_boundary_n_pair(boundary) && !is_found; ++p) {
            const km_bicrystal *b = km_grain_boundary_bicrystal(boundary, p);

            for (int k = 0; b && k < 64 && !is_found; ++k) {
                /* Gaps of a perfect crystal are those between its planes: here one of a few fractions of a cell. */
                const double gap = cases[i].crystal->cell_ang[0] * KM_BOHR_PER_ANG *
                                   (cases[i].plane[1] ? sqrt(0.5) : 1) * (1 + k / 4) / 16;
                km_crystal *made = make_state(b, k % 2 * 0.5, k / 2 % 2 * 0.5, gap, 0, NULL);
                km_symmetry *found, *wanted;

                ASSERT_OK(km_symmetry_create(made, 1e-3, &found));
                ASSERT_OK(km_symmetry_create(bulk, 1e-3, &wanted));
                is_found = km_symmetry_number(found) == km_symmetry_number(wanted) &&
                           fabs(km_crystal_volume_bohr3(made) / km_crystal_n_atom(made) -
                                km_crystal_volume_bohr3(bulk) / km_crystal_n_atom(bulk)) < 1e-3;
                km_symmetry_destroy(&found);
                km_symmetry_destroy(&wanted);
                km_crystal_destroy(&made);
            }
        }
        if (!is_found && i < 2)
            fail_msg("%s is not among its own bicrystals", cases[i].crystal->name);
        km_crystal_destroy(&bulk);
        km_grain_boundary_destroy(&boundary);
    }
}

/* Sum over pairs of a smooth function: an energy that no two different structures are likely to share. */
static double fingerprint(const km_crystal *crystal)
{
    const int n = km_crystal_n_atom(crystal), *z = km_crystal_z(crystal);
    const double *f = km_crystal_frac(crystal), *c = km_crystal_cell_bohr(crystal);
    double sum = 0;

    for (int i = 0; i < n; ++i)
        for (int j = 0; j < n; ++j)
            for (int k = 0; k < 343; ++k) {
                const double cutoff2 = 81;
                double d[3], r2 = 0;

                for (int x = 0; x < 3; ++x) {
                    const double frac[3] = {f[3 * j] - f[3 * i], f[3 * j + 1] - f[3 * i + 1],
                                            f[3 * j + 2] - f[3 * i + 2]};

                    d[x] = 0;
                    for (int v = 0; v < 3; ++v) {
                        const int image = (v == 0 ? k : v == 1 ? k / 7 : k / 49) % 7 - 3;

                        d[x] += (frac[v] - round(frac[v]) + image) * c[3 * v + x];
                    }
                    r2 += d[x] * d[x];
                }
                if (r2 < cutoff2) sum += (1 + 0.01 * z[i] * z[j]) * pow(1 - r2 / cutoff2, 4);
            }
    return sum / n;
}

static const boundary_case all_kinds[] = {
    {&copper, {0, 0, 1}, 5, {2, 1, 0}},   {&copper, {1, 1, 0}, 3, {1, -1, 1}},
    {&copper, {0, 0, 1}, 5, {1, 0, 0}},   {&copper, {0, 0, 1}, 5, {0, 0, 1}},
    {&iron, {1, 1, 0}, 3, {1, -1, 2}},    {&magnesia, {0, 0, 1}, 5, {3, 1, 0}},
    {&ceria, {0, 0, 1}, 5, {2, 1, 0}},    {&rutile, {0, 0, 1}, 5, {2, 1, 0}},
    {&corundum, {0, 0, 0}, 0, {1, 0, 2}}, {&tausonite, {0, 0, 1}, 5, {3, 1, 0}}};

/* The shift's cell, the inversion that makes both boundaries one, and the composition, for each kind of crystal and boundary. */
static void shifts_repeat_with_the_cnid_cell_and_both_boundaries_are_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof all_kinds / sizeof *all_kinds; ++i) {
        km_grain_boundary *boundary = build(all_kinds + i, 0);
        int n_built = 0;

        for (int p = 0; p < km_grain_boundary_n_pair(boundary); ++p) {
            const km_bicrystal *b = km_grain_boundary_bicrystal(boundary, p);
            double centre[3] = {1, 1, 1}, first;
            km_symmetry *symmetry;
            km_crystal *made;

            if (!b) {
                assert_true(km_grain_boundary_pair(boundary, p)->reason[0] != '\0');
                continue;
            }
            ++n_built;
            made = make_state(b, 0.31, 0.17, 2.1, 0, NULL);
            assert_int_equal(km_crystal_n_atom(made),
                             km_grain_boundary_pair(boundary, p)->n_atom);
            first = fingerprint(made);
            ASSERT_OK(km_symmetry_create(made, 1e-3, &symmetry));
            assert_true(km_symmetry_has_inversion(symmetry, centre));
            for (int x = 0; x < 3; ++x) ASSERT_CLOSE(centre[x], 0, 1e-12);
            km_symmetry_destroy(&symmetry);
            km_crystal_destroy(&made);
            made = make_state(b, 1.31, -1.83, 2.1, 0, NULL);
            ASSERT_CLOSE(fingerprint(made), first, 1e-8 * first);
            km_crystal_destroy(&made);
            made = make_state(b, 0.31, 0.47, 2.1, 0, NULL);
            assert_true(fabs(fingerprint(made) - first) > 1e-6 * first);
            km_crystal_destroy(&made);
        }
        assert_true(n_built > 0);
        km_grain_boundary_destroy(&boundary);
    }
}

/* The bulk in a boundary's cell is the bulk, unless it is strained, with the boundary's a and b. */
static void the_bulk_in_the_boundarys_cell_is_the_bulk(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof all_kinds / sizeof *all_kinds; ++i) {
        km_grain_boundary *boundary = build(all_kinds + i, 0);
        const km_crystal *oriented = km_grain_boundary_oriented(boundary);
        km_crystal *bulk = make_prototype(all_kinds[i].crystal);
        km_symmetry *found, *wanted;

        ASSERT_OK(km_symmetry_create(oriented, 1e-3, &found));
        ASSERT_OK(km_symmetry_create(bulk, 1e-3, &wanted));
        assert_int_equal(km_symmetry_number(found), km_symmetry_number(wanted));
        ASSERT_CLOSE(km_crystal_volume_bohr3(oriented) / km_crystal_n_atom(oriented),
                     km_crystal_volume_bohr3(bulk) / km_crystal_n_atom(bulk), 1e-3);
        for (int p = 0; p < km_grain_boundary_n_pair(boundary); ++p) {
            const km_bicrystal *b = km_grain_boundary_bicrystal(boundary, p);

            if (!b) continue;
            ASSERT_CLOSE(km_crystal_cell_bohr(oriented)[0], b->plane_bohr[0], 1e-12);
            ASSERT_CLOSE(km_crystal_cell_bohr(oriented)[4], b->plane_bohr[3], 1e-12);
        }
        km_symmetry_destroy(&found);
        km_symmetry_destroy(&wanted);
        km_crystal_destroy(&bulk);
        km_grain_boundary_destroy(&boundary);
    }
}

/* Every grid point against the distinct one that it is said to be, and distinct ones against each other. */
static void shifts_that_are_one_by_symmetry_are_the_same_structure(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof all_kinds / sizeof *all_kinds; ++i) {
        km_grain_boundary *boundary = build(all_kinds + i, 0);

        for (int p = 0; p < km_grain_boundary_n_pair(boundary); ++p) {
            const km_bicrystal *b = km_grain_boundary_bicrystal(boundary, p);
            double *seen;
            km_shifts s;
            int sum = 0;

            if (!b) continue;
            ASSERT_OK(km_shifts_create(b, 0.25 * sqrt(km_bicrystal_area_bohr2(b)), &s));
            ASSERT_OK(KM_ALLOC(seen, s.n));
            assert_true(s.n < s.grid[0] * s.grid[1] || s.n == 1);
            for (int k = 0; k < s.grid[0] * s.grid[1]; ++k) {
                km_crystal *made =
                    make_state(b, (double)(k % s.grid[0]) / s.grid[0],
                               (double)(k / s.grid[0]) / s.grid[1], 2.3, 0, NULL);
                const double value = fingerprint(made);

                if (seen[s.index[k]] == 0) seen[s.index[k]] = value;
                ASSERT_CLOSE(value, seen[s.index[k]], 1e-8 * value);
                km_crystal_destroy(&made);
            }
            for (int k = 0; k < s.n; ++k) {
                sum += s.weight[k];
                for (int l = 0; l < k; ++l)
                    assert_true(fabs(seen[k] - seen[l]) > 1e-9 * seen[k]);
            }
            assert_int_equal(sum, s.grid[0] * s.grid[1]);
            KM_FREE(seen);
            km_shifts_clear(&s);
        }
        km_grain_boundary_destroy(&boundary);
    }
}

/* The coherent twin of a face-centred cubic metal has twelve neighbours everywhere. */
static void the_coherent_twin_of_copper_is_among_the_shifts(void **state)
{
    static const boundary_case twin = {&copper, {1, 1, 0}, 3, {1, -1, 1}};
    const double spacing = 3.615 / sqrt(3) * KM_BOHR_PER_ANG;
    const double nearest = 3.615 / sqrt(2) * KM_BOHR_PER_ANG;
    km_grain_boundary *boundary = build(&twin, 0);
    const km_bicrystal *b = km_grain_boundary_bicrystal(boundary, 0);
    double best = 0;

    (void)state;
    ASSERT_CLOSE(b->spacing_bohr, spacing, 1e-6);
    for (int k = 0; k < 36; ++k) {
        km_crystal *made = make_state(b, k % 6 / 6.0, k / 6 / 6.0, spacing, 0, NULL);

        best = fmax(best, km_crystal_shortest_distance_bohr(made, NULL, NULL));
        km_crystal_destroy(&made);
    }
    ASSERT_CLOSE(best, nearest, 1e-6);
    km_grain_boundary_destroy(&boundary);
}

/* Like atoms that are too close become one, in whole formula units, at both boundaries alike. */
static void close_atoms_are_merged_with_the_composition_kept(void **state)
{
    static const boundary_case cases[] = {{&copper, {0, 0, 1}, 5, {3, 1, 0}},
                                          {&magnesia, {0, 0, 1}, 5, {3, 1, 0}},
                                          {&ceria, {0, 0, 1}, 5, {3, 1, 0}}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        km_grain_boundary *boundary = build(cases + i, 0);
        const km_bicrystal *b = km_grain_boundary_bicrystal(boundary, 0);
        int n_merged = 0;

        for (int k = 0; k < 100; ++k) {
            km_bicrystal_made made;
            km_crystal *crystal = make_state(b, k % 10 / 10.0, k / 10 / 10.0, 0.8, 0.7, &made);
            char formula[KM_FORMULA_SIZE], wanted[KM_FORMULA_SIZE];
            km_crystal *bulk = make_prototype(cases[i].crystal);
            double centre[3];
            km_symmetry *symmetry;

            km_crystal_reduced_formula(crystal, formula);
            km_crystal_reduced_formula(bulk, wanted);
            assert_string_equal(formula, wanted);
            assert_int_equal(km_crystal_n_atom(crystal) + 2 * made.n_removed,
                             km_grain_boundary_pair(boundary, 0)->n_atom);
            if (made.n_removed > 0) {
                ASSERT_OK(km_symmetry_create(crystal, 1e-3, &symmetry));
                assert_true(km_symmetry_has_inversion(symmetry, centre));
                km_symmetry_destroy(&symmetry);
                assert_true(made.closest < 0.7 && made.note[0] != '\0');
                ++n_merged;
            }
            km_crystal_destroy(&bulk);
            km_crystal_destroy(&crystal);
        }
        assert_true(n_merged > 3);
        km_grain_boundary_destroy(&boundary);
    }
}

/* Wurtzite has no inversion: one boundary and vacuum, or a reason. */
static void a_crystal_without_inversion_has_one_boundary_and_vacuum(void **state)
{
    static const boundary_case zinc_oxide = {&zincite, {0, 0, 1}, 7, {1, 2, 0}};
    km_grain_boundary *boundary = build(&zinc_oxide, 0);
    int n_built = 0;

    (void)state;
    for (int p = 0; p < km_grain_boundary_n_pair(boundary); ++p) {
        assert_false(km_grain_boundary_pair(boundary, p)->is_accepted);
        assert_non_null(strstr(km_grain_boundary_pair(boundary, p)->reason, "vacuum"));
    }
    km_grain_boundary_destroy(&boundary);
    boundary = build(&zinc_oxide, 20);
    for (int p = 0; p < km_grain_boundary_n_pair(boundary); ++p) {
        const km_bicrystal *b = km_grain_boundary_bicrystal(boundary, p);
        km_bicrystal_made made;
        km_crystal *crystal;

        if (!b) continue;
        crystal = make_state(b, 0.2, 0.6, 2.0, 0, &made);
        assert_int_equal(made.n_boundary, 1);
        ASSERT_CLOSE(km_crystal_cell_bohr(crystal)[8],
                     km_bicrystal_height_bohr(b, 2.0) + b->grain[0].top_bohr +
                         b->grain[1].top_bohr + 20,
                     1e-9);
        km_crystal_destroy(&crystal);
        ++n_built;
    }
    assert_true(n_built > 0);
    km_grain_boundary_destroy(&boundary);
}

/* Rutile about [100]: c/a is no ratio of small squares, so that planes fit with a strain that is measured and limited. */
static void approximate_coincidence_is_limited_by_its_strain(void **state)
{
    km_grain_boundary_options options = km_grain_boundary_options_default();
    km_crystal *bulk = make_prototype(&rutile);
    km_grain_boundary *boundary;

    (void)state;
    memcpy(options.axis, (const int[3]){1, 0, 0}, sizeof options.axis);
    memcpy(options.plane, (const int[3]){0, 1, 2}, sizeof options.plane);
    options.sigma = 5;
    ASSERT_OK(km_grain_boundary_create(bulk, &options, &boundary));
    assert_true(km_grain_boundary_get(boundary)->strain > 1e-4);
    assert_true(km_grain_boundary_get(boundary)->strain < options.strain_limit);
    options.strain_limit = km_grain_boundary_get(boundary)->strain / 8;
    km_grain_boundary_destroy(&boundary);
    assert_int_equal(km_grain_boundary_create(bulk, &options, &boundary), KM_E_INPUT);
    assert_null(boundary);
    km_crystal_destroy(&bulk);
}

static void impossible_boundaries_are_refused(void **state)
{
    km_grain_boundary_options options = km_grain_boundary_options_default();
    km_crystal *bulk = make_prototype(&magnesia), *low = make_prototype(&baddeleyite);
    km_grain_boundary *boundary;

    (void)state;
    memcpy(options.plane, (const int[3]){2, 1, 0}, sizeof options.plane);
    memcpy(options.axis, (const int[3]){0, 0, 1}, sizeof options.axis);
    options.sigma = 4; /* even: none in a cubic crystal */
    assert_int_equal(km_grain_boundary_create(bulk, &options, &boundary), KM_E_INPUT);
    options.sigma = 0;
    assert_int_equal(km_grain_boundary_create(low, &options, &boundary), KM_E_INPUT);
    options.plane[0] = options.plane[1] = 0;
    assert_int_equal(km_grain_boundary_create(bulk, &options, &boundary), KM_E_INPUT);
    options.thickness_bohr = -1;
    assert_int_equal(km_grain_boundary_create(bulk, &options, &boundary), KM_E_ARGUMENT);
    km_crystal_destroy(&bulk);
    km_crystal_destroy(&low);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_angles_of_cubic_coincidence_are_those_of_the_tables),
    cmocka_unit_test(coincidence_and_dsc_lattices_have_the_index_sigma),
    cmocka_unit_test(two_grains_without_a_rotation_are_the_crystal),
    cmocka_unit_test(shifts_repeat_with_the_cnid_cell_and_both_boundaries_are_one),
    cmocka_unit_test(the_bulk_in_the_boundarys_cell_is_the_bulk),
    cmocka_unit_test(shifts_that_are_one_by_symmetry_are_the_same_structure),
    cmocka_unit_test(the_coherent_twin_of_copper_is_among_the_shifts),
    cmocka_unit_test(close_atoms_are_merged_with_the_composition_kept),
    cmocka_unit_test(a_crystal_without_inversion_has_one_boundary_and_vacuum),
    cmocka_unit_test(approximate_coincidence_is_limited_by_its_strain),
    cmocka_unit_test(impossible_boundaries_are_refused),
};

KM_TEST_MAIN(tests)
