#pragma once
/**
 * @file
 * @brief Stars of G vectors that symmetry takes into each other: a density's average over a group.
 *
 * rho(R x + t) has at R^T G the coefficient rho(G) exp(2 pi i m t): of a symmetric density one coefficient of a star tells the
 * others.
 */
#include "kaimen/crystal/symmetry.h"
#include "kaimen/dft/grid.h"

#include <complex.h>

typedef struct km_stars km_stars;

/**
 * @brief Find the stars. Local.
 *
 * @param[in]  grid      of which every operation maps the points onto themselves
 * @param[in]  symmetry  operations x -> R x + t; NULL: none
 * @param[in]  is_even   the crystal has an inversion centre at the origin: rho(G) is real
 * @param[out] stars     ended with km_stars_destroy()
 * @return KM_E_MEMORY
 */
KM_STATUS km_stars_create(const km_grid *grid, const km_symmetry *symmetry, bool is_even,
                          km_stars **stars);

/** @brief Free and set to NULL; accepts NULL. Local. */
void km_stars_destroy(km_stars **stars);

/** @brief Average a density over the group, in place. Local. @param[in,out] rho [n_g] */
void km_stars_average(const km_stars *stars, double complex *rho);
