#include "cli/cli.h"
#include "cli/input.h"

#include "kaimen/base/memory.h"

#include <stdio.h>
#include <string.h>

static km_status print_input_help(void)
{
    char *text;

    KM_TRY(km_input_describe(&text));
    fputs(text, stdout);
    KM_FREE(text);
    return KM_OK;
}

static km_status run_help(const km_arguments *arguments, km_exit *code)
{
    const km_command *command;

    (void)code;
    if (!arguments->operand) {
        if (km_cli_is_root()) km_commands_print();
        return KM_OK;
    }
    if (!strcmp(arguments->operand, "input"))
        return km_cli_is_root() ? print_input_help() : KM_OK;
    KM_TRY(km_command_find(arguments->operand, &command));
    if (km_cli_is_root()) km_command_print_help(command);
    return KM_OK;
}

const km_command km_command_help = {
    .name = "help",
    .summary = "Show the subcommands, one of them, or every key of the input",
    .operand = "SUBCOMMAND | input",
    .is_operand_optional = true,
    .text = "`kaimen help input` writes docs/input.md: every key with its values, default and "
            "meaning.\n",
    .example = "  kaimen help input | less\n",
    .run = run_help,
};
