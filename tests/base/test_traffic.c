/* np: 1 2 3 */
#include "support.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/traffic.h"

#include <stdbool.h>
#include <string.h>

/* More ranks than this test is run with. */
#define MOST 8

static int size_of_world(int *rank)
{
    int n_rank;

    MPI_Comm_rank(MPI_COMM_WORLD, rank);
    MPI_Comm_size(MPI_COMM_WORLD, &n_rank);
    return n_rank;
}

static km_traffic counted_since(const km_traffic *before)
{
    const km_traffic now = km_traffic_counted();

    return km_traffic_between(before, &now);
}

static void calls_do_what_mpi_does(void **state)
{
    int rank, n_rank = size_of_world(&rank), n[MOST], at[MOST];
    double sum = rank + 1, shared = rank, out[MOST], in[MOST];

    (void)state;
    for (int i = 0; i < n_rank; ++i) {
        n[i] = 1;
        at[i] = i;
        out[i] = 10 * rank + i;
    }
    km_traffic_allreduce(KM_TRAFFIC_LEVEL, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD, &sum);
    km_traffic_broadcast(KM_TRAFFIC_CONTROL, 1, MPI_DOUBLE, n_rank - 1, MPI_COMM_WORLD,
                         &shared);
    km_traffic_exchange(KM_TRAFFIC_EXCHANGE, &(km_traffic_parts){out, n, at}, MPI_DOUBLE,
                        MPI_COMM_WORLD, &(km_traffic_parts){in, n, at});
    assert_true(sum == n_rank * (n_rank + 1) / 2);
    assert_true(shared == n_rank - 1);
    for (int i = 0; i < n_rank; ++i) assert_true(in[i] == 10 * i + rank);
    out[rank] = -rank;
    km_traffic_gather(KM_TRAFFIC_POTENTIAL, MPI_COMM_WORLD, &(km_traffic_parts){out, n, at});
    for (int i = 0; i < n_rank; ++i) assert_true(out[i] == -i);
}

static void bytes_are_those_handed_to_other_ranks(void **state)
{
    int rank, n_rank = size_of_world(&rank), n[MOST], at[MOST];
    double out[3 * MOST] = {0}, in[3 * MOST] = {0};
    const bool is_shared = n_rank > 1;
    const km_traffic before = km_traffic_counted();
    km_traffic own;

    (void)state;
    for (int i = 0; i < n_rank; ++i) {
        n[i] = 3;
        at[i] = 3 * i;
    }
    for (int i = 0; i < 2; ++i)
        km_traffic_allreduce(KM_TRAFFIC_DENSITY, 3, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD, out);
    km_traffic_broadcast(KM_TRAFFIC_DENSITY, 3, MPI_INT, 0, MPI_COMM_WORLD, out);
    km_traffic_exchange(KM_TRAFFIC_EXCHANGE, &(km_traffic_parts){out, n, at}, MPI_DOUBLE,
                        MPI_COMM_WORLD, &(km_traffic_parts){in, n, at});
    km_traffic_gather(KM_TRAFFIC_POTENTIAL, MPI_COMM_WORLD, &(km_traffic_parts){out, n, at});
    own = counted_since(&before);
    assert_int_equal(own.n_call[KM_TRAFFIC_DENSITY][KM_TRAFFIC_ALLREDUCE], is_shared ? 2 : 0);
    assert_int_equal(own.n_byte[KM_TRAFFIC_DENSITY][KM_TRAFFIC_ALLREDUCE], is_shared ? 48 : 0);
    assert_int_equal(own.n_byte[KM_TRAFFIC_DENSITY][KM_TRAFFIC_BROADCAST],
                     is_shared && rank == 0 ? 12 : 0);
    assert_int_equal(own.n_byte[KM_TRAFFIC_EXCHANGE][KM_TRAFFIC_ALLTOALL], 24 * (n_rank - 1));
    assert_int_equal(own.n_byte[KM_TRAFFIC_POTENTIAL][KM_TRAFFIC_ALLGATHER],
                     is_shared ? 24 : 0);
    assert_int_equal(km_traffic_n_call(&own), is_shared ? 5 : 0);
}

static void table_has_a_line_for_what_occurs(void **state)
{
    km_traffic own = {0}, largest, sum;
    km_text text = {0};
    int rank, n_rank = size_of_world(&rank);

    (void)state;
    own.n_call[KM_TRAFFIC_EXCHANGE][KM_TRAFFIC_ALLTOALL] = 4;
    own.n_byte[KM_TRAFFIC_EXCHANGE][KM_TRAFFIC_ALLTOALL] = 1000 * (rank + 1);
    km_traffic_reduce(&own, MPI_COMM_WORLD, &largest, &sum);
    assert_int_equal(km_traffic_n_byte(&largest), 1000 * n_rank);
    assert_int_equal(km_traffic_n_byte(&sum), 500 * n_rank * (n_rank + 1));
    ASSERT_OK(km_traffic_append_table(&largest, &sum, 2, &text));
    assert_non_null(strstr(text.bytes, "exchange"));
    assert_non_null(strstr(text.bytes, " 2.0 "));
    assert_null(strstr(text.bytes, "overlap"));
    KM_FREE(text.bytes);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(calls_do_what_mpi_does),
    cmocka_unit_test(bytes_are_those_handed_to_other_ranks),
    cmocka_unit_test(table_has_a_line_for_what_occurs),
};

KM_TEST_MAIN(tests)
