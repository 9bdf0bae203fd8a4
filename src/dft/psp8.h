#pragma once
/** @file @brief Pseudopotential files in ABINIT's format 8. */
#include "radial.h"

/**
 * @brief Read a norm-conserving psp8 file. Local.
 *
 * Energies are in Ha, projectors are r p(r), the core density is 4 pi rho. Behind the last point of its mesh V_loc is
 * -Z/r, as ABINIT has it. Derivatives of the core density are not used.
 *
 * @param[in]  path    file, for messages
 * @param[in]  symbol  element that the file must be for
 * @param[in]  text    its content
 * @param[out] radial  finished, ended with km_radial_destroy(); NULL on failure
 * @return KM_E_INPUT with FILE:LINE for a broken file, another element or format, spin-orbit
 *
 * Source: ABINIT, doc/developers/psp8_info.html.
 */
KM_STATUS km_psp8_read(const char *path, const char *symbol, const char *text,
                       km_radial **radial);
