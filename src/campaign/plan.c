#include "kaimen/campaign/plan.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/text.h"
#include "kaimen/campaign/cost.h"
#include "kaimen/crystal/symmetry.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/** One crystal whose surfaces were asked for. */
typedef struct {
    char name[KM_TASK_TEXT_SIZE * 2];
    km_slab_list *slabs;
    int *task; /* of each cut, -1 for rejected ones */
} plan_bulk;

/** Where a task's crystal was cut. */
typedef struct {
    int i_bulk; /* -1: nowhere */
    int i_slab;
} plan_cut;

struct km_plan {
    int n_task, n_room;
    km_task *tasks;
    plan_cut *cuts;
    km_crystal **crystals;
    km_estimate *estimates;
    int n_slot; /* power of two, at least twice n_room */
    int *slots; /* open addressing by identity: index + 1, 0 where free */
    int n_bulk;
    plan_bulk *bulks;
    km_boundary_list boundaries;
    int first_candidate; /* task of candidate 0; the others follow */
    int *winner;         /* task of each boundary's winner; NULL: none */
};

km_status km_plan_create(km_plan **plan)
{
    return KM_ALLOC(*plan, 1);
}

void km_plan_destroy(km_plan **plan)
{
    km_plan *p = *plan;

    if (!p) return;
    for (int i = 0; i < p->n_task; ++i) km_crystal_destroy(p->crystals + i);
    for (int i = 0; i < p->n_bulk; ++i) {
        km_slab_list_destroy(&p->bulks[i].slabs);
        KM_FREE(p->bulks[i].task);
    }
    KM_FREE(p->tasks);
    KM_FREE(p->cuts);
    KM_FREE(p->crystals);
    KM_FREE(p->estimates);
    KM_FREE(p->slots);
    KM_FREE(p->bulks);
    km_boundary_list_clear(&p->boundaries);
    KM_FREE(p->winner);
    KM_FREE(*plan);
}

/* Slot that holds the identity, or the free one where it belongs. */
static int *find_slot(const km_plan *plan, const char *id)
{
    unsigned long start = strtoul(id, NULL, 16);

    for (unsigned long i = start;; ++i) {
        int *slot = plan->slots + (i & (unsigned long)(plan->n_slot - 1));

        if (*slot == 0 || strcmp(plan->tasks[*slot - 1].id, id) == 0) return slot;
    }
}

int km_plan_find(const km_plan *plan, const char *id)
{
    return plan->n_slot > 0 ? *find_slot(plan, id) - 1 : -1;
}

static km_status make_room(km_plan *plan)
{
    int n_new = plan->n_room ? 2 * plan->n_room : 64;

    if (plan->n_task < plan->n_room) return KM_OK;
    KM_TRY(KM_GROW(plan->tasks, plan->n_room, n_new));
    KM_TRY(KM_GROW(plan->cuts, plan->n_room, n_new));
    KM_TRY(KM_GROW(plan->crystals, plan->n_room, n_new));
    KM_TRY(KM_GROW(plan->estimates, plan->n_room, n_new));
    KM_FREE(plan->slots);
    plan->n_slot = 0;
    KM_TRY(KM_ALLOC(plan->slots, 2 * n_new));
    plan->n_slot = 2 * n_new;
    plan->n_room = n_new;
    for (int i = 0; i < plan->n_task; ++i) *find_slot(plan, plan->tasks[i].id) = i + 1;
    return KM_OK;
}

static km_status check_reference(const km_plan *plan, const char *label, const char *id)
{
    return KM_CHECK(id[0] == '\0' || km_plan_find(plan, id) >= 0, KM_E_ARGUMENT,
                    "task %s waits for %s, which is not in the plan", label, id);
}

/* The references are part of what a task is: its numbers depend on theirs. */
static km_status identify(const km_task *task, const km_crystal *crystal, const char *text,
                          char id[KM_ID_SIZE])
{
    size_t n_text = strlen(text) + 2 * KM_ID_SIZE + 3;
    char *whole;
    km_status status;

    KM_TRY(KM_ALLOC(whole, n_text));
    snprintf(whole, n_text, "%s\n%s\n%s", task->bulk_id, task->oriented_id, text);
    status = km_task_identify(task->kind, crystal, whole, id);
    KM_FREE(whole);
    return status;
}

km_status km_plan_add(km_plan *plan, const km_task *task, const km_crystal *crystal,
                      const char *text, int *index)
{
    km_task *added;
    char id[KM_ID_SIZE];
    int found;

    KM_TRY(check_reference(plan, task->label, task->bulk_id));
    KM_TRY(check_reference(plan, task->label, task->oriented_id));
    KM_TRY(identify(task, crystal, text, id));
    found = km_plan_find(plan, id);
    if (index) *index = found >= 0 ? found : plan->n_task;
    if (found >= 0) return KM_OK;
    KM_TRY(make_room(plan));
    KM_TRY(km_crystal_copy(crystal, plan->crystals + plan->n_task));
    added = plan->tasks + plan->n_task;
    plan->cuts[plan->n_task].i_bulk = -1;
    *added = *task;
    memcpy(added->id, id, sizeof id);
    added->state = KM_TASK_QUEUED;
    added->is_planned = true;
    added->n_atom = km_crystal_n_atom(crystal);
    added->volume_bohr3 = km_crystal_volume_bohr3(crystal);
    added->prediction_j_m2 = added->uncertainty_j_m2 = NAN;
    *find_slot(plan, id) = ++plan->n_task;
    return KM_OK;
}

km_status km_plan_make_primitive(const km_crystal *bulk, double tolerance_bohr,
                                 km_crystal **out)
{
    km_crystal *primitive = NULL;
    km_symmetry *symmetry = NULL;
    double centre[3] = {0}, *frac = NULL;
    km_status status;
    int n_atom;

    *out = NULL;
    KM_TRY_TO(end, km_symmetry_find_primitive(bulk, tolerance_bohr, &primitive));
    KM_TRY_TO(end, km_symmetry_create(primitive, tolerance_bohr, &symmetry));
    n_atom = km_crystal_n_atom(primitive);
    KM_TRY_TO(end, KM_ALLOC(frac, 3 * n_atom));
    if (km_symmetry_has_inversion(symmetry, centre)) {
        for (int i = 0; i < 3 * n_atom; ++i)
            frac[i] = km_crystal_frac(primitive)[i] - centre[i % 3];
        km_crystal_move(primitive, frac);
    }
    *out = primitive;
    primitive = NULL;
end:
    KM_FREE(frac);
    km_symmetry_destroy(&symmetry);
    km_crystal_destroy(&primitive);
    return status;
}

static km_surface describe_surface(const km_slab_info *info)
{
    km_surface surface = {.termination = info->termination,
                          .has_inversion = info->has_inversion,
                          .area_bohr2 = info->area_bohr2,
                          .repeat_bohr = info->repeat_bohr,
                          .n_bulk = info->n_bulk};

    memcpy(surface.miller, info->miller, sizeof surface.miller);
    snprintf(surface.type, sizeof surface.type, "%.3s", km_slab_type_name(info->type));
    snprintf(surface.name, sizeof surface.name, "%.31s", info->label);
    return surface;
}

/* All terminations of one (hkl) share the first one's oriented cell; a later one differs by a shift. */
static int find_oriented(const km_plan *plan, const plan_bulk *bulk, int i_slab)
{
    const int *miller = km_slab_list_info(bulk->slabs, i_slab)->miller;

    for (int i = 0; i < i_slab; ++i)
        if (bulk->task[i] >= 0 &&
            memcmp(km_slab_list_info(bulk->slabs, i)->miller, miller, 3 * sizeof *miller) == 0)
            return km_plan_find(plan, plan->tasks[bulk->task[i]].oriented_id);
    return -1;
}

/* A task that two cuts share belongs to the first of them. */
static km_status add_cut(km_plan *plan, const km_task *task, const plan_cut *cut,
                         const km_crystal *crystal, const char *text, int *index)
{
    const int n_before = plan->n_task;

    KM_TRY(km_plan_add(plan, task, crystal, text, index));
    if (*index == n_before) plan->cuts[*index] = *cut;
    return KM_OK;
}

static km_status add_slab(km_plan *plan, plan_bulk *bulk, int i_slab, bool is_bulk_relaxed,
                          const km_task *base, const char *text)
{
    const plan_cut cut = {(int)(bulk - plan->bulks), i_slab};
    const km_slab_info *info = km_slab_list_info(bulk->slabs, i_slab);
    int oriented = find_oriented(plan, bulk, i_slab);
    km_task task = *base;

    if (oriented < 0) {
        task.kind = KM_TASK_ORIENTED_BULK;
        task.priority = 1;
        if (!is_bulk_relaxed) task.bulk_id[0] = '\0'; /* it waits for nothing */
        snprintf(task.label, sizeof task.label, "%s bulk for (%d %d %d)", bulk->name,
                 info->miller[0], info->miller[1], info->miller[2]);
        KM_TRY(add_cut(plan, &task, &cut, km_slab_list_bulk(bulk->slabs, i_slab), text,
                       &oriented));
    }
    task = *base;
    task.kind = KM_TASK_SURFACE;
    task.surface = describe_surface(info);
    memcpy(task.oriented_id, plan->tasks[oriented].id, KM_ID_SIZE);
    snprintf(task.label, sizeof task.label, "%s %s", bulk->name, task.surface.name);
    return add_cut(plan, &task, &cut, km_slab_list_crystal(bulk->slabs, i_slab), text,
                   bulk->task + i_slab);
}

static km_status add_bulk(km_plan *plan, const char *name, const km_crystal *crystal,
                          double tolerance_bohr, const char *text, int *index)
{
    km_task task = {.kind = KM_TASK_BULK, .priority = 2};
    km_crystal *primitive;
    km_status status;

    snprintf(task.bulk, sizeof task.bulk, "%s", name);
    snprintf(task.label, sizeof task.label, "%s bulk", name);
    KM_TRY(km_plan_make_primitive(crystal, tolerance_bohr, &primitive));
    status = km_plan_add(plan, &task, primitive, text, index);
    km_crystal_destroy(&primitive);
    return status;
}

static int count_accepted(const plan_bulk *bulk)
{
    int n = 0;

    for (int i = 0; i < km_slab_list_n(bulk->slabs); ++i)
        n += km_slab_list_info(bulk->slabs, i)->is_accepted;
    return n;
}

static km_status add_slabs(km_plan *plan, plan_bulk *bulk, int bulk_task, bool is_bulk_relaxed,
                           const char *text)
{
    km_task base = {0};

    memcpy(base.bulk, bulk->name, sizeof base.bulk);
    memcpy(base.bulk_id, plan->tasks[bulk_task].id, KM_ID_SIZE);
    for (int i = 0; i < km_slab_list_n(bulk->slabs); ++i)
        if (km_slab_list_info(bulk->slabs, i)->is_accepted)
            KM_TRY(add_slab(plan, bulk, i, is_bulk_relaxed, &base, text));
    return KM_OK;
}

km_status km_plan_add_surfaces(km_plan *plan, const char *name, const km_crystal *bulk,
                               const km_slab_options *options, bool is_bulk_relaxed,
                               const char *text)
{
    plan_bulk *added;
    int n_slab, bulk_task;

    for (int i = 0; i < plan->n_bulk; ++i)
        KM_TRY(KM_CHECK(strcmp(plan->bulks[i].name, name) != 0, KM_E_INPUT,
                        "two crystals are named \"%s\"", name));
    KM_TRY(KM_GROW(plan->bulks, plan->n_bulk, plan->n_bulk + 1));
    added = plan->bulks + plan->n_bulk++;
    snprintf(added->name, sizeof added->name, "%s", name);
    KM_TRY(km_slab_list_create(bulk, options, &added->slabs));
    n_slab = km_slab_list_n(added->slabs);
    KM_TRY(KM_ALLOC(added->task, n_slab));
    for (int i = 0; i < n_slab; ++i) added->task[i] = -1;
    if (count_accepted(added) == 0) return KM_OK;
    KM_TRY(add_bulk(plan, added->name, bulk, options->tolerance_bohr, text, &bulk_task));
    return add_slabs(plan, added, bulk_task, is_bulk_relaxed, text);
}

static km_interface describe_interface(const km_boundary_list *list, int i)
{
    const km_boundary_candidate *c = list->candidate + i;
    const km_boundary *boundary = list->boundary + c->i_boundary;
    const km_bicrystal *bicrystal = km_grain_boundary_bicrystal(boundary->geometry, c->pair);
    km_interface made = {.pair = c->pair,
                         .shift = {c->state.shift[0], c->state.shift[1]},
                         .gap_bohr = c->state.gap_bohr,
                         .n_removed = c->n_removed,
                         .n_boundary = bicrystal->vacuum_bohr > 0 ? 1 : 2,
                         .area_bohr2 = km_bicrystal_area_bohr2(bicrystal),
                         .surfaces_ha = c->surfaces_ha,
                         .rigid_j_m2 = c->rigid_j_m2};

    memcpy(made.descriptor, c->descriptor, sizeof made.descriptor);
    snprintf(made.name, sizeof made.name, "%.95s", boundary->name);
    return made;
}

static km_status add_candidate(km_plan *plan, int i, const char *name, const char *bulk_id,
                               const char *text)
{
    const km_boundary_list *list = &plan->boundaries;
    const km_boundary *boundary = list->boundary + list->candidate[i].i_boundary;
    km_task task = {.kind = KM_TASK_GRAIN_BOUNDARY, .interface = describe_interface(list, i)};
    const int n_before = plan->n_task;
    km_crystal *crystal;
    km_status status;
    int index;

    snprintf(task.bulk, sizeof task.bulk, "%s", name);
    memcpy(task.bulk_id, bulk_id, KM_ID_SIZE);
    snprintf(task.label, sizeof task.label, "%s %d", boundary->name, i - boundary->first);
    KM_TRY(km_boundary_build(list, i, &crystal));
    status = km_plan_add(plan, &task, crystal, text, &index);
    km_crystal_destroy(&crystal);
    KM_TRY(status);
    return KM_CHECK(index == n_before, KM_E_INPUT,
                    "%s is the same structure as %s: one boundary twice", task.label,
                    plan->tasks[index].label);
}

km_status km_plan_add_boundaries(km_plan *plan, km_boundary_list *list, int n_bulk,
                                 const km_crystal *const *bulk, const char *const *names,
                                 double tolerance_bohr, const char *text)
{
    int *task = NULL;
    km_status status = KM_OK;

    plan->boundaries = *list;
    *list = (km_boundary_list){0};
    KM_TRY_TO(end, KM_ALLOC(task, n_bulk));
    for (int i = 0; i < n_bulk; ++i)
        KM_TRY_TO(end, add_bulk(plan, names[i], bulk[i], tolerance_bohr, text, task + i));
    plan->first_candidate = plan->n_task;
    for (int i = 0; i < plan->boundaries.n_candidate; ++i) {
        const int i_bulk =
            plan->boundaries.boundary[plan->boundaries.candidate[i].i_boundary].i_bulk;

        KM_TRY_TO(end,
                  add_candidate(plan, i, names[i_bulk], plan->tasks[task[i_bulk]].id, text));
    }
end:
    KM_FREE(task);
    return status;
}

/* What the winner of a boundary is compared with: the bulk in the boundary's own cell, so that k-points match. */
static km_status add_winner_bulk(km_plan *plan, int b, const char *name, const char *text,
                                 int *index)
{
    const km_boundary *boundary = plan->boundaries.boundary + b;
    km_task task = {
        .kind = KM_TASK_ORIENTED_BULK, .priority = 1, .interface = {.by_dft = true}};

    snprintf(task.bulk, sizeof task.bulk, "%s", name);
    snprintf(task.label, sizeof task.label, "%s bulk for %.80s, by DFT", name,
             km_grain_boundary_get(boundary->geometry)->label);
    return km_plan_add(plan, &task, km_grain_boundary_oriented(boundary->geometry), text,
                       index);
}

static km_status add_winner(km_plan *plan, int b, const char *name, const char *text)
{
    const km_boundary *boundary = plan->boundaries.boundary + b;
    km_task task = {.kind = KM_TASK_WINNER, .priority = -1};
    km_text own = {0};
    km_crystal *crystal = NULL;
    km_status status;
    int oriented;

    if (boundary->n == 0) return KM_OK;
    KM_TRY(add_winner_bulk(plan, b, name, text, &oriented));
    task.interface = describe_interface(&plan->boundaries, boundary->first);
    task.interface.by_dft = true;
    snprintf(task.bulk, sizeof task.bulk, "%s", name);
    memcpy(task.oriented_id, plan->tasks[oriented].id, KM_ID_SIZE);
    snprintf(task.label, sizeof task.label, "%s, by DFT", boundary->name);
    KM_TRY_TO(end, km_text_append(&own, "%s\nwinner of %s", text, boundary->name));
    KM_TRY_TO(end, km_boundary_build(&plan->boundaries, boundary->first, &crystal));
    status = km_plan_add(plan, &task, crystal, own.bytes, plan->winner + b);
end:
    KM_FREE(own.bytes);
    km_crystal_destroy(&crystal);
    return status;
}

km_status km_plan_add_winners(km_plan *plan, const char *const *names, const char *const *texts)
{
    const km_boundary_list *list = &plan->boundaries;

    KM_TRY(KM_ALLOC(plan->winner, list->n_boundary));
    for (int b = 0; b < list->n_boundary; ++b) plan->winner[b] = -1;
    for (int b = 0; b < list->n_boundary; ++b) {
        const int i = list->boundary[b].i_bulk;

        KM_TRY(add_winner(plan, b, names[i], texts[i]));
    }
    return KM_OK;
}

int km_plan_winner(const km_plan *plan, int i_boundary)
{
    return plan->winner ? plan->winner[i_boundary] : -1;
}

int km_plan_winner_boundary(const km_plan *plan, int i_task)
{
    for (int b = 0; plan->winner && b < plan->boundaries.n_boundary; ++b)
        if (plan->winner[b] == i_task) return b;
    return -1;
}

const km_boundary_list *km_plan_boundaries(const km_plan *plan)
{
    return &plan->boundaries;
}

int km_plan_boundary_task(const km_plan *plan, int i_candidate)
{
    return plan->first_candidate + i_candidate;
}

int km_plan_boundary_candidate(const km_plan *plan, int i_task)
{
    return plan->tasks[i_task].kind == KM_TASK_GRAIN_BOUNDARY ? i_task - plan->first_candidate
                                                              : -1;
}

km_status km_plan_recut(const km_plan *plan, int i, const km_crystal *relaxed,
                        km_crystal **crystal, km_surface *surface)
{
    const km_task *task = plan->tasks + i;
    const plan_cut *cut = plan->cuts + i;
    const int i_bulk_task = km_plan_find(plan, task->bulk_id);
    km_crystal *slab, *oriented;
    km_slab_info info;

    *crystal = NULL;
    *surface = task->surface;
    KM_TRY(KM_CHECK(cut->i_bulk >= 0 && i_bulk_task >= 0, KM_E_ARGUMENT,
                    "task %s was not cut from a bulk crystal", task->label));
    KM_TRY(km_slab_list_recut(plan->bulks[cut->i_bulk].slabs, cut->i_slab,
                              plan->crystals[i_bulk_task], relaxed, &slab, &oriented, &info));
    if (task->kind == KM_TASK_SURFACE) *surface = describe_surface(&info);
    *crystal = task->kind == KM_TASK_SURFACE ? slab : oriented;
    km_crystal_destroy(task->kind == KM_TASK_SURFACE ? &oriented : &slab);
    return KM_OK;
}

km_status km_plan_estimate(km_plan *plan, km_calculator *calculator, km_calculator *dft)
{
    for (int i = 0; i < plan->n_task; ++i) {
        km_task *task = plan->tasks + i;
        km_request request = km_plan_request(task);

        if (task->interface.by_dft && !dft) continue;
        KM_TRY(km_calculator_estimate(task->interface.by_dft ? dft : calculator,
                                      plan->crystals[i], &request, plan->estimates + i));
        task->cost = km_cost_units(&plan->estimates[i].size);
        task->estimate_s = plan->estimates[i].size.time_s;
    }
    return KM_OK;
}

int km_plan_n_task(const km_plan *plan)
{
    return plan->n_task;
}

const km_task *km_plan_task(const km_plan *plan, int i)
{
    return plan->tasks + i;
}

const km_crystal *km_plan_crystal(const km_plan *plan, int i)
{
    return plan->crystals[i];
}

const km_calculation *km_plan_size(const km_plan *plan, int i)
{
    return &plan->estimates[i].size;
}

double km_plan_memory_mb(const km_plan *plan, int i)
{
    return plan->estimates[i].memory_mb;
}

static bool has_normal(km_task_kind kind)
{
    return kind == KM_TASK_ORIENTED_BULK || kind == KM_TASK_SURFACE;
}

km_request km_plan_request(const km_task *task)
{
    km_request request = km_request_default();

    request.forces = true;
    request.stress = task->kind == KM_TASK_BULK;
    request.edges = task->kind == KM_TASK_BULK;
    request.basis_slope = task->kind == KM_TASK_ORIENTED_BULK || km_task_is_central(task);
    request.vacuum_axis = task->kind == KM_TASK_SURFACE ? KM_SLAB_NORMAL_AXIS : -1;
    request.normal_axis = has_normal(task->kind) ? KM_SLAB_NORMAL_AXIS : -1;
    if (task->kind != KM_TASK_VOLUME) return request;
    /* Every volume has the k-mesh of the crystal as it was given: fractional points, the same for all. */
    request.mesh_length_ratio = cbrt(1 / task->volume_ratio);
    /* The energy falls exponentially with the cutoff: over a tenth of it the mean slope is 20 to 50 % too large. */
    request.slope_step = 0.03;
    return request;
}

int km_plan_n_bulk(const km_plan *plan)
{
    return plan->n_bulk;
}

const char *km_plan_bulk_name(const km_plan *plan, int i_bulk)
{
    return plan->bulks[i_bulk].name;
}

const km_slab_list *km_plan_slabs(const km_plan *plan, int i_bulk)
{
    return plan->bulks[i_bulk].slabs;
}

int km_plan_slab_task(const km_plan *plan, int i_bulk, int i_slab)
{
    return plan->bulks[i_bulk].task[i_slab];
}
