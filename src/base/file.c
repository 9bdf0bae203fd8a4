#include "kaimen/base/file.h"

#include "kaimen/base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Read everything from an open descriptor; one byte more than asked stays zero. */
static km_status read_all(int descriptor, const char *path, size_t n_expected, char **bytes,
                          size_t *n_byte)
{
    size_t capacity = n_expected + 1;
    ssize_t got = 0;

    *n_byte = 0;
    KM_TRY(KM_ALLOC(*bytes, capacity + 1));
    while ((got = read(descriptor, *bytes + *n_byte, capacity - *n_byte)) != 0) {
        if (got < 0 && errno == EINTR) continue;
        if (got < 0)
            return KM_RAISE(KM_E_INPUT, "%s: cannot be read: %s", path, strerror(errno));
        *n_byte += (size_t)got;
        if (*n_byte > KM_FILE_TEXT_LIMIT)
            return KM_RAISE(KM_E_INPUT, "%s: is larger than the %zu MB that can be read", path,
                            KM_FILE_TEXT_LIMIT >> 20);
        if (*n_byte < capacity) continue;
        /* Pipes and growing files tell no size beforehand. */
        KM_TRY(KM_GROW(*bytes, capacity + 1, 2 * capacity + 1));
        capacity *= 2;
    }
    return KM_OK;
}

km_status km_file_read_bytes(const char *path, void **bytes, size_t *n_byte)
{
    struct stat info;
    char *content = NULL;
    km_status status;
    int descriptor;

    *bytes = NULL;
    *n_byte = 0;
    descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return KM_RAISE(KM_E_INPUT, "%s: cannot be opened: %s", path, strerror(errno));
    if (fstat(descriptor, &info) != 0)
        status = KM_RAISE(KM_E_INPUT, "%s: cannot be examined: %s", path, strerror(errno));
    else if (S_ISDIR(info.st_mode))
        status = KM_RAISE(KM_E_INPUT, "%s: is a folder; wanted a file", path);
    else if ((size_t)info.st_size > KM_FILE_TEXT_LIMIT)
        status = KM_RAISE(KM_E_INPUT, "%s: has %.0f MB; at most %zu MB can be read", path,
                          (double)info.st_size / 1048576.0, KM_FILE_TEXT_LIMIT >> 20);
    else
        status = read_all(descriptor, path, (size_t)info.st_size, &content, n_byte);
    close(descriptor);
    if (status != KM_OK) KM_FREE(content);
    *bytes = content;
    return status;
}

km_status km_file_read_text(const char *path, char **text)
{
    void *bytes;
    size_t n_byte;
    const char *zero;

    *text = NULL;
    KM_TRY(km_file_read_bytes(path, &bytes, &n_byte));
    zero = memchr(bytes, '\0', n_byte);
    if (zero) {
        size_t position = (size_t)(zero - (const char *)bytes);

        KM_FREE(bytes);
        return KM_RAISE(KM_E_INPUT, "%s: byte %zu is zero: binary data; wanted text", path,
                        position + 1);
    }
    *text = bytes;
    return KM_OK;
}

static km_status write_all(int descriptor, const char *path, const char *bytes, size_t n_byte)
{
    size_t n_done = 0;

    while (n_done < n_byte) {
        ssize_t n = write(descriptor, bytes + n_done, n_byte - n_done);

        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return KM_RAISE(KM_E_IO, "%s: cannot be written: %s", path, strerror(errno));
        n_done += (size_t)n;
    }
    return KM_CHECK(fsync(descriptor) == 0 || errno == EINVAL, KM_E_IO,
                    "%s: cannot be written: %s", path, strerror(errno));
}

/* The name of a file lives in its folder: without this a power cut could undo the rename. */
static void sync_folder(const char *path)
{
    char copy[4096];
    int descriptor;

    strncpy(copy, path, sizeof copy - 1);
    copy[sizeof copy - 1] = '\0';
    descriptor = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return;
    /* Some file systems cannot sync folders; the file itself is safe. */
    fsync(descriptor);
    close(descriptor);
}

/* A pipe or a device such as /dev/stdout takes bytes; a rename would replace it by a file. */
static km_status write_to_device(const char *path, const void *bytes, size_t n_byte)
{
    int descriptor = open(path, O_WRONLY | O_CLOEXEC);
    km_status status;

    if (descriptor < 0)
        return KM_RAISE(KM_E_IO, "%s: cannot be opened: %s", path, strerror(errno));
    status = write_all(descriptor, path, bytes, n_byte);
    close(descriptor);
    return status;
}

km_status km_file_check_place(const char *path)
{
    char copy[4096];
    const char *folder;

    snprintf(copy, sizeof copy, "%s", path);
    folder = dirname(copy);
    return KM_CHECK(access(folder, W_OK | X_OK) == 0, KM_E_IO,
                    "%s: cannot be created: folder %s: %s", path, folder, strerror(errno));
}

km_status km_file_write_bytes(const char *path, const void *bytes, size_t n_byte)
{
    char temporary[4096];
    struct stat info;
    bool is_there = stat(path, &info) == 0;
    km_status status;
    int descriptor;

    /* The process id keeps two jobs that write the same file apart. */
    KM_TRY(KM_CHECK(snprintf(temporary, sizeof temporary, "%s.%ld.tmp", path, (long)getpid()) <
                        (int)sizeof temporary,
                    KM_E_IO, "%.80s...: the path is too long", path));
    KM_TRY(KM_CHECK(!is_there || !S_ISDIR(info.st_mode), KM_E_IO,
                    "%s: is a folder; wanted a file to write", path));
    if (is_there && !S_ISREG(info.st_mode)) return write_to_device(path, bytes, n_byte);
    descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (descriptor < 0)
        return KM_RAISE(KM_E_IO, "%s: cannot be created: %s", path, strerror(errno));
    status = write_all(descriptor, path, bytes, n_byte);
    if (close(descriptor) != 0 && status == KM_OK)
        status = KM_RAISE(KM_E_IO, "%s: cannot be written: %s", path, strerror(errno));
    if (status == KM_OK && rename(temporary, path) != 0)
        status = KM_RAISE(KM_E_IO, "%s: cannot be replaced: %s", path, strerror(errno));
    if (status != KM_OK) {
        unlink(temporary);
        return status;
    }
    sync_folder(path);
    return KM_OK;
}

km_status km_file_write_text(const char *path, const char *text)
{
    return km_file_write_bytes(path, text, strlen(text));
}

km_status km_file_resolve(const char *base, const char *path, size_t n_full, char *full)
{
    const char *slash = strrchr(base, '/');
    int n_folder = slash ? (int)(slash - base + 1) : 0;

    if (path[0] == '/') n_folder = 0;
    return KM_CHECK(snprintf(full, n_full, "%.*s%s", n_folder, base, path) < (int)n_full,
                    KM_E_INPUT, "%s: the path %.80s... is longer than %zu characters", base,
                    path, n_full - 1);
}
