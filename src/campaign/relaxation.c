#include "kaimen/campaign/relaxation.h"

#include "kaimen/base/memory.h"
#include "kaimen/campaign/boundary.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A quarter of a bond of metals and oxides; thick grains move by a tenth of it. */
#define GRAIN_MOVED_BOHR 1.2

km_relaxation km_relaxation_default(void)
{
    const km_relax_options options = km_relax_options_default();

    return (km_relaxation){.force_tolerance_ha_bohr = options.force_tolerance_ha_bohr,
                           .stress_tolerance_ha_bohr3 = options.stress_tolerance_ha_bohr3,
                           .max_step = options.max_step,
                           .slide = true};
}

bool km_relaxation_moves(const km_relaxation *relaxation, km_task_kind kind)
{
    return (kind == KM_TASK_SURFACE && relaxation->atoms) ||
           (kind == KM_TASK_BULK && relaxation->cell) || kind == KM_TASK_GRAIN_BOUNDARY;
}

void km_relaxation_make_options(const km_relaxation *relaxation, const km_crystal *crystal,
                                int vacuum_axis, bool *frozen, km_relax_options *options)
{
    *options = km_relax_options_default();
    options->force_tolerance_ha_bohr = relaxation->force_tolerance_ha_bohr;
    options->max_step = relaxation->max_step;
    options->cell = relaxation->cell && vacuum_axis < 0;
    options->stress_tolerance_ha_bohr3 = relaxation->stress_tolerance_ha_bohr3;
    options->pressure_ha_bohr3 = relaxation->pressure_ha_bohr3;
    options->frozen = frozen;
    if (vacuum_axis >= 0)
        km_relax_mark_planes(crystal, vacuum_axis, relaxation->n_frozen_plane, frozen);
}

km_relax_options km_relaxation_boundary_options(const km_relaxation *relaxation,
                                                bool has_vacuum)
{
    km_relax_options options = has_vacuum ? km_boundary_relaxation_in_vacuum()
                                          : km_boundary_relaxation(relaxation->slide);

    options.stress_tolerance_ha_bohr3 *=
        relaxation->force_tolerance_ha_bohr / options.force_tolerance_ha_bohr;
    options.force_tolerance_ha_bohr = relaxation->force_tolerance_ha_bohr;
    options.max_step = relaxation->max_step;
    return options;
}

void km_relaxation_set_folder(km_relaxation *relaxation, const char *ledger_path)
{
    snprintf(relaxation->folder, sizeof relaxation->folder, "%s.checkpoints", ledger_path);
}

static void name_checkpoint(const km_relaxation *relaxation, const char *id, size_t n,
                            char *path)
{
    snprintf(path, n, "%s/%s.h5", relaxation->folder, id);
}

void km_relaxation_remove_checkpoint(const km_relaxation *relaxation, const char *id)
{
    char path[KM_CHECKPOINT_PATH_SIZE + KM_ID_SIZE + 8];

    if (!relaxation->folder[0]) return;
    name_checkpoint(relaxation, id, sizeof path, path);
    (void)unlink(path); /* one that stays is not used again */
}

/* A checkpoint, or what a job killed while it wrote one has left. */
static bool is_ours(const char *name)
{
    const char *end = strrchr(name, '.');

    return end &&
           (strcmp(end, ".h5") == 0 || (strcmp(end, ".tmp") == 0 && strstr(name, ".h5.")));
}

void km_relaxation_remove_folder(const km_relaxation *relaxation)
{
    char path[KM_CHECKPOINT_PATH_SIZE + sizeof((struct dirent *)0)->d_name];
    const struct dirent *entry;
    DIR *folder;

    if (!relaxation->folder[0] || !(folder = opendir(relaxation->folder))) return;
    while ((entry = readdir(folder))) {
        if (!is_ours(entry->d_name)) continue;
        snprintf(path, sizeof path, "%s/%s", relaxation->folder, entry->d_name);
        (void)unlink(path);
    }
    closedir(folder);
    (void)rmdir(relaxation->folder);
}

/* Another team may make the folder at the same time. */
static km_status make_folder(const km_relaxation *relaxation, MPI_Comm comm)
{
    km_status status = KM_OK;
    int rank;

    MPI_Comm_rank(comm, &rank);
    if (rank == 0 && relaxation->folder[0] && mkdir(relaxation->folder, 0777) != 0 &&
        errno != EEXIST)
        status =
            KM_RAISE(KM_E_IO, "%s: cannot be made: %s", relaxation->folder, strerror(errno));
    return km_agree(status, comm);
}

void km_relaxation_take(const km_relax_result *result, km_calculation *calculation)
{
    *calculation = result->calculation;
    calculation->outcome = result->outcome;
    snprintf(calculation->reason, sizeof calculation->reason, "%s",
             result->outcome == KM_OUTCOME_CONVERGED ? result->calculation.reason
                                                     : result->reason);
    calculation->effort.n_iteration = (int)result->n_iteration;
    calculation->effort.n_h_apply = result->n_h_apply;
}

/* What was to be one boundary beside another may have become something else. */
static void check_grains(const km_crystal *crystal, const km_relax *relax,
                         km_calculation *calculation)
{
    const double moved = km_boundary_grain_displacement_bohr(crystal, km_relax_crystal(relax));

    if (calculation->outcome != KM_OUTCOME_CONVERGED || moved < GRAIN_MOVED_BOHR) return;
    calculation->outcome = KM_OUTCOME_FAILED;
    snprintf(
        calculation->reason, sizeof calculation->reason,
        "atoms in the middle of a grain moved by %.1f bohr: the boundaries met; grains must be "
        "thicker",
        moved);
}

km_status km_relaxation_run(const km_relaxation *relaxation, const km_crystal *crystal,
                            const km_task *task, km_calculator *calculator,
                            const km_request *request, MPI_Comm comm,
                            km_calculation *calculation, km_relax_result *result,
                            km_relax **relax)
{
    char path[KM_CHECKPOINT_PATH_SIZE + KM_ID_SIZE + 8];
    const bool is_boundary = task->kind == KM_TASK_GRAIN_BOUNDARY;
    const bool has_vacuum = is_boundary && task->interface.n_boundary == 1;
    km_relax_options options;
    bool *frozen = NULL;
    km_status status = KM_OK;

    *relax = NULL;
    KM_TRY(km_agree(KM_ALLOC(frozen, km_crystal_n_atom(crystal)), comm));
    if (is_boundary) {
        options = km_relaxation_boundary_options(relaxation, has_vacuum);
    } else {
        KM_TRY_TO(end, make_folder(relaxation, comm));
        name_checkpoint(relaxation, task->id, sizeof path, path);
        km_relaxation_make_options(relaxation, crystal, request->vacuum_axis, frozen, &options);
        options.checkpoint = relaxation->folder[0] ? path : NULL;
    }
    options.identity = task->id;
    if (is_boundary) {
        KM_TRY_TO(end, km_boundary_relax(crystal, &options, calculator, request, comm, result,
                                         relax));
    } else {
        KM_TRY_TO(end, km_agree(km_relax_create(crystal, &options, relax), comm));
        KM_TRY_TO(end, km_relax_run(*relax, calculator, request, comm, result));
    }
    km_relaxation_take(result, calculation);
    if (is_boundary && !has_vacuum) check_grains(crystal, *relax, calculation);
end:
    KM_FREE(frozen);
    if (status != KM_OK) km_relax_destroy(relax);
    return status;
}
