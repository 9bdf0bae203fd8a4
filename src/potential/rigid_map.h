#pragma once
/* What acts across boundaries as one grain slides: shared by the files that sum pairs and waves. All functions are local. */
#include "kaimen/potential/classical_calculator.h"
#include "kaimen/potential/rigid_map.h"

/* One grain below another, which lies m times the shift and the height further. */
typedef struct {
    const km_bicrystal *bicrystal;
    const km_grain *below, *above;
    const int *below_kind, *above_kind; /* elements of the tables or ions */
    int below_first, above_first;       /* of their atoms in the cell */
    int multiple;
    int weight;         /* contacts of the cell that have this energy */
    double height_bohr; /* of the middles */
} km_contact;

/* Pairs across a contact that can come within the cutoff. */
typedef struct {
    int i, j; /* in their grains */
    double apart_bohr[3];
} km_contact_pair;

/* List them: n_pair and pairs, ended with KM_FREE. */
KM_STATUS km_contact_find_pairs(const km_contact *contact, double cutoff_bohr, int *n_pair,
                                km_contact_pair **pairs);

/* Distances, shorter than the cutoff, of one pair and all its images in the plane, moved by (x, y); returns their number. */
int km_contact_distances(const km_bicrystal *bicrystal, const km_contact_pair *pair, double x,
                         double y, double cutoff_bohr, int n_most, double *distance_bohr);

/* Add the Coulomb energy's waves at every shift of a grid, [grid[1]][grid[0]]. charge: by kind. */
KM_STATUS km_contact_add_waves(const km_contact *contact, const km_ionic *ionic,
                               const int grid[2], double *energy_ha);
