#pragma once
/**
 * @file
 * @brief How much a calculation is worth whose value is predicted as a normal distribution: the lowest value is sought. Local.
 */

typedef enum { KM_ACQUIRE_EI, KM_ACQUIRE_LCB, KM_ACQUIRE_THOMPSON } km_acquisition;

/**
 * @brief Expected improvement upon best.
 * Source: D. R. Jones, M. Schonlau, W. J. Welch, J. Global Optim. 13, 455 (1998), equation 15.
 */
double km_acquire_expected_improvement(double best, double mean, double deviation);

/** @brief Its logarithm, for any deviation > 0: candidates that promise next to nothing still have an order. */
double km_acquire_log_expected_improvement(double best, double mean, double deviation);

/** @brief best minus the lower bound, mean - kappa deviation. Source: D. D. Cox, S. John, SDO: a statistical method for global optimization (1997). */
double km_acquire_lower_bound(double best, double mean, double deviation, double kappa);
