/* Where pseudopotential files are. */
#include "kaimen/dft/pseudo.h"

#include <ctype.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define SYSTEM_FOLDER "/usr/share/cp2k"

static bool is_readable(const char *path)
{
    return access(path, R_OK) == 0;
}

km_status km_pseudo_find_file(const char *file, const char *folder, size_t n_path, char *path)
{
    const char *user = getenv("KAIMEN_PSEUDO_DIR");
    const char *name = strrchr(file, '/') ? strrchr(file, '/') + 1 : file;
    bool is_absolute = file[0] == '/';
    int n;

    if (is_absolute || !folder || !*folder)
        n = snprintf(path, n_path, "%s", file);
    else
        n = snprintf(path, n_path, "%s/%s", folder, file);
    if (n < (int)n_path && is_readable(path)) return KM_OK;
    if (user && *user) {
        n = snprintf(path, n_path, "%s/%s", user, name);
        if (n < (int)n_path && is_readable(path)) return KM_OK;
    }
    n = snprintf(path, n_path, "%s/%s", SYSTEM_FOLDER, name);
    if (n < (int)n_path && is_readable(path)) return KM_OK;
    return KM_RAISE(
        KM_E_INPUT,
        "pseudopotential file '%s' not found; looked in %s, $KAIMEN_PSEUDO_DIR (%s) "
        "and %s (on Debian: apt install cp2k-data)",
        file,
        is_absolute         ? "/"
        : folder && *folder ? folder
                            : "the working folder",
        user && *user ? user : "not set", SYSTEM_FOLDER);
}

static bool is_folder(const char *path)
{
    struct stat facts;

    return stat(path, &facts) == 0 && S_ISDIR(facts.st_mode);
}

bool km_pseudo_find_folder(const char *family, const char *folder, size_t n_path, char *path)
{
    const char *user = getenv("KAIMEN_PSEUDO_DIR");
    int n;

    if (!*family) return false;
    if (*family == '/' || !folder || !*folder)
        n = snprintf(path, n_path, "%s", family);
    else
        n = snprintf(path, n_path, "%s/%s", folder, family);
    if (n < (int)n_path && is_folder(path)) return true;
    if (!user || !*user || *family == '/') return false;
    n = snprintf(path, n_path, "%s/%s", user, family);
    return n < (int)n_path && is_folder(path);
}

/** Symbol, no letter, ..., .upf or .psp8. */
static bool is_file_of(const char *name, const char *symbol)
{
    const size_t n = strlen(symbol);
    const char *end = strrchr(name, '.');

    return !strncasecmp(name, symbol, n) && !isalpha((unsigned char)name[n]) && end &&
           (!strcasecmp(end, ".upf") || !strcasecmp(end, ".psp8"));
}

km_status km_pseudo_find_element(const char *folder, const char *symbol, size_t n_path,
                                 char *path)
{
    char names[1024] = "", found[256] = "";
    const struct dirent *entry;
    DIR *stream = opendir(folder);
    int n = 0;

    KM_TRY(KM_CHECK(stream, KM_E_INPUT, "pseudopotential folder %s cannot be read", folder));
    while ((entry = readdir(stream))) {
        size_t used = strlen(names);

        if (!is_file_of(entry->d_name, symbol)) continue;
        ++n;
        snprintf(found, sizeof found, "%s", entry->d_name);
        snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "", entry->d_name);
    }
    closedir(stream);
    KM_TRY(KM_CHECK(n > 0, KM_E_INPUT,
                    "pseudopotential folder %s has no file for %s; wanted such as %s.upf or "
                    "%s.psp8",
                    folder, symbol, symbol, symbol));
    KM_TRY(
        KM_CHECK(n == 1, KM_E_INPUT,
                 "pseudopotential folder %s has %d files for %s: %s; wanted one, or a choice "
                 "by dft.pseudo.%s.file",
                 folder, n, symbol, names, symbol));
    return KM_CHECK(snprintf(path, n_path, "%s/%s", folder, found) < (int)n_path, KM_E_INPUT,
                    "path %s/%s is too long", folder, found);
}
