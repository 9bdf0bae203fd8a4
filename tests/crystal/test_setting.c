/* np: 1 */
#include "crystal/setting.h"
#include "samples.h"

#include "kaimen/crystal/symmetry.h"

static void every_setting_goes_by_its_own_names(void **state)
{
    (void)state;
    for (int is = 1; is <= KM_SETTING_COUNT; is++) {
        km_setting setting;
        char name[64];

        km_setting_describe(is, &setting);
        assert_true(km_setting_has_name(is, setting.full));
        assert_true(km_setting_has_hall(is, setting.hall));
        snprintf(name, sizeof name, "%s :%s", setting.full, setting.choice);
        assert_true(km_setting_has_name(is, name));
        assert_false(km_setting_has_name(is, "P q r s"));
        assert_false(km_setting_has_name(is, ""));
    }
}

/* Three settings of group 68 share their Hall symbol with one another, because their operations are the same. */
static void no_name_means_two_groups(void **state)
{
    int n_shared = 0;

    (void)state;
    for (int is = 1; is <= KM_SETTING_COUNT; is++)
        for (int js = is + 1; js <= KM_SETTING_COUNT; js++) {
            km_setting one, other;

            km_setting_describe(is, &one);
            km_setting_describe(js, &other);
            n_shared += km_setting_has_hall(js, one.hall);
            if (one.number == other.number) continue;
            assert_false(km_setting_has_hall(js, one.hall));
            assert_false(km_setting_has_name(js, one.full));
            assert_false(km_setting_has_name(is, other.full));
        }
    assert_int_equal(n_shared, 3);
}

static void operations_of_a_setting_are_its_group(void **state)
{
    const double cubic[9] = {8, 0, 0, 0, 8, 0, 0, 0, 8};

    (void)state;
    /* Cubic, tetragonal and orthorhombic settings all suit a cubic cell. */
    for (int is = 108; is <= KM_SETTING_COUNT; is = is == 429 ? 489 : is + 1) {
        km_operations operations;
        km_setting wanted, found;
        int first, second;

        ASSERT_OK(km_setting_operations(is, &operations));
        assert_true(km_operations_is_group(&operations, &first, &second));
        for (int io = 0; io < operations.n; io++)
            assert_near(km_operations_strain(&operations, io, cubic), 0, 1e-12);
        km_setting_describe(is, &wanted);
        km_setting_describe(km_setting_identify(&operations, cubic, KM_SYMMETRY_TOLERANCE_BOHR),
                            &found);
        assert_int_equal(found.number, wanted.number);
        km_operations_free(&operations);
    }
}

static void choices_and_old_names_are_understood(void **state)
{
    /* Name, setting by its Hall symbol. */
    static const char *const names[][2] = {
        {"F d -3 m :2", "-F 4vw 2vw 3"}, {"F d 3 m Z", "-F 4vw 2vw 3"},
        {"Fd-3m:1", "F 4d 2 3 -1d"},     {"F d 3 m (origin choice 1)", "F 4d 2 3 -1d"},
        {"R -3 c :R", "-P 3* 2n"},       {"R 3 c {rhombohedral axes}", "P 3* -2n"},
        {"R -3 m H", "-R 3 2\""},        {"C m c a", "-C 2bc 2"},
        {"A b m 2", "A 2 -2c"},          {"P 21/n 1 1", "-P 2xn"},
        {"p 63/MMC", "-P 6c 2c"},        {"P n m a", "-P 2ac 2n"}};

    (void)state;
    for (int i = 0; i < (int)(sizeof names / sizeof *names); i++) {
        int n_found = 0;

        for (int is = 1; is <= KM_SETTING_COUNT; is++) {
            if (!km_setting_has_name(is, names[i][0])) continue;
            assert_true(km_setting_has_hall(is, names[i][1]));
            n_found++;
        }
        if (n_found != 1) fail_msg("'%s' names %d settings", names[i][0], n_found);
    }
}

static void operations_are_read_in_every_spelling(void **state)
{
    const char *same[5] = {"-y+1/2,x,z+3/4", "1/2-Y, +X, 3/4+Z", "0.5 - y , x , z + .75",
                           "-y-1/2,x,z-1/4", "-y+.5000,x,.7499999+z"};
    const char *wrong[9] = {"",      "x,y",     "x,y,z,x", "x,y,w", "x,y,z+1/0",
                            "x,x,z", "x y,y,z", "x,y,2z",  "x+,y,z"};
    km_operations operations;

    (void)state;
    ASSERT_OK(km_operations_allocate(1, &operations));
    for (int i = 0; i < 5; i++) {
        const int rotation[9] = {0, -1, 0, 1, 0, 0, 0, 0, 1};

        assert_true(km_operations_parse(&operations, 0, same[i]));
        assert_memory_equal(operations.rotation, rotation, sizeof rotation);
        assert_near(operations.translation_frac[0], 0.5, 1e-15);
        assert_near(operations.translation_frac[1], 0, 1e-15);
        assert_near(operations.translation_frac[2], 0.75, 1e-15);
    }
    for (int i = 0; i < 9; i++) assert_false(km_operations_parse(&operations, 0, wrong[i]));
    km_operations_free(&operations);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_setting_goes_by_its_own_names),
    cmocka_unit_test(no_name_means_two_groups),
    cmocka_unit_test(operations_of_a_setting_are_its_group),
    cmocka_unit_test(choices_and_old_names_are_understood),
    cmocka_unit_test(operations_are_read_in_every_spelling),
};
KM_TEST_MAIN(tests)
