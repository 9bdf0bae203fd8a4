#include "kaimen/dft/orbits.h"

#include "kaimen/base/memory.h"

#include <math.h>

struct km_orbits {
    int n_point, n;
    int *first; /* [n]: a point of each orbit; NULL where each point is one */
    int *count; /* [n]: points of each orbit; likewise */
    int *orbit; /* [n_point]; likewise */
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

    orbits->n = 0;
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

static km_status join_points(const km_grid *grid, const km_symmetry *symmetry, bool is_even,
                             km_orbits *orbits)
{
    operation *list = NULL;
    km_status status = KM_OK;
    int n_operation = 0;

    KM_TRY_TO(end, KM_RESERVE(orbits->first, orbits->n_point));
    KM_TRY_TO(end, KM_RESERVE(orbits->orbit, orbits->n_point));
    KM_TRY_TO(end, list_operations(grid, symmetry, is_even, &list, &n_operation));
    find_orbits(orbits, km_grid_n(grid), n_operation, list);
    KM_TRY_TO(end, KM_GROW(orbits->first, orbits->n_point, orbits->n));
    KM_TRY_TO(end, KM_ALLOC(orbits->count, orbits->n));
    for (int i = 0; i < orbits->n_point; ++i) ++orbits->count[orbits->orbit[i]];
end:
    KM_FREE(list);
    return status;
}

km_status km_orbits_create(const km_grid *grid, const km_symmetry *symmetry, bool is_even,
                           km_orbits **out)
{
    km_orbits *orbits = NULL;
    km_status status = KM_OK;

    *out = NULL;
    KM_TRY(KM_ALLOC(orbits, 1));
    orbits->n_point = orbits->n = km_grid_n_point(grid);
    if ((symmetry && km_symmetry_n_operation(symmetry) > 1) || is_even)
        status = join_points(grid, symmetry, is_even, orbits);
    if (status == KM_OK)
        *out = orbits;
    else
        km_orbits_destroy(&orbits);
    return status;
}

void km_orbits_destroy(km_orbits **orbits)
{
    if (!*orbits) return;
    KM_FREE((*orbits)->first);
    KM_FREE((*orbits)->count);
    KM_FREE((*orbits)->orbit);
    KM_FREE(*orbits);
}

int km_orbits_n(const km_orbits *orbits)
{
    return orbits->n;
}

const int *km_orbits_first(const km_orbits *orbits)
{
    return orbits->first;
}

const int *km_orbits_count(const km_orbits *orbits)
{
    return orbits->count;
}

const int *km_orbits_of_points(const km_orbits *orbits)
{
    return orbits->orbit;
}
