#include "kaimen/campaign/boundary_search.h"

#include "kaimen/base/memory.h"

#include <math.h>
#include <string.h>

/* One boundary's search. */
typedef struct {
    km_search *search; /* NULL: not begun */
    int n_proposed, n_ended;
    int next; /* of KM_BOUNDARY_ALL */
    bool is_done;
} stage;

struct km_boundary_search {
    const km_boundary_list *list; /* borrowed */
    km_boundary_search_options options;
    stage *stage;        /* [n_boundary] */
    double *energy_j_m2; /* of all candidates, NaN: not known */
    bool *is_ended;      /* known or failed */
};

km_boundary_search_options km_boundary_search_options_default(void)
{
    km_boundary_search_options options = {.policy = KM_BOUNDARY_TRANSFER,
                                          .search = km_search_options_default()};

    options.search.tolerance = 1e-3;
    options.search.n_least = 10;
    options.search.patience = 10;
    return options;
}

km_status km_boundary_search_create(const km_boundary_list *list,
                                    const km_boundary_search_options *options,
                                    km_boundary_search **out)
{
    km_boundary_search *made = NULL;
    km_status status = KM_OK;

    *out = NULL;
    KM_TRY(KM_CHECK(options->max_trial >= 0, KM_E_ARGUMENT,
                    "max_trial = %d must not be negative", options->max_trial));
    KM_TRY(KM_ALLOC(made, 1));
    made->list = list;
    made->options = *options;
    KM_TRY_TO(fail, KM_ALLOC(made->stage, list->n_boundary));
    KM_TRY_TO(fail, KM_ALLOC(made->energy_j_m2, list->n_candidate));
    KM_TRY_TO(fail, KM_ALLOC(made->is_ended, list->n_candidate));
    for (int i = 0; i < list->n_candidate; ++i) made->energy_j_m2[i] = NAN;
    for (int b = 0; b < list->n_boundary; ++b)
        made->stage[b].is_done = list->boundary[b].n == 0;
    *out = made;
    return KM_OK;
fail:
    km_boundary_search_destroy(&made);
    return status;
}

void km_boundary_search_destroy(km_boundary_search **search)
{
    km_boundary_search *s = *search;

    if (!s) return;
    for (int b = 0; s->stage && b < s->list->n_boundary; ++b)
        km_search_destroy(&s->stage[b].search);
    KM_FREE(s->stage);
    KM_FREE(s->energy_j_m2);
    KM_FREE(s->is_ended);
    KM_FREE(*search);
}

/* Shift on the torus of the CNID cell; merging and terminations as plain numbers, a bond apart. */
static km_space space_of(const km_boundary_list *list, int b)
{
    const km_boundary *boundary = list->boundary + b;
    const km_bicrystal *bicrystal =
        km_grain_boundary_bicrystal(boundary->geometry, list->candidate[boundary->first].pair);
    km_space space = {.n_x = 4, .n_shift = 2};

    for (int i = 0; i < 2; ++i) {
        const double one[2] = {i == 0, i == 1};

        km_bicrystal_shift_bohr(bicrystal, one, space.lattice + 2 * i);
    }
    return space;
}

static void place(const km_boundary_list *list, int candidate, double x[4])
{
    const km_boundary_candidate *c = list->candidate + candidate;
    const km_bicrystal *bicrystal =
        km_grain_boundary_bicrystal(list->boundary[c->i_boundary].geometry, c->pair);

    km_bicrystal_shift_bohr(bicrystal, c->state.shift, x);
    x[2] = c->n_removed > 0;
    x[3] = c->pair;
}

/* Relative: the time of a step of a relaxation is proportional to the number of atoms. */
static double cost_of(const km_boundary_list *list, int i)
{
    const int first = list->boundary[list->candidate[i].i_boundary].first;

    return (double)list->candidate[i].n_atom / list->candidate[first].n_atom;
}

/* The boundaries before this one. */
static void train(const km_boundary_search *s, int b, bool *is_used, km_screen *screen)
{
    for (int i = 0; i < s->list->n_boundary; ++i) is_used[i] = i < b;
    km_screen_fit(s->list, s->energy_j_m2, is_used, screen);
}

/* What is expected before anything of the boundary is known: [*n_source][n]. */
static km_status find_sources(const km_boundary_search *s, int b, int *n_source, double *source)
{
    const km_boundary *boundary = s->list->boundary + b;
    km_screen screen = {0};
    bool *is_used;

    KM_TRY(KM_ALLOC(is_used, s->list->n_boundary));
    *n_source = s->options.policy >= KM_BOUNDARY_MAP;
    if (s->options.policy == KM_BOUNDARY_TRANSFER) train(s, b, is_used, &screen);
    KM_FREE(is_used);
    if (screen.n_sample > 0) *n_source = 2;
    for (int k = 0; k < boundary->n; ++k) {
        const double rigid = km_boundary_compressed_j_m2(s->list, boundary->first + k);

        source[(*n_source - 1) * boundary->n + k] = rigid;
        if (*n_source == 2)
            source[k] = km_screen_predict(&screen, s->list, boundary->first + k);
    }
    return KM_OK;
}

/* What the boundary before has learned of lengths and scatter. */
static km_status hand_on(const km_boundary_search *s, int b)
{
    if (s->options.policy != KM_BOUNDARY_TRANSFER || b == 0 || !s->stage[b - 1].search)
        return KM_OK;
    return km_search_hand_on(s->stage[b].search, s->stage[b - 1].search);
}

static km_status begin(km_boundary_search *s, int b)
{
    const km_boundary *boundary = s->list->boundary + b;
    const km_space space = space_of(s->list, b);
    km_search_options options = s->options.search;
    double *x = NULL, *source = NULL, *cost = NULL;
    int n_source = 0;
    km_status status = KM_OK;

    KM_TRY_TO(end, KM_ALLOC(x, space.n_x * boundary->n));
    KM_TRY_TO(end, KM_ALLOC(cost, boundary->n));
    KM_TRY_TO(end, KM_ALLOC(source, 2 * boundary->n));
    for (int k = 0; k < boundary->n; ++k) {
        place(s->list, boundary->first + k, x + space.n_x * k);
        cost[k] = cost_of(s->list, boundary->first + k);
    }
    if (s->options.policy >= KM_BOUNDARY_MAP)
        KM_TRY_TO(end, find_sources(s, b, &n_source, source));
    options.is_random = s->options.policy == KM_BOUNDARY_RANDOM;
    options.seed += (uint64_t)b * 1000003;
    if (n_source == 2) options.trust[1] = 0; /* the regression has the rigid energy in it */
    KM_TRY_TO(end, km_search_create(&options, &space, boundary->n, x, n_source, source, cost,
                                    &s->stage[b].search));
    status = hand_on(s, b);
end:
    KM_FREE(x);
    KM_FREE(source);
    KM_FREE(cost);
    return status;
}

static km_status propose_of(km_boundary_search *s, int b, km_proposal *proposal)
{
    const km_boundary *boundary = s->list->boundary + b;
    stage *g = s->stage + b;

    if (s->options.policy == KM_BOUNDARY_ALL) {
        while (g->next < boundary->n && s->is_ended[boundary->first + g->next]) ++g->next;
        if (g->next < boundary->n) proposal->candidate = g->next++;
    } else {
        if (!g->search) KM_TRY(begin(s, b));
        KM_TRY(km_search_propose(g->search, proposal));
    }
    g->is_done = proposal->candidate < 0;
    if (g->is_done) return KM_OK;
    proposal->candidate += boundary->first;
    ++g->n_proposed;
    return KM_OK;
}

km_status km_boundary_search_propose(km_boundary_search *s, km_proposal *proposal)
{
    *proposal = (km_proposal){
        .candidate = -1, .mean = NAN, .deviation = NAN, .expected_improvement = NAN};
    for (int b = 0; b < s->list->n_boundary; ++b) {
        stage *g = s->stage + b;

        if (s->options.max_trial > 0 && g->n_proposed >= s->options.max_trial)
            g->is_done = true;
        if (g->is_done) continue;
        KM_TRY(propose_of(s, b, proposal));
        if (proposal->candidate >= 0) return KM_OK;
    }
    return KM_OK;
}

km_status km_boundary_search_record(km_boundary_search *s, int candidate, double energy_j_m2)
{
    const int b = s->list->candidate[candidate].i_boundary;
    stage *g = s->stage + b;

    KM_TRY(KM_CHECK(!s->is_ended[candidate], KM_E_ARGUMENT, "candidate %d is known already",
                    candidate));
    s->is_ended[candidate] = true;
    s->energy_j_m2[candidate] = energy_j_m2;
    ++g->n_ended;
    if (s->options.policy == KM_BOUNDARY_ALL) return KM_OK;
    if (!g->search) KM_TRY(begin(s, b));
    return km_search_record(g->search, candidate - s->list->boundary[b].first, energy_j_m2);
}

void km_boundary_search_close(km_boundary_search *s, int b)
{
    s->stage[b].is_done = true;
}

bool km_boundary_search_is_done(const km_boundary_search *s, int b)
{
    return s->stage[b].is_done;
}

bool km_boundary_search_is_over(const km_boundary_search *s)
{
    for (int b = 0; b < s->list->n_boundary; ++b)
        if (!s->stage[b].is_done) return false;
    return true;
}

int km_boundary_search_best(const km_boundary_search *s, int b)
{
    const km_boundary *boundary = s->list->boundary + b;
    int best = -1;

    for (int i = boundary->first; i < boundary->first + boundary->n; ++i)
        if (isfinite(s->energy_j_m2[i]) &&
            (best < 0 || s->energy_j_m2[i] < s->energy_j_m2[best]))
            best = i;
    return best;
}

int km_boundary_search_n_trial(const km_boundary_search *s, int b)
{
    return s->stage[b].n_ended;
}

km_status km_boundary_search_predict(km_boundary_search *s, int b, double *mean,
                                     double *deviation)
{
    if (s->stage[b].search) return km_search_predict(s->stage[b].search, mean, deviation);
    for (int k = 0; k < s->list->boundary[b].n; ++k) mean[k] = deviation[k] = NAN;
    return KM_OK;
}
