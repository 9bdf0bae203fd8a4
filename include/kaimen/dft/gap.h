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
 * Edges are those of both spins together: the direct gap may be from one spin to the other.
 *
 * @param[in]     n_spin          1 or 2
 * @param[in]     n_full          full bands of each spin, 0 to n_band, [n_spin]; the CBM is found where each has one above
 * @param[in]     eigenvalues_ha  ascending in each k and spin, [n_k][n_spin][n_band]
 * @param[in,out] gap             of the points before
 */
void km_gap_extend(int n_k, const double *k_frac, int n_spin, const int *n_full, int n_band,
                   const double *eigenvalues_ha, km_gap *gap);
