#pragma once
/**
 * @file
 * @brief Quintic Hermite interpolation on a uniform grid that starts at zero.
 *
 * Value, slope and curvature are given at every point, so that the interpolant has two continuous derivatives and errs
 * by step^6 / 46080 times the sixth derivative: for functions whose derivatives are as easy as themselves.
 * Source: Birkhoff, Schultz, Varga, Numer. Math. 11, 232 (1968).
 */
#include "kaimen/base/status.h"

typedef struct km_quintic km_quintic;

/**
 * @brief Make an interpolant. Local.
 *
 * @param[in]  step     distance of the points, > 0
 * @param[in]  n        number of points, >= 2
 * @param[in]  f        value, slope and curvature at 0, step, ... (n-1) step; [n][3]
 * @param[out] quintic  ended with km_quintic_destroy(); NULL on failure
 * @return KM_E_ARGUMENT for step <= 0 or n < 2
 */
KM_STATUS km_quintic_create(double step, int n, const double *f, km_quintic **quintic);

/** @brief Free an interpolant and set the pointer to NULL; accepts NULL. Local. */
void km_quintic_destroy(km_quintic **quintic);

/** @brief The last grid point. Local. */
double km_quintic_end(const km_quintic *quintic);

/** @brief Value at 0 <= x <= km_quintic_end(). Local. */
double km_quintic_value(const km_quintic *quintic, double x);

/** @brief The exact derivative of km_quintic_value(). Local. */
double km_quintic_slope(const km_quintic *quintic, double x);
