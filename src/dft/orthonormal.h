#pragma once
/**
 * @file
 * @brief Functions made orthonormal to others and among each other (private to the layer).
 */
#include "kaimen/dft/bands.h"

/**
 * @brief Make functions orthonormal to those before, which are orthonormal, and among each other. Collective on their comm.
 *
 * A function that is lost in the others is dropped. Once more if little was left of one of them, which leaves rounding
 * errors behind.
 *
 * @param[in]     before     may be empty
 * @param[in,out] functions  of the same precision
 * @param[in,out] s          work space: rows and columns for all functions, and for those before
 * @param[in,out] norm2      work space, [functions]
 * @param[out]    n_kept     functions that were kept; they come first
 */
KM_STATUS km_orthonormalise(const km_bands *before, const km_bands *functions,
                            const km_matrix *s, double *norm2, int *n_kept);
