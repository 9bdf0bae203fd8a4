#include "kaimen/base/timer.h"

#include "kaimen/base/comm.h"
#include "kaimen/base/memory.h"
#include "kaimen/base/text.h"

#include <string.h>
#include <time.h>

/* Far more than a program has; later ones are counted in the timer that runs. */
#define MAX_TIMER 256
#define MAX_DEPTH 32
#define PATH_SIZE 256

typedef struct {
    const char *name;
    int parent; /* -1: none */
    int depth;
    long n_call;
    double time_s;
    double start_s;
    double flops, bytes;
} timer;

static _Thread_local timer timers[MAX_TIMER];
static _Thread_local int n_timer;
/* Running timers, innermost last; -1 stands for one that found no place. */
static _Thread_local int running[MAX_DEPTH];
static _Thread_local int n_running;

static double now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* The timer of that name inside the running one, made when it is new; -1 when the table is full. */
static int find_timer(const char *name, int parent)
{
    for (int i = parent + 1; i < n_timer; ++i)
        if (timers[i].parent == parent &&
            (timers[i].name == name || strcmp(timers[i].name, name) == 0))
            return i;
    if (n_timer == MAX_TIMER) return -1;
    timers[n_timer] = (timer){
        .name = name, .parent = parent, .depth = parent < 0 ? 0 : timers[parent].depth + 1};
    return n_timer++;
}

void km_timer_start(const char *name)
{
    int parent = n_running > 0 ? running[n_running - 1] : -1, own;

    if (n_running == MAX_DEPTH) return;
    own = n_running > 0 && parent < 0 ? -1 : find_timer(name, parent);
    running[n_running++] = own;
    if (own >= 0) timers[own].start_s = now_s();
}

void km_timer_stop(const char *name)
{
    double end_s = now_s();
    int depth = n_running - 1;

    while (depth >= 0 && (running[depth] < 0 || strcmp(timers[running[depth]].name, name) != 0))
        --depth;
    if (depth < 0) return;
    while (n_running > depth) {
        int own = running[--n_running];

        if (own < 0) continue;
        timers[own].time_s += end_s - timers[own].start_s;
        ++timers[own].n_call;
    }
}

void km_timer_add_work(double flops, double bytes)
{
    const int own = n_running > 0 ? running[n_running - 1] : -1;

    if (own < 0) return;
    timers[own].flops += flops;
    timers[own].bytes += bytes;
}

/* "scf/eigensolver" of timer i. */
static void name_path(int i, char path[PATH_SIZE])
{
    char inner[PATH_SIZE];

    snprintf(path, PATH_SIZE, "%s", timers[i].name);
    for (int parent = timers[i].parent; parent >= 0; parent = timers[parent].parent) {
        memcpy(inner, path, sizeof inner);
        snprintf(path, PATH_SIZE, "%.60s/%.180s", timers[parent].name, inner);
    }
}

static const timer *find_path(const char *wanted)
{
    char path[PATH_SIZE];

    for (int i = 0; i < n_timer; ++i) {
        name_path(i, path);
        if (strcmp(path, wanted) == 0) return &timers[i];
    }
    return NULL;
}

double km_timer_time_s(const char *path)
{
    const timer *found = find_path(path);

    return found ? found->time_s : 0;
}

long km_timer_n_call(const char *path)
{
    const timer *found = find_path(path);

    return found ? found->n_call : 0;
}

void km_timer_reset(void)
{
    n_timer = 0;
    n_running = 0;
}

/* Children follow their parent, in the order of their first start. */
static int order_timers(int parent, int order[MAX_TIMER], int n)
{
    for (int i = 0; i < n_timer; ++i)
        if (timers[i].parent == parent) {
            order[n++] = i;
            n = order_timers(i, order, n);
        }
    return n;
}

/* The paths of rank 0, a line each, on all ranks. */
static km_status share_paths(MPI_Comm comm, const int *order, char **paths)
{
    km_text text = {0};
    km_status status = KM_OK;
    char path[PATH_SIZE];
    int rank;

    MPI_Comm_rank(comm, &rank);
    for (int i = 0; rank == 0 && i < n_timer && status == KM_OK; ++i) {
        name_path(order[i], path);
        status = km_text_append(&text, "%s\n", path);
    }
    *paths = text.bytes;
    KM_TRY(km_agree(status, comm));
    return km_comm_broadcast_text(0, comm, paths);
}

/* Seconds of this rank for each path; what it never started took none. */
static int collect_times(const char *paths, double times_s[MAX_TIMER])
{
    char path[PATH_SIZE];
    int n = 0;

    while (paths && *paths && n < MAX_TIMER) {
        size_t length = strcspn(paths, "\n");

        snprintf(path, sizeof path, "%.*s", (int)length, paths);
        times_s[n++] = km_timer_time_s(path);
        paths += length + 1;
    }
    return n;
}

static km_status write_table(const int *order, const double *sum_s, const double *largest_s,
                             int n_rank, km_text *text)
{
    KM_TRY(km_text_append(text, "%-36s %10s %12s %12s %12s %10s %10s\n", "timer", "calls",
                          "rank 0 s", "mean s", "largest s", "GFlop", "GB"));
    for (int i = 0; i < n_timer; ++i) {
        const timer *own = &timers[order[i]];

        KM_TRY(km_text_append(text, "%*s%-*s %10ld %12.3f %12.3f %12.3f", 2 * own->depth, "",
                              36 - 2 * own->depth, own->name, own->n_call, own->time_s,
                              sum_s[i] / n_rank, largest_s[i]));
        if (own->flops > 0)
            KM_TRY(
                km_text_append(text, " %10.3f %10.3f", 1e-9 * own->flops, 1e-9 * own->bytes));
        KM_TRY(km_text_append(text, "\n"));
    }
    return KM_OK;
}

km_status km_timer_table(MPI_Comm comm, char **table)
{
    double times_s[MAX_TIMER], sum_s[MAX_TIMER], largest_s[MAX_TIMER];
    int order[MAX_TIMER] = {0}, rank, n_rank, n;
    char *paths = NULL;
    km_text text = {0};
    km_status status;

    *table = NULL;
    MPI_Comm_rank(comm, &rank);
    MPI_Comm_size(comm, &n_rank);
    order_timers(-1, order, 0);
    KM_TRY_TO(done, share_paths(comm, order, &paths));
    n = collect_times(paths, times_s);
    MPI_Reduce(times_s, sum_s, n, MPI_DOUBLE, MPI_SUM, 0, comm);
    MPI_Reduce(times_s, largest_s, n, MPI_DOUBLE, MPI_MAX, 0, comm);
    if (rank == 0) status = write_table(order, sum_s, largest_s, n_rank, &text);
    status = km_agree(status, comm);
    if (status == KM_OK)
        *table = text.bytes;
    else
        KM_FREE(text.bytes);
done:
    KM_FREE(paths);
    return status;
}

km_status km_timer_write(km_h5 *group)
{
    char path[PATH_SIZE], name[PATH_SIZE + 8];

    for (int i = 0; i < n_timer; ++i) {
        name_path(i, path);
        snprintf(name, sizeof name, "%s/time", path);
        KM_TRY(km_h5_write_double(group, name, "s", timers[i].time_s));
        snprintf(name, sizeof name, "%s/n_call", path);
        KM_TRY(km_h5_write_int(group, name, timers[i].n_call));
    }
    return KM_OK;
}
