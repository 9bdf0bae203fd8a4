#include "kaimen/base/units.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const km_unit units[] = {
    {"Ha", KM_UNIT_ENERGY, 1},
    {"Ry", KM_UNIT_ENERGY, KM_HA_PER_RY},
    {"eV", KM_UNIT_ENERGY, KM_HA_PER_EV},
    {"meV", KM_UNIT_ENERGY, 1e-3 * KM_HA_PER_EV},
    {"bohr", KM_UNIT_LENGTH, 1},
    {"Ang", KM_UNIT_LENGTH, KM_BOHR_PER_ANG},
    {"nm", KM_UNIT_LENGTH, 10 * KM_BOHR_PER_ANG},
    {"1/bohr", KM_UNIT_INVERSE_LENGTH, 1},
    {"1/Ang", KM_UNIT_INVERSE_LENGTH, KM_ANG_PER_BOHR},
    {"1/nm", KM_UNIT_INVERSE_LENGTH, 0.1 * KM_ANG_PER_BOHR},
    {"Ha/bohr", KM_UNIT_FORCE, 1},
    {"eV/Ang", KM_UNIT_FORCE, KM_HA_PER_EV *KM_ANG_PER_BOHR},
    {"Ha/bohr3", KM_UNIT_PRESSURE, 1},
    {"GPa", KM_UNIT_PRESSURE, 1 / KM_GPA_PER_HA_BOHR3},
    {"Ha/bohr2", KM_UNIT_SURFACE_ENERGY, 1},
    {"J/m2", KM_UNIT_SURFACE_ENERGY, 1 / KM_J_M2_PER_HA_BOHR2},
    {"s", KM_UNIT_TIME, 1},
    {"min", KM_UNIT_TIME, 60},
    {"h", KM_UNIT_TIME, 3600},
    {"d", KM_UNIT_TIME, 86400},
};

#define N_UNIT (sizeof units / sizeof *units)

const km_unit *km_unit_find(const char *name)
{
    for (size_t i = 0; i < N_UNIT; ++i)
        if (strcmp(units[i].name, name) == 0) return &units[i];
    return NULL;
}

void km_unit_list(km_unit_dimension dimension, int n_text, char *text)
{
    int n = 0;

    text[0] = '\0';
    for (size_t i = 0; i < N_UNIT && n < n_text; ++i)
        if (units[i].dimension == dimension)
            n += snprintf(text + n, (size_t)(n_text - n), "%s%s", n ? ", " : "", units[i].name);
}
