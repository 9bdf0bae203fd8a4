#include "kaimen/dft/groups.h"

#include <stdbool.h>

/* Share of the work that each further rank of a group adds. Found with MgO(100) slabs on one node. */
static const double SHARING_COST = 0.1;

/* Splits that are kept: of few teams, each into few numbers of groups. */
#define N_KEPT 32

static struct {
    MPI_Comm parent;
    bool is_used;
    km_groups groups;
} kept[N_KEPT];
static int keyval = MPI_KEYVAL_INVALID;

int km_groups_choose(int n_rank, int n_k)
{
    double least = 0;
    int best = 1;

    for (int n_group = 1; n_group <= n_rank && n_group <= n_k; ++n_group) {
        const int n_shared = n_rank / n_group;
        const double cost = (double)((n_k + n_group - 1) / n_group) *
                            (1 + SHARING_COST * (n_shared - 1)) / n_shared;

        if (n_rank % n_group != 0 || (least > 0 && cost > least)) continue;
        least = cost;
        best = n_group;
    }
    return best;
}

/* MPI calls this when the team's communicator is freed. */
static int forget(MPI_Comm comm, int key, void *value, void *extra)
{
    (void)key, (void)value, (void)extra;
    for (int i = 0; i < N_KEPT; ++i) {
        if (!kept[i].is_used || kept[i].parent != comm) continue;
        MPI_Comm_free(&kept[i].groups.group);
        MPI_Comm_free(&kept[i].groups.cross);
        kept[i].is_used = false;
    }
    return MPI_SUCCESS;
}

static km_status split(MPI_Comm comm, int rank, km_groups *groups)
{
    int slot = 0, n_rank, is_known;
    void *value;

    while (slot < N_KEPT && kept[slot].is_used &&
           (kept[slot].parent != comm || kept[slot].groups.n_group != groups->n_group))
        ++slot;
    KM_TRY(KM_CHECK(slot < N_KEPT, KM_E_INTERNAL, "more than %d splits of a team", N_KEPT));
    if (!kept[slot].is_used) {
        MPI_Comm_size(comm, &n_rank);
        if (keyval == MPI_KEYVAL_INVALID)
            MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, forget, &keyval, NULL);
        MPI_Comm_get_attr(comm, keyval, &value, &is_known);
        if (!is_known) MPI_Comm_set_attr(comm, keyval, kept);
        MPI_Comm_split(comm, groups->index, rank, &groups->group);
        MPI_Comm_split(comm, rank % (n_rank / groups->n_group), rank, &groups->cross);
        kept[slot].parent = comm;
        kept[slot].groups = *groups;
        kept[slot].is_used = true;
    }
    *groups = kept[slot].groups;
    return KM_OK;
}

km_status km_groups_find(MPI_Comm comm, int n_group, km_groups *groups)
{
    int n_rank, rank;

    MPI_Comm_size(comm, &n_rank);
    MPI_Comm_rank(comm, &rank);
    KM_TRY(KM_CHECK(n_group > 0 && n_rank % n_group == 0, KM_E_ARGUMENT,
                    "%d groups must divide %d ranks", n_group, n_rank));
    *groups = (km_groups){.n_group = n_group,
                          .index = rank / (n_rank / n_group),
                          .group = n_group == 1 ? comm : MPI_COMM_SELF,
                          .cross = n_group == 1 ? MPI_COMM_SELF : comm};
    if (n_group == 1 || n_group == n_rank) return KM_OK;
    return split(comm, rank, groups);
}
