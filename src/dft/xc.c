#include "kaimen/dft/xc.h"

#include "kaimen/base/memory.h"

#include <math.h>
#include <string.h>
#include <xc.h>

/* Points handed to libxc at once: its work arrays stay in cache and on the stack. */
#define N_CHUNK 256

struct km_xc {
    bool has_gradient;
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

    KM_TRY(KM_CHECK(xc_func_init(part, id, XC_UNPOLARIZED) == 0, KM_E_INTERNAL,
                    "libxc %s does not know functional %d", xc_version_string(), id));
    ++xc->n_part;
    xc_func_set_dens_threshold(part, KM_XC_DENSITY_THRESHOLD);
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
    KM_TRY(KM_CHECK(n_spin == 1, KM_E_ARGUMENT, "n_spin = %d must be 1", n_spin));
    KM_TRY(KM_ALLOC(xc, 1));
    xc->has_gradient = table[i].has_gradient;
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
        if (xc->has_gradient && used_sigma[i] == 0) v_sigma[i] = 0;
    }
}

void km_xc_compute(const km_xc *xc, long n, const double *rho_bohr3, const double *sigma,
                   double *e_ha_bohr3, double *v_rho_ha, double *v_sigma)
{
    memset(e_ha_bohr3, 0, (size_t)n * sizeof(double));
    memset(v_rho_ha, 0, (size_t)n * sizeof(double));
    if (xc->has_gradient) memset(v_sigma, 0, (size_t)n * sizeof(double));
    for (long i = 0; i < n; i += N_CHUNK)
        compute_chunk(xc, (int)(n - i < N_CHUNK ? n - i : N_CHUNK), rho_bohr3 + i,
                      xc->has_gradient ? sigma + i : NULL, e_ha_bohr3 + i, v_rho_ha + i,
                      xc->has_gradient ? v_sigma + i : NULL);
}
