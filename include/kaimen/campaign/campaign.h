#pragma once
/**
 * @file
 * @brief The front door: crystals in, ledger and database out, in one MPI job that can be killed and resumed.
 */
#include "kaimen/builder/slab.h"
#include "kaimen/campaign/boundary_search.h"
#include "kaimen/campaign/equation_of_state.h"
#include "kaimen/campaign/plan.h"
#include "kaimen/campaign/relaxation.h"
#include "kaimen/campaign/task.h"
#include "kaimen/dft/options.h"
#include "kaimen/potential/calculator.h"

#include <stdbool.h>

#define KM_CAMPAIGN_NAME_SIZE 64

/** What is computed of every crystal. */
typedef enum {
    KM_CAMPAIGN_SURFACE,
    KM_CAMPAIGN_EQUATION_OF_STATE,
    KM_CAMPAIGN_GRAIN_BOUNDARY
} km_campaign_kind;

/** One crystal of the input. */
typedef struct {
    char name[KM_TASK_TEXT_SIZE * 2]; /* short and distinct, such as the file's stem */
    char path[KM_PATH_SIZE];          /* where it came from; may be "" */
    const km_crystal *crystal;        /* borrowed; needed on rank 0 only */
    const char *physics_text;         /* borrowed: lines for its own results; NULL: none */
} km_campaign_bulk;

/** What a campaign is: plain values and borrowed texts. Only rank 0's are read. */
typedef struct {
    char name[KM_CAMPAIGN_NAME_SIZE];
    char ledger_path[KM_PATH_SIZE];
    char database_path[KM_PATH_SIZE]; /* "": not written */
    int n_bulk;
    const km_campaign_bulk *bulk; /* borrowed, [n_bulk] */
    km_campaign_kind kind;
    km_slab_options slab; /* for surfaces; its tolerance_bohr for all */
    km_equation_of_state_options equation_of_state;
    int n_boundary;
    const km_boundary_request *boundary; /* borrowed, [n_boundary] */
    km_boundary_options boundary_options;
    km_boundary_search_options boundary_search;
    km_relaxation relaxation; /* its folder follows from the ledger */
    const char *
        physics_text; /* borrowed: every effective value that changes a result, see identity.h */
    km_calculator *
        dft; /* borrowed, one per rank: computes what boundaries' searches end with; NULL: nothing does */
    const char *dft_text;   /* borrowed: as physics_text, of those calculations; NULL: none */
    const char *input_text; /* borrowed: effective options as YAML, stored with the results */
    const char *policy;     /* borrowed: see learner/policy.h; NULL: none */
    unsigned long seed;
    int team_size;            /* ranks of a team; 0: chosen */
    double time_limit_s;      /* of this job; 0: SLURM_JOB_END_TIME, else none */
    double task_time_limit_s; /* of one task; 0: none */
    int max_attempts;         /* a task that was started so often and never ended has crashed */
    bool show_progress; /* a line that is rewritten, instead of a log line per candidate */
} km_campaign_options;

/** What a call of km_campaign_run left behind. */
typedef struct {
    int n_state[KM_N_TASK_STATE]; /* tasks in each km_task_state, all kinds */
    int n_surface[KM_N_TASK_STATE];
    int n_evaluated; /* tasks that ended in this call */
    bool is_stopped; /* drained before all was done: the same call resumes */
    char stop_reason
        [KM_REASON_SIZE]; /* "the file STOP ...", "SIGTERM", "the time limit"; "" else */
    double time_s;
} km_campaign_summary;

/** @brief Three attempts, team size chosen, no limits. Local. */
km_campaign_options km_campaign_options_default(void);

/**
 * @brief Run or resume a campaign until it is done or told to stop. Collective on world.
 *
 * Rank 0 owns the ledger and hands out tasks; the other ranks evaluate, in teams; one rank does both. Stops early, with
 * all running tasks ended or put back, on SIGTERM or SIGUSR1, a file STOP beside the ledger, or too little time left.
 * A candidate that cannot be evaluated is a row in the ledger, not an error.
 *
 * @param[in]  plan        from km_campaign_plan(); needed on rank 0 only
 * @param[in]  calculator  one per rank; borrowed
 * @param[out] summary     the same on every rank
 * @return KM_E_INPUT for a ledger of another campaign or of other options, or one in use by another job; KM_E_IO where ledger or database
 *         cannot be written (the ledger then holds everything that was committed)
 */
KM_STATUS km_campaign_run(const km_campaign_options *options, const km_plan *plan,
                          km_calculator *calculator, MPI_Comm world,
                          km_campaign_summary *summary);

/**
 * @brief Everything the campaign would evaluate; runs nothing. Local.
 * @param[in] calculator  estimates sizes and times, and relaxes the crystals of grain boundaries, which need a classical one; NULL: no estimates
 */
KM_STATUS km_campaign_plan(const km_campaign_options *options, km_calculator *calculator,
                           km_plan **plan);
