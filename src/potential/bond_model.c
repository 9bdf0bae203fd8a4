#include "potential/bond_model.h"

#include "kaimen/base/memory.h"
#include "kaimen/math/eigen.h"
#include "kaimen/potential/neighbours.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

static const double DECAY = 3;
/* In units of the nearest neighbours' distance. */
static const double CUTOFF = 2;
/* Most neighbours are nearer than this; else one looks again. */
static const double FIRST_LOOK_BOHR = 6;
/* Across a bond against along it: oxides and metals resist shear with about a fifth. */
static const double ACROSS = 0.2;
/* Holds an atom without neighbours, and a rigid crystal, in place. Packwood's c_stab. */
static const double STABILITY = 0.1;
/* Of a bond of 4 bohr: Mg-O in MgO. Ionic springs go as 1/r^3. */
static const double STIFFNESS_HA_BOHR2 = 0.05;
static const double STIFFNESS_LENGTH_BOHR = 4;

/* Called for every pair a, b and every image of b within the cutoff: v points from a to it. */
typedef void (*visitor)(void *context, int a, int b, const double v[3], double r);

static void visit_both(const km_neighbour_list *list, double cutoff, int i, int j,
                       visitor visit, void *context)
{
    const int a = list->owner[i], b = list->owner[j];
    const double *from = list->x + 3 * i, *to = list->x + 3 * j;
    const double v[3] = {to[0] - from[0], to[1] - from[1], to[2] - from[2]};
    const double back[3] = {-v[0], -v[1], -v[2]};
    const double r = cblas_dnrm2(3, v, 1);

    if (r > cutoff) return;
    visit(context, a, b, v, r);
    visit(context, b, a, back, r);
}

static km_status visit_pairs(const km_crystal *crystal, double cutoff, visitor visit,
                             void *context)
{
    km_neighbours *neighbours;
    km_neighbour_list list;
    km_status status = KM_OK;

    KM_TRY(km_neighbours_create(cutoff, 0, &neighbours));
    KM_TRY_TO(end, km_neighbours_update(neighbours, km_crystal_cell_bohr(crystal),
                                        km_crystal_n_atom(crystal), km_crystal_frac(crystal),
                                        &list));
    for (int i = 0; i < list.n_atom; ++i)
        for (int k = list.first[i]; k < list.first[i + 1]; ++k)
            visit_both(&list, cutoff, i, list.other[k], visit, context);
end:
    km_neighbours_destroy(&neighbours);
    return status;
}

static void note_nearest(void *context, int a, int b, const double v[3], double r)
{
    double *distance = context;

    (void)b;
    (void)v;
    distance[a] = fmin(distance[a], r);
}

static double largest(int n, const double *x)
{
    double most = 0;

    for (int i = 0; i < n; ++i) most = fmax(most, x[i]);
    return most;
}

km_status km_bond_model_nearest(const km_crystal *crystal, double *distance_bohr)
{
    const double *cell = km_crystal_cell_bohr(crystal);
    const int n_atom = km_crystal_n_atom(crystal);
    double shortest = INFINITY, cutoff;

    for (int i = 0; i < 3; ++i) shortest = fmin(shortest, cblas_dnrm2(3, cell + 3 * i, 1));
    for (int a = 0; a < n_atom; ++a) distance_bohr[a] = INFINITY;
    /* An atom's own image is a neighbour: none is further away. */
    shortest *= 1.001;
    for (cutoff = fmin(FIRST_LOOK_BOHR, shortest); isinf(largest(n_atom, distance_bohr));
         cutoff = fmin(2 * cutoff, shortest)) {
        KM_TRY(visit_pairs(crystal, cutoff, note_nearest, distance_bohr));
        if (cutoff == shortest) break;
    }
    return KM_OK;
}

typedef struct {
    int n; /* rows of the matrix */
    const double *nearest;
    double *matrix;
} stiffness;

static void add_spring(void *context, int a, int b, const double v[3], double r)
{
    const stiffness *s = context;
    const double r_nn = (s->nearest[a] + s->nearest[b]) / 2;
    double k;

    if (r > CUTOFF * r_nn || a == b) return;
    /* Zero at the cutoff: shells lie exactly there, and rounding must not choose among their atoms. */
    k = STIFFNESS_HA_BOHR2 * pow(STIFFNESS_LENGTH_BOHR / r_nn, 3) *
        (exp(-DECAY * (r / r_nn - 1)) - exp(-DECAY * (CUTOFF - 1)));
    for (int x = 0; x < 3; ++x)
        for (int y = 0; y < 3; ++y) {
            double kxy = k * ((x == y ? ACROSS : 0) + (1 - ACROSS) * v[x] * v[y] / (r * r));

            s->matrix[(size_t)(3 * a + y) * (size_t)s->n + (size_t)(3 * a + x)] += kxy;
            s->matrix[(size_t)(3 * b + y) * (size_t)s->n + (size_t)(3 * a + x)] -= kxy;
        }
}

/* Rows and columns of frozen atoms become those of the unit matrix. */
static void freeze(const bool *frozen, int n_atom, double *matrix)
{
    const size_t n = 3 * (size_t)n_atom;

    for (size_t i = 0; i < n; ++i) {
        if (!frozen[i / 3]) continue;
        for (size_t j = 0; j < n; ++j) matrix[i * n + j] = matrix[j * n + i] = 0;
        matrix[i * n + i] = 1;
    }
}

km_status km_bond_model_factor(const km_crystal *crystal, const bool *frozen, double *factor)
{
    const int n_atom = km_crystal_n_atom(crystal), n = 3 * n_atom;
    stiffness s = {.n = n, .matrix = factor};
    double *nearest = NULL, longest;
    km_status status = KM_OK;

    KM_TRY(KM_ALLOC(nearest, n_atom));
    KM_TRY_TO(end, km_bond_model_nearest(crystal, nearest));
    longest = largest(n_atom, nearest);
    s.nearest = nearest;
    memset(factor, 0, sizeof *factor * (size_t)n * (size_t)n);
    KM_TRY_TO(end, visit_pairs(crystal, CUTOFF * longest, add_spring, &s));
    for (int i = 0; i < n; ++i)
        factor[(size_t)i * (size_t)n + (size_t)i] +=
            STABILITY * STIFFNESS_HA_BOHR2 * pow(STIFFNESS_LENGTH_BOHR / nearest[i / 3], 3);
    if (frozen) freeze(frozen, n_atom, factor);
    status = KM_CHECK(km_eigen_cholesky(true, n, factor, n), KM_E_NUMERIC,
                      "the bond model of %d atoms is not positive definite", n_atom);
end:
    KM_FREE(nearest);
    return status;
}

void km_bond_model_solve(int n, const double *factor, double *x)
{
    cblas_dtrsv(CblasColMajor, CblasLower, CblasNoTrans, CblasNonUnit, n, factor, n, x, 1);
    cblas_dtrsv(CblasColMajor, CblasLower, CblasTrans, CblasNonUnit, n, factor, n, x, 1);
}
