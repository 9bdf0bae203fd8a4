#pragma once
/**
 * @file
 * @brief How the planes of two grains fit: their common cell, the cell that shifts repeat with, and the lattices in space. All functions are local.
 *
 * The planes' lattices are compared exactly, as whole multiples of each other. The cell that they share is then measured in both grains, and the mean of both
 * metrics is taken.
 */
#include "builder/misorientation.h"
#include "builder/oriented.h"

typedef struct {
    double plane_bohr[4]; /* common cell, Gauss-reduced, rows a = (a_x, 0), b */
    double cnid
        [4]; /* rows: reduced basis of the sum of both planes' lattices, fractions of a and b */
    long repeat[2][4];     /* rows: a and b in the vectors of each grain's plane */
    double strain;         /* largest principal one of either grain */
    double csl[9], dsc[9]; /* rows, in primitive coordinates of the lower grain */
} km_coincidence;

/** @brief Fit the planes of two grains. @return KM_E_INPUT where they share no cell */
KM_STATUS km_coincidence_find(const km_primitive *primitive,
                              const km_misorientation *misorientation, const km_oriented *lower,
                              const km_oriented *upper, km_coincidence *coincidence);

/** @brief From units of a grain's plane vectors to fractions of the common cell. */
void km_coincidence_to_common(const km_coincidence *coincidence, int grain, double x, double y,
                              double common[2]);
