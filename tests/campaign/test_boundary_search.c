/* np: 1 */
#include "support.h"

#include "kaimen/base/file.h"
#include "kaimen/base/units.h"
#include "kaimen/campaign/boundary_learner.h"
#include "kaimen/potential/classical_calculator.h"

#include <string.h>
#include <time.h>

#define N_SEED 15
#define WITHIN 0.01

/* Candidates of three real boundaries; their energies are invented, so that it is known what can be learned. */
static km_boundary_list list;
static double *energy;

static int make_list(void **state)
{
    static const int z[4] = {29, 29, 29, 29};
    static const double a = 3.615 * KM_BOHR_PER_ANG, cell[9] = {a, 0, 0, 0, a, 0, 0, 0, a};
    static const double frac[12] = {0, 0, 0, 0, 0.5, 0.5, 0.5, 0, 0.5, 0.5, 0.5, 0};
    static const km_boundary_request requests[3] = {
        {.plane = {3, 1, 0}}, {.plane = {2, 1, 0}}, {.plane = {3, 2, 0}}};
    const char *names[1] = {"inputs/potentials/Cu-mishin.eam.alloy"};
    km_boundary_options options = km_boundary_options_default();
    km_calculator *calculator;
    km_crystal *given, *bulk;
    double atom_ha;
    char *text;

    (void)state;
    options.grain.thickness_bohr = 15;
    options.shift_step_bohr = 0.8;
    ASSERT_OK(km_file_read_text(names[0], &text));
    ASSERT_OK(km_classical_calculator_read(1, names, (const char *const *)&text, &calculator));
    KM_FREE(text);
    ASSERT_OK(km_crystal_create(cell, 4, z, frac, &given));
    ASSERT_OK(km_boundary_relax_bulk(given, calculator, &bulk, &atom_ha));
    for (int b = 0; b < 3; ++b)
        ASSERT_OK(km_boundary_list_add(&list, "Cu", bulk, atom_ha, requests + b, &options,
                                       calculator));
    ASSERT_OK(KM_ALLOC(energy, list.n_candidate));
    km_crystal_destroy(&given);
    km_crystal_destroy(&bulk);
    km_calculator_destroy(&calculator);
    return 0;
}

static int free_list(void **state)
{
    (void)state;
    km_boundary_list_clear(&list);
    KM_FREE(energy);
    return 0;
}

/* A smooth energy on the torus with one valley, elsewhere for each boundary. */
static double valley(int candidate)
{
    const km_boundary_candidate *c = list.candidate + candidate;
    const double *s = c->state.shift, at = 0.37 + 0.21 * c->i_boundary;

    return 1 + 0.3 * (1 - cos(2 * KM_PI * (s[0] - at))) +
           0.2 * (1 - cos(2 * KM_PI * (s[1] - at / 2))) +
           0.1 * sin(4 * KM_PI * s[0] + 2 * KM_PI * s[1]) + (c->n_removed ? 0.15 : 0);
}

/* How a boundary's rigid energies tell of its relaxed ones: 1 truly, -1 the opposite. */
static void invent(const int sense[3])
{
    for (int i = 0; i < list.n_candidate; ++i) {
        const int b = list.candidate[i].i_boundary;

        energy[i] = valley(i);
        list.candidate[i].rigid_j_m2 = 1.6 + sense[b] * (energy[i] - 1.6) + 0.02 * sin(1.7 * i);
        memset(list.candidate[i].descriptor, 0, sizeof list.candidate[i].descriptor);
        list.candidate[i].descriptor[0] = list.candidate[i].rigid_j_m2;
    }
}

static double lowest(int b)
{
    double least = INFINITY;

    for (int i = 0; i < list.boundary[b].n; ++i)
        least = fmin(least, energy[list.boundary[b].first + i]);
    return least;
}

static int compare(const void *first, const void *second)
{
    return *(const int *)first - *(const int *)second;
}

/* Median over seeds of the trials until a boundary's energy is within 1 % of the lowest; each boundary before it has ten trials. */
static int count_trials(km_boundary_policy policy, int b)
{
    int trials[N_SEED];

    for (int seed = 0; seed < N_SEED; ++seed) {
        km_boundary_search_options options = km_boundary_search_options_default();
        km_boundary_search *search;
        km_proposal p;
        int found = 0;

        options.policy = policy;
        options.search.seed = (uint64_t)seed;
        options.search.n_least = 100000;
        ASSERT_OK(km_boundary_search_create(&list, &options, &search));
        while (!found) {
            int at;

            ASSERT_OK(km_boundary_search_propose(search, &p));
            assert_true(p.candidate >= 0);
            at = list.candidate[p.candidate].i_boundary;
            ASSERT_OK(km_boundary_search_record(search, p.candidate, energy[p.candidate]));
            if (at < b && km_boundary_search_n_trial(search, at) == 10)
                km_boundary_search_close(search, at);
            if (at == b && energy[p.candidate] <= lowest(b) * (1 + WITHIN))
                found = km_boundary_search_n_trial(search, b);
        }
        trials[seed] = found;
        km_boundary_search_destroy(&search);
    }
    qsort(trials, N_SEED, sizeof *trials, compare);
    return trials[N_SEED / 2];
}

static void a_map_that_tells_the_truth_helps(void **state)
{
    int random, kriging, map, transfer;

    (void)state;
    invent((const int[3]){1, 1, 1});
    random = count_trials(KM_BOUNDARY_RANDOM, 2);
    kriging = count_trials(KM_BOUNDARY_KRIGING, 2);
    map = count_trials(KM_BOUNDARY_MAP, 2);
    transfer = count_trials(KM_BOUNDARY_TRANSFER, 2);
    print_message("random %d, kriging %d, map %d, transfer %d\n", random, kriging, map,
                  transfer);
    assert_true(kriging < random);
    assert_true(map < kriging && transfer < kriging);
}

/* A map, or boundaries before, that say the opposite of what is so: the search may lose a few trials to find out, no more. */
static void a_misleading_source_does_no_harm(void **state)
{
    int kriging, map, transfer;

    (void)state;
    invent((const int[3]){-1, -1, -1});
    kriging = count_trials(KM_BOUNDARY_KRIGING, 0);
    map = count_trials(KM_BOUNDARY_MAP, 0);
    print_message("kriging %d, with a map that is upside down %d\n", kriging, map);
    assert_true(map <= kriging + 3);
    invent((const int[3]){-1, -1, 1});
    kriging = count_trials(KM_BOUNDARY_KRIGING, 2);
    transfer = count_trials(KM_BOUNDARY_TRANSFER, 2);
    print_message("kriging %d, transfer from boundaries of the opposite kind %d\n", kriging,
                  transfer);
    assert_true(transfer <= kriging + 3);
}

static void every_candidate_is_proposed_once(void **state)
{
    static const km_boundary_policy policies[] = {KM_BOUNDARY_ALL, KM_BOUNDARY_RANDOM,
                                                  KM_BOUNDARY_MAP};

    (void)state;
    invent((const int[3]){1, 1, 1});
    for (int k = 0; k < 3; ++k) {
        km_boundary_search_options options = km_boundary_search_options_default();
        km_boundary_search *search;
        km_proposal p;
        bool *is_seen;
        int n = 0;

        options.policy = policies[k];
        options.search.tolerance = 0;
        ASSERT_OK(KM_ALLOC(is_seen, list.n_candidate));
        ASSERT_OK(km_boundary_search_create(&list, &options, &search));
        for (;; ++n) {
            ASSERT_OK(km_boundary_search_propose(search, &p));
            if (p.candidate < 0) break;
            assert_false(is_seen[p.candidate]);
            is_seen[p.candidate] = true;
            ASSERT_OK(km_boundary_search_record(search, p.candidate,
                                                n % 7 == 3 ? NAN : energy[p.candidate]));
            if (policies[k] == KM_BOUNDARY_MAP && n > 60) break; /* enough of fits */
        }
        if (policies[k] != KM_BOUNDARY_MAP) {
            assert_int_equal(n, list.n_candidate);
            assert_true(km_boundary_search_is_over(search));
        }
        km_boundary_search_destroy(&search);
        KM_FREE(is_seen);
    }
}

/* What was found before an interruption, told again in the same order, gives the same next proposal. */
static void a_search_that_is_taken_up_again_goes_on_as_it_would_have(void **state)
{
    km_boundary_search_options options = km_boundary_search_options_default();
    int taken[40];

    (void)state;
    invent((const int[3]){1, -1, 1});
    options.search.control_share = 0.2;
    for (int start = 0; start < 40; start += 13) {
        km_boundary_search *search;
        km_proposal p;

        ASSERT_OK(km_boundary_search_create(&list, &options, &search));
        for (int k = 0; k < start; ++k)
            ASSERT_OK(km_boundary_search_record(search, taken[k], energy[taken[k]]));
        for (int k = start; k < 40; ++k) {
            ASSERT_OK(km_boundary_search_propose(search, &p));
            if (start > 0) assert_int_equal(p.candidate, taken[k]);
            taken[k] = p.candidate;
            ASSERT_OK(km_boundary_search_record(search, p.candidate, energy[p.candidate]));
        }
        km_boundary_search_destroy(&search);
    }
}

static void a_boundary_is_done_with_when_nothing_more_is_expected(void **state)
{
    km_boundary_search_options options = km_boundary_search_options_default();
    km_boundary_search *search;
    km_proposal p;

    (void)state;
    invent((const int[3]){1, 1, 1});
    ASSERT_OK(km_boundary_search_create(&list, &options, &search));
    for (;;) {
        ASSERT_OK(km_boundary_search_propose(search, &p));
        if (p.candidate < 0) break;
        ASSERT_OK(km_boundary_search_record(search, p.candidate, energy[p.candidate]));
    }
    for (int b = 0; b < 3; ++b) {
        const int n = km_boundary_search_n_trial(search, b);

        print_message("%d of %d\n", n, list.boundary[b].n);
        assert_true(n >= options.search.n_least && n < list.boundary[b].n / 2);
        assert_true(energy[km_boundary_search_best(search, b)] < lowest(b) * (1 + WITHIN));
    }
    km_boundary_search_destroy(&search);
}

/* The regression on a truth that is linear in its features, and of too few samples. */
static void screening_finds_what_is_linear(void **state)
{
    const bool first_two[3] = {true, true, false}, none[3] = {false, false, false};
    double error = 0;
    km_screen screen;

    (void)state;
    invent((const int[3]){1, 1, 1});
    for (int i = 0; i < list.n_candidate; ++i) {
        list.candidate[i].descriptor[5] = 0.1 * cos(3.1 * i);
        energy[i] =
            1 + 0.2 * list.candidate[i].descriptor[0] - 0.5 * list.candidate[i].descriptor[5];
    }
    km_screen_fit(&list, energy, first_two, &screen);
    for (int i = list.boundary[2].first; i < list.n_candidate; ++i)
        error = fmax(error, fabs(km_screen_predict(&screen, &list, i) - energy[i]));
    print_message("%d samples, error %.4f, elsewhere %.4f J/m2\n", screen.n_sample,
                  screen.error_j_m2, error);
    assert_true(screen.n_sample > 50 && screen.error_j_m2 < 0.01 && error < 0.02);
    km_screen_fit(&list, energy, none, &screen);
    assert_int_equal(screen.n_sample, 0);
}

static void rest(void)
{
    const struct timespec a_little = {.tv_nsec = 200000};

    nanosleep(&a_little, NULL);
}

/* The thread answers as the search itself does, and hands over each boundary once with predictions for all of it. */
static void the_learner_is_the_search_in_a_thread(void **state)
{
    km_boundary_search_options options = km_boundary_search_options_default();
    km_boundary_learner *learner;
    km_boundary_search *search;
    int n_end = 0;

    (void)state;
    invent((const int[3]){1, 1, 1});
    ASSERT_OK(km_boundary_search_create(&list, &options, &search));
    ASSERT_OK(km_boundary_learner_create(&list, &options, &learner));
    while (n_end < 3) {
        km_proposal here, there;
        km_boundary_end end;

        km_boundary_learner_ask(learner, 1);
        while (!km_boundary_learner_is_ready(learner)) rest();
        km_boundary_learner_take_end(learner, &end);
        if (end.i_boundary >= 0) {
            assert_int_equal(end.i_boundary, n_end++);
            for (int k = 0; k < list.boundary[end.i_boundary].n; ++k)
                assert_true(isfinite(end.mean[k]) && end.deviation[k] >= 0);
            KM_FREE(end.mean);
            KM_FREE(end.deviation);
        }
        ASSERT_OK(km_boundary_learner_take(learner, &there));
        if (there.candidate < 0) continue;
        ASSERT_OK(km_boundary_search_propose(search, &here));
        assert_int_equal(there.candidate, here.candidate);
        ASSERT_OK(km_boundary_search_record(search, here.candidate, energy[here.candidate]));
        km_boundary_learner_record(learner, there.candidate, energy[there.candidate]);
    }
    while (km_boundary_learner_is_busy(learner)) rest();
    assert_false(km_boundary_learner_is_ready(learner));
    km_boundary_learner_destroy(&learner);
    km_boundary_search_destroy(&search);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(every_candidate_is_proposed_once, make_list),
    cmocka_unit_test(a_map_that_tells_the_truth_helps),
    cmocka_unit_test(a_misleading_source_does_no_harm),
    cmocka_unit_test(a_search_that_is_taken_up_again_goes_on_as_it_would_have),
    cmocka_unit_test(a_boundary_is_done_with_when_nothing_more_is_expected),
    cmocka_unit_test(screening_finds_what_is_linear),
    cmocka_unit_test_teardown(the_learner_is_the_search_in_a_thread, free_list),
};

KM_TEST_MAIN(tests)
