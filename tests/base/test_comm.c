/* np: 1 3 */
#include "support.h"

#include "kaimen/base/comm.h"

#include <string.h>

static void text_of_the_root_reaches_all(void **state)
{
    int rank, n_rank, root;
    char *text = NULL;

    (void)state;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &n_rank);
    root = n_rank - 1;
    if (rank == root) ASSERT_OK(km_memory_copy_text("a: 1\nb: 2\n", &text));
    ASSERT_OK(km_comm_broadcast_text(root, MPI_COMM_WORLD, &text));
    assert_string_equal(text, "a: 1\nb: 2\n");
    KM_FREE(text);
    ASSERT_OK(km_comm_broadcast_text(root, MPI_COMM_WORLD, &text));
    assert_null(text);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(text_of_the_root_reaches_all),
};
KM_TEST_MAIN(tests)
