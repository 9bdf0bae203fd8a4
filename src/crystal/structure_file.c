#include "kaimen/crystal/structure_file.h"

#include "kaimen/crystal/cif.h"
#include "kaimen/crystal/extxyz.h"
#include "kaimen/crystal/poscar.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

static bool starts_with(const char *text, const char *start)
{
    return strncasecmp(text, start, strlen(start)) == 0;
}

static bool ends_with(const char *text, const char *end)
{
    return strlen(text) >= strlen(end) &&
           strcasecmp(text + strlen(text) - strlen(end), end) == 0;
}

km_status km_crystal_read(const char *path, km_crystal **crystal)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

    *crystal = NULL;
    if (ends_with(name, ".cif")) return km_cif_read(path, NULL, crystal, NULL);
    if (ends_with(name, ".xyz") || ends_with(name, ".extxyz"))
        return km_extxyz_read(path, 0, crystal, NULL);
    if (starts_with(name, "POSCAR") || starts_with(name, "CONTCAR") ||
        ends_with(name, ".poscar") || ends_with(name, ".vasp"))
        return km_poscar_read(path, crystal);
    return KM_RAISE(KM_E_INPUT,
                    "%s: no reader for this name: *.cif, POSCAR*, CONTCAR*, *.poscar, *.vasp, "
                    "*.xyz or *.extxyz is wanted",
                    path);
}
