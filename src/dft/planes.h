#pragma once
/**
 * @file
 * @brief KM_PLANES planes of a band on their way to real space and back (private to the layer).
 *
 * A band comes in columns that are transformed along the third axis already. The planes are transformed along the
 * second axis, only in rows that hold plane waves, and then line after line along the first one: a line is brought to
 * real space, used there and taken back before the next, and never leaves the cache.
 */
#include "kaimen/dft/basis.h"
#include "kaimen/math/short_fft.h"

#include <complex.h>

/** Planes that go together. */
#define KM_PLANES KM_SHORT_FFT_WIDTH

typedef struct km_planes km_planes;

/**
 * @brief Make tables and work space. Local.
 * @param[in] n0,n1  points along the first and the second axis
 * @param[in] reach  largest |m0| of a plane wave, 2 reach < n0
 */
KM_STATUS km_planes_create(int n0, int n1, int reach, km_planes **planes);

/** @brief Free and set to NULL; accepts NULL. Local. */
void km_planes_destroy(km_planes **planes);

/**
 * @brief Take KM_PLANES planes of a band's columns. Local.
 * @param[in] column  the planes of the basis's first column, [KM_PLANES]; those of the next are `stride` further
 */
void km_planes_from_columns(km_planes *planes, const km_basis *basis,
                            const double complex *column, int stride);

/** @brief The way back, into the same places. Local. */
void km_planes_to_columns(km_planes *planes, const km_basis *basis, double complex *column,
                          int stride);

/** @brief Multiply by a function of real space, [n1][n0][KM_PLANES]. Local. */
void km_planes_multiply(km_planes *planes, const double *v);

/** @brief Add weight |psi|^2 to a density, [n1][n0][KM_PLANES]. Local. */
void km_planes_add_squares(km_planes *planes, double weight, double *density);
