#pragma once
/**
 * @file
 * @brief The standard path of each lattice: its points of high symmetry and the order in which a path visits them.
 *
 * Source: W. Setyawan, S. Curtarolo, Comput. Mater. Sci. 49, 299 (2010), appendix A.
 */
#include "kaimen/crystal/crystal.h"

#define KM_PATH_MAX_POINT 20
/* Fractional coordinates that differ by less are equal. */
#define KM_PATH_SAME_POINT 1e-4

typedef struct {
    const char *name;
    double k_frac[3]; /* in the crystal's own reciprocal lattice */
} km_path_point;

typedef struct {
    const char *lattice;
    const char *route; /* names joined by '-'; '|' breaks it */
    km_path_point points[KM_PATH_MAX_POINT];
} km_path_plan;

/** @brief The plan of a crystal's lattice; that of any lattice where it has none of its own. Local. */
KM_STATUS km_path_plan_find(const km_crystal *crystal, km_path_plan *plan);

/** @brief The plan of any lattice: Gamma and the seven other points with 2k in the reciprocal lattice. Local. */
km_path_plan km_path_plan_general(const km_crystal *crystal);
