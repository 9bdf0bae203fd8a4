#include "cli/cli.h"
#include "cli/energy.h"

#include "kaimen/base/file.h"
#include "kaimen/base/log.h"
#include "kaimen/base/memory.h"
#include "kaimen/base/text.h"
#include "kaimen/base/units.h"
#include "kaimen/crystal/extxyz.h"

#include <stdio.h>

static void print_step(void *context, int i_step, const km_relax_step *step)
{
    (void)context;
    km_log_clear_line();
    if (i_step == 0)
        printf("\n%4s  %18s  %13s  %9s  %4s  %8s\n%4s  %18s  %13s  %9s  %4s  %8s\n", "move",
               "energy", "largest force", "moved", "SCF", "time", "", "Ha", "Ha/bohr", "Ang",
               "", "s");
    printf("%4d  %18.10f  %13.2e  %9.4f  %4d  %8.2f%s\n", i_step, step->energy_ha,
           step->max_force_ha_bohr, step->move_bohr * KM_ANG_PER_BOHR, step->n_iteration,
           step->time_s, step->is_accepted ? "" : "  taken back");
    fflush(stdout);
}

km_status km_energy_relax(km_energy *energy, km_calculator *calculator,
                          const km_request *request)
{
    const km_relaxation *input = &energy->input.relax;
    const int axis = request->vacuum_axis;
    km_relax_options options = km_relax_options_default();
    bool *frozen = NULL;
    km_status status = KM_OK;

    KM_TRY(KM_CHECK(axis >= 0 || input->n_frozen_plane == 0, KM_E_INPUT,
                    "relax.frozen_layers = %d of a crystal without vacuum; wanted 0, or a slab",
                    input->n_frozen_plane));
    KM_TRY(KM_ALLOC(frozen, km_crystal_n_atom(energy->crystal)));
    if (axis >= 0) km_relax_mark_planes(energy->crystal, axis, input->n_frozen_plane, frozen);
    options.force_tolerance_ha_bohr = input->force_tolerance_ha_bohr;
    options.max_step = input->max_step;
    options.frozen = frozen;
    options.report = print_step;
    KM_TRY_TO(end, km_relax_create(energy->crystal, &options, &energy->relax));
    KM_TRY_TO(end, km_relax_run(energy->relax, calculator, request, MPI_COMM_WORLD,
                                &energy->relax_result));
    km_relaxation_take(&energy->relax_result, &energy->calculation);
    km_crystal_move(energy->crystal, km_crystal_frac(km_relax_crystal(energy->relax)));
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

        KM_TRY(km_crystal_create(frame.cell_bohr, km_crystal_n_atom(energy->crystal),
                                 km_crystal_z(energy->crystal), frame.frac, &crystal));
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
