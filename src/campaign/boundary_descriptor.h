#pragma once
/** @file @brief What a bicrystal looks like before it relaxes, as few numbers. Local. */
#include "kaimen/campaign/boundary.h"

/**
 * @brief Descriptors of an unrelaxed bicrystal; see kaimen/campaign/boundary.h.
 * @param[in] bulk  gives r_0 and the sums, by element
 */
KM_STATUS km_boundary_describe(const km_crystal *crystal, const km_crystal *bulk,
                               double area_bohr2, double *descriptor);
