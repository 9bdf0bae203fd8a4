#include "gth.h"

#include "kaimen/base/units.h"

#include <math.h>

/* Local part: HGH eqs. 1 and 5, with x = q r_loc. */

/** sum_i C_i P_i(x2), x2 = x^2, and its derivative with respect to x2. */
static double local_polynomial(const km_gth *gth, double x2, double *slope)
{
    const double *c = gth->c_local_ha;

    *slope = -c[1] + c[2] * (-10.0 + 2.0 * x2) + c[3] * (-105.0 + x2 * (42.0 - 3.0 * x2));
    return c[0] + c[1] * (3.0 - x2) + c[2] * (15.0 + x2 * (-10.0 + x2)) +
           c[3] * (105.0 + x2 * (-105.0 + x2 * (21.0 - x2)));
}

void km_gth_compute_local(const km_gth *gth, int n, const double *q_bohr, double *v_ha_bohr3)
{
    double r = gth->r_local_bohr, c = pow(2.0 * KM_PI, 1.5) * r * r * r, slope;

    for (int i = 0; i < n; ++i) {
        double q2 = q_bohr[i] * q_bohr[i], x2 = q2 * r * r;
        double short_range = c * local_polynomial(gth, x2, &slope);

        v_ha_bohr3[i] =
            q2 > 0 ? exp(-0.5 * x2) * (short_range - 4.0 * KM_PI * gth->info.z_valence / q2)
                   : km_gth_alpha_ha_bohr3(gth);
    }
}

void km_gth_compute_local_slope(const km_gth *gth, int n, const double *q_bohr,
                                double *slope_ha_bohr4)
{
    double r = gth->r_local_bohr, c = pow(2.0 * KM_PI, 1.5) * r * r * r;

    for (int i = 0; i < n; ++i) {
        double q = q_bohr[i], x2 = q * q * r * r, dp;
        double p = local_polynomial(gth, x2, &dp);
        double coulomb =
            q > 0 ? 4.0 * KM_PI * gth->info.z_valence * (x2 + 2.0) / (q * q * q) : 0.0;

        slope_ha_bohr4[i] = exp(-0.5 * x2) * (coulomb + c * r * r * q * (2.0 * dp - p));
    }
}

double km_gth_alpha_ha_bohr3(const km_gth *gth)
{
    double r = gth->r_local_bohr, slope;

    return 2.0 * KM_PI * gth->info.z_valence * r * r +
           pow(2.0 * KM_PI, 1.5) * r * r * r * local_polynomial(gth, 0.0, &slope);
}

void km_gth_compute_local_real(const km_gth *gth, int n, const double *r_bohr, double *v_ha)
{
    const double *c = gth->c_local_ha;
    double z = gth->info.z_valence;

    for (int i = 0; i < n; ++i) {
        double x = r_bohr[i] / gth->r_local_bohr, x2 = x * x;
        double coulomb = x > 1e-8 ? -z / r_bohr[i] * erf(x / sqrt(2.0))
                                  : -z / gth->r_local_bohr * sqrt(2.0 / KM_PI);

        v_ha[i] = coulomb + exp(-0.5 * x2) * (c[0] + x2 * (c[1] + x2 * (c[2] + x2 * c[3])));
    }
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

void km_gth_compute_projector(const km_gth *gth, int ic, int ip, int n, const double *q_bohr,
                              double *p_bohr32)
{
    int l = gth->channel[ic].l;
    double r_l = gth->r_channel_bohr[ic], c = transform_factor(r_l, l, ip);

    for (int i = 0; i < n; ++i) {
        double x = 0.5 * q_bohr[i] * q_bohr[i] * r_l * r_l;

        p_bohr32[i] = c * integer_power(q_bohr[i], l) * exp(-x) * laguerre(ip, l + 0.5, x);
    }
}

void km_gth_compute_projector_slope(const km_gth *gth, int ic, int ip, int n,
                                    const double *q_bohr, double *slope_bohr52)
{
    int l = gth->channel[ic].l;
    double r_l = gth->r_channel_bohr[ic], c = transform_factor(r_l, l, ip);

    for (int i = 0; i < n; ++i) {
        double q = q_bohr[i], x = 0.5 * q * q * r_l * r_l;
        double of_power = l > 0 ? l * integer_power(q, l - 1) * laguerre(ip, l + 0.5, x) : 0.0;
        /* L_m^a + L_(m-1)^(a+1) = L_m^(a+1): the slopes of exp(-x) and of L_m in one term. */
        double of_rest = -r_l * r_l * integer_power(q, l + 1) * laguerre(ip, l + 1.5, x);

        slope_bohr52[i] = c * exp(-x) * (of_power + of_rest);
    }
}

void km_gth_compute_projector_real(const km_gth *gth, int ic, int ip, int n,
                                   const double *r_bohr, double *p_bohr)
{
    int l = gth->channel[ic].l;
    double r_l = gth->r_channel_bohr[ic], c = normalisation(r_l, l, ip);

    for (int i = 0; i < n; ++i) {
        double x = r_bohr[i] / r_l;

        p_bohr[i] = c * integer_power(r_bohr[i], l + 2 * ip) * exp(-0.5 * x * x);
    }
}

/* Core: a Gaussian. Willand et al., J. Chem. Phys. 138, 104109 (2013), eq. 5. */

/** Number of core electrons that the model holds: rho_c(q = 0). */
static double core_charge(const km_gth *gth)
{
    return gth->c_core_bohr3 * pow(2.0 * KM_PI, 1.5) * integer_power(gth->r_core_bohr, 3);
}

void km_gth_compute_core(const km_gth *gth, int n, const double *q_bohr, double *density)
{
    const double charge = core_charge(gth);

    for (int i = 0; i < n; ++i) {
        double x = q_bohr[i] * gth->r_core_bohr;

        density[i] = charge * exp(-0.5 * x * x);
    }
}

void km_gth_compute_core_slope(const km_gth *gth, int n, const double *q_bohr,
                               double *slope_bohr)
{
    const double charge = core_charge(gth);

    for (int i = 0; i < n; ++i) {
        double x = q_bohr[i] * gth->r_core_bohr;

        slope_bohr[i] = -charge * gth->r_core_bohr * x * exp(-0.5 * x * x);
    }
}

void km_gth_compute_core_real(const km_gth *gth, int n, const double *r_bohr,
                              double *density_bohr3, double *slope_bohr4)
{
    for (int i = 0; i < n; ++i) {
        double x = r_bohr[i] / gth->r_core_bohr;

        density_bohr3[i] = gth->c_core_bohr3 * exp(-0.5 * x * x);
        slope_bohr4[i] = -x / gth->r_core_bohr * density_bohr3[i];
    }
}
