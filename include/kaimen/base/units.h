#pragma once
/**
 * @file
 * @brief Conversion factors. Inside kaimen everything is in Hartree atomic units.
 *
 * Source: CODATA 2018, Tiesinga et al., Rev. Mod. Phys. 93, 025010 (2021).
 */

#include <stdbool.h>

#define KM_PI 3.14159265358979323846

#define KM_ANG_PER_BOHR 0.529177210903
#define KM_BOHR_PER_ANG (1.0 / KM_ANG_PER_BOHR)
#define KM_EV_PER_HA 27.211386245988
#define KM_HA_PER_EV (1.0 / KM_EV_PER_HA)
#define KM_HA_PER_RY 0.5
#define KM_JOULE_PER_HA 4.3597447222071e-18
#define KM_METER_PER_BOHR 5.29177210903e-11
/** 1 Ha/bohr^2 in J/m^2. */
#define KM_J_M2_PER_HA_BOHR2 (KM_JOULE_PER_HA / (KM_METER_PER_BOHR * KM_METER_PER_BOHR))
/** 1 Ha/bohr^3 in GPa. */
#define KM_GPA_PER_HA_BOHR3                                                                    \
    (1e-9 * KM_JOULE_PER_HA / (KM_METER_PER_BOHR * KM_METER_PER_BOHR * KM_METER_PER_BOHR))
/** Temperature: 1 K in Ha. */
#define KM_HA_PER_KELVIN 3.1668115634556e-6

/** What a unit measures. */
typedef enum {
    KM_UNIT_ENERGY,
    KM_UNIT_LENGTH,
    KM_UNIT_INVERSE_LENGTH,
    KM_UNIT_FORCE,
    KM_UNIT_PRESSURE,
    KM_UNIT_SURFACE_ENERGY,
    KM_UNIT_TIME
} km_unit_dimension;

/** A unit as users write it. */
typedef struct {
    const char *name;
    km_unit_dimension dimension;
    double factor; /* one of it in atomic units; times in seconds */
} km_unit;

/** @brief The unit of that name ("Ha", "1/Ang", "h", ...), or NULL; case counts. Local. */
const km_unit *km_unit_find(const char *name);

/** @brief Names of all units of a dimension: "Ha, Ry, eV, meV". Local. */
void km_unit_list(km_unit_dimension dimension, int n_text, char *text);
