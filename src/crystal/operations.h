#pragma once
/**
 * @file
 * @brief A list of symmetry operations x -> R x + t on fractional positions, and its arithmetic. All functions are local.
 *
 * Lattice translations do not distinguish operations. Translations are kept in [0, 1).
 */
#include "kaimen/base/status.h"

#include <stdbool.h>

/** Owns its arrays; {0} is the empty list. */
typedef struct {
    int n;
    int *rotation;            /* [n][3][3] */
    double *translation_frac; /* [n][3] */
} km_operations;

/** @brief Make room for n operations, all zero. */
KM_STATUS km_operations_allocate(int n, km_operations *operations);

/** @brief Free the arrays and empty the list. */
void km_operations_free(km_operations *operations);

/** @brief Store an operation, its translation brought into [0, 1). */
void km_operations_set(km_operations *operations, int operation, const int *rotation,
                       const double *translation_frac);

/** @brief Apply one operation to a position. */
void km_operations_apply(const km_operations *operations, int operation, const double *frac,
                         double *image_frac);

/** @brief Index of an operation, -1 where the list does not hold it. */
int km_operations_find(const km_operations *operations, const int *rotation,
                       const double *translation_frac);

/** @brief The product of two operations that the list does not hold, if any: then the list is no group. */
bool km_operations_is_group(const km_operations *operations, int *first, int *second);

/** @brief Largest relative change that an operation makes to the lengths and angles of a cell, [3][3] rows. */
double km_operations_strain(const km_operations *operations, int operation, const double *cell);

/**
 * @brief Read an operation such as "-x+1/2, y, z-0.25" into place `operation`.
 * @return false where the text is none
 */
bool km_operations_parse(km_operations *operations, int operation, const char *text);

/** @brief x into (-1/2, 1/2]. */
double km_nearest_to_zero(double x);

/** @brief Length of a fractional vector in a cell of row vectors. */
double km_length(const double *cell, const double *frac);
