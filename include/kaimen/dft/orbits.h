#pragma once
/**
 * @file
 * @brief Points of an FFT grid that symmetry makes equal: one of each orbit is enough for a function of the density.
 */
#include "kaimen/crystal/symmetry.h"
#include "kaimen/dft/grid.h"

typedef struct km_orbits km_orbits;

/**
 * @brief Find the orbits. Local.
 *
 * @param[in]  grid      every operation maps its points onto themselves
 * @param[in]  symmetry  NULL: none
 * @param[in]  is_even   with inversion about the origin, whether or not `symmetry` has it
 * @param[out] orbits    ended with km_orbits_destroy()
 */
KM_STATUS km_orbits_create(const km_grid *grid, const km_symmetry *symmetry, bool is_even,
                           km_orbits **orbits);

/** @brief Free and set to NULL; accepts NULL. Local. */
void km_orbits_destroy(km_orbits **orbits);

/** @brief Number of orbits. Local. */
int km_orbits_n(const km_orbits *orbits);

/**
 * @brief A point of each orbit, [n]; how many it has, [n]; and the orbit of each point, [n_point]. Local.
 * All are NULL where each point is an orbit: without symmetry and inversion.
 */
const int *km_orbits_first(const km_orbits *orbits);
const int *km_orbits_count(const km_orbits *orbits);
const int *km_orbits_of_points(const km_orbits *orbits);
