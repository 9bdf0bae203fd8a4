#pragma once
/**
 * @file
 * @brief The primitive cell of a bulk crystal, exactly symmetric, with its operations and its conventional cell.
 *
 * Atoms and metric are averaged over the space group, so that every cut keeps its isometries to rounding.
 * An operation maps a fractional position x (a column) to R x + t in the primitive basis.
 */
#include "kaimen/crystal/symmetry.h"

typedef struct {
    int n_atom;
    int n_operation;
    int *z;              /* [n_atom] */
    double *frac;        /* [n_atom][3] */
    double *rotation;    /* [n_operation][9], integers */
    double *translation; /* [n_operation][3] */
    double metric[9];    /* scalar products of the primitive vectors, bohr^2 */
    double basis[9];     /* rows: primitive vectors in conventional fractional coordinates */
    double cell_bohr[9]; /* rows: primitive vectors in the frame of the conventional cell */
    km_symmetry *conventional; /* space group in the conventional cell */
} km_primitive;

/** @brief Primitive cell in the frame of spglib's standardised conventional cell. Local. */
KM_STATUS km_primitive_create(const km_crystal *bulk, double tolerance_bohr,
                              km_primitive **primitive);

/** @brief Free; accepts NULL. Local. */
void km_primitive_destroy(km_primitive **primitive);
