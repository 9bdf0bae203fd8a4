#pragma once
/**
 * @file
 * @brief A pseudopotential as tables on a radial mesh: what the readers of UPF and psp8 files fill.
 *
 * Transforms are sums over the mesh, sum_i w_i r_i^2 j_l(q r_i) f(r_i), with Simpson's weights w_i. They are tabulated
 * up to KM_RADIAL_Q_MAX_BOHR with their first two derivatives and interpolated; beyond it they are summed anew. The
 * local potential is split into a short-ranged part and a Gaussian charge:
 *
 *     V_loc(r) = S(r) - Z erf(r) / r,   V_loc(q) = S(q) - 4 pi Z exp(-q^2 / 4) / q^2,   alpha = S(0) + pi Z
 *
 * S and the core density are integrated to KM_RADIAL_R_MAX_BOHR, as pw.x does: rounding errors of the files, multiplied
 * by r^2, would else be felt. Real-space functions are interpolated by polynomials through six points.
 */
#include "kaimen/dft/pseudo.h"
#include "kaimen/math/quintic.h"

/** Source: Quantum ESPRESSO, rcut of readpp. */
#define KM_RADIAL_R_MAX_BOHR 10.0

/** Holds the density's plane waves of 112 Ha and the projectors of 450 Ha. */
#define KM_RADIAL_Q_MAX_BOHR 30.0

/** One function of r and its Bessel transform. */
typedef struct {
    int l;
    int n;          /* points of the mesh beyond which it is zero */
    double *value;  /* f(r), [n] */
    double *weight; /* scale w r^2 f(r), [n] */
    km_quintic *transform;
} km_radial_function;

typedef struct {
    km_pseudo_info info;
    int n_r;
    double *r_bohr; /* rising, [n_r] */
    double *step;   /* dr/di, [n_r] */
    int n_channel;
    km_pseudo_channel channel[KM_L_MAX + 1];
    km_radial_function projector[KM_L_MAX + 1][KM_PROJECTOR_MAX];
    km_radial_function
        local; /* the reader fills value with V_loc in Ha; S(r) after km_radial_finish() */
    km_radial_function
        core; /* density of the core, 1/bohr^3; n = 0 without a core correction */
} km_radial;

/** @brief Allocate an empty pseudopotential with a mesh of n_r points. Local. Ended with km_radial_destroy(). */
KM_STATUS km_radial_create(int n_r, km_radial **radial);

/** @brief Free a pseudopotential and set the pointer to NULL; accepts NULL. Local. */
void km_radial_destroy(km_radial **radial);

/**
 * @brief Add a projector, whose coupling stays zero for now. Local.
 *
 * @param[in]  n      points of value
 * @param[in]  value  r p(r), [n]
 * @param[out] ic     its channel
 * @param[out] ip     its number in that channel
 * @return KM_E_INPUT without a place when l or the number of projectors is too large
 */
KM_STATUS km_radial_add_projector(km_radial *radial, int l, int n, const double *value, int *ic,
                                  int *ip);

/**
 * @brief Turn what a reader has filled into what can be computed with. Local.
 *
 * Sorts the channels by l, normalises the projectors, makes the tables, and, where the file names no valence
 * configuration, fills the shells of the neutral atom.
 *
 * @return KM_E_INPUT naming the file: mesh that does not rise, potential without the Coulomb tail of its charge
 */
KM_STATUS km_radial_finish(km_radial *radial);

/* The functions of km_pseudo. */
void km_radial_compute_local(const km_radial *radial, int n, const double *q_bohr, double *v);
void km_radial_compute_local_slope(const km_radial *radial, int n, const double *q_bohr,
                                   double *slope);
double km_radial_alpha_ha_bohr3(const km_radial *radial);
void km_radial_compute_local_real(const km_radial *radial, int n, const double *r_bohr,
                                  double *v_ha);

/** @brief Transform, or its derivative, of a projector or the core density at n points. Local. */
void km_radial_compute(const km_radial *radial, const km_radial_function *function, int n,
                       const double *q_bohr, double *f);
void km_radial_compute_slope(const km_radial *radial, const km_radial_function *function, int n,
                             const double *q_bohr, double *slope);

/** @brief f(r) and, unless slope is NULL, its derivative at n points. Local. */
void km_radial_compute_real(const km_radial *radial, const km_radial_function *function, int n,
                            const double *r_bohr, double *f, double *slope);
