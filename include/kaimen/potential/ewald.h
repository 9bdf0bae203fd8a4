#pragma once
/**
 * @file
 * @brief Coulomb energy of point charges in a periodic cell, by Ewald's method.
 *
 * A total charge other than zero is neutralised by a uniform background, whose energy is included. The average
 * potential of the lattice is zero (conducting surroundings: no surface dipole term). The splitting into a sum over
 * distances and one over reciprocal vectors follows from the cell and the number of points; both sums are cut where
 * their terms fall below 1e-16 of the largest, so the result has about 13 digits and does not depend on the split.
 *
 * Source: P. P. Ewald, Ann. Phys. 369, 253 (1921); M. P. Tosi, Solid State Phys. 16, 1 (1964); background term as in
 * M. Leslie, M. J. Gillan, J. Phys. C 18, 973 (1985).
 */
#include "kaimen/base/status.h"

/**
 * @brief Energy, forces and stress of point charges. Local.
 *
 * @param[in]  cell_bohr        lattice vectors as rows, [3][3], right-handed or left-handed but not flat
 * @param[in]  n_point          > 0
 * @param[in]  frac             fractional positions, any periodic image, [n_point][3]
 * @param[in]  charge           in units of the proton's charge, [n_point]
 * @param[out] energy_ha        energy per cell
 * @param[out] forces_ha_bohr   minus the gradient, Cartesian, [n_point][3]; may be NULL
 * @param[out] stress_ha_bohr3  (1/Omega) dE/dstrain, [3][3]; may be NULL
 * @return KM_E_ARGUMENT for no points, a flat cell, a value that is not finite or two points at one place;
 *         KM_E_MEMORY
 */
KM_STATUS km_ewald_compute(const double *cell_bohr, int n_point, const double *frac,
                           const double *charge, double *energy_ha, double *forces_ha_bohr,
                           double *stress_ha_bohr3);
