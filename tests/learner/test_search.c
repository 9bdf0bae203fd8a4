/* np: 1 */
#include "support.h"

#include "kaimen/learner/replay.h"

#define N_SIDE 30
#define N (N_SIDE * N_SIDE)

static const km_space torus = {2, 2, {1, 0, 0, 1}};
static double x[2 * N], value[N];

/* A smooth well on a torus, with a spike where atoms would overlap: 900 candidates, a few of which lie near the bottom. */
static void make_landscape(void)
{
    for (int i = 0; i < N; ++i) {
        const double a = (double)(i / N_SIDE) / N_SIDE, b = (double)(i % N_SIDE) / N_SIDE;
        const double turn = 2 * acos(-1);

        x[2 * i] = a;
        x[2 * i + 1] = b;
        value[i] = 1 + 0.1 * cos(turn * (a - 0.3)) + 0.1 * cos(turn * (b - 0.7)) +
                   0.03 * cos(2 * turn * (a + b));
        if (hypot(a - 0.5, b - 0.5) < 0.1) value[i] = 20;
    }
}

static km_search *make_search(const km_search_options *options, int n_source,
                              const double *source, const double *cost)
{
    km_search *search;

    make_landscape();
    ASSERT_OK(km_search_create(options, &torus, N, x, n_source, source, cost, &search));
    return search;
}

static double lowest(void)
{
    double least = HUGE_VAL;

    for (int i = 0; i < N; ++i) least = fmin(least, value[i]);
    return least;
}

/* Trials of a seed until the lowest value. */
static int count_trials(km_search_options options, int n_source, const double *source)
{
    const km_replay replay = {torus, N, x, value, n_source, source};
    double goal;
    int trial, most = 0;

    make_landscape();
    goal = lowest();
    for (options.seed = 1; options.seed <= 5; ++options.seed) {
        ASSERT_OK(km_replay_run(&replay, &options, 1, &goal, N, &trial, NULL));
        most = trial > most ? trial : most;
    }
    return most;
}

static void every_acquisition_finds_the_lowest_in_few_trials(void **state)
{
    km_search_options options = km_search_options_default();

    (void)state;
    for (int a = 0; a < 3; ++a) {
        options.acquisition = (km_acquisition)a;
        assert_in_range(count_trials(options, 0, NULL), 6, 60);
    }
}

/* Drawing at random finds one of 900 after 450 trials on average. */
static void a_random_search_takes_every_candidate_once(void **state)
{
    km_search_options options = km_search_options_default();
    km_search *search;
    km_proposal proposal;
    bool is_taken[N] = {false};

    (void)state;
    options.is_random = true;
    search = make_search(&options, 0, NULL, NULL);
    for (int i = 0; i < N; ++i) {
        ASSERT_OK(km_search_propose(search, &proposal));
        assert_in_range(proposal.candidate, 0, N - 1);
        assert_false(is_taken[proposal.candidate]);
        assert_true(isnan(proposal.mean));
        is_taken[proposal.candidate] = true;
        ASSERT_OK(km_search_record(search, proposal.candidate, value[proposal.candidate]));
    }
    ASSERT_OK(km_search_propose(search, &proposal));
    assert_int_equal(proposal.candidate, -1);
    ASSERT_CLOSE(value[km_search_best(search)], lowest(), 0);
    km_search_destroy(&search);
    assert_null(search);
}

/* Eight teams get eight candidates before anything comes back; where one is pending, less is left to learn. */
static void pending_candidates_are_not_proposed_again(void **state)
{
    km_search_options options = km_search_options_default();
    km_search *search = make_search(&options, 0, NULL, NULL);
    double mean[N], deviation[N];
    km_proposal proposal[8];

    (void)state;
    for (int i = 0; i < 8; ++i) {
        ASSERT_OK(km_search_propose(search, proposal));
        ASSERT_OK(km_search_record(search, proposal->candidate, value[proposal->candidate]));
    }
    for (int i = 0; i < 8; ++i) {
        ASSERT_OK(km_search_propose(search, proposal + i));
        for (int j = 0; j < i; ++j) assert_true(proposal[i].candidate != proposal[j].candidate);
        ASSERT_OK(km_search_predict(search, mean, deviation));
        assert_true(deviation[proposal[i].candidate] < 0.5 * proposal[i].deviation);
    }
    km_search_destroy(&search);
}

/* The same seed and values lead to the same proposals. */
static void a_search_can_be_repeated(void **state)
{
    km_search_options options = km_search_options_default();
    km_search *search[2];
    km_proposal proposal[2];

    (void)state;
    options.seed = 7;
    options.control_share = 0.3;
    for (int s = 0; s < 2; ++s) search[s] = make_search(&options, 0, NULL, NULL);
    for (int i = 0; i < 20; ++i) {
        for (int s = 0; s < 2; ++s) {
            ASSERT_OK(km_search_propose(search[s], proposal + s));
            ASSERT_OK(km_search_record(search[s], proposal[s].candidate,
                                       value[proposal[s].candidate]));
        }
        assert_int_equal(proposal[0].candidate, proposal[1].candidate);
    }
    for (int s = 0; s < 2; ++s) km_search_destroy(search + s);
}

static void a_search_ends_where_nothing_is_expected(void **state)
{
    km_search_options options = km_search_options_default();
    km_search *search;
    km_proposal proposal;
    int n = 0;

    (void)state;
    options.tolerance = 1e-3;
    search = make_search(&options, 0, NULL, NULL);
    for (;; ++n) {
        ASSERT_OK(km_search_propose(search, &proposal));
        if (proposal.candidate < 0) break;
        ASSERT_OK(km_search_record(search, proposal.candidate, value[proposal.candidate]));
    }
    assert_true(km_search_is_over(search));
    assert_in_range(n, 6, 100);
    ASSERT_CLOSE(value[km_search_best(search)], lowest(), 5e-3);
    km_search_destroy(&search);
}

/* A third of the proposals are drawn at random when that share is asked for. */
static void controls_are_drawn_in_their_share(void **state)
{
    km_search_options options = km_search_options_default();
    km_search *search;
    km_proposal proposal;
    int n_control = 0;

    (void)state;
    options.control_share = 1. / 3;
    search = make_search(&options, 0, NULL, NULL);
    for (int i = 0; i < 95; ++i) {
        ASSERT_OK(km_search_propose(search, &proposal));
        n_control += proposal.is_control;
        ASSERT_OK(km_search_record(search, proposal.candidate, value[proposal.candidate]));
    }
    assert_in_range(n_control, 18, 42); /* 30 of 90, within 2.7 deviations */
    km_search_destroy(&search);
}

/* Candidates that fail are not asked for again, and none beside them is thought good. */
static void failures_are_learned_from(void **state)
{
    km_search_options options = km_search_options_default();
    km_search *search = make_search(&options, 0, NULL, NULL);
    double mean[N], deviation[N];
    km_proposal proposal;
    int failed = -1;

    (void)state;
    for (int i = 0; i < 12; ++i) {
        ASSERT_OK(km_search_propose(search, &proposal));
        assert_true(proposal.candidate != failed);
        if (i == 4) failed = proposal.candidate;
        ASSERT_OK(km_search_record(search, proposal.candidate,
                                   i == 4 ? NAN : value[proposal.candidate]));
    }
    ASSERT_OK(km_search_predict(search, mean, deviation));
    assert_true(mean[failed] > value[km_search_best(search)]);
    assert_int_equal(km_search_record(search, km_search_best(search), 1), KM_E_ARGUMENT);
    km_search_destroy(&search);
}

/* With a source that is nearly right two or three trials are enough; a misleading one costs little. */
static void sources_help_or_do_no_harm(void **state)
{
    static double right[N], wrong[N];
    km_search_options options = km_search_options_default();
    int alone;

    (void)state;
    make_landscape();
    for (int i = 0; i < N; ++i) {
        right[i] = 0.8 * value[i] + 0.3;
        wrong[i] = 2 - fmin(value[i], 2);
    }
    alone = count_trials(options, 0, NULL);
    assert_true(count_trials(options, 1, right) <= 5);
    assert_true(count_trials(options, 1, wrong) <= 2 * alone);
}

/* Where one half costs ten times as much, the search stays in the other as long as it can gain there. */
static void dear_candidates_wait(void **state)
{
    km_search_options options = km_search_options_default();
    double cost[N];
    int n_dear[2] = {0, 0};

    (void)state;
    make_landscape();
    for (int i = 0; i < N; ++i) cost[i] = x[2 * i + 1] < 0.5 ? 1 : 10;
    for (int is_costly = 0; is_costly < 2; ++is_costly) {
        km_search *search = make_search(&options, 0, NULL, is_costly ? cost : NULL);
        km_proposal proposal;

        for (int i = 0; i < 25; ++i) {
            ASSERT_OK(km_search_propose(search, &proposal));
            n_dear[is_costly] += i >= 5 && cost[proposal.candidate] > 1;
            ASSERT_OK(km_search_record(search, proposal.candidate, value[proposal.candidate]));
        }
        km_search_destroy(&search);
    }
    assert_true(n_dear[1] < n_dear[0]);
}

static void options_that_make_no_sense_are_refused(void **state)
{
    km_search_options wrong[4];
    km_search *search;

    (void)state;
    for (int i = 0; i < 4; ++i) wrong[i] = km_search_options_default();
    wrong[0].n_initial = 0;
    wrong[1].control_share = 1.5;
    wrong[2].clip = 0;
    wrong[3].tolerance = -1;
    for (int i = 0; i < 4; ++i) {
        assert_int_equal(km_search_create(wrong + i, &torus, N, x, 0, NULL, NULL, &search),
                         KM_E_ARGUMENT);
        assert_null(search);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_acquisition_finds_the_lowest_in_few_trials),
    cmocka_unit_test(a_random_search_takes_every_candidate_once),
    cmocka_unit_test(pending_candidates_are_not_proposed_again),
    cmocka_unit_test(a_search_can_be_repeated),
    cmocka_unit_test(a_search_ends_where_nothing_is_expected),
    cmocka_unit_test(controls_are_drawn_in_their_share),
    cmocka_unit_test(failures_are_learned_from),
    cmocka_unit_test(sources_help_or_do_no_harm),
    cmocka_unit_test(dear_candidates_wait),
    cmocka_unit_test(options_that_make_no_sense_are_refused),
};

KM_TEST_MAIN(tests)
