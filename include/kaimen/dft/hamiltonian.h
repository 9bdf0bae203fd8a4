#pragma once
/**
 * @file
 * @brief The Kohn-Sham Hamiltonian of one crystal: the sum of the energy's terms.
 */
#include "kaimen/base/status.h"
#include "kaimen/crystal/crystal.h"
#include "kaimen/dft/bands.h"
#include "kaimen/dft/basis.h"
#include "kaimen/dft/grid.h"
#include "kaimen/dft/options.h"
#include "kaimen/dft/orbits.h"
#include "kaimen/dft/pseudo.h"

#include <complex.h>

typedef struct km_hamiltonian km_hamiltonian;

typedef enum {
    KM_TERM_LOCAL,
    KM_TERM_HARTREE,
    KM_TERM_XC,
    KM_TERM_ION,
    KM_TERM_KINETIC,
    KM_TERM_NONLOCAL,
    KM_N_TERM
} km_term_kind;

/**
 * What a Hamiltonian is made for; everything is borrowed for its life. With two spins every k-point has two blocks of bands,
 * up and down, and "k-point of this rank" below is one of these.
 */
typedef struct {
    const km_crystal *crystal;
    km_pseudo *const *pseudo; /* [n_species] */
    km_grid *grid;
    bool is_real;  /* inversion centre at the origin: real coefficients at every k-point */
    bool is_mixed; /* blocks in single precision will come too */
    int n_k;       /* k-points of this rank */
    km_basis *const
        *basis; /* [n_k]; both spins of a point may have the same one, one after the other */
    int n_spin; /* 1 or 2 */
    int first_spin; /* of the first k-point: 0 up, 1 down; then they take turns */
    int n_band;     /* largest block that is applied at once without being split */
    km_functional functional;
    const km_orbits *orbits; /* points where the densities to come are equal; NULL: none */
    MPI_Comm comm; /* with orbits: ranks that have the same density, and share these */
} km_hamiltonian_setup;

/** @brief Make all terms. Local. */
KM_STATUS km_hamiltonian_create(const km_hamiltonian_setup *setup,
                                km_hamiltonian **hamiltonian);

/** @brief Free and set to NULL; accepts NULL. Local. */
void km_hamiltonian_destroy(km_hamiltonian **hamiltonian);

/**
 * @brief Potential of a density, kept for the next applications, and the energies of the density. Local.
 *
 * @param[in]  rho_g      density, 1/bohr^3, with spin followed by the magnetisation, [n_spin][n_g]
 * @param[out] energy_ha  energies of local, Hartree, xc and ion; the others are not touched
 * @return KM_E_NUMERIC for an energy that is not a number
 */
KM_STATUS km_hamiltonian_set_density(km_hamiltonian *hamiltonian, const double complex *rho_g,
                                     double energy_ha[KM_N_TERM]);

/** @brief The last density in real space, 1/bohr^3, [n_spin][n_point]. Local. */
const double *km_hamiltonian_density(const km_hamiltonian *hamiltonian);

/** @brief Integral of (V_loc + V_H + V_xc) rho over the cell, Ha, for the kept potential; rho_r [n_spin][n_point]. Local. */
double km_hamiltonian_potential_energy(const km_hamiltonian *hamiltonian, const double *rho_r);

/** @brief V_loc + V_H of the last density, Ha, [n_g]. Local. */
const double complex *km_hamiltonian_electrostatic(const km_hamiltonian *hamiltonian);

/** @brief out = H in at the rank's k-point ik, blocks of one precision; counts the bands. Local. */
void km_hamiltonian_apply(km_hamiltonian *hamiltonian, int ik, const km_bands *in,
                          const km_bands *out);

/** @brief Bands times applications so far. Local. */
long km_hamiltonian_n_apply(const km_hamiltonian *hamiltonian);

/** @brief One-way three-dimensional FFTs of bands so far. Local. */
long km_hamiltonian_n_fft(const km_hamiltonian *hamiltonian);

/** @brief The plane waves of a k-point of this rank. Local. */
const km_basis *km_hamiltonian_basis(const km_hamiltonian *hamiltonian, int ik);

/**
 * @brief This rank's density of its bands: weight times occupation times |psi|^2, 1/bohr^3. Local.
 * @param[in]  is_rough  to six digits, where blocks in single precision come
 * @param[out] rho_r  [n_spin][n_point], of this rank's k-points, not symmetrised; electrons, then magnetisation
 */
void km_hamiltonian_compute_density(km_hamiltonian *hamiltonian, const km_bands *bands,
                                    const double *weight, const double *occupation,
                                    bool is_rough, double *rho_r);

/**
 * @brief Hellmann-Feynman forces of all terms, Ha/bohr. Collective on comm; the same on every rank.
 * @param[in]  rho_g  density of the bands, [n_spin][n_g]
 * @param[out] forces [n_atom][3], not symmetrised
 */
KM_STATUS km_hamiltonian_compute_forces(km_hamiltonian *hamiltonian,
                                        const double complex *rho_g, const km_bands *bands,
                                        const double *weight, const double *occupation,
                                        MPI_Comm comm, double *forces);

/**
 * @brief Stress of all terms, (1/Omega) dE/dstrain at a constant number of plane waves. Collective on comm.
 * @param[in]  rho_g   density of the bands, [n_spin][n_g]
 * @param[out] stress  Ha/bohr^3, [3][3], not symmetrised; the same on every rank
 */
KM_STATUS km_hamiltonian_compute_stress(km_hamiltonian *hamiltonian,
                                        const double complex *rho_g, const km_bands *bands,
                                        const double *weight, const double *occupation,
                                        MPI_Comm comm, double stress[9]);
