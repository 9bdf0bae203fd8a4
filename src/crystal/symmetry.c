#include "kaimen/crystal/symmetry.h"

#include "crystal/operations.h"
#include "crystal/setting.h"
#include "kaimen/base/memory.h"
#include "kaimen/base/units.h"

#include <math.h>
#include <spglib.h>
#include <string.h>

#define N_SYMBOL 12
/* Starting moments are written with a few digits. */
#define SAME_MOMENT_MUB 1e-3

struct km_symmetry {
    int n_atom;
    int number;
    char symbol[N_SYMBOL];
    double tolerance_bohr;
    double cell_bohr[9];
    km_operations operations;
    int *atom_map; /* [n_operation][n_atom] */
};

static const int identity[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
static const int inversion[9] = {-1, 0, 0, 0, -1, 0, 0, 0, -1};

/* spglib's lattice vectors are columns. */
static void transpose(const double *cell, double lattice[3][3])
{
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) lattice[j][i] = cell[3 * i + j];
}

static km_status allocate(int n_operation, int n_atom, km_symmetry **symmetry)
{
    km_symmetry *new = NULL;
    km_status status = KM_OK;

    KM_TRY(KM_ALLOC(new, 1));
    new->n_atom = n_atom;
    KM_TRY_TO(fail, km_operations_allocate(n_operation, &new->operations));
    KM_TRY_TO(fail, KM_ALLOC(new->atom_map, (size_t)n_operation * (size_t)n_atom));
    *symmetry = new;
    return KM_OK;
fail:
    km_symmetry_destroy(&new);
    return status;
}

/* Atom of the same kind where an operation maps atom `ia`, -1 if there is none within the limit. */
static int find_image(const km_crystal *crystal, const km_operations *operations, int io,
                      int ia, const double reach_frac[3])
{
    const double *frac = km_crystal_frac(crystal);
    const int *z = km_crystal_z(crystal);
    const double *moment = km_crystal_moments_mub(crystal);
    double image[3];

    km_operations_apply(operations, io, frac + 3 * ia, image);
    for (int ja = 0; ja < km_crystal_n_atom(crystal); ja++) {
        bool is_near =
            z[ja] == z[ia] && (!moment || fabs(moment[ja] - moment[ia]) < SAME_MOMENT_MUB);

        for (int i = 0; i < 3 && is_near; i++) {
            double difference = frac[3 * ja + i] - image[i];

            is_near = fabs(difference - rint(difference)) <= reach_frac[i];
        }
        if (is_near) return ja;
    }
    return -1;
}

static km_status map_atoms(const km_crystal *crystal, km_symmetry *symmetry)
{
    /* spglib compares atoms in steps, each within the tolerance: the sum may be a few times larger. */
    double limit_bohr = 10 * symmetry->tolerance_bohr, reach_frac[3];

    /* A vector of length l has a fractional component i of at most l |b_i| / 2 pi. */
    for (int i = 0; i < 3; i++) {
        const double *b = km_crystal_reciprocal_bohr(crystal) + 3 * i;

        reach_frac[i] =
            limit_bohr * sqrt(b[0] * b[0] + b[1] * b[1] + b[2] * b[2]) / (2 * KM_PI);
    }
    for (int io = 0; io < symmetry->operations.n; io++)
        for (int ia = 0; ia < symmetry->n_atom; ia++) {
            int image = find_image(crystal, &symmetry->operations, io, ia, reach_frac);

            KM_TRY(KM_CHECK(image >= 0, KM_E_INPUT,
                            "operation %d maps atom %d onto no atom within %g bohr: the "
                            "tolerance of %g bohr does not suit this crystal",
                            io, ia, limit_bohr, symmetry->tolerance_bohr));
            symmetry->atom_map[(size_t)io * (size_t)symmetry->n_atom + (size_t)ia] = image;
        }
    return KM_OK;
}

/* Atoms of one element and one moment are of one kind: the number of the first of them. */
static void find_kinds(const km_crystal *crystal, int *kind)
{
    const double *moment = km_crystal_moments_mub(crystal);
    const int *z = km_crystal_z(crystal);

    for (int ia = 0; ia < km_crystal_n_atom(crystal); ia++) {
        kind[ia] = 0;
        while (z[kind[ia]] != z[ia] ||
               (moment && fabs(moment[kind[ia]] - moment[ia]) >= SAME_MOMENT_MUB))
            kind[ia]++;
    }
}

static km_status find_group(const km_crystal *crystal, double tolerance_bohr,
                            SpglibDataset **dataset)
{
    double lattice[3][3], (*position)[3] = NULL;
    int n_atom = km_crystal_n_atom(crystal), *kind = NULL;
    km_status status = KM_OK;

    KM_TRY(KM_CHECK(tolerance_bohr > 0, KM_E_ARGUMENT, "tolerance_bohr = %g must be positive",
                    tolerance_bohr));
    KM_TRY_TO(end, KM_ALLOC(position, n_atom));
    KM_TRY_TO(end, KM_ALLOC(kind, n_atom));
    memcpy(position, km_crystal_frac(crystal), sizeof *position * (size_t)n_atom);
    find_kinds(crystal, kind);
    transpose(km_crystal_cell_bohr(crystal), lattice);
    *dataset = spg_get_dataset(lattice, position, kind, n_atom, tolerance_bohr);
    status = KM_CHECK(*dataset, KM_E_INPUT, "no space group was found within %g bohr: %s",
                      tolerance_bohr, spg_get_error_message(spg_get_error_code()));
end:
    KM_FREE(position);
    KM_FREE(kind);
    return status;
}

/* spglib's operations, the identity brought to the front. */
static km_status take_dataset(const km_crystal *crystal, const SpglibDataset *dataset,
                              km_symmetry *symmetry)
{
    km_operations *operations = &symmetry->operations;
    const double zero[3] = {0, 0, 0};
    int place;

    symmetry->number = dataset->spacegroup_number;
    snprintf(symmetry->symbol, N_SYMBOL, "%s", dataset->international_symbol);
    memcpy(symmetry->cell_bohr, km_crystal_cell_bohr(crystal), sizeof symmetry->cell_bohr);
    for (int io = 0; io < operations->n; io++)
        km_operations_set(operations, io, &dataset->rotations[io][0][0],
                          dataset->translations[io]);
    place = km_operations_find(operations, identity, zero);
    KM_TRY(KM_CHECK(place >= 0, KM_E_INTERNAL, "spglib gave no identity among %d operations",
                    operations->n));
    if (place > 0)
        km_operations_set(operations, place, operations->rotation,
                          operations->translation_frac);
    km_operations_set(operations, 0, identity, zero);
    return map_atoms(crystal, symmetry);
}

km_status km_symmetry_create(const km_crystal *crystal, double tolerance_bohr,
                             km_symmetry **symmetry)
{
    SpglibDataset *dataset = NULL;
    km_symmetry *new = NULL;
    km_status status = KM_OK;

    *symmetry = NULL;
    KM_TRY(find_group(crystal, tolerance_bohr, &dataset));
    KM_TRY_TO(done, allocate(dataset->n_operations, km_crystal_n_atom(crystal), &new));
    new->tolerance_bohr = tolerance_bohr;
    KM_TRY_TO(done, take_dataset(crystal, dataset, new));
    *symmetry = new;
    new = NULL;
done:
    spg_free_dataset(dataset);
    km_symmetry_destroy(&new);
    return status;
}

int km_setting_identify(const km_operations *operations, const double *cell_bohr,
                        double tolerance_bohr)
{
    double lattice[3][3];

    transpose(cell_bohr, lattice);
    return spg_get_spacegroup_type_from_symmetry((int(*)[3][3])operations->rotation,
                                                 (double(*)[3])operations->translation_frac,
                                                 operations->n, lattice, tolerance_bohr)
        .hall_number;
}

void km_setting_describe(int setting, km_setting *description)
{
    SpglibSpacegroupType type = spg_get_spacegroup_type(setting);

    description->number = type.number;
    snprintf(description->symbol, sizeof description->symbol, "%s", type.international_short);
    snprintf(description->full, sizeof description->full, "%s", type.international_full);
    snprintf(description->names, sizeof description->names, "%s", type.international);
    snprintf(description->hall, sizeof description->hall, "%s", type.hall_symbol);
    snprintf(description->choice, sizeof description->choice, "%s", type.choice);
}

km_status km_setting_operations(int setting, km_operations *operations)
{
    int rotation[192][3][3], n;
    double translation[192][3];

    n = spg_get_symmetry_from_database(rotation, translation, setting);
    KM_TRY(KM_CHECK(n > 0, KM_E_ARGUMENT, "setting %d is not in 1..%d", setting,
                    KM_SETTING_COUNT));
    KM_TRY(km_operations_allocate(n, operations));
    for (int io = 0; io < n; io++)
        km_operations_set(operations, io, &rotation[io][0][0], translation[io]);
    return KM_OK;
}

/* Where spglib cannot name the group, the number stays 0 and the symbol empty. */
static void name_group(km_symmetry *symmetry)
{
    int setting = km_setting_identify(&symmetry->operations, symmetry->cell_bohr,
                                      symmetry->tolerance_bohr);
    km_setting description;

    if (setting == 0) return;
    km_setting_describe(setting, &description);
    symmetry->number = description.number;
    snprintf(symmetry->symbol, N_SYMBOL, "%s", description.symbol);
}

km_status km_symmetry_create_subgroup(const km_symmetry *symmetry, const bool *mask,
                                      km_symmetry **subgroup)
{
    size_t n_atom = (size_t)symmetry->n_atom;
    km_symmetry *new = NULL;
    km_status status = KM_OK;
    int n_kept = 0, first, second;

    *subgroup = NULL;
    for (int io = 0; io < symmetry->operations.n; io++) n_kept += mask[io];
    KM_TRY(KM_CHECK(mask[0], KM_E_ARGUMENT, "a group needs the identity: mask[0] is false"));
    KM_TRY(allocate(n_kept, symmetry->n_atom, &new));
    new->tolerance_bohr = symmetry->tolerance_bohr;
    memcpy(new->cell_bohr, symmetry->cell_bohr, sizeof new->cell_bohr);
    for (int io = 0, kept = 0; io < symmetry->operations.n; io++) {
        if (!mask[io]) continue;
        km_operations_set(&new->operations, kept, symmetry->operations.rotation + 9 * io,
                          symmetry->operations.translation_frac + 3 * io);
        memcpy(new->atom_map + (size_t)kept *n_atom, symmetry->atom_map + (size_t)io * n_atom,
               n_atom * sizeof *new->atom_map);
        kept++;
    }
    KM_TRY_TO(fail,
              KM_CHECK(km_operations_is_group(&new->operations, &first, &second), KM_E_ARGUMENT,
                       "the %d kept operations are no group: the product of %d and %d is "
                       "missing",
                       n_kept, first, second));
    name_group(new);
    *subgroup = new;
    return KM_OK;
fail:
    km_symmetry_destroy(&new);
    return status;
}

void km_symmetry_destroy(km_symmetry **symmetry)
{
    if (!*symmetry) return;
    km_operations_free(&(*symmetry)->operations);
    KM_FREE((*symmetry)->atom_map);
    KM_FREE(*symmetry);
}

int km_symmetry_n_operation(const km_symmetry *symmetry)
{
    return symmetry->operations.n;
}

const int *km_symmetry_rotation(const km_symmetry *symmetry, int operation)
{
    return symmetry->operations.rotation + 9 * operation;
}

const double *km_symmetry_translation_frac(const km_symmetry *symmetry, int operation)
{
    return symmetry->operations.translation_frac + 3 * operation;
}

const int *km_symmetry_atom_map(const km_symmetry *symmetry, int operation)
{
    return symmetry->atom_map + (size_t)operation * (size_t)symmetry->n_atom;
}

int km_symmetry_number(const km_symmetry *symmetry)
{
    return symmetry->number;
}

const char *km_symmetry_symbol(const km_symmetry *symmetry)
{
    return symmetry->symbol;
}

bool km_symmetry_has_inversion(const km_symmetry *symmetry, double centre_frac[3])
{
    double best = INFINITY;

    for (int io = 0; io < symmetry->operations.n; io++) {
        const double *t = symmetry->operations.translation_frac + 3 * io;

        if (memcmp(km_symmetry_rotation(symmetry, io), inversion, sizeof inversion) != 0)
            continue;
        for (int half = 0; half < 8; half++) {
            double centre[3], length;

            for (int i = 0; i < 3; i++)
                centre[i] = km_nearest_to_zero(0.5 * (t[i] + (half >> i & 1)));
            length = km_length(symmetry->cell_bohr, centre);
            if (length >= best) continue;
            best = length;
            memcpy(centre_frac, centre, sizeof centre);
        }
    }
    if (best <= symmetry->tolerance_bohr) memset(centre_frac, 0, 3 * sizeof *centre_frac);
    return best < INFINITY;
}

/* A crystal of atoms that are of the same kinds as those of another one. */
static km_status make_from_kinds(const km_crystal *from, const double *cell, int n,
                                 const int *kind, const double *frac, km_crystal **crystal)
{
    const double *moment = km_crystal_moments_mub(from);
    double *moments = NULL;
    km_status status = KM_OK;
    int *z = NULL;

    KM_TRY_TO(end, KM_ALLOC(z, n));
    KM_TRY_TO(end, KM_ALLOC(moments, n));
    for (int i = 0; i < n; i++) {
        z[i] = km_crystal_z(from)[kind[i]];
        if (moment) moments[i] = moment[kind[i]];
    }
    KM_TRY_TO(end, km_crystal_create(cell, n, z, frac, crystal));
    if (moment) status = km_crystal_set_moments(*crystal, moments);
    if (status != KM_OK) km_crystal_destroy(crystal);
end:
    KM_FREE(z);
    KM_FREE(moments);
    return status;
}

static km_status standardize(const km_crystal *crystal, bool to_primitive,
                             double tolerance_bohr, km_crystal **standard)
{
    /* A conventional cell holds up to four primitive ones. */
    int n_atom = km_crystal_n_atom(crystal), n_standard, *kind = NULL;
    double lattice[3][3], cell[9], (*position)[3] = NULL;
    km_status status = KM_OK;

    *standard = NULL;
    KM_TRY(KM_CHECK(tolerance_bohr > 0, KM_E_ARGUMENT, "tolerance_bohr = %g must be positive",
                    tolerance_bohr));
    KM_TRY_TO(done, KM_ALLOC(position, 4 * n_atom));
    KM_TRY_TO(done, KM_ALLOC(kind, 4 * n_atom));
    transpose(km_crystal_cell_bohr(crystal), lattice);
    memcpy(position, km_crystal_frac(crystal), sizeof *position * (size_t)n_atom);
    find_kinds(crystal, kind);
    n_standard =
        spg_standardize_cell(lattice, position, kind, n_atom, to_primitive, 0, tolerance_bohr);
    KM_TRY_TO(done, KM_CHECK(n_standard > 0, KM_E_INPUT,
                             "no standard cell was found within %g bohr: %s", tolerance_bohr,
                             spg_get_error_message(spg_get_error_code())));
    for (int i = 0; i < 9; i++) cell[i] = lattice[i % 3][i / 3];
    KM_TRY_TO(done,
              make_from_kinds(crystal, cell, n_standard, kind, &position[0][0], standard));
done:
    KM_FREE(position);
    KM_FREE(kind);
    return status;
}

km_status km_symmetry_find_setting(const km_crystal *crystal, double tolerance_bohr,
                                   int *number, char *centring, double transformation[9])
{
    SpglibDataset *dataset;

    KM_TRY(find_group(crystal, tolerance_bohr, &dataset));
    *number = dataset->spacegroup_number;
    *centring = dataset->international_symbol[0];
    memcpy(transformation, dataset->transformation_matrix, 9 * sizeof *transformation);
    spg_free_dataset(dataset);
    return KM_OK;
}

km_status km_symmetry_find_primitive(const km_crystal *crystal, double tolerance_bohr,
                                     km_crystal **primitive)
{
    return standardize(crystal, true, tolerance_bohr, primitive);
}

km_status km_symmetry_find_conventional(const km_crystal *crystal, double tolerance_bohr,
                                        km_crystal **conventional)
{
    return standardize(crystal, false, tolerance_bohr, conventional);
}

/*
 * Mesh point to which a rotation of real space maps `point`: k' = k R, with k_i = (2 p_i + s_i) / (2 m_i), in whole
 * numbers. -1 when it falls between the points of the mesh.
 */
static int rotate_point(const int *r, const int mesh[3], const int shift[3], int sign,
                        const int point[3])
{
    long whole = (long)mesh[0] * mesh[1] * mesh[2];
    int image[3];

    for (int j = 0; j < 3; j++) {
        long sum = 0, twice;

        for (int i = 0; i < 3; i++)
            sum += (long)(2 * point[i] + shift[i]) * r[3 * i + j] * mesh[j] * (whole / mesh[i]);
        if (sum % whole != 0) return -1;
        twice = sign * (sum / whole) - shift[j];
        if (twice % 2 != 0) return -1;
        image[j] = (int)(((twice / 2) % mesh[j] + mesh[j]) % mesh[j]);
    }
    return image[0] + mesh[0] * (image[1] + mesh[1] * image[2]);
}

/* k' = k R is linear in k: the first point of the mesh and its three neighbours decide for all. */
static bool keeps_mesh(const int *r, const int mesh[3], const int shift[3])
{
    const int corners[4][3] = {{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1}};

    for (int i = 0; i < 4; i++)
        if (rotate_point(r, mesh, shift, 1, corners[i]) < 0) return false;
    return true;
}

km_status km_symmetry_reduce_mesh(const km_symmetry *symmetry, const int mesh[3],
                                  const int shift[3], bool time_reversal, int *map)
{
    int n_point;

    for (int i = 0; i < 3; i++) {
        KM_TRY(
            KM_CHECK(mesh[i] > 0, KM_E_ARGUMENT, "mesh[%d] = %d must be positive", i, mesh[i]));
        KM_TRY(KM_CHECK(shift[i] == 0 || shift[i] == 1, KM_E_ARGUMENT,
                        "shift[%d] = %d must be 0 or 1", i, shift[i]));
    }
    n_point = mesh[0] * mesh[1] * mesh[2];
    for (int ik = 0; ik < n_point; ik++) map[ik] = -1;
    for (int ik = 0; ik < n_point; ik++) {
        const int point[3] = {ik % mesh[0], ik / mesh[0] % mesh[1], ik / mesh[0] / mesh[1]};

        if (map[ik] >= 0) continue;
        for (int io = 0; io < symmetry->operations.n; io++) {
            const int *r = symmetry->operations.rotation + 9 * io;

            if (!keeps_mesh(r, mesh, shift)) continue;
            map[rotate_point(r, mesh, shift, 1, point)] = ik;
            if (time_reversal) map[rotate_point(r, mesh, shift, -1, point)] = ik;
        }
    }
    return KM_OK;
}
