#pragma once
/**
 * @file
 * @brief Grain boundaries of cubic, tetragonal and hexagonal crystals by coincidence, with every pair of terminations. All functions are local.
 *
 * A boundary is a rotation, given by axis and Sigma or as the twin of a plane, and the plane (hkl) of the lower grain; the upper grain's follows. Indices refer
 * to spglib's standardised conventional cell. Coincidence lattice (CSL), DSC lattice and the translations that the energy repeats with (CNID) are exact. Where
 * the two grains' planes fit only nearly, because c/a is no ratio of small squares, both are strained half-way, in the plane; or the boundary is refused.
 *
 * A grain is a slab about a height that an isometry leaves in place, as thick as asked for; there is one for each termination of its plane, and two grains make a
 * bicrystal where they are stoichiometric together: a grain that ends in one kind of plane may meet one that begins with the other. Next to vacuum each must be a
 * slab of type A or B of builder/slab.h by itself.
 *
 * Sources: H. Grimmer, W. Bollmann, D. H. Warrington, Acta Cryst. A 30, 197 (1974); Y. Hinuma, Y. Kumagai, F. Oba, I. Tanaka, Comput. Mater. Sci. 113, 221 (2016)
 * for the terminations.
 */
#include "kaimen/crystal/bicrystal.h"

#define KM_BOUNDARY_LABEL_SIZE 64
#define KM_BOUNDARY_REASON_SIZE 384

typedef struct {
    int axis[3];  /* [uvw]; all 0 with sigma = 0 */
    int sigma;    /* 0: the symmetric boundary (twin) of the plane */
    int plane[3]; /* (hkl) of the lower grain */
    int plane_2
        [3]; /* of the upper one, or any equivalent; all 0: what the rotation makes of it */
    double thickness_bohr; /* least of each grain */
    double vacuum_bohr;    /* 0: two equivalent boundaries; else one and so much vacuum */
    double strain_limit;   /* of either grain */
    int max_atom;          /* larger bicrystals are rejected */
    double tolerance_bohr; /* atoms and planes closer than this coincide */
} km_grain_boundary_options;

typedef enum { KM_BOUNDARY_TILT, KM_BOUNDARY_TWIST, KM_BOUNDARY_MIXED } km_boundary_type;

/** What the lattices say of it: plain values. */
typedef struct {
    int sigma;
    double angle_deg;
    int plane[2][3];       /* of both grains */
    km_boundary_type type; /* tilt where no axis is given */
    bool is_symmetric;
    double csl_bohr
        [9]; /* rows: coincidence lattice, in the frame of the lower grain's conventional cell */
    double dsc_bohr[9];       /* likewise: sum of both lattices */
    double coincidence_bohr2; /* cell of the boundary */
    double cnid_bohr2;        /* cell that shifts repeat with */
    double strain;            /* largest principal one that either grain has in the plane */
    char label[KM_BOUNDARY_LABEL_SIZE]; /* such as "S5(310)[001]" */
} km_grain_boundary_info;

/** A pair of terminations, accepted or not. */
typedef struct {
    int termination[2];
    int n_atom;                         /* of the bicrystal */
    char outermost[2][KM_FORMULA_SIZE]; /* reduced formula of the planes that meet */
    bool is_accepted;
    char reason[KM_BOUNDARY_REASON_SIZE]; /* why not */
} km_termination_pair;

typedef struct km_grain_boundary km_grain_boundary;

/** @brief Twin, 10 Ang of each grain, two boundaries, 2 % strain, 2000 atoms. */
km_grain_boundary_options km_grain_boundary_options_default(void);

/**
 * @brief Build a boundary.
 * @param[in]  bulk      any cell of the crystal; borrowed during the call only
 * @param[out] boundary  ended with km_grain_boundary_destroy(); NULL on failure
 * @return KM_E_ARGUMENT for an option out of range, KM_E_INPUT where there is no such boundary within the strain limit
 */
KM_STATUS km_grain_boundary_create(const km_crystal *bulk,
                                   const km_grain_boundary_options *options,
                                   km_grain_boundary **boundary);

/** @brief Free and set to NULL; accepts NULL. */
void km_grain_boundary_destroy(km_grain_boundary **boundary);

/** @brief Lattices and names; borrowed. */
const km_grain_boundary_info *km_grain_boundary_get(const km_grain_boundary *boundary);

/** @brief Number of termination pairs, and one of them; borrowed. */
int km_grain_boundary_n_pair(const km_grain_boundary *boundary);
const km_termination_pair *km_grain_boundary_pair(const km_grain_boundary *boundary, int i);

/** @brief The grains of an accepted pair, NULL of another; borrowed. */
const km_bicrystal *km_grain_boundary_bicrystal(const km_grain_boundary *boundary, int i);

/** @brief The lower grain's bulk in the boundary's cell: the same a and b, and the shortest c out of the plane; borrowed. */
const km_crystal *km_grain_boundary_oriented(const km_grain_boundary *boundary);

/** Shifts of a bicrystal on a grid of its CNID cell. */
typedef struct {
    int grid[2];
    int n;         /* distinct ones */
    double *shift; /* in the CNID basis, [0, 1), [n][2] */
    int *weight;   /* grid points that are equal to it by symmetry, [n] */
    int *index; /* of the distinct one that each grid point is equal to, [grid[0] * grid[1]] */
} km_shifts;

/**
 * @brief Grid of shifts at most step apart; those that a symmetry of the two grains makes equal are one.
 *
 * Symmetries: isometries that keep both grains, and those that exchange them.
 * @return KM_E_ARGUMENT for a step that is not positive or makes more than 4 million points
 */
KM_STATUS km_shifts_create(const km_bicrystal *bicrystal, double step_bohr, km_shifts *shifts);

/** @brief Free what shifts own, and make them empty. */
void km_shifts_clear(km_shifts *shifts);
