#include "upf.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/units.h"
#include "kaimen/crystal/element.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define VALUE_SIZE 128
#define MESH_MAX 100000
#define PROJECTOR_MAX ((KM_L_MAX + 1) * KM_PROJECTOR_MAX)

typedef struct {
    const char *path;
    const char *text;
    const char *start; /* behind the part for people */
} document;

/** A tag's attributes and what stands between it and its end. */
typedef struct {
    const char *name;
    const char *attributes, *attributes_end;
    const char *body, *body_end; /* NULL for <tag/> */
} element;

static int line_of(const document *doc, const char *at)
{
    int line = 1;

    for (const char *c = doc->text; c < at; ++c) line += *c == '\n';
    return line;
}

/* Tags. */

/** The '<' of <name ...>, outside comments; NULL if there is none. */
static const char *find_open(const char *from, const char *name)
{
    const size_t n = strlen(name);

    for (const char *c = strchr(from, '<'); c; c = strchr(c + 1, '<')) {
        if (!strncmp(c, "<!--", 4)) {
            c = strstr(c, "-->");
            if (!c) return NULL;
        } else if (!strncmp(c + 1, name, n) &&
                   (isspace((unsigned char)c[n + 1]) || c[n + 1] == '>' || c[n + 1] == '/')) {
            return c;
        }
    }
    return NULL;
}

/** The end of a tag that starts at c; a '>' inside quotes is none. */
static const char *find_tag_end(const char *c)
{
    char quote = '\0';

    for (; *c && (*c != '>' || quote); ++c) {
        if (quote ? *c == quote : (*c == '"' || *c == '\'')) quote = quote ? '\0' : *c;
    }
    return *c ? c : NULL;
}

static km_status find_element(const document *doc, const char *name, element *found)
{
    const char *open = find_open(doc->start, name), *end;
    char close[40];

    *found = (element){.name = name};
    KM_TRY(KM_CHECK(open, KM_E_INPUT, "%s: has no <%s>: it is no complete UPF file", doc->path,
                    name));
    end = find_tag_end(open);
    KM_TRY(KM_CHECK(end, KM_E_INPUT, "%s:%d: <%s is not closed by '>'", doc->path,
                    line_of(doc, open), name));
    found->attributes = open + 1 + strlen(name);
    found->attributes_end = end;
    if (end[-1] == '/') return KM_OK;
    snprintf(close, sizeof close, "</%s>", name);
    found->body = end + 1;
    found->body_end = strstr(end, close);
    return KM_CHECK(found->body_end, KM_E_INPUT, "%s:%d: %s has no end: the file is truncated",
                    doc->path, line_of(doc, open), name);
}

/* Attributes. */

/** Value of name="value", without the blanks around it; false if it is not there. */
static bool find_attribute(const element *e, const char *name, char value[VALUE_SIZE])
{
    const size_t n = strlen(name);

    for (const char *c = e->attributes; c + n < e->attributes_end; ++c) {
        const char *v = c + n, *end;

        if (strncmp(c, name, n) || !isspace((unsigned char)c[-1])) continue;
        v += strspn(v, " \t\r\n");
        if (*v != '=') continue;
        v += 1 + strspn(v + 1, " \t\r\n");
        if (*v != '"' && *v != '\'') continue;
        end = strchr(v + 1, *v);
        if (!end || end > e->attributes_end) return false;
        v += 1;
        while (v < end && isspace((unsigned char)*v)) ++v;
        while (end > v && isspace((unsigned char)end[-1])) --end;
        snprintf(value, VALUE_SIZE, "%.*s", (int)(end - v), v);
        return true;
    }
    return false;
}

static km_status read_attribute(const document *doc, const element *e, const char *name,
                                char value[VALUE_SIZE])
{
    return KM_CHECK(find_attribute(e, name, value), KM_E_INPUT,
                    "%s:%d: <%s> has no attribute %s", doc->path, line_of(doc, e->attributes),
                    e->name, name);
}

/** A number as C or Fortran writes it: 1.5E-3, 1.5D-3. */
static bool parse_number(const char *text, double *value)
{
    char copy[VALUE_SIZE], *end;

    snprintf(copy, sizeof copy, "%s", text);
    for (char *c = copy; *c; ++c)
        if (*c == 'D' || *c == 'd') *c = 'e';
    *value = strtod(copy, &end);
    return end != copy && !*end && isfinite(*value);
}

static km_status read_number(const document *doc, const element *e, const char *name,
                             double *number)
{
    char value[VALUE_SIZE];

    KM_TRY(read_attribute(doc, e, name, value));
    return KM_CHECK(parse_number(value, number), KM_E_INPUT,
                    "%s:%d: %s = \"%s\" is not a number", doc->path,
                    line_of(doc, e->attributes), name, value);
}

static km_status read_count(const document *doc, const element *e, const char *name, int least,
                            int most, int *count)
{
    double number;

    KM_TRY(read_number(doc, e, name, &number));
    KM_TRY(KM_CHECK(number >= least && number <= most && number == floor(number), KM_E_INPUT,
                    "%s:%d: %s = %g must be a whole number from %d to %d", doc->path,
                    line_of(doc, e->attributes), name, number, least, most));
    *count = (int)number;
    return KM_OK;
}

/** A Fortran logical, such as T or .true.; false where the attribute is missing. */
static bool is_true(const element *e, const char *name)
{
    char value[VALUE_SIZE];

    return find_attribute(e, name, value) && strchr("tT", value[value[0] == '.']) &&
           value[value[0] == '.'];
}

/* Numbers between tags. */

/** All numbers of an element, at most `most` of them; *n of them were there. */
static km_status read_numbers(const document *doc, const element *e, int most, double *numbers,
                              int *n)
{
    const char *c = e->body;

    *n = 0;
    while (c && (c += strspn(c, " \t\r\n")) < e->body_end) {
        size_t length = strcspn(c, " \t\r\n<");
        char token[64];

        snprintf(token, sizeof token, "%.*s", (int)length, c);
        KM_TRY(KM_CHECK(*n < most, KM_E_INPUT, "%s:%d: %s holds more than %d numbers",
                        doc->path, line_of(doc, c), e->name, most));
        KM_TRY(KM_CHECK(parse_number(token, &numbers[*n]), KM_E_INPUT,
                        "%s:%d: '%s' in %s is not a number", doc->path, line_of(doc, c), token,
                        e->name));
        c += length;
        ++*n;
    }
    return KM_OK;
}

static km_status read_array(const document *doc, const char *name, int n, double *numbers)
{
    element e;
    int found = 0;

    KM_TRY(find_element(doc, name, &e));
    KM_TRY(read_numbers(doc, &e, n, numbers, &found));
    return KM_CHECK(found == n, KM_E_INPUT, "%s:%d: %s holds %d numbers, wanted %d", doc->path,
                    line_of(doc, e.attributes), name, found, n);
}

/* The parts of the file. */

static km_status check_kind(const document *doc, const element *header)
{
    const int line = line_of(doc, header->attributes);
    char type[VALUE_SIZE] = "", relativistic[VALUE_SIZE] = "";

    (void)find_attribute(header, "pseudo_type", type);
    (void)find_attribute(header, "relativistic", relativistic);
    KM_TRY(KM_CHECK(strcmp(type, "PAW") && !is_true(header, "is_paw"), KM_E_INPUT,
                    "%s:%d: is a PAW data set; wanted a norm-conserving pseudopotential",
                    doc->path, line));
    KM_TRY(KM_CHECK(
        strcmp(type, "US") && strcmp(type, "USPP") && !is_true(header, "is_ultrasoft"),
        KM_E_INPUT, "%s:%d: is an ultrasoft pseudopotential; wanted a norm-conserving one",
        doc->path, line));
    KM_TRY(KM_CHECK(!is_true(header, "is_coulomb") && strcmp(type, "1/r"), KM_E_INPUT,
                    "%s:%d: is the bare nucleus; wanted a norm-conserving pseudopotential",
                    doc->path, line));
    KM_TRY(KM_CHECK(!is_true(header, "has_so") && strcasecmp(relativistic, "full"), KM_E_INPUT,
                    "%s:%d: has spin-orbit coupling; wanted a scalar-relativistic "
                    "pseudopotential",
                    doc->path, line));
    return KM_CHECK(!strcmp(type, "NC") || !strcmp(type, "SL"), KM_E_INPUT,
                    "%s:%d: pseudo_type = \"%s\"; wanted NC, a norm-conserving pseudopotential",
                    doc->path, line, type);
}

static km_status read_header(const document *doc, const element *header, const char *symbol,
                             km_pseudo_info *info)
{
    const int line = line_of(doc, header->attributes);
    char value[VALUE_SIZE];

    KM_TRY(check_kind(doc, header));
    KM_TRY(read_attribute(doc, header, "element", value));
    KM_TRY(KM_CHECK(!strcasecmp(value, symbol), KM_E_INPUT,
                    "%s:%d: is a pseudopotential of %s; wanted one of %s", doc->path, line,
                    value, symbol));
    KM_TRY(read_number(doc, header, "z_valence", &info->z_valence));
    KM_TRY(KM_CHECK(info->z_valence > 0 && info->z_valence <= info->z, KM_E_INPUT,
                    "%s:%d: z_valence = %g of %s must be between 0 and %d", doc->path, line,
                    info->z_valence, symbol, info->z));
    if (find_attribute(header, "functional", value))
        snprintf(info->functional, sizeof info->functional, "%.15s", value);
    info->line = line;
    return KM_OK;
}

static km_status read_local(const document *doc, km_radial *radial)
{
    KM_TRY(read_array(doc, "PP_R", radial->n_r, radial->r_bohr));
    KM_TRY(read_array(doc, "PP_RAB", radial->n_r, radial->step));
    KM_TRY(read_array(doc, "PP_LOCAL", radial->n_r, radial->local.value));
    for (int i = 0; i < radial->n_r; ++i) radial->local.value[i] *= KM_HA_PER_RY;
    return KM_OK;
}

static km_status read_core(const document *doc, km_radial *radial)
{
    KM_TRY(KM_ALLOC(radial->core.value, radial->n_r));
    radial->core.n = radial->n_r;
    return read_array(doc, "PP_NLCC", radial->n_r, radial->core.value);
}

static km_status read_projector(const document *doc, int number, double *work,
                                km_radial *radial, int place[2])
{
    char name[24];
    element e;
    int l = 0, n = 0;

    snprintf(name, sizeof name, "PP_BETA.%d", number + 1);
    KM_TRY(find_element(doc, name, &e));
    KM_TRY(read_count(doc, &e, "angular_momentum", 0, KM_L_MAX, &l));
    KM_TRY(read_numbers(doc, &e, radial->n_r, work, &n));
    if (km_radial_add_projector(radial, l, n, work, &place[0], &place[1]) == KM_OK)
        return KM_OK;
    return KM_RAISE(KM_E_INPUT, "%s:%d: %s", doc->path, line_of(doc, e.attributes),
                    km_status_message());
}

/** D_ij from one row per projector to one block per channel. */
static km_status read_couplings(const document *doc, int n, int (*place)[2], km_radial *radial)
{
    double d[PROJECTOR_MAX * PROJECTOR_MAX];

    KM_TRY(read_array(doc, "PP_DIJ", n * n, d));
    for (int i = 0; i < n; ++i)
        for (int j = 0; j < n; ++j) {
            if (place[i][0] == place[j][0])
                radial->channel[place[i][0]].coupling_ha[place[i][1]][place[j][1]] =
                    0.5 * (d[i * n + j] + d[j * n + i]) * KM_HA_PER_RY;
            else
                KM_TRY(KM_CHECK(d[i * n + j] == 0, KM_E_INPUT,
                                "%s: PP_DIJ couples projectors %d and %d of different l",
                                doc->path, i + 1, j + 1));
        }
    return KM_OK;
}

static km_status read_nonlocal(const document *doc, const element *header, km_radial *radial)
{
    int place[PROJECTOR_MAX][2], n = 0;
    double *work = NULL;
    km_status status = KM_OK;

    KM_TRY(read_count(doc, header, "number_of_proj", 0, PROJECTOR_MAX, &n));
    if (n == 0) return KM_OK;
    KM_TRY(KM_ALLOC(work, radial->n_r));
    for (int i = 0; i < n; ++i) KM_TRY_TO(end, read_projector(doc, i, work, radial, place[i]));
    KM_TRY_TO(end, read_couplings(doc, n, place, radial));
end:
    KM_FREE(work);
    return status;
}

/** Electrons of each l, where the file names whole numbers of them; what is missing is filled in later. */
static void read_configuration(const document *doc, km_pseudo_info *info)
{
    for (int i = 1;; ++i) {
        char name[24], value[VALUE_SIZE];
        const char *open;
        element e;
        double l = 0, occupation = 0;

        snprintf(name, sizeof name, "PP_CHI.%d", i);
        open = find_open(doc->start, name);
        if (!open || !find_tag_end(open)) return;
        e = (element){.attributes = open + 1 + strlen(name),
                      .attributes_end = find_tag_end(open)};
        if (!find_attribute(&e, "l", value) || !parse_number(value, &l) || l < 0 ||
            l > KM_L_MAX)
            return;
        if (!find_attribute(&e, "occupation", value) || !parse_number(value, &occupation))
            return;
        if (occupation > 0) info->n_electron[(int)l] += (int)floor(occupation);
    }
}

static km_status find_start(document *doc)
{
    const char *upf = find_open(doc->text, "UPF"), *end;
    element root = {.name = "UPF"};
    char version[VALUE_SIZE];

    KM_TRY(KM_CHECK(upf || !find_open(doc->text, "PP_HEADER"), KM_E_INPUT,
                    "%s:1: is a UPF file of version 1; wanted version 2 (upfconv.x -u of "
                    "Quantum ESPRESSO converts it)",
                    doc->path));
    KM_TRY(KM_CHECK(upf, KM_E_INPUT, "%s:1: has no <UPF>: it is no UPF file", doc->path));
    end = find_tag_end(upf);
    KM_TRY(KM_CHECK(end, KM_E_INPUT, "%s:%d: <UPF is not closed by '>'", doc->path,
                    line_of(doc, upf)));
    root.attributes = upf + 4;
    root.attributes_end = end;
    KM_TRY(read_attribute(doc, &root, "version", version));
    KM_TRY(KM_CHECK(version[0] == '2', KM_E_INPUT, "%s:%d: UPF version %s; wanted 2.x",
                    doc->path, line_of(doc, upf), version));
    /* The information for people is free text, which may hold anything. */
    end = strstr(upf, "</PP_INFO>");
    doc->start = end ? end : upf + 1;
    return KM_OK;
}

static km_status read_parts(const document *doc, const char *symbol, km_radial **radial)
{
    km_pseudo_info info = {0};
    element header;
    int n_r = 0;

    snprintf(info.symbol, sizeof info.symbol, "%s", symbol);
    snprintf(info.path, sizeof info.path, "%s", doc->path);
    info.z = km_element_find(symbol);
    KM_TRY(find_element(doc, "PP_HEADER", &header));
    KM_TRY(read_header(doc, &header, symbol, &info));
    KM_TRY(read_count(doc, &header, "mesh_size", 1, MESH_MAX, &n_r));
    KM_TRY(km_radial_create(n_r, radial));
    read_configuration(doc, &info);
    (*radial)->info = info;
    KM_TRY(read_local(doc, *radial));
    KM_TRY(read_nonlocal(doc, &header, *radial));
    if (is_true(&header, "core_correction")) KM_TRY(read_core(doc, *radial));
    return km_radial_finish(*radial);
}

km_status km_upf_read(const char *path, const char *symbol, const char *text,
                      km_radial **radial)
{
    document doc = {.path = path, .text = text, .start = text};
    km_status status = KM_OK;

    *radial = NULL;
    KM_TRY(find_start(&doc));
    KM_TRY_TO(fail, read_parts(&doc, symbol, radial));
    return KM_OK;
fail:
    km_radial_destroy(radial);
    return status;
}
