#pragma once
/**
 * @file
 * @brief One term of the total energy: its energy, its operator, its forces, its stress.
 *
 * A term is either a functional of the density (local, Hartree, xc), whose operator is a potential,
 * or an operator on bands (kinetic, nonlocal), or a constant of the electrons (ion-ion). Functions
 * that a term does not have are NULL.
 *
 * Stress is (1/Omega) dE/dstrain under r -> (1 + strain) r, with all fractional and integer coordinates, the
 * coefficients of the bands and Omega rho(G) held fixed: the derivative at a constant number of plane waves.
 * Source: Nielsen, Martin, Phys. Rev. B 32, 3780 and 3792 (1985).
 */
#include "kaimen/base/status.h"
#include "kaimen/crystal/crystal.h"
#include "kaimen/dft/bands.h"
#include "kaimen/dft/basis.h"
#include "kaimen/dft/hamiltonian.h"

#include <complex.h>

/** A density in both spaces; borrowed. With spin the magnetisation, up less down, follows the electrons. */
typedef struct {
    const double complex *g; /* [n_spin][n_g], 1/bohr^3 */
    const double *r;         /* [n_spin][n_point] */
} km_density_view;

/** Where potentials are added, Ha; borrowed. */
typedef struct {
    double complex *all_g; /* [n_g]: what all electrons feel */
    double complex *
        spin_g; /* [n_spin][n_g]: what those that are up, and those that are down, feel besides */
    double *spin_r; /* [n_spin][n_point]: and in real space */
} km_potential_view;

/** The bands of this rank's k-points, once for each spin; borrowed. */
typedef struct {
    int n_k;
    int n_band;
    km_basis *const *basis;   /* [n_k] */
    const km_bands *bands;    /* [n_k] */
    const double *weight;     /* [n_k], sums to 1 over all ranks for each spin */
    const double *occupation; /* [n_k][n_band], 0 to 2 or, with spin, 1 */
} km_band_view;

typedef struct {
    const char *name;
    /** Energy of the density; adds its potential. */
    km_status (*potential)(void *self, const km_density_view *density, double *energy_ha,
                           const km_potential_view *v);
    /** out += operator in, at the rank's k-point ik. */
    void (*apply)(void *self, int ik, const km_bands *in, const km_bands *out);
    /** Adds forces of the density, Ha/bohr, [n_atom][3]: the same on every rank. */
    km_status (*density_forces)(void *self, const km_density_view *density, double *forces);
    /** Adds this rank's share of the forces of bands. */
    km_status (*band_forces)(void *self, const km_band_view *view, double *forces);
    /** Adds the stress of the density, Ha/bohr^3, [3][3]: the same on every rank. */
    km_status (*density_stress)(void *self, const km_density_view *density, double *stress);
    /** Adds this rank's share of the stress of bands. */
    km_status (*band_stress)(void *self, const km_band_view *view, double *stress);
    void (*destroy)(void *self);
} km_term_class;

typedef struct {
    const km_term_class *functions;
    void *self;
} km_term;

/** Everything a term is made from; borrowed for the term's life. */
typedef km_hamiltonian_setup km_term_setup;

KM_STATUS km_term_kinetic_create(const km_term_setup *setup, km_term *term);
KM_STATUS km_term_local_create(const km_term_setup *setup, km_term *term);
KM_STATUS km_term_nonlocal_create(const km_term_setup *setup, km_term *term);
KM_STATUS km_term_hartree_create(const km_term_setup *setup, km_term *term);
KM_STATUS km_term_xc_create(const km_term_setup *setup, km_term *term);
KM_STATUS km_term_ion_create(const km_term_setup *setup, km_term *term);

/** @brief Free a term; accepts an empty one. Local. */
void km_term_destroy(km_term *term);

/**
 * @brief sum_k w_k sum_j f_kj <psi_kj | operator | psi_kj> over this rank's k-points. Local.
 * @return KM_E_MEMORY; *energy_ha is 0 for a term without operator
 */
KM_STATUS km_term_band_energy(const km_term *term, const km_band_view *view, double *energy_ha);
