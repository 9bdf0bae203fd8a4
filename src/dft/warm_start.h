#pragma once
/**
 * @file
 * @brief What one calculation leaves to the next of nearly the same crystal: bands, and densities less those of the superposed atoms.
 *
 * The next one may be another geometry step, another volume, or the same crystal at another cutoff: what was taken is then moved
 * to the plane waves of the same integer coordinates.
 *
 * The part of the density that is not the atoms' hardly moves when atoms do: it is kept for the last positions and
 * extrapolated to the new ones, whose atoms are then superposed again. Everything refers to the shifted crystals inside
 * the ground states, so that a jump of the inversion centre looks like a jump of the atoms: both start afresh.
 * Source: Arias, Payne, Joannopoulos, Phys. Rev. B 45, 1538 (1992); Alfe, Comput. Phys. Commun. 118, 31 (1999).
 */
#include "dft/electrons.h"

typedef struct km_warm_start km_warm_start;

KM_STATUS km_warm_start_create(km_warm_start **warm);
void km_warm_start_destroy(km_warm_start **warm);

/** @brief Forget everything. Local. */
void km_warm_start_clear(km_warm_start *warm);

/** @brief Take the bands out of a converged ground state, which is then good for nothing more. Local. */
KM_STATUS km_warm_start_take(km_warm_start *warm, km_ground_state *state);

/**
 * @brief Move what was taken to the plane waves of a state, where these are others of nearly the same crystal. Local.
 *
 * Not where ranks share the plane waves of a k-point: each of them has other ones then.
 * @return KM_E_MEMORY; everything is then forgotten
 */
KM_STATUS km_warm_start_move(km_warm_start *warm, const km_ground_state *state);

/**
 * @brief Whether a new ground state is a small move away from what was taken. Collective on the state's comm.
 *
 * Same elements, plane waves (strained along with the cell or not), arithmetic, number of bands and k-points, and no
 * atom moved far in its cell.
 */
bool km_warm_start_fits(const km_warm_start *warm, const km_ground_state *state);

/**
 * @brief Whether the bands and the density come from other plane waves. Local.
 *
 * Their errors are then those of another cutoff or volume, a tenth of what superposed atoms have: good bands in a density
 * that is to be mixed from the first iteration on.
 */
bool km_warm_start_is_moved(const km_warm_start *warm);

/** @brief Add the extrapolated rest of the density to superposed atoms, [n_g]. Local. */
KM_STATUS km_warm_start_add_density(const km_warm_start *warm, const km_ground_state *state,
                                    double complex *rho);

/** @brief Start the state's bands from the ones taken, which are used up. Local. */
KM_STATUS km_warm_start_bands(km_warm_start *warm, km_ground_state *state,
                              km_eigensolver *solver);
