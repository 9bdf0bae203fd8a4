#include "kaimen/base/comm.h"

#include "kaimen/base/memory.h"

#include <limits.h>
#include <string.h>

km_status km_comm_broadcast_text(int root, MPI_Comm comm, char **text)
{
    km_status status = KM_OK;
    long n_byte = 0;
    int rank;

    MPI_Comm_rank(comm, &rank);
    /* Bytes with the final zero; 0 stands for no text. */
    if (rank == root && *text) n_byte = (long)strlen(*text) + 1;
    MPI_Bcast(&n_byte, 1, MPI_LONG, root, comm);
    if (rank != root) *text = NULL;
    if (n_byte == 0) return KM_OK;
    if (n_byte > INT_MAX)
        return KM_RAISE(KM_E_ARGUMENT, "a text of %ld bytes is too long to be sent", n_byte);
    if (rank != root) status = KM_ALLOC(*text, n_byte);
    KM_TRY(km_agree(status, comm));
    MPI_Bcast(*text, (int)n_byte, MPI_CHAR, root, comm);
    return KM_OK;
}
