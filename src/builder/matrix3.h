#pragma once
/**
 * @file
 * @brief Row-major 3x3 matrices of double as flat [9], for lattices and their operations.
 */
#include <math.h>
#include <string.h>

static inline double km_matrix3_determinant(const double *m)
{
    return m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) +
           m[2] * (m[3] * m[7] - m[4] * m[6]);
}

/** Inverse of a matrix that is known to be regular. */
static inline void km_matrix3_invert(const double *m, double *inverse)
{
    double det = km_matrix3_determinant(m);

    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            int r = (j + 1) % 3, s = (j + 2) % 3, p = (i + 1) % 3, q = (i + 2) % 3;
            inverse[3 * i + j] =
                (m[3 * r + p] * m[3 * s + q] - m[3 * r + q] * m[3 * s + p]) / det;
        }
}

static inline void km_matrix3_transpose(const double *m, double *out)
{
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) out[3 * i + j] = m[3 * j + i];
}

/** out = a b; out may not overlap a or b. */
static inline void km_matrix3_multiply(const double *a, const double *b, double *out)
{
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            out[3 * i + j] =
                a[3 * i] * b[j] + a[3 * i + 1] * b[3 + j] + a[3 * i + 2] * b[6 + j];
}

/** out = v m, v a row. */
static inline void km_matrix3_row_times(const double *v, const double *m, double *out)
{
    for (int j = 0; j < 3; j++) out[j] = v[0] * m[j] + v[1] * m[3 + j] + v[2] * m[6 + j];
}

/** out = m v, v a column. */
static inline void km_matrix3_times_column(const double *m, const double *v, double *out)
{
    for (int i = 0; i < 3; i++)
        out[i] = m[3 * i] * v[0] + m[3 * i + 1] * v[1] + m[3 * i + 2] * v[2];
}

/** u m v: the scalar product of u and v when m is their metric. */
static inline double km_matrix3_product(const double *u, const double *m, const double *v)
{
    double mv[3];

    km_matrix3_times_column(m, v, mv);
    return u[0] * mv[0] + u[1] * mv[1] + u[2] * mv[2];
}

/** x into (-1/2, 1/2]; what is within rounding of either end becomes 1/2. */
static inline double km_wrap_half(double x)
{
    x -= round(x);
    return fabs(fabs(x) - 0.5) < 1e-12 ? 0.5 : x;
}
