#include "kaimen/campaign/team.h"

#include "kaimen/base/memory.h"

#define TASKS_PER_TEAM 4

struct km_team {
    MPI_Comm world; /* borrowed */
    MPI_Comm comm;
    int rank;
    int n_worker; /* ranks in teams */
    int n_team;
};

static int choose_n_team(int n_worker, int team_size, int n_task)
{
    int n_team = team_size > 0 ? n_worker / team_size : n_task / TASKS_PER_TEAM;

    if (n_team > n_worker) n_team = n_worker;
    return n_team > 1 ? n_team : 1;
}

km_status km_team_create(MPI_Comm world, int team_size, int n_task, km_team **team)
{
    int n_rank, worker, wanted[2] = {team_size, n_task};
    km_team *made = NULL;
    km_status status;

    *team = NULL;
    status = KM_ALLOC(made, 1);
    KM_TRY_TO(fail, km_agree(status, world));
    MPI_Comm_rank(world, &made->rank);
    MPI_Comm_size(world, &n_rank);
    MPI_Bcast(wanted, 2, MPI_INT, 0, world);
    made->world = world;
    made->n_worker = n_rank > 1 ? n_rank - 1 : 1;
    KM_TRY_TO(fail,
              KM_CHECK(wanted[0] >= 0 && wanted[0] <= made->n_worker, KM_E_INPUT,
                       "team_size = %d must be between 0 (chosen) and %d, the ranks beside "
                       "the master",
                       wanted[0], made->n_worker));
    made->n_team = choose_n_team(made->n_worker, wanted[0], wanted[1]);
    worker = n_rank > 1 ? made->rank - 1 : 0;
    MPI_Comm_split(
        world, worker < 0 ? MPI_UNDEFINED : (int)((long)worker * made->n_team / made->n_worker),
        made->rank, &made->comm);
    *team = made;
    return KM_OK;
fail:
    KM_FREE(made);
    return status;
}

void km_team_destroy(km_team **team)
{
    if (!*team) return;
    if ((*team)->comm != MPI_COMM_NULL) MPI_Comm_free(&(*team)->comm);
    KM_FREE(*team);
}

MPI_Comm km_team_comm(const km_team *team)
{
    return team->comm;
}

MPI_Comm km_team_world(const km_team *team)
{
    return team->world;
}

int km_team_count(const km_team *team)
{
    return team->n_team;
}

int km_team_root(const km_team *team, int i_team)
{
    /* The smallest worker w with w n_team / n_worker = i_team, rounded down. */
    if (km_team_is_single(team)) return 0;
    return 1 + (int)(((long)i_team * team->n_worker + team->n_team - 1) / team->n_team);
}

bool km_team_is_master(const km_team *team)
{
    return team->rank == 0;
}

bool km_team_is_single(const km_team *team)
{
    return team->rank == 0 && team->comm != MPI_COMM_NULL;
}
