#pragma once
/**
 * @file
 * @brief One door to all structure files.
 */
#include "kaimen/crystal/crystal.h"

/**
 * @brief Read a crystal with the reader that the name of the file calls for. Local.
 *
 * *.cif; POSCAR*, CONTCAR*, *.poscar, *.vasp; *.xyz, *.extxyz (the first frame): case does not matter.
 * @param[out] crystal  ended with km_crystal_destroy(); NULL on failure
 * @return KM_E_INPUT with file, line and what was wanted; for another name, the names that are known
 */
KM_STATUS km_crystal_read(const char *path, km_crystal **crystal);
