#include "kaimen/base/traffic.h"

static km_traffic counted;

/* One call of this rank, which began at a time and has ended. */
static void count(km_traffic_purpose purpose, km_traffic_kind kind, MPI_Datatype type, long n,
                  MPI_Comm comm, double start_s)
{
    int n_rank, size;

    MPI_Comm_size(comm, &n_rank);
    if (n_rank == 1) return;
    MPI_Type_size(type, &size);
    ++counted.n_call[purpose][kind];
    counted.n_byte[purpose][kind] += n * size;
    counted.time_s[purpose][kind] += MPI_Wtime() - start_s;
}

void km_traffic_allreduce(km_traffic_purpose purpose, int n, MPI_Datatype type, MPI_Op op,
                          MPI_Comm comm, void *values)
{
    const double start_s = MPI_Wtime();

    MPI_Allreduce(MPI_IN_PLACE, values, n, type, op, comm);
    count(purpose, KM_TRAFFIC_ALLREDUCE, type, n, comm, start_s);
}

void km_traffic_broadcast(km_traffic_purpose purpose, int n, MPI_Datatype type, int root,
                          MPI_Comm comm, void *values)
{
    const double start_s = MPI_Wtime();
    int rank;

    MPI_Comm_rank(comm, &rank);
    MPI_Bcast(values, n, type, root, comm);
    count(purpose, KM_TRAFFIC_BROADCAST, type, rank == root ? n : 0, comm, start_s);
}

void km_traffic_exchange(km_traffic_purpose purpose, const km_traffic_parts *send,
                         MPI_Datatype type, MPI_Comm comm, const km_traffic_parts *receive)
{
    const double start_s = MPI_Wtime();
    int n_rank, rank;
    long n = 0;

    MPI_Comm_size(comm, &n_rank);
    MPI_Comm_rank(comm, &rank);
    for (int i = 0; i < n_rank; ++i)
        if (i != rank) n += send->n[i];
    MPI_Alltoallv(send->data, send->n, send->at, type, receive->data, receive->n, receive->at,
                  type, comm);
    count(purpose, KM_TRAFFIC_ALLTOALL, type, n, comm, start_s);
}

void km_traffic_gather(km_traffic_purpose purpose, MPI_Comm comm, const km_traffic_parts *parts)
{
    const double start_s = MPI_Wtime();
    int rank;

    MPI_Comm_rank(comm, &rank);
    MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, parts->data, parts->n, parts->at,
                   MPI_DOUBLE, comm);
    count(purpose, KM_TRAFFIC_ALLGATHER, MPI_DOUBLE, parts->n[rank], comm, start_s);
}

km_traffic km_traffic_counted(void)
{
    return counted;
}

km_traffic km_traffic_between(const km_traffic *before, const km_traffic *after)
{
    km_traffic difference = *after;

    for (int p = 0; p < KM_N_TRAFFIC; ++p)
        for (int k = 0; k < KM_N_TRAFFIC_KIND; ++k) {
            difference.n_call[p][k] -= before->n_call[p][k];
            difference.n_byte[p][k] -= before->n_byte[p][k];
            difference.time_s[p][k] -= before->time_s[p][k];
        }
    return difference;
}

void km_traffic_reduce(const km_traffic *own, MPI_Comm comm, km_traffic *largest,
                       km_traffic *sum)
{
    const int n = KM_N_TRAFFIC * KM_N_TRAFFIC_KIND;

    MPI_Allreduce(own->n_call, largest->n_call, n, MPI_LONG, MPI_MAX, comm);
    MPI_Allreduce(own->n_byte, largest->n_byte, n, MPI_LONG, MPI_MAX, comm);
    MPI_Allreduce(own->time_s, largest->time_s, n, MPI_DOUBLE, MPI_MAX, comm);
    MPI_Allreduce(own->n_call, sum->n_call, n, MPI_LONG, MPI_SUM, comm);
    MPI_Allreduce(own->n_byte, sum->n_byte, n, MPI_LONG, MPI_SUM, comm);
    MPI_Allreduce(own->time_s, sum->time_s, n, MPI_DOUBLE, MPI_SUM, comm);
}

static long add_up(const long counts[KM_N_TRAFFIC][KM_N_TRAFFIC_KIND])
{
    long sum = 0;

    for (int p = 0; p < KM_N_TRAFFIC; ++p)
        for (int k = 0; k < KM_N_TRAFFIC_KIND; ++k) sum += counts[p][k];
    return sum;
}

long km_traffic_n_call(const km_traffic *traffic)
{
    return add_up(traffic->n_call);
}

long km_traffic_n_byte(const km_traffic *traffic)
{
    return add_up(traffic->n_byte);
}

const char *km_traffic_purpose_name(km_traffic_purpose purpose)
{
    static const char *const names[KM_N_TRAFFIC] = {"overlap",   "exchange", "density",
                                                    "potential", "levels",   "subspace",
                                                    "forces",    "control"};

    return names[purpose];
}

const char *km_traffic_kind_name(km_traffic_kind kind)
{
    static const char *const names[KM_N_TRAFFIC_KIND] = {"allreduce", "broadcast", "alltoall",
                                                         "allgather"};

    return names[kind];
}

static km_status append_line(const char *purpose, const char *kind, const double row[4],
                             km_text *text)
{
    return km_text_append(text, "%-24s %-11s %10.1f %12.3f %12.3f %12.6f\n", purpose, kind,
                          row[0], row[1], row[2], row[3]);
}

km_status km_traffic_append_table(const km_traffic *largest, const km_traffic *sum,
                                  int n_iteration, km_text *text)
{
    const double per = 1.0 / n_iteration;
    double all_s = 0;

    KM_TRY(km_text_append(text, "%-24s %-11s %10s %12s %12s %12s\n", "sent per SCF iteration",
                          "by", "calls", "kB by a rank", "kB by all", "largest s"));
    for (int p = 0; p < KM_N_TRAFFIC; ++p)
        for (int k = 0; k < KM_N_TRAFFIC_KIND; ++k) {
            const double row[4] = {
                per * (double)largest->n_call[p][k], per * (double)largest->n_byte[p][k] / 1e3,
                per * (double)sum->n_byte[p][k] / 1e3, per * largest->time_s[p][k]};

            if (largest->n_call[p][k] == 0) continue;
            all_s += row[3];
            KM_TRY(append_line(km_traffic_purpose_name((km_traffic_purpose)p),
                               km_traffic_kind_name((km_traffic_kind)k), row, text));
        }
    return append_line("all", "",
                       (double[4]){per * (double)km_traffic_n_call(largest),
                                   per * (double)km_traffic_n_byte(largest) / 1e3,
                                   per * (double)km_traffic_n_byte(sum) / 1e3, all_s},
                       text);
}
