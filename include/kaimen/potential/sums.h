#pragma once
/**
 * @file
 * @brief What every classical potential adds to: energy, forces and derivative by strain of one crystal.
 */
#include "kaimen/potential/neighbours.h"

typedef struct {
    double energy_ha;
    double *forces_ha_bohr;       /* borrowed, [n_atom][3] */
    double strain_gradient_ha[9]; /* dE/dstrain, symmetric, [3][3] */
} km_potential_sums;
