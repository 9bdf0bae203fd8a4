#pragma once
/**
 * @file
 * @brief Pairs of atoms closer than a distance, in a periodic cell. All functions are local.
 *
 * The atoms come first, then those of their periodic images that are near enough to matter; each image knows whose it is. Each pair of the
 * crystal stands once in the list, an atom and its own image too, with a skin beyond the cutoff: while no pair can have come from beyond the
 * skin, a moved or strained crystal only gets new places.
 * Source: D. Frenkel, B. Smit, Understanding Molecular Simulation, 2nd edition (2002), appendix F.
 */
#include "kaimen/base/status.h"

typedef struct km_neighbours km_neighbours;

/** Borrowed until the next update. */
typedef struct {
    int n_atom;       /* of the crystal */
    int n_all;        /* with images */
    const int *owner; /* of each, [n_all]; of an atom itself */
    const double *x;  /* places, bohr, [n_all][3] */
    const int *first; /* the partners of atom i are other[first[i]] to other[first[i+1]-1] */
    const int *other; /* indices below n_all */
} km_neighbour_list;

/**
 * @brief An empty list.
 * @return KM_E_ARGUMENT for a cutoff that is not positive or a negative skin
 */
KM_STATUS km_neighbours_create(double cutoff_bohr, double skin_bohr,
                               km_neighbours **neighbours);

/** @brief Free and set to NULL; accepts NULL. */
void km_neighbours_destroy(km_neighbours **neighbours);

/**
 * @brief Take the places of a crystal; the pairs are looked for anew where that is needed.
 * @param[in]  cell_bohr  vectors as rows, [3][3]
 * @param[in]  frac       any images, [n_atom][3]
 * @return KM_E_NUMERIC for a place that is not a number or a flat cell; KM_E_MEMORY
 */
KM_STATUS km_neighbours_update(km_neighbours *neighbours, const double *cell_bohr, int n_atom,
                               const double *frac, km_neighbour_list *list);

/** @brief How often pairs were looked for. */
long km_neighbours_n_build(const km_neighbours *neighbours);
