#include "kaimen/math/special.h"

#include "kaimen/base/units.h"

#include <math.h>
#include <stddef.h>

static double bessel_series(int l, double x)
{
    double term = 1.0, sum;

    for (int i = 1; i <= l; ++i) term *= x / (2 * i + 1);
    sum = term;
    for (int k = 1; fabs(term) > 1e-17 * fabs(sum); ++k) {
        term *= -0.5 * x * x / (k * (2.0 * (l + k) + 1.0));
        sum += term;
    }
    return sum;
}

double km_spherical_bessel(int l, double x)
{
    double before, now, next;

    /* The recurrence loses digits for x < l; the series has no cancellation there. */
    if (x < l + 1.0) return bessel_series(l, x);
    before = cos(x) / x;
    now = sin(x) / x;
    for (int i = 0; i < l; ++i) {
        next = (2 * i + 1) / x * now - before;
        before = now;
        now = next;
    }
    return now;
}

static void harmonics_p(double x, double y, double z, double *out)
{
    double c = sqrt(3.0 / (4.0 * KM_PI));

    out[0] = c * y;
    out[1] = c * z;
    out[2] = c * x;
}

static void harmonics_d(double x, double y, double z, double *out)
{
    double c = sqrt(15.0 / (4.0 * KM_PI));

    out[0] = c * x * y;
    out[1] = c * y * z;
    out[2] = sqrt(5.0 / (16.0 * KM_PI)) * (3.0 * z * z - 1.0);
    out[3] = c * x * z;
    out[4] = 0.5 * c * (x * x - y * y);
}

static void harmonics_f(double x, double y, double z, double *out)
{
    double c1 = sqrt(21.0 / (32.0 * KM_PI)), c2 = sqrt(105.0 / (4.0 * KM_PI)),
           c3 = sqrt(35.0 / (32.0 * KM_PI));

    out[0] = c3 * y * (3.0 * x * x - y * y);
    out[1] = c2 * x * y * z;
    out[2] = c1 * y * (5.0 * z * z - 1.0);
    out[3] = sqrt(7.0 / (16.0 * KM_PI)) * z * (5.0 * z * z - 3.0);
    out[4] = c1 * x * (5.0 * z * z - 1.0);
    out[5] = 0.5 * c2 * z * (x * x - y * y);
    out[6] = c3 * x * (x * x - 3.0 * y * y);
}

void km_spherical_harmonics(int l, int n, const double *vector, double *y)
{
    static void (*const formulas[])(double, double, double,
                                    double *) = {NULL, harmonics_p, harmonics_d, harmonics_f};
    double one[2 * KM_HARMONIC_L_MAX + 1];

    for (int i = 0; i < n; ++i) {
        const double *v = vector + 3 * (long)i;
        double length = sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
        double scale = length > 0 ? 1.0 / length : 0.0;

        if (l == 0)
            one[0] = sqrt(0.25 / KM_PI);
        else
            formulas[l](scale * v[0], scale * v[1], scale * v[2], one);
        if (l > 0 && length <= 0)
            for (int m = 0; m < 2 * l + 1; ++m) one[m] = 0.0;
        for (int m = 0; m < 2 * l + 1; ++m) y[m * (long)n + i] = one[m];
    }
}

/* Gradients of the polynomials above; where their degrees differ, the tangential part is not affected. */
static void slopes_p(const double v[3], double out[][3])
{
    const double c = sqrt(3.0 / (4.0 * KM_PI));

    (void)v;
    out[0][1] = out[1][2] = out[2][0] = c;
}

static void set_row(double row[3], double scale, double x, double y, double z)
{
    row[0] = scale * x;
    row[1] = scale * y;
    row[2] = scale * z;
}

static void slopes_d(const double v[3], double out[][3])
{
    const double c = sqrt(15.0 / (4.0 * KM_PI)), x = v[0], y = v[1], z = v[2];

    set_row(out[0], c, y, x, 0);
    set_row(out[1], c, 0, z, y);
    set_row(out[2], sqrt(5.0 / (16.0 * KM_PI)), 0, 0, 6.0 * z);
    set_row(out[3], c, z, 0, x);
    set_row(out[4], c, x, -y, 0);
}

static void slopes_f(const double v[3], double out[][3])
{
    const double c1 = sqrt(21.0 / (32.0 * KM_PI)), c2 = sqrt(105.0 / (4.0 * KM_PI)),
                 c3 = sqrt(35.0 / (32.0 * KM_PI)), x = v[0], y = v[1], z = v[2];

    set_row(out[0], 3.0 * c3, 2.0 * x * y, x * x - y * y, 0);
    set_row(out[1], c2, y * z, x * z, x * y);
    set_row(out[2], c1, 0, 5.0 * z * z - 1.0, 10.0 * y * z);
    set_row(out[3], sqrt(7.0 / (16.0 * KM_PI)), 0, 0, 15.0 * z * z - 3.0);
    set_row(out[4], c1, 5.0 * z * z - 1.0, 0, 10.0 * x * z);
    set_row(out[5], 0.5 * c2, 2.0 * x * z, -2.0 * y * z, x * x - y * y);
    set_row(out[6], 3.0 * c3, x * x - y * y, -2.0 * x * y, 0);
}

void km_spherical_harmonic_gradients(int l, int n, const double *vector, double *dy)
{
    static void (*const formulas[])(const double *, double[][3]) = {NULL, slopes_p, slopes_d,
                                                                    slopes_f};

    for (int i = 0; i < n; ++i) {
        const double *v = vector + 3 * (long)i;
        const double length = sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
        const double scale = length > 0 ? 1.0 / length : 0.0;
        const double unit[3] = {scale * v[0], scale * v[1], scale * v[2]};
        double slope[2 * KM_HARMONIC_L_MAX + 1][3] = {{0}};

        if (l > 0) formulas[l](unit, slope);
        for (int m = 0; m < 2 * l + 1; ++m) {
            const double *s = slope[m];
            const double radial = unit[0] * s[0] + unit[1] * s[1] + unit[2] * s[2];

            for (int x = 0; x < 3; ++x)
                dy[(3 * m + x) * (long)n + i] = scale * (s[x] - radial * unit[x]);
        }
    }
}
