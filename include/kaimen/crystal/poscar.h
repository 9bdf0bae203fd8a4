#pragma once
/**
 * @file
 * @brief Reader and writer of VASP 5 structure files (POSCAR, CONTCAR). All functions are local.
 *
 * Comment; scale (negative: the volume); three lattice vectors, Ang; element symbols; numbers of atoms; optionally
 * "Selective dynamics"; "Direct" or "Cartesian"; one position per atom. What follows (velocities) is not read.
 * A left-handed cell is turned over together with its positions, so that no atom moves.
 * Source: VASP wiki, page POSCAR.
 */
#include "kaimen/crystal/crystal.h"

/**
 * @brief Read a crystal.
 *
 * @param[out] crystal  ended with km_crystal_destroy(); NULL on failure
 * @return KM_E_INPUT with file, line and what was wanted; the format of VASP 4, without element symbols, is refused
 */
KM_STATUS km_poscar_read(const char *path, km_crystal **crystal);

/**
 * @brief Write a crystal, in fractional coordinates with 16 digits, atoms in their order. The file is replaced as a whole.
 *
 * @param[in] comment  first line; NULL: the formula
 * @return KM_E_IO naming the path
 */
KM_STATUS km_poscar_write(const char *path, const char *comment, const km_crystal *crystal);
