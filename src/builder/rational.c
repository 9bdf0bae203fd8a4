#include "builder/rational.h"

#include <math.h>
#include <string.h>

__extension__ typedef __int128 wide;

static wide magnitude(wide a)
{
    return a < 0 ? -a : a;
}

static wide find_divisor(wide a, wide b)
{
    while (b) {
        wide rest = a % b;

        a = b;
        b = rest;
    }
    return magnitude(a);
}

/** Without common divisor; den = 0 where a number does not fit. */
static km_rational shorten(int n, const wide *num, wide den)
{
    km_rational made = {.n = n};
    wide divisor = den;

    for (int i = 0; i < n * n; ++i) divisor = find_divisor(divisor, num[i]);
    if (den == 0) return made;
    if (den < 0) divisor = -divisor;
    for (int i = 0; i < n * n; ++i) {
        if (magnitude(num[i] / divisor) >= (wide)1 << 62) return (km_rational){.n = n};
        made.num[i] = (long)(num[i] / divisor);
    }
    if (den / divisor < (wide)1 << 62) made.den = (long)(den / divisor);
    return made;
}

km_rational km_rational_make(int n, const long *integers, long den)
{
    wide num[9];

    for (int i = 0; i < n * n; ++i) num[i] = integers[i];
    return shorten(n, num, den);
}

km_rational km_rational_unit(int n)
{
    km_rational unit = {.n = n, .den = 1};

    for (int i = 0; i < n; ++i) unit.num[(n + 1) * i] = 1;
    return unit;
}

km_rational km_rational_round(int n, const double *values, long den)
{
    long num[9];

    for (int i = 0; i < n * n; ++i) num[i] = lround(values[i] * (double)den);
    return km_rational_make(n, num, den);
}

km_rational km_rational_multiply(const km_rational *a, const km_rational *b)
{
    const int n = a->n;
    wide num[9] = {0};

    for (int i = 0; i < n; ++i)
        for (int j = 0; j < n; ++j)
            for (int k = 0; k < n; ++k)
                num[n * i + j] += (wide)a->num[n * i + k] * b->num[n * k + j];
    return shorten(n, num, (wide)a->den * b->den);
}

km_rational km_rational_transpose(const km_rational *a)
{
    km_rational made = *a;

    for (int i = 0; i < a->n; ++i)
        for (int j = 0; j < a->n; ++j) made.num[a->n * i + j] = a->num[a->n * j + i];
    return made;
}

/** Transposed cofactors of the numerators. */
static void find_adjugate(const km_rational *a, wide *adjugate)
{
    const long *m = a->num;

    if (a->n == 2) {
        const wide two[4] = {m[3], -m[1], -m[2], m[0]};

        memcpy(adjugate, two, sizeof two);
        return;
    }
    for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 3; ++j) {
            const int r = (j + 1) % 3, s = (j + 2) % 3, p = (i + 1) % 3, q = (i + 2) % 3;

            adjugate[3 * i + j] =
                (wide)m[3 * r + p] * m[3 * s + q] - (wide)m[3 * r + q] * m[3 * s + p];
        }
}

/** Determinant of the numerators. */
static wide find_determinant(const km_rational *a)
{
    wide adjugate[9], determinant = 0;

    find_adjugate(a, adjugate);
    for (int i = 0; i < a->n; ++i) determinant += a->num[i] * adjugate[a->n * i];
    return determinant;
}

km_rational km_rational_invert(const km_rational *a)
{
    wide num[9];

    find_adjugate(a, num);
    for (int i = 0; i < a->n * a->n; ++i) num[i] *= a->den;
    return shorten(a->n, num, find_determinant(a));
}

double km_rational_determinant(const km_rational *a)
{
    return (double)find_determinant(a) / pow((double)a->den, a->n);
}

void km_rational_get(const km_rational *a, double *values)
{
    for (int i = 0; i < a->n * a->n; ++i) values[i] = (double)a->num[i] / (double)a->den;
}

long km_rational_clear(const km_rational *a)
{
    const km_rational inverse = km_rational_invert(a);

    if (a->den == 0 || inverse.den == 0) return 0;
    return a->den / (long)find_divisor(a->den, inverse.den) * inverse.den;
}

static void swap_rows(int n, wide *a, wide *b)
{
    for (int i = 0; i < n; ++i) {
        wide t = a[i];

        a[i] = b[i];
        b[i] = t;
    }
}

/** Upper triangle by whole multiples of rows: Euclid's algorithm down each column. rows: [2n][n]. */
static void find_hermite_form(int n, wide *rows)
{
    for (int c = 0; c < n; ++c)
        for (int r = c + 1; r < 2 * n; ++r)
            while (rows[n * r + c]) {
                const wide q = rows[n * c + c] / rows[n * r + c];

                for (int i = 0; i < n; ++i) rows[n * c + i] -= q * rows[n * r + i];
                swap_rows(n, rows + n * c, rows + n * r);
            }
    for (int c = 1; c < n; ++c) /* small numbers above the diagonal, so that they fit */
        for (int r = 0; r < c; ++r) {
            const wide q = rows[n * c + c] ? rows[n * r + c] / rows[n * c + c] : 0;

            for (int i = 0; i < n; ++i) rows[n * r + i] -= q * rows[n * c + i];
        }
}

km_rational km_lattice_add(const km_rational *a, const km_rational *b)
{
    const int n = a->n;
    wide rows[18];

    for (int i = 0; i < n * n; ++i) {
        rows[i] = (wide)a->num[i] * b->den;
        rows[n * n + i] = (wide)b->num[i] * a->den;
    }
    find_hermite_form(n, rows);
    return shorten(n, rows, (wide)a->den * b->den);
}

static km_rational find_dual(const km_rational *a)
{
    const km_rational inverse = km_rational_invert(a);

    return km_rational_transpose(&inverse);
}

km_rational km_lattice_intersect(const km_rational *a, const km_rational *b)
{
    const km_rational dual_a = find_dual(a), dual_b = find_dual(b);
    const km_rational sum = km_lattice_add(&dual_a, &dual_b);

    return find_dual(&sum);
}

bool km_lattice_contains(const km_rational *a, const km_rational *b)
{
    const km_rational inverse = km_rational_invert(a);

    return km_rational_multiply(b, &inverse).den == 1;
}

km_status km_rational_check(const km_rational *a)
{
    return KM_CHECK(a->den > 0 && find_determinant(a) != 0, KM_E_ARGUMENT,
                    "a coincidence lattice of these indices is too large to be counted with");
}
