#pragma once
/**
 * @file
 * @brief What the subcommands share: their table, the command line taken apart, exit codes. Private to src/cli.
 *
 * A subcommand is a table row: its options are parsed, its help page is written and its errors are printed here, so
 * that cmd_<name>.c only works. Every rank runs the same code; only rank 0 writes (km_cli_is_root).
 */
#include "kaimen/base/status.h"

#include <stdbool.h>

#define KM_MAX_OPTION 12

typedef enum {
    KM_EXIT_DONE = 0,
    KM_EXIT_USAGE = 1,    /* usage or input */
    KM_EXIT_FAILED = 2,   /* done, some candidates failed */
    KM_EXIT_STOPPED = 3,  /* stopped early, the same command resumes */
    KM_EXIT_INTERNAL = 4, /* our own mistake, or memory */
} km_exit;

/** One option of a subcommand. */
typedef struct {
    const char *name;  /* without the dashes; NULL ends the table */
    const char *value; /* what follows, such as "FILE"; NULL for a flag */
    const char *help;
} km_option;

typedef struct km_arguments km_arguments;

/** One subcommand. */
typedef struct {
    const char *name;
    const char *summary;
    const char *operand; /* what stands after the options, such as "FILE.yaml"; NULL: nothing */
    bool is_operand_optional;
    const km_option *options; /* NULL: only --help and --debug */
    const char *text;         /* paragraphs of its help page */
    const char *example;      /* lines that can be run as they are */
    km_status (*run)(const km_arguments *arguments, km_exit *code);
} km_command;

/** The command line of one subcommand, taken apart: plain values, all borrowed from argv. */
struct km_arguments {
    const km_command *command;
    const char *operand; /* NULL when not given */
    const char *value[KM_MAX_OPTION];
    bool is_given[KM_MAX_OPTION];
    bool help;
    bool debug;
};

extern const km_command km_command_run, km_command_plan, km_command_energy, km_command_status,
    km_command_export, km_command_report, km_command_pseudo, km_command_learn_bench,
    km_command_info, km_command_help;

/** @brief All subcommands, ended by NULL. Local. */
const km_command *const *km_commands(void);

/**
 * @brief Subcommand of a name. Local.
 * @return KM_E_INPUT, with the nearest name, when there is none
 */
KM_STATUS km_command_find(const char *name, const km_command **command);

/**
 * @brief Take the words after the subcommand's name apart. Local.
 * @return KM_E_INPUT for an unknown option (naming the nearest), a missing value, a missing or superfluous operand
 */
KM_STATUS km_arguments_parse(const km_command *command, int argc, char **argv,
                             km_arguments *arguments);

/** @brief Text after --name, NULL when the option was not given. Local. */
const char *km_arguments_value(const km_arguments *arguments, const char *name);

/** @brief Whether --name was given. Local. */
bool km_arguments_has(const km_arguments *arguments, const char *name);

/** @brief Write the help page of a subcommand, or the list of all, to standard output. Local. */
void km_command_print_help(const km_command *command);
void km_commands_print(void);

/** @brief Whether this process is rank 0 of the whole job, the only one that prints. Local. */
bool km_cli_is_root(void);
