#include "kaimen/dft/screening.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/units.h"

#include <math.h>
#include <string.h>

/* A preconditioner need not be exact: this much of the residual may be left. */
static const double TOLERANCE = 1e-3;
#define MAX_STEP 60
/* |G|^2 below this is G = 0, 1/bohr^2: the longest slab has 1e-5. */
static const double G2_ZERO = 1e-12;

struct km_screening {
    km_grid *grid; /* borrowed */
    int n_g;
    bool has_states;
    double total;                         /* integral of D times n_point / volume */
    double *root;                         /* sqrt(4 pi P / G^2), 0 at G = 0, [n_g] */
    double *states;                       /* D, [n_point] */
    double *v_r;                          /* [n_point] */
    double complex *image;                /* D of a potential, [n_g] */
    double complex *z, *rest, *direction; /* of the conjugate gradients, [n_g] */
};

km_status km_screening_create(km_grid *grid, const double *inverse_dielectric,
                              km_screening **out)
{
    const int n_g = km_grid_n_g(grid);
    const double *g2 = km_grid_g2(grid);
    km_screening *s = NULL;
    km_status status = KM_OK;

    *out = NULL;
    KM_TRY(KM_ALLOC(s, 1));
    s->grid = grid;
    s->n_g = n_g;
    KM_TRY_TO(fail, KM_ALLOC(s->root, n_g));
    KM_TRY_TO(fail, KM_ALLOC(s->states, km_grid_n_point(grid)));
    KM_TRY_TO(fail, KM_ALLOC(s->v_r, km_grid_n_point(grid)));
    KM_TRY_TO(fail, KM_ALLOC(s->image, n_g));
    KM_TRY_TO(fail, KM_ALLOC(s->z, n_g));
    KM_TRY_TO(fail, KM_ALLOC(s->rest, n_g));
    KM_TRY_TO(fail, KM_ALLOC(s->direction, n_g));
    for (int ig = 0; ig < n_g; ++ig)
        if (g2[ig] > G2_ZERO) s->root[ig] = sqrt(4 * KM_PI * inverse_dielectric[ig] / g2[ig]);
    *out = s;
    return KM_OK;
fail:
    km_screening_destroy(&s);
    return status;
}

void km_screening_destroy(km_screening **screening)
{
    km_screening *s = *screening;

    if (!s) return;
    KM_FREE(s->root);
    KM_FREE(s->states);
    KM_FREE(s->v_r);
    KM_FREE(s->image);
    KM_FREE(s->z);
    KM_FREE(s->rest);
    KM_FREE(s->direction);
    KM_FREE(*screening);
}

void km_screening_set_states(km_screening *s, const double *density_of_states)
{
    const int n_point = km_grid_n_point(s->grid);

    memcpy(s->states, density_of_states, sizeof *s->states * (size_t)n_point);
    s->total = 0;
    for (int i = 0; i < n_point; ++i) s->total += s->states[i];
    s->has_states = s->total > 0;
}

/* image = D (V - <V>_D) for V = root z. */
static void respond(km_screening *s, const double complex *z)
{
    const int n_point = km_grid_n_point(s->grid);
    double mean = 0;

    for (int ig = 0; ig < s->n_g; ++ig) s->image[ig] = s->root[ig] * z[ig];
    km_grid_to_real(s->grid, s->image, s->v_r);
    for (int i = 0; i < n_point; ++i) mean += s->states[i] * s->v_r[i] / s->total;
    for (int i = 0; i < n_point; ++i) s->v_r[i] = s->states[i] * (s->v_r[i] - mean);
    km_grid_to_reciprocal(s->grid, s->v_r, s->image);
}

static double product(const km_screening *s, const double complex *a, const double complex *b)
{
    double sum = 0;

    for (int ig = 0; ig < s->n_g; ++ig)
        sum += creal(a[ig]) * creal(b[ig]) + cimag(a[ig]) * cimag(b[ig]);
    return sum;
}

/* (1 + root D root) z = root F by conjugate gradients from z = 0; the number of steps. */
static int solve(km_screening *s, const double complex *residual)
{
    double norm2, first2;
    int n = 0;

    for (int ig = 0; ig < s->n_g; ++ig) {
        s->z[ig] = 0;
        s->rest[ig] = s->direction[ig] = s->root[ig] * residual[ig];
    }
    first2 = norm2 = product(s, s->rest, s->rest);
    for (; n < MAX_STEP && norm2 > TOLERANCE * TOLERANCE * first2; ++n) {
        double step, next2;

        respond(s, s->direction);
        for (int ig = 0; ig < s->n_g; ++ig)
            s->image[ig] = s->direction[ig] + s->root[ig] * s->image[ig];
        step = norm2 / product(s, s->direction, s->image);
        for (int ig = 0; ig < s->n_g; ++ig) {
            s->z[ig] += step * s->direction[ig];
            s->rest[ig] -= step * s->image[ig];
        }
        next2 = product(s, s->rest, s->rest);
        for (int ig = 0; ig < s->n_g; ++ig)
            s->direction[ig] = s->rest[ig] + next2 / norm2 * s->direction[ig];
        norm2 = next2;
    }
    return n;
}

int km_screening_apply(km_screening *s, double complex *residual)
{
    int n_step;

    if (!s->has_states) return 0;
    n_step = solve(s, residual);
    respond(s, s->z);
    for (int ig = 0; ig < s->n_g; ++ig)
        if (s->root[ig] > 0) residual[ig] -= s->image[ig];
    return n_step;
}
