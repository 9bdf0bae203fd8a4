#include "kaimen/math/birch_murnaghan.h"

#include "kaimen/base/memory.h"

#include <math.h>

#define N_TERM 4

/* LAPACK: least squares by a QR factorisation, of full rank. */
void dgels_(const char *, const int *, const int *, const int *, double *, const int *,
            double *, const int *, double *, const int *, int *);

static km_status check_points(int n, const double *volume, const double *energy)
{
    KM_TRY(KM_CHECK(n >= N_TERM, KM_E_ARGUMENT, "%d points; wanted at least %d", n, N_TERM));
    for (int i = 0; i < n; ++i)
        KM_TRY(KM_CHECK(volume[i] > 0 && isfinite(volume[i]) && isfinite(energy[i]),
                        KM_E_ARGUMENT,
                        "point %d: volume %g, energy %g; wanted a positive volume and finite "
                        "numbers",
                        i + 1, volume[i], energy[i]));
    return KM_OK;
}

/* Of [first, last] to [-1, 1]: the powers are then far from parallel. */
typedef struct {
    double centre, half;
} interval;

static interval find_interval(int n, const double *x)
{
    double low = x[0], high = x[0];

    for (int i = 1; i < n; ++i) {
        low = fmin(low, x[i]);
        high = fmax(high, x[i]);
    }
    return (interval){(low + high) / 2, (high - low) / 2};
}

static double cubic(const double c[N_TERM], double t)
{
    return c[0] + t * (c[1] + t * (c[2] + t * c[3]));
}

/* Coefficients of the cubic in t, by least squares. a: [N_TERM][n], column by column; b: [n], then the coefficients. */
static km_status solve(int n, const double *t, double *a, double *b)
{
    const int n_term = N_TERM, one = 1, n_work = 64 * (N_TERM + 1);
    double work[64 * (N_TERM + 1)];
    int info;

    for (int i = 0; i < n; ++i)
        for (int j = 0; j < N_TERM; ++j) a[j * n + i] = pow(t[i], j);
    dgels_("N", &n, &n_term, &one, a, &n, b, &n, work, &n_work, &info);
    KM_TRY(KM_CHECK(info == 0, KM_E_NUMERIC, "least squares: LAPACK info %d", info));
    /* The triangle's diagonal shows whether the columns were independent; below 1e-8 of the first nothing is left. */
    for (int j = 0; j < N_TERM; ++j)
        KM_TRY(KM_CHECK(fabs(a[j * n + j]) > 1e-8 * fabs(a[0]), KM_E_NUMERIC,
                        "fewer than %d of the volumes differ", N_TERM));
    return KM_OK;
}

/* Where the cubic has its minimum; false where it has none. */
static bool find_minimum(const double c[N_TERM], double *t)
{
    double root2 = c[2] * c[2] - 3 * c[1] * c[3];

    if (!(root2 > 0)) return false;
    /* Of the two roots of c1 + 2 c2 t + 3 c3 t^2 that with E'' > 0, in the form without a difference of equal numbers. */
    if (c[2] + sqrt(root2) > 0)
        *t = -c[1] / (c[2] + sqrt(root2));
    else
        *t = (sqrt(root2) - c[2]) / (3 * c[3]);
    return isfinite(*t);
}

static void describe_minimum(const double c[N_TERM], interval range, double scale, double t,
                             km_birch_murnaghan *fit)
{
    double x0 = range.centre + range.half * t; /* (V0 / scale)^(-2/3) */
    double second = (2 * c[2] + 6 * c[3] * t) / (range.half * range.half);
    double third = 6 * c[3] / (range.half * range.half * range.half);

    if (!(x0 > 0)) return;
    fit->has_minimum = true;
    fit->v0 = scale * pow(x0, -1.5);
    fit->e0 = cubic(c, t);
    fit->b0 = 4.0 / 9 * pow(x0, 3.5) * second / scale;
    fit->b1 = 4 + 2.0 / 3 * x0 * third / second;
}

km_status km_birch_murnaghan_fit(int n, const double *volume, const double *energy,
                                 km_birch_murnaghan *fit)
{
    double *t = NULL, *a = NULL, *b = NULL, sum2 = 0, minimum;
    km_status status;
    interval range;

    *fit = (km_birch_murnaghan){false, NAN, NAN, NAN, NAN, NAN};
    KM_TRY(check_points(n, volume, energy));
    KM_TRY_TO(end, KM_ALLOC(t, n));
    KM_TRY_TO(end, KM_ALLOC(a, N_TERM * n));
    KM_TRY_TO(end, KM_ALLOC(b, n));
    for (int i = 0; i < n; ++i) {
        t[i] = pow(volume[i] / volume[0], -2.0 / 3);
        b[i] = energy[i] - energy[0]; /* the well is small beside the total energy */
    }
    range = find_interval(n, t);
    KM_TRY_TO(end, KM_CHECK(range.half > 0, KM_E_NUMERIC, "all volumes are %g", volume[0]));
    for (int i = 0; i < n; ++i) t[i] = (t[i] - range.centre) / range.half;
    KM_TRY_TO(end, solve(n, t, a, b));
    for (int i = 0; i < n; ++i) sum2 += pow(energy[i] - energy[0] - cubic(b, t[i]), 2);
    fit->residual = sqrt(sum2 / n);
    if (find_minimum(b, &minimum)) describe_minimum(b, range, volume[0], minimum, fit);
    fit->e0 += energy[0];
end:
    KM_FREE(t);
    KM_FREE(a);
    KM_FREE(b);
    return status;
}

double km_birch_murnaghan_energy(const km_birch_murnaghan *fit, double volume)
{
    double strain = pow(fit->v0 / volume, 2.0 / 3) - 1;

    return fit->e0 +
           9.0 / 16 * fit->v0 * fit->b0 * strain * strain * (strain * (fit->b1 - 4) + 2);
}
