#pragma once
/**
 * @file
 * @brief Spherical Bessel functions that vanish on a sphere: an orthonormal radial basis.
 *
 *     chi_k(r) = N_k j_l(q_k r),  j_l(q_k R) = 0,  integral of r^2 chi_k^2 from 0 to R = 1,  -1/2 nabla^2 -> q_k^2 / 2
 *
 * It is tabulated on the uniform grid r_i = i R / n_point, i = 1 .. n_point - 1. Every integrand is even and smooth in
 * r and vanishes twice at R, so plain sums with the weights h r_i^2 converge exponentially.
 */
#include "kaimen/base/status.h"
#include "kaimen/dft/pseudo.h"

typedef struct {
    double radius_bohr;
    int n_r; /* grid points inside: n_point - 1 */
    double *r_bohr;
    double *weight; /* h r^2 */
    double *sine;   /* sin(pi i / n_point), [2 n_point] */
    int n_basis[KM_L_MAX + 1];
    double *q_bohr[KM_L_MAX + 1]; /* [n_basis] */
    double *value[KM_L_MAX + 1];  /* [n_basis][n_r] */
    double *slope[KM_L_MAX + 1];  /* d chi / dr, [n_basis][n_r] */
} km_sphere;

/** @brief Make the basis of l = 0 .. l_max with q^2/2 <= ecut_ha. Local. Ended with km_sphere_destroy(). */
KM_STATUS km_sphere_create(double radius_bohr, double ecut_ha, int l_max, km_sphere **sphere);

/** @brief Free a basis and set the pointer to NULL; accepts NULL. Local. */
void km_sphere_destroy(km_sphere **sphere);

/**
 * @brief Electrostatic potential of a spherical density that is neutralised at infinity, exact on the grid. Local.
 *
 * The sine series of r rho solves the radial Poisson equation term by term; V(R) = N/R.
 *
 * @param[in]  rho_bohr3  density, [n_r]
 * @param[out] v_ha       potential on an electron, >= 0, [n_r]
 */
void km_sphere_compute_hartree(const km_sphere *sphere, const double *rho_bohr3, double *v_ha);

/**
 * @brief Bessel transforms of several functions: integral of r^2 j_l(q r) f(r) dr. Local.
 *
 * @param[in]  f       n_f functions of one l on the grid, each [n_r]
 * @param[in]  step    the points are q = 0, step, 2 step, ...
 * @param[in]  row     work space, [n_r]
 * @param[out] out     the transforms, each [n]
 */
void km_sphere_compute_transforms(const km_sphere *sphere, int l, int n_f,
                                  const double *const *f, double step, int n, double *row,
                                  double *const *out);
