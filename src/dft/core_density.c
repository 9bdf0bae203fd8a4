#include "dft/core_density.h"

#include "dft/superposition.h"
#include "kaimen/base/memory.h"

#include <string.h>

struct km_core_density {
    const km_term_setup *setup; /* borrowed */
    km_superposition *rho;      /* 1/bohr^3 */
    double *rho_r;              /* [n_point] */
    double complex *sum_g;      /* work space: with the valence density, [n_spin][n_g] */
    double *sum_r;              /* [n_spin][n_point] */
};

static bool has_core(const km_term_setup *setup)
{
    for (int is = 0; is < km_crystal_n_species(setup->crystal); ++is)
        if (km_pseudo_has_core(setup->pseudo[is])) return true;
    return false;
}

km_status km_core_density_create(const km_term_setup *setup, km_core_density **out)
{
    const int n_point = km_grid_n_point(setup->grid);
    km_core_density *core = NULL;
    km_status status = KM_OK;

    *out = NULL;
    if (!has_core(setup)) return KM_OK;
    KM_TRY(KM_ALLOC(core, 1));
    core->setup = setup;
    KM_TRY_TO(fail, KM_ALLOC(core->rho_r, n_point));
    KM_TRY_TO(fail, KM_ALLOC(core->sum_g, setup->n_spin * km_grid_n_g(setup->grid)));
    KM_TRY_TO(fail, KM_ALLOC(core->sum_r, setup->n_spin * n_point));
    KM_TRY_TO(fail, km_superposition_create(setup, km_pseudo_compute_core,
                                            km_pseudo_compute_core_slope, &core->rho));
    km_grid_to_real(setup->grid, km_superposition_values(core->rho), core->rho_r);
    *out = core;
    return KM_OK;
fail:
    km_core_density_destroy(&core);
    return status;
}

void km_core_density_destroy(km_core_density **core)
{
    if (!*core) return;
    km_superposition_destroy(&(*core)->rho);
    KM_FREE((*core)->rho_r);
    KM_FREE((*core)->sum_g);
    KM_FREE((*core)->sum_r);
    KM_FREE(*core);
}

km_density_view km_core_density_add(km_core_density *core, const km_density_view *valence)
{
    const int n_g = km_grid_n_g(core->setup->grid),
              n_point = km_grid_n_point(core->setup->grid);
    const double complex *rho_g = km_superposition_values(core->rho);

    for (int ig = 0; ig < n_g; ++ig) core->sum_g[ig] = valence->g[ig] + rho_g[ig];
    for (int i = 0; i < n_point; ++i) core->sum_r[i] = valence->r[i] + core->rho_r[i];
    if (core->setup->n_spin == 2) {
        memcpy(core->sum_g + n_g, valence->g + n_g, sizeof *core->sum_g * (size_t)n_g);
        memcpy(core->sum_r + n_point, valence->r + n_point,
               sizeof *core->sum_r * (size_t)n_point);
    }
    return (km_density_view){core->sum_g, core->sum_r};
}

km_status km_core_density_add_forces(km_core_density *core, const double *v_r, double *forces)
{
    km_grid_to_reciprocal(core->setup->grid, v_r, core->sum_g);
    return km_superposition_add_forces(core->rho, core->sum_g, forces);
}

km_status km_core_density_add_stress(km_core_density *core, const double *v_r, double *stress)
{
    km_grid_to_reciprocal(core->setup->grid, v_r, core->sum_g);
    return km_superposition_add_stress(core->rho, core->sum_g, stress);
}
