#pragma once
/**
 * @file
 * @brief Reader of crystallographic information files (CIF 1.1). All functions are local.
 *
 * The first lattice vector lies along x, the second in the xy plane. The cell is the conventional one of the file.
 * Sites are moved exactly onto the symmetry elements that their rounded coordinates mean, then multiplied by the
 * operations; equal atoms are merged. Operations that are listed count before a symbol, a symbol before a number.
 * A composition is never guessed: where sites and stated formula differ, the file is refused.
 * Source: S. R. Hall, F. H. Allen, I. D. Brown, Acta Cryst. A47, 655 (1991).
 */
#include "kaimen/crystal/crystal.h"

#define KM_CIF_NAME_SIZE 64

/** What a file says of its crystal, beside the crystal: plain values. */
typedef struct {
    char block[KM_CIF_NAME_SIZE];  /* name of the data block */
    char formula[KM_FORMULA_SIZE]; /* chemical formula as written, "" if none */
    char symbol[KM_CIF_NAME_SIZE]; /* Hermann-Mauguin or Hall symbol as written, "" if none */
    int number;                    /* space group by number or symbol, 0 if neither names one */
    int n_operation;               /* operations that were applied */
    int operation_number; /* space group that these operations are, 0 if it has no name */
} km_cif_statement;

/**
 * @brief Read a crystal.
 *
 * @param[in]  path       file
 * @param[in]  block      name of the data block, or its number from 1; NULL: the first that has atoms
 * @param[out] crystal    ended with km_crystal_destroy(); NULL on failure
 * @param[out] statement  what the file states; may be NULL
 * @return KM_E_INPUT with file, line and what was wanted: no cell, no coordinates, no symmetry, operations that are no
 *         group or do not suit the cell, a group that the operations are not, unknown element, partial occupancy,
 *         several elements on one site, atoms on top of each other, a composition that is not the stated one
 */
KM_STATUS km_cif_read(const char *path, const char *block, km_crystal **crystal,
                      km_cif_statement *statement);
