#include "builder/primitive.h"

#include "builder/matrix3.h"
#include "kaimen/base/memory.h"

static bool is_translation(const km_symmetry *symmetry, int operation)
{
    static const int identity[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};

    return memcmp(km_symmetry_rotation(symmetry, operation), identity, sizeof identity) == 0;
}

/** The three vectors, of cell vectors and centring translations, that span the smallest cell. */
static km_status find_basis(const km_symmetry *symmetry, double *basis)
{
    double v[3 + 192][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
    double least = 1.0;
    int n = 3, n_operation = km_symmetry_n_operation(symmetry);

    memcpy(basis, v, 9 * sizeof *basis);
    for (int i = 1; i < n_operation && n < 3 + 192; i++)
        if (is_translation(symmetry, i))
            memcpy(v[n++], km_symmetry_translation_frac(symmetry, i), sizeof v[0]);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++)
            for (int k = 0; k < j; k++) {
                double m[9], volume;

                memcpy(m, v[k], sizeof v[k]);
                memcpy(m + 3, v[j], sizeof v[j]);
                memcpy(m + 6, v[i], sizeof v[i]);
                volume = fabs(km_matrix3_determinant(m));
                if (volume < 1e-3 || volume > least - 1e-3) continue;
                least = volume;
                memcpy(basis, m, sizeof m);
            }
    if (fabs(least * (n - 2) - 1) > 1e-2)
        return KM_RAISE(KM_E_INTERNAL,
                        "%d centring translations span a cell of volume %g, not %g", n - 3,
                        least, 1.0 / (n - 2));
    if (km_matrix3_determinant(basis) < 0)
        for (int i = 0; i < 3; i++) basis[i] = -basis[i];
    return KM_OK;
}

/** spglib's translations of a standard cell are multiples of 1/24 up to its tolerance: make them exact. */
static void snap(double *values, int n, double tolerance)
{
    for (int i = 0; i < n; i++) {
        double snapped = round(values[i] * 24) / 24;

        if (fabs(values[i] - snapped) < tolerance) values[i] = snapped;
    }
}

/** Whether no atom before this one is its image by a centring translation. */
static bool is_first_of_images(const km_symmetry *symmetry, int atom)
{
    int n_operation = km_symmetry_n_operation(symmetry);

    for (int i = 1; i < n_operation; i++)
        if (is_translation(symmetry, i) && km_symmetry_atom_map(symmetry, i)[atom] < atom)
            return false;
    return true;
}

static km_status make_crystal(const km_crystal *conventional, km_primitive *primitive,
                              km_crystal **crystal)
{
    const double *frac = km_crystal_frac(conventional);
    int n_conventional = km_crystal_n_atom(conventional);
    double inverse[9];
    int n = 0;

    KM_TRY(KM_ALLOC(primitive->z, n_conventional));
    KM_TRY(KM_ALLOC(primitive->frac, 3 * n_conventional));
    km_matrix3_multiply(primitive->basis, km_crystal_cell_bohr(conventional),
                        primitive->cell_bohr);
    km_matrix3_invert(primitive->basis, inverse);
    for (int i = 0; i < n_conventional; i++) {
        if (!is_first_of_images(primitive->conventional, i)) continue;
        primitive->z[n] = km_crystal_z(conventional)[i];
        km_matrix3_row_times(frac + 3 * i, inverse, primitive->frac + 3 * n);
        n++;
    }
    primitive->n_atom = n;
    return km_crystal_create(primitive->cell_bohr, n, primitive->z, primitive->frac, crystal);
}

static void average_metric(km_primitive *primitive, const double *cell)
{
    double transposed[9], plain[9], part[9], image[9];

    km_matrix3_transpose(cell, transposed);
    km_matrix3_multiply(cell, transposed, plain);
    for (int i = 0; i < primitive->n_operation; i++) {
        km_matrix3_transpose(primitive->rotation + 9 * i, transposed);
        km_matrix3_multiply(transposed, plain, part);
        km_matrix3_multiply(part, primitive->rotation + 9 * i, image);
        for (int j = 0; j < 9; j++) primitive->metric[j] += image[j] / primitive->n_operation;
    }
}

static km_status average_positions(km_primitive *primitive, const km_symmetry *symmetry)
{
    double *mean;

    KM_TRY(KM_ALLOC(mean, 3 * primitive->n_atom));
    for (int i = 0; i < primitive->n_operation; i++) {
        const int *map = km_symmetry_atom_map(symmetry, i);

        for (int ia = 0; ia < primitive->n_atom; ia++) {
            const double *target = primitive->frac + 3 * map[ia];
            double image[3];

            km_matrix3_times_column(primitive->rotation + 9 * i, primitive->frac + 3 * ia,
                                    image);
            for (int j = 0; j < 3; j++) {
                double shift = image[j] + primitive->translation[3 * i + j] - target[j];

                mean[3 * map[ia] + j] +=
                    (target[j] + shift - round(shift)) / primitive->n_operation;
            }
        }
    }
    KM_FREE(primitive->frac);
    primitive->frac = mean;
    return KM_OK;
}

static km_status symmetrise(const km_crystal *crystal, double tolerance_bohr,
                            km_primitive *primitive)
{
    km_symmetry *symmetry;
    km_status status = KM_OK;
    int n;
    /* A cube root stands for a length here: the tolerance only separates noise from 1/24. */
    double tolerance = 10 * tolerance_bohr / cbrt(km_crystal_volume_bohr3(crystal));

    KM_TRY(km_symmetry_create(crystal, tolerance_bohr, &symmetry));
    n = primitive->n_operation = km_symmetry_n_operation(symmetry);
    KM_TRY_TO(end, KM_ALLOC(primitive->rotation, 9 * n));
    KM_TRY_TO(end, KM_ALLOC(primitive->translation, 3 * n));
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < 9; j++)
            primitive->rotation[9 * i + j] = km_symmetry_rotation(symmetry, i)[j];
        memcpy(primitive->translation + 3 * i, km_symmetry_translation_frac(symmetry, i),
               3 * sizeof(double));
    }
    snap(primitive->translation, 3 * n, tolerance);
    average_metric(primitive, km_crystal_cell_bohr(crystal));
    status = average_positions(primitive, symmetry);
end:
    km_symmetry_destroy(&symmetry);
    return status;
}

km_status km_primitive_create(const km_crystal *bulk, double tolerance_bohr, km_primitive **out)
{
    km_crystal *conventional = NULL, *crystal = NULL;
    km_primitive *primitive;
    km_status status = KM_OK;

    *out = NULL;
    KM_TRY(KM_ALLOC(primitive, 1));
    KM_TRY_TO(end, km_symmetry_find_conventional(bulk, tolerance_bohr, &conventional));
    KM_TRY_TO(end, km_symmetry_create(conventional, tolerance_bohr, &primitive->conventional));
    KM_TRY_TO(end, find_basis(primitive->conventional, primitive->basis));
    snap(primitive->basis, 9, 1e-3);
    KM_TRY_TO(end, make_crystal(conventional, primitive, &crystal));
    KM_TRY_TO(end, symmetrise(crystal, tolerance_bohr, primitive));
    *out = primitive;
    primitive = NULL;
end:
    km_primitive_destroy(&primitive);
    km_crystal_destroy(&crystal);
    km_crystal_destroy(&conventional);
    return status;
}

void km_primitive_destroy(km_primitive **pointer)
{
    km_primitive *primitive = *pointer;

    if (!primitive) return;
    KM_FREE(primitive->z);
    KM_FREE(primitive->frac);
    KM_FREE(primitive->rotation);
    KM_FREE(primitive->translation);
    km_symmetry_destroy(&primitive->conventional);
    KM_FREE(*pointer);
}
