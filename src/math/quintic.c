#include "kaimen/math/quintic.h"

#include "kaimen/base/memory.h"

struct km_quintic {
    double step;
    int n_interval;
    double *c; /* of the powers of (x - x_i) / step, [n_interval][6] */
};

/** The polynomial on [0, 1] that has value, slope and curvature a at 0 and b at 1. */
static void fit_interval(double h, const double *a, const double *b, double *c)
{
    double value, slope, curvature;

    c[0] = a[0];
    c[1] = h * a[1];
    c[2] = 0.5 * h * h * a[2];
    value = b[0] - c[0] - c[1] - c[2];
    slope = h * b[1] - c[1] - 2 * c[2];
    curvature = h * h * b[2] - 2 * c[2];
    c[3] = 10 * value - 4 * slope + 0.5 * curvature;
    c[4] = -15 * value + 7 * slope - curvature;
    c[5] = 6 * value - 3 * slope + 0.5 * curvature;
}

km_status km_quintic_create(double step, int n, const double *f, km_quintic **out)
{
    km_quintic *quintic = NULL;
    km_status status;

    *out = NULL;
    KM_TRY(KM_CHECK(step > 0, KM_E_ARGUMENT, "step = %g must be positive", step));
    KM_TRY(KM_CHECK(n >= 2, KM_E_ARGUMENT, "interpolation needs 2 points, not %d", n));
    KM_TRY(KM_ALLOC(quintic, 1));
    KM_TRY_TO(fail, KM_ALLOC(quintic->c, 6 * (n - 1)));
    quintic->step = step;
    quintic->n_interval = n - 1;
    for (int i = 0; i < n - 1; ++i)
        fit_interval(step, f + 3 * i, f + 3 * i + 3, quintic->c + 6 * i);
    *out = quintic;
    return KM_OK;
fail:
    km_quintic_destroy(&quintic);
    return status;
}

void km_quintic_destroy(km_quintic **quintic)
{
    if (!*quintic) return;
    KM_FREE((*quintic)->c);
    KM_FREE(*quintic);
}

double km_quintic_end(const km_quintic *quintic)
{
    return quintic->step * quintic->n_interval;
}

/** Coefficients of the interval that holds x, and where in it x is. */
static const double *find_interval(const km_quintic *quintic, double x, double *t)
{
    int i = (int)(x / quintic->step);

    if (i > quintic->n_interval - 1) i = quintic->n_interval - 1;
    *t = x / quintic->step - i;
    return quintic->c + 6 * i;
}

double km_quintic_value(const km_quintic *quintic, double x)
{
    double t;
    const double *c = find_interval(quintic, x, &t);

    return c[0] + t * (c[1] + t * (c[2] + t * (c[3] + t * (c[4] + t * c[5]))));
}

double km_quintic_slope(const km_quintic *quintic, double x)
{
    double t;
    const double *c = find_interval(quintic, x, &t);

    return (c[1] + t * (2 * c[2] + t * (3 * c[3] + t * (4 * c[4] + t * 5 * c[5])))) /
           quintic->step;
}
