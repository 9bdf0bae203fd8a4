#include "dft/superposition.h"

#include "kaimen/base/memory.h"

#include <math.h>

struct km_superposition {
    const km_term_setup *setup; /* borrowed */
    km_form form, slope;
    double complex *value; /* [n_g] */
};

/* Work space for one element at a time, [n_g] each. */
typedef struct {
    double *length;        /* |G| */
    double *form;          /* f or df/dq */
    double complex *phase; /* of one atom */
} tables;

static void destroy_tables(tables *t)
{
    KM_FREE(t->length);
    KM_FREE(t->form);
    KM_FREE(t->phase);
}

static km_status make_tables(const km_grid *grid, tables *t)
{
    const int n_g = km_grid_n_g(grid);

    KM_TRY(KM_RESERVE(t->length, n_g));
    KM_TRY(KM_RESERVE(t->form, n_g));
    KM_TRY(KM_RESERVE(t->phase, n_g));
    for (int ig = 0; ig < n_g; ++ig) t->length[ig] = sqrt(km_grid_g2(grid)[ig]);
    return KM_OK;
}

/* What is done with an atom, whose form and phase are in the tables. */
typedef void (*visitor)(const km_superposition *s, const tables *t, int atom, void *context);

/* Visit all atoms, element by element, with f or df/dq as their form. */
static km_status visit_atoms(const km_superposition *s, km_form form, visitor visit,
                             void *context)
{
    const km_crystal *crystal = s->setup->crystal;
    const km_grid *grid = s->setup->grid;
    km_status status = KM_OK;
    tables t = {0};

    KM_TRY_TO(end, make_tables(grid, &t));
    for (int is = 0; is < km_crystal_n_species(crystal); ++is) {
        form(s->setup->pseudo[is], km_grid_n_g(grid), t.length, t.form);
        for (int a = 0; a < km_crystal_n_atom(crystal); ++a) {
            if (km_crystal_species(crystal)[a] != is) continue;
            km_grid_compute_phase(grid, km_crystal_frac(crystal) + 3 * a, t.phase);
            visit(s, &t, a, context);
        }
    }
end:
    destroy_tables(&t);
    return status;
}

static void add_value(const km_superposition *s, const tables *t, int atom, void *context)
{
    const double scale = 1 / km_crystal_volume_bohr3(s->setup->crystal);

    (void)atom;
    (void)context;
    for (int ig = 0; ig < km_grid_n_g(s->setup->grid); ++ig)
        s->value[ig] += scale * t->form[ig] * t->phase[ig];
}

km_status km_superposition_create(const km_term_setup *setup, km_form form, km_form slope,
                                  km_superposition **out)
{
    km_superposition *s = NULL;
    km_status status = KM_OK;

    *out = NULL;
    KM_TRY(KM_ALLOC(s, 1));
    s->setup = setup;
    s->form = form;
    s->slope = slope;
    KM_TRY_TO(fail, KM_ALLOC(s->value, km_grid_n_g(setup->grid)));
    KM_TRY_TO(fail, visit_atoms(s, form, add_value, NULL));
    *out = s;
    return KM_OK;
fail:
    km_superposition_destroy(&s);
    return status;
}

void km_superposition_destroy(km_superposition **superposition)
{
    if (!*superposition) return;
    KM_FREE((*superposition)->value);
    KM_FREE(*superposition);
}

const double complex *km_superposition_values(const km_superposition *superposition)
{
    return superposition->value;
}

/* A field, and what the energy with it has for derivatives. */
typedef struct {
    const double complex *v_g;
    double *sum;
} derivative;

static void add_force(const km_superposition *s, const tables *t, int atom, void *context)
{
    const derivative *d = context;
    const double *g = km_grid_g_cart(s->setup->grid);
    double force[3] = {0};

    for (int ig = 0; ig < km_grid_n_g(s->setup->grid); ++ig) {
        const double slope = t->form[ig] * cimag(conj(d->v_g[ig]) * t->phase[ig]);

        for (int x = 0; x < 3; ++x) force[x] -= g[3 * ig + x] * slope;
    }
    for (int x = 0; x < 3; ++x) d->sum[3 * atom + x] += force[x];
}

km_status km_superposition_add_forces(const km_superposition *s, const double complex *v_g,
                                      double *forces)
{
    derivative d = {v_g, forces};

    return visit_atoms(s, s->form, add_force, &d);
}

static void add_stress(const km_superposition *s, const tables *t, int atom, void *context)
{
    const derivative *d = context;
    const km_grid *grid = s->setup->grid;
    const double *g = km_grid_g_cart(grid);

    (void)atom;
    for (int ig = 0; ig < km_grid_n_g(grid); ++ig) {
        double part;

        if (ig == km_grid_zero(grid)) continue;
        part = creal(conj(d->v_g[ig]) * t->phase[ig]) * t->form[ig] / t->length[ig];
        for (int k = 0; k < 9; ++k) d->sum[k] -= part * g[3 * ig + k / 3] * g[3 * ig + k % 3];
    }
}

km_status km_superposition_add_stress(const km_superposition *s, const double complex *v_g,
                                      double *stress)
{
    double sum[9] = {0};
    derivative d = {v_g, sum};

    KM_TRY(visit_atoms(s, s->slope, add_stress, &d));
    for (int k = 0; k < 9; ++k)
        stress[k] += sum[k] / km_crystal_volume_bohr3(s->setup->crystal);
    return KM_OK;
}
