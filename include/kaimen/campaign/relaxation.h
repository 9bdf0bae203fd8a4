#pragma once
/**
 * @file
 * @brief How slabs and bulk crystals are relaxed, and where a campaign keeps their checkpoints.
 */
#include "kaimen/campaign/task.h"
#include "kaimen/potential/relax.h"

#define KM_CHECKPOINT_PATH_SIZE 600

/** Plain values. */
typedef struct {
    bool atoms; /* relax the atoms of slabs */
    bool cell;  /* relax cell and atoms of bulk crystals */
    bool slide; /* grains may slide along their boundary */
    double force_tolerance_ha_bohr;
    double stress_tolerance_ha_bohr3; /* of bulk crystals, like the pressure */
    double pressure_ha_bohr3;
    int max_step;
    int n_frozen_plane; /* atomic planes in the middle of a slab that keep their place */
    char folder[KM_CHECKPOINT_PATH_SIZE]; /* of checkpoints; "": none are kept */
} km_relaxation;

/** @brief Nothing is relaxed; else the tolerances and limits of km_relax_options_default(). Local. */
km_relaxation km_relaxation_default(void);

/** @brief Whether tasks of a kind relax: surfaces, bulk crystals, grain boundaries always; what is cut from a relaxed one is relaxed. Local. */
bool km_relaxation_moves(const km_relaxation *relaxation, km_task_kind kind);

/**
 * @brief Options of km_relax_create() for a slab or, with vacuum_axis = -1, a bulk crystal; or of a bicrystal. Local.
 * @param[out] frozen   [n_atom], borrowed by the options
 */
void km_relaxation_make_options(const km_relaxation *relaxation, const km_crystal *crystal,
                                int vacuum_axis, bool *frozen, km_relax_options *options);
km_relax_options km_relaxation_boundary_options(const km_relaxation *relaxation,
                                                bool has_vacuum);

/** @brief Folder of the checkpoints of a ledger: LEDGER.checkpoints. Local. */
void km_relaxation_set_folder(km_relaxation *relaxation, const char *ledger_path);

/** @brief Remove the checkpoint of a task, if there is one. Local. */
void km_relaxation_remove_checkpoint(const km_relaxation *relaxation, const char *id);

/**
 * @brief Remove all checkpoints, also half-written ones that a killed job has left, and the folder where nothing else is in it.
 * Local; no task may be left and no team may work.
 */
void km_relaxation_remove_folder(const km_relaxation *relaxation);

/** @brief What a relaxation says of its calculation: outcome, reason and iterations of the whole. Local. */
void km_relaxation_take(const km_relax_result *result, km_calculation *calculation);

/**
 * @brief Relax a slab, a bicrystal or, without a vacuum_axis in the request, a bulk crystal. Collective on comm.
 *
 * A bicrystal takes seconds and has no checkpoint; a grain that did not stay what it was is a failure.
 * @param[out] calculation  of the relaxed crystal, with outcome, reason and SCF iterations of the whole relaxation
 * @param[out] result       the relaxation itself
 * @param[out] relax        ended with km_relax_destroy(); NULL on failure
 */
KM_STATUS km_relaxation_run(const km_relaxation *relaxation, const km_crystal *crystal,
                            const km_task *task, km_calculator *calculator,
                            const km_request *request, MPI_Comm comm,
                            km_calculation *calculation, km_relax_result *result,
                            km_relax **relax);
