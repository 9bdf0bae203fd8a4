#pragma once
/**
 * @file
 * @brief Thin reading and writing of HDF5, the only file that talks to the library. All functions are local.
 *
 * A km_h5 is a file or a group in it. A file may live in memory only (core driver): its image is then sent over the
 * wire or stored as a blob. Every dataset carries its unit as the string attribute "unit" ("" for none).
 * Errors are KM_E_IO with path and object; HDF5's own error stack is silenced.
 */
#include "kaimen/base/status.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct km_h5 km_h5;

/** @brief New file on disk (replacing one), existing file read-only, new file in memory, file from an image. */
KM_STATUS km_h5_create(const char *path, km_h5 **file);
KM_STATUS km_h5_open(const char *path, km_h5 **file);
KM_STATUS km_h5_create_image(km_h5 **file);
KM_STATUS km_h5_open_image(const void *image, size_t n_byte, km_h5 **file);

/** @brief Flush an in-memory file and copy its bytes into a new block, freed with KM_FREE. */
KM_STATUS km_h5_copy_image(km_h5 *file, void **image, size_t *n_byte);

/** @brief Make (with missing parents) or open a group; closed with km_h5_close. */
KM_STATUS km_h5_create_group(km_h5 *parent, const char *path, km_h5 **group);
KM_STATUS km_h5_open_group(km_h5 *parent, const char *path, km_h5 **group);

/** @brief Close a file or group; accepts NULL, sets NULL. A failed flush of a disk file is reported by km_h5_flush. */
void km_h5_close(km_h5 **h5);
KM_STATUS km_h5_flush(km_h5 *file);

bool km_h5_has(km_h5 *h5, const char *name);

/** @brief Copy an object (group with all below it, or dataset) between files or groups. */
KM_STATUS km_h5_copy(km_h5 *from, const char *from_name, km_h5 *to, const char *to_name);

/** @brief Names of the members of a group: [n] strings in one block, ended with KM_FREE. */
KM_STATUS km_h5_list(km_h5 *group, int *n, char ***names);

/** @brief Write an array of n_dim <= 4 dimensions. unit: "Ha", "Ha/bohr", "eV", "Ang", "J/m2", "s", "". */
KM_STATUS km_h5_write_doubles(km_h5 *h5, const char *name, const char *unit, int n_dim,
                              const int *shape, const double *values);
KM_STATUS km_h5_write_ints(km_h5 *h5, const char *name, int n_dim, const int *shape,
                           const int *values);

/** @brief Write scalars and strings as scalar datasets. */
KM_STATUS km_h5_write_double(km_h5 *h5, const char *name, const char *unit, double value);
KM_STATUS km_h5_write_int(km_h5 *h5, const char *name, long value);
KM_STATUS km_h5_write_text(km_h5 *h5, const char *name, const char *text);

/** @brief Write n strings as one dataset of strings. */
KM_STATUS km_h5_write_texts(km_h5 *h5, const char *name, int n, const char *const *texts);

/** @brief Text attributes of a group (or of the file's root). */
KM_STATUS km_h5_write_attribute(km_h5 *h5, const char *name, const char *text);
KM_STATUS km_h5_read_attribute(km_h5 *h5, const char *name, size_t n_text, char *text);

/** @brief The unit that a dataset carries. */
KM_STATUS km_h5_read_unit(km_h5 *h5, const char *name, size_t n_text, char *text);

/** @brief Shape of a dataset; shape holds up to 4. */
KM_STATUS km_h5_shape(km_h5 *h5, const char *name, int *n_dim, int shape[4]);

/** @brief Read n values (the dataset must hold exactly n). */
KM_STATUS km_h5_read_doubles(km_h5 *h5, const char *name, int n, double *values);
KM_STATUS km_h5_read_ints(km_h5 *h5, const char *name, int n, int *values);
KM_STATUS km_h5_read_double(km_h5 *h5, const char *name, double *value);
KM_STATUS km_h5_read_int(km_h5 *h5, const char *name, long *value);
KM_STATUS km_h5_read_text(km_h5 *h5, const char *name, size_t n_text, char *text);
