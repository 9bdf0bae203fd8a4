#pragma once
/**
 * @file
 * @brief What a campaign has measured of FFTs, kept in its ledger for the jobs to come.
 */
#include "kaimen/campaign/ledger.h"
#include "kaimen/campaign/team.h"

/** @brief Give the ledger's wisdom to all ranks. Collective on world. @param[in] ledger rank 0's; NULL elsewhere */
KM_STATUS km_wisdom_load(km_ledger *ledger, MPI_Comm world);

/**
 * @brief Store what the first ranks of the teams have measured with what the ledger has. Collective on the team's world.
 * @param[in] ledger rank 0's; NULL elsewhere
 */
KM_STATUS km_wisdom_save(km_ledger *ledger, const km_team *team);
