#include "builder/misorientation.h"

#include "builder/matrix3.h"
#include "builder/miller.h"
#include "kaimen/base/units.h"

#include <stdlib.h>

/* Largest x and y of a rotation, and largest p and q of a ratio, that are tried. */
#define MAX_TURN 60
#define MAX_RATIO 16

/* Largest index of a plane of the upper grain. */
#define MAX_INDEX 999

typedef enum { CUBIC, TETRAGONAL, HEXAGONAL } crystal_system;

static km_status find_system(const km_primitive *primitive, crystal_system *system)
{
    const int number = km_symmetry_number(primitive->conventional);

    *system = number >= 195 ? CUBIC : number >= 143 ? HEXAGONAL : TETRAGONAL;
    return KM_CHECK(
        number >= 75, KM_E_INPUT,
        "space group %s: coincidence lattices are built of cubic, tetragonal, trigonal "
        "and hexagonal crystals",
        km_symmetry_symbol(primitive->conventional));
}

/** Metric of the conventional cell in units of a^2, or of a^2/2 in a hexagonal one, times q. */
static km_rational make_metric(crystal_system system, int p, int q)
{
    const long all[3][9] = {{1, 0, 0, 0, 1, 0, 0, 0, 1},
                            {q, 0, 0, 0, q, 0, 0, 0, p},
                            {2 * q, -q, 0, -q, 2 * q, 0, 0, 0, 2 * p}};

    return km_rational_make(3, all[system], 1);
}

/** c/a as the crystal has it. */
static double find_axis_ratio(const km_primitive *primitive)
{
    double inverse[9], transposed[9], part[9], metric[9];

    km_matrix3_invert(primitive->basis, inverse);
    km_matrix3_transpose(inverse, transposed);
    km_matrix3_multiply(inverse, primitive->metric, part);
    km_matrix3_multiply(part, transposed, metric);
    return sqrt(metric[8] / metric[0]);
}

/** Cofactors of the metric: det G times its inverse, without a common divisor that its denominator tells. */
static km_rational find_cofactors(const km_rational *metric, long *determinant)
{
    km_rational inverse = km_rational_invert(metric);

    *determinant = lround(km_rational_determinant(metric));
    for (int i = 0; i < 9; ++i) inverse.num[i] *= *determinant / inverse.den;
    inverse.den = 1;
    return inverse;
}

/** 180 degrees about the normal of a plane: 2 n h / (h.n) - 1, n = cof(G) h. */
static km_rational make_twin(const km_rational *metric, const int plane[3])
{
    long determinant, n[3] = {0}, product = 0, turned[9];
    const km_rational cofactors = find_cofactors(metric, &determinant);

    for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 3; ++j) n[i] += cofactors.num[3 * i + j] * plane[j];
    for (int i = 0; i < 3; ++i) product += n[i] * plane[i];
    for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 3; ++j)
            turned[3 * i + j] = 2 * n[i] * plane[j] - (i == j ? product : 0);
    return km_rational_make(3, turned, product);
}

/**
 * Rodrigues' rotation with A = cof(G) [u]x, the cross product u x v being A v / sqrt(det G):
 * 1 + (2 x y D A + 2 y^2 A^2) / (D (x^2 D + y^2 u.G.u)), D = det G.
 */
static km_rational make_rotation(const km_rational *metric, const int u[3], long x, long y)
{
    const long cross[9] = {0, -u[2], u[1], u[2], 0, -u[0], -u[1], u[0], 0};
    const km_rational times_u = km_rational_make(3, cross, 1);
    long determinant, square = 0, turned[9];
    const km_rational cofactors = find_cofactors(metric, &determinant);
    const km_rational a = km_rational_multiply(&cofactors, &times_u);
    const km_rational a2 = km_rational_multiply(&a, &a);
    long den;

    for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 3; ++j) square += u[i] * metric->num[3 * i + j] * u[j];
    den = determinant * (x * x * determinant + y * y * square);
    for (int i = 0; i < 9; ++i)
        turned[i] =
            2 * x * y * determinant * a.num[i] + 2 * y * y * a2.num[i] + (i % 4 == 0 ? den : 0);
    return km_rational_make(3, turned, den);
}

/** The same rotation in the primitive basis: P^-T R P^T, the rows of P being primitive vectors. */
static km_rational to_primitive(const km_primitive *primitive, const km_rational *rotation)
{
    const km_rational basis = km_rational_round(3, primitive->basis, 6);
    const km_rational to_conventional = km_rational_transpose(&basis);
    const km_rational back = km_rational_invert(&to_conventional);
    const km_rational part = km_rational_multiply(rotation, &to_conventional);

    return km_rational_multiply(&back, &part);
}

/** The plane h as the upper grain names it, h R, without common divisor; false where its indices are too large. */
static bool turn_plane(const km_rational *rotation, const int h[3], int turned[3])
{
    long sum[3] = {0}, divisor = 0;

    for (int j = 0; j < 3; ++j) {
        for (int i = 0; i < 3; ++i) sum[j] += h[i] * rotation->num[3 * i + j];
        for (long a = labs(sum[j]), rest; a; a = rest) {
            rest = divisor % a;
            divisor = a;
        }
    }
    for (int j = 0; j < 3; ++j) {
        if (labs(sum[j] / divisor) > MAX_INDEX) return false;
        turned[j] = (int)(sum[j] / divisor);
    }
    return true;
}

/** Whether c/a matters: the axis is neither c nor, of a twin, perpendicular to a plane along or across c. */
static bool needs_ratio(crystal_system system, const km_misorientation_request *r)
{
    if (system == CUBIC) return false;
    if (r->sigma == 0) return !(r->plane[2] == 0 || (r->plane[0] == 0 && r->plane[1] == 0));
    return r->axis[0] != 0 || r->axis[1] != 0;
}

/** Whether a is better than b. */
static bool is_better(const km_misorientation *a, const km_misorientation *b)
{
    if (b->sigma == 0) return true;
    if (a->is_symmetric != b->is_symmetric) return a->is_symmetric;
    if (fabs(a->strain - b->strain) > 1e-9) return a->strain < b->strain;
    if (fabs(a->angle_deg - b->angle_deg) > 1e-9) return a->angle_deg < b->angle_deg;
    return false;
}

/** Look at a rotation, and keep it where it is what is asked for and the best so far. */
static void consider(const km_primitive *primitive, const km_misorientation_request *request,
                     const km_rational *rotation, km_misorientation trial,
                     km_misorientation *best)
{
    double trace = 0;
    long sigma;

    trial.rotation = to_primitive(primitive, rotation);
    sigma = km_rational_clear(&trial.rotation);
    if (sigma <= 0 || sigma > 1000000 || (request->sigma > 0 && sigma != request->sigma))
        return;
    /* Of twins, the smallest Sigma within the strain limit. */
    if (request->sigma == 0 && best->sigma > 0 && sigma >= best->sigma) return;
    trial.sigma = (int)sigma;
    for (int i = 0; i < 3; ++i) trace += (double)rotation->num[4 * i] / (double)rotation->den;
    trial.angle_deg = acos(fmax(-1, fmin(1, (trace - 1) / 2))) * 180 / KM_PI;
    if (!turn_plane(rotation, request->plane, trial.plane_2)) return;
    trial.is_symmetric =
        km_miller_is_equivalent(primitive->conventional, request->plane, trial.plane_2);
    if (km_miller_largest(request->plane_2) > 0 &&
        !km_miller_is_equivalent(primitive->conventional, request->plane_2, trial.plane_2))
        return;
    if (request->sigma == 0 || is_better(&trial, best)) *best = trial;
}

static void consider_ratio(const km_primitive *primitive,
                           const km_misorientation_request *request, const km_rational *metric,
                           km_misorientation trial, km_misorientation *best)
{
    if (request->sigma == 0) {
        const km_rational twin = make_twin(metric, request->plane);

        consider(primitive, request, &twin, trial, best);
        return;
    }
    for (int x = 0; x <= MAX_TURN; ++x)
        for (int y = -MAX_TURN; y <= MAX_TURN; ++y) {
            const int pair[3] = {x, y, 0};

            if (y == 0 || km_miller_divisor(pair) != 1) continue;
            const km_rational rotation = make_rotation(metric, request->axis, x, y);

            consider(primitive, request, &rotation, trial, best);
        }
}

static km_status check_request(const km_misorientation_request *r)
{
    KM_TRY(KM_CHECK(km_miller_divisor(r->plane) == 1, KM_E_INPUT,
                    "plane (%d %d %d): wanted indices without common divisor, not all 0",
                    r->plane[0], r->plane[1], r->plane[2]));
    KM_TRY(KM_CHECK(r->sigma >= 0 && r->sigma <= 9999, KM_E_INPUT,
                    "sigma = %d; wanted 0 to 9999", r->sigma));
    return KM_CHECK(
        r->sigma == 0 || km_miller_divisor(r->axis) == 1, KM_E_INPUT,
        "axis [%d %d %d] of sigma %d: wanted indices without common divisor, not all 0",
        r->axis[0], r->axis[1], r->axis[2], r->sigma);
}

km_status km_misorientation_find(const km_primitive *primitive,
                                 const km_misorientation_request *request,
                                 km_misorientation *found)
{
    crystal_system system;
    double own;

    *found = (km_misorientation){0};
    KM_TRY(check_request(request));
    KM_TRY(find_system(primitive, &system));
    own = find_axis_ratio(primitive);
    for (int q = 1; q <= MAX_RATIO; ++q)
        for (int p = 1; p <= 8 * MAX_RATIO; ++p) {
            const bool is_needed = needs_ratio(system, request);
            const int pair[3] = {p, q, 0};
            km_misorientation trial = {.ratio = {p, q}};
            km_rational metric;

            if (km_miller_divisor(pair) != 1 || (!is_needed && (p > 1 || q > 1))) continue;
            if (is_needed) trial.strain = fabs(sqrt((double)p / q) / own - 1);
            if (trial.strain > request->strain_limit) continue;
            metric = make_metric(system, p, q);
            consider_ratio(primitive, request, &metric, trial, found);
        }
    return KM_CHECK(
        found->sigma > 0, KM_E_INPUT,
        "no rotation about [%d %d %d] has sigma %d on plane (%d %d %d) with c/a = %.4f "
        "strained by %g at most",
        request->axis[0], request->axis[1], request->axis[2], request->sigma, request->plane[0],
        request->plane[1], request->plane[2], own, request->strain_limit);
}
