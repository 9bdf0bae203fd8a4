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
} km_gth;

/** @brief Read an entry; arguments and errors as of km_pseudo_read(). Local. */
KM_STATUS km_gth_read(const char *path, const char *symbol, const char *entry,
                      const char *family, km_gth *gth);
