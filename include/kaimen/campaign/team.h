#pragma once
/**
 * @file
 * @brief The world split once into a master (rank 0) and teams of workers; with one rank it is both.
 */
#include "kaimen/base/status.h"

#include <stdbool.h>

typedef struct km_team km_team;

/**
 * @brief Split the world. Collective on world.
 *
 * Teams hold neighboring ranks and differ by one rank at most. Where no size is wanted, there are as many teams as workers, as long
 * as each team finds four tasks on average: candidates in parallel lose nothing, ranks in a team share k-points.
 *
 * @param[in]  world      borrowed, must outlive the team
 * @param[in]  team_size  ranks of a team, at most the number of workers; 0: chosen; rank 0's value counts
 * @param[in]  n_task     tasks at hand; rank 0's value counts
 * @param[out] team       ended with km_team_destroy()
 */
KM_STATUS km_team_create(MPI_Comm world, int team_size, int n_task, km_team **team);

/** @brief Free; accepts NULL. Collective on world. */
void km_team_destroy(km_team **team);

/** @brief Ranks of this rank's team; MPI_COMM_NULL on a master that is no worker. Borrowed. Local. */
MPI_Comm km_team_comm(const km_team *team);

/** @brief The world that was split. Borrowed. Local. */
MPI_Comm km_team_world(const km_team *team);

/** @brief Number of teams. Local. */
int km_team_count(const km_team *team);

/** @brief World rank of the first rank of a team; 0 where the master is the team. Local. */
int km_team_root(const km_team *team, int i_team);

/** @brief Whether this rank is the master; whether the only rank is master and team. Local. */
bool km_team_is_master(const km_team *team);
bool km_team_is_single(const km_team *team);
