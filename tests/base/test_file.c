/* np: 1 */
#include "support.h"

#include "kaimen/base/file.h"
#include "kaimen/base/text.h"
#include "kaimen/base/units.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/kaimen-file-XXXXXX");
    return mkdtemp(folder) ? 0 : 1;
}

static int remove_folder(void **state)
{
    char path[128];

    (void)state;
    snprintf(path, sizeof path, "%s/x", folder);
    unlink(path);
    /* Fails where a temporary file was left behind. */
    return rmdir(folder);
}

static const char *path_of_file(void)
{
    static char path[128];

    snprintf(path, sizeof path, "%s/x", folder);
    return path;
}

static void what_is_written_is_read(void **state)
{
    char *text;
    void *bytes;
    size_t n_byte;

    (void)state;
    ASSERT_OK(km_file_write_text(path_of_file(), "first"));
    ASSERT_OK(km_file_write_text(path_of_file(), "line 1\nline 2\n"));
    ASSERT_OK(km_file_read_text(path_of_file(), &text));
    assert_string_equal(text, "line 1\nline 2\n");
    KM_FREE(text);
    ASSERT_OK(km_file_write_bytes(path_of_file(), "\0\1\2", 3));
    ASSERT_OK(km_file_read_bytes(path_of_file(), &bytes, &n_byte));
    assert_int_equal(n_byte, 3);
    assert_memory_equal(bytes, "\0\1\2", 3);
    KM_FREE(bytes);
    ASSERT_OK(km_file_write_text(path_of_file(), ""));
    ASSERT_OK(km_file_read_text(path_of_file(), &text));
    assert_string_equal(text, "");
    KM_FREE(text);
}

static void assert_says(km_status status, km_status expected, const char *path,
                        const char *word)
{
    assert_int_equal(status, expected);
    if (!strstr(km_status_message(), path) || !strstr(km_status_message(), word))
        fail_msg("\"%s\" names not %s and %s", km_status_message(), path, word);
}

static void unreadable_files_are_named(void **state)
{
    char *text;

    (void)state;
    assert_says(km_file_read_text("/no/file", &text), KM_E_INPUT, "/no/file", "No such");
    assert_null(text);
    assert_says(km_file_read_text(folder, &text), KM_E_INPUT, folder, "is a folder");
    ASSERT_OK(km_file_write_bytes(path_of_file(), "ab\0c", 4));
    assert_says(km_file_read_text(path_of_file(), &text), KM_E_INPUT, path_of_file(),
                "byte 3 is zero");
    assert_null(text);
    assert_int_equal(truncate(path_of_file(), (off_t)KM_FILE_TEXT_LIMIT + 1), 0);
    assert_says(km_file_read_text(path_of_file(), &text), KM_E_INPUT, path_of_file(),
                "at most");
    /* A device that never ends tells no size. */
    assert_says(km_file_read_text("/dev/zero", &text), KM_E_INPUT, "/dev/zero", "larger than");
    if (geteuid() != 0) {
        chmod(path_of_file(), 0);
        assert_says(km_file_read_text(path_of_file(), &text), KM_E_INPUT, path_of_file(),
                    "denied");
    }
}

static void unwritable_places_are_named(void **state)
{
    (void)state;
    assert_says(km_file_write_text("/no/folder/x", "a"), KM_E_IO, "/no/folder/x", "No such");
    assert_says(km_file_write_text(folder, "a"), KM_E_IO, folder, "is a folder");
    assert_int_equal(km_file_write_text("/proc/x", "a"), KM_E_IO);
}

static void a_full_disk_leaves_the_old_file(void **state)
{
    struct rlimit before, small;
    char *text, *large;
    km_status status;

    (void)state;
    ASSERT_OK(km_file_write_text(path_of_file(), "old"));
    ASSERT_OK(KM_ALLOC(large, 100001));
    memset(large, 'x', 100000);
    /* A limit on the size of files stands for the end of a disk. */
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    small = (struct rlimit){4096, before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
    status = km_file_write_text(path_of_file(), large);
    setrlimit(RLIMIT_FSIZE, &before);
    KM_FREE(large);
    assert_says(status, KM_E_IO, path_of_file(), "too large");
    ASSERT_OK(km_file_read_text(path_of_file(), &text));
    assert_string_equal(text, "old");
    KM_FREE(text);
}

static void relative_paths_start_at_the_file_that_names_them(void **state)
{
    char full[32];

    (void)state;
    ASSERT_OK(km_file_resolve("inputs/a.yaml", "crystals/x.cif", sizeof full, full));
    assert_string_equal(full, "inputs/crystals/x.cif");
    ASSERT_OK(km_file_resolve("a.yaml", "x.cif", sizeof full, full));
    assert_string_equal(full, "x.cif");
    ASSERT_OK(km_file_resolve("inputs/a.yaml", "/data/x.cif", sizeof full, full));
    assert_string_equal(full, "/data/x.cif");
    assert_int_equal(km_file_resolve("inputs/a.yaml", "a/path/that/is/too/long.cif", 32, full),
                     KM_E_INPUT);
}

static void text_grows_as_it_is_appended_to(void **state)
{
    km_text text = {0};
    char expected[4008] = "";

    (void)state;
    for (int i = 0; i < 1000; ++i) {
        ASSERT_OK(km_text_append(&text, "%04d", i));
        snprintf(expected + strlen(expected), 8, "%04d", i % 10000);
    }
    assert_int_equal(text.n_byte, 4000);
    assert_string_equal(text.bytes, expected);
    KM_FREE(text.bytes);
}

static void distance_counts_edits(void **state)
{
    static const struct {
        const char *a, *b;
        int distance;
    } cases[] = {{"ecut", "ecut", 0},   {"ecut", "Ecut", 0},      {"ecut", "ecuts", 1},
                 {"ecut", "euct", 1},   {"ecut", "cut", 1},       {"", "abc", 3},
                 {"grid", "gird", 1},   {"kitten", "sitting", 3}, {"smearing", "smering", 1},
                 {"forces", "grid", 5}, {"abcd", "badc", 2}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        assert_int_equal(km_text_distance(cases[i].a, cases[i].b), cases[i].distance);
        assert_int_equal(km_text_distance(cases[i].b, cases[i].a), cases[i].distance);
    }
}

static void units_convert_as_the_standards_say(void **state)
{
    char names[64];

    (void)state;
    /* CODATA 2018: Hartree energy, Bohr radius, atomic unit of pressure and force. */
    ASSERT_CLOSE(1 / km_unit_find("eV")->factor, 27.211386245988, 1e-11);
    ASSERT_CLOSE(1 / km_unit_find("Ang")->factor, 0.529177210903, 1e-14);
    ASSERT_CLOSE(1 / km_unit_find("GPa")->factor, 29421.015696, 1e-4);
    ASSERT_CLOSE(1 / km_unit_find("eV/Ang")->factor, 51.422067475, 1e-8);
    ASSERT_CLOSE(1 / km_unit_find("J/m2")->factor, 1556.8931, 1e-3);
    ASSERT_CLOSE(km_unit_find("1/Ang")->factor * km_unit_find("Ang")->factor, 1, 1e-15);
    assert_null(km_unit_find("ev"));
    assert_null(km_unit_find(""));
    km_unit_list(KM_UNIT_TIME, sizeof names, names);
    assert_string_equal(names, "s, min, h, d");
}

static void a_pipe_is_written_to_and_not_replaced(void **state)
{
    const char *path = "build/file_test.fifo";
    struct stat info;
    char text[8] = "";
    int descriptor;

    (void)state;
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    descriptor = open(path, O_RDWR);
    assert_true(descriptor >= 0);
    ASSERT_OK(km_file_write_text(path, "a,b\n"));
    assert_int_equal(read(descriptor, text, sizeof text), 4);
    assert_string_equal(text, "a,b\n");
    assert_int_equal(stat(path, &info), 0);
    assert_true(S_ISFIFO(info.st_mode));
    close(descriptor);
    unlink(path);
}

static void a_place_in_a_missing_folder_is_refused(void **state)
{
    (void)state;
    ASSERT_OK(km_file_check_place("new.json"));
    ASSERT_OK(km_file_check_place("build/new.json"));
    assert_int_equal(km_file_check_place("build/none/new.json"), KM_E_IO);
    assert_non_null(strstr(km_status_message(), "folder build/none"));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(what_is_written_is_read, make_folder, remove_folder),
    cmocka_unit_test_setup_teardown(unreadable_files_are_named, make_folder, remove_folder),
    cmocka_unit_test_setup_teardown(unwritable_places_are_named, make_folder, remove_folder),
    cmocka_unit_test_setup_teardown(a_full_disk_leaves_the_old_file, make_folder,
                                    remove_folder),
    cmocka_unit_test(relative_paths_start_at_the_file_that_names_them),
    cmocka_unit_test(text_grows_as_it_is_appended_to),
    cmocka_unit_test(distance_counts_edits),
    cmocka_unit_test(units_convert_as_the_standards_say),
    cmocka_unit_test(a_pipe_is_written_to_and_not_replaced),
    cmocka_unit_test(a_place_in_a_missing_folder_is_refused),
};
KM_TEST_MAIN(tests)
