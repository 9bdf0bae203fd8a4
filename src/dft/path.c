#include "kaimen/dft/path.h"

#include "dft/path_plan.h"
#include "kaimen/base/memory.h"
#include "kaimen/base/units.h"

#include <math.h>
#include <string.h>

#define MAX_MARK 32

struct km_path {
    char lattice[24];
    int n_k, n_mark;
    double *k_frac;     /* [n_k][3] */
    double *place_bohr; /* [n_k] */
    km_path_mark mark[MAX_MARK];
};

static double length(const double v[3])
{
    return sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
}

static const km_path_point *find_point(const km_path_plan *p, const char *name, size_t n)
{
    for (int i = 0; i < KM_PATH_MAX_POINT && p->points[i].name; ++i)
        if (strlen(p->points[i].name) == n && !memcmp(p->points[i].name, name, n))
            return &p->points[i];
    return NULL;
}

/* A straight part of a route. */
typedef struct {
    const km_path_point *from, *to;
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

static int list_legs(const km_crystal *crystal, const km_path_plan *p, int vacuum_axis,
                     leg *legs)
{
    const km_path_point *last = NULL, *before = NULL;
    int n = 0;

    for (const char *c = p->route; *c;) {
        const size_t size = strcspn(c, "-|");
        const km_path_point *point = find_point(p, c, size);

        if (last && point && c[-1] == '-' &&
            (vacuum_axis < 0 || (fabs(last->k_frac[vacuum_axis]) < KM_PATH_SAME_POINT &&
                                 fabs(point->k_frac[vacuum_axis]) < KM_PATH_SAME_POINT))) {
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

static void add_mark(km_path *path, const km_path_point *point)
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
    leg legs[MAX_MARK];
    km_status status = KM_OK;
    km_path_plan p;
    int n_leg;

    *out = NULL;
    KM_TRY(KM_CHECK(n_interval > 0, KM_E_ARGUMENT, "a path of %d steps; wanted at least one",
                    n_interval));
    KM_TRY(km_path_plan_find(crystal, &p));
    n_leg = list_legs(crystal, &p, vacuum_axis, legs);
    if (n_leg == 0) {
        p = km_path_plan_general(crystal);
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
