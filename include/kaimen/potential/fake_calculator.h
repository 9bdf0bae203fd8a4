#pragma once
/**
 * @file
 * @brief A calculator without physics, for tests of everything above it: quick, deterministic, able to fail on demand.
 *
 * The energy depends on the structure only: a constant per atom and a small term from a hash. A crystal with
 * vacuum gets a potential well and an electron density where its atoms are, so that the surface quantities exist.
 */
#include "kaimen/potential/calculator.h"

typedef struct {
    double sleep_s;              /* of one computation */
    double fail_fraction;        /* of all crystals: refused with an error */
    double unconverged_fraction; /* of all crystals: outcome "not converged" */
    int crash_n_atom; /* crystals with so many atoms end the process by SIGKILL; 0: none */
    double
        flatness_ha; /* ripple of the vacuum: above the limit of edges.h there is no plateau */
    double atom_volume_bohr3; /* that a bulk crystal wants; 0: any will do */
} km_fake_options;

/** @brief Make one; ended with km_calculator_destroy(). Local. */
KM_STATUS km_fake_calculator_create(const km_fake_options *options, km_calculator **calculator);
