#include "kaimen/crystal/bicrystal.h"

#include "kaimen/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Two atoms across the boundary. */
typedef struct {
    int atom[2];
    int species[2];
    double apart_bohr[3]; /* from the lower to the upper */
    double fraction;      /* of the distance in the bulk */
    bool is_merged;
} close_pair;

typedef struct {
    int n, capacity;
    close_pair *pair;
} pair_list;

/* Atoms of the crystal that is made, and their partners by inversion. */
typedef struct {
    int n;
    int *z;
    double *cart;
    bool *is_gone;
} assembly;

void km_bicrystal_clear(km_bicrystal *b)
{
    for (int g = 0; g < 2; ++g) {
        KM_FREE(b->grain[g].z);
        KM_FREE(b->grain[g].place);
    }
    KM_FREE(b->species_z);
    KM_FREE(b->formula);
    KM_FREE(b->nearest_bohr);
    *b = (km_bicrystal){0};
}

double km_bicrystal_area_bohr2(const km_bicrystal *b)
{
    return b->plane_bohr[0] * b->plane_bohr[3] - b->plane_bohr[1] * b->plane_bohr[2];
}

static void to_cart(const km_bicrystal *b, double x, double y, double cart[2])
{
    for (int i = 0; i < 2; ++i) cart[i] = x * b->plane_bohr[i] + y * b->plane_bohr[2 + i];
}

void km_bicrystal_shift_bohr(const km_bicrystal *b, const double shift[2], double cart_bohr[2])
{
    to_cart(b, shift[0] * b->cnid[0] + shift[1] * b->cnid[2],
            shift[0] * b->cnid[1] + shift[1] * b->cnid[3], cart_bohr);
}

double km_bicrystal_height_bohr(const km_bicrystal *b, double gap_bohr)
{
    return b->grain[0].top_bohr + gap_bohr + b->grain[1].top_bohr;
}

/* Lower grain about the origin, then the upper one about its middle. */
static void place_grains(const km_bicrystal *b, const double middle[3], assembly *all)
{
    all->n = 0;
    for (int g = 0; g < 2; ++g)
        for (int a = 0; a < b->grain[g].n_atom; ++a) {
            const double *place = b->grain[g].place + 3 * a;
            double *cart = all->cart + 3 * all->n;

            all->z[all->n++] = b->grain[g].z[a];
            to_cart(b, place[0], place[1], cart);
            cart[2] = place[2];
            for (int i = 0; i < 3 && g == 1; ++i) cart[i] += middle[i];
        }
}

static int find_species(const km_bicrystal *b, int z)
{
    int s = 0;

    while (b->species_z[s] != z) ++s;
    return s;
}

/* The image of a vector nearest to zero along the plane, for vectors much shorter than the cell; the cell is reduced. */
static void take_nearest_image(const km_bicrystal *b, const double from[3], double best[3])
{
    const double *p = b->plane_bohr;
    const double y = round(from[1] / p[3]), x = round((from[0] - y * p[2]) / p[0]);
    double least = INFINITY;

    for (int i = -1; i <= 1; ++i)
        for (int j = -1; j <= 1; ++j) {
            const double trial[3] = {from[0] - (x + i) * p[0] - (y + j) * p[2],
                                     from[1] - (y + j) * p[3], from[2]};
            const double d = hypot(hypot(trial[0], trial[1]), trial[2]);

            if (d >= least) continue;
            least = d;
            memcpy(best, trial, sizeof trial);
        }
}

static km_status note_pair(pair_list *list, const close_pair *pair)
{
    if (list->n == list->capacity) {
        KM_TRY(KM_GROW(list->pair, list->capacity, 2 * list->capacity + 64));
        list->capacity = 2 * list->capacity + 64;
    }
    list->pair[list->n++] = *pair;
    return KM_OK;
}

/* Pairs across the boundary closer than a part of their distance in the bulk. */
static km_status find_pairs(const km_bicrystal *b, const assembly *all, double fraction,
                            pair_list *list, double *closest)
{
    const int n_lower = b->grain[0].n_atom;
    double reach = 0;

    *closest = INFINITY;
    for (int k = 0; k < b->n_species * b->n_species; ++k)
        reach = fmax(reach, b->nearest_bohr[k]);
    for (int i = 0; i < n_lower; ++i)
        for (int j = n_lower; j < all->n; ++j) {
            const double *from = all->cart + 3 * i, *to = all->cart + 3 * j;
            const double apart[3] = {to[0] - from[0], to[1] - from[1], to[2] - from[2]};
            close_pair pair = {.atom = {i, j}};

            if (fabs(apart[2]) > reach) continue;
            take_nearest_image(b, apart, pair.apart_bohr);
            pair.species[0] = find_species(b, all->z[i]);
            pair.species[1] = find_species(b, all->z[j]);
            pair.fraction = hypot(hypot(pair.apart_bohr[0], pair.apart_bohr[1]), apart[2]) /
                            b->nearest_bohr[pair.species[0] * b->n_species + pair.species[1]];
            *closest = fmin(*closest, pair.fraction);
            if (pair.fraction < fraction && pair.species[0] == pair.species[1])
                KM_TRY(note_pair(list, &pair));
        }
    return KM_OK;
}

static int compare_pairs(const void *first, const void *second)
{
    const close_pair *a = first, *b = second;

    if (fabs(a->fraction - b->fraction) > 1e-9) return a->fraction < b->fraction ? -1 : 1;
    if (a->atom[0] != b->atom[0]) return a->atom[0] - b->atom[0];
    return a->atom[1] - b->atom[1];
}

/* Each atom in one pair at most, closest first; then as many of each species as make whole formula units. */
static km_status choose_pairs(const km_bicrystal *b, int n_atom, pair_list *list, int *n_unit)
{
    bool *is_taken;
    int *count = NULL;
    km_status status = KM_OK;

    *n_unit = 0;
    KM_TRY(KM_ALLOC(is_taken, n_atom));
    KM_TRY_TO(end, KM_ALLOC(count, b->n_species));
    if (list->n > 0) qsort(list->pair, (size_t)list->n, sizeof *list->pair, compare_pairs);
    for (int k = 0; k < list->n; ++k) {
        close_pair *pair = list->pair + k;

        pair->is_merged = !is_taken[pair->atom[0]] && !is_taken[pair->atom[1]];
        if (!pair->is_merged) continue;
        is_taken[pair->atom[0]] = is_taken[pair->atom[1]] = true;
        ++count[pair->species[0]];
    }
    *n_unit = n_atom;
    for (int s = 0; s < b->n_species; ++s)
        if (count[s] / b->formula[s] < *n_unit) *n_unit = count[s] / b->formula[s];
    for (int s = 0; s < b->n_species; ++s) count[s] = *n_unit * b->formula[s];
    for (int k = 0; k < list->n; ++k)
        if (list->pair[k].is_merged)
            list->pair[k].is_merged = count[list->pair[k].species[0]]-- > 0;
end:
    KM_FREE(is_taken);
    KM_FREE(count);
    return status;
}

/* The atom of the same grain that lies opposite to one, seen from the grain's middle. */
static int find_partner(const km_bicrystal *b, int g, int atom)
{
    const km_grain *grain = b->grain + g;
    const double *p = grain->place + 3 * atom;
    double least = INFINITY;
    int partner = atom;

    for (int a = 0; a < grain->n_atom; ++a) {
        const double *q = grain->place + 3 * a;
        const double x = p[0] + q[0] - round(p[0] + q[0]), y = p[1] + q[1] - round(p[1] + q[1]);
        double apart[2];

        if (grain->z[a] != grain->z[atom] || fabs(p[2] + q[2]) > 0.1) continue;
        to_cart(b, x, y, apart);
        if (hypot(apart[0], apart[1]) >= least) continue;
        least = hypot(apart[0], apart[1]);
        partner = a;
    }
    return partner;
}

/* The lower atom moves to the middle of the pair, the upper one goes; at the other boundary the opposite ones. */
static void merge(const km_bicrystal *b, const close_pair *pair, assembly *all)
{
    const int n_lower = b->grain[0].n_atom;
    const int opposite[2] = {find_partner(b, 0, pair->atom[0]),
                             n_lower + find_partner(b, 1, pair->atom[1] - n_lower)};

    for (int i = 0; i < 3; ++i) all->cart[3 * pair->atom[0] + i] += pair->apart_bohr[i] / 2;
    all->is_gone[pair->atom[1]] = true;
    if (b->vacuum_bohr > 0) return;
    for (int i = 0; i < 3; ++i) all->cart[3 * opposite[0] + i] -= pair->apart_bohr[i] / 2;
    all->is_gone[opposite[1]] = true;
}

static void merge_pairs(const km_bicrystal *b, const pair_list *list, int n_unit, assembly *all,
                        km_bicrystal_made *made)
{
    int n_left = 0;

    for (int k = 0; k < list->n; ++k) {
        if (!list->pair[k].is_merged) {
            ++n_left;
            continue;
        }
        merge(b, list->pair + k, all);
        ++made->n_removed;
    }
    if (n_unit > 0)
        snprintf(made->note, sizeof made->note,
                 "%d pairs of like atoms closer than allowed became one atom each, %d formula "
                 "units at each boundary",
                 made->n_removed, n_unit);
    else if (n_left > 0)
        snprintf(
            made->note, sizeof made->note,
            "%d pairs of like atoms are close, and were left: they make no whole formula unit",
            n_left);
}

static void fill_cell(const km_bicrystal *b, const double middle[3], double cell[9])
{
    memset(cell, 0, 9 * sizeof *cell);
    cell[0] = b->plane_bohr[0];
    cell[3] = b->plane_bohr[2];
    cell[4] = b->plane_bohr[3];
    if (b->vacuum_bohr > 0) {
        cell[8] = middle[2] + b->grain[0].top_bohr + b->grain[1].top_bohr + b->vacuum_bohr;
        return;
    }
    take_nearest_image(b, (const double[3]){2 * middle[0], 2 * middle[1], 2 * middle[2]},
                       cell + 6);
}

static km_status make_crystal(const double cell[9], const assembly *all, km_crystal **crystal)
{
    double *frac = NULL;
    int *z = NULL, n = 0;
    km_status status = KM_OK;

    KM_TRY_TO(end, KM_ALLOC(frac, 3 * all->n));
    KM_TRY_TO(end, KM_ALLOC(z, all->n));
    for (int a = 0; a < all->n; ++a) {
        const double *cart = all->cart + 3 * a;
        double *f = frac + 3 * n;

        if (all->is_gone[a]) continue;
        z[n++] = all->z[a];
        f[2] = cart[2] / cell[8];
        f[1] = (cart[1] - f[2] * cell[7]) / cell[4];
        f[0] = (cart[0] - f[2] * cell[6] - f[1] * cell[3]) / cell[0];
        for (int i = 0; i < 2; ++i) f[i] -= round(f[i]);
    }
    status = km_crystal_create(cell, n, z, frac, crystal);
end:
    KM_FREE(frac);
    KM_FREE(z);
    return status;
}

static km_status check_state(const km_bicrystal_state *state)
{
    return KM_CHECK(
        isfinite(state->shift[0]) && isfinite(state->shift[1]) && state->gap_bohr > 0 &&
            state->gap_bohr < 100 && state->close_fraction >= 0 && state->close_fraction < 1,
        KM_E_ARGUMENT,
        "shift (%g, %g), gap %g bohr, close fraction %g: wanted finite numbers, a gap "
        "in (0, 100) and a fraction in [0, 1)",
        state->shift[0], state->shift[1], state->gap_bohr, state->close_fraction);
}

km_status km_bicrystal_build(const km_bicrystal *b, const km_bicrystal_state *state,
                             km_crystal **crystal, km_bicrystal_made *made)
{
    const int n = b->grain[0].n_atom + b->grain[1].n_atom;
    double middle[3] = {0, 0, km_bicrystal_height_bohr(b, state->gap_bohr)}, cell[9];
    km_bicrystal_made result = {.n_boundary = b->vacuum_bohr > 0 ? 1 : 2};
    pair_list list = {0};
    assembly all = {0};
    int n_unit;
    km_status status = KM_OK;

    *crystal = NULL;
    KM_TRY(check_state(state));
    KM_TRY_TO(end, KM_ALLOC(all.z, n));
    KM_TRY_TO(end, KM_ALLOC(all.cart, 3 * n));
    KM_TRY_TO(end, KM_ALLOC(all.is_gone, n));
    km_bicrystal_shift_bohr(b, state->shift, middle);
    place_grains(b, middle, &all);
    KM_TRY_TO(end, find_pairs(b, &all, state->close_fraction, &list, &result.closest));
    KM_TRY_TO(end, choose_pairs(b, n, &list, &n_unit));
    merge_pairs(b, &list, n_unit, &all, &result);
    fill_cell(b, middle, cell);
    status = make_crystal(cell, &all, crystal);
    if (made) *made = result;
end:
    KM_FREE(list.pair);
    KM_FREE(all.z);
    KM_FREE(all.cart);
    KM_FREE(all.is_gone);
    return status;
}

km_status km_bicrystal_build_grain(const km_bicrystal *b, int grain, double vacuum_bohr,
                                   km_crystal **crystal)
{
    const km_grain *g = b->grain + grain;
    const double height = 2 * g->top_bohr + vacuum_bohr;
    const double cell[9] = {
        b->plane_bohr[0], 0, 0, b->plane_bohr[2], b->plane_bohr[3], 0, 0, 0, height};
    double *frac;
    km_status status;

    KM_TRY(KM_ALLOC(frac, 3 * g->n_atom));
    for (int a = 0; a < g->n_atom; ++a) {
        memcpy(frac + 3 * a, g->place + 3 * a, 2 * sizeof *frac);
        frac[3 * a + 2] = g->place[3 * a + 2] / height;
    }
    status = km_crystal_create(cell, g->n_atom, g->z, frac, crystal);
    KM_FREE(frac);
    return status;
}
