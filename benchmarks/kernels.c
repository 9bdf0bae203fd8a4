/*
 * What one core does with the kernels of the evaluator, a line each: name, precision, numbers, shape, and the rate. GB/s of
 * the memory, GFlop/s of the others; FFTs in microseconds for one band too.
 * usage: kernels [N_G N_BAND] (default: the tables of docs/performance.md)
 */
#include "kaimen/base/memory.h"
#include "kaimen/base/rng.h"
#include "kaimen/dft/fft.h"
#include "kaimen/dft/grid.h"
#include "kaimen/math/eigen.h"
#include "kaimen/math/short_fft.h"

#include <cblas.h>
#include <complex.h>
#include <fftw3.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A kernel is repeated for so long, so many times; the best time counts. */
#define LEAST_S 0.02
#define N_REPEAT 5
#define N_SIDE 1024

typedef void (*kernel)(void *context);

static double now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Seconds of one call. */
static double time_of(kernel run, void *context)
{
    double best_s = INFINITY;
    long n = 1;

    for (int i = 0; i < N_REPEAT;) {
        const double start_s = now_s();
        double time_s;

        for (long j = 0; j < n; ++j) run(context);
        time_s = now_s() - start_s;
        if (time_s < LEAST_S) {
            n *= 2;
            continue;
        }
        best_s = fmin(best_s, time_s / (double)n);
        ++i;
    }
    return best_s;
}

/* Memory. */

typedef struct {
    size_t n;
    double *a, *b, *c;
    double sum;
} vectors;

static void copy(void *context)
{
    vectors *v = context;

    memcpy(v->a, v->b, v->n * sizeof *v->a);
}

static void triad(void *context)
{
    vectors *v = context;

    for (size_t i = 0; i < v->n; ++i) v->a[i] = v->b[i] + 1.0001 * v->c[i];
}

static void dot(void *context)
{
    vectors *v = context;

    v->sum += cblas_ddot((int)v->n, v->a, 1, v->b, 1);
}

static km_status measure_memory(void)
{
    static const struct {
        const char *name;
        size_t n_byte;
    } sizes[] = {
        {"16 kB", 16 << 10}, {"512 kB", 512 << 10}, {"8 MB", 8 << 20}, {"256 MB", 256 << 20}};

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i) {
        vectors v = {.n = sizes[i].n_byte / 3 / sizeof(double)};
        const double gb = 1e-9 * sizeof(double) * (double)v.n;

        KM_TRY(KM_ALLOC(v.a, v.n));
        KM_TRY(KM_ALLOC(v.b, v.n));
        KM_TRY(KM_ALLOC(v.c, v.n));
        for (size_t k = 0; k < v.n; ++k) v.a[k] = v.b[k] = v.c[k] = 1;
        printf("memory copy %s %.1f\n", sizes[i].name, 2 * gb / time_of(copy, &v));
        printf("memory triad %s %.1f\n", sizes[i].name, 3 * gb / time_of(triad, &v));
        printf("memory dot %s %.1f\n", sizes[i].name, 2 * gb / time_of(dot, &v));
        KM_FREE(v.a);
        KM_FREE(v.b);
        KM_FREE(v.c);
    }
    return KM_OK;
}

/* Products of bands, as src/dft/bands.c makes them. */

typedef struct {
    km_bands a, b;
    km_matrix s;
} product;

static void overlap(void *context)
{
    product *p = context;

    km_bands_overlap(&p->a, &p->b, &p->s);
}

static void rotate(void *context)
{
    product *p = context;

    km_bands_rotate(1, &p->a, &p->s, 0, &p->b);
}

static km_status make_bands(bool is_real, bool is_single, int n_band, int n_g, km_bands *bands)
{
    km_rng rng = km_rng_start(1, 0);
    const size_t n = (size_t)n_band * (size_t)n_g * (is_real ? 1 : 2);

    KM_TRY(is_single ? km_bands_create_single(is_real, n_band, n_g, bands)
                     : km_bands_create(is_real, n_band, n_g, bands));
    for (size_t i = 0; i < n; ++i)
        if (is_single)
            bands->single[i] = (float)(km_rng_uniform(&rng) - 0.5);
        else
            bands->data[i] = km_rng_uniform(&rng) - 0.5;
    return KM_OK;
}

static km_status measure_product(bool is_real, bool is_single, int n_a, int n_b, int n_g)
{
    const double gflop = 2e-9 * (is_real ? 1 : 4) * n_a * n_b * (double)n_g;
    const char *precision = is_single ? "single" : "double",
               *kind = is_real ? "real" : "complex";
    product p;

    KM_TRY(make_bands(is_real, is_single, n_a, n_g, &p.a));
    KM_TRY(make_bands(is_real, is_single, n_b, n_g, &p.b));
    KM_TRY(km_matrix_create(is_real, n_a, n_b, &p.s));
    printf("overlap %s %s %dx%dx%d %.1f\n", precision, kind, n_a, n_b, n_g,
           gflop / time_of(overlap, &p));
    printf("rotate %s %s %dx%dx%d %.1f\n", precision, kind, n_a, n_b, n_g,
           gflop / time_of(rotate, &p));
    km_bands_destroy(&p.a);
    km_bands_destroy(&p.b);
    km_matrix_destroy(&p.s);
    return KM_OK;
}

/* The square product stands for the most that the core can do. */
static km_status measure_products(int n_g, int n_band)
{
    for (int is_single = 0; is_single < 2; ++is_single)
        for (int is_real = 0; is_real < 2; ++is_real) {
            KM_TRY(measure_product(is_real, is_single, N_SIDE, N_SIDE, N_SIDE));
            KM_TRY(measure_product(is_real, is_single, n_band, n_band, n_g));
            KM_TRY(measure_product(is_real, is_single, 2 * n_band, (n_band + 1) / 2, n_g));
            KM_TRY(measure_product(is_real, is_single, 2 * n_band, 8, n_g));
        }
    return KM_OK;
}

/* FFTs of bands, there and back with the potential between. */

typedef struct {
    km_fft *fft;
    km_basis *basis;
    km_bands in, out;
} band_fft;

static void apply(void *context)
{
    band_fft *b = context;

    km_fft_apply_potential(b->fft, b->basis, 0, &b->in, &b->out);
}

static km_status measure_batch(km_fft *fft, km_basis *basis, const char *grid, bool is_real,
                               bool is_single, int n_band)
{
    const int n_g = km_basis_n_g(basis);
    band_fft b = {.fft = fft, .basis = basis};

    KM_TRY(make_bands(is_real, is_single, n_band, n_g, &b.in));
    KM_TRY(make_bands(is_real, is_single, n_band, n_g, &b.out));
    printf("fft %s %s %s batch %d %.1f us\n", is_single ? "single" : "double",
           is_real ? "two bands at once" : "one band at once", grid, n_band,
           1e6 * time_of(apply, &b) / n_band);
    km_bands_destroy(&b.in);
    km_bands_destroy(&b.out);
    return KM_OK;
}

typedef struct {
    fftw_plan there, back;
} whole_fft;

static void transform_whole(void *context)
{
    whole_fft *w = context;

    fftw_execute(w->there);
    fftw_execute(w->back);
}

/* The same grid, whole, by FFTW with measured plans: what there is without knowing the sphere. */
static km_status measure_fftw(const int n[3], const char *grid)
{
    const size_t n_point = (size_t)n[0] * (size_t)n[1] * (size_t)n[2];
    double complex *f = NULL;
    whole_fft w;

    KM_TRY(KM_ALLOC(f, n_point));
    w.there = fftw_plan_dft_3d(n[0], n[1], n[2], f, f, FFTW_BACKWARD, FFTW_MEASURE);
    w.back = fftw_plan_dft_3d(n[0], n[1], n[2], f, f, FFTW_FORWARD, FFTW_MEASURE);
    memset(f, 0, n_point * sizeof *f);
    printf("fft double FFTW, whole grid %s batch 1 %.1f us\n", grid,
           1e6 * time_of(transform_whole, &w));
    fftw_destroy_plan(w.there);
    fftw_destroy_plan(w.back);
    KM_FREE(f);
    return KM_OK;
}

static km_status measure_grid(const km_crystal *crystal, double ecut_ha, double factor)
{
    const double k_frac[3] = {0.25, 0.25, 0};
    km_basis *basis;
    km_fft *fft;
    char grid[64];
    double *v = NULL;
    int n[3];

    km_grid_choose(crystal, NULL, ecut_ha, factor, n);
    snprintf(grid, sizeof grid, "%dx%dx%d", n[0], n[1], n[2]);
    KM_TRY(km_basis_create(crystal, k_frac, ecut_ha, MPI_COMM_SELF, &basis));
    KM_TRY(km_fft_create(n, 1, &basis, 1, true, &fft));
    KM_TRY(KM_ALLOC(v, n[0] * n[1] * n[2]));
    km_fft_set_potential(fft, v);
    for (int is_single = 0; is_single < 2; ++is_single)
        for (int is_real = 0; is_real < 2; ++is_real)
            for (int n_band = 2; n_band <= 32; n_band *= 4)
                KM_TRY(measure_batch(fft, basis, grid, is_real, is_single, n_band));
    KM_TRY(measure_fftw(n, grid));
    KM_FREE(v);
    km_fft_destroy(&fft);
    km_basis_destroy(&basis);
    return KM_OK;
}

/* A slab as thick as MgO(100) with five layers, at 30 Ha; the full grid, then a reduced one. */
static km_status measure_ffts(void)
{
    const double cell[9] = {5.63, 0, 0, 0, 5.63, 0, 0, 0, 44.3}, frac[3] = {0};
    km_crystal *crystal;

    KM_TRY(km_crystal_create(cell, 1, (int[]){8}, frac, &crystal));
    KM_TRY(measure_grid(crystal, 30, 1));
    KM_TRY(measure_grid(crystal, 30, 0.75));
    km_crystal_destroy(&crystal);
    return KM_OK;
}

/* Lines in the first cache: what the FFTs of bands could do at best. */

typedef struct {
    km_short_fft *exact;
    km_short_fft_single *rough;
    double *in, *out;
} lines;

static void transform_lines(void *context)
{
    lines *l = context;

    km_short_fft_compute(l->exact, 1, l->in, l->out);
}

static void transform_lines_single(void *context)
{
    lines *l = context;

    km_short_fft_compute_single(l->rough, 1, (float *)l->in, (float *)l->out);
}

static km_status measure_lines(void)
{
    static const int lengths[] = {27, 30, 36, 45, 225};

    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; ++i) {
        const int n = lengths[i];
        const double gflop = 5e-9 * n * log2(n);
        lines l = {0};

        KM_TRY(km_short_fft_create(n, &l.exact));
        KM_TRY(km_short_fft_create_single(n, &l.rough));
        KM_TRY(KM_ALLOC(l.in, 2 * KM_SHORT_FFT_WIDTH * n));
        KM_TRY(KM_ALLOC(l.out, 2 * KM_SHORT_FFT_WIDTH * n));
        printf("line double %d %.1f\n", n,
               KM_SHORT_FFT_WIDTH * gflop / time_of(transform_lines, &l));
        printf("line single %d %.1f\n", n,
               KM_SHORT_FFT_WIDTH_SINGLE * gflop / time_of(transform_lines_single, &l));
        km_short_fft_destroy(&l.exact);
        km_short_fft_destroy_single(&l.rough);
        KM_FREE(l.in);
        KM_FREE(l.out);
    }
    return KM_OK;
}

typedef struct {
    int n;
    km_matrix a;
    double *value;
} eigenproblem;

static void diagonalise(void *context)
{
    eigenproblem *e = context;

    for (int j = 0; j < e->n; ++j)
        for (int i = 0; i < e->n; ++i) e->a.data[i + j * e->n] = i == j ? i : 0.01 * cos(i + j);
    if (km_matrix_diagonalise(e->n, &e->a, e->value) != KM_OK) abort();
}

static km_status measure_eigenproblems(int n_band)
{
    for (int n = n_band; n <= 4 * n_band; n *= 2) {
        eigenproblem e = {.n = n};

        KM_TRY(km_matrix_create(true, n, n, &e.a));
        KM_TRY(KM_ALLOC(e.value, n));
        printf("diagonalise double real %d %.1f us\n", n, 1e6 * time_of(diagonalise, &e));
        km_matrix_destroy(&e.a);
        KM_FREE(e.value);
    }
    return KM_OK;
}

static km_status run(int n_g, int n_band)
{
    KM_TRY(measure_memory());
    KM_TRY(measure_products(n_g, n_band));
    KM_TRY(measure_lines());
    KM_TRY(measure_ffts());
    return measure_eigenproblems(n_band);
}

int main(int argc, char **argv)
{
    const int n_g = argc == 3 ? (int)strtol(argv[1], NULL, 10) : 11000;
    const int n_band = argc == 3 ? (int)strtol(argv[2], NULL, 10) : 24;
    km_status status;

    MPI_Init(&argc, &argv);
    openblas_set_num_threads(1);
    status = run(n_g, n_band);
    if (status != KM_OK) fprintf(stderr, "kernels: %s\n", km_status_message());
    MPI_Finalize();
    return status != KM_OK;
}
