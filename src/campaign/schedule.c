#include "kaimen/campaign/schedule.h"

#include "kaimen/base/memory.h"

#include <math.h>
#include <string.h>

/* Times scatter around what the cost model expects. */
#define TIME_MARGIN 1.2

/** What changes of a task while the job runs. */
typedef struct {
    km_task_state state;
    int n_attempt;
    int n_wait;       /* references that are not done */
    bool is_released; /* a winner that may start once its reference is done */
    double priority;
    double cost; /* a copy, so that the heap reads one place */
} entry;

struct km_schedule {
    const km_plan *plan; /* borrowed */
    int n_task;
    int max_attempts;
    entry *entries;
    int n_ready;
    int *ready;              /* heap of tasks that can start */
    int *first, *dependents; /* those of task i: dependents[first[i] .. first[i+1]-1] */
    int *reference;          /* place of a reference's result, -1 of a surface */
    km_result *results;
    double *gamma_j_m2; /* of finished surfaces */
    int n_state[KM_N_TASK_STATE];
    int n_surface[KM_N_TASK_STATE];
    bool is_alone; /* a last attempt is running */
    km_cost cost;
};

/* Whether task a starts before task b. */
static bool precedes(const km_schedule *s, int a, int b)
{
    const entry *first = s->entries + a, *second = s->entries + b;

    if (first->n_attempt != second->n_attempt) return first->n_attempt < second->n_attempt;
    if (first->priority != second->priority) return first->priority > second->priority;
    if (first->cost != second->cost) return first->cost > second->cost;
    return a < b;
}

static void sift_up(km_schedule *s, int place)
{
    int index = s->ready[place];

    while (place > 0 && precedes(s, index, s->ready[(place - 1) / 2])) {
        s->ready[place] = s->ready[(place - 1) / 2];
        place = (place - 1) / 2;
    }
    s->ready[place] = index;
}

static void sift_down(km_schedule *s, int place)
{
    int index = s->ready[place];

    for (;;) {
        int child = 2 * place + 1;

        if (child >= s->n_ready) break;
        if (child + 1 < s->n_ready && precedes(s, s->ready[child + 1], s->ready[child]))
            ++child;
        if (!precedes(s, s->ready[child], index)) break;
        s->ready[place] = s->ready[child];
        place = child;
    }
    s->ready[place] = index;
}

static void push(km_schedule *s, int index)
{
    s->ready[s->n_ready] = index;
    sift_up(s, s->n_ready++);
}

static void remove_at(km_schedule *s, int place)
{
    s->ready[place] = s->ready[--s->n_ready];
    if (place == s->n_ready) return;
    sift_down(s, place);
    sift_up(s, place);
}

/* Whether a task has an energy per area, and is a reference for nothing. */
static bool is_candidate(const km_schedule *s, int index)
{
    const km_task_kind kind = km_plan_task(s->plan, index)->kind;

    return kind == KM_TASK_SURFACE || kind == KM_TASK_GRAIN_BOUNDARY || kind == KM_TASK_WINNER;
}

static void set_state(km_schedule *s, int index, km_task_state state)
{
    entry *e = s->entries + index;
    bool is_surface = is_candidate(s, index);

    --s->n_state[e->state];
    ++s->n_state[state];
    s->n_surface[e->state] -= is_surface;
    s->n_surface[state] += is_surface;
    e->state = state;
}

static int find_reference(const km_schedule *s, const char *id)
{
    return id[0] ? km_plan_find(s->plan, id) : -1;
}

/* References of a task as indices, -1 for none. */
static void find_references(const km_schedule *s, int index, int references[2])
{
    const km_task *task = km_plan_task(s->plan, index);

    references[0] = find_reference(s, task->bulk_id);
    references[1] = find_reference(s, task->oriented_id);
}

static km_status link_dependents(km_schedule *s)
{
    int references[2], *filled = NULL;

    KM_TRY(KM_ALLOC(s->first, s->n_task + 1));
    for (int i = 0; i < s->n_task; ++i) {
        find_references(s, i, references);
        for (int ir = 0; ir < 2; ++ir)
            if (references[ir] >= 0) ++s->first[references[ir] + 1];
    }
    for (int i = 0; i < s->n_task; ++i) s->first[i + 1] += s->first[i];
    KM_TRY(KM_ALLOC(s->dependents, s->first[s->n_task]));
    KM_TRY(KM_ALLOC(filled, s->n_task));
    for (int i = 0; i < s->n_task; ++i) {
        find_references(s, i, references);
        for (int ir = 0; ir < 2; ++ir)
            if (references[ir] >= 0)
                s->dependents[s->first[references[ir]] + filled[references[ir]]++] = i;
    }
    KM_FREE(filled);
    return KM_OK;
}

static km_status make_entries(km_schedule *s)
{
    int n_reference = 0;

    KM_TRY(KM_ALLOC(s->entries, s->n_task));
    KM_TRY(KM_ALLOC(s->ready, s->n_task));
    KM_TRY(KM_ALLOC(s->reference, s->n_task));
    KM_TRY(KM_ALLOC(s->gamma_j_m2, s->n_task));
    for (int i = 0; i < s->n_task; ++i) {
        const km_task *task = km_plan_task(s->plan, i);

        s->entries[i].priority = task->priority;
        s->entries[i].cost = task->cost;
        s->gamma_j_m2[i] = NAN;
        s->reference[i] = is_candidate(s, i) ? -1 : n_reference++;
        ++s->n_state[KM_TASK_QUEUED];
        s->n_surface[KM_TASK_QUEUED] += is_candidate(s, i);
    }
    return KM_ALLOC(s->results, n_reference);
}

static void keep_result(km_schedule *s, int index, const km_result *result)
{
    if (s->reference[index] >= 0)
        s->results[s->reference[index]] = *result;
    else
        s->gamma_j_m2[index] = result->surface.gamma_j_m2;
    km_cost_learn(&s->cost, km_plan_task(s->plan, index), result->time_s);
}

static void take_rows(km_schedule *s, int n_row, const km_task *rows, const km_result *results)
{
    for (int i = 0; i < n_row; ++i) {
        int index = km_plan_find(s->plan, rows[i].id);

        if (index < 0) continue;
        s->entries[index].n_attempt = rows[i].n_attempt;
        set_state(s, index, rows[i].state);
        if (rows[i].state == KM_TASK_DONE) keep_result(s, index, results + i);
        if (rows[i].state == KM_TASK_FAILED && s->reference[index] >= 0)
            memcpy(s->results[s->reference[index]].reason, rows[i].reason, KM_REASON_SIZE);
    }
}

/* Whether a task starts as soon as it can, and not only when a search asks for it. */
static bool starts_itself(const km_schedule *s, int index)
{
    const km_task_kind kind = km_plan_task(s->plan, index)->kind;

    return kind != KM_TASK_GRAIN_BOUNDARY &&
           (kind != KM_TASK_WINNER || s->entries[index].is_released);
}

static void find_ready(km_schedule *s)
{
    int references[2];

    for (int i = 0; i < s->n_task; ++i) {
        find_references(s, i, references);
        for (int ir = 0; ir < 2; ++ir)
            if (references[ir] >= 0 && s->entries[references[ir]].state != KM_TASK_DONE)
                ++s->entries[i].n_wait;
        if (s->entries[i].state == KM_TASK_QUEUED && s->entries[i].n_wait == 0 &&
            starts_itself(s, i))
            push(s, i);
    }
}

km_status km_schedule_create(const km_plan *plan, int max_attempts, int n_row,
                             const km_task *rows, const km_result *results,
                             km_schedule **schedule)
{
    km_schedule *made = NULL;
    km_status status;

    *schedule = NULL;
    KM_TRY(KM_CHECK(max_attempts > 0, KM_E_ARGUMENT, "max_attempts = %d must be positive",
                    max_attempts));
    KM_TRY(KM_ALLOC(made, 1));
    made->plan = plan;
    made->n_task = km_plan_n_task(plan);
    made->max_attempts = max_attempts;
    KM_TRY_TO(fail, make_entries(made));
    KM_TRY_TO(fail, link_dependents(made));
    take_rows(made, n_row, rows, results);
    find_ready(made);
    *schedule = made;
    return KM_OK;
fail:
    km_schedule_destroy(&made);
    return status;
}

void km_schedule_destroy(km_schedule **schedule)
{
    km_schedule *s = *schedule;

    if (!s) return;
    KM_FREE(s->entries);
    KM_FREE(s->ready);
    KM_FREE(s->first);
    KM_FREE(s->dependents);
    KM_FREE(s->reference);
    KM_FREE(s->results);
    KM_FREE(s->gamma_j_m2);
    KM_FREE(*schedule);
}

static bool fits(const km_schedule *s, int index, double time_left_s)
{
    return TIME_MARGIN * km_schedule_predict_s(s, index) <= time_left_s;
}

/* Place in the heap of the longest task that fits, -1 for none; not one with more attempts than the next. */
static int find_fitting(const km_schedule *s, double time_left_s)
{
    int n_attempt = s->entries[s->ready[0]].n_attempt;
    double longest_s = -1;
    int place = -1;

    for (int i = 0; i < s->n_ready; ++i) {
        double time_s = km_schedule_predict_s(s, s->ready[i]);

        if (fits(s, s->ready[i], time_left_s) && time_s > longest_s &&
            s->entries[s->ready[i]].n_attempt == n_attempt) {
            longest_s = time_s;
            place = i;
        }
    }
    return place;
}

int km_schedule_next(km_schedule *s, double time_left_s)
{
    int place = 0, index;
    bool is_last;

    if (s->n_ready == 0 || s->is_alone) return -1;
    if (!fits(s, s->ready[0], time_left_s)) place = find_fitting(s, time_left_s);
    if (place < 0) return -1;
    index = s->ready[place];
    is_last =
        s->entries[index].n_attempt > 0 && s->entries[index].n_attempt + 1 >= s->max_attempts;
    if (is_last && s->n_state[KM_TASK_RUNNING] > 0) return -1;
    remove_at(s, place);
    s->is_alone = is_last;
    ++s->entries[index].n_attempt;
    set_state(s, index, KM_TASK_RUNNING);
    return index;
}

static km_status dismiss_dependents(km_schedule *s, int index, const char *why,
                                    km_schedule_dismiss dismiss, void *self)
{
    char reason[KM_REASON_SIZE];

    snprintf(reason, sizeof reason, "bulk reference failed: %.80s: %.80s",
             km_plan_task(s->plan, index)->label, why);
    for (int i = s->first[index]; i < s->first[index + 1]; ++i) {
        int dependent = s->dependents[i];

        if (s->entries[dependent].state != KM_TASK_QUEUED) continue;
        set_state(s, dependent, KM_TASK_FAILED);
        KM_TRY(dismiss(self, dependent, KM_TASK_FAILED, reason));
    }
    return KM_OK;
}

km_status km_schedule_end(km_schedule *s, int index, const km_result *result,
                          km_schedule_dismiss dismiss, void *self)
{
    s->is_alone = false;
    set_state(s, index, result->state);
    if (result->state != KM_TASK_DONE)
        return dismiss_dependents(s, index, result->reason, dismiss, self);
    keep_result(s, index, result);
    for (int i = s->first[index]; i < s->first[index + 1]; ++i) {
        entry *e = s->entries + s->dependents[i];

        if (--e->n_wait == 0 && e->state == KM_TASK_QUEUED &&
            starts_itself(s, s->dependents[i]))
            push(s, s->dependents[i]);
    }
    return KM_OK;
}

bool km_schedule_has_references(const km_schedule *s, int index)
{
    return s->entries[index].n_wait == 0;
}

bool km_schedule_release(km_schedule *s, int index)
{
    entry *e = s->entries + index;

    if (e->state != KM_TASK_QUEUED || e->is_released) return false;
    if (e->n_wait > 0 && km_plan_task(s->plan, index)->kind != KM_TASK_WINNER) return false;
    e->is_released = true;
    if (e->n_wait == 0) push(s, index);
    return true;
}

void km_schedule_drop(km_schedule *s, int index, km_task_state state)
{
    if (s->entries[index].state == KM_TASK_QUEUED) set_state(s, index, state);
}

km_task_state km_schedule_state(const km_schedule *s, int index)
{
    return s->entries[index].state;
}

double km_schedule_gamma_j_m2(const km_schedule *s, int index)
{
    return s->gamma_j_m2[index];
}

km_status km_schedule_put_back(km_schedule *s, int index)
{
    KM_TRY(KM_CHECK(s->entries[index].state == KM_TASK_RUNNING, KM_E_INTERNAL,
                    "task %d is not running", index));
    s->is_alone = false;
    --s->entries[index].n_attempt;
    set_state(s, index, KM_TASK_QUEUED);
    push(s, index);
    return KM_OK;
}

km_status km_schedule_settle(km_schedule *s, km_schedule_dismiss dismiss, void *self)
{
    for (int i = 0; i < s->n_task; ++i)
        if (s->entries[i].state == KM_TASK_FAILED && s->first[i + 1] > s->first[i])
            KM_TRY(dismiss_dependents(s, i, s->results[s->reference[i]].reason, dismiss, self));
    return KM_OK;
}

km_status km_schedule_list(const km_schedule *s, int *n_observation,
                           km_policy_observation **observations, int *n_candidate,
                           int **indices, km_policy_candidate **candidates)
{
    *n_observation = *n_candidate = 0;
    *observations = NULL;
    *candidates = NULL;
    *indices = NULL;
    KM_TRY(KM_ALLOC(*observations, s->n_surface[KM_TASK_DONE] + s->n_surface[KM_TASK_FAILED]));
    KM_TRY(KM_ALLOC(*candidates, s->n_surface[KM_TASK_QUEUED]));
    KM_TRY(KM_ALLOC(*indices, s->n_surface[KM_TASK_QUEUED]));
    for (int i = 0; i < s->n_task; ++i) {
        const km_crystal *crystal = km_plan_crystal(s->plan, i);
        km_task_state state = s->entries[i].state;

        if (s->reference[i] >= 0) continue;
        if (state == KM_TASK_DONE || state == KM_TASK_FAILED)
            (*observations)[(*n_observation)++] =
                (km_policy_observation){crystal, s->gamma_j_m2[i]};
        if (state != KM_TASK_QUEUED) continue;
        (*indices)[*n_candidate] = i;
        (*candidates)[(*n_candidate)++] =
            (km_policy_candidate){.crystal = crystal,
                                  .cost_s = km_schedule_predict_s(s, i),
                                  .priority = s->entries[i].priority,
                                  .prediction_j_m2 = NAN,
                                  .uncertainty_j_m2 = NAN};
    }
    return KM_OK;
}

km_status km_schedule_adopt(km_schedule *s, int n_candidate, const int *indices,
                            const km_policy_candidate *candidates, km_schedule_dismiss dismiss,
                            void *self)
{
    int n_kept = 0;

    for (int i = 0; i < n_candidate; ++i) {
        s->entries[indices[i]].priority = candidates[i].priority;
        if (!candidates[i].is_pruned) continue;
        set_state(s, indices[i], KM_TASK_PRUNED);
        KM_TRY(dismiss(self, indices[i], KM_TASK_PRUNED, "pruned by its prediction"));
    }
    for (int i = 0; i < s->n_ready; ++i)
        if (s->entries[s->ready[i]].state == KM_TASK_QUEUED) s->ready[n_kept++] = s->ready[i];
    s->n_ready = n_kept;
    for (int i = n_kept / 2 - 1; i >= 0; --i) sift_down(s, i);
    return KM_OK;
}

int km_schedule_count(const km_schedule *schedule, km_task_state state)
{
    return schedule->n_state[state];
}

int km_schedule_count_surfaces(const km_schedule *schedule, km_task_state state)
{
    return schedule->n_surface[state];
}

double km_schedule_predict_s(const km_schedule *schedule, int index)
{
    return km_cost_predict_s(&schedule->cost, km_plan_task(schedule->plan, index));
}

double km_schedule_left_s(const km_schedule *schedule)
{
    double sum_s = 0;

    for (int i = 0; i < schedule->n_task; ++i)
        if (schedule->entries[i].state == KM_TASK_QUEUED &&
            (starts_itself(schedule, i) || schedule->entries[i].is_released))
            sum_s += km_schedule_predict_s(schedule, i);
    return sum_s;
}

const km_result *km_schedule_reference(const km_schedule *schedule, const char *id)
{
    int index = find_reference(schedule, id);

    if (index < 0 || schedule->reference[index] < 0 ||
        schedule->entries[index].state != KM_TASK_DONE)
        return NULL;
    return schedule->results + schedule->reference[index];
}
