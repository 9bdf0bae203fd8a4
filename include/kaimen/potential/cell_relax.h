#pragma once
/**
 * @file
 * @brief Relaxes the cell and the atoms of a bulk crystal together, with any calculator that has forces and stress.
 *
 * The enthalpy H = E + p Omega falls along quasi-Newton steps (L-BFGS) over the atoms' positions in the unstrained cell and a
 * symmetric strain, which is scaled to the size of a bond so that both are lengths. Forces and stress have the
 * symmetry of the crystal, and so has every step.
 *
 * Every cell has the plane waves of the first one, strained along: the energy is smooth, and its gradient is the
 * stress. That a cell of another volume then has another cutoff is corrected with the slope S = dE/d ln(number of plane
 * waves) of the first cell: E is taken as E - S ln(basis_filling), and S/Omega is added to the pressure part of the
 * stress. So the minimum is the one at constant cutoff. The relaxed crystal is computed once more with plane waves
 * of its own, and the difference is reported.
 * Source: Pfrommer et al., J. Comput. Phys. 131, 233 (1997); Francis, Payne, J. Phys. Condens. Matter 2, 4395 (1990).
 */
#include "kaimen/potential/calculator.h"

typedef struct {
    double force_tolerance_ha_bohr; /* largest force on an atom at the end */
    double
        stress_tolerance_ha_bohr3; /* largest component of the stress, beyond that of the pressure */
    double pressure_ha_bohr3;
    int max_step;           /* changes that are tried */
    double step_limit_bohr; /* no atom moves further at once */
    double strain_limit;    /* no component of the strain changes more at once */
} km_cell_relax_options;

typedef struct {
    km_outcome outcome; /* NOT_CONVERGED: max_step reached; DIVERGED: exploded */
    char reason[KM_REASON_SIZE];
    int n_step;       /* changes tried */
    int n_compute;    /* calls of the calculator */
    long n_iteration; /* SCF iterations of all of them */
    double max_force_ha_bohr;
    double max_stress_ha_bohr3; /* beyond the pressure, corrected */
    double basis_slope_ha;      /* S; 0 where the calculator has none */
    double
        basis_error_ha; /* corrected energy with plane waves of its own, less that of the strained ones */
    km_calculation calculation; /* of the relaxed crystal with plane waves of its own */
} km_cell_relax_result;

/** @brief 5e-4 Ha/bohr, 3e-6 Ha/bohr^3 (0.1 GPa), no pressure, 40 steps of at most 0.3 bohr and 0.04. Local. */
km_cell_relax_options km_cell_relax_options_default(void);

/**
 * @brief Relax cell and atoms. Collective on comm.
 *
 * When the outcome is CONVERGED the calculator holds the relaxed crystal, with what the request asks for.
 * @param[in]  request  its time limit and stop flag are those of the whole relaxation
 * @param[out] relaxed  the last accepted crystal, ended with km_crystal_destroy(); NULL on failure
 * @param[out] result   the same on every rank; not converging is an outcome, with its reason
 * @return KM_E_ARGUMENT for a tolerance or limit that is not positive; errors of the calculator
 */
KM_STATUS km_cell_relax(const km_crystal *crystal, const km_cell_relax_options *options,
                        km_calculator *calculator, const km_request *request, MPI_Comm comm,
                        km_crystal **relaxed, km_cell_relax_result *result);
