#include "cli/cli.h"

#include "kaimen/base/log.h"
#include "kaimen/base/version.h"

#include <cblas.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int world_rank;

#ifdef __SANITIZE_ADDRESS__
/* Open MPI unloads its plugins at the end; their leaks would then have no name to be suppressed by. */
int dlclose(void *handle)
{
    (void)handle;
    return 0;
}
#endif

bool km_cli_is_root(void)
{
    return world_rank == 0;
}

const km_command *const *km_commands(void)
{
    static const km_command *const commands[] = {&km_command_run,
                                                 &km_command_plan,
                                                 &km_command_energy,
                                                 &km_command_status,
                                                 &km_command_export,
                                                 &km_command_report,
                                                 &km_command_pseudo,
                                                 &km_command_learn_bench,
                                                 &km_command_info,
                                                 &km_command_help,
                                                 NULL};

    return commands;
}

void km_commands_print(void)
{
    const km_command *const *all = km_commands();

    printf(
        "usage: kaimen SUBCOMMAND [OPTION]... [FILE]\n"
        "       mpirun -n N kaimen SUBCOMMAND ...\n\n"
        "Crystal files in, surface energies and band edges of every nonpolar surface out.\n\n"
        "Subcommands:\n");
    for (int i = 0; all[i]; ++i) printf("  %-11s %s\n", all[i]->name, all[i]->summary);
    printf("\nkaimen SUBCOMMAND --help shows its options and an example;"
           " kaimen --version the version.\n");
}

/* The words before the subcommand: those that ask for a page instead of work. */
static bool print_page(int argc, char **argv)
{
    bool is_help = argc < 2 || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h");
    bool is_version = !is_help && !strcmp(argv[1], "--version");

    if (km_cli_is_root() && is_help) km_commands_print();
    if (km_cli_is_root() && is_version)
        printf("kaimen %s (%s)\n", km_version(), km_version_commit());
    return is_help || is_version;
}

static km_status run_subcommand(int argc, char **argv, bool *debug, km_exit *code)
{
    km_arguments arguments;
    const km_command *command;

    if (argc > 1 && argv[1][0] == '-')
        return KM_RAISE(KM_E_INPUT,
                        "unknown option %s; wanted a subcommand, --help or --version", argv[1]);
    KM_TRY(km_command_find(argv[1], &command));
    KM_TRY(km_arguments_parse(command, argc - 1, argv + 1, &arguments));
    if (arguments.help) {
        if (km_cli_is_root()) km_command_print_help(command);
        return KM_OK;
    }
    *debug = *debug || arguments.debug;
    km_log_configure(world_rank, *debug ? KM_LOG_DEBUG : KM_LOG_INFO);
    KM_TRY(command->run(&arguments, code));
    return KM_OK;
}

static km_exit exit_code_of(km_status status)
{
    switch (status) {
    case KM_E_ARGUMENT:
    case KM_E_INPUT:
    case KM_E_IO:
        return KM_EXIT_USAGE;
    default:
        return KM_EXIT_INTERNAL;
    }
}

/* Ranks that failed alike print once; what only one rank knows has been agreed upon before. */
static void print_error(bool debug)
{
    if (!km_cli_is_root()) return;
    fflush(stdout);
    fprintf(stderr, "kaimen: %s\n", km_status_message());
    if (debug) km_status_print_trace(stderr);
}

int main(int argc, char **argv)
{
    bool debug = getenv("KAIMEN_DEBUG") != NULL;
    km_exit code = KM_EXIT_DONE;
    km_status status = KM_OK;
    int provided;

    MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
    MPI_Comm_rank(MPI_COMM_WORLD, &world_rank);
    km_log_configure(world_rank, debug ? KM_LOG_DEBUG : KM_LOG_INFO);
    /* One rank per core is how kaimen is run; threads of OpenBLAS on top would fight for the cores. */
    if (!getenv("OPENBLAS_NUM_THREADS") && !getenv("OMP_NUM_THREADS"))
        openblas_set_num_threads(1);
    if (!print_page(argc, argv)) status = run_subcommand(argc, argv, &debug, &code);
    if (status != KM_OK) {
        print_error(debug);
        code = exit_code_of(status);
    }
    MPI_Finalize();
    return (int)code;
}
