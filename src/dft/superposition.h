#pragma once
/**
 * @file
 * @brief A function of the crystal that is a sum of spherical functions of its atoms, such as V_loc.
 *
 *     u(G) = 1/Omega sum_a f_a(|G|) exp(-i G tau_a)
 *
 * Its energy with a field v is Omega sum_G Re v*(G) u(G); forces and stress are those of that energy.
 */
#include "dft/term.h"

/** f(q), or df/dq, of one element, as km_pseudo_compute_local(). */
typedef void (*km_form)(const km_pseudo *pseudo, int n, const double *q_bohr, double *f);

typedef struct km_superposition km_superposition;

/**
 * @brief Make the function of a setup's crystal. Local.
 *
 * @param[in]  setup          borrowed for the object's life
 * @param[in]  form           f(q)
 * @param[in]  slope          df/dq
 * @param[out] superposition  ended with km_superposition_destroy(); NULL on failure
 */
KM_STATUS km_superposition_create(const km_term_setup *setup, km_form form, km_form slope,
                                  km_superposition **superposition);

/** @brief Free it and set the pointer to NULL; accepts NULL. Local. */
void km_superposition_destroy(km_superposition **superposition);

/** @brief u(G), [n_g]; borrowed from the object. Local. */
const double complex *km_superposition_values(const km_superposition *superposition);

/** @brief Add the forces on the atoms, [n_atom][3], of the energy with the field v_g. Local. */
KM_STATUS km_superposition_add_forces(const km_superposition *superposition,
                                      const double complex *v_g, double *forces);

/**
 * @brief Add what strain does to the energy through |G|, over Omega, [3][3]. Local.
 *
 * -1/Omega sum_G Re v*(G) sum_a exp(-i G tau_a) df_a/d|G| G_x G_y / |G|; what it does through the factors Omega is left
 * to the caller, who knows how v changes with strain.
 */
KM_STATUS km_superposition_add_stress(const km_superposition *superposition,
                                      const double complex *v_g, double *stress);
