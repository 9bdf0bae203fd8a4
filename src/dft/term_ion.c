/* Coulomb energy of the ions in a neutralising background (Ewald sum): a constant for the electrons. */
#include "dft/term.h"

#include "kaimen/base/memory.h"
#include "kaimen/potential/ewald.h"

#include <string.h>

typedef struct {
    const km_term_setup *setup; /* borrowed */
    double *charge;             /* [n_atom] */
    double *forces;             /* [n_atom][3] */
    bool is_known;              /* the energy, of the cell and positions beside it */
    double energy_ha, cell_bohr[9];
    double *frac; /* [n_atom][3] */
} ion;

/* Whether the crystal is where it was. */
static bool has_stayed(const ion *term)
{
    const km_crystal *crystal = term->setup->crystal;
    const size_t n = 3 * (size_t)km_crystal_n_atom(crystal);

    return term->is_known &&
           !memcmp(term->cell_bohr, km_crystal_cell_bohr(crystal), sizeof term->cell_bohr) &&
           !memcmp(term->frac, km_crystal_frac(crystal), n * sizeof(double));
}

static km_status potential(void *self, const km_density_view *density, double *energy_ha,
                           const km_potential_view *v)
{
    ion *term = self;
    const km_crystal *crystal = term->setup->crystal;
    const size_t n = 3 * (size_t)km_crystal_n_atom(crystal);

    (void)density, (void)v;
    if (!has_stayed(term)) {
        KM_TRY(km_ewald_compute(km_crystal_cell_bohr(crystal), km_crystal_n_atom(crystal),
                                km_crystal_frac(crystal), term->charge, &term->energy_ha, NULL,
                                NULL));
        memcpy(term->cell_bohr, km_crystal_cell_bohr(crystal), sizeof term->cell_bohr);
        memcpy(term->frac, km_crystal_frac(crystal), n * sizeof(double));
        term->is_known = true;
    }
    *energy_ha = term->energy_ha;
    return KM_OK;
}

static km_status density_forces(void *self, const km_density_view *density, double *forces)
{
    const ion *term = self;
    const km_crystal *crystal = term->setup->crystal;
    double energy_ha;

    (void)density;
    KM_TRY(km_ewald_compute(km_crystal_cell_bohr(crystal), km_crystal_n_atom(crystal),
                            km_crystal_frac(crystal), term->charge, &energy_ha, term->forces,
                            NULL));
    for (int i = 0; i < 3 * km_crystal_n_atom(crystal); ++i) forces[i] += term->forces[i];
    return KM_OK;
}

static km_status density_stress(void *self, const km_density_view *density, double *stress)
{
    const ion *term = self;
    const km_crystal *crystal = term->setup->crystal;
    double energy_ha, mine[9];

    (void)density;
    KM_TRY(km_ewald_compute(km_crystal_cell_bohr(crystal), km_crystal_n_atom(crystal),
                            km_crystal_frac(crystal), term->charge, &energy_ha, NULL, mine));
    for (int k = 0; k < 9; ++k) stress[k] += mine[k];
    return KM_OK;
}

static void destroy(void *self)
{
    ion *term = self;

    KM_FREE(term->charge);
    KM_FREE(term->forces);
    KM_FREE(term->frac);
    KM_FREE(term);
}

km_status km_term_ion_create(const km_term_setup *setup, km_term *out)
{
    static const km_term_class functions = {.name = "ion",
                                            .potential = potential,
                                            .density_forces = density_forces,
                                            .density_stress = density_stress,
                                            .destroy = destroy};
    const int n_atom = km_crystal_n_atom(setup->crystal);
    const int *species = km_crystal_species(setup->crystal);
    km_status status = KM_OK;
    ion *term = NULL;

    *out = (km_term){0};
    KM_TRY(KM_ALLOC(term, 1));
    term->setup = setup;
    KM_TRY_TO(fail, KM_ALLOC(term->charge, n_atom));
    KM_TRY_TO(fail, KM_ALLOC(term->forces, 3 * n_atom));
    KM_TRY_TO(fail, KM_ALLOC(term->frac, 3 * n_atom));
    for (int a = 0; a < n_atom; ++a)
        term->charge[a] = km_pseudo_describe(setup->pseudo[species[a]])->z_valence;
    *out = (km_term){&functions, term};
    return KM_OK;
fail:
    destroy(term);
    return status;
}
