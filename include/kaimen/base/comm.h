#pragma once
/**
 * @file
 * @brief What MPI needs three calls for. Splitting itself is done in two places only: teams and k-point groups.
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

/** @brief Number of ranks of comm that share this rank's memory. Collective on comm. */
int km_comm_count_on_node(MPI_Comm comm);

/** @brief Free a communicator that a split made; accepts MPI_COMM_NULL, sets it. Collective on *comm. */
void km_comm_free(MPI_Comm *comm);
