#include "kaimen/potential/ewald.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/units.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* exp(-x^2) and erfc(x) are below 3e-16 beyond this x: the cutoff of both sums. */
#define SUM_CUTOFF 6.0
/* Time of one pair term (erfc and exp) over that of one G vector and point, measured. */
#define PAIR_OVER_WAVE_COST 5.0
/* Points closer than this are at one place. */
#define SAME_PLACE_BOHR 1e-8

/* One computation: the cell, the split and the sums. */
typedef struct {
    double cell[3][3];
    double reciprocal[3][3];
    double volume;
    double split; /* 1/bohr: erfc(split r) / r is summed over distances */
    int n_point;
    const double *frac;   /* borrowed */
    const double *charge; /* borrowed */
    double energy;
    double strain_gradient[3][3]; /* dE/dstrain */
    double *forces;               /* borrowed, may be NULL */
} ewald_sum;

static double dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static void cross(const double a[3], const double b[3], double c[3])
{
    c[0] = a[1] * b[2] - a[2] * b[1];
    c[1] = a[2] * b[0] - a[0] * b[2];
    c[2] = a[0] * b[1] - a[1] * b[0];
}

static km_status check_points(int n_point, const double *frac, const double *charge)
{
    for (int i = 0; i < n_point; i++) {
        bool finite = isfinite(charge[i]);

        for (int a = 0; a < 3; a++) finite = finite && isfinite(frac[3 * i + a]);
        KM_TRY(KM_CHECK(finite, KM_E_ARGUMENT,
                        "point %d: charge %g at (%g, %g, %g) must be finite", i + 1, charge[i],
                        frac[3 * i], frac[3 * i + 1], frac[3 * i + 2]));
    }
    return KM_OK;
}

static km_status make_sum(const double *cell_bohr, int n_point, const double *frac,
                          const double *charge, double *forces, ewald_sum *sum)
{
    double determinant, longest = 0;

    KM_TRY(KM_CHECK(n_point > 0, KM_E_ARGUMENT, "n_point = %d must be positive", n_point));
    KM_TRY(check_points(n_point, frac, charge));
    memset(sum, 0, sizeof *sum);
    memcpy(sum->cell, cell_bohr, sizeof sum->cell);
    for (int a = 0; a < 3; a++) {
        cross(sum->cell[(a + 1) % 3], sum->cell[(a + 2) % 3], sum->reciprocal[a]);
        longest = fmax(longest, sqrt(dot(sum->cell[a], sum->cell[a])));
    }
    determinant = dot(sum->cell[0], sum->reciprocal[0]);
    KM_TRY(KM_CHECK(fabs(determinant) > 1e-12 * longest * longest * longest, KM_E_ARGUMENT,
                    "cell volume %g bohr^3 must not vanish", determinant));
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++) sum->reciprocal[a][b] *= 2 * KM_PI / determinant;
    sum->volume = fabs(determinant);
    /* Pairs cost ~ n^2 / (V split^3), waves ~ n V split^3: the sum is least where both are equal. */
    sum->split =
        pow(KM_PI * KM_PI * KM_PI * PAIR_OVER_WAVE_COST * n_point / (sum->volume * sum->volume),
            1.0 / 6.0);
    sum->n_point = n_point;
    sum->frac = frac;
    sum->charge = charge;
    sum->forces = forces;
    return KM_OK;
}

static void add_self_and_background(ewald_sum *sum)
{
    double total = 0, squares = 0, background;

    for (int i = 0; i < sum->n_point; i++) {
        total += sum->charge[i];
        squares += sum->charge[i] * sum->charge[i];
    }
    background = -KM_PI * total * total / (2 * sum->volume * sum->split * sum->split);
    sum->energy += background - sum->split / sqrt(KM_PI) * squares;
    for (int a = 0; a < 3; a++) sum->strain_gradient[a][a] -= background;
}

/* One pair term, its gradient to the forces on i and j; `share` is 1/2 for a point and its own image. */
static void add_pair(ewald_sum *sum, int i, int j, const double d[3], double share)
{
    const double r2 = dot(d, d), r = sqrt(r2), x = sum->split * r;
    const double product = share * sum->charge[i] * sum->charge[j];
    const double value = product * erfc(x) / r;
    const double gauss = product * 2 / sqrt(KM_PI) * sum->split * exp(-x * x);
    const double slope = (value + gauss) / r2; /* minus the derivative over r */

    sum->energy += value;
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++) sum->strain_gradient[a][b] -= slope * d[a] * d[b];
    if (!sum->forces || i == j) return;
    for (int a = 0; a < 3; a++) {
        sum->forces[3 * i + a] -= slope * d[a];
        sum->forces[3 * j + a] += slope * d[a];
    }
}

/* All images of j within the cutoff of i. Image planes farther than the cutoff are never visited. */
static km_status add_images(ewald_sum *sum, int i, int j)
{
    const double cutoff = SUM_CUTOFF / sum->split, share = i == j ? 0.5 : 1.0;
    double base[3], f[3], d[3];
    int low[3], high[3];

    for (int a = 0; a < 3; a++) {
        /* reach: how far the cutoff is in lattice planes of direction a */
        double reach = cutoff * sqrt(dot(sum->reciprocal[a], sum->reciprocal[a])) / (2 * KM_PI);

        base[a] = sum->frac[3 * j + a] - sum->frac[3 * i + a];
        base[a] -= round(base[a]);
        low[a] = (int)ceil(-reach - base[a]);
        high[a] = (int)floor(reach - base[a]);
    }
    for (int l = low[0]; l <= high[0]; l++)
        for (int m = low[1]; m <= high[1]; m++)
            for (int n = low[2]; n <= high[2]; n++) {
                f[0] = base[0] + l, f[1] = base[1] + m, f[2] = base[2] + n;
                for (int a = 0; a < 3; a++)
                    d[a] = f[0] * sum->cell[0][a] + f[1] * sum->cell[1][a] +
                           f[2] * sum->cell[2][a];
                if (dot(d, d) > cutoff * cutoff || (i == j && !l && !m && !n)) continue;
                if (dot(d, d) < SAME_PLACE_BOHR * SAME_PLACE_BOHR)
                    return KM_RAISE(KM_E_ARGUMENT, "points %d and %d are at one place", i + 1,
                                    j + 1);
                add_pair(sum, i, j, d, share);
            }
    return KM_OK;
}

static km_status add_real_space(ewald_sum *sum)
{
    for (int i = 0; i < sum->n_point; i++)
        for (int j = i; j < sum->n_point; j++) KM_TRY(add_images(sum, i, j));
    return KM_OK;
}

/* exp(2 pi i m frac) of all points, for m = 0..order in each direction. */
typedef struct {
    int order[3];
    double *re[3], *im[3];                           /* [order + 1][n_point] */
    double *plane_re, *plane_im, *wave_re, *wave_im; /* [n_point] */
    double *block;
} wave_table;

static km_status make_waves(const ewald_sum *sum, double g_max, wave_table *waves)
{
    const int n = sum->n_point;
    size_t size = 4 * (size_t)n;
    double *next;

    for (int a = 0; a < 3; a++) {
        waves->order[a] = (int)(g_max * sqrt(dot(sum->cell[a], sum->cell[a])) / (2 * KM_PI));
        size += 2 * (size_t)(waves->order[a] + 1) * n;
    }
    KM_TRY(KM_ALLOC(waves->block, size));
    next = waves->block;
    waves->plane_re = next, waves->plane_im = next + n;
    waves->wave_re = next + 2 * n, waves->wave_im = next + 3 * n;
    next += 4 * n;
    for (int a = 0; a < 3; a++) {
        size_t length = (size_t)(waves->order[a] + 1) * n;

        waves->re[a] = next, waves->im[a] = next + length;
        next += 2 * length;
        for (size_t k = 0; k < length; k++) {
            const size_t m = k / n;
            double turns = (double)m * sum->frac[3 * (k % n) + a];

            turns -= round(turns);
            waves->re[a][k] = cos(2 * KM_PI * turns);
            waves->im[a][k] = sin(2 * KM_PI * turns);
        }
    }
    return KM_OK;
}

/* product = left * exp(2 pi i m frac_a), m of either sign. */
static void multiply_wave(const wave_table *waves, int n, int a, int m, const double *left_re,
                          const double *left_im, double *re, double *im)
{
    const double *table_re = waves->re[a] + (size_t)abs(m) * n;
    const double *table_im = waves->im[a] + (size_t)abs(m) * n;
    const double sign = m < 0 ? -1 : 1;

    for (int i = 0; i < n; i++) {
        double c = table_re[i], s = sign * table_im[i];

        re[i] = left_re[i] * c - left_im[i] * s;
        im[i] = left_re[i] * s + left_im[i] * c;
    }
}

/* One G and its opposite; wave_re and wave_im hold charge * exp(iG.r). */
static void add_wave(ewald_sum *sum, const wave_table *waves, const double g[3], double g2)
{
    const double *re = waves->wave_re, *im = waves->wave_im;
    const double x = g2 / (4 * sum->split * sum->split);
    const double factor = 4 * KM_PI / sum->volume * exp(-x) / g2;
    double sum_re = 0, sum_im = 0, value;

    for (int i = 0; i < sum->n_point; i++) sum_re += re[i], sum_im += im[i];
    value = factor * (sum_re * sum_re + sum_im * sum_im);
    sum->energy += value;
    for (int a = 0; a < 3; a++) {
        sum->strain_gradient[a][a] -= value;
        for (int b = 0; b < 3; b++)
            sum->strain_gradient[a][b] += value * 2 * g[a] * g[b] / g2 * (1 + x);
    }
    if (!sum->forces) return;
    for (int i = 0; i < sum->n_point; i++) {
        double pull = 2 * factor * (sum_re * im[i] - sum_im * re[i]);

        for (int a = 0; a < 3; a++) sum->forces[3 * i + a] += pull * g[a];
    }
}

/* The row of G vectors (h, k, *); only one of G and -G is visited. */
static void add_row(ewald_sum *sum, const wave_table *waves, int h, int k, double g_max)
{
    const int first = h == 0 && k == 0 ? 1 : -waves->order[2];
    double g[3], g2;

    for (int l = first; l <= waves->order[2]; l++) {
        for (int a = 0; a < 3; a++)
            g[a] = h * sum->reciprocal[0][a] + k * sum->reciprocal[1][a] +
                   l * sum->reciprocal[2][a];
        g2 = dot(g, g);
        if (g2 > g_max * g_max) continue;
        multiply_wave(waves, sum->n_point, 2, l, waves->plane_re, waves->plane_im,
                      waves->wave_re, waves->wave_im);
        add_wave(sum, waves, g, g2);
    }
}

static km_status add_reciprocal_space(ewald_sum *sum)
{
    const double g_max = 2 * sum->split * SUM_CUTOFF;
    const int n = sum->n_point;
    wave_table waves;

    KM_TRY(make_waves(sum, g_max, &waves));
    for (int h = 0; h <= waves.order[0]; h++)
        for (int k = h == 0 ? 0 : -waves.order[1]; k <= waves.order[1]; k++) {
            const double *re = waves.re[0] + (size_t)h * n, *im = waves.im[0] + (size_t)h * n;

            for (int i = 0; i < n; i++) {
                waves.wave_re[i] = sum->charge[i] * re[i];
                waves.wave_im[i] = sum->charge[i] * im[i];
            }
            multiply_wave(&waves, n, 1, k, waves.wave_re, waves.wave_im, waves.plane_re,
                          waves.plane_im);
            add_row(sum, &waves, h, k, g_max);
        }
    KM_FREE(waves.block);
    return KM_OK;
}

km_status km_ewald_compute(const double *cell_bohr, int n_point, const double *frac,
                           const double *charge, double *energy_ha, double *forces_ha_bohr,
                           double *stress_ha_bohr3)
{
    ewald_sum sum;

    KM_TRY(make_sum(cell_bohr, n_point, frac, charge, forces_ha_bohr, &sum));
    if (forces_ha_bohr) memset(forces_ha_bohr, 0, 3 * (size_t)n_point * sizeof(double));
    add_self_and_background(&sum);
    KM_TRY(add_real_space(&sum));
    KM_TRY(add_reciprocal_space(&sum));
    *energy_ha = sum.energy;
    for (int k = 0; stress_ha_bohr3 && k < 9; k++)
        stress_ha_bohr3[k] = sum.strain_gradient[k / 3][k % 3] / sum.volume;
    return KM_OK;
}
