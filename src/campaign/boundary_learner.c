#include "kaimen/campaign/boundary_learner.h"

#include "kaimen/base/memory.h"

#include <pthread.h>
#include <string.h>

typedef struct {
    int candidate;
    double energy_j_m2;
} observation;

struct km_boundary_learner {
    const km_boundary_list *list;
    km_boundary_search *search; /* the thread's */
    pthread_t thread;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t work;
    bool is_stopped, is_busy;
    km_status status; /* of the search, with its message */
    char message[KM_MESSAGE_SIZE];
    int n_told, n_taken; /* observations, [list->n_candidate]: told, and taken in */
    observation *told;
    int n_asked; /* proposals that are wanted and not made */
    int n_ready;
    km_proposal *ready; /* [list->n_candidate] */
    int *n_pending;     /* proposed and not told of, of each boundary */
    bool *is_ended;     /* and handed over */
    int n_end;
    km_boundary_end *end;
};

/* Locked. Take in one observation. */
static km_status take_observation(km_boundary_learner *l)
{
    const observation o = l->told[l->n_taken++];
    km_status status;

    pthread_mutex_unlock(&l->lock);
    status = km_boundary_search_record(l->search, o.candidate, o.energy_j_m2);
    pthread_mutex_lock(&l->lock);
    --l->n_pending[l->list->candidate[o.candidate].i_boundary];
    return status;
}

/* Locked. Make one proposal; where there is none now, the wish is dropped. */
static km_status make_proposal(km_boundary_learner *l)
{
    km_proposal proposal;
    km_status status;

    pthread_mutex_unlock(&l->lock);
    status = km_boundary_search_propose(l->search, &proposal);
    pthread_mutex_lock(&l->lock);
    if (status != KM_OK || proposal.candidate < 0) {
        l->n_asked = 0;
        return status;
    }
    --l->n_asked;
    l->ready[l->n_ready++] = proposal;
    ++l->n_pending[l->list->candidate[proposal.candidate].i_boundary];
    return KM_OK;
}

/* Locked. Hand over a boundary that is done and has nothing pending. */
static km_status end_boundary(km_boundary_learner *l, int b)
{
    km_boundary_end *end = l->end + l->n_end;
    const int n = l->list->boundary[b].n;
    km_status status = KM_OK;

    end->i_boundary = b;
    l->is_ended[b] = true;
    KM_TRY(KM_ALLOC(end->mean, n));
    KM_TRY(KM_ALLOC(end->deviation, n));
    pthread_mutex_unlock(&l->lock);
    status = km_boundary_search_predict(l->search, b, end->mean, end->deviation);
    pthread_mutex_lock(&l->lock);
    ++l->n_end;
    return status;
}

/* Locked. The next thing to do, observations first; false: nothing. */
static bool do_next(km_boundary_learner *l)
{
    if (l->status != KM_OK) return false;
    if (l->n_taken < l->n_told) {
        l->status = take_observation(l);
    } else if (l->n_asked > 0) {
        l->status = make_proposal(l);
    } else {
        int b = 0;

        while (b < l->list->n_boundary && (l->is_ended[b] || l->n_pending[b] > 0 ||
                                           !km_boundary_search_is_done(l->search, b)))
            ++b;
        if (b == l->list->n_boundary) return false;
        l->status = end_boundary(l, b);
    }
    if (l->status != KM_OK) snprintf(l->message, sizeof l->message, "%s", km_status_message());
    return true;
}

static void *run(void *self)
{
    km_boundary_learner *l = self;

    pthread_mutex_lock(&l->lock);
    while (!l->is_stopped) {
        l->is_busy = true;
        if (do_next(l)) continue;
        l->is_busy = false;
        pthread_cond_wait(&l->work, &l->lock);
    }
    pthread_mutex_unlock(&l->lock);
    return NULL;
}

static km_status allocate(km_boundary_learner *l)
{
    KM_TRY(KM_ALLOC(l->told, l->list->n_candidate));
    KM_TRY(KM_ALLOC(l->ready, l->list->n_candidate));
    KM_TRY(KM_ALLOC(l->n_pending, l->list->n_boundary));
    KM_TRY(KM_ALLOC(l->is_ended, l->list->n_boundary));
    return KM_ALLOC(l->end, l->list->n_boundary);
}

static void release(km_boundary_learner *l)
{
    for (int i = 0; l->end && i < l->list->n_boundary; ++i) {
        KM_FREE(l->end[i].mean);
        KM_FREE(l->end[i].deviation);
    }
    km_boundary_search_destroy(&l->search);
    KM_FREE(l->told);
    KM_FREE(l->ready);
    KM_FREE(l->n_pending);
    KM_FREE(l->is_ended);
    KM_FREE(l->end);
}

km_status km_boundary_learner_create(const km_boundary_list *list,
                                     const km_boundary_search_options *options,
                                     km_boundary_learner **out)
{
    km_boundary_learner *l = NULL;
    km_status status = KM_OK;

    *out = NULL;
    KM_TRY(KM_ALLOC(l, 1));
    l->list = list;
    KM_TRY_TO(fail, km_boundary_search_create(list, options, &l->search));
    KM_TRY_TO(fail, allocate(l));
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->work, NULL);
    KM_TRY_TO(fail, KM_CHECK(pthread_create(&l->thread, NULL, run, l) == 0, KM_E_MEMORY,
                             "no thread for the learner"));
    *out = l;
    return KM_OK;
fail:
    release(l);
    KM_FREE(l);
    return status;
}

void km_boundary_learner_destroy(km_boundary_learner **learner)
{
    km_boundary_learner *l = *learner;

    if (!l) return;
    pthread_mutex_lock(&l->lock);
    l->is_stopped = true;
    pthread_cond_signal(&l->work);
    pthread_mutex_unlock(&l->lock);
    pthread_join(l->thread, NULL);
    pthread_cond_destroy(&l->work);
    pthread_mutex_destroy(&l->lock);
    release(l);
    KM_FREE(*learner);
}

void km_boundary_learner_record(km_boundary_learner *l, int candidate, double energy_j_m2)
{
    pthread_mutex_lock(&l->lock);
    l->told[l->n_told++] = (observation){candidate, energy_j_m2};
    pthread_cond_signal(&l->work);
    pthread_mutex_unlock(&l->lock);
}

void km_boundary_learner_recall(km_boundary_learner *l, int candidate, double energy_j_m2)
{
    pthread_mutex_lock(&l->lock);
    ++l->n_pending[l->list->candidate[candidate].i_boundary];
    pthread_mutex_unlock(&l->lock);
    km_boundary_learner_record(l, candidate, energy_j_m2);
}

void km_boundary_learner_close(km_boundary_learner *l, int i_boundary)
{
    pthread_mutex_lock(&l->lock);
    km_boundary_search_close(l->search, i_boundary);
    l->is_ended[i_boundary] = true;
    pthread_mutex_unlock(&l->lock);
}

void km_boundary_learner_ask(km_boundary_learner *l, int n)
{
    pthread_mutex_lock(&l->lock);
    if (l->n_asked + l->n_ready < n) {
        l->n_asked = n - l->n_ready;
        pthread_cond_signal(&l->work);
    }
    pthread_mutex_unlock(&l->lock);
}

bool km_boundary_learner_is_ready(km_boundary_learner *l)
{
    bool is_ready;

    pthread_mutex_lock(&l->lock);
    is_ready = l->n_ready > 0 || l->n_end > 0 || l->status != KM_OK;
    pthread_mutex_unlock(&l->lock);
    return is_ready;
}

bool km_boundary_learner_is_busy(km_boundary_learner *l)
{
    bool is_busy;

    pthread_mutex_lock(&l->lock);
    is_busy = l->status == KM_OK && (l->is_busy || l->n_taken < l->n_told || l->n_asked > 0);
    pthread_mutex_unlock(&l->lock);
    return is_busy;
}

km_status km_boundary_learner_take(km_boundary_learner *l, km_proposal *proposal)
{
    km_status status;

    *proposal = (km_proposal){.candidate = -1};
    pthread_mutex_lock(&l->lock);
    status = KM_CHECK(l->status == KM_OK, l->status, "the learner: %s", l->message);
    if (status == KM_OK && l->n_ready > 0) {
        *proposal = l->ready[0];
        memmove(l->ready, l->ready + 1, sizeof *l->ready * (size_t)--l->n_ready);
    }
    pthread_mutex_unlock(&l->lock);
    return status;
}

void km_boundary_learner_take_end(km_boundary_learner *l, km_boundary_end *end)
{
    *end = (km_boundary_end){.i_boundary = -1};
    pthread_mutex_lock(&l->lock);
    if (l->n_end > 0) {
        *end = l->end[0];
        memmove(l->end, l->end + 1, sizeof *l->end * (size_t)--l->n_end);
        l->end[l->n_end] = (km_boundary_end){0};
    }
    pthread_mutex_unlock(&l->lock);
}
