#pragma once
/**
 * @file
 * @brief What a km_ground_state is made of, shared by the files that set it up, iterate and read it.
 */
#include "kaimen/dft/eigensolver.h"
#include "kaimen/dft/ground_state.h"

#include "kaimen/dft/grid.h"
#include "kaimen/dft/stars.h"

/** The part that belongs to a set of k-points of this rank. With two spins each stands here twice, up before down. */
typedef struct {
    km_kpoints *kpoints;
    int n_k;            /* of this rank */
    int first_spin;     /* of the first one */
    km_basis **basis;   /* [n_k]; both spins of a point have the same one */
    double *weight;     /* [n_k] */
    km_bands *bands;    /* [n_k] */
    double *eigenvalue; /* [n_k][n_band] */
    double *occupation; /* [n_k][n_band] */
    km_hamiltonian *hamiltonian;
} km_band_set;

/** SCF iterations so far. */
typedef struct {
    km_scf_step *step; /* [max_iteration] */
    int n;
} km_scf_history;

struct km_ground_state {
    km_dft_options options;
    MPI_Comm comm;             /* borrowed */
    km_pseudo *const *pseudo;  /* borrowed, [n_species] */
    km_atom *const *atom;      /* borrowed, [n_species] */
    km_crystal *crystal;       /* shifted copy */
    km_crystal *basis_crystal; /* the same atoms in the cell whose plane waves are taken */
    double shift_frac[3];      /* what was subtracted from the positions */
    bool is_real;
    int n_spin;
    km_symmetry *symmetry; /* operations that leave the grid invariant; NULL: none used */
    km_grid *grid;
    km_orbits *orbits; /* of its points */
    km_stars *stars;   /* of its G vectors */
    int k_mesh[3];
    int n_band;
    long n_plane_wave;      /* largest number over the k-points of all ranks */
    double mean_plane_wave; /* weighted mean over them */
    double n_electron;
    km_band_set set;
    double complex *rho_in, *rho_out; /* electrons, then magnetisation, [n_spin][n_g] */
    double *rho_r;                    /* [n_spin][n_point] */
    double *all_eigenvalues;          /* [n_k of all ranks][n_spin][n_band] */
    km_scf_history history;
    struct km_warm_start *warm; /* borrowed; NULL: the SCF starts from atoms */
};

/** @brief Moment of the cell that the SCF starts from: the fixed one, else the sum over the atoms. Local. */
double km_ground_state_start_moment_mub(const km_ground_state *state);

/** @brief Superposed atoms and, with spin, their magnetisation, [n_spin][n_g]. Local. */
KM_STATUS km_ground_state_superpose_atoms(const km_ground_state *state, double complex *rho);

/**
 * @brief Bases, room for bands and a Hamiltonian for a set of k-points. Collective on the state's comm.
 * @param[in] kpoints  owned by the set from now on
 */
KM_STATUS km_band_set_create(km_ground_state *state, km_kpoints *kpoints, km_band_set *set);

/** @brief Free; accepts an empty set. Local. */
void km_band_set_destroy(km_band_set *set);

/**
 * @brief Fill a set with the lowest combinations of atomic orbitals and random functions. Local.
 * The density must have been set in its Hamiltonian.
 */
KM_STATUS km_band_set_start(km_ground_state *state, km_band_set *set, km_eigensolver *solver);
