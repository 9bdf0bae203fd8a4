#include "cli/cli.h"

#include "kaimen/report/page.h"

#include <stdio.h>
#include <string.h>

/* grain-boundary.db becomes grain-boundary.html, in the directory where kaimen was started. */
static void name_page(const char *ledger, size_t n, char *path)
{
    const char *slash = strrchr(ledger, '/'), *name = slash ? slash + 1 : ledger;
    const char *dot = strrchr(name, '.');

    snprintf(path, n, "%.*s.html", (int)(dot && dot > name ? dot - name : (long)strlen(name)),
             name);
}

static km_status write_page(const km_arguments *arguments)
{
    const char *output = km_arguments_value(arguments, "output");
    char path[4096];
    km_ledger *ledger;
    km_status status;

    if (output)
        snprintf(path, sizeof path, "%s", output);
    else
        name_page(arguments->operand, sizeof path, path);
    KM_TRY(km_ledger_open_reader(arguments->operand, &ledger));
    status = km_report_write_page(ledger, path);
    km_ledger_close(&ledger);
    if (status == KM_OK) printf("%s\n", path);
    return status;
}

static km_status run_report(const km_arguments *arguments, km_exit *code)
{
    km_status status = KM_OK;

    (void)code;
    if (km_cli_is_root()) status = write_page(arguments);
    return km_agree(status, MPI_COMM_WORLD);
}

static const km_option options[] = {
    {"output", "FILE", "the page; without it, the ledger's name with .html"},
    {NULL, NULL, NULL}};

const km_command km_command_report = {
    .name = "report",
    .summary = "Show a ledger as one HTML page: table and plots",
    .operand = "LEDGER",
    .options = options,
    .text = "The page needs no other file. Of grain boundaries it shows the search against "
            "drawing at random, the rigid\nmaps and "
            "what was predicted. Reads the ledger only, also while a job writes to it.\n",
    .example = "  kaimen report grain-boundary.db\n",
    .run = run_report,
};
