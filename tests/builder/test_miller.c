/* np: 1 */
#include "builder/miller.h"

#include "prototypes.h"

#include <string.h>

typedef struct {
    const prototype *crystal;
    int max_index;
    int n_miller;
} known;

/*
 * Faces of the forms of the Laue classes. m-3m: (100) (110) (111), then (210) (211) (221), then seven with a 3.
 * 4/mmm: (100) (001) (110) (101) (111). 2/m, axis b: (100) (010) (001) (110) (011) (101) (10-1) (111) (11-1).
 */
static void orbits_are_as_many_as_the_laue_class_has_forms(void **state)
{
    static const known knowns[] = {
        {&magnesia, 1, 3}, {&magnesia, 2, 6}, {&magnesia, 3, 13},   {&ceria, 3, 13},
        {&rutile, 1, 5},   {&zincite, 1, 5},  {&baddeleyite, 1, 9}, {&silicon, 2, 6},
    };

    (void)state;
    for (size_t i = 0; i < sizeof knowns / sizeof *knowns; i++) {
        km_crystal *bulk = make_prototype(knowns[i].crystal), *conventional;
        km_symmetry *symmetry;
        int n, *miller;

        ASSERT_OK(
            km_symmetry_find_conventional(bulk, KM_SYMMETRY_TOLERANCE_BOHR, &conventional));
        ASSERT_OK(km_symmetry_create(conventional, KM_SYMMETRY_TOLERANCE_BOHR, &symmetry));
        ASSERT_OK(km_miller_find(symmetry, knowns[i].max_index, &n, &miller));
        assert_int_equal(n, knowns[i].n_miller);
        KM_FREE(miller);
        km_symmetry_destroy(&symmetry);
        km_crystal_destroy(&conventional);
        km_crystal_destroy(&bulk);
    }
}

static bool has_member(const km_symmetry *symmetry, const int *g, const int *h)
{
    for (int i = 0; i < km_symmetry_n_operation(symmetry); i++) {
        const int *r = km_symmetry_rotation(symmetry, i);
        int image[3], n_equal = 0, n_opposite = 0;

        for (int j = 0; j < 3; j++) {
            image[j] = g[0] * r[j] + g[1] * r[3 + j] + g[2] * r[6 + j];
            n_equal += image[j] == h[j];
            n_opposite += image[j] == -h[j];
        }
        if (n_equal == 3 || n_opposite == 3) return true;
    }
    return false;
}

static void every_index_belongs_to_exactly_one_representative(void **state)
{
    const int max_index = 2;

    (void)state;
    for (int ip = 0; ip < N_PROTOTYPE; ip++) {
        km_crystal *bulk = make_prototype(prototypes[ip]), *conventional;
        km_symmetry *symmetry;
        int n, *miller;

        ASSERT_OK(
            km_symmetry_find_conventional(bulk, KM_SYMMETRY_TOLERANCE_BOHR, &conventional));
        ASSERT_OK(km_symmetry_create(conventional, KM_SYMMETRY_TOLERANCE_BOHR, &symmetry));
        ASSERT_OK(km_miller_find(symmetry, max_index, &n, &miller));
        for (int i = 0; i < 125; i++) {
            const int h[3] = {i / 25 - 2, i / 5 % 5 - 2, i % 5 - 2};
            int n_owner = 0;

            if (km_miller_divisor(h) != 1) continue;
            for (int j = 0; j < n; j++) n_owner += has_member(symmetry, miller + 3 * j, h);
            assert_int_equal(n_owner, 1);
        }
        KM_FREE(miller);
        km_symmetry_destroy(&symmetry);
        km_crystal_destroy(&conventional);
        km_crystal_destroy(&bulk);
    }
}

static void divisor_ignores_signs_and_zeros(void **state)
{
    (void)state;
    assert_int_equal(km_miller_divisor((const int[3]){0, 0, 0}), 0);
    assert_int_equal(km_miller_divisor((const int[3]){0, -4, 6}), 2);
    assert_int_equal(km_miller_divisor((const int[3]){6, 10, 15}), 1);
    assert_int_equal(km_miller_divisor((const int[3]){0, 0, -3}), 3);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(orbits_are_as_many_as_the_laue_class_has_forms),
    cmocka_unit_test(every_index_belongs_to_exactly_one_representative),
    cmocka_unit_test(divisor_ignores_signs_and_zeros),
};

KM_TEST_MAIN(tests)
