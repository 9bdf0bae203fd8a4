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

void km_gap_extend(int n_k, const double *k_frac, int n_full, int n_band,
                   const double *eigenvalues_ha, km_gap *gap)
{
    double minus_vbm_ha = -gap->vbm_ha;

    for (int ik = 0; ik < n_k; ++ik) {
        const double *e = eigenvalues_ha + (long)ik * n_band, *k = k_frac + 3 * ik;

        lower(-e[n_full - 1], k, &minus_vbm_ha, gap->vbm_k_frac);
        if (n_full == n_band) continue;
        lower(e[n_full], k, &gap->cbm_ha, gap->cbm_k_frac);
        lower(e[n_full] - e[n_full - 1], k, &gap->direct_ha, gap->direct_k_frac);
    }
    gap->vbm_ha = -minus_vbm_ha;
}
