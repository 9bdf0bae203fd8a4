#include "kaimen/campaign/protocol.h"

#include "kaimen/base/memory.h"

#include <limits.h>
#include <math.h>
#include <sched.h>
#include <string.h>
#include <time.h>

typedef enum { TAG_ASSIGNMENT = 100, TAG_STOP, TAG_RESULT } tag;

void km_protocol_rest(int *n_idle)
{
    const int n_yield = 20, n_doubling = 8;
    const long first_ns = 40000; /* 40 us, doubled 8 times: 10 ms */
    struct timespec pause = {0};
    int n_rest = (*n_idle)++ - n_yield;

    if (n_rest < 0) {
        sched_yield();
        return;
    }
    if (*n_idle > n_yield + n_doubling) *n_idle = n_yield + n_doubling + 1;
    pause.tv_nsec = first_ns << (n_rest < n_doubling ? n_rest : n_doubling);
    nanosleep(&pause, NULL);
}

static void wait_for(MPI_Request *request)
{
    int is_done = 0, n_idle = 0;

    MPI_Test(request, &is_done, MPI_STATUS_IGNORE);
    while (!is_done) {
        km_protocol_rest(&n_idle);
        MPI_Test(request, &is_done, MPI_STATUS_IGNORE);
    }
}

static void *add_bytes(void *to, const void *from, size_t n_byte)
{
    memcpy(to, from, n_byte);
    return (char *)to + n_byte;
}

static const void *take_bytes(const void *from, void *to, size_t n_byte)
{
    memcpy(to, from, n_byte);
    return (const char *)from + n_byte;
}

static size_t crystal_bytes(int n_atom)
{
    return 9 * sizeof(double) + (size_t)n_atom * (3 * sizeof(double) + sizeof(int));
}

km_status km_protocol_send_assignment(const km_team *team, int i_team,
                                      const km_assignment *assignment,
                                      const km_crystal *crystal)
{
    int n_atom = km_crystal_n_atom(crystal);
    size_t n_byte = sizeof *assignment + crystal_bytes(n_atom);
    char *message;
    void *end;

    KM_TRY(KM_ALLOC(message, n_byte));
    end = add_bytes(message, assignment, sizeof *assignment);
    end = add_bytes(end, km_crystal_cell_bohr(crystal), 9 * sizeof(double));
    end = add_bytes(end, km_crystal_frac(crystal), 3 * sizeof(double) * (size_t)n_atom);
    add_bytes(end, km_crystal_z(crystal), sizeof(int) * (size_t)n_atom);
    MPI_Send(message, (int)n_byte, MPI_BYTE, km_team_root(team, i_team), TAG_ASSIGNMENT,
             km_team_world(team));
    KM_FREE(message);
    return KM_OK;
}

void km_protocol_send_stop(const km_team *team, int i_team)
{
    MPI_Send(NULL, 0, MPI_BYTE, km_team_root(team, i_team), TAG_STOP, km_team_world(team));
}

/* Wait until the master has sent something; the size of the message, 0 for a stop. */
static int wait_for_master(MPI_Comm world, MPI_Status *found)
{
    int is_there = 0, n_idle = 0, n_byte;

    MPI_Iprobe(0, MPI_ANY_TAG, world, &is_there, found);
    while (!is_there) {
        km_protocol_rest(&n_idle);
        MPI_Iprobe(0, MPI_ANY_TAG, world, &is_there, found);
    }
    MPI_Get_count(found, MPI_BYTE, &n_byte);
    return n_byte;
}

static void broadcast(void *bytes, int n_byte, MPI_Comm comm)
{
    MPI_Request request;

    MPI_Ibcast(bytes, n_byte, MPI_BYTE, 0, comm, &request);
    wait_for(&request);
}

static km_status unpack_crystal(const void *bytes, int n_atom, km_crystal **crystal)
{
    double cell_bohr[9], *frac = NULL;
    int *z = NULL;
    km_status status;

    KM_TRY_TO(end, KM_ALLOC(frac, 3 * n_atom));
    KM_TRY_TO(end, KM_ALLOC(z, n_atom));
    bytes = take_bytes(bytes, cell_bohr, sizeof cell_bohr);
    bytes = take_bytes(bytes, frac, 3 * sizeof *frac * (size_t)n_atom);
    take_bytes(bytes, z, sizeof *z * (size_t)n_atom);
    KM_TRY_TO(end, km_crystal_create(cell_bohr, n_atom, z, frac, crystal));
end:
    KM_FREE(frac);
    KM_FREE(z);
    return status;
}

km_status km_protocol_receive_assignment(const km_team *team, km_assignment *assignment,
                                         km_crystal **crystal)
{
    MPI_Comm comm = km_team_comm(team), world = km_team_world(team);
    MPI_Status found;
    int rank, n_byte = 0;
    char *message = NULL;
    km_status status;

    *crystal = NULL;
    memset(assignment, 0, sizeof *assignment);
    MPI_Comm_rank(comm, &rank);
    if (rank == 0) n_byte = wait_for_master(world, &found);
    broadcast(&n_byte, sizeof n_byte, comm);
    status = KM_ALLOC(message, n_byte);
    KM_TRY_TO(end, km_agree(status, comm));
    if (rank == 0)
        MPI_Recv(message, n_byte, MPI_BYTE, 0, found.MPI_TAG, world, MPI_STATUS_IGNORE);
    broadcast(message, n_byte, comm);
    if (n_byte == 0) goto end;
    memcpy(assignment, message, sizeof *assignment);
    status = unpack_crystal(message + sizeof *assignment, assignment->n_atom, crystal);
    KM_TRY_TO(end, km_agree(status, comm));
end:
    KM_FREE(message);
    if (status != KM_OK) km_crystal_destroy(crystal);
    return status;
}

km_status km_protocol_send_result(const km_team *team, const km_result *result,
                                  const void *image, size_t n_byte)
{
    char *message;
    void *end;

    KM_TRY(KM_CHECK(n_byte + sizeof *result < INT_MAX, KM_E_MEMORY,
                    "result of %zu bytes is too large for one message", n_byte));
    KM_TRY(KM_ALLOC(message, sizeof *result + n_byte));
    end = add_bytes(message, result, sizeof *result);
    if (n_byte > 0) add_bytes(end, image, n_byte);
    MPI_Send(message, (int)(sizeof *result + n_byte), MPI_BYTE, 0, TAG_RESULT,
             km_team_world(team));
    KM_FREE(message);
    return KM_OK;
}

static int find_team(const km_team *team, int root)
{
    int low = 0, high = km_team_count(team) - 1;

    while (low < high) {
        int middle = (low + high + 1) / 2;

        if (km_team_root(team, middle) <= root)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

km_status km_protocol_receive_result(const km_team *team, int *i_team, km_result *result,
                                     void **image, size_t *n_byte)
{
    MPI_Comm world = km_team_world(team);
    int is_there, n_message;
    MPI_Status found;
    char *message = NULL, *bytes = NULL;
    km_status status;

    *i_team = -1;
    *image = NULL;
    *n_byte = 0;
    MPI_Iprobe(MPI_ANY_SOURCE, TAG_RESULT, world, &is_there, &found);
    if (!is_there) return KM_OK;
    MPI_Get_count(&found, MPI_BYTE, &n_message);
    KM_TRY_TO(end, KM_ALLOC(message, n_message));
    MPI_Recv(message, n_message, MPI_BYTE, found.MPI_SOURCE, TAG_RESULT, world,
             MPI_STATUS_IGNORE);
    *i_team = find_team(team, found.MPI_SOURCE);
    memcpy(result, message, sizeof *result);
    if ((size_t)n_message == sizeof *result) goto end;
    *n_byte = (size_t)n_message - sizeof *result;
    KM_TRY_TO(end, KM_ALLOC(bytes, *n_byte));
    memcpy(bytes, message + sizeof *result, *n_byte);
    *image = bytes;
end:
    KM_FREE(message);
    return status;
}
