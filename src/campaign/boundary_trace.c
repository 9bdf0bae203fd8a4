#include "kaimen/campaign/boundary_trace.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Relaxations of one structure end so close to each other. */
static const double SAME_J_M2 = 1e-3;

static void name_map(const char *boundary, char key[KM_BOUNDARY_NAME_SIZE + 8])
{
    snprintf(key, KM_BOUNDARY_NAME_SIZE + 8, "map %s", boundary);
}

/* Gap, grid, cell and energies as text: a value of the table meta. */
static km_status write_map(const km_boundary *boundary, km_text *text)
{
    const km_bicrystal *bicrystal = NULL;
    double cart[2];

    for (int p = 0; !bicrystal; ++p)
        bicrystal = km_grain_boundary_bicrystal(boundary->geometry, p);
    KM_TRY(km_text_append(text, "%.12g %d %d", boundary->map_gap_bohr, boundary->map_grid[0],
                          boundary->map_grid[1]));
    for (int v = 0; v < 2; ++v) {
        km_bicrystal_shift_bohr(bicrystal, (const double[2]){v == 0, v == 1}, cart);
        KM_TRY(km_text_append(text, " %.12g %.12g", cart[0], cart[1]));
    }
    for (int p = 0; p < boundary->map_grid[0] * boundary->map_grid[1]; ++p)
        KM_TRY(km_text_append(text, " %.9g", boundary->map_j_m2[p]));
    return KM_OK;
}

km_status km_boundary_maps_store(const km_boundary_list *list, km_ledger *ledger)
{
    for (int b = 0; b < list->n_boundary; ++b) {
        char key[KM_BOUNDARY_NAME_SIZE + 8];
        km_text text = {0};
        km_status status;

        if (!list->boundary[b].map_j_m2) continue;
        status = write_map(list->boundary + b, &text);
        name_map(list->boundary[b].name, key);
        if (status == KM_OK) status = km_ledger_set_meta(ledger, key, text.bytes);
        KM_FREE(text.bytes);
        KM_TRY(status);
    }
    return KM_OK;
}

static km_status read_map(km_ledger *ledger, const char *name, km_boundary_map *map)
{
    char key[KM_BOUNDARY_NAME_SIZE + 8], *text, *at;
    int n;
    km_status status = KM_OK;

    name_map(name, key);
    KM_TRY(km_ledger_meta(ledger, key, &text));
    if (!text[0]) goto end;
    map->gap_bohr = strtod(text, &at);
    for (int v = 0; v < 2; ++v) map->grid[v] = (int)strtol(at, &at, 10);
    for (int k = 0; k < 4; ++k) map->lattice_bohr[k] = strtod(at, &at);
    n = map->grid[0] * map->grid[1];
    KM_TRY_TO(end, KM_CHECK(n > 0, KM_E_IO, "the rigid map of %s cannot be read", name));
    KM_TRY_TO(end, KM_ALLOC(map->energy_j_m2, n));
    for (int p = 0; p < n; ++p) map->energy_j_m2[p] = strtod(at, &at);
end:
    KM_FREE(text);
    return status;
}

typedef struct {
    double ended_s;
    int task;
} moment;

static int compare_moments(const void *first, const void *second)
{
    const moment *a = first, *b = second;

    if (a->ended_s != b->ended_s) return a->ended_s < b->ended_s ? -1 : 1;
    return a->task - b->task;
}

/* The trials of one boundary, in order, and the lowest. */
static km_status order_trials(const km_boundary_traces *all, km_boundary_trace *t)
{
    moment *ended;

    KM_TRY(KM_ALLOC(ended, t->n));
    for (int i = t->first; i < t->first + t->n; ++i) {
        const km_task *task = all->tasks + i;

        ++t->n_state[task->state];
        if (task->state == KM_TASK_DONE ||
            (task->state == KM_TASK_FAILED && task->n_attempt > 0))
            ended[t->n_trial++] = (moment){task->ended_s, i};
    }
    qsort(ended, (size_t)t->n_trial, sizeof *ended, compare_moments);
    t->best = -1;
    if (KM_ALLOC(t->trial, t->n_trial) != KM_OK) t->n_trial = 0;
    for (int k = 0; k < t->n_trial; ++k) {
        const double energy = all->results[ended[k].task].surface.gamma_j_m2;

        t->trial[k] = ended[k].task;
        if (!isfinite(energy) ||
            (t->best >= 0 && energy >= all->results[t->best].surface.gamma_j_m2))
            continue;
        t->best = ended[k].task;
    }
    for (int k = 0; k < t->n_trial && t->best_trial == 0 && t->best >= 0; ++k)
        if (all->results[t->trial[k]].surface.gamma_j_m2 <
            all->results[t->best].surface.gamma_j_m2 + SAME_J_M2)
            t->best_trial = k + 1;
    KM_FREE(ended);
    return KM_OK;
}

static km_status split(km_boundary_traces *all)
{
    for (int i = 0; i < all->n_task; ++i) {
        if (all->n == 0 ||
            strcmp(all->trace[all->n - 1].name, all->tasks[i].interface.name) != 0) {
            KM_TRY(KM_GROW(all->trace, all->n, all->n + 1));
            all->trace[all->n++] = (km_boundary_trace){
                .name = all->tasks[i].interface.name, .bulk = all->tasks[i].bulk, .first = i};
        }
        ++all->trace[all->n - 1].n;
    }
    for (int b = 0; b < all->n; ++b) KM_TRY(order_trials(all, all->trace + b));
    return KM_OK;
}

/* As much of a list of candidates as the regression looks at. */
static km_status make_list(const km_boundary_traces *all, km_boundary_list *list)
{
    KM_TRY(KM_ALLOC(list->boundary, all->n));
    KM_TRY(KM_ALLOC(list->candidate, all->n_task));
    list->n_boundary = all->n;
    list->n_candidate = all->n_task;
    for (int b = 0; b < all->n; ++b) {
        list->boundary[b].first = all->trace[b].first;
        list->boundary[b].n = all->trace[b].n;
        for (int i = all->trace[b].first; i < all->trace[b].first + all->trace[b].n; ++i) {
            list->candidate[i].i_boundary = b;
            list->candidate[i].rigid_j_m2 = all->tasks[i].interface.rigid_j_m2;
            memcpy(list->candidate[i].descriptor, all->tasks[i].interface.descriptor,
                   sizeof list->candidate[i].descriptor);
        }
    }
    return KM_OK;
}

/* One boundary from all the others. */
static void screen_one(km_boundary_traces *all, const km_boundary_list *list,
                       const double *energy, bool *is_used, int b)
{
    km_boundary_trace *t = all->trace + b;
    km_screen screen;
    double sum2 = 0;
    int n = 0;

    t->screened_j_m2 = t->screening_error_j_m2 = NAN;
    for (int k = 0; k < all->n; ++k) is_used[k] = k != b;
    km_screen_fit(list, energy, is_used, &screen);
    if (screen.n_sample == 0) return;
    for (int i = t->first; i < t->first + t->n; ++i) {
        const double expected = km_screen_predict(&screen, list, i);

        t->screened_j_m2 =
            isnan(t->screened_j_m2) ? expected : fmin(t->screened_j_m2, expected);
        if (!isfinite(energy[i])) continue;
        sum2 += (expected - energy[i]) * (expected - energy[i]);
        ++n;
    }
    if (n > 0) t->screening_error_j_m2 = sqrt(sum2 / n);
}

static km_status screen_all(km_boundary_traces *all)
{
    km_boundary_list list = {0};
    double *energy = NULL;
    bool *is_used = NULL;
    km_status status = KM_OK;

    KM_TRY_TO(end, make_list(all, &list));
    KM_TRY_TO(end, KM_ALLOC(energy, all->n_task));
    KM_TRY_TO(end, KM_ALLOC(is_used, all->n));
    for (int i = 0; i < all->n_task; ++i)
        energy[i] =
            all->tasks[i].state == KM_TASK_DONE ? all->results[i].surface.gamma_j_m2 : NAN;
    for (int b = 0; b < all->n; ++b) screen_one(all, &list, energy, is_used, b);
end:
    KM_FREE(energy);
    KM_FREE(is_used);
    km_boundary_list_clear(&list);
    return status;
}

/* What DFT says of the structures that were found. */
static km_status read_winners(km_ledger *ledger, km_boundary_traces *all)
{
    km_task *tasks;
    km_result *results = NULL;
    int n;

    KM_TRY(km_ledger_read_tasks(ledger, KM_TASK_WINNER, &n, &tasks, &results));
    for (int b = 0; b < all->n; ++b) {
        all->trace[b].dft_j_m2 = NAN;
        for (int i = 0; i < n; ++i)
            if (strcmp(tasks[i].interface.name, all->trace[b].name) == 0)
                all->trace[b].dft_j_m2 = results[i].surface.gamma_j_m2;
    }
    KM_FREE(tasks);
    KM_FREE(results);
    return KM_OK;
}

km_status km_boundary_traces_read(km_ledger *ledger, km_boundary_traces *all)
{
    km_status status = KM_OK;

    *all = (km_boundary_traces){0};
    KM_TRY(km_ledger_read_tasks(ledger, KM_TASK_GRAIN_BOUNDARY, &all->n_task, &all->tasks,
                                &all->results));
    KM_TRY_TO(fail, split(all));
    KM_TRY_TO(fail, screen_all(all));
    KM_TRY_TO(fail, read_winners(ledger, all));
    for (int b = 0; b < all->n; ++b)
        KM_TRY_TO(fail, read_map(ledger, all->trace[b].name, &all->trace[b].map));
    return KM_OK;
fail:
    km_boundary_traces_clear(all);
    return status;
}

void km_boundary_traces_clear(km_boundary_traces *all)
{
    for (int b = 0; b < all->n; ++b) {
        KM_FREE(all->trace[b].trial);
        KM_FREE(all->trace[b].map.energy_j_m2);
    }
    KM_FREE(all->trace);
    KM_FREE(all->tasks);
    KM_FREE(all->results);
    *all = (km_boundary_traces){0};
}

static int compare_numbers(const void *first, const void *second)
{
    const double a = *(const double *)first, b = *(const double *)second;

    return (a > b) - (a < b);
}

/* Of values v_0 <= v_1 <= ... the lowest of n drawn without replacement: v_i with the chance that i is drawn and none below it. */
km_status km_boundary_trace_random(const km_boundary_traces *all, int i, int n, double *best)
{
    const km_boundary_trace *t = all->trace + i;
    double *value;
    int n_value = 0;

    KM_TRY(KM_ALLOC(value, t->n));
    for (int k = t->first; k < t->first + t->n; ++k) {
        const double energy = all->tasks[k].state == KM_TASK_DONE
                                  ? all->results[k].surface.gamma_j_m2
                                  : all->tasks[k].prediction_j_m2;

        if (isfinite(energy)) value[n_value++] = energy;
    }
    qsort(value, (size_t)n_value, sizeof *value, compare_numbers);
    for (int draws = 1; draws <= n; ++draws) {
        double none_yet = 1, sum = 0;

        for (int k = 0; k < n_value && none_yet > 1e-12; ++k) {
            /* Of the n_value - k values left, each draw takes this one with the same chance. */
            const double taken = fmin(1, (double)draws / (n_value - k));

            sum += none_yet * taken * value[k];
            none_yet *= 1 - taken;
        }
        best[draws - 1] = n_value > 0 ? sum / (1 - fmin(none_yet, 0.5)) : NAN;
    }
    KM_FREE(value);
    return KM_OK;
}
