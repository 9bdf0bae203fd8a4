#pragma once
/**
 * @file
 * @brief What all results of a ledger have in common, as text: one "key value" a line. All local.
 *
 * Lines of pseudopotentials, "pseudo SYMBOL ...", have the element as a second key: there may be more or fewer of them. Everything
 * else must be the same in the ledger and in the input, so that its results can be compared.
 */
#include "kaimen/base/text.h"

#define KM_IDENTITY_TEXT_SIZE 512

/**
 * @brief Say what differs, such as "ecut_ha is 20 there and 25 in the input"; "" when nothing does.
 * @param[out] differences  cut off where it is full
 */
void km_identity_compare(const char *stored, const char *wanted,
                         char differences[KM_IDENTITY_TEXT_SIZE]);

/** @brief Append the stored lines and those whose keys are new. @param[in,out] merged  ended with KM_FREE(merged.bytes) */
KM_STATUS km_identity_merge(const char *stored, const char *wanted, km_text *merged);
