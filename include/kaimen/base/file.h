#pragma once
/**
 * @file
 * @brief Whole files: read with clear errors, written so that a reader sees the old file or the new one.
 */
#include "kaimen/base/status.h"

#include <stddef.h>

/** Larger text files are refused: no input of ours comes near it. */
#define KM_FILE_TEXT_LIMIT ((size_t)64 << 20)

/**
 * @brief Read a text file into memory. Local.
 *
 * @param[in]  path  file
 * @param[out] text  content with a final '\0', ended with KM_FREE; NULL on failure
 * @return KM_E_INPUT naming the path where it is missing, a folder, not readable, binary (holds a
 *         zero byte) or larger than KM_FILE_TEXT_LIMIT
 */
KM_STATUS km_file_read_text(const char *path, char **text);

/** @brief Read any file: bytes and their number; ended with KM_FREE. Local. */
KM_STATUS km_file_read_bytes(const char *path, void **bytes, size_t *n_byte);

/**
 * @brief Replace a file: temporary file in the same folder, fsync, rename; pipes and devices are written to. Local.
 * @return KM_E_IO naming the path (no such folder, not writable, disk full); the old file is then unharmed
 */
KM_STATUS km_file_write_text(const char *path, const char *text);

/** @brief Same for bytes. Local. */
KM_STATUS km_file_write_bytes(const char *path, const void *bytes, size_t n_byte);

/** @brief That a file can be made there, to ask before hours of work. Local. @return KM_E_IO naming path and folder */
KM_STATUS km_file_check_place(const char *path);

/**
 * @brief A path named inside a file, seen from where we are: relative ones start at that file's folder. Local.
 *
 * @param[in]  base    the file that names the path
 * @param[in]  path    as written there
 * @param[in]  n_full  bytes of full
 * @param[out] full    path that can be opened
 * @return KM_E_INPUT where it does not fit
 */
KM_STATUS km_file_resolve(const char *base, const char *path, size_t n_full, char *full);
