/*
 * Local pseudopotential, V(G) = 1/Omega sum_a v_a(|G|) exp(-i G tau_a), with its G = 0 part
 * sum(alpha)/Omega. Energy Omega sum_G rho*(G) V(G).
 */
#include "dft/superposition.h"

#include "kaimen/base/memory.h"

typedef struct {
    const km_term_setup *setup; /* borrowed */
    km_superposition *v;        /* Ha */
} local;

static km_status potential(void *self, const km_density_view *density, double *energy_ha,
                           const km_potential_view *v)
{
    const local *term = self;
    const double complex *v_g = km_superposition_values(term->v);
    double sum = 0;

    for (int ig = 0; ig < km_grid_n_g(term->setup->grid); ++ig) {
        sum += creal(conj(density->g[ig]) * v_g[ig]);
        v->all_g[ig] += v_g[ig];
    }
    *energy_ha = sum * km_crystal_volume_bohr3(term->setup->crystal);
    return KM_OK;
}

static km_status density_forces(void *self, const km_density_view *density, double *forces)
{
    local *term = self;

    return km_superposition_add_forces(term->v, density->g, forces);
}

/* Density and potential go as 1/Omega each. */
static km_status density_stress(void *self, const km_density_view *density, double *stress)
{
    local *term = self;
    const double complex *v = km_superposition_values(term->v);
    double sum = 0;

    KM_TRY(km_superposition_add_stress(term->v, density->g, stress));
    for (int ig = 0; ig < km_grid_n_g(term->setup->grid); ++ig)
        sum += creal(conj(density->g[ig]) * v[ig]);
    for (int x = 0; x < 3; ++x) stress[4 * x] -= sum;
    return KM_OK;
}

static void destroy(void *self)
{
    local *term = self;

    km_superposition_destroy(&term->v);
    KM_FREE(term);
}

km_status km_term_local_create(const km_term_setup *setup, km_term *out)
{
    static const km_term_class functions = {.name = "local",
                                            .potential = potential,
                                            .density_forces = density_forces,
                                            .density_stress = density_stress,
                                            .destroy = destroy};
    km_status status = KM_OK;
    local *term = NULL;

    *out = (km_term){0};
    KM_TRY(KM_ALLOC(term, 1));
    term->setup = setup;
    KM_TRY_TO(fail, km_superposition_create(setup, km_pseudo_compute_local,
                                            km_pseudo_compute_local_slope, &term->v));
    *out = (km_term){&functions, term};
    return KM_OK;
fail:
    destroy(term);
    return status;
}
