#include "kaimen/campaign/equation_of_state.h"

#include "kaimen/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

km_equation_of_state_options km_equation_of_state_options_default(void)
{
    return (km_equation_of_state_options){.n_point = 7, .range = 0.06};
}

static km_status check_options(const km_plan *plan, const char *name,
                               const km_equation_of_state_options *options)
{
    KM_TRY(KM_CHECK(options->n_point >= KM_EQUATION_OF_STATE_LEAST_POINTS, KM_E_INPUT,
                    "equation of state: %d points; wanted at least %d", options->n_point,
                    KM_EQUATION_OF_STATE_LEAST_POINTS));
    KM_TRY(
        KM_CHECK(options->n_point % 2 == 1, KM_E_INPUT,
                 "equation of state: %d points; wanted an odd number, with the crystal as it "
                 "was given in the middle",
                 options->n_point));
    KM_TRY(
        KM_CHECK(options->range > 0 && options->range <= 0.5, KM_E_INPUT,
                 "equation of state: range = %g; wanted a fraction of the volume in (0, 0.5]",
                 options->range));
    for (int i = 0; i < km_plan_n_task(plan); ++i)
        KM_TRY(KM_CHECK(strcmp(km_plan_task(plan, i)->bulk, name) != 0, KM_E_INPUT,
                        "two crystals are named \"%s\"", name));
    return KM_OK;
}

/* The crystal with every length multiplied. */
static km_status scale_crystal(const km_crystal *crystal, double length_ratio, km_crystal **out)
{
    double cell_bohr[9];

    for (int i = 0; i < 9; ++i) cell_bohr[i] = length_ratio * km_crystal_cell_bohr(crystal)[i];
    return km_crystal_create(cell_bohr, km_crystal_n_atom(crystal), km_crystal_z(crystal),
                             km_crystal_frac(crystal), out);
}

static km_status add_volume(km_plan *plan, const char *name, const km_crystal *primitive,
                            double volume_ratio, const char *text)
{
    km_task task = {.kind = KM_TASK_VOLUME, .volume_ratio = volume_ratio};
    int index, n_before = km_plan_n_task(plan);
    km_crystal *scaled = NULL;
    km_status status;

    snprintf(task.bulk, sizeof task.bulk, "%s", name);
    snprintf(task.label, sizeof task.label, "%s V x %.4g", name, volume_ratio);
    KM_TRY_TO(end, scale_crystal(primitive, cbrt(volume_ratio), &scaled));
    KM_TRY_TO(end, km_plan_add(plan, &task, scaled, text, &index));
    status = KM_CHECK(index == n_before, KM_E_INPUT,
                      "crystal \"%s\" is, at %.4g of its volume, the same as \"%s\"", name,
                      volume_ratio, km_plan_task(plan, index)->label);
end:
    km_crystal_destroy(&scaled);
    return status;
}

km_status km_equation_of_state_plan(km_plan *plan, const char *name, const km_crystal *crystal,
                                    const km_equation_of_state_options *options,
                                    double tolerance_bohr, const char *text)
{
    km_crystal *primitive = NULL;
    km_status status = KM_OK;

    KM_TRY(check_options(plan, name, options));
    KM_TRY(km_plan_make_primitive(crystal, tolerance_bohr, &primitive));
    for (int i = 0; i < options->n_point; ++i) {
        double place = 2.0 * i / (options->n_point - 1) - 1; /* -1 to 1 */

        KM_TRY_TO(end, add_volume(plan, name, primitive, 1 + options->range * place, text));
    }
end:
    km_crystal_destroy(&primitive);
    return status;
}

/* Behind what the reason says already. */
static void add_remark(char reason[KM_REASON_SIZE], const char *remark)
{
    size_t n = strlen(reason);

    snprintf(reason + n, KM_REASON_SIZE - n, "%s%s", n > 0 ? "; " : "", remark);
}

/* Which points a fit misses. */
static void list_missing(int n_point, const km_task *tasks, const km_result *results,
                         char reason[KM_REASON_SIZE])
{
    char text[KM_REASON_SIZE] = "";
    size_t n = 0;

    for (int i = 0; i < n_point && n < sizeof text; ++i)
        if (!isfinite(results[i].energy_ha))
            n += (size_t)snprintf(text + n, sizeof text - n, "%s%.4g",
                                  n > 0 ? ", " : "no energy at volume ratio ",
                                  tasks[i].volume_ratio);
    if (n > 0) add_remark(reason, text);
}

static bool is_between(double value, int n, const double *values)
{
    bool is_above = false, is_below = false;

    for (int i = 0; i < n; ++i) {
        is_above = is_above || value > values[i];
        is_below = is_below || value < values[i];
    }
    return is_above && is_below;
}

/* Take the fit over where it means something. */
static void judge(const km_birch_murnaghan *fit, int n, const double *volume_bohr3,
                  km_equation_of_state *equation)
{
    if (!fit->has_minimum || !is_between(fit->v0, n, volume_bohr3)) {
        snprintf(equation->reason, sizeof equation->reason,
                 "the energy has no minimum between the volumes");
        return;
    }
    equation->is_fitted = true;
    equation->v0_bohr3 = fit->v0;
    equation->e0_ha = fit->e0;
    equation->b0_ha_bohr3 = fit->b0;
    equation->b1 = fit->b1;
    equation->residual_ha = fit->residual;
}

/*
 * How the energy falls with the number of plane waves, from the middle one of the volumes; the others' own slopes would
 * differ by a few per cent of a small correction. NaN where it is not known.
 */
static double find_slope_ha(int n_point, const km_task *tasks, const km_result *results)
{
    for (int i = 0; i < n_point; ++i)
        if (km_task_is_central(tasks + i) && isfinite(results[i].energy_ha))
            return results[i].calculation.basis_slope_ha;
    return NAN;
}

/*
 * Energy, had the sphere held as many plane waves as a continuous one: a sphere of discrete waves holds up to 1 % too many or
 * too few, at every volume another number.
 * Source: G. P. Francis, M. C. Payne, J. Phys.: Condens. Matter 2, 4395 (1990).
 */
static double smooth_energy_ha(const km_result *result, double slope_ha)
{
    if (!isfinite(slope_ha)) return result->energy_ha;
    return result->energy_ha - slope_ha * log(result->calculation.basis_filling);
}

static km_status fit_points(int n_point, const km_task *tasks, const km_result *results,
                            km_equation_of_state *equation)
{
    const double slope_ha = find_slope_ha(n_point, tasks, results);
    double *volume_bohr3 = NULL, *energy_ha = NULL;
    km_birch_murnaghan fit;
    km_status status;
    int n = 0;

    KM_TRY_TO(end, KM_ALLOC(volume_bohr3, n_point));
    KM_TRY_TO(end, KM_ALLOC(energy_ha, n_point));
    for (int i = 0; i < n_point; ++i)
        if (isfinite(results[i].energy_ha)) {
            volume_bohr3[n] = tasks[i].volume_bohr3;
            energy_ha[n++] = smooth_energy_ha(results + i, slope_ha);
        }
    KM_TRY_TO(end, km_birch_murnaghan_fit(n, volume_bohr3, energy_ha, &fit));
    judge(&fit, n, volume_bohr3, equation);
    if (!isfinite(slope_ha))
        add_remark(equation->reason, "not corrected for the number of plane waves");
end:
    KM_FREE(volume_bohr3);
    KM_FREE(energy_ha);
    return status;
}

km_status km_equation_of_state_fit(int n_point, const km_task *tasks, const km_result *results,
                                   km_equation_of_state *equation)
{
    *equation = (km_equation_of_state){.n_point = n_point,
                                       .v0_bohr3 = NAN,
                                       .e0_ha = NAN,
                                       .b0_ha_bohr3 = NAN,
                                       .b1 = NAN,
                                       .residual_ha = NAN};
    for (int i = 0; i < n_point; ++i) {
        equation->n_done += isfinite(results[i].energy_ha) != 0;
        equation->time_s += results[i].time_s;
    }
    if (n_point > 0) {
        memcpy(equation->name, tasks->bulk, sizeof equation->name);
        equation->n_atom = tasks->n_atom;
    }
    if (equation->n_done >= KM_EQUATION_OF_STATE_LEAST_POINTS)
        KM_TRY(fit_points(n_point, tasks, results, equation));
    else
        snprintf(equation->reason, sizeof equation->reason,
                 "%d points of %d have an energy, wanted at least %d", equation->n_done,
                 n_point, KM_EQUATION_OF_STATE_LEAST_POINTS);
    list_missing(n_point, tasks, results, equation->reason);
    return KM_OK;
}

/* Where a row of the ledger belongs. */
typedef struct {
    int crystal;
    double volume_ratio;
    int row;
} place;

static int compare_places(const void *a, const void *b)
{
    const place *x = a, *y = b;

    if (x->crystal != y->crystal) return x->crystal < y->crystal ? -1 : 1;
    if (x->volume_ratio < y->volume_ratio) return -1;
    return x->volume_ratio > y->volume_ratio;
}

/* The rows that the last input asks for, by crystal and volume. Other numbers of points come in any order. */
static int find_places(int n_row, const km_task *rows, place *places)
{
    int n = 0, n_crystal = 0;

    for (int i = 0; i < n_row; ++i) {
        int like = 0; /* the first place with this name */

        if (!rows[i].is_planned) continue;
        while (like < n && strcmp(rows[places[like].row].bulk, rows[i].bulk) != 0) ++like;
        places[n] =
            (place){like < n ? places[like].crystal : n_crystal++, rows[i].volume_ratio, i};
        ++n;
    }
    qsort(places, (size_t)n, sizeof *places, compare_places);
    return n;
}

static km_status take_points(int n_row, const km_task *rows, const km_result *results,
                             km_equation_list *list)
{
    place *places = NULL;
    km_status status;

    KM_TRY_TO(end, KM_ALLOC(places, n_row));
    list->n_point = find_places(n_row, rows, places);
    KM_TRY_TO(end, KM_ALLOC(list->tasks, list->n_point));
    KM_TRY_TO(end, KM_ALLOC(list->results, list->n_point));
    KM_TRY_TO(end, KM_ALLOC(list->first, list->n_point + 1));
    for (int i = 0; i < list->n_point; ++i) {
        list->tasks[i] = rows[places[i].row];
        list->results[i] = results[places[i].row];
        if (i == 0 || places[i].crystal != places[i - 1].crystal) list->first[list->n++] = i;
    }
    list->first[list->n] = list->n_point;
end:
    KM_FREE(places);
    return status;
}

static km_status fit_all(km_equation_list *list)
{
    KM_TRY(KM_ALLOC(list->equations, list->n));
    for (int i = 0; i < list->n; ++i) {
        int first = list->first[i];

        KM_TRY(km_equation_of_state_fit(list->first[i + 1] - first, list->tasks + first,
                                        list->results + first, list->equations + i));
    }
    return KM_OK;
}

km_status km_equation_list_read(km_ledger *ledger, km_equation_list *list)
{
    km_task *rows = NULL;
    km_result *results = NULL;
    km_status status;
    int n_row;

    memset(list, 0, sizeof *list);
    KM_TRY_TO(end, km_ledger_read_tasks(ledger, KM_TASK_VOLUME, &n_row, &rows, &results));
    KM_TRY_TO(end, take_points(n_row, rows, results, list));
    KM_TRY_TO(end, fit_all(list));
end:
    KM_FREE(rows);
    KM_FREE(results);
    if (status != KM_OK) km_equation_list_clear(list);
    return status;
}

void km_equation_list_clear(km_equation_list *list)
{
    KM_FREE(list->tasks);
    KM_FREE(list->results);
    KM_FREE(list->first);
    KM_FREE(list->equations);
    memset(list, 0, sizeof *list);
}
