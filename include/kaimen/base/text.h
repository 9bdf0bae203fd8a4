#pragma once
/**
 * @file
 * @brief A text that grows: what echo, tables and reports are written into.
 *
 *     km_text text = {0};
 *     KM_TRY_TO(fail, km_text_append(&text, "%d atoms\n", n_atom));
 *     *out = text.bytes;                                        ended with KM_FREE
 */
#include "kaimen/base/status.h"

#include <stddef.h>

/** bytes is NULL while nothing was appended, and always ends with '\0' after. */
typedef struct {
    char *bytes;
    size_t n_byte; /* without the final '\0' */
    size_t capacity;
} km_text;

/** @brief Append as printf would. Local. @return KM_E_MEMORY; the text so far is kept */
__attribute__((format(printf, 2, 3), warn_unused_result)) km_status
km_text_append(km_text *text, const char *format, ...);

/** @brief Edits (insert, delete, replace, swap of neighbors; case ignored) from one word to another. Local. */
int km_text_distance(const char *a, const char *b);
