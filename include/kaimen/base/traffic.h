#pragma once
/**
 * @file
 * @brief Collective calls of a team, counted: how often, how many bytes, what for.
 *
 * Counted is what a rank hands to MPI, which does not depend on MPI's algorithms: of a sum the buffer once, of a broadcast
 * the buffer on its root, of an exchange or a gather what other ranks get: once however many get it. A communicator of one
 * rank counts nothing. What ScaLAPACK sends is not seen.
 */
#include "kaimen/base/text.h"

#include <mpi.h>

typedef enum {
    KM_TRAFFIC_OVERLAP,   /* products of bands, summed over slices */
    KM_TRAFFIC_EXCHANGE,  /* from slices to whole bands and back */
    KM_TRAFFIC_DENSITY,   /* summed over k-points and bands, broadcast when it is mixed */
    KM_TRAFFIC_POTENTIAL, /* of exchange and correlation, whose points are shared */
    KM_TRAFFIC_LEVEL,     /* eigenvalues, the Fermi level, counts */
    KM_TRAFFIC_SUBSPACE,  /* eigenvectors of a distributed problem */
    KM_TRAFFIC_FORCE,     /* forces and stress */
    KM_TRAFFIC_CONTROL,   /* agreements and decisions */
    KM_N_TRAFFIC
} km_traffic_purpose;

typedef enum {
    KM_TRAFFIC_ALLREDUCE,
    KM_TRAFFIC_BROADCAST,
    KM_TRAFFIC_ALLTOALL,
    KM_TRAFFIC_ALLGATHER,
    KM_N_TRAFFIC_KIND
} km_traffic_kind;

/** Calls, bytes and seconds of each purpose and kind; plain values. */
typedef struct {
    long n_call[KM_N_TRAFFIC][KM_N_TRAFFIC_KIND];
    long n_byte[KM_N_TRAFFIC][KM_N_TRAFFIC_KIND];
    double time_s[KM_N_TRAFFIC]
                 [KM_N_TRAFFIC_KIND]; /* in the calls, waiting for others included */
} km_traffic;

/** @brief MPI_Allreduce in place. Collective on comm. */
void km_traffic_allreduce(km_traffic_purpose purpose, int n, MPI_Datatype type, MPI_Op op,
                          MPI_Comm comm, void *values);

/** @brief MPI_Bcast. Collective on comm. */
void km_traffic_broadcast(km_traffic_purpose purpose, int n, MPI_Datatype type, int root,
                          MPI_Comm comm, void *values);

/** Numbers to or from every rank: how many and where, both [n_rank]. */
typedef struct {
    void *data;
    const int *n, *at;
} km_traffic_parts;

/** @brief MPI_Alltoallv. Collective on comm. */
void km_traffic_exchange(km_traffic_purpose purpose, const km_traffic_parts *send,
                         MPI_Datatype type, MPI_Comm comm, const km_traffic_parts *receive);

/** @brief MPI_Allgatherv of doubles, in place: each rank has its part and gets all. Collective on comm. */
void km_traffic_gather(km_traffic_purpose purpose, MPI_Comm comm,
                       const km_traffic_parts *parts);

/** @brief What this rank has counted since the program started. Local. */
km_traffic km_traffic_counted(void);

/** @brief What was counted between two looks. Local. */
km_traffic km_traffic_between(const km_traffic *before, const km_traffic *after);

/** @brief The largest number over ranks, and the sum, of each count. Collective on comm; itself not counted. */
void km_traffic_reduce(const km_traffic *own, MPI_Comm comm, km_traffic *largest,
                       km_traffic *sum);

/** @brief Calls or bytes of all purposes. Local. */
long km_traffic_n_call(const km_traffic *traffic);
long km_traffic_n_byte(const km_traffic *traffic);

/** @brief "overlap", "exchange", ...; "allreduce", "broadcast", ... Local. */
const char *km_traffic_purpose_name(km_traffic_purpose purpose);
const char *km_traffic_kind_name(km_traffic_kind kind);

/**
 * @brief A line for each purpose and kind that occurs, per iteration: calls and kB of the busiest rank, kB of all, seconds of
 * the rank that waits longest. Local.
 * @param[in] n_iteration  what the counts are divided by, > 0
 */
KM_STATUS km_traffic_append_table(const km_traffic *largest, const km_traffic *sum,
                                  int n_iteration, km_text *text);
