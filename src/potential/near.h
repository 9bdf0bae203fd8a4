#pragma once
/* The partners of one atom within the cutoff: what the inner loops of all pair sums begin with. */
#include "kaimen/potential/sums.h"

typedef struct {
    int j; /* index in the list */
    double d[3];
    double r2;
} km_near;

/* near has room for all partners of i; returns how many are within the cutoff. */
static inline int km_near_find(const km_neighbour_list *list, int i, double cutoff2,
                               km_near *restrict near)
{
    const double *x = list->x, xi = x[3 * i], yi = x[3 * i + 1], zi = x[3 * i + 2];
    int n = 0;

    for (int k = list->first[i]; k < list->first[i + 1]; ++k) {
        const int j = list->other[k];
        const double dx = x[3 * j] - xi, dy = x[3 * j + 1] - yi, dz = x[3 * j + 2] - zi;
        const double r2 = dx * dx + dy * dy + dz * dz;

        near[n] = (km_near){j, {dx, dy, dz}, r2};
        n += r2 < cutoff2;
    }
    return n;
}

/* A pair's force: slope is (dE/dr)/r, d from i to j; fi and fj are the same for an atom and its own image. */
static inline void km_near_add_force(double slope, const double d[3], double *fi, double *fj,
                                     double *restrict strain)
{
    for (int k = 0; k < 3; ++k) {
        fi[k] += slope * d[k];
        fj[k] -= slope * d[k];
    }
    /* Upper triangle in the order xx xy xz yy yz zz. */
    strain[0] += slope * d[0] * d[0];
    strain[1] += slope * d[0] * d[1];
    strain[2] += slope * d[0] * d[2];
    strain[3] += slope * d[1] * d[1];
    strain[4] += slope * d[1] * d[2];
    strain[5] += slope * d[2] * d[2];
}

static inline void km_near_add_strain(const double strain[6], double gradient[9])
{
    static const int at[3][3] = {{0, 1, 2}, {1, 3, 4}, {2, 4, 5}};

    for (int a = 0; a < 3; ++a)
        for (int b = 0; b < 3; ++b) gradient[3 * a + b] += strain[at[a][b]];
}
