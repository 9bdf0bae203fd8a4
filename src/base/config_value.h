#pragma once
/**
 * @file
 * @brief One plain value of a configuration: from text, to text, and what would be right.
 */
#include "kaimen/base/config.h"
#include "kaimen/base/text.h"

/** Enough for what is wrong with a value, and for what is wanted. */
#define KM_CONFIG_REASON_SIZE 256

/** An interval such as "(0, 1]"; without text, all finite numbers. */
typedef struct {
    double low, high;
    bool low_open, high_open;
} km_config_range;

/** @brief Read an interval. Local. @return false where the text is none */
bool km_config_range_parse(const char *text, km_config_range *range);

/** @brief Number of values of a plain field. Local. */
int km_config_count(const km_config_field *field);

/** @brief Bytes of one value of a plain field; 0 for TEXT (any) and for lists and maps. Local. */
size_t km_config_value_size(km_config_kind kind);

/**
 * @brief Set value i of a plain field from its text. Local.
 *
 * @param[in]  place   where the field lies in the struct
 * @param[out] reason  what is wrong with the text ("has no unit"), untouched on success
 * @return false where the text is not allowed
 */
bool km_config_value_parse(const km_config_field *field, const char *text, int i, void *place,
                           char reason[KM_CONFIG_REASON_SIZE]);

/** @brief Append value i as it would be written. Local. */
KM_STATUS km_config_value_append(const km_config_field *field, const void *place, int i,
                                 km_text *text);

/** @brief What a field allows, in words. Local. */
void km_config_value_describe(const km_config_field *field, int n_text, char *text);
