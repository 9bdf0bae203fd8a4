#pragma once
/* Reciprocal vectors of a cell, for the sums of classical potentials. */
#include "kaimen/base/units.h"

/* Vectors as rows, [3][3], a_i . b_j = 2 pi delta_ij; returns the volume, negative for a left-handed cell. */
static inline double km_cell_reciprocal(const double *cell, double *reciprocal)
{
    double volume = 0;

    for (int a = 0; a < 3; ++a) {
        const double *u = cell + 3 * ((a + 1) % 3), *v = cell + 3 * ((a + 2) % 3);

        for (int k = 0; k < 3; ++k)
            reciprocal[3 * a + k] =
                u[(k + 1) % 3] * v[(k + 2) % 3] - u[(k + 2) % 3] * v[(k + 1) % 3];
    }
    for (int k = 0; k < 3; ++k) volume += cell[k] * reciprocal[k];
    for (int k = 0; k < 9; ++k) reciprocal[k] *= 2 * KM_PI / volume;
    return volume;
}
