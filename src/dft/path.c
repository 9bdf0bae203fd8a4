#include "kaimen/dft/path.h"

#include "dft/zone.h"
#include "kaimen/base/memory.h"
#include "kaimen/base/units.h"
#include "kaimen/crystal/symmetry.h"

#include <math.h>
#include <string.h>

#define MAX_NAMED 12
#define MAX_MARK 24
/* Fractional coordinates that differ by less are equal. */
#define SAME_POINT 1e-4

typedef struct {
    const char *name;
    double k_frac[3];
} named_point;

/* Points in the reciprocal lattice of the conventional cell; '|' breaks the route. */
typedef struct {
    const char *lattice;
    const char *route;
    named_point points[MAX_NAMED];
} plan;

struct km_path {
    char lattice[16];
    int n_k, n_mark;
    double *k_frac;     /* [n_k][3] */
    double *place_bohr; /* [n_k] */
    km_path_mark mark[MAX_MARK];
};

static const plan cubic_p = {
    "cubic P",
    "G-X-M-G-R-X|M-R",
    {{"G", {0, 0, 0}}, {"X", {0, 0.5, 0}}, {"M", {0.5, 0.5, 0}}, {"R", {0.5, 0.5, 0.5}}}};
static const plan cubic_f = {"cubic F",
                             "G-X-W-K-G-L-U-W-L-K|U-X",
                             {{"G", {0, 0, 0}},
                              {"X", {0, 1, 0}},
                              {"W", {0.5, 1, 0}},
                              {"K", {0.75, 0.75, 0}},
                              {"L", {0.5, 0.5, 0.5}},
                              {"U", {0.25, 1, 0.25}}}};
static const plan cubic_i = {
    "cubic I",
    "G-H-N-G-P-H|P-N",
    {{"G", {0, 0, 0}}, {"H", {0, 1, 0}}, {"N", {0.5, 0.5, 0}}, {"P", {0.5, 0.5, 0.5}}}};
static const plan tetragonal_p = {"tetragonal P",
                                  "G-X-M-G-Z-R-A-Z|X-R|M-A",
                                  {{"G", {0, 0, 0}},
                                   {"X", {0, 0.5, 0}},
                                   {"M", {0.5, 0.5, 0}},
                                   {"Z", {0, 0, 0.5}},
                                   {"R", {0, 0.5, 0.5}},
                                   {"A", {0.5, 0.5, 0.5}}}};
static const plan orthorhombic_p = {"orthorhombic P",
                                    "G-X-S-Y-G-Z-U-R-T-Z|Y-T|U-X|S-R",
                                    {{"G", {0, 0, 0}},
                                     {"X", {0.5, 0, 0}},
                                     {"S", {0.5, 0.5, 0}},
                                     {"Y", {0, 0.5, 0}},
                                     {"Z", {0, 0, 0.5}},
                                     {"U", {0.5, 0, 0.5}},
                                     {"R", {0.5, 0.5, 0.5}},
                                     {"T", {0, 0.5, 0.5}}}};
static const plan hexagonal = {"hexagonal",
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
static void make_hexagonal(plan *p)
{
    for (int i = 0; i < MAX_NAMED && p->points[i].name; ++i) {
        double *k = p->points[i].k_frac;
        const double h[3] = {k[0] - k[1], k[1] - k[2], k[0] + k[1] + k[2]};

        memcpy(k, h, sizeof h);
    }
}

/* The zone has two shapes: for an angle of the primitive vectors below 90 degrees and above. */
static plan rhombohedral(double a, double c)
{
    const double cosine = (2 * c * c - 3 * a * a) / (2 * (c * c + 3 * a * a));
    plan p;

    if (cosine > 0) {
        const double e = (1 + 4 * cosine) / (2 + 4 * cosine), v = 0.75 - e / 2;

        p = (plan){"rhombohedral 1",
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

        p = (plan){"rhombohedral 2",
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

/* Gamma and the seven other points with 2k in the lattice, each where it lies on the zone of the cell. */
static plan general(const km_crystal *crystal)
{
    /* By which of the three coordinates are halves. */
    static const char *const names[] = {"G", "X", "Y", "L", "Z", "N", "M", "R"};
    double zone[3 * KM_ZONE_MAX_POINT];
    const int n = km_zone_find_points(km_crystal_cell_bohr(crystal),
                                      km_crystal_reciprocal_bohr(crystal), zone);
    plan p = {"general", "X-G-Y|L-G-Z|N-G-M|R-G", {{"G", {0, 0, 0}}}};

    for (int i = 0; i < n; ++i) {
        const double *k = zone + 3 * i;
        bool is_half = true;
        int which = 0;

        for (int a = 0; a < 3; ++a) {
            is_half = is_half && fabs(2 * k[a] - round(2 * k[a])) < SAME_POINT;
            which += (lround(2 * k[a]) & 1) ? 1 << a : 0;
        }
        if (!is_half || p.points[which].name) continue;
        p.points[which].name = names[which];
        memcpy(p.points[which].k_frac, k, 3 * sizeof *k);
    }
    return p;
}

static double length(const double v[3])
{
    return sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
}

/* false: the lattice has no standard path here. */
static km_status find_plan(const km_crystal *crystal, int number, char centring, plan *p,
                           bool *is_found)
{
    km_crystal *conventional = NULL;
    const double *cell;

    *is_found = true;
    if (number >= 195)
        *p = centring == 'F' ? cubic_f : centring == 'I' ? cubic_i : cubic_p;
    else if (number >= 143 && centring == 'R') {
        KM_TRY(
            km_symmetry_find_conventional(crystal, KM_SYMMETRY_TOLERANCE_BOHR, &conventional));
        cell = km_crystal_cell_bohr(conventional);
        *p = rhombohedral(length(cell), length(cell + 6));
        km_crystal_destroy(&conventional);
    } else if (number >= 143)
        *p = hexagonal;
    else if (number >= 75 && centring == 'P')
        *p = tetragonal_p;
    else if (number >= 16 && number < 75 && centring == 'P')
        *p = orthorhombic_p;
    else
        *is_found = false;
    return KM_OK;
}

/* From the conventional cell to the crystal's: its vectors are a_j = sum_i s_i T_ij, and so is k. */
static void transform(const double transformation[9], plan *p)
{
    for (int i = 0; i < MAX_NAMED && p->points[i].name; ++i) {
        double *k = p->points[i].k_frac, own[3] = {0};

        for (int j = 0; j < 9; ++j) own[j % 3] += transformation[j] * k[j / 3];
        memcpy(k, own, sizeof own);
    }
}

static const named_point *find_point(const plan *p, const char *name, size_t n)
{
    for (int i = 0; i < MAX_NAMED && p->points[i].name; ++i)
        if (strlen(p->points[i].name) == n && !memcmp(p->points[i].name, name, n))
            return &p->points[i];
    return NULL;
}

/* A straight part of a route. */
typedef struct {
    const named_point *from, *to;
    double length_bohr;
    bool is_start; /* the part before ends elsewhere */
} leg;

static double distance_bohr(const km_crystal *crystal, const double *a, const double *b)
{
    const double *reciprocal = km_crystal_reciprocal_bohr(crystal);
    double d[3] = {0};

    for (int i = 0; i < 9; ++i) d[i % 3] += (b[i / 3] - a[i / 3]) * reciprocal[i];
    return length(d);
}

static int list_legs(const km_crystal *crystal, const plan *p, int vacuum_axis, leg *legs)
{
    const named_point *last = NULL, *before = NULL;
    int n = 0;

    for (const char *c = p->route; *c;) {
        const size_t size = strcspn(c, "-|");
        const named_point *point = find_point(p, c, size);

        if (last && point && c[-1] == '-' &&
            (vacuum_axis < 0 || (fabs(last->k_frac[vacuum_axis]) < SAME_POINT &&
                                 fabs(point->k_frac[vacuum_axis]) < SAME_POINT))) {
            legs[n++] = (leg){last, point, distance_bohr(crystal, last->k_frac, point->k_frac),
                              last != before};
            before = point;
        }
        last = point;
        c += size;
        if (*c) ++c;
    }
    return n;
}

static void add_mark(km_path *path, const named_point *point)
{
    km_path_mark *mark = &path->mark[path->n_mark++];

    memcpy(mark->name, point->name, strlen(point->name) + 1);
    mark->ik = path->n_k - 1;
}

static void add_point(km_path *path, const leg *l, double fraction, double place_bohr)
{
    for (int a = 0; a < 3; ++a)
        path->k_frac[3 * path->n_k + a] =
            l->from->k_frac[a] + fraction * (l->to->k_frac[a] - l->from->k_frac[a]);
    path->place_bohr[path->n_k++] = place_bohr;
}

/* Steps of a leg when the whole path has about n_interval. */
static int count_steps(const leg *l, double total_bohr, int n_interval)
{
    const int n = (int)ceil(l->length_bohr / total_bohr * n_interval - 1e-6);

    return n > 1 ? n : 1;
}

static km_status follow(const leg *legs, int n_leg, int n_interval, km_path *path)
{
    double total_bohr = 0, place_bohr = 0;

    for (int i = 0; i < n_leg; ++i) total_bohr += legs[i].length_bohr;
    KM_TRY(KM_ALLOC(path->k_frac, 3 * (n_interval + 2 * n_leg)));
    KM_TRY(KM_ALLOC(path->place_bohr, n_interval + 2 * n_leg));
    for (int i = 0; i < n_leg; ++i) {
        const leg *l = &legs[i];
        const int n = count_steps(l, total_bohr, n_interval);

        if (l->is_start) {
            add_point(path, l, 0, place_bohr);
            add_mark(path, l->from);
        }
        for (int j = 1; j <= n; ++j)
            add_point(path, l, (double)j / n, place_bohr + l->length_bohr * j / n);
        place_bohr += l->length_bohr;
        add_mark(path, l->to);
    }
    return KM_OK;
}

km_status km_path_create(const km_crystal *crystal, int vacuum_axis, int n_interval,
                         km_path **out)
{
    km_path *path = NULL;
    double transformation[9];
    leg legs[MAX_MARK];
    km_status status = KM_OK;
    bool is_found;
    int number, n_leg = 0;
    char centring;
    plan p;

    *out = NULL;
    KM_TRY(KM_CHECK(n_interval > 0, KM_E_ARGUMENT, "a path of %d steps; wanted at least one",
                    n_interval));
    KM_TRY(km_symmetry_find_setting(crystal, KM_SYMMETRY_TOLERANCE_BOHR, &number, &centring,
                                    transformation));
    KM_TRY(find_plan(crystal, number, centring, &p, &is_found));
    if (is_found) {
        transform(transformation, &p);
        n_leg = list_legs(crystal, &p, vacuum_axis, legs);
    }
    if (n_leg == 0) {
        p = general(crystal);
        n_leg = list_legs(crystal, &p, vacuum_axis, legs);
    }
    KM_TRY(KM_ALLOC(path, 1));
    memcpy(path->lattice, p.lattice, strlen(p.lattice) + 1);
    KM_TRY_TO(fail, follow(legs, n_leg, n_interval, path));
    *out = path;
    return KM_OK;
fail:
    km_path_destroy(&path);
    return status;
}

void km_path_destroy(km_path **path)
{
    if (!*path) return;
    KM_FREE((*path)->k_frac);
    KM_FREE((*path)->place_bohr);
    KM_FREE(*path);
}

const double *km_path_k_frac(const km_path *path, int *n_k)
{
    *n_k = path->n_k;
    return path->k_frac;
}

const double *km_path_place_bohr(const km_path *path)
{
    return path->place_bohr;
}

const km_path_mark *km_path_marks(const km_path *path, int *n_mark)
{
    *n_mark = path->n_mark;
    return path->mark;
}

const char *km_path_lattice(const km_path *path)
{
    return path->lattice;
}
