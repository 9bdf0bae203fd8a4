#pragma once
/**
 * @file
 * @brief Names of the isometries of a slab that exchange its faces.
 */
#include "builder/stack.h"

/**
 * @brief Name of the highest isometry that maps n to -n about a height, "none" if there is none. Local.
 *
 * Order: inversion, mirror, 2-fold axis, -4, glide, 2_1 axis. (-3 holds an inversion and -6 a mirror.)
 * Source: International Tables for Crystallography A, section 1.2.2: type by determinant and trace, glide and screw
 * by the intrinsic part of the translation.
 */
const char *km_isometry_name(const km_oriented *oriented, const km_stack *stack, double height);
