#pragma once
/**
 * @file
 * @brief Spherical Bessel functions and real spherical harmonics. All functions are local.
 *
 * Real harmonics are orthonormal on the unit sphere, m = -l .. l, without the Condon-Shortley sign:
 *     m < 0: sqrt2 N P_l^|m| sin(|m| phi),   m = 0: N P_l,   m > 0: sqrt2 N P_l^m cos(m phi)
 * so that l = 1 is (y, z, x). The harmonic (l, m) is number l + m of its l, and l*l + l + m of all.
 */

#define KM_HARMONIC_L_MAX 3

/**
 * @brief j_l(x) for l >= 0, x >= 0, to about 1e-14 of its largest value.
 * Source: Abramowitz and Stegun, 10.1.2 (series) and 10.1.19 (recurrence).
 */
double km_spherical_bessel(int l, double x);

/**
 * @brief Real harmonics of one l <= KM_HARMONIC_L_MAX in the directions of n vectors.
 *
 * @param[in]  l       0 to 3
 * @param[in]  n       number of vectors
 * @param[in]  vector  any length, [n][3]; a zero vector gives 0 for l > 0
 * @param[out] y       [2l+1][n]: one harmonic after the other
 */
void km_spherical_harmonics(int l, int n, const double *vector, double *y);

/**
 * @brief Gradients of the same harmonics, as functions of direction, by the vectors' components.
 *
 * @param[in]  l       0 to 3
 * @param[in]  n       number of vectors
 * @param[in]  vector  as of km_spherical_harmonics(); a zero vector gives 0
 * @param[out] dy      [2l+1][3][n]: one component of one harmonic after the other
 */
void km_spherical_harmonic_gradients(int l, int n, const double *vector, double *dy);
