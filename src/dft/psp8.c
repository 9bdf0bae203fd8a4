#include "psp8.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/units.h"
#include "kaimen/crystal/element.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define LINE_SIZE 1024
#define MESH_MAX 100000

/* The mesh is continued to here, where erf(r) = 1 and -Z/r is the whole potential. */
static const double LEAST_R_MAX_BOHR = 6.0;

/** A text read line by line, each taken apart into numbers. */
typedef struct {
    const char *path;
    const char *rest;
    int line;
} reader;

/** What stands before the tables. */
typedef struct {
    double z_valence;
    int xc, l_max, l_local, n_r;
    double core_charge_factor; /* 0: no core */
    int n_projector[KM_L_MAX + 2];
} header;

/** Numbers at the start of the next line, at most `most`, at least `least`; Fortran's D is an E. */
static km_status read_line(reader *in, const char *what, int least, int most, double *numbers)
{
    size_t length = strcspn(in->rest, "\n");
    char text[LINE_SIZE], *c = text, *end;
    int n = 0;

    KM_TRY(KM_CHECK(*in->rest, KM_E_INPUT,
                    "%s:%d: the file ends where %s should be: it is truncated", in->path,
                    in->line, what));
    snprintf(text, sizeof text, "%.*s", (int)length, in->rest);
    in->rest += length + (in->rest[length] == '\n');
    ++in->line;
    for (char *d = text; *d; ++d)
        if ((*d == 'D' || *d == 'd') && d > text && strchr("0123456789.", d[-1])) *d = 'e';
    for (; n < most; ++n, c = end) {
        numbers[n] = strtod(c, &end);
        if (end == c) break;
        KM_TRY(KM_CHECK(isfinite(numbers[n]), KM_E_INPUT, "%s:%d: %s is not finite", in->path,
                        in->line, what));
    }
    return KM_CHECK(n >= least, KM_E_INPUT, "%s:%d: %s: %d numbers in the line, wanted %d",
                    in->path, in->line, what, n, least);
}

static km_status check_count(const reader *in, const char *what, double value, int least,
                             int most, int *count)
{
    KM_TRY(KM_CHECK(value >= least && value <= most && value == floor(value), KM_E_INPUT,
                    "%s:%d: %s = %g must be a whole number from %d to %d", in->path, in->line,
                    what, value, least, most));
    *count = (int)value;
    return KM_OK;
}

static km_status read_element(reader *in, const char *symbol, header *head)
{
    const int z = km_element_find(symbol);
    double value[2];

    KM_TRY(read_line(in, "zatom and zion", 2, 2, value));
    KM_TRY(KM_CHECK(
        value[0] == z, KM_E_INPUT,
        "%s:%d: is a pseudopotential of %s (zatom = %g); wanted one of %s", in->path, in->line,
        value[0] >= 1 && value[0] <= KM_Z_MAX ? km_element_symbol((int)value[0]) : "no element",
        value[0], symbol));
    KM_TRY(KM_CHECK(value[1] > 0 && value[1] <= z, KM_E_INPUT,
                    "%s:%d: zion = %g of %s must be between 0 and %d", in->path, in->line,
                    value[1], symbol, z));
    head->z_valence = value[1];
    return KM_OK;
}

static km_status read_format(reader *in, header *head)
{
    double value[5];

    KM_TRY(read_line(in, "pspcod, pspxc, lmax, lloc, mmax", 5, 5, value));
    KM_TRY(KM_CHECK(value[0] == 8, KM_E_INPUT,
                    "%s:%d: pspcod = %g, ABINIT's format %g; wanted 8", in->path, in->line,
                    value[0], value[0]));
    KM_TRY(check_count(in, "pspxc", value[1], -9999999, 9999999, &head->xc));
    KM_TRY(check_count(in, "lmax", value[2], 0, KM_L_MAX, &head->l_max));
    KM_TRY(check_count(in, "lloc", value[3], 0, KM_L_MAX + 1, &head->l_local));
    return check_count(in, "mmax", value[4], 1, MESH_MAX, &head->n_r);
}

static km_status read_header(reader *in, const char *symbol, header *head)
{
    double value[KM_L_MAX + 1];
    int extension = 0;

    KM_TRY(read_line(in, "title", 0, 0, value));
    KM_TRY(read_element(in, symbol, head));
    KM_TRY(read_format(in, head));
    KM_TRY(read_line(in, "rchrg, fchrg, qchrg", 2, 2, value));
    head->core_charge_factor = value[1];
    KM_TRY(read_line(in, "nproj", head->l_max + 1, head->l_max + 1, value));
    for (int l = 0; l <= head->l_max; ++l)
        KM_TRY(check_count(in, "nproj", value[l], 0, KM_PROJECTOR_MAX, &head->n_projector[l]));
    KM_TRY(read_line(in, "extension_switch", 1, 1, value));
    KM_TRY(check_count(in, "extension_switch", value[0], 0, 3, &extension));
    return KM_CHECK(extension < 2, KM_E_INPUT,
                    "%s:%d: has spin-orbit coupling (extension_switch = %d); wanted a "
                    "scalar-relativistic pseudopotential",
                    in->path, in->line, extension);
}

/** Points of the mesh up to LEAST_R_MAX_BOHR, when n_r of them are in the file: from its third line after the header. */
static km_status count_points(const reader *in, int n_r, double *step, int *n)
{
    reader ahead = *in;
    double first[2], second[2];

    KM_TRY(read_line(&ahead, "angular momentum", 1, 1, first));
    KM_TRY(read_line(&ahead, "table", 2, 2, first));
    KM_TRY(read_line(&ahead, "table", 2, 2, second));
    *step = second[1] - first[1];
    KM_TRY(KM_CHECK(first[1] == 0 && *step > 0, KM_E_INPUT,
                    "%s:%d: the mesh starts with %g and %g bohr; wanted a regular one from 0",
                    in->path, ahead.line, first[1], second[1]));
    *n = (int)ceil(LEAST_R_MAX_BOHR / *step) + 1;
    if (*n < n_r) *n = n_r;
    return KM_CHECK(*n <= MESH_MAX, KM_E_INPUT, "%s:%d: a step of %g bohr is too small",
                    in->path, ahead.line, *step);
}

/** A table of n_r lines: number, r, then n_column values, into columns of the length of the mesh. */
static km_status read_table(reader *in, const km_radial *radial, int n_r, int n_column,
                            double *const *column)
{
    double value[2 + KM_PROJECTOR_MAX];

    for (int i = 0; i < n_r; ++i) {
        KM_TRY(read_line(in, "a line of a table", 2 + n_column, 2 + n_column, value));
        KM_TRY(KM_CHECK(value[0] == i + 1, KM_E_INPUT,
                        "%s:%d: line %g of a table; wanted line %d", in->path, in->line,
                        value[0], i + 1));
        KM_TRY(KM_CHECK(fabs(value[1] - radial->r_bohr[i]) < 1e-6, KM_E_INPUT,
                        "%s:%d: the mesh has %g bohr where a regular one has %g", in->path,
                        in->line, value[1], radial->r_bohr[i]));
        for (int k = 0; k < n_column; ++k) column[k][i] = value[2 + k];
    }
    return KM_OK;
}

static km_status read_projectors(reader *in, const header *head, int l, const double *energy_ha,
                                 double *work, km_radial *radial)
{
    const int n = head->n_projector[l];
    double *column[KM_PROJECTOR_MAX];

    for (int i = 0; i < n; ++i) column[i] = work + (size_t)i * (size_t)radial->n_r;
    KM_TRY(read_table(in, radial, head->n_r, n, column));
    for (int i = 0; i < n; ++i) {
        int ic, ip;

        KM_TRY(km_radial_add_projector(radial, l, head->n_r, column[i], &ic, &ip));
        radial->channel[ic].coupling_ha[ip][ip] = energy_ha[i];
    }
    return KM_OK;
}

/** A table of one l: projectors, or the local potential. */
static km_status read_block(reader *in, const header *head, double *work, km_radial *radial)
{
    double value[1 + KM_PROJECTOR_MAX], *column[1] = {radial->local.value};
    reader start = *in;
    int l = 0, n = 0;

    KM_TRY(read_line(in, "angular momentum of a table", 1, 1, value));
    KM_TRY(check_count(in, "angular momentum", value[0], 0, KM_L_MAX + 1, &l));
    if (l == head->l_local) return read_table(in, radial, head->n_r, 1, column);
    n = l <= head->l_max ? head->n_projector[l] : 0;
    KM_TRY(KM_CHECK(n > 0, KM_E_INPUT, "%s:%d: a table of l = %d, which nproj does not name",
                    in->path, in->line, l));
    *in = start;
    KM_TRY(read_line(in, "energies of the projectors", 1 + n, 1 + n, value));
    return read_projectors(in, head, l, value + 1, work, radial);
}

static km_status read_blocks(reader *in, const header *head, double *work, km_radial *radial)
{
    int n_block = 1;

    for (int l = 0; l <= head->l_max; ++l)
        n_block += l != head->l_local && head->n_projector[l] > 0;
    for (int i = 0; i < n_block; ++i) KM_TRY(read_block(in, head, work, radial));
    return KM_OK;
}

static km_status read_core(reader *in, const header *head, km_radial *radial)
{
    double *column[1];

    KM_TRY(KM_ALLOC(radial->core.value, radial->n_r));
    column[0] = radial->core.value;
    radial->core.n = head->n_r;
    KM_TRY(read_table(in, radial, head->n_r, 1, column));
    for (int i = 0; i < head->n_r; ++i) radial->core.value[i] /= 4 * KM_PI;
    return KM_OK;
}

/** ABINIT's numbers of functionals: its own, or minus those of libxc. */
static const char *functional_name(int xc)
{
    static const struct {
        int xc;
        const char *name;
    } names[] = {{2, "LDA"},       {7, "LDA"},          {-1012, "LDA"},
                 {-1009, "LDA"},   {11, "PBE"},         {-101130, "PBE"},
                 {-130101, "PBE"}, {-116133, "PBEsol"}, {-133116, "PBEsol"}};

    for (size_t i = 0; i < sizeof names / sizeof *names; ++i)
        if (names[i].xc == xc) return names[i].name;
    return "";
}

static void fill_info(const reader *in, const header *head, const char *symbol,
                      km_pseudo_info *info)
{
    snprintf(info->symbol, sizeof info->symbol, "%s", symbol);
    snprintf(info->path, sizeof info->path, "%s", in->path);
    snprintf(info->functional, sizeof info->functional, "%s", functional_name(head->xc));
    info->z = km_element_find(symbol);
    info->z_valence = head->z_valence;
    info->line = 1;
}

static void fill_mesh(double step, int n_table, km_radial *radial)
{
    for (int i = 0; i < radial->n_r; ++i) {
        radial->r_bohr[i] = i * step;
        radial->step[i] = step;
        if (i >= n_table) radial->local.value[i] = -radial->info.z_valence / (i * step);
    }
}

static km_status read_parts(reader *in, const char *symbol, km_radial **radial)
{
    header head = {0};
    double step = 0, *work = NULL;
    km_status status = KM_OK;
    int n_r = 0;

    KM_TRY(read_header(in, symbol, &head));
    KM_TRY(count_points(in, head.n_r, &step, &n_r));
    KM_TRY(km_radial_create(n_r, radial));
    fill_info(in, &head, symbol, &(*radial)->info);
    fill_mesh(step, head.n_r, *radial);
    KM_TRY(KM_ALLOC(work, KM_PROJECTOR_MAX * n_r));
    KM_TRY_TO(end, read_blocks(in, &head, work, *radial));
    if (head.core_charge_factor > 0) KM_TRY_TO(end, read_core(in, &head, *radial));
    KM_TRY_TO(end, km_radial_finish(*radial));
end:
    KM_FREE(work);
    return status;
}

km_status km_psp8_read(const char *path, const char *symbol, const char *text,
                       km_radial **radial)
{
    reader in = {.path = path, .rest = text};
    km_status status = KM_OK;

    *radial = NULL;
    KM_TRY_TO(fail, read_parts(&in, symbol, radial));
    return KM_OK;
fail:
    km_radial_destroy(radial);
    return status;
}
