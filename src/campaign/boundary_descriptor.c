#include "campaign/boundary_descriptor.h"

#include "kaimen/base/memory.h"
#include "kaimen/potential/neighbours.h"

#include <math.h>
#include <string.h>

static const double SOFTNESS = 0.16;
/* Bonds longer than this times r_0 have an order below 2 %. */
static const double REACH = 1.6;

typedef struct {
    const km_crystal *crystal;
    const int *species;
    int n_species;
    const double *nearest_bohr; /* of the bulk's elements */
    double *order;              /* sum of each atom, [n_atom] */
    double unlike, like;        /* compression */
} bonds;

static void add_bond(bonds *b, int i, int j, double r)
{
    const int s = b->species[i], t = b->species[j];
    const double ratio = r / b->nearest_bohr[s * b->n_species + t];
    const double order = exp(-(fmax(ratio, 0.4) - 1) / SOFTNESS);
    const double short_by = fmax(0, 1 - ratio);

    if (ratio >= REACH) return;
    if (s != t || b->n_species == 1) {
        b->order[i] += order;
        b->order[j] += order;
        b->unlike += short_by * short_by;
    } else {
        b->like += short_by * short_by;
    }
}

static km_status sum_bonds(bonds *b)
{
    km_neighbours *neighbours = NULL;
    km_neighbour_list list;
    double longest = 0;
    km_status status;

    for (int k = 0; k < b->n_species * b->n_species; ++k)
        longest = fmax(longest, b->nearest_bohr[k]);
    KM_TRY(km_neighbours_create(REACH * longest, 0, &neighbours));
    KM_TRY_TO(end, km_neighbours_update(neighbours, km_crystal_cell_bohr(b->crystal),
                                        km_crystal_n_atom(b->crystal),
                                        km_crystal_frac(b->crystal), &list));
    for (int i = 0; i < list.n_atom; ++i)
        for (int k = list.first[i]; k < list.first[i + 1]; ++k) {
            const double *p = list.x + 3 * i, *q = list.x + 3 * list.other[k];

            add_bond(b, i, list.owner[list.other[k]],
                     sqrt(pow(p[0] - q[0], 2) + pow(p[1] - q[1], 2) + pow(p[2] - q[2], 2)));
        }
end:
    km_neighbours_destroy(&neighbours);
    return status;
}

/* Bond orders that each element has in the bulk, [n_species]. */
static km_status sum_bulk(const km_crystal *bulk, const double *nearest_bohr, double *full)
{
    const int n = km_crystal_n_atom(bulk), n_species = km_crystal_n_species(bulk);
    bonds b = {.crystal = bulk,
               .species = km_crystal_species(bulk),
               .n_species = n_species,
               .nearest_bohr = nearest_bohr};
    int *count = NULL;
    km_status status = KM_OK;

    memset(full, 0, sizeof *full * (size_t)n_species);
    KM_TRY_TO(end, KM_ALLOC(b.order, n));
    KM_TRY_TO(end, KM_ALLOC(count, n_species));
    KM_TRY_TO(end, sum_bonds(&b));
    for (int i = 0; i < n; ++i) {
        full[b.species[i]] += b.order[i];
        ++count[b.species[i]];
    }
    for (int s = 0; s < n_species; ++s) full[s] /= count[s];
end:
    KM_FREE(b.order);
    KM_FREE(count);
    return status;
}

static void fill(const bonds *b, const double *full, double area, double *d)
{
    for (int i = 0; i < km_crystal_n_atom(b->crystal); ++i) {
        const double lacks = full[b->species[i]] - b->order[i];

        d[0] += lacks / area;
        d[lacks > 0 ? 1 : 2] += fmin(lacks * lacks, 100) / area;
    }
    d[3] = b->unlike / area;
    d[4] = b->like / area;
}

km_status km_boundary_describe(const km_crystal *crystal, const km_crystal *bulk,
                               double area_bohr2, double *descriptor)
{
    const int n_species = km_crystal_n_species(bulk);
    bonds b = {
        .crystal = crystal, .species = km_crystal_species(crystal), .n_species = n_species};
    double *nearest = NULL, *full = NULL, shortest = INFINITY;
    km_status status = KM_OK;

    memset(descriptor, 0, sizeof *descriptor * KM_BOUNDARY_N_DESCRIPTOR);
    KM_TRY_TO(end, KM_ALLOC(nearest, n_species * n_species));
    KM_TRY_TO(end, KM_ALLOC(full, n_species));
    KM_TRY_TO(end, KM_ALLOC(b.order, km_crystal_n_atom(crystal)));
    km_crystal_nearest_by_species_bohr(bulk, nearest);
    b.nearest_bohr = nearest;
    for (int k = 0; k < n_species * n_species; ++k) shortest = fmin(shortest, nearest[k]);
    area_bohr2 /= shortest * shortest;
    KM_TRY_TO(end, sum_bulk(bulk, nearest, full));
    KM_TRY_TO(end, sum_bonds(&b));
    fill(&b, full, area_bohr2, descriptor);
    descriptor[5] = km_crystal_volume_bohr3(crystal) - km_crystal_n_atom(crystal) *
                                                           km_crystal_volume_bohr3(bulk) /
                                                           km_crystal_n_atom(bulk);
    descriptor[5] /= area_bohr2 * pow(shortest, 3);
end:
    KM_FREE(b.order);
    KM_FREE(nearest);
    KM_FREE(full);
    return status;
}
