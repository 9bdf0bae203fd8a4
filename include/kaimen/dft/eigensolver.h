#pragma once
/**
 * @file
 * @brief Lowest bands of one k-point: blocked Davidson with locking.
 *
 * The search space is kept orthonormal. It starts as the given bands and grows by the preconditioned
 * residuals of those bands that are not converged yet; when it is full it is rotated back to the
 * bands.
 *
 * Bands x and their residuals r = H x - x <x|H|x> are computed in double precision. All that follows are corrections,
 * and may be kept in single precision: an error of 1e-7 of a correction is one of second order in the residual. To this
 * end the space holds r in place of H x, whose digits a residual would be the small difference of.
 * Source: E. R. Davidson, J. Comput. Phys. 17, 87 (1975); preconditioner: Teter, Payne, Allan, Phys.
 * Rev. B 40, 12255 (1989).
 */
#include "kaimen/dft/hamiltonian.h"

/**
 * Single precision makes an error of about 1e-6 Ha in the residual of a band. With corrections in it and residuals that need
 * not be smaller than this, H is applied in it to the bands themselves too.
 */
#define KM_EIGENSOLVER_SINGLE_HA 2e-5

typedef struct {
    double tolerance_ha;       /* norm of H psi - e psi of the first n_tight bands */
    double loose_tolerance_ha; /* of the others */
    int n_tight;
    int max_round; /* most growths of the search space */
} km_eigensolver_options;

typedef struct {
    int n_unconverged;
    double residual_ha; /* largest one of the first n_tight bands */
    int n_round;
} km_eigensolver_result;

typedef struct km_eigensolver km_eigensolver;

/** What a solver is made for. */
typedef struct {
    bool is_real;
    bool
        is_mixed; /* what corrects bands is in single precision; the bands are double all the same */
    int n_band; /* most bands */
    int n_g;    /* most plane waves */
    int scalapack_above; /* ranks that share plane waves solve subspace problems of larger order together */
} km_eigensolver_setup;

/** @brief Make work space. Local. */
KM_STATUS km_eigensolver_create(const km_eigensolver_setup *setup, km_eigensolver **solver);

/** @brief Free and set to NULL; accepts NULL. Local. */
void km_eigensolver_destroy(km_eigensolver **solver);

/**
 * @brief Lowest bands from a block of independent start functions, which may be larger. Collective on their comm.
 *
 * @param[in]     start          functions, at least as many as bands; used up
 * @param[out]    bands          the lowest Ritz vectors; may be the same block as start
 * @param[out]    eigenvalue_ha  ascending, [n_band]
 * @return KM_E_NUMERIC when the start functions depend on each other or hold a NaN
 */
KM_STATUS km_eigensolver_start(km_eigensolver *solver, km_hamiltonian *hamiltonian, int ik,
                               const km_bands *start, const km_bands *bands,
                               double *eigenvalue_ha);

/**
 * @brief Improve bands until their residuals are below the tolerance. Collective on their comm.
 *
 * @param[in,out] bands          orthonormal start; orthonormal Ritz vectors afterwards
 * @param[out]    eigenvalue_ha  ascending, [n_band]
 * @return KM_E_NUMERIC for a NaN; not reaching the tolerance is told by result
 */
KM_STATUS km_eigensolver_solve(km_eigensolver *solver, km_hamiltonian *hamiltonian, int ik,
                               const km_eigensolver_options *options, const km_bands *bands,
                               double *eigenvalue_ha, km_eigensolver_result *result);
