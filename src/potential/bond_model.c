#include "potential/bond_model.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/units.h"
#include "kaimen/math/eigen.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

static const double DECAY = 3;
/* In units of the nearest neighbours' distance. */
static const double CUTOFF = 2;
/* Across a bond against along it: oxides and metals resist shear with about a fifth. */
static const double ACROSS = 0.2;
/* Holds an atom without neighbours, and a rigid crystal, in place. Packwood's c_stab. */
static const double STABILITY = 0.1;
/* Of a bond of 4 bohr: Mg-O in MgO. Ionic springs go as 1/r^3. */
static const double STIFFNESS_HA_BOHR2 = 0.05;
static const double STIFFNESS_LENGTH_BOHR = 4;

/* Called for every pair a, b and every image of b within the cutoff: v points from a to it. */
typedef void (*visitor)(void *context, int a, int b, const double v[3], double r);

/* Images to look at along each lattice vector: as many as planes of the lattice fit into the cutoff. */
static void count_images(const km_crystal *crystal, double cutoff, int n[3])
{
    const double *reciprocal = km_crystal_reciprocal_bohr(crystal);

    for (int i = 0; i < 3; ++i) {
        const double *b = reciprocal + 3 * i;
        double height = 2 * KM_PI / sqrt(b[0] * b[0] + b[1] * b[1] + b[2] * b[2]);

        n[i] = (int)ceil(cutoff / height);
    }
}

/* The image nearest to the home cell of b - a, then all its translations. */
static void visit_pair(const km_crystal *crystal, const int n[3], double cutoff, int a, int b,
                       visitor visit, void *context)
{
    const double *cell = km_crystal_cell_bohr(crystal), *frac = km_crystal_frac(crystal);
    double d[3];

    for (int i = 0; i < 3; ++i) {
        d[i] = frac[3 * b + i] - frac[3 * a + i];
        d[i] -= round(d[i]);
    }
    for (int i = -n[0]; i <= n[0]; ++i)
        for (int j = -n[1]; j <= n[1]; ++j)
            for (int k = -n[2]; k <= n[2]; ++k) {
                double v[3], r;

                for (int x = 0; x < 3; ++x)
                    v[x] = (d[0] + i) * cell[x] + (d[1] + j) * cell[3 + x] +
                           (d[2] + k) * cell[6 + x];
                r = sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
                if (r <= cutoff && (a != b || i != 0 || j != 0 || k != 0))
                    visit(context, a, b, v, r);
            }
}

static void visit_pairs(const km_crystal *crystal, double cutoff, visitor visit, void *context)
{
    const int n_atom = km_crystal_n_atom(crystal);
    int n[3];

    /* One more: d lies within half a cell, not at its origin. */
    count_images(crystal, cutoff, n);
    for (int i = 0; i < 3; ++i) ++n[i];
    for (int a = 0; a < n_atom; ++a)
        for (int b = 0; b < n_atom; ++b) visit_pair(crystal, n, cutoff, a, b, visit, context);
}

static void note_nearest(void *context, int a, int b, const double v[3], double r)
{
    double *distance = context;

    (void)b;
    (void)v;
    distance[a] = fmin(distance[a], r);
}

km_status km_bond_model_nearest(const km_crystal *crystal, double *distance_bohr)
{
    const double *cell = km_crystal_cell_bohr(crystal);
    const int n_atom = km_crystal_n_atom(crystal);
    double shortest = INFINITY;

    for (int i = 0; i < 3; ++i) shortest = fmin(shortest, cblas_dnrm2(3, cell + 3 * i, 1));
    for (int i = 0; i < 3 * n_atom; ++i)
        KM_TRY(KM_CHECK(isfinite(km_crystal_frac(crystal)[i]), KM_E_NUMERIC,
                        "the position of atom %d is not a number", i / 3 + 1));
    for (int a = 0; a < n_atom; ++a) distance_bohr[a] = INFINITY;
    /* An atom's own image is a neighbour: none is further away. */
    visit_pairs(crystal, 1.001 * shortest, note_nearest, distance_bohr);
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
    double *nearest = NULL, longest = 0;
    km_status status = KM_OK;

    KM_TRY(KM_ALLOC(nearest, n_atom));
    KM_TRY_TO(end, km_bond_model_nearest(crystal, nearest));
    for (int a = 0; a < n_atom; ++a) longest = fmax(longest, nearest[a]);
    s.nearest = nearest;
    memset(factor, 0, sizeof *factor * (size_t)n * (size_t)n);
    visit_pairs(crystal, CUTOFF * longest, add_spring, &s);
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
