#pragma once
/**
 * @file
 * @brief Exchange and correlation of a density, through libxc.
 *
 * With sigma = |grad rho|^2 and e = rho * eps_xc(rho, sigma), energy per volume,
 *
 *     E_xc = integral of e,   V_xc = de/drho - 2 div(de/dsigma grad rho)
 *
 * With spin e depends on rho_up, rho_down and sigma_ab = grad rho_a . grad rho_b, ab = up up, up down, down down:
 *
 *     V_up = de/drho_up - div(2 de/dsigma_upup grad rho_up + de/dsigma_updown grad rho_down)
 *
 * LDA is Slater exchange and Perdew-Wang correlation with the digits of the paper (libxc's lda_c_pw, A = 0.031091), as
 * pw.x has it in "sla+pw": with the digits of lda_c_pw_mod the energies would differ by 1e-6 Ha per cell of silicon.
 * PBE and PBEsol are libxc's gga_x_pbe + gga_c_pbe and gga_x_pbe_sol + gga_c_pbe_sol, which contain lda_c_pw_mod.
 *
 * Where |rho| < KM_XC_DENSITY_THRESHOLD, energy and both derivatives are zero, for exchange and correlation alike. Where
 * |rho| < KM_XC_GRADIENT_DENSITY or sigma < KM_XC_GRADIENT_SIGMA, sigma counts as zero: gradients of so small a density are
 * noise of its Fourier series. Negative densities, noise too, continue the functional oddly: e(-rho) = -e(rho), so that
 * V_xc has no step at rho = 0. These are the conventions of pw.x.
 *
 * With spin pw.x has other limits, and so have we: exchange sees the gradient of one spin down to
 * KM_XC_SPIN_GRADIENT_DENSITY, correlation that of the whole density down to KM_XC_GRADIENT_DENSITY. In a vacuum a calculation
 * with spin therefore has another energy, by microhartrees, than one without. Where a spin density is negative, in
 * exchange, or less than KM_XC_LEAST_SPIN of the whole, in correlation, the energy goes on in a straight line from there:
 * its potential has no step, and no pole where a spin is empty (PBE's correlation has one, (1 - |zeta|)^(-1/3)).
 * Source: Perdew, Wang, Phys. Rev. B 45, 13244 (1992); Perdew, Burke, Ernzerhof, Phys. Rev. Lett. 77, 3865 (1996);
 * Perdew et al., Phys. Rev. Lett. 100, 136406 (2008); Lehtola et al., SoftwareX 7, 1 (2018).
 */
#include "kaimen/base/status.h"
#include "kaimen/dft/options.h"

#include <stdbool.h>

/**
 * Densities below this, 1/bohr^3, carry no energy. Chosen: e ~ rho^(4/3) there, so 1e5 bohr^3 of vacuum at the threshold
 * hold 5e-9 Ha, and a Fourier-interpolated density is noise below it.
 */
#define KM_XC_DENSITY_THRESHOLD 1e-10

/** Below these, 1/bohr^3 and bohr^-8, gradients are not used. Source: Quantum ESPRESSO 6.7, gradcorr. */
#define KM_XC_GRADIENT_DENSITY 1e-6
#define KM_XC_GRADIENT_SIGMA 1e-10

/** With spin: limits of one spin's gradient in exchange and of the whole one in correlation. Source: gcx_spin, gcc_spin. */
#define KM_XC_SPIN_GRADIENT_DENSITY 1e-10
#define KM_XC_SPIN_GRADIENT_SIGMA 1e-20
#define KM_XC_CORRELATION_SIGMA 1e-12

/** Smallest share of one spin that correlation sees. Source: gcc_spin; without it V_xc of an empty spin has no bound. */
#define KM_XC_LEAST_SPIN 1e-6

typedef struct km_xc km_xc;

/**
 * @brief Prepare a functional. Local.
 *
 * @param[in]  functional  which
 * @param[in]  n_spin      1, or 2: up and down
 * @param[out] xc          ended with km_xc_destroy(); NULL on failure
 * @return KM_E_ARGUMENT for another n_spin or an unknown functional
 */
KM_STATUS km_xc_create(km_functional functional, int n_spin, km_xc **xc);

/** @brief Free a functional and set the pointer to NULL; accepts NULL. Local. */
void km_xc_destroy(km_xc **xc);

/** @brief Whether the functional depends on sigma. Local. */
bool km_xc_has_gradient(const km_xc *xc);

/**
 * @brief Energy per volume and its derivatives at n points. Local; may be called by several threads at once.
 *
 * With one spin every array is [n]. With two, rho and v_rho are [2][n], up and down, sigma and v_sigma [3][n].
 *
 * @param[in]  rho_bohr3  electron density, 1/bohr^3
 * @param[in]  sigma      |grad rho|^2, bohr^-8; NULL where km_xc_has_gradient() is false
 * @param[out] e_ha_bohr3 rho * eps_xc, [n]
 * @param[out] v_rho_ha   de/drho
 * @param[out] v_sigma    de/dsigma, Ha bohr^5; NULL where sigma is
 */
void km_xc_compute(const km_xc *xc, long n, const double *rho_bohr3, const double *sigma,
                   double *e_ha_bohr3, double *v_rho_ha, double *v_sigma);
