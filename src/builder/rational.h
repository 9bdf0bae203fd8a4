#pragma once
/**
 * @file
 * @brief Exact matrices of rational numbers, and the lattices that their rows span. All functions are local.
 *
 * A matrix is num / den, row-major, n by n with n = 2 or 3, without common divisor and with den > 0. What does not fit has den = 0, like everything
 * that is made from it; km_rational_check() tells.
 *
 * The rows of a matrix span a lattice. Of two lattices the sum is the smallest one that holds both, found as the Hermite normal form of all
 * rows; the intersection is the dual of the sum of the duals.
 * Source: H. Grimmer, W. Bollmann, D. H. Warrington, Acta Cryst. A 30, 197 (1974).
 */
#include "kaimen/base/status.h"

#include <stdbool.h>

typedef struct {
    int n;
    long num[9];
    long den;
} km_rational;

/** @brief The unit matrix. */
km_rational km_rational_unit(int n);

/** @brief integers / den. */
km_rational km_rational_make(int n, const long *integers, long den);

/** @brief The rational matrix next to values whose common denominator is den at most. */
km_rational km_rational_round(int n, const double *values, long den);

km_rational km_rational_multiply(const km_rational *a, const km_rational *b);
km_rational km_rational_transpose(const km_rational *a);

/** @brief Inverse; den = 0 for a singular one. */
km_rational km_rational_invert(const km_rational *a);

/** @brief Determinant, a number near enough to be rounded where it is an integer. */
double km_rational_determinant(const km_rational *a);

/** @brief The matrix as doubles. */
void km_rational_get(const km_rational *a, double *values);

/** @brief Least positive integer whose product with a and with its inverse has integers only. */
long km_rational_clear(const km_rational *a);

/** @brief The lattice that holds both. */
km_rational km_lattice_add(const km_rational *a, const km_rational *b);

/** @brief The lattice that is in both. */
km_rational km_lattice_intersect(const km_rational *a, const km_rational *b);

/** @brief Whether every vector of b is one of a. */
bool km_lattice_contains(const km_rational *a, const km_rational *b);

/** @return KM_E_ARGUMENT for a matrix whose numbers did not fit or that is singular */
KM_STATUS km_rational_check(const km_rational *a);
