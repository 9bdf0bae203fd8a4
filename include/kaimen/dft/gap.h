#pragma once
/**
 * @file
 * @brief Where the band edges lie: VBM and CBM with their k-points, and the smallest direct gap.
 *
 * All functions are local. Of points whose edges differ by rounding errors only, the first is named.
 */
#include <stdbool.h>

typedef struct {
    double vbm_ha, vbm_k_frac[3];
    double cbm_ha, cbm_k_frac[3];
    double direct_ha, direct_k_frac[3]; /* smallest difference at one k-point, and that point */
} km_gap;

/** @brief A gap that no point has been added to: edges at minus and plus infinity. */
km_gap km_gap_empty(void);

/** @brief Whether both edges are known. */
bool km_gap_is_found(const km_gap *gap);

/**
 * @brief Take points into account.
 *
 * @param[in]     k_frac          [n_k][3]
 * @param[in]     n_full          full bands, 1 to n_band; without a band above them the CBM is not found
 * @param[in]     eigenvalues_ha  ascending in each k, [n_k][n_band]
 * @param[in,out] gap             of the points before
 */
void km_gap_extend(int n_k, const double *k_frac, int n_full, int n_band,
                   const double *eigenvalues_ha, km_gap *gap);
