#include "potential/lbfgs.h"

#include "kaimen/base/memory.h"

#include <math.h>
#include <string.h>

/* Cosine of step and change below which the curvature is rounding error or noise of the forces. */
static const double LEAST_COSINE = 1e-4;

struct km_lbfgs {
    int n;
    int n_pair;
    double *step;   /* [KM_LBFGS_MEMORY][n], oldest first */
    double *change; /* likewise */
    double *work;   /* [n] */
};

km_status km_lbfgs_create(int n, km_lbfgs **lbfgs)
{
    km_lbfgs *made = NULL;
    km_status status = KM_OK;

    *lbfgs = NULL;
    KM_TRY(KM_ALLOC(made, 1));
    made->n = n;
    KM_TRY_TO(fail, KM_ALLOC(made->step, (size_t)KM_LBFGS_MEMORY * (size_t)n));
    KM_TRY_TO(fail, KM_ALLOC(made->change, (size_t)KM_LBFGS_MEMORY * (size_t)n));
    KM_TRY_TO(fail, KM_ALLOC(made->work, n));
    *lbfgs = made;
    return KM_OK;
fail:
    km_lbfgs_destroy(&made);
    return status;
}

void km_lbfgs_destroy(km_lbfgs **lbfgs)
{
    if (!*lbfgs) return;
    KM_FREE((*lbfgs)->step);
    KM_FREE((*lbfgs)->change);
    KM_FREE((*lbfgs)->work);
    KM_FREE(*lbfgs);
}

void km_lbfgs_clear(km_lbfgs *lbfgs)
{
    lbfgs->n_pair = 0;
}

static double dot(int n, const double *a, const double *b)
{
    double sum = 0;

    for (int i = 0; i < n; ++i) sum += a[i] * b[i];
    return sum;
}

static double *row(const km_lbfgs *lbfgs, double *rows, int i)
{
    return rows + (size_t)i * (size_t)lbfgs->n;
}

bool km_lbfgs_add(km_lbfgs *lbfgs, const double *step, const double *change)
{
    const int n = lbfgs->n;
    const size_t old = (size_t)(KM_LBFGS_MEMORY - 1) * (size_t)n;
    const double size = sqrt(dot(n, step, step) * dot(n, change, change));

    if (!(dot(n, step, change) > LEAST_COSINE * size)) return false;
    if (lbfgs->n_pair == KM_LBFGS_MEMORY) {
        memmove(lbfgs->step, lbfgs->step + n, sizeof *step * old);
        memmove(lbfgs->change, lbfgs->change + n, sizeof *change * old);
        --lbfgs->n_pair;
    }
    memcpy(row(lbfgs, lbfgs->step, lbfgs->n_pair), step, sizeof *step * (size_t)n);
    memcpy(row(lbfgs, lbfgs->change, lbfgs->n_pair), change, sizeof *change * (size_t)n);
    ++lbfgs->n_pair;
    return true;
}

/* The factor that makes P^-1 the inverse curvature along the last step. */
static double find_scale(km_lbfgs *lbfgs, km_preconditioner precondition, const void *context)
{
    const int n = lbfgs->n;
    const double *s, *y;

    if (lbfgs->n_pair == 0) return 1;
    s = row(lbfgs, lbfgs->step, lbfgs->n_pair - 1);
    y = row(lbfgs, lbfgs->change, lbfgs->n_pair - 1);
    memcpy(lbfgs->work, y, sizeof *y * (size_t)n);
    precondition(context, lbfgs->work);
    return dot(n, s, y) / dot(n, y, lbfgs->work);
}

void km_lbfgs_compute_direction(km_lbfgs *lbfgs, const double *gradient,
                                km_preconditioner precondition, const void *context,
                                double *direction)
{
    const double scale = find_scale(lbfgs, precondition, context);
    const int n = lbfgs->n;
    double alpha[KM_LBFGS_MEMORY];

    for (int i = 0; i < n; ++i) direction[i] = -gradient[i];
    for (int m = lbfgs->n_pair - 1; m >= 0; --m) {
        const double *s = row(lbfgs, lbfgs->step, m), *y = row(lbfgs, lbfgs->change, m);

        alpha[m] = dot(n, s, direction) / dot(n, s, y);
        for (int i = 0; i < n; ++i) direction[i] -= alpha[m] * y[i];
    }
    precondition(context, direction);
    for (int i = 0; i < n; ++i) direction[i] *= scale;
    for (int m = 0; m < lbfgs->n_pair; ++m) {
        const double *s = row(lbfgs, lbfgs->step, m), *y = row(lbfgs, lbfgs->change, m);
        const double beta = dot(n, y, direction) / dot(n, s, y);

        for (int i = 0; i < n; ++i) direction[i] += (alpha[m] - beta) * s[i];
    }
}

km_status km_lbfgs_write(const km_lbfgs *lbfgs, km_h5 *group)
{
    const int shape[2] = {lbfgs->n_pair, lbfgs->n};

    KM_TRY(km_h5_write_int(group, "n_pair", lbfgs->n_pair));
    if (lbfgs->n_pair == 0) return KM_OK;
    KM_TRY(km_h5_write_doubles(group, "pair_step", "bohr", 2, shape, lbfgs->step));
    return km_h5_write_doubles(group, "pair_change", "Ha/bohr", 2, shape, lbfgs->change);
}

km_status km_lbfgs_read(km_lbfgs *lbfgs, km_h5 *group)
{
    long n_pair;

    KM_TRY(km_h5_read_int(group, "n_pair", &n_pair));
    KM_TRY(KM_CHECK(n_pair >= 0 && n_pair <= KM_LBFGS_MEMORY, KM_E_IO,
                    "n_pair = %ld must be at most %d", n_pair, KM_LBFGS_MEMORY));
    lbfgs->n_pair = (int)n_pair;
    if (n_pair == 0) return KM_OK;
    KM_TRY(km_h5_read_doubles(group, "pair_step", lbfgs->n_pair * lbfgs->n, lbfgs->step));
    return km_h5_read_doubles(group, "pair_change", lbfgs->n_pair * lbfgs->n, lbfgs->change);
}
