#pragma once
/**
 * @file
 * @brief Rotations that bring a lattice into coincidence with itself: of the axis and Sigma asked for, or the twin of a plane. All functions are local.
 *
 * All is counted in the basis of the conventional cell, with a metric of integers: of a cubic crystal the unit matrix; of a tetragonal or hexagonal
 * one with a ratio c^2/a^2 = p/q near its own. There a rotation about [uvw] by theta is rational where tan(theta/2) = (y/x) sqrt(u.G.u / det G)
 * with integers x and y, and Sigma, the index of the coincidence lattice, is the least integer whose product with the rotation and with its inverse, both in a
 * primitive basis, has integers only.
 *
 * Sources: H. Grimmer, Acta Cryst. A 32, 783 (1976) for Sigma; S. Ranganathan, Acta Cryst. 21, 197 (1966) for the angles.
 */
#include "builder/primitive.h"
#include "builder/rational.h"

/** What is asked for. */
typedef struct {
    int axis[3]; /* [uvw]; all 0: not said, with sigma = 0 */
    int sigma; /* 0: the upper grain is the lower one turned by 180 degrees about the normal */
    int plane[3];        /* (hkl) of the lower grain */
    int plane_2[3];      /* (hkl) of the upper one, or any equivalent; all 0: any */
    double strain_limit; /* of c/a */
} km_misorientation_request;

typedef struct {
    km_rational
        rotation; /* columns of the upper grain to those of the lower, primitive basis */
    int sigma;
    int plane_2[3]; /* in the upper grain's own axes, pointing up */
    double angle_deg;
    bool is_symmetric;
    int ratio[2];  /* p, q; 1, 1 where c/a does not matter */
    double strain; /* of c/a; 0 where it does not matter */
} km_misorientation;

/**
 * @brief The rotation that is asked for: of several, one that makes the planes alike, then the one of least strain, then of least angle.
 * @return KM_E_INPUT where the crystal is neither cubic, tetragonal nor hexagonal or no such rotation exists
 */
KM_STATUS km_misorientation_find(const km_primitive *primitive,
                                 const km_misorientation_request *request,
                                 km_misorientation *found);
