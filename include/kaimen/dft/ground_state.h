#pragma once
/**
 * @file
 * @brief The electrons of one crystal: basis, Hamiltonian, bands and density, made self-consistent.
 *
 * Where the crystal has an inversion centre, atoms are shifted inside so that it lies at the origin and
 * coefficients are real; what is handed out refers to the crystal as it was given.
 */
#include "kaimen/base/traffic.h"
#include "kaimen/dft/atom.h"
#include "kaimen/dft/gap.h"
#include "kaimen/dft/hamiltonian.h"
#include "kaimen/dft/kpoints.h"
#include "kaimen/dft/occupation.h"
#include "kaimen/dft/options.h"
#include "kaimen/potential/calculator.h"

typedef struct km_ground_state km_ground_state;

/** One iteration of the SCF. */
typedef struct {
    double energy_ha;
    double error_ha;    /* estimated distance of the energy from self-consistency */
    double residual_ha; /* largest residual of an occupied band */
    long n_h_apply;     /* bands times applications, all ranks, since the start */
    double time_s;      /* since the start */
} km_scf_step;

/** How an SCF ended. */
typedef struct {
    km_outcome outcome;
    bool gap_closed; /* fixed occupations were asked for and bands overlap */
    int n_iteration;
    double energy_ha;      /* zero-width limit */
    double free_energy_ha; /* what the forces belong to */
    double term_ha[KM_N_TERM];
    double error_ha;
    km_occupation occupation;
    km_gap gap;                 /* empty where no whole number of bands can be full */
    double moment_mub;          /* electrons up less electrons down; 0 without spin */
    double absolute_moment_mub; /* integral of |rho_up - rho_down| */
    long n_h_apply;
    long n_fft;
    /** What its iterations sent, the busiest rank, count by count, and all ranks; and the applications they took. */
    km_traffic traffic, traffic_all;
    long n_h_apply_iterated;
} km_scf_result;

/**
 * @brief Set up the electrons of a crystal. Collective on comm.
 *
 * @param[in] crystal      copied; with spin its moments say where to start
 * @param[in] request      axes, where the mesh follows from a spacing, and cell of the basis; used during the call
 * @param[in] pseudo       [n_species], borrowed
 * @param[in] atom         [n_species], borrowed
 * @param[in] comm         ranks that share the k-points; borrowed
 * @return KM_E_ARGUMENT or KM_E_INPUT for options that do not fit the crystal
 */
KM_STATUS km_ground_state_create(const km_crystal *crystal, const km_dft_options *options,
                                 const km_request *request, km_pseudo *const *pseudo,
                                 km_atom *const *atom, MPI_Comm comm, km_ground_state **state);

/** @brief Free and set to NULL; accepts NULL. Local. */
void km_ground_state_destroy(km_ground_state **state);

/**
 * @brief Iterate to self-consistency from superposed atoms. Collective on comm.
 *
 * @param[in]  request  time limit and stop flag are heeded between iterations
 * @param[out] result   the same on every rank; not converging is an outcome
 */
KM_STATUS km_scf_run(km_ground_state *state, const km_request *request, km_scf_result *result);

/** @brief Forces of the last SCF, symmetrised, net force removed, Ha/bohr, [n_atom][3]. Collective. */
KM_STATUS km_ground_state_compute_forces(km_ground_state *state, double *forces_ha_bohr);

/** @brief Stress of the last SCF's free energy, (1/Omega) dE/dstrain, symmetrised, Ha/bohr^3, [3][3]. Collective. */
KM_STATUS km_ground_state_compute_stress(km_ground_state *state, double stress_ha_bohr3[9]);

/**
 * @brief Bands at any k-points in the potential of the last SCF. Collective.
 *
 * @param[in]  k_frac          of the crystal as it was given; the same on every rank, [n_k][3]
 * @param[out] eigenvalues_ha  of all points, on every rank, [n_k][n_spin][n_band]
 */
KM_STATUS km_ground_state_solve_points(km_ground_state *state, int n_k, const double *k_frac,
                                       double *eigenvalues_ha);

/**
 * @brief Band edges with the high-symmetry points of the zone added to those of the mesh. Collective.
 * @param[in,out] result  the gap and the edges of the occupation are extended
 */
KM_STATUS km_ground_state_extend_edges(km_ground_state *state, km_scf_result *result);

/** @brief Planar averages along a lattice vector at i/n_plane: V_loc + V_H in Ha, density in 1/bohr^3. Local. */
KM_STATUS km_ground_state_planar_potential(const km_ground_state *state, int axis, int n_plane,
                                           double *v_ha);
KM_STATUS km_ground_state_planar_density(const km_ground_state *state, int axis, int n_plane,
                                         double *density_bohr3);

/** @brief Iterations of the last SCF, [*n]. Local. */
const km_scf_step *km_ground_state_history(const km_ground_state *state, int *n);

/** @brief Sizes and choices. Local. */
bool km_ground_state_is_real(const km_ground_state *state);
const km_grid *km_ground_state_grid(const km_ground_state *state);

/** @brief Points at which exchange and correlation are evaluated, of all ranks: one of each orbit. Local. */
int km_ground_state_n_xc_point(const km_ground_state *state);

/** @brief Sizes and choices. Local. */
const km_kpoints *km_ground_state_kpoints(const km_ground_state *state);
const int *km_ground_state_k_mesh(const km_ground_state *state);
int km_ground_state_n_spin(const km_ground_state *state);
int km_ground_state_n_band(const km_ground_state *state);
long km_ground_state_n_plane_wave(const km_ground_state *state);
double km_ground_state_mean_plane_wave(const km_ground_state *state);
double km_ground_state_n_electron(const km_ground_state *state);

/** @brief Cell average of V_loc + V_H, Ha: sum(alpha)/Omega with the Hartree potential's zero. Local. */
double km_ground_state_potential_mean_ha(const km_ground_state *state);

/** @brief Eigenvalues of all k-points of the last SCF, Ha, up before down, [n_k][n_spin][n_band]. Local. */
const double *km_ground_state_eigenvalues(const km_ground_state *state);
