#include "campaign/wisdom.h"

#include "kaimen/base/comm.h"
#include "kaimen/base/memory.h"
#include "kaimen/dft/fft_plans.h"

#include <string.h>

static const char KEY[] = "fft_wisdom";

/* What all ranks gave, one text after the other, each with its end; on rank 0. */
typedef struct {
    char *bytes;
    int *n, *at; /* [n_rank] */
} texts;

static void clear_texts(texts *all)
{
    KM_FREE(all->bytes);
    KM_FREE(all->n);
    KM_FREE(all->at);
}

km_status km_wisdom_load(km_ledger *ledger, MPI_Comm world)
{
    char *text = NULL;
    km_status status = ledger ? km_ledger_meta(ledger, KEY, &text) : KM_OK;

    KM_TRY_TO(end, km_agree(status, world));
    KM_TRY_TO(end, km_comm_broadcast_text(0, world, &text));
    km_fft_wisdom_read(text);
end:
    KM_FREE(text);
    return status;
}

static bool leads_team(const km_team *team, int rank)
{
    for (int i = 0; i < km_team_count(team); ++i)
        if (km_team_root(team, i) == rank) return true;
    return false;
}

static km_status make_room(int n_rank, texts *all)
{
    int n = 0;

    for (int i = 0; i < n_rank; ++i) {
        all->at[i] = n;
        n += all->n[i];
    }
    return KM_ALLOC(all->bytes, n);
}

static km_status collect(const char *own, MPI_Comm world, texts *all)
{
    const int n_own = (int)strlen(own) + 1;
    km_status status = KM_OK;
    int rank, n_rank;

    MPI_Comm_rank(world, &rank);
    MPI_Comm_size(world, &n_rank);
    KM_TRY(km_agree(KM_ALLOC(all->n, n_rank), world));
    KM_TRY(km_agree(KM_ALLOC(all->at, n_rank), world));
    MPI_Gather(&n_own, 1, MPI_INT, all->n, 1, MPI_INT, 0, world);
    if (rank == 0) status = make_room(n_rank, all);
    KM_TRY(km_agree(status, world));
    MPI_Gatherv(own, n_own, MPI_CHAR, all->bytes, all->n, all->at, MPI_CHAR, 0, world);
    return KM_OK;
}

/* Nothing new is nothing to write. */
static km_status store(km_ledger *ledger, int n_rank, const texts *all)
{
    bool is_new = false;
    char *text = NULL;
    km_status status;

    for (int i = 0; i < n_rank; ++i)
        if (all->n[i] > 1) {
            is_new = true;
            km_fft_wisdom_read(all->bytes + all->at[i]);
        }
    if (!is_new) return KM_OK;
    KM_TRY_TO(end, km_fft_wisdom_write(&text));
    status = km_ledger_set_meta(ledger, KEY, text);
end:
    KM_FREE(text);
    return status;
}

km_status km_wisdom_save(km_ledger *ledger, const km_team *team)
{
    MPI_Comm world = km_team_world(team);
    km_status status = KM_OK;
    char *own = NULL;
    texts all = {0};
    int rank, n_rank;

    MPI_Comm_rank(world, &rank);
    MPI_Comm_size(world, &n_rank);
    if (leads_team(team, rank) && km_fft_wisdom_is_new()) status = km_fft_wisdom_write(&own);
    KM_TRY_TO(end, km_agree(status, world));
    KM_TRY_TO(end, collect(own ? own : "", world, &all));
    if (rank == 0) status = store(ledger, n_rank, &all);
    status = km_agree(status, world);
end:
    clear_texts(&all);
    KM_FREE(own);
    return status;
}
