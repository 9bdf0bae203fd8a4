#pragma once
/** @file @brief Which shells of an atom are its core, and which hold its valence electrons. */
#include "kaimen/dft/pseudo.h"

/** @brief Filled shells of each l in the core of n_core electrons, or in the next smaller known one. Local. */
const int *km_shells_core(int n_core);

/**
 * @brief Fill n_electron of an element from z and z_valence: shells above the core in the order of n + l. Local.
 *
 * A start for densities: exceptions from Madelung's rule such as Cr and Pd are not made.
 */
void km_shells_fill(km_pseudo_info *info);
