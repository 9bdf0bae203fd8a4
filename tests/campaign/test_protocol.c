/* np: 1 2 3 5 */
#include "support.h"

#include "artificial.h"
#include "kaimen/campaign/protocol.h"

#include <string.h>

static int world_rank(void)
{
    int rank;

    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    return rank;
}

static int world_size(void)
{
    int n_rank;

    MPI_Comm_size(MPI_COMM_WORLD, &n_rank);
    return n_rank;
}

static void every_worker_is_in_one_team_led_by_its_root(void **state)
{
    (void)state;
    for (int size = 1; size < (world_size() > 1 ? world_size() : 2); ++size) {
        km_team *team;
        int rank = -1, n_rank = 0, sum, n_root = 0, is_root = 0;

        ASSERT_OK(km_team_create(MPI_COMM_WORLD, size, 100, &team));
        if (km_team_comm(team) != MPI_COMM_NULL) {
            MPI_Comm_rank(km_team_comm(team), &rank);
            MPI_Comm_size(km_team_comm(team), &n_rank);
            assert_true(n_rank >= size);
        }
        for (int i = 0; i < km_team_count(team); ++i)
            is_root += km_team_root(team, i) == world_rank();
        assert_int_equal(is_root, rank == 0);
        MPI_Allreduce(&is_root, &n_root, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
        assert_int_equal(n_root, km_team_count(team));
        MPI_Allreduce(&(int){rank >= 0}, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
        assert_int_equal(sum, world_size() > 1 ? world_size() - 1 : 1);
        assert_int_equal(km_team_is_single(team), world_size() == 1);
        km_team_destroy(&team);
    }
}

static void few_tasks_make_few_teams(void **state)
{
    km_team *team;
    int n_worker = world_size() > 1 ? world_size() - 1 : 1;

    (void)state;
    ASSERT_OK(km_team_create(MPI_COMM_WORLD, 0, 3, &team));
    assert_int_equal(km_team_count(team), 1);
    km_team_destroy(&team);
    ASSERT_OK(km_team_create(MPI_COMM_WORLD, 0, 1000, &team));
    assert_int_equal(km_team_count(team), n_worker);
    km_team_destroy(&team);
}

/* The master's half: one task to each team, the results back, then home. */
static void lead(const km_team *team)
{
    unsigned char *seen;
    int n_left = km_team_count(team), n_idle = 0;

    ASSERT_OK(KM_ALLOC(seen, n_left));
    for (int i = 0; i < km_team_count(team); ++i) {
        km_assignment assignment = {.n_atom = 3 + i, .time_limit_s = 0.5 + i};
        km_crystal *crystal;

        snprintf(assignment.task.label, sizeof assignment.task.label, "task %d", i);
        ASSERT_OK(make_column(3 + i, 40, 0.25, &crystal));
        ASSERT_OK(km_protocol_send_assignment(team, i, &assignment, crystal));
        km_crystal_destroy(&crystal);
    }
    while (n_left > 0) {
        km_result result;
        void *image;
        size_t n_byte;
        int i_team;

        ASSERT_OK(km_protocol_receive_result(team, &i_team, &result, &image, &n_byte));
        if (i_team < 0) {
            km_protocol_rest(&n_idle);
            continue;
        }
        --n_left;
        assert_int_equal(seen[i_team]++, 0);
        assert_true(result.energy_ha == -(3.0 + i_team));
        assert_int_equal(n_byte, 7 * i_team);
        for (size_t i = 0; i < n_byte; ++i)
            assert_int_equal(((unsigned char *)image)[i], (unsigned char)(i + i_team));
        KM_FREE(image);
        km_protocol_send_stop(team, i_team);
    }
    KM_FREE(seen);
}

/* A team's half: echo the number of atoms, and an image whose length tells the team. */
static void follow(const km_team *team)
{
    km_assignment assignment;
    km_crystal *crystal;
    int rank, i_team;

    MPI_Comm_rank(km_team_comm(team), &rank);
    for (;;) {
        unsigned char image[64];
        km_result result = km_result_empty();

        ASSERT_OK(km_protocol_receive_assignment(team, &assignment, &crystal));
        if (!crystal) return;
        i_team = km_crystal_n_atom(crystal) - 3;
        assert_true(assignment.time_limit_s == 0.5 + i_team);
        assert_true(km_crystal_frac(crystal)[0] == 0.25);
        assert_int_equal(km_crystal_z(crystal)[2 + i_team], 12);
        result.energy_ha = -km_crystal_n_atom(crystal);
        for (int i = 0; i < 7 * i_team; ++i) image[i] = (unsigned char)(i + i_team);
        if (rank == 0)
            ASSERT_OK(km_protocol_send_result(team, &result, image, (size_t)(7 * i_team)));
        km_crystal_destroy(&crystal);
    }
}

static void tasks_and_results_arrive_whole(void **state)
{
    (void)state;
    if (world_size() == 1) return; /* nobody to talk to */
    for (int size = 1; size < world_size(); ++size) {
        km_team *team;

        ASSERT_OK(km_team_create(MPI_COMM_WORLD, size, 100, &team));
        if (km_team_is_master(team))
            lead(team);
        else
            follow(team);
        km_team_destroy(&team);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_worker_is_in_one_team_led_by_its_root),
    cmocka_unit_test(few_tasks_make_few_teams),
    cmocka_unit_test(tasks_and_results_arrive_whole),
};

KM_TEST_MAIN(tests)
