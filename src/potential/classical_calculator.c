#include "kaimen/potential/classical_calculator.h"

#include "kaimen/base/memory.h"
#include "kaimen/crystal/element.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double EAM_SKIN_BOHR = 1.0;
/* Of an energy and its forces per atom, on one core of our days. */
static const double EAM_ATOM_S = 2e-6, IONIC_ATOM_S = 2e-5;

typedef struct {
    km_eam *eam; /* one of the two */
    km_ionic *ionic;
    km_neighbours *neighbours; /* of eam */
    int n_atom;
    double volume_bohr3;
    int *kind;      /* element of the tables or ion, [n_atom] */
    double *forces; /* [n_atom][3] */
    double strain_gradient_ha[9];
} classical;

static void classical_destroy(void *self)
{
    classical *c = self;

    km_eam_destroy(&c->eam);
    km_ionic_destroy(&c->ionic);
    km_neighbours_destroy(&c->neighbours);
    KM_FREE(c->kind);
    KM_FREE(c->forces);
    KM_FREE(c);
}

/* Room for the crystal, and which of the potential's elements its atoms are. */
static km_status take_crystal(classical *c, const km_crystal *crystal)
{
    const int n_atom = km_crystal_n_atom(crystal), *z = km_crystal_z(crystal);

    if (n_atom != c->n_atom) {
        KM_FREE(c->kind);
        KM_FREE(c->forces);
        c->n_atom = 0;
        KM_TRY(KM_ALLOC(c->kind, n_atom));
        KM_TRY(KM_ALLOC(c->forces, 3 * n_atom));
        c->n_atom = n_atom;
    }
    for (int i = 0; i < n_atom; ++i) {
        c->kind[i] = c->eam ? km_eam_find(c->eam, z[i]) : km_ionic_find(c->ionic, z[i]);
        KM_TRY(KM_CHECK(c->kind[i] >= 0, KM_E_INPUT, "the potential has no %s",
                        km_element_symbol(z[i])));
    }
    memset(c->forces, 0, sizeof *c->forces * 3 * (size_t)n_atom);
    c->volume_bohr3 = km_crystal_volume_bohr3(crystal);
    return KM_OK;
}

static km_status add_energy(classical *c, const km_crystal *crystal, km_potential_sums *sums)
{
    const double *cell = km_crystal_cell_bohr(crystal), *frac = km_crystal_frac(crystal);
    km_neighbour_list list;

    if (c->ionic) return km_ionic_compute(c->ionic, cell, c->n_atom, frac, c->kind, sums);
    KM_TRY(km_neighbours_update(c->neighbours, cell, c->n_atom, frac, &list));
    return km_eam_compute(c->eam, &list, c->kind, sums);
}

static void fail(km_calculation *result, km_outcome outcome, const char *reason)
{
    result->outcome = outcome;
    result->energy_ha = result->free_energy_ha = NAN;
    snprintf(result->reason, sizeof result->reason, "%s", reason);
}

static km_status classical_compute(void *self, const km_crystal *crystal,
                                   const km_request *request, MPI_Comm comm,
                                   km_calculation *result)
{
    classical *c = self;
    const double start_s = MPI_Wtime();
    km_potential_sums sums = {0};
    km_status status;

    (void)comm; /* the same arithmetic on the same numbers */
    result->basis_filling = 1;
    result->basis_slope_ha = NAN;
    result->n_iteration = 1;
    if (request->stop && *request->stop) {
        fail(result, KM_OUTCOME_STOPPED, "stopped");
        return KM_OK;
    }
    KM_TRY(take_crystal(c, crystal));
    sums.forces_ha_bohr = c->forces;
    status = add_energy(c, crystal, &sums);
    result->time_s = MPI_Wtime() - start_s;
    if (status == KM_E_NUMERIC) {
        fail(result, KM_OUTCOME_DIVERGED, km_status_message());
        km_status_clear();
        return KM_OK;
    }
    KM_TRY(status);
    if (!isfinite(sums.energy_ha)) {
        fail(result, KM_OUTCOME_DIVERGED, "the energy is not a number: two atoms at one place");
        return KM_OK;
    }
    result->energy_ha = result->free_energy_ha = sums.energy_ha;
    memcpy(c->strain_gradient_ha, sums.strain_gradient_ha, sizeof c->strain_gradient_ha);
    return KM_OK;
}

static km_status classical_forces(void *self, double *forces_ha_bohr)
{
    const classical *c = self;

    memcpy(forces_ha_bohr, c->forces, sizeof *forces_ha_bohr * 3 * (size_t)c->n_atom);
    return KM_OK;
}

static km_status classical_stress(void *self, double stress_ha_bohr3[9])
{
    const classical *c = self;

    for (int k = 0; k < 9; ++k) stress_ha_bohr3[k] = c->strain_gradient_ha[k] / c->volume_bohr3;
    return KM_OK;
}

static km_status classical_estimate(void *self, const km_crystal *crystal,
                                    const km_request *request, km_estimate *estimate)
{
    const classical *c = self;

    (void)request;
    estimate->size.time_s = (c->eam ? EAM_ATOM_S : IONIC_ATOM_S) * km_crystal_n_atom(crystal);
    return KM_OK;
}

static km_status classical_write(void *self, km_h5 *group)
{
    const classical *c = self;

    if (c->ionic) return km_h5_write_text(group, "potential", km_ionic_name(c->ionic));
    return km_h5_write_text(group, "potential", "embedded atoms");
}

static const km_calculator_class functions = {.name = "classical",
                                              .compute = classical_compute,
                                              .forces = classical_forces,
                                              .stress = classical_stress,
                                              .estimate = classical_estimate,
                                              .write = classical_write,
                                              .destroy = classical_destroy};

km_status km_classical_calculator_open(const km_calculator *calculator, km_eam **eam,
                                       km_ionic **ionic)
{
    const classical *c = km_calculator_self(calculator, &functions);

    KM_TRY(KM_CHECK(c != NULL, KM_E_ARGUMENT, "a %s calculator has no classical potential",
                    km_calculator_name(calculator)));
    *eam = c->eam;
    *ionic = c->ionic;
    return KM_OK;
}

km_status km_classical_calculator_create(km_eam **eam, km_ionic **ionic,
                                         km_calculator **calculator)
{
    classical *c = NULL;
    km_status status = KM_OK;

    *calculator = NULL;
    KM_TRY_TO(fail, KM_CHECK(!*eam != !*ionic, KM_E_ARGUMENT, "one potential is wanted"));
    KM_TRY_TO(fail, KM_ALLOC(c, 1));
    c->eam = *eam;
    c->ionic = *ionic;
    *eam = NULL;
    *ionic = NULL;
    if (c->eam)
        KM_TRY_TO(fail, km_neighbours_create(km_eam_cutoff_bohr(c->eam), EAM_SKIN_BOHR,
                                             &c->neighbours));
    KM_TRY_TO(fail, km_calculator_create(&functions, c, calculator));
    return KM_OK;
fail:
    km_eam_destroy(eam);
    km_ionic_destroy(ionic);
    if (c) classical_destroy(c);
    return status;
}

km_status km_classical_calculator_read(int n_file, const char *const *names,
                                       const char *const *texts, km_calculator **calculator)
{
    const char *dot = strrchr(names[0], '.');
    km_eam *eam = NULL;
    km_ionic *ionic = NULL;

    *calculator = NULL;
    if (dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0)) {
        KM_TRY(KM_CHECK(n_file == 1, KM_E_INPUT, "%s is an ion set; %s cannot be added",
                        names[0], names[n_file - 1]));
        KM_TRY(km_ionic_create(names[0], texts[0], &ionic));
    } else {
        KM_TRY(km_eam_create(n_file, names, texts, &eam));
    }
    return km_classical_calculator_create(&eam, &ionic, calculator);
}
