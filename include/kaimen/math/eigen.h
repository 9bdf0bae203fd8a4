#pragma once
/**
 * @file
 * @brief Dense Hermitian eigenproblems and Cholesky factors through LAPACK.
 *
 * Matrices are stored column after column with leading dimension ld; complex numbers as pairs.
 */
#include "kaimen/base/status.h"

#include <stdbool.h>
#include <stddef.h>

/** Work arrays of LAPACK; begins zeroed, grows when a larger problem comes. */
typedef struct {
    double *real;
    int *integer;
    size_t n_real, n_integer;
} km_eigen_work;

/** @brief Make room for problems of order up to n, so that none of them allocates. Local. */
KM_STATUS km_eigen_work_reserve(bool is_real, int n, km_eigen_work *work);

/** @brief Free the arrays; the work space is then empty. Local. */
void km_eigen_work_destroy(km_eigen_work *work);

/**
 * @brief All eigenvalues, ascending, and orthonormal eigenvectors. Local.
 * @param[in,out] a      lower triangle in; eigenvectors as columns out
 * @param[out]    value  [n]
 * @param[in,out] work   kept by the caller for the next problem
 * @return KM_E_NUMERIC when LAPACK does not converge
 */
KM_STATUS km_eigen_hermitian(bool is_real, int n, double *a, int ld, double *value,
                             km_eigen_work *work);

/** @brief Lower Cholesky factor in place; false when the matrix is not positive definite. Local. */
bool km_eigen_cholesky(bool is_real, int n, double *a, int ld);
