#include "kaimen/campaign/relaxation.h"

#include "kaimen/base/memory.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

km_relaxation km_relaxation_default(void)
{
    const km_relax_options options = km_relax_options_default();

    return (km_relaxation){.force_tolerance_ha_bohr = options.force_tolerance_ha_bohr,
                           .max_step = options.max_step};
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

    if (!relaxation->atoms || !relaxation->folder[0]) return;
    name_checkpoint(relaxation, id, sizeof path, path);
    (void)unlink(path); /* one that stays is not used again */
}

void km_relaxation_remove_folder(const km_relaxation *relaxation)
{
    if (relaxation->atoms && relaxation->folder[0]) (void)rmdir(relaxation->folder);
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
    calculation->n_iteration = (int)result->n_iteration;
    calculation->n_h_apply = result->n_h_apply;
}

km_status km_relaxation_run(const km_relaxation *relaxation, const km_crystal *slab,
                            const char *id, km_calculator *calculator,
                            const km_request *request, MPI_Comm comm,
                            km_calculation *calculation, km_relax_result *result,
                            km_relax **relax)
{
    char path[KM_CHECKPOINT_PATH_SIZE + KM_ID_SIZE + 8];
    km_relax_options options = km_relax_options_default();
    bool *frozen = NULL;
    km_status status = KM_OK;

    *relax = NULL;
    KM_TRY(make_folder(relaxation, comm));
    name_checkpoint(relaxation, id, sizeof path, path);
    options.force_tolerance_ha_bohr = relaxation->force_tolerance_ha_bohr;
    options.max_step = relaxation->max_step;
    options.checkpoint = relaxation->folder[0] ? path : NULL;
    KM_TRY(km_agree(KM_ALLOC(frozen, km_crystal_n_atom(slab)), comm));
    km_relax_mark_planes(slab, KM_SLAB_NORMAL_AXIS, relaxation->n_frozen_plane, frozen);
    options.frozen = frozen;
    KM_TRY_TO(end, km_agree(km_relax_create(slab, &options, relax), comm));
    KM_TRY_TO(end, km_relax_run(*relax, calculator, request, comm, result));
    km_relaxation_take(result, calculation);
end:
    KM_FREE(frozen);
    if (status != KM_OK) km_relax_destroy(relax);
    return status;
}
