#include "builder/coincidence.h"

#include "builder/matrix3.h"

/** The vectors of an oriented cell in primitive coordinates: integers. */
static km_rational find_vectors(const km_primitive *primitive, const km_oriented *oriented)
{
    double inverse[9], vectors[9];

    km_matrix3_invert(primitive->cell_bohr, inverse);
    km_matrix3_multiply(oriented->lattice_bohr, inverse, vectors);
    return km_rational_round(3, vectors, 1);
}

/** Vectors of the upper grain's plane in those of the lower grain's: exact. */
static km_status compare_planes(const km_primitive *primitive, const km_rational *rotation,
                                const km_oriented *lower, const km_oriented *upper,
                                km_rational *plane)
{
    const km_rational from = find_vectors(primitive, lower),
                      to = find_vectors(primitive, upper);
    const km_rational inverse = km_rational_invert(&from),
                      turned = km_rational_transpose(rotation);
    const km_rational part = km_rational_multiply(&to, &turned);
    const km_rational found = km_rational_multiply(&part, &inverse);
    const long corner[4] = {found.num[0], found.num[1], found.num[3], found.num[4]};

    KM_TRY(KM_CHECK(found.num[2] == 0 && found.num[5] == 0, KM_E_INTERNAL,
                    "the grains' planes are not parallel"));
    *plane = km_rational_make(2, corner, found.den);
    return km_rational_check(plane);
}

/** Scalar product in a plane of vectors (x, y) times rows a = (a_x, 0), b = (b_x, b_y). */
static double product(const double *cell, const double *u, const double *v)
{
    double p[2], q[2];

    for (int i = 0; i < 2; i++) {
        p[i] = u[0] * cell[i] + u[1] * cell[2 + i];
        q[i] = v[0] * cell[i] + v[1] * cell[2 + i];
    }
    return p[0] * q[0] + p[1] * q[1];
}

/** Gauss reduction of two rows in units of a cell's vectors, right-handed. */
static void reduce(const double *cell, double *rows)
{
    double *a = rows, *b = rows + 2, t;

    for (;;) {
        const double aa = product(cell, a, a), n = round(product(cell, a, b) / aa - 1e-9);

        b[0] -= n * a[0];
        b[1] -= n * a[1];
        if (product(cell, b, b) >= aa * (1 - 1e-9)) break;
        for (int i = 0; i < 2; i++) {
            t = a[i];
            a[i] = b[i];
            b[i] = t;
        }
    }
    if (a[0] * b[1] - a[1] * b[0] > 0) return;
    b[0] = -b[0];
    b[1] = -b[1];
}

static void multiply(const double *a, const double *b, double *out)
{
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) out[2 * i + j] = a[2 * i] * b[j] + a[2 * i + 1] * b[2 + j];
}

static void invert(const double *m, double *inverse)
{
    const double det = m[0] * m[3] - m[1] * m[2];

    inverse[0] = m[3] / det;
    inverse[1] = -m[1] / det;
    inverse[2] = -m[2] / det;
    inverse[3] = m[0] / det;
}

static void take_plane(const km_oriented *oriented, double *plane)
{
    plane[0] = oriented->cell_bohr[0];
    plane[1] = 0;
    plane[2] = oriented->cell_bohr[3];
    plane[3] = oriented->cell_bohr[4];
}

/** Metric g_11, g_12, g_22 of the common cell as a grain has it. */
static void measure(const km_oriented *oriented, const long *repeat, double metric[3])
{
    double plane[4], rows[4], cell[4];

    take_plane(oriented, plane);
    for (int i = 0; i < 4; i++) rows[i] = (double)repeat[i];
    multiply(rows, plane, cell);
    metric[0] = cell[0] * cell[0] + cell[1] * cell[1];
    metric[1] = cell[0] * cell[2] + cell[1] * cell[3];
    metric[2] = cell[2] * cell[2] + cell[3] * cell[3];
}

/** Largest principal strain that makes one metric another: square roots of the eigenvalues of other metric^-1. */
static double find_strain(const double *metric, const double *other)
{
    const double det = metric[0] * metric[2] - metric[1] * metric[1];
    const double trace =
        (other[0] * metric[2] - 2 * other[1] * metric[1] + other[2] * metric[0]) / det;
    const double ratio = (other[0] * other[2] - other[1] * other[1]) / det;
    const double root = sqrt(fmax(0, trace * trace / 4 - ratio));

    return fmax(fabs(sqrt(trace / 2 + root) - 1), fabs(sqrt(trace / 2 - root) - 1));
}

/** The common cell, the mean of what both grains make of it. */
static void average(const km_oriented *const grains[2], km_coincidence *c)
{
    double metric[2][3], mean[3];

    for (int g = 0; g < 2; g++) measure(grains[g], c->repeat[g], metric[g]);
    for (int i = 0; i < 3; i++) mean[i] = (metric[0][i] + metric[1][i]) / 2;
    c->plane_bohr[0] = sqrt(mean[0]);
    c->plane_bohr[1] = 0;
    c->plane_bohr[2] = mean[1] / c->plane_bohr[0];
    if (fabs(c->plane_bohr[2]) < 1e-9 * c->plane_bohr[0]) c->plane_bohr[2] = 0;
    c->plane_bohr[3] = sqrt(mean[2] - c->plane_bohr[2] * c->plane_bohr[2]);
    c->strain = fmax(find_strain(metric[0], mean), find_strain(metric[1], mean));
    if (c->strain < 1e-9) c->strain = 0;
}

/** The grains' planes in their common cell, and the sum of their lattices. */
static km_status fit_planes(const km_rational *plane, const km_oriented *const grains[2],
                            km_coincidence *c)
{
    const km_rational unit = km_rational_unit(2);
    const km_rational common = km_lattice_intersect(&unit, plane);
    const km_rational sum = km_lattice_add(&unit, plane), back = km_rational_invert(plane);
    double lower[4], upper[4], to_upper[4], inverse[4], cell[4];

    KM_TRY(km_rational_check(&common));
    KM_TRY(km_rational_check(&sum));
    km_rational_get(&common, lower);
    km_rational_get(&back, to_upper);
    take_plane(grains[0], cell);
    reduce(cell, lower);
    multiply(lower, to_upper, upper);
    for (int i = 0; i < 4; i++) {
        c->repeat[0][i] = lround(lower[i]);
        c->repeat[1][i] = lround(upper[i]);
    }
    average(grains, c);
    km_rational_get(&sum, upper);
    invert(lower, inverse);
    multiply(upper, inverse, c->cnid);
    reduce(c->plane_bohr, c->cnid);
    return KM_OK;
}

static km_status fit_lattices(const km_rational *rotation, km_coincidence *c)
{
    const km_rational unit = km_rational_unit(3), turned = km_rational_transpose(rotation);
    const km_rational csl = km_lattice_intersect(&unit, &turned);
    const km_rational dsc = km_lattice_add(&unit, &turned);

    KM_TRY(km_rational_check(&csl));
    KM_TRY(km_rational_check(&dsc));
    km_rational_get(&csl, c->csl);
    km_rational_get(&dsc, c->dsc);
    return KM_OK;
}

km_status km_coincidence_find(const km_primitive *primitive,
                              const km_misorientation *misorientation, const km_oriented *lower,
                              const km_oriented *upper, km_coincidence *c)
{
    const km_oriented *const grains[2] = {lower, upper};
    km_rational plane;

    *c = (km_coincidence){0};
    KM_TRY(compare_planes(primitive, &misorientation->rotation, lower, upper, &plane));
    KM_TRY(fit_planes(&plane, grains, c));
    return fit_lattices(&misorientation->rotation, c);
}

void km_coincidence_to_common(const km_coincidence *c, int grain, double x, double y,
                              double common[2])
{
    const long *n = c->repeat[grain];
    const double det = (double)(n[0] * n[3] - n[1] * n[2]);

    common[0] = (x * (double)n[3] - y * (double)n[2]) / det;
    common[1] = (-x * (double)n[1] + y * (double)n[0]) / det;
}
