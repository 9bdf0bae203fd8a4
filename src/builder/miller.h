#pragma once
/**
 * @file
 * @brief Symmetry-distinct Miller indices.
 */
#include "kaimen/crystal/symmetry.h"

#include <stdbool.h>

/**
 * @brief One (hkl) of each orbit under the point group and inversion, with no index above max_index. Local.
 *
 * The representative has the smallest largest index, then the fewest negative indices, then the largest h, then k.
 * Order: h^2 + k^2 + l^2, then descending h, k, l.
 *
 * @param[in]  symmetry   group in the cell that the indices refer to
 * @param[in]  max_index  1 or more
 * @param[out] n_miller   number of orbits
 * @param[out] miller     [n_miller][3], ended with KM_FREE
 */
KM_STATUS km_miller_find(const km_symmetry *symmetry, int max_index, int *n_miller,
                         int **miller);

/** @brief Greatest common divisor, 0 if all are 0. Local. */
int km_miller_divisor(const int h[3]);

/** @brief Largest absolute index. Local. */
int km_miller_largest(const int h[3]);

/** @brief Whether two (hkl) are one surface under the point group and inversion. Local. */
bool km_miller_is_equivalent(const km_symmetry *symmetry, const int g[3], const int h[3]);
