#include "kaimen/potential/ionic.h"

#include "kaimen/base/memory.h"
#include "potential/cell.h"
#include "potential/ionic_set.h"
#include "potential/lbfgs.h"
#include "potential/mesh_ewald.h"
#include "potential/near.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* erfc of it is left out of the Ewald sum's pairs at the cutoff: 2e-10. */
static const double SPLIT_TIMES_CUTOFF = 4.5;
/* Pairs are tabulated in so many steps of distance, from there to the cutoff. The interpolation errs by less than 1e-11 Ha. */
#define N_STEP 4096
static const double TABLE_FROM_BOHR = 0.5;
static const double SKIN_BOHR = 1.0;
/* A shell that is farther from its core has left it. */
static const double LONGEST_SPRING_BOHR = 1.5;
static const double LONGEST_STEP_BOHR = 0.2;
/* Force that is left on a shell: the energy errs by its square. */
static const double SHELL_FORCE_HA_BOHR = 1e-8;
#define MAX_SHELL_STEP 200

/* A kind of point: the core or the shell of an ion. */
typedef struct {
    int ion;
    double charge;
    bool has_pairs; /* the pair terms act on it */
} point_kind;

/* Value and slope by r of a step of the table. */
typedef struct {
    double c[4];
} cubic;

/* Springs of the shells, shell less core, bohr, and what moves them, [n_shell][3]. */
typedef struct {
    double *spring, *trial, *gradient, *direction;
    km_lbfgs *lbfgs;
} shells;

struct km_ionic {
    km_ionic_set set;
    double split, step;
    int n_kind;
    point_kind kind[2 * KM_IONIC_MAX_ION];
    int core_kind[KM_IONIC_MAX_ION], shell_kind[KM_IONIC_MAX_ION]; /* -1: no shell */
    const km_ionic_pair *pair[KM_IONIC_MAX_ION][KM_IONIC_MAX_ION]; /* NULL: none */
    cubic *table[2 * KM_IONIC_MAX_ION][2 * KM_IONIC_MAX_ION]; /* made when needed; a >= b */
    km_neighbours *neighbours;
    km_mesh_ewald *mesh;
    bool is_clamped; /* shells stay on their cores */
    long n_evaluation;
    /* Of the last crystal: cores first, then shells. */
    int n_atom, n_point, n_near;
    int *ions;    /* [n_atom] */
    int *kinds;   /* [n_point] */
    int *partner; /* other half of the ion, -1: none, [n_point] */
    double *frac; /* [n_point][3] */
    double *charge;
    double *forces; /* [n_point][3] */
    shells shell;
    km_near *near;
};

const char *km_ionic_name(const km_ionic *ionic)
{
    return ionic->set.name;
}

double km_ionic_cutoff_bohr(const km_ionic *ionic)
{
    return ionic->set.cutoff_bohr;
}

int km_ionic_find(const km_ionic *ionic, int z)
{
    for (int i = 0; i < ionic->set.n_ion; ++i)
        if (ionic->set.ion[i].z == z) return i;
    return -1;
}

double km_ionic_charge(const km_ionic *ionic, int ion)
{
    return ionic->set.ion[ion].charge;
}

long km_ionic_n_evaluation(const km_ionic *ionic)
{
    return ionic->n_evaluation;
}

static void list_kinds(km_ionic *ionic)
{
    for (int i = 0; i < ionic->set.n_ion; ++i) {
        const km_ionic_ion *ion = ionic->set.ion + i;
        const bool has_shell = ion->shell_charge != 0;

        ionic->core_kind[i] = ionic->n_kind;
        ionic->kind[ionic->n_kind++] =
            (point_kind){i, ion->charge - ion->shell_charge, !has_shell};
        ionic->shell_kind[i] = has_shell ? ionic->n_kind : -1;
        if (has_shell) ionic->kind[ionic->n_kind++] = (point_kind){i, ion->shell_charge, true};
    }
    for (int p = 0; p < ionic->set.n_pair; ++p) {
        const km_ionic_pair *pair = ionic->set.pair + p;

        ionic->pair[pair->ion[0]][pair->ion[1]] = pair;
        ionic->pair[pair->ion[1]][pair->ion[0]] = pair;
    }
}

km_status km_ionic_create(const char *name, const char *text, km_ionic **out)
{
    km_ionic *ionic = NULL;
    km_status status = KM_OK;

    *out = NULL;
    KM_TRY(KM_ALLOC(ionic, 1));
    KM_TRY_TO(fail, km_ionic_set_read(name, text, &ionic->set));
    list_kinds(ionic);
    ionic->split = SPLIT_TIMES_CUTOFF / ionic->set.cutoff_bohr;
    ionic->step = (ionic->set.cutoff_bohr - TABLE_FROM_BOHR) / N_STEP;
    KM_TRY_TO(fail,
              km_neighbours_create(ionic->set.cutoff_bohr, SKIN_BOHR, &ionic->neighbours));
    KM_TRY_TO(fail, km_mesh_ewald_create(ionic->split, &ionic->mesh));
    *out = ionic;
    return KM_OK;
fail:
    km_ionic_destroy(&ionic);
    return status;
}

static void clear_crystal(km_ionic *ionic)
{
    KM_FREE(ionic->ions);
    KM_FREE(ionic->kinds);
    KM_FREE(ionic->partner);
    KM_FREE(ionic->frac);
    KM_FREE(ionic->charge);
    KM_FREE(ionic->forces);
    KM_FREE(ionic->shell.spring);
    KM_FREE(ionic->shell.trial);
    KM_FREE(ionic->shell.gradient);
    KM_FREE(ionic->shell.direction);
    km_lbfgs_destroy(&ionic->shell.lbfgs);
    ionic->n_atom = ionic->n_point = 0;
}

void km_ionic_destroy(km_ionic **ionic)
{
    km_ionic *i = *ionic;

    if (!i) return;
    for (int a = 0; a < i->n_kind; ++a)
        for (int b = 0; b <= a; ++b) KM_FREE(i->table[a][b]);
    clear_crystal(i);
    KM_FREE(i->near);
    km_neighbours_destroy(&i->neighbours);
    km_mesh_ewald_destroy(&i->mesh);
    KM_FREE(*ionic);
}

/* Repulsion, dispersion and wall of two ions at a distance, and their slope. */
static double short_energy(const km_ionic_pair *pair, double r, double *slope)
{
    const double w = pair->wall_bohr / r, r2 = r * r, w2 = w * w;
    const double repulsion = pair->a_ha * exp(-r / pair->rho_bohr);
    const double dispersion = pair->c_ha_bohr6 / (r2 * r2 * r2);
    const double s6 = w2 * w2 * w2, s24 = s6 * s6 * s6 * s6;

    *slope = -repulsion / pair->rho_bohr + 6 * dispersion / r -
             4 * pair->wall_ha * (24 * s24 - 6 * s6) / r;
    return repulsion - dispersion + 4 * pair->wall_ha * (s24 - s6);
}

/* Energy of two points at a distance, and its slope. */
static double pair_energy(const km_ionic *ionic, int a, int b, double r, double *slope)
{
    const point_kind *p = ionic->kind + a, *q = ionic->kind + b;
    const km_ionic_pair *pair =
        p->has_pairs && q->has_pairs ? ionic->pair[p->ion][q->ion] : NULL;
    const double x = ionic->split * r, product = p->charge * q->charge;
    const double coulomb = product * erfc(x) / r;
    double energy = 0;

    *slope = 0;
    if (pair) energy = short_energy(pair, r, slope);
    *slope -= coulomb / r + product * 2 / sqrt(KM_PI) * ionic->split * exp(-x * x) / r;
    return energy + coulomb;
}

double km_ionic_pair_ha(const km_ionic *ionic, int a, int b, double r_bohr)
{
    const km_ionic_pair *pair = ionic->pair[a][b];
    double slope;

    if (!pair || r_bohr >= ionic->set.cutoff_bohr) return 0;
    return short_energy(pair, r_bohr, &slope) -
           short_energy(pair, ionic->set.cutoff_bohr, &slope);
}

bool km_ionic_has_pair(const km_ionic *ionic, int a, int b)
{
    return ionic->pair[a][b] != NULL;
}

bool km_ionic_has_shells(const km_ionic *ionic)
{
    for (int i = 0; i < ionic->set.n_ion; ++i)
        if (ionic->shell_kind[i] >= 0) return true;
    return false;
}

void km_ionic_clamp_shells(km_ionic *ionic, bool is_clamped)
{
    ionic->is_clamped = is_clamped;
}

/* What the pair terms, without the charges, are at the cutoff. */
static double end_energy(const km_ionic *ionic, int a, int b)
{
    const double r = ionic->set.cutoff_bohr;
    double slope;

    return pair_energy(ionic, a, b, r, &slope) -
           ionic->kind[a].charge * ionic->kind[b].charge * erfc(ionic->split * r) / r;
}

static km_status make_table(km_ionic *ionic, int a, int b)
{
    const double shift = end_energy(ionic, a, b), h = ionic->step;
    double e0, s0, e1, s1;
    cubic *table = NULL;

    KM_TRY(KM_ALLOC(table, N_STEP));
    e0 = pair_energy(ionic, a, b, TABLE_FROM_BOHR, &s0) - shift;
    for (int i = 0; i < N_STEP; ++i) {
        e1 = pair_energy(ionic, a, b, TABLE_FROM_BOHR + (i + 1) * h, &s1) - shift;
        table[i] = (cubic){
            {e0, s0 * h, 3 * (e1 - e0) - (2 * s0 + s1) * h, (s0 + s1) * h - 2 * (e1 - e0)}};
        e0 = e1;
        s0 = s1;
    }
    ionic->table[a][b] = table;
    return KM_OK;
}

static km_status make_tables(km_ionic *ionic)
{
    bool is_used[2 * KM_IONIC_MAX_ION] = {false};

    for (int i = 0; i < ionic->n_point; ++i) is_used[ionic->kinds[i]] = true;
    for (int a = 0; a < ionic->n_kind; ++a)
        for (int b = 0; b <= a; ++b)
            if (is_used[a] && is_used[b] && !ionic->table[a][b])
                KM_TRY(make_table(ionic, a, b));
    return KM_OK;
}

static km_status allocate(km_ionic *ionic, int n_point, int n_shell)
{
    KM_TRY(KM_ALLOC(ionic->ions, n_point));
    KM_TRY(KM_ALLOC(ionic->kinds, n_point));
    KM_TRY(KM_ALLOC(ionic->partner, n_point));
    KM_TRY(KM_ALLOC(ionic->frac, 3 * n_point));
    KM_TRY(KM_ALLOC(ionic->charge, n_point));
    KM_TRY(KM_ALLOC(ionic->forces, 3 * n_point));
    KM_TRY(KM_ALLOC(ionic->shell.spring, 3 * n_shell));
    KM_TRY(KM_ALLOC(ionic->shell.trial, 3 * n_shell));
    KM_TRY(KM_ALLOC(ionic->shell.gradient, 3 * n_shell));
    KM_TRY(KM_ALLOC(ionic->shell.direction, 3 * n_shell));
    return n_shell ? km_lbfgs_create(3 * n_shell, &ionic->shell.lbfgs) : KM_OK;
}

/* The points of other ions than last time; shells start at their cores. */
static km_status take_ions(km_ionic *ionic, int n_atom, const int *ion)
{
    int n_shell = 0, at = n_atom;

    if (ionic->n_atom == n_atom && memcmp(ionic->ions, ion, sizeof *ion * (size_t)n_atom) == 0)
        return KM_OK;
    clear_crystal(ionic);
    for (int i = 0; i < n_atom; ++i) n_shell += ionic->shell_kind[ion[i]] >= 0;
    KM_TRY(allocate(ionic, n_atom + n_shell, n_shell));
    for (int i = 0; i < n_atom; ++i) {
        ionic->ions[i] = ion[i];
        ionic->kinds[i] = ionic->core_kind[ion[i]];
        ionic->partner[i] = -1;
        if (ionic->shell_kind[ion[i]] < 0) continue;
        ionic->kinds[at] = ionic->shell_kind[ion[i]];
        ionic->partner[i] = at;
        ionic->partner[at] = i;
        ++at;
    }
    ionic->n_atom = n_atom;
    ionic->n_point = at;
    for (int i = 0; i < at; ++i) ionic->charge[i] = ionic->kind[ionic->kinds[i]].charge;
    return make_tables(ionic);
}

/* What the reciprocal sum has of a core and its own shell, which do not see each other's charge, and the spring. */
static void add_spring(const km_ionic *ionic, int i, int j, const km_near *near,
                       km_potential_sums *sums, double strain[6])
{
    const double r = sqrt(near->r2), x = ionic->split * r;
    const double product = ionic->charge[i] * ionic->charge[j];
    const double k = ionic->set.ion[ionic->kind[ionic->kinds[i]].ion].spring_ha_bohr2;
    const double limit = 2 * ionic->split / sqrt(KM_PI);
    /* erf(x)/r and its slope over r, by their series where they cancel. */
    const double value = x < 1e-2 ? limit * (1 - x * x / 3 + x * x * x * x / 10) : erf(x) / r;
    const double slope = x < 1e-2
                             ? limit * ionic->split * ionic->split * (-2.0 / 3 + 0.4 * x * x)
                             : (limit * exp(-x * x) - value) / near->r2;

    sums->energy_ha += 0.5 * k * near->r2 - product * value;
    km_near_add_force(k - product * slope, near->d, sums->forces_ha_bohr + 3 * i,
                      sums->forces_ha_bohr + 3 * j, strain);
}

static void add_pairs(km_ionic *ionic, const km_neighbour_list *list, km_potential_sums *sums)
{
    const double cutoff2 = ionic->set.cutoff_bohr * ionic->set.cutoff_bohr;
    const double per_step = 1 / ionic->step;
    const double longest2 = LONGEST_SPRING_BOHR * LONGEST_SPRING_BOHR;
    double strain[6] = {0}, energy = 0;

    for (int i = 0; i < list->n_atom; ++i) {
        const int n_near = km_near_find(list, i, cutoff2, ionic->near), a = ionic->kinds[i];
        const int partner = ionic->partner[i];

        for (int k = 0; k < n_near; ++k) {
            const km_near *near = ionic->near + k;
            const int j = list->owner[near->j], b = ionic->kinds[j];
            double r, slope;

            if (j == partner && near->r2 < longest2) {
                add_spring(ionic, i, j, near, sums, strain);
                continue;
            }
            r = sqrt(near->r2);
            if (r >= TABLE_FROM_BOHR) {
                const double at = (r - TABLE_FROM_BOHR) * per_step;
                const int m = at < N_STEP - 1 ? (int)at : N_STEP - 1;
                const double *c = (a > b ? ionic->table[a][b] : ionic->table[b][a])[m].c;
                const double p = at - m;

                energy += ((c[3] * p + c[2]) * p + c[1]) * p + c[0];
                slope = ((3 * c[3] * p + 2 * c[2]) * p + c[1]) * per_step;
            } else {
                energy += pair_energy(ionic, a, b, r, &slope) - end_energy(ionic, a, b);
            }
            km_near_add_force(slope / r, near->d, sums->forces_ha_bohr + 3 * i,
                              sums->forces_ha_bohr + 3 * j, strain);
        }
    }
    sums->energy_ha += energy;
    km_near_add_strain(strain, sums->strain_gradient_ha);
}

static km_status reserve_near(km_ionic *ionic, const km_neighbour_list *list)
{
    int most = 0;

    for (int i = 0; i < list->n_atom; ++i)
        most = most > list->first[i + 1] - list->first[i] ? most
                                                          : list->first[i + 1] - list->first[i];
    if (most < ionic->n_near) return KM_OK;
    KM_FREE(ionic->near);
    ionic->n_near = 0;
    KM_TRY(KM_RESERVE(ionic->near, most + most / 4 + 16));
    ionic->n_near = most + most / 4 + 16;
    return KM_OK;
}

/* All points where they are: sums, with forces of points. */
static km_status evaluate(km_ionic *ionic, const double *cell, km_potential_sums *sums)
{
    km_neighbour_list list;

    ++ionic->n_evaluation;
    memset(ionic->forces, 0, sizeof *ionic->forces * 3 * (size_t)ionic->n_point);
    *sums = (km_potential_sums){.forces_ha_bohr = ionic->forces};
    KM_TRY(km_neighbours_update(ionic->neighbours, cell, ionic->n_point, ionic->frac, &list));
    KM_TRY(reserve_near(ionic, &list));
    add_pairs(ionic, &list, sums);
    return km_mesh_ewald_compute(ionic->mesh, cell, ionic->n_point, ionic->frac, ionic->charge,
                                 sums);
}

/* Places of the shells from the lengths of their springs. */
static void place_shells(km_ionic *ionic, const double inverse[9], const double *spring)
{
    for (int s = ionic->n_atom; s < ionic->n_point; ++s) {
        const double *u = spring + 3 * (s - ionic->n_atom);

        for (int a = 0; a < 3; ++a)
            ionic->frac[3 * s + a] = ionic->frac[3 * ionic->partner[s] + a] +
                                     u[0] * inverse[a] + u[1] * inverse[3 + a] +
                                     u[2] * inverse[6 + a];
    }
}

static void soften(const void *context, double *x)
{
    const km_ionic *ionic = context;

    for (int s = ionic->n_atom; s < ionic->n_point; ++s) {
        const km_ionic_ion *ion = ionic->set.ion + ionic->kind[ionic->kinds[s]].ion;

        for (int k = 0; k < 3; ++k) x[3 * (s - ionic->n_atom) + k] /= ion->spring_ha_bohr2;
    }
}

static double largest(int n, const double *x)
{
    double most = 0;

    for (int i = 0; i < n; ++i) most = x[i] > most || -x[i] > most ? fabs(x[i]) : most;
    return most;
}

/* One trial of the shells: energy and gradient at spring + scale direction. */
static km_status try_shells(km_ionic *ionic, const double *cell, const double inverse[9],
                            double scale, km_potential_sums *sums)
{
    const int n = 3 * (ionic->n_point - ionic->n_atom);

    for (int i = 0; i < n; ++i)
        ionic->shell.trial[i] = ionic->shell.spring[i] + scale * ionic->shell.direction[i];
    KM_TRY(KM_CHECK(largest(n, ionic->shell.trial) < LONGEST_SPRING_BOHR, KM_E_NUMERIC,
                    "a shell is %g bohr from its core, at most %g",
                    largest(n, ionic->shell.trial), LONGEST_SPRING_BOHR));
    place_shells(ionic, inverse, ionic->shell.trial);
    return evaluate(ionic, cell, sums);
}

/* The shells where no force is on them: quasi-Newton steps from where they last were. */
static km_status relax_shells(km_ionic *ionic, const double *cell, const double inverse[9],
                              km_potential_sums *sums)
{
    const int n = 3 * (ionic->n_point - ionic->n_atom);
    double *force = ionic->forces + 3 * (size_t)ionic->n_atom;
    double energy, scale = 1;

    km_lbfgs_clear(ionic->shell.lbfgs);
    memset(ionic->shell.direction, 0, sizeof *ionic->shell.direction * (size_t)n);
    KM_TRY(try_shells(ionic, cell, inverse, 0, sums));
    for (int i_step = 0; i_step < MAX_SHELL_STEP; ++i_step) {
        if (largest(n, force) < SHELL_FORCE_HA_BOHR) return KM_OK;
        energy = sums->energy_ha;
        for (int i = 0; i < n; ++i) ionic->shell.gradient[i] = -force[i];
        km_lbfgs_compute_direction(ionic->shell.lbfgs, ionic->shell.gradient, soften, ionic,
                                   ionic->shell.direction);
        /* In a strong field the springs alone would let shells go too far at once. */
        scale = fmin(1, LONGEST_STEP_BOHR / largest(n, ionic->shell.direction));
        KM_TRY(try_shells(ionic, cell, inverse, scale, sums));
        /* Rounding of the energy does not count. */
        while (sums->energy_ha > energy + 1e-12 * fabs(energy) && scale > 1e-3) {
            scale /= 4;
            KM_TRY(try_shells(ionic, cell, inverse, scale, sums));
        }
        memcpy(ionic->shell.spring, ionic->shell.trial,
               sizeof *ionic->shell.spring * (size_t)n);
        for (int i = 0; i < n; ++i) {
            ionic->shell.direction[i] *= scale;
            ionic->shell.gradient[i] = -force[i] - ionic->shell.gradient[i];
        }
        km_lbfgs_add(ionic->shell.lbfgs, ionic->shell.direction, ionic->shell.gradient);
    }
    return KM_RAISE(KM_E_NUMERIC, "after %d steps a force of %g Ha/bohr is left on a shell",
                    MAX_SHELL_STEP, largest(n, force));
}

static void invert(const double *cell, double inverse[9])
{
    double reciprocal[9];

    km_cell_reciprocal(cell, reciprocal);
    for (int a = 0; a < 3; ++a)
        for (int k = 0; k < 3; ++k) inverse[3 * k + a] = reciprocal[3 * a + k] / (2 * KM_PI);
}

km_status km_ionic_compute(km_ionic *ionic, const double *cell_bohr, int n_atom,
                           const double *frac, const int *ion, km_potential_sums *sums)
{
    km_potential_sums own = {0};
    double inverse[9];
    km_status status;

    KM_TRY(take_ions(ionic, n_atom, ion));
    memcpy(ionic->frac, frac, sizeof *frac * 3 * (size_t)n_atom);
    invert(cell_bohr, inverse);
    if (ionic->is_clamped) {
        memset(ionic->shell.spring, 0,
               sizeof *ionic->shell.spring * 3 * (size_t)(ionic->n_point - n_atom));
        place_shells(ionic, inverse, ionic->shell.spring);
        KM_TRY(evaluate(ionic, cell_bohr, &own));
    } else if (ionic->n_point > n_atom) {
        status = relax_shells(ionic, cell_bohr, inverse, &own);
        /* What went astray is nothing to start the next crystal from. */
        if (status != KM_OK)
            memset(ionic->shell.spring, 0,
                   sizeof *ionic->shell.spring * 3 * (size_t)(ionic->n_point - n_atom));
        KM_TRY(status);
    } else
        KM_TRY(evaluate(ionic, cell_bohr, &own));
    sums->energy_ha += own.energy_ha;
    for (int i = 0; i < n_atom; ++i)
        for (int k = 0; k < 3; ++k) {
            const int shell = ionic->partner[i];

            sums->forces_ha_bohr[3 * i + k] += ionic->forces[3 * i + k];
            if (shell >= 0) sums->forces_ha_bohr[3 * i + k] += ionic->forces[3 * shell + k];
        }
    for (int k = 0; k < 9; ++k) sums->strain_gradient_ha[k] += own.strain_gradient_ha[k];
    return KM_OK;
}
