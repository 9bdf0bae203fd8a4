#pragma once
/**
 * @file
 * @brief The HDF5 image of one result: what the wire, the ledger and the database hold. docs/database.md is its schema.
 */
#include "kaimen/campaign/column.h"
#include "kaimen/campaign/profile.h"
#include "kaimen/potential/relax.h"

/** Who computed it and how; borrowed texts. */
typedef struct {
    const char *input_text;   /* effective options as YAML */
    const char *physics_text; /* the part of them that changes results */
    const char *calculator;   /* its name */
    double started_s;         /* since 1970 */
} km_provenance;

/**
 * @brief Write everything about a task that was computed into a new image. Local.
 *
 * @param[in]  calculator  still holding this crystal; NULL: it failed, there are no forces or details
 * @param[in]  relax       relaxation that started from the crystal; NULL: none
 * @param[in]  profile     NULL: none
 * @param[out] image       ended with KM_FREE
 */
KM_STATUS km_record_write(const km_assignment *assignment, const km_crystal *crystal,
                          const km_result *result, const km_provenance *provenance,
                          km_calculator *calculator, const km_relax *relax,
                          const km_profile *profile, void **image, size_t *n_byte);

/** @brief Read a structure of an image: "structure", "structure_relaxed". Local. */
KM_STATUS km_record_read_structure(km_h5 *root, const char *name, km_crystal **crystal);

/** @brief Write the columns of a task or result, one scalar dataset each. Local. */
KM_STATUS km_record_write_columns(km_h5 *group, int n_column, const km_column *columns,
                                  const void *row);
