#include "dft/zone.h"

#include "kaimen/base/units.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#define MAX_FACE 14
#define MAX_CORNER 24
#define MAX_EDGE 36
/* Lengths squared closer than this fraction are equal. */
#define SAME_LENGTH 1e-3

typedef struct {
    double corner[3];
    unsigned faces; /* bit i: lies on face i */
} zone_corner;

/* A convex body: |k.face| <= |face|^2 / 2 for every face. */
typedef struct {
    const double *cell, *reciprocal; /* borrowed */
    int range[3];                    /* multiples of the reciprocal vectors that matter */
    double longest2;                 /* no face vector is longer: squared */
    int n_face, n_corner;
    double face[MAX_FACE][3];
    zone_corner corner[MAX_CORNER];
} zone;

static double dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static void cross(const double a[3], const double b[3], double c[3])
{
    c[0] = a[1] * b[2] - a[2] * b[1];
    c[1] = a[2] * b[0] - a[0] * b[2];
    c[2] = a[0] * b[1] - a[1] * b[0];
}

static void combine(const zone *z, int h, int k, int l, double g[3])
{
    for (int a = 0; a < 3; a++)
        g[a] = h * z->reciprocal[a] + k * z->reciprocal[3 + a] + l * z->reciprocal[6 + a];
}

/*
 * No point is farther from the lattice than half the root of the sum of the squared basis vectors, and a face vector is
 * at most twice that. This bounds the multiples in any basis, reduced or not.
 */
static void find_range(zone *z)
{
    z->longest2 = dot(z->reciprocal, z->reciprocal) +
                  dot(z->reciprocal + 3, z->reciprocal + 3) +
                  dot(z->reciprocal + 6, z->reciprocal + 6);
    for (int a = 0; a < 3; a++) {
        const double *row = z->cell + 3 * a;

        z->range[a] = (int)(sqrt(z->longest2 * dot(row, row)) / (2 * KM_PI) + 1e-6);
    }
}

/* Whether no lattice point other than 0 and g is as near to g/2 as these two (Voronoi). */
static bool is_face(const zone *z, const double g[3])
{
    double other[3], g2 = dot(g, g);

    if (g2 < SAME_LENGTH * SAME_LENGTH * z->longest2 || g2 > z->longest2 * (1 + SAME_LENGTH))
        return false;
    for (int h = -z->range[0]; h <= z->range[0]; h++)
        for (int k = -z->range[1]; k <= z->range[1]; k++)
            for (int l = -z->range[2]; l <= z->range[2]; l++) {
                if (!h && !k && !l) continue;
                combine(z, h, k, l, other);
                /* |g/2 - other|^2 - |g/2|^2 = other.(other - g), 0 for other = g */
                if (dot(other, other) - dot(other, g) > SAME_LENGTH * g2) continue;
                if (fabs(other[0] - g[0]) + fabs(other[1] - g[1]) + fabs(other[2] - g[2]) >
                    SAME_LENGTH * sqrt(g2))
                    return false;
            }
    return true;
}

static void find_faces(zone *z)
{
    double g[3];

    for (int h = -z->range[0]; h <= z->range[0]; h++)
        for (int k = -z->range[1]; k <= z->range[1]; k++)
            for (int l = -z->range[2]; l <= z->range[2]; l++) {
                combine(z, h, k, l, g);
                if (z->n_face < MAX_FACE && is_face(z, g))
                    memcpy(z->face[z->n_face++], g, sizeof g);
            }
}

/* The point where three face planes meet; false where they do not. */
static bool meet(const double a[3], const double b[3], const double c[3], double k[3])
{
    double bc[3], ca[3], ab[3], determinant;

    cross(b, c, bc);
    cross(c, a, ca);
    cross(a, b, ab);
    determinant = dot(a, bc);
    if (fabs(determinant) < 1e-6 * sqrt(dot(a, a) * dot(b, b) * dot(c, c))) return false;
    for (int i = 0; i < 3; i++)
        k[i] = (dot(a, a) * bc[i] + dot(b, b) * ca[i] + dot(c, c) * ab[i]) / (2 * determinant);
    return true;
}

/* Keep a corner that lies inside every face, once. */
static void add_corner(zone *z, const double k[3])
{
    zone_corner corner = {.faces = 0};

    for (int i = 0; i < z->n_face; i++) {
        double excess = dot(k, z->face[i]) / dot(z->face[i], z->face[i]) - 0.5;

        if (excess > SAME_LENGTH) return;
        if (excess > -SAME_LENGTH) corner.faces |= 1u << i;
    }
    for (int i = 0; i < z->n_corner; i++) {
        const double *old = z->corner[i].corner;
        double d[3] = {k[0] - old[0], k[1] - old[1], k[2] - old[2]};

        if (dot(d, d) < SAME_LENGTH * SAME_LENGTH * z->longest2) return;
    }
    memcpy(corner.corner, k, sizeof corner.corner);
    if (z->n_corner < MAX_CORNER) z->corner[z->n_corner++] = corner;
}

static void find_corners(zone *z)
{
    double k[3];

    for (int a = 0; a < z->n_face; a++)
        for (int b = 0; b < a; b++)
            for (int c = 0; c < b; c++)
                if (meet(z->face[a], z->face[b], z->face[c], k)) add_corner(z, k);
}

/* Append k, fractional, times a factor. */
static void append(const zone *z, const double k[3], double factor, int *n, double *frac)
{
    for (int a = 0; a < 3; a++)
        frac[3 * *n + a] = factor * dot(k, z->cell + 3 * a) / (2 * KM_PI);
    (*n)++;
}

bool km_zone_holds(const double *cell_bohr, const double *reciprocal_bohr, const double *frac)
{
    zone z = {.cell = cell_bohr, .reciprocal = reciprocal_bohr};
    double k[3] = {0};

    find_range(&z);
    find_faces(&z);
    for (int i = 0; i < 9; i++) k[i % 3] += frac[i / 3] * reciprocal_bohr[i];
    for (int i = 0; i < z.n_face; i++)
        if (!(dot(k, z.face[i]) <= (0.5 + SAME_LENGTH) * dot(z.face[i], z.face[i])))
            return false;
    return true;
}

int km_zone_find_points(const double *cell_bohr, const double *reciprocal_bohr, double *frac)
{
    zone z = {.cell = cell_bohr, .reciprocal = reciprocal_bohr};
    int n = 0, n_edge = 0;

    find_range(&z);
    find_faces(&z);
    find_corners(&z);
    append(&z, (double[3]){0}, 0, &n, frac);
    for (int i = 0; i < z.n_face; i++) append(&z, z.face[i], 0.5, &n, frac);
    for (int i = 0; i < z.n_corner; i++) append(&z, z.corner[i].corner, 1, &n, frac);
    for (int i = 0; i < z.n_corner; i++)
        for (int j = 0; j < i; j++) {
            unsigned common = z.corner[i].faces & z.corner[j].faces;
            double sum[3];

            /* the ends of an edge share its two faces */
            if (!(common & (common - 1)) || n_edge == MAX_EDGE) continue;
            for (int a = 0; a < 3; a++) sum[a] = z.corner[i].corner[a] + z.corner[j].corner[a];
            append(&z, sum, 0.5, &n, frac);
            n_edge++;
        }
    return n;
}
