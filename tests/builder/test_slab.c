/* np: 1 */
#include "kaimen/builder/slab.h"

#include "kaimen/crystal/symmetry.h"
#include "prototypes.h"

#include <math.h>
#include <string.h>

/* Slabs are cut from exactly symmetric crystals: only rounding of some hundred bohr remains. */
#define EXACT_BOHR 1e-10
/* The bulk is idealised by spglib within its tolerance, so it differs from what was given. */
#define IDEALISED_BOHR 1e-4

/** Cell in rows and atoms of a crystal. */
typedef struct {
    int n;
    const int *z;
    const double *frac, *cell;
} view;

static view look_at(const km_crystal *crystal)
{
    view v = {km_crystal_n_atom(crystal), km_crystal_z(crystal), km_crystal_frac(crystal),
              km_crystal_cell_bohr(crystal)};

    return v;
}

static double distance(const view *v, const double *p, const double *q)
{
    double d[3], x[3];

    for (int i = 0; i < 3; i++) d[i] = p[i] - q[i] - round(p[i] - q[i]);
    for (int j = 0; j < 3; j++)
        x[j] = d[0] * v->cell[j] + d[1] * v->cell[3 + j] + d[2] * v->cell[6 + j];
    return sqrt(x[0] * x[0] + x[1] * x[1] + x[2] * x[2]);
}

static bool has_atom_at(const view *v, int z, const double *frac, double tolerance)
{
    for (int i = 0; i < v->n; i++)
        if (v->z[i] == z && distance(v, frac, v->frac + 3 * i) < tolerance) return true;
    return false;
}

/** Whether x -> turn x + shift in the plane, z -> -z maps the slab onto itself. */
static bool maps_onto_itself(const view *v, const int *turn, const double *shift)
{
    for (int i = 0; i < v->n; i++) {
        const double *x = v->frac + 3 * i;
        const double image[3] = {turn[0] * x[0] + turn[1] * x[1] + shift[0],
                                 turn[2] * x[0] + turn[3] * x[1] + shift[1], -x[2]};

        if (!has_atom_at(v, v->z[i], image, EXACT_BOHR)) return false;
    }
    return true;
}

/** Whether a 2x2 integer matrix (acting on columns) keeps lengths in the plane of a and b. */
static bool keeps_metric(const view *v, const int *turn)
{
    const double *c = v->cell;
    const double aa = c[0] * c[0], ab = c[0] * c[3], bb = c[3] * c[3] + c[4] * c[4];
    const double limit = 1e-9 * (aa + bb);
    int p = turn[0], q = turn[1], r = turn[2], s = turn[3];

    return fabs(p * p * aa + 2 * p * r * ab + r * r * bb - aa) < limit &&
           fabs(q * q * aa + 2 * q * s * ab + s * s * bb - bb) < limit &&
           fabs(p * q * aa + (p * s + q * r) * ab + r * s * bb - ab) < limit;
}

/** Whether some shift makes the turn, with z -> -z, a symmetry of the slab. */
static bool has_isometry(const view *v, const int *turn)
{
    const double *x = v->frac;

    for (int j = 0; j < v->n; j++) {
        const double shift[2] = {v->frac[3 * j] - turn[0] * x[0] - turn[1] * x[1],
                                 v->frac[3 * j + 1] - turn[2] * x[0] - turn[3] * x[1]};

        if (maps_onto_itself(v, turn, shift)) return true;
    }
    return false;
}

/** Search every isometry that exchanges the faces, without any help from the builder. */
static bool has_reversing_isometry(const view *v)
{
    for (int i = 0; i < 81; i++) {
        const int turn[4] = {i % 3 - 1, i / 3 % 3 - 1, i / 9 % 3 - 1, i / 27 - 1};

        if (keeps_metric(v, turn) && has_isometry(v, turn)) return true;
    }
    return false;
}

typedef void (*property)(const km_crystal *bulk, const km_slab_list *list, int i);

/** Check a property of every accepted slab of every prototype; there must be some of each but SrTiO3 and spinel. */
static void for_each_slab(int max_index, property check)
{
    km_slab_options options = small_options(max_index);

    for (int ip = 0; ip < N_PROTOTYPE; ip++) {
        km_crystal *bulk = make_prototype(prototypes[ip]);
        km_slab_list *list;
        int n_accepted = 0;

        ASSERT_OK(km_slab_list_create(bulk, &options, &list));
        for (int i = 0; i < km_slab_list_n(list); i++) {
            if (!km_slab_list_info(list, i)->is_accepted) continue;
            n_accepted++;
            check(bulk, list, i);
        }
        if (prototypes[ip] != &tausonite && prototypes[ip] != &spinel)
            assert_true(n_accepted >= 1);
        km_slab_list_destroy(&list);
        km_crystal_destroy(&bulk);
    }
}

static void check_composition(const km_crystal *bulk, const km_slab_list *list, int i)
{
    const km_slab_info *info = km_slab_list_info(list, i);
    view slab = look_at(km_slab_list_crystal(list, i)),
         cell = look_at(km_slab_list_bulk(list, i));
    char slab_formula[KM_FORMULA_SIZE], bulk_formula[KM_FORMULA_SIZE];

    km_crystal_reduced_formula(bulk, bulk_formula);
    km_crystal_reduced_formula(km_slab_list_crystal(list, i), slab_formula);
    assert_string_equal(slab_formula, bulk_formula);
    assert_int_equal(slab.n, info->n_atom);
    assert_true(fabs(slab.n - info->n_bulk * cell.n) < 1e-9);
}

static void every_slab_is_a_whole_number_of_formula_units(void **state)
{
    (void)state;
    for_each_slab(2, check_composition);
}

static void check_isometry(const km_crystal *bulk, const km_slab_list *list, int i)
{
    static const int minus_one[4] = {-1, 0, 0, -1};
    const double origin[2] = {0, 0};
    const km_slab_info *info = km_slab_list_info(list, i);
    view slab = look_at(km_slab_list_crystal(list, i));
    view cell = look_at(km_slab_list_bulk(list, i));

    (void)bulk;
    assert_true(has_reversing_isometry(&slab));
    assert_int_equal(info->has_inversion, strcmp(info->isometry, "inversion") == 0);
    assert_int_equal(info->has_inversion, has_isometry(&slab, minus_one));
    if (!info->has_inversion) return;
    assert_true(maps_onto_itself(&slab, minus_one, origin));
    for (int j = 0; j < cell.n; j++) {
        const double image[3] = {-cell.frac[3 * j], -cell.frac[3 * j + 1],
                                 -cell.frac[3 * j + 2]};

        assert_true(has_atom_at(&cell, cell.z[j], image, EXACT_BOHR));
    }
}

static void every_slab_keeps_an_isometry_that_exchanges_its_faces(void **state)
{
    (void)state;
    for_each_slab(2, check_isometry);
}

static void check_dipole(const km_crystal *bulk, const km_slab_list *list, int i)
{
    view slab = look_at(km_slab_list_crystal(list, i));
    double moment[PROTOTYPE_Z_MAX + 1] = {0};

    (void)bulk;
    for (int j = 0; j < slab.n; j++) moment[slab.z[j]] += slab.frac[3 * j + 2] * slab.cell[8];
    /* Zero for each element alone, hence for any formal charges. */
    for (int z = 1; z <= PROTOTYPE_Z_MAX; z++) assert_true(fabs(moment[z]) < 1e-9);
}

static void no_slab_has_a_dipole_whatever_the_charges(void **state)
{
    (void)state;
    for_each_slab(2, check_dipole);
}

/** Sites of the oriented bulk, an endless crystal, between two heights. */
static int count_sites(const view *cell, double bottom, double top)
{
    int n = 0;

    for (int i = 0; i < cell->n; i++) {
        double height = cell->frac[3 * i + 2] * cell->cell[8];
        double first = ceil((bottom - height) / cell->cell[8]);
        double last = floor((top - height) / cell->cell[8]);

        n += (int)(last - first) + 1;
    }
    return n;
}

static void check_cut(const km_crystal *bulk, const km_slab_list *list, int i)
{
    view slab = look_at(km_slab_list_crystal(list, i)),
         cell = look_at(km_slab_list_bulk(list, i));
    double top = -INFINITY, bottom = INFINITY, lean[2];

    (void)bulk;
    lean[1] = cell.cell[7] / cell.cell[4];
    lean[0] = (cell.cell[6] - lean[1] * cell.cell[3]) / cell.cell[0];
    for (int j = 0; j < slab.n; j++) {
        const double *x = slab.frac + 3 * j;
        double repeats = x[2] * slab.cell[8] / cell.cell[8];
        const double site[3] = {x[0] - lean[0] * repeats, x[1] - lean[1] * repeats, repeats};

        assert_true(has_atom_at(&cell, slab.z[j], site, EXACT_BOHR));
        top = fmax(top, x[2] * slab.cell[8]);
        bottom = fmin(bottom, x[2] * slab.cell[8]);
        for (int k = 0; k < j; k++) assert_true(distance(&slab, x, slab.frac + 3 * k) > 1);
    }
    assert_true(fabs(top + bottom) < EXACT_BOHR);
    assert_int_equal(count_sites(&cell, bottom - 1e-6, top + 1e-6), slab.n);
}

static void every_slab_holds_each_bulk_site_between_its_faces_once(void **state)
{
    (void)state;
    for_each_slab(2, check_cut);
}

static void check_cell(const km_crystal *bulk, const km_slab_list *list, int i)
{
    const km_slab_options options = small_options(2);
    const km_slab_info *info = km_slab_list_info(list, i);
    view slab = look_at(km_slab_list_crystal(list, i)),
         cell = look_at(km_slab_list_bulk(list, i));
    const double *c = slab.cell;
    double held = info->n_bulk * info->repeat_bohr;

    (void)bulk;
    assert_memory_equal(c, cell.cell, 6 * sizeof *c);
    assert_true(c[1] == 0 && c[2] == 0 && c[5] == 0 && c[6] == 0 && c[7] == 0);
    assert_true(c[0] > 0 && c[4] > 0 && c[8] > 0);
    assert_true(fabs(c[3]) <= c[0] / 2 + 1e-9 && hypot(c[3], c[4]) >= c[0] - 1e-9);
    assert_true(fabs(c[0] * c[4] - info->area_bohr2) < 1e-9);
    assert_true(fabs(c[8] - info->thickness_bohr - options.vacuum_bohr) < EXACT_BOHR);
    assert_true(held >= options.thickness_bohr - 1e-6);
    assert_true(held - info->repeat_bohr < options.thickness_bohr || info->n_bulk < 2);
    for (int j = 0; j < 3 * slab.n; j++)
        assert_true(slab.frac[j] > -0.5 && slab.frac[j] <= 0.5);
}

static void cell_and_vacuum_are_as_promised(void **state)
{
    (void)state;
    for_each_slab(2, check_cell);
}

static void check_oriented_bulk(const km_crystal *bulk, const km_slab_list *list, int i)
{
    const km_crystal *cell = km_slab_list_bulk(list, i);
    double shortest = km_crystal_shortest_distance_bohr(bulk, NULL, NULL);
    double density = km_crystal_n_atom(bulk) / km_crystal_volume_bohr3(bulk);
    km_symmetry *of_bulk, *of_cell;

    ASSERT_OK(km_symmetry_create(bulk, KM_SYMMETRY_TOLERANCE_BOHR, &of_bulk));
    ASSERT_OK(km_symmetry_create(cell, KM_SYMMETRY_TOLERANCE_BOHR, &of_cell));
    assert_int_equal(km_symmetry_number(of_cell), km_symmetry_number(of_bulk));
    km_symmetry_destroy(&of_bulk);
    km_symmetry_destroy(&of_cell);
    assert_true(fabs(km_crystal_n_atom(cell) / km_crystal_volume_bohr3(cell) / density - 1) <
                1e-6);
    assert_true(fabs(km_crystal_shortest_distance_bohr(cell, NULL, NULL) - shortest) <
                IDEALISED_BOHR);
    assert_true(
        fabs(km_crystal_shortest_distance_bohr(km_slab_list_crystal(list, i), NULL, NULL) -
             shortest) < IDEALISED_BOHR);
}

static void oriented_bulk_is_the_same_crystal(void **state)
{
    (void)state;
    for_each_slab(1, check_oriented_bulk);
}

static void equal_slabs_of_different_indices_are_one_candidate(void **state)
{
    /* Tetragonal by less than the tolerance of the comparison, by more than that of the symmetry. */
    prototype nearly_cubic = magnesia;
    km_slab_options options = small_options(1);
    km_crystal *bulk;
    km_slab_list *list;
    int n_duplicate = 0;

    (void)state;
    nearly_cubic.cell_ang[8] *= 1.00004;
    options.tolerance_bohr = 1e-4;
    options.thickness_bohr = 5;
    bulk = make_prototype(&nearly_cubic);
    ASSERT_OK(km_slab_list_create(bulk, &options, &list));
    for (int i = 0; i < km_slab_list_n(list); i++) {
        const km_slab_info *info = km_slab_list_info(list, i);

        if (info->type != KM_SLAB_DUPLICATE) continue;
        n_duplicate++;
        assert_false(info->is_accepted);
        assert_null(km_slab_list_crystal(list, i));
        assert_in_range(info->duplicate_of, 0, i - 1);
        assert_non_null(km_slab_list_crystal(list, info->duplicate_of));
    }
    assert_true(n_duplicate >= 1);
    km_slab_list_destroy(&list);
    km_crystal_destroy(&bulk);
}

static void slabs_of_too_many_atoms_are_reported_and_not_built(void **state)
{
    km_slab_options options = small_options(1);
    km_crystal *bulk = make_prototype(&rutile);
    km_slab_list *list;
    int n_large = 0;

    (void)state;
    options.max_atom = 12;
    ASSERT_OK(km_slab_list_create(bulk, &options, &list));
    for (int i = 0; i < km_slab_list_n(list); i++) {
        const km_slab_info *info = km_slab_list_info(list, i);

        if (info->type > KM_SLAB_B) continue;
        assert_int_equal(info->is_accepted, info->n_atom <= 12);
        if (info->is_accepted) continue;
        n_large++;
        assert_null(km_slab_list_crystal(list, i));
        assert_non_null(strstr(info->reason, "max_atom = 12"));
    }
    assert_true(n_large > 0);
    km_slab_list_destroy(&list);
    km_crystal_destroy(&bulk);
}

static void options_out_of_range_are_refused(void **state)
{
    km_crystal *bulk = make_prototype(&magnesia);
    km_slab_options bad[7];
    km_slab_list *list;

    (void)state;
    for (int i = 0; i < 7; i++) bad[i] = km_slab_options_default();
    bad[0].max_index = 0;
    bad[1].max_index = KM_SLAB_MAX_INDEX + 1;
    bad[2].thickness_bohr = -1;
    bad[3].vacuum_bohr = NAN;
    bad[4].max_atom = 0;
    bad[5].tolerance_bohr = 0;
    bad[6].thickness_bohr = INFINITY;
    for (int i = 0; i < 7; i++) {
        assert_int_equal(km_slab_list_create(bulk, bad + i, &list), KM_E_ARGUMENT);
        assert_null(list);
    }
    km_crystal_destroy(&bulk);
}

static void atoms_on_top_of_each_other_are_refused(void **state)
{
    prototype broken = magnesia;
    km_slab_options options = km_slab_options_default();
    km_crystal *bulk;
    km_slab_list *list;

    (void)state;
    memcpy(broken.frac[1], broken.frac[0], sizeof broken.frac[0]);
    bulk = make_prototype(&broken);
    assert_int_equal(km_slab_list_create(bulk, &options, &list), KM_E_INPUT);
    assert_null(list);
    km_crystal_destroy(&bulk);
}

static void one_surface_can_be_asked_for_by_any_of_its_names(void **state)
{
    km_slab_options options = km_slab_options_default();
    const int asked[2][3] = {{0, 0, -1}, {-1, 2, 0}};
    const int found[2][3] = {{1, 0, 0}, {2, 1, 0}};
    km_crystal *bulk = make_prototype(&magnesia);

    (void)state;
    for (int i = 0; i < 2; ++i) {
        km_slab_list *list;

        memcpy(options.miller, asked[i], sizeof options.miller);
        ASSERT_OK(km_slab_list_create(bulk, &options, &list));
        assert_true(km_slab_list_n(list) > 0);
        for (int j = 0; j < km_slab_list_n(list); ++j)
            assert_memory_equal(km_slab_list_info(list, j)->miller, found[i], sizeof found[i]);
        km_slab_list_destroy(&list);
    }
    km_crystal_destroy(&bulk);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_slab_is_a_whole_number_of_formula_units),
    cmocka_unit_test(every_slab_keeps_an_isometry_that_exchanges_its_faces),
    cmocka_unit_test(no_slab_has_a_dipole_whatever_the_charges),
    cmocka_unit_test(every_slab_holds_each_bulk_site_between_its_faces_once),
    cmocka_unit_test(cell_and_vacuum_are_as_promised),
    cmocka_unit_test(oriented_bulk_is_the_same_crystal),
    cmocka_unit_test(equal_slabs_of_different_indices_are_one_candidate),
    cmocka_unit_test(slabs_of_too_many_atoms_are_reported_and_not_built),
    cmocka_unit_test(one_surface_can_be_asked_for_by_any_of_its_names),
    cmocka_unit_test(options_out_of_range_are_refused),
    cmocka_unit_test(atoms_on_top_of_each_other_are_refused),
};

KM_TEST_MAIN(tests)
