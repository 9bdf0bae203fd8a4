/* np: 1 */
#include "kaimen/builder/slab.h"

#include "prototypes.h"

#include <math.h>
#include <string.h>

/** Types of all terminations of one (hkl), one letter each: A, B, C, p(olar), n(onstoichiometric). */
typedef struct {
    const prototype *crystal;
    int miller[3];
    const char *types;
} known;

/*
 * Rock salt, fluorite, perovskite and wurtzite: Tasker, J. Phys. C 12, 4977 (1979). Spinel and perovskite have no
 * stoichiometric cut at all: Hinuma et al., Mater. Trans. 61, 78 (2020). The other ones by counting planes by hand.
 */
static const known knowns[] = {
    {&magnesia, {1, 0, 0}, "A"},    {&magnesia, {1, 1, 0}, "A"},
    {&magnesia, {1, 1, 1}, "CC"},   {&magnesia, {2, 1, 0}, "A"},
    {&magnesia, {2, 1, 1}, "A"},    {&magnesia, {2, 2, 1}, "A"},
    {&rutile, {1, 1, 0}, "BCn"},    {&rutile, {0, 0, 1}, "A"},
    {&rutile, {1, 0, 0}, "BCn"},    {&rutile, {1, 0, 1}, "BCn"},
    {&anatase, {1, 0, 1}, "BBCn"},  {&anatase, {1, 0, 0}, "A"},
    {&anatase, {0, 0, 1}, "BC"},    {&zincite, {1, 0, 0}, "AA"},
    {&zincite, {1, 1, 0}, "A"},     {&zincite, {0, 0, 1}, "p"},
    {&zincite, {1, 0, 1}, "p"},     {&corundum, {0, 0, 1}, "BCn"},
    {&corundum, {0, 1, 2}, "BCnn"}, {&ceria, {1, 1, 1}, "BCn"},
    {&ceria, {1, 1, 0}, "A"},       {&ceria, {1, 0, 0}, "CC"},
    {&tausonite, {1, 0, 0}, "CC"},  {&tausonite, {1, 1, 0}, "CC"},
    {&tausonite, {1, 1, 1}, "CC"},  {&sphalerite, {1, 1, 0}, "A"},
    {&sphalerite, {1, 1, 1}, "p"},  {&sphalerite, {1, 0, 0}, "CC"},
    {&spinel, {1, 0, 0}, "CCn"},    {&spinel, {1, 1, 0}, "CCn"},
    {&spinel, {1, 1, 1}, "CCnn"},   {&silicon, {1, 1, 1}, "AA"},
    {&quartz, {1, 1, 0}, "p"},      {&silicon, {1, 0, 0}, "A"},
};

static void terminations_have_the_types_of_the_literature(void **state)
{
    km_slab_options options = small_options(2);

    (void)state;
    for (size_t ik = 0; ik < sizeof knowns / sizeof *knowns; ik++) {
        km_crystal *bulk = make_prototype(knowns[ik].crystal);
        km_slab_list *list;
        char types[16] = "";
        size_t n = 0;

        ASSERT_OK(km_slab_list_create(bulk, &options, &list));
        for (int i = 0; i < km_slab_list_n(list); i++) {
            const km_slab_info *info = km_slab_list_info(list, i);

            if (memcmp(info->miller, knowns[ik].miller, sizeof info->miller) != 0) continue;
            types[n++] = km_slab_type_name(info->type)[0];
            assert_int_equal(info->is_accepted, info->reason[0] == '\0');
            assert_int_equal(info->is_accepted, km_slab_list_crystal(list, i) != NULL);
            assert_int_equal(info->is_accepted, km_slab_list_bulk(list, i) != NULL);
        }
        if (strcmp(types, knowns[ik].types) != 0)
            fail_msg("%s (%d %d %d): %s, not %s", knowns[ik].crystal->name,
                     knowns[ik].miller[0], knowns[ik].miller[1], knowns[ik].miller[2], types,
                     knowns[ik].types);
        km_slab_list_destroy(&list);
        km_crystal_destroy(&bulk);
    }
}

/* International Tables A: Fm-3m, P6_3mc (m normal to <100>, c to <210>), P3_121 (2 along <100>). */
static void isometries_have_the_names_of_the_space_group(void **state)
{
    static const struct {
        const prototype *crystal;
        const char *label, *isometry;
    } cases[] = {{&magnesia, "(100)a", "inversion"}, {&zincite, "(110)a", "mirror"},
                 {&zincite, "(100)a", "glide"},      {&zincite, "(001)", "none"},
                 {&quartz, "(001)a", "2-fold axis"}, {&corundum, "(001)a", "inversion"}};
    /* Thick enough for seven planes of ZnO (110): the mirror lies in a plane, between planes it is a glide. */
    km_slab_options options = km_slab_options_default();

    (void)state;
    for (size_t ic = 0; ic < sizeof cases / sizeof *cases; ic++) {
        km_crystal *bulk = make_prototype(cases[ic].crystal);
        km_slab_list *list;
        int n_found = 0;

        ASSERT_OK(km_slab_list_create(bulk, &options, &list));
        for (int i = 0; i < km_slab_list_n(list); i++) {
            const km_slab_info *info = km_slab_list_info(list, i);

            if (strcmp(info->label, cases[ic].label) != 0) continue;
            assert_string_equal(info->isometry, cases[ic].isometry);
            n_found++;
        }
        assert_int_equal(n_found, 1);
        km_slab_list_destroy(&list);
        km_crystal_destroy(&bulk);
    }
}

/** The same crystal in another cell: lattice and origin changed, turned, atoms in another order. */
static km_crystal *disguise(const km_crystal *crystal, const int *m, const double *shift)
{
    /* A rotation by 1 radian about (1, 2, 3), to fifteen digits orthogonal. */
    const double s = sin(1.0), c = cos(1.0), norm = sqrt(14.0);
    const double u[3] = {1 / norm, 2 / norm, 3 / norm};
    const double *cell = km_crystal_cell_bohr(crystal), *frac = km_crystal_frac(crystal);
    double rotation[9], large[9] = {0}, turned[9] = {0}, inverse[9];
    int n = km_crystal_n_atom(crystal), n_new = 0, z[256];
    int det = m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) +
              m[2] * (m[3] * m[7] - m[4] * m[6]);
    double new_frac[256][3];
    km_crystal *out;

    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            int k = 3 - i - j;
            double odd = i == j ? 0 : ((j - i + 3) % 3 == 1 ? -u[k] : u[k]);
            int r = (j + 1) % 3, t = (j + 2) % 3, p = (i + 1) % 3, q = (i + 2) % 3;

            rotation[3 * i + j] = u[i] * u[j] * (1 - c) + (i == j) * c + odd * s;
            inverse[3 * i + j] =
                (double)(m[3 * r + p] * m[3 * t + q] - m[3 * r + q] * m[3 * t + p]) / det;
        }
    for (int i = 0; i < 9; i++)
        for (int k = 0; k < 3; k++) large[i] += m[i / 3 * 3 + k] * cell[3 * k + i % 3];
    for (int i = 0; i < 9; i++)
        for (int k = 0; k < 3; k++)
            turned[i] += large[i / 3 * 3 + k] * rotation[3 * (i % 3) + k];
    /* Each atom's images that fall into the new cell: those of lattice points in a box that surely covers it. */
    for (int ia = n - 1; ia >= 0; ia--)
        for (int ib = 0; ib < 13 * 13 * 13; ib++) {
            const double x[3] = {frac[3 * ia] + ib % 13 - 6 + shift[0],
                                 frac[3 * ia + 1] + ib / 13 % 13 - 6 + shift[1],
                                 frac[3 * ia + 2] + ib / 169 - 6 + shift[2]};
            double y[3] = {0};
            bool is_inside = true;

            for (int i = 0; i < 3; i++) {
                for (int k = 0; k < 3; k++) y[i] += x[k] * inverse[3 * k + i];
                is_inside = is_inside && y[i] >= -1e-9 && y[i] < 1 - 1e-9;
            }
            if (!is_inside) continue;
            assert_true(n_new < 256);
            z[n_new] = km_crystal_z(crystal)[ia];
            memcpy(new_frac[n_new++], y, sizeof y);
        }
    assert_int_equal(n_new, n * abs(det));
    ASSERT_OK(km_crystal_create(turned, n_new, z, &new_frac[0][0], &out));
    return out;
}

static void assert_same_lists(const char *name, const km_slab_list *a, const km_slab_list *b)
{
    if (km_slab_list_n(a) != km_slab_list_n(b))
        fail_msg("%s: %d and %d cuts", name, km_slab_list_n(a), km_slab_list_n(b));
    for (int i = 0; i < km_slab_list_n(a); i++) {
        const km_slab_info *p = km_slab_list_info(a, i), *q = km_slab_list_info(b, i);

        if (strcmp(p->label, q->label) != 0 || p->type != q->type || p->n_atom != q->n_atom ||
            p->has_inversion != q->has_inversion || strcmp(p->outermost, q->outermost) != 0 ||
            strcmp(p->isometry, q->isometry) != 0 || fabs(p->n_bulk - q->n_bulk) > 1e-9 ||
            fabs(p->area_bohr2 - q->area_bohr2) > 1e-3 ||
            fabs(p->thickness_bohr - q->thickness_bohr) > 1e-3)
            fail_msg("%s: cut %d is %s %s, %d atoms, %s and %s %s, %d atoms, %s", name, i,
                     p->label, km_slab_type_name(p->type), p->n_atom, p->outermost, q->label,
                     km_slab_type_name(q->type), q->n_atom, q->outermost);
    }
}

static void surfaces_do_not_depend_on_the_cell_that_is_given(void **state)
{
    static const int cells[][9] = {{1, 0, 0, 0, 1, 0, 0, 0, 1},
                                   {1, 1, 0, 0, 1, -1, 0, 0, 1},
                                   {1, 0, 0, 0, 2, 0, 1, 0, 1},
                                   {-1, 1, 1, 1, -1, 1, 1, 1, -1}};
    static const double shifts[][3] = {
        {0.13, 0.29, -0.41}, {0.5, 0.5, 0.5}, {0, 0.25, 0.01}, {0, 0, 0}};
    km_slab_options options = small_options(2);

    (void)state;
    for (int ip = 0; ip < N_PROTOTYPE; ip++) {
        km_crystal *bulk = make_prototype(prototypes[ip]);
        km_slab_list *list, *other;

        ASSERT_OK(km_slab_list_create(bulk, &options, &list));
        for (int ic = 0; ic < 4; ic++) {
            km_crystal *copy = disguise(bulk, cells[ic], shifts[ic]);

            ASSERT_OK(km_slab_list_create(copy, &options, &other));
            assert_same_lists(prototypes[ip]->name, list, other);
            km_slab_list_destroy(&other);
            km_crystal_destroy(&copy);
        }
        km_slab_list_destroy(&list);
        km_crystal_destroy(&bulk);
    }
}

static void thicker_slabs_keep_their_terminations(void **state)
{
    km_slab_options thin = small_options(1), thick = small_options(1);

    (void)state;
    thick.thickness_bohr = 3 * thin.thickness_bohr;
    thick.max_atom = thin.max_atom = 1000;
    for (int ip = 0; ip < N_PROTOTYPE; ip++) {
        km_crystal *bulk = make_prototype(prototypes[ip]);
        km_slab_list *a, *b;

        ASSERT_OK(km_slab_list_create(bulk, &thin, &a));
        ASSERT_OK(km_slab_list_create(bulk, &thick, &b));
        assert_int_equal(km_slab_list_n(a), km_slab_list_n(b));
        for (int i = 0; i < km_slab_list_n(a); i++) {
            const km_slab_info *p = km_slab_list_info(a, i), *q = km_slab_list_info(b, i);

            assert_int_equal(p->type, q->type);
            assert_string_equal(p->outermost, q->outermost);
            assert_int_equal(p->has_inversion, q->has_inversion);
            if (p->is_accepted) assert_true(q->n_bulk > p->n_bulk);
        }
        km_slab_list_destroy(&a);
        km_slab_list_destroy(&b);
        km_crystal_destroy(&bulk);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(terminations_have_the_types_of_the_literature),
    cmocka_unit_test(isometries_have_the_names_of_the_space_group),
    cmocka_unit_test(surfaces_do_not_depend_on_the_cell_that_is_given),
    cmocka_unit_test(thicker_slabs_keep_their_terminations),
};

KM_TEST_MAIN(tests)
