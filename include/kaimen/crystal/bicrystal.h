#pragma once
/**
 * @file
 * @brief Two grains that meet at a plane, and the crystal that they make for a rigid shift. All functions are local.
 *
 * A grain is a slab whose atoms are named by their place in the common plane and by their height over the grain's middle. The shift t says where the middle of the
 * upper grain lies, seen along the plane from that of the lower one. The energy repeats with the translations that leave one of
 * the grains as it is: the cell of non-identical displacements (CNID), which shifts are given in.
 *
 * Where each grain has an inversion centre, in its middle, the crystal is periodic: the lower grain's centre is the origin, c is twice the way from it to the
 * upper one's, and the inversion makes the two boundaries of the cell one and the same for every shift. Else, or on request, there is one boundary, and vacuum.
 *
 * Source of the CNID: V. Vitek, A. P. Sutton, D. A. Smith, R. C. Pond, in Grain Boundary Structure and Kinetics, ASM (1980).
 */
#include "kaimen/crystal/crystal.h"

#include <stdbool.h>

#define KM_BICRYSTAL_NOTE_SIZE 160

/** A slab, centred on its origin. */
typedef struct {
    int n_atom;
    int *z;          /* [n_atom] */
    double *place;   /* fractions of the plane's cell (2), height in bohr, [n_atom][3] */
    double top_bohr; /* height of the topmost plane; the lowest lies at -top */
} km_grain;

typedef struct {
    double plane_bohr[4]; /* common cell of the plane, rows a = (a_x, 0), b */
    double cnid[4];       /* rows: basis of the CNID cell in fractions of a and b */
    km_grain grain[2];    /* lower, upper */
    double spacing_bohr;  /* mean of the spacings of atomic planes in both grains */
    double vacuum_bohr;   /* 0: periodic, two boundaries */
    int n_species;
    int *species_z; /* [n_species] */
    int *formula;   /* atoms of each species in the reduced formula, [n_species] */
    double *
        nearest_bohr; /* shortest distance in the bulk of each pair of species, [n_species][n_species] */
} km_bicrystal;

/** Of a crystal that is wanted. */
typedef struct {
    double shift[2]; /* in the CNID basis */
    double gap_bohr; /* from the topmost plane of the lower grain to the lowest of the upper */
    double
        close_fraction; /* like atoms across the boundary closer than this part of their distance in the bulk become one; 0: none do */
} km_bicrystal_state;

/** What was made. */
typedef struct {
    int n_boundary;                    /* 1 or 2 */
    int n_removed;                     /* atoms that became part of another, at each boundary */
    double closest;                    /* across a boundary, over the distance in the bulk */
    char note[KM_BICRYSTAL_NOTE_SIZE]; /* why close atoms were left or removed; "" */
} km_bicrystal_made;

/** @brief Free what a bicrystal owns, and make it empty. */
void km_bicrystal_clear(km_bicrystal *bicrystal);

/** @brief Area of the boundary in one cell. */
double km_bicrystal_area_bohr2(const km_bicrystal *bicrystal);

/** @brief Shift along a and b, Cartesian in the plane, of one in the CNID basis. */
void km_bicrystal_shift_bohr(const km_bicrystal *bicrystal, const double shift[2],
                             double cart_bohr[2]);

/** @brief Height of the upper grain's middle over the lower one's. */
double km_bicrystal_height_bohr(const km_bicrystal *bicrystal, double gap_bohr);

/** @brief One grain alone, about the origin, with a vacuum. */
KM_STATUS km_bicrystal_build_grain(const km_bicrystal *bicrystal, int grain, double vacuum_bohr,
                                   km_crystal **crystal);

/**
 * @brief The crystal of a shift and a gap: a along x, b in the xy plane.
 *
 * Close atoms of the same element become one in the middle between them, closest first, as many as make whole formula units: composition and charge stay those of the bulk.
 * @param[out] made  may be NULL
 * @return KM_E_ARGUMENT for a gap that is not positive or a state that is not finite
 */
KM_STATUS km_bicrystal_build(const km_bicrystal *bicrystal, const km_bicrystal_state *state,
                             km_crystal **crystal, km_bicrystal_made *made);
