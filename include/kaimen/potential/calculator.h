#pragma once
/**
 * @file
 * @brief The interface of every energy model: energy, forces and what else a crystal is asked for.
 *
 * A calculator is made once per process and used for many crystals. After km_calculator_compute, arrays belonging to
 * that crystal (forces, potential, history) are fetched from the calculator until the next compute.
 */
#include "kaimen/base/h5.h"
#include "kaimen/base/status.h"
#include "kaimen/crystal/crystal.h"

#include <signal.h>
#include <stdbool.h>

#define KM_REASON_SIZE 192

/** How a calculation ended. Not converging is a result, not an error. */
typedef enum {
    KM_OUTCOME_CONVERGED,
    KM_OUTCOME_NOT_CONVERGED, /* iteration limit after every rung of the retry ladder */
    KM_OUTCOME_DIVERGED,      /* energy or residual without bound, or NaN */
    KM_OUTCOME_TIMEOUT,       /* the request's time limit */
    KM_OUTCOME_STOPPED,       /* drained: the job was told to stop */
    KM_OUTCOME_FAILED         /* refused or broken: the reason says why */
} km_outcome;

/** What is wanted of one crystal: plain values. */
typedef struct {
    bool forces;
    bool stress;
    bool edges;       /* band edges at high-symmetry points too (bulk) */
    bool basis_slope; /* how the energy changes with the number of plane waves (bulk) */
    /** Of that slope: how much smaller the second cutoff is. A small step is nearer to the derivative, a large one evens out the few plane waves of small cells and cutoffs. */
    double slope_step;
    int vacuum_axis; /* 0..2: one k-point along it; -1: none */
    int normal_axis; /* 0..2: a mesh as a slab of the other two vectors has it; -1: none */
    /** Lengths of the cell that a spacing's k-mesh is made for, over the crystal's own. */
    double mesh_length_ratio;
    /**
     * Borrowed, [3][3]: the cell whose plane waves, grid and k-points are taken and strained along, so that the
     * energies of several cells have one basis; NULL: the crystal's own.
     */
    const double *basis_cell_bohr;
    /** Largest error that the forces may have; 0: that of the energy's threshold. */
    double force_error_ha_bohr;
    double time_limit_s; /* 0: none */
    const volatile sig_atomic_t
        *stop;          /* borrowed, may be NULL: drain when it becomes nonzero */
    bool show_progress; /* a line on the terminal that each iteration replaces */
} km_request;

/** Magnetisation, in Bohr magnetons. */
typedef struct {
    int n_spin;        /* 2: bands of both spins; else 1, or 0 where nothing was computed */
    double moment_mub; /* of the cell, electrons up less electrons down */
    double absolute_moment_mub; /* integral of |rho_up - rho_down| */
} km_magnetisation;

/** Work of a calculation. */
typedef struct {
    int n_iteration; /* SCF iterations, all rungs together */
    int n_retry;     /* rungs of the retry ladder that were used */
    long n_h_apply;  /* bands times applications of H, all k */
    double
        n_sent; /* collective calls of a rank that send, per SCF iteration of the last rung */
    double sent_byte; /* what all ranks hand to them, likewise; see base/traffic.h */
} km_effort;

/** What came out: plain values; arrays are fetched separately. */
typedef struct {
    km_outcome outcome;
    char reason
        [KM_REASON_SIZE];  /* why, when the outcome is not CONVERGED; else warnings or "" */
    double energy_ha;      /* with smearing: extrapolated to zero width */
    double free_energy_ha; /* what the forces belong to; equal without smearing */
    bool has_bands; /* the next six mean something; of a metal both edges are the Fermi level */
    double vbm_ha, vbm_k_frac[3];
    double cbm_ha, cbm_k_frac[3];
    double gap_direct_ha; /* smallest difference of the two bands at one k-point */
    double fermi_ha;
    bool
        is_metallic; /* occupied and empty bands overlap, or the gap closed and they were smeared */
    km_magnetisation spin;
    double potential_mean_ha; /* cell average of V_H + V_loc, alpha term included */
    double n_electron;
    long n_plane_wave; /* largest over k */
    double
        basis_filling; /* mean number over k / that of a continuous sphere; 1: no plane waves */
    double basis_slope_ha; /* d energy / d ln(basis_filling); NaN where it was not found */
    int n_k;
    int n_band;
    km_effort effort;
    bool is_real; /* coefficients were real */
    double time_s;
} km_calculation;

/** What a calculation will be: sizes and seconds; other results are zero. */
typedef struct {
    km_calculation size;
    double memory_mb; /* the most of a rank that computes it alone; 0: not known */
} km_estimate;

typedef struct km_calculator km_calculator;

/** Functions of one kind of calculator; `self` is its private data. Collective ones say so below. */
typedef struct {
    const char *name;
    km_status (*compute)(void *self, const km_crystal *crystal, const km_request *request,
                         MPI_Comm comm, km_calculation *result);
    km_status (*forces)(void *self, double *forces_ha_bohr);
    km_status (*stress)(void *self, double stress_ha_bohr3[9]);
    km_status (*planar_potential)(void *self, int axis, int n_plane, double *v_ha);
    km_status (*planar_density)(void *self, int axis, int n_plane, double *density_bohr3);
    km_status (*estimate)(void *self, const km_crystal *crystal, const km_request *request,
                          km_estimate *estimate);
    km_status (*write)(void *self, km_h5 *group);
    void (*destroy)(void *self);
} km_calculator_class;

km_request km_request_default(void);

/** @brief Name of an outcome for people and files: "converged", "not converged", ... Local. */
const char *km_outcome_name(km_outcome outcome);

/** @brief Wrap private data in a calculator, which then owns it. Local. */
KM_STATUS km_calculator_create(const km_calculator_class *functions, void *self,
                               km_calculator **calculator);

/** @brief Free; accepts NULL. Local. */
void km_calculator_destroy(km_calculator **calculator);

/** @brief The private data of a calculator of these functions, NULL of another kind. Local; borrowed. */
void *km_calculator_self(const km_calculator *calculator, const km_calculator_class *functions);

/** @brief Name of the kind, such as "dft". Local. */
const char *km_calculator_name(const km_calculator *calculator);

/**
 * @brief Energy of a crystal. Collective on comm; every rank gets the same result.
 * @return KM_OK also when the calculation did not converge (see result->outcome); an error for bad input or memory
 */
KM_STATUS km_calculator_compute(km_calculator *calculator, const km_crystal *crystal,
                                const km_request *request, MPI_Comm comm,
                                km_calculation *result);

/** @brief Forces of the last crystal, Ha/bohr, into [n_atom][3]. Local. */
KM_STATUS km_calculator_forces(km_calculator *calculator, double *forces_ha_bohr);

/** @brief Stress of the last crystal, (1/Omega) dE/dstrain, Ha/bohr^3, symmetric [3][3]. Local. */
KM_STATUS km_calculator_stress(km_calculator *calculator, double stress_ha_bohr3[9]);

/**
 * @brief Planar average of V_H + V_loc (no xc) along a lattice vector, Ha, at n_plane points i/n_plane. Local.
 * @return KM_E_ARGUMENT when the calculator has no potential
 */
KM_STATUS km_calculator_planar_potential(km_calculator *calculator, int axis, int n_plane,
                                         double *v_ha);

/** @brief Planar average of the electron density, 1/bohr^3; as km_calculator_planar_potential. Local. */
KM_STATUS km_calculator_planar_density(km_calculator *calculator, int axis, int n_plane,
                                       double *density_bohr3);

/** @brief Sizes and a rough time_s of a computation without running it. Local. */
KM_STATUS km_calculator_estimate(km_calculator *calculator, const km_crystal *crystal,
                                 const km_request *request, km_estimate *estimate);

/** @brief Write the details of the last crystal (k-points, eigenvalues, SCF history, ...) into a group. Local. */
KM_STATUS km_calculator_write(km_calculator *calculator, km_h5 *group);
