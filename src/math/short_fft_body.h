/*
 * The transforms in one precision. Whoever includes this defines REAL, NAME(x) as the name of x in that precision, and WIDTH.
 */
#include "kaimen/base/memory.h"
#include "kaimen/math/short_fft.h"

#include <math.h>
#include <stddef.h>

/* The largest factor whose butterfly is unrolled. */
#define UNROLLED 7
/* Factors of the largest int. */
#define STAGE_MAX 31

typedef REAL lanes __attribute__((vector_size(sizeof(REAL) * WIDTH), may_alias));
/* One point of all transforms. */
typedef struct {
    lanes re, im;
} point;

/* One factor p of the length: what is left of the length splits into p transforms of m = n_left / p points. */
typedef struct {
    int p;
    int m;
    int s;         /* transforms that are done already, one within the other */
    REAL *twiddle; /* exp(2 pi i jk / n_left), [m][p - 1][2] */
    REAL *root;    /* exp(2 pi i k / p), [p][2] */
} factor;

struct NAME(km_short_fft) {
    int n, n_stage;
    factor stage[STAGE_MAX];
    point *work[2]; /* [n] */
    point *a, *b;   /* [largest factor]: for butterflies that are not unrolled */
};

static void set_root(int k, int n, REAL *root)
{
    root[0] = (REAL)cos(2 * M_PI * k / n);
    root[1] = (REAL)sin(2 * M_PI * k / n);
}

static km_status make_stage(int n_left, int p, int s, factor *stage)
{
    *stage = (factor){.p = p, .m = n_left / p, .s = s};
    KM_TRY(KM_ALLOC(stage->twiddle, 2 * stage->m * p));
    KM_TRY(KM_ALLOC(stage->root, 2 * p));
    for (int k = 0; k < p; ++k) set_root(k, p, stage->root + 2 * k);
    for (int j = 0; j < stage->m; ++j)
        for (int k = 1; k < p; ++k)
            set_root((int)((long)j * k % n_left), n_left,
                     stage->twiddle + 2 * ((p - 1) * j + k - 1));
    return KM_OK;
}

static int next_factor(int n)
{
    static const int first[] = {5, 4, 3, 2, 7};

    for (size_t i = 0; i < sizeof first / sizeof *first; ++i)
        if (n % first[i] == 0) return first[i];
    for (int p = 11;; p += 2)
        if (n % p == 0) return p;
}

km_status NAME(km_short_fft_create)(int n, NAME(km_short_fft) * *out)
{
    NAME(km_short_fft) *fft = NULL;
    km_status status = KM_OK;
    int n_left = n, largest = 1;

    *out = NULL;
    KM_TRY(
        KM_CHECK(n >= 1, KM_E_ARGUMENT, "a transform of %d points, at least 1 is wanted", n));
    KM_TRY(KM_ALLOC(fft, 1));
    fft->n = n;
    while (n_left > 1) {
        const int p = next_factor(n_left);

        status = make_stage(n_left, p, n / n_left, &fft->stage[fft->n_stage++]);
        KM_TRY_TO(fail, status);
        n_left /= p;
        if (p > largest) largest = p;
    }
    for (int i = 0; i < 2; ++i) KM_TRY_TO(fail, KM_ALLOC(fft->work[i], n));
    KM_TRY_TO(fail, KM_ALLOC(fft->a, largest));
    KM_TRY_TO(fail, KM_ALLOC(fft->b, largest));
    *out = fft;
    return KM_OK;
fail:
    NAME(km_short_fft_destroy)(&fft);
    return status;
}

void NAME(km_short_fft_destroy)(NAME(km_short_fft) * *fft)
{
    NAME(km_short_fft) *f = *fft;

    if (!f) return;
    for (int i = 0; i < f->n_stage; ++i) {
        KM_FREE(f->stage[i].twiddle);
        KM_FREE(f->stage[i].root);
    }
    for (int i = 0; i < 2; ++i) KM_FREE(f->work[i]);
    KM_FREE(f->a);
    KM_FREE(f->b);
    KM_FREE(*fft);
}

/* What follows is compiled once for each small factor, with loops over it unrolled. */
#define UNROLL _Pragma("GCC unroll 8")
#define INLINE static inline __attribute__((always_inline))

INLINE void butterfly_2(point *a)
{
    const point b = a[0];

    a[0] = (point){b.re + a[1].re, b.im + a[1].im};
    a[1] = (point){b.re - a[1].re, b.im - a[1].im};
}

INLINE void butterfly_4(REAL sign, point *a)
{
    const point sum = {a[0].re + a[2].re, a[0].im + a[2].im};
    const point difference = {a[0].re - a[2].re, a[0].im - a[2].im};
    const point odd_sum = {a[1].re + a[3].re, a[1].im + a[3].im};
    const point turned = {sign * (a[3].im - a[1].im), sign * (a[1].re - a[3].re)};

    a[0] = (point){sum.re + odd_sum.re, sum.im + odd_sum.im};
    a[1] = (point){difference.re + turned.re, difference.im + turned.im};
    a[2] = (point){sum.re - odd_sum.re, sum.im - odd_sum.im};
    a[3] = (point){difference.re - turned.re, difference.im - turned.im};
}

/* Points j and p - j share a cosine and the square of a sine. b: [p] */
INLINE void butterfly_odd(int p, const REAL *root, REAL sign, point *a, point *b)
{
    const int half = (p - 1) / 2;

    b[0] = a[0];
    UNROLL for (int j = 1; j <= half; ++j)
    {
        b[j] = (point){a[j].re + a[p - j].re, a[j].im + a[p - j].im};
        b[p - j] = (point){a[j].re - a[p - j].re, a[j].im - a[p - j].im};
        a[0].re += b[j].re;
        a[0].im += b[j].im;
    }
    UNROLL for (int k = 1; k <= half; ++k)
    {
        point even = b[0], odd = {{0}, {0}};

        UNROLL for (int j = 1; j <= half; ++j)
        {
            const REAL c = root[2 * (j * k % p)], s = root[2 * (j * k % p) + 1];

            even.re += c * b[j].re;
            even.im += c * b[j].im;
            odd.re -= s * b[p - j].im;
            odd.im += s * b[p - j].re;
        }
        a[k] = (point){even.re + sign * odd.re, even.im + sign * odd.im};
        a[p - k] = (point){even.re - sign * odd.re, even.im - sign * odd.im};
    }
}

INLINE void pass(int p, const factor *stage, REAL sign, const point *restrict x,
                 point *restrict y, point *a, point *b)
{
    const int m = stage->m, s = stage->s;

    for (int j = 0; j < m; ++j) {
        const REAL *w = stage->twiddle + 2 * (p - 1) * j;

        for (int q = 0; q < s; ++q) {
            UNROLL for (int i = 0; i < p; ++i) a[i] = x[q + s * (j + m * i)];
            if (p == 2)
                butterfly_2(a);
            else if (p == 4)
                butterfly_4(sign, a);
            else
                butterfly_odd(p, stage->root, sign, a, b);
            y[q + s * p * j] = a[0];
            UNROLL for (int k = 1; k < p; ++k)
            {
                const REAL re = w[2 * (k - 1)], im = sign * w[2 * (k - 1) + 1];

                y[q + s * (p * j + k)] =
                    (point){re * a[k].re - im * a[k].im, re * a[k].im + im * a[k].re};
            }
        }
    }
}

static void run_stage(NAME(km_short_fft) * fft, const factor *stage, REAL sign, const point *x,
                      point *y)
{
    point a[UNROLLED], b[UNROLLED];

    switch (stage->p) {
    case 2:
        pass(2, stage, sign, x, y, a, b);
        break;
    case 3:
        pass(3, stage, sign, x, y, a, b);
        break;
    case 4:
        pass(4, stage, sign, x, y, a, b);
        break;
    case 5:
        pass(5, stage, sign, x, y, a, b);
        break;
    case 7:
        pass(7, stage, sign, x, y, a, b);
        break;
    default:
        pass(stage->p, stage, sign, x, y, fft->a, fft->b);
        break;
    }
}

void NAME(km_short_fft_compute)(NAME(km_short_fft) * fft, int sign, const REAL *in, REAL *out)
{
    const point *x = (const point *)in;

    if (fft->n == 1) *(point *)out = *x;
    for (int i = 0; i < fft->n_stage; ++i) {
        point *y = i == fft->n_stage - 1 ? (point *)out : fft->work[i % 2];

        run_stage(fft, &fft->stage[i], (REAL)sign, x, y);
        x = y;
    }
}
