#include "cli/cli.h"
#include "cli/energy.h"
#include "cli/setup.h"

#include "kaimen/base/file.h"
#include "kaimen/base/log.h"
#include "kaimen/base/memory.h"
#include "kaimen/base/sha256.h"
#include "kaimen/base/text.h"
#include "kaimen/base/units.h"
#include "kaimen/crystal/extxyz.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void print_head(bool has_cell)
{
    printf("\n%4s  %18s  %13s", "move", "energy", "largest force");
    if (has_cell) printf("  %10s", "stress");
    printf("  %9s  %4s  %8s\n%4s  %18s  %13s", "moved", "SCF", "time", "", "Ha", "Ha/bohr");
    if (has_cell) printf("  %10s", "GPa");
    printf("  %9s  %4s  %8s\n", "Ang", "", "s");
}

static void print_step(void *context, int i_step, const km_relax_step *step)
{
    const bool has_cell = isfinite(step->max_stress_ha_bohr3);

    bool *is_begun = context;

    km_log_clear_line();
    if (!*is_begun) print_head(has_cell);
    *is_begun = true;
    printf("%4d  %18.10f  %13.2e", i_step, step->energy_ha, step->max_force_ha_bohr);
    if (has_cell) printf("  %10.3f", step->max_stress_ha_bohr3 * KM_GPA_PER_HA_BOHR3);
    printf("  %9.4f  %4d  %8.2f%s\n", step->move_bohr * KM_ANG_PER_BOHR, step->n_iteration,
           step->time_s, step->is_accepted ? "" : "  taken back");
    fflush(stdout);
}

bool km_energy_is_relaxed(const km_energy *energy)
{
    return energy->input.relax.atoms || energy->input.relax.cell;
}

static km_status check_relaxation(const km_relaxation *relax, int axis)
{
    KM_TRY(KM_CHECK(axis >= 0 || relax->n_frozen_plane == 0, KM_E_INPUT,
                    "relax.frozen_layers = %d of a crystal without vacuum; wanted 0, or a slab",
                    relax->n_frozen_plane));
    return KM_CHECK(axis < 0 || !relax->cell, KM_E_INPUT,
                    "relax.cell: true of a slab; wanted relax.atoms, or a crystal without "
                    "vacuum");
}

/* A checkpoint of another cutoff, functional or pseudopotential is not gone on from. */
static km_status identify(const km_energy *energy, const km_dft *dft, char id[KM_SHA256_SIZE])
{
    km_text text = {0};
    km_sha256 sha;
    km_status status;

    if (dft) {
        KM_TRY_TO(end, km_setup_write_physics(&energy->input.dft, &text));
        KM_TRY_TO(end, km_setup_write_pseudos(dft, energy->crystal, &text));
    } else {
        KM_TRY_TO(end, km_text_append(&text, "%s", energy->effective));
    }
    km_sha256_start(&sha);
    km_sha256_add(&sha, text.bytes, strlen(text.bytes));
    km_sha256_finish(&sha, id);
end:
    KM_FREE(text.bytes);
    return status;
}

/* The crystal is from now on the one that the relaxation ended with. */
static km_status take_relaxed(km_energy *energy)
{
    km_relaxation_take(&energy->relax_result, &energy->calculation);
    km_crystal_destroy(&energy->crystal);
    KM_TRY(km_crystal_copy(km_relax_crystal(energy->relax), &energy->crystal));
    if (energy->checkpoint[0] && energy->relax_result.outcome == KM_OUTCOME_CONVERGED &&
        km_cli_is_root())
        (void)unlink(energy->checkpoint);
    return KM_OK;
}

km_status km_energy_relax(km_energy *energy, km_calculator *calculator, const km_dft *dft,
                          const km_request *request)
{
    const int axis = request->vacuum_axis;
    km_relax_options options;
    char id[KM_SHA256_SIZE];
    bool *frozen = NULL, is_begun = false;
    km_status status = KM_OK;

    KM_TRY(check_relaxation(&energy->input.relax, axis));
    KM_TRY(KM_ALLOC(frozen, km_crystal_n_atom(energy->crystal)));
    km_relaxation_make_options(&energy->input.relax, energy->crystal, axis, frozen, &options);
    KM_TRY_TO(end, identify(energy, dft, id));
    options.identity = id;
    options.checkpoint = energy->checkpoint[0] ? energy->checkpoint : NULL;
    options.report = print_step;
    options.report_context = &is_begun;
    KM_TRY_TO(end, km_relax_create(energy->crystal, &options, &energy->relax));
    KM_TRY_TO(end, km_relax_run(energy->relax, calculator, request, MPI_COMM_WORLD,
                                &energy->relax_result));
    status = take_relaxed(energy);
end:
    KM_FREE(frozen);
    return status;
}

/* One frame for every computation of the relaxation. */
static km_status append_trajectory(const km_energy *energy, km_text *text)
{
    const km_relax_step *step;
    km_status status = KM_OK;
    int n_step;

    step = km_relax_steps(energy->relax, &n_step);
    for (int i = 0; i < n_step && status == KM_OK; ++i) {
        const km_relax_frame frame = km_relax_frame_at(energy->relax, i);
        const km_extxyz_extras extras = {.energy_ha = &step[i].energy_ha,
                                         .forces_ha_bohr = frame.forces_ha_bohr,
                                         .stress_ha_bohr3 = frame.stress_ha_bohr3};
        km_crystal *crystal = NULL;

        KM_TRY(km_crystal_copy_in_cell(energy->crystal, frame.cell_bohr, frame.frac, &crystal));
        status = km_extxyz_append(text, crystal, &extras);
        km_crystal_destroy(&crystal);
    }
    return status;
}

km_status km_energy_write_extxyz(const km_energy *energy, const char *path)
{
    const km_extxyz_extras extras = {.energy_ha = &energy->calculation.energy_ha,
                                     .forces_ha_bohr = energy->forces_ha_bohr};

    return km_extxyz_write(path, energy->crystal, &extras);
}

km_status km_energy_write_trajectory(const km_energy *energy, const char *path)
{
    km_text text = {0};
    km_status status;

    KM_TRY_TO(end, append_trajectory(energy, &text));
    status = km_file_write_text(path, text.bytes ? text.bytes : "");
end:
    KM_FREE(text.bytes);
    return status;
}
