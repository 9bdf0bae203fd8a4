#include "campaign/boundary_queue.h"

#include "kaimen/base/log.h"
#include "kaimen/base/memory.h"
#include "kaimen/campaign/record.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct km_boundary_queue {
    const km_plan *plan; /* all borrowed but the learner */
    const km_boundary_list *list;
    km_ledger *ledger;
    km_schedule *schedule;
    km_boundary_learner *learner;
    double tolerance_j_m2;
};

/* A candidate that ended in an earlier job. */
typedef struct {
    double ended_s;
    int candidate;
    double energy_j_m2;
} past;

static int compare_past(const void *first, const void *second)
{
    const past *a = first, *b = second;

    if (a->ended_s != b->ended_s) return a->ended_s < b->ended_s ? -1 : 1;
    return a->candidate - b->candidate;
}

/* In the order in which they came; a boundary whose rest was pruned is done with. */
static km_status recall(km_boundary_queue *q, int n_row, const km_task *rows,
                        const km_result *results)
{
    past *all;
    int n = 0;

    KM_TRY(KM_ALLOC(all, n_row));
    for (int i = 0; i < n_row; ++i) {
        const int task = km_plan_find(q->plan, rows[i].id);
        const int candidate = task < 0 ? -1 : km_plan_boundary_candidate(q->plan, task);

        if (candidate < 0) continue;
        if (rows[i].state == KM_TASK_PRUNED) {
            const int b = q->list->candidate[candidate].i_boundary;

            km_boundary_learner_close(q->learner, b);
            if (km_plan_winner(q->plan, b) >= 0)
                (void)km_schedule_release(q->schedule, km_plan_winner(q->plan, b));
        }
        if (rows[i].state != KM_TASK_DONE && rows[i].state != KM_TASK_FAILED) continue;
        all[n++] = (past){rows[i].ended_s, candidate,
                          rows[i].state == KM_TASK_DONE ? results[i].surface.gamma_j_m2 : NAN};
    }
    qsort(all, (size_t)n, sizeof *all, compare_past);
    for (int i = 0; i < n; ++i)
        km_boundary_learner_recall(q->learner, all[i].candidate, all[i].energy_j_m2);
    KM_FREE(all);
    return KM_OK;
}

km_status km_boundary_queue_create(const km_plan *plan,
                                   const km_boundary_search_options *options, km_ledger *ledger,
                                   km_schedule *schedule, int n_row, const km_task *rows,
                                   const km_result *results, km_boundary_queue **queue)
{
    const km_boundary_list *list = km_plan_boundaries(plan);
    km_boundary_queue *made = NULL;
    km_status status;

    *queue = NULL;
    if (list->n_boundary == 0) return KM_OK;
    KM_TRY(KM_ALLOC(made, 1));
    *made = (km_boundary_queue){.plan = plan,
                                .list = list,
                                .ledger = ledger,
                                .schedule = schedule,
                                .tolerance_j_m2 = options->search.tolerance};
    KM_TRY_TO(fail, km_boundary_learner_create(list, options, &made->learner));
    KM_TRY_TO(fail, recall(made, n_row, rows, results));
    *queue = made;
    return KM_OK;
fail:
    km_boundary_queue_destroy(&made);
    return status;
}

void km_boundary_queue_destroy(km_boundary_queue **queue)
{
    if (!*queue) return;
    km_boundary_learner_destroy(&(*queue)->learner);
    KM_FREE(*queue);
}

void km_boundary_queue_record(km_boundary_queue *q, int i_task, const km_result *result)
{
    const int candidate = q ? km_plan_boundary_candidate(q->plan, i_task) : -1;

    if (candidate < 0 || result->state == KM_TASK_QUEUED) return;
    km_boundary_learner_record(q->learner, candidate,
                               result->state == KM_TASK_DONE ? result->surface.gamma_j_m2
                                                             : NAN);
}

static km_status release(km_boundary_queue *q, const km_proposal *proposal)
{
    const int task = km_plan_boundary_task(q->plan, proposal->candidate);
    const km_task *planned = km_plan_task(q->plan, task);

    if (!km_schedule_release(q->schedule, task)) { /* it has failed with its reference */
        km_boundary_learner_record(q->learner, proposal->candidate, NAN);
        return KM_OK;
    }
    if (planned->interface.n_removed > 0)
        KM_TRY(km_ledger_note(q->ledger, planned->id, "merged",
                              "like atoms too close across the boundary became one, in whole "
                              "formula units"));
    if (proposal->is_control)
        KM_TRY(km_ledger_note(q->ledger, planned->id, "control", "drawn at random"));
    if (isnan(proposal->mean)) return KM_OK;
    return km_ledger_predict(q->ledger, planned->id, proposal->mean, proposal->deviation,
                             planned->priority);
}

/* The winner of a boundary that is done with may start; without a structure there is none. */
static km_status release_winner(km_boundary_queue *q, int b, bool has_structure)
{
    const int task = km_plan_winner(q->plan, b);

    if (task < 0 || km_schedule_state(q->schedule, task) != KM_TASK_QUEUED) return KM_OK;
    if (has_structure) {
        (void)km_schedule_release(q->schedule, task);
        return KM_OK;
    }
    KM_TRY(km_ledger_dismiss(q->ledger, km_plan_task(q->plan, task)->id, KM_TASK_FAILED,
                             "no candidate of the boundary has relaxed"));
    km_schedule_drop(q->schedule, task, KM_TASK_FAILED);
    return KM_OK;
}

/* The rest of a boundary, each with what is expected of it. */
static km_status prune(km_boundary_queue *q, const km_boundary_end *end)
{
    const km_boundary *boundary = q->list->boundary + end->i_boundary;
    double lowest = INFINITY;
    char reason[KM_REASON_SIZE];
    int n_done = 0, n_pruned = 0;

    KM_ASSERT(end->i_boundary >= 0);
    snprintf(reason, sizeof reason, "not expected to be lower by %g J/m2", q->tolerance_j_m2);
    for (int k = 0; k < boundary->n; ++k) {
        const int task = km_plan_boundary_task(q->plan, boundary->first + k);
        const char *id = km_plan_task(q->plan, task)->id;

        n_done += km_schedule_state(q->schedule, task) == KM_TASK_DONE;
        lowest = fmin(lowest, km_schedule_gamma_j_m2(q->schedule, task));
        if (km_schedule_state(q->schedule, task) != KM_TASK_QUEUED) continue;
        if (isfinite(end->mean[k]))
            KM_TRY(km_ledger_predict(q->ledger, id, end->mean[k], end->deviation[k], 0));
        KM_TRY(km_ledger_dismiss(q->ledger, id, KM_TASK_PRUNED, reason));
        km_schedule_drop(q->schedule, task, KM_TASK_PRUNED);
        ++n_pruned;
    }
    if (n_pruned > 0)
        km_log(KM_LOG_INFO, "%s: lowest %.4f J/m2 of %d relaxed; %d of %d candidates pruned",
               boundary->name, lowest, n_done, n_pruned, boundary->n);
    return release_winner(q, end->i_boundary, n_done > 0);
}

static km_status take_ends(km_boundary_queue *q)
{
    for (;;) {
        km_boundary_end end;
        km_status status;

        km_boundary_learner_take_end(q->learner, &end);
        if (end.i_boundary < 0) return KM_OK;
        status = prune(q, &end);
        KM_FREE(end.mean);
        KM_FREE(end.deviation);
        KM_TRY(status);
    }
}

/* Candidates wait for the energies of their crystals. */
static bool is_open(const km_boundary_queue *q)
{
    for (int b = 0; b < q->list->n_boundary; ++b) {
        const km_boundary *boundary = q->list->boundary + b;
        const int task = km_plan_boundary_task(q->plan, boundary->first);

        if (boundary->n > 0 && km_schedule_state(q->schedule, task) == KM_TASK_QUEUED &&
            !km_schedule_has_references(q->schedule, task))
            return false;
    }
    return true;
}

km_status km_boundary_queue_serve(km_boundary_queue *q, int n_idle)
{
    km_proposal proposal;

    if (!q) return KM_OK;
    KM_TRY(take_ends(q));
    for (;;) {
        KM_TRY(km_boundary_learner_take(q->learner, &proposal));
        if (proposal.candidate < 0) break;
        KM_TRY(release(q, &proposal));
        --n_idle;
    }
    if (n_idle > 0 && is_open(q)) km_boundary_learner_ask(q->learner, n_idle);
    return KM_OK;
}

km_status km_boundary_queue_find_winner(km_boundary_queue *q, int i_task, km_crystal **crystal)
{
    const int b = q ? km_plan_winner_boundary(q->plan, i_task) : -1;
    const km_boundary *boundary = q ? q->list->boundary + b : NULL;
    double lowest = INFINITY;
    void *image = NULL;
    km_h5 *file = NULL;
    size_t n_byte;
    int best = -1;
    km_status status;

    *crystal = NULL;
    if (b < 0) return KM_OK;
    for (int i = boundary->first; i < boundary->first + boundary->n; ++i) {
        const int task = km_plan_boundary_task(q->plan, i);
        const double energy = km_schedule_gamma_j_m2(q->schedule, task);

        if (!(energy < lowest)) continue;
        lowest = energy;
        best = task;
    }
    KM_TRY(KM_CHECK(best >= 0, KM_E_INTERNAL, "%s has no structure", boundary->name));
    KM_TRY_TO(
        end, km_ledger_read_image(q->ledger, km_plan_task(q->plan, best)->id, &image, &n_byte));
    KM_TRY_TO(end, KM_CHECK(image, KM_E_IO, "the lowest structure of %s has no record",
                            boundary->name));
    KM_TRY_TO(end, km_h5_open_image(image, n_byte, &file));
    status = km_record_read_structure(file, "structure_relaxed", crystal);
end:
    km_h5_close(&file);
    KM_FREE(image);
    return status;
}

bool km_boundary_queue_is_ready(km_boundary_queue *q)
{
    return q && km_boundary_learner_is_ready(q->learner);
}

bool km_boundary_queue_is_busy(km_boundary_queue *q)
{
    return q && (km_boundary_learner_is_ready(q->learner) ||
                 km_boundary_learner_is_busy(q->learner));
}
