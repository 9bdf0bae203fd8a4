/*
 * How many relaxations each policy takes to come within 1 % of the lowest energy of a grain boundary, all candidates of which are relaxed first:
 *
 *     boundary_search CRYSTAL POTENTIAL THICKNESS_ANG SLIDE N_SEED [u v w SIGMA h k l]...
 *
 * prints a row of CSV for each boundary: name, candidates, those of a grid of 0.1 Ang over the coincidence cell and six gaps, failed relaxations, lowest energy, how
 * many candidates lie within 1 % of it, and of each policy (random, kriging, kriging+map, transfer) the median and the 90th percentile over seeds; 100: given up.
 */
#include "kaimen/campaign/boundary_search.h"
#include "kaimen/base/file.h"
#include "kaimen/base/memory.h"
#include "kaimen/base/units.h"
#include "kaimen/crystal/structure_file.h"
#include "kaimen/potential/classical_calculator.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_POLICY 4
/* A search is given up after so many; random drawing is not. */
#define MAX_TRIAL 100
/* The published searches: steps over the coincidence cell, and distances of the grains. */
static const double PUBLISHED_STEP_ANG = 0.1;
#define PUBLISHED_GAPS 6
static const double WITHIN = 1.01, GRAIN_MOVED_BOHR = 1.2;

typedef struct {
    km_calculator *calculator;
    km_boundary_list list;
    double *energy; /* of all candidates; NaN: failed */
    double *lowest; /* of each boundary */
    int n_seed;
    int *trials; /* [N_POLICY][n_boundary][n_seed] */
} bench;

static km_status relax(bench *b, const km_relax_options *options, int i)
{
    const km_request request = km_request_default();
    km_crystal *crystal = NULL;
    km_relax *relax = NULL;
    km_relax_result result;
    km_status status;

    b->energy[i] = NAN;
    KM_TRY_TO(end, km_boundary_build(&b->list, i, &crystal));
    KM_TRY_TO(end, km_boundary_relax(crystal, options, b->calculator, &request, MPI_COMM_SELF,
                                     &result, &relax));
    if (result.outcome == KM_OUTCOME_CONVERGED &&
        km_boundary_grain_displacement_bohr(crystal, km_relax_crystal(relax)) <
            GRAIN_MOVED_BOHR)
        b->energy[i] = km_boundary_energy_j_m2(&b->list, i, result.calculation.energy_ha);
    if (b->energy[i] < 0) b->energy[i] = NAN; /* ions fell into each other */
end:
    km_relax_destroy(&relax);
    km_crystal_destroy(&crystal);
    return status;
}

static km_status prepare(bench *b, char **argv, int n_boundary)
{
    km_boundary_options options = km_boundary_options_default();
    km_crystal *given = NULL, *bulk = NULL;
    double atom_ha;
    char *text = NULL;
    km_status status;

    options.grain.thickness_bohr = strtod(argv[3], NULL) * KM_BOHR_PER_ANG;
    KM_TRY_TO(end, km_file_read_text(argv[2], &text));
    KM_TRY_TO(end, km_classical_calculator_read(1, (const char *const *)argv + 2,
                                                (const char *const *)&text, &b->calculator));
    KM_TRY_TO(end, km_crystal_read(argv[1], &given));
    KM_TRY_TO(end, km_boundary_relax_bulk(given, b->calculator, &bulk, &atom_ha));
    for (int i = 0; i < n_boundary; ++i) {
        km_boundary_request request = {0};
        int number[7];
        char formula[KM_FORMULA_SIZE];

        for (int k = 0; k < 7; ++k) number[k] = (int)strtol(argv[6 + 7 * i + k], NULL, 10);
        memcpy(request.axis, number, sizeof request.axis);
        request.sigma = number[3];
        memcpy(request.plane, number + 4, sizeof request.plane);
        km_crystal_reduced_formula(bulk, formula);
        KM_TRY_TO(end, km_boundary_list_add(&b->list, formula, bulk, atom_ha, &request,
                                            &options, b->calculator));
    }
end:
    KM_FREE(text);
    km_crystal_destroy(&given);
    km_crystal_destroy(&bulk);
    return status;
}

static km_status relax_all(bench *b, bool may_slide)
{
    const km_relax_options options = km_boundary_relaxation(may_slide);

    KM_TRY(KM_ALLOC(b->energy, b->list.n_candidate));
    KM_TRY(KM_ALLOC(b->lowest, b->list.n_boundary));
    for (int i = 0; i < b->list.n_candidate; ++i) KM_TRY(relax(b, &options, i));
    for (int k = 0; k < b->list.n_boundary; ++k) {
        const km_boundary *boundary = b->list.boundary + k;

        b->lowest[k] = INFINITY;
        for (int i = boundary->first; i < boundary->first + boundary->n; ++i)
            b->lowest[k] = fmin(b->lowest[k], b->energy[i]);
    }
    return KM_OK;
}

/* One search through the whole list, until every boundary has come near enough or all of it is relaxed. */
static km_status replay(bench *b, km_boundary_policy policy, int seed)
{
    km_boundary_search_options options = km_boundary_search_options_default();
    int *trials = b->trials + (size_t)((policy - 1) * b->list.n_boundary * b->n_seed);
    km_boundary_search *search;
    km_proposal proposal;
    km_status status;

    options.policy = policy;
    options.search.seed = (uint64_t)seed + 1;
    options.search.control_share = 0;
    options.search.n_least = b->list.n_candidate; /* never over before it is found */
    KM_TRY(km_boundary_search_create(&b->list, &options, &search));
    for (;;) {
        int k;

        KM_TRY_TO(end, km_boundary_search_propose(search, &proposal));
        if (proposal.candidate < 0) break;
        k = b->list.candidate[proposal.candidate].i_boundary;
        KM_TRY_TO(end, km_boundary_search_record(search, proposal.candidate,
                                                 b->energy[proposal.candidate]));
        if (policy != KM_BOUNDARY_RANDOM &&
            km_boundary_search_n_trial(search, k) >= MAX_TRIAL) {
            if (trials[k * b->n_seed + seed] == 0) trials[k * b->n_seed + seed] = MAX_TRIAL;
            km_boundary_search_close(search, k);
        }
        if (!(b->energy[proposal.candidate] <= WITHIN * b->lowest[k])) continue;
        if (trials[k * b->n_seed + seed] == 0)
            trials[k * b->n_seed + seed] = km_boundary_search_n_trial(search, k);
        /* A user would go on for a while; the next boundary learns from ten. */
        if (km_boundary_search_n_trial(search, k) >= 10) km_boundary_search_close(search, k);
    }
end:
    km_boundary_search_destroy(&search);
    return status;
}

static int compare(const void *first, const void *second)
{
    return *(const int *)first - *(const int *)second;
}

static void print_row(const bench *b, int k)
{
    const km_boundary *boundary = b->list.boundary + k;
    const double area = km_grain_boundary_get(boundary->geometry)->coincidence_bohr2;
    int n_near = 0, n_failed = 0;

    for (int i = boundary->first; i < boundary->first + boundary->n; ++i) {
        n_near += b->energy[i] <= WITHIN * b->lowest[k];
        n_failed += isnan(b->energy[i]);
    }
    printf("%s,%d,%.0f,%d,%.4f,%d", boundary->name, boundary->n,
           area * pow(KM_ANG_PER_BOHR / PUBLISHED_STEP_ANG, 2) * PUBLISHED_GAPS, n_failed,
           b->lowest[k], n_near);
    for (int p = 0; p < N_POLICY; ++p) {
        int *trials = b->trials + (size_t)((p * b->list.n_boundary + k) * b->n_seed);

        qsort(trials, (size_t)b->n_seed, sizeof *trials, compare);
        printf(",%d,%d", trials[(b->n_seed - 1) / 2], trials[b->n_seed * 9 / 10]);
    }
    printf("\n");
}

static km_status run(int argc, char **argv)
{
    bench b = {.n_seed = (int)strtol(argv[5], NULL, 10)};
    km_status status;

    KM_TRY_TO(end, prepare(&b, argv, (argc - 6) / 7));
    KM_TRY_TO(end, relax_all(&b, strcmp(argv[4], "true") == 0));
    KM_TRY_TO(end, KM_ALLOC(b.trials, N_POLICY * b.list.n_boundary * b.n_seed));
    for (int policy = 1; policy <= N_POLICY; ++policy)
        for (int seed = 0; seed < b.n_seed; ++seed)
            KM_TRY_TO(end, replay(&b, (km_boundary_policy)policy, seed));
    for (int k = 0; k < b.list.n_boundary; ++k) print_row(&b, k);
end:
    KM_FREE(b.energy);
    KM_FREE(b.lowest);
    KM_FREE(b.trials);
    km_boundary_list_clear(&b.list);
    km_calculator_destroy(&b.calculator);
    return status;
}

int main(int argc, char **argv)
{
    km_status status;

    MPI_Init(&argc, &argv);
    if (argc < 13 || (argc - 6) % 7 != 0) {
        fprintf(stderr,
                "usage: %s CRYSTAL POTENTIAL THICKNESS_ANG true|false N_SEED [u v w SIGMA h k "
                "l]...\n",
                argv[0]);
        MPI_Finalize();
        return 1;
    }
    status = run(argc, argv);
    if (status != KM_OK) {
        fprintf(stderr, "%s\n", km_status_message());
        km_status_print_trace(stderr);
    }
    MPI_Finalize();
    return status != KM_OK;
}
