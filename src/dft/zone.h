#pragma once
/**
 * @file
 * @brief The first Brillouin zone of a lattice: its faces, corners and edges.
 */
#include <stdbool.h>

/** Gamma, at most 14 faces, 24 corners and 36 edges. Source: E. S. Fedorov's five parallelohedra. */
#define KM_ZONE_MAX_POINT 75

/**
 * @brief Gamma, the centres of the faces, the corners and the middles of the edges. Local.
 *
 * Faces, corners and edges that differ by less than 1e-3 of the lattice count as one, so that a cell with rounded
 * numbers gives the points of its exact shape.
 * @param[in]  cell_bohr        lattice vectors as rows, [3][3]
 * @param[in]  reciprocal_bohr  reciprocal vectors as rows, 2 pi included, [3][3]
 * @param[out] frac             fractional reciprocal coordinates, not folded, [KM_ZONE_MAX_POINT][3]
 * @return number of points
 */
int km_zone_find_points(const double *cell_bohr, const double *reciprocal_bohr, double *frac);

/** @brief Whether a point lies in the zone or, within 1e-3 of the lattice, on its surface; a NaN does not. Local. */
bool km_zone_holds(const double *cell_bohr, const double *reciprocal_bohr, const double *frac);
