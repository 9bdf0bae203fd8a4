#pragma once
/** @file @brief What a km_relax is made of, shared by the files that choose moves, place atoms and keep checkpoints. */
#include "kaimen/potential/relax.h"
#include "potential/lbfgs.h"

/* A longer identity is cut off when it is read, and then does not fit. */
#define KM_RELAX_IDENTITY_SIZE 4096

/*
 * Variables: how far atoms are from their places in the first cell, Cartesian, [n_atom][3]; then, where the cell
 * relaxes, the strain e times length_bohr, [3][3], symmetric or, where the plane is kept, of the last column alone. Positions r0 and strain e stand for the crystal (1 + e) r0 in the
 * cell (1 + e) a.
 */
typedef struct {
    km_crystal *crystal;
    double *x;        /* variables, bohr, [n] */
    double *gradient; /* Ha/bohr, [n] */
} relax_point;

/* Every computation, [max_step + 1]. */
typedef struct {
    int n;
    int i_accepted; /* the one of the accepted crystal */
    km_relax_step *step;
    double *frac;   /* [][n_atom][3] */
    double *force;  /* Ha/bohr, likewise */
    double *cell;   /* bohr, [][9] */
    double *stress; /* Ha/bohr^3, likewise; 0 where the cell does not relax */
} relax_record;

/* Distances to the nearest neighbours at the start, [n_atom], their mean, and what makes a strain a length. */
typedef struct {
    double *nearest_bohr;
    double mean_bohr, length_bohr;
} relax_bonds;

/* The bond model: its factor, [3 n_atom][3 n_atom], and the variables that it was made at, [n]; NaN: none yet. */
typedef struct {
    double *factor, *x;
} relax_springs;

struct km_relax {
    km_relax_options options;
    km_crystal *start;      /* as given */
    relax_point now, trial; /* now: the last accepted one */
    relax_record record;
    bool *frozen;  /* [n_atom] */
    int n_atom, n; /* atoms, variables */
    relax_bonds bonds;
    double *move;   /* bohr, [n] */
    double *change; /* work space, [n] */
    relax_springs springs;
    km_lbfgs *lbfgs;
    double value_ha;       /* what falls: free energy of the accepted crystal, with p Omega */
    double basis_cell[9];  /* bohr; whose plane waves are strained along */
    double basis_slope_ha; /* S there; 0: none */
    double
        basis_excess; /* force or stress over tolerance when that cell was taken; infinite: it is the first */
    bool is_new_basis;  /* the next computation is the first one with it */
    double trust, size; /* of a move at most, and of the last one, as fractions of the limits */
    int n_rejected;     /* moves in a row */
    bool is_over;       /* this run has its outcome */
    bool is_held;       /* the calculator holds the accepted crystal */
    km_calculation calculation; /* of the accepted crystal, where it was computed in this run */
};

/** @brief Largest part of a vector of variables, as a fraction of the limits of a move; a NaN is the largest. Local. */
double km_relax_size(const km_relax *relax, const double *move);

/** @brief The plane waves of the first cell are the ones to begin with. Local. */
void km_relax_begin_basis(km_relax *relax);

/** @brief The trial crystal of its variables. Local. @return KM_E_ARGUMENT for one that is none */
KM_STATUS km_relax_place(km_relax *relax);

/** @brief Gradient of the trial crystal from forces and stress; its frames and largest force and stress. Local. */
KM_STATUS km_relax_differentiate(km_relax *relax, km_calculator *calculator,
                                 km_relax_step *step);

/** @brief Make the springs of the accepted crystal, where they are wanted anew. Local. */
KM_STATUS km_relax_make_springs(km_relax *relax);

/** @brief A km_preconditioner: the springs' stiffness for atoms, that of the lattice they make for the strain. Local. */
void km_relax_precondition(const void *relax, double *x);

/** @brief Replace the checkpoint; the old one is kept when that fails. Local. */
KM_STATUS km_relax_save(const km_relax *relax);

/**
 * @brief Take the state from the checkpoint, if there is one. Collective on comm.
 *
 * One that cannot be read or belongs to another start is left alone with a warning.
 */
KM_STATUS km_relax_load(km_relax *relax, MPI_Comm comm);
