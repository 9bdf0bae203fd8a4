#pragma once
/**
 * @file
 * @brief Dense Hermitian eigenproblems and Cholesky factors through LAPACK.
 *
 * Matrices are stored column after column with leading dimension ld; complex numbers as pairs.
 */
#include "kaimen/base/status.h"

#include <stdbool.h>

/**
 * @brief All eigenvalues, ascending, and orthonormal eigenvectors. Local.
 * @param[in,out] a      lower triangle in; eigenvectors as columns out
 * @param[out]    value  [n]
 * @return KM_E_NUMERIC when LAPACK does not converge
 */
KM_STATUS km_eigen_hermitian(bool is_real, int n, double *a, int ld, double *value);

/** @brief Lower Cholesky factor in place; false when the matrix is not positive definite. Local. */
bool km_eigen_cholesky(bool is_real, int n, double *a, int ld);
