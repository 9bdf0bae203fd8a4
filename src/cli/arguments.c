#include "cli/cli.h"

#include "kaimen/base/text.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#define WORD_SIZE 48

km_status km_command_find(const char *name, const km_command **command)
{
    const km_command *const *all = km_commands();
    const char *nearest = "help";

    for (int i = 0; all[i]; ++i) {
        if (!strcmp(all[i]->name, name)) {
            *command = all[i];
            return KM_OK;
        }
        if (km_text_distance(name, all[i]->name) < km_text_distance(name, nearest))
            nearest = all[i]->name;
    }
    *command = NULL;
    return KM_RAISE(KM_E_INPUT,
                    "unknown subcommand \"%s\"; nearest: %s (kaimen help lists them all)", name,
                    nearest);
}

static int n_option(const km_command *command)
{
    int n = 0;

    while (command->options && command->options[n].name) ++n;
    return n;
}

static km_status raise_unknown(const km_command *command, const char *word)
{
    const char *nearest = "help";

    for (int i = 0; i < n_option(command); ++i)
        if (km_text_distance(word + strspn(word, "-"), command->options[i].name) <
            km_text_distance(word + strspn(word, "-"), nearest))
            nearest = command->options[i].name;
    return KM_RAISE(KM_E_INPUT, "%s: unknown option %s; nearest: --%s (kaimen %s --help)",
                    command->name, word, nearest, command->name);
}

/* Options of the subcommand first, so that getopt's index is ours; then those that all have. */
static void fill_long_options(const km_command *command, struct option *out)
{
    int n = n_option(command);

    for (int i = 0; i < n; ++i)
        out[i] = (struct option){command->options[i].name,
                                 command->options[i].value ? required_argument : no_argument,
                                 NULL, i + 1};
    out[n] = (struct option){"help", no_argument, NULL, 'h'};
    out[n + 1] = (struct option){"debug", no_argument, NULL, 'd'};
    out[n + 2] = (struct option){NULL, 0, NULL, 0};
}

static km_status take_operand(const km_command *command, int argc, char **argv,
                              km_arguments *arguments)
{
    if (arguments->help) return KM_OK;
    if (optind < argc && !command->operand)
        return KM_RAISE(KM_E_INPUT, "%s: \"%s\" is one word too many (kaimen %s --help)",
                        command->name, argv[optind], command->name);
    if (optind + 1 < argc)
        return KM_RAISE(KM_E_INPUT,
                        "%s: \"%s\" is one word too many; wanted one %s (kaimen %s --help)",
                        command->name, argv[optind + 1], command->operand, command->name);
    if (optind == argc && command->operand && !command->is_operand_optional)
        return KM_RAISE(KM_E_INPUT, "%s: %s is missing (kaimen %s --help)", command->name,
                        command->operand, command->name);
    if (optind < argc) arguments->operand = argv[optind];
    return KM_OK;
}

km_status km_arguments_parse(const km_command *command, int argc, char **argv,
                             km_arguments *arguments)
{
    struct option options[KM_MAX_OPTION + 3];
    int letter;

    memset(arguments, 0, sizeof *arguments);
    arguments->command = command;
    fill_long_options(command, options);
    opterr = 0;
    optind = 1;
    while ((letter = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
        if (letter == '?') return raise_unknown(command, argv[optind - 1]);
        if (letter == ':')
            return KM_RAISE(KM_E_INPUT, "%s: %s needs a value (kaimen %s --help)",
                            command->name, argv[optind - 1], command->name);
        if (letter == 'h') arguments->help = true;
        if (letter == 'd') arguments->debug = true;
        if (letter <= KM_MAX_OPTION) {
            arguments->is_given[letter - 1] = true;
            arguments->value[letter - 1] = optarg;
        }
    }
    return take_operand(command, argc, argv, arguments);
}

static int find_option(const km_arguments *arguments, const char *name)
{
    int n = n_option(arguments->command);

    for (int i = 0; i < n; ++i)
        if (!strcmp(arguments->command->options[i].name, name)) return i;
    KM_ASSERT(!"an option that the subcommand does not have");
    return 0;
}

const char *km_arguments_value(const km_arguments *arguments, const char *name)
{
    return arguments->value[find_option(arguments, name)];
}

bool km_arguments_has(const km_arguments *arguments, const char *name)
{
    return arguments->is_given[find_option(arguments, name)];
}

static void print_option(const char *name, const char *value, const char *help)
{
    char left[WORD_SIZE];

    snprintf(left, sizeof left, "--%s%s%s", name, value ? " " : "", value ? value : "");
    printf("  %-20s %s\n", left, help);
}

void km_command_print_help(const km_command *command)
{
    printf("usage: kaimen %s%s%s%s%s\n", command->name, command->options ? " [OPTION]..." : "",
           command->operand ? (command->is_operand_optional ? " [" : " ") : "",
           command->operand ? command->operand : "", command->is_operand_optional ? "]" : "");
    printf("\n%s.\n\n%s\nOptions:\n", command->summary, command->text);
    for (int i = 0; i < n_option(command); ++i)
        print_option(command->options[i].name, command->options[i].value,
                     command->options[i].help);
    print_option("debug", NULL, "log more, and show where an error came from");
    print_option("help", NULL, "show this page");
    printf("\nExample:\n%s", command->example);
}
