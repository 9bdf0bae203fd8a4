#pragma once
/**
 * @file
 * @brief Named, nested timers: where the time goes.
 *
 *     km_timer_start("scf");
 *     km_timer_start("eigensolver");     counted as scf/eigensolver
 *     km_timer_stop("eigensolver");
 *     km_timer_stop("scf");
 *
 * Each thread has timers of its own, and the tables below show those of the calling one. A start and a stop cost
 * about 0.1 microseconds together. Names are string literals: they are kept, not copied.
 */
#include "kaimen/base/h5.h"
#include "kaimen/base/status.h"

/** @brief Start a timer inside the one that runs. Local. */
void km_timer_start(const char *name);

/** @brief Stop the innermost running timer of that name, and any that an error left running inside it. Local. */
void km_timer_stop(const char *name);

/**
 * @brief Count arithmetic and memory traffic of the running timer. Local.
 * @param[in] flops  operations of the algorithm, padding and copies aside
 * @param[in] bytes  operands and results, each once
 */
void km_timer_add_work(double flops, double bytes);

/** @brief KM_TRY of a step with a timer of its own. Local. */
#define KM_TRY_TIMED(name, expression)                                                         \
    do {                                                                                       \
        km_status timed_status_;                                                               \
                                                                                               \
        km_timer_start(name);                                                                  \
        timed_status_ = (expression);                                                          \
        km_timer_stop(name);                                                                   \
        KM_TRY(timed_status_);                                                                 \
    } while (0)

/** @brief Seconds of all ended calls of a timer such as "scf/eigensolver", and their number; 0 if unknown. Local. */
double km_timer_time_s(const char *path);
long km_timer_n_call(const char *path);

/** @brief Forget all timers; none may be running. Local. */
void km_timer_reset(void);

/**
 * @brief Table of rank 0's timers: calls, seconds of rank 0, mean and largest over ranks; GFlop and GB of rank 0 where they
 * are counted. Collective on comm.
 * @param[out] table  on rank 0 the text, ended with KM_FREE; NULL elsewhere
 */
KM_STATUS km_timer_table(MPI_Comm comm, char **table);

/** @brief Store this rank's timers: a group for each, with `time` (s) and `n_call`. Local. */
KM_STATUS km_timer_write(km_h5 *group);
