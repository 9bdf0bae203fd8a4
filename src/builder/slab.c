#include "builder/slab_list.h"

#include "builder/cut.h"
#include "builder/isometry.h"
#include "builder/match.h"
#include "builder/matrix3.h"
#include "builder/miller.h"
#include "kaimen/base/memory.h"
#include "kaimen/base/units.h"

#include <stdio.h>

/** What the surfaces of one (hkl) are made from. */
typedef struct {
    km_oriented *oriented;
    km_stack *stack;
    const km_slab_options *options;
    int miller[3];
} surface;

km_slab_options km_slab_options_default(void)
{
    km_slab_options options = {
        .max_index = 1,
        .thickness_bohr = 10 * KM_BOHR_PER_ANG,
        .vacuum_bohr = 10 * KM_BOHR_PER_ANG,
        .max_atom = 200,
        .tolerance_bohr = KM_SYMMETRY_TOLERANCE_BOHR,
    };

    return options;
}

const char *km_slab_type_name(km_slab_type type)
{
    static const char *const names[] = {"A",        "B", "C", "polar", "nonstoichiometric",
                                        "duplicate"};

    return names[type];
}

static km_status check_options(const km_slab_options *o)
{
    KM_TRY(KM_CHECK(o->max_index >= 1 && o->max_index <= KM_SLAB_MAX_INDEX, KM_E_ARGUMENT,
                    "max_index = %d must be 1 to %d", o->max_index, KM_SLAB_MAX_INDEX));
    KM_TRY(KM_CHECK(
        km_miller_largest(o->miller) <= KM_SLAB_MAX_INDEX && km_miller_divisor(o->miller) <= 1,
        KM_E_ARGUMENT, "miller = (%d %d %d) must have no common divisor and no index above %d",
        o->miller[0], o->miller[1], o->miller[2], KM_SLAB_MAX_INDEX));
    KM_TRY(KM_CHECK(o->thickness_bohr > 0 && o->thickness_bohr < 1e4, KM_E_ARGUMENT,
                    "thickness_bohr = %g must be positive and below 1e4", o->thickness_bohr));
    KM_TRY(KM_CHECK(o->vacuum_bohr > 0 && o->vacuum_bohr < 1e4, KM_E_ARGUMENT,
                    "vacuum_bohr = %g must be positive and below 1e4", o->vacuum_bohr));
    KM_TRY(KM_CHECK(o->max_atom >= 1, KM_E_ARGUMENT, "max_atom = %d must be at least 1",
                    o->max_atom));
    return KM_CHECK(o->tolerance_bohr > 0 && o->tolerance_bohr < 1, KM_E_ARGUMENT,
                    "tolerance_bohr = %g must be positive and below 1", o->tolerance_bohr);
}

static km_status build_slab(const surface *s, const km_cut *cut, int n_atom, km_crystal **slab)
{
    double cell[9], height, *frac = NULL;
    km_status status = KM_OK;
    int *z = NULL;

    height = (km_stack_height(s->stack, cut->high) - km_stack_height(s->stack, cut->low)) *
                 s->oriented->repeat_bohr +
             s->options->vacuum_bohr;
    memcpy(cell, s->oriented->cell_bohr, sizeof cell);
    cell[6] = cell[7] = 0;
    cell[8] = height;
    KM_TRY_TO(end, KM_ALLOC(frac, 3 * n_atom));
    KM_TRY_TO(end, KM_ALLOC(z, n_atom));
    km_cut_place_atoms(s->oriented, s->stack, cut, z, frac);
    for (int ia = 0; ia < n_atom; ia++) frac[3 * ia + 2] /= height;
    status = km_crystal_create(cell, n_atom, z, frac, slab);
end:
    KM_FREE(frac);
    KM_FREE(z);
    return status;
}

static km_status build_bulk(const surface *s, const km_cut *cut, km_crystal **bulk)
{
    double origin[3], *frac;
    km_status status;

    km_cut_find_origin(s->oriented, s->stack, cut, origin);
    KM_TRY(KM_ALLOC(frac, 3 * s->oriented->n_atom));
    for (int i = 0; i < 3 * s->oriented->n_atom; i++)
        frac[i] = km_wrap_half(s->oriented->frac[i] - origin[i % 3]);
    status = km_crystal_create(s->oriented->cell_bohr, s->oriented->n_atom, s->oriented->z,
                               frac, bulk);
    KM_FREE(frac);
    return status;
}

/** Indices are at most KM_SLAB_MAX_INDEX: one digit each. */
static void write_label(km_slab_info *info)
{
    char letter[2] = {(char)('a' + info->termination), '\0'};

    snprintf(info->label, sizeof info->label, "(%d%d%d)%s", info->miller[0], info->miller[1],
             info->miller[2], info->type == KM_SLAB_POLAR ? "" : letter);
}

/** Reduced formula of a plane, through a crystal of as many atoms; where they are does not matter. */
static km_status describe_plane(const surface *s, int plane, char formula[KM_FORMULA_SIZE])
{
    const int *composition = km_stack_composition(s->stack, plane);
    km_crystal *crystal = NULL;
    km_status status = KM_OK;
    double *frac = NULL;
    int *z = NULL, n = 0;

    KM_TRY_TO(end, KM_ALLOC(frac, 3 * s->stack->n_atom));
    KM_TRY_TO(end, KM_ALLOC(z, s->stack->n_atom));
    for (int is = 0; is < s->stack->n_species; is++)
        for (int i = 0; i < composition[is]; i++) z[n++] = s->stack->species_z[is];
    KM_TRY_TO(end, km_crystal_create(s->oriented->cell_bohr, n, z, frac, &crystal));
    km_crystal_reduced_formula(crystal, formula);
end:
    km_crystal_destroy(&crystal);
    KM_FREE(frac);
    KM_FREE(z);
    return status;
}

static int count_atoms(const surface *s, const km_cut *cut)
{
    if (cut->type != KM_SLAB_NONSTOICHIOMETRIC)
        return (int)lround(cut->n_bulk * s->stack->n_atom);
    return km_cut_count_atoms(s->stack, cut);
}

static void give_reason(km_slab_info *info, int max_atom)
{
    char *reason = info->reason;

    if (info->type == KM_SLAB_C)
        snprintf(reason, KM_SLAB_REASON_SIZE,
                 "type C: half of the outermost %s must be removed on both faces",
                 info->outermost);
    else if (info->type == KM_SLAB_NONSTOICHIOMETRIC)
        snprintf(reason, KM_SLAB_REASON_SIZE,
                 "not stoichiometric, with or without an outermost %s", info->outermost);
    else if (info->n_atom > max_atom)
        snprintf(reason, KM_SLAB_REASON_SIZE, "%d atoms, more than max_atom = %d", info->n_atom,
                 max_atom);
    info->is_accepted = reason[0] == '\0';
}

static km_status fill_info(const surface *s, const km_cut *cut, int termination,
                           km_slab_info *info)
{
    const km_stack *stack = s->stack;

    memcpy(info->miller, s->miller, sizeof info->miller);
    info->termination = termination;
    info->type = cut->type;
    info->duplicate_of = -1;
    info->has_inversion = km_stack_has_inversion(stack, cut->centre);
    info->n_center = stack->n_center;
    info->n_plane = cut->high - cut->low + 1;
    info->n_atom = count_atoms(s, cut);
    info->area_bohr2 = s->oriented->area_bohr2;
    info->repeat_bohr = s->oriented->repeat_bohr;
    info->n_repeat = cut->n_repeat;
    info->n_bulk = cut->type == KM_SLAB_NONSTOICHIOMETRIC ? 0 : cut->n_bulk;
    info->thickness_bohr =
        (km_stack_height(stack, cut->high) - km_stack_height(stack, cut->low)) *
        info->repeat_bohr;
    write_label(info);
    snprintf(info->isometry, sizeof info->isometry, "%s",
             km_isometry_name(s->oriented, stack, cut->centre));
    KM_TRY(describe_plane(s, cut->low, info->outermost));
    give_reason(info, s->options->max_atom);
    return KM_OK;
}

/** Lengthen the list by one zeroed entry. */
static km_status append(km_slab_list *list)
{
    if (list->n == list->capacity) {
        int grown = 2 * list->capacity + 16;

        KM_TRY(KM_GROW(list->entries, list->capacity, grown));
        list->capacity = grown;
    }
    list->n++;
    return KM_OK;
}

/** Turn a slab that is in the list already into a rejected one. */
static void reject_duplicate(km_slab_list *list, double tolerance_bohr)
{
    km_slab_entry *last = list->entries + list->n - 1;

    for (int i = 0; i < list->n - 1; i++) {
        const km_slab_entry *other = list->entries + i;

        if (!other->slab || !km_match_slabs(other->slab, last->slab, tolerance_bohr)) continue;
        last->info.type = KM_SLAB_DUPLICATE;
        last->info.is_accepted = false;
        last->info.duplicate_of = i;
        snprintf(last->info.reason, KM_SLAB_REASON_SIZE, "the same slab as %s",
                 other->info.label);
        km_crystal_destroy(&last->slab);
        km_crystal_destroy(&last->bulk);
        return;
    }
}

static km_status add_polar(const surface *s, km_slab_list *list)
{
    km_slab_info *info;

    KM_TRY(append(list));
    info = &list->entries[list->n - 1].info;
    memcpy(info->miller, s->miller, sizeof s->miller);
    info->type = KM_SLAB_POLAR;
    info->duplicate_of = -1;
    info->area_bohr2 = s->oriented->area_bohr2;
    info->repeat_bohr = s->oriented->repeat_bohr;
    write_label(info);
    snprintf(info->reason, sizeof info->reason,
             "polar: no isometry maps the normal to its opposite");
    snprintf(info->isometry, sizeof info->isometry, "none");
    return KM_OK;
}

static km_status add_cut(const surface *s, const km_cut *cut, int termination,
                         km_slab_list *list)
{
    km_slab_entry *last;

    KM_TRY(append(list));
    last = list->entries + list->n - 1;
    KM_TRY(fill_info(s, cut, termination, &last->info));
    if (!last->info.is_accepted) return KM_OK;
    memcpy(last->lattice_bohr, s->oriented->lattice_bohr, sizeof last->lattice_bohr);
    KM_TRY(build_slab(s, cut, last->info.n_atom, &last->slab));
    KM_TRY(build_bulk(s, cut, &last->bulk));
    reject_duplicate(list, 10 * s->options->tolerance_bohr);
    return KM_OK;
}

static km_status add_cuts(const surface *s, km_slab_list *list)
{
    km_cut cuts[KM_CUT_MAX];
    int n_cut;

    if (s->stack->n_center == 0) return add_polar(s, list);
    KM_TRY(km_cut_find(s->stack, s->options->thickness_bohr / s->oriented->repeat_bohr, &n_cut,
                       cuts));
    for (int i = 0; i < n_cut; i++) KM_TRY(add_cut(s, cuts + i, i, list));
    return KM_OK;
}

static km_status add_surface(const km_primitive *primitive, const int miller[3],
                             const km_slab_options *options, km_slab_list *list)
{
    surface s = {.options = options, .miller = {miller[0], miller[1], miller[2]}};
    km_status status = KM_OK;

    KM_TRY_TO(end, km_oriented_create(primitive, miller, &s.oriented));
    KM_TRY_TO(end, km_stack_create(s.oriented, options->tolerance_bohr, &s.stack));
    status = add_cuts(&s, list);
end:
    km_stack_destroy(&s.stack);
    km_oriented_destroy(&s.oriented);
    return status;
}

km_status km_slab_list_create(const km_crystal *bulk, const km_slab_options *options,
                              km_slab_list **out)
{
    km_primitive *primitive = NULL;
    km_slab_list *list = NULL;
    km_status status = KM_OK;
    const int only = km_miller_largest(options->miller);
    const bool is_one = only > 0;
    int n_miller = 0, *miller = NULL;

    *out = NULL;
    KM_TRY(check_options(options));
    KM_TRY_TO(end, KM_ALLOC(list, 1));
    KM_TRY_TO(end, km_primitive_create(bulk, options->tolerance_bohr, &primitive));
    KM_TRY_TO(end, km_miller_find(primitive->conventional, is_one ? only : options->max_index,
                                  &n_miller, &miller));
    for (int i = 0; i < n_miller; i++)
        if (!is_one ||
            km_miller_is_equivalent(primitive->conventional, miller + 3 * i, options->miller))
            KM_TRY_TO(end, add_surface(primitive, miller + 3 * i, options, list));
    *out = list;
    list = NULL;
end:
    km_slab_list_destroy(&list);
    km_primitive_destroy(&primitive);
    KM_FREE(miller);
    return status;
}

void km_slab_list_destroy(km_slab_list **pointer)
{
    km_slab_list *list = *pointer;

    if (!list) return;
    for (int i = 0; i < list->n; i++) {
        km_crystal_destroy(&list->entries[i].slab);
        km_crystal_destroy(&list->entries[i].bulk);
    }
    KM_FREE(list->entries);
    KM_FREE(*pointer);
}

int km_slab_list_n(const km_slab_list *list)
{
    return list->n;
}

const km_slab_info *km_slab_list_info(const km_slab_list *list, int i)
{
    return &list->entries[i].info;
}

const km_crystal *km_slab_list_crystal(const km_slab_list *list, int i)
{
    return list->entries[i].slab;
}

const km_crystal *km_slab_list_bulk(const km_slab_list *list, int i)
{
    return list->entries[i].bulk;
}
