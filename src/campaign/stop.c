#include "kaimen/campaign/stop.h"

#include "kaimen/base/log.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FILE_INTERVAL_S 0.5
/* Kept back for the last results and the database: 2 % of the limit, 30 s at most. */
#define RESERVE_FRACTION 0.02
#define RESERVE_MAX_S 30.0

static volatile sig_atomic_t caught;
static struct sigaction former_term, former_usr1;

static void catch_signal(int number)
{
    caught = number;
}

void km_stop_install(void)
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_handler = catch_signal;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    caught = 0;
    sigaction(SIGTERM, &action, &former_term);
    sigaction(SIGUSR1, &action, &former_usr1);
}

void km_stop_remove(void)
{
    sigaction(SIGTERM, &former_term, NULL);
    sigaction(SIGUSR1, &former_usr1, NULL);
}

const volatile sig_atomic_t *km_stop_flag(void)
{
    return &caught;
}

double km_stop_clock_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Seconds until SLURM ends the job; 0 where it does not say. */
static double read_slurm_limit_s(void)
{
    const char *text = getenv("SLURM_JOB_END_TIME");
    double left_s = text ? strtod(text, NULL) - (double)time(NULL) : 0;

    return text && left_s <= 0 ? 1e-3 : left_s;
}

km_stop km_stop_prepare(const char *ledger_path, double time_limit_s)
{
    km_stop stop = {.end_s = INFINITY, .checked_s = -INFINITY};
    const char *slash = strrchr(ledger_path, '/');
    int n_folder = slash ? (int)(slash - ledger_path) + 1 : 0;
    double limit_s = time_limit_s > 0 ? time_limit_s : read_slurm_limit_s();

    if (snprintf(stop.file, sizeof stop.file, "%.*sSTOP", n_folder, ledger_path) >=
        (int)sizeof stop.file) {
        km_log(KM_LOG_WARN, "%s: too long a path for a STOP file beside it", ledger_path);
        stop.file[0] = '\0';
    }
    if (limit_s > 0)
        stop.end_s =
            km_stop_clock_s() + limit_s - fmin(RESERVE_FRACTION * limit_s, RESERVE_MAX_S);
    return stop;
}

double km_stop_time_left_s(const km_stop *stop)
{
    return stop->end_s - km_stop_clock_s();
}

bool km_stop_check(km_stop *stop, char reason[KM_REASON_SIZE])
{
    double now_s = km_stop_clock_s();

    if (now_s > stop->checked_s + FILE_INTERVAL_S) {
        stop->checked_s = now_s;
        stop->has_file = stop->file[0] && access(stop->file, F_OK) == 0;
    }
    if (caught)
        snprintf(reason, KM_REASON_SIZE, "%s", caught == SIGTERM ? "SIGTERM" : "SIGUSR1");
    else if (stop->has_file)
        snprintf(reason, KM_REASON_SIZE, "the file %.150s (remove it to resume)", stop->file);
    else if (now_s >= stop->end_s)
        snprintf(reason, KM_REASON_SIZE, "the time limit");
    else
        return false;
    return true;
}
