/* np: 1 */
#include "support.h"

#include "kaimen/base/file.h"
#include "kaimen/report/table.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

static const km_table_column columns[] = {{"surface", "", "surface"},
                                          {"gamma", "J/m2", "gamma_j_m2"}};

static km_table *two_rows(void)
{
    km_table *table;

    ASSERT_OK(km_table_create(2, columns, &table));
    ASSERT_OK(km_table_add_text(table, "MgO (100), \"A\""));
    ASSERT_OK(km_table_add_number(table, 2, 0.8412345678));
    ASSERT_OK(km_table_add_text(table, "α-TiO₂"));
    ASSERT_OK(km_table_add_number(table, 2, NAN));
    return table;
}

static void csv_quotes_texts_and_keeps_digits(void **state)
{
    char path[64];
    char *text;
    km_table *table = two_rows();

    (void)state;
    snprintf(path, sizeof path, "/tmp/km_table_%d.csv", (int)getpid());
    ASSERT_OK(km_table_write_csv(table, path));
    ASSERT_OK(km_file_read_text(path, &text));
    assert_string_equal(text, "surface,gamma_j_m2\r\n\"MgO (100), \"\"A\"\"\",0.8412345678\r\n"
                              "α-TiO₂,\r\n");
    unlink(path);
    KM_FREE(text);
    km_table_destroy(&table);
}

static void every_printed_line_of_numbers_ends_in_the_same_column(void **state)
{
    char *text = NULL;
    size_t n_byte;
    FILE *memory = open_memstream(&text, &n_byte);
    km_table *table = two_rows();

    (void)state;
    ASSERT_OK(km_table_print(table, memory));
    fclose(memory);
    assert_string_equal(text, "surface         gamma\n"
                              "                 J/m2\n"
                              "---------------------\n"
                              "MgO (100), \"A\"   0.84\n"
                              "α-TiO₂              -\n");
    free(text);
    km_table_destroy(&table);
}

static void a_rounded_zero_has_no_sign(void **state)
{
    char *text = NULL;
    size_t n_byte;
    FILE *memory = open_memstream(&text, &n_byte);
    km_table *table;

    (void)state;
    ASSERT_OK(km_table_create(1, columns + 1, &table));
    ASSERT_OK(km_table_add_number(table, 2, -0.001));
    ASSERT_OK(km_table_print(table, memory));
    fclose(memory);
    assert_null(strstr(text, "-0.00"));
    assert_non_null(strstr(text, " 0.00"));
    free(text);
    km_table_destroy(&table);
}

static void csv_to_a_missing_folder_is_an_io_error(void **state)
{
    km_table *table = two_rows();

    (void)state;
    assert_int_equal(km_table_write_csv(table, "/nonexistent/t.csv"), KM_E_IO);
    assert_non_null(strstr(km_status_message(), "/nonexistent/t.csv"));
    km_table_destroy(&table);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(csv_quotes_texts_and_keeps_digits),
    cmocka_unit_test(every_printed_line_of_numbers_ends_in_the_same_column),
    cmocka_unit_test(a_rounded_zero_has_no_sign),
    cmocka_unit_test(csv_to_a_missing_folder_is_an_io_error),
};

KM_TEST_MAIN(tests)
