#include "kaimen/dft/edges.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/units.h"

#include <math.h>

/* V lies less than 3 meV below the vacuum level at this density and 4 eV of ionisation potential. */
#define PLATEAU_DENSITY 1e-5
/* The plateau also holds planes whose density has risen less than this from the smallest. */
#define PLATEAU_RISE 2.0
/* Densities below this do not differ for V, and a filtered density may be slightly negative. */
#define DENSITY_FLOOR 1e-6
#define MIN_PLANE 8
/* Two passes leave 1 to 4 % of the ripples of a cutoff above 12 Ha and change an exponential tail by 15 %. */
#define RIPPLE_WINDOW_BOHR 1.0

km_edges_options km_edges_options_default(void)
{
    return (km_edges_options){.density_limit_bohr3 = 1.5e-4,
                              .flatness_limit_ha = 0.05 * KM_HA_PER_EV,
                              .length_limit_bohr = 1};
}

double km_surface_energy_j_m2(double slab_ha, double bulk_ha, double n_bulk, double area_bohr2)
{
    return (slab_ha - n_bulk * bulk_ha) / (2 * area_bohr2) * KM_J_M2_PER_HA_BOHR2;
}

/* Fourier transform of a window of width `share` of the period, at frequency m. */
static double window(int m, double share)
{
    const double x = KM_PI * m * share;

    return m == 0 ? 1 : sin(x) / x;
}

/* exp(2 pi i k / n) for all k: no sine in the double sums below. */
static km_status make_phases(int n, double **phases)
{
    KM_TRY(KM_ALLOC(*phases, 2 * n));
    for (int k = 0; k < n; k++) {
        (*phases)[2 * k] = cos(2 * KM_PI * k / n);
        (*phases)[2 * k + 1] = sin(2 * KM_PI * k / n);
    }
    return KM_OK;
}

/* Coefficients of the profile averaged n_times: v(z) = sum of re[m] cos(2 pi m z/c) + im[m] sin(2 pi m z/c), m <= n/2. */
static void find_coefficients(int n, const double *v, double share, int n_times,
                              const double *phases, double *re, double *im)
{
    for (int m = 0; m <= n / 2; m++) {
        const double filter = pow(window(m, share), n_times);
        const double scale = (m == 0 || 2 * m == n ? 1.0 : 2.0) / n * filter;

        re[m] = im[m] = 0;
        for (int i = 0, k = 0; i < n; i++, k = (k + m) % n) {
            re[m] += scale * v[i] * phases[2 * k];
            im[m] += scale * v[i] * phases[2 * k + 1];
        }
    }
}

static km_status check_profile(int n_plane, double c_bohr, const double *v, double repeat_bohr)
{
    KM_TRY(KM_CHECK(n_plane >= MIN_PLANE, KM_E_ARGUMENT, "n_plane = %d must be at least %d",
                    n_plane, MIN_PLANE));
    KM_TRY(KM_CHECK(c_bohr > 0 && repeat_bohr > 0, KM_E_ARGUMENT,
                    "c = %g bohr and bulk repeat = %g bohr must be positive", c_bohr,
                    repeat_bohr));
    for (int i = 0; i < n_plane; i++)
        KM_TRY(KM_CHECK(isfinite(v[i]), KM_E_NUMERIC, "potential of plane %d is %g", i, v[i]));
    return KM_OK;
}

km_status km_edges_average(int n_plane, double c_bohr, const double *v, double repeat_bohr,
                           int n_times, double *average)
{
    const int n_m = n_plane / 2 + 1;
    km_status status = KM_OK;
    double *phases = NULL, *re = NULL;

    KM_TRY(check_profile(n_plane, c_bohr, v, repeat_bohr));
    KM_TRY_TO(end, make_phases(n_plane, &phases));
    KM_TRY_TO(end, KM_ALLOC(re, 2 * n_m));
    find_coefficients(n_plane, v, repeat_bohr / c_bohr, n_times, phases, re, re + n_m);
    for (int i = 0; i < n_plane; i++) {
        average[i] = 0;
        for (int m = 0, k = 0; m < n_m; m++, k = (k + i) % n_plane)
            average[i] += re[m] * phases[2 * k] + re[n_m + m] * phases[2 * k + 1];
    }
end:
    KM_FREE(phases);
    KM_FREE(re);
    return status;
}

/* The profile averaged twice, at one height, which need not be a plane. */
static km_status average_at(const km_edges_profile *p, double repeat_bohr, double z_frac,
                            double *average)
{
    const int n_m = p->n_plane / 2 + 1;
    km_status status = KM_OK;
    double *phases = NULL, *re = NULL;

    KM_TRY_TO(end, make_phases(p->n_plane, &phases));
    KM_TRY_TO(end, KM_ALLOC(re, 2 * n_m));
    find_coefficients(p->n_plane, p->v_ha, repeat_bohr / p->c_bohr, 2, phases, re, re + n_m);
    *average = 0;
    for (int m = 0; m < n_m; m++)
        *average +=
            re[m] * cos(2 * KM_PI * m * z_frac) + re[n_m + m] * sin(2 * KM_PI * m * z_frac);
end:
    KM_FREE(phases);
    KM_FREE(re);
    return status;
}

/* Above which atom the widest gap lies, and how wide it is. */
static void find_gap(const km_edges_profile *p, double *bottom_frac, double *width_frac)
{
    *width_frac = -1;
    for (int i = 0; i < p->n_atom; i++) {
        double next = 1; /* an atom alone is followed by its own image */

        for (int j = 0; j < p->n_atom; j++) {
            double above = p->z_frac[j] - p->z_frac[i];

            above -= floor(above);
            if (above > 1e-6 && above < next) next = above;
        }
        if (next > *width_frac + 1e-9) {
            *width_frac = next;
            *bottom_frac = p->z_frac[i];
        }
    }
}

static int wrap(int i, int n)
{
    return (i % n + n) % n;
}

/* The plane of smallest density in the gap. */
static int find_emptiest(const km_edges_profile *p, double bottom_frac, double width_frac)
{
    const int first = (int)ceil(bottom_frac * p->n_plane);
    const int last = (int)floor((bottom_frac + width_frac) * p->n_plane);
    int best = wrap(first, p->n_plane);

    for (int i = first; i <= last; i++) {
        int plane = wrap(i, p->n_plane);

        if (p->density_bohr3[plane] < p->density_bohr3[best]) best = plane;
    }
    return best;
}

/* First plane of the plateau (may be negative) and their number. */
static void find_plateau(const km_edges_profile *p, int emptiest, int *first, int *n)
{
    const double limit = fmax(PLATEAU_DENSITY, PLATEAU_RISE * fabs(p->density_bohr3[emptiest]));
    int last = emptiest;

    *first = emptiest;
    while (last - *first + 1 < p->n_plane &&
           p->density_bohr3[wrap(*first - 1, p->n_plane)] < limit)
        (*first)--;
    while (last - *first + 1 < p->n_plane &&
           p->density_bohr3[wrap(last + 1, p->n_plane)] < limit)
        last++;
    *n = last - *first + 1;
}

/* Weighted line through the plateau: levels at its ends, slope, spread. z is counted from the middle, v from v0. */
static void fit_plateau(const km_edges_profile *p, int first, int n, km_edges *edges)
{
    const double step = p->c_bohr / p->n_plane, half = 0.5 * (n - 1) * step;
    const double v0 = p->v_ha[wrap(first, p->n_plane)];
    double sum = 0, sum_z = 0, sum_v = 0, sum_zz = 0, sum_zv = 0, low = 0, high = 0;
    double determinant, slope, middle;

    for (int i = 0; i < n; i++) {
        const int plane = wrap(first + i, p->n_plane);
        const double weight = 1 / (fmax(p->density_bohr3[plane], 0) + DENSITY_FLOOR);
        const double v = p->v_ha[plane] - v0, z = i * step - half;

        sum += weight;
        sum_z += weight * z;
        sum_v += weight * v;
        sum_zz += weight * z * z;
        sum_zv += weight * z * v;
        low = fmin(low, v);
        high = fmax(high, v);
    }
    determinant = sum * sum_zz - sum_z * sum_z;
    slope = n > 1 ? (sum * sum_zv - sum_z * sum_v) / determinant : 0;
    middle = v0 + (sum_v - slope * sum_z) / sum;
    edges->plateau_bohr = 2 * half;
    edges->vacuum_upper_ha = middle - slope * half;
    edges->vacuum_lower_ha = middle + slope * half;
    edges->flatness_ha = high - low;
    edges->field_ev_ang = slope * KM_EV_PER_HA / KM_ANG_PER_BOHR;
}

static void set_levels(const km_edges_levels *l, km_edges *edges)
{
    const double vacuum = 0.5 * (edges->vacuum_lower_ha + edges->vacuum_upper_ha);
    const double shift = edges->macro_centre_ha - l->bulk_mean_ha;

    edges->ip_ev = (vacuum - shift - l->bulk_vbm_ha) * KM_EV_PER_HA;
    edges->ea_ev = (vacuum - shift - l->bulk_cbm_ha) * KM_EV_PER_HA;
    edges->gap_ev = (l->bulk_cbm_ha - l->bulk_vbm_ha) * KM_EV_PER_HA;
    edges->ip_direct_ev = (vacuum - l->slab_vbm_ha) * KM_EV_PER_HA;
    edges->ea_direct_ev = (vacuum - l->slab_cbm_ha) * KM_EV_PER_HA;
    edges->gap_direct_ev = (l->slab_cbm_ha - l->slab_vbm_ha) * KM_EV_PER_HA;
}

static km_status check_density(const km_edges_profile *p)
{
    KM_TRY(KM_CHECK(p->n_atom > 0, KM_E_ARGUMENT, "n_atom = %d must be positive", p->n_atom));
    for (int i = 0; i < p->n_plane; i++)
        KM_TRY(KM_CHECK(isfinite(p->density_bohr3[i]), KM_E_NUMERIC,
                        "density of plane %d is %g", i, p->density_bohr3[i]));
    return KM_OK;
}

/* The vacuum of a profile that is free of ripples. */
static void find_vacuum(const km_edges_profile *p, const km_edges_options *options,
                        km_edges *edges)
{
    double bottom_frac = 0, width_frac = 0;
    int emptiest, first, n;

    find_gap(p, &bottom_frac, &width_frac);
    edges->centre_frac = bottom_frac + 0.5 * width_frac + 0.5;
    edges->centre_frac -= floor(edges->centre_frac);
    emptiest = find_emptiest(p, bottom_frac, width_frac);
    edges->density_bohr3 = p->density_bohr3[emptiest];
    find_plateau(p, emptiest, &first, &n);
    fit_plateau(p, first, n, edges);
    edges->has_plateau = edges->density_bohr3 < options->density_limit_bohr3 &&
                         edges->flatness_ha < options->flatness_limit_ha &&
                         edges->plateau_bohr >= options->length_limit_bohr;
}

km_status km_edges_compute(const km_edges_profile *profile, const km_edges_levels *levels,
                           const km_edges_options *options, km_edges *edges)
{
    const int n = profile->n_plane;
    km_edges_profile smooth = *profile;
    km_status status = KM_OK;
    double *v = NULL, *density;

    *edges = (km_edges){0};
    KM_TRY(check_profile(n, profile->c_bohr, profile->v_ha, levels->bulk_repeat_bohr));
    KM_TRY(check_density(profile));
    KM_TRY(KM_ALLOC(v, 2 * n));
    density = v + n;
    KM_TRY_TO(end,
              km_edges_average(n, profile->c_bohr, profile->v_ha, RIPPLE_WINDOW_BOHR, 2, v));
    KM_TRY_TO(end, km_edges_average(n, profile->c_bohr, profile->density_bohr3,
                                    RIPPLE_WINDOW_BOHR, 2, density));
    smooth.v_ha = v;
    smooth.density_bohr3 = density;
    find_vacuum(&smooth, options, edges);
    KM_TRY_TO(end, average_at(profile, levels->bulk_repeat_bohr, edges->centre_frac,
                              &edges->macro_centre_ha));
    set_levels(levels, edges);
end:
    KM_FREE(v);
    return status;
}
