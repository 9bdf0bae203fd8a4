#include "kaimen/dft/bands.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/timer.h"
#include "kaimen/math/distributed_eigen.h"
#include "kaimen/math/eigen.h"

#include <cblas.h>
#include <complex.h>
#include <limits.h>
#include <string.h>

/* Numbers per element, real or complex. */
static size_t width(bool is_real)
{
    return is_real ? 1 : 2;
}

km_status km_bands_create(bool is_real, int n_band, int n_g, km_bands *bands)
{
    *bands =
        (km_bands){.is_real = is_real, .n_band = n_band, .n_g = n_g, .comm = MPI_COMM_SELF};
    return KM_ALLOC(bands->data, width(is_real) * (size_t)n_band * (size_t)n_g);
}

void km_bands_destroy(km_bands *bands)
{
    KM_FREE(bands->data);
    *bands = (km_bands){0};
}

size_t km_bands_stride(const km_bands *bands)
{
    return width(bands->is_real) * (size_t)bands->n_g;
}

km_bands km_bands_view(const km_bands *bands, int first, int n)
{
    km_bands view = *bands;

    view.n_band = n;
    view.data += (size_t)first * km_bands_stride(bands);
    return view;
}

void km_bands_copy(const km_bands *from, const km_bands *to)
{
    KM_ASSERT(from->n_band == to->n_band && from->n_g == to->n_g);
    memcpy(to->data, from->data, sizeof(double) * (size_t)from->n_band * km_bands_stride(from));
}

km_status km_matrix_create(bool is_real, int n_row, int n_column, km_matrix *matrix)
{
    /* BLAS wants a leading dimension of at least 1, also for an empty matrix. */
    *matrix = (km_matrix){.is_real = is_real,
                          .ld = n_row > 0 ? n_row : 1,
                          .scalapack_above = INT_MAX,
                          .comm = MPI_COMM_SELF};
    KM_TRY(KM_ALLOC(matrix->data, width(is_real) * (size_t)matrix->ld * (size_t)n_column));
    return KM_ALLOC(matrix->scratch, width(is_real) * (size_t)matrix->ld * (size_t)n_column);
}

void km_matrix_destroy(km_matrix *matrix)
{
    KM_FREE(matrix->data);
    KM_FREE(matrix->scratch);
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
        MPI_Allreduce(MPI_IN_PLACE, values, n, MPI_DOUBLE, MPI_SUM, bands->comm);
}

void km_bands_squared_norms(const km_bands *bands, double *norm2)
{
    const size_t stride = km_bands_stride(bands);

    for (int j = 0; j < bands->n_band; ++j) {
        const double *c = bands->data + (size_t)j * stride;

        norm2[j] = cblas_ddot((int)stride, c, 1, c, 1);
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

void km_bands_overlap(const km_bands *a, const km_bands *b, const km_matrix *s)
{
    const size_t n_row = width(a->is_real) * (size_t)a->n_band;

    if (a->n_band == 0 || b->n_band == 0) return;
    km_timer_start("overlap");
    if (!is_shared(a)) {
        multiply_slices(a, b, s->data, s->ld);
        km_timer_stop("overlap");
        return;
    }
    multiply_slices(a, b, s->scratch, a->n_band);
    km_bands_sum(a, (int)n_row * b->n_band, s->scratch);
    for (int j = 0; j < b->n_band; ++j)
        memcpy(s->data + width(a->is_real) * (size_t)j * (size_t)s->ld,
               s->scratch + (size_t)j * n_row, n_row * sizeof(double));
    km_timer_stop("overlap");
}

void km_bands_rotate(double alpha, const km_bands *a, const km_matrix *u, double beta,
                     const km_bands *out)
{
    const double complex z_alpha = alpha, z_beta = beta;

    if (out->n_band == 0) return;
    km_timer_start("rotate");
    if (a->is_real)
        cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, a->n_g, out->n_band, a->n_band,
                    alpha, a->data, a->n_g, u->data, u->ld, beta, out->data, out->n_g);
    else
        cblas_zgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, a->n_g, out->n_band, a->n_band,
                    &z_alpha, a->data, a->n_g, u->data, u->ld, &z_beta, out->data, out->n_g);
    km_timer_stop("rotate");
}

/* Whether the ranks solve a problem of order n together. */
static bool is_large(int n, const km_matrix *matrix)
{
    int n_rank;

    MPI_Comm_size(matrix->comm, &n_rank);
    return n > matrix->scalapack_above && n_rank > 1;
}

/* A diagonal element of the Cholesky factor is the norm of what a band has that those before lack. */
static bool has_norms(int n, const km_matrix *factor)
{
    for (int j = 0; j < n; ++j)
        if (!(factor->data[width(factor->is_real) * (size_t)j * (size_t)(factor->ld + 1)] >
              KM_BANDS_DEPENDENT))
            return false;
    return true;
}

km_status km_bands_orthonormalise(const km_bands *a, const km_matrix *s, bool *is_independent)
{
    const double complex one = 1;

    if (is_large(a->n_band, s))
        KM_TRY(km_distributed_eigen_cholesky(s->is_real, a->n_band, s->data, s->ld, s->comm,
                                             is_independent));
    else
        *is_independent = km_eigen_cholesky(s->is_real, a->n_band, s->data, s->ld);
    *is_independent = *is_independent && has_norms(a->n_band, s);
    if (!*is_independent) return KM_OK;
    if (a->is_real)
        cblas_dtrsm(CblasColMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit, a->n_g,
                    a->n_band, 1.0, s->data, s->ld, a->data, a->n_g);
    else
        cblas_ztrsm(CblasColMajor, CblasRight, CblasLower, CblasConjTrans, CblasNonUnit, a->n_g,
                    a->n_band, &one, s->data, s->ld, a->data, a->n_g);
    return KM_OK;
}

km_status km_matrix_diagonalise(int n, const km_matrix *a, double *value)
{
    if (is_large(n, a))
        return km_distributed_eigen_hermitian(a->is_real, n, a->data, a->ld, value, a->comm);
    return km_eigen_hermitian(a->is_real, n, a->data, a->ld, value);
}
