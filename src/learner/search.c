#include "kaimen/learner/search.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/rng.h"
#include "kaimen/math/eigen.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of the lower bound: what lies below it is expected once in 44. */
#define KAPPA 2
/* Candidates of a Thompson draw: the most promising ones. */
#define N_DRAW 400
/* Nearest of so many random candidates to those that are taken: enough to spread the first ones. */
#define N_SPREAD 200

/* Deviation of the logarithms of what is handed on: another boundary's may differ by a factor of two. */
static const double HANDED_ON = 0.7;

typedef enum { WAITING, PENDING, KNOWN, FAILED } state;

struct km_search {
    km_search_options options;
    km_space space;
    int n, n_trend; /* candidates; sources and the constant */
    double *x;      /* [n][n_x] */
    double *source; /* [n_trend - 1][n] */
    double *cost;   /* [n] */
    double *extent; /* of the candidates along each direction */
    state *state;   /* [n] */
    double *value;  /* [n] */
    int n_taken, n_known, best;
    int best_at; /* values known when the best came */
    bool is_over;
    km_rng rng;
    km_gp *gp;                        /* of scaled values */
    km_gp_parameters parameters;      /* last found: the next fit starts there */
    bool is_learnt;                   /* the process has all that is known and pending */
    double centre, scale;             /* scaled = (value - centre) / scale */
    double *trend, *mean, *deviation; /* of all candidates, scaled: [n][n_trend], [n], [n] */
};

km_search_options km_search_options_default(void)
{
    return (km_search_options){.acquisition = KM_ACQUIRE_LCB,
                               .n_initial = 5,
                               .clip = 2,
                               .trust = {1, 1, 1},
                               .team = {MPI_COMM_NULL, KM_GP_SCALAPACK_ABOVE}};
}

static km_status check(const km_search_options *options, int n, int n_source)
{
    KM_TRY(KM_CHECK(n >= 1, KM_E_ARGUMENT, "a search among %d candidates", n));
    KM_TRY(KM_CHECK(n_source >= 0 && n_source < KM_GP_MAX_TREND, KM_E_ARGUMENT,
                    "%d sources; wanted 0 to %d", n_source, KM_GP_MAX_TREND - 1));
    KM_TRY(KM_CHECK(options->n_initial >= 1, KM_E_ARGUMENT,
                    "%d initial candidates; wanted at least 1", options->n_initial));
    KM_TRY(KM_CHECK(options->control_share >= 0 && options->control_share <= 1, KM_E_ARGUMENT,
                    "control share %g; wanted 0 to 1", options->control_share));
    KM_TRY(KM_CHECK(options->tolerance >= 0, KM_E_ARGUMENT, "tolerance %g must not be negative",
                    options->tolerance));
    return KM_CHECK(options->clip > 0, KM_E_ARGUMENT, "clip %g must be positive",
                    options->clip);
}

static double log_or(double x, double otherwise)
{
    return x > 0 ? log(x) : otherwise;
}

/*
 * Of scaled values: the deviation of z is about that of the values; noise a hundredth of it, from relaxations that end a little apart;
 * lengths a third of the candidates' extent. Each may be wrong by a factor of e, the noise by more.
 */
static km_gp_priors choose_priors(const km_search *search)
{
    km_gp_priors priors = {.amplitude = {0, 1}, .noise = {log(0.01), 1.5}};

    for (int d = 0; d < km_space_n_direction(&search->space); ++d)
        priors.length[d] = (km_gp_prior){log_or(search->extent[d] / 3, 0), 1};
    priors.n_trend = search->n_trend;
    priors.trend[0].deviation = 2;
    for (int t = 1; t < priors.n_trend; ++t) {
        priors.trend[t].mean = search->options.trust[t - 1];
        priors.trend[t].deviation = 1;
    }
    return priors;
}

static km_gp_parameters start_of(const km_gp_priors *priors)
{
    km_gp_parameters parameters = {.log_amplitude = priors->amplitude.mean,
                                   .log_noise = priors->noise.mean};

    for (int d = 0; d < KM_SPACE_MAX; ++d) parameters.log_length[d] = priors->length[d].mean;
    return parameters;
}

static km_status measure_extent(km_search *search)
{
    double *feature = NULL;

    KM_TRY(KM_ALLOC(feature, search->n * km_space_n_feature(&search->space)));
    km_space_embed(&search->space, search->n, search->x, feature);
    km_space_extent(&search->space, search->n, feature, search->extent);
    KM_FREE(feature);
    return KM_OK;
}

static km_status allocate(km_search *search)
{
    const size_t n = (size_t)search->n;

    KM_TRY(KM_ALLOC(search->x, n * (size_t)search->space.n_x));
    KM_TRY(KM_ALLOC(search->source, n * (size_t)(search->n_trend - 1) + 1));
    KM_TRY(KM_ALLOC(search->cost, n));
    KM_TRY(KM_ALLOC(search->extent, KM_SPACE_MAX));
    KM_TRY(KM_ALLOC(search->state, n));
    KM_TRY(KM_ALLOC(search->value, n));
    KM_TRY(KM_ALLOC(search->trend, n * (size_t)search->n_trend));
    KM_TRY(KM_ALLOC(search->mean, n));
    return KM_ALLOC(search->deviation, n);
}

km_status km_search_create(const km_search_options *options, const km_space *space, int n,
                           const double *x, int n_source, const double *source,
                           const double *cost, km_search **out)
{
    km_search *search = NULL;
    km_gp_priors priors;
    km_status status = KM_OK;

    *out = NULL;
    KM_TRY(check(options, n, n_source));
    KM_TRY(km_space_check(space));
    KM_TRY(KM_ALLOC(search, 1));
    search->options = *options;
    search->space = *space;
    search->n = n;
    search->n_trend = 1 + n_source;
    search->best = -1;
    search->rng = km_rng_start(options->seed, 0);
    KM_TRY_TO(fail, allocate(search));
    memcpy(search->x, x, sizeof *x * (size_t)n * (size_t)space->n_x);
    if (n_source) memcpy(search->source, source, sizeof *source * (size_t)(n * n_source));
    for (int i = 0; i < n; ++i) {
        search->cost[i] = cost ? cost[i] : 1;
        search->mean[i] = search->deviation[i] = NAN;
    }
    KM_TRY_TO(fail, measure_extent(search));
    priors = choose_priors(search);
    search->parameters = start_of(&priors);
    KM_TRY_TO(fail, km_gp_create(space, &priors, &options->team, &search->gp));
    *out = search;
    return KM_OK;
fail:
    km_search_destroy(&search);
    return status;
}

void km_search_destroy(km_search **out)
{
    km_search *search = *out;

    if (!search) return;
    km_gp_destroy(&search->gp);
    KM_FREE(search->x);
    KM_FREE(search->source);
    KM_FREE(search->cost);
    KM_FREE(search->extent);
    KM_FREE(search->state);
    KM_FREE(search->value);
    KM_FREE(search->trend);
    KM_FREE(search->mean);
    KM_FREE(search->deviation);
    KM_FREE(*out);
}

bool km_search_is_over(const km_search *search)
{
    return search->is_over;
}

int km_search_best(const km_search *search)
{
    return search->best;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* What values above it count as: the best + clip (median - best), of n values, which are sorted. */
static double clip_level(const km_search *search, double *value, int n)
{
    qsort(value, (size_t)n, sizeof *value, compare);
    return value[0] + search->options.clip * (value[n / 2] - value[0]);
}

/* Values that are known, or failed and then count as bad ones: clipped, then scaled to mean 0 and deviation 1. */
static int scale_values(km_search *search, int *candidate, double *y)
{
    double level, sum2 = 0;
    int n = 0, n_all;

    for (int i = 0; i < search->n; ++i)
        if (search->state[i] == KNOWN) y[n++] = search->value[i];
    level = clip_level(search, y, n);
    n = 0;
    for (int i = 0; i < search->n; ++i)
        if (search->state[i] == KNOWN) {
            candidate[n] = i;
            y[n++] = search->value[i];
        }
    n_all = n;
    for (int i = 0; i < search->n; ++i)
        if (search->state[i] == FAILED) {
            candidate[n_all] = i;
            y[n_all++] = level;
        }
    search->centre = 0;
    for (int i = 0; i < n_all; ++i) {
        y[i] = fmin(y[i], level);
        search->centre += y[i] / n_all;
    }
    for (int i = 0; i < n_all; ++i) sum2 += (y[i] - search->centre) * (y[i] - search->centre);
    search->scale = sum2 > 0 ? sqrt(sum2 / n_all) : 1;
    for (int i = 0; i < n_all; ++i) y[i] = (y[i] - search->centre) / search->scale;
    return n_all;
}

static void scale_trends(km_search *search)
{
    const int n_trend = search->n_trend;

    for (int i = 0; i < search->n; ++i) {
        double *trend = search->trend + (size_t)i * (size_t)n_trend;

        trend[0] = 1;
        for (int t = 1; t < n_trend; ++t)
            trend[t] = (search->source[(size_t)(t - 1) * (size_t)search->n + (size_t)i] -
                        search->centre) /
                       search->scale;
    }
}

/* Coordinates and trends of some candidates. */
static void pick(const km_search *search, int n, const int *candidate, double *x, double *trend)
{
    const size_t n_x = (size_t)search->space.n_x, n_trend = (size_t)search->n_trend;

    for (int i = 0; i < n; ++i) {
        const size_t c = (size_t)candidate[i];

        memcpy(x + (size_t)i * n_x, search->x + c * n_x, n_x * sizeof *x);
        memcpy(trend + (size_t)i * n_trend, search->trend + c * n_trend,
               n_trend * sizeof *trend);
    }
}

/* Arrays for the candidates that are taken. */
typedef struct {
    int *candidate;
    double *x, *trend, *y;
} sample;

static void release(sample *s)
{
    KM_FREE(s->candidate);
    KM_FREE(s->x);
    KM_FREE(s->trend);
    KM_FREE(s->y);
}

static km_status reserve(const km_search *search, sample *s)
{
    const size_t n = (size_t)search->n_taken + 1;

    KM_TRY(KM_ALLOC(s->candidate, n));
    KM_TRY(KM_ALLOC(s->x, n * (size_t)search->space.n_x));
    KM_TRY(KM_ALLOC(s->trend, n * (size_t)search->n_trend));
    return KM_ALLOC(s->y, n);
}

/* Pending candidates count as if they had given what is predicted for them. */
static km_status add_pending(km_search *search, int n, sample *s)
{
    int n_all = n;

    for (int i = 0; i < search->n; ++i)
        if (search->state[i] == PENDING) s->candidate[n_all++] = i;
    if (n_all == n) return KM_OK;
    pick(search, n_all, s->candidate, s->x, s->trend);
    KM_TRY(km_gp_predict(search->gp, n_all - n, s->x + n * search->space.n_x,
                         s->trend + n * search->n_trend, s->y + n, NULL));
    return km_gp_fit(search->gp, n_all, s->x, s->trend, s->y, false, &search->parameters);
}

/* Fit the process to what is known and predict every candidate, in scaled values. */
static km_status learn(km_search *search)
{
    sample s = {0};
    km_status status = KM_OK;
    int n;

    if (search->is_learnt) return KM_OK;
    KM_TRY_TO(end, reserve(search, &s));
    n = scale_values(search, s.candidate, s.y);
    scale_trends(search);
    pick(search, n, s.candidate, s.x, s.trend);
    KM_TRY_TO(end, km_gp_fit(search->gp, n, s.x, s.trend, s.y, true, &search->parameters));
    KM_TRY_TO(end, add_pending(search, n, &s));
    KM_TRY_TO(end, km_gp_predict(search->gp, search->n, search->x, search->trend, search->mean,
                                 search->deviation));
    search->is_learnt = true;
end:
    release(&s);
    return status;
}

/* Whether there is enough for a fit. */
static bool can_learn(const km_search *search)
{
    const int n_initial = search->n_trend > 1 ? 1 : search->options.n_initial;

    return !search->options.is_random && search->n_known >= 2 && search->n_known >= n_initial;
}

km_status km_search_record(km_search *search, int candidate, double value)
{
    KM_TRY(KM_CHECK(
        candidate >= 0 && candidate < search->n && search->state[candidate] != KNOWN,
        KM_E_ARGUMENT, "candidate %d of %d has a value, or is none", candidate, search->n));
    /* Found by an earlier run of this search, which learned before it proposed: each fit starts from the one before. */
    if (search->state[candidate] == WAITING && can_learn(search)) KM_TRY(learn(search));
    if (search->state[candidate] == WAITING) ++search->n_taken;
    search->is_learnt = false;
    search->state[candidate] = isfinite(value) ? KNOWN : FAILED;
    if (!isfinite(value)) return KM_OK;
    search->value[candidate] = value;
    ++search->n_known;
    if (search->best >= 0 && value >= search->value[search->best]) return KM_OK;
    if (search->best < 0 || value < search->value[search->best] - search->options.tolerance)
        search->best_at = search->n_known;
    search->best = candidate;
    return KM_OK;
}

km_status km_search_hand_on(km_search *search, km_search *from)
{
    km_gp_priors priors = choose_priors(search);
    const km_gp_parameters *p = &from->parameters;
    const int n = km_space_n_direction(&search->space);

    KM_TRY(KM_CHECK(n == km_space_n_direction(&from->space) && search->n_taken == 0,
                    KM_E_ARGUMENT,
                    "a search of %d directions cannot take over from one of %d, or late", n,
                    km_space_n_direction(&from->space)));
    if (from->n_known < 2) return KM_OK;
    KM_TRY(learn(from));
    priors.amplitude = (km_gp_prior){p->log_amplitude, HANDED_ON};
    priors.noise = (km_gp_prior){p->log_noise, HANDED_ON};
    for (int d = 0; d < n; ++d) priors.length[d] = (km_gp_prior){p->log_length[d], HANDED_ON};
    search->parameters = start_of(&priors);
    km_gp_destroy(&search->gp);
    return km_gp_create(&search->space, &priors, &search->options.team, &search->gp);
}

km_status km_search_predict(km_search *search, double *mean, double *deviation)
{
    if (search->n_known > 1) KM_TRY(learn(search));
    for (int i = 0; i < search->n; ++i) {
        mean[i] = search->centre + search->scale * search->mean[i];
        deviation[i] = search->scale * search->deviation[i];
    }
    return KM_OK;
}

/* A waiting candidate, all equally likely. */
static int draw(km_search *search)
{
    long left = (long)km_rng_index(&search->rng, (uint64_t)(search->n - search->n_taken));

    for (int i = 0; i < search->n; ++i)
        if (search->state[i] == WAITING && left-- == 0) return i;
    return -1;
}

/* Smallest distance to the candidates that are taken, in extents. */
static double distance_to_taken(const km_search *search, int candidate)
{
    const int n_direction = km_space_n_direction(&search->space), n_x = search->space.n_x;
    double here[2 * KM_SPACE_MAX], there[2 * KM_SPACE_MAX], distance2[KM_SPACE_MAX];
    double least = HUGE_VAL;

    km_space_embed(&search->space, 1, search->x + candidate * n_x, here);
    for (int i = 0; i < search->n; ++i) {
        double sum = 0;

        if (search->state[i] == WAITING) continue;
        km_space_embed(&search->space, 1, search->x + i * n_x, there);
        km_space_distance2(&search->space, here, there, distance2);
        for (int d = 0; d < n_direction; ++d)
            if (search->extent[d] > 0)
                sum += distance2[d] / (search->extent[d] * search->extent[d]);
        least = fmin(least, sum);
    }
    return least;
}

/* Of some random candidates the one that is farthest from all that are taken; where a source predicts, the first is the lowest. */
static int spread(km_search *search)
{
    double farthest = -1;
    int chosen = -1;

    if (search->n_taken == 0 && search->n_trend > 1) {
        chosen = 0;
        for (int i = 1; i < search->n; ++i)
            if (search->source[i] < search->source[chosen]) chosen = i;
        return chosen;
    }
    for (int k = 0; k < N_SPREAD; ++k) {
        const int i = draw(search);
        const double distance = distance_to_taken(search, i);

        if (distance <= farthest) continue;
        farthest = distance;
        chosen = i;
    }
    return chosen;
}

/* What a candidate promises for its cost. A bound that is no gain is all the worse the more it costs. */
static double worth(const km_search *search, double best, int i)
{
    const double mean = search->mean[i], deviation = search->deviation[i];
    double gain;

    if (search->options.acquisition == KM_ACQUIRE_EI)
        return km_acquire_log_expected_improvement(best, mean, fmax(deviation, DBL_MIN)) -
               log(search->cost[i]);
    gain = km_acquire_lower_bound(best, mean, deviation, KAPPA);
    return gain > 0 ? gain / search->cost[i] : gain * search->cost[i];
}

typedef struct {
    double bound;
    int candidate;
} promise;

static int compare_promises(const void *a, const void *b)
{
    return compare(&((const promise *)a)->bound, &((const promise *)b)->bound);
}

/* The waiting candidates with the lowest bounds, at most N_DRAW. */
static km_status find_promising(const km_search *search, int *candidate, int *n)
{
    promise *all = NULL;
    int n_all = 0;

    KM_TRY(KM_ALLOC(all, search->n));
    for (int i = 0; i < search->n; ++i)
        if (search->state[i] == WAITING)
            all[n_all++] = (promise){search->mean[i] - KAPPA * search->deviation[i], i};
    qsort(all, (size_t)n_all, sizeof *all, compare_promises);
    *n = n_all < N_DRAW ? n_all : N_DRAW;
    for (int i = 0; i < *n; ++i) candidate[i] = all[i].candidate;
    KM_FREE(all);
    return KM_OK;
}

/* The lowest of mean + L normal numbers, L L^T the covariance. */
static int lowest_of_draw(km_rng *rng, int n, const double *mean, const double *factor,
                          double *normal)
{
    double lowest = HUGE_VAL;
    int chosen = 0;

    for (int i = 0; i < n; ++i) normal[i] = km_rng_normal(rng);
    for (int i = 0; i < n; ++i) {
        double value = mean[i];

        for (int j = 0; j <= i; ++j) value += factor[(size_t)j * (size_t)n + i] * normal[j];
        if (value >= lowest) continue;
        lowest = value;
        chosen = i;
    }
    return chosen;
}

/* The lowest of one joint draw of the most promising candidates. */
static km_status draw_jointly(km_search *search, int *chosen)
{
    const double jitter = exp(2 * search->parameters.log_amplitude) * 1e-8;
    double *x = NULL, *trend = NULL, *mean = NULL, *covariance = NULL;
    int candidate[N_DRAW], n = 0;
    km_status status = KM_OK;

    KM_TRY_TO(end, find_promising(search, candidate, &n));
    KM_TRY_TO(end, KM_ALLOC(x, n * search->space.n_x));
    KM_TRY_TO(end, KM_ALLOC(trend, n * search->n_trend));
    KM_TRY_TO(end, KM_ALLOC(mean, 2 * n));
    KM_TRY_TO(end, KM_ALLOC(covariance, (size_t)n * (size_t)n));
    pick(search, n, candidate, x, trend);
    KM_TRY_TO(end, km_gp_predict_jointly(search->gp, n, x, trend, mean, covariance));
    for (int i = 0; i < n; ++i) covariance[(size_t)i * (size_t)n + i] += jitter;
    KM_TRY_TO(end, KM_CHECK(km_eigen_cholesky(true, n, covariance, n), KM_E_NUMERIC,
                            "the covariance of a draw of %d points is singular", n));
    *chosen = candidate[lowest_of_draw(&search->rng, n, mean, covariance, mean + n)];
end:
    KM_FREE(x);
    KM_FREE(trend);
    KM_FREE(mean);
    KM_FREE(covariance);
    return status;
}

/* The waiting candidate that is worth most; -1 when none is expected to improve by more than the tolerance. */
static km_status choose(km_search *search, int *chosen)
{
    const double best = (search->value[search->best] - search->centre) / search->scale;
    double most = -HUGE_VAL, gain = 0;

    *chosen = -1;
    for (int i = 0; i < search->n; ++i) {
        double w;

        if (search->state[i] != WAITING) continue;
        w = worth(search, best, i);
        gain = fmax(
            gain, km_acquire_expected_improvement(best, search->mean[i], search->deviation[i]));
        if (w <= most) continue;
        most = w;
        *chosen = i;
    }
    search->is_over = gain * search->scale < search->options.tolerance &&
                      search->n_known >= search->options.n_least &&
                      search->n_known - search->best_at >= search->options.patience;
    if (search->is_over) *chosen = -1;
    if (*chosen >= 0 && search->options.acquisition == KM_ACQUIRE_THOMPSON)
        return draw_jointly(search, chosen);
    return KM_OK;
}

static km_status decide(km_search *search, km_proposal *proposal)
{
    const km_search_options *options = &search->options;

    if (options->is_random) {
        proposal->candidate = draw(search);
        return KM_OK;
    }
    if (!can_learn(search)) {
        proposal->candidate = spread(search);
        return KM_OK;
    }
    KM_TRY(learn(search));
    proposal->is_control = km_rng_uniform(&search->rng) < options->control_share;
    KM_TRY(choose(search, &proposal->candidate));
    if (proposal->is_control && !search->is_over) proposal->candidate = draw(search);
    return KM_OK;
}

static void describe(const km_search *search, km_proposal *proposal)
{
    const int i = proposal->candidate;
    double best;

    if (search->best < 0 || !isfinite(search->mean[i])) return;
    best = (search->value[search->best] - search->centre) / search->scale;
    proposal->mean = search->centre + search->scale * search->mean[i];
    proposal->deviation = search->scale * search->deviation[i];
    proposal->expected_improvement =
        search->scale *
        km_acquire_expected_improvement(best, search->mean[i], search->deviation[i]);
}

km_status km_search_propose(km_search *search, km_proposal *proposal)
{
    *proposal = (km_proposal){
        .candidate = -1, .mean = NAN, .deviation = NAN, .expected_improvement = NAN};
    if (search->n_taken == search->n || search->is_over) return KM_OK;
    /* No state of random numbers is kept: a search that is taken up again goes on as it would have. */
    search->rng = km_rng_start(search->options.seed, (uint64_t)search->n_taken);
    KM_TRY(decide(search, proposal));
    if (proposal->candidate < 0) return KM_OK;
    describe(search, proposal);
    search->state[proposal->candidate] = PENDING;
    search->is_learnt = false;
    ++search->n_taken;
    return KM_OK;
}
