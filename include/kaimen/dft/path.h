#pragma once
/**
 * @file
 * @brief A path of k-points through the points of high symmetry of a crystal's lattice. All functions are local.
 *
 * Every lattice but the triclinic one has its standard path. That one, and the few monoclinic ones for which the source's
 * formulas do not hold, have the path from Gamma to the seven other points with 2k in the lattice, those of the cell as
 * it is given. Names are theirs; Gamma is "G", Sigma "S".
 *
 * Source: W. Setyawan, S. Curtarolo, Comput. Mater. Sci. 49, 299 (2010).
 */
#include "kaimen/crystal/crystal.h"

#include <stdbool.h>

/** A named point of a path. Where the path is broken, two of them share a place. */
typedef struct {
    char name[8];
    int ik; /* among the points of the path */
} km_path_mark;

typedef struct km_path km_path;

/**
 * @brief Find the path of a crystal.
 *
 * @param[in]  vacuum_axis  0 to 2: keep the parts that lie in the plane of a slab; -1: all
 * @param[in]  n_interval   about so many steps of equal length, > 0; each part has at least one
 * @param[out] path         ended with km_path_destroy()
 */
KM_STATUS km_path_create(const km_crystal *crystal, int vacuum_axis, int n_interval,
                         km_path **path);

/** @brief Free and set to NULL; accepts NULL. */
void km_path_destroy(km_path **path);

/** @brief Points of the path, fractional in the crystal's own reciprocal lattice, [*n_k][3]. */
const double *km_path_k_frac(const km_path *path, int *n_k);

/** @brief Length of the path up to each point, 1/bohr; breaks have none, [n_k]. */
const double *km_path_place_bohr(const km_path *path);

/** @brief Named points in their order, [*n_mark]. */
const km_path_mark *km_path_marks(const km_path *path, int *n_mark);

/** @brief Such as "cubic F"; "general" where the path is that of a triclinic lattice. */
const char *km_path_lattice(const km_path *path);
