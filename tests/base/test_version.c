/* np: 1 */
#include "support.h"

#include "kaimen/base/version.h"

#include <string.h>

static void build_is_described(void **state)
{
    (void)state;
    assert_true(strchr(km_version(), '.'));
    assert_true(strlen(km_version_commit()) >= 7);
    assert_non_null(strstr(km_version_build(), ", "));
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(build_is_described)};
KM_TEST_MAIN(tests)
