/*
 * Local pseudopotential, V(G) = 1/Omega sum_a v_a(|G|) exp(-i G tau_a), with its G = 0 part
 * sum(alpha)/Omega. Energy Omega sum_G rho*(G) V(G). Its stress holds dv_a/d|G|, since |G| changes by
 * -G_x G_y / |G|, and -E/Omega on the diagonal, the alpha part included.
 */
#include "dft/term.h"

#include "kaimen/base/memory.h"

#include <math.h>
#include <string.h>

typedef struct {
    const km_term_setup *setup; /* borrowed */
    double *form;               /* [n_species][n_g], Ha bohr^3 */
    double complex *v;          /* [n_g], Ha */
    double complex *phase;      /* work space [n_g] */
} local;

static void compute_forms(local *term)
{
    const km_term_setup *setup = term->setup;
    const int n_g = km_grid_n_g(setup->grid);
    const double *g2 = km_grid_g2(setup->grid);
    double *length = (double *)term->phase;

    for (int ig = 0; ig < n_g; ++ig) length[ig] = sqrt(g2[ig]);
    for (int is = 0; is < km_crystal_n_species(setup->crystal); ++is)
        km_pseudo_compute_local(setup->pseudo[is], n_g, length,
                                term->form + (size_t)is * (size_t)n_g);
}

static void compute_potential(local *term)
{
    const km_term_setup *setup = term->setup;
    const int n_g = km_grid_n_g(setup->grid);
    const int *species = km_crystal_species(setup->crystal);
    const double *frac = km_crystal_frac(setup->crystal);
    const double scale = 1 / km_crystal_volume_bohr3(setup->crystal);

    memset(term->v, 0, sizeof *term->v * (size_t)n_g);
    for (int a = 0; a < km_crystal_n_atom(setup->crystal); ++a) {
        const double *form = term->form + (size_t)species[a] * (size_t)n_g;

        km_grid_compute_phase(setup->grid, frac + 3 * a, term->phase);
        for (int ig = 0; ig < n_g; ++ig) term->v[ig] += scale * form[ig] * term->phase[ig];
    }
}

static km_status potential(void *self, const km_density_view *density, double *energy_ha,
                           double complex *v_g, double *v_r)
{
    const local *term = self;
    const km_term_setup *setup = term->setup;
    double sum = 0;

    (void)v_r;
    for (int ig = 0; ig < km_grid_n_g(setup->grid); ++ig) {
        sum += creal(conj(density->g[ig]) * term->v[ig]);
        v_g[ig] += term->v[ig];
    }
    *energy_ha = sum * km_crystal_volume_bohr3(setup->crystal);
    return KM_OK;
}

static km_status density_forces(void *self, const km_density_view *density, double *forces)
{
    local *term = self;
    const km_term_setup *setup = term->setup;
    const int n_g = km_grid_n_g(setup->grid);
    const int *species = km_crystal_species(setup->crystal);
    const double *frac = km_crystal_frac(setup->crystal), *g = km_grid_g_cart(setup->grid);

    for (int a = 0; a < km_crystal_n_atom(setup->crystal); ++a) {
        const double *form = term->form + (size_t)species[a] * (size_t)n_g;
        double force[3] = {0};

        km_grid_compute_phase(setup->grid, frac + 3 * a, term->phase);
        for (int ig = 0; ig < n_g; ++ig) {
            double slope = form[ig] * cimag(conj(density->g[ig]) * term->phase[ig]);

            for (int x = 0; x < 3; ++x) force[x] -= g[3 * ig + x] * slope;
        }
        for (int x = 0; x < 3; ++x) forces[3 * a + x] += force[x];
    }
    return KM_OK;
}

/* -sum_G Re rho*(G) sum_a exp(-i G tau_a) dv_a/d|G| G_x G_y / |G|, for the atoms of one species. */
static km_status add_slopes(local *term, int is, const double complex *rho, double *stress)
{
    const km_term_setup *setup = term->setup;
    const int n_g = km_grid_n_g(setup->grid);
    const int *species = km_crystal_species(setup->crystal);
    const double *frac = km_crystal_frac(setup->crystal), *g = km_grid_g_cart(setup->grid);
    double *length = NULL, *slope = NULL;
    km_status status = KM_OK;

    KM_TRY_TO(end, KM_ALLOC(length, n_g));
    KM_TRY_TO(end, KM_ALLOC(slope, n_g));
    for (int ig = 0; ig < n_g; ++ig) length[ig] = sqrt(km_grid_g2(setup->grid)[ig]);
    km_pseudo_compute_local_slope(setup->pseudo[is], n_g, length, slope);
    for (int a = 0; a < km_crystal_n_atom(setup->crystal); ++a) {
        if (species[a] != is) continue;
        km_grid_compute_phase(setup->grid, frac + 3 * a, term->phase);
        for (int ig = 0; ig < n_g; ++ig) {
            double part;

            if (ig == km_grid_zero(setup->grid)) continue;
            part = creal(conj(rho[ig]) * term->phase[ig]) * slope[ig] / length[ig];
            for (int k = 0; k < 9; ++k)
                stress[k] -= part * g[3 * ig + k / 3] * g[3 * ig + k % 3];
        }
    }
end:
    KM_FREE(length);
    KM_FREE(slope);
    return status;
}

static km_status density_stress(void *self, const km_density_view *density, double *stress)
{
    local *term = self;
    const km_term_setup *setup = term->setup;
    const double scale = 1 / km_crystal_volume_bohr3(setup->crystal);
    double sum = 0, slopes[9] = {0};

    for (int is = 0; is < km_crystal_n_species(setup->crystal); ++is)
        KM_TRY(add_slopes(term, is, density->g, slopes));
    for (int ig = 0; ig < km_grid_n_g(setup->grid); ++ig)
        sum += creal(conj(density->g[ig]) * term->v[ig]);
    for (int k = 0; k < 9; ++k) stress[k] += scale * slopes[k] - (k % 4 == 0 ? sum : 0);
    return KM_OK;
}

static void destroy(void *self)
{
    local *term = self;

    KM_FREE(term->form);
    KM_FREE(term->v);
    KM_FREE(term->phase);
    KM_FREE(term);
}

km_status km_term_local_create(const km_term_setup *setup, km_term *out)
{
    static const km_term_class functions = {.name = "local",
                                            .potential = potential,
                                            .density_forces = density_forces,
                                            .density_stress = density_stress,
                                            .destroy = destroy};
    const int n_g = km_grid_n_g(setup->grid);
    km_status status = KM_OK;
    local *term = NULL;

    *out = (km_term){0};
    KM_TRY(KM_ALLOC(term, 1));
    term->setup = setup;
    KM_TRY_TO(fail,
              KM_ALLOC(term->form, (size_t)km_crystal_n_species(setup->crystal) * (size_t)n_g));
    KM_TRY_TO(fail, KM_ALLOC(term->v, n_g));
    KM_TRY_TO(fail, KM_ALLOC(term->phase, n_g));
    compute_forms(term);
    compute_potential(term);
    *out = (km_term){&functions, term};
    return KM_OK;
fail:
    destroy(term);
    return status;
}
