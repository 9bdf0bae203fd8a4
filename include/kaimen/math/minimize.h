#pragma once
/**
 * @file
 * @brief Smooth minimisation within bounds through NLopt. All functions are local.
 *
 * Source: S. G. Johnson, The NLopt nonlinear-optimization package; its L-BFGS is that of L. Luksan, after J. Nocedal,
 * Math. Comput. 35, 773 (1980).
 */
#include "kaimen/base/status.h"

/** A function of n variables; fills gradient[n] unless that is NULL. */
typedef double (*km_smooth_function)(int n, const double *x, double *gradient, void *context);

typedef struct {
    int max_evaluation; /* looked at after each line search, which may take some more */
    double tolerance;   /* of each variable, absolute */
} km_minimize_options;

/**
 * @brief The lowest point that a descent from x finds.
 *
 * @param[in]     lower, upper  bounds, [n]
 * @param[in,out] x             [n]: where to start, within the bounds; where it ended
 * @param[out]    value         the function there
 * @return KM_E_NUMERIC if the function is not finite at the start
 */
KM_STATUS km_minimize(km_smooth_function function, void *context, int n, const double *lower,
                      const double *upper, const km_minimize_options *options, double *x,
                      double *value);
