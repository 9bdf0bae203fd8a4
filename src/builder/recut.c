#include "builder/matrix3.h"
#include "builder/oriented.h"
#include "builder/slab_list.h"
#include "kaimen/base/memory.h"

/* The list averages the bulk over its space group, within spglib's tolerance: atoms are at least this near. */
static const double NEAR_BOHR = 0.05;
/* Components of lattice vectors in another basis of the lattice are whole numbers up to that tolerance. */
static const double WHOLE = 0.02;

/* The bulk and the relaxed bulk in the axes of the oriented cell. */
typedef struct {
    const km_slab_entry *entry;
    int n_atom;
    double cell[9];   /* of the relaxed oriented bulk */
    double *moved;    /* fractional, of each atom of the oriented bulk, [n_atom][3] */
    double lean[2];   /* c leans by lean[0] a + lean[1] b out of the normal, before */
    double leaned[2]; /* and after */
} view;

static void find_lean(const double *cell, double lean[2])
{
    lean[1] = cell[7] / cell[4];
    lean[0] = (cell[6] - lean[1] * cell[3]) / cell[0];
}

/* Rows: vectors of the bulk in the oriented basis, whole numbers. */
static km_status find_basis(const double *lattice, const km_crystal *bulk, double *basis)
{
    double inverse[9], product[9];

    km_matrix3_invert(lattice, inverse);
    km_matrix3_multiply(km_crystal_cell_bohr(bulk), inverse, product);
    for (int i = 0; i < 9; i++) {
        basis[i] = round(product[i]);
        KM_TRY(KM_CHECK(fabs(product[i] - basis[i]) < WHOLE, KM_E_ARGUMENT,
                        "the bulk has another lattice than the one that was cut"));
    }
    return KM_CHECK(fabs(fabs(km_matrix3_determinant(basis)) - 1) < 0.5, KM_E_ARGUMENT,
                    "the bulk's cell is not primitive");
}

static double distance_bohr(const double *cell, const double *p, const double *q)
{
    double d[3], cart[3];

    for (int i = 0; i < 3; i++) d[i] = p[i] - q[i] - round(p[i] - q[i]);
    km_matrix3_row_times(d, cell, cart);
    return sqrt(cart[0] * cart[0] + cart[1] * cart[1] + cart[2] * cart[2]);
}

/* The atom at a place of a crystal, -1 for none. */
static int find_atom(const km_crystal *crystal, int z, const double *frac)
{
    double least = NEAR_BOHR;
    int found = -1;

    for (int i = 0; i < km_crystal_n_atom(crystal); i++) {
        const double d = km_crystal_z(crystal)[i] == z
                             ? distance_bohr(km_crystal_cell_bohr(crystal), frac,
                                             km_crystal_frac(crystal) + 3 * i)
                             : INFINITY;

        if (d >= least) continue;
        least = d;
        found = i;
    }
    return found;
}

/* Whether the atoms `at` [n_atom][3], moved by a shift, are those of the oriented bulk; which one each is. */
static bool map_atoms(const view *v, const int *z, const double *at, const double shift[3],
                      int *map)
{
    for (int i = 0; i < v->n_atom; i++) {
        double frac[3];

        for (int x = 0; x < 3; x++) frac[x] = at[3 * i + x] + shift[x];
        map[i] = find_atom(v->entry->bulk, z[i], frac);
        if (map[i] < 0) return false;
    }
    return true;
}

/* Each atom of the bulk is one of the oriented bulk; where they lie differs by one vector for all. */
static km_status find_map(const view *v, const km_crystal *bulk, const double *at, int *map)
{
    const double *frac = km_crystal_frac(v->entry->bulk);

    for (int first = 0; first < v->n_atom; first++) {
        double shift[3];

        for (int x = 0; x < 3; x++) shift[x] = frac[3 * first + x] - at[x];
        if (map_atoms(v, km_crystal_z(bulk), at, shift, map)) return KM_OK;
    }
    return KM_RAISE(KM_E_ARGUMENT, "the bulk has other atoms than the one that was cut");
}

static km_status move_atoms(view *v, const km_crystal *bulk, const km_crystal *relaxed,
                            const double *basis)
{
    const double *from = km_crystal_frac(bulk), *to = km_crystal_frac(relaxed);
    double *at = NULL;
    int *map = NULL;
    km_status status = KM_OK;

    KM_TRY_TO(end, KM_ALLOC(at, 3 * v->n_atom));
    KM_TRY_TO(end, KM_ALLOC(map, v->n_atom));
    for (int i = 0; i < v->n_atom; i++) km_matrix3_row_times(from + 3 * i, basis, at + 3 * i);
    KM_TRY_TO(end, find_map(v, bulk, at, map));
    for (int i = 0; i < v->n_atom; i++) {
        double change[3];

        for (int x = 0; x < 3; x++) {
            change[x] = to[3 * i + x] - from[3 * i + x];
            change[x] -= round(change[x]);
        }
        km_matrix3_row_times(change, basis, v->moved + 3 * map[i]);
        for (int x = 0; x < 3; x++)
            v->moved[3 * map[i] + x] += km_crystal_frac(v->entry->bulk)[3 * map[i] + x];
    }
end:
    KM_FREE(at);
    KM_FREE(map);
    return status;
}

static void strain_cell(view *v, const km_crystal *relaxed, const double *basis)
{
    double inverse[9], lattice[9], transposed[9], metric[9];

    km_matrix3_invert(basis, inverse);
    km_matrix3_multiply(inverse, km_crystal_cell_bohr(relaxed), lattice);
    km_matrix3_transpose(lattice, transposed);
    km_matrix3_multiply(lattice, transposed, metric);
    km_oriented_make_cell(metric, v->cell);
}

/* Where an atom of the slab has gone, in the axes of the relaxed oriented bulk; its height follows c. */
static km_status follow(const view *v, const double *frac, int z, double height_repeats,
                        double *out)
{
    const double *bulk = km_crystal_frac(v->entry->bulk);
    const double above = frac[2] * height_repeats;
    const double at[3] = {frac[0] - v->lean[0] * above, frac[1] - v->lean[1] * above, above};
    const int i = find_atom(v->entry->bulk, z, at);

    KM_TRY(KM_CHECK(i >= 0, KM_E_INTERNAL, "an atom of the slab is not in its bulk"));
    for (int x = 0; x < 3; x++) out[x] = v->moved[3 * i + x] + round(at[x] - bulk[3 * i + x]);
    out[0] += v->leaned[0] * out[2];
    out[1] += v->leaned[1] * out[2];
    return KM_OK;
}

static km_status cut(const view *v, double *frac, km_crystal **slab, km_slab_info *info)
{
    const km_crystal *old = v->entry->slab;
    const double height = km_crystal_cell_bohr(old)[8], repeat = info->repeat_bohr;
    const double vacuum = height - info->thickness_bohr;
    const int n = km_crystal_n_atom(old);
    double low = INFINITY, high = -INFINITY, cell[9];

    for (int i = 0; i < n; i++) {
        KM_TRY(follow(v, km_crystal_frac(old) + 3 * i, km_crystal_z(old)[i], height / repeat,
                      frac + 3 * i));
        low = fmin(low, frac[3 * i + 2]);
        high = fmax(high, frac[3 * i + 2]);
    }
    memcpy(cell, v->cell, sizeof cell);
    cell[6] = cell[7] = 0;
    info->area_bohr2 = cell[0] * cell[4];
    info->repeat_bohr = v->cell[8];
    info->thickness_bohr = (high - low) * info->repeat_bohr;
    cell[8] = info->thickness_bohr + vacuum;
    for (int i = 0; i < n; i++) {
        frac[3 * i] = km_wrap_half(frac[3 * i]);
        frac[3 * i + 1] = km_wrap_half(frac[3 * i + 1]);
        frac[3 * i + 2] *= info->repeat_bohr / cell[8];
    }
    return km_crystal_create(cell, n, km_crystal_z(old), frac, slab);
}

static km_status make(view *v, const km_crystal *bulk, const km_crystal *relaxed,
                      km_crystal **slab, km_crystal **oriented, km_slab_info *info)
{
    double basis[9], *frac = NULL;
    km_status status;

    KM_TRY(find_basis(v->entry->lattice_bohr, bulk, basis));
    KM_TRY(KM_ALLOC(v->moved, 3 * v->n_atom));
    KM_TRY(move_atoms(v, bulk, relaxed, basis));
    strain_cell(v, relaxed, basis);
    find_lean(km_crystal_cell_bohr(v->entry->bulk), v->lean);
    find_lean(v->cell, v->leaned);
    KM_TRY(km_crystal_create(v->cell, v->n_atom, km_crystal_z(v->entry->bulk), v->moved,
                             oriented));
    KM_TRY(KM_ALLOC(frac, 3 * info->n_atom));
    status = cut(v, frac, slab, info);
    KM_FREE(frac);
    return status;
}

km_status km_slab_list_recut(const km_slab_list *list, int i, const km_crystal *bulk,
                             const km_crystal *relaxed, km_crystal **slab,
                             km_crystal **oriented, km_slab_info *info)
{
    view v = {.entry = list->entries + i, .n_atom = km_crystal_n_atom(bulk)};
    km_status status;

    *slab = *oriented = NULL;
    *info = v.entry->info;
    KM_TRY(KM_CHECK(info->is_accepted, KM_E_ARGUMENT, "cut %d was rejected", i));
    KM_TRY(KM_CHECK(v.n_atom == km_crystal_n_atom(v.entry->bulk) &&
                        v.n_atom == km_crystal_n_atom(relaxed),
                    KM_E_ARGUMENT, "the bulk and the relaxed bulk must have %d atoms",
                    km_crystal_n_atom(v.entry->bulk)));
    status = make(&v, bulk, relaxed, slab, oriented, info);
    KM_FREE(v.moved);
    if (status == KM_OK) return KM_OK;
    km_crystal_destroy(slab);
    km_crystal_destroy(oriented);
    return status;
}
