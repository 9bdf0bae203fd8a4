#include "kaimen/math/spline.h"

#include "kaimen/base/memory.h"

#include <string.h>

struct km_spline {
    double step;
    int n;
    double *y;
    double *curvature; /* second derivative times step^2 / 6, at each point */
};

/**
 * Second derivatives: c[i-1] + 4 c[i] + c[i+1] = y[i-1] - 2 y[i] + y[i+1]. Not-a-knot, c[0] = 2 c[1] - c[2], turns the
 * first row into 6 c[1] = ..., and the last one alike, so the system stays tridiagonal.
 */
static void solve_curvature(int n, const double *y, double *c, double *factor)
{
    int last = n - 2;

    c[1] = (y[0] - 2.0 * y[1] + y[2]) / 6.0;
    factor[1] = 0.0;
    for (int i = 2; i < last; ++i) {
        double pivot = 4.0 - factor[i - 1];

        factor[i] = 1.0 / pivot;
        c[i] = (y[i - 1] - 2.0 * y[i] + y[i + 1] - c[i - 1]) / pivot;
    }
    c[last] = (y[last - 1] - 2.0 * y[last] + y[last + 1]) / 6.0;
    for (int i = last - 1; i > 1; --i) c[i] -= factor[i] * c[i + 1];
    c[0] = 2.0 * c[1] - c[2];
    c[n - 1] = 2.0 * c[last] - c[last - 1];
}

km_status km_spline_create(double step, int n, const double *y, km_spline **out)
{
    km_spline *spline = NULL;
    double *factor = NULL;
    km_status status;

    *out = NULL;
    KM_TRY(KM_CHECK(step > 0, KM_E_ARGUMENT, "step = %g of a spline must be positive", step));
    KM_TRY(KM_CHECK(n >= 4, KM_E_ARGUMENT, "a spline needs 4 points, not %d", n));
    KM_TRY(KM_ALLOC(spline, 1));
    KM_TRY_TO(done, KM_ALLOC(spline->y, n));
    KM_TRY_TO(done, KM_ALLOC(spline->curvature, n));
    KM_TRY_TO(done, KM_ALLOC(factor, n));
    spline->step = step;
    spline->n = n;
    memcpy(spline->y, y, (size_t)n * sizeof *y);
    solve_curvature(n, y, spline->curvature, factor);
    *out = spline;
    spline = NULL;
done:
    KM_FREE(factor);
    km_spline_destroy(&spline);
    return status;
}

void km_spline_destroy(km_spline **spline)
{
    if (!*spline) return;
    KM_FREE((*spline)->y);
    KM_FREE((*spline)->curvature);
    KM_FREE(*spline);
}

void km_spline_compute(const km_spline *spline, int n, const double *x, double *y)
{
    const double *f = spline->y, *c = spline->curvature;
    double inverse = 1.0 / spline->step, end = spline->n - 1;

    for (int i = 0; i < n; ++i) {
        double t = x[i] * inverse;
        int k;
        double a, b;

        if (t > end + 1e-9) { /* rounding of the last point itself */
            y[i] = 0.0;
            continue;
        }
        k = t < end ? (int)t : spline->n - 2;
        b = t - k;
        a = 1.0 - b;
        y[i] =
            a * f[k] + b * f[k + 1] + a * (a * a - 1.0) * c[k] + b * (b * b - 1.0) * c[k + 1];
    }
}
