#include "builder/match.h"

#include "builder/matrix3.h"

/** A slab as the comparison sees it. */
typedef struct {
    int n_atom;
    const int *z;
    const double *frac;
    const double *cell;
} view;

static view look_at(const km_crystal *crystal)
{
    view v = {km_crystal_n_atom(crystal), km_crystal_z(crystal), km_crystal_frac(crystal),
              km_crystal_cell_bohr(crystal)};

    return v;
}

/** A map of the first slab's plane onto the second's: row vectors of the plane times `turn`, plus `shift`. */
typedef struct {
    double turn[4];
    double shift[2];
    double sign; /* of z */
} motion;

static void move(const motion *m, const double *frac, double *out)
{
    out[0] = frac[0] * m->turn[0] + frac[1] * m->turn[2] + m->shift[0];
    out[1] = frac[0] * m->turn[1] + frac[1] * m->turn[3] + m->shift[1];
    out[2] = frac[2] * m->sign;
}

static bool is_close(const view *v, const double *p, const double *q, double tolerance)
{
    double d[3], cart[3];

    for (int i = 0; i < 3; i++) d[i] = p[i] - q[i] - round(p[i] - q[i]);
    km_matrix3_row_times(d, v->cell, cart);
    return cart[0] * cart[0] + cart[1] * cart[1] + cart[2] * cart[2] < tolerance * tolerance;
}

static bool maps_all_atoms(const view *a, const view *b, const motion *m, double tolerance)
{
    for (int i = 0; i < a->n_atom; i++) {
        double image[3];
        int j = 0;

        move(m, a->frac + 3 * i, image);
        while (j < b->n_atom &&
               (a->z[i] != b->z[j] || !is_close(b, image, b->frac + 3 * j, tolerance)))
            j++;
        if (j == b->n_atom) return false;
    }
    return true;
}

/** Try every shift that takes the first atom to an atom of its kind and height. */
static bool matches_with_turn(const view *a, const view *b, motion *m, double tolerance)
{
    for (int j = 0; j < b->n_atom; j++) {
        double image[3];

        if (b->z[j] != a->z[0]) continue;
        m->shift[0] = m->shift[1] = 0;
        move(m, a->frac, image);
        if (fabs(image[2] - b->frac[3 * j + 2]) * b->cell[8] > tolerance) continue;
        m->shift[0] = b->frac[3 * j] - image[0];
        m->shift[1] = b->frac[3 * j + 1] - image[1];
        if (maps_all_atoms(a, b, m, tolerance)) return true;
    }
    return false;
}

/** Whether row vectors (i, j) and (k, l) of the second plane have the lengths and the angle of the first's a and b. */
static bool is_isometric(const view *a, const view *b, const double *turn, double tolerance)
{
    double u[2], v[2];
    const double *c = a->cell;

    for (int i = 0; i < 2; i++) {
        u[i] = turn[0] * b->cell[i] + turn[1] * b->cell[3 + i];
        v[i] = turn[2] * b->cell[i] + turn[3] * b->cell[3 + i];
    }
    return fabs(hypot(u[0], u[1]) - hypot(c[0], c[1])) < tolerance &&
           fabs(hypot(v[0], v[1]) - hypot(c[3], c[4])) < tolerance &&
           fabs(hypot(u[0] - v[0], u[1] - v[1]) - hypot(c[0] - c[3], c[1] - c[4])) < tolerance;
}

bool km_match_slabs(const km_crystal *first, const km_crystal *second, double tolerance_bohr)
{
    view a = look_at(first), b = look_at(second);
    /* In a reduced cell the images of a and b are sums of a and b with factors -1, 0 and 1. */
    const int n_turn = 81;

    if (a.n_atom != b.n_atom || fabs(a.cell[8] - b.cell[8]) > tolerance_bohr) return false;
    for (int i = 0; i < 2 * n_turn; i++) {
        motion m = {.turn = {i % 3 - 1, i / 3 % 3 - 1, i / 9 % 3 - 1, i / 27 % 3 - 1},
                    .sign = i < n_turn ? 1 : -1};

        if (is_isometric(&a, &b, m.turn, tolerance_bohr) &&
            matches_with_turn(&a, &b, &m, tolerance_bohr))
            return true;
    }
    return false;
}
