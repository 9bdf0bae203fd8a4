#pragma once
/**
 * @file
 * @brief The syntax of CIF 1.1: blocks of named columns of texts, without meaning. All functions are local.
 *
 * A single item is a column with one row. Names are compared without case, and "." in them counts as "_".
 * Source: S. R. Hall, F. H. Allen, I. D. Brown, Acta Cryst. A47, 655 (1991); IUCr, CIF version 1.1 syntax.
 */
#include "kaimen/base/status.h"

#include <stdbool.h>

typedef struct {
    const char *name; /* lower case */
    int block;
    int line; /* of the name */
    int loop; /* columns of one loop share it; a single item has its own */
    int n_row;
    bool is_ragged;     /* the last row of the loop is not complete */
    const char **value; /* [n_row]; NULL for the placeholders ? and . */
    int *value_line;    /* [n_row] */
} km_cif_column;

typedef struct km_cif_document km_cif_document;

/**
 * @brief Read the syntax of a file.
 * @return KM_E_INPUT with file and line for a text or a quotation without end, a name at the end of the file, text before
 *         the first data block
 */
KM_STATUS km_cif_document_create(const char *path, km_cif_document **document);

void km_cif_document_destroy(km_cif_document **document);

const char *km_cif_document_path(const km_cif_document *document);

/** @brief Number of data blocks, and the name of one as in the file. */
int km_cif_document_n_block(const km_cif_document *document);
const char *km_cif_document_block_name(const km_cif_document *document, int block);

/** @brief The first column of this name in a block; NULL if there is none. */
const km_cif_column *km_cif_document_find(const km_cif_document *document, int block,
                                          const char *name);
