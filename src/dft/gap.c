#include "kaimen/dft/gap.h"

#include <math.h>
#include <string.h>

/* Errors of eigenvalues at equivalent points are smaller. */
static const double SAME_ENERGY_HA = 1e-6;

km_gap km_gap_empty(void)
{
    return (km_gap){.vbm_ha = -INFINITY, .cbm_ha = INFINITY, .direct_ha = INFINITY};
}

bool km_gap_is_found(const km_gap *gap)
{
    return isfinite(gap->vbm_ha) && isfinite(gap->cbm_ha);
}

/* The smaller energy is kept to the last digit; the point changes only for a smaller energy that is another one. */
static void lower(double energy_ha, const double k_frac[3], double *best_ha, double best_k[3])
{
    if (energy_ha >= *best_ha) return;
    if (energy_ha < *best_ha - SAME_ENERGY_HA) memcpy(best_k, k_frac, 3 * sizeof *best_k);
    *best_ha = energy_ha;
}

void km_gap_extend(int n_k, const double *k_frac, int n_spin, const int *n_full, int n_band,
                   const double *eigenvalues_ha, km_gap *gap)
{
    double minus_vbm_ha = -gap->vbm_ha;

    for (int ik = 0; ik < n_k; ++ik) {
        const double *k = k_frac + 3 * ik;
        double vbm_ha = -INFINITY, cbm_ha = INFINITY;
        bool has_cbm = true;

        for (int s = 0; s < n_spin; ++s) {
            const double *e = eigenvalues_ha + ((long)ik * n_spin + s) * n_band;

            has_cbm = has_cbm && n_full[s] < n_band;
            if (n_full[s] > 0) vbm_ha = fmax(vbm_ha, e[n_full[s] - 1]);
            if (n_full[s] < n_band) cbm_ha = fmin(cbm_ha, e[n_full[s]]);
        }
        lower(-vbm_ha, k, &minus_vbm_ha, gap->vbm_k_frac);
        if (!has_cbm) continue;
        lower(cbm_ha, k, &gap->cbm_ha, gap->cbm_k_frac);
        lower(cbm_ha - vbm_ha, k, &gap->direct_ha, gap->direct_k_frac);
    }
    gap->vbm_ha = -minus_vbm_ha;
}
