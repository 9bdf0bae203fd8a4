#pragma once
/**
 * @file
 * @brief A pseudopotential as a UPF file, version 2, for programs that read no GTH entries.
 *
 * The mesh is logarithmic. Density and orbitals are those of the pseudo-atom, so that a program that starts from them
 * starts as kaimen does. Coupling matrices keep their elements off the diagonal.
 *
 * Source: P. Giannozzi et al., J. Phys.: Condens. Matter 29, 465901 (2017); the format as Quantum ESPRESSO documents it
 * (Rydberg units; projectors, orbitals and density times r, r and 4 pi r^2).
 */
#include "kaimen/base/text.h"
#include "kaimen/dft/atom.h"
#include "kaimen/dft/pseudo.h"

/**
 * @brief Append a UPF file to a text. Local.
 *
 * @param[in] pseudo      without a core correction
 * @param[in] atom        its pseudo-atom
 * @param[in] functional  the one of the atom, named in the header
 * @return KM_E_INPUT for a pseudopotential with a core correction, KM_E_MEMORY
 */
KM_STATUS km_upf_append(const km_pseudo *pseudo, const km_atom *atom, km_functional functional,
                        km_text *text);
