#include "kaimen/potential/eam.h"

#include "kaimen/base/memory.h"
#include "potential/eam_file.h"
#include "potential/near.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

/* Coefficients of one interval: value ((c3 p + c2) p + c1) p + c0 for 0 <= p <= 1. */
typedef struct {
    double c[4];
} cubic;

/* Of an interval of distances, for elements a and b: density of a, density of b, r phi. */
typedef struct {
    cubic of_a, of_b, pair;
} pair_row;

/* A pair within the cutoff, between the two passes. */
typedef struct {
    int i, j; /* owners */
    double d[3], r;
    double slope_i, slope_j; /* of the densities that i and j make */
    double slope_pair;
} pair_work;

struct km_eam {
    km_eam_tables tables;
    cubic *embedding[KM_EAM_MAX_ELEMENT]; /* [n_rho - 1] */
    pair_row *rows[KM_EAM_MAX_ELEMENT * (KM_EAM_MAX_ELEMENT + 1) / 2];
    int atom_capacity, pair_capacity;
    double *rho;      /* [n_atom] */
    double *slope;    /* dF/drho, [n_atom] */
    pair_work *pairs; /* [pair_capacity] */
    km_near *near;    /* likewise */
};

/* Slope at point i, per interval. */
static double slope_at(const double *f, int n, int i)
{
    if (i == 0) return f[1] - f[0];
    if (i == n - 1) return f[n - 1] - f[n - 2];
    if (i == 1 || i == n - 2) return 0.5 * (f[i + 1] - f[i - 1]);
    return (f[i - 2] - f[i + 2] + 8 * (f[i + 1] - f[i - 1])) / 12;
}

static cubic hermite(const double *f, int n, int i)
{
    const double rise = f[i + 1] - f[i], s0 = slope_at(f, n, i), s1 = slope_at(f, n, i + 1);

    return (cubic){{f[i], s0, 3 * rise - 2 * s0 - s1, s0 + s1 - 2 * rise}};
}

static inline double value_of(const cubic *q, double p)
{
    return ((q->c[3] * p + q->c[2]) * p + q->c[1]) * p + q->c[0];
}

static inline double slope_of(const cubic *q, double p)
{
    return (3 * q->c[3] * p + 2 * q->c[2]) * p + q->c[1];
}

static km_status make_splines(km_eam *eam)
{
    const km_eam_tables *t = &eam->tables;

    for (int e = 0; e < t->n_element; ++e) {
        KM_TRY(KM_ALLOC(eam->embedding[e], t->n_rho - 1));
        for (int i = 0; i < t->n_rho - 1; ++i)
            eam->embedding[e][i] = hermite(t->element[e].embedding, t->n_rho, i);
    }
    for (int a = 0; a < t->n_element; ++a)
        for (int b = 0; b <= a; ++b) {
            const int p = a * (a + 1) / 2 + b;

            KM_TRY(KM_ALLOC(eam->rows[p], t->n_r - 1));
            for (int i = 0; i < t->n_r - 1; ++i)
                eam->rows[p][i] = (pair_row){hermite(t->element[a].density, t->n_r, i),
                                             hermite(t->element[b].density, t->n_r, i),
                                             hermite(t->pair[p], t->n_r, i)};
        }
    return KM_OK;
}

/* Of setfl the fourth line begins with a number of elements and their names. */
bool km_eam_is_setfl(const char *text)
{
    const char *at = text;

    for (int line = 1; line < 4 && at; ++line)
        at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL;
    if (!at) return false;
    while (*at == ' ' || *at == '\t') ++at;
    while (isdigit((unsigned char)*at)) ++at;
    while (*at == ' ' || *at == '\t') ++at;
    return isalpha((unsigned char)*at);
}

km_status km_eam_create(int n_file, const char *const *names, const char *const *texts,
                        km_eam **out)
{
    km_eam *eam = NULL;
    km_status status = KM_OK;

    *out = NULL;
    KM_TRY(KM_CHECK(n_file > 0, KM_E_ARGUMENT, "n_file = %d must be positive", n_file));
    KM_TRY(KM_ALLOC(eam, 1));
    if (km_eam_is_setfl(texts[0])) {
        KM_TRY_TO(fail, KM_CHECK(n_file == 1, KM_E_INPUT,
                                 "%s is a setfl file, which holds all "
                                 "elements; %s cannot be added",
                                 names[0], names[n_file - 1]));
        KM_TRY_TO(fail, km_eam_read_setfl(names[0], texts[0], &eam->tables));
    } else {
        KM_TRY_TO(fail, km_eam_read_funcfl(n_file, names, texts, &eam->tables));
    }
    KM_TRY_TO(fail, make_splines(eam));
    *out = eam;
    return KM_OK;
fail:
    km_eam_destroy(&eam);
    return status;
}

void km_eam_destroy(km_eam **eam)
{
    km_eam *e = *eam;

    if (!e) return;
    km_eam_tables_clear(&e->tables);
    for (int i = 0; i < KM_EAM_MAX_ELEMENT; ++i) KM_FREE(e->embedding[i]);
    for (size_t p = 0; p < sizeof e->rows / sizeof *e->rows; ++p) KM_FREE(e->rows[p]);
    KM_FREE(e->rho);
    KM_FREE(e->slope);
    KM_FREE(e->pairs);
    KM_FREE(e->near);
    KM_FREE(*eam);
}

double km_eam_cutoff_bohr(const km_eam *eam)
{
    return eam->tables.cutoff_bohr;
}

int km_eam_find(const km_eam *eam, int z)
{
    for (int e = 0; e < eam->tables.n_element; ++e)
        if (eam->tables.element[e].z == z) return e;
    return -1;
}

double km_eam_lattice_bohr(const km_eam *eam, int element, const char **lattice)
{
    *lattice = eam->tables.element[element].lattice;
    return eam->tables.element[element].lattice_bohr;
}

static km_status reserve(km_eam *eam, const km_neighbour_list *list)
{
    const int n_pair = list->first[list->n_atom];

    if (list->n_atom > eam->atom_capacity) {
        KM_FREE(eam->rho);
        KM_FREE(eam->slope);
        eam->atom_capacity = 0;
        KM_TRY(KM_ALLOC(eam->rho, list->n_atom));
        KM_TRY(KM_ALLOC(eam->slope, list->n_atom));
        eam->atom_capacity = list->n_atom;
    }
    if (n_pair + 1 > eam->pair_capacity) {
        const int capacity = n_pair + n_pair / 4 + 16;

        KM_FREE(eam->pairs);
        KM_FREE(eam->near);
        eam->pair_capacity = 0;
        KM_TRY(KM_RESERVE(eam->pairs, capacity));
        KM_TRY(KM_RESERVE(eam->near, capacity));
        eam->pair_capacity = capacity;
    }
    return KM_OK;
}

/* Densities of all atoms and pair energies; the pairs within the cutoff, with their slopes. */
static int pass_pairs(km_eam *eam, const km_neighbour_list *list, const int *element,
                      double *energy)
{
    const km_eam_tables *t = &eam->tables;
    const double cutoff2 = t->cutoff_bohr * t->cutoff_bohr, per_step = 1 / t->d_r_bohr;
    int n = 0;

    memset(eam->rho, 0, sizeof *eam->rho * (size_t)list->n_atom);
    for (int i = 0; i < list->n_atom; ++i) {
        const int n_near = km_near_find(list, i, cutoff2, eam->near), a = element[i];
        double rho_i = 0;

        for (int k = 0; k < n_near; ++k) {
            const km_near *near = eam->near + k;
            const int j = list->owner[near->j], b = element[j];
            const double r = sqrt(near->r2), at = r * per_step;
            const int m = at < t->n_r - 1 ? (int)at : t->n_r - 2;
            const double p = fmin(at - m, 1);
            const bool swapped = b > a;
            const pair_row *row =
                eam->rows[swapped ? b * (b + 1) / 2 + a : a * (a + 1) / 2 + b] + m;
            const cubic *of_i = swapped ? &row->of_b : &row->of_a;
            const cubic *of_j = swapped ? &row->of_a : &row->of_b;
            const double phi = value_of(&row->pair, p) / r;
            pair_work *w = eam->pairs + n++;

            w->i = i;
            w->j = j;
            w->r = r;
            memcpy(w->d, near->d, sizeof w->d);
            w->slope_pair = (slope_of(&row->pair, p) * per_step - phi) / r;
            w->slope_i = slope_of(of_i, p) * per_step;
            *energy += phi;
            eam->rho[j] += value_of(of_i, p);
            if (a == b) {
                w->slope_j = w->slope_i;
                rho_i += value_of(of_i, p);
            } else {
                w->slope_j = slope_of(of_j, p) * per_step;
                rho_i += value_of(of_j, p);
            }
        }
        eam->rho[i] += rho_i;
    }
    return n;
}

double km_eam_embed_ha(const km_eam *eam, int element, double rho, double *slope)
{
    const km_eam_tables *t = &eam->tables;
    const double largest = (t->n_rho - 1) * t->d_rho, at = fmax(rho / t->d_rho, 0);
    const int m = at < t->n_rho - 1 ? (int)at : t->n_rho - 2;
    const double p = fmin(at - m, 1);
    const cubic *q = eam->embedding[element] + m;

    *slope = slope_of(q, p) / t->d_rho;
    return value_of(q, p) + (rho > largest ? *slope * (rho - largest) : 0);
}

double km_eam_pair_ha(const km_eam *eam, int a, int b, double r_bohr, double rho[2])
{
    const km_eam_tables *t = &eam->tables;
    const double at = r_bohr / t->d_r_bohr;
    const int m = at < t->n_r - 1 ? (int)at : t->n_r - 2;
    const double p = fmin(at - m, 1);
    const bool swapped = b > a;
    const pair_row *row = eam->rows[swapped ? b * (b + 1) / 2 + a : a * (a + 1) / 2 + b] + m;

    rho[swapped] = value_of(&row->of_b, p);
    rho[!swapped] = value_of(&row->of_a, p);
    return value_of(&row->pair, p) / r_bohr;
}

/* Embedding energies and their slopes. */
static double embed(km_eam *eam, int n_atom, const int *element)
{
    double energy = 0;

    for (int i = 0; i < n_atom; ++i)
        energy += km_eam_embed_ha(eam, element[i], eam->rho[i], eam->slope + i);
    return energy;
}

km_status km_eam_compute(km_eam *eam, const km_neighbour_list *list, const int *element,
                         km_potential_sums *sums)
{
    double strain[6] = {0}, energy = 0;
    int n_pair;

    KM_TRY(reserve(eam, list));
    n_pair = pass_pairs(eam, list, element, &energy);
    sums->energy_ha += energy + embed(eam, list->n_atom, element);
    for (int k = 0; k < n_pair; ++k) {
        const pair_work *w = eam->pairs + k;
        const double slope =
            eam->slope[w->j] * w->slope_i + eam->slope[w->i] * w->slope_j + w->slope_pair;

        km_near_add_force(slope / w->r, w->d, sums->forces_ha_bohr + 3 * w->i,
                          sums->forces_ha_bohr + 3 * w->j, strain);
    }
    km_near_add_strain(strain, sums->strain_gradient_ha);
    return KM_OK;
}
