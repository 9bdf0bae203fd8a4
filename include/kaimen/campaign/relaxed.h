#pragma once
/**
 * @file
 * @brief The relaxed bulk crystals of a campaign: taken from results, shared by all that is cut from them. All local.
 */
#include "kaimen/campaign/ledger.h"
#include "kaimen/campaign/plan.h"

typedef struct km_relaxed km_relaxed;

/**
 * @brief Prepare; what the ledger holds already is read. Local to the master.
 * @param[in]  plan       borrowed
 * @param[in]  is_active  bulk crystals are relaxed; else nothing below does anything
 * @param[out] relaxed    ended with km_relaxed_destroy()
 * @return KM_E_IO for a result without a relaxed structure
 */
KM_STATUS km_relaxed_create(const km_plan *plan, bool is_active, km_ledger *ledger, int n_row,
                            const km_task *rows, km_relaxed **relaxed);

/** @brief Free; accepts NULL. */
void km_relaxed_destroy(km_relaxed **relaxed);

/** @brief Take the relaxed crystal from the image of a bulk task that is done; other tasks are passed over. */
KM_STATUS km_relaxed_take(km_relaxed *relaxed, int index, const void *image, size_t n_byte);

/**
 * @brief What a task computes: the planned crystal, or its cut of the relaxed bulk.
 * @param[out] crystal  ended with km_crystal_destroy(); NULL: the planned one
 * @param[out] surface  with the lengths of that crystal
 */
KM_STATUS km_relaxed_cut(const km_relaxed *relaxed, int index, km_crystal **crystal,
                         km_surface *surface);
