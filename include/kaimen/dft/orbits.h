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

/** @brief Values at one point of each of n orbits from the first on, [n], from those at all points, [n_point]. Local. */
void km_orbits_gather(const km_orbits *orbits, int first, int n, const double *at_points,
                      double *of_orbits);

/** @brief The values of the orbits, [n_orbit], to all of their points, [n_point]. Local. */
void km_orbits_scatter(const km_orbits *orbits, const double *of_orbits, double *at_points);
