#pragma once
/**
 * @file
 * @brief The energy of a bicrystal at every rigid shift, with a classical potential and without computing each grain again. All functions are local.
 *
 * Nothing moves but the grains as wholes, so that only what acts across boundaries changes. Embedded atoms: pairs and densities across. Ions: pair terms across, and the
 * Coulomb energy of two layers of charges one above the other, whose dependence on the shift is a plane sum of waves
 *
 *     W(t) = 2 pi/A sum_{G != 0} exp(-G d)/G S(G) S'(G)* exp(-i G.t)
 *
 * with the structure factors of both layers at the planes that face each other, d apart; it has the waves of the CNID cell only. The rest of the ions' energy is taken from
 * one calculation of one shift. Shells stay on their cores.
 *
 * Source of the sum: D. E. Parry, Surf. Sci. 49, 433 (1975), equations 11 to 13.
 */
#include "kaimen/crystal/bicrystal.h"
#include "kaimen/potential/calculator.h"

/**
 * @brief Energies of a whole cell at shifts (i/grid[0], j/grid[1]) in the CNID basis, as km_bicrystal_build() makes it without merging.
 *
 * @param[in]  calculator  a classical one; it then holds another crystal
 * @param[out] energy_ha   [grid[1]][grid[0]]; large, or not finite, where atoms overlap
 * @return KM_E_ARGUMENT for another calculator, a gap or a grid that is not positive; KM_E_INPUT for an element that the potential does not have
 */
KM_STATUS km_rigid_map_compute(const km_bicrystal *bicrystal, km_calculator *calculator,
                               double gap_bohr, const int grid[2], double *energy_ha);
