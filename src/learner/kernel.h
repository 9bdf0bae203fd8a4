#pragma once
/**
 * @file
 * @brief The kernel of a Gaussian process. Private to src/learner.
 */
#include "kaimen/learner/gp.h"

/** @brief exp of the logarithms, as the kernel wants them: s^2, and 1/l^2 of each direction. Local. */
typedef struct {
    int n_direction;
    double variance, inverse2[KM_SPACE_MAX];
} km_kernel;

/** @brief The kernel of parameters. Local. */
km_kernel km_kernel_of(const km_space *space, const km_gp_parameters *parameters);

/** @brief k of two points whose squared distances along the directions are given. Local. */
double km_kernel_value(const km_kernel *kernel, const double *distance2);

/** @brief k and, in slope[n_direction], its derivatives to log l. That to log s is 2 k. Local. */
double km_kernel_slope(const km_kernel *kernel, const double *distance2, double *slope);
