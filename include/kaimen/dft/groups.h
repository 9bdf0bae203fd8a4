#pragma once
/**
 * @file
 * @brief A team split into groups: a group shares some k-points, its ranks share their plane waves.
 *
 * Communicators are made at the first use of a number of groups and kept as long as the team's communicator.
 */
#include "kaimen/base/status.h"

/** A rank's place: both communicators are borrowed. */
typedef struct {
    int n_group;
    int index;      /* of this rank's group */
    MPI_Comm group; /* ranks of this group */
    MPI_Comm cross; /* ranks with the same place in every group */
} km_groups;

/**
 * @brief The number of groups with which n_k points are done soonest. Local.
 *
 * Groups are of equal size. A rank more in a group costs time for what the ranks exchange: a share of the work
 * found by measurement.
 */
int km_groups_choose(int n_rank, int n_k);

/**
 * @brief Split a communicator into n_group groups of consecutive ranks. Collective on comm.
 * @return KM_E_ARGUMENT unless n_group divides the number of ranks
 */
KM_STATUS km_groups_find(MPI_Comm comm, int n_group, km_groups *groups);
