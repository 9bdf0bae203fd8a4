#include "dft/superposition.h"

#include "kaimen/base/memory.h"

#include <math.h>

struct km_superposition {
    const km_term_setup *setup; /* borrowed */
    km_form slope;
    double *form;          /* [n_species][n_g] */
    double complex *value; /* [n_g] */
    double complex *phase; /* work space [n_g] */
};

static const double *form_of_atom(const km_superposition *s, int atom)
{
    const size_t species = (size_t)km_crystal_species(s->setup->crystal)[atom];

    return s->form + species * (size_t)km_grid_n_g(s->setup->grid);
}

static void fill_lengths(const km_grid *grid, double *length)
{
    for (int ig = 0; ig < km_grid_n_g(grid); ++ig) length[ig] = sqrt(km_grid_g2(grid)[ig]);
}

static void compute_forms(km_superposition *s, km_form form)
{
    const int n_g = km_grid_n_g(s->setup->grid);
    double *length = (double *)s->phase;

    fill_lengths(s->setup->grid, length);
    for (int is = 0; is < km_crystal_n_species(s->setup->crystal); ++is)
        form(s->setup->pseudo[is], n_g, length, s->form + (size_t)is * (size_t)n_g);
}

static void compute_values(km_superposition *s)
{
    const km_crystal *crystal = s->setup->crystal;
    const double scale = 1 / km_crystal_volume_bohr3(crystal);

    for (int a = 0; a < km_crystal_n_atom(crystal); ++a) {
        const double *form = form_of_atom(s, a);

        km_grid_compute_phase(s->setup->grid, km_crystal_frac(crystal) + 3 * a, s->phase);
        for (int ig = 0; ig < km_grid_n_g(s->setup->grid); ++ig)
            s->value[ig] += scale * form[ig] * s->phase[ig];
    }
}

km_status km_superposition_create(const km_term_setup *setup, km_form form, km_form slope,
                                  km_superposition **out)
{
    const size_t n_g = (size_t)km_grid_n_g(setup->grid);
    km_superposition *s = NULL;
    km_status status = KM_OK;

    *out = NULL;
    KM_TRY(KM_ALLOC(s, 1));
    s->setup = setup;
    s->slope = slope;
    KM_TRY_TO(fail, KM_ALLOC(s->form, (size_t)km_crystal_n_species(setup->crystal) * n_g));
    KM_TRY_TO(fail, KM_ALLOC(s->value, n_g));
    KM_TRY_TO(fail, KM_ALLOC(s->phase, n_g));
    compute_forms(s, form);
    compute_values(s);
    *out = s;
    return KM_OK;
fail:
    km_superposition_destroy(&s);
    return status;
}

void km_superposition_destroy(km_superposition **superposition)
{
    km_superposition *s = *superposition;

    if (!s) return;
    KM_FREE(s->form);
    KM_FREE(s->value);
    KM_FREE(s->phase);
    KM_FREE(*superposition);
}

const double complex *km_superposition_values(const km_superposition *superposition)
{
    return superposition->value;
}

void km_superposition_add_forces(km_superposition *s, const double complex *v_g, double *forces)
{
    const km_crystal *crystal = s->setup->crystal;
    const double *g = km_grid_g_cart(s->setup->grid);

    for (int a = 0; a < km_crystal_n_atom(crystal); ++a) {
        const double *form = form_of_atom(s, a);
        double force[3] = {0};

        km_grid_compute_phase(s->setup->grid, km_crystal_frac(crystal) + 3 * a, s->phase);
        for (int ig = 0; ig < km_grid_n_g(s->setup->grid); ++ig) {
            double slope = form[ig] * cimag(conj(v_g[ig]) * s->phase[ig]);

            for (int x = 0; x < 3; ++x) force[x] -= g[3 * ig + x] * slope;
        }
        for (int x = 0; x < 3; ++x) forces[3 * a + x] += force[x];
    }
}

/* The atoms of one species, whose slopes these are. */
static void add_stress(km_superposition *s, int species, const double *slope,
                       const double complex *v_g, double *stress)
{
    const km_crystal *crystal = s->setup->crystal;
    const km_grid *grid = s->setup->grid;
    const double *g = km_grid_g_cart(grid), *g2 = km_grid_g2(grid);

    for (int a = 0; a < km_crystal_n_atom(crystal); ++a) {
        if (km_crystal_species(crystal)[a] != species) continue;
        km_grid_compute_phase(grid, km_crystal_frac(crystal) + 3 * a, s->phase);
        for (int ig = 0; ig < km_grid_n_g(grid); ++ig) {
            double part;

            if (ig == km_grid_zero(grid)) continue;
            part = creal(conj(v_g[ig]) * s->phase[ig]) * slope[ig] / sqrt(g2[ig]);
            for (int k = 0; k < 9; ++k)
                stress[k] -= part * g[3 * ig + k / 3] * g[3 * ig + k % 3];
        }
    }
}

km_status km_superposition_add_stress(km_superposition *s, const double complex *v_g,
                                      double *stress)
{
    const int n_g = km_grid_n_g(s->setup->grid);
    const double scale = 1 / km_crystal_volume_bohr3(s->setup->crystal);
    double *length = NULL, *slope = NULL, sum[9] = {0};
    km_status status = KM_OK;

    KM_TRY_TO(end, KM_ALLOC(length, n_g));
    KM_TRY_TO(end, KM_ALLOC(slope, n_g));
    fill_lengths(s->setup->grid, length);
    for (int is = 0; is < km_crystal_n_species(s->setup->crystal); ++is) {
        s->slope(s->setup->pseudo[is], n_g, length, slope);
        add_stress(s, is, slope, v_g, sum);
    }
    for (int k = 0; k < 9; ++k) stress[k] += scale * sum[k];
end:
    KM_FREE(length);
    KM_FREE(slope);
    return status;
}
