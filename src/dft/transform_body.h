/*
 * Transforms in one precision. Whoever includes this defines REAL, NAME(x) as the name of x in that precision, and WIDTH.
 */
#include "dft/transform.h"

#include "kaimen/base/memory.h"
#include "kaimen/math/short_fft.h"

#include <string.h>

typedef REAL lanes __attribute__((vector_size(sizeof(REAL) * WIDTH), may_alias));
/* One point of WIDTH columns, or of WIDTH planes. */
typedef struct {
    lanes re, im;
} point;

struct NAME(km_transform) {
    km_transform_size size;
    int n_slice; /* slices of WIDTH planes; points of the last one that are too many never count */
    point *column;      /* [columns / WIDTH][n_slice * WIDTH] */
    point *sparse_z;    /* [n2]: WIDTH columns before the transform, zero beyond the reach */
    point block[WIDTH]; /* one point of WIDTH columns, in all planes of a slice */
    /*
     * Between the transforms along the second and the first axis, [2 * reach0 + 1][n1 + 1]. The one point more keeps
     * lines along the first axis out of each other's way in the cache.
     */
    point *row;
    point *line[2];   /* [longest axis] */
    point *sparse_x;  /* [n0]: a line along the first axis, zero where no plane waves are */
    lanes *potential; /* [n_spin][n_slice][n1][n0] */
    NAME(km_short_fft) * axis[3];
};

typedef struct NAME(km_transform) transform;

static int n_group(int n_column)
{
    return (n_column + WIDTH - 1) / WIDTH;
}

static size_t slice_size(const transform *t)
{
    return (size_t)t->size.n[0] * (size_t)t->size.n[1];
}

static size_t whole_size(const transform *t)
{
    return slice_size(t) * (size_t)t->n_slice;
}

static km_status allocate(transform *t)
{
    const km_transform_size *s = &t->size;
    int longest = s->n[0];

    for (int axis = 1; axis < 3; ++axis)
        if (s->n[axis] > longest) longest = s->n[axis];
    KM_TRY(
        KM_ALLOC(t->column, (size_t)n_group(s->n_column) * (size_t)t->n_slice * (size_t)WIDTH));
    KM_TRY(KM_ALLOC(t->sparse_z, s->n[2]));
    KM_TRY(KM_ALLOC(t->row, (size_t)(2 * s->reach[0] + 1) * (size_t)(s->n[1] + 1)));
    KM_TRY(KM_ALLOC(t->line[0], longest));
    KM_TRY(KM_ALLOC(t->line[1], longest));
    KM_TRY(KM_ALLOC(t->sparse_x, s->n[0]));
    KM_TRY(KM_ALLOC(t->potential, (size_t)s->n_spin * whole_size(t)));
    for (int axis = 0; axis < 3; ++axis)
        KM_TRY(NAME(km_short_fft_create)(s->n[axis], &t->axis[axis]));
    return KM_OK;
}

km_status NAME(km_transform_create)(const km_transform_size *size, transform **out)
{
    transform *t = NULL;
    km_status status = KM_OK;

    *out = NULL;
    KM_TRY(KM_ALLOC(t, 1));
    t->size = *size;
    t->n_slice = (size->n[2] + WIDTH - 1) / WIDTH;
    KM_TRY_TO(fail, allocate(t));
    *out = t;
    return KM_OK;
fail:
    NAME(km_transform_destroy)(&t);
    return status;
}

void NAME(km_transform_destroy)(transform **out)
{
    transform *t = *out;

    if (!t) return;
    KM_FREE(t->column);
    KM_FREE(t->sparse_z);
    KM_FREE(t->row);
    KM_FREE(t->line[0]);
    KM_FREE(t->line[1]);
    KM_FREE(t->sparse_x);
    KM_FREE(t->potential);
    for (int axis = 0; axis < 3; ++axis) NAME(km_short_fft_destroy)(&t->axis[axis]);
    KM_FREE(*out);
}

/* Transform a line; the two must not overlap. */
static void run(const transform *t, int axis, int sign, const point *in, point *out)
{
    NAME(km_short_fft_compute)(t->axis[axis], sign, (const REAL *)in, (REAL *)out);
}

/* Where a number of plain [n0][n1][n2] is in the order of slices. */
static size_t place(const transform *t, int x, int y, int z)
{
    return WIDTH * ((size_t)(z / WIDTH) * slice_size(t) + (size_t)(y * t->size.n[0] + x)) +
           (size_t)(z % WIDTH);
}

void NAME(km_transform_set_potential)(transform *t, const double *v_ha)
{
    const int *n = t->size.n;
    const double scale = 1.0 / ((double)n[0] * n[1] * n[2]);

    for (int spin = 0; spin < t->size.n_spin; ++spin) {
        REAL *v = (REAL *)(t->potential + (size_t)spin * whole_size(t));

        for (int x = 0; x < n[0]; ++x)
            for (int y = 0; y < n[1]; ++y)
                for (int z = 0; z < n[2]; ++z) v[place(t, x, y, z)] = (REAL)(scale * *v_ha++);
    }
}

static size_t wrap(int m, int n)
{
    return (size_t)(m < 0 ? m + n : m);
}

/* Columns. */

/* One column of a packet into its lane. */
static void load_column(const transform *t, const NAME(km_packet) * p, const km_column *column,
                        int lane)
{
    REAL *re = (REAL *)t->sparse_z + lane, *im = re + WIDTH;

    for (int i = 0; i < column->n; ++i) {
        const size_t at = 2 * WIDTH * wrap(column->m2_first + i, t->size.n[2]);
        const int ig = column->first + i;

        if (p->is_real) {
            re[at] = p->factor[0] * p->first[ig];
            im[at] = p->second ? p->factor[1] * p->second[ig] : 0;
        } else {
            re[at] = p->first[2 * ig];
            im[at] = p->first[2 * ig + 1];
        }
    }
}

static point *group_at(const transform *t, int group)
{
    return t->column + (size_t)group * (size_t)t->n_slice * WIDTH;
}

static void load_columns(const transform *t, const km_basis *basis,
                         const NAME(km_packet) * packet)
{
    const int reach = t->size.reach[2];
    int n_column;
    const km_column *column = km_basis_columns(basis, &n_column);

    for (int c = 0; c < n_column; c += WIDTH) {
        memset(t->sparse_z, 0, sizeof(point) * (size_t)(reach + 1));
        memset(t->sparse_z + t->size.n[2] - reach, 0, sizeof(point) * (size_t)reach);
        for (int lane = 0; lane < WIDTH && c + lane < n_column; ++lane)
            load_column(t, packet, column + c + lane, lane);
        run(t, 2, 1, t->sparse_z, group_at(t, c / WIDTH));
    }
}

/* One lane of a line back to the bands that it belongs to. */
static void add_column(const transform *t, const point *line, const km_column *column, int lane,
                       bool is_real, REAL *first, REAL *second)
{
    const REAL *re = (const REAL *)line + lane, *im = re + WIDTH;

    for (int i = 0; i < column->n; ++i) {
        const size_t at = 2 * WIDTH * wrap(column->m2_first + i, t->size.n[2]);
        const int ig = column->first + i;

        if (is_real) {
            first[ig] += re[at];
            if (second) second[ig] += im[at];
        } else {
            first[2 * ig] += re[at];
            first[2 * ig + 1] += im[at];
        }
    }
}

static void add_columns(const transform *t, const km_basis *basis, bool is_real, REAL *first,
                        REAL *second)
{
    int n_column;
    const km_column *column = km_basis_columns(basis, &n_column);

    for (int c = 0; c < n_column; c += WIDTH) {
        run(t, 2, -1, group_at(t, c / WIDTH), t->line[0]);
        for (int lane = 0; lane < WIDTH && c + lane < n_column; ++lane)
            add_column(t, t->line[0], column + c + lane, lane, is_real, first, second);
    }
}

/* Slices. */

/*
 * Rows become columns: log2(WIDTH) passes that put the first halves of rows i and i + WIDTH / 2, interleaved, into row 2i,
 * and the second halves into row 2i + 1.
 */
static inline void transpose(lanes a[WIDTH])
{
    lanes b[WIDTH];

    for (int pass = 1; pass < WIDTH; pass *= 2) {
        for (int i = 0; i < WIDTH / 2; ++i) {
            b[2 * i] = INTERLEAVE_FIRST(a[i], a[i + WIDTH / 2]);
            b[2 * i + 1] = INTERLEAVE_SECOND(a[i], a[i + WIDTH / 2]);
        }
        for (int i = 0; i < WIDTH; ++i) a[i] = b[i];
    }
}

/* A point of WIDTH planes for each of WIDTH columns, from WIDTH planes of points of as many columns; or the way back. */
static void turn_block(const point *from, point *to)
{
    lanes re[WIDTH], im[WIDTH];

    for (int i = 0; i < WIDTH; ++i) {
        re[i] = from[i].re;
        im[i] = from[i].im;
    }
    transpose(re);
    transpose(im);
    for (int i = 0; i < WIDTH; ++i) to[i] = (point){re[i], im[i]};
}

/* The line of a slice with one m0. */
static point *row_of(const transform *t, int m0)
{
    return t->row + (size_t)(m0 + t->size.reach[0]) * (size_t)(t->size.n[1] + 1);
}

static void clear_rows(const transform *t, int m0_first, int m0_end)
{
    for (int m0 = m0_first; m0 < m0_end; ++m0)
        memset(row_of(t, m0), 0, sizeof(point) * (size_t)t->size.n[1]);
}

/* Slice `is` of the columns into rows, transformed along the second axis. */
static void rows_from_columns(transform *t, const km_basis *basis, int is)
{
    int n_column, m0_next = -t->size.reach[0], c = 0;
    const km_column *column = km_basis_columns(basis, &n_column);

    while (c < n_column) {
        const int m0 = column[c].m0;

        clear_rows(t, m0_next, m0);
        memset(t->line[0], 0, sizeof(point) * (size_t)t->size.n[1]);
        for (; c < n_column && column[c].m0 == m0; ++c) {
            if (c % WIDTH == 0) turn_block(group_at(t, c / WIDTH) + is * WIDTH, t->block);
            t->line[0][wrap(column[c].m1, t->size.n[1])] = t->block[c % WIDTH];
        }
        run(t, 1, 1, t->line[0], row_of(t, m0));
        m0_next = m0 + 1;
    }
    clear_rows(t, m0_next, t->size.reach[0] + 1);
}

/* Rows, transformed back along the second axis, into slice `is` of the columns. */
static void rows_to_columns(transform *t, const km_basis *basis, int is)
{
    int n_column, c = 0;
    const km_column *column = km_basis_columns(basis, &n_column);

    while (c < n_column) {
        const int m0 = column[c].m0;

        run(t, 1, -1, row_of(t, m0), t->line[0]);
        for (; c < n_column && column[c].m0 == m0; ++c) {
            t->block[c % WIDTH] = t->line[0][wrap(column[c].m1, t->size.n[1])];
            if (c % WIDTH == WIDTH - 1 || c == n_column - 1)
                turn_block(t->block, group_at(t, c / WIDTH) + is * WIDTH);
        }
    }
}

/* Line y along the first axis in real space, in line[1]. */
static void line_to_real(const transform *t, int y)
{
    const int reach = t->size.reach[0];

    for (int m0 = -reach; m0 <= reach; ++m0)
        t->sparse_x[wrap(m0, t->size.n[0])] = row_of(t, m0)[y];
    run(t, 0, 1, t->sparse_x, t->line[1]);
}

static void line_to_rows(const transform *t, int y)
{
    const int reach = t->size.reach[0];

    run(t, 0, -1, t->line[1], t->line[0]);
    for (int m0 = -reach; m0 <= reach; ++m0)
        row_of(t, m0)[y] = t->line[0][wrap(m0, t->size.n[0])];
}

static void multiply_slice(const transform *t, const lanes *v)
{
    for (int y = 0; y < t->size.n[1]; ++y, v += t->size.n[0]) {
        point *f = t->line[1];

        line_to_real(t, y);
        for (int x = 0; x < t->size.n[0]; ++x) {
            f[x].re *= v[x];
            f[x].im *= v[x];
        }
        line_to_rows(t, y);
    }
}

void NAME(km_transform_apply)(transform *t, const km_basis *basis, int spin,
                              const NAME(km_packet) * packet, REAL *first, REAL *second)
{
    const lanes *v = t->potential + (size_t)spin * whole_size(t);

    load_columns(t, basis, packet);
    for (int is = 0; is < t->n_slice; ++is, v += slice_size(t)) {
        rows_from_columns(t, basis, is);
        multiply_slice(t, v);
        rows_to_columns(t, basis, is);
    }
    add_columns(t, basis, packet->is_real, first, second);
}

size_t NAME(km_transform_density_size)(const transform *t)
{
    return whole_size(t) * WIDTH;
}

void NAME(km_transform_add_density)(transform *t, const km_basis *basis,
                                    const NAME(km_packet) * packet, REAL weight, REAL *density)
{
    lanes *rho = (lanes *)density;

    load_columns(t, basis, packet);
    for (int is = 0; is < t->n_slice; ++is) {
        rows_from_columns(t, basis, is);
        for (int y = 0; y < t->size.n[1]; ++y, rho += t->size.n[0]) {
            const point *f = t->line[1];

            line_to_real(t, y);
            for (int x = 0; x < t->size.n[0]; ++x)
                rho[x] += weight * (f[x].re * f[x].re + f[x].im * f[x].im);
        }
    }
}

void NAME(km_transform_sort_density)(const transform *t, const REAL *density, double *plain)
{
    const int *n = t->size.n;

    for (int x = 0; x < n[0]; ++x)
        for (int y = 0; y < n[1]; ++y)
            for (int z = 0; z < n[2]; ++z) *plain++ += density[place(t, x, y, z)];
}
