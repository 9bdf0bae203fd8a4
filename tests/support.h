#pragma once
/**
 * @file
 * @brief What every test program needs: cmocka, MPI and the balance of live blocks.
 */
/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

#include "kaimen/base/memory.h"
#include "kaimen/base/status.h"

/** Fail the test with the error's message and trace when the expression is not KM_OK. */
#define ASSERT_OK(expression)                                                                  \
    do {                                                                                       \
        if ((expression) != KM_OK) {                                                           \
            km_status_print_trace(stderr);                                                     \
            fail_msg("%s: %s", #expression, km_status_message());                              \
        }                                                                                      \
    } while (0)

/** Fail the test unless |actual - expected| <= tolerance; prints all three with 15 digits. */
#define ASSERT_CLOSE(actual, expected, tolerance)                                              \
    do {                                                                                       \
        double close_actual_ = (actual), close_expected_ = (expected);                         \
        double close_tolerance_ = (tolerance);                                                 \
        if (!(fabs(close_actual_ - close_expected_) <= close_tolerance_))                      \
            fail_msg("%s = %.15g, expected %.15g within %.2g", #actual, close_actual_,         \
                     close_expected_, close_tolerance_);                                       \
    } while (0)

/** Skip the test, and say why: the runner prints it. */
#define KM_SKIP(reason)                                                                        \
    do {                                                                                       \
        printf("[  REASON  ] %s: %s\n", __func__, (reason));                                   \
        skip();                                                                                \
    } while (0)

/*
 * MPI has leaks of its own, in modules that it unloads, so that they cannot be suppressed by name:
 * what MPI_Init allocates does not count, and leaks are looked for before MPI_Finalize.
 */
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#else
#define __lsan_disable() ((void)0)
#define __lsan_enable() ((void)0)
#define __lsan_do_recoverable_leak_check() 0
#endif

/** Define main: run the group `tests` under MPI, then require that every block was freed. */
#define KM_TEST_MAIN(tests)                                                                    \
    int main(int argc, char **argv)                                                            \
    {                                                                                          \
        int n_failed;                                                                          \
                                                                                               \
        __lsan_disable();                                                                      \
        MPI_Init(&argc, &argv);                                                                \
        __lsan_enable();                                                                       \
        n_failed = cmocka_run_group_tests(tests, NULL, NULL);                                  \
        if (km_memory_live_blocks() != 0) {                                                    \
            fprintf(stderr, "%ld blocks were never freed\n", km_memory_live_blocks());         \
            n_failed = n_failed + 1;                                                           \
        }                                                                                      \
        if (__lsan_do_recoverable_leak_check() != 0) n_failed = n_failed + 1;                  \
        MPI_Finalize();                                                                        \
        return n_failed != 0;                                                                  \
    }

/** Folder of reference data, or NULL where it is absent (the test then skips). */
static inline const char *km_test_shared(void)
{
    const char *folder = getenv("KAIMEN_SHARED");
    FILE *probe;
    char path[1024];

    if (!folder) folder = "../shared";
    snprintf(path, sizeof path, "%s/data/SOURCES.md", folder);
    probe = fopen(path, "r");
    if (!probe) return NULL;
    fclose(probe);
    return folder;
}
