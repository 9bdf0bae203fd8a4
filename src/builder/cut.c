#include "builder/cut.h"

#include "builder/matrix3.h"
#include "kaimen/base/memory.h"

#include <math.h>

/** Type of a slab, and the repeats of bulk that its atoms make up. */
static km_slab_type classify(const km_stack *stack, int low, int high, int *counts,
                             double *n_bulk)
{
    km_slab_type type = stack->is_layered ? KM_SLAB_A : KM_SLAB_B;

    km_stack_compute_counts(stack, low, high, counts);
    if (!km_stack_is_stoichiometric(stack, counts)) {
        type = KM_SLAB_C;
        /* Both boundary planes are images of each other: any one of them may be dropped. */
        km_stack_compute_counts(stack, low + 1, high, counts);
    }
    if (!km_stack_is_stoichiometric(stack, counts)) return KM_SLAB_NONSTOICHIOMETRIC;
    *n_bulk = (double)counts[0] / stack->bulk[0];
    return type;
}

/**
 * The slab of i/n_center about a fixed height, thickened by whole repeats. Where the crystal has inversion centres, steps
 * of 2/n_center, which keep the termination too, first bring the centre to one of them: the slab then stays centrosymmetric.
 */
static km_cut make_cut(const km_stack *stack, double centre, int i, double least_repeat,
                       int *counts)
{
    const double step = 1.0 / stack->n_center;
    double bottom = centre - i * step / 2, top = centre + i * step / 2, missing;
    km_cut cut = {0};
    int n_more;

    for (int m = 0; stack->inversion >= 0 && m < stack->n_center; m++) {
        if (km_stack_has_inversion(stack, centre)) break;
        centre += step;
        top += 2 * step;
    }
    cut.n_bulk = cut.n_repeat = top - bottom;
    cut.low = km_stack_find_above(stack, bottom);
    cut.high = km_stack_find_above(stack, top + 2 * stack->tolerance) - 1;
    /* One repeat more, so that there is a plane; it does not change the type. */
    cut.type = classify(stack, cut.low, cut.high + stack->n_plane, counts, &cut.n_bulk);
    if (cut.type != KM_SLAB_NONSTOICHIOMETRIC) cut.n_bulk -= 1;
    missing = fmax(least_repeat, 1e-6) - cut.n_bulk;
    n_more = missing > 0 ? (int)ceil(missing - 1e-9) : 0;
    if (cut.high + n_more * stack->n_plane < cut.low) n_more++; /* no plane yet */
    cut.high += n_more * stack->n_plane;
    cut.centre = centre + n_more / 2.0;
    cut.n_repeat += n_more;
    cut.n_bulk += n_more;
    return cut;
}

/** From a plane to the one below it. */
static double find_gap(const km_stack *stack, int plane)
{
    return km_stack_height(stack, plane) - km_stack_height(stack, plane - 1);
}

/** Whether the lowest planes are images of each other by a translation along n: any multiple of 2/n_center. */
static bool is_same_termination(const km_stack *stack, const km_cut *a, const km_cut *b)
{
    double steps =
        (km_stack_height(stack, a->low) - km_stack_height(stack, b->low)) * stack->n_center / 2;

    return fabs(steps - round(steps)) <= 2 * stack->n_center * stack->tolerance;
}

/** Order of two cuts: type, gap, then the planes from the surface inwards; negative when a comes first. */
static int compare_cuts(const km_stack *stack, const km_cut *a, const km_cut *b)
{
    if (a->type != b->type) return a->type < b->type ? -1 : 1;
    for (int ip = 0; ip < stack->n_plane; ip++) {
        const int *p = km_stack_composition(stack, a->low + ip);
        const int *q = km_stack_composition(stack, b->low + ip);
        double gap = find_gap(stack, a->low + ip) - find_gap(stack, b->low + ip);

        if (fabs(gap) > 4 * stack->tolerance) return gap > 0 ? -1 : 1;
        for (int s = 0; s < stack->n_species; s++)
            if (p[s] != q[s]) return q[s] - p[s];
    }
    return 0;
}

static void sort_cuts(const km_stack *stack, int n, km_cut *cuts)
{
    for (int i = 1; i < n; i++)
        for (int j = i; j > 0 && compare_cuts(stack, cuts + j, cuts + j - 1) < 0; j--) {
            km_cut other = cuts[j];

            cuts[j] = cuts[j - 1];
            cuts[j - 1] = other;
        }
}

km_status km_cut_find(const km_stack *stack, double least_repeat, int *n_cut, km_cut *cuts)
{
    int *counts, n = 0;

    KM_TRY(KM_ALLOC(counts, stack->n_species));
    for (int trial = 0; trial < KM_CUT_MAX; trial++) {
        double centre = stack->shift + (trial / 2) / (double)stack->n_center;
        km_cut cut = make_cut(stack, centre, trial % 2 + 1, least_repeat, counts);
        int j = 0;

        while (j < n && !is_same_termination(stack, cuts + j, &cut)) j++;
        if (j == n)
            cuts[n++] = cut;
        else if (cut.n_bulk < cuts[j].n_bulk - 1e-9)
            cuts[j] = cut;
    }
    KM_FREE(counts);
    sort_cuts(stack, n, cuts);
    *n_cut = n;
    return KM_OK;
}

void km_cut_find_origin(const km_oriented *oriented, const km_stack *stack, const km_cut *cut,
                        double origin[3])
{
    origin[0] = origin[1] = 0;
    origin[2] = cut->centre;
    if (!km_stack_has_inversion(stack, cut->centre)) return;
    for (int i = 0; i < 2; i++) origin[i] = oriented->translation[3 * stack->inversion + i] / 2;
}

/** The repeats above the cell, one atom's first and last, that put its plane between low and high. */
static void find_repeats(const km_stack *stack, const km_cut *cut, int atom, int *first,
                         int *last)
{
    int n = stack->n_plane;

    *first = (int)ceil((double)(cut->low - stack->plane[atom]) / n);
    *last = (int)floor((double)(cut->high - stack->plane[atom]) / n);
}

int km_cut_count_atoms(const km_stack *stack, const km_cut *cut)
{
    int n = 0;

    for (int ia = 0; ia < stack->n_atom; ia++) {
        int first, last;

        find_repeats(stack, cut, ia, &first, &last);
        if (last >= first) n += last - first + 1;
    }
    return n;
}

void km_cut_place_atoms(const km_oriented *oriented, const km_stack *stack, const km_cut *cut,
                        int *z, double *place)
{
    const double *cell = oriented->cell_bohr;
    double origin[3], lean[2];
    int n = 0;

    km_cut_find_origin(oriented, stack, cut, origin);
    /* c leans by lean[0] a + lean[1] b out of the normal. */
    lean[1] = cell[7] / cell[4];
    lean[0] = (cell[6] - lean[1] * cell[3]) / cell[0];
    for (int ia = 0; ia < oriented->n_atom; ia++) {
        const double *x = oriented->frac + 3 * ia;
        int first, last;

        find_repeats(stack, cut, ia, &first, &last);
        for (int repeat = first; repeat <= last; repeat++) {
            double above = x[2] + repeat - origin[2];

            z[n] = oriented->z[ia];
            for (int i = 0; i < 2; i++)
                place[3 * n + i] = km_wrap_half(x[i] - origin[i] + lean[i] * above);
            place[3 * n + 2] = above * oriented->repeat_bohr;
            n++;
        }
    }
}
