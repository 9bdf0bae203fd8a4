#pragma once
/**
 * @file
 * @brief Moves the atoms of a crystal until no force is left, and its cell until no stress is, with any calculator.
 *
 * Quasi-Newton steps from a history of positions and forces (L-BFGS), preconditioned by a crystal of springs, each
 * scaled down so that no atom moves further than a trust radius. A step is kept when the energy falls (Armijo) or, where
 * the change is within the energy's noise, when the force along the step falls. Every step keeps the symmetry of the
 * forces. A relaxation that is interrupted goes on from its checkpoint as if nothing had happened.
 * Source: Packwood et al., J. Chem. Phys. 144, 164109 (2016); Nocedal, Wright, Numerical Optimization, ch. 3 and 7.
 *
 * With `keep_plane` the strain is that of a vector d added to c: r + d z / c_z, so that grains that meet in the xy plane slide and part freely.
 *
 * With `cell` the enthalpy H = E + p Omega falls over the atoms' positions in the unstrained cell and a symmetric strain,
 * which is scaled to the size of a bond so that both are lengths.
 * Every cell has the plane waves of the first one, strained along: the energy is smooth, and its gradient is the
 * stress. That a cell of another volume then has another cutoff is corrected with the slope S = dE/d ln(number of plane
 * waves) of the first cell: E is taken as E - S ln(basis_filling), and S/Omega is added to the pressure part of the
 * stress. So the minimum is the one at constant cutoff. The relaxed crystal is computed once more with plane waves
 * of its own; where its corrected stress or its forces exceed three times their tolerance, the relaxation goes on with
 * those plane waves and their slope, as long as each time leaves less than 0.7 of it, and what is left is reported.
 * Source: Pfrommer et al., J. Comput. Phys. 131, 233 (1997); Francis, Payne, J. Phys. Condens. Matter 2, 4395 (1990).
 */
#include "kaimen/potential/calculator.h"

/** One computation of a relaxation; the first is the start. Energies and stress of a relaxing cell are corrected. */
typedef struct {
    double energy_ha;
    double free_energy_ha;      /* what the forces belong to */
    double max_force_ha_bohr;   /* of an atom that may move */
    double max_stress_ha_bohr3; /* beyond the pressure; NaN: the cell does not relax */
    double move_bohr; /* longest one since the last accepted crystal, the strain aside */
    bool is_accepted;
    int n_iteration; /* SCF iterations */
    long n_h_apply;
    double time_s;
} km_relax_step;

/** What one computation was of; borrowed. */
typedef struct {
    const double *cell_bohr;       /* [3][3] */
    const double *frac;            /* [n_atom][3] */
    const double *forces_ha_bohr;  /* of all atoms, frozen ones too, [n_atom][3] */
    const double *stress_ha_bohr3; /* corrected, [3][3]; NULL: the cell does not relax */
} km_relax_frame;

typedef struct {
    double force_tolerance_ha_bohr; /* largest force on an atom at the end */
    int max_step;                   /* moves that are tried */
    double step_limit_bohr;         /* no atom moves further at once */
    const bool *frozen; /* borrowed, [n_atom]: atoms that keep their place; NULL: none */
    double
        spring_bohr; /* springs are made again when an atom has moved so far; 0: at every step */
    bool cell;       /* the cell relaxes too; what follows is for that */
    bool keep_plane; /* a and b, in the xy plane, stay; c changes, in length and direction */
    bool keep_shift; /* with keep_plane: c changes only by what is added along z */
    double stress_tolerance_ha_bohr3; /* largest component at the end, beyond the pressure */
    double pressure_ha_bohr3;
    double strain_limit; /* no component of the strain changes more at once */
    const char *
        checkpoint; /* borrowed: HDF5 file, replaced after every step and resumed from; NULL: none */
    const char *identity; /* borrowed: a checkpoint with another text is not used; NULL: "" */
    void (*report)(void *context, int i_step,
                   const km_relax_step *step); /* first rank only; NULL: none */
    void *report_context;
} km_relax_options;

typedef struct {
    km_outcome outcome; /* NOT_CONVERGED: max_step reached; DIVERGED: exploded */
    char reason[KM_REASON_SIZE];
    int n_step;       /* moves tried */
    int n_compute;    /* calls of the calculator in this run */
    long n_iteration; /* SCF iterations, those before a resume included */
    long n_h_apply;
    double start_energy_ha; /* of the crystal as it was given; NaN when it was not computed */
    double max_force_ha_bohr;
    double
        max_stress_ha_bohr3; /* beyond the pressure, corrected; NaN: the cell does not relax */
    double basis_slope_ha;   /* S; 0 where the calculator has none */
    double
        basis_error_ha; /* corrected energy with plane waves of its own, less that of the strained ones */
    km_calculation calculation; /* of the crystal that the relaxation ended with */
} km_relax_result;

typedef struct km_relax km_relax;

/**
 * @brief 1e-3 Ha/bohr and, once `cell` is set, 3e-6 Ha/bohr^3 (0.1 GPa) without pressure; 60 moves of at most 0.3 bohr and
 * 0.04, nothing frozen, no checkpoint. Local.
 */
km_relax_options km_relax_options_default(void);

/**
 * @brief Prepare a relaxation. Local.
 * @param[in]  crystal  copied
 * @param[out] relax    ended with km_relax_destroy()
 * @return KM_E_ARGUMENT for a tolerance or limit that is not positive, or a plane to be kept that is not xy
 */
KM_STATUS km_relax_create(const km_crystal *crystal, const km_relax_options *options,
                          km_relax **relax);

/** @brief Free and set to NULL; accepts NULL. Local. */
void km_relax_destroy(km_relax **relax);

/**
 * @brief Relax, from the checkpoint if there is one of the same start. Collective on comm.
 *
 * When the outcome is CONVERGED the calculator holds the relaxed crystal.
 * @param[in]  request  its time limit and stop flag are those of the whole relaxation
 * @param[out] result   the same on every rank; not converging is an outcome, with its reason
 * @return errors of the calculator; KM_E_IO for a checkpoint that cannot be written
 */
KM_STATUS km_relax_run(km_relax *relax, km_calculator *calculator, const km_request *request,
                       MPI_Comm comm, km_relax_result *result);

/** @brief The crystal reached: the last accepted one. Local; borrowed, until the next run. */
const km_crystal *km_relax_crystal(const km_relax *relax);

/** @brief The cell whose plane waves a relaxing cell keeps since the last renewal, bohr, [3][3]; borrowed. Local. */
const double *km_relax_basis_cell_bohr(const km_relax *relax);

/** @brief Computations so far, [*n], those before a resume included. Local; borrowed. */
const km_relax_step *km_relax_steps(const km_relax *relax, int *n);

/** @brief Crystal, forces and stress of computation i. Local; borrowed. */
km_relax_frame km_relax_frame_at(const km_relax *relax, int i);

/** @brief Write the trajectory: energies, cells, positions, forces, iterations of every step; or without cells, positions and forces. Local. */
KM_STATUS km_relax_write_steps(const km_relax *relax, km_h5 *group);
KM_STATUS km_relax_write(const km_relax *relax, km_h5 *group);

/**
 * @brief Mark the n atomic planes nearest to the middle of a slab; planes at the same distance are taken together. Local.
 * @param[in]  axis    lattice vector across the vacuum
 * @param[out] frozen  [n_atom]
 * @return number of marked atoms
 */
int km_relax_mark_planes(const km_crystal *slab, int axis, int n_plane, bool *frozen);
