#include "kaimen/dft/xc.h"

#include "kaimen/base/memory.h"

#include <math.h>
#include <string.h>
#include <xc.h>

/* Points handed to libxc at once: its work arrays stay in cache and on the stack. */
#define N_CHUNK 256

struct km_xc {
    bool has_gradient;
    int n_spin;
    int n_part;
    xc_func_type part[2]; /* exchange, correlation */
};

static const struct {
    km_functional functional;
    bool has_gradient;
    int part[2];
} table[] = {
    {KM_FUNCTIONAL_LDA, false, {XC_LDA_X, XC_LDA_C_PW}},
    {KM_FUNCTIONAL_PBE, true, {XC_GGA_X_PBE, XC_GGA_C_PBE}},
    {KM_FUNCTIONAL_PBESOL, true, {XC_GGA_X_PBE_SOL, XC_GGA_C_PBE_SOL}},
};

static km_status start_part(km_xc *xc, int id)
{
    xc_func_type *part = &xc->part[xc->n_part];
    const int kind = xc->n_spin == 2 ? XC_POLARIZED : XC_UNPOLARIZED;

    KM_TRY(KM_CHECK(xc_func_init(part, id, kind) == 0, KM_E_INTERNAL,
                    "libxc %s does not know functional %d", xc_version_string(), id));
    ++xc->n_part;
    /* libxc leaves out the exchange of a spin below it, without spin too. */
    xc_func_set_dens_threshold(part, KM_XC_DENSITY_THRESHOLD / 2);
    return KM_OK;
}

km_status km_xc_create(km_functional functional, int n_spin, km_xc **out)
{
    size_t i = 0;
    km_xc *xc = NULL;
    km_status status;

    *out = NULL;
    while (i < sizeof table / sizeof *table && table[i].functional != functional) ++i;
    KM_TRY(KM_CHECK(i < sizeof table / sizeof *table, KM_E_ARGUMENT, "functional %d is unknown",
                    (int)functional));
    KM_TRY(KM_CHECK(n_spin == 1 || n_spin == 2, KM_E_ARGUMENT, "n_spin = %d must be 1 or 2",
                    n_spin));
    KM_TRY(KM_ALLOC(xc, 1));
    xc->has_gradient = table[i].has_gradient;
    xc->n_spin = n_spin;
    for (int k = 0; k < 2; ++k) KM_TRY_TO(fail, start_part(xc, table[i].part[k]));
    *out = xc;
    return KM_OK;
fail:
    km_xc_destroy(&xc);
    return status;
}

void km_xc_destroy(km_xc **xc)
{
    if (!*xc) return;
    for (int k = 0; k < (*xc)->n_part; ++k) xc_func_end(&(*xc)->part[k]);
    KM_FREE(*xc);
}

bool km_xc_has_gradient(const km_xc *xc)
{
    return xc->has_gradient;
}

/** Add exchange or correlation at n <= N_CHUNK points. */
static void add_part(const xc_func_type *part, int n, const double *rho, const double *sigma,
                     double *e, double *v_rho, double *v_sigma)
{
    double part_e[N_CHUNK], part_rho[N_CHUNK], part_sigma[N_CHUNK];

    if (sigma)
        xc_gga_exc_vxc(part, (size_t)n, rho, sigma, part_e, part_rho, part_sigma);
    else
        xc_lda_exc_vxc(part, (size_t)n, rho, part_e, part_rho);
    for (int i = 0; i < n; ++i) {
        if (rho[i] < KM_XC_DENSITY_THRESHOLD) continue;
        e[i] += rho[i] * part_e[i];
        v_rho[i] += part_rho[i];
        if (sigma) v_sigma[i] += part_sigma[i];
    }
}

/** Up to N_CHUNK points; see the header for what becomes of negative and low densities. */
static void compute_chunk(const km_xc *xc, int n, const double *rho_bohr3, const double *sigma,
                          double *e_ha_bohr3, double *v_rho_ha, double *v_sigma)
{
    double rho[N_CHUNK], used_sigma[N_CHUNK];

    for (int i = 0; i < n; ++i) {
        rho[i] = fabs(rho_bohr3[i]);
        if (xc->has_gradient)
            used_sigma[i] = rho[i] < KM_XC_GRADIENT_DENSITY || sigma[i] < KM_XC_GRADIENT_SIGMA
                                ? 0
                                : sigma[i];
    }
    for (int k = 0; k < xc->n_part; ++k)
        add_part(&xc->part[k], n, rho, xc->has_gradient ? used_sigma : NULL, e_ha_bohr3,
                 v_rho_ha, v_sigma);
    for (int i = 0; i < n; ++i) {
        if (rho_bohr3[i] < 0) e_ha_bohr3[i] = -e_ha_bohr3[i];
        if (!xc->has_gradient) continue;
        if (used_sigma[i] == 0) v_sigma[i] = 0;
        if (rho_bohr3[i] < 0) v_sigma[i] = -v_sigma[i];
    }
}

/** Points with spin as libxc wants them: up and down side by side. */
typedef struct {
    int n;
    double rho[2 * N_CHUNK],
        sigma[3 * N_CHUNK]; /* turned so that the whole density is positive */
    double e[N_CHUNK], v_rho[2 * N_CHUNK], v_sigma[3 * N_CHUNK];
    double sign[N_CHUNK]; /* of the whole density */
} spin_chunk;

/** sigma = NULL without gradients; arrays have a row of `stride` points per spin. */
static void fill_spin_chunk(spin_chunk *c, size_t stride, const double *rho,
                            const double *sigma)
{
    for (int i = 0; i < c->n; ++i) {
        c->sign[i] = rho[i] + rho[stride + (size_t)i] < 0 ? -1 : 1;
        for (int s = 0; s < 2; ++s)
            c->rho[2 * i + s] = c->sign[i] * rho[(size_t)s * stride + (size_t)i];
        for (int k = 0; sigma && k < 3; ++k)
            c->sigma[3 * i + k] = sigma[(size_t)k * stride + (size_t)i];
    }
}

/** Densities that libxc is given: for exchange none negative, for correlation no spin alone. */
static void limit_spins(bool is_exchange, const double *rho, double *used)
{
    const double whole = rho[0] + rho[1], least = KM_XC_LEAST_SPIN * whole / 2;

    if (is_exchange) {
        for (int s = 0; s < 2; ++s) used[s] = fmax(rho[s], 0);
    } else {
        used[1] = fmin(fmax(rho[1], least), whole - least);
        used[0] = whole - used[1];
    }
}

/** Whether the exchange of one spin sees its gradient. */
static bool has_slope(const double *rho, const double *sigma, int spin)
{
    return rho[spin] >= KM_XC_SPIN_GRADIENT_DENSITY &&
           sigma[2 * spin] >= KM_XC_SPIN_GRADIENT_SIGMA;
}

/** Which of the sigmas of a point count: for exchange spin by spin, for correlation as one gradient. */
static void find_slopes(bool is_exchange, const double *rho, const double *sigma,
                        bool counts[3])
{
    const double whole = sigma[0] + 2 * sigma[1] + sigma[2];

    if (is_exchange) {
        counts[0] = has_slope(rho, sigma, 0);
        counts[2] = has_slope(rho, sigma, 1);
        counts[1] = false;
    } else {
        counts[0] = counts[1] = counts[2] =
            rho[0] + rho[1] >= KM_XC_GRADIENT_DENSITY && whole >= KM_XC_CORRELATION_SIGMA;
    }
}

/** Exchange or correlation at the points of a chunk. */
static void add_spin_part(const xc_func_type *part, bool has_gradient, bool is_exchange,
                          spin_chunk *c)
{
    double e[N_CHUNK], v_rho[2 * N_CHUNK], v_sigma[3 * N_CHUNK];
    double rho[2 * N_CHUNK], sigma[3 * N_CHUNK];
    bool counts[3 * N_CHUNK];

    for (int i = 0; i < c->n; ++i) {
        limit_spins(is_exchange, c->rho + 2 * i, rho + 2 * i);
        if (!has_gradient) continue;
        find_slopes(is_exchange, c->rho + 2 * i, c->sigma + 3 * i, counts + 3 * i);
        for (int k = 3 * i; k < 3 * i + 3; ++k) sigma[k] = counts[k] ? c->sigma[k] : 0;
    }
    if (has_gradient)
        xc_gga_exc_vxc(part, (size_t)c->n, rho, sigma, e, v_rho, v_sigma);
    else
        xc_lda_exc_vxc(part, (size_t)c->n, rho, e, v_rho);
    for (int i = 0; i < c->n; ++i) {
        if (c->rho[2 * i] + c->rho[2 * i + 1] < KM_XC_DENSITY_THRESHOLD) continue;
        c->e[i] += (rho[2 * i] + rho[2 * i + 1]) * e[i];
        for (int s = 2 * i; s < 2 * i + 2; ++s) {
            c->e[i] += (c->rho[s] - rho[s]) * v_rho[s];
            c->v_rho[s] += v_rho[s];
        }
        for (int k = 3 * i; has_gradient && k < 3 * i + 3; ++k)
            if (counts[k]) c->v_sigma[k] += v_sigma[k];
    }
}

/** As compute_chunk with two spins, in rows of `stride` points. */
static void compute_spin_chunk(const km_xc *xc, int n, size_t stride, const double *rho_bohr3,
                               const double *sigma, double *e_ha_bohr3, double *v_rho_ha,
                               double *v_sigma)
{
    spin_chunk c = {.n = n};

    fill_spin_chunk(&c, stride, rho_bohr3, sigma);
    for (int k = 0; k < xc->n_part; ++k)
        add_spin_part(&xc->part[k], xc->has_gradient, k == 0, &c);
    for (int i = 0; i < n; ++i) {
        e_ha_bohr3[i] = c.sign[i] * c.e[i];
        for (size_t s = 0; s < 2; ++s)
            v_rho_ha[s * stride + (size_t)i] = c.v_rho[2 * (size_t)i + s];
        for (size_t k = 0; xc->has_gradient && k < 3; ++k)
            v_sigma[k * stride + (size_t)i] = c.sign[i] * c.v_sigma[3 * (size_t)i + k];
    }
}

void km_xc_compute(const km_xc *xc, long n, const double *rho_bohr3, const double *sigma,
                   double *e_ha_bohr3, double *v_rho_ha, double *v_sigma)
{
    const size_t n_sigma = xc->n_spin == 2 ? 3 : 1;

    memset(e_ha_bohr3, 0, (size_t)n * sizeof(double));
    memset(v_rho_ha, 0, (size_t)xc->n_spin * (size_t)n * sizeof(double));
    if (xc->has_gradient) memset(v_sigma, 0, n_sigma * (size_t)n * sizeof(double));
    for (long i = 0; i < n; i += N_CHUNK) {
        const int n_now = (int)(n - i < N_CHUNK ? n - i : N_CHUNK);
        const double *sigma_now = xc->has_gradient ? sigma + i : NULL;
        double *v_sigma_now = xc->has_gradient ? v_sigma + i : NULL;

        if (xc->n_spin == 2)
            compute_spin_chunk(xc, n_now, (size_t)n, rho_bohr3 + i, sigma_now, e_ha_bohr3 + i,
                               v_rho_ha + i, v_sigma_now);
        else
            compute_chunk(xc, n_now, rho_bohr3 + i, sigma_now, e_ha_bohr3 + i, v_rho_ha + i,
                          v_sigma_now);
    }
}
