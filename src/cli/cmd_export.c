#include "cli/cli.h"

#include "kaimen/base/memory.h"
#include "kaimen/campaign/database.h"
#include "kaimen/report/campaign_report.h"
#include "kaimen/report/surfaces.h"

#include <stdio.h>

static km_status export_csv(km_ledger *ledger, const char *path)
{
    const km_campaign_report *report;
    km_table *table;
    km_status status;

    KM_TRY(km_campaign_report_find(ledger, &report));
    KM_TRY(report->numbers(ledger, &table));
    KM_TRY_TO(end, km_table_write_csv(table, path));
    printf("%s: %d %s\n", path, km_table_n_row(table), report->row_name);
end:
    km_table_destroy(&table);
    return status;
}

static km_status export_all(const km_arguments *arguments)
{
    const char *csv = km_arguments_value(arguments, "csv");
    const char *extxyz = km_arguments_value(arguments, "extxyz");
    const char *hdf5 = km_arguments_value(arguments, "hdf5");
    const char *trajectory = km_arguments_value(arguments, "trajectory");
    km_ledger *ledger;
    km_status status = KM_OK;
    int n_frame;

    if (!csv && !extxyz && !hdf5 && !trajectory)
        return KM_RAISE(
            KM_E_INPUT,
            "export: nothing to write; wanted --csv, --extxyz, --trajectory or --hdf5");
    KM_TRY(km_ledger_open_reader(arguments->operand, &ledger));
    if (csv) KM_TRY_TO(end, export_csv(ledger, csv));
    if (extxyz) {
        KM_TRY_TO(end, km_report_write_extxyz(ledger, extxyz, &n_frame));
        printf("%s: %d structures\n", extxyz, n_frame);
    }
    if (trajectory) {
        KM_TRY_TO(end, km_report_write_trajectories(ledger, trajectory, &n_frame));
        printf("%s: %d steps of relaxations\n", trajectory, n_frame);
    }
    if (hdf5) {
        KM_TRY_TO(end, km_database_write(ledger, hdf5));
        printf("%s: made from %s\n", hdf5, arguments->operand);
    }
end:
    km_ledger_close(&ledger);
    return status;
}

static km_status run_export(const km_arguments *arguments, km_exit *code)
{
    km_status status = KM_OK;

    (void)code;
    if (km_cli_is_root()) status = export_all(arguments);
    return km_agree(status, MPI_COMM_WORLD);
}

static const km_option options[] = {
    {"csv", "FILE",
     "one row per surface (equations of state: per crystal), units in the column names"},
    {"extxyz", "FILE", "every computed structure with its energy and forces"},
    {"trajectory", "FILE", "every step of every relaxation with its energy, forces and stress"},
    {"hdf5", "FILE", "the database, made again"},
    {NULL, NULL, NULL}};

const km_command km_command_export = {
    .name = "export",
    .summary = "Write the results of a ledger as CSV, extended XYZ or HDF5",
    .operand = "LEDGER",
    .options = options,
    .text = "Reads the ledger only, also while a job writes to it.\n",
    .example = "  kaimen export quickstart.db --csv surfaces.csv --extxyz slabs.extxyz\n",
    .run = run_export,
};
