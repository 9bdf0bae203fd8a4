#pragma once
/**
 * @file
 * @brief The plane waves of one k-point: every G with |k+G|^2/2 <= ecut.
 *
 * Plane waves are normalised to the cell, exp(i (k+G) r) / sqrt(Omega). They are ordered in columns:
 * plane waves of one column share the first two integer coordinates and their third one ascends, so
 * that an FFT along the third axis needs only the columns that hold plane waves.
 *
 * Ranks of a communicator share the plane waves: each has a slice of them, in that order. Columns are those of the whole
 * sphere.
 */
#include "kaimen/base/status.h"
#include "kaimen/crystal/crystal.h"

#include <stdbool.h>

typedef struct km_basis km_basis;

/** A run of plane waves with the same (m0, m1): m2 = m2_first .. m2_first + n - 1. */
typedef struct {
    int m0, m1;
    int m2_first;
    int n;
    int first; /* index of its first plane wave */
} km_column;

/**
 * @brief Make the plane waves of one k-point. Local.
 *
 * @param[in]  k_frac   k-point, fractional reciprocal coordinates, [3]
 * @param[in]  ecut_ha  kinetic-energy cutoff, > 0
 * @param[in]  comm     ranks that share the plane waves; borrowed
 * @param[out] basis    ended with km_basis_destroy(); NULL on failure; does not keep the crystal
 * @return KM_E_ARGUMENT if ecut_ha <= 0 or no plane wave lies within it
 *
 * Source: Payne et al., Rev. Mod. Phys. 64, 1045 (1992).
 */
KM_STATUS km_basis_create(const km_crystal *crystal, const double k_frac[3], double ecut_ha,
                          MPI_Comm comm, km_basis **basis);

/** @brief Free and set to NULL; accepts NULL. Local. */
void km_basis_destroy(km_basis **basis);

/** @brief Give the plane waves another cell: k and integer coordinates stay, vectors and energies follow. Local. */
void km_basis_set_cell(km_basis *basis, const km_crystal *crystal);

/** @brief Number of plane waves of this rank, and of all. Local. */
int km_basis_n_g(const km_basis *basis);
int km_basis_n_g_sphere(const km_basis *basis);

/** @brief First plane wave of a rank's slice; of rank n_rank: their number. Local. */
int km_basis_slice(const km_basis *basis, int rank);

/** @brief Ranks that share the plane waves. Local. */
MPI_Comm km_basis_comm(const km_basis *basis);

/** @brief Integer coordinates of G, [n_g][3]. Local. */
const int *km_basis_miller(const km_basis *basis);

/** @brief k + G, Cartesian, 1/bohr, [n_g][3]. Local. */
const double *km_basis_q_cart(const km_basis *basis);

/** @brief |k+G|^2/2 in Ha, [n_g]. Local. */
const double *km_basis_kinetic_ha(const km_basis *basis);

/** @brief The k-point, fractional, [3]. Local. */
const double *km_basis_k_frac(const km_basis *basis);

/**
 * @brief Take the coefficients of real functions as real, if the k-point allows it. Local.
 *
 * Where 2k is a reciprocal lattice vector, plane waves q = k+G and -q belong together, and eigenfunctions of a Hamiltonian
 * with time reversal can be chosen real up to exp(i k r): c(-q) = c(q)*. A block of n_g real numbers then holds
 * sqrt(2) Re c(q) in the place of that of the two that comes later in the order, sqrt(2) Im c(q) in the place of the other,
 * and c(0) itself: a real orthogonal change of basis, which leaves |k+G|^2 as it is.
 *
 * @return whether the k-point is such a one
 */
bool km_basis_pair(km_basis *basis);

/** @brief Whether km_basis_pair() has been called, and has found it to be so. Local. */
bool km_basis_is_paired(const km_basis *basis);

/** @brief Columns, [*n_column]. Local. */
const km_column *km_basis_columns(const km_basis *basis, int *n_column);
