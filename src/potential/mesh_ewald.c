#include "potential/mesh_ewald.h"

#include "kaimen/base/memory.h"
#include "potential/cell.h"

#include <complex.h>
#include <fftw3.h>
#include <math.h>
#include <string.h>

/* Order of the splines, and grid step times split: together they leave 1e-10 of the forces, measured against the full sum. */
#define ORDER 10
static const double STEP_TIMES_SPLIT = 0.21;
/* A spline wraps around a cell that is shorter. */
#define LEAST_GRID ORDER
/* Lengths that FFTW is quick with have no larger factors. */
static const int FACTORS[] = {2, 3, 5, 7};

/* Splines of one point along the three directions. */
typedef struct {
    int at[3];
    double w[3][ORDER], dw[3][ORDER];
} spread;

struct km_mesh_ewald {
    double split;
    int n[3];
    double *charge;       /* [n0][n1][n2]; then the potential */
    double complex *wave; /* [n0][n1][n2/2+1] */
    double *modulus[3];   /* 1 / |sum of the spline's waves|^2, [n[a]] */
    fftw_plan forward, backward;
    int capacity;
    spread *points;
};

km_status km_mesh_ewald_create(double split, km_mesh_ewald **mesh)
{
    *mesh = NULL;
    KM_TRY(KM_CHECK(split > 0, KM_E_ARGUMENT, "split = %g/bohr must be positive", split));
    KM_TRY(KM_ALLOC(*mesh, 1));
    (*mesh)->split = split;
    return KM_OK;
}

static void clear_grid(km_mesh_ewald *mesh)
{
    if (mesh->forward) fftw_destroy_plan(mesh->forward);
    if (mesh->backward) fftw_destroy_plan(mesh->backward);
    mesh->forward = mesh->backward = NULL;
    KM_FREE(mesh->charge);
    KM_FREE(mesh->wave);
    for (int a = 0; a < 3; ++a) {
        KM_FREE(mesh->modulus[a]);
        mesh->n[a] = 0;
    }
}

void km_mesh_ewald_destroy(km_mesh_ewald **mesh)
{
    if (!*mesh) return;
    clear_grid(*mesh);
    KM_FREE((*mesh)->points);
    KM_FREE(*mesh);
}

static int round_up(int n)
{
    for (;; ++n) {
        int rest = n;

        for (size_t k = 0; k < sizeof FACTORS / sizeof *FACTORS; ++k)
            while (rest % FACTORS[k] == 0) rest /= FACTORS[k];
        if (rest == 1 && n % 2 == 0) return n;
    }
}

/* Values of the spline of ORDER at u, u+1, ..., u + ORDER - 1, 0 <= u < 1, and their slopes. Essmann eq. 4.1. */
static void get_spline(double u, double w[ORDER], double dw[ORDER])
{
    w[0] = u;
    w[1] = 1 - u;
    for (int order = 3; order <= ORDER; ++order) {
        const double scale = 1.0 / (order - 1);

        if (order == ORDER)
            for (int k = 0; k < ORDER; ++k)
                dw[k] = (k < ORDER - 1 ? w[k] : 0) - (k ? w[k - 1] : 0);
        w[order - 1] = scale * (1 - u) * w[order - 2];
        for (int k = order - 2; k > 0; --k)
            w[k] = scale * ((u + k) * w[k] + (order - u - k) * w[k - 1]);
        w[0] = scale * u * w[0];
    }
}

static km_status make_modulus(int n, double **modulus)
{
    double w[ORDER], dw[ORDER];

    KM_TRY(KM_ALLOC(*modulus, n));
    get_spline(0, w, dw);
    for (int m = 0; m < n; ++m) {
        double complex sum = 0;

        for (int k = 0; k < ORDER; ++k) sum += w[k] * cexp(2 * KM_PI * I * m * k / n);
        (*modulus)[m] = 1 / (creal(sum) * creal(sum) + cimag(sum) * cimag(sum));
    }
    return KM_OK;
}

static km_status make_grid(km_mesh_ewald *mesh, const int n[3])
{
    if (memcmp(n, mesh->n, sizeof mesh->n) == 0) return KM_OK;
    clear_grid(mesh);
    KM_TRY(KM_ALLOC(mesh->charge, (size_t)n[0] * (size_t)n[1] * (size_t)n[2]));
    KM_TRY(KM_ALLOC(mesh->wave, (size_t)n[0] * (size_t)n[1] * (size_t)(n[2] / 2 + 1)));
    for (int a = 0; a < 3; ++a) KM_TRY(make_modulus(n[a], &mesh->modulus[a]));
    mesh->forward =
        fftw_plan_dft_r2c_3d(n[0], n[1], n[2], mesh->charge, mesh->wave, FFTW_ESTIMATE);
    mesh->backward =
        fftw_plan_dft_c2r_3d(n[0], n[1], n[2], mesh->wave, mesh->charge, FFTW_ESTIMATE);
    KM_TRY(KM_CHECK(mesh->forward && mesh->backward, KM_E_MEMORY,
                    "no FFT plan for a grid of %d x %d x %d", n[0], n[1], n[2]));
    memcpy(mesh->n, n, sizeof mesh->n);
    return KM_OK;
}

static km_status reserve_points(km_mesh_ewald *mesh, int n_point)
{
    if (n_point <= mesh->capacity) return KM_OK;
    KM_FREE(mesh->points);
    mesh->capacity = 0;
    KM_TRY(KM_RESERVE(mesh->points, n_point));
    mesh->capacity = n_point;
    return KM_OK;
}

/* Fill the grid with charges. Point k of a spline that begins at `at` is grid point at - k. */
static void spread_charges(km_mesh_ewald *mesh, int n_point, const double *frac,
                           const double *charge)
{
    const int *n = mesh->n;

    memset(mesh->charge, 0, sizeof *mesh->charge * (size_t)n[0] * (size_t)n[1] * (size_t)n[2]);
    for (int i = 0; i < n_point; ++i) {
        spread *s = mesh->points + i;
        int line[ORDER];

        for (int a = 0; a < 3; ++a) {
            const double u = (frac[3 * i + a] - floor(frac[3 * i + a])) * n[a];

            s->at[a] = (int)u;
            get_spline(u - s->at[a], s->w[a], s->dw[a]);
        }
        for (int k = 0; k < ORDER; ++k) line[k] = (s->at[2] - k + n[2] * ORDER) % n[2];
        for (int p = 0; p < ORDER; ++p)
            for (int q = 0; q < ORDER; ++q) {
                const int x = (s->at[0] - p + n[0] * ORDER) % n[0],
                          y = (s->at[1] - q + n[1] * ORDER) % n[1];
                const double w = charge[i] * s->w[0][p] * s->w[1][q];
                double *row = mesh->charge + (size_t)(x * n[1] + y) * (size_t)n[2];

                for (int r = 0; r < ORDER; ++r) row[line[r]] += w * s->w[2][r];
            }
    }
}

/* Waves of the charge become those of the potential; energy and strain derivative on the way. */
static void fold(km_mesh_ewald *mesh, const double reciprocal[9], double volume,
                 km_potential_sums *sums)
{
    const int *n = mesh->n, n_half = n[2] / 2 + 1;
    const double quarter = 1 / (4 * mesh->split * mesh->split);

    for (int p = 0; p < n[0]; ++p)
        for (int q = 0; q < n[1]; ++q)
            for (int r = 0; r < n_half; ++r) {
                double complex *wave = mesh->wave + (size_t)(p * n[1] + q) * (size_t)n_half + r;
                const int m[3] = {p > n[0] / 2 ? p - n[0] : p, q > n[1] / 2 ? q - n[1] : q, r};
                double g[3], g2, factor, energy;

                if (!p && !q && !r) {
                    *wave = 0;
                    continue;
                }
                for (int k = 0; k < 3; ++k)
                    g[k] = m[0] * reciprocal[k] + m[1] * reciprocal[3 + k] +
                           m[2] * reciprocal[6 + k];
                g2 = g[0] * g[0] + g[1] * g[1] + g[2] * g[2];
                factor = 4 * KM_PI / volume * exp(-g2 * quarter) / g2 * mesh->modulus[0][p] *
                         mesh->modulus[1][q] * mesh->modulus[2][r];
                energy = (r && 2 * r != n[2] ? 1.0 : 0.5) * factor *
                         (creal(*wave) * creal(*wave) + cimag(*wave) * cimag(*wave));
                *wave *= factor;
                sums->energy_ha += energy;
                for (int a = 0; a < 3; ++a)
                    for (int b = 0; b < 3; ++b)
                        sums->strain_gradient_ha[3 * a + b] +=
                            energy * (2 * (1 / g2 + quarter) * g[a] * g[b] - (a == b));
            }
}

static void gather_forces(const km_mesh_ewald *mesh, const double reciprocal[9], int n_point,
                          const double *charge, double *forces)
{
    const int *n = mesh->n;

    for (int i = 0; i < n_point; ++i) {
        const spread *s = mesh->points + i;
        double slope[3] = {0};

        for (int p = 0; p < ORDER; ++p)
            for (int q = 0; q < ORDER; ++q) {
                const int x = (s->at[0] - p + n[0] * ORDER) % n[0],
                          y = (s->at[1] - q + n[1] * ORDER) % n[1];
                const double *row = mesh->charge + (size_t)(x * n[1] + y) * (size_t)n[2];
                double value = 0, along = 0;

                for (int r = 0; r < ORDER; ++r) {
                    const double v = row[(s->at[2] - r + n[2] * ORDER) % n[2]];

                    value += s->w[2][r] * v;
                    along += s->dw[2][r] * v;
                }
                slope[0] += s->dw[0][p] * s->w[1][q] * value;
                slope[1] += s->w[0][p] * s->dw[1][q] * value;
                slope[2] += s->w[0][p] * s->w[1][q] * along;
            }
        for (int k = 0; k < 3; ++k) {
            double sum = 0;

            for (int a = 0; a < 3; ++a)
                sum += slope[a] * n[a] * reciprocal[3 * a + k] / (2 * KM_PI);
            forces[3 * i + k] -= charge[i] * sum;
        }
    }
}

static void add_self_and_background(const km_mesh_ewald *mesh, double volume, int n_point,
                                    const double *charge, km_potential_sums *sums)
{
    double total = 0, squares = 0, background;

    for (int i = 0; i < n_point; ++i) {
        total += charge[i];
        squares += charge[i] * charge[i];
    }
    background = -KM_PI * total * total / (2 * volume * mesh->split * mesh->split);
    sums->energy_ha += background - mesh->split / sqrt(KM_PI) * squares;
    for (int a = 0; a < 3; ++a) sums->strain_gradient_ha[4 * a] -= background;
}

/* The points of the grid along each vector: by the distance of its planes, so that oblique cells have no fewer. */
static void choose_grid(const km_mesh_ewald *mesh, const double *cell, int n[3])
{
    for (int a = 0; a < 3; ++a) {
        const double *v = cell + 3 * a;
        const double length = sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
        const int wanted = (int)ceil(length * mesh->split / STEP_TIMES_SPLIT);

        n[a] = round_up(wanted > LEAST_GRID ? wanted : LEAST_GRID);
    }
}

km_status km_mesh_ewald_compute(km_mesh_ewald *mesh, const double *cell_bohr, int n_point,
                                const double *frac, const double *charge,
                                km_potential_sums *sums)
{
    double reciprocal[9];
    const double volume = fabs(km_cell_reciprocal(cell_bohr, reciprocal));
    int n[3];

    choose_grid(mesh, cell_bohr, n);
    KM_TRY(make_grid(mesh, n));
    KM_TRY(reserve_points(mesh, n_point));
    spread_charges(mesh, n_point, frac, charge);
    fftw_execute(mesh->forward);
    fold(mesh, reciprocal, volume, sums);
    fftw_execute(mesh->backward);
    gather_forces(mesh, reciprocal, n_point, charge, sums->forces_ha_bohr);
    add_self_and_background(mesh, volume, n_point, charge, sums);
    return KM_OK;
}
