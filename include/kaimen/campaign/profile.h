#pragma once
/**
 * @file
 * @brief Planar averages of a slab and the surface quantities read from them. All functions are local.
 */
#include "kaimen/base/h5.h"
#include "kaimen/campaign/protocol.h"

typedef struct km_profile km_profile;

/**
 * @brief Fetch potential and density of a calculator's last crystal along the slab's normal.
 * @param[out] profile  ended with km_profile_destroy()
 * @return KM_E_ARGUMENT where the calculator has no potential
 */
KM_STATUS km_profile_create(km_calculator *calculator, const km_crystal *slab,
                            km_profile **profile);

/** @brief Free; accepts NULL. */
void km_profile_destroy(km_profile **profile);

/**
 * @brief Levels, IP, EA and gaps: fills surface, and outcome and reason where a level does not exist.
 *
 * Without a vacuum plateau the outcome is "no vacuum plateau" and there are no levels; without bulk bands there are
 * none through the bulk.
 */
KM_STATUS km_profile_measure(km_profile *profile, const km_assignment *assignment,
                             km_result *result);

/** @brief Write z, V(z), its macroscopic average and the density into a group. */
KM_STATUS km_profile_write(const km_profile *profile, km_h5 *group);
