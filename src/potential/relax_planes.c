/* Which atoms of a slab lie in its middle. */
#include "kaimen/potential/relax.h"

#include "kaimen/base/units.h"

#include <math.h>

/* Atoms of one plane, and planes at one distance from the middle, differ by less. */
static const double PLANE_BOHR = 0.1;

/* Height of a slab's middle, fractional: half a cell from the middle of its largest gap. */
static double find_middle(const km_crystal *slab, int axis)
{
    const int n_atom = km_crystal_n_atom(slab);
    const double *frac = km_crystal_frac(slab) + axis;
    double largest = -1, middle = 0;

    for (int a = 0; a < n_atom; ++a) {
        double gap = 1;

        for (int b = 0; b < n_atom; ++b) {
            double above = frac[3 * b] - frac[3 * a];

            above -= floor(above);
            if (above > 1e-6 && above < gap) gap = above;
        }
        if (gap > largest + 1e-9) {
            largest = gap;
            middle = frac[3 * a] + gap / 2 + 0.5;
        }
    }
    return middle;
}

int km_relax_mark_planes(const km_crystal *slab, int axis, int n_plane, bool *frozen)
{
    const int n_atom = km_crystal_n_atom(slab);
    const double *b = km_crystal_reciprocal_bohr(slab) + 3 * axis;
    const double height = 2 * KM_PI / sqrt(b[0] * b[0] + b[1] * b[1] + b[2] * b[2]);
    const double middle = find_middle(slab, axis);
    int n_marked = 0, n_found = 0;

    for (int a = 0; a < n_atom; ++a) frozen[a] = false;
    while (n_found < n_plane && n_marked < n_atom) {
        double nearest = INFINITY;

        for (int pass = 0; pass < 2; ++pass)
            for (int a = 0; a < n_atom; ++a) {
                double z = km_crystal_frac(slab)[3 * a + axis] - middle, distance;

                distance = fabs(z - round(z)) * height;
                if (pass == 0 && !frozen[a]) nearest = fmin(nearest, distance);
                if (pass == 1 && !frozen[a] && distance < nearest + PLANE_BOHR) {
                    frozen[a] = true;
                    ++n_marked;
                }
            }
        /* Off the middle a plane has a partner on the other side. */
        n_found += nearest < PLANE_BOHR ? 1 : 2;
    }
    return n_marked;
}
