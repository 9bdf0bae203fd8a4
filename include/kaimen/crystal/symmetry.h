#pragma once
/**
 * @file
 * @brief Space group of a crystal, through spglib.
 *
 * An operation maps a fractional position x to R x + t, with R an integer matrix in the basis of the crystal's own
 * lattice vectors (R[i][j] as rows) and t fractional. Atoms are equivalent where element and magnetic moment are the
 * same: operations that turn a moment over are left out.
 * Source: A. Togo, K. Shinohara, I. Tanaka, Sci. Technol. Adv. Mater. Meth. 4, 2384822 (2024).
 */
#include "kaimen/crystal/crystal.h"

#include <stdbool.h>

typedef struct km_symmetry km_symmetry;

/** Distance within which atoms count as equivalent, bohr. spglib's own recommendation is 1e-5 Ang. */
#define KM_SYMMETRY_TOLERANCE_BOHR 1e-4

/**
 * @brief Find the space group. Local.
 * @param[in]  tolerance_bohr  largest distance of atoms taken as equivalent, > 0
 * @param[out] symmetry        ended with km_symmetry_destroy(); owns its data, does not keep the crystal
 * @return KM_E_INPUT when no group is found (atoms on top of each other)
 */
KM_STATUS km_symmetry_create(const km_crystal *crystal, double tolerance_bohr,
                             km_symmetry **symmetry);

/**
 * @brief The subgroup of a group whose operations have mask[i] true. Local.
 *
 * Where spglib cannot name the subgroup, its number is 0 and its symbol empty.
 * @param[in] mask  [n_operation]; the kept operations must form a group
 * @return KM_E_ARGUMENT when they do not
 */
KM_STATUS km_symmetry_create_subgroup(const km_symmetry *symmetry, const bool *mask,
                                      km_symmetry **subgroup);

/** @brief Free and set to NULL; accepts NULL. Local. */
void km_symmetry_destroy(km_symmetry **symmetry);

/** @brief Number of operations; the first one is the identity. Local. */
int km_symmetry_n_operation(const km_symmetry *symmetry);

/** @brief Rotation of an operation, integer [3][3] acting on fractional positions. Local. */
const int *km_symmetry_rotation(const km_symmetry *symmetry, int operation);

/** @brief Translation of an operation, fractional [3]. Local. */
const double *km_symmetry_translation_frac(const km_symmetry *symmetry, int operation);

/** @brief Atom to which an operation maps each atom, [n_atom]. Local. */
const int *km_symmetry_atom_map(const km_symmetry *symmetry, int operation);

/** @brief Number of the space group, 1 to 230, and its Hermann-Mauguin symbol. Local. */
int km_symmetry_number(const km_symmetry *symmetry);
const char *km_symmetry_symbol(const km_symmetry *symmetry);

/**
 * @brief Inversion centre nearest to the origin; exactly the origin when it is within the tolerance. Local.
 * @param[out] centre_frac  fractional, each in (-1/2, 1/2], [3]; untouched when there is none
 * @return whether the group holds an inversion
 */
bool km_symmetry_has_inversion(const km_symmetry *symmetry, double centre_frac[3]);

/**
 * @brief How the standardised conventional cell lies in the crystal as it was given, not rotated. Local.
 *
 * @param[out] number          of the space group
 * @param[out] centring        of the conventional cell: P, A, C, F, I or R (hexagonal axes)
 * @param[out] transformation  T with a_j = sum_i s_i T_ij, a the crystal's vectors and s those of the cell, [3][3]
 */
KM_STATUS km_symmetry_find_setting(const km_crystal *crystal, double tolerance_bohr,
                                   int *number, char *centring, double transformation[9]);

/** @brief The primitive cell, its lattice Niggli-reduced or standardised by spglib. Local. */
KM_STATUS km_symmetry_find_primitive(const km_crystal *crystal, double tolerance_bohr,
                                     km_crystal **primitive);

/** @brief The standardised conventional cell. Local. */
KM_STATUS km_symmetry_find_conventional(const km_crystal *crystal, double tolerance_bohr,
                                        km_crystal **conventional);

/**
 * @brief Reduce a regular mesh of k-points by the group and, on request, time reversal. Local.
 *
 * Only operations that map the whole mesh onto itself are used: they are a group, and the weights add up.
 * Mesh point (i, j, k) is ((i + s_0/2)/mesh[0], ...) with shift s = 0 or 1, at index i + mesh[0] (j + mesh[1] k).
 * @param[out] map  index of the representative of each mesh point, [mesh[0]*mesh[1]*mesh[2]]
 */
KM_STATUS km_symmetry_reduce_mesh(const km_symmetry *symmetry, const int mesh[3],
                                  const int shift[3], bool time_reversal, int *map);
