#pragma once
/**
 * @file
 * @brief Classical potentials seen as a calculator: embedded atoms for metals, ions for oxides.
 *
 * Every rank of a team computes the same crystal: it takes milliseconds. Energies are those of the potential: of an ion set against ions far apart.
 */
#include "kaimen/potential/calculator.h"
#include "kaimen/potential/eam.h"
#include "kaimen/potential/ionic.h"

/**
 * @brief Make one. Local.
 * @param[in,out] eam, ionic  one of them, the other NULL; taken over and set to NULL, also on failure
 */
KM_STATUS km_classical_calculator_create(km_eam **eam, km_ionic **ionic,
                                         km_calculator **calculator);

/**
 * @brief Make one from the content of files: embedded atoms where the first is a setfl or funcfl file, else an ion set (NAME.yaml). Local.
 * @return KM_E_INPUT with file and line
 */
KM_STATUS km_classical_calculator_read(int n_file, const char *const *names,
                                       const char *const *texts, km_calculator **calculator);

/** @brief The potential inside; the other is NULL. Local; borrowed. @return KM_E_ARGUMENT for another kind of calculator */
KM_STATUS km_classical_calculator_open(const km_calculator *calculator, km_eam **eam,
                                       km_ionic **ionic);
