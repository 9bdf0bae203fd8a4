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

/** Potentials of one calculator. */
#define KM_CLASSICAL_MAX_POTENTIAL 8

/**
 * @brief Make one from the content of files. Local.
 *
 * NAME.yaml is an ion set, a setfl file holds embedded atoms of all its elements, funcfl files that follow each other are one potential together. Of several potentials
 * a crystal takes the first that has all its elements.
 * @return KM_E_INPUT with file and line
 */
KM_STATUS km_classical_calculator_read(int n_file, const char *const *names,
                                       const char *const *texts, km_calculator **calculator);

/** @brief Hold the shells of all ion sets on their cores, or let them go. Local. @return false where there are none, or the calculator is of another kind */
bool km_classical_calculator_clamp_shells(km_calculator *calculator, bool is_clamped);

/**
 * @brief The potential of some elements; the other is NULL. Local; borrowed.
 * @return KM_E_ARGUMENT for another kind of calculator, KM_E_INPUT where no potential has them all
 */
KM_STATUS km_classical_calculator_open(const km_calculator *calculator, int n_species,
                                       const int *species_z, km_eam **eam, km_ionic **ionic);
