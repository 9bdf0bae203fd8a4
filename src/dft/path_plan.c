#include "dft/path_plan.h"

#include "dft/path_shapes.h"
#include "dft/zone.h"
#include "kaimen/base/units.h"
#include "kaimen/crystal/symmetry.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* Points of lattices that have one shape, in the reciprocal lattice of the conventional cell. */

static const km_path_plan cubic_p = {
    "cubic P",
    "G-X-M-G-R-X|M-R",
    {{"G", {0, 0, 0}}, {"X", {0, 0.5, 0}}, {"M", {0.5, 0.5, 0}}, {"R", {0.5, 0.5, 0.5}}}};
static const km_path_plan cubic_f = {"cubic F",
                                     "G-X-W-K-G-L-U-W-L-K|U-X",
                                     {{"G", {0, 0, 0}},
                                      {"X", {0, 1, 0}},
                                      {"W", {0.5, 1, 0}},
                                      {"K", {0.75, 0.75, 0}},
                                      {"L", {0.5, 0.5, 0.5}},
                                      {"U", {0.25, 1, 0.25}}}};
static const km_path_plan cubic_i = {
    "cubic I",
    "G-H-N-G-P-H|P-N",
    {{"G", {0, 0, 0}}, {"H", {0, 1, 0}}, {"N", {0.5, 0.5, 0}}, {"P", {0.5, 0.5, 0.5}}}};
static const km_path_plan tetragonal_p = {"tetragonal P",
                                          "G-X-M-G-Z-R-A-Z|X-R|M-A",
                                          {{"G", {0, 0, 0}},
                                           {"X", {0, 0.5, 0}},
                                           {"M", {0.5, 0.5, 0}},
                                           {"Z", {0, 0, 0.5}},
                                           {"R", {0, 0.5, 0.5}},
                                           {"A", {0.5, 0.5, 0.5}}}};
static const km_path_plan orthorhombic_p = {"orthorhombic P",
                                            "G-X-S-Y-G-Z-U-R-T-Z|Y-T|U-X|S-R",
                                            {{"G", {0, 0, 0}},
                                             {"X", {0.5, 0, 0}},
                                             {"S", {0.5, 0.5, 0}},
                                             {"Y", {0, 0.5, 0}},
                                             {"Z", {0, 0, 0.5}},
                                             {"U", {0.5, 0, 0.5}},
                                             {"R", {0.5, 0.5, 0.5}},
                                             {"T", {0, 0.5, 0.5}}}};
static const km_path_plan hexagonal = {"hexagonal",
                                       "G-M-K-G-A-L-H-A|L-M|K-H",
                                       {{"G", {0, 0, 0}},
                                        {"M", {0.5, 0, 0}},
                                        {"K", {1.0 / 3, 1.0 / 3, 0}},
                                        {"A", {0, 0, 0.5}},
                                        {"L", {0.5, 0, 0.5}},
                                        {"H", {1.0 / 3, 1.0 / 3, 0.5}}}};

/*
 * Rhombohedral points are known in the primitive cell; its vectors are (2 1 1)/3, (-1 1 1)/3 and (-1 -2 1)/3 in the
 * hexagonal one, whose k follow from a = a1 - a2, b = a2 - a3, c = a1 + a2 + a3.
 */
static void make_hexagonal(km_path_plan *p)
{
    for (int i = 0; i < KM_PATH_MAX_POINT && p->points[i].name; ++i) {
        double *k = p->points[i].k_frac;
        const double h[3] = {k[0] - k[1], k[1] - k[2], k[0] + k[1] + k[2]};

        memcpy(k, h, sizeof h);
    }
}

/* The zone has two shapes: for an angle of the primitive vectors below 90 degrees and above. */
static km_path_plan rhombohedral(double a, double c)
{
    const double cosine = (2 * c * c - 3 * a * a) / (2 * (c * c + 3 * a * a));
    km_path_plan p;

    if (cosine > 0) {
        const double e = (1 + 4 * cosine) / (2 + 4 * cosine), v = 0.75 - e / 2;

        p = (km_path_plan){"rhombohedral 1",
                           "G-L-B1|B-Z-G-X|Q-F-P1-Z|L-P",
                           {{"G", {0, 0, 0}},
                            {"L", {0.5, 0, 0}},
                            {"B1", {0.5, 1 - e, e - 1}},
                            {"B", {e, 0.5, 1 - e}},
                            {"Z", {0.5, 0.5, 0.5}},
                            {"X", {v, 0, -v}},
                            {"Q", {1 - v, v, 0}},
                            {"F", {0.5, 0.5, 0}},
                            {"P1", {1 - v, 1 - v, 1 - e}},
                            {"P", {e, v, v}}}};
    } else {
        /* tan^2(x/2) = (1 - cos x) / (1 + cos x) */
        const double e = (1 + cosine) / (2 * (1 - cosine)), v = 0.75 - e / 2;

        p = (km_path_plan){"rhombohedral 2",
                           "G-P-Z-Q-G-F-P1-Q1-L-Z",
                           {{"G", {0, 0, 0}},
                            {"P", {1 - v, -v, 1 - v}},
                            {"Z", {0.5, -0.5, 0.5}},
                            {"Q", {e, e, e}},
                            {"F", {0.5, -0.5, 0}},
                            {"P1", {v, v - 1, v - 1}},
                            {"Q1", {1 - e, -e, -e}},
                            {"L", {0.5, 0, 0}}}};
    }
    make_hexagonal(&p);
    return p;
}

static double dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* The conventional cell of the source: its vectors v, and R with s_i = sum_m v_m R_mi for the vectors s of spglib's. */
typedef struct {
    double v[3][3];
    int r[3][3];
    double q[3][3]; /* primitive vectors p_m = sum_n q_mn v_n */
} axes;

static axes take_axes(const double *conventional, int first, int second, int third)
{
    const int order[3] = {first, second, third};
    axes x = {0};

    for (int m = 0; m < 3; ++m) {
        memcpy(x.v[m], conventional + 3 * order[m], sizeof x.v[m]);
        x.r[m][order[m]] = 1;
    }
    return x;
}

static void swap_axes(axes *x, int m, int n)
{
    for (int i = 0; i < 3; ++i) {
        const double v = x->v[m][i];
        const int r = x->r[m][i];

        x->v[m][i] = x->v[n][i];
        x->v[n][i] = v;
        x->r[m][i] = x->r[n][i];
        x->r[n][i] = r;
    }
}

/* v_m -= step n v_n, n as it makes v_m shortest; whether that changed it. */
static bool shorten(axes *x, int m, int n, int step)
{
    const int times =
        step * (int)lround(dot(x->v[m], x->v[n]) / (step * dot(x->v[n], x->v[n])) - 1e-9);

    for (int i = 0; i < 3; ++i) {
        x->v[m][i] -= times * x->v[n][i];
        x->r[n][i] += times * x->r[m][i];
    }
    return times != 0;
}

static void sort_axes(axes *x, int n)
{
    for (int i = 0; i < n; ++i)
        for (int m = 0; m + 1 < n; ++m)
            if (dot(x->v[m], x->v[m]) > dot(x->v[m + 1], x->v[m + 1])) swap_axes(x, m, m + 1);
}

static axes orthorhombic_axes(const double *conventional, char centring)
{
    /* The centred face is that of the first two. */
    axes x =
        centring == 'A' ? take_axes(conventional, 1, 2, 0) : take_axes(conventional, 0, 1, 2);

    sort_axes(&x, centring == 'A' || centring == 'C' ? 2 : 3);
    return x;
}

/* The unique axis first, the others as short as can be at an acute angle; the second stays that of the centred face. */
static axes monoclinic_axes(const double *conventional, char centring)
{
    axes x = take_axes(conventional, 1, 0, 2);

    if (centring == 'P') {
        do {
            if (dot(x.v[1], x.v[1]) > dot(x.v[2], x.v[2])) swap_axes(&x, 1, 2);
        } while (shorten(&x, 2, 1, 1));
    } else {
        while (shorten(&x, 2, 1, 1) || shorten(&x, 1, 2, 2)) {
        }
    }
    if (dot(x.v[1], x.v[2]) < 0)
        for (int i = 0; i < 3; ++i) {
            x.v[2][i] = -x.v[2][i];
            x.r[2][i] = -x.r[2][i];
        }
    return x;
}

static void choose_primitive(axes *x, bool is_monoclinic, char centring)
{
    static const double body[9] = {-1, 1, 1, 1, -1, 1, 1, 1, -1};
    static const double face[9] = {0, 1, 1, 1, 0, 1, 1, 1, 0};
    static const double side[9] = {1, -1, 0, 1, 1, 0, 0, 0, 2};
    static const double monoclinic[9] = {1, 1, 0, -1, 1, 0, 0, 0, 2};
    static const double whole[9] = {2, 0, 0, 0, 2, 0, 0, 0, 2};
    const double *from = centring == 'I'   ? body
                         : centring == 'F' ? face
                         : centring == 'P' ? whole
                         : is_monoclinic   ? monoclinic
                                           : side;

    for (int i = 0; i < 9; ++i) x->q[i / 3][i % 3] = 0.5 * from[i];
}

static void cross(const double a[3], const double b[3], double c[3])
{
    for (int i = 0; i < 3; ++i)
        c[i] = a[(i + 1) % 3] * b[(i + 2) % 3] - a[(i + 2) % 3] * b[(i + 1) % 3];
}

/* Rows to reciprocal rows, without 2 pi, [3][3]. */
static void reciprocate(const double *m, double *out)
{
    double volume;

    for (int i = 0; i < 3; ++i)
        cross(m + 3 * ((i + 1) % 3), m + 3 * ((i + 2) % 3), out + 3 * i);
    volume = dot(m, out);
    for (int i = 0; i < 9; ++i) out[i] /= volume;
}

/* Formulas of the source hold for most lattices of a shape, not for all: then points leave the zone. */
static bool is_in_zone(const axes *x, const km_path_plan *p)
{
    double cell[9] = {0}, reciprocal[9];

    for (int m = 0; m < 3; ++m)
        for (int i = 0; i < 9; ++i) cell[3 * m + i % 3] += x->q[m][i / 3] * x->v[i / 3][i % 3];
    reciprocate(cell, reciprocal);
    for (int i = 0; i < 9; ++i) reciprocal[i] *= 2 * KM_PI;
    for (int i = 0; i < KM_PATH_MAX_POINT && p->points[i].name; ++i)
        if (!km_zone_holds(cell, reciprocal, p->points[i].k_frac)) return false;
    return true;
}

/* From the primitive cell of the source, k.p_m = sum_n q_mn k.v_n, to its conventional one and to spglib's. */
static void leave_primitive(const axes *x, km_path_plan *p)
{
    double inverse[9]; /* transposed */

    reciprocate(&x->q[0][0], inverse);
    for (int i = 0; i < KM_PATH_MAX_POINT && p->points[i].name; ++i) {
        double *k = p->points[i].k_frac, v[3] = {0}, s[3] = {0};

        for (int m = 0; m < 9; ++m) v[m % 3] += inverse[m] * k[m / 3];
        for (int m = 0; m < 9; ++m) s[m % 3] += v[m / 3] * x->r[m / 3][m % 3];
        memcpy(k, s, sizeof s);
    }
}

/* Lattices whose zone has several shapes; no route where the formulas fail. */
static km_path_plan shaped_plan(const double *conventional, int number, char centring)
{
    axes x = number < 16   ? monoclinic_axes(conventional, centring)
             : number < 75 ? orthorhombic_axes(conventional, centring)
                           : take_axes(conventional, 0, 1, 2);
    km_path_plan p;

    if (number < 16)
        p = km_path_monoclinic(&x.v[0][0], centring);
    else if (number < 75)
        p = km_path_orthorhombic(&x.v[0][0], centring);
    else
        p = km_path_tetragonal(&x.v[0][0]);
    choose_primitive(&x, number < 16, centring);
    if (!is_in_zone(&x, &p)) return (km_path_plan){0};
    leave_primitive(&x, &p);
    return p;
}

/* No route where the lattice has no path of its own. */
static km_status find_plan(const km_crystal *crystal, int number, char centring,
                           km_path_plan *p)
{
    km_crystal *conventional = NULL;
    const double *cell;

    *p = (km_path_plan){0};
    if (number < 3) return KM_OK;
    KM_TRY(km_symmetry_find_conventional(crystal, KM_SYMMETRY_TOLERANCE_BOHR, &conventional));
    cell = km_crystal_cell_bohr(conventional);
    if (number >= 195)
        *p = centring == 'F' ? cubic_f : centring == 'I' ? cubic_i : cubic_p;
    else if (number >= 143)
        *p = centring == 'R'
                 ? rhombohedral(sqrt(dot(cell, cell)), sqrt(dot(cell + 6, cell + 6)))
                 : hexagonal;
    else if (number >= 75 && centring == 'P')
        *p = tetragonal_p;
    else if (number >= 16 && centring == 'P')
        *p = orthorhombic_p;
    else
        *p = shaped_plan(cell, number, centring);
    km_crystal_destroy(&conventional);
    return KM_OK;
}

/* From the conventional cell to the crystal's: its vectors are a_j = sum_i s_i T_ij, and so is k. */
static void transform(const double transformation[9], km_path_plan *p)
{
    for (int i = 0; i < KM_PATH_MAX_POINT && p->points[i].name; ++i) {
        double *k = p->points[i].k_frac, own[3] = {0};

        for (int j = 0; j < 9; ++j) own[j % 3] += transformation[j] * k[j / 3];
        memcpy(k, own, sizeof own);
    }
}

/* Each point where it lies on the zone of the cell. */
km_path_plan km_path_plan_general(const km_crystal *crystal)
{
    /* By which of the three coordinates are halves. */
    static const char *const names[] = {"G", "X", "Y", "L", "Z", "N", "M", "R"};
    double zone[3 * KM_ZONE_MAX_POINT];
    const int n = km_zone_find_points(km_crystal_cell_bohr(crystal),
                                      km_crystal_reciprocal_bohr(crystal), zone);
    km_path_plan p = {"general", "X-G-Y|L-G-Z|N-G-M|R-G", {{"G", {0, 0, 0}}}};

    for (int i = 0; i < n; ++i) {
        const double *k = zone + 3 * i;
        bool is_half = true;
        int which = 0;

        for (int a = 0; a < 3; ++a) {
            is_half = is_half && fabs(2 * k[a] - round(2 * k[a])) < KM_PATH_SAME_POINT;
            which += (lround(2 * k[a]) & 1) ? 1 << a : 0;
        }
        if (!is_half || p.points[which].name) continue;
        p.points[which].name = names[which];
        memcpy(p.points[which].k_frac, k, 3 * sizeof *k);
    }
    return p;
}

km_status km_path_plan_find(const km_crystal *crystal, km_path_plan *plan)
{
    double transformation[9];
    char centring;
    int number;

    KM_TRY(km_symmetry_find_setting(crystal, KM_SYMMETRY_TOLERANCE_BOHR, &number, &centring,
                                    transformation));
    KM_TRY(find_plan(crystal, number, centring, plan));
    if (plan->route)
        transform(transformation, plan);
    else
        *plan = km_path_plan_general(crystal);
    return KM_OK;
}
