#pragma once
/**
 * @file
 * @brief Everything that `kaimen energy` found, collected before it is written. Private to src/cli.
 */
#include "cli/input.h"
#include "kaimen/dft/dft_calculator.h"
#include "kaimen/dft/edges.h"
#include "kaimen/dft/path.h"
#include "kaimen/potential/calculator.h"

/** The slab's part; arrays are owned. */
typedef struct {
    bool is_slab;
    int axis;
    double c_bohr; /* height of the cell along the normal */
    double area_bohr2;
    int n_plane;
    double *v_ha;          /* planar average of V_H + V_loc, [n_plane] */
    double *density_bohr3; /* [n_plane] */
    bool has_bulk;         /* the document names the bulk: edges through it too */
    double gamma_j_m2;
    km_edges edges;
} km_energy_slab;

/** What ranks shared, and what they sent for it; plain values. */
typedef struct {
    int n_rank, n_group;
    int grid[3];
    int n_density_wave;              /* G vectors of the density */
    int n_xc_point;                  /* where the functional is evaluated */
    int n_iteration;                 /* of the last SCF */
    long n_h_apply;                  /* in these */
    km_traffic traffic, traffic_all; /* in these: of the busiest rank, of all */
} km_energy_ranks;

/** Bands along a path; owned. */
typedef struct {
    km_path *path;          /* NULL: not computed */
    double *eigenvalues_ha; /* [n_k of the path][n_spin][n_band] */
} km_energy_bands;

/** Owned; ended with km_energy_clear(). */
typedef struct {
    km_input_energy input;
    char *effective; /* every value of it, as YAML */
    km_crystal *crystal;
    km_calculation calculation;
    double memory_predicted_mb; /* of one rank alone */
    km_relax *relax;            /* NULL: not relaxed */
    km_relax_result relax_result;
    char checkpoint[KM_PATH_SIZE]; /* of the relaxation; "": none */
    double *forces_ha_bohr;        /* [n_atom][3]; NULL: not computed */
    km_energy_ranks ranks;
    bool has_stress;
    double stress_ha_bohr3[9];
    int n_k;
    int n_spin;
    int n_band;
    double *k_frac;         /* [n_k][3] */
    double *weight;         /* [n_k], sum 1 */
    double *eigenvalues_ha; /* [n_k][n_spin][n_band] */
    double alpha_over_omega_ha;
    km_energy_slab slab;
    km_energy_bands bands;
} km_energy;

/** @brief Free all arrays; accepts a half-made one. Local. */
void km_energy_clear(km_energy *energy);

/** @brief Lattice vector across the vacuum, as the document says or found from the atoms; -1 for none. Local. */
KM_STATUS km_energy_find_vacuum(const km_crystal *crystal, km_vacuum vacuum, int *axis);

/** @brief Planar averages, vacuum level and band edges of a slab that was just computed. Local. */
KM_STATUS km_energy_compute_slab(km_energy *energy, km_calculator *calculator);

/** @brief Whether the document asks for a relaxation. Local. */
bool km_energy_is_relaxed(const km_energy *energy);

/**
 * @brief Relax the crystal, which becomes the relaxed one; a line per step. Collective.
 *
 * The checkpoint is removed once the relaxation has converged.
 * @param[in] dft  tells which pseudopotentials are part of the checkpoint's identity
 */
KM_STATUS km_energy_relax(km_energy *energy, km_calculator *calculator, const km_dft *dft,
                          const km_request *request);

/** @brief Write the (relaxed) crystal with energy and forces; all positions of its relaxation. Local. */
KM_STATUS km_energy_write_extxyz(const km_energy *energy, const char *path);
KM_STATUS km_energy_write_trajectory(const km_energy *energy, const char *path);

/** @brief Bands along the path of the lattice; what edges lie on it extend those of the calculation. Collective. */
KM_STATUS km_energy_compute_bands(km_energy *energy, const km_dft *dft);

/** @brief Write PREFIX.bands.csv, PREFIX.dos.csv and PREFIX.bands.svg, and print their names. Local. */
KM_STATUS km_energy_write_bands(const km_energy *energy, const char *prefix);

/** @brief Free; accepts what was never filled. Local. */
void km_energy_clear_bands(km_energy_bands *bands);

/** @brief Write the JSON file: the keys of docs/input.md, null for what does not exist. Local. */
KM_STATUS km_energy_write_json(const km_energy *energy, const char *path);
