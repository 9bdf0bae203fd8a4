#include "kaimen/crystal/extxyz.h"

#include "crystal/lines.h"
#include "kaimen/base/file.h"
#include "kaimen/base/memory.h"
#include "kaimen/base/units.h"
#include "kaimen/crystal/element.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define N_ATOM_MAX 10000000
#define HA_BOHR_PER_EV_ANG (KM_HA_PER_EV * KM_ANG_PER_BOHR)

/* First column of what we read of each atom, -1 where it is absent. */
typedef struct {
    int species;
    int z;
    int position;
    int forces;
    int moment;
    int n_column;
} column_map;

/* A frame as it is read. */
typedef struct {
    km_lines lines;
    int n_atom;
    double cell_ang[9];
    column_map columns;
    int *z;
    int *line;
    double *frac;
    double *forces_ha_bohr;
    double *moments_mub;
} reading;

static km_status read_count(reading *r)
{
    char *line, *word;

    do KM_TRY(km_lines_need(&r->lines, "the number of atoms", &line));
    while (line[strspn(line, " \t")] == '\0');
    word = km_next_word(&line);
    return KM_CHECK(km_read_int(word, &r->n_atom) && r->n_atom > 0 && r->n_atom <= N_ATOM_MAX &&
                        !km_next_word(&line),
                    KM_E_INPUT, "%s:%d: the number of atoms is wanted, not '%.40s'",
                    r->lines.path, r->lines.number, word);
}

static km_status skip_frames(reading *r, int n_frame)
{
    char *line;

    for (int i = 0; i < n_frame; i++) {
        KM_TRY(read_count(r));
        for (int ia = 0; ia <= r->n_atom; ia++)
            KM_TRY(km_lines_need(&r->lines, "the rest of a frame", &line));
    }
    return KM_OK;
}

/* Cut one key=value off; the value may be quoted or in brackets. A key alone has the value "". */
static bool next_pair(char **cursor, const char **key, char **value)
{
    char *c = *cursor + strspn(*cursor, " \t"), close = '\0';

    if (*c == '\0') return false;
    *key = c;
    c += strcspn(c, "= \t");
    *value = c;
    if (*c == '=') {
        *c++ = '\0';
        if (*c == '"' || *c == '\'') close = *c++;
        if (*c == '{') close = '}', c++;
        *value = c;
        c = close ? strchr(c, close) : c + strcspn(c, " \t");
        if (!c) c = *value + strlen(*value);
    }
    if (*c != '\0') *c++ = '\0';
    *cursor = c;
    return true;
}

static km_status read_lattice(reading *r, char *value)
{
    char *word;

    for (int i = 0; i < 9; i++) {
        word = km_next_word(&value);
        KM_TRY(KM_CHECK(word && km_read_double(word, &r->cell_ang[i]), KM_E_INPUT,
                        "%s:%d: number %d of 9 of Lattice is wanted, not '%.40s'",
                        r->lines.path, r->lines.number, i + 1, word ? word : ""));
    }
    return KM_CHECK(!km_next_word(&value), KM_E_INPUT, "%s:%d: Lattice has more than 9 numbers",
                    r->lines.path, r->lines.number);
}

static void note_column(column_map *columns, const char *name, int width)
{
    if (strcasecmp(name, "species") == 0 && width == 1) columns->species = columns->n_column;
    if (strcasecmp(name, "Z") == 0 && width == 1) columns->z = columns->n_column;
    if (strcasecmp(name, "pos") == 0 && width == 3) columns->position = columns->n_column;
    if ((strcasecmp(name, "forces") == 0 || strcasecmp(name, "force") == 0) && width == 3)
        columns->forces = columns->n_column;
    /* A wish stands before what a calculation gave. */
    if (width == 1 && (strcasecmp(name, "initial_magmoms") == 0 ||
                       (columns->moment < 0 &&
                        (strcasecmp(name, "magmoms") == 0 || strcasecmp(name, "magmom") == 0))))
        columns->moment = columns->n_column;
    columns->n_column += width;
}

/* name:type:width, repeated. */
static km_status read_properties(reading *r, char *value)
{
    column_map *columns = &r->columns;
    char *rest = value, *part[3];
    int width;

    columns->species = columns->z = columns->position = columns->forces = columns->moment = -1;
    columns->n_column = 0;
    while (rest) {
        for (int i = 0; i < 3; i++) part[i] = strsep(&rest, ":");
        KM_TRY(KM_CHECK(part[0] && part[1] && part[2] && km_read_int(part[2], &width) &&
                            width > 0 && width < 1000,
                        KM_E_INPUT, "%s:%d: Properties wants name:type:width, not '%.40s'",
                        r->lines.path, r->lines.number, part[0] ? part[0] : ""));
        note_column(columns, part[0], width);
    }
    return KM_CHECK((columns->species >= 0 || columns->z >= 0) && columns->position >= 0,
                    KM_E_INPUT, "%s:%d: Properties must have species:S:1 and pos:R:3",
                    r->lines.path, r->lines.number);
}

static km_status read_header(reading *r)
{
    char *line, *value;
    const char *key;
    bool has_lattice = false;

    KM_TRY(km_lines_need(&r->lines, "Lattice and Properties", &line));
    r->columns = (column_map){
        .species = 0, .z = -1, .position = 1, .forces = -1, .moment = -1, .n_column = 4};
    while (next_pair(&line, &key, &value)) {
        if (strcasecmp(key, "Lattice") == 0) {
            KM_TRY(read_lattice(r, value));
            has_lattice = true;
        } else if (strcasecmp(key, "Properties") == 0) {
            KM_TRY(read_properties(r, value));
        }
    }
    return KM_CHECK(
        has_lattice, KM_E_INPUT,
        "%s:%d: Lattice=\"...\" with 9 numbers is wanted: a plain XYZ file has no cell",
        r->lines.path, r->lines.number);
}

static km_status read_column(reading *r, int column, const char *word, int ia)
{
    const column_map *at = &r->columns;
    double *target = NULL;
    int number;

    if (column == at->species || (at->species < 0 && column == at->z)) {
        r->z[ia] = km_read_int(word, &number) ? number : km_read_element(word);
        return KM_CHECK(km_element_symbol(r->z[ia]), KM_E_INPUT, "%s:%d: '%.40s' is no element",
                        r->lines.path, r->lines.number, word);
    }
    if (column >= at->position && column < at->position + 3)
        target = &r->frac[3 * ia + column - at->position];
    if (at->forces >= 0 && column >= at->forces && column < at->forces + 3)
        target = &r->forces_ha_bohr[3 * ia + column - at->forces];
    if (column == at->moment) target = &r->moments_mub[ia];
    return KM_CHECK(!target || km_read_double(word, target), KM_E_INPUT,
                    "%s:%d: a number is wanted in column %d, not '%.40s'", r->lines.path,
                    r->lines.number, column + 1, word);
}

static km_status read_atoms(reading *r)
{
    char *line, *word;

    for (int ia = 0; ia < r->n_atom; ia++) {
        KM_TRY(km_lines_need(&r->lines, "an atom", &line));
        for (int column = 0; column < r->columns.n_column; column++) {
            word = km_next_word(&line);
            KM_TRY(KM_CHECK(word, KM_E_INPUT, "%s:%d: %d columns are wanted, there are %d",
                            r->lines.path, r->lines.number, r->columns.n_column, column));
            KM_TRY(read_column(r, column, word, ia));
        }
        r->line[ia] = r->lines.number;
    }
    return KM_OK;
}

static km_status read_frame(reading *r, int frame, km_crystal **crystal)
{
    double cell_bohr[9];

    KM_TRY(skip_frames(r, frame));
    KM_TRY(read_count(r));
    KM_TRY(read_header(r));
    KM_TRY(KM_ALLOC(r->z, r->n_atom));
    KM_TRY(KM_ALLOC(r->line, r->n_atom));
    KM_TRY(KM_ALLOC(r->frac, 3 * r->n_atom));
    if (r->columns.forces >= 0) KM_TRY(KM_ALLOC(r->forces_ha_bohr, 3 * r->n_atom));
    if (r->columns.moment >= 0) KM_TRY(KM_ALLOC(r->moments_mub, r->n_atom));
    KM_TRY(read_atoms(r));
    for (int i = 0; i < 9; i++) cell_bohr[i] = r->cell_ang[i] * KM_BOHR_PER_ANG;
    for (int ia = 0; ia < r->n_atom; ia++)
        km_lines_to_fractional(r->cell_ang, r->frac + 3 * ia);
    for (int i = 0; r->forces_ha_bohr && i < 3 * r->n_atom; i++)
        r->forces_ha_bohr[i] *= HA_BOHR_PER_EV_ANG;
    KM_TRY(km_lines_make_crystal(r->lines.path, cell_bohr, r->n_atom, r->z, r->frac, r->line,
                                 crystal));
    return km_crystal_set_moments(*crystal, r->moments_mub);
}

km_status km_extxyz_read(const char *path, int frame, km_crystal **crystal,
                         double **forces_ha_bohr)
{
    reading r = {0};
    km_status status = KM_OK;

    *crystal = NULL;
    if (forces_ha_bohr) *forces_ha_bohr = NULL;
    KM_TRY(KM_CHECK(frame >= 0, KM_E_ARGUMENT, "frame = %d must not be negative", frame));
    KM_TRY(km_lines_read(path, &r.lines));
    status = read_frame(&r, frame, crystal);
    if (status != KM_OK) {
        km_crystal_destroy(crystal);
        goto done;
    }
    if (forces_ha_bohr) {
        *forces_ha_bohr = r.forces_ha_bohr;
        r.forces_ha_bohr = NULL;
    }
done:
    KM_FREE(r.z);
    KM_FREE(r.line);
    KM_FREE(r.frac);
    KM_FREE(r.forces_ha_bohr);
    KM_FREE(r.moments_mub);
    km_lines_free(&r.lines);
    return status;
}

static km_status append_stress(km_text *text, const double stress_ha_bohr3[9])
{
    const double factor = KM_EV_PER_HA / (KM_ANG_PER_BOHR * KM_ANG_PER_BOHR * KM_ANG_PER_BOHR);

    KM_TRY(km_text_append(text, " stress=\""));
    for (int k = 0; k < 9; k++)
        KM_TRY(km_text_append(text, "%s%.12g", k ? " " : "", stress_ha_bohr3[k] * factor));
    return km_text_append(text, "\"");
}

static km_status append_header(km_text *text, const km_crystal *crystal,
                               const km_extxyz_extras *extras)
{
    const double *a = km_crystal_cell_bohr(crystal);

    KM_TRY(km_text_append(text, "%d\nLattice=\"", km_crystal_n_atom(crystal)));
    for (int i = 0; i < 9; i++)
        KM_TRY(km_text_append(text, "%s%.15g", i ? " " : "", a[i] * KM_ANG_PER_BOHR));
    KM_TRY(km_text_append(text, "\" Properties=species:S:1:pos:R:3%s%s pbc=\"T T T\"",
                          km_crystal_moments_mub(crystal) ? ":initial_magmoms:R:1" : "",
                          extras->forces_ha_bohr ? ":forces:R:3" : ""));
    if (extras->energy_ha)
        KM_TRY(km_text_append(text, " energy=%.15g", *extras->energy_ha * KM_EV_PER_HA));
    if (extras->stress_ha_bohr3) KM_TRY(append_stress(text, extras->stress_ha_bohr3));
    if (extras->keys) KM_TRY(km_text_append(text, " %s", extras->keys));
    return km_text_append(text, "\n");
}

static km_status append_atoms(km_text *text, const km_crystal *crystal, const double *cart_bohr,
                              const double *forces_ha_bohr)
{
    const double *moments_mub = km_crystal_moments_mub(crystal);

    for (int ia = 0; ia < km_crystal_n_atom(crystal); ia++) {
        KM_TRY(km_text_append(text, "%-2s", km_element_symbol(km_crystal_z(crystal)[ia])));
        for (int i = 0; i < 3; i++)
            KM_TRY(km_text_append(text, " %20.14f", cart_bohr[3 * ia + i] * KM_ANG_PER_BOHR));
        if (moments_mub) KM_TRY(km_text_append(text, " %10.6f", moments_mub[ia]));
        for (int i = 0; forces_ha_bohr && i < 3; i++)
            KM_TRY(km_text_append(text, " %20.14f",
                                  forces_ha_bohr[3 * ia + i] / HA_BOHR_PER_EV_ANG));
        KM_TRY(km_text_append(text, "\n"));
    }
    return KM_OK;
}

km_status km_extxyz_append(km_text *text, const km_crystal *crystal,
                           const km_extxyz_extras *extras)
{
    const km_extxyz_extras none = {0};
    double *cart_bohr = NULL;
    km_status status = KM_OK;

    if (!extras) extras = &none;
    KM_TRY(KM_CHECK(!extras->keys || !strchr(extras->keys, '\n'), KM_E_ARGUMENT,
                    "further keys must be one line: '%.60s'", extras->keys));
    KM_TRY(KM_ALLOC(cart_bohr, 3 * km_crystal_n_atom(crystal)));
    km_crystal_compute_cart(crystal, cart_bohr);
    KM_TRY_TO(done, append_header(text, crystal, extras));
    KM_TRY_TO(done, append_atoms(text, crystal, cart_bohr, extras->forces_ha_bohr));
done:
    KM_FREE(cart_bohr);
    return status;
}

km_status km_extxyz_write(const char *path, const km_crystal *crystal,
                          const km_extxyz_extras *extras)
{
    km_text text = {0};
    km_status status = KM_OK;

    KM_TRY_TO(done, km_extxyz_append(&text, crystal, extras));
    KM_TRY_TO(done, km_file_write_text(path, text.bytes));
done:
    KM_FREE(text.bytes);
    return status;
}
