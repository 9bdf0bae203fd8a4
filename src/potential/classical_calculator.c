#include "kaimen/potential/classical_calculator.h"

#include "kaimen/base/memory.h"
#include "kaimen/crystal/element.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double EAM_SKIN_BOHR = 1.0;
/* Of an energy and its forces per atom, on one core of our days. */
static const double EAM_ATOM_S = 2e-6, IONIC_ATOM_S = 2e-5;

/* One potential. */
typedef struct {
    km_eam *eam; /* one of the two */
    km_ionic *ionic;
    km_neighbours *neighbours; /* of eam */
} potential;

typedef struct {
    int n_part;
    potential part[KM_CLASSICAL_MAX_POTENTIAL];
    const potential *now; /* that of the last crystal */
    int n_atom;
    double volume_bohr3;
    int *kind;      /* element of the tables or ion, [n_atom] */
    double *forces; /* [n_atom][3] */
    double strain_gradient_ha[9];
} classical;

static void classical_destroy(void *self)
{
    classical *c = self;

    for (int p = 0; p < c->n_part; ++p) {
        km_eam_destroy(&c->part[p].eam);
        km_ionic_destroy(&c->part[p].ionic);
        km_neighbours_destroy(&c->part[p].neighbours);
    }
    KM_FREE(c->kind);
    KM_FREE(c->forces);
    KM_FREE(c);
}

static int find_kind(const potential *p, int z)
{
    return p->eam ? km_eam_find(p->eam, z) : km_ionic_find(p->ionic, z);
}

/* The first potential that has all of some elements. */
static km_status find_part(const classical *c, int n, const int *z, const potential **found)
{
    int missing = 0;

    for (int p = 0; p < c->n_part; ++p) {
        int i = 0;

        while (i < n && find_kind(c->part + p, z[i]) >= 0) ++i;
        *found = c->part + p;
        if (i == n) return KM_OK;
        missing = z[i];
    }
    return c->n_part == 1
               ? KM_RAISE(KM_E_INPUT, "the potential has no %s", km_element_symbol(missing))
               : KM_RAISE(KM_E_INPUT, "no potential has all elements; the last one has no %s",
                          km_element_symbol(missing));
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
    KM_TRY(find_part(c, n_atom, z, &c->now));
    for (int i = 0; i < n_atom; ++i) c->kind[i] = find_kind(c->now, z[i]);
    memset(c->forces, 0, sizeof *c->forces * 3 * (size_t)n_atom);
    c->volume_bohr3 = km_crystal_volume_bohr3(crystal);
    return KM_OK;
}

static km_status add_energy(classical *c, const km_crystal *crystal, km_potential_sums *sums)
{
    const double *cell = km_crystal_cell_bohr(crystal), *frac = km_crystal_frac(crystal);
    km_neighbour_list list;

    if (c->now->ionic)
        return km_ionic_compute(c->now->ionic, cell, c->n_atom, frac, c->kind, sums);
    KM_TRY(km_neighbours_update(c->now->neighbours, cell, c->n_atom, frac, &list));
    return km_eam_compute(c->now->eam, &list, c->kind, sums);
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
    result->effort.n_iteration = 1;
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
    const potential *found = NULL;

    (void)request;
    KM_TRY(
        find_part(self, km_crystal_n_species(crystal), km_crystal_species_z(crystal), &found));
    estimate->size.time_s =
        (found->eam ? EAM_ATOM_S : IONIC_ATOM_S) * km_crystal_n_atom(crystal);
    return KM_OK;
}

static km_status classical_write(void *self, km_h5 *group)
{
    const classical *c = self;

    if (c->now && c->now->ionic)
        return km_h5_write_text(group, "potential", km_ionic_name(c->now->ionic));
    return km_h5_write_text(group, "potential", "embedded atoms");
}

static const km_calculator_class functions = {.name = "classical",
                                              .compute = classical_compute,
                                              .forces = classical_forces,
                                              .stress = classical_stress,
                                              .estimate = classical_estimate,
                                              .write = classical_write,
                                              .destroy = classical_destroy};

km_status km_classical_calculator_open(const km_calculator *calculator, int n_species,
                                       const int *species_z, km_eam **eam, km_ionic **ionic)
{
    const classical *c = km_calculator_self(calculator, &functions);
    const potential *found = NULL;

    KM_TRY(KM_CHECK(c != NULL, KM_E_ARGUMENT, "a %s calculator has no classical potential",
                    km_calculator_name(calculator)));
    KM_TRY(find_part(c, n_species, species_z, &found));
    *eam = found->eam;
    *ionic = found->ionic;
    return KM_OK;
}

bool km_classical_calculator_clamp_shells(km_calculator *calculator, bool is_clamped)
{
    const classical *c = km_calculator_self(calculator, &functions);
    bool is_any = false;

    for (int p = 0; c && p < c->n_part; ++p) {
        if (!c->part[p].ionic || !km_ionic_has_shells(c->part[p].ionic)) continue;
        km_ionic_clamp_shells(c->part[p].ionic, is_clamped);
        is_any = true;
    }
    return is_any;
}

static bool is_ion_set(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
}

/* Files that are one potential together: funcfl files that follow each other; any other is one by itself. */
static int count_files(int n_file, const char *const *names, const char *const *texts)
{
    int n = 1;

    if (is_ion_set(names[0]) || km_eam_is_setfl(texts[0])) return 1;
    while (n < n_file && !is_ion_set(names[n]) && !km_eam_is_setfl(texts[n])) ++n;
    return n;
}

static km_status add_part(classical *c, int n_file, const char *const *names,
                          const char *const *texts)
{
    potential *p = c->part + c->n_part;

    KM_TRY(KM_CHECK(c->n_part < KM_CLASSICAL_MAX_POTENTIAL, KM_E_INPUT,
                    "%s: more than %d potentials", names[0], KM_CLASSICAL_MAX_POTENTIAL));
    ++c->n_part;
    if (is_ion_set(names[0])) return km_ionic_create(names[0], texts[0], &p->ionic);
    KM_TRY(km_eam_create(n_file, names, texts, &p->eam));
    return km_neighbours_create(km_eam_cutoff_bohr(p->eam), EAM_SKIN_BOHR, &p->neighbours);
}

km_status km_classical_calculator_read(int n_file, const char *const *names,
                                       const char *const *texts, km_calculator **calculator)
{
    classical *c = NULL;
    km_status status = KM_OK;

    *calculator = NULL;
    KM_TRY(KM_CHECK(n_file > 0, KM_E_ARGUMENT, "n_file = %d must be positive", n_file));
    KM_TRY(KM_ALLOC(c, 1));
    for (int i = 0, n; i < n_file; i += n) {
        n = count_files(n_file - i, names + i, texts + i);
        KM_TRY_TO(fail, add_part(c, n, names + i, texts + i));
    }
    KM_TRY_TO(fail, km_calculator_create(&functions, c, calculator));
    return KM_OK;
fail:
    classical_destroy(c);
    return status;
}
