#include "kaimen/campaign/profile.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/units.h"
#include "kaimen/dft/edges.h"

#include <math.h>
#include <string.h>

/* Finer than any grid of a density: what the calculator knows is interpolated exactly. */
#define PLANE_SPACING_BOHR 0.15
#define MIN_PLANE 64

struct km_profile {
    int n_plane;
    int n_atom;
    double c_bohr;
    double *v_ha;
    double *average_ha; /* macroscopic; zero before it was measured */
    double *density_bohr3;
    double *z_frac;
};

static km_status allocate(const km_crystal *slab, km_profile *profile)
{
    const double *c = km_crystal_cell_bohr(slab) + 6;

    profile->c_bohr = sqrt(c[0] * c[0] + c[1] * c[1] + c[2] * c[2]);
    profile->n_plane = 2 * (int)ceil(profile->c_bohr / PLANE_SPACING_BOHR / 2);
    if (profile->n_plane < MIN_PLANE) profile->n_plane = MIN_PLANE;
    profile->n_atom = km_crystal_n_atom(slab);
    KM_TRY(KM_ALLOC(profile->v_ha, profile->n_plane));
    KM_TRY(KM_ALLOC(profile->average_ha, profile->n_plane));
    KM_TRY(KM_ALLOC(profile->density_bohr3, profile->n_plane));
    KM_TRY(KM_ALLOC(profile->z_frac, profile->n_atom));
    for (int ia = 0; ia < profile->n_atom; ++ia)
        profile->z_frac[ia] = km_crystal_frac(slab)[3 * ia + KM_SLAB_NORMAL_AXIS];
    return KM_OK;
}

km_status km_profile_create(km_calculator *calculator, const km_crystal *slab,
                            km_profile **profile)
{
    km_profile *made = NULL;
    km_status status;

    *profile = NULL;
    KM_TRY(KM_ALLOC(made, 1));
    KM_TRY_TO(fail, allocate(slab, made));
    KM_TRY_TO(fail, km_calculator_planar_potential(calculator, KM_SLAB_NORMAL_AXIS,
                                                   made->n_plane, made->v_ha));
    KM_TRY_TO(fail, km_calculator_planar_density(calculator, KM_SLAB_NORMAL_AXIS, made->n_plane,
                                                 made->density_bohr3));
    *profile = made;
    return KM_OK;
fail:
    km_profile_destroy(&made);
    return status;
}

void km_profile_destroy(km_profile **profile)
{
    if (!*profile) return;
    KM_FREE((*profile)->v_ha);
    KM_FREE((*profile)->average_ha);
    KM_FREE((*profile)->density_bohr3);
    KM_FREE((*profile)->z_frac);
    KM_FREE(*profile);
}

/* Levels that have no bands to come from are taken out again. */
static void take_edges(const km_edges *edges, const km_assignment *assignment,
                       km_result *result)
{
    km_surface_result *surface = &result->surface;

    surface->vacuum_lower_ha = edges->vacuum_lower_ha;
    surface->vacuum_upper_ha = edges->vacuum_upper_ha;
    if (assignment->reference.has_bands) {
        surface->ip_ev = edges->ip_ev;
        surface->ea_ev = edges->ea_ev;
        surface->gap_ev = edges->gap_ev;
        if (assignment->reference.is_metallic)
            km_result_add_reason(result,
                                 "the bulk is metallic: IP and EA are its work function");
    } else {
        km_result_add_reason(result, "no bulk bands: no levels through the bulk");
    }
    if (!result->calculation.has_bands) return;
    surface->ip_direct_ev = edges->ip_direct_ev;
    surface->ea_direct_ev = edges->ea_direct_ev;
    surface->gap_direct_ev = edges->gap_direct_ev;
}

km_status km_profile_measure(km_profile *profile, const km_assignment *assignment,
                             km_result *result)
{
    km_edges_options options = km_edges_options_default();
    km_edges_profile planes = {.n_plane = profile->n_plane,
                               .c_bohr = profile->c_bohr,
                               .v_ha = profile->v_ha,
                               .density_bohr3 = profile->density_bohr3,
                               .n_atom = profile->n_atom,
                               .z_frac = profile->z_frac};
    km_edges_levels levels = {.slab_vbm_ha = result->calculation.vbm_ha,
                              .slab_cbm_ha = result->calculation.cbm_ha,
                              .bulk_vbm_ha = assignment->reference.vbm_ha,
                              .bulk_cbm_ha = assignment->reference.cbm_ha,
                              .bulk_mean_ha = assignment->reference.mean_ha,
                              .bulk_repeat_bohr = assignment->task.surface.repeat_bohr};
    char reason[KM_REASON_SIZE];
    km_edges edges;

    KM_TRY(km_edges_average(profile->n_plane, profile->c_bohr, profile->v_ha,
                            levels.bulk_repeat_bohr, 2, profile->average_ha));
    KM_TRY(km_edges_compute(&planes, &levels, &options, &edges));
    result->surface.flatness_ha = edges.flatness_ha;
    result->surface.field_ev_ang = edges.field_ev_ang;
    if (edges.has_plateau) {
        take_edges(&edges, assignment, result);
        return KM_OK;
    }
    snprintf(result->outcome, sizeof result->outcome, "no vacuum plateau");
    snprintf(
        reason, sizeof reason,
        "no vacuum plateau: V varies by %.3g eV over %.3g bohr, density %.1g / bohr^3; use "
        "more vacuum",
        edges.flatness_ha * KM_EV_PER_HA, edges.plateau_bohr, edges.density_bohr3);
    km_result_add_reason(result, reason);
    return KM_OK;
}

km_status km_profile_write(const km_profile *profile, km_h5 *group)
{
    const int n = profile->n_plane;
    km_status status;
    double *z_bohr = NULL;

    KM_TRY(KM_ALLOC(z_bohr, n));
    for (int i = 0; i < n; ++i) z_bohr[i] = profile->c_bohr * i / n;
    KM_TRY_TO(end, km_h5_write_doubles(group, "z", "bohr", 1, &n, z_bohr));
    KM_TRY_TO(end, km_h5_write_doubles(group, "potential", "Ha", 1, &n, profile->v_ha));
    KM_TRY_TO(end, km_h5_write_doubles(group, "potential_macroscopic", "Ha", 1, &n,
                                       profile->average_ha));
    KM_TRY_TO(end,
              km_h5_write_doubles(group, "density", "1/bohr^3", 1, &n, profile->density_bohr3));
end:
    KM_FREE(z_bohr);
    return status;
}
