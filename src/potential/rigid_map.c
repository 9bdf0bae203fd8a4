#include "potential/rigid_map.h"

#include "kaimen/base/memory.h"

#include <math.h>
#include <string.h>

/* Grains that lie further apart than this many multiples of a grain's thickness do not feel how they are shifted. */
#define MAX_CONTACT 8
#define MAX_IMAGE 4096

typedef struct {
    const km_bicrystal *bicrystal;
    double gap_bohr, cutoff_bohr;
    const int *grid;
    km_eam *eam; /* one of the two; borrowed */
    km_ionic *ionic;
    int *kind[2]; /* of both grains' atoms */
    int n_contact;
    km_contact contact[MAX_CONTACT];
    int n_pair[MAX_CONTACT];
    km_contact_pair *pairs[MAX_CONTACT];
    double *own_rho; /* of atoms in their grains alone, [n_atom of both] */
    double *rho, *distance;
} rigid_map;

km_status km_contact_find_pairs(const km_contact *c, double cutoff_bohr, int *n_pair,
                                km_contact_pair **pairs)
{
    const double *cell = c->bicrystal->plane_bohr;
    km_contact_pair *made;
    int n = 0;

    KM_TRY(KM_ALLOC(made, c->below->n_atom * c->above->n_atom));
    for (int i = 0; i < c->below->n_atom; ++i)
        for (int j = 0; j < c->above->n_atom; ++j) {
            const double *p = c->below->place + 3 * i, *q = c->above->place + 3 * j;
            const double u = q[0] - p[0], v = q[1] - p[1];
            const double z = q[2] + c->height_bohr - p[2];

            if (z >= cutoff_bohr) continue;
            made[n++] = (km_contact_pair){
                i, j, {u * cell[0] + v * cell[2], u * cell[1] + v * cell[3], z}};
        }
    *n_pair = n;
    *pairs = made;
    return KM_OK;
}

int km_contact_distances(const km_bicrystal *b, const km_contact_pair *pair, double x, double y,
                         double cutoff_bohr, int n_most, double *distance_bohr)
{
    const double *cell = b->plane_bohr, z2 = pair->apart_bohr[2] * pair->apart_bohr[2];
    const double reach2 = cutoff_bohr * cutoff_bohr - z2, reach = sqrt(reach2);
    const double from_x = pair->apart_bohr[0] + x, from_y = pair->apart_bohr[1] + y;
    const int low = (int)ceil((-reach - from_y) / cell[3]);
    const int high = (int)floor((reach - from_y) / cell[3]);
    int n = 0;

    for (int k = low; k <= high; ++k) {
        const double at_y = from_y + k * cell[3], at_x = from_x + k * cell[2];
        const double width = sqrt(fmax(0, reach2 - at_y * at_y));
        const int first = (int)ceil((-width - at_x) / cell[0]);
        const int last = (int)floor((width - at_x) / cell[0]);

        for (int h = first; h <= last && n < n_most; ++h) {
            const double dx = at_x + h * cell[0];

            distance_bohr[n++] = sqrt(dx * dx + at_y * at_y + z2);
        }
    }
    return n;
}

/* Whom each grain meets: the next one above, the one after that, and so on while they are near. */
static void list_contacts(rigid_map *map)
{
    const km_bicrystal *b = map->bicrystal;
    const double height = km_bicrystal_height_bohr(b, map->gap_bohr);

    for (int m = 1; m <= MAX_CONTACT / 2; ++m) {
        /* The inversion makes both boundaries one; but embedded atoms count what meets at each of them. */
        const bool is_twin = map->ionic && m % 2 == 1 && b->vacuum_bohr == 0;
        const int n_below = is_twin || b->vacuum_bohr > 0 ? 1 : 2;

        for (int g = 0; g < n_below; ++g) {
            const int h = (g + m) % 2;
            const km_contact made = {.bicrystal = b,
                                     .below = b->grain + g,
                                     .above = b->grain + h,
                                     .below_kind = map->kind[g],
                                     .above_kind = map->kind[h],
                                     .below_first = g * b->grain[0].n_atom,
                                     .above_first = h * b->grain[0].n_atom,
                                     .multiple = m,
                                     .weight = is_twin ? 2 : 1,
                                     .height_bohr = m * height};

            map->contact[map->n_contact++] = made;
        }
        if (b->vacuum_bohr > 0) return; /* the vacuum's other side is far */
    }
}

static km_status find_kinds(rigid_map *map)
{
    for (int g = 0; g < 2; ++g) {
        const km_grain *grain = map->bicrystal->grain + g;

        KM_TRY(KM_ALLOC(map->kind[g], grain->n_atom));
        for (int i = 0; i < grain->n_atom; ++i)
            map->kind[g][i] = map->eam ? km_eam_find(map->eam, grain->z[i])
                                       : km_ionic_find(map->ionic, grain->z[i]);
    }
    return KM_OK;
}

static km_status prepare(rigid_map *map)
{
    KM_TRY(find_kinds(map));
    KM_TRY(KM_ALLOC(map->distance, MAX_IMAGE));
    map->cutoff_bohr =
        map->eam ? km_eam_cutoff_bohr(map->eam) : km_ionic_cutoff_bohr(map->ionic);
    list_contacts(map);
    for (int c = 0; c < map->n_contact; ++c)
        KM_TRY(km_contact_find_pairs(map->contact + c, map->cutoff_bohr, map->n_pair + c,
                                     map->pairs + c));
    return KM_OK;
}

static void clear(rigid_map *map)
{
    for (int g = 0; g < 2; ++g) KM_FREE(map->kind[g]);
    for (int c = 0; c < map->n_contact; ++c) KM_FREE(map->pairs[c]);
    KM_FREE(map->own_rho);
    KM_FREE(map->rho);
    KM_FREE(map->distance);
}

static void get_shift(const rigid_map *map, int i, int j, double t[2])
{
    const double s[2] = {(double)i / map->grid[0], (double)j / map->grid[1]};

    km_bicrystal_shift_bohr(map->bicrystal, s, t);
}

static double sum_ion_pairs(const rigid_map *map, int c, const double t[2])
{
    const km_contact *contact = map->contact + c;
    double energy = 0;

    for (int k = 0; k < map->n_pair[c]; ++k) {
        const km_contact_pair *pair = map->pairs[c] + k;
        const int a = contact->below_kind[pair->i], b = contact->above_kind[pair->j];
        int n;

        if (!km_ionic_has_pair(map->ionic, a, b)) continue;
        n = km_contact_distances(map->bicrystal, pair, contact->multiple * t[0],
                                 contact->multiple * t[1], map->cutoff_bohr, MAX_IMAGE,
                                 map->distance);
        for (int i = 0; i < n; ++i)
            energy += km_ionic_pair_ha(map->ionic, a, b, map->distance[i]);
    }
    return energy;
}

/* The crystal at one grid point, computed as any other. */
static km_status compute_one(const rigid_map *map, km_calculator *calculator, int point,
                             double *energy_ha)
{
    const km_bicrystal_state state = {{(double)(point % map->grid[0]) / map->grid[0],
                                       (double)(point / map->grid[0]) / map->grid[1]},
                                      map->gap_bohr,
                                      0};
    const km_request request = km_request_default();
    km_calculation result = {0};
    km_crystal *crystal = NULL;
    km_status status;

    KM_TRY(km_bicrystal_build(map->bicrystal, &state, &crystal, NULL));
    status = km_calculator_compute(calculator, crystal, &request, MPI_COMM_SELF, &result);
    km_crystal_destroy(&crystal);
    *energy_ha = result.energy_ha;
    return status;
}

/* What changes with the shift, and then the rest, by one calculation where it is lowest. */
static km_status map_ions(rigid_map *map, km_calculator *calculator, double *energy_ha)
{
    const int n = map->grid[0] * map->grid[1];
    double rest = 0;
    int lowest = 0;
    km_status status;

    memset(energy_ha, 0, sizeof *energy_ha * (size_t)n);
    for (int c = 0; c < map->n_contact; ++c)
        KM_TRY(km_contact_add_waves(map->contact + c, map->ionic, map->grid, energy_ha));
    for (int p = 0; p < n; ++p) {
        double t[2];

        get_shift(map, p % map->grid[0], p / map->grid[0], t);
        for (int c = 0; c < map->n_contact; ++c)
            energy_ha[p] += map->contact[c].weight * sum_ion_pairs(map, c, t);
        if (energy_ha[p] < energy_ha[lowest]) lowest = p;
    }
    km_ionic_clamp_shells(map->ionic, true);
    status = compute_one(map, calculator, lowest, &rest);
    km_ionic_clamp_shells(map->ionic, false);
    KM_TRY(status);
    rest -= energy_ha[lowest];
    for (int p = 0; p < n; ++p) energy_ha[p] += rest;
    return KM_OK;
}

/* Pairs within a grain: energy, and the densities that its atoms have without the other. */
static void sum_grain(rigid_map *map, int g, double *energy)
{
    const km_grain *grain = map->bicrystal->grain + g;
    const double *cell = map->bicrystal->plane_bohr;
    double *rho = map->own_rho + g * map->bicrystal->grain[0].n_atom;

    for (int i = 0; i < grain->n_atom; ++i)
        for (int j = 0; j < grain->n_atom; ++j) {
            const double *p = grain->place + 3 * i, *q = grain->place + 3 * j;
            const double u = q[0] - p[0], v = q[1] - p[1];
            const km_contact_pair pair = {
                i, j, {u * cell[0] + v * cell[2], u * cell[1] + v * cell[3], q[2] - p[2]}};
            int n;

            if (fabs(pair.apart_bohr[2]) >= map->cutoff_bohr) continue;
            n = km_contact_distances(map->bicrystal, &pair, 0, 0, map->cutoff_bohr, MAX_IMAGE,
                                     map->distance);
            for (int k = 0; k < n; ++k) {
                double made[2];

                if (i == j && map->distance[k] < 1e-6) continue;
                *energy += 0.5 * km_eam_pair_ha(map->eam, map->kind[g][i], map->kind[g][j],
                                                map->distance[k], made);
                rho[i] += made[0];
            }
        }
}

/* Pairs across one contact. */
static double sum_metal_pairs(rigid_map *map, int c, const double t[2])
{
    const km_contact *contact = map->contact + c;
    double energy = 0, made[2];

    for (int k = 0; k < map->n_pair[c]; ++k) {
        const km_contact_pair *pair = map->pairs[c] + k;
        const int n = km_contact_distances(map->bicrystal, pair, contact->multiple * t[0],
                                           contact->multiple * t[1], map->cutoff_bohr,
                                           MAX_IMAGE, map->distance);

        for (int i = 0; i < n; ++i) {
            energy += km_eam_pair_ha(map->eam, contact->below_kind[pair->i],
                                     contact->above_kind[pair->j], map->distance[i], made);
            map->rho[contact->below_first + pair->i] += made[0];
            map->rho[contact->above_first + pair->j] += made[1];
        }
    }
    return energy;
}

static km_status map_metal(rigid_map *map, double *energy_ha)
{
    const int n_lower = map->bicrystal->grain[0].n_atom;
    const int n_atom = n_lower + map->bicrystal->grain[1].n_atom;
    double own = 0, slope;

    KM_TRY(KM_ALLOC(map->own_rho, n_atom));
    KM_TRY(KM_ALLOC(map->rho, n_atom));
    for (int g = 0; g < 2; ++g) sum_grain(map, g, &own);
    for (int p = 0; p < map->grid[0] * map->grid[1]; ++p) {
        double t[2], energy = own;

        get_shift(map, p % map->grid[0], p / map->grid[0], t);
        memcpy(map->rho, map->own_rho, sizeof *map->rho * (size_t)n_atom);
        for (int c = 0; c < map->n_contact; ++c) energy += sum_metal_pairs(map, c, t);
        for (int i = 0; i < n_atom; ++i) {
            const int kind = i < n_lower ? map->kind[0][i] : map->kind[1][i - n_lower];

            energy += km_eam_embed_ha(map->eam, kind, map->rho[i], &slope);
        }
        energy_ha[p] = energy;
    }
    return KM_OK;
}

km_status km_rigid_map_compute(const km_bicrystal *bicrystal, km_calculator *calculator,
                               double gap_bohr, const int grid[2], double *energy_ha)
{
    rigid_map map = {.bicrystal = bicrystal, .gap_bohr = gap_bohr, .grid = grid};
    km_status status;

    KM_TRY(KM_CHECK(gap_bohr > 0 && grid[0] > 0 && grid[1] > 0, KM_E_ARGUMENT,
                    "gap %g bohr, grid %d x %d: all must be positive", gap_bohr, grid[0],
                    grid[1]));
    KM_TRY(km_classical_calculator_open(calculator, bicrystal->n_species, bicrystal->species_z,
                                        &map.eam, &map.ionic));
    KM_TRY_TO(end, prepare(&map));
    status = map.eam ? map_metal(&map, energy_ha) : map_ions(&map, calculator, energy_ha);
end:
    clear(&map);
    return status;
}
