#include "builder/oriented.h"

#include "builder/matrix3.h"
#include "builder/miller.h"
#include "kaimen/base/memory.h"

#include <stdlib.h>

/** x and y with a x + b y = gcd(a, b) >= 0. */
static int extended_gcd(int a, int b, int *x, int *y)
{
    int s0 = 1, s1 = 0, t0 = 0, t1 = 1;

    while (b) {
        int q = a / b, rest = a % b, s = s0 - q * s1, t = t0 - q * t1;

        a = b;
        b = rest;
        s0 = s1;
        s1 = s;
        t0 = t1;
        t1 = t;
    }
    *x = a < 0 ? -s0 : s0;
    *y = a < 0 ? -t0 : t0;
    return abs(a);
}

/** (hkl) of the same plane in the primitive basis, without common divisor. */
static void find_primitive_miller(const km_primitive *primitive, const int miller[3], int h[3])
{
    int divisor;

    for (int i = 0; i < 3; i++) {
        const double *p = primitive->basis + 3 * i;

        /* Coordinates of centring vectors are multiples of 1/6. */
        h[i] = (int)lround(6 * (miller[0] * p[0] + miller[1] * p[1] + miller[2] * p[2]));
    }
    divisor = km_miller_divisor(h);
    for (int i = 0; i < 3; i++) h[i] /= divisor;
}

/** Rows of a basis of the whole lattice: two in the plane h, the third one plane above. */
static void find_plane_basis(const int h[3], double *m)
{
    int p, q, r, s, g = extended_gcd(h[0], h[1], &p, &q);

    if (g == 0) {
        const double upright[9] = {1, 0, 0, 0, 1, 0, 0, 0, h[2]};

        memcpy(m, upright, sizeof upright);
        return;
    }
    (void)extended_gcd(g, h[2], &r, &s);
    const double general[9] = {h[1] / g, -h[0] / g, 0, p * h[2], q * h[2], -g, p * r, q * r, s};

    memcpy(m, general, sizeof general);
}

static void add_multiple(double *row, double factor, const double *other)
{
    for (int i = 0; i < 3; i++) row[i] += factor * other[i];
}

static void swap_rows(double *a, double *b)
{
    for (int i = 0; i < 3; i++) {
        double t = a[i];

        a[i] = b[i];
        b[i] = t;
    }
}

/**
 * Gauss reduction of the plane's basis: |a| <= |b|, 2 |a.b| <= |a|^2; obtuse, unless a right-handed basis with
 * |a| < |b| cannot be.
 */
static void reduce_plane(const double *metric, double *m)
{
    const double small = 1e-9;
    double *a = m, *b = m + 3, aa, ab, bb;

    for (;;) {
        aa = km_matrix3_product(a, metric, a);
        ab = km_matrix3_product(a, metric, b);
        if (fabs(ab) > aa * (0.5 + small)) add_multiple(b, -round(ab / aa), a);
        bb = km_matrix3_product(b, metric, b);
        if (bb >= aa * (1 - small)) break;
        swap_rows(a, b);
    }
    ab = km_matrix3_product(a, metric, b);
    if (ab > small * aa)
        for (int i = 0; i < 3; i++) b[i] = -b[i];
    if (km_matrix3_determinant(m) > 0) return;
    if (bb < aa * (1 + small))
        swap_rows(a, b);
    else
        for (int i = 0; i < 3; i++) b[i] = -b[i];
}

/** Shorten c by translations in the plane: rounding, then the neighbours. */
static void reduce_height(const double *metric, double *m)
{
    const double *a = m, *b = m + 3;
    double *c = m + 6, best[3], least = INFINITY;
    double aa = km_matrix3_product(a, metric, a), bb = km_matrix3_product(b, metric, b);
    double ab = km_matrix3_product(a, metric, b), ac = km_matrix3_product(a, metric, c);
    double bc = km_matrix3_product(b, metric, c), det = aa * bb - ab * ab;

    add_multiple(c, -round((ac * bb - bc * ab) / det), a);
    add_multiple(c, -round((bc * aa - ac * ab) / det), b);
    for (int i = -1; i <= 1; i++)
        for (int j = -1; j <= 1; j++) {
            double trial[3] = {c[0], c[1], c[2]}, length;

            add_multiple(trial, i, a);
            add_multiple(trial, j, b);
            length = km_matrix3_product(trial, metric, trial);
            if (length > least * (1 - 1e-9)) continue;
            least = length;
            memcpy(best, trial, sizeof best);
        }
    memcpy(c, best, sizeof best);
}

void km_oriented_make_cell(const double *metric, double *cell)
{
    memset(cell, 0, 9 * sizeof *cell);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j <= i; j++) {
            double rest = metric[3 * i + j];

            for (int k = 0; k < j; k++) rest -= cell[3 * i + k] * cell[3 * j + k];
            cell[3 * i + j] = i == j ? sqrt(rest) : rest / cell[3 * j + j];
            /* Right angles stay exactly right. */
            if (i != j && fabs(cell[3 * i + j]) < 1e-10 * cell[3 * j + j]) cell[3 * i + j] = 0;
        }
}

static void transform(const km_primitive *primitive, const double *m, km_oriented *oriented)
{
    double transposed[9], inverse[9], to_new[9], part[9];

    km_matrix3_invert(m, inverse);
    for (int i = 0; i < 9; i++) inverse[i] = round(inverse[i]); /* unimodular */
    km_matrix3_transpose(m, transposed);
    km_matrix3_transpose(inverse, to_new);
    for (int i = 0; i < primitive->n_atom; i++)
        km_matrix3_row_times(primitive->frac + 3 * i, inverse, oriented->frac + 3 * i);
    for (int i = 0; i < primitive->n_operation; i++) {
        km_matrix3_multiply(to_new, primitive->rotation + 9 * i, part);
        km_matrix3_multiply(part, transposed, oriented->rotation + 9 * i);
        km_matrix3_times_column(to_new, primitive->translation + 3 * i,
                                oriented->translation + 3 * i);
    }
    km_matrix3_multiply(m, primitive->metric, part);
    km_matrix3_multiply(part, transposed, to_new);
    km_oriented_make_cell(to_new, oriented->cell_bohr);
    km_matrix3_multiply(m, primitive->cell_bohr, oriented->lattice_bohr);
}

km_status km_oriented_create(const km_primitive *primitive, const int miller[3],
                             km_oriented **out)
{
    km_oriented *oriented;
    km_status status = KM_OK;
    double m[9];
    int h[3];

    *out = NULL;
    KM_TRY(KM_ALLOC(oriented, 1));
    oriented->n_atom = primitive->n_atom;
    oriented->n_operation = primitive->n_operation;
    oriented->z = primitive->z;
    KM_TRY_TO(fail, KM_ALLOC(oriented->frac, 3 * primitive->n_atom));
    KM_TRY_TO(fail, KM_ALLOC(oriented->rotation, 9 * primitive->n_operation));
    KM_TRY_TO(fail, KM_ALLOC(oriented->translation, 3 * primitive->n_operation));
    find_primitive_miller(primitive, miller, h);
    find_plane_basis(h, m);
    reduce_plane(primitive->metric, m);
    reduce_height(primitive->metric, m);
    transform(primitive, m, oriented);
    oriented->area_bohr2 = oriented->cell_bohr[0] * oriented->cell_bohr[4];
    oriented->repeat_bohr = oriented->cell_bohr[8];
    *out = oriented;
    return KM_OK;
fail:
    km_oriented_destroy(&oriented);
    return status;
}

void km_oriented_destroy(km_oriented **pointer)
{
    km_oriented *oriented = *pointer;

    if (!oriented) return;
    KM_FREE(oriented->frac);
    KM_FREE(oriented->rotation);
    KM_FREE(oriented->translation);
    KM_FREE(*pointer);
}
