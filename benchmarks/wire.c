/*
 * How long collective calls of MPI take on the ranks it is started with. One line for each kind and size: kind, bytes as
 * kaimen/base/traffic.h counts them on a rank (of a gather all ranks'), microseconds, the least of several runs.
 * usage: mpirun -n N wire
 */
#include "kaimen/base/memory.h"
#include "kaimen/base/status.h"

#include <math.h>
#include <stdio.h>

#define MOST_BYTES (4 << 20)
#define N_RUN 30

typedef struct {
    char *send, *receive;
    int n_rank, rank;
} wire;

static void call(const wire *w, int kind, int n_byte)
{
    const int n = n_byte / 8;

    if (kind == 0)
        MPI_Allreduce(w->send, w->receive, n, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
    else if (kind == 1)
        MPI_Bcast(w->send, n, MPI_DOUBLE, 0, MPI_COMM_WORLD);
    else if (kind == 2)
        MPI_Alltoall(w->send, n / (w->n_rank - 1), MPI_DOUBLE, w->receive, n / (w->n_rank - 1),
                     MPI_DOUBLE, MPI_COMM_WORLD);
    else
        MPI_Allgather(w->send, n / w->n_rank, MPI_DOUBLE, w->receive, n / w->n_rank, MPI_DOUBLE,
                      MPI_COMM_WORLD);
}

static void measure(const wire *w, int kind, int n_byte)
{
    static const char *const names[] = {"allreduce", "broadcast", "alltoall", "allgather"};
    const int n_call = n_byte < 10000 ? 100 : 4;
    double least_s = INFINITY;

    for (int i = 0; i < N_RUN; ++i) {
        double start_s, time_s;

        MPI_Barrier(MPI_COMM_WORLD);
        start_s = MPI_Wtime();
        for (int j = 0; j < n_call; ++j) call(w, kind, n_byte);
        time_s = (MPI_Wtime() - start_s) / n_call;
        MPI_Allreduce(MPI_IN_PLACE, &time_s, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
        least_s = fmin(least_s, time_s);
    }
    if (w->rank == 0) printf("%s %d %.2f\n", names[kind], n_byte, 1e6 * least_s);
}

static km_status run(void)
{
    wire w = {0};
    km_status status = KM_OK;

    MPI_Comm_size(MPI_COMM_WORLD, &w.n_rank);
    MPI_Comm_rank(MPI_COMM_WORLD, &w.rank);
    KM_TRY(KM_CHECK(w.n_rank > 1, KM_E_INPUT, "one rank has nothing to send"));
    KM_TRY_TO(end, KM_ALLOC(w.send, 2 * MOST_BYTES));
    KM_TRY_TO(end, KM_ALLOC(w.receive, 2 * MOST_BYTES));
    for (int kind = 0; kind < 4; ++kind)
        for (int n_byte = 64; n_byte <= MOST_BYTES; n_byte *= 16) measure(&w, kind, n_byte);
end:
    KM_FREE(w.send);
    KM_FREE(w.receive);
    return status;
}

int main(int argc, char **argv)
{
    km_status status;

    MPI_Init(&argc, &argv);
    status = run();
    if (status != KM_OK) fprintf(stderr, "wire: %s\n", km_status_message());
    MPI_Finalize();
    return status != KM_OK;
}
