#include "gth.h"

#include "kaimen/base/units.h"
#include "kaimen/crystal/element.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define LINE_SIZE 1024
#define SEPARATORS " \t\r\n"

/** A text read token by token; comments and empty lines are passed over. */
typedef struct {
    const char *path;
    const char *rest; /* of the text, behind the current line */
    int line;
    char text[LINE_SIZE]; /* the current line */
    char *cursor;         /* in text */
} reader;

/** Go to the next line that holds something. */
static bool next_line(reader *in)
{
    while (*in->rest) {
        size_t length = strcspn(in->rest, "\n");

        snprintf(in->text, sizeof in->text, "%.*s", (int)length, in->rest);
        in->rest += length + (in->rest[length] == '\n');
        ++in->line;
        in->text[strcspn(in->text, "#!")] = '\0';
        in->cursor = in->text + strspn(in->text, SEPARATORS);
        if (*in->cursor) return true;
    }
    return false;
}

/** Next token of this line, ended by a zero byte in place; NULL at its end. */
static char *token_of_line(reader *in)
{
    char *token = in->cursor + strspn(in->cursor, SEPARATORS);
    size_t length = strcspn(token, SEPARATORS);

    if (!length) return NULL;
    in->cursor = token + length;
    if (*in->cursor) *in->cursor++ = '\0';
    return token;
}

static km_status parse_number(const reader *in, const char *token, const char *what,
                              double *value)
{
    char *end;

    *value = strtod(token, &end);
    return KM_CHECK(!*end && isfinite(*value), KM_E_INPUT, "%s:%d: %s: '%s' is not a number",
                    in->path, in->line, what, token);
}

/** Next number of the entry, on this line or a later one. */
static km_status read_number(reader *in, const char *what, double *value)
{
    char *token = token_of_line(in);

    if (!token) {
        KM_TRY(KM_CHECK(next_line(in), KM_E_INPUT, "%s:%d: the file ends where %s should be",
                        in->path, in->line, what));
        token = token_of_line(in);
    }
    return parse_number(in, token, what, value);
}

static km_status read_count(reader *in, const char *what, int most, int *count)
{
    double value;

    KM_TRY(read_number(in, what, &value));
    KM_TRY(KM_CHECK(value >= 0 && value <= most && value == floor(value), KM_E_INPUT,
                    "%s:%d: %s = %g must be a whole number from 0 to %d", in->path, in->line,
                    what, value, most));
    *count = (int)value;
    return KM_OK;
}

static km_status read_radius(reader *in, const char *what, double *radius)
{
    KM_TRY(read_number(in, what, radius));
    return KM_CHECK(*radius > 0, KM_E_INPUT, "%s:%d: %s = %g bohr must be positive", in->path,
                    in->line, what, *radius);
}

/** Whether name is FAMILY-q followed by a digit. */
static bool is_of_family(const char *name, const char *family)
{
    size_t n = strlen(family);

    return !strncmp(name, family, n) && !strncmp(name + n, "-q", 2) && name[n + 2] >= '0' &&
           name[n + 2] <= '9';
}

typedef enum { MATCH_NONE, MATCH_FAMILY, MATCH_EXACT } match;

/** How well the names on the rest of a header line fit; the first name is copied to label. */
static match match_names(reader *in, const char *entry, const char *family,
                         char label[KM_LABEL_SIZE])
{
    const char *wanted = *entry ? entry : family;
    match best = MATCH_NONE;
    char *name;

    label[0] = '\0';
    while ((name = token_of_line(in))) {
        if (!label[0]) snprintf(label, KM_LABEL_SIZE, "%s", name);
        if (!strcmp(name, wanted)) best = MATCH_EXACT;
        if (best == MATCH_NONE && !*entry && is_of_family(name, family)) best = MATCH_FAMILY;
    }
    return best;
}

static void append_name(char *list, size_t size, const char *name)
{
    size_t used = strlen(list);

    if (used + strlen(name) + 3 < size)
        snprintf(list + used, size - used, "%s%s", used ? ", " : "", name);
}

/** Whether the header line is followed by "NA": POTENTIAL_UZH announces some entries that do not exist. */
static bool is_placeholder(const reader *in)
{
    const char *body = in->rest + strspn(in->rest, SEPARATORS);

    return strcspn(body, SEPARATORS) == 2 && !strncmp(body, "NA", 2);
}

/** Put the reader behind the header line of the wanted entry. */
static km_status find_entry(reader *in, const char *symbol, const char *entry,
                            const char *family, km_pseudo_info *info)
{
    char seen[512] = "";
    char label[KM_LABEL_SIZE];
    const char *fallback = NULL;

    while (next_line(in)) {
        char *first = token_of_line(in);
        match found;

        if (strcmp(first, symbol) || is_placeholder(in)) continue;
        found = match_names(in, entry, family, label);
        append_name(seen, sizeof seen, label);
        if (found == MATCH_NONE || (found == MATCH_FAMILY && fallback)) continue;
        snprintf(info->label, sizeof info->label, "%s", label);
        info->line = in->line;
        if (found == MATCH_EXACT) return KM_OK;
        fallback = in->rest;
    }
    if (fallback) {
        in->line = info->line;
        in->rest = fallback;
        in->cursor = in->text + strlen(in->text);
        return KM_OK;
    }
    if (!seen[0]) return KM_RAISE(KM_E_INPUT, "%s: has no entry for %s", in->path, symbol);
    return KM_RAISE(KM_E_INPUT, "%s: has no entry %s for %s; it has %s", in->path,
                    *entry ? entry : family, symbol, seen);
}

/** Functional named by a label: PBE of GTH-PBE-q6, PBE of GTH-NLCC-PBE-q3. */
static void parse_functional(const char *label, char functional[KM_FUNCTIONAL_SIZE])
{
    const char *end = strstr(label, "-q");
    const char *start = end;

    functional[0] = '\0';
    if (!end) return;
    while (start > label && start[-1] != '-') --start;
    snprintf(functional, KM_FUNCTIONAL_SIZE, "%.*s", (int)(end - start), start);
}

static km_status read_configuration(reader *in, km_pseudo_info *info)
{
    char *token;
    double n_electron;

    KM_TRY(KM_CHECK(next_line(in), KM_E_INPUT,
                    "%s:%d: the file ends where the electrons of %s should be", in->path,
                    in->line, info->label));
    for (int l = 0; (token = token_of_line(in)); ++l) {
        KM_TRY(parse_number(in, token, "number of electrons", &n_electron));
        KM_TRY(KM_CHECK(
            n_electron >= 0 && n_electron <= 118 && n_electron == floor(n_electron) &&
                (l <= KM_L_MAX || n_electron == 0),
            KM_E_INPUT, "%s:%d: %g electrons of l = %d must be a whole number, l at most %d",
            in->path, in->line, n_electron, l, KM_L_MAX));
        if (l <= KM_L_MAX) info->n_electron[l] = (int)n_electron;
        info->z_valence += n_electron;
    }
    return KM_CHECK(info->z_valence > 0 && info->z_valence <= info->z, KM_E_INPUT,
                    "%s:%d: %g valence electrons of %s must be between 1 and %d", in->path,
                    in->line, info->z_valence, info->symbol, info->z);
}

static km_status read_channel(reader *in, int l, km_gth *gth)
{
    km_pseudo_channel *channel = &gth->channel[gth->n_channel];
    double radius, h;
    int n;

    KM_TRY(read_radius(in, "projector radius", &radius));
    KM_TRY(read_count(in, "number of projectors", KM_PROJECTOR_MAX, &n));
    for (int i = 0; i < n; ++i)
        for (int j = i; j < n; ++j) {
            KM_TRY(read_number(in, "projector coefficient", &h));
            channel->coupling_ha[i][j] = channel->coupling_ha[j][i] = h;
        }
    if (n == 0) return KM_OK;
    channel->l = l;
    channel->n_projector = n;
    gth->r_channel_bohr[gth->n_channel++] = radius;
    return KM_OK;
}

/** The core, which may stand before the channels: "NLCC 1", then radius, 1, and 4 pi times the density at r = 0. */
static km_status read_core(reader *in, km_gth *gth)
{
    int n_gaussian, n_coefficient;

    KM_TRY(KM_CHECK(next_line(in), KM_E_INPUT,
                    "%s:%d: the file ends where the nonlocal channels of %s should be",
                    in->path, in->line, gth->info.label));
    if (strncmp(in->cursor, "NLCC", 4)) return KM_OK;
    (void)token_of_line(in);
    KM_TRY(read_count(in, "number of core Gaussians", KM_GTH_LOCAL_MAX, &n_gaussian));
    KM_TRY(read_radius(in, "core radius", &gth->r_core_bohr));
    KM_TRY(read_count(in, "number of core coefficients", KM_GTH_LOCAL_MAX, &n_coefficient));
    KM_TRY(KM_CHECK(n_gaussian == 1 && n_coefficient == 1, KM_E_INPUT,
                    "%s:%d: a core of %d Gaussians with %d coefficients; wanted one with one",
                    in->path, in->line, n_gaussian, n_coefficient));
    KM_TRY(read_number(in, "core coefficient", &gth->c_core_bohr3));
    gth->c_core_bohr3 /= 4 * KM_PI;
    return KM_CHECK(gth->c_core_bohr3 > 0, KM_E_INPUT,
                    "%s:%d: core coefficient %g must be positive", in->path, in->line,
                    4 * KM_PI * gth->c_core_bohr3);
}

/** Spin-orbit coefficients or a matrix of the wrong size leave numbers behind the entry. */
static km_status refuse_rest(reader *in, const km_gth *gth)
{
    char *token = token_of_line(in);
    char *end;

    if (!token && next_line(in)) token = token_of_line(in);
    if (!token) return KM_OK;
    (void)strtod(token, &end);
    return KM_CHECK(end == token, KM_E_INPUT,
                    "%s:%d: '%s' behind the last coefficient of %s %s (spin-orbit coefficients "
                    "are not supported)",
                    in->path, in->line, token, gth->info.symbol, gth->info.label);
}

static km_status read_body(reader *in, km_gth *gth)
{
    int n_channel;

    KM_TRY(read_configuration(in, &gth->info));
    KM_TRY(read_radius(in, "local radius", &gth->r_local_bohr));
    KM_TRY(read_count(in, "number of local coefficients", KM_GTH_LOCAL_MAX, &gth->n_local));
    for (int i = 0; i < gth->n_local; ++i)
        KM_TRY(read_number(in, "local coefficient", &gth->c_local_ha[i]));
    KM_TRY(read_core(in, gth));
    KM_TRY(read_count(in, "number of nonlocal channels", KM_L_MAX + 1, &n_channel));
    for (int l = 0; l < n_channel; ++l) KM_TRY(read_channel(in, l, gth));
    return refuse_rest(in, gth);
}

static km_status read_entry(reader *in, const char *entry, const char *family, km_gth *gth)
{
    KM_TRY(find_entry(in, gth->info.symbol, entry, family, &gth->info));
    KM_TRY(KM_CHECK(strcmp(gth->info.label, "ALLELECTRON"), KM_E_INPUT,
                    "%s:%d: %s %s is the bare nucleus, not a pseudopotential", in->path,
                    in->line, gth->info.symbol, gth->info.label));
    parse_functional(gth->info.label, gth->info.functional);
    return read_body(in, gth);
}

km_status km_gth_read(const char *path, const char *symbol, const char *text, const char *entry,
                      const char *family, km_gth *gth)
{
    reader in = {.path = path, .rest = text};

    memset(gth, 0, sizeof *gth);
    snprintf(gth->info.symbol, sizeof gth->info.symbol, "%s", symbol);
    snprintf(gth->info.path, sizeof gth->info.path, "%s", path);
    gth->info.z = km_element_find(symbol);
    KM_TRY(KM_CHECK(gth->info.z, KM_E_ARGUMENT, "'%s' is not an element symbol", symbol));
    return read_entry(&in, entry, family, gth);
}
