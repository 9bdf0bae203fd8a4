#pragma once
/**
 * @file
 * @brief The problems of eigen.h, and an inverse of dense.h, through ScaLAPACK: every rank has the whole matrix, all ranks share the work.
 *
 * The ranks of a communicator form a grid as square as their number allows, over which the matrix is dealt out in
 * blocks. Each rank takes its blocks from its own copy; the answer is gathered, so that all have the same bits. A grid is
 * made when a communicator is used for the first time, and kept until that is freed or MPI is finalised.
 *
 * Source: L. S. Blackford et al., ScaLAPACK Users' Guide (SIAM, 1997); F. Tisseur, J. Dongarra, SIAM J. Sci. Comput. 20,
 * 2223 (1999) for the eigenvectors by divide and conquer.
 */
#include "kaimen/base/status.h"

#include <stdbool.h>

/**
 * @brief All eigenvalues, ascending, and orthonormal eigenvectors. Collective on comm.
 *
 * @param[in,out] a      lower triangle in, the same on every rank; eigenvectors as columns out
 * @param[out]    value  [n]
 * @return KM_E_NUMERIC when the matrix is not finite or ScaLAPACK does not converge, on every rank
 */
KM_STATUS km_distributed_eigen_hermitian(bool is_real, int n, double *a, int ld, double *value,
                                         MPI_Comm comm);

/**
 * @brief Lower Cholesky factor in place. Collective on comm.
 *
 * @param[in,out] a            lower triangle in, the same on every rank; undefined where it is not positive
 * @param[out]    is_positive  whether the matrix is positive definite, the same on every rank
 * @return KM_E_MEMORY if the blocks do not fit
 */
KM_STATUS km_distributed_eigen_cholesky(bool is_real, int n, double *a, int ld, MPI_Comm comm,
                                        bool *is_positive);

/**
 * @brief The lower triangle of a^-1 in place of a's lower Cholesky factor, of real matrices. Collective on comm.
 *
 * @param[in,out] factor  [n][n], column after column, the same on every rank
 * @return KM_E_NUMERIC if the factor is singular, KM_E_MEMORY if the blocks do not fit, on every rank
 */
KM_STATUS km_distributed_eigen_invert_cholesky(int n, double *factor, MPI_Comm comm);
