#include "cli/cli.h"
#include "cli/setup.h"

#include "kaimen/base/text.h"
#include "kaimen/base/units.h"
#include "kaimen/crystal/extxyz.h"
#include "kaimen/crystal/poscar.h"
#include "kaimen/report/table.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const km_table_column cut_columns[] = {
    {"crystal", "", "crystal"},
    {"surface", "", "surface"},
    {"type", "", "type"},
    {"ends in", "", "outermost"},
    {"atoms", "", "n_atom"},
    {"electrons", "", "n_electron"},
    {"plane waves", "", "n_plane_wave"},
    {"k-points", "", "n_k"},
    {"time", "core s", "estimate_core_s"},
    {"memory", "MB", "memory_mb"},
    {"verdict", "", "verdict"},
};
static const km_table_column volume_columns[] = {
    {"crystal", "", "crystal"},
    {"ratio", "", "volume_ratio"},
    {"volume", "Ang^3", "volume_ang3"},
    {"atoms", "", "n_atom"},
    {"electrons", "", "n_electron"},
    {"plane waves", "", "n_plane_wave"},
    {"k-points", "", "n_k"},
    {"time", "core s", "estimate_core_s"},
    {"memory", "MB", "memory_mb"},
};
static const km_table_column pair_columns[] = {
    {"boundary", "", "boundary"},
    {"planes", "", "planes"},
    {"angle", "deg", "angle_deg"},
    {"area", "Ang^2", "area_ang2"},
    {"shift cell", "Ang^2", "shift_cell_ang2"},
    {"strain", "%", "strain_percent"},
    {"ends in", "", "outermost"},
    {"atoms", "", "n_atom"},
    {"candidates", "", "n_candidate"},
    {"rigid", "J/m2", "rigid_j_m2"},
    {"verdict", "", "verdict"},
};
#define N_COLUMN(columns) ((int)(sizeof(columns) / sizeof *(columns)))

/* Numbers that only an accepted cut has: a dash for the others. */
static km_status add_size(km_table *table, const km_plan *plan, int task)
{
    const km_calculation *size = task < 0 ? NULL : km_plan_size(plan, task);

    KM_TRY(km_table_add_number(table, 0, size ? size->n_electron : NAN));
    KM_TRY(km_table_add_number(table, 0, size ? (double)size->n_plane_wave : NAN));
    KM_TRY(km_table_add_number(table, 0, size ? (double)size->n_k : NAN));
    KM_TRY(km_table_add_number(table, 1, size ? size->time_s : NAN));
    KM_TRY(km_table_add_number(table, 0, size ? km_plan_memory_mb(plan, task) : NAN));
    return KM_OK;
}

static km_status add_cut(km_table *table, const km_plan *plan, int ib, int is)
{
    const km_slab_info *info = km_slab_list_info(km_plan_slabs(plan, ib), is);
    int task = km_plan_slab_task(plan, ib, is);

    KM_TRY(km_table_add_text(table, km_plan_bulk_name(plan, ib)));
    KM_TRY(km_table_add_text(table, info->label));
    KM_TRY(km_table_add_text(table, km_slab_type_name(info->type)));
    KM_TRY(km_table_add_text(table, info->outermost));
    KM_TRY(km_table_add_number(table, 0, info->n_atom > 0 ? (double)info->n_atom : NAN));
    KM_TRY(add_size(table, plan, task));
    KM_TRY(km_table_add_text(table, info->is_accepted ? "accepted" : info->reason));
    return KM_OK;
}

static km_status make_cut_table(const km_plan *plan, km_table **table)
{
    km_status status;

    KM_TRY(km_table_create(N_COLUMN(cut_columns), cut_columns, table));
    for (int ib = 0; ib < km_plan_n_bulk(plan); ++ib)
        for (int is = 0; is < km_slab_list_n(km_plan_slabs(plan, ib)); ++is)
            KM_TRY_TO(fail, add_cut(*table, plan, ib, is));
    return KM_OK;
fail:
    km_table_destroy(table);
    return status;
}

static km_status add_volume(km_table *table, const km_plan *plan, int task)
{
    const km_task *volume = km_plan_task(plan, task);

    KM_TRY(km_table_add_text(table, volume->bulk));
    KM_TRY(km_table_add_number(table, 4, volume->volume_ratio));
    KM_TRY(km_table_add_number(table, 3, volume->volume_bohr3 * pow(KM_ANG_PER_BOHR, 3)));
    KM_TRY(km_table_add_number(table, 0, volume->n_atom));
    return add_size(table, plan, task);
}

static km_status make_volume_table(const km_plan *plan, km_table **table)
{
    km_status status;

    KM_TRY(km_table_create(N_COLUMN(volume_columns), volume_columns, table));
    for (int i = 0; i < km_plan_n_task(plan); ++i) KM_TRY_TO(fail, add_volume(*table, plan, i));
    return KM_OK;
fail:
    km_table_destroy(table);
    return status;
}

/* A pair of terminations of one boundary, built or not. */
static km_status add_pair(km_table *table, const km_boundary_list *list, int b, int p)
{
    const km_boundary *boundary = list->boundary + b;
    const km_grain_boundary_info *info = km_grain_boundary_get(boundary->geometry);
    const km_termination_pair *pair = km_grain_boundary_pair(boundary->geometry, p);
    const int *u = info->plane[0], *v = info->plane[1];
    const double ang2 = KM_ANG_PER_BOHR * KM_ANG_PER_BOHR;
    double lowest = INFINITY;
    char planes[96], ends[2 * KM_FORMULA_SIZE + 4];
    int n = 0;

    for (int i = boundary->first; i < boundary->first + boundary->n; ++i) {
        if (list->candidate[i].pair != p) continue;
        lowest = fmin(lowest, list->candidate[i].rigid_j_m2);
        ++n;
    }
    snprintf(planes, sizeof planes, "(%d %d %d) | (%d %d %d)", u[0], u[1], u[2], v[0], v[1],
             v[2]);
    snprintf(ends, sizeof ends, "%s | %s", pair->outermost[0], pair->outermost[1]);
    KM_TRY(km_table_add_text(table, boundary->name));
    KM_TRY(km_table_add_text(table, planes));
    KM_TRY(km_table_add_number(table, 2, info->angle_deg));
    KM_TRY(km_table_add_number(table, 2, info->coincidence_bohr2 * ang2));
    KM_TRY(km_table_add_number(table, 2, info->cnid_bohr2 * ang2));
    KM_TRY(km_table_add_number(table, 2, 100 * info->strain));
    KM_TRY(km_table_add_text(table, ends));
    KM_TRY(km_table_add_number(table, 0, pair->n_atom));
    KM_TRY(km_table_add_number(table, 0, n));
    KM_TRY(km_table_add_number(table, 3, lowest));
    return km_table_add_text(table, pair->is_accepted ? "accepted" : pair->reason);
}

static km_status make_pair_table(const km_plan *plan, km_table **table)
{
    const km_boundary_list *list = km_plan_boundaries(plan);
    km_status status;

    KM_TRY(km_table_create(N_COLUMN(pair_columns), pair_columns, table));
    for (int b = 0; b < list->n_boundary; ++b)
        for (int p = 0; p < km_grain_boundary_n_pair(list->boundary[b].geometry); ++p)
            KM_TRY_TO(fail, add_pair(*table, list, b, p));
    return KM_OK;
fail:
    km_table_destroy(table);
    return status;
}

static void print_total(const km_plan *plan, const km_relaxation *relax)
{
    int n_kind[KM_N_TASK_KIND] = {0};
    double total_s = 0, most_mb = 0;

    for (int i = 0; i < km_plan_n_task(plan); ++i) {
        most_mb = fmax(most_mb, km_plan_memory_mb(plan, i));
        ++n_kind[km_plan_task(plan, i)->kind];
        total_s += km_plan_size(plan, i)->time_s;
    }
    if (n_kind[KM_TASK_GRAIN_BOUNDARY] > 0) {
        printf(
            "\n%d candidates of %d grain boundaries; the learner chooses which are relaxed\n",
            n_kind[KM_TASK_GRAIN_BOUNDARY], km_plan_boundaries(plan)->n_boundary);
        return;
    }
    if (n_kind[KM_TASK_VOLUME] > 0)
        printf("\n%d volumes", n_kind[KM_TASK_VOLUME]);
    else
        printf("\n%d surfaces, %d bulk references, %d oriented bulk references",
               n_kind[KM_TASK_SURFACE], n_kind[KM_TASK_BULK], n_kind[KM_TASK_ORIENTED_BULK]);
    printf(": about %.0f core s in all%s\n", total_s,
           relax->atoms || relax->cell ? ", without the steps of relaxations" : "");
    if (most_mb > 0) printf("At most %.0f MB for a rank that computes alone\n", most_mb);
    if (relax->cell && n_kind[KM_TASK_BULK] > 0)
        printf("each bulk crystal is relaxed once, before its surfaces are cut from it\n");
}

/* "MgO (110)a" becomes MgO_110a: no character that a shell or file system minds. */
static void file_name(const char *label, char *name, size_t n_name)
{
    size_t n = 0;

    for (; *label && n + 1 < n_name; ++label) {
        if (isalnum((unsigned char)*label) || strchr("-_.", *label))
            name[n++] = *label;
        else if (*label == ' ' && n > 0)
            name[n++] = '_';
    }
    name[n] = '\0';
}

static km_status write_structures(const km_plan *plan, const char *folder)
{
    int n = 0;

    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return KM_RAISE(KM_E_IO, "%s: folder cannot be made: %s", folder, strerror(errno));
    for (int i = 0; i < km_plan_n_task(plan); ++i) {
        const km_task *task = km_plan_task(plan, i);
        char name[KM_TASK_LABEL_SIZE], path[4096];

        file_name(task->label, name, sizeof name);
        snprintf(path, sizeof path, "%s/%s.vasp", folder, name);
        KM_TRY(km_poscar_write(path, task->label, km_plan_crystal(plan, i)));
        snprintf(path, sizeof path, "%s/%s.extxyz", folder, name);
        KM_TRY(km_extxyz_write(path, km_plan_crystal(plan, i), NULL));
        ++n;
    }
    printf("%s: %d structures as POSCAR and extended XYZ\n", folder, n);
    return KM_OK;
}

/* By km_campaign_kind. */
static km_status (*const make_tables[])(const km_plan *, km_table **) = {
    make_cut_table, make_volume_table, make_pair_table};

static km_status show_plan(const km_setup *setup, const km_arguments *arguments)
{
    const char *csv = km_arguments_value(arguments, "csv");
    const char *folder = km_arguments_value(arguments, "write");
    km_table *table;
    km_status status;

    KM_TRY(make_tables[setup->options.kind](setup->plan, &table));
    if (km_arguments_has(arguments, "echo")) printf("%s\n", setup->effective);
    KM_TRY_TO(end, km_table_print(table, stdout));
    print_total(setup->plan, &setup->input.relax);
    if (csv) KM_TRY_TO(end, km_table_write_csv(table, csv));
    if (folder) KM_TRY_TO(end, write_structures(setup->plan, folder));
end:
    km_table_destroy(&table);
    return status;
}

static km_status run_plan(const km_arguments *arguments, km_exit *code)
{
    km_setup setup;
    km_status status;

    (void)code;
    KM_TRY_TO(end, km_setup_campaign(arguments->operand, MPI_COMM_WORLD, &setup));
    status = km_cli_is_root() ? show_plan(&setup, arguments) : KM_OK;
    status = km_agree(status, MPI_COMM_WORLD);
end:
    km_setup_clear(&setup);
    return status;
}

static const km_option options[] = {
    {"write", "DIR", "write every structure into a folder, as POSCAR and extended XYZ"},
    {"csv", "FILE", "write the table as CSV too"},
    {"echo", NULL, "first print every effective value of the input"},
    {NULL, NULL, NULL}};

const km_command km_command_plan = {
    .name = "plan",
    .summary = "List what a campaign would compute, and every rejected cut or boundary and "
               "why; run nothing",
    .operand = "CAMPAIGN.yaml",
    .options = options,
    .text = "Sizes and times are estimates; a core s is a second of one "
            "core.\n",
    .example = "  kaimen plan inputs/quickstart.yaml --write slabs\n",
    .run = run_plan,
};
