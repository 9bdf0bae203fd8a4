/* np: 1 */
#include "support.h"

#include "kaimen/campaign/identity.h"

#include <string.h>

static void what_differs_is_said_with_both_values(void **state)
{
    char text[KM_IDENTITY_TEXT_SIZE];

    (void)state;
    km_identity_compare("functional PBE\necut_ha 20\n", "functional LDA\necut_ha 20\n", text);
    assert_string_equal(text, "functional is PBE there and LDA in the input");
    km_identity_compare("ecut_ha 20\nrelax 1\n", "ecut_ha 20.5\n", text);
    assert_string_equal(text, "ecut_ha is 20 there and 20.5 in the input; relax is 1 there and "
                              "missing in the input");
    km_identity_compare("ecut_ha 20\n", "k_mesh 2 2 2\necut_ha 20\n", text);
    assert_string_equal(text, "k_mesh is missing there and 2 2 2 in the input");
}

static void the_order_of_lines_does_not_matter(void **state)
{
    char text[KM_IDENTITY_TEXT_SIZE];

    (void)state;
    km_identity_compare("a 1\nb 2\n", "b 2\na 1\n", text);
    assert_string_equal(text, "");
}

static void elements_may_come_and_go_but_not_change(void **state)
{
    char text[KM_IDENTITY_TEXT_SIZE];

    (void)state;
    km_identity_compare("a 1\npseudo Mg q2 aa\npseudo O q6 cc\n",
                        "a 1\npseudo Ca q10 bb\npseudo O q6 cc\n", text);
    assert_string_equal(text, "");
    km_identity_compare("a 1\npseudo Mg q2 aa\n", "a 1\npseudo Mg q2 ab\n", text);
    assert_string_equal(text, "pseudo Mg is q2 aa there and q2 ab in the input");
}

static void new_lines_are_added_once(void **state)
{
    km_text merged = {0};

    (void)state;
    ASSERT_OK(km_identity_merge("a 1\npseudo Mg x", "a 1\npseudo O y\npseudo Mg x\n", &merged));
    assert_string_equal(merged.bytes, "a 1\npseudo Mg x\npseudo O y\n");
    KM_FREE(merged.bytes);
}

static void a_long_list_is_cut_off(void **state)
{
    char text[KM_IDENTITY_TEXT_SIZE], stored[4096] = "", wanted[4096] = "";

    (void)state;
    for (int i = 0; i < 100; ++i) {
        sprintf(stored + strlen(stored), "key%d one\n", i);
        sprintf(wanted + strlen(wanted), "key%d two\n", i);
    }
    km_identity_compare(stored, wanted, text);
    assert_int_equal(strlen(text), KM_IDENTITY_TEXT_SIZE - 1);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(what_differs_is_said_with_both_values),
    cmocka_unit_test(the_order_of_lines_does_not_matter),
    cmocka_unit_test(elements_may_come_and_go_but_not_change),
    cmocka_unit_test(new_lines_are_added_once),
    cmocka_unit_test(a_long_list_is_cut_off),
};

KM_TEST_MAIN(tests)
