/* np: 1 */
#include "builder/match.h"

#include "kaimen/builder/slab.h"
#include "prototypes.h"

#include <math.h>
#include <string.h>

#define TOLERANCE_BOHR 1e-3

/** A copy of a slab: in-plane basis, origin and handedness changed, atoms in reverse order. */
static km_crystal *move_slab(const km_crystal *slab, const int *turn, bool is_flipped,
                             bool is_mirrored)
{
    const double *cell = km_crystal_cell_bohr(slab), *frac = km_crystal_frac(slab);
    int n = km_crystal_n_atom(slab), z[256], det = turn[0] * turn[3] - turn[1] * turn[2];
    double new_cell[9] = {0}, new_frac[256][3];
    km_crystal *moved;

    assert_true(n <= 256 && abs(det) == 1);
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++)
            new_cell[3 * i + j] = turn[2 * i] * cell[j] + turn[2 * i + 1] * cell[3 + j];
    /* A mirror x -> -x; the cell must stay right-handed, which its caller sees to. */
    for (int i = 0; i < 2; i++) new_cell[3 * i] *= is_mirrored ? -1 : 1;
    new_cell[8] = cell[8];
    for (int i = 0; i < n; i++) {
        const double *x = frac + 3 * (n - 1 - i);

        z[i] = km_crystal_z(slab)[n - 1 - i];
        new_frac[i][0] = det * (turn[3] * x[0] - turn[2] * x[1]) + 0.37;
        new_frac[i][1] = det * (-turn[1] * x[0] + turn[0] * x[1]) - 0.21;
        new_frac[i][2] = is_flipped ? -x[2] : x[2];
    }
    ASSERT_OK(km_crystal_create(new_cell, n, z, &new_frac[0][0], &moved));
    return moved;
}

/** Call check for the accepted slabs of some crystals. */
static void for_each_slab(void (*check)(const km_crystal *slab))
{
    static const prototype *const some[] = {&rutile, &zincite, &corundum, &quartz,
                                            &baddeleyite};
    km_slab_options options = km_slab_options_default();

    options.thickness_bohr = 8;
    for (int ip = 0; ip < 5; ip++) {
        km_crystal *bulk = make_prototype(some[ip]);
        km_slab_list *list;

        ASSERT_OK(km_slab_list_create(bulk, &options, &list));
        for (int i = 0; i < km_slab_list_n(list); i++)
            if (km_slab_list_crystal(list, i)) check(km_slab_list_crystal(list, i));
        km_slab_list_destroy(&list);
        km_crystal_destroy(&bulk);
    }
}

static void check_moved(const km_crystal *slab)
{
    static const int turns[][4] = {{1, 0, 0, 1}, {-1, 0, 0, -1}, {1, 0, 0, -1}, {0, 1, 1, 0}};

    for (int i = 0; i < 8; i++) {
        const int *turn = turns[i % 4];
        km_crystal *moved =
            move_slab(slab, turn, i / 4, turn[0] * turn[3] - turn[1] * turn[2] < 0);

        assert_true(km_match_slabs(slab, moved, TOLERANCE_BOHR));
        assert_true(km_match_slabs(moved, slab, TOLERANCE_BOHR));
        km_crystal_destroy(&moved);
    }
}

static void a_slab_equals_its_moved_and_mirrored_copies(void **state)
{
    (void)state;
    for_each_slab(check_moved);
}

static void check_changed(const km_crystal *slab)
{
    int n = km_crystal_n_atom(slab), z[256];
    const double *cell = km_crystal_cell_bohr(slab);
    double frac[256][3], wide[9];
    km_crystal *changed;

    assert_true(n <= 256);
    memcpy(z, km_crystal_z(slab), (size_t)n * sizeof *z);
    memcpy(frac, km_crystal_frac(slab), (size_t)n * sizeof *frac);
    frac[n - 1][0] += 5 * TOLERANCE_BOHR / cell[0];
    ASSERT_OK(km_crystal_create(cell, n, z, &frac[0][0], &changed));
    assert_false(km_match_slabs(slab, changed, TOLERANCE_BOHR));
    km_crystal_destroy(&changed);

    memcpy(frac, km_crystal_frac(slab), (size_t)n * sizeof *frac);
    z[0] = z[0] == 1 ? 2 : 1;
    ASSERT_OK(km_crystal_create(cell, n, z, &frac[0][0], &changed));
    assert_false(km_match_slabs(slab, changed, TOLERANCE_BOHR));
    assert_false(km_match_slabs(changed, slab, TOLERANCE_BOHR));
    km_crystal_destroy(&changed);

    memcpy(wide, cell, sizeof wide);
    wide[4] += 5 * TOLERANCE_BOHR;
    ASSERT_OK(km_crystal_create(wide, n, km_crystal_z(slab), &frac[0][0], &changed));
    assert_false(km_match_slabs(slab, changed, TOLERANCE_BOHR));
    km_crystal_destroy(&changed);
}

static void a_moved_atom_another_element_or_a_wider_cell_make_another_slab(void **state)
{
    (void)state;
    for_each_slab(check_changed);
}

static void different_terminations_are_different_slabs(void **state)
{
    km_slab_options options = km_slab_options_default();
    km_crystal *bulk = make_prototype(&baddeleyite);
    km_slab_list *list;
    int n_pair = 0;

    (void)state;
    ASSERT_OK(km_slab_list_create(bulk, &options, &list));
    for (int i = 0; i < km_slab_list_n(list); i++)
        for (int j = 0; j < i; j++) {
            const km_crystal *a = km_slab_list_crystal(list, i),
                             *b = km_slab_list_crystal(list, j);

            if (!a || !b) continue;
            assert_false(km_match_slabs(a, b, TOLERANCE_BOHR));
            n_pair++;
        }
    assert_true(n_pair > 10);
    km_slab_list_destroy(&list);
    km_crystal_destroy(&bulk);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_slab_equals_its_moved_and_mirrored_copies),
    cmocka_unit_test(a_moved_atom_another_element_or_a_wider_cell_make_another_slab),
    cmocka_unit_test(different_terminations_are_different_slabs),
};

KM_TEST_MAIN(tests)
