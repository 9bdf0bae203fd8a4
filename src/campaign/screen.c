/* Regression of relaxed boundary energies on what is known before relaxation. */
#include "kaimen/campaign/boundary_search.h"
#include "kaimen/math/dense.h"
#include "kaimen/math/eigen.h"

#include <math.h>
#include <string.h>

/* Ridge, in units of a sample: a feature that only a few samples bear out counts little. */
static const double RIDGE = 1;
/* Energies above the lowest of their boundary are taken as at most so much, J/m2: what overlaps is no structure to learn from. */
static const double MOST_J_M2 = 1;
#define LEAST_SAMPLES 6

double km_boundary_compressed_j_m2(const km_boundary_list *list, int candidate)
{
    const km_boundary *boundary = list->boundary + list->candidate[candidate].i_boundary;
    double lowest = INFINITY, above;

    for (int i = boundary->first; i < boundary->first + boundary->n; ++i)
        lowest = fmin(lowest, list->candidate[i].rigid_j_m2);
    above = list->candidate[candidate].rigid_j_m2 - lowest;
    return lowest + (isfinite(above) ? log1p(above) : log1p(1e6));
}

/* Features of a candidate: the descriptors, with the roots of those that are squares, and the rigid energy. */
static void take_features(const km_boundary_list *list, int candidate, double f[KM_SCREEN_N])
{
    const double *d = list->candidate[candidate].descriptor;

    for (int k = 0; k < KM_BOUNDARY_N_DESCRIPTOR; ++k)
        f[k] = k >= 1 && k <= 4 ? sqrt(fmax(0, d[k])) : d[k];
    f[KM_BOUNDARY_N_DESCRIPTOR] = km_boundary_compressed_j_m2(list, candidate);
}

typedef void (*visitor)(void *context, const double *features, double energy);

/* Every candidate that is known, its energy no more than so much above the lowest of its boundary. */
static void visit(const km_boundary_list *list, const double *energy, const bool *is_used,
                  visitor call, void *context)
{
    for (int b = 0; b < list->n_boundary; ++b) {
        const km_boundary *boundary = list->boundary + b;
        double lowest = INFINITY, f[KM_SCREEN_N];

        if (!is_used[b]) continue;
        for (int i = boundary->first; i < boundary->first + boundary->n; ++i)
            if (isfinite(energy[i])) lowest = fmin(lowest, energy[i]);
        for (int i = boundary->first; i < boundary->first + boundary->n; ++i) {
            if (!isfinite(energy[i])) continue;
            take_features(list, i, f);
            call(context, f, fmin(energy[i], lowest + MOST_J_M2));
        }
    }
}

static void add_mean(void *context, const double *f, double energy)
{
    km_screen *s = context;

    ++s->n_sample;
    s->intercept += energy;
    for (int k = 0; k < KM_SCREEN_N; ++k) {
        s->mean[k] += f[k];
        s->scale[k] += f[k] * f[k];
    }
}

typedef struct {
    km_screen *screen;
    double matrix[KM_SCREEN_N * KM_SCREEN_N], right[KM_SCREEN_N], square;
} normal_equations;

static void scale_features(const km_screen *s, const double *f, double *x)
{
    for (int k = 0; k < KM_SCREEN_N; ++k) x[k] = (f[k] - s->mean[k]) / s->scale[k];
}

static void add_sample(void *context, const double *f, double energy)
{
    normal_equations *e = context;
    const double y = energy - e->screen->intercept;
    double x[KM_SCREEN_N];

    scale_features(e->screen, f, x);
    for (int i = 0; i < KM_SCREEN_N; ++i) {
        e->right[i] += x[i] * y;
        for (int j = 0; j < KM_SCREEN_N; ++j) e->matrix[KM_SCREEN_N * i + j] += x[i] * x[j];
    }
    e->square += y * y;
}

void km_screen_fit(const km_boundary_list *list, const double *energy_j_m2, const bool *is_used,
                   km_screen *screen)
{
    normal_equations e = {.screen = screen};
    double left;

    *screen = (km_screen){0};
    visit(list, energy_j_m2, is_used, add_mean, screen);
    if (screen->n_sample < LEAST_SAMPLES) {
        screen->n_sample = 0;
        return;
    }
    screen->intercept /= screen->n_sample;
    for (int k = 0; k < KM_SCREEN_N; ++k) {
        screen->mean[k] /= screen->n_sample;
        screen->scale[k] = sqrt(fmax(1e-20, screen->scale[k] / screen->n_sample -
                                                screen->mean[k] * screen->mean[k]));
    }
    visit(list, energy_j_m2, is_used, add_sample, &e);
    for (int k = 0; k < KM_SCREEN_N; ++k) e.matrix[(KM_SCREEN_N + 1) * k] += RIDGE;
    memcpy(screen->slope, e.right, sizeof screen->slope);
    if (!km_eigen_cholesky(true, KM_SCREEN_N, e.matrix, KM_SCREEN_N)) {
        screen->n_sample = 0; /* a feature that is no number */
        return;
    }
    km_dense_solve_lower(KM_SCREEN_N, e.matrix, false, 1, screen->slope);
    km_dense_solve_lower(KM_SCREEN_N, e.matrix, true, 1, screen->slope);
    /* |y - X b|^2 of ridge: y.y - b.(X^T y) - RIDGE b.b. */
    left = e.square;
    for (int k = 0; k < KM_SCREEN_N; ++k)
        left -= screen->slope[k] * (e.right[k] + RIDGE * screen->slope[k]);
    screen->error_j_m2 = sqrt(fmax(0, left) / screen->n_sample);
}

double km_screen_predict(const km_screen *screen, const km_boundary_list *list, int candidate)
{
    double f[KM_SCREEN_N], x[KM_SCREEN_N], sum = screen->intercept;

    take_features(list, candidate, f);
    scale_features(screen, f, x);
    /* Beyond what was learned the line does not go on for ever. */
    for (int k = 0; k < KM_SCREEN_N; ++k) sum += screen->slope[k] * fmax(-4, fmin(4, x[k]));
    return sum;
}
