#pragma once
/**
 * @file
 * @brief Every nonpolar surface of a bulk crystal, cut as a slab, and why the other cuts are none.
 *
 * Miller indices refer to spglib's standardised conventional cell of the bulk (three indices, hexagonal axes too), whatever
 * cell the bulk is given in; one (hkl) stands for its orbit under the point group and inversion. Heights are counted
 * along the outward normal n in units of the repeat d, the spacing of primitive lattice planes.
 *
 * A surface can be nonpolar only where a bulk isometry maps n to -n. The heights that such isometries leave in place are
 * evenly spaced, n_center per repeat. A cut is a slab of i/n_center, i = 1 or 2, centred on one of the two kinds of
 * fixed height, atoms of both boundary planes included, and then whole repeats more:
 *   A  stoichiometric, every atomic plane has the bulk's composition;
 *   B  stoichiometric otherwise;
 *   C  stoichiometric only with one of its boundary planes dropped: needs a reconstruction, is reported and not built.
 * Cuts that end in the same gap between atomic planes are one termination, and its thinnest slab that is thick enough
 * stands for it. Where the bulk has inversion centres, the first slab is taken from those of i/n_center, i + 2, i + 4, ...,
 * of the same termination, that are centred on one: such a slab always keeps an inversion.
 * Order of the list: h^2 + k^2 + l^2, then descending h, k, l; of one (hkl): type, then the widest gap first.
 *
 * Cell of an accepted slab: a along x, b in the xy plane, both Gauss-reduced primitive translations of the surface; c is
 * along z, the outward normal, and no lattice vector of the bulk. The fixed height lies at z = 0, so the slab is centred on
 * z = 0 and the vacuum on z = 1/2; fractional positions are in (-1/2, 1/2]. Where the slab keeps an inversion, its centre is the
 * origin. The oriented bulk has the same a and b, and the shortest out-of-plane translation as c.
 *
 * Source: Y. Hinuma, Y. Kumagai, F. Oba, I. Tanaka, Comput. Mater. Sci. 113, 221 (2016).
 */
#include "kaimen/crystal/crystal.h"

#include <stdbool.h>

#define KM_SLAB_LABEL_SIZE 32
#define KM_SLAB_REASON_SIZE 256

/** Largest max_index that is accepted. */
#define KM_SLAB_MAX_INDEX 9

/** What became of a cut. Only A and B are built. */
typedef enum {
    KM_SLAB_A,
    KM_SLAB_B,
    KM_SLAB_C,
    KM_SLAB_POLAR,             /* no isometry maps n to -n: one record for the whole (hkl) */
    KM_SLAB_NONSTOICHIOMETRIC, /* nonpolar, but no stoichiometric slab ends in this gap */
    KM_SLAB_DUPLICATE          /* equal to a slab that stands earlier in the list */
} km_slab_type;

typedef struct {
    int max_index;         /* largest |h|, |k|, |l|, 1 to KM_SLAB_MAX_INDEX */
    int miller[3];         /* this surface only, whatever max_index is; all 0: every one */
    double thickness_bohr; /* least n_bulk d: the bulk that the slab holds */
    double vacuum_bohr;    /* from the topmost atoms to the next slab's lowest */
    int max_atom;          /* larger slabs are rejected, not built */
    double tolerance_bohr; /* atoms and planes closer than this coincide */
} km_slab_options;

/** One cut: plain values. */
typedef struct {
    int miller[3];
    int termination; /* counts the terminations of this (hkl) from 0 */
    km_slab_type type;
    bool is_accepted;                  /* type A or B, not too large: there is a crystal */
    int duplicate_of;                  /* index into the list for KM_SLAB_DUPLICATE, else -1 */
    char label[KM_SLAB_LABEL_SIZE];    /* such as "(110)a" */
    char reason[KM_SLAB_REASON_SIZE];  /* why it was rejected; "" when it was accepted */
    char isometry[KM_SLAB_LABEL_SIZE]; /* kept by the slab and mapping n to -n; "none" */
    bool has_inversion;                /* the slab keeps an inversion, at the origin */
    char outermost
        [KM_FORMULA_SIZE]; /* reduced formula of the outermost atomic plane; "" if polar */
    int n_center;          /* fixed heights per repeat, 0 if polar */
    int n_plane;           /* atomic planes in the slab */
    int n_atom;            /* type C: of the stoichiometric slab */
    double area_bohr2;     /* of one face */
    double repeat_bohr;    /* d */
    double n_repeat;       /* i/n_center and the whole repeats more */
    double thickness_bohr; /* from the lowest to the topmost atomic plane */
    double
        n_bulk; /* the slab has the atoms of n_bulk oriented bulk cells; halves, thirds occur */
} km_slab_info;

typedef struct km_slab_list km_slab_list;

/** @brief Index 1, 10 Ang of slab, 10 Ang of vacuum, 200 atoms. Local. */
km_slab_options km_slab_options_default(void);

/**
 * @brief All cuts of a crystal up to a largest Miller index. Local.
 *
 * @param[in]  bulk     any cell of the crystal; borrowed during the call only
 * @param[in]  options  plain values
 * @param[out] list     ended with km_slab_list_destroy(); NULL on failure
 * @return KM_E_ARGUMENT for an option out of range, KM_E_INPUT when the crystal has no space group
 */
KM_STATUS km_slab_list_create(const km_crystal *bulk, const km_slab_options *options,
                              km_slab_list **list);

/** @brief Free; accepts NULL. Local. */
void km_slab_list_destroy(km_slab_list **list);

/** @brief Number of cuts, accepted and rejected, ordered by Miller index and termination. Local. */
int km_slab_list_n(const km_slab_list *list);

/** @brief One cut; borrowed from the list. Local. */
const km_slab_info *km_slab_list_info(const km_slab_list *list, int i);

/** @brief Slab of an accepted cut, NULL of a rejected one; borrowed from the list. Local. */
const km_crystal *km_slab_list_crystal(const km_slab_list *list, int i);

/** @brief Oriented bulk cell that an accepted slab was cut from, else NULL; borrowed from the list. Local. */
const km_crystal *km_slab_list_bulk(const km_slab_list *list, int i);

/**
 * @brief An accepted cut of the bulk after it has relaxed: the same atoms, where the relaxed bulk has them, and the same
 * vacuum. Local.
 *
 * The list's own slab is the crystal cut from the bulk as it was given; whatever the cell has become, no atom is added
 * or lost.
 *
 * @param[in]  bulk      km_symmetry_find_primitive() of the bulk, its atoms moved together by any vector
 * @param[in]  relaxed   the same atoms in the same order, with the symmetry of the bulk, in a cell (1 + strain) times that of
 *                       the bulk
 * @param[out] slab      ended with km_crystal_destroy()
 * @param[out] oriented  oriented bulk cell, likewise
 * @param[out] info      as of the list, with the relaxed lengths
 * @return KM_E_ARGUMENT where the crystals are not what they must be
 */
KM_STATUS km_slab_list_recut(const km_slab_list *list, int i, const km_crystal *bulk,
                             const km_crystal *relaxed, km_crystal **slab,
                             km_crystal **oriented, km_slab_info *info);

/** @brief Name of a type: "A", "B", "C", "polar", "nonstoichiometric", "duplicate". Local. */
const char *km_slab_type_name(km_slab_type type);
