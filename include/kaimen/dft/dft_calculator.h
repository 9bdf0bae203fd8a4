#pragma once
/**
 * @file
 * @brief DFT seen as a calculator: pseudopotentials, the retry ladder, honest outcomes.
 *
 * Elements are read and their pseudo-atoms solved once, at their first use. A crystal whose SCF does not
 * converge is tried again with damped mixing and more bands, then with smeared occupations; a gap that closes
 * under fixed occupations goes to the smeared rung at once and is flagged.
 */
#include "kaimen/dft/ground_state.h"
#include "kaimen/dft/options.h"
#include "kaimen/potential/calculator.h"

typedef struct km_dft km_dft;

/**
 * @brief Make a DFT calculator. Local.
 *
 * @param[in]  options     copied
 * @param[in]  folder      where relative pseudopotential files are looked for; NULL: the working directory
 * @param[out] calculator  owns everything
 * @param[out] dft         the same calculator for the functions below, valid as long; may be NULL
 * @return KM_E_ARGUMENT for a cutoff, spacing or mixing out of range
 */
KM_STATUS km_dft_calculator_create(const km_dft_options *options, const char *folder,
                                   km_calculator **calculator, km_dft **dft);

/**
 * @brief Read the pseudopotentials of a crystal's elements now, so that a missing one is an early error. Local.
 * @return KM_E_INPUT or KM_E_IO as km_pseudo_read; KM_E_NUMERIC when a pseudo-atom has no solution
 */
KM_STATUS km_dft_load_elements(km_dft *dft, const km_crystal *crystal);

/** @brief Pseudopotential of a loaded element, NULL before. Local. */
const km_pseudo *km_dft_pseudo(const km_dft *dft, int z);

/** @brief Electrons of the last crystal, NULL before the first. Local. */
km_ground_state *km_dft_ground_state(const km_dft *dft);

/** @brief The last crystal, with spin with the moments that it started from; NULL before the first. Local. */
const km_crystal *km_dft_crystal(const km_dft *dft);

/** @brief How the last SCF ended. Local. */
const km_scf_result *km_dft_scf_result(const km_dft *dft);

/** @brief sum(alpha)/Omega of a crystal of loaded elements, Ha. Local. */
double km_dft_alpha_over_omega_ha(const km_dft *dft, const km_crystal *crystal);
