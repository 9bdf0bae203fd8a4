#pragma once
/**
 * @file
 * @brief Whether two slabs are the same but for a rigid motion or a reflection.
 */
#include "kaimen/crystal/crystal.h"

#include <stdbool.h>

/**
 * @brief Compare two slabs of this layer: c along z, both centred on z = 0, reduced a and b in the plane. Local.
 * @param[in] tolerance_bohr  largest distance of atoms that are taken as equal
 */
bool km_match_slabs(const km_crystal *first, const km_crystal *second, double tolerance_bohr);
