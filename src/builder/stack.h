#pragma once
/**
 * @file
 * @brief A bulk crystal seen along a normal: atomic planes and the heights that n -> -n leaves in place.
 *
 * Heights are in units of the repeat d. Planes are numbered without end: plane j + n_plane lies one repeat above plane j.
 * Fixed heights are shift + j / n_center: two reversals differ by a translation along n, so they are evenly spaced.
 *
 * Source: Y. Hinuma, Y. Kumagai, F. Oba, I. Tanaka, Comput. Mater. Sci. 113, 221 (2016).
 */
#include "builder/oriented.h"

typedef struct {
    int n_plane;
    int n_species;
    int n_atom;
    double *height;   /* [n_plane], ascending, spread over less than one repeat */
    int *species_z;   /* ascending, [n_species] */
    int *composition; /* atoms of each species in each plane, [n_plane][n_species] */
    int *bulk;        /* atoms of each species in one repeat, [n_species] */
    int *plane;       /* plane of each atom, [n_atom] */
    bool is_layered;  /* every plane has the bulk's composition */
    int n_center;     /* 0: no isometry maps n to -n */
    double shift;     /* in [0, 1/n_center) */
    int inversion;    /* operation that is an inversion, or -1 */
    double inversion_height;
    double tolerance;
} km_stack;

/**
 * @brief Sort the atoms of an oriented cell into planes and find its fixed heights. Local.
 *
 * Shifts atoms of the cell by whole repeats, so that they have the height of their plane.
 */
KM_STATUS km_stack_create(km_oriented *oriented, double tolerance_bohr, km_stack **stack);

/** @brief Free; accepts NULL. Local. */
void km_stack_destroy(km_stack **stack);

/** @brief Height of a plane, any integer. Local. */
double km_stack_height(const km_stack *stack, int plane);

/** @brief Atoms of each species in a plane, any integer; [n_species], borrowed. Local. */
const int *km_stack_composition(const km_stack *stack, int plane);

/** @brief Lowest plane at or above a height. Local. */
int km_stack_find_above(const km_stack *stack, double height);

/** @brief Atoms of each species in the planes low..high, into [n_species]. Local. */
void km_stack_compute_counts(const km_stack *stack, int low, int high, int *counts);

/** @brief Whether counts are a multiple of the bulk's composition. Local. */
bool km_stack_is_stoichiometric(const km_stack *stack, const int *counts);

/** @brief Whether an operation maps n to -n and leaves a height in place. Local. */
bool km_stack_is_reversal(const km_stack *stack, const km_oriented *oriented, int operation,
                          double height);

/** @brief Whether an inversion centre lies at a height. Local. */
bool km_stack_has_inversion(const km_stack *stack, double height);
