#pragma once
/**
 * @file
 * @brief The k-points of one crystal, reduced by symmetry and shared over ranks.
 *
 * Coordinates are fractional in the reciprocal lattice, each in (-1/2, 1/2] but for a list. Weights sum to 1. Time reversal,
 * E(k) = E(-k), is always used. The ranks form groups of equal size, no more than there are points; a group holds a
 * contiguous run of points, and counts differ by one at most.
 *
 * With two spins what ranks share are pairs of a point and a spin, up before down of each point: twice as many ranks help.
 *
 * Source: H. J. Monkhorst, J. D. Pack, Phys. Rev. B 13, 5188 (1976).
 */
#include "kaimen/base/status.h"
#include "kaimen/crystal/symmetry.h"
#include "kaimen/dft/groups.h"

typedef struct km_kpoints km_kpoints;

/**
 * @brief The mesh whose points are no further apart than a spacing: n_i = ceil(|b_i| / spacing). Local.
 *
 * With a normal axis the b_i of the two others are those of their plane's own lattice: a slab and a bulk cell with an
 * oblique third vector then have the same mesh in the plane.
 *
 * @param[in]  spacing_bohr  largest distance of neighboring points, 1/bohr with 2 pi included, > 0
 * @param[in]  vacuum_axis   0 to 2: one point along it; -1: none
 * @param[in]  normal_axis   0 to 2: the vector out of the plane; -1: none
 */
KM_STATUS km_kpoints_find_mesh(const km_crystal *crystal, double spacing_bohr, int vacuum_axis,
                               int normal_axis, int mesh[3]);

/**
 * @brief A regular mesh, reduced. Local: of comm only size and rank are read.
 *
 * Mesh point (i, j, l) is ((i + shift_0/2)/mesh_0, ...): with no shift the mesh holds Gamma.
 * @param[in]  symmetry  group that the density has; NULL: reduce by time reversal only
 * @param[in]  mesh      points along each reciprocal vector, > 0
 * @param[in]  shift     0 or 1 along each: half a step
 * @param[in]  comm      ranks that share the points
 * @param[out] kpoints   ended with km_kpoints_destroy()
 * @return KM_E_ARGUMENT for a mesh or shift out of range
 */
KM_STATUS km_kpoints_create(const km_symmetry *symmetry, const int mesh[3], const int shift[3],
                            MPI_Comm comm, km_kpoints **kpoints);

/**
 * @brief Points where band edges like to sit: Gamma and, of the Brillouin zone, the centres of its faces, its corners
 * and the middles of its edges; of every set of equivalent points one. Local: of comm only size and rank are read.
 *
 * For a primitive fcc cell these are Gamma, X, L, W and U (= K); for hexagonal Gamma, A, M, L, K and H; for a simple box
 * all points with coordinates 0 and 1/2. The zone is found from the lattice, so the setting of the cell does not
 * matter. All weights are 0: the set is for looking at, not for integrating.
 *
 * @param[in] symmetry  NULL: reduce by time reversal only
 */
KM_STATUS km_kpoints_create_high_symmetry(const km_crystal *crystal,
                                          const km_symmetry *symmetry, MPI_Comm comm,
                                          km_kpoints **kpoints);

/**
 * @brief Points as they are given, not folded, all of weight 0. Local: of comm only size and rank are read.
 * @param[in] frac  [n][3], n > 0
 */
KM_STATUS km_kpoints_create_list(int n, const double *frac, MPI_Comm comm,
                                 km_kpoints **kpoints);

/** @brief Share n_spin (1 or 2) lots of bands at every point over the ranks. As km_kpoints_create(). */
KM_STATUS km_kpoints_set_spins(km_kpoints *kpoints, int n_spin, MPI_Comm comm);

/** @brief Free and set to NULL; accepts NULL. Local. */
void km_kpoints_destroy(km_kpoints **kpoints);

/** @brief Number of points, over all ranks. Local. */
int km_kpoints_n(const km_kpoints *kpoints);

/** @brief Coordinates of point ik (of all ranks' points), fractional, [3]. Local. */
const double *km_kpoints_frac(const km_kpoints *kpoints, int ik);

/** @brief Weights of all points, [n]. Local. */
const double *km_kpoints_weight(const km_kpoints *kpoints);

/**
 * @brief First point of this rank (n where it holds none) and how many it holds. Local.
 * With two spins both count pairs: pair i is of point i / 2 and up where i is even.
 */
int km_kpoints_first(const km_kpoints *kpoints);
int km_kpoints_n_local(const km_kpoints *kpoints);

/** @brief Groups of ranks: each holds some of the points and shares their plane waves. Local. */
const km_groups *km_kpoints_groups(const km_kpoints *kpoints);
