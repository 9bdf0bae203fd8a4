#pragma once
/** @file @brief What a km_relax is made of, shared by the files that move atoms and keep checkpoints. */
#include "kaimen/potential/relax.h"
#include "potential/lbfgs.h"

struct km_relax {
    km_relax_options options;
    km_crystal *start;   /* as given */
    km_crystal *crystal; /* last accepted positions */
    km_crystal *trial;
    bool *frozen;           /* [n_atom] */
    double *nearest_bohr;   /* at the start, [n_atom] */
    int n;                  /* variables */
    double *gradient;       /* of the accepted positions, Ha/bohr, [n] */
    double *trial_gradient; /* [n] */
    double *move;           /* bohr, [n] */
    double *change;         /* work space, [n] */
    double *factor;         /* of the bond model, [n][n] */
    km_lbfgs *lbfgs;
    double free_energy_ha; /* of the accepted positions */
    double limit_bohr;     /* trust radius */
    int n_rejected;        /* moves in a row */
    int n_record;          /* computations */
    km_relax_step *step;   /* [max_step + 1] */
    double *frame_frac;    /* [max_step + 1][n] */
    bool is_over;          /* this run has its outcome */
    bool is_held;          /* the calculator holds the accepted positions */
    km_calculation
        calculation; /* of the accepted positions, where they were computed in this run */
};

/** @brief Replace the checkpoint; the old one is kept when that fails. Local. */
KM_STATUS km_relax_save(const km_relax *relax);

/**
 * @brief Take the state from the checkpoint, if there is one. Collective on comm.
 *
 * One that cannot be read or belongs to another start is left alone with a warning.
 */
KM_STATUS km_relax_load(km_relax *relax, MPI_Comm comm);
