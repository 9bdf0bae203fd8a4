#pragma once
/**
 * @file
 * @brief Density of the cores of a crystal, which exchange and correlation see beside that of the valence electrons.
 *
 * Cores have no magnetisation: half of their electrons are up.
 *
 * Source: Louie, Froyen, Cohen, Phys. Rev. B 26, 1738 (1982).
 */
#include "dft/term.h"

typedef struct km_core_density km_core_density;

/**
 * @brief Make the core density of a setup's crystal. Local.
 *
 * @param[in]  setup  borrowed for the object's life
 * @param[out] core   ended with km_core_density_destroy(); NULL on failure, and where no pseudopotential has a core
 */
KM_STATUS km_core_density_create(const km_term_setup *setup, km_core_density **core);

/** @brief Free a core density and set the pointer to NULL; accepts NULL. Local. */
void km_core_density_destroy(km_core_density **core);

/** @brief Valence and core density in both spaces; borrowed until the next call. Local. */
km_density_view km_core_density_add(km_core_density *core, const km_density_view *valence);

/**
 * @brief Add the forces on the atoms, Ha/bohr, [n_atom][3], of the energy whose potential is v_r. Local.
 *
 * @param[in] v_r  dE/drho at the grid points, Ha, [n_point]; with spin the mean of both
 */
KM_STATUS km_core_density_add_forces(km_core_density *core, const double *v_r, double *forces);

/** @brief Add what strain does to that energy through the shape of the cores, Ha/bohr^3, [3][3]. Local. */
KM_STATUS km_core_density_add_stress(km_core_density *core, const double *v_r, double *stress);
