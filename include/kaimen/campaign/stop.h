#pragma once
/**
 * @file
 * @brief Reasons to end a job early and in good order: signals, a file STOP, the time limit. All functions are local.
 */
#include "kaimen/potential/calculator.h"

#include <signal.h>
#include <stdbool.h>

/**
 * @brief Catch SIGTERM and SIGUSR1 from now on: they only set a flag, however often they come (batch systems and mpirun both
 * pass them on).
 */
void km_stop_install(void);

/** @brief Give the signals back their former handling. */
void km_stop_remove(void);

/** @brief The flag: 0, or the number of the signal. Borrowed; goes into km_request. */
const volatile sig_atomic_t *km_stop_flag(void);

/** @brief When the job must have ended, and the file that ends it. */
typedef struct {
    char file[KM_REASON_SIZE]; /* STOP in the ledger's folder */
    double end_s;              /* monotonic clock; infinite: none */
    double checked_s;          /* when the file was looked for last */
    bool has_file;
} km_stop;

/**
 * @brief Prepare the checks. A few seconds are kept back for the last writing.
 * @param[in] time_limit_s  from now; 0: until SLURM_JOB_END_TIME where it is set, else none
 */
km_stop km_stop_prepare(const char *ledger_path, double time_limit_s);

/** @brief Seconds that may still be used; infinite without a limit. */
double km_stop_time_left_s(const km_stop *stop);

/** @brief Whether to end now, and why. The file is looked for twice a second at most. */
bool km_stop_check(km_stop *stop, char reason[KM_REASON_SIZE]);

/** @brief Seconds of the monotonic clock. */
double km_stop_clock_s(void);
