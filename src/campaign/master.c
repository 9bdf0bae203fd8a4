#include "kaimen/campaign/master.h"

#include "campaign/boundary_queue.h"

#include "kaimen/base/log.h"
#include "kaimen/base/memory.h"
#include "kaimen/campaign/progress.h"
#include "kaimen/campaign/relaxed.h"
#include "kaimen/campaign/schedule.h"
#include "kaimen/campaign/stop.h"

#include <math.h>
#include <string.h>

/** What a team is doing. */
typedef struct {
    int index;           /* of its task in the plan, -1: nothing */
    bool is_chosen;      /* the task is committed with this round and then sent */
    bool is_home;        /* it was told to stop */
    km_crystal *crystal; /* of a chosen task; NULL: the planned one */
    km_surface surface;
    char error[KM_REASON_SIZE]; /* why a chosen task has no crystal; "" */
} slot;

/** A result that waits for the round's transaction. */
typedef struct {
    int i_team;
    const char *id; /* of its task, borrowed */
    km_result result;
    void *image;
    size_t n_byte;
} arrival;

typedef struct {
    const km_campaign_options *options; /* all borrowed but what follows the blank line */
    const km_plan *plan;
    km_ledger *ledger;
    const km_team *team;
    const km_worker *worker;
    km_campaign_summary *summary;

    km_schedule *schedule;
    km_relaxed *relaxed;
    km_policy *policy;
    km_boundary_queue *boundaries; /* NULL: there are none */
    km_progress *progress;
    km_stop stop;
    int n_team;
    int n_busy;
    slot *slots;
    int n_arrival;
    arrival *arrivals; /* one of each team at most */
} master;

static km_status take_ledger(master *m)
{
    km_task *rows = NULL;
    km_result *results = NULL;
    km_status status;
    int n_row;

    KM_TRY(km_ledger_read_tasks(m->ledger, -1, &n_row, &rows, &results));
    KM_TRY_TO(end, km_schedule_create(m->plan, m->options->max_attempts, n_row, rows, results,
                                      &m->schedule));
    KM_TRY_TO(end, km_relaxed_create(m->plan, m->worker->relaxation.cell, m->ledger, n_row,
                                     rows, &m->relaxed));
    status = km_boundary_queue_create(m->plan, &m->options->boundary_search, m->ledger,
                                      m->schedule, n_row, rows, results, &m->boundaries);
end:
    KM_FREE(rows);
    KM_FREE(results);
    return status;
}

static km_status make_slots(master *m)
{
    m->n_team = km_team_count(m->team);
    KM_TRY(KM_ALLOC(m->slots, m->n_team));
    KM_TRY(KM_ALLOC(m->arrivals, m->n_team));
    for (int i = 0; i < m->n_team; ++i) m->slots[i].index = -1;
    return KM_OK;
}

static km_status prepare(master *m)
{
    m->stop = km_stop_prepare(m->options->ledger_path, m->options->time_limit_s);
    KM_TRY(take_ledger(m));
    KM_TRY(km_policy_create(m->options->policy, m->options->seed, &m->policy));
    KM_TRY(km_progress_create(m->options->ledger_path, km_ledger_instance(m->ledger),
                              m->schedule, m->n_team, m->options->show_progress, &m->progress));
    km_progress_note(m->progress, "begun", m->options->name);
    return KM_OK;
}

/* km_schedule_dismiss: a task that ends without a calculation. */
static km_status dismiss(void *self, int index, km_task_state state, const char *reason)
{
    master *m = self;
    const km_task *task = km_plan_task(m->plan, index);
    km_result result = km_result_empty();

    KM_TRY(km_ledger_dismiss(m->ledger, task->id, state, reason));
    result.state = state;
    snprintf(result.outcome, sizeof result.outcome, "%s", km_task_state_name(state));
    snprintf(result.reason, sizeof result.reason, "%s", reason);
    km_progress_end(m->progress, task, &result);
    ++m->summary->n_evaluated;
    return KM_OK;
}

static km_status receive_arrivals(master *m)
{
    while (m->n_arrival < m->n_team) {
        arrival *next = m->arrivals + m->n_arrival;

        km_status status = km_protocol_receive_result(m->team, &next->i_team, &next->result,
                                                      &next->image, &next->n_byte);

        if (next->i_team >= 0) ++m->n_arrival;
        KM_TRY(status);
        if (next->i_team < 0) return KM_OK;
    }
    return KM_OK;
}

static void free_arrivals(master *m)
{
    for (int i = 0; i < m->n_arrival; ++i) KM_FREE(m->arrivals[i].image);
    m->n_arrival = 0;
}

/* A team may hear of the end before the master does; what it gave back must not be sent to it again. */
static void stop_with_team(master *m, const km_result *result)
{
    if (m->summary->is_stopped) return;
    m->summary->is_stopped = true;
    snprintf(m->summary->stop_reason, sizeof m->summary->stop_reason,
             "a team was interrupted: %.150s", result->reason);
}

static km_status commit_arrival(master *m, const arrival *a)
{
    slot *s = m->slots + a->i_team;
    const km_task *task = km_plan_task(m->plan, s->index);

    if (a->result.state == KM_TASK_QUEUED) {
        KM_TRY(km_ledger_requeue(m->ledger, task->id, a->result.reason));
        KM_TRY(km_schedule_put_back(m->schedule, s->index));
        stop_with_team(m, &a->result);
        km_progress_end(m->progress, task, &a->result);
    } else {
        KM_TRY(km_ledger_finish(m->ledger, task->id, &a->result, a->image, a->n_byte));
        if (a->result.state == KM_TASK_DONE)
            KM_TRY(km_relaxed_take(m->relaxed, s->index, a->image, a->n_byte));
        ++m->summary->n_evaluated;
        KM_TRY(km_schedule_end(m->schedule, s->index, &a->result, dismiss, m));
        km_boundary_queue_record(m->boundaries, s->index, &a->result);
        km_progress_end(m->progress, task, &a->result);
    }
    s->index = -1;
    --m->n_busy;
    return KM_OK;
}

/* Let the policy see what is new; what it expects is stored before anything is computed. */
static km_status ask_policy(master *m)
{
    int n_observation, n_candidate, *indices = NULL;
    km_policy_observation *observations = NULL;
    km_policy_candidate *candidates = NULL;
    km_status status;

    if (!km_policy_is_active(m->policy)) return KM_OK;
    KM_TRY_TO(end, km_schedule_list(m->schedule, &n_observation, &observations, &n_candidate,
                                    &indices, &candidates));
    KM_TRY_TO(end,
              km_policy_apply(m->policy, n_observation, observations, n_candidate, candidates));
    for (int i = 0; i < n_candidate; ++i)
        KM_TRY_TO(end,
                  km_ledger_predict(m->ledger, km_plan_task(m->plan, indices[i])->id,
                                    candidates[i].prediction_j_m2,
                                    candidates[i].uncertainty_j_m2, candidates[i].priority));
    KM_TRY_TO(end,
              km_schedule_adopt(m->schedule, n_candidate, indices, candidates, dismiss, m));
end:
    KM_FREE(observations);
    KM_FREE(candidates);
    KM_FREE(indices);
    return status;
}

/* The crystal of a chosen task; one that cannot be made is the task's failure. */
static km_status prepare_slot(const master *m, slot *s)
{
    const char *id = km_plan_task(m->plan, s->index)->id;

    s->error[0] = '\0';
    s->surface = km_plan_task(m->plan, s->index)->surface;
    if (km_boundary_queue_find_winner(m->boundaries, s->index, &s->crystal) != KM_OK)
        snprintf(s->error, sizeof s->error, "the structure is lost: %.120s",
                 km_status_message());
    if (s->crystal || s->error[0]) return KM_OK;
    if (km_relaxed_cut(m->relaxed, s->index, &s->crystal, &s->surface) != KM_OK)
        snprintf(s->error, sizeof s->error, "cannot be cut from the relaxed bulk: %.120s",
                 km_status_message());
    return s->crystal ? km_ledger_set_surface(m->ledger, id, &s->surface) : KM_OK;
}

/* Choose a task for every idle team and mark it running in the ledger. */
static km_status choose_tasks(master *m)
{
    for (int i = 0; i < m->n_team; ++i) {
        slot *s = m->slots + i;

        if (s->index >= 0) continue;
        s->index = km_schedule_next(m->schedule, km_stop_time_left_s(&m->stop));
        if (s->index < 0) return KM_OK;
        s->is_chosen = true;
        ++m->n_busy;
        KM_TRY(km_ledger_start(m->ledger, km_plan_task(m->plan, s->index)->id, i));
        KM_TRY(prepare_slot(m, s));
    }
    return KM_OK;
}

static km_reference find_reference(const master *m, const km_task *task)
{
    const km_result *bulk = km_schedule_reference(m->schedule, task->bulk_id);
    const km_result *oriented = km_schedule_reference(m->schedule, task->oriented_id);
    km_reference reference = {.oriented_ha = oriented ? oriented->energy_ha : NAN,
                              .atom_ha = NAN};

    if (oriented) {
        reference.oriented_n_atom =
            km_plan_task(m->plan, km_plan_find(m->plan, task->oriented_id))->n_atom;
        reference.oriented_filling = oriented->calculation.basis_filling;
        reference.oriented_slope_ha = oriented->calculation.basis_slope_ha;
    }
    if (!bulk) return reference;
    reference.atom_ha =
        bulk->energy_ha / km_plan_task(m->plan, km_plan_find(m->plan, task->bulk_id))->n_atom;
    reference.has_bands = bulk->calculation.has_bands;
    reference.is_metallic = bulk->calculation.is_metallic;
    reference.vbm_ha = bulk->calculation.vbm_ha;
    reference.cbm_ha = bulk->calculation.cbm_ha;
    reference.mean_ha = bulk->calculation.potential_mean_ha;
    return reference;
}

static km_assignment make_assignment(const master *m, const slot *s)
{
    const km_task *task = km_plan_task(m->plan, s->index);
    double left_s = km_stop_time_left_s(&m->stop), own_s = m->options->task_time_limit_s;
    km_assignment assignment = {
        .task = *task,
        .reference = find_reference(m, task),
        .time_limit_s = own_s,
        .n_atom =
            km_crystal_n_atom(s->crystal ? s->crystal : km_plan_crystal(m->plan, s->index))};

    assignment.task.surface = s->surface;
    if (isfinite(left_s) && (own_s <= 0 || left_s < own_s)) {
        assignment.time_limit_s = fmax(left_s, 1e-3);
        assignment.is_job_limit = true;
    }
    return assignment;
}

/* With one rank the task is done here and now; its result arrives like any other. */
static void evaluate_here(master *m, const km_assignment *assignment, const km_crystal *crystal)
{
    arrival *a = m->arrivals + m->n_arrival++;

    a->i_team = 0;
    km_worker_evaluate(m->worker, assignment, crystal, km_team_comm(m->team), &a->result,
                       &a->image, &a->n_byte);
}

/* Nothing to compute: the failure arrives like any result. */
static void fail_here(master *m, int i_team)
{
    arrival *a = m->arrivals + m->n_arrival++;

    *a = (arrival){.i_team = i_team, .result = km_result_empty()};
    a->result.state = KM_TASK_FAILED;
    snprintf(a->result.outcome, sizeof a->result.outcome, "%s",
             km_outcome_name(KM_OUTCOME_FAILED));
    memcpy(a->result.reason, m->slots[i_team].error, KM_REASON_SIZE);
}

static km_status send_task(master *m, int i_team)
{
    slot *s = m->slots + i_team;
    const km_crystal *crystal = s->crystal ? s->crystal : km_plan_crystal(m->plan, s->index);
    const km_assignment assignment = make_assignment(m, s);

    s->is_chosen = false;
    km_progress_start(m->progress, &assignment.task, i_team);
    if (s->error[0])
        fail_here(m, i_team);
    else if (km_team_is_single(m->team))
        evaluate_here(m, &assignment, crystal);
    else
        return km_protocol_send_assignment(m->team, i_team, &assignment, crystal);
    return KM_OK;
}

static km_status send_tasks(master *m)
{
    for (int i = 0; i < m->n_team; ++i) {
        km_status status;

        if (!m->slots[i].is_chosen) continue;
        status = send_task(m, i);
        km_crystal_destroy(&m->slots[i].crystal);
        KM_TRY(status);
    }
    return KM_OK;
}

/* Of tasks whose results are safe now. */
static void remove_checkpoints(const master *m)
{
    for (int i = 0; i < m->n_arrival; ++i)
        if (m->arrivals[i].result.state != KM_TASK_QUEUED)
            km_relaxation_remove_checkpoint(&m->worker->relaxation, m->arrivals[i].id);
}

/* One transaction: what arrived and what starts next. */
static km_status commit_round(master *m)
{
    bool is_new = m->n_arrival > 0;

    KM_TRY(km_ledger_begin(m->ledger));
    for (int i = 0; i < m->n_arrival; ++i) {
        arrival *a = m->arrivals + i;

        a->id = km_plan_task(m->plan, m->slots[a->i_team].index)->id;
        KM_TRY(commit_arrival(m, a));
    }
    /* Now, not before: an arrival may have told that the job ends. */
    if (!m->summary->is_stopped) {
        if (is_new) KM_TRY(ask_policy(m));
        KM_TRY(km_boundary_queue_serve(m->boundaries, m->n_team - m->n_busy));
        KM_TRY(choose_tasks(m));
    }
    KM_TRY(km_ledger_commit(m->ledger));
    remove_checkpoints(m);
    free_arrivals(m);
    return KM_OK;
}

static bool is_work_left(const master *m)
{
    return km_schedule_count(m->schedule, KM_TASK_QUEUED) > 0;
}

static void check_stop(master *m)
{
    km_campaign_summary *summary = m->summary;

    if (summary->is_stopped || !km_stop_check(&m->stop, summary->stop_reason)) return;
    summary->is_stopped = true;
    if (m->n_busy > 0)
        km_log(KM_LOG_INFO, "stopping: %s; running tasks end first: %d", summary->stop_reason,
               m->n_busy);
}

/* Hand out and collect until nothing runs and nothing more can start. */
static km_status serve(master *m)
{
    bool is_first = true;
    int n_idle = 0;

    for (;;) {
        check_stop(m);
        if (!km_team_is_single(m->team)) KM_TRY(receive_arrivals(m));
        /* Only a result, or the learner, lets more tasks start. */
        if (is_first || m->n_arrival > 0 ||
            (!m->summary->is_stopped && km_boundary_queue_is_ready(m->boundaries))) {
            KM_TRY(commit_round(m));
            KM_TRY(send_tasks(m));
            is_first = false;
            n_idle = 0;
        }
        if (m->n_busy == 0 && m->n_arrival == 0 &&
            (m->summary->is_stopped || !km_boundary_queue_is_busy(m->boundaries)))
            return KM_OK;
        km_progress_refresh(m->progress);
        if (m->n_arrival == 0) km_protocol_rest(&n_idle);
    }
}

static void send_team_home(master *m, int i_team)
{
    km_protocol_send_stop(m->team, i_team);
    m->slots[i_team].is_home = true;
}

/* Whatever happened: every team ends its task and goes home. What still arrives was not committed and is lost. */
static void send_home(master *m)
{
    int n_idle = 0;
    arrival a;

    for (int i = 0; i < m->n_arrival; ++i) m->slots[m->arrivals[i].i_team].index = -1;
    for (int i = 0; i < m->n_team; ++i)
        if (m->slots[i].index < 0 || m->slots[i].is_chosen) send_team_home(m, i);
    for (int i = 0; i < m->n_team; ++i)
        while (!m->slots[i].is_home) {
            km_status status =
                km_protocol_receive_result(m->team, &a.i_team, &a.result, &a.image, &a.n_byte);

            KM_FREE(a.image);
            if (a.i_team >= 0)
                send_team_home(m, a.i_team);
            else if (status == KM_OK)
                km_protocol_rest(&n_idle);
        }
}

static void summarize(master *m)
{
    km_campaign_summary *summary = m->summary;

    for (int i = 0; i < KM_N_TASK_STATE; ++i) {
        summary->n_state[i] = km_schedule_count(m->schedule, (km_task_state)i);
        summary->n_surface[i] = km_schedule_count_surfaces(m->schedule, (km_task_state)i);
    }
    if (!is_work_left(m)) {
        summary->is_stopped = false;
        summary->stop_reason[0] = '\0';
    } else if (!summary->is_stopped) {
        summary->is_stopped = true;
        snprintf(summary->stop_reason, sizeof summary->stop_reason,
                 "the time limit: none of %d waiting tasks fits into the %.0f s left",
                 summary->n_state[KM_TASK_QUEUED], km_stop_time_left_s(&m->stop));
    }
    km_progress_note(m->progress, summary->is_stopped ? "stopped" : "done",
                     summary->stop_reason);
}

static km_status settle(master *m)
{
    KM_TRY(km_ledger_begin(m->ledger));
    KM_TRY(km_schedule_settle(m->schedule, dismiss, m));
    return km_ledger_commit(m->ledger);
}

km_status km_master_run(const km_campaign_options *options, const km_plan *plan,
                        km_ledger *ledger, const km_team *team, const km_worker *worker,
                        km_campaign_summary *summary)
{
    master m = {.options = options,
                .plan = plan,
                .ledger = ledger,
                .team = team,
                .worker = worker,
                .summary = summary};
    km_status status;

    KM_TRY(make_slots(&m));
    KM_TRY_TO(end, prepare(&m));
    KM_TRY_TO(end, settle(&m));
    KM_TRY_TO(end, serve(&m));
    summarize(&m);
end:
    if (!km_team_is_single(team)) send_home(&m);
    free_arrivals(&m);
    km_progress_destroy(&m.progress);
    km_policy_destroy(&m.policy);
    km_boundary_queue_destroy(&m.boundaries);
    km_schedule_destroy(&m.schedule);
    km_relaxed_destroy(&m.relaxed);
    for (int i = 0; m.slots && i < m.n_team; ++i) km_crystal_destroy(&m.slots[i].crystal);
    KM_FREE(m.slots);
    KM_FREE(m.arrivals);
    return status;
}
