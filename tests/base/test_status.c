/* np: 1 3 */
#include "support.h"

#include <string.h>

static km_status fail_inside(int n)
{
    return KM_CHECK(n < 3, KM_E_INPUT, "n = %d; wanted less than 3", n);
}

static km_status fail_outside(int n)
{
    KM_TRY(fail_inside(n));
    return KM_OK;
}

static void message_and_trace_of_the_last_error_are_kept(void **state)
{
    char *text;
    size_t n_byte;
    FILE *stream = open_memstream(&text, &n_byte);

    (void)state;
    ASSERT_OK(fail_outside(2));
    assert_int_equal(fail_outside(7), KM_E_INPUT);
    assert_string_equal(km_status_message(), "n = 7; wanted less than 3");
    km_status_print_trace(stream);
    fclose(stream);
    assert_non_null(strstr(text, "fail_inside\n"));
    assert_true(strstr(text, "fail_outside\n") > strstr(text, "fail_inside\n"));
    free(text);
    km_status_clear();
    assert_string_equal(km_status_message(), "");
}

static void a_message_may_quote_the_one_before(void **state)
{
    (void)state;
    assert_int_equal(fail_inside(5), KM_E_INPUT);
    assert_int_equal(KM_RAISE(KM_E_IO, "case 1: %s", km_status_message()), KM_E_IO);
    assert_string_equal(km_status_message(), "case 1: n = 5; wanted less than 3");
}

static void ranks_agree_on_the_lowest_failure(void **state)
{
    int rank, n_rank, first;
    char expected[64];

    (void)state;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &n_rank);
    ASSERT_OK(km_agree(KM_OK, MPI_COMM_WORLD));
    first = n_rank / 2;
    assert_int_equal(km_agree(rank >= first ? fail_inside(10 + rank) : KM_OK, MPI_COMM_WORLD),
                     KM_E_INPUT);
    snprintf(expected, sizeof expected, "n = %d; wanted less than 3", 10 + first);
    assert_string_equal(km_status_message(), expected);
}

static void impossible_allocations_are_errors(void **state)
{
    double *block, *other = NULL;

    (void)state;
    assert_int_equal(KM_ALLOC(block, SIZE_MAX / 4), KM_E_MEMORY);
    assert_null(block);
    assert_non_null(strstr(km_status_message(), "block"));
    ASSERT_OK(KM_ALLOC(other, 2));
    other[1] = 5;
    assert_int_equal(KM_GROW(other, 2, SIZE_MAX / 16), KM_E_MEMORY);
    assert_true(other[1] == 5);
    ASSERT_OK(KM_GROW(other, 2, 100));
    assert_true(other[1] == 5 && other[99] == 0);
    assert_true((uintptr_t)other % 64 == 0);
    KM_FREE(other);
    assert_null(other);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(message_and_trace_of_the_last_error_are_kept),
    cmocka_unit_test(a_message_may_quote_the_one_before),
    cmocka_unit_test(ranks_agree_on_the_lowest_failure),
    cmocka_unit_test(impossible_allocations_are_errors),
};
KM_TEST_MAIN(tests)
