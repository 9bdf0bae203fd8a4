/* np: 1 4 6 */
#include "kaimen/dft/groups.h"

#include "support.h"

static void more_ranks_never_take_longer_than_they_must(void **state)
{
    (void)state;
    /* Enough points for all: each rank by itself. */
    assert_int_equal(km_groups_choose(2, 6), 2);
    assert_int_equal(km_groups_choose(3, 6), 3);
    /* One point: all ranks share it. */
    assert_int_equal(km_groups_choose(5, 1), 1);
    /* Three points on four ranks: all four together beat two and two. */
    assert_int_equal(km_groups_choose(4, 3), 1);
    for (int n_rank = 1; n_rank <= 64; ++n_rank)
        for (int n_k = 1; n_k <= 20; ++n_k) {
            const int n_group = km_groups_choose(n_rank, n_k);

            assert_in_range(n_group, 1, n_k);
            assert_int_equal(n_rank % n_group, 0);
        }
}

static void groups_are_of_equal_size_and_cross_each_other(void **state)
{
    int n_rank;

    (void)state;
    MPI_Comm_size(MPI_COMM_WORLD, &n_rank);
    for (int n_group = 1; n_group <= n_rank; ++n_group) {
        km_groups groups, again;
        int n_in_group, n_in_cross, index;

        if (n_rank % n_group != 0) continue;
        ASSERT_OK(km_groups_find(MPI_COMM_WORLD, n_group, &groups));
        MPI_Comm_size(groups.group, &n_in_group);
        MPI_Comm_size(groups.cross, &n_in_cross);
        MPI_Comm_rank(groups.cross, &index);
        assert_int_equal(n_in_group * n_group, n_rank);
        assert_int_equal(n_in_cross, n_group);
        assert_int_equal(index, groups.index);
        ASSERT_OK(km_groups_find(MPI_COMM_WORLD, n_group, &again));
        assert_true(again.group == groups.group && again.cross == groups.cross);
    }
}

static void splits_end_with_the_team(void **state)
{
    int n_rank;

    (void)state;
    MPI_Comm_size(MPI_COMM_WORLD, &n_rank);
    if (n_rank < 4) KM_SKIP("needs 4 ranks");
    /* More teams than splits are kept at once. */
    for (int i = 0; i < 100; ++i) {
        km_groups groups;
        MPI_Comm team;

        MPI_Comm_dup(MPI_COMM_WORLD, &team);
        ASSERT_OK(km_groups_find(team, 2, &groups));
        MPI_Comm_free(&team);
    }
}

static void an_uneven_split_is_refused(void **state)
{
    km_groups groups;
    int n_rank;

    (void)state;
    MPI_Comm_size(MPI_COMM_WORLD, &n_rank);
    assert_int_equal(km_groups_find(MPI_COMM_WORLD, n_rank + 1, &groups), KM_E_ARGUMENT);
    assert_int_equal(km_groups_find(MPI_COMM_WORLD, 0, &groups), KM_E_ARGUMENT);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(more_ranks_never_take_longer_than_they_must),
    cmocka_unit_test(groups_are_of_equal_size_and_cross_each_other),
    cmocka_unit_test(splits_end_with_the_team),
    cmocka_unit_test(an_uneven_split_is_refused),
};

KM_TEST_MAIN(tests)
