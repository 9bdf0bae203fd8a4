#pragma once
/** @file @brief What a bicrystal looks like before it relaxes, as few numbers. Local. */
#include "kaimen/campaign/boundary.h"

/**
 * @brief Descriptors of an unrelaxed bicrystal, each per area of its boundaries, bohr^-2.
 *
 * Every pair of atoms has a bond order exp(-(r/r_0 - 1)/0.16), r_0 being the shortest distance of its elements in the bulk; an atom's sum of them against that in the
 * bulk tells what it lacks. In this order: sum of the lacking orders; of their squares; of the squares of what is too much; compression of unlike atoms, sum of
 * (1 - r/r_0)^2; that of like atoms; volume in excess of the bulk's, bohr.
 * Source of bond orders: I. D. Brown, D. Altermatt, Acta Cryst. B 41, 244 (1985).
 *
 * @param[in] bulk  gives r_0 and the sums, by element
 */
KM_STATUS km_boundary_describe(const km_crystal *crystal, const km_crystal *bulk,
                               double area_bohr2, double *descriptor);
