#pragma once
/**
 * @file
 * @brief Pulay (Anderson) mixing of the density in reciprocal space, with a model dielectric function.
 *
 * rho(r) = sum over G of rho(G) exp(iG.r), so rho(G) is in 1/bohr^3. The scalar product of two densities is the Hartree
 * energy 2 pi Omega sum over G != 0 of a*(G) b(G) / G^2. The next density is rho + mixing P F, where rho and F = out - in
 * are the combination of past ones with the smallest F, and
 *   P(G) = (1/eps + G^2 L^2) / (1 + G^2 L^2),
 * the inverse dielectric function of an insulator: 1/eps for long waves, 1 for short ones. Where electrons at the Fermi
 * level screen too, F is replaced by the y of screening.h. All ranks that call with the same data get the same bits.
 *
 * With spin a density is followed by the magnetisation, up less down. That is mixed along, with P = 1, its G = 0 too, and
 * adds Omega / (2 pi) sum over G of a*(G) b(G) to the scalar product: half of -d2 e_x/dm2 = 0.33 Ha bohr^3 rho^(-2/3), the
 * exchange of a uniform gas, at the density of a 3d shell, 1/bohr^3.
 *
 * Source: P. Pulay, Chem. Phys. Lett. 73, 393 (1980); D. G. Anderson, J. ACM 12, 547 (1965); R. Resta, Phys. Rev. B 16,
 * 2717 (1977) and X. Gonze, Phys. Rev. B 54, 4383 (1996) for the model dielectric function.
 */
#include "kaimen/dft/screening.h"

#include <complex.h>
#include <stdbool.h>

#define KM_MIXING_MAX_HISTORY 30

typedef struct {
    double mixing;      /* fraction of the preconditioned residual that is added, (0, 1] */
    int history;        /* past densities kept, >= 0; 0 is plain preconditioned mixing */
    double dielectric;  /* eps, >= 1 */
    double length_bohr; /* L, > 0 */
    int n_spin;         /* 1, or 2: a magnetisation follows the density */
} km_mixing_options;

typedef struct km_mixing km_mixing;

/** @brief 0.8, 8, 4, 2 bohr, 1: found good for oxide slabs (the dielectric constant of slab and vacuum together). Local. */
km_mixing_options km_mixing_options_default(void);

/**
 * @brief Make a mixer with an empty history. Local.
 *
 * @param[in]  n_g           number of G vectors
 * @param[in]  g2_bohr2      |G|^2, [n_g]; copied
 * @param[in]  is_paired     -G stands at n_g - 1 - ig and densities are real in space: half of their history is kept
 * @param[in]  volume_bohr3  cell volume
 * @param[out] mixing        ended with km_mixing_destroy()
 */
KM_STATUS km_mixing_create(int n_g, const double *g2_bohr2, bool is_paired, double volume_bohr3,
                           const km_mixing_options *options, km_mixing **mixing);

/** @brief Free and set to NULL; accepts NULL. Local. */
void km_mixing_destroy(km_mixing **mixing);

/** @brief P(G) of the density, [n_g]. Local. */
void km_mixing_inverse_dielectric(const km_mixing *mixing, double *inverse);

/** @brief Screen residuals by states at the Fermi level from now on; borrowed, NULL: none. Local. */
void km_mixing_set_screening(km_mixing *mixing, km_screening *screening);

/** @brief Forget the history; a new fraction from now on (a rung of the retry ladder). Local. */
void km_mixing_reset(km_mixing *mixing, double fraction);

/**
 * @brief The next input density from this input and the output it led to. Local; allocates nothing.
 *
 * @param[in]  rho_in   [n_spin][n_g]
 * @param[in]  rho_out  [n_spin][n_g]
 * @param[out] next     [n_spin][n_g]; may be rho_in or rho_out; its G = 0 is that of rho_in
 * @return KM_E_NUMERIC when a density is not finite; next is then not touched
 */
KM_STATUS km_mixing_compute(km_mixing *mixing, const double complex *rho_in,
                            const double complex *rho_out, double complex *next);

/**
 * @brief Square of rho_out - rho_in, a Hartree energy without spin: an estimate of how far the total energy is from self-consistency. Local.
 */
double km_mixing_error_ha(const km_mixing *mixing, const double complex *rho_in,
                          const double complex *rho_out);
