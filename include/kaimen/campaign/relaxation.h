#pragma once
/**
 * @file
 * @brief How the slabs of a campaign are relaxed, and where their checkpoints lie.
 */
#include "kaimen/campaign/task.h"
#include "kaimen/potential/relax.h"

#define KM_CHECKPOINT_PATH_SIZE 600

/** Plain values. */
typedef struct {
    bool atoms; /* relax the atoms of slabs; else nothing below matters */
    double force_tolerance_ha_bohr;
    int max_step;
    int n_frozen_plane; /* atomic planes in the middle that keep their place */
    char folder[KM_CHECKPOINT_PATH_SIZE]; /* of checkpoints; "": none are kept */
} km_relaxation;

/** @brief Nothing is relaxed; else 1e-3 Ha/bohr, 60 moves, nothing frozen. Local. */
km_relaxation km_relaxation_default(void);

/** @brief Folder of the checkpoints of a ledger: LEDGER.checkpoints. Local. */
void km_relaxation_set_folder(km_relaxation *relaxation, const char *ledger_path);

/** @brief Remove the checkpoint of a task, if there is one. Local. */
void km_relaxation_remove_checkpoint(const km_relaxation *relaxation, const char *id);

/** @brief Remove the folder where it is empty; no team may work. Local. */
void km_relaxation_remove_folder(const km_relaxation *relaxation);

/** @brief What a relaxation says of its calculation: outcome, reason and iterations of the whole. Local. */
void km_relaxation_take(const km_relax_result *result, km_calculation *calculation);

/**
 * @brief Relax a slab. Collective on comm.
 *
 * @param[out] calculation  of the relaxed slab, with outcome, reason and SCF iterations of the whole relaxation
 * @param[out] result       the relaxation itself
 * @param[out] relax        ended with km_relax_destroy(); NULL on failure
 */
KM_STATUS km_relaxation_run(const km_relaxation *relaxation, const km_crystal *slab,
                            const char *id, km_calculator *calculator,
                            const km_request *request, MPI_Comm comm,
                            km_calculation *calculation, km_relax_result *result,
                            km_relax **relax);
