#pragma once
/**
 * @file
 * @brief Cubic spline through values on a uniform grid that starts at zero.
 *
 * The ends are not-a-knot: the third derivative is continuous at the second and the last but one point, so the error
 * is of fourth order up to the ends. Source: de Boor, A Practical Guide to Splines (1978), chapter 4.
 */
#include "kaimen/base/status.h"

typedef struct km_spline km_spline;

/**
 * @brief Make a spline. Local.
 *
 * @param[in]  step    distance of the points, > 0
 * @param[in]  n       number of points, >= 4
 * @param[in]  y       values at 0, step, ... (n-1) step; copied, [n]
 * @param[out] spline  ended with km_spline_destroy(); NULL on failure
 * @return KM_E_ARGUMENT for step <= 0 or n < 4
 */
KM_STATUS km_spline_create(double step, int n, const double *y, km_spline **spline);

/** @brief Free a spline and set the pointer to NULL; accepts NULL. Local. */
void km_spline_destroy(km_spline **spline);

/** @brief Values at n points x >= 0; 0 beyond the last grid point. Local. */
void km_spline_compute(const km_spline *spline, int n, const double *x, double *y);
