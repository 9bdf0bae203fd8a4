/* Rigid shifts of a bicrystal on a grid, and the symmetries that make some of them equal. */
#include "kaimen/base/memory.h"
#include "kaimen/builder/grain_boundary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Atoms within this, in bohr, coincide; a matrix within the other keeps a metric. */
#define MATCH_BOHR 1e-3
#define SAME_METRIC 1e-6

#define MAX_OPERATION 24
#define MAX_POINT 4000000

/* t -> matrix t + offset, fractions of the common cell. */
typedef struct {
    double matrix[4], offset[2];
} operation;

typedef struct {
    int n;
    operation op[MAX_OPERATION];
} group;

static void apply(const double *m, const double *t, double *image)
{
    image[0] = m[0] * t[0] + m[1] * t[1];
    image[1] = m[2] * t[0] + m[3] * t[1];
}

static double wrap(double x)
{
    return x - round(x);
}

static double length(const km_bicrystal *b, double x, double y)
{
    return hypot(x * b->plane_bohr[0] + y * b->plane_bohr[2],
                 x * b->plane_bohr[1] + y * b->plane_bohr[3]);
}

/* Distance along the plane, small enough for the nearest image to be the wrapped one. */
static bool coincides(const km_bicrystal *b, double x, double y)
{
    return length(b, wrap(x), wrap(y)) < MATCH_BOHR;
}

/* Whether one grain, turned, moved by u and with heights times sign, is the other. */
static bool is_image(const km_bicrystal *b, const double *m, double sign, const km_grain *from,
                     const km_grain *to, const double *u)
{
    for (int i = 0; i < from->n_atom; ++i) {
        const double *p = from->place + 3 * i;
        double q[2];
        bool is_found = false;

        apply(m, p, q);
        for (int j = 0; j < to->n_atom && !is_found; ++j) {
            const double *r = to->place + 3 * j;

            is_found = to->z[j] == from->z[i] && fabs(r[2] - sign * p[2]) < MATCH_BOHR &&
                       coincides(b, q[0] - r[0] - u[0], q[1] - r[1] - u[1]);
        }
        if (!is_found) return false;
    }
    return true;
}

/* u with (matrix, sign) from = to + u, among the ways from the first atom's image to any atom. */
static bool find_image(const km_bicrystal *b, const double *m, double sign,
                       const km_grain *from, const km_grain *to, double *u)
{
    double q[2];

    if (from->n_atom != to->n_atom) return false;
    apply(m, from->place, q);
    for (int j = 0; j < to->n_atom; ++j) {
        const double *r = to->place + 3 * j;

        if (to->z[j] != from->z[0] || fabs(r[2] - sign * from->place[2]) > MATCH_BOHR) continue;
        u[0] = q[0] - r[0];
        u[1] = q[1] - r[1];
        if (is_image(b, m, sign, from, to, u)) return true;
    }
    return false;
}

/* Whether a matrix in the basis of the common cell is an isometry. */
static bool keeps_metric(const km_bicrystal *b, const double *m)
{
    const double *p = b->plane_bohr;
    const double metric[3] = {p[0] * p[0], p[0] * p[2], p[2] * p[2] + p[3] * p[3]};
    double image[3];

    for (int k = 0; k < 3; ++k) {
        const double *c = m + (k == 2), *d = m + (k > 0); /* columns of the matrix */

        image[k] = c[0] * d[0] * metric[0] + (c[0] * d[2] + c[2] * d[0]) * metric[1] +
                   c[2] * d[2] * metric[2];
        if (fabs(image[k] - metric[k]) > SAME_METRIC * (metric[0] + metric[2])) return false;
    }
    return true;
}

/*
 * A shift t means the upper grain's middle at t. An isometry (m, +1) that keeps both grains makes it m t + w_2 - w_1; one, (m, -1),
 * that exchanges them makes it -m t + u_1 - u_2, u_1 being the way of the lower grain's image from the upper grain.
 */
static void add_operations(const km_bicrystal *b, const double *m, group *g)
{
    const km_grain *lower = b->grain, *upper = b->grain + 1;
    double u[2][2];
    operation *op = g->op + g->n;

    if (find_image(b, m, 1, lower, lower, u[0]) && find_image(b, m, 1, upper, upper, u[1])) {
        memcpy(op->matrix, m, sizeof op->matrix);
        for (int i = 0; i < 2; ++i) op->offset[i] = u[1][i] - u[0][i];
        op = g->op + ++g->n;
    }
    if (find_image(b, m, -1, lower, upper, u[0]) && find_image(b, m, -1, upper, lower, u[1])) {
        for (int i = 0; i < 4; ++i) op->matrix[i] = -m[i];
        for (int i = 0; i < 2; ++i) op->offset[i] = u[0][i] - u[1][i];
        ++g->n;
    }
}

/* All isometries of the common cell's lattice have entries -1, 0 or 1, the cell being reduced: at most 12 of them. */
static void find_group(const km_bicrystal *b, group *g)
{
    g->n = 0;
    for (int code = 0; code < 81; ++code) {
        const double m[4] = {code % 3 - 1, code / 3 % 3 - 1, code / 9 % 3 - 1, code / 27 - 1};

        if (fabs(fabs(m[0] * m[3] - m[1] * m[2]) - 1) > 0.5 || !keeps_metric(b, m)) continue;
        if (g->n + 2 > MAX_OPERATION) return;
        add_operations(b, m, g);
    }
}

/* The same operations in the CNID basis: t = s C for rows C, so s' = s C m^T C^-1. */
static void to_cnid(const double *c, group *g)
{
    const double det = c[0] * c[3] - c[1] * c[2];
    const double inverse[4] = {c[3] / det, -c[1] / det, -c[2] / det, c[0] / det};

    for (int k = 0; k < g->n; ++k) {
        operation *op = g->op + k;
        double columns[4], o[2];

        for (int j = 0; j < 2; ++j) { /* image of basis vector j, in the basis */
            double image[2];

            apply(op->matrix, c + 2 * j, image);
            for (int i = 0; i < 2; ++i)
                columns[2 * i + j] = image[0] * inverse[i] + image[1] * inverse[2 + i];
        }
        for (int i = 0; i < 2; ++i)
            o[i] = op->offset[0] * inverse[i] + op->offset[1] * inverse[2 + i];
        memcpy(op->matrix, columns, sizeof columns);
        memcpy(op->offset, o, sizeof o);
    }
}

static bool is_whole(double x)
{
    return fabs(x - round(x)) < 1e-4;
}

/* Whether every operation maps the grid onto itself. */
static bool is_kept(const group *g, const int n[2])
{
    for (int k = 0; k < g->n; ++k)
        for (int i = 0; i < 2; ++i) {
            const double *m = g->op[k].matrix + 2 * i;

            if (!is_whole(m[0] * n[i] / n[0]) || !is_whole(m[1] * n[i] / n[1]) ||
                !is_whole(g->op[k].offset[i] * n[i]))
                return false;
        }
    return true;
}

/* The smallest grid with steps as asked for that the symmetries keep; else the smallest even one. */
static void choose_grid(const km_bicrystal *b, const group *g, double step_bohr, int n[2])
{
    int least[2], best = 0;

    for (int i = 0; i < 2; ++i) {
        const double *c = b->cnid + 2 * i;

        least[i] = (int)ceil(length(b, c[0], c[1]) / step_bohr - 1e-9);
        if (least[i] < 1) least[i] = 1;
        n[i] = least[i] + least[i] % 2;
    }
    for (int i = least[0]; i <= 2 * least[0] + 6; ++i)
        for (int j = least[1]; j <= 2 * least[1] + 6; ++j) {
            const int trial[2] = {i, j};

            if ((best > 0 && i * j >= best) || !is_kept(g, trial)) continue;
            best = i * j;
            memcpy(n, trial, sizeof trial);
        }
}

/* Grid point that an operation maps point i to, -1 where it falls between points. */
static int map_point(const operation *op, const int n[2], int i)
{
    const double s[2] = {(double)(i % n[0]) / n[0], (double)(i / n[0]) / n[1]};
    double image[2];
    int at[2];

    apply(op->matrix, s, image);
    for (int k = 0; k < 2; ++k) {
        const double x = (image[k] + op->offset[k]) * n[k];

        if (!is_whole(x)) return -1;
        at[k] = (int)(lround(x) % n[k] + n[k]) % n[k];
    }
    return at[0] + n[0] * at[1];
}

/* Orbits: the operations are a group, so that each orbit is the images of its first point. */
static void find_orbits(const group *g, km_shifts *s)
{
    const int n_point = s->grid[0] * s->grid[1];

    for (int i = 0; i < n_point; ++i) s->index[i] = -1;
    for (int i = 0; i < n_point; ++i) {
        if (s->index[i] >= 0) continue;
        s->index[i] = s->n;
        s->weight[s->n] = 1;
        s->shift[2 * s->n] = (double)(i % s->grid[0]) / s->grid[0];
        s->shift[2 * s->n + 1] = (double)(i / s->grid[0]) / s->grid[1];
        for (int k = 0; k < g->n; ++k) {
            const int j = map_point(g->op + k, s->grid, i);

            if (j < 0 || s->index[j] >= 0) continue;
            s->index[j] = s->n;
            ++s->weight[s->n];
        }
        ++s->n;
    }
}

km_status km_shifts_create(const km_bicrystal *bicrystal, double step_bohr, km_shifts *shifts)
{
    group g;
    km_status status = KM_OK;

    *shifts = (km_shifts){0};
    KM_TRY(KM_CHECK(step_bohr > 0 &&
                        step_bohr * step_bohr * MAX_POINT > km_bicrystal_area_bohr2(bicrystal),
                    KM_E_ARGUMENT,
                    "a step of %g bohr between shifts: too small, or not positive", step_bohr));
    find_group(bicrystal, &g);
    to_cnid(bicrystal->cnid, &g);
    choose_grid(bicrystal, &g, step_bohr, shifts->grid);
    KM_TRY_TO(fail, KM_ALLOC(shifts->shift, 2 * shifts->grid[0] * shifts->grid[1]));
    KM_TRY_TO(fail, KM_ALLOC(shifts->weight, shifts->grid[0] * shifts->grid[1]));
    KM_TRY_TO(fail, KM_ALLOC(shifts->index, shifts->grid[0] * shifts->grid[1]));
    find_orbits(&g, shifts);
    return KM_OK;
fail:
    km_shifts_clear(shifts);
    return status;
}

void km_shifts_clear(km_shifts *shifts)
{
    KM_FREE(shifts->shift);
    KM_FREE(shifts->weight);
    KM_FREE(shifts->index);
    *shifts = (km_shifts){0};
}
