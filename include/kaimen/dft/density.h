#pragma once
/**
 * @file
 * @brief Electron densities in reciprocal space: superposed atoms.
 *
 * rho(r) = sum_G rho(G) exp(i G r), 1/bohr^3; Omega rho(0) is the number of electrons. With spin a density is [2][n_g]:
 * rho, the electrons, then m, those that are up less those that are down; Omega m(0) is the moment in Bohr magnetons.
 */
#include "kaimen/crystal/crystal.h"
#include "kaimen/dft/atom.h"
#include "kaimen/dft/grid.h"

#include <complex.h>

/**
 * @brief Superposition of atomic densities, scaled to a number of electrons. Local.
 * @param[in]  atom  [n_species]
 * @param[out] rho   [n_g]
 * @return KM_E_MEMORY
 */
KM_STATUS km_density_superpose(const km_crystal *crystal, km_atom *const *atom,
                               const km_grid *grid, double n_electron, double complex *rho);

/**
 * @brief Magnetisation of superposed atoms, each of them a part of its density. Local.
 *
 * Atom a brings moment_a / Z_a of its density, Z its valence electrons. Where the crystal has no moments, or their sum is not
 * the one wanted, all atoms bring an equal part of their densities more.
 *
 * @param[in]  atom          [n_species]
 * @param[in]  total_moment  of the cell; NULL: that of the crystal's moments
 * @param[out] magnetisation [n_g]
 */
KM_STATUS km_density_superpose_moments(const km_crystal *crystal, km_atom *const *atom,
                                       const km_grid *grid, const double *total_moment,
                                       double complex *magnetisation);
