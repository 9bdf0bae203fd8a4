#include "sphere.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/units.h"
#include "kaimen/math/special.h"

#include <math.h>

/** Zero of j_l between two points of different sign, by bisection to the last digit. */
static double bisect_zero(int l, double low, double high)
{
    double at_low = km_spherical_bessel(l, low), middle;

    for (int i = 0; i < 60; ++i) {
        middle = 0.5 * (low + high);
        if (km_spherical_bessel(l, middle) * at_low > 0)
            low = middle;
        else
            high = middle;
    }
    return 0.5 * (low + high);
}

/** The first n - l zeros of j_l, from the n zeros of j_0, in place: zeros of neighbouring l interlace. */
static void find_zeros(int l, int n, double *zero)
{
    for (int k = 0; k < n; ++k) zero[k] = (k + 1) * KM_PI;
    for (int i = 1; i <= l; ++i)
        for (int k = 0; k < n - i; ++k) zero[k] = bisect_zero(i, zero[k], zero[k + 1]);
}

static km_status tabulate(km_sphere *sphere, double ecut_ha, int l)
{
    double radius = sphere->radius_bohr, q_max = sqrt(2.0 * ecut_ha);
    int n_zero = (int)(q_max * radius / KM_PI) + l + 1, n = 0, n_r = sphere->n_r;

    KM_TRY(KM_ALLOC(sphere->q_bohr[l], n_zero));
    find_zeros(l, n_zero, sphere->q_bohr[l]);
    for (int k = 0; k < n_zero - l; ++k) {
        sphere->q_bohr[l][k] /= radius;
        n += sphere->q_bohr[l][k] <= q_max;
    }
    sphere->n_basis[l] = n;
    KM_TRY(KM_ALLOC(sphere->value[l], n * n_r));
    KM_TRY(KM_ALLOC(sphere->slope[l], n * n_r));
    for (int k = 0; k < n; ++k) {
        double q = sphere->q_bohr[l][k];
        double norm = sqrt(2.0 / pow(radius, 3)) / fabs(km_spherical_bessel(l + 1, q * radius));

        for (int i = 0; i < n_r; ++i) {
            double r = sphere->r_bohr[i], j = km_spherical_bessel(l, q * r);

            sphere->value[l][k * n_r + i] = norm * j;
            sphere->slope[l][k * n_r + i] =
                norm * (l * j / r - q * km_spherical_bessel(l + 1, q * r));
        }
    }
    return KM_OK;
}

km_status km_sphere_create(double radius_bohr, double ecut_ha, int l_max, km_sphere **out)
{
    /* Products of two functions and their potential hold sines up to about 3 q_max. */
    int n_point = 4 * ((int)(sqrt(2.0 * ecut_ha) * radius_bohr / KM_PI) + 1);
    km_sphere *sphere = NULL;
    km_status status;

    *out = NULL;
    KM_TRY(KM_ALLOC(sphere, 1));
    sphere->radius_bohr = radius_bohr;
    sphere->n_r = n_point - 1;
    KM_TRY_TO(fail, KM_ALLOC(sphere->r_bohr, sphere->n_r));
    KM_TRY_TO(fail, KM_ALLOC(sphere->weight, sphere->n_r));
    KM_TRY_TO(fail, KM_ALLOC(sphere->sine, 2 * n_point));
    for (int i = 0; i < 2 * n_point; ++i) sphere->sine[i] = sin(KM_PI * i / n_point);
    for (int i = 0; i < sphere->n_r; ++i) {
        double r = radius_bohr * (i + 1) / n_point;

        sphere->r_bohr[i] = r;
        sphere->weight[i] = radius_bohr / n_point * r * r;
    }
    for (int l = 0; l <= l_max; ++l) KM_TRY_TO(fail, tabulate(sphere, ecut_ha, l));
    *out = sphere;
    return KM_OK;
fail:
    km_sphere_destroy(&sphere);
    return status;
}

void km_sphere_destroy(km_sphere **sphere)
{
    if (!*sphere) return;
    for (int l = 0; l <= KM_L_MAX; ++l) {
        KM_FREE((*sphere)->q_bohr[l]);
        KM_FREE((*sphere)->value[l]);
        KM_FREE((*sphere)->slope[l]);
    }
    KM_FREE((*sphere)->r_bohr);
    KM_FREE((*sphere)->weight);
    KM_FREE((*sphere)->sine);
    KM_FREE(*sphere);
}

void km_sphere_compute_hartree(const km_sphere *sphere, const double *rho_bohr3, double *v_ha)
{
    int n_r = sphere->n_r, n_point = n_r + 1;
    double n_electron = 0.0;

    for (int i = 0; i < n_r; ++i) n_electron += 4.0 * KM_PI * sphere->weight[i] * rho_bohr3[i];
    for (int i = 0; i < n_r; ++i) v_ha[i] = n_electron / sphere->radius_bohr;
    for (int k = 1; k < n_point; ++k) {
        double q = k * KM_PI / sphere->radius_bohr, b = 0.0;

        for (int i = 0; i < n_r; ++i)
            b += sphere->sine[k * (i + 1) % (2 * n_point)] * sphere->r_bohr[i] * rho_bohr3[i];
        b *= 8.0 * KM_PI / (n_point * q * q);
        for (int i = 0; i < n_r; ++i)
            v_ha[i] += b * sphere->sine[k * (i + 1) % (2 * n_point)] / sphere->r_bohr[i];
    }
}

void km_sphere_compute_transforms(const km_sphere *sphere, int l, int n_f,
                                  const double *const *f, double step, int n, double *row,
                                  double *const *out)
{
    for (int i = 0; i < n; ++i) {
        for (int k = 0; k < sphere->n_r; ++k)
            row[k] = sphere->weight[k] * km_spherical_bessel(l, i * step * sphere->r_bohr[k]);
        for (int j = 0; j < n_f; ++j) {
            double sum = 0.0;

            for (int k = 0; k < sphere->n_r; ++k) sum += row[k] * f[j][k];
            out[j][i] = sum;
        }
    }
}
