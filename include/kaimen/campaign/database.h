#pragma once
/**
 * @file
 * @brief The HDF5 file with everything a campaign found, made from its ledger. docs/database.md is its schema.
 */
#include "kaimen/campaign/ledger.h"

/**
 * @brief Write the database; an old file is replaced only when the new one is complete. Local.
 * @param[in] ledger  reader or writer; nothing in it changes
 * @return KM_E_IO naming the path
 */
KM_STATUS km_database_write(km_ledger *ledger, const char *path);
