#include "kaimen/dft/orbits.h"

#include "kaimen/base/memory.h"

#include <math.h>

struct km_orbits {
    int n_point, n;
    int *first; /* [n]: a point of each orbit */
    int *orbit; /* [n_point] */
};

/* x -> R x + t in units of the grid's steps. */
typedef struct {
    int rotation[9], translation[3];
} operation;

static operation operation_of(const km_grid *grid, const km_symmetry *symmetry, int i)
{
    const int *n = km_grid_n(grid), *r = km_symmetry_rotation(symmetry, i);
    const double *t = km_symmetry_translation_frac(symmetry, i);
    operation op;

    for (int a = 0; a < 3; ++a) {
        for (int b = 0; b < 3; ++b) op.rotation[3 * a + b] = r[3 * a + b] * n[a] / n[b];
        op.translation[a] = (int)lround(t[a] * n[a]);
    }
    return op;
}

static int image_of(const int n[3], const operation *op, const int x[3])
{
    int at = 0;

    for (int a = 0; a < 3; ++a) {
        const int *r = op->rotation + 3 * a;
        const int y = (r[0] * x[0] + r[1] * x[1] + r[2] * x[2] + op->translation[a]) % n[a];

        at = at * n[a] + (y < 0 ? y + n[a] : y);
    }
    return at;
}

/* Every orbit is met first at its first point, whose images it consists of. */
static void find_orbits(km_orbits *orbits, const int n[3], int n_operation, const operation *op)
{
    int x[3], at = 0;

    for (int i = 0; i < orbits->n_point; ++i) orbits->orbit[i] = -1;
    for (x[0] = 0; x[0] < n[0]; ++x[0])
        for (x[1] = 0; x[1] < n[1]; ++x[1])
            for (x[2] = 0; x[2] < n[2]; ++x[2], ++at) {
                if (orbits->orbit[at] >= 0) continue;
                for (int i = 0; i < n_operation; ++i)
                    orbits->orbit[image_of(n, op + i, x)] = orbits->n;
                orbits->first[orbits->n++] = at;
            }
}

/* The operations, and each of them followed by inversion if that is asked for. */
static km_status list_operations(const km_grid *grid, const km_symmetry *symmetry, bool is_even,
                                 operation **list, int *n)
{
    const operation identity = {.rotation = {1, 0, 0, 0, 1, 0, 0, 0, 1}};
    const int n_operation = symmetry ? km_symmetry_n_operation(symmetry) : 1;

    KM_TRY(KM_ALLOC(*list, 2 * n_operation));
    for (int i = 0; i < n_operation; ++i) {
        operation *op = *list + i, *inverted = op + n_operation;

        *op = symmetry ? operation_of(grid, symmetry, i) : identity;
        for (int k = 0; k < 9; ++k) inverted->rotation[k] = -op->rotation[k];
        for (int k = 0; k < 3; ++k) inverted->translation[k] = -op->translation[k];
    }
    *n = is_even ? 2 * n_operation : n_operation;
    return KM_OK;
}

km_status km_orbits_create(const km_grid *grid, const km_symmetry *symmetry, bool is_even,
                           km_orbits **out)
{
    km_orbits *orbits = NULL;
    operation *list = NULL;
    km_status status = KM_OK;
    int n_operation = 0;

    *out = NULL;
    KM_TRY(KM_ALLOC(orbits, 1));
    orbits->n_point = km_grid_n_point(grid);
    KM_TRY_TO(end, KM_ALLOC(orbits->first, orbits->n_point));
    KM_TRY_TO(end, KM_ALLOC(orbits->orbit, orbits->n_point));
    KM_TRY_TO(end, list_operations(grid, symmetry, is_even, &list, &n_operation));
    find_orbits(orbits, km_grid_n(grid), n_operation, list);
    *out = orbits;
end:
    KM_FREE(list);
    if (status != KM_OK) km_orbits_destroy(&orbits);
    return status;
}

void km_orbits_destroy(km_orbits **orbits)
{
    if (!*orbits) return;
    KM_FREE((*orbits)->first);
    KM_FREE((*orbits)->orbit);
    KM_FREE(*orbits);
}

int km_orbits_n(const km_orbits *orbits)
{
    return orbits->n;
}

void km_orbits_gather(const km_orbits *orbits, int first, int n, const double *at_points,
                      double *of_orbits)
{
    for (int i = 0; i < n; ++i) of_orbits[i] = at_points[orbits->first[first + i]];
}

void km_orbits_scatter(const km_orbits *orbits, const double *of_orbits, double *at_points)
{
    for (int i = 0; i < orbits->n_point; ++i) at_points[i] = of_orbits[orbits->orbit[i]];
}
