#include "kaimen/crystal/poscar.h"

#include "crystal/lines.h"
#include "kaimen/base/file.h"
#include "kaimen/base/memory.h"
#include "kaimen/base/text.h"
#include "kaimen/base/units.h"
#include "kaimen/crystal/element.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#define N_GROUP_MAX 256
/* More atoms than any file of ours has: a number beyond is a mistake. */
#define N_ATOM_MAX 1000000

/* A file as it is read. */
typedef struct {
    km_lines lines;
    double scale;
    double cell_ang[9];
    int n_group;
    int z[N_GROUP_MAX];
    int count[N_GROUP_MAX];
    int n_atom;
    bool is_cartesian;
} reading;

/* Three numbers at the start of a line. */
static km_status read_vector(reading *r, const char *wanted, double vector[3])
{
    char *line, *word;

    KM_TRY(km_lines_need(&r->lines, wanted, &line));
    for (int i = 0; i < 3; i++) {
        word = km_next_word(&line);
        KM_TRY(KM_CHECK(word && km_read_double(word, &vector[i]), KM_E_INPUT,
                        "%s:%d: number %d of 3 of %s is wanted, not '%.40s'", r->lines.path,
                        r->lines.number, i + 1, wanted, word ? word : ""));
    }
    return KM_OK;
}

static double volume_of(const double *a)
{
    return fabs(a[0] * (a[4] * a[8] - a[5] * a[7]) - a[1] * (a[3] * a[8] - a[5] * a[6]) +
                a[2] * (a[3] * a[7] - a[4] * a[6]));
}

static km_status read_cell(reading *r)
{
    char *line, *word;

    KM_TRY(km_lines_need(&r->lines, "the comment", &line));
    KM_TRY(km_lines_need(&r->lines, "the scale", &line));
    word = km_next_word(&line);
    KM_TRY(KM_CHECK(word && km_read_double(word, &r->scale) && r->scale != 0, KM_E_INPUT,
                    "%s:%d: the scale, a number other than 0, is wanted, not '%.40s'",
                    r->lines.path, r->lines.number, word ? word : ""));
    KM_TRY(KM_CHECK(!km_next_word(&line), KM_E_INPUT,
                    "%s:%d: one scale is wanted, several are not supported", r->lines.path,
                    r->lines.number));
    for (int i = 0; i < 3; i++) KM_TRY(read_vector(r, "a lattice vector", r->cell_ang + 3 * i));
    KM_TRY(KM_CHECK(volume_of(r->cell_ang) > 0, KM_E_INPUT, "%s:%d: the cell has no volume",
                    r->lines.path, r->lines.number));
    if (r->scale < 0) r->scale = cbrt(-r->scale / volume_of(r->cell_ang));
    for (int i = 0; i < 9; i++) r->cell_ang[i] *= r->scale;
    return KM_OK;
}

static km_status read_symbols(reading *r)
{
    char *line, *word;
    int number;

    KM_TRY(km_lines_need(&r->lines, "the line of element symbols", &line));
    while ((word = km_next_word(&line))) {
        KM_TRY(KM_CHECK(!km_read_int(word, &number), KM_E_INPUT,
                        "%s:%d: element symbols are wanted before the numbers of atoms (a file "
                        "of VASP 4 lacks them), not '%.40s'",
                        r->lines.path, r->lines.number, word));
        /* "Ti_sv" and "O/hash" name the pseudopotential too. */
        word[strcspn(word, "_/")] = '\0';
        KM_TRY(KM_CHECK(km_read_element(word) > 0, KM_E_INPUT, "%s:%d: '%.40s' is no element",
                        r->lines.path, r->lines.number, word));
        KM_TRY(KM_CHECK(r->n_group < N_GROUP_MAX, KM_E_INPUT,
                        "%s:%d: more than %d groups of atoms", r->lines.path, r->lines.number,
                        N_GROUP_MAX));
        r->z[r->n_group++] = km_read_element(word);
    }
    return KM_CHECK(r->n_group > 0, KM_E_INPUT, "%s:%d: element symbols are wanted",
                    r->lines.path, r->lines.number);
}

static km_status read_counts(reading *r)
{
    char *line, *word;

    KM_TRY(km_lines_need(&r->lines, "the numbers of atoms", &line));
    for (int i = 0; i < r->n_group; i++) {
        word = km_next_word(&line);
        KM_TRY(KM_CHECK(word && km_read_int(word, &r->count[i]) && r->count[i] > 0 &&
                            r->count[i] <= N_ATOM_MAX - r->n_atom,
                        KM_E_INPUT, "%s:%d: the number of %s atoms is wanted, not '%.40s'",
                        r->lines.path, r->lines.number, km_element_symbol(r->z[i]),
                        word ? word : ""));
        r->n_atom += r->count[i];
    }
    return KM_CHECK(!km_next_word(&line), KM_E_INPUT,
                    "%s:%d: more numbers of atoms than the %d element symbols", r->lines.path,
                    r->lines.number, r->n_group);
}

/* Only the first letter counts: S; then C or K for Cartesian, D for fractional. */
static km_status read_mode(reading *r)
{
    char *line, letter;

    KM_TRY(km_lines_need(&r->lines, "Direct or Cartesian", &line));
    line += strspn(line, " \t");
    if (tolower((unsigned char)*line) == 's') {
        KM_TRY(km_lines_need(&r->lines, "Direct or Cartesian", &line));
        line += strspn(line, " \t");
    }
    letter = (char)tolower((unsigned char)*line);
    r->is_cartesian = letter == 'c' || letter == 'k';
    return KM_CHECK(r->is_cartesian || letter == 'd', KM_E_INPUT,
                    "%s:%d: Direct or Cartesian is wanted, not '%.40s'", r->lines.path,
                    r->lines.number, line);
}

static km_status read_atoms(reading *r, int *z, int *line, double *frac)
{
    for (int ia = 0, ig = 0, n_left = r->count[0]; ia < r->n_atom; ia++, n_left--) {
        if (n_left == 0) n_left = r->count[++ig];
        z[ia] = r->z[ig];
        KM_TRY(read_vector(r, "a position", frac + 3 * ia));
        line[ia] = r->lines.number;
        if (!r->is_cartesian) continue;
        for (int i = 0; i < 3; i++) frac[3 * ia + i] *= r->scale;
        km_lines_to_fractional(r->cell_ang, frac + 3 * ia);
    }
    return KM_OK;
}

static km_status make_crystal(reading *r, km_crystal **crystal)
{
    int *z = NULL, *line = NULL;
    double *frac = NULL, cell_bohr[9];
    km_status status = KM_OK;

    for (int i = 0; i < 9; i++) cell_bohr[i] = r->cell_ang[i] * KM_BOHR_PER_ANG;
    KM_TRY_TO(done, KM_ALLOC(z, r->n_atom));
    KM_TRY_TO(done, KM_ALLOC(line, r->n_atom));
    KM_TRY_TO(done, KM_ALLOC(frac, 3 * r->n_atom));
    KM_TRY_TO(done, read_atoms(r, z, line, frac));
    KM_TRY_TO(done, km_lines_make_crystal(r->lines.path, cell_bohr, r->n_atom, z, frac, line,
                                          crystal));
done:
    KM_FREE(z);
    KM_FREE(line);
    KM_FREE(frac);
    return status;
}

km_status km_poscar_read(const char *path, km_crystal **crystal)
{
    reading r = {0};
    km_status status = KM_OK;

    *crystal = NULL;
    KM_TRY(km_lines_read(path, &r.lines));
    KM_TRY_TO(done, read_cell(&r));
    KM_TRY_TO(done, read_symbols(&r));
    KM_TRY_TO(done, read_counts(&r));
    KM_TRY_TO(done, read_mode(&r));
    KM_TRY_TO(done, make_crystal(&r, crystal));
done:
    km_lines_free(&r.lines);
    return status;
}

/* Runs of equal elements: the symbols, or the numbers, of one line. */
static km_status append_runs(km_text *text, const km_crystal *crystal, bool symbols)
{
    const int *z = km_crystal_z(crystal);
    int n_atom = km_crystal_n_atom(crystal);

    for (int ia = 0, next; ia < n_atom; ia = next) {
        for (next = ia; next < n_atom && z[next] == z[ia]; next++) continue;
        if (symbols)
            KM_TRY(km_text_append(text, " %s", km_element_symbol(z[ia])));
        else
            KM_TRY(km_text_append(text, " %d", next - ia));
    }
    return km_text_append(text, "\n");
}

static km_status append_crystal(km_text *text, const char *comment, const km_crystal *crystal)
{
    const double *a = km_crystal_cell_bohr(crystal), *x = km_crystal_frac(crystal);
    char formula[KM_FORMULA_SIZE];

    km_crystal_formula(crystal, formula);
    KM_TRY(km_text_append(text, "%s\n1.0\n", comment ? comment : formula));
    for (int i = 0; i < 9; i += 3)
        KM_TRY(km_text_append(text, " %21.16f %21.16f %21.16f\n", a[i] * KM_ANG_PER_BOHR,
                              a[i + 1] * KM_ANG_PER_BOHR, a[i + 2] * KM_ANG_PER_BOHR));
    KM_TRY(append_runs(text, crystal, true));
    KM_TRY(append_runs(text, crystal, false));
    KM_TRY(km_text_append(text, "Direct\n"));
    for (int i = 0; i < 3 * km_crystal_n_atom(crystal); i += 3)
        KM_TRY(km_text_append(text, " %19.16f %19.16f %19.16f\n", x[i], x[i + 1], x[i + 2]));
    return KM_OK;
}

km_status km_poscar_write(const char *path, const char *comment, const km_crystal *crystal)
{
    km_text text = {0};
    km_status status = KM_OK;

    KM_TRY_TO(done, KM_CHECK(!comment || !strchr(comment, '\n'), KM_E_ARGUMENT,
                             "the comment of %s must be one line", path));
    KM_TRY_TO(done, append_crystal(&text, comment, crystal));
    KM_TRY_TO(done, km_file_write_text(path, text.bytes));
done:
    KM_FREE(text.bytes);
    return status;
}
