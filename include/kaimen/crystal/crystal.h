#pragma once
/**
 * @file
 * @brief A periodic crystal: cell and atoms.
 *
 * Lattice vectors are the rows of a right-handed [3][3] array in bohr. Positions are fractional and kept as they
 * were given, not wrapped. Atoms keep their order. A crystal never changes after it was made, but for its
 * positions (km_crystal_move) and its magnetic moments, which are a wish for where to start and which sites differ.
 */
#include "kaimen/base/status.h"

#define KM_FORMULA_SIZE 128

typedef struct km_crystal km_crystal;

/**
 * @brief Make a crystal. Local.
 *
 * @param[in]  cell_bohr  lattice vectors as rows, [3][3]
 * @param[in]  n_atom     > 0
 * @param[in]  z          atomic numbers, 1 to 118, [n_atom]
 * @param[in]  frac       fractional positions, [n_atom][3]
 * @param[out] crystal    ended with km_crystal_destroy(); NULL on failure
 * @return KM_E_ARGUMENT for n_atom < 1, an unknown z, a value that is not finite, a left-handed or flat cell
 */
KM_STATUS km_crystal_create(const double *cell_bohr, int n_atom, const int *z,
                            const double *frac, km_crystal **crystal);

/** @brief A copy of a crystal. Local. */
KM_STATUS km_crystal_copy(const km_crystal *crystal, km_crystal **copy);

/**
 * @brief The same atoms with their moments in another cell, at other positions. Local.
 * @return as km_crystal_create()
 */
KM_STATUS km_crystal_copy_in_cell(const km_crystal *crystal, const double *cell_bohr,
                                  const double *frac, km_crystal **copy);

/** @brief Free a crystal and set the pointer to NULL; accepts NULL. Local. */
void km_crystal_destroy(km_crystal **crystal);

/** @brief Number of atoms. Local. */
int km_crystal_n_atom(const km_crystal *crystal);

/** @brief Lattice vectors as rows, bohr, [3][3]. Local. */
const double *km_crystal_cell_bohr(const km_crystal *crystal);

/** @brief Reciprocal vectors as rows, a_i . b_j = 2 pi delta_ij, 1/bohr, [3][3]. Local. */
const double *km_crystal_reciprocal_bohr(const km_crystal *crystal);

/** @brief Cell volume in bohr^3. Local. */
double km_crystal_volume_bohr3(const km_crystal *crystal);

/** @brief Atomic numbers, [n_atom]. Local. */
const int *km_crystal_z(const km_crystal *crystal);

/** @brief Fractional positions, [n_atom][3]. Local. */
const double *km_crystal_frac(const km_crystal *crystal);

/** @brief Number of different elements. Local. */
int km_crystal_n_species(const km_crystal *crystal);

/** @brief Atomic number of each element, ascending, [n_species]. Local. */
const int *km_crystal_species_z(const km_crystal *crystal);

/** @brief Index of each atom into the elements, [n_atom]. Local. */
const int *km_crystal_species(const km_crystal *crystal);

/** @brief Cartesian positions in bohr into the caller's [n_atom][3]. Local. */
void km_crystal_compute_cart(const km_crystal *crystal, double *cart_bohr);

/** @brief Replace the fractional positions, [n_atom][3]. Local. */
void km_crystal_move(km_crystal *crystal, const double *frac);

/** @brief Starting moments of the atoms, Bohr magnetons, [n_atom]; NULL where none are set. Local. */
const double *km_crystal_moments_mub(const km_crystal *crystal);

/**
 * @brief Set the moments, [n_atom], or forget them with NULL. Local.
 * Atoms whose moments differ are not equivalent for km_symmetry_create().
 * @return KM_E_ARGUMENT for a moment that is not finite
 */
KM_STATUS km_crystal_set_moments(km_crystal *crystal, const double *moments_mub);

/** @brief Hill formula of the whole cell, such as "Mg5O5"; reduced formula, such as "MgO". Local. */
void km_crystal_formula(const km_crystal *crystal, char formula[KM_FORMULA_SIZE]);
void km_crystal_reduced_formula(const km_crystal *crystal, char formula[KM_FORMULA_SIZE]);

/**
 * @brief Shortest distance between two atoms, periodic images included, in bohr. Local.
 * @param[out] first, second  the two atoms (equal when an atom is nearest to its own image); may be NULL
 */
double km_crystal_shortest_distance_bohr(const km_crystal *crystal, int *first, int *second);

/** @brief Shortest distance of each pair of elements, images included, bohr, [n_species][n_species]. Local. */
void km_crystal_nearest_by_species_bohr(const km_crystal *crystal, double *nearest_bohr);
