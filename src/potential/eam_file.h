#pragma once
/* The tables of an embedded-atom potential as its files hold them, in atomic units. */
#include "kaimen/potential/eam.h"

typedef struct {
    int z;
    double lattice_bohr;
    char lattice[16];
    double *embedding; /* [n_rho], Ha */
    double *density;   /* [n_r] */
} km_eam_element;

typedef struct {
    int n_element;
    km_eam_element element[KM_EAM_MAX_ELEMENT];
    int n_rho, n_r;
    double d_rho, d_r_bohr, cutoff_bohr;
    /* r phi, Ha bohr, [n_r]; of elements a >= b at a(a+1)/2 + b. */
    double *pair[KM_EAM_MAX_ELEMENT * (KM_EAM_MAX_ELEMENT + 1) / 2];
} km_eam_tables;

/* Whether the text is a setfl file: its fourth line counts names; of funcfl it is a line of numbers. Local. */
KM_STATUS km_eam_read_setfl(const char *name, const char *text, km_eam_tables *tables);
KM_STATUS km_eam_read_funcfl(int n_file, const char *const *names, const char *const *texts,
                             km_eam_tables *tables);
void km_eam_tables_clear(km_eam_tables *tables);
