#pragma once
/**
 * @file
 * @brief The FFT grid of the density and potentials, and the sphere of G vectors on it.
 *
 * A lattice-periodic function is f(r) = sum_G f(G) exp(i G r). In real space it is an array
 * [n0][n1][n2] of its values at the points (i/n0, j/n1, k/n2); in reciprocal space it is an array
 * [n_g] over the G with |G|^2/2 <= 4 ecut (or the largest sphere that the grid holds, where that is
 * smaller). What a real-space function holds outside that sphere is dropped on the way back.
 */
#include "kaimen/base/status.h"
#include "kaimen/crystal/crystal.h"
#include "kaimen/crystal/symmetry.h"

#include <complex.h>
#include <stdbool.h>

typedef struct km_grid km_grid;

/**
 * @brief Choose grid dimensions: products of 2, 3, 5, 7 that hold the density sphere. Local.
 *
 * @param[in]  symmetry  equivalent axes get equal numbers and fractional translations fall on
 *                       grid points where possible; may be NULL
 * @param[in]  ecut_ha   cutoff of the wavefunctions
 * @param[in]  factor    1: exact products of wavefunctions (2 G_max); 0.75: reduced grid
 * @param[out] n         points along each lattice vector
 */
void km_grid_choose(const km_crystal *crystal, const km_symmetry *symmetry, double ecut_ha,
                    double factor, int n[3]);

/**
 * @brief Make a grid and its FFT plans. Local.
 * @return KM_E_ARGUMENT if ecut_ha <= 0 or the grid cannot hold the wavefunctions themselves
 */
KM_STATUS km_grid_create(const km_crystal *crystal, double ecut_ha, const int n[3],
                         km_grid **grid);

/** @brief Free and set to NULL; accepts NULL. Local. */
void km_grid_destroy(km_grid **grid);

/** @brief Give the G vectors another cell: points and integer coordinates stay, lengths follow. Local. */
void km_grid_set_cell(km_grid *grid, const km_crystal *crystal);

/** @brief Points along each lattice vector, [3], and their product. Local. */
const int *km_grid_n(const km_grid *grid);
int km_grid_n_point(const km_grid *grid);

/** @brief Number of G vectors, and the index of G = 0, the middle one: -G stands at n_g - 1 - ig. Local. */
int km_grid_n_g(const km_grid *grid);
int km_grid_zero(const km_grid *grid);

/** @brief Integer coordinates of the G vectors, [n_g][3]. Local. */
const int *km_grid_miller(const km_grid *grid);

/** @brief Cartesian G vectors, 1/bohr, [n_g][3], and |G|^2, 1/bohr^2, [n_g]. Local. */
const double *km_grid_g_cart(const km_grid *grid);
const double *km_grid_g2(const km_grid *grid);

/** @brief Index of the G vector with the given integer coordinates, -1 outside. Local. */
int km_grid_find(const km_grid *grid, const int miller[3]);

/** @brief f(r), [n_point], from f(G), [n_g], for a real function. Local. */
void km_grid_to_real(km_grid *grid, const double complex *f_g, double *f_r);

/** @brief Add factor f(r) to what is there, [n_point]. Local. */
void km_grid_add_to_real(km_grid *grid, double factor, const double complex *f_g, double *f_r);

/** @brief f(G), [n_g], from a real function f(r), [n_point]. Local. */
void km_grid_to_reciprocal(km_grid *grid, const double *f_r, double complex *f_g);

/** @brief f(G) before G = 0 from what stands behind it, for a real function: f(-G) = f(G)*. Local. */
void km_grid_complete(const km_grid *grid, double complex *f_g);

/** @brief Whether an operation x -> R x + t maps grid points to grid points. Local. */
bool km_grid_is_invariant(const km_grid *grid, const int *rotation,
                          const double *translation_frac);

/** @brief exp(-i G tau) for a fractional position, into [n_g]. Local. */
void km_grid_compute_phase(const km_grid *grid, const double frac[3], double complex *phase);
