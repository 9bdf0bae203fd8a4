#include "kaimen/builder/grain_boundary.h"

#include "builder/coincidence.h"
#include "builder/cut.h"
#include "builder/matrix3.h"
#include "builder/miller.h"
#include "kaimen/base/memory.h"
#include "kaimen/base/units.h"
#include "kaimen/crystal/element.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct km_grain_boundary {
    km_grain_boundary_info info;
    int n_pair;
    km_termination_pair *pair;
    km_bicrystal *bicrystal; /* empty where rejected, [n_pair] */
    km_crystal *oriented;    /* bulk of the lower grain */
};

/** What both grains are made from. */
typedef struct {
    const km_grain_boundary_options *options;
    km_primitive *primitive;
    km_misorientation misorientation;
    km_oriented *oriented[2];
    km_stack *stack[2];
    km_cut cut[2][KM_CUT_MAX];
    int n_cut[2];
    km_coincidence coincidence;
} workshop;

km_grain_boundary_options km_grain_boundary_options_default(void)
{
    return (km_grain_boundary_options){.thickness_bohr = 10 * KM_BOHR_PER_ANG,
                                       .strain_limit = 0.02,
                                       .max_atom = 2000,
                                       .tolerance_bohr = KM_SYMMETRY_TOLERANCE_BOHR};
}

static km_status check_options(const km_grain_boundary_options *o)
{
    KM_TRY(
        KM_CHECK(o->thickness_bohr > 0 && o->thickness_bohr < 1e4 && o->vacuum_bohr >= 0 &&
                     o->vacuum_bohr < 1e4,
                 KM_E_ARGUMENT,
                 "thickness %g bohr and vacuum %g bohr: wanted a positive and one not below 0, "
                 "both below 1e4",
                 o->thickness_bohr, o->vacuum_bohr));
    KM_TRY(KM_CHECK(o->strain_limit >= 0 && o->strain_limit < 0.5, KM_E_ARGUMENT,
                    "strain_limit = %g; wanted 0 to 0.5", o->strain_limit));
    return KM_CHECK(o->max_atom >= 1 && o->tolerance_bohr > 0, KM_E_ARGUMENT,
                    "max_atom = %d, tolerance_bohr = %g; both must be positive", o->max_atom,
                    o->tolerance_bohr);
}

static km_status prepare_grain(workshop *w, int g, const int plane[3])
{
    KM_TRY(km_oriented_create(w->primitive, plane, &w->oriented[g]));
    KM_TRY(km_stack_create(w->oriented[g], w->options->tolerance_bohr, &w->stack[g]));
    if (w->stack[g]->n_center == 0)
        return KM_RAISE(
            KM_E_INPUT,
            "plane (%d %d %d) is polar: no isometry maps its normal to the opposite", plane[0],
            plane[1], plane[2]);
    return km_cut_find(w->stack[g], w->options->thickness_bohr / w->oriented[g]->repeat_bohr,
                       &w->n_cut[g], w->cut[g]);
}

static km_status prepare(workshop *w, const km_crystal *bulk)
{
    const km_grain_boundary_options *o = w->options;
    km_misorientation_request request = {.sigma = o->sigma,
                                         .strain_limit = 2 * o->strain_limit};

    memcpy(request.axis, o->axis, sizeof request.axis);
    memcpy(request.plane, o->plane, sizeof request.plane);
    memcpy(request.plane_2, o->plane_2, sizeof request.plane_2);
    KM_TRY(km_primitive_create(bulk, o->tolerance_bohr, &w->primitive));
    KM_TRY(km_misorientation_find(w->primitive, &request, &w->misorientation));
    KM_TRY(prepare_grain(w, 0, o->plane));
    KM_TRY(prepare_grain(w, 1, w->misorientation.plane_2));
    KM_TRY(km_coincidence_find(w->primitive, &w->misorientation, w->oriented[0], w->oriented[1],
                               &w->coincidence));
    return KM_CHECK(w->coincidence.strain <= o->strain_limit, KM_E_INPUT,
                    "the grains fit only with a strain of %.4f; strain_limit is %g",
                    w->coincidence.strain, o->strain_limit);
}

static km_boundary_type find_type(const int axis[3], const workshop *w)
{
    const double *basis = w->primitive->basis;
    double inverse[9], u[3], along[3], n[3], dot = 0, nn = 0, uu = 0;
    const double axis_frac[3] = {axis[0], axis[1], axis[2]};

    if (km_miller_largest(axis) == 0) return KM_BOUNDARY_TILT;
    km_matrix3_invert(basis, inverse);
    km_matrix3_row_times(axis_frac, inverse, along);
    km_matrix3_row_times(along, w->primitive->cell_bohr, u);
    /* The normal in the frame of the conventional cell: across both vectors of the plane. */
    for (int i = 0; i < 3; i++) {
        const double *a = w->oriented[0]->lattice_bohr, *b = a + 3;
        const int j = (i + 1) % 3, k = (i + 2) % 3;

        n[i] = a[j] * b[k] - a[k] * b[j];
        dot += n[i] * u[i];
        nn += n[i] * n[i];
        uu += u[i] * u[i];
    }
    dot = fabs(dot) / sqrt(nn * uu);
    return dot < 1e-6       ? KM_BOUNDARY_TILT
           : dot > 1 - 1e-6 ? KM_BOUNDARY_TWIST
                            : KM_BOUNDARY_MIXED;
}

/** "S5(310)[001]"; "S5(210)|(100)[001]" of an asymmetric one. */
static void write_label(km_grain_boundary_info *info, const int axis[3])
{
    const int *p = info->plane[0], *q = info->plane[1];
    int n =
        snprintf(info->label, sizeof info->label, "S%d(%d%d%d)", info->sigma, p[0], p[1], p[2]);

    if (!info->is_symmetric)
        n += snprintf(info->label + n, sizeof info->label - (size_t)n, "|(%d%d%d)", q[0], q[1],
                      q[2]);
    if (km_miller_largest(axis) > 0)
        snprintf(info->label + n, sizeof info->label - (size_t)n, "[%d%d%d]", axis[0], axis[1],
                 axis[2]);
}

static void fill_info(const workshop *w, km_grain_boundary_info *info)
{
    info->sigma = w->misorientation.sigma;
    info->angle_deg = w->misorientation.angle_deg;
    info->is_symmetric = w->misorientation.is_symmetric;
    memcpy(info->plane[0], w->options->plane, sizeof info->plane[0]);
    memcpy(info->plane[1], w->misorientation.plane_2, sizeof info->plane[1]);
    info->type = find_type(w->options->axis, w);
    km_matrix3_multiply(w->coincidence.csl, w->primitive->cell_bohr, info->csl_bohr);
    km_matrix3_multiply(w->coincidence.dsc, w->primitive->cell_bohr, info->dsc_bohr);
    info->coincidence_bohr2 = w->coincidence.plane_bohr[0] * w->coincidence.plane_bohr[3];
    info->cnid_bohr2 =
        info->coincidence_bohr2 * fabs(w->coincidence.cnid[0] * w->coincidence.cnid[3] -
                                       w->coincidence.cnid[1] * w->coincidence.cnid[2]);
    info->strain = w->coincidence.strain;
    write_label(info, w->options->axis);
}

/** Copy the slab to every translation of the grain's plane in the common cell. */
static km_status build_grain(const workshop *w, int g, const km_cut *cut, km_grain *grain)
{
    const long *n =
        w->coincidence.repeat[g]; /* rows: the common cell in the grain's plane vectors */
    const long n_copy = labs(n[0] * n[3] - n[1] * n[2]);
    const int n_slab = km_cut_count_atoms(w->stack[g], cut);
    double *place = NULL, *found;
    int *z = NULL, n_found = 0;
    km_status status = KM_OK;

    KM_TRY_TO(end, KM_ALLOC(z, n_slab));
    KM_TRY_TO(end, KM_ALLOC(place, 3 * n_slab));
    KM_TRY_TO(end, KM_ALLOC(grain->z, n_slab * n_copy));
    KM_TRY_TO(end, KM_ALLOC(grain->place, 3 * n_slab * n_copy));
    km_cut_place_atoms(w->oriented[g], w->stack[g], cut, z, place);
    for (int a = 0; a < n_slab; a++)
        for (long i = 0, left = n_copy; left > 0; i++) {
            /* Translations (i, j): each class of the common cell once, the first that is met. */
            const long j = i / n_copy, k = i % n_copy;
            const double x = place[3 * a] + (double)k, y = place[3 * a + 1] + (double)j;
            bool is_new = true;

            found = grain->place + 3 * n_found;
            km_coincidence_to_common(&w->coincidence, g, x, y, found);
            found[2] = place[3 * a + 2];
            for (int b = n_found - 1; b >= 0 && b >= n_found - (int)(n_copy - left); b--)
                if (fabs(km_wrap_half(found[0] - grain->place[3 * b])) < 1e-6 &&
                    fabs(km_wrap_half(found[1] - grain->place[3 * b + 1])) < 1e-6)
                    is_new = false;
            if (!is_new) continue;
            grain->z[n_found++] = z[a];
            left--;
        }
    grain->n_atom = n_found;
    grain->top_bohr =
        (km_stack_height(w->stack[g], cut->high) - km_stack_height(w->stack[g], cut->low)) *
        w->oriented[g]->repeat_bohr / 2;
end:
    KM_FREE(z);
    KM_FREE(place);
    return status;
}

/** Species, formula and distances of the bulk. */
static km_status describe_bulk(const km_crystal *bulk, km_bicrystal *b)
{
    const int n = km_crystal_n_species(bulk), n_atom = km_crystal_n_atom(bulk);
    int divisor = n_atom;

    b->n_species = n;
    KM_TRY(KM_ALLOC(b->species_z, n));
    KM_TRY(KM_ALLOC(b->formula, n));
    KM_TRY(KM_ALLOC(b->nearest_bohr, n * n));
    memcpy(b->species_z, km_crystal_species_z(bulk), (size_t)n * sizeof(int));
    for (int a = 0; a < n_atom; a++) b->formula[km_crystal_species(bulk)[a]]++;
    for (int s = 0; s < n; s++)
        for (int a = b->formula[s], rest; a; a = rest) {
            rest = divisor % a;
            divisor = a;
        }
    for (int s = 0; s < n; s++) b->formula[s] /= divisor;
    km_crystal_nearest_by_species_bohr(bulk, b->nearest_bohr);
    return KM_OK;
}

static km_status build_pair(const workshop *w, const km_crystal *bulk, const int t[2],
                            km_bicrystal *b)
{
    memcpy(b->plane_bohr, w->coincidence.plane_bohr, sizeof b->plane_bohr);
    memcpy(b->cnid, w->coincidence.cnid, sizeof b->cnid);
    b->vacuum_bohr = w->options->vacuum_bohr;
    for (int g = 0; g < 2; g++) {
        KM_TRY(build_grain(w, g, w->cut[g] + t[g], &b->grain[g]));
        b->spacing_bohr += w->oriented[g]->repeat_bohr / w->stack[g]->n_plane / 2;
    }
    return describe_bulk(bulk, b);
}

static void describe_plane(const workshop *w, int g, const km_cut *cut, char *formula)
{
    const int *composition = km_stack_composition(w->stack[g], cut->low);
    int n = 0;

    formula[0] = '\0';
    for (int s = 0; s < w->stack[g]->n_species; s++)
        if (composition[s] == 1)
            n += snprintf(formula + n, (size_t)(KM_FORMULA_SIZE - n), "%s",
                          km_element_symbol(w->stack[g]->species_z[s]));
        else if (composition[s] > 1)
            n += snprintf(formula + n, (size_t)(KM_FORMULA_SIZE - n), "%s%d",
                          km_element_symbol(w->stack[g]->species_z[s]), composition[s]);
}

/** Whether the atoms of both grains together have the bulk's composition. */
static km_status is_stoichiometric(const workshop *w, const int t[2], bool *is_it)
{
    const km_stack *stack = w->stack[0]; /* both list the same species */
    int *counts, *sum = NULL;
    km_status status = KM_OK;

    KM_TRY(KM_ALLOC(counts, stack->n_species));
    KM_TRY_TO(end, KM_ALLOC(sum, stack->n_species));
    for (int g = 0; g < 2; g++) {
        const long *r = w->coincidence.repeat[g];
        const km_cut *cut = w->cut[g] + t[g];

        km_stack_compute_counts(w->stack[g], cut->low, cut->high, counts);
        for (int s = 0; s < stack->n_species; s++)
            sum[s] += counts[s] * (int)labs(r[0] * r[3] - r[1] * r[2]);
    }
    *is_it = km_stack_is_stoichiometric(stack, sum);
end:
    KM_FREE(counts);
    KM_FREE(sum);
    return status;
}

/** What is wrong with one grain: at free surfaces it must be nonpolar, and between two boundaries centrosymmetric. */
static void judge_grain(const workshop *w, int g, km_termination_pair *pair)
{
    const km_cut *cut = w->cut[g] + pair->termination[g];
    const char *name = g == 0 ? "lower" : "upper";

    if (w->options->vacuum_bohr > 0 && cut->type != KM_SLAB_A && cut->type != KM_SLAB_B)
        snprintf(pair->reason, sizeof pair->reason,
                 "the %s grain would end in %s, where a slab is polar or not stoichiometric",
                 name, pair->outermost[g]);
    if (w->options->vacuum_bohr == 0 && !km_stack_has_inversion(w->stack[g], cut->centre))
        snprintf(
            pair->reason, sizeof pair->reason,
            "the %s grain has no inversion centre, which two equivalent boundaries need; ask "
            "for one boundary with vacuum",
            name);
}

/** Why a pair cannot be built; "" where it can. */
static km_status judge_pair(const workshop *w, km_termination_pair *pair)
{
    bool is_whole = false;

    KM_TRY(is_stoichiometric(w, pair->termination, &is_whole));
    for (int g = 0; g < 2; g++) judge_grain(w, g, pair);
    if (pair->reason[0] == '\0' && !is_whole)
        snprintf(pair->reason, sizeof pair->reason,
                 "%s against %s: the two grains together are not stoichiometric",
                 pair->outermost[0], pair->outermost[1]);
    if (pair->reason[0] == '\0' && pair->n_atom > w->options->max_atom)
        snprintf(pair->reason, sizeof pair->reason, "%d atoms, more than max_atom = %d",
                 pair->n_atom, w->options->max_atom);
    pair->is_accepted = pair->reason[0] == '\0';
    return KM_OK;
}

static int count_atoms(const workshop *w, const int t[2])
{
    int n = 0;

    for (int g = 0; g < 2; g++) {
        const long *r = w->coincidence.repeat[g];

        n += (int)labs(r[0] * r[3] - r[1] * r[2]) *
             km_cut_count_atoms(w->stack[g], w->cut[g] + t[g]);
    }
    return n;
}

/** Where the planes are equivalent, exchanged terminations are the same boundary upside down. */
static bool is_mirror_image(const workshop *w, int i, int j)
{
    return w->misorientation.is_symmetric && j < i;
}

static km_status build_pairs(const workshop *w, const km_crystal *bulk, km_grain_boundary *made)
{
    KM_TRY(KM_ALLOC(made->pair, w->n_cut[0] * w->n_cut[1]));
    KM_TRY(KM_ALLOC(made->bicrystal, w->n_cut[0] * w->n_cut[1]));
    for (int i = 0; i < w->n_cut[0]; i++)
        for (int j = 0; j < w->n_cut[1]; j++) {
            const int t[2] = {i, j};
            km_termination_pair *pair = made->pair + made->n_pair;

            if (is_mirror_image(w, i, j)) continue;
            memcpy(pair->termination, t, sizeof t);
            pair->n_atom = count_atoms(w, t);
            for (int g = 0; g < 2; g++)
                describe_plane(w, g, w->cut[g] + t[g], pair->outermost[g]);
            KM_TRY(judge_pair(w, pair));
            if (pair->is_accepted)
                KM_TRY(build_pair(w, bulk, t, made->bicrystal + made->n_pair));
            made->n_pair++;
        }
    return KM_OK;
}

/** The class of translations (i, j) of a grain's plane that the common cell holds once: whether no earlier one is the same. */
static bool is_first_of_class(const km_coincidence *c, int grain, long i, long j, long n)
{
    double here[2], there[2];

    km_coincidence_to_common(c, grain, (double)i, (double)j, here);
    for (long k = 0; k < j * n + i; k++) {
        km_coincidence_to_common(c, grain, (double)(k % n), (double)(k / n), there);
        if (fabs(here[0] - there[0] - round(here[0] - there[0])) < 1e-6 &&
            fabs(here[1] - there[1] - round(here[1] - there[1])) < 1e-6)
            return false;
    }
    return true;
}

static void fill_oriented_cell(const workshop *w, double *cell)
{
    const double *own = w->oriented[0]->cell_bohr, *plane = w->coincidence.plane_bohr;
    const double y = own[7] / own[4], x = (own[6] - y * own[3]) / own[0];
    double lean[2];

    km_coincidence_to_common(&w->coincidence, 0, x, y, lean);
    memset(cell, 0, 9 * sizeof *cell);
    cell[0] = plane[0];
    cell[3] = plane[2];
    cell[4] = plane[3];
    cell[6] = lean[0] * plane[0] + lean[1] * plane[2];
    cell[7] = lean[1] * plane[3];
    cell[8] = own[8];
}

static km_status build_oriented(const workshop *w, km_crystal **crystal)
{
    const km_oriented *oriented = w->oriented[0];
    const long *r = w->coincidence.repeat[0], n = labs(r[0] * r[3] - r[1] * r[2]);
    double cell[9], *frac = NULL;
    int *z = NULL, n_atom = 0;
    km_status status = KM_OK;

    KM_TRY_TO(end, KM_ALLOC(z, oriented->n_atom * n));
    KM_TRY_TO(end, KM_ALLOC(frac, 3 * oriented->n_atom * n));
    fill_oriented_cell(w, cell);
    for (long k = 0; k < n * n; k++) {
        if (!is_first_of_class(&w->coincidence, 0, k % n, k / n, n)) continue;
        for (int a = 0; a < oriented->n_atom; a++) {
            const double *x = oriented->frac + 3 * a;

            z[n_atom] = oriented->z[a];
            km_coincidence_to_common(&w->coincidence, 0, x[0] + (double)(k % n),
                                     x[1] + (double)(k / n), frac + 3 * n_atom);
            frac[3 * n_atom++ + 2] = x[2];
        }
    }
    status = km_crystal_create(cell, n_atom, z, frac, crystal);
end:
    KM_FREE(z);
    KM_FREE(frac);
    return status;
}

static void close_workshop(workshop *w)
{
    for (int g = 0; g < 2; g++) {
        km_stack_destroy(&w->stack[g]);
        km_oriented_destroy(&w->oriented[g]);
    }
    km_primitive_destroy(&w->primitive);
}

km_status km_grain_boundary_create(const km_crystal *bulk,
                                   const km_grain_boundary_options *options,
                                   km_grain_boundary **out)
{
    workshop w = {.options = options};
    km_grain_boundary *made = NULL;
    km_status status = KM_OK;

    *out = NULL;
    KM_TRY(check_options(options));
    KM_TRY_TO(end, prepare(&w, bulk));
    KM_TRY_TO(end, KM_ALLOC(made, 1));
    fill_info(&w, &made->info);
    KM_TRY_TO(end, build_pairs(&w, bulk, made));
    KM_TRY_TO(end, build_oriented(&w, &made->oriented));
    *out = made;
    made = NULL;
end:
    km_grain_boundary_destroy(&made);
    close_workshop(&w);
    return status;
}

void km_grain_boundary_destroy(km_grain_boundary **boundary)
{
    km_grain_boundary *b = *boundary;

    if (!b) return;
    for (int i = 0; i < b->n_pair && b->bicrystal; i++) km_bicrystal_clear(b->bicrystal + i);
    km_crystal_destroy(&b->oriented);
    KM_FREE(b->bicrystal);
    KM_FREE(b->pair);
    KM_FREE(*boundary);
}

const km_grain_boundary_info *km_grain_boundary_get(const km_grain_boundary *boundary)
{
    return &boundary->info;
}

int km_grain_boundary_n_pair(const km_grain_boundary *boundary)
{
    return boundary->n_pair;
}

const km_termination_pair *km_grain_boundary_pair(const km_grain_boundary *boundary, int i)
{
    return boundary->pair + i;
}

const km_crystal *km_grain_boundary_oriented(const km_grain_boundary *boundary)
{
    return boundary->oriented;
}

const km_bicrystal *km_grain_boundary_bicrystal(const km_grain_boundary *boundary, int i)
{
    return boundary->pair[i].is_accepted ? boundary->bicrystal + i : NULL;
}
