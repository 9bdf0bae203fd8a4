#include "builder/stack.h"

#include "builder/matrix3.h"
#include "kaimen/base/memory.h"

#include <stdlib.h>

/** Atom with its height in [0, 1). */
typedef struct {
    double height;
    int atom;
} level;

static int compare_levels(const void *first, const void *second)
{
    const level *a = first, *b = second;

    if (a->height != b->height) return a->height < b->height ? -1 : 1;
    return a->atom - b->atom;
}

/** The atom above the widest gap: planes counted from there are never split by the cell's border. */
static int find_start(const level *levels, int n)
{
    int start = 0;
    double widest = levels[0].height + 1 - levels[n - 1].height;

    for (int i = 1; i < n; i++)
        if (levels[i].height - levels[i - 1].height > widest) {
            widest = levels[i].height - levels[i - 1].height;
            start = i;
        }
    return start;
}

/** Fill plane, height and n_plane; atoms closer to the previous one than the tolerance share its plane. */
static void group_planes(const level *levels, km_oriented *oriented, km_stack *stack)
{
    int n = oriented->n_atom, start = find_start(levels, n), ip = -1, n_member = 0;
    double previous = -INFINITY;

    for (int i = 0; i < n; i++) {
        const level *l = levels + (start + i) % n;
        double height = l->height + (start + i >= n ? 1 : 0);

        if (height - previous > stack->tolerance) {
            ip++;
            n_member = 0;
        }
        previous = height;
        n_member++;
        stack->height[ip] += (height - stack->height[ip]) / n_member;
        stack->plane[l->atom] = ip;
        oriented->frac[3 * l->atom + 2] = height;
    }
    stack->n_plane = ip + 1;
}

static int find_species(const km_stack *stack, int z)
{
    int i = 0;

    while (i < stack->n_species && stack->species_z[i] != z) i++;
    return i;
}

static int compare_z(const void *first, const void *second)
{
    return *(const int *)first - *(const int *)second;
}

static km_status count_composition(const km_oriented *oriented, km_stack *stack)
{
    int n = oriented->n_atom;

    KM_TRY(KM_ALLOC(stack->species_z, n));
    for (int i = 0; i < n; i++)
        if (find_species(stack, oriented->z[i]) == stack->n_species)
            stack->species_z[stack->n_species++] = oriented->z[i];
    qsort(stack->species_z, (size_t)stack->n_species, sizeof(int), compare_z);
    KM_TRY(KM_ALLOC(stack->bulk, stack->n_species));
    KM_TRY(KM_ALLOC(stack->composition, stack->n_plane * stack->n_species));
    for (int i = 0; i < n; i++) {
        int s = find_species(stack, oriented->z[i]);

        stack->bulk[s]++;
        stack->composition[stack->plane[i] * stack->n_species + s]++;
    }
    stack->is_layered = true;
    for (int ip = 0; ip < stack->n_plane; ip++)
        if (!km_stack_is_stoichiometric(stack, stack->composition + ip * stack->n_species))
            stack->is_layered = false;
    return KM_OK;
}

static km_status sort_planes(km_oriented *oriented, km_stack *stack)
{
    level *levels;
    int n = oriented->n_atom;

    KM_TRY(KM_ALLOC(levels, n));
    for (int i = 0; i < n; i++) {
        levels[i].height = oriented->frac[3 * i + 2] - floor(oriented->frac[3 * i + 2]);
        levels[i].atom = i;
    }
    qsort(levels, (size_t)n, sizeof *levels, compare_levels);
    group_planes(levels, oriented, stack);
    KM_FREE(levels);
    return count_composition(oriented, stack);
}

static bool reverses(const double *rotation)
{
    return rotation[6] == 0 && rotation[7] == 0 && rotation[8] == -1;
}

static bool is_inversion(const double *rotation)
{
    for (int i = 0; i < 9; i++)
        if (rotation[i] != (i % 4 == 0 ? -1 : 0)) return false;
    return true;
}

/** x without its whole multiples of a period, in [-tolerance, period - tolerance). */
static double reduce(double x, double period, double tolerance)
{
    return x - period * floor((x + tolerance) / period);
}

/** Reversals at heights t_3 / 2 + j / 2; count the different ones in half a repeat. */
static km_status find_centers(const km_oriented *oriented, km_stack *stack)
{
    double least = INFINITY, *found;
    int n = 0;

    KM_TRY(KM_ALLOC(found, oriented->n_operation));
    for (int i = 0; i < oriented->n_operation; i++) {
        double height = reduce(oriented->translation[3 * i + 2] / 2, 0.5, stack->tolerance);
        int j = 0;

        if (!reverses(oriented->rotation + 9 * i)) continue;
        if (is_inversion(oriented->rotation + 9 * i)) {
            stack->inversion = i;
            stack->inversion_height = height;
        }
        while (j < n && fabs(found[j] - height) > stack->tolerance) j++;
        if (j == n) found[n++] = height;
        if (height < least) least = height;
    }
    stack->n_center = 2 * n;
    stack->shift = n ? least : 0;
    for (int j = 0; j < n; j++) {
        double step = (found[j] - least) * 2 * n;

        if (fabs(step - round(step)) <= 4 * n * stack->tolerance) continue;
        KM_FREE(found);
        return KM_RAISE(KM_E_INTERNAL,
                        "height %g is fixed, but %d heights are not evenly spaced", found[j],
                        2 * n);
    }
    KM_FREE(found);
    return KM_OK;
}

km_status km_stack_create(km_oriented *oriented, double tolerance_bohr, km_stack **out)
{
    km_stack *stack;
    km_status status = KM_OK;

    *out = NULL;
    KM_TRY(KM_ALLOC(stack, 1));
    stack->n_atom = oriented->n_atom;
    stack->tolerance = tolerance_bohr / oriented->repeat_bohr;
    stack->inversion = -1;
    KM_TRY_TO(fail, KM_ALLOC(stack->height, oriented->n_atom));
    KM_TRY_TO(fail, KM_ALLOC(stack->plane, oriented->n_atom));
    KM_TRY_TO(fail, sort_planes(oriented, stack));
    KM_TRY_TO(fail, find_centers(oriented, stack));
    *out = stack;
    return KM_OK;
fail:
    km_stack_destroy(&stack);
    return status;
}

void km_stack_destroy(km_stack **pointer)
{
    km_stack *stack = *pointer;

    if (!stack) return;
    KM_FREE(stack->height);
    KM_FREE(stack->species_z);
    KM_FREE(stack->composition);
    KM_FREE(stack->bulk);
    KM_FREE(stack->plane);
    KM_FREE(*pointer);
}

double km_stack_height(const km_stack *stack, int plane)
{
    int repeat = (int)floor((double)plane / stack->n_plane);

    return stack->height[plane - repeat * stack->n_plane] + repeat;
}

const int *km_stack_composition(const km_stack *stack, int plane)
{
    int repeat = (int)floor((double)plane / stack->n_plane);

    return stack->composition + (plane - repeat * stack->n_plane) * stack->n_species;
}

int km_stack_find_above(const km_stack *stack, double height)
{
    int plane = stack->n_plane * ((int)floor(height - stack->height[0]) - 1);

    while (km_stack_height(stack, plane) < height - stack->tolerance) plane++;
    return plane;
}

void km_stack_compute_counts(const km_stack *stack, int low, int high, int *counts)
{
    memset(counts, 0, (size_t)stack->n_species * sizeof *counts);
    for (int plane = low; plane <= high; plane++) {
        const int *composition = km_stack_composition(stack, plane);

        for (int s = 0; s < stack->n_species; s++) counts[s] += composition[s];
    }
}

bool km_stack_is_stoichiometric(const km_stack *stack, const int *counts)
{
    for (int s = 1; s < stack->n_species; s++)
        if (counts[s] * stack->bulk[0] != counts[0] * stack->bulk[s]) return false;
    return true;
}

bool km_stack_is_reversal(const km_stack *stack, const km_oriented *oriented, int operation,
                          double height)
{
    double twice = oriented->translation[3 * operation + 2] - 2 * height;

    return reverses(oriented->rotation + 9 * operation) &&
           fabs(twice - round(twice)) <= 4 * stack->tolerance;
}

bool km_stack_has_inversion(const km_stack *stack, double height)
{
    double twice = 2 * (height - stack->inversion_height);

    return stack->inversion >= 0 && fabs(twice - round(twice)) <= 4 * stack->tolerance;
}
