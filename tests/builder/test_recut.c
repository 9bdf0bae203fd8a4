/* np: 1 */
/* A slab that follows its relaxed bulk is the slab that is cut from the relaxed bulk. */
#include "builder/match.h"
#include "kaimen/builder/slab.h"
#include "kaimen/crystal/symmetry.h"
#include "prototypes.h"

#include <math.h>
#include <string.h>

/* spglib puts cells and atoms right within its own tolerance, on both ways. */
static const double IDEALISED_BOHR = 1e-4;

/* Free parameters: lengths of the axes, and one position that symmetry leaves free. */
typedef struct {
    const prototype *of;
    double stretch[3]; /* of x, y, z: 1 + strain */
    double free_frac;  /* added along the free coordinate of the oxygen atoms */
} relaxed_prototype;

static km_crystal *make_stretched(const prototype *p, const double stretch[3], double free_frac)
{
    double cell[9], frac[PROTOTYPE_MAX_ATOM][3];
    km_crystal *crystal;

    for (int k = 0; k < 9; ++k) cell[k] = p->cell_ang[k] * KM_BOHR_PER_ANG * stretch[k % 3];
    memcpy(frac, p->frac, sizeof frac);
    for (int i = 0; i < p->n_atom && free_frac != 0; ++i) {
        if (p->z[i] != 8) continue;
        if (p == &zincite) frac[i][2] += free_frac;
        /* +-(u, u, 0) and +-(1/2 - u, 1/2 + u, 1/2) */
        for (int x = 0; p == &rutile && x < 2; ++x)
            frac[i][x] +=
                (p->frac[i][x] < 0.5) == (p->frac[i][2] < 0.25) ? free_frac : -free_frac;
    }
    ASSERT_OK(km_crystal_create(cell, p->n_atom, p->z, &frac[0][0], &crystal));
    return crystal;
}

static km_crystal *find_primitive(const km_crystal *crystal)
{
    km_crystal *primitive;

    ASSERT_OK(km_symmetry_find_primitive(crystal, KM_SYMMETRY_TOLERANCE_BOHR, &primitive));
    return primitive;
}

/* Moved as a whole, as a campaign moves an inversion centre to the origin. */
static void shift(km_crystal *crystal)
{
    double frac[3 * PROTOTYPE_MAX_ATOM];

    for (int i = 0; i < 3 * km_crystal_n_atom(crystal); ++i)
        frac[i] = km_crystal_frac(crystal)[i] + 0.1 * (i % 3 + 1);
    km_crystal_move(crystal, frac);
}

/* The cut of the relaxed crystal with the same number of atoms. */
static void compare_with_new_cut(const km_crystal *relaxed, const km_slab_info *info,
                                 const km_crystal *slab)
{
    km_slab_options options = km_slab_options_default();
    km_slab_list *list;
    bool is_found = false;

    memcpy(options.miller, info->miller, sizeof options.miller);
    options.thickness_bohr = info->n_bulk * info->repeat_bohr * (1 - 1e-4);
    ASSERT_OK(km_slab_list_create(relaxed, &options, &list));
    for (int i = 0; i < km_slab_list_n(list); ++i) {
        const km_slab_info *new = km_slab_list_info(list, i);

        if (!new->is_accepted || new->n_atom != info->n_atom) continue;
        if (!km_match_slabs(km_slab_list_crystal(list, i), slab, IDEALISED_BOHR)) continue;
        is_found = true;
        ASSERT_CLOSE(new->area_bohr2, info->area_bohr2, IDEALISED_BOHR);
        ASSERT_CLOSE(new->repeat_bohr, info->repeat_bohr, IDEALISED_BOHR);
        ASSERT_CLOSE(new->thickness_bohr, info->thickness_bohr, IDEALISED_BOHR);
        ASSERT_CLOSE(km_crystal_cell_bohr(km_slab_list_crystal(list, i))[8],
                     km_crystal_cell_bohr(slab)[8], IDEALISED_BOHR);
    }
    assert_true(is_found);
    km_slab_list_destroy(&list);
}

static int compare_all_cuts(const relaxed_prototype *r)
{
    const double none[3] = {1, 1, 1};
    km_crystal *given = make_stretched(r->of, none, 0);
    km_crystal *relaxed = make_stretched(r->of, r->stretch, r->free_frac);
    km_crystal *before = find_primitive(given), *after = find_primitive(relaxed);
    const km_slab_options options = km_slab_options_default();
    km_slab_list *list;
    int n = 0;

    shift(before);
    shift(after);
    ASSERT_OK(km_slab_list_create(given, &options, &list));
    for (int i = 0; i < km_slab_list_n(list); ++i) {
        km_crystal *slab, *oriented;
        km_slab_info info;

        if (!km_slab_list_info(list, i)->is_accepted) continue;
        ASSERT_OK(km_slab_list_recut(list, i, before, after, &slab, &oriented, &info));
        assert_int_equal(km_crystal_n_atom(slab), info.n_atom);
        ASSERT_CLOSE(km_crystal_volume_bohr3(oriented), km_crystal_volume_bohr3(after), 1e-2);
        compare_with_new_cut(relaxed, &info, slab);
        km_crystal_destroy(&slab);
        km_crystal_destroy(&oriented);
        ++n;
    }
    print_message("%s: %d cuts\n", r->of->name, n);
    km_slab_list_destroy(&list);
    km_crystal_destroy(&given);
    km_crystal_destroy(&relaxed);
    km_crystal_destroy(&before);
    km_crystal_destroy(&after);
    return n;
}

static void a_slab_follows_its_bulk_to_where_a_new_cut_would_be(void **state)
{
    static const relaxed_prototype all[] = {
        {&magnesia, {1.03, 1.03, 1.03}, 0}, {&rutile, {1.02, 1.02, 0.985}, 0.004},
        {&anatase, {0.99, 0.99, 1.02}, 0},  {&zincite, {1.01, 1.01, 1.03}, 0.003},
        {&ceria, {0.98, 0.98, 0.98}, 0},    {&sphalerite, {1.01, 1.01, 1.01}, 0}};

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; ++i)
        assert_true(compare_all_cuts(&all[i]) > 0);
}

/* What did not relax is what was cut, atom for atom, with its inversion. */
static void an_unchanged_bulk_gives_the_slab_of_the_list(void **state)
{
    const km_slab_options options = km_slab_options_default();
    const double none[3] = {1, 1, 1};
    km_crystal *given = make_stretched(&corundum, none, 0), *bulk = find_primitive(given);
    km_slab_list *list;

    (void)state;
    ASSERT_OK(km_slab_list_create(given, &options, &list));
    for (int i = 0; i < km_slab_list_n(list); ++i) {
        const km_crystal *old = km_slab_list_crystal(list, i);
        km_crystal *slab, *oriented;
        km_slab_info info;

        if (!old) continue;
        ASSERT_OK(km_slab_list_recut(list, i, bulk, bulk, &slab, &oriented, &info));
        for (int k = 0; k < 9; ++k)
            ASSERT_CLOSE(km_crystal_cell_bohr(slab)[k], km_crystal_cell_bohr(old)[k],
                         IDEALISED_BOHR);
        for (int k = 0; k < 3 * info.n_atom; ++k) {
            const double change = km_crystal_frac(slab)[k] - km_crystal_frac(old)[k];

            ASSERT_CLOSE(change - round(change), 0, 1e-9);
        }
        km_crystal_destroy(&slab);
        km_crystal_destroy(&oriented);
    }
    km_slab_list_destroy(&list);
    km_crystal_destroy(&given);
    km_crystal_destroy(&bulk);
}

static void another_bulk_is_refused(void **state)
{
    const km_slab_options options = km_slab_options_default();
    const double none[3] = {1, 1, 1};
    km_crystal *given = make_stretched(&ceria, none, 0), *bulk = find_primitive(given);
    km_crystal *other = make_stretched(&sphalerite, none, 0), *slab, *oriented;
    km_slab_info info;
    km_slab_list *list;
    int i = 0;

    (void)state;
    ASSERT_OK(km_slab_list_create(given, &options, &list));
    while (!km_slab_list_info(list, i)->is_accepted) ++i;
    assert_int_equal(km_slab_list_recut(list, i, other, other, &slab, &oriented, &info),
                     KM_E_ARGUMENT);
    /* The conventional cell has the same lattice points, and more atoms. */
    assert_int_equal(km_slab_list_recut(list, i, bulk, other, &slab, &oriented, &info),
                     KM_E_ARGUMENT);
    assert_null(slab);
    km_slab_list_destroy(&list);
    km_crystal_destroy(&given);
    km_crystal_destroy(&bulk);
    km_crystal_destroy(&other);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_slab_follows_its_bulk_to_where_a_new_cut_would_be),
    cmocka_unit_test(an_unchanged_bulk_gives_the_slab_of_the_list),
    cmocka_unit_test(another_bulk_is_refused),
};

KM_TEST_MAIN(tests)
