#include "kaimen/campaign/boundary.h"

#include "campaign/boundary_descriptor.h"
#include "kaimen/base/log.h"
#include "kaimen/base/memory.h"
#include "kaimen/base/units.h"
#include "kaimen/potential/classical_calculator.h"
#include "kaimen/potential/rigid_map.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Where ions that moved as wholes are near enough to their places for shells. */
static const double COARSE_HA_BOHR = 1e-2, COARSE_HA_BOHR3 = 3e-5;

/* Atoms across an unrelaxed boundary, against their distance in the bulk. */
static const double CLOSEST = 0.5;
/* Stands for the rigid energy of a crystal whose ions are inside each other. */
static const double OVERLAP_J_M2 = 1e4;

/* What candidates of one boundary are made from. */
typedef struct {
    km_boundary_list *list;
    km_boundary *boundary;
    const km_crystal *bulk;
    const km_boundary_options *options;
    km_calculator *calculator;
    int pair;
    const km_bicrystal *bicrystal;
    km_shifts shifts;
    double *map_ha;     /* of one gap */
    double *lowest_ha;  /* over gaps, of each distinct shift */
    double *gap_bohr;   /* where that is */
    double surfaces_ha; /* of the pair; see km_boundary_candidate */
} workshop;

km_boundary_options km_boundary_options_default(void)
{
    km_boundary_options options = {.grain = km_grain_boundary_options_default(),
                                   .shift_step_bohr = 0.3 * KM_BOHR_PER_ANG,
                                   .gap_step_bohr = 0.2 * KM_BOHR_PER_ANG,
                                   .gap_range_bohr = 2 * KM_BOHR_PER_ANG,
                                   .close_fraction = 0.7};

    options.grain.thickness_bohr = 20 * KM_BOHR_PER_ANG;
    return options;
}

km_relax_options km_boundary_bulk_relaxation(void)
{
    km_relax_options options = km_relax_options_default();

    options.cell = true;
    options.max_step = 200;
    options.force_tolerance_ha_bohr = 1e-6;
    options.stress_tolerance_ha_bohr3 = 1e-9;
    return options;
}

km_relax_options km_boundary_relaxation(bool may_slide)
{
    km_relax_options options = km_relax_options_default();

    options.cell = options.keep_plane = true;
    options.keep_shift = !may_slide;
    options.spring_bohr = 1;
    options.max_step = 500;
    options.force_tolerance_ha_bohr = 1e-4;
    options.stress_tolerance_ha_bohr3 = 3e-7;
    return options;
}

km_relax_options km_boundary_relaxation_in_vacuum(void)
{
    km_relax_options options = km_boundary_relaxation(true);

    options.cell = options.keep_plane = false;
    return options;
}

km_status km_boundary_relax_bulk(const km_crystal *bulk, km_calculator *calculator,
                                 km_crystal **relaxed, double *atom_ha)
{
    const km_relax_options options = km_boundary_bulk_relaxation();
    const km_request request = km_request_default();
    km_relax_result result;
    km_relax *relax = NULL;
    km_status status;

    *relaxed = NULL;
    KM_TRY_TO(end, km_relax_create(bulk, &options, &relax));
    KM_TRY_TO(end, km_relax_run(relax, calculator, &request, MPI_COMM_SELF, &result));
    KM_TRY_TO(end, KM_CHECK(result.outcome == KM_OUTCOME_CONVERGED, KM_E_INPUT,
                            "the potential does not hold this crystal: %s", result.reason));
    *atom_ha = result.calculation.energy_ha / km_crystal_n_atom(bulk);
    status = km_crystal_copy(km_relax_crystal(relax), relaxed);
end:
    km_relax_destroy(&relax);
    return status;
}

/* Atoms that overlap tear shells from their cores: first the ions move as wholes, until the largest forces are gone. */
static km_status move_apart(const km_crystal *crystal, const km_relax_options *options,
                            km_calculator *calculator, const km_request *request, MPI_Comm comm,
                            km_crystal **apart)
{
    km_relax_options coarse = *options;
    km_relax_result result;
    km_relax *relax = NULL;
    km_status status;

    coarse.force_tolerance_ha_bohr = COARSE_HA_BOHR;
    coarse.stress_tolerance_ha_bohr3 = COARSE_HA_BOHR3;
    KM_TRY_TO(end, km_relax_create(crystal, &coarse, &relax));
    KM_TRY_TO(end, km_relax_run(relax, calculator, request, comm, &result));
    status = km_crystal_copy(km_relax_crystal(relax), apart);
end:
    km_relax_destroy(&relax);
    return status;
}

km_status km_boundary_relax(const km_crystal *crystal, const km_relax_options *options,
                            km_calculator *calculator, const km_request *request, MPI_Comm comm,
                            km_relax_result *result, km_relax **relax)
{
    km_crystal *apart = NULL;
    km_status status = KM_OK;

    *relax = NULL;
    if (km_classical_calculator_clamp_shells(calculator, true)) {
        status = move_apart(crystal, options, calculator, request, comm, &apart);
        (void)km_classical_calculator_clamp_shells(calculator, false);
        KM_TRY(status);
    }
    KM_TRY_TO(end, km_agree(km_relax_create(apart ? apart : crystal, options, relax), comm));
    status = km_relax_run(*relax, calculator, request, comm, result);
end:
    km_crystal_destroy(&apart);
    if (status != KM_OK) km_relax_destroy(relax);
    return status;
}

static const km_bicrystal *bicrystal_of(const km_boundary_list *list, int i)
{
    const km_boundary_candidate *c = list->candidate + i;

    return km_grain_boundary_bicrystal(list->boundary[c->i_boundary].geometry, c->pair);
}

double km_boundary_area_bohr2(const km_boundary_list *list, int i)
{
    const km_bicrystal *b = bicrystal_of(list, i);

    return (b->vacuum_bohr > 0 ? 1 : 2) * km_bicrystal_area_bohr2(b);
}

double km_boundary_energy_j_m2(const km_boundary_list *list, int i, double energy_ha)
{
    const km_boundary_candidate *c = list->candidate + i;
    const double excess_ha =
        energy_ha - c->n_atom * list->boundary[c->i_boundary].atom_ha - c->surfaces_ha;

    return KM_J_M2_PER_HA_BOHR2 * excess_ha / km_boundary_area_bohr2(list, i);
}

km_status km_boundary_build(const km_boundary_list *list, int i, km_crystal **crystal)
{
    return km_bicrystal_build(bicrystal_of(list, i), &list->candidate[i].state, crystal, NULL);
}

/* From a grain's middle, at height 0 or half the cell, to an atom, Cartesian. */
static void find_place(const km_crystal *crystal, int atom, double middle, double cart[3])
{
    const double *cell = km_crystal_cell_bohr(crystal),
                 *f = km_crystal_frac(crystal) + 3 * atom;

    for (int k = 0; k < 3; ++k) {
        cart[k] = 0;
        for (int v = 0; v < 3; ++v) cart[k] += (f[v] - middle) * cell[3 * v + k];
    }
}

/* Length of a vector's image in the plane of a and b nearest to zero. */
static double length_in_plane(const double *cell, double v[3])
{
    const double y = round(v[1] / cell[4]);

    v[0] -= y * cell[3];
    v[1] -= y * cell[4];
    v[0] -= cell[0] * round(v[0] / cell[0]);
    return sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
}

double km_boundary_grain_displacement_bohr(const km_crystal *start, const km_crystal *relaxed)
{
    /* A grain is half the cell: its middle third is a sixth, a twelfth on either side. */
    const double within = 1.0 / 12;
    double most = 0;

    for (int i = 0; i < km_crystal_n_atom(start); ++i) {
        const double z = km_crystal_frac(start)[3 * i + 2];
        const double middle = fabs(z) < within ? 0 : fabs(z - 0.5) < within ? 0.5 : NAN;
        double before[3], after[3], moved[3];

        if (isnan(middle)) continue;
        find_place(start, i, middle, before);
        find_place(relaxed, i, middle, after);
        for (int k = 0; k < 3; ++k) moved[k] = after[k] - before[k];
        most = fmax(most, length_in_plane(km_crystal_cell_bohr(start), moved));
    }
    return most;
}

static km_status append(workshop *w, const km_boundary_candidate *candidate)
{
    km_boundary_list *list = w->list;

    if (list->n_candidate == list->capacity) {
        const int grown = 2 * list->capacity + 256;

        KM_TRY(KM_GROW(list->candidate, list->capacity, grown));
        list->capacity = grown;
    }
    list->candidate[list->n_candidate++] = *candidate;
    ++w->boundary->n;
    return KM_OK;
}

/* Energy of one unrelaxed crystal with shells on their cores; infinite where it has none. */
static km_status compute_rigid(const workshop *w, const km_crystal *crystal, double *energy_ha)
{
    const km_request request = km_request_default();
    km_calculation result = {0};
    km_status status;

    (void)km_classical_calculator_clamp_shells(w->calculator, true);
    status = km_calculator_compute(w->calculator, crystal, &request, MPI_COMM_SELF, &result);
    (void)km_classical_calculator_clamp_shells(w->calculator, false);
    *energy_ha = result.outcome == KM_OUTCOME_CONVERGED ? result.energy_ha : INFINITY;
    return status;
}

/* The crystal tells what it looks like; its energy may be known from a map, or is computed. */
static km_status add_candidate(workshop *w, const km_bicrystal_state *state, double energy_ha)
{
    km_boundary_candidate c = {.i_boundary = (int)(w->boundary - w->list->boundary),
                               .pair = w->pair,
                               .state = *state,
                               .surfaces_ha = w->surfaces_ha};
    km_bicrystal_made made;
    km_crystal *crystal = NULL;
    km_status status = KM_OK;

    KM_TRY(km_bicrystal_build(w->bicrystal, state, &crystal, &made));
    c.n_removed = made.n_removed;
    c.n_atom = km_crystal_n_atom(crystal);
    if (state->close_fraction > 0 && made.n_removed == 0)
        goto end; /* nothing was merged: the first one */
    if (isnan(energy_ha)) KM_TRY_TO(end, compute_rigid(w, crystal, &energy_ha));
    KM_TRY_TO(end, append(w, &c));
    {
        const int i = w->list->n_candidate - 1;

        w->list->candidate[i].rigid_j_m2 = km_boundary_energy_j_m2(w->list, i, energy_ha);
        if (!(w->list->candidate[i].rigid_j_m2 >= 0))
            w->list->candidate[i].rigid_j_m2 = OVERLAP_J_M2;
        KM_TRY_TO(end,
                  km_boundary_describe(crystal, w->bulk, km_boundary_area_bohr2(w->list, i),
                                       w->list->candidate[i].descriptor));
    }
end:
    km_crystal_destroy(&crystal);
    return status;
}

/*
 * Whether an unrelaxed crystal is one: no two atoms nearer than half-way into each other, no energy below the bulk's. Attraction as 1/r^6 has no bottom.
 */
static bool is_sane(const workshop *w, int i_shift, double gap_bohr, double energy_ha)
{
    const double *shift = w->shifts.shift + 2 * i_shift;
    const km_bicrystal_state state = {{shift[0], shift[1]}, gap_bohr, 0};
    const int n_atom = w->bicrystal->grain[0].n_atom + w->bicrystal->grain[1].n_atom;
    km_bicrystal_made made;
    km_crystal *crystal;

    if (energy_ha < n_atom * w->boundary->atom_ha) return false;
    if (km_bicrystal_build(w->bicrystal, &state, &crystal, &made) != KM_OK) return false;
    km_crystal_destroy(&crystal);
    return made.closest >= CLOSEST;
}

/* Rigid energies of all gaps: of each distinct shift the lowest. */
static km_status map_gaps(workshop *w)
{
    const km_shifts *s = &w->shifts;
    const int n_gap = 1 + (int)(w->options->gap_range_bohr / w->options->gap_step_bohr + 1e-9);
    const int n_point = s->grid[0] * s->grid[1];
    double lowest = INFINITY;

    for (int i = 0; i < s->n; ++i) w->lowest_ha[i] = INFINITY;
    for (int g = 0; g < n_gap; ++g) {
        const double gap = w->bicrystal->spacing_bohr + g * w->options->gap_step_bohr;

        KM_TRY(km_rigid_map_compute(w->bicrystal, w->calculator, gap, s->grid, w->map_ha));
        for (int p = 0; p < n_point; ++p) {
            const int i = s->index[p];

            if (!(w->map_ha[p] < w->lowest_ha[i]) || !is_sane(w, i, gap, w->map_ha[p]))
                continue;
            w->lowest_ha[i] = w->map_ha[p];
            w->gap_bohr[i] = gap;
            if (w->map_ha[p] >= lowest) continue;
            lowest = w->map_ha[p];
            w->boundary->map_gap_bohr = gap;
        }
    }
    return KM_OK;
}

/* The map that is shown: of the first pair, at the gap where it is lowest. */
static km_status keep_map(workshop *w)
{
    const int *grid = w->shifts.grid, n = grid[0] * grid[1];
    const double area =
        (w->bicrystal->vacuum_bohr > 0 ? 1 : 2) * km_bicrystal_area_bohr2(w->bicrystal);
    const int n_atom = w->bicrystal->grain[0].n_atom + w->bicrystal->grain[1].n_atom;

    if (w->boundary->map_j_m2) return KM_OK;
    KM_TRY(KM_ALLOC(w->boundary->map_j_m2, n));
    memcpy(w->boundary->map_grid, grid, sizeof w->boundary->map_grid);
    KM_TRY(km_rigid_map_compute(w->bicrystal, w->calculator, w->boundary->map_gap_bohr, grid,
                                w->boundary->map_j_m2));
    for (int p = 0; p < n; ++p) {
        double *energy = w->boundary->map_j_m2 + p;

        *energy = KM_J_M2_PER_HA_BOHR2 *
                  (*energy - n_atom * w->boundary->atom_ha - w->surfaces_ha) / area;
        if (!(*energy >= 0)) *energy = INFINITY; /* ions inside each other */
    }
    return KM_OK;
}

static km_status add_shift(workshop *w, int i)
{
    const double *shift = w->shifts.shift + 2 * i;
    const km_bicrystal_state apart = {
        {shift[0], shift[1]},
        isfinite(w->lowest_ha[i]) ? w->gap_bohr[i]
                                  : w->bicrystal->spacing_bohr + w->options->gap_range_bohr,
        0};
    const km_bicrystal_state merged = {
        {shift[0], shift[1]}, w->bicrystal->spacing_bohr, w->options->close_fraction};

    KM_TRY(add_candidate(w, &apart, w->lowest_ha[i]));
    if (w->options->close_fraction <= 0) return KM_OK;
    return add_candidate(w, &merged, NAN);
}

/* The free surface of each grain: half of what both faces of the grain alone cost, relaxed. */
static km_status measure_surfaces(workshop *w)
{
    const km_relax_options options = km_boundary_relaxation_in_vacuum();
    const km_request request = km_request_default();

    w->surfaces_ha = 0;
    for (int g = 0; g < 2 && w->bicrystal->vacuum_bohr > 0; ++g) {
        km_relax_result result;
        km_relax *relax = NULL;
        km_crystal *grain;
        km_status status;

        KM_TRY(km_bicrystal_build_grain(w->bicrystal, g, w->bicrystal->vacuum_bohr, &grain));
        status = km_boundary_relax(grain, &options, w->calculator, &request, MPI_COMM_SELF,
                                   &result, &relax);
        km_crystal_destroy(&grain);
        km_relax_destroy(&relax);
        KM_TRY(status);
        KM_TRY(KM_CHECK(result.outcome == KM_OUTCOME_CONVERGED, KM_E_INPUT,
                        "%s: the %s grain alone does not relax: %s", w->boundary->name,
                        g == 0 ? "lower" : "upper", result.reason));
        w->surfaces_ha += (result.calculation.energy_ha -
                           w->bicrystal->grain[g].n_atom * w->boundary->atom_ha) /
                          2;
    }
    return KM_OK;
}

static km_status add_pair(workshop *w)
{
    km_status status;

    KM_TRY(measure_surfaces(w));
    KM_TRY(km_shifts_create(w->bicrystal, w->options->shift_step_bohr, &w->shifts));
    KM_TRY_TO(end, KM_ALLOC(w->map_ha, w->shifts.grid[0] * w->shifts.grid[1]));
    KM_TRY_TO(end, KM_ALLOC(w->lowest_ha, w->shifts.n));
    KM_TRY_TO(end, KM_ALLOC(w->gap_bohr, w->shifts.n));
    KM_TRY_TO(end, map_gaps(w));
    KM_TRY_TO(end, keep_map(w));
    for (int i = 0; i < w->shifts.n; ++i) KM_TRY_TO(end, add_shift(w, i));
end:
    KM_FREE(w->map_ha);
    KM_FREE(w->lowest_ha);
    KM_FREE(w->gap_bohr);
    km_shifts_clear(&w->shifts);
    return status;
}

static km_status add_pairs(workshop *w)
{
    const km_grain_boundary *geometry = w->boundary->geometry;

    for (w->pair = 0; w->pair < km_grain_boundary_n_pair(geometry); ++w->pair) {
        w->bicrystal = km_grain_boundary_bicrystal(geometry, w->pair);
        if (w->bicrystal) KM_TRY(add_pair(w));
    }
    if (w->boundary->n == 0)
        km_log(KM_LOG_WARN, "%s has no candidate: %s", w->boundary->name,
               km_grain_boundary_pair(geometry, 0)->reason);
    return KM_OK;
}

km_status km_boundary_list_add(km_boundary_list *list, const char *name, const km_crystal *bulk,
                               double atom_ha, const km_boundary_request *request,
                               const km_boundary_options *options, km_calculator *calculator)
{
    km_grain_boundary_options grain = options->grain;
    workshop w = {.list = list, .bulk = bulk, .options = options, .calculator = calculator};
    km_boundary *made;

    memcpy(grain.axis, request->axis, sizeof grain.axis);
    memcpy(grain.plane, request->plane, sizeof grain.plane);
    memcpy(grain.plane_2, request->plane_2, sizeof grain.plane_2);
    grain.sigma = request->sigma;
    KM_TRY(KM_GROW(list->boundary, list->n_boundary, list->n_boundary + 1));
    w.boundary = made = list->boundary + list->n_boundary++;
    made->i_bulk = request->i_bulk;
    made->atom_ha = atom_ha;
    made->first = list->n_candidate;
    KM_TRY(km_grain_boundary_create(bulk, &grain, &made->geometry));
    snprintf(made->name, sizeof made->name, "%.30s %s", name,
             km_grain_boundary_get(made->geometry)->label);
    return add_pairs(&w);
}

void km_boundary_list_clear(km_boundary_list *list)
{
    for (int i = 0; i < list->n_boundary; ++i) {
        km_grain_boundary_destroy(&list->boundary[i].geometry);
        KM_FREE(list->boundary[i].map_j_m2);
    }
    KM_FREE(list->boundary);
    KM_FREE(list->candidate);
    *list = (km_boundary_list){0};
}
