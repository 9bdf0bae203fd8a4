#pragma once
/**
 * @file
 * @brief A block of bands, or of any functions given by plane-wave coefficients.
 *
 * Coefficients c[band][g] are real where the crystal has an inversion centre at the origin (H is
 * then real symmetric in plane waves at every k) and complex otherwise. Overlap, rotate and the
 * application of potentials hide the difference; what stands above them is written once.
 *
 * Blocks are in double precision or, for what corrects bands, in single precision: sums over plane waves then have
 * errors of about 1e-7 times the norms, products are twice as fast and half as much memory is read. Both blocks of an
 * overlap, and of a rotation, are of one kind.
 *
 * A km_bands is a view: who made the block with km_bands_create ends it with km_bands_destroy;
 * km_bands_view gives a part of it that must not be destroyed.
 */
#include "kaimen/base/status.h"
#include "kaimen/math/eigen.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct {
    bool is_real;
    int n_band;
    int n_g;       /* plane waves of this rank */
    MPI_Comm comm; /* borrowed: ranks that share the plane waves; MPI_COMM_SELF after create */
    double *data;  /* [n_band][n_g], complex numbers as pairs */
    float *single; /* the same of a block in single precision, whose data is NULL */
} km_bands;

/** A small matrix over bands, column after column: element (i, j) stands at i + ld * j. */
typedef struct {
    bool is_real;
    int ld;
    int scalapack_above; /* larger orders are solved by all ranks of comm together; INT_MAX after create */
    MPI_Comm comm;   /* borrowed: ranks that have the same matrix; MPI_COMM_SELF after create */
    double *data;    /* complex numbers as pairs */
    double *scratch; /* as large as the whole matrix */
    km_eigen_work *work; /* of the whole matrix */
} km_matrix;

/** @brief Zeroed coefficients. Local. */
KM_STATUS km_bands_create(bool is_real, int n_band, int n_g, km_bands *bands);
KM_STATUS km_bands_create_single(bool is_real, int n_band, int n_g, km_bands *bands);

/** @brief Room for coefficients, which are not set: what of it is never used takes no memory. Local. */
KM_STATUS km_bands_reserve(bool is_real, int n_band, int n_g, km_bands *bands);
KM_STATUS km_bands_reserve_single(bool is_real, int n_band, int n_g, km_bands *bands);

/** @brief Free the coefficients; the block is then empty. Local. */
void km_bands_destroy(km_bands *bands);

/** @brief n bands from the first-th on, sharing the coefficients. Local. */
km_bands km_bands_view(const km_bands *bands, int first, int n);

/** @brief Numbers per band: n_g or 2 n_g. Local. */
size_t km_bands_stride(const km_bands *bands);

/** @brief Coefficients 0. Local. */
void km_bands_clear(const km_bands *bands);

/** @brief Copy coefficients between blocks of the same shape, of whatever precision. Local. */
void km_bands_copy(const km_bands *from, const km_bands *to);

/** @brief to += from, blocks of the same shape, of whatever precision. Local. */
void km_bands_add(const km_bands *from, const km_bands *to);

/** @brief Multiply one band by a number. Local. */
void km_bands_scale(const km_bands *bands, int band, double factor);

/** @brief Multiply one band by a number for each plane wave, [n_g]. Local. */
void km_bands_multiply(const km_bands *bands, int band, const double *factor);

/** @brief A zeroed matrix with ld = n_row (at least 1). Local. */
KM_STATUS km_matrix_create(bool is_real, int n_row, int n_column, km_matrix *matrix);
void km_matrix_destroy(km_matrix *matrix);

/** @brief The part of a matrix that begins at element (i, j). Local. */
km_matrix km_matrix_view(const km_matrix *matrix, int i, int j);

/** @brief Sum numbers over the ranks that share the plane waves. Collective on the bands' comm. */
void km_bands_sum(const km_bands *bands, int n, double *values);

/** @brief |band_j|^2 of each band, [n_band]. Collective on the bands' comm. */
void km_bands_squared_norms(const km_bands *bands, double *norm2);

/** @brief s(i, j) = <a_i | b_j>. Collective on a's comm. */
void km_bands_overlap(const km_bands *a, const km_bands *b, const km_matrix *s);

/**
 * @brief out_j = alpha * sum_i a_i u(i, j) + beta * out_j. Local.
 *
 * The number of bands of `a` and of `out` is the shape of u. `out` must not overlap `a`.
 */
void km_bands_rotate(double alpha, const km_bands *a, const km_matrix *u, double beta,
                     const km_bands *out);

/**
 * @brief A normalised band of which no more than this lies outside the others depends on them. Local.
 *
 * What is left of it would be orthogonal to them only up to rounding errors over this, which a second pass mends.
 */
double km_bands_dependent(const km_bands *bands);

/**
 * @brief a_j = a_j L^-H with the Cholesky factor L of s, their overlaps, which is used up. Collective on s's comm.
 * @param[out] is_independent  false, and the bands are unchanged, where normalised bands depend on each other
 */
KM_STATUS km_bands_orthonormalise(const km_bands *a, const km_matrix *s, bool *is_independent);

/**
 * @brief Eigenvalues, ascending, and orthonormal eigenvectors of a Hermitian matrix. Collective on a's comm.
 * @param[in]     n      order
 * @param[in,out] a      the matrix (lower triangle); its eigenvectors as columns afterwards
 * @param[out]    value  [n]
 * @return KM_E_NUMERIC when LAPACK or ScaLAPACK does not converge or the matrix holds a NaN
 */
KM_STATUS km_matrix_diagonalise(int n, const km_matrix *a, double *value);
