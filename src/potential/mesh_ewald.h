#pragma once
/*
 * The part of the Coulomb energy that is a sum over reciprocal vectors, by smooth particle-mesh Ewald: the charges are spread over a
 * grid by B-splines, whose Fourier transform stands for the structure factor. With it come the energy of each charge with itself and that of the
 * uniform background of a charged cell; what is left are pairs q_i q_j erfc(split r)/r. All functions are local.
 * Source: U. Essmann, L. Perera, M. L. Berkowitz, T. Darden, H. Lee, L. G. Pedersen, J. Chem. Phys. 103, 8577 (1995).
 */
#include "kaimen/potential/sums.h"

typedef struct km_mesh_ewald km_mesh_ewald;

/* split: 1/bohr. */
KM_STATUS km_mesh_ewald_create(double split, km_mesh_ewald **mesh);

/* Free and set to NULL; accepts NULL. */
void km_mesh_ewald_destroy(km_mesh_ewald **mesh);

/* Add energy, forces of the points, [n_point][3], and strain derivative. frac: any images. */
KM_STATUS km_mesh_ewald_compute(km_mesh_ewald *mesh, const double *cell_bohr, int n_point,
                                const double *frac, const double *charge,
                                km_potential_sums *sums);
