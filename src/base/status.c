#include "kaimen/base/status.h"

#include "kaimen/base/log.h"
#include "kaimen/base/traffic.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define TRACE_DEPTH 32

typedef struct {
    const char *file;
    const char *function;
    int line;
} trace_line;

static _Thread_local char message[KM_MESSAGE_SIZE];
static _Thread_local trace_line trace[TRACE_DEPTH];
static _Thread_local int n_trace;

static void add_trace_line(const char *file, int line, const char *function)
{
    if (n_trace < TRACE_DEPTH) trace[n_trace++] = (trace_line){file, function, line};
}

km_status km_status_raise(km_status code, const char *file, int line, const char *function,
                          const char *format, ...)
{
    va_list arguments;
    /* A message may quote the previous one, so it is formatted beside it first. */
    char text[KM_MESSAGE_SIZE];

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    memcpy(message, text, sizeof message);
    n_trace = 0;
    add_trace_line(file, line, function);
    return code;
}

km_status km_status_trace(km_status status, const char *file, int line, const char *function)
{
    add_trace_line(file, line, function);
    return status;
}

const char *km_status_message(void)
{
    return message;
}

const char *km_status_name(km_status status)
{
    static const char *const names[] = {"ok",     "argument", "input",   "io",
                                        "memory", "numeric",  "internal"};

    return status <= KM_E_INTERNAL ? names[status] : "unknown";
}

void km_status_print_trace(FILE *stream)
{
    for (int i = 0; i < n_trace; ++i)
        fprintf(stream, "  at %s:%d %s\n", trace[i].file, trace[i].line, trace[i].function);
}

void km_status_clear(void)
{
    message[0] = '\0';
    n_trace = 0;
}

km_status km_agree(km_status status, MPI_Comm comm)
{
    int rank, n_rank, code;
    int lowest;

    MPI_Comm_rank(comm, &rank);
    MPI_Comm_size(comm, &n_rank);
    if (n_rank == 1) return status;
    lowest = status == KM_OK ? n_rank : rank;
    km_traffic_allreduce(KM_TRAFFIC_CONTROL, 1, MPI_INT, MPI_MIN, comm, &lowest);
    if (lowest == n_rank) return KM_OK;
    code = (int)status;
    MPI_Bcast(&code, 1, MPI_INT, lowest, comm);
    MPI_Bcast(message, KM_MESSAGE_SIZE, MPI_CHAR, lowest, comm);
    return (km_status)code;
}

_Noreturn void km_status_assert_failed(const char *text, const char *file, int line,
                                       const char *function)
{
    fprintf(stderr, "kaimen: rank %d: %s:%d %s: assertion failed: %s\n", km_log_rank(), file,
            line, function, text);
    abort();
}
