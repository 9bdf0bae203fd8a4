/* np: 1 */
#include "support.h"

#include "kaimen/base/csv.h"
#include "kaimen/base/file.h"

#include <string.h>
#include <unistd.h>

static char path[64];

static int name_file(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "/tmp/kaimen-csv-%d.csv", (int)getpid());
    return 0;
}

static int remove_file(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

static km_csv *read_text(const char *text)
{
    km_csv *csv;

    ASSERT_OK(km_file_write_text(path, text));
    ASSERT_OK(km_csv_read(path, &csv));
    return csv;
}

static void a_table_is_read_with_blanks_and_either_line_end(void **state)
{
    km_csv *csv = read_text("dx, gb ,energy\r\n0,1,1.5\r\n\r\n -0.1 ,\t2,2.5e-1");
    const double *x = km_csv_values(csv);
    int column;

    (void)state;
    assert_int_equal(km_csv_n_row(csv), 2);
    assert_int_equal(km_csv_n_column(csv), 3);
    assert_string_equal(km_csv_name(csv, 1), "gb");
    ASSERT_OK(km_csv_find(csv, "energy", &column));
    assert_int_equal(column, 2);
    assert_true(x[0] == 0 && x[1] == 1 && x[2] == 1.5);
    assert_true(x[3] == -0.1 && x[4] == 2 && x[5] == 0.25);
    km_csv_destroy(&csv);
    assert_null(csv);
}

static void many_rows_keep_their_places(void **state)
{
    static char text[40000] = "a,b\n";
    km_csv *csv;

    (void)state;
    for (int i = 0; i < 1000; ++i) sprintf(text + strlen(text), "%d,%d.5\n", i, -i);
    csv = read_text(text);
    assert_int_equal(km_csv_n_row(csv), 1000);
    for (int i = 0; i < 1000; ++i) assert_true(km_csv_values(csv)[2 * i] == i);
    km_csv_destroy(&csv);
}

static void check_refused(const char *text, const char *line, const char *wanted)
{
    km_csv *csv;

    ASSERT_OK(km_file_write_text(path, text));
    assert_int_equal(km_csv_read(path, &csv), KM_E_INPUT);
    assert_null(csv);
    assert_non_null(strstr(km_status_message(), path));
    assert_non_null(strstr(km_status_message(), line));
    assert_non_null(strstr(km_status_message(), wanted));
}

static void what_is_no_table_is_refused_with_its_line(void **state)
{
    (void)state;
    check_refused("", "is empty", "wanted a line of names");
    check_refused("a,b\n", "no rows", "of numbers");
    check_refused("a,,b\n1,2,3\n", "line 1", "column 2 has no name");
    check_refused("a,b\n1,2\n1,x\n", "line 3: b = \"x\"", "wanted a number");
    check_refused("a,b\n1,nan\n", "line 2: b = \"nan\"", "wanted a number");
    check_refused("a,b\n1,\n", "line 2: b = \"\"", "wanted a number");
    check_refused("a,b\n1\n", "line 2: 1 columns", "wanted 2");
    check_refused("a,b\n1,2,3\n", "line 2: 3 columns", "wanted 2");
}

static void a_column_that_is_not_there_is_refused_with_the_names(void **state)
{
    km_csv *csv = read_text("dx,dz\n0,1\n");
    int column;

    (void)state;
    assert_int_equal(km_csv_find(csv, "dy", &column), KM_E_INPUT);
    assert_non_null(strstr(km_status_message(), "no column \"dy\"; there are: dx, dz"));
    km_csv_destroy(&csv);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(a_table_is_read_with_blanks_and_either_line_end, name_file,
                                    remove_file),
    cmocka_unit_test_setup_teardown(many_rows_keep_their_places, name_file, remove_file),
    cmocka_unit_test_setup_teardown(what_is_no_table_is_refused_with_its_line, name_file,
                                    remove_file),
    cmocka_unit_test_setup_teardown(a_column_that_is_not_there_is_refused_with_the_names,
                                    name_file, remove_file),
};

KM_TEST_MAIN(tests)
