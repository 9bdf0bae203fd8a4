#pragma once
/**
 * @file
 * @brief Band structure and density of states as one SVG file that needs nothing else. All functions are local.
 */
#include "kaimen/base/status.h"
#include "kaimen/dft/path.h"

/** What is drawn; arrays are borrowed. Energies are counted from the VBM, of a metal from the Fermi level. */
typedef struct {
    const char *title; /* such as the formula */
    const km_path *path;
    int n_spin; /* 1, or 2: up in full lines, down in broken ones */
    int n_band;
    const double *band_ev; /* [n_k of the path][n_spin][n_band] */
    int n_energy;
    const double *energy_ev;  /* ascending, [n_energy] */
    const double *dos_per_ev; /* states per cell, [n_spin][n_energy] */
    bool has_gap;
    double gap_ev, gap_direct_ev;
} km_band_plot;

/** @brief Write the file. @return KM_E_IO naming it */
KM_STATUS km_band_plot_write_svg(const km_band_plot *plot, const char *path);
