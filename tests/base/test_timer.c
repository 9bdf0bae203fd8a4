/* np: 1 3 */
#include "support.h"

#include "kaimen/base/timer.h"

#include <string.h>
#include <time.h>

/* A sleep is never shorter than asked; on a busy machine it may be much longer. */
#define NAP_S 0.01

static void nap(void)
{
    nanosleep(&(struct timespec){0, (long)(NAP_S * 1e9)}, NULL);
}

static void inner_timers_are_part_of_outer_ones(void **state)
{
    (void)state;
    km_timer_reset();
    for (int i = 0; i < 3; ++i) {
        km_timer_start("outer");
        nap();
        km_timer_start("inner");
        nap();
        km_timer_stop("inner");
        km_timer_stop("outer");
    }
    assert_int_equal(km_timer_n_call("outer"), 3);
    assert_int_equal(km_timer_n_call("outer/inner"), 3);
    assert_int_equal(km_timer_n_call("inner"), 0);
    assert_true(km_timer_time_s("outer/inner") >= 3 * NAP_S);
    assert_true(km_timer_time_s("outer") >= km_timer_time_s("outer/inner") + 3 * NAP_S);
}

static void stop_ends_what_an_error_left_running(void **state)
{
    (void)state;
    km_timer_reset();
    km_timer_start("outer");
    km_timer_start("left");
    km_timer_stop("outer");
    km_timer_stop("never started");
    km_timer_start("outer");
    km_timer_stop("outer");
    assert_int_equal(km_timer_n_call("outer"), 2);
    assert_int_equal(km_timer_n_call("outer/left"), 1);
}

static void deep_and_many_timers_do_no_harm(void **state)
{
    static char names[300][16];

    (void)state;
    km_timer_reset();
    for (int i = 0; i < 100; ++i) km_timer_start("down");
    for (int i = 0; i < 100; ++i) km_timer_stop("down");
    for (int i = 0; i < 300; ++i) {
        snprintf(names[i], sizeof names[i], "n%d", i);
        km_timer_start(names[i]);
        km_timer_start("below");
        km_timer_stop("below");
        km_timer_stop(names[i]);
    }
    assert_int_equal(km_timer_n_call("n10/below"), 1);
    km_timer_reset();
}

static void table_shows_the_largest_over_ranks(void **state)
{
    int rank, n_rank;
    char *table;
    double mean_s, largest_s, own_s;
    long n_call;

    (void)state;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &n_rank);
    km_timer_reset();
    km_timer_start("scf");
    if (rank != 0) km_timer_start("only others");
    for (int i = 0; i <= 5 * rank; ++i) nap();
    km_timer_stop("scf");
    ASSERT_OK(km_timer_table(MPI_COMM_WORLD, &table));
    if (rank == 0) {
        const char *row = strstr(table, "\nscf ");

        assert_non_null(row);
        assert_null(strstr(table, "others"));
        assert_int_equal(
            sscanf(row, " scf %ld %lf %lf %lf", &n_call, &own_s, &mean_s, &largest_s), 4);
        assert_int_equal(n_call, 1);
        /* The table has three decimals. */
        assert_true(largest_s >= (5 * (n_rank - 1) + 1) * NAP_S - 0.001);
        assert_true(mean_s <= largest_s && own_s <= largest_s);
    } else {
        assert_null(table);
    }
    KM_FREE(table);
}

/* Work belongs to the innermost running timer; without one it is nobody's. */
static void work_is_counted_where_it_is_done(void **state)
{
    double flops, bytes, time_s;
    long n_call;
    char *table;
    int rank;

    (void)state;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    km_timer_reset();
    km_timer_add_work(9e9, 9e9);
    km_timer_start("outer");
    km_timer_start("product");
    km_timer_add_work(2e9, 5e8);
    km_timer_add_work(1e9, 5e8);
    km_timer_stop("product");
    km_timer_stop("outer");
    ASSERT_OK(km_timer_table(MPI_COMM_WORLD, &table));
    if (rank == 0) {
        assert_int_equal(sscanf(strstr(table, "  product "), " product %ld %lf %*f %*f %lf %lf",
                                &n_call, &time_s, &flops, &bytes),
                         4);
        ASSERT_CLOSE(flops, 3, 1e-3);
        ASSERT_CLOSE(bytes, 1, 1e-3);
    }
    KM_FREE(table);
}

static void timers_are_stored(void **state)
{
    km_h5 *file;
    long n_call;
    double time_s;

    (void)state;
    km_timer_reset();
    km_timer_start("outer");
    km_timer_start("inner");
    km_timer_stop("outer");
    ASSERT_OK(km_h5_create_image(&file));
    ASSERT_OK(km_timer_write(file));
    ASSERT_OK(km_h5_read_int(file, "outer/inner/n_call", &n_call));
    ASSERT_OK(km_h5_read_double(file, "outer/time", &time_s));
    assert_int_equal(n_call, 1);
    assert_true(time_s == km_timer_time_s("outer"));
    km_h5_close(&file);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(inner_timers_are_part_of_outer_ones),
    cmocka_unit_test(stop_ends_what_an_error_left_running),
    cmocka_unit_test(deep_and_many_timers_do_no_harm),
    cmocka_unit_test(table_shows_the_largest_over_ranks),
    cmocka_unit_test(work_is_counted_where_it_is_done),
    cmocka_unit_test(timers_are_stored),
};
KM_TEST_MAIN(tests)
