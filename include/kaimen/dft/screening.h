#pragma once
/**
 * @file
 * @brief How electrons at the Fermi level screen a change of the density: a preconditioner for metals and metallic faces.
 *
 * A potential V moves charge between the states at the Fermi level,
 *   dn(r) = -D(r) (V(r) - integral of D V / integral of D),
 * D(r) being their local density of states. With the model dielectric function 1 / P(G) of all other electrons, the
 * density that makes up for a residual F is P y, where
 *   y + D (V - <V>_D) = F,   V(G) = 4 pi / G^2 P(G) y(G),
 * which is F where there are no such states, and Thomas-Fermi screening where D is constant. The operator is symmetric and
 * positive in sqrt(4 pi P / G^2) y: conjugate gradients find y.
 *
 * Source: M. F. Herbst, A. Levitt, J. Phys.: Condens. Matter 33, 085503 (2021), eqs. 17 to 20.
 */
#include "kaimen/dft/grid.h"

typedef struct km_screening km_screening;

/**
 * @brief Make a preconditioner without states at the Fermi level. Local.
 *
 * @param[in] grid      borrowed
 * @param[in] inverse_dielectric  P(G), [n_g]; copied
 */
KM_STATUS km_screening_create(km_grid *grid, const double *inverse_dielectric,
                              km_screening **screening);

/** @brief Free and set to NULL; accepts NULL. Local. */
void km_screening_destroy(km_screening **screening);

/** @brief Set D(r) >= 0, states per Ha and bohr^3 of both spins, [n_point]. Local. */
void km_screening_set_states(km_screening *screening, const double *density_of_states);

/**
 * @brief y in place of the residual F, [n_g]; G = 0 stays as it is. Local; allocates nothing.
 * @return steps of the conjugate gradients
 */
int km_screening_apply(km_screening *screening, double complex *residual);
