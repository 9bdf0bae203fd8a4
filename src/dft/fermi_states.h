#pragma once
/**
 * @file
 * @brief The states at the Fermi level of a smeared SCF, for the preconditioner of its density mixing.
 */
#include "dft/electrons.h"
#include "kaimen/dft/screening.h"

typedef struct km_fermi_states km_fermi_states;

/** @brief Work space for a ground state. Local. @return KM_E_MEMORY */
KM_STATUS km_fermi_states_create(const km_ground_state *state, km_fermi_states **states);

/** @brief Free and set to NULL; accepts NULL. Local. */
void km_fermi_states_destroy(km_fermi_states **states);

/**
 * @brief Local density of states at the Fermi level of the bands as they are, symmetrised. Collective on the state's comm.
 *
 * D(r) = sum of -df/de |psi(r)|^2, with the smearing of the state or a wider one; rho_r of
 * the state is used.
 *
 * @param[in] result  the Fermi level is that of the last iteration
 */
void km_fermi_states_set(km_fermi_states *states, km_ground_state *state,
                         const km_scf_result *result, km_screening *screening);
