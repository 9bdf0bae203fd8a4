#pragma once
/**
 * @file
 * @brief What MPI needs several calls for.
 */
#include "kaimen/base/status.h"

/**
 * @brief Give the text of one rank to all. Collective on comm.
 *
 * @param[in]     root  rank that has the text
 * @param[in,out] text  on root a text, or NULL; elsewhere replaced by a copy (NULL where root has none), ended with
 *                      KM_FREE
 */
KM_STATUS km_comm_broadcast_text(int root, MPI_Comm comm, char **text);
