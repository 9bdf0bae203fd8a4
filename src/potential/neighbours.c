#include "kaimen/potential/neighbours.h"

#include "kaimen/base/memory.h"
#include "potential/cell.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* Of the mean distance of images: below, the cell is flat. */
static const double LEAST_HEIGHT_BOHR = 1e-3;

struct km_neighbours {
    double cutoff, skin;
    int n_atom, n_all, n_pair;
    int all_capacity, pair_capacity;
    int *owner;
    int (*shift)[3]; /* of an image, in cells; of an atom zero */
    int (*wrap)[3];  /* what places in home cells lack to those given, [n_atom] */
    double *x;
    int *first, *other;
    double built_cell[9], *built_x; /* at the last build */
    long n_build;
};

/* Boxes at least as wide as the reach. */
typedef struct {
    double lower[3], width;
    int n[3];
    int *head; /* first atom of each box, -1: none */
    int *next; /* of each atom, [n_all] */
} box_grid;

km_status km_neighbours_create(double cutoff_bohr, double skin_bohr, km_neighbours **neighbours)
{
    *neighbours = NULL;
    KM_TRY(KM_CHECK(cutoff_bohr > 0 && skin_bohr >= 0 && isfinite(cutoff_bohr + skin_bohr),
                    KM_E_ARGUMENT, "cutoff %g bohr must be positive, skin %g bohr not negative",
                    cutoff_bohr, skin_bohr));
    KM_TRY(KM_ALLOC(*neighbours, 1));
    (*neighbours)->cutoff = cutoff_bohr;
    (*neighbours)->skin = skin_bohr;
    return KM_OK;
}

void km_neighbours_destroy(km_neighbours **neighbours)
{
    km_neighbours *n = *neighbours;

    if (!n) return;
    KM_FREE(n->owner);
    KM_FREE(n->shift);
    KM_FREE(n->wrap);
    KM_FREE(n->x);
    KM_FREE(n->first);
    KM_FREE(n->other);
    KM_FREE(n->built_x);
    KM_FREE(*neighbours);
}

long km_neighbours_n_build(const km_neighbours *neighbours)
{
    return neighbours->n_build;
}

/* Distances of the lattice planes. */
static km_status measure_heights(const double *cell, double height[3])
{
    double reciprocal[9];

    km_cell_reciprocal(cell, reciprocal);
    for (int a = 0; a < 3; ++a) {
        const double *b = reciprocal + 3 * a;

        height[a] = 2 * KM_PI / sqrt(b[0] * b[0] + b[1] * b[1] + b[2] * b[2]);
        KM_TRY(KM_CHECK(height[a] > LEAST_HEIGHT_BOHR, KM_E_NUMERIC,
                        "the planes of the cell's vector %d are %g bohr apart", a + 1,
                        height[a]));
    }
    return KM_OK;
}

static void place_atoms(km_neighbours *n, const double *cell, const double *frac)
{
    for (int i = 0; i < n->n_atom; ++i)
        for (int k = 0; k < 3; ++k) {
            double x = 0;

            for (int a = 0; a < 3; ++a)
                x += (frac[3 * i + a] - n->wrap[i][a]) * cell[3 * a + k];
            n->x[3 * i + k] = x;
        }
}

static void place_images(km_neighbours *n, const double *cell)
{
    for (int j = n->n_atom; j < n->n_all; ++j) {
        const int *shift = n->shift[j];

        for (int k = 0; k < 3; ++k)
            n->x[3 * j + k] = n->x[3 * n->owner[j] + k] + shift[0] * cell[k] +
                              shift[1] * cell[3 + k] + shift[2] * cell[6 + k];
    }
}

static km_status reserve_all(km_neighbours *n, int n_all)
{
    const int capacity = n_all + n_all / 4 + 16, old = n->all_capacity;

    if (n_all <= old) return KM_OK;
    KM_TRY(KM_GROW(n->owner, old, capacity));
    KM_TRY(KM_GROW(n->shift, old, capacity));
    KM_TRY(KM_GROW(n->x, 3 * old, 3 * capacity));
    KM_TRY(KM_GROW(n->wrap, old, capacity));
    KM_TRY(KM_GROW(n->first, old ? old + 1 : 0, capacity + 1));
    KM_TRY(KM_GROW(n->built_x, 3 * old, 3 * capacity));
    n->all_capacity = capacity;
    return KM_OK;
}

/* Images of atom i whose fractional place is within the reach of the home cell. */
static km_status add_images(km_neighbours *n, int i, const double f[3], const double reach[3])
{
    int from[3], to[3];

    for (int a = 0; a < 3; ++a) {
        from[a] = (int)ceil(-reach[a] - f[a]);
        to[a] = (int)floor(1 + reach[a] - f[a]);
    }
    for (int p = from[0]; p <= to[0]; ++p)
        for (int q = from[1]; q <= to[1]; ++q)
            for (int r = from[2]; r <= to[2]; ++r) {
                if (!p && !q && !r) continue;
                KM_TRY(reserve_all(n, n->n_all + 1));
                n->owner[n->n_all] = i;
                n->shift[n->n_all][0] = p;
                n->shift[n->n_all][1] = q;
                n->shift[n->n_all][2] = r;
                ++n->n_all;
            }
    return KM_OK;
}

static km_status collect_images(km_neighbours *n, const double *cell, const double *frac)
{
    double reach[3];

    KM_TRY(measure_heights(cell, reach));
    for (int a = 0; a < 3; ++a) reach[a] = (n->cutoff + n->skin) / reach[a];
    for (int i = 0; i < n->n_atom; ++i) {
        double f[3];

        for (int a = 0; a < 3; ++a) f[a] = frac[3 * i + a] - n->wrap[i][a];
        KM_TRY(add_images(n, i, f, reach));
    }
    return KM_OK;
}

static int box_of(const box_grid *grid, const double *x)
{
    int index = 0;

    for (int k = 0; k < 3; ++k) {
        const int at = (int)((x[k] - grid->lower[k]) / grid->width);

        index = index * grid->n[k] + (at < grid->n[k] ? at : grid->n[k] - 1);
    }
    return index;
}

static km_status fill_boxes(const km_neighbours *n, box_grid *grid)
{
    double upper[3];
    int n_box = 1;

    for (int k = 0; k < 3; ++k) {
        grid->lower[k] = upper[k] = n->x[k];
        for (int i = 1; i < n->n_all; ++i) {
            grid->lower[k] = fmin(grid->lower[k], n->x[3 * i + k]);
            upper[k] = fmax(upper[k], n->x[3 * i + k]);
        }
    }
    grid->width = n->cutoff + n->skin;
    for (int k = 0; k < 3; ++k) {
        grid->n[k] = (int)((upper[k] - grid->lower[k]) / grid->width) + 1;
        n_box *= grid->n[k];
    }
    KM_TRY(KM_ALLOC(grid->head, n_box));
    KM_TRY(KM_ALLOC(grid->next, n->n_all));
    for (int b = 0; b < n_box; ++b) grid->head[b] = -1;
    for (int i = n->n_all - 1; i >= 0; --i) {
        const int b = box_of(grid, n->x + 3 * i);

        grid->next[i] = grid->head[b];
        grid->head[b] = i;
    }
    return KM_OK;
}

/* Of the two ways to see a pair with an image, the one whose shift is positive. */
static bool is_first_view(const km_neighbours *n, int i, int j)
{
    const int *s = n->shift[j];

    if (j < n->n_atom) return j > i;
    return s[0] ? s[0] > 0 : s[1] ? s[1] > 0 : s[2] > 0;
}

static km_status add_box(km_neighbours *n, const box_grid *grid, int i, int box)
{
    const double reach = n->cutoff + n->skin, *xi = n->x + 3 * i;

    for (int j = grid->head[box]; j >= 0; j = grid->next[j]) {
        const double *xj = n->x + 3 * j;
        const double d[3] = {xj[0] - xi[0], xj[1] - xi[1], xj[2] - xi[2]};

        if (d[0] * d[0] + d[1] * d[1] + d[2] * d[2] > reach * reach) continue;
        if (!is_first_view(n, i, j)) continue;
        if (n->n_pair == n->pair_capacity) {
            KM_TRY(KM_GROW(n->other, n->pair_capacity, 2 * n->pair_capacity + 64));
            n->pair_capacity = 2 * n->pair_capacity + 64;
        }
        n->other[n->n_pair++] = j;
    }
    return KM_OK;
}

static km_status find_pairs(km_neighbours *n, const box_grid *grid)
{
    n->n_pair = 0;
    for (int i = 0; i < n->n_atom; ++i) {
        int at[3], b = box_of(grid, n->x + 3 * i);

        n->first[i] = n->n_pair;
        for (int k = 2; k >= 0; --k) {
            at[k] = b % grid->n[k];
            b /= grid->n[k];
        }
        for (int m = 0; m < 27; ++m) {
            const int p = at[0] + m / 9 - 1, q = at[1] + m / 3 % 3 - 1, r = at[2] + m % 3 - 1;

            if (p < 0 || q < 0 || r < 0 || p >= grid->n[0] || q >= grid->n[1] ||
                r >= grid->n[2])
                continue;
            KM_TRY(add_box(n, grid, i, (p * grid->n[1] + q) * grid->n[2] + r));
        }
    }
    n->first[n->n_atom] = n->n_pair;
    return KM_OK;
}

static km_status build(km_neighbours *n, const double *cell, int n_atom, const double *frac)
{
    box_grid grid = {0};
    km_status status = KM_OK;

    n->n_atom = 0; /* no list where this fails */
    KM_TRY(reserve_all(n, n_atom));
    n->n_atom = n->n_all = n_atom;
    for (int i = 0; i < n_atom; ++i) {
        n->owner[i] = i;
        for (int a = 0; a < 3; ++a) {
            n->wrap[i][a] = (int)floor(frac[3 * i + a]);
            n->shift[i][a] = 0;
        }
    }
    KM_TRY_TO(end, collect_images(n, cell, frac));
    place_atoms(n, cell, frac);
    place_images(n, cell);
    KM_TRY_TO(end, fill_boxes(n, &grid));
    KM_TRY_TO(end, find_pairs(n, &grid));
    memcpy(n->built_cell, cell, sizeof n->built_cell);
    memcpy(n->built_x, n->x, sizeof *n->x * 3 * (size_t)n_atom);
    ++n->n_build;
end:
    if (status != KM_OK) n->n_atom = 0;
    KM_FREE(grid.head);
    KM_FREE(grid.next);
    return status;
}

/* The deformation that takes one cell to another, acting on row vectors. */
static void get_deformation(const double *from, const double *to, double f[9])
{
    double reciprocal[9];

    km_cell_reciprocal(from, reciprocal);
    for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 3; ++j) {
            f[3 * i + j] = 0;
            for (int a = 0; a < 3; ++a)
                f[3 * i + j] += reciprocal[3 * a + i] / (2 * KM_PI) * to[3 * a + j];
        }
}

/* Whether a pair beyond the skin may now be within the cutoff: a strain shortens by at most its norm, a move by its length. */
static bool is_stale(const km_neighbours *n, const double *cell)
{
    double f[9], norm = 0, move2 = 0;

    get_deformation(n->built_cell, cell, f);
    for (int k = 0; k < 9; ++k) {
        const double e = f[k] - (k % 4 == 0 ? 1 : 0);

        norm += e * e;
    }
    norm = sqrt(norm);
    for (int i = 0; i < n->n_atom; ++i) {
        const double *b = n->built_x + 3 * i;
        double sum = 0;

        for (int k = 0; k < 3; ++k) {
            const double d = n->x[3 * i + k] - b[0] * f[k] - b[1] * f[3 + k] - b[2] * f[6 + k];

            sum += d * d;
        }
        move2 = fmax(move2, sum);
    }
    return !((1 - norm) * (n->cutoff + n->skin) - 2 * sqrt(move2) >= n->cutoff);
}

km_status km_neighbours_update(km_neighbours *n, const double *cell_bohr, int n_atom,
                               const double *frac, km_neighbour_list *list)
{
    for (int i = 0; i < 3 * n_atom; ++i)
        KM_TRY(KM_CHECK(fabs(frac[i]) < 1e6, KM_E_NUMERIC,
                        "coordinate %g of atom %d is no place", frac[i], i / 3 + 1));
    if (n->n_atom == n_atom && n_atom > 0) place_atoms(n, cell_bohr, frac);
    if (n->n_atom != n_atom || is_stale(n, cell_bohr))
        KM_TRY(build(n, cell_bohr, n_atom, frac));
    else
        place_images(n, cell_bohr);
    *list = (km_neighbour_list){n->n_atom, n->n_all, n->owner, n->x, n->first, n->other};
    return KM_OK;
}
