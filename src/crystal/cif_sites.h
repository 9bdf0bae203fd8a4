#pragma once
/**
 * @file
 * @brief The atom sites and the chemical formula that a block of a CIF states. All functions are local.
 */
#include "crystal/cif_document.h"
#include "kaimen/crystal/element.h"

/** Sites as written, one per row of the file: owns its arrays, {0} is empty. */
typedef struct {
    int n;
    int *z;
    int *line;
    double *frac; /* [n][3] */
} km_cif_sites;

/** How often each element stands in a formula; all zero where there is none. */
typedef struct {
    double count[KM_Z_MAX + 1];
    double sum;
} km_cif_formula;

/** @brief A number, its uncertainty in brackets ignored: "1.234(5)". */
bool km_cif_read_number(const char *text, double *value);

/**
 * @brief Read a formula such as "Al2 O3" or "(Mg0.5 Fe0.5) O".
 * @return false where the text is none; the formula is then empty
 */
bool km_cif_read_formula(const char *text, km_cif_formula *formula);

/** @brief Whether any row of a block has coordinates. */
bool km_cif_has_sites(const km_cif_document *document, int block);

/**
 * @brief Read the sites of a block.
 *
 * @param[in]  cell     lattice vectors as rows, [3][3], in the unit of Cartesian coordinates in the file, Ang
 * @param[in]  formula  decides between elements where a label could mean two ("CA1")
 * @param[out] sites    ended with km_cif_sites_free(), also on failure
 */
KM_STATUS km_cif_read_sites(const km_cif_document *document, int block, const double *cell,
                            const km_cif_formula *formula, km_cif_sites *sites);

void km_cif_sites_free(km_cif_sites *sites);
