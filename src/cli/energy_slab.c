#include "cli/energy.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/units.h"

#include <math.h>
#include <stdlib.h>

/* A gap between atoms that no solid has: twice the radius of the largest ions. */
#define VACUUM_BOHR (4.0 * KM_BOHR_PER_ANG)
/* Planes of the average where the document fixes no grid. */
#define PLANE_BOHR 0.2

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Volume over the area that the other two vectors span. */
static double height_bohr(const km_crystal *crystal, int axis, double *area_bohr2)
{
    const double *a = km_crystal_cell_bohr(crystal) + 3 * ((axis + 1) % 3);
    const double *b = km_crystal_cell_bohr(crystal) + 3 * ((axis + 2) % 3);
    double x = a[1] * b[2] - a[2] * b[1];
    double y = a[2] * b[0] - a[0] * b[2];
    double z = a[0] * b[1] - a[1] * b[0];

    *area_bohr2 = sqrt(x * x + y * y + z * z);
    return km_crystal_volume_bohr3(crystal) / *area_bohr2;
}

static double largest_gap_bohr(const km_crystal *crystal, int axis, double *heights)
{
    const double *frac = km_crystal_frac(crystal);
    int n = km_crystal_n_atom(crystal);
    double area, gap;

    for (int i = 0; i < n; ++i) heights[i] = frac[3 * i + axis] - floor(frac[3 * i + axis]);
    qsort(heights, (size_t)n, sizeof *heights, compare_doubles);
    gap = heights[0] + 1 - heights[n - 1];
    for (int i = 1; i < n; ++i) gap = fmax(gap, heights[i] - heights[i - 1]);
    return gap * height_bohr(crystal, axis, &area);
}

km_status km_energy_find_vacuum(const km_crystal *crystal, km_vacuum vacuum, int *axis)
{
    double *heights;
    int n_gap = 0;

    *axis = -1;
    if (vacuum == KM_VACUUM_NONE) return KM_OK;
    if (vacuum != KM_VACUUM_AUTO) {
        *axis = (int)vacuum - (int)KM_VACUUM_A;
        return KM_OK;
    }
    KM_TRY(KM_ALLOC(heights, km_crystal_n_atom(crystal)));
    for (int i = 0; i < 3; ++i) {
        if (largest_gap_bohr(crystal, i, heights) < VACUUM_BOHR) continue;
        ++n_gap;
        *axis = i;
    }
    KM_FREE(heights);
    /* A wire or a molecule has no surface normal. */
    if (n_gap != 1) *axis = -1;
    return KM_OK;
}

static int n_plane_of(const km_energy *energy)
{
    int n = energy->input.dft.grid[energy->slab.axis];

    return n > 0 ? n : (int)ceil(energy->slab.c_bohr / PLANE_BOHR);
}

static km_status compute_edges(km_energy *energy)
{
    km_energy_slab *slab = &energy->slab;
    const km_input_reference *bulk = &energy->input.bulk;
    int n_atom = km_crystal_n_atom(energy->crystal);
    km_edges_options options = km_edges_options_default();
    km_edges_levels levels = {.slab_vbm_ha = energy->calculation.vbm_ha,
                              .slab_cbm_ha = energy->calculation.cbm_ha,
                              .bulk_vbm_ha = bulk->vbm_ha,
                              .bulk_cbm_ha = bulk->cbm_ha,
                              .bulk_repeat_bohr = bulk->repeat_bohr};
    km_edges_profile profile = {.n_plane = slab->n_plane,
                                .c_bohr = slab->c_bohr,
                                .v_ha = slab->v_ha,
                                .density_bohr3 = slab->density_bohr3,
                                .n_atom = n_atom};
    double *z_frac;
    km_status status;

    slab->has_bulk = bulk->repeat_bohr > 0;
    /* The window must be positive; without a bulk nothing that depends on it is written. */
    if (!slab->has_bulk) levels.bulk_repeat_bohr = slab->c_bohr;
    KM_TRY(KM_ALLOC(z_frac, n_atom));
    for (int i = 0; i < n_atom; ++i)
        z_frac[i] = km_crystal_frac(energy->crystal)[3 * i + slab->axis];
    profile.z_frac = z_frac;
    status = km_edges_compute(&profile, &levels, &options, &slab->edges);
    KM_FREE(z_frac);
    if (slab->has_bulk && bulk->n_atom > 0)
        slab->gamma_j_m2 =
            km_surface_energy_j_m2(energy->calculation.energy_ha, bulk->energy_ha,
                                   (double)n_atom / bulk->n_atom, slab->area_bohr2);
    return status;
}

km_status km_energy_compute_slab(km_energy *energy, km_calculator *calculator)
{
    km_energy_slab *slab = &energy->slab;

    slab->gamma_j_m2 = NAN;
    slab->c_bohr = height_bohr(energy->crystal, slab->axis, &slab->area_bohr2);
    slab->n_plane = n_plane_of(energy);
    KM_TRY(KM_ALLOC(slab->v_ha, slab->n_plane));
    KM_TRY(KM_ALLOC(slab->density_bohr3, slab->n_plane));
    KM_TRY(km_calculator_planar_potential(calculator, slab->axis, slab->n_plane, slab->v_ha));
    KM_TRY(km_calculator_planar_density(calculator, slab->axis, slab->n_plane,
                                        slab->density_bohr3));
    return compute_edges(energy);
}
