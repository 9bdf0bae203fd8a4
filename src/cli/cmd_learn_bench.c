#include "cli/cli.h"

#include "kaimen/base/csv.h"
#include "kaimen/base/log.h"
#include "kaimen/base/memory.h"
#include "kaimen/learner/replay.h"
#include "kaimen/report/table.h"

#include <math.h>
#include <mpi.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_GOAL 8
/* What --goal is without it: above the minimum, in the unit of the values. */
#define DEFAULT_GAP 0.001

/* A table of candidates, taken apart. */
typedef struct {
    km_csv *csv;
    km_replay replay;
    double *x, *value; /* what the replay borrows */
    int n_goal, n_seed, max_trial;
    double goal[MAX_GOAL];
    double lowest;
    const char *trace_path; /* borrowed; NULL: none */
    /* The ranks in teams, each of which does one seed after the other. */
    int team, n_team;
    km_gp_team ranks; /* of this team */
} bench;

/* Numbers separated by blanks or commas. */
static km_status read_numbers(const char *option, const char *text, int most, int *n, double *x)
{
    char *end;

    for (*n = 0; *(text += strspn(text, " ,\t")); text = end, ++*n) {
        const double value = strtod(text, &end);

        KM_TRY(KM_CHECK(end != text && isfinite(value) && *n < most, KM_E_INPUT,
                        "--%s: \"%s\"; wanted at most %d numbers", option, text, most));
        x[*n] = value;
    }
    return KM_OK;
}

static km_status read_count(const km_arguments *arguments, const char *option, int otherwise,
                            int *count)
{
    const char *text = km_arguments_value(arguments, option);
    char *end;
    long value = otherwise;

    if (text) {
        value = strtol(text, &end, 10);
        KM_TRY(KM_CHECK(*text && !*end && value >= 1 && value <= 1000000, KM_E_INPUT,
                        "--%s %s; wanted a number from 1 to 1000000", option, text));
    }
    *count = (int)value;
    return KM_OK;
}

/* The lattice of --period and the columns of --shift, which stand first. */
static km_status choose_shift(const km_arguments *arguments, bench *b, int *column)
{
    const char *period = km_arguments_value(arguments, "period");
    const char *shift = km_arguments_value(arguments, "shift");
    char names[256] = "", *cursor = names, *name;
    int n;

    KM_TRY(KM_CHECK(!period == !shift, KM_E_INPUT,
                    "--period and --shift are given together or not at all"));
    if (!period) return KM_OK;
    KM_TRY(read_numbers("period", period, 4, &n, b->replay.space.lattice));
    KM_TRY(KM_CHECK(strlen(shift) < sizeof names, KM_E_INPUT, "--shift is too long"));
    strcpy(names, shift);
    while ((name = strsep(&cursor, ","))) {
        KM_TRY(KM_CHECK(b->replay.space.n_shift < 2, KM_E_INPUT,
                        "--shift %s; wanted one or two columns", shift));
        KM_TRY(km_csv_find(b->csv, name, column + b->replay.space.n_shift++));
    }
    return KM_CHECK(
        n == b->replay.space.n_shift * b->replay.space.n_shift, KM_E_INPUT,
        "--period \"%s\" has %d numbers; wanted %d, the vectors one after the other", period, n,
        b->replay.space.n_shift * b->replay.space.n_shift);
}

/* Columns in the order of the space: the shift, then the others but the value. */
static km_status choose_columns(const km_arguments *arguments, bench *b, int *column,
                                int *value)
{
    const char *name = km_arguments_value(arguments, "value");
    const int n_column = km_csv_n_column(b->csv);
    int n;

    *value = n_column - 1;
    if (name) KM_TRY(km_csv_find(b->csv, name, value));
    KM_TRY(choose_shift(arguments, b, column));
    n = b->replay.space.n_shift;
    for (int c = 0; c < n_column && n < KM_SPACE_MAX; ++c) {
        bool is_taken = c == *value;

        for (int s = 0; s < b->replay.space.n_shift; ++s) is_taken = is_taken || c == column[s];
        if (!is_taken) column[n++] = c;
    }
    b->replay.space.n_x = n;
    return km_space_check(&b->replay.space);
}

static km_status take_apart(const km_arguments *arguments, bench *b)
{
    const double *all = km_csv_values(b->csv);
    const int n_column = km_csv_n_column(b->csv);
    int column[KM_SPACE_MAX] = {0}, value;

    KM_TRY(choose_columns(arguments, b, column, &value));
    b->replay.n = km_csv_n_row(b->csv);
    KM_TRY(KM_ALLOC(b->x, b->replay.n * b->replay.space.n_x));
    KM_TRY(KM_ALLOC(b->value, b->replay.n));
    b->lowest = HUGE_VAL;
    for (int i = 0; i < b->replay.n; ++i) {
        for (int k = 0; k < b->replay.space.n_x; ++k)
            b->x[i * b->replay.space.n_x + k] = all[i * n_column + column[k]];
        b->value[i] = all[i * n_column + value];
        b->lowest = fmin(b->lowest, b->value[i]);
    }
    b->replay.x = b->x;
    b->replay.value = b->value;
    return KM_OK;
}

static km_status read_bench(const km_arguments *arguments, bench *b)
{
    const char *goal = km_arguments_value(arguments, "goal");

    b->trace_path = km_arguments_value(arguments, "trace");
    KM_TRY(read_count(arguments, "seeds", 100, &b->n_seed));
    KM_TRY(read_count(arguments, "trials", 500, &b->max_trial));
    KM_TRY(read_count(arguments, "scalapack-above", KM_GP_SCALAPACK_ABOVE,
                      &b->ranks.scalapack_above));
    KM_TRY(km_csv_read(arguments->operand, &b->csv));
    KM_TRY(take_apart(arguments, b));
    if (goal) KM_TRY(read_numbers("goal", goal, MAX_GOAL - 1, &b->n_goal, b->goal));
    b->goal[b->n_goal++] = b->lowest + DEFAULT_GAP;
    if (b->max_trial > b->replay.n) b->max_trial = b->replay.n;
    return KM_OK;
}

static km_status choose_acquisition(const km_arguments *arguments, km_search_options *options)
{
    static const char *const names[] = {"ei", "lcb", "thompson"};
    const char *name = km_arguments_value(arguments, "acquisition");

    if (!name) return KM_OK;
    for (int i = 0; i < 3; ++i)
        if (!strcmp(name, names[i])) {
            options->acquisition = (km_acquisition)i;
            return KM_OK;
        }
    return KM_RAISE(KM_E_INPUT, "--acquisition %s; wanted ei, lcb or thompson", name);
}

/* How far it is, on a terminal. */
static void show_progress(const bench *b, const char *policy, int n_done, double since_s)
{
    const double left_s = (MPI_Wtime() - since_s) * (b->n_seed - n_done) / n_done;

    if (!km_cli_is_root() || !isatty(STDERR_FILENO)) return;
    km_log_line("%s: %d of %d seeds, about %.0f s left", policy, n_done, b->n_seed, left_s);
    if (n_done == b->n_seed) km_log_clear_line();
}

/* As many teams as there are seeds for; ranks beyond that share the large fits of a team. */
static void form_teams(bench *b)
{
    int rank, n_rank;

    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &n_rank);
    b->n_team = b->n_seed < n_rank ? b->n_seed : n_rank;
    b->team = rank % b->n_team;
    if (b->n_team < n_rank) MPI_Comm_split(MPI_COMM_WORLD, b->team, rank, &b->ranks.comm);
}

/* What every rank has of its team's seeds: of each team one speaks. */
static void gather(const bench *b, int *trial, double *trace)
{
    const int n_trial = b->n_seed * b->n_goal, n_trace = b->n_seed * b->max_trial;
    int rank = 0;

    if (b->ranks.comm != MPI_COMM_NULL) MPI_Comm_rank(b->ranks.comm, &rank);
    if (rank != 0) {
        memset(trial, 0, sizeof *trial * (size_t)n_trial);
        if (trace) memset(trace, 0, sizeof *trace * (size_t)n_trace);
    }
    MPI_Allreduce(MPI_IN_PLACE, trial, n_trial, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    if (trace) MPI_Allreduce(MPI_IN_PLACE, trace, n_trace, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
}

/* Trials of each seed for each goal, [n_seed][n_goal], and the value of each trial, [n_seed][max_trial], if wanted. The teams share the seeds. */
static km_status run_seeds(const bench *b, km_search_options options, int *trial, double *trace)
{
    const char *policy = options.is_random ? "random" : "kriging";
    const double since_s = MPI_Wtime();
    km_status status = KM_OK;

    options.team = b->ranks;
    for (int seed = b->team; seed < b->n_seed && status == KM_OK; seed += b->n_team) {
        options.seed = (uint64_t)seed + 1;
        status = km_replay_run(&b->replay, &options, b->n_goal, b->goal,
                               options.is_random ? b->replay.n : b->max_trial,
                               trial + seed * b->n_goal,
                               trace ? trace + (size_t)seed * (size_t)b->max_trial : NULL);
        show_progress(b, policy, seed + b->n_team < b->n_seed ? seed + 1 : b->n_seed, since_s);
    }
    KM_TRY(km_agree(status, MPI_COMM_WORLD));
    gather(b, trial, trace);
    return KM_OK;
}

static int compare(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

/* The middle of a sorted list; of an even number the mean of both middle ones. */
static double median_of(int n, const int *sorted)
{
    return 0.5 * (sorted[(n - 1) / 2] + sorted[n / 2]);
}

static km_status add_rows(const bench *b, const char *policy, int max_trial, const int *trial,
                          km_table *table)
{
    int *sorted = NULL;
    km_status status = KM_OK;

    KM_TRY(KM_ALLOC(sorted, b->n_seed));
    for (int g = 0; g < b->n_goal; ++g) {
        int n_missed = 0;

        for (int s = 0; s < b->n_seed; ++s) {
            sorted[s] = trial[s * b->n_goal + g];
            n_missed += sorted[s] > max_trial;
        }
        qsort(sorted, (size_t)b->n_seed, sizeof *sorted, compare);
        KM_TRY_TO(end, km_table_add_text(table, policy));
        KM_TRY_TO(end, km_table_add_number(table, 6, b->goal[g]));
        KM_TRY_TO(end, km_table_add_number(table, 1, median_of(b->n_seed, sorted)));
        KM_TRY_TO(end, km_table_add_number(table, 0, sorted[(9 * b->n_seed + 9) / 10 - 1]));
        KM_TRY_TO(end, km_table_add_number(table, 0, sorted[b->n_seed - 1]));
        KM_TRY_TO(end, km_table_add_number(table, 0, n_missed));
    }
end:
    KM_FREE(sorted);
    return status;
}

/* One row for each trial of each seed. */
static km_status write_trace(const bench *b, const double *trace)
{
    static const km_table_column columns[] = {
        {"seed", "", "seed"}, {"trial", "", "trial"}, {"value", "", "value"}};
    km_table *table;
    km_status status = KM_OK;

    KM_TRY(km_table_create(3, columns, &table));
    for (int i = 0; i < b->n_seed * b->max_trial; ++i) {
        if (!isfinite(trace[i])) continue;
        KM_TRY_TO(end, km_table_add_number(table, 0, i / b->max_trial + 1.0));
        KM_TRY_TO(end, km_table_add_number(table, 0, i % b->max_trial + 1.0));
        KM_TRY_TO(end, km_table_add_number(table, 6, trace[i]));
    }
    status = km_table_write_csv(table, b->trace_path);
end:
    km_table_destroy(&table);
    return status;
}

static km_status compare_policies(const bench *b, km_search_options options, km_table *table)
{
    double *trace = NULL;
    int *trial = NULL;
    km_status status = KM_OK;

    if (b->trace_path) KM_TRY(KM_ALLOC(trace, b->n_seed * b->max_trial));
    for (int is_random = 0; is_random < 2; ++is_random) {
        KM_FREE(trial);
        KM_TRY_TO(end, KM_ALLOC(trial, b->n_seed * b->n_goal));
        options.is_random = is_random;
        KM_TRY_TO(end, run_seeds(b, options, trial, is_random ? NULL : trace));
        KM_TRY_TO(end, add_rows(b, is_random ? "random" : "kriging",
                                is_random ? b->replay.n : b->max_trial, trial, table));
    }
    if (trace && km_cli_is_root()) KM_TRY_TO(end, write_trace(b, trace));
end:
    KM_FREE(trace);
    KM_FREE(trial);
    return status;
}

static km_status run_bench(bench *b, const km_search_options *options)
{
    static const km_table_column columns[] = {
        {"policy", "", "policy"},       {"goal", "", "goal"},
        {"median", "trials", "median"}, {"90 %", "trials", "ninety"},
        {"most", "trials", "most"},     {"not reached", "seeds", "missed"},
    };
    km_table *table = NULL;
    km_status status = KM_OK;

    KM_TRY(km_table_create(6, columns, &table));
    if (km_cli_is_root())
        printf("%d candidates of %d numbers, lowest value %.6g; %d seeds\n\n", b->replay.n,
               b->replay.space.n_x, b->lowest, b->n_seed);
    KM_TRY_TO(end, compare_policies(b, *options, table));
    if (km_cli_is_root()) KM_TRY_TO(end, km_table_print(table, stdout));
end:
    km_table_destroy(&table);
    return status;
}

static km_status run_learn_bench(const km_arguments *arguments, km_exit *code)
{
    km_search_options options = km_search_options_default();
    bench b = {.ranks = {.comm = MPI_COMM_NULL}};
    km_status status = KM_OK;

    (void)code;
    KM_TRY(choose_acquisition(arguments, &options));
    status = read_bench(arguments, &b);
    KM_TRY_TO(end, km_agree(status, MPI_COMM_WORLD));
    form_teams(&b);
    status = run_bench(&b, &options);
end:
    if (b.ranks.comm != MPI_COMM_NULL) MPI_Comm_free(&b.ranks.comm);
    km_csv_destroy(&b.csv);
    KM_FREE(b.x);
    KM_FREE(b.value);
    return status;
}

static const km_option options_of_learn_bench[] = {
    {"value", "COLUMN", "what is to be low; the last column without"},
    {"shift", "COLUMNS", "the rigid shift: one column, or two with a comma between"},
    {"period", "NUMBERS", "lattice of the shift: its vectors one after the other"},
    {"goal", "NUMBERS", "values to come down to, besides the lowest + 0.001"},
    {"acquisition", "NAME",
     "lcb (lower bound, the default), ei (expected improvement) or thompson"},
    {"seeds", "N", "searches with other random numbers; 100 without"},
    {"trials", "N", "a search ends after so many; 500 without"},
    {"scalapack-above", "N",
     "ranks beyond one for each seed share fits to more than N values; 2400 without"},
    {"trace", "FILE", "write the value of every trial of kriging as CSV"},
    {NULL, NULL, NULL}};

const km_command km_command_learn_bench = {
    .name = "learn-bench",
    .summary = "Replay the learner on a table of finished values",
    .operand = "FILE.csv",
    .options = options_of_learn_bench,
    .text = "Each row is a candidate; its value is shown to the search when it asks for it. "
            "How many "
            "trials kriging takes to find a good one, beside drawing at random.\n\n"
            "Columns of --shift repeat with the lattice of --period; all others are plain "
            "numbers.\n",
    .example = "  mpirun -n 4 kaimen learn-bench s5-210.csv --goal 0.960 --shift dx,dz \\\n"
               "      --period \"1.616677 0 0.808339 1.8075\"\n",
    .run = run_learn_bench,
};
