#include "kaimen/dft/bands.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/timer.h"
#include "kaimen/base/traffic.h"
#include "kaimen/math/distributed_eigen.h"

#include <cblas.h>
#include <complex.h>
#include <limits.h>
#include <string.h>

/* Numbers per element, real or complex. */
static size_t width(bool is_real)
{
    return is_real ? 1 : 2;
}

static km_bands empty_block(bool is_real, int n_band, int n_g)
{
    return (km_bands){.is_real = is_real, .n_band = n_band, .n_g = n_g, .comm = MPI_COMM_SELF};
}

km_status km_bands_reserve(bool is_real, int n_band, int n_g, km_bands *bands)
{
    *bands = empty_block(is_real, n_band, n_g);
    return KM_RESERVE(bands->data, width(is_real) * (size_t)n_band * (size_t)n_g);
}

km_status km_bands_reserve_single(bool is_real, int n_band, int n_g, km_bands *bands)
{
    *bands = empty_block(is_real, n_band, n_g);
    return KM_RESERVE(bands->single, width(is_real) * (size_t)n_band * (size_t)n_g);
}

km_status km_bands_create(bool is_real, int n_band, int n_g, km_bands *bands)
{
    KM_TRY(km_bands_reserve(is_real, n_band, n_g, bands));
    km_bands_clear(bands);
    return KM_OK;
}

km_status km_bands_create_single(bool is_real, int n_band, int n_g, km_bands *bands)
{
    KM_TRY(km_bands_reserve_single(is_real, n_band, n_g, bands));
    km_bands_clear(bands);
    return KM_OK;
}

void km_bands_destroy(km_bands *bands)
{
    KM_FREE(bands->data);
    KM_FREE(bands->single);
    *bands = (km_bands){0};
}

size_t km_bands_stride(const km_bands *bands)
{
    return width(bands->is_real) * (size_t)bands->n_g;
}

static size_t size_of(const km_bands *bands)
{
    return (size_t)bands->n_band * km_bands_stride(bands);
}

km_bands km_bands_view(const km_bands *bands, int first, int n)
{
    const size_t at = (size_t)first * km_bands_stride(bands);
    km_bands view = *bands;

    view.n_band = n;
    if (view.single)
        view.single += at;
    else
        view.data += at;
    return view;
}

void km_bands_clear(const km_bands *bands)
{
    if (bands->single)
        memset(bands->single, 0, size_of(bands) * sizeof(float));
    else
        memset(bands->data, 0, size_of(bands) * sizeof(double));
}

void km_bands_copy(const km_bands *from, const km_bands *to)
{
    const size_t n = size_of(from);

    KM_ASSERT(from->n_band == to->n_band && from->n_g == to->n_g);
    if (from->single && to->single)
        memcpy(to->single, from->single, n * sizeof(float));
    else if (from->single)
        for (size_t i = 0; i < n; ++i) to->data[i] = from->single[i];
    else if (to->single)
        for (size_t i = 0; i < n; ++i) to->single[i] = (float)from->data[i];
    else
        memcpy(to->data, from->data, n * sizeof(double));
}

void km_bands_add(const km_bands *from, const km_bands *to)
{
    const size_t n = size_of(from);

    KM_ASSERT(from->n_band == to->n_band && from->n_g == to->n_g);
    if (from->single && to->single)
        for (size_t i = 0; i < n; ++i) to->single[i] += from->single[i];
    else if (from->single)
        for (size_t i = 0; i < n; ++i) to->data[i] += from->single[i];
    else if (to->single)
        for (size_t i = 0; i < n; ++i) to->single[i] += (float)from->data[i];
    else
        for (size_t i = 0; i < n; ++i) to->data[i] += from->data[i];
}

void km_bands_scale(const km_bands *bands, int band, double factor)
{
    const size_t n = km_bands_stride(bands), at = (size_t)band * n;

    if (bands->single)
        for (size_t i = 0; i < n; ++i) bands->single[at + i] *= (float)factor;
    else
        for (size_t i = 0; i < n; ++i) bands->data[at + i] *= factor;
}

static void multiply_double(double *restrict c, size_t n, size_t n_g, const double *factor)
{
    for (size_t ig = 0; ig < n_g; ++ig)
        for (size_t i = 0; i < n; ++i) c[n * ig + i] *= factor[ig];
}

static void multiply_single(float *restrict c, size_t n, size_t n_g, const double *factor)
{
    for (size_t ig = 0; ig < n_g; ++ig)
        for (size_t i = 0; i < n; ++i) c[n * ig + i] *= (float)factor[ig];
}

void km_bands_multiply(const km_bands *bands, int band, const double *factor)
{
    const km_bands view = km_bands_view(bands, band, 1);
    const size_t n_g = (size_t)bands->n_g;

    if (bands->single && bands->is_real)
        multiply_single(view.single, 1, n_g, factor);
    else if (bands->single)
        multiply_single(view.single, 2, n_g, factor);
    else if (bands->is_real)
        multiply_double(view.data, 1, n_g, factor);
    else
        multiply_double(view.data, 2, n_g, factor);
}

km_status km_matrix_create(bool is_real, int n_row, int n_column, km_matrix *matrix)
{
    /* BLAS wants a leading dimension of at least 1, also for an empty matrix. */
    *matrix = (km_matrix){.is_real = is_real,
                          .ld = n_row > 0 ? n_row : 1,
                          .scalapack_above = INT_MAX,
                          .comm = MPI_COMM_SELF};
    KM_TRY(KM_ALLOC(matrix->work, 1));
    KM_TRY(KM_ALLOC(matrix->data, width(is_real) * (size_t)matrix->ld * (size_t)n_column));
    return KM_ALLOC(matrix->scratch, width(is_real) * (size_t)matrix->ld * (size_t)n_column);
}

void km_matrix_destroy(km_matrix *matrix)
{
    KM_FREE(matrix->data);
    KM_FREE(matrix->scratch);
    if (matrix->work) km_eigen_work_destroy(matrix->work);
    KM_FREE(matrix->work);
    *matrix = (km_matrix){0};
}

km_matrix km_matrix_view(const km_matrix *matrix, int i, int j)
{
    km_matrix view = *matrix;

    view.data += width(matrix->is_real) * ((size_t)i + (size_t)j * (size_t)matrix->ld);
    return view;
}

static bool is_shared(const km_bands *bands)
{
    int n_rank;

    MPI_Comm_size(bands->comm, &n_rank);
    return n_rank > 1;
}

void km_bands_sum(const km_bands *bands, int n, double *values)
{
    if (is_shared(bands))
        km_traffic_allreduce(KM_TRAFFIC_OVERLAP, n, MPI_DOUBLE, MPI_SUM, bands->comm, values);
}

void km_bands_squared_norms(const km_bands *bands, double *norm2)
{
    const int n = (int)km_bands_stride(bands);

    for (int j = 0; j < bands->n_band; ++j) {
        const km_bands band = km_bands_view(bands, j, 1);

        norm2[j] = band.single ? cblas_sdot(n, band.single, 1, band.single, 1)
                               : cblas_ddot(n, band.data, 1, band.data, 1);
    }
    km_bands_sum(bands, bands->n_band, norm2);
}

/* Products over the plane waves of this rank. */
static void multiply_slices(const km_bands *a, const km_bands *b, double *s, int ld)
{
    const double complex one = 1, zero = 0;

    if (a->is_real)
        cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, a->n_band, b->n_band, a->n_g, 1.0,
                    a->data, a->n_g, b->data, b->n_g, 0.0, s, ld);
    else
        cblas_zgemm(CblasColMajor, CblasConjTrans, CblasNoTrans, a->n_band, b->n_band, a->n_g,
                    &one, a->data, a->n_g, b->data, b->n_g, &zero, s, ld);
}

static void multiply_slices_single(const km_bands *a, const km_bands *b, float *s, int ld)
{
    const float complex one = 1, zero = 0;

    if (a->is_real)
        cblas_sgemm(CblasColMajor, CblasTrans, CblasNoTrans, a->n_band, b->n_band, a->n_g, 1,
                    a->single, a->n_g, b->single, b->n_g, 0, s, ld);
    else
        cblas_cgemm(CblasColMajor, CblasConjTrans, CblasNoTrans, a->n_band, b->n_band, a->n_g,
                    &one, a->single, a->n_g, b->single, b->n_g, &zero, s, ld);
}

static void overlap_single(const km_bands *a, const km_bands *b, const km_matrix *s)
{
    const size_t n_row = width(a->is_real) * (size_t)a->n_band;
    const size_t ld = width(a->is_real) * (size_t)s->ld;
    float *product = (float *)s->scratch;

    multiply_slices_single(a, b, product, a->n_band);
    if (is_shared(a))
        km_traffic_allreduce(KM_TRAFFIC_OVERLAP, (int)n_row * b->n_band, MPI_FLOAT, MPI_SUM,
                             a->comm, product);
    for (size_t j = 0; j < (size_t)b->n_band; ++j)
        for (size_t i = 0; i < n_row; ++i) s->data[j * ld + i] = product[j * n_row + i];
}

static void overlap_double(const km_bands *a, const km_bands *b, const km_matrix *s)
{
    const size_t n_row = width(a->is_real) * (size_t)a->n_band;

    if (!is_shared(a)) {
        multiply_slices(a, b, s->data, s->ld);
        return;
    }
    multiply_slices(a, b, s->scratch, a->n_band);
    km_bands_sum(a, (int)n_row * b->n_band, s->scratch);
    for (int j = 0; j < b->n_band; ++j)
        memcpy(s->data + width(a->is_real) * (size_t)j * (size_t)s->ld,
               s->scratch + (size_t)j * n_row, n_row * sizeof(double));
}

/* Work of a product of n_a bands with n_b others, or with a matrix of that shape. */
static void count_product(const km_bands *a, int n_a, int n_b)
{
    const double n_g = a->n_g, width = a->is_real ? 1 : 2;
    const double size = a->single ? sizeof(float) : sizeof(double);

    km_timer_add_work(2 * width * width * n_g * n_a * n_b, size * width * n_g * (n_a + n_b));
}

void km_bands_overlap(const km_bands *a, const km_bands *b, const km_matrix *s)
{
    if (a->n_band == 0 || b->n_band == 0) return;
    km_timer_start(a->single ? "overlap single" : "overlap");
    count_product(a, a->n_band, b->n_band);
    if (a->single)
        overlap_single(a, b, s);
    else
        overlap_double(a, b, s);
    km_timer_stop(a->single ? "overlap single" : "overlap");
}

static void rotate_double(double alpha, const km_bands *a, const km_matrix *u, double beta,
                          const km_bands *out)
{
    const double complex z_alpha = alpha, z_beta = beta;

    if (a->is_real)
        cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, a->n_g, out->n_band, a->n_band,
                    alpha, a->data, a->n_g, u->data, u->ld, beta, out->data, out->n_g);
    else
        cblas_zgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, a->n_g, out->n_band, a->n_band,
                    &z_alpha, a->data, a->n_g, u->data, u->ld, &z_beta, out->data, out->n_g);
}

/* Rows and columns of a matrix in single precision, one column behind the other, in its scratch. */
static const float *round_matrix(const km_matrix *u, int n_row, int n_column)
{
    const size_t n = width(u->is_real) * (size_t)n_row, ld = width(u->is_real) * (size_t)u->ld;
    float *rounded = (float *)u->scratch;

    for (size_t j = 0; j < (size_t)n_column; ++j)
        for (size_t i = 0; i < n; ++i) rounded[j * n + i] = (float)u->data[j * ld + i];
    return rounded;
}

static void rotate_single(float alpha, const km_bands *a, const km_matrix *u, float beta,
                          const km_bands *out)
{
    const float complex z_alpha = alpha, z_beta = beta;
    const float *rounded = round_matrix(u, a->n_band, out->n_band);

    if (a->is_real)
        cblas_sgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, a->n_g, out->n_band, a->n_band,
                    alpha, a->single, a->n_g, rounded, a->n_band, beta, out->single, out->n_g);
    else
        cblas_cgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, a->n_g, out->n_band, a->n_band,
                    &z_alpha, a->single, a->n_g, rounded, a->n_band, &z_beta, out->single,
                    out->n_g);
}

void km_bands_rotate(double alpha, const km_bands *a, const km_matrix *u, double beta,
                     const km_bands *out)
{
    if (out->n_band == 0 || a->n_band == 0) return;
    km_timer_start(a->single ? "rotate single" : "rotate");
    count_product(a, a->n_band, out->n_band);
    if (a->single)
        rotate_single((float)alpha, a, u, (float)beta, out);
    else
        rotate_double(alpha, a, u, beta, out);
    km_timer_stop(a->single ? "rotate single" : "rotate");
}

double km_bands_dependent(const km_bands *bands)
{
    return bands->single ? 3e-3 : 1e-5;
}

/* Whether the ranks solve a problem of order n together. */
static bool is_large(int n, const km_matrix *matrix)
{
    int n_rank;

    MPI_Comm_size(matrix->comm, &n_rank);
    return n > matrix->scalapack_above && n_rank > 1;
}

/* A diagonal element of the Cholesky factor is the norm of what a band has that those before lack. */
static bool has_norms(int n, const km_matrix *factor, double least)
{
    for (int j = 0; j < n; ++j)
        if (!(factor->data[width(factor->is_real) * (size_t)j * (size_t)(factor->ld + 1)] >
              least))
            return false;
    return true;
}

/* a = a L^-H */
static void solve_factor(const km_bands *a, const km_matrix *factor)
{
    const double complex one = 1;

    if (a->is_real)
        cblas_dtrsm(CblasColMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit, a->n_g,
                    a->n_band, 1.0, factor->data, factor->ld, a->data, a->n_g);
    else
        cblas_ztrsm(CblasColMajor, CblasRight, CblasLower, CblasConjTrans, CblasNonUnit, a->n_g,
                    a->n_band, &one, factor->data, factor->ld, a->data, a->n_g);
}

static void solve_factor_single(const km_bands *a, const km_matrix *factor)
{
    const float complex one = 1;
    const float *rounded = round_matrix(factor, a->n_band, a->n_band);

    if (a->is_real)
        cblas_strsm(CblasColMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit, a->n_g,
                    a->n_band, 1, rounded, a->n_band, a->single, a->n_g);
    else
        cblas_ctrsm(CblasColMajor, CblasRight, CblasLower, CblasConjTrans, CblasNonUnit, a->n_g,
                    a->n_band, &one, rounded, a->n_band, a->single, a->n_g);
}

static km_status factorise(int n, const km_matrix *s, bool *is_definite)
{
    if (is_large(n, s))
        return km_distributed_eigen_cholesky(s->is_real, n, s->data, s->ld, s->comm,
                                             is_definite);
    *is_definite = km_eigen_cholesky(s->is_real, n, s->data, s->ld);
    return KM_OK;
}

km_status km_bands_orthonormalise(const km_bands *a, const km_matrix *s, bool *is_independent)
{
    KM_TRY(factorise(a->n_band, s, is_independent));
    *is_independent = *is_independent && has_norms(a->n_band, s, km_bands_dependent(a));
    if (!*is_independent) return KM_OK;
    km_timer_start("orthonormalise");
    count_product(a, a->n_band, (a->n_band + 1) / 2);
    if (a->single)
        solve_factor_single(a, s);
    else
        solve_factor(a, s);
    km_timer_stop("orthonormalise");
    return KM_OK;
}

km_status km_matrix_diagonalise(int n, const km_matrix *a, double *value)
{
    if (is_large(n, a))
        return km_distributed_eigen_hermitian(a->is_real, n, a->data, a->ld, value, a->comm);
    return km_eigen_hermitian(a->is_real, n, a->data, a->ld, value, a->work);
}
