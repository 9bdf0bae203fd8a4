#pragma once
/** @file @brief Pseudopotential files in the Unified Pseudopotential Format, version 2. */
#include "radial.h"

/**
 * @brief Read a norm-conserving UPF file. Local.
 *
 * The file is text with tags; the parser wants the few of them that are needed, wherever they stand. Energies are in
 * Ry, PP_BETA is r p(r), PP_NLCC a density, 1/bohr^3.
 *
 * @param[in]  path    file, for messages
 * @param[in]  symbol  element that the file must be for
 * @param[in]  text    its content
 * @param[out] radial  finished, ended with km_radial_destroy(); NULL on failure
 * @return KM_E_INPUT with FILE:LINE for a broken file, another element, ultrasoft, PAW, spin-orbit or version 1
 *
 * Source: https://pseudopotentials.quantum-espresso.org/home/unified-pseudopotential-format
 */
KM_STATUS km_upf_read(const char *path, const char *symbol, const char *text,
                      km_radial **radial);
