#include "kaimen/learner/replay.h"

#include <math.h>
#include <stdbool.h>

/* Note a value; whether every goal is reached. */
static bool note(double value, int n_goal, const double *goal, int n_done, int max_trial,
                 int *trial)
{
    bool all = true;

    for (int g = 0; g < n_goal; ++g) {
        if (value <= goal[g] && trial[g] > max_trial) trial[g] = n_done;
        all = all && trial[g] <= max_trial;
    }
    return all;
}

km_status km_replay_run(const km_replay *replay, const km_search_options *options, int n_goal,
                        const double *goal, int max_trial, int *trial, double *trace)
{
    km_search *search = NULL;
    km_status status = KM_OK;
    km_proposal proposal;

    for (int g = 0; g < n_goal; ++g) trial[g] = max_trial + 1;
    for (int i = 0; trace && i < max_trial; ++i) trace[i] = NAN;
    KM_TRY(km_search_create(options, &replay->space, replay->n, replay->x, replay->n_source,
                            replay->source, NULL, &search));
    for (int i = 0; i < max_trial; ++i) {
        KM_TRY_TO(end, km_search_propose(search, &proposal));
        if (proposal.candidate < 0) break;
        KM_TRY_TO(end, km_search_record(search, proposal.candidate,
                                        replay->value[proposal.candidate]));
        if (trace) trace[i] = replay->value[proposal.candidate];
        if (note(replay->value[proposal.candidate], n_goal, goal, i + 1, max_trial, trial))
            break;
    }
end:
    km_search_destroy(&search);
    return status;
}
