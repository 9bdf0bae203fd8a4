#pragma once
/**
 * @file
 * @brief What to do with a lower Cholesky factor (km_eigen_cholesky) through LAPACK and BLAS. All functions are local.
 *
 * Matrices are [n][n], column after column; only their lower triangles are read and written.
 */
#include <stdbool.h>

/** @brief L^-1 v, or L^-T v, in place for m vectors, [m][n]. */
void km_dense_solve_lower(int n, const double *factor, bool is_transposed, int m, double *v);

/** @brief The lower triangle of a^-1 in place of that of a's factor. */
void km_dense_invert_cholesky(int n, double *factor);
