#pragma once
/* The parameters of an ionic potential as its file holds them, in atomic units. */
#include "kaimen/potential/ionic.h"

#include <stdbool.h>

#define KM_IONIC_MAX_PAIR (KM_IONIC_MAX_ION * (KM_IONIC_MAX_ION + 1) / 2)

typedef struct {
    char symbol[8];
    int z;
    double charge;          /* of core and shell */
    double shell_charge;    /* 0: no shell */
    double spring_ha_bohr2; /* 0: no shell */
    double spring_ev_ang2;  /* as written */
} km_ionic_ion;

typedef struct {
    char between[24]; /* "Mg O" */
    int ion[2];
    double a_ha, rho_bohr;
    double c_ev_ang6, c_ha_bohr6;
    double wall_ha, wall_bohr; /* epsilon and sigma of the wall; 0: none */
} km_ionic_pair;

typedef struct {
    char name[64], source[256];
    double cutoff_bohr;
    int n_ion, n_pair;
    km_ionic_ion ion[KM_IONIC_MAX_ION];
    km_ionic_pair pair[KM_IONIC_MAX_PAIR];
} km_ionic_set;

/* Local. KM_E_INPUT with file and line. */
KM_STATUS km_ionic_set_read(const char *name, const char *text, km_ionic_set *set);
