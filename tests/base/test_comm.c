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

static void all_ranks_of_a_test_share_a_node(void **state)
{
    int n_rank;

    (void)state;
    MPI_Comm_size(MPI_COMM_WORLD, &n_rank);
    assert_int_equal(km_comm_count_on_node(MPI_COMM_WORLD), n_rank);
}

static void freeing_twice_is_harmless(void **state)
{
    MPI_Comm comm;

    (void)state;
    MPI_Comm_dup(MPI_COMM_WORLD, &comm);
    km_comm_free(&comm);
    assert_true(comm == MPI_COMM_NULL);
    km_comm_free(&comm);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(text_of_the_root_reaches_all),
    cmocka_unit_test(all_ranks_of_a_test_share_a_node),
    cmocka_unit_test(freeing_twice_is_harmless),
};
KM_TEST_MAIN(tests)
