#pragma once
/**
 * @file
 * @brief A crystal of springs: the stiffness that a relaxation is preconditioned with. Private to src/potential.
 *
 * Two atoms are joined by a spring k [exp(-A (r / r_nn - 1)) - exp(-A)], r_nn being the mean of the distances to their nearest
 * neighbours, stiff along the bond and softer across it. Only the shape of the model matters: the history of the
 * relaxation scales it.
 * Source: Packwood et al., J. Chem. Phys. 144, 164109 (2016), eq. 12 with A = 3 and the cutoff 2 r_nn; springs along
 * bonds: Mones, Ortner, Csanyi, Sci. Rep. 8, 13991 (2018).
 */
#include "kaimen/crystal/crystal.h"

#include <stdbool.h>

/** @brief Distance of every atom to its nearest neighbour, images included, bohr, [n_atom]. Local. */
KM_STATUS km_bond_model_nearest(const km_crystal *crystal, double *distance_bohr);

/**
 * @brief Cholesky factor of the model's stiffness matrix, Ha/bohr^2. Local.
 *
 * @param[in]  frozen  atoms that do not move, [n_atom]; NULL: none
 * @param[out] factor  lower triangle by columns, [3 n_atom][3 n_atom]
 * @return KM_E_NUMERIC when the matrix is not positive definite (a position that is not a number)
 */
KM_STATUS km_bond_model_factor(const km_crystal *crystal, const bool *frozen, double *factor);

/** @brief x = K^-1 x in place. Local. @param[in] n  rows of the factor */
void km_bond_model_solve(int n, const double *factor, double *x);
