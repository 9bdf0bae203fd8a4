#pragma once
/**
 * @file
 * @brief The symmetry that a block of a CIF states. Local.
 */
#include "crystal/cif_document.h"
#include "crystal/operations.h"
#include "kaimen/crystal/cif.h"

/**
 * @brief Find the operations of a block: listed, else from the table by symbol or number.
 *
 * @param[in]  cell_ang    lattice vectors as rows, [3][3]; the operations must suit it
 * @param[out] operations  ended with km_operations_free()
 * @param[out] statement   symbol, number, n_operation and operation_number
 */
KM_STATUS km_cif_find_operations(const km_cif_document *document, int block,
                                 const double *cell_ang, km_operations *operations,
                                 km_cif_statement *statement);
