/*
 * Exchange and correlation. Gradients are taken in reciprocal space on the density's sphere, and so
 * is the divergence in V = de/drho - 2 div(de/dsigma grad rho), which makes V the exact derivative
    static const km_term_class functions = {.name = "xc",
                                            .potential = potential,
                                            .density_forces = density_forces,
                                            .density_stress = density_stress,
                                            .destroy = destroy};
 */
#include "dft/core_density.h"

#include "kaimen/base/memory.h"
#include "kaimen/dft/xc.h"

#include <string.h>

typedef struct {
    const km_term_setup *setup; /* borrowed */
    km_xc *xc;
    km_core_density *core;             /* NULL without core corrections */
    double *gradient;                  /* [3][n_point]; empty without gradients */
    double *sigma, *v_sigma;           /* [n_point] */
    double *energy, *v_rho;            /* [n_point] */
    double complex *work, *divergence; /* [n_g] */
} exchange;

static void compute_gradient(exchange *term, const double complex *rho)
{
    km_grid *grid = term->setup->grid;
    const double *g = km_grid_g_cart(grid);
    const int n_g = km_grid_n_g(grid), n_point = km_grid_n_point(grid);

    memset(term->sigma, 0, sizeof *term->sigma * (size_t)n_point);
    for (int x = 0; x < 3; ++x) {
        double *gradient = term->gradient + (size_t)x * (size_t)n_point;

        for (int ig = 0; ig < n_g; ++ig) term->work[ig] = I * g[3 * ig + x] * rho[ig];
        km_grid_to_real(grid, term->work, gradient);
        for (int i = 0; i < n_point; ++i) term->sigma[i] += gradient[i] * gradient[i];
    }
}

/* Subtract div(2 de/dsigma grad rho) from the potential. */
static void add_gradient_potential(exchange *term, double *v_r)
{
    km_grid *grid = term->setup->grid;
    const double *g = km_grid_g_cart(grid);
    const int n_g = km_grid_n_g(grid), n_point = km_grid_n_point(grid);

    memset(term->divergence, 0, sizeof *term->divergence * (size_t)n_g);
    for (int x = 0; x < 3; ++x) {
        double *flow = term->gradient + (size_t)x * (size_t)n_point;

        for (int i = 0; i < n_point; ++i) flow[i] *= 2 * term->v_sigma[i];
        km_grid_to_reciprocal(grid, flow, term->work);
        for (int ig = 0; ig < n_g; ++ig)
            term->divergence[ig] += I * g[3 * ig + x] * term->work[ig];
    }
    km_grid_to_real(grid, term->divergence, term->sigma);
    for (int i = 0; i < n_point; ++i) v_r[i] -= term->sigma[i];
}

/* Energy of the valence density (with that of the cores); its potential is added to v_r. */
static km_status potential(void *self, const km_density_view *valence, double *energy_ha,
                           double complex *v_g, double *v_r)
{
    exchange *term = self;
    const int n_point = km_grid_n_point(term->setup->grid);
    const bool has_gradient = km_xc_has_gradient(term->xc);
    const km_density_view density =
        term->core ? km_core_density_add(term->core, valence) : *valence;
    double sum = 0;

    (void)v_g;
    if (has_gradient) compute_gradient(term, density.g);
    km_xc_compute(term->xc, n_point, density.r, has_gradient ? term->sigma : NULL, term->energy,
                  term->v_rho, has_gradient ? term->v_sigma : NULL);
    for (int i = 0; i < n_point; ++i) {
        sum += term->energy[i];
        v_r[i] += term->v_rho[i];
    }
    if (has_gradient) add_gradient_potential(term, v_r);
    *energy_ha = sum * km_crystal_volume_bohr3(term->setup->crystal) / n_point;
    return KM_CHECK(*energy_ha == *energy_ha, KM_E_NUMERIC, "the xc energy is not a number");
}

/* The potential alone, for what the cores feel. */
static km_status make_potential(exchange *term, const km_density_view *density, double **v_r)
{
    double energy_ha;

    KM_TRY(KM_ALLOC(*v_r, km_grid_n_point(term->setup->grid)));
    return potential(term, density, &energy_ha, NULL, *v_r);
}

/* The cores move with their atoms. */
static km_status density_forces(void *self, const km_density_view *density, double *forces)
{
    exchange *term = self;
    double *v_r = NULL;
    km_status status = KM_OK;

    if (!term->core) return KM_OK;
    KM_TRY_TO(end, make_potential(term, density, &v_r));
    km_core_density_add_forces(term->core, v_r, forces);
end:
    KM_FREE(v_r);
    return status;
}

/*
 * On the diagonal the mean of e - rho de/drho - 2 sigma de/dsigma, because rho and its gradient go as
 * 1/Omega; and -2 de/dsigma d_x rho d_y rho, because the gradient is taken along strained axes.
 */
static void add_density_stress(exchange *term, const km_density_view *density, double *stress)
{
    const int n_point = km_grid_n_point(term->setup->grid);
    const bool has_gradient = km_xc_has_gradient(term->xc);
    double diagonal = 0;

    if (has_gradient) compute_gradient(term, density->g);
    km_xc_compute(term->xc, n_point, density->r, has_gradient ? term->sigma : NULL,
                  term->energy, term->v_rho, has_gradient ? term->v_sigma : NULL);
    for (int i = 0; i < n_point; ++i) {
        diagonal += term->energy[i] - density->r[i] * term->v_rho[i];
        if (has_gradient) diagonal -= 2 * term->sigma[i] * term->v_sigma[i];
    }
    for (int x = 0; x < 3; ++x) stress[4 * x] += diagonal / n_point;
    for (int k = 0; has_gradient && k < 9; ++k) {
        const double *a = term->gradient + (size_t)(k / 3) * (size_t)n_point;
        const double *b = term->gradient + (size_t)(k % 3) * (size_t)n_point;
        double sum = 0;

        for (int i = 0; i < n_point; ++i) sum += term->v_sigma[i] * a[i] * b[i];
        stress[k] -= 2 * sum / n_point;
    }
}

static km_status density_stress(void *self, const km_density_view *valence, double *stress)
{
    exchange *term = self;
    km_density_view density = *valence;
    double *v_r = NULL;
    km_status status = KM_OK;

    if (term->core) {
        KM_TRY_TO(end, make_potential(term, valence, &v_r));
        KM_TRY_TO(end, km_core_density_add_stress(term->core, v_r, stress));
        density = km_core_density_add(term->core, valence);
    }
    add_density_stress(term, &density, stress);
end:
    KM_FREE(v_r);
    return status;
}

static void destroy(void *self)
{
    exchange *term = self;

    km_xc_destroy(&term->xc);
    km_core_density_destroy(&term->core);
    KM_FREE(term->gradient);
    KM_FREE(term->sigma);
    KM_FREE(term->v_sigma);
    KM_FREE(term->energy);
    KM_FREE(term->v_rho);
    KM_FREE(term->work);
    KM_FREE(term->divergence);
    KM_FREE(term);
}

km_status km_term_xc_create(const km_term_setup *setup, km_term *out)
{
    static const km_term_class functions = {.name = "xc",
                                            .potential = potential,
                                            .density_forces = density_forces,
                                            .density_stress = density_stress,
                                            .destroy = destroy};
    const size_t n_point = (size_t)km_grid_n_point(setup->grid);
    const int n_g = km_grid_n_g(setup->grid);
    km_status status = KM_OK;
    exchange *term = NULL;

    *out = (km_term){0};
    KM_TRY(KM_ALLOC(term, 1));
    term->setup = setup;
    KM_TRY_TO(fail, km_xc_create(setup->functional, 1, &term->xc));
    KM_TRY_TO(fail, km_core_density_create(setup, &term->core));
    KM_TRY_TO(fail, KM_ALLOC(term->energy, n_point));
    KM_TRY_TO(fail, KM_ALLOC(term->v_rho, n_point));
    if (km_xc_has_gradient(term->xc)) {
        KM_TRY_TO(fail, KM_ALLOC(term->gradient, 3 * n_point));
        KM_TRY_TO(fail, KM_ALLOC(term->sigma, n_point));
        KM_TRY_TO(fail, KM_ALLOC(term->v_sigma, n_point));
        KM_TRY_TO(fail, KM_ALLOC(term->work, n_g));
        KM_TRY_TO(fail, KM_ALLOC(term->divergence, n_g));
    }
    *out = (km_term){&functions, term};
    return KM_OK;
fail:
    destroy(term);
    return status;
}
