#pragma once
/**
 * @file
 * @brief The terminations of one (hkl): where slabs begin and end, and of which type they are.
 */
#include "builder/stack.h"
#include "kaimen/builder/slab.h"

/** Two kinds of fixed height as centre, i = 1 and 2. */
#define KM_CUT_MAX 4

typedef struct {
    km_slab_type type;
    int low, high;   /* lowest and highest plane */
    double centre;   /* fixed height, halfway between them */
    double n_repeat; /* i/n_center and whole repeats */
    double n_bulk;   /* repeats that the atoms make up; type C: without one boundary plane */
} km_cut;

/**
 * @brief Terminations of a stack that has fixed heights, at most KM_CUT_MAX. Local.
 *
 * Cuts with the same lowest plane, up to translations along n that the crystal has, are one termination; the thinner slab
 * stands for it. Order: type, then the widest gap first, then composition.
 *
 * @param[in]  stack         n_center > 0
 * @param[in]  least_repeat  least n_bulk
 * @param[out] n_cut         number of terminations
 * @param[out] cuts          [KM_CUT_MAX]
 */
KM_STATUS km_cut_find(const km_stack *stack, double least_repeat, int *n_cut, km_cut *cuts);

/** @brief Point that becomes the origin: the fixed height, on an inversion centre where the slab keeps one; fractional. Local. */
void km_cut_find_origin(const km_oriented *oriented, const km_stack *stack, const km_cut *cut,
                        double origin[3]);

/** @brief Atoms between the lowest and the highest plane. Local. */
int km_cut_count_atoms(const km_stack *stack, const km_cut *cut);

/**
 * @brief The atoms of a cut, seen from its origin. Local.
 * @param[out] z      [km_cut_count_atoms()]
 * @param[out] place  across the surface in units of a and b, in (-1/2, 1/2], and the height in bohr, [n_atom][3]
 */
void km_cut_place_atoms(const km_oriented *oriented, const km_stack *stack, const km_cut *cut,
                        int *z, double *place);
