#pragma once
/**
 * @file
 * @brief Gradient of a density in real space, its axes dealt to the ranks that have the same density.
 *
 * Axis a belongs to rank a modulo the number of ranks, which alone transforms along it; values at single points then go to
 * the ranks that want them. Gradients are taken in reciprocal space on the density's sphere.
 */
#include "dft/term.h"

typedef struct km_slopes km_slopes;

/** Which points the ranks want. */
typedef struct {
    const int
        *point; /* [sum of n_own]: those of rank 0, then of rank 1, ...; NULL: every point */
    const int *n_own; /* [n_rank] */
    MPI_Comm comm;
} km_slopes_points;

/**
 * @brief Make work space. Collective on points->comm.
 * @param[in] setup   borrowed
 * @param[in] points  borrowed
 */
KM_STATUS km_slopes_create(const km_term_setup *setup, const km_slopes_points *points,
                           km_slopes **slopes);

/** @brief Free and set to NULL. Local. */
void km_slopes_destroy(km_slopes **slopes);

/**
 * @brief Compute the gradient of each spin's density along own axes, without spin of the density. Collective on points->comm.
 * @param[in] rho_g  [n_spin][n_g], electrons, then magnetisation; 1/bohr^3
 */
void km_slopes_compute(km_slopes *slopes, const double complex *rho_g);

/** @brief The same along any axis, into slope, [n_point], 1/bohr^4. Local. */
void km_slopes_compute_axis(km_slopes *slopes, const double complex *rho_g, int spin, int axis,
                            double *slope);

/** @brief The gradient along an axis at all points, [n_point]; NULL where the axis is another rank's. Local. */
const double *km_slopes_axis(const km_slopes *slopes, int spin, int axis);

/** @brief The gradient along any axis at n of this rank's points from the first-th of them on. Local. */
void km_slopes_sample(const km_slopes *slopes, int spin, int axis, int first, int n,
                      double *slope);
