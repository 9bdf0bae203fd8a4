#pragma once
/**
 * @file
 * @brief Error codes that a caller cannot ignore, with a message, a trace and agreement of ranks.
 *
 * A fallible function is declared KM_STATUS and returns KM_OK or an error code. The message of the
 * last error and the trace of calls it passed through are kept per thread until the next error is
 * raised. Not converging is not an error: it is an outcome in a result.
 */
#include <mpi.h>
#include <stdio.h>

typedef enum {
    KM_OK = 0,
    KM_E_ARGUMENT, /* the caller passed something impossible */
    KM_E_INPUT,    /* the user's file is wrong */
    KM_E_IO,       /* a file cannot be read or written */
    KM_E_MEMORY,   /* memory does not suffice */
    KM_E_NUMERIC,  /* NaN, a singular matrix */
    KM_E_INTERNAL  /* our own mistake */
} km_status;

/** Return type of fallible functions: the compiler warns (an error here) when it is dropped. */
#define KM_STATUS __attribute__((warn_unused_result)) km_status

#define KM_MESSAGE_SIZE 1024

/* An analyzer sees one file at a time and must be told that these calls return what they are given. */
#ifdef __clang_analyzer__
#define KM_STATUS_RETURNED(status, call) ((void)(call), (status))
#else
#define KM_STATUS_RETURNED(status, call) (call)
#endif

/** Make a status with a message: `return KM_RAISE(KM_E_INPUT, "%s:%d: ...", file, line)`. */
#define KM_RAISE(code, ...)                                                                    \
    KM_STATUS_RETURNED((code),                                                                 \
                       km_status_raise((code), __FILE__, __LINE__, __func__, __VA_ARGS__))

/** KM_OK where the condition holds, else a raised status. */
#define KM_CHECK(condition, code, ...) ((condition) ? KM_OK : KM_RAISE((code), __VA_ARGS__))

/** Return from the calling function when the expression is not KM_OK. */
#define KM_TRY(expression)                                                                     \
    do {                                                                                       \
        km_status km_try_status_ = (expression);                                               \
        if (km_try_status_ != KM_OK)                                                           \
            return KM_STATUS_RETURNED(                                                         \
                km_try_status_,                                                                \
                km_status_trace(km_try_status_, __FILE__, __LINE__, __func__));                \
    } while (0)

/** Store the expression in the caller's variable `status`; jump to label when it is not KM_OK. */
#define KM_TRY_TO(label, expression)                                                           \
    do {                                                                                       \
        status = (expression);                                                                 \
        if (status != KM_OK) {                                                                 \
            status = KM_STATUS_RETURNED(                                                       \
                status, km_status_trace(status, __FILE__, __LINE__, __func__));                \
            goto label;                                                                        \
        }                                                                                      \
    } while (0)

/** A check of our own logic, in debug builds only: prints rank and line and ends the job. */
#ifdef NDEBUG
#define KM_ASSERT(condition) ((void)0)
#else
#define KM_ASSERT(condition)                                                                   \
    ((condition) ? (void)0 : km_status_assert_failed(#condition, __FILE__, __LINE__, __func__))
#endif

/**
 * @brief Record an error: its message replaces the previous one, its trace starts anew. Local.
 * @return code, so that it can be returned directly
 */
__attribute__((format(printf, 5, 6), warn_unused_result)) km_status
km_status_raise(km_status code, const char *file, int line, const char *function,
                const char *format, ...);

/** @brief Add one line to the trace of the current error. Local. Returns its first argument. */
KM_STATUS km_status_trace(km_status status, const char *file, int line, const char *function);

/** @brief Message of the last error raised in this thread ("" if none). Local. */
const char *km_status_message(void);

/** @brief Name of a code in words: "input", "io", ... Local. */
const char *km_status_name(km_status status);

/** @brief Write the trace of the last error, innermost call first. Local. */
void km_status_print_trace(FILE *stream);

/** @brief Forget message and trace. Local. */
void km_status_clear(void);

/**
 * @brief The same status on all ranks: KM_OK only if it is KM_OK on each. Collective on comm.
 *
 * Where any rank failed, every rank returns the code and holds the message of the lowest failed rank.
 */
KM_STATUS km_agree(km_status status, MPI_Comm comm);

/** @brief Print a failed assertion and abort. Local; used through KM_ASSERT. */
_Noreturn void km_status_assert_failed(const char *text, const char *file, int line,
                                       const char *function);
