/* np: 1 */
#include "support.h"

#include "kaimen/base/h5.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static const double table[2][3] = {{1.5, -2.25, 3e-300}, {4, 5, 6}};

/* A file in memory that holds one value of every kind. */
static km_h5 *make_sample(void)
{
    km_h5 *file;

    ASSERT_OK(km_h5_create_image(&file));
    ASSERT_OK(km_h5_write_doubles(file, "a/b/table", "Ha/bohr", 2, (int[]){2, 3}, table[0]));
    ASSERT_OK(km_h5_write_ints(file, "a/counts", 1, (int[]){2}, (int[]){7, -8}));
    ASSERT_OK(km_h5_write_double(file, "a/energy", "Ha", -17.25));
    ASSERT_OK(km_h5_write_int(file, "a/seed", 1L << 40));
    ASSERT_OK(km_h5_write_text(file, "a/name", "γ surface"));
    ASSERT_OK(km_h5_write_attribute(file, "version", "0.1.0"));
    return file;
}

static void check_sample(km_h5 *file)
{
    double values[6], energy;
    int counts[2], n_dim, shape[4];
    long seed;
    char text[32];

    ASSERT_OK(km_h5_shape(file, "a/b/table", &n_dim, shape));
    assert_int_equal(n_dim, 2);
    assert_int_equal(shape[0], 2);
    assert_int_equal(shape[1], 3);
    ASSERT_OK(km_h5_read_doubles(file, "a/b/table", 6, values));
    assert_memory_equal(values, table, sizeof table);
    ASSERT_OK(km_h5_read_ints(file, "a/counts", 2, counts));
    assert_int_equal(counts[1], -8);
    ASSERT_OK(km_h5_read_double(file, "a/energy", &energy));
    assert_true(energy == -17.25);
    ASSERT_OK(km_h5_read_int(file, "a/seed", &seed));
    assert_true(seed == 1L << 40);
    ASSERT_OK(km_h5_read_text(file, "a/name", sizeof text, text));
    assert_string_equal(text, "γ surface");
    ASSERT_OK(km_h5_read_unit(file, "a/b/table", sizeof text, text));
    assert_string_equal(text, "Ha/bohr");
    ASSERT_OK(km_h5_read_attribute(file, "version", sizeof text, text));
    assert_string_equal(text, "0.1.0");
}

static void image_holds_what_was_written(void **state)
{
    km_h5 *file = make_sample(), *copy;
    void *image;
    size_t n_byte;

    (void)state;
    check_sample(file);
    ASSERT_OK(km_h5_copy_image(file, &image, &n_byte));
    km_h5_close(&file);
    assert_null(file);
    ASSERT_OK(km_h5_open_image(image, n_byte, &copy));
    KM_FREE(image);
    check_sample(copy);
    km_h5_close(&copy);
}

static void objects_are_copied_between_files(void **state)
{
    km_h5 *from = make_sample(), *to, *group;
    char path[] = "/tmp/kaimen-h5-XXXXXX", text[8];
    int n;
    char **names;

    (void)state;
    close(mkstemp(path));
    ASSERT_OK(km_h5_create(path, &to));
    ASSERT_OK(km_h5_write_attribute(to, "version", "0.1.0"));
    ASSERT_OK(km_h5_copy(from, "a", to, "a"));
    ASSERT_OK(km_h5_copy(from, "a", to, "surface/12/result"));
    ASSERT_OK(km_h5_flush(to));
    km_h5_close(&from);
    km_h5_close(&to);

    ASSERT_OK(km_h5_open(path, &to));
    check_sample(to);
    ASSERT_OK(km_h5_open_group(to, "surface/12/result", &group));
    ASSERT_OK(km_h5_read_unit(group, "energy", sizeof text, text));
    assert_string_equal(text, "Ha");
    ASSERT_OK(km_h5_list(group, &n, &names));
    assert_int_equal(n, 5);
    assert_string_equal(names[0], "b");
    assert_string_equal(names[4], "seed");
    KM_FREE(names);
    km_h5_close(&group);
    km_h5_close(&to);
    unlink(path);
}

static void groups_are_made_with_parents_or_opened(void **state)
{
    km_h5 *file, *first, *second;
    int n;
    char **names;

    (void)state;
    ASSERT_OK(km_h5_create_image(&file));
    ASSERT_OK(km_h5_create_group(file, "x/y/z", &first));
    ASSERT_OK(km_h5_create_group(file, "x/y/z", &second));
    ASSERT_OK(km_h5_write_int(first, "one", 1));
    assert_true(km_h5_has(second, "one"));
    assert_true(km_h5_has(file, "x/y/z/one"));
    assert_false(km_h5_has(file, "x/q/z"));
    assert_false(km_h5_has(file, ""));
    ASSERT_OK(km_h5_list(second, &n, &names));
    assert_int_equal(n, 1);
    KM_FREE(names);
    km_h5_close(&first);
    km_h5_close(&second);
    ASSERT_OK(km_h5_create_group(file, "empty", &first));
    ASSERT_OK(km_h5_list(first, &n, &names));
    assert_int_equal(n, 0);
    KM_FREE(names);
    km_h5_close(&first);
    km_h5_close(&file);
}

static void two_images_do_not_mix(void **state)
{
    km_h5 *one, *two;
    long value;

    (void)state;
    ASSERT_OK(km_h5_create_image(&one));
    ASSERT_OK(km_h5_create_image(&two));
    ASSERT_OK(km_h5_write_int(one, "value", 1));
    ASSERT_OK(km_h5_write_int(two, "value", 2));
    ASSERT_OK(km_h5_read_int(one, "value", &value));
    assert_int_equal(value, 1);
    km_h5_close(&one);
    km_h5_close(&two);
}

/* The status is KM_E_IO and its message names every given word. */
static void assert_io(km_status status, const char *first, const char *second)
{
    assert_int_equal(status, KM_E_IO);
    if (!strstr(km_status_message(), first) || !strstr(km_status_message(), second))
        fail_msg("\"%s\" names not %s and %s", km_status_message(), first, second);
}

static void wrong_names_and_sizes_are_errors(void **state)
{
    km_h5 *file = make_sample(), *group;
    double values[6];
    int count;
    char text[4];

    (void)state;
    assert_io(km_h5_read_doubles(file, "a/b/tabel", 6, values), "a/b/tabel", "image");
    assert_io(km_h5_read_doubles(file, "a/b/table", 5, values), "holds 6", "wanted 5");
    assert_io(km_h5_read_doubles(file, "a/name", 1, values), "a/name", "wanted real");
    assert_io(km_h5_read_ints(file, "a/energy", 1, &count), "a/energy", "wanted integers");
    assert_io(km_h5_read_ints(file, "a/seed", 1, &count), "8 bytes", "at most 4");
    assert_io(km_h5_read_text(file, "a/name", sizeof text, text), "a/name", "fewer than 4");
    assert_io(km_h5_open_group(file, "a/none", &group), "a/none", "group");
    assert_null(group);
    assert_io(km_h5_create_group(file, "a/energy/below", &group), "a/energy/below", "created");
    assert_io(km_h5_write_int(file, "a/seed", 2), "a/seed", "written");
    assert_io(km_h5_copy(file, "none", file, "other"), "none", "copied");
    assert_io(km_h5_read_attribute(file, "commit", sizeof text, text), "commit", "attribute");
    assert_int_equal(km_h5_write_ints(file, "x", 5, (int[]){1, 1, 1, 1, 1}, &count),
                     KM_E_ARGUMENT);
    km_h5_close(&file);
}

static void damaged_images_are_refused(void **state)
{
    km_h5 *file = make_sample(), *copy;
    void *image;
    size_t n_byte;

    (void)state;
    ASSERT_OK(km_h5_copy_image(file, &image, &n_byte));
    km_h5_close(&file);
    assert_io(km_h5_open_image(image, n_byte / 2, &copy), "image", "opened");
    assert_null(copy);
    memset(image, 'x', 16);
    assert_io(km_h5_open_image(image, n_byte, &copy), "image", "opened");
    KM_FREE(image);
}

static void unwritable_and_missing_files_are_named(void **state)
{
    char folder[] = "/tmp/kaimen-h5-XXXXXX", path[64];
    km_h5 *file;

    (void)state;
    assert_io(km_h5_create("/no/such/folder/x.h5", &file), "/no/such/folder/x.h5", "No such");
    assert_null(file);
    assert_io(km_h5_open("/no/such/file.h5", &file), "/no/such/file.h5", "No such");
    assert_io(km_h5_open("Makefile", &file), "Makefile", "opened");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/x.h5", folder);
    chmod(folder, 0500);
    /* Nothing is read-only for root but a system folder. */
    if (geteuid() == 0)
        assert_io(km_h5_create("/proc/x.h5", &file), "/proc/x.h5", "created");
    else
        assert_io(km_h5_create(path, &file), path, "denied");
    rmdir(folder);
}

static void full_disk_is_reported_by_flush(void **state)
{
    struct rlimit before, small;
    char path[] = "/tmp/kaimen-h5-XXXXXX";
    km_h5 *file;
    km_status written, flushed;
    double *values;

    (void)state;
    close(mkstemp(path));
    ASSERT_OK(KM_ALLOC(values, 100000));
    /* A limit on the size of files stands for the end of a disk. */
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    small = (struct rlimit){65536, before.rlim_max};
    ASSERT_OK(km_h5_create(path, &file));
    setrlimit(RLIMIT_FSIZE, &small);
    written = km_h5_write_doubles(file, "large", "", 1, (int[]){100000}, values);
    flushed = km_h5_flush(file);
    setrlimit(RLIMIT_FSIZE, &before);
    km_h5_close(&file);
    KM_FREE(values);
    unlink(path);
    assert_true(written == KM_E_IO || flushed == KM_E_IO);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(image_holds_what_was_written),
    cmocka_unit_test(objects_are_copied_between_files),
    cmocka_unit_test(groups_are_made_with_parents_or_opened),
    cmocka_unit_test(two_images_do_not_mix),
    cmocka_unit_test(wrong_names_and_sizes_are_errors),
    cmocka_unit_test(damaged_images_are_refused),
    cmocka_unit_test(unwritable_and_missing_files_are_named),
    cmocka_unit_test(full_disk_is_reported_by_flush),
};
KM_TEST_MAIN(tests)
