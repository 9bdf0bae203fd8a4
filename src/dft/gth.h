#pragma once
/**
 * @file
 * @brief One entry of a CP2K file of GTH pseudopotentials, as plain numbers.
 */
#include "kaimen/dft/pseudo.h"

#define KM_GTH_LOCAL_MAX 4

typedef struct {
    km_pseudo_info info;
    double r_local_bohr;
    int n_local;
    double c_local_ha[KM_GTH_LOCAL_MAX];
    int n_channel;
    double r_channel_bohr[KM_L_MAX + 1];
    km_pseudo_channel channel[KM_L_MAX + 1];
    /* rho_c(r) = c_core exp(-r^2 / 2 r_core^2); 0 without a core correction */
    double r_core_bohr, c_core_bohr3;
} km_gth;

/** @brief Read an entry from the content of a file; arguments and errors as of km_pseudo_read(). Local. */
KM_STATUS km_gth_read(const char *path, const char *symbol, const char *text, const char *entry,
                      const char *family, km_gth *gth);

/* The functions of km_pseudo. */
void km_gth_compute_local(const km_gth *gth, int n, const double *q_bohr, double *v_ha_bohr3);
void km_gth_compute_local_slope(const km_gth *gth, int n, const double *q_bohr,
                                double *slope_ha_bohr4);
double km_gth_alpha_ha_bohr3(const km_gth *gth);
void km_gth_compute_local_real(const km_gth *gth, int n, const double *r_bohr, double *v_ha);
void km_gth_compute_projector(const km_gth *gth, int ic, int ip, int n, const double *q_bohr,
                              double *p_bohr32);
void km_gth_compute_projector_slope(const km_gth *gth, int ic, int ip, int n,
                                    const double *q_bohr, double *slope_bohr52);
void km_gth_compute_projector_real(const km_gth *gth, int ic, int ip, int n,
                                   const double *r_bohr, double *p_bohr);
void km_gth_compute_core(const km_gth *gth, int n, const double *q_bohr, double *density);
void km_gth_compute_core_slope(const km_gth *gth, int n, const double *q_bohr,
                               double *slope_bohr);
void km_gth_compute_core_real(const km_gth *gth, int n, const double *r_bohr,
                              double *density_bohr3, double *slope_bohr4);
