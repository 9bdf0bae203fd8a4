#include "kaimen/dft/pseudo.h"

#include "gth.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/units.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SYSTEM_FOLDER "/usr/share/cp2k"

struct km_pseudo {
    km_gth gth;
};

static bool is_readable(const char *path)
{
    return access(path, R_OK) == 0;
}

km_status km_pseudo_find_file(const char *file, const char *folder, size_t n_path, char *path)
{
    const char *user = getenv("KAIMEN_PSEUDO_DIR");
    const char *name = strrchr(file, '/') ? strrchr(file, '/') + 1 : file;
    bool is_absolute = file[0] == '/';
    int n;

    if (is_absolute || !folder || !*folder)
        n = snprintf(path, n_path, "%s", file);
    else
        n = snprintf(path, n_path, "%s/%s", folder, file);
    if (n < (int)n_path && is_readable(path)) return KM_OK;
    if (user && *user) {
        n = snprintf(path, n_path, "%s/%s", user, name);
        if (n < (int)n_path && is_readable(path)) return KM_OK;
    }
    n = snprintf(path, n_path, "%s/%s", SYSTEM_FOLDER, name);
    if (n < (int)n_path && is_readable(path)) return KM_OK;
    return KM_RAISE(
        KM_E_INPUT,
        "pseudopotential file '%s' not found; looked in %s, $KAIMEN_PSEUDO_DIR (%s) "
        "and %s (on Debian: apt install cp2k-data)",
        file,
        is_absolute         ? "/"
        : folder && *folder ? folder
                            : "the working folder",
        user && *user ? user : "not set", SYSTEM_FOLDER);
}

km_status km_pseudo_read(const char *path, const char *symbol, const char *entry,
                         const char *family, km_pseudo **pseudo)
{
    km_status status;

    *pseudo = NULL;
    if (!entry) entry = "";
    if (!family) family = "";
    KM_TRY(KM_CHECK(*entry || *family, KM_E_ARGUMENT,
                    "pseudopotential of %s: neither an entry nor a family is given", symbol));
    KM_TRY(KM_ALLOC(*pseudo, 1));
    KM_TRY_TO(fail, km_gth_read(path, symbol, entry, family, &(*pseudo)->gth));
    return KM_OK;
fail:
    km_pseudo_destroy(pseudo);
    return status;
}

void km_pseudo_destroy(km_pseudo **pseudo)
{
    KM_FREE(*pseudo);
}

const km_pseudo_info *km_pseudo_describe(const km_pseudo *pseudo)
{
    return &pseudo->gth.info;
}

/* Local part: HGH eqs. 1 and 5, with x = q r_loc. */

/** sum_i C_i P_i(x2), x2 = x^2, and its derivative with respect to x2. */
static double local_polynomial(const km_gth *gth, double x2, double *slope)
{
    const double *c = gth->c_local_ha;

    *slope = -c[1] + c[2] * (-10.0 + 2.0 * x2) + c[3] * (-105.0 + x2 * (42.0 - 3.0 * x2));
    return c[0] + c[1] * (3.0 - x2) + c[2] * (15.0 + x2 * (-10.0 + x2)) +
           c[3] * (105.0 + x2 * (-105.0 + x2 * (21.0 - x2)));
}

void km_pseudo_compute_local(const km_pseudo *pseudo, int n, const double *q_bohr,
                             double *v_ha_bohr3)
{
    const km_gth *gth = &pseudo->gth;
    double r = gth->r_local_bohr, c = pow(2.0 * KM_PI, 1.5) * r * r * r, slope;

    for (int i = 0; i < n; ++i) {
        double q2 = q_bohr[i] * q_bohr[i], x2 = q2 * r * r;
        double short_range = c * local_polynomial(gth, x2, &slope);

        v_ha_bohr3[i] =
            q2 > 0 ? exp(-0.5 * x2) * (short_range - 4.0 * KM_PI * gth->info.z_valence / q2)
                   : km_pseudo_alpha_ha_bohr3(pseudo);
    }
}

void km_pseudo_compute_local_slope(const km_pseudo *pseudo, int n, const double *q_bohr,
                                   double *slope_ha_bohr4)
{
    const km_gth *gth = &pseudo->gth;
    double r = gth->r_local_bohr, c = pow(2.0 * KM_PI, 1.5) * r * r * r;

    for (int i = 0; i < n; ++i) {
        double q = q_bohr[i], x2 = q * q * r * r, dp;
        double p = local_polynomial(gth, x2, &dp);
        double coulomb =
            q > 0 ? 4.0 * KM_PI * gth->info.z_valence * (x2 + 2.0) / (q * q * q) : 0.0;

        slope_ha_bohr4[i] = exp(-0.5 * x2) * (coulomb + c * r * r * q * (2.0 * dp - p));
    }
}

double km_pseudo_alpha_ha_bohr3(const km_pseudo *pseudo)
{
    const km_gth *gth = &pseudo->gth;
    double r = gth->r_local_bohr, slope;

    return 2.0 * KM_PI * gth->info.z_valence * r * r +
           pow(2.0 * KM_PI, 1.5) * r * r * r * local_polynomial(gth, 0.0, &slope);
}

void km_pseudo_compute_local_real(const km_pseudo *pseudo, int n, const double *r_bohr,
                                  double *v_ha)
{
    const km_gth *gth = &pseudo->gth;
    const double *c = gth->c_local_ha;
    double z = gth->info.z_valence;

    for (int i = 0; i < n; ++i) {
        double x = r_bohr[i] / gth->r_local_bohr, x2 = x * x;
        double coulomb = x > 1e-8 ? -z / r_bohr[i] * erf(x / sqrt(2.0))
                                  : -z / gth->r_local_bohr * sqrt(2.0 / KM_PI);

        v_ha[i] = coulomb + exp(-0.5 * x2) * (c[0] + x2 * (c[1] + x2 * (c[2] + x2 * c[3])));
    }
}

int km_pseudo_n_channel(const km_pseudo *pseudo)
{
    return pseudo->gth.n_channel;
}

const km_pseudo_channel *km_pseudo_channel_at(const km_pseudo *pseudo, int ic)
{
    return &pseudo->gth.channel[ic];
}

/*
 * Projectors: HGH eq. 3, p(r) = N r^(l+2m) exp(-r^2 / 2 r_l^2) with m = i - 1. The Bessel transform of a Gaussian times
 * r^(l+2m) is a Laguerre polynomial, for every l and m:
 *     p(q) = N sqrt(pi) 2^(m-1/2) m! r_l^(2l+2m+3) q^l exp(-x) L_m^(l+1/2)(x),   x = (q r_l)^2 / 2
 * Source: Gradshteyn and Ryzhik, 6.631.10.
 */

/** N, so that the integral of r^2 p(r)^2 is 1. */
static double normalisation(double r_l, int l, int m)
{
    double power = l + 2.0 * m + 1.5;

    return sqrt(2.0 / tgamma(power)) * pow(r_l, -power);
}

/** All factors before q^l exp(-x) L_m. */
static double transform_factor(double r_l, int l, int m)
{
    return normalisation(r_l, l, m) * sqrt(0.5 * KM_PI) * ldexp(tgamma(m + 1.0), m) *
           pow(r_l, 2.0 * (l + m) + 3.0);
}

/** Generalised Laguerre polynomial L_m^a(x). Source: Abramowitz and Stegun, 22.7.12. */
static double laguerre(int m, double a, double x)
{
    double before = 0.0, now = 1.0, next;

    for (int k = 0; k < m; ++k) {
        next = ((2.0 * k + 1.0 + a - x) * now - (k + a) * before) / (k + 1.0);
        before = now;
        now = next;
    }
    return now;
}

static double integer_power(double x, int n)
{
    double y = 1.0;

    for (int i = 0; i < n; ++i) y *= x;
    return y;
}

void km_pseudo_compute_projector(const km_pseudo *pseudo, int ic, int ip, int n,
                                 const double *q_bohr, double *p_bohr32)
{
    int l = pseudo->gth.channel[ic].l;
    double r_l = pseudo->gth.r_channel_bohr[ic], c = transform_factor(r_l, l, ip);

    for (int i = 0; i < n; ++i) {
        double x = 0.5 * q_bohr[i] * q_bohr[i] * r_l * r_l;

        p_bohr32[i] = c * integer_power(q_bohr[i], l) * exp(-x) * laguerre(ip, l + 0.5, x);
    }
}

void km_pseudo_compute_projector_slope(const km_pseudo *pseudo, int ic, int ip, int n,
                                       const double *q_bohr, double *slope_bohr52)
{
    int l = pseudo->gth.channel[ic].l;
    double r_l = pseudo->gth.r_channel_bohr[ic], c = transform_factor(r_l, l, ip);

    for (int i = 0; i < n; ++i) {
        double q = q_bohr[i], x = 0.5 * q * q * r_l * r_l;
        double of_power = l > 0 ? l * integer_power(q, l - 1) * laguerre(ip, l + 0.5, x) : 0.0;
        /* L_m^a + L_(m-1)^(a+1) = L_m^(a+1): the slopes of exp(-x) and of L_m in one term. */
        double of_rest = -r_l * r_l * integer_power(q, l + 1) * laguerre(ip, l + 1.5, x);

        slope_bohr52[i] = c * exp(-x) * (of_power + of_rest);
    }
}

void km_pseudo_compute_projector_real(const km_pseudo *pseudo, int ic, int ip, int n,
                                      const double *r_bohr, double *p_bohr)
{
    int l = pseudo->gth.channel[ic].l;
    double r_l = pseudo->gth.r_channel_bohr[ic], c = normalisation(r_l, l, ip);

    for (int i = 0; i < n; ++i) {
        double x = r_bohr[i] / r_l;

        p_bohr[i] = c * integer_power(r_bohr[i], l + 2 * ip) * exp(-0.5 * x * x);
    }
}
