#include "cli/cli.h"
#include "cli/setup.h"

#include "kaimen/base/units.h"
#include "kaimen/report/campaign_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The campaign's table, on the screen and as CSV, from what the ledger holds. */
static km_status report(const km_setup *setup)
{
    const km_campaign_report *kind;
    km_ledger *ledger;
    km_table *summary = NULL, *numbers = NULL;
    km_status status;

    KM_TRY(km_ledger_open_reader(setup->input.ledger, &ledger));
    KM_TRY_TO(end, km_campaign_report_find(ledger, &kind));
    KM_TRY_TO(end, kind->summary(ledger, &summary));
    KM_TRY_TO(end, kind->numbers(ledger, &numbers));
    printf("\n");
    KM_TRY_TO(end, km_table_print(summary, stdout));
    KM_TRY_TO(end, km_table_write_csv(numbers, setup->input.table));
end:
    km_table_destroy(&numbers);
    km_table_destroy(&summary);
    km_ledger_close(&ledger);
    return status;
}

static void print_start(const km_setup *setup)
{
    int n_kind[KM_N_TASK_KIND] = {0}, n_rank, n_task = km_plan_n_task(setup->plan);

    for (int i = 0; i < n_task; ++i) ++n_kind[km_plan_task(setup->plan, i)->kind];
    MPI_Comm_size(MPI_COMM_WORLD, &n_rank);
    printf("%s: %d crystals, ", setup->input.name, setup->input.n_bulk);
    if (setup->options.kind == KM_CAMPAIGN_SURFACE)
        printf("%d surfaces and %d references", n_kind[KM_TASK_SURFACE],
               n_task - n_kind[KM_TASK_SURFACE]);
    else if (setup->options.kind == KM_CAMPAIGN_EQUATION_OF_STATE)
        printf("%d volumes", n_kind[KM_TASK_VOLUME]);
    else
        printf("%d grain boundaries with %d candidates", setup->options.n_boundary,
               n_kind[KM_TASK_GRAIN_BOUNDARY]);
    if (setup->options.kind != KM_CAMPAIGN_GRAIN_BOUNDARY)
        printf("; %s, %g Ha", km_functional_name(setup->input.dft.functional),
               setup->input.dft.ecut_ha);
    printf("; %d rank%s\n", n_rank, n_rank == 1 ? "" : "s");
    if (n_task == 0) printf("no cut was accepted: kaimen plan with the same file shows why\n");
    fflush(stdout);
}

static void print_end(const km_setup *setup, const km_campaign_summary *summary)
{
    const int *n = summary->n_state;

    printf(
        "\n%d tasks: %d done, %d failed, %d pruned, %d left; %d of them computed now, in %.1f "
        "s\n",
        n[KM_TASK_QUEUED] + n[KM_TASK_RUNNING] + n[KM_TASK_DONE] + n[KM_TASK_FAILED] +
            n[KM_TASK_PRUNED],
        n[KM_TASK_DONE], n[KM_TASK_FAILED], n[KM_TASK_PRUNED],
        n[KM_TASK_QUEUED] + n[KM_TASK_RUNNING], summary->n_evaluated, summary->time_s);
    if (n[KM_TASK_FAILED] > 0)
        printf("why some failed: kaimen status %s\n", setup->input.ledger);
    if (summary->is_stopped)
        printf("stopped: %s; the same command resumes\n", summary->stop_reason);
    printf("ledger   %s\ndatabase %s\ntable    %s\n", setup->input.ledger,
           setup->input.database, setup->input.table);
}

static km_exit exit_code_of(const km_campaign_summary *summary)
{
    if (summary->is_stopped) return KM_EXIT_STOPPED;
    return summary->n_state[KM_TASK_FAILED] > 0 ? KM_EXIT_FAILED : KM_EXIT_DONE;
}

static km_status run_campaign(km_setup *setup, km_exit *code)
{
    km_campaign_summary summary;
    km_status status = KM_OK;

    KM_TRY(km_campaign_run(&setup->options, setup->plan, setup->calculator, MPI_COMM_WORLD,
                           &summary));
    if (km_cli_is_root()) {
        status = report(setup);
        if (status == KM_OK) print_end(setup, &summary);
    }
    KM_TRY(km_agree(status, MPI_COMM_WORLD));
    *code = exit_code_of(&summary);
    return KM_OK;
}

/* "90 min": the command line goes before the document. */
static km_status take_time_limit(const km_arguments *arguments, double *time_limit_s)
{
    const char *text = km_arguments_value(arguments, "time-limit");
    const km_unit *unit;
    char *end;
    double value;

    if (!text) return KM_OK;
    value = strtod(text, &end);
    unit = km_unit_find(end + strspn(end, " "));
    if (end == text || !(value > 0) || !unit || unit->dimension != KM_UNIT_TIME)
        return KM_RAISE(KM_E_INPUT, "run: --time-limit %s; wanted a time such as \"90 min\"",
                        text);
    *time_limit_s = value * unit->factor;
    return KM_OK;
}

static km_status run_run(const km_arguments *arguments, km_exit *code)
{
    km_setup setup;
    km_status status;

    KM_TRY_TO(end, km_setup_campaign(arguments->operand, MPI_COMM_WORLD, &setup));
    if (km_cli_is_root() && km_arguments_has(arguments, "echo"))
        printf("%s\n", setup.effective);
    KM_TRY_TO(end, take_time_limit(arguments, &setup.options.time_limit_s));
    if (km_cli_is_root()) print_start(&setup);
    KM_TRY_TO(end, run_campaign(&setup, code));
end:
    km_setup_clear(&setup);
    return status;
}

static const km_option options[] = {
    {"time-limit", "TIME", "stop, to be resumed, after a time such as \"90 min\""},
    {"echo", NULL, "first print every effective value (they are stored in any case)"},
    {NULL, NULL, NULL}};

const km_command km_command_run = {
    .name = "run",
    .summary = "Run a campaign, or resume it: the same command does both",
    .operand = "CAMPAIGN.yaml",
    .options = options,
    .text =
        "Cuts every nonpolar surface of the crystals (or scales them: campaign.kind), computes "
        "what the ledger\ndoes not hold yet, and ends with the table of results. A file STOP "
        "beside the ledger, SIGTERM and "
        "SIGUSR1 stop it\nin good order; after a kill nothing finished is lost.\n"
        "Exit status: 0 all done, 1 usage or input, 2 some candidates failed, 3 stopped "
        "early,\n"
        "4 internal error.\n",
    .example = "  mpirun -n 2 kaimen run inputs/quickstart.yaml\n",
    .run = run_run,
};
