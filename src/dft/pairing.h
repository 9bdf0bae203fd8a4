#pragma once
/**
 * @file
 * @brief Two real bands of a paired basis (km_basis_pair) as one complex band a + i b, and back (private to the layer).
 *
 * Plane waves i and n_g - 1 - i are q and -q: the order of a sphere about k, with 2k a reciprocal lattice vector, is turned
 * round by q -> -q.
 */
#include "dft/transform.h"

/**
 * @brief Coefficients of factor[0] a + i factor[1] b at every plane wave. Local.
 * @param[out] whole  [n_g][2]
 * @return a packet of this complex band, which borrows `whole`
 */
km_packet km_pairing_unfold(int n_g, const km_packet *pair, double *whole);
km_packet_single km_pairing_unfold_single(int n_g, const km_packet_single *pair, float *whole);

/** @brief Add the real and the imaginary part in space of a complex function to two real bands; the second may be NULL. Local. */
void km_pairing_fold(int n_g, const double *whole, double *first, double *second);
void km_pairing_fold_single(int n_g, const float *whole, float *first, float *second);
