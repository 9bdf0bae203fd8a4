#include "dft/planes.h"

#include "kaimen/base/memory.h"

#include <string.h>

/* Doubles of one point of all planes. */
#define POINT KM_SHORT_FFT_POINT

struct km_planes {
    int n0, n1, reach;
    /*
     * Between the transforms along the second and the first axis, [2 * reach + 1][n1 + 1][POINT]. The one point more
     * keeps lines along the first axis out of each other's way in the cache.
     */
    double *row;
    double *line[2]; /* [longer of n0, n1][POINT] */
    double
        *sparse; /* [n0][POINT]: a line along the first axis, zero where no plane waves are */
    km_short_fft *x, *y;
};

km_status km_planes_create(int n0, int n1, int reach, km_planes **out)
{
    const int longer = n0 > n1 ? n0 : n1;
    km_planes *p = NULL;
    km_status status = KM_OK;

    *out = NULL;
    KM_TRY(KM_ALLOC(p, 1));
    *p = (km_planes){.n0 = n0, .n1 = n1, .reach = reach};
    KM_TRY_TO(fail, KM_ALLOC(p->row, (size_t)(2 * reach + 1) * (size_t)(n1 + 1) * POINT));
    for (int i = 0; i < 2; ++i) KM_TRY_TO(fail, KM_ALLOC(p->line[i], (size_t)longer * POINT));
    KM_TRY_TO(fail, KM_ALLOC(p->sparse, (size_t)n0 * POINT));
    KM_TRY_TO(fail, km_short_fft_create(n0, &p->x));
    KM_TRY_TO(fail, km_short_fft_create(n1, &p->y));
    *out = p;
    return KM_OK;
fail:
    km_planes_destroy(&p);
    return status;
}

void km_planes_destroy(km_planes **planes)
{
    km_planes *p = *planes;

    if (!p) return;
    KM_FREE(p->row);
    KM_FREE(p->line[0]);
    KM_FREE(p->line[1]);
    KM_FREE(p->sparse);
    km_short_fft_destroy(&p->x);
    km_short_fft_destroy(&p->y);
    KM_FREE(*planes);
}

/* The line of a slice with one m0. */
static double *row_of(const km_planes *p, int m0)
{
    return p->row + (size_t)(m0 + p->reach) * (size_t)(p->n1 + 1) * POINT;
}

static size_t wrap(int m, int n)
{
    return (size_t)(m < 0 ? m + n : m);
}

/* Columns from c on that share their m0. */
static int count_in_row(const km_column *column, int c, int n_column)
{
    int n = 1;

    while (c + n < n_column && column[c + n].m0 == column[c].m0) ++n;
    return n;
}

static void clear_rows(km_planes *p, int m0_first, int m0_end)
{
    for (int m0 = m0_first; m0 < m0_end; ++m0)
        memset(row_of(p, m0), 0, sizeof(double) * (size_t)p->n1 * POINT);
}

/* n columns that share their m0, in line[0]. */
static void load_line(km_planes *p, const km_column *column, const double complex *at,
                      int stride, int n)
{
    memset(p->line[0], 0, sizeof(double) * (size_t)p->n1 * POINT);
    for (int i = 0; i < n; ++i, at += stride) {
        const double *from = (const double *)at;
        double *to = p->line[0] + wrap(column[i].m1, p->n1) * POINT;

        for (int z = 0; z < KM_PLANES; ++z) {
            to[z] = from[2 * z];
            to[KM_PLANES + z] = from[2 * z + 1];
        }
    }
}

static void store_line(const km_planes *p, const km_column *column, double complex *at,
                       int stride, int n)
{
    for (int i = 0; i < n; ++i, at += stride) {
        const double *from = p->line[0] + wrap(column[i].m1, p->n1) * POINT;
        double *to = (double *)at;

        for (int z = 0; z < KM_PLANES; ++z) {
            to[2 * z] = from[z];
            to[2 * z + 1] = from[KM_PLANES + z];
        }
    }
}

void km_planes_from_columns(km_planes *p, const km_basis *basis, const double complex *at,
                            int stride)
{
    int n_column, n = 0, m0_next = -p->reach;
    const km_column *column = km_basis_columns(basis, &n_column);

    for (int c = 0; c < n_column; c += n) {
        n = count_in_row(column, c, n_column);
        clear_rows(p, m0_next, column[c].m0);
        load_line(p, column + c, at + (size_t)c * (size_t)stride, stride, n);
        km_short_fft_compute(p->y, 1, p->line[0], row_of(p, column[c].m0));
        m0_next = column[c].m0 + 1;
    }
    clear_rows(p, m0_next, p->reach + 1);
}

void km_planes_to_columns(km_planes *p, const km_basis *basis, double complex *at, int stride)
{
    int n_column, n = 0;
    const km_column *column = km_basis_columns(basis, &n_column);

    for (int c = 0; c < n_column; c += n) {
        n = count_in_row(column, c, n_column);
        km_short_fft_compute(p->y, -1, row_of(p, column[c].m0), p->line[0]);
        store_line(p, column + c, at + (size_t)c * (size_t)stride, stride, n);
    }
}

/* Copy one point of all planes. */
static void copy_point(const double *from, double *to)
{
    memcpy(to, from, sizeof *to * POINT);
}

/* The line along the first axis in real space, in line[1]. */
static void line_to_real(km_planes *p, int y)
{
    for (int m0 = -p->reach; m0 <= p->reach; ++m0)
        copy_point(row_of(p, m0) + (size_t)y * POINT, p->sparse + wrap(m0, p->n0) * POINT);
    km_short_fft_compute(p->x, 1, p->sparse, p->line[1]);
}

static void line_to_rows(km_planes *p, int y)
{
    km_short_fft_compute(p->x, -1, p->line[1], p->line[0]);
    for (int m0 = -p->reach; m0 <= p->reach; ++m0)
        copy_point(p->line[0] + wrap(m0, p->n0) * POINT, row_of(p, m0) + (size_t)y * POINT);
}

void km_planes_multiply(km_planes *p, const double *v)
{
    for (int y = 0; y < p->n1; ++y) {
        double *f = p->line[1];

        line_to_real(p, y);
        for (int x = 0; x < p->n0; ++x, f += POINT, v += KM_PLANES)
            for (int z = 0; z < KM_PLANES; ++z) {
                f[z] *= v[z];
                f[KM_PLANES + z] *= v[z];
            }
        line_to_rows(p, y);
    }
}

void km_planes_add_squares(km_planes *p, double weight, double *density)
{
    for (int y = 0; y < p->n1; ++y) {
        const double *f = p->line[1];

        line_to_real(p, y);
        for (int x = 0; x < p->n0; ++x, f += POINT, density += KM_PLANES)
            for (int z = 0; z < KM_PLANES; ++z)
                density[z] += weight * (f[z] * f[z] + f[KM_PLANES + z] * f[KM_PLANES + z]);
    }
}
