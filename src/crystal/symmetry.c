#include "kaimen/crystal/symmetry.h"

#include "kaimen/base/memory.h"

#include <math.h>
#include <spglib.h>
#include <string.h>

/* Two translations of one rotation differ by a lattice vector or by much more than this. */
#define SAME_TRANSLATION 1e-3

#define N_SYMBOL 12

struct km_symmetry {
    int n_operation;
    int n_atom;
    int number;
    char symbol[N_SYMBOL];
    double tolerance_bohr;
    double cell_bohr[9];
    int *rotation;            /* [n_operation][3][3] */
    double *translation_frac; /* [n_operation][3] */
    int *atom_map;            /* [n_operation][n_atom] */
};

static const int identity[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
static const int inversion[9] = {-1, 0, 0, 0, -1, 0, 0, 0, -1};

/* spglib's lattice vectors are columns. */
static void transpose(const double *cell, double lattice[3][3])
{
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) lattice[j][i] = cell[3 * i + j];
}

/* Into (-1/2, 1/2]. */
static double nearest_to_zero(double x)
{
    return x - ceil(x - 0.5);
}

static double length_bohr(const double *cell, const double *frac)
{
    double square = 0;

    for (int j = 0; j < 3; j++) {
        double x = frac[0] * cell[j] + frac[1] * cell[3 + j] + frac[2] * cell[6 + j];

        square += x * x;
    }
    return sqrt(square);
}

static bool is_same_rotation(const int *r1, const int *r2)
{
    return memcmp(r1, r2, 9 * sizeof *r1) == 0;
}

static bool is_same_translation(const double *t1, const double *t2)
{
    for (int i = 0; i < 3; i++)
        if (fabs(nearest_to_zero(t1[i] - t2[i])) > SAME_TRANSLATION) return false;
    return true;
}

static void apply(const int *r, const double *t, const double *x, double *image)
{
    for (int i = 0; i < 3; i++)
        image[i] = r[3 * i] * x[0] + r[3 * i + 1] * x[1] + r[3 * i + 2] * x[2] + t[i];
}

static km_status allocate(int n_operation, int n_atom, km_symmetry **symmetry)
{
    km_symmetry *new = NULL;
    km_status status = KM_OK;

    KM_TRY(KM_ALLOC(new, 1));
    new->n_operation = n_operation;
    new->n_atom = n_atom;
    KM_TRY_TO(fail, KM_ALLOC(new->rotation, 9 * n_operation));
    KM_TRY_TO(fail, KM_ALLOC(new->translation_frac, 3 * n_operation));
    KM_TRY_TO(fail, KM_ALLOC(new->atom_map, (size_t)n_operation * (size_t)n_atom));
    *symmetry = new;
    return KM_OK;
fail:
    km_symmetry_destroy(&new);
    return status;
}

/* Atom of the same element nearest to where an operation maps atom `ia`. */
static int find_image(const km_crystal *crystal, const int *r, const double *t, int ia,
                      double *distance_bohr)
{
    const double *frac = km_crystal_frac(crystal);
    const int *z = km_crystal_z(crystal);
    double image[3], difference[3];
    int nearest = -1;

    *distance_bohr = INFINITY;
    apply(r, t, frac + 3 * ia, image);
    for (int ja = 0; ja < km_crystal_n_atom(crystal); ja++) {
        double length;

        if (z[ja] != z[ia]) continue;
        for (int i = 0; i < 3; i++)
            difference[i] = nearest_to_zero(frac[3 * ja + i] - image[i]);
        length = length_bohr(km_crystal_cell_bohr(crystal), difference);
        if (length >= *distance_bohr) continue;
        *distance_bohr = length;
        nearest = ja;
    }
    return nearest;
}

static km_status map_atoms(const km_crystal *crystal, km_symmetry *symmetry)
{
    /* spglib compares atoms in steps, each within the tolerance: the sum may be a few times larger. */
    double limit = 10 * symmetry->tolerance_bohr;
    double distance;

    for (int io = 0; io < symmetry->n_operation; io++)
        for (int ia = 0; ia < symmetry->n_atom; ia++) {
            int image = find_image(crystal, symmetry->rotation + 9 * io,
                                   symmetry->translation_frac + 3 * io, ia, &distance);

            KM_TRY(KM_CHECK(distance <= limit, KM_E_INPUT,
                            "operation %d maps atom %d to %g bohr beside the nearest atom: "
                            "the tolerance of %g bohr does not suit this crystal",
                            io, ia, distance, symmetry->tolerance_bohr));
            symmetry->atom_map[(size_t)io * (size_t)symmetry->n_atom + (size_t)ia] = image;
        }
    return KM_OK;
}

static void set_operation(km_symmetry *symmetry, int io, const int *r, const double *t)
{
    memcpy(symmetry->rotation + 9 * io, r, 9 * sizeof *r);
    for (int i = 0; i < 3; i++) {
        double x = t[i] - floor(t[i]);

        /* 1 - rounding error is zero. */
        symmetry->translation_frac[3 * io + i] = x > 1 - 1e-10 || x < 1e-10 ? 0 : x;
    }
}

static km_status find_group(const km_crystal *crystal, double tolerance_bohr,
                            SpglibDataset **dataset)
{
    double lattice[3][3], (*position)[3] = NULL;
    int n_atom = km_crystal_n_atom(crystal);

    KM_TRY(KM_CHECK(tolerance_bohr > 0, KM_E_ARGUMENT, "tolerance_bohr = %g must be positive",
                    tolerance_bohr));
    KM_TRY(KM_ALLOC(position, n_atom));
    memcpy(position, km_crystal_frac(crystal), sizeof *position * (size_t)n_atom);
    transpose(km_crystal_cell_bohr(crystal), lattice);
    *dataset =
        spg_get_dataset(lattice, position, km_crystal_z(crystal), n_atom, tolerance_bohr);
    KM_FREE(position);
    return KM_CHECK(*dataset, KM_E_INPUT, "no space group was found within %g bohr: %s",
                    tolerance_bohr, spg_get_error_message(spg_get_error_code()));
}

static km_status take_dataset(const km_crystal *crystal, const SpglibDataset *dataset,
                              km_symmetry *symmetry)
{
    const double zero[3] = {0, 0, 0};
    int n_done = 1;

    symmetry->number = dataset->spacegroup_number;
    snprintf(symmetry->symbol, N_SYMBOL, "%s", dataset->international_symbol);
    memcpy(symmetry->cell_bohr, km_crystal_cell_bohr(crystal), sizeof symmetry->cell_bohr);
    memcpy(symmetry->rotation, identity, sizeof identity);
    for (int io = 0; io < dataset->n_operations; io++) {
        const int *r = &dataset->rotations[io][0][0];
        const double *t = dataset->translations[io];

        if (is_same_rotation(r, identity) && is_same_translation(t, zero)) continue;
        KM_TRY(KM_CHECK(n_done < symmetry->n_operation, KM_E_INTERNAL,
                        "spglib gave no identity among %d operations", symmetry->n_operation));
        set_operation(symmetry, n_done++, r, t);
    }
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

static int find_operation(const km_symmetry *symmetry, const int *r, const double *t)
{
    for (int io = 0; io < symmetry->n_operation; io++)
        if (is_same_rotation(symmetry->rotation + 9 * io, r) &&
            is_same_translation(symmetry->translation_frac + 3 * io, t))
            return io;
    return -1;
}

/* A finite set of operations is a group when it holds the product of any two. */
static km_status check_group(const km_symmetry *symmetry)
{
    int n = symmetry->n_operation;

    for (int io = 0; io < n; io++)
        for (int jo = 0; jo < n; jo++) {
            const int *r1 = symmetry->rotation + 9 * io, *r2 = symmetry->rotation + 9 * jo;
            double t[3];
            int r[9];

            for (int i = 0; i < 9; i++)
                r[i] = r1[i / 3 * 3] * r2[i % 3] + r1[i / 3 * 3 + 1] * r2[3 + i % 3] +
                       r1[i / 3 * 3 + 2] * r2[6 + i % 3];
            apply(r1, symmetry->translation_frac + 3 * io, symmetry->translation_frac + 3 * jo,
                  t);
            KM_TRY(KM_CHECK(find_operation(symmetry, r, t) >= 0, KM_E_ARGUMENT,
                            "the %d kept operations are no group: the product of %d and %d is "
                            "missing",
                            n, io, jo));
        }
    return KM_OK;
}

/* spglib names a group from its operations; where it cannot, the number stays 0 and the symbol empty. */
static void name_group(km_symmetry *symmetry)
{
    double lattice[3][3];
    SpglibSpacegroupType type;

    transpose(symmetry->cell_bohr, lattice);
    type = spg_get_spacegroup_type_from_symmetry(
        (int(*)[3][3])symmetry->rotation, (double(*)[3])symmetry->translation_frac,
        symmetry->n_operation, lattice, symmetry->tolerance_bohr);
    symmetry->number = type.number;
    snprintf(symmetry->symbol, N_SYMBOL, "%s", type.number > 0 ? type.international_short : "");
}

km_status km_symmetry_create_subgroup(const km_symmetry *symmetry, const bool *mask,
                                      km_symmetry **subgroup)
{
    size_t n_atom = (size_t)symmetry->n_atom;
    km_symmetry *new = NULL;
    km_status status = KM_OK;
    int n_kept = 0;

    *subgroup = NULL;
    for (int io = 0; io < symmetry->n_operation; io++) n_kept += mask[io];
    KM_TRY(KM_CHECK(mask[0], KM_E_ARGUMENT, "a group needs the identity: mask[0] is false"));
    KM_TRY(allocate(n_kept, symmetry->n_atom, &new));
    new->tolerance_bohr = symmetry->tolerance_bohr;
    memcpy(new->cell_bohr, symmetry->cell_bohr, sizeof new->cell_bohr);
    for (int io = 0, kept = 0; io < symmetry->n_operation; io++) {
        if (!mask[io]) continue;
        set_operation(new, kept, symmetry->rotation + 9 * io,
                      symmetry->translation_frac + 3 * io);
        memcpy(new->atom_map + (size_t)kept *n_atom, symmetry->atom_map + (size_t)io * n_atom,
               n_atom * sizeof *new->atom_map);
        kept++;
    }
    KM_TRY_TO(fail, check_group(new));
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
    KM_FREE((*symmetry)->rotation);
    KM_FREE((*symmetry)->translation_frac);
    KM_FREE((*symmetry)->atom_map);
    KM_FREE(*symmetry);
}

int km_symmetry_n_operation(const km_symmetry *symmetry)
{
    return symmetry->n_operation;
}

const int *km_symmetry_rotation(const km_symmetry *symmetry, int operation)
{
    return symmetry->rotation + 9 * operation;
}

const double *km_symmetry_translation_frac(const km_symmetry *symmetry, int operation)
{
    return symmetry->translation_frac + 3 * operation;
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

    for (int io = 0; io < symmetry->n_operation; io++) {
        const double *t = symmetry->translation_frac + 3 * io;

        if (!is_same_rotation(symmetry->rotation + 9 * io, inversion)) continue;
        for (int half = 0; half < 8; half++) {
            double centre[3], length;

            for (int i = 0; i < 3; i++)
                centre[i] = nearest_to_zero(0.5 * (t[i] + (half >> i & 1)));
            length = length_bohr(symmetry->cell_bohr, centre);
            if (length >= best) continue;
            best = length;
            memcpy(centre_frac, centre, sizeof centre);
        }
    }
    if (best <= symmetry->tolerance_bohr) memset(centre_frac, 0, 3 * sizeof *centre_frac);
    return best < INFINITY;
}

static km_status standardize(const km_crystal *crystal, bool to_primitive,
                             double tolerance_bohr, km_crystal **standard)
{
    /* A conventional cell holds up to four primitive ones. */
    int n_atom = km_crystal_n_atom(crystal), n_standard, *z = NULL;
    double lattice[3][3], cell[9], (*position)[3] = NULL;
    km_status status = KM_OK;

    *standard = NULL;
    KM_TRY(KM_CHECK(tolerance_bohr > 0, KM_E_ARGUMENT, "tolerance_bohr = %g must be positive",
                    tolerance_bohr));
    KM_TRY_TO(done, KM_ALLOC(position, 4 * n_atom));
    KM_TRY_TO(done, KM_ALLOC(z, 4 * n_atom));
    transpose(km_crystal_cell_bohr(crystal), lattice);
    memcpy(position, km_crystal_frac(crystal), sizeof *position * (size_t)n_atom);
    memcpy(z, km_crystal_z(crystal), sizeof *z * (size_t)n_atom);
    n_standard =
        spg_standardize_cell(lattice, position, z, n_atom, to_primitive, 0, tolerance_bohr);
    KM_TRY_TO(done, KM_CHECK(n_standard > 0, KM_E_INPUT,
                             "no standard cell was found within %g bohr: %s", tolerance_bohr,
                             spg_get_error_message(spg_get_error_code())));
    for (int i = 0; i < 9; i++) cell[i] = lattice[i % 3][i / 3];
    KM_TRY_TO(done, km_crystal_create(cell, n_standard, z, &position[0][0], standard));
done:
    KM_FREE(position);
    KM_FREE(z);
    return status;
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
        for (int io = 0; io < symmetry->n_operation; io++) {
            const int *r = symmetry->rotation + 9 * io;

            if (!keeps_mesh(r, mesh, shift)) continue;
            map[rotate_point(r, mesh, shift, 1, point)] = ik;
            if (time_reversal) map[rotate_point(r, mesh, shift, -1, point)] = ik;
        }
    }
    return KM_OK;
}
