#pragma once
/**
 * @file
 * @brief The (hkl)-primitive cell: a bulk crystal turned so that a surface normal is z.
 *
 * a and b are the Gauss-reduced primitive translations in the plane (|a| <= |b|, a along x), c the shortest
 * translation out of it, so that the third fractional coordinate is the height in units of the repeat d.
 */
#include "builder/primitive.h"

typedef struct {
    int n_atom;
    int n_operation;
    const int *z;           /* borrowed from the primitive cell */
    double *frac;           /* [n_atom][3] in (a, b, c) */
    double *rotation;       /* [n_operation][9] in (a, b, c) */
    double *translation;    /* [n_operation][3] */
    double cell_bohr[9];    /* rows a, b, c */
    double lattice_bohr[9]; /* the same vectors in the frame of the conventional cell */
    double area_bohr2;
    double repeat_bohr;
} km_oriented;

/**
 * @brief Turn a bulk crystal. Local.
 * @param[in]  primitive  borrowed, must outlive the oriented cell
 * @param[in]  miller     (hkl) in the conventional cell, without common divisor
 */
KM_STATUS km_oriented_create(const km_primitive *primitive, const int miller[3],
                             km_oriented **oriented);

/** @brief Lower-triangular cell of a metric [9]: a along x, b in the xy plane, c upwards. Local. */
void km_oriented_make_cell(const double *metric, double *cell_bohr);

/** @brief Free; accepts NULL. Local. */
void km_oriented_destroy(km_oriented **oriented);
