#include "potential/eam_file.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/units.h"
#include "kaimen/crystal/element.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* More points than any potential has. */
#define MOST_POINTS 10000000
/* Of funcfl: Ha and bohr as its authors took them, in eV and Ang. Source: https://docs.lammps.org/pair_eam.html. */
static const double FUNCFL_EV = 27.2, FUNCFL_ANG = 0.529;

/* Where reading stands. */
typedef struct {
    const char *name;
    const char *at;
    int line;
} cursor;

static void skip_line(cursor *c)
{
    while (*c->at && *c->at != '\n') ++c->at;
    if (!*c->at) return;
    ++c->at;
    ++c->line;
}

/* The next word, on whatever line; what names it in the message. */
static km_status read_word(cursor *c, const char *what, int size, char *word)
{
    int n = 0;

    while (isspace((unsigned char)*c->at)) {
        if (*c->at == '\n') ++c->line;
        ++c->at;
    }
    KM_TRY(KM_CHECK(*c->at, KM_E_INPUT, "%s:%d: the file ends, wanted %s", c->name, c->line,
                    what));
    while (*c->at && !isspace((unsigned char)*c->at)) {
        if (n < size - 1) word[n++] = *c->at;
        ++c->at;
    }
    word[n] = '\0';
    return KM_OK;
}

static km_status read_real(cursor *c, const char *what, double *value)
{
    char word[64], *end;

    KM_TRY(read_word(c, what, sizeof word, word));
    /* Fortran writes 1.0D-3. */
    for (char *p = word; *p; ++p)
        if (*p == 'D' || *p == 'd') *p = 'e';
    *value = strtod(word, &end);
    return KM_CHECK(!*end && isfinite(*value), KM_E_INPUT, "%s:%d: \"%s\", wanted %s, a number",
                    c->name, c->line, word, what);
}

static km_status read_count(cursor *c, const char *what, int lowest, int highest, int *value)
{
    double x;

    KM_TRY(read_real(c, what, &x));
    *value = (int)fmin(fmax(x, -1), 2e9);
    return KM_CHECK(x == *value && *value >= lowest && *value <= highest, KM_E_INPUT,
                    "%s:%d: %s = %g, wanted an integer from %d to %d", c->name, c->line, what,
                    x, lowest, highest);
}

static km_status read_table(cursor *c, const char *what, int n, double unit, double **table)
{
    KM_FREE(*table);
    KM_TRY(KM_ALLOC(*table, n));
    for (int i = 0; i < n; ++i) {
        KM_TRY(read_real(c, what, *table + i));
        (*table)[i] *= unit;
    }
    return KM_OK;
}

/* "Nrho drho Nr dr cutoff". */
static km_status read_grid(cursor *c, km_eam_tables *t)
{
    double d_r, cutoff;

    KM_TRY(read_count(c, "Nrho", 5, MOST_POINTS, &t->n_rho));
    KM_TRY(read_real(c, "drho", &t->d_rho));
    KM_TRY(read_count(c, "Nr", 5, MOST_POINTS, &t->n_r));
    KM_TRY(read_real(c, "dr", &d_r));
    KM_TRY(read_real(c, "the cutoff", &cutoff));
    KM_TRY(KM_CHECK(t->d_rho > 0 && d_r > 0 && cutoff > 0, KM_E_INPUT,
                    "%s:%d: drho = %g, dr = %g and cutoff = %g must be positive", c->name,
                    c->line, t->d_rho, d_r, cutoff));
    KM_TRY(KM_CHECK(cutoff < (t->n_r + 1) * d_r, KM_E_INPUT,
                    "%s:%d: the cutoff, %g Ang, is beyond the %d points of %g Ang", c->name,
                    c->line, cutoff, t->n_r, d_r));
    t->d_r_bohr = d_r * KM_BOHR_PER_ANG;
    t->cutoff_bohr = cutoff * KM_BOHR_PER_ANG;
    return KM_OK;
}

/* "Z mass a lattice". */
static km_status read_element(cursor *c, km_eam_element *element)
{
    double mass, lattice;

    KM_TRY(read_count(c, "the atomic number", 1, 118, &element->z));
    KM_TRY(read_real(c, "the mass", &mass));
    KM_TRY(read_real(c, "the lattice constant", &lattice));
    element->lattice_bohr = lattice * KM_BOHR_PER_ANG;
    return read_word(c, "the lattice", sizeof element->lattice, element->lattice);
}

static km_status read_names(cursor *c, km_eam_tables *t, int *z)
{
    char word[8];

    KM_TRY(read_count(c, "the number of elements", 1, KM_EAM_MAX_ELEMENT, &t->n_element));
    for (int e = 0; e < t->n_element; ++e) {
        KM_TRY(read_word(c, "an element", sizeof word, word));
        z[e] = km_element_find(word);
        KM_TRY(KM_CHECK(z[e] > 0, KM_E_INPUT, "%s:%d: \"%s\", wanted an element's symbol",
                        c->name, c->line, word));
    }
    return KM_OK;
}

km_status km_eam_read_setfl(const char *name, const char *text, km_eam_tables *t)
{
    cursor c = {name, text, 1};
    int z[KM_EAM_MAX_ELEMENT];

    for (int i = 0; i < 3; ++i) skip_line(&c);
    KM_TRY(read_names(&c, t, z));
    KM_TRY(read_grid(&c, t));
    for (int e = 0; e < t->n_element; ++e) {
        km_eam_element *element = t->element + e;

        KM_TRY(read_element(&c, element));
        element->z = z[e]; /* names decide: some files leave the number at the last element's */
        KM_TRY(
            read_table(&c, "an embedding energy", t->n_rho, KM_HA_PER_EV, &element->embedding));
        KM_TRY(read_table(&c, "a density", t->n_r, 1, &element->density));
    }
    for (int p = 0; p < t->n_element * (t->n_element + 1) / 2; ++p)
        KM_TRY(read_table(&c, "a pair energy", t->n_r, KM_HA_PER_EV * KM_BOHR_PER_ANG,
                          t->pair + p));
    return KM_OK;
}

static km_status read_one_funcfl(cursor *c, km_eam_tables *t)
{
    skip_line(c);
    t->n_element = 1;
    KM_TRY(read_element(c, t->element));
    KM_TRY(read_grid(c, t));
    KM_TRY(
        read_table(c, "an embedding energy", t->n_rho, KM_HA_PER_EV, &t->element->embedding));
    KM_TRY(read_table(c, "an effective charge", t->n_r, 1, t->pair));
    return read_table(c, "a density", t->n_r, 1, &t->element->density);
}

/* The effective charges of a and b, in place of a's and b's. */
static km_status mix(km_eam_tables *t)
{
    const double unit = FUNCFL_EV * KM_HA_PER_EV * FUNCFL_ANG * KM_BOHR_PER_ANG;
    double *charge[KM_EAM_MAX_ELEMENT];
    km_status status = KM_OK;

    for (int a = 0; a < t->n_element; ++a) {
        charge[a] = t->pair[a];
        t->pair[a] = NULL;
    }
    for (int a = 0; a < t->n_element; ++a)
        for (int b = 0; b <= a; ++b) {
            double **pair = t->pair + a * (a + 1) / 2 + b;

            KM_TRY_TO(end, KM_ALLOC(*pair, t->n_r));
            for (int i = 0; i < t->n_r; ++i) (*pair)[i] = unit * charge[a][i] * charge[b][i];
        }
end:
    for (int a = 0; a < t->n_element; ++a) KM_FREE(charge[a]);
    return status;
}

/* Files of one potential were made on one grid; others would have to be interpolated twice. */
static km_status check_same_grid(const char *name, const km_eam_tables *a,
                                 const km_eam_tables *b)
{
    return KM_CHECK(a->n_r == b->n_r && a->n_rho == b->n_rho && a->d_rho == b->d_rho &&
                        a->d_r_bohr == b->d_r_bohr,
                    KM_E_INPUT,
                    "%s:3: a grid of %d densities %g apart and %d distances %g bohr apart, "
                    "wanted that of the first file: %d, %g, %d, %g",
                    name, b->n_rho, b->d_rho, b->n_r, b->d_r_bohr, a->n_rho, a->d_rho, a->n_r,
                    a->d_r_bohr);
}

km_status km_eam_read_funcfl(int n_file, const char *const *names, const char *const *texts,
                             km_eam_tables *t)
{
    km_eam_tables one = {0};
    km_status status = KM_OK;

    KM_TRY(KM_CHECK(n_file <= KM_EAM_MAX_ELEMENT, KM_E_INPUT, "%d funcfl files, at most %d",
                    n_file, KM_EAM_MAX_ELEMENT));
    for (int i = 0; i < n_file; ++i) {
        cursor c = {names[i], texts[i], 1};

        KM_TRY_TO(end, read_one_funcfl(&c, &one));
        if (i == 0) {
            *t = one;
        } else {
            KM_TRY_TO(end, check_same_grid(names[i], t, &one));
            t->element[i] = one.element[0];
            t->pair[i] = one.pair[0];
            t->cutoff_bohr = fmax(t->cutoff_bohr, one.cutoff_bohr);
        }
        t->n_element = i + 1;
        memset(&one, 0, sizeof one);
    }
    return mix(t);
end:
    km_eam_tables_clear(&one);
    return status;
}

void km_eam_tables_clear(km_eam_tables *t)
{
    for (int e = 0; e < KM_EAM_MAX_ELEMENT; ++e) {
        KM_FREE(t->element[e].embedding);
        KM_FREE(t->element[e].density);
    }
    for (size_t p = 0; p < sizeof t->pair / sizeof *t->pair; ++p) KM_FREE(t->pair[p]);
}
