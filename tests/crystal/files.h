#pragma once
/**
 * @file
 * @brief Files that exist for the length of one test.
 */
#include "support.h"

#include "kaimen/crystal/structure_file.h"

#include <string.h>
#include <unistd.h>

/** Path of a new file with this text in a new folder; ended with remove_file. */
static inline const char *make_file(const char *name, const char *text)
{
    static char path[256];
    char folder[] = P_tmpdir "/kaimen-test-XXXXXX";
    FILE *file;

    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    return path;
}

static inline void remove_file(const char *path)
{
    char folder[256];

    snprintf(folder, sizeof folder, "%s", path);
    *strrchr(folder, '/') = '\0';
    unlink(path);
    rmdir(folder);
}

static inline km_crystal *read_text(const char *name, const char *text)
{
    const char *path = make_file(name, text);
    km_crystal *crystal;

    ASSERT_OK(km_crystal_read(path, &crystal));
    remove_file(path);
    return crystal;
}

/** The file is refused, naming itself, the line (if not 0) and the wanted words. */
static inline void assert_refused(const char *name, const char *text, int line,
                                  const char *words)
{
    const char *path = make_file(name, text);
    km_crystal *crystal;
    char start[300];

    assert_int_equal(km_crystal_read(path, &crystal), KM_E_INPUT);
    assert_null(crystal);
    if (line > 0)
        snprintf(start, sizeof start, "%s:%d: ", path, line);
    else
        snprintf(start, sizeof start, "%s", path);
    if (strncmp(km_status_message(), start, strlen(start)) != 0 ||
        !strstr(km_status_message(), words))
        fail_msg("'%s' should start with '%s' and hold '%s'", km_status_message(), start,
                 words);
    remove_file(path);
}
