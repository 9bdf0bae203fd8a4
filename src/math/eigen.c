#include "kaimen/math/eigen.h"

#include "kaimen/base/memory.h"

/* LAPACK, as every Fortran compiler names it. */
void dsyevd_(const char *, const char *, const int *, double *, const int *, double *, double *,
             const int *, int *, const int *, int *);
void zheevd_(const char *, const char *, const int *, double *, const int *, double *, double *,
             const int *, double *, const int *, int *, const int *, int *);
void dpotrf_(const char *, const int *, double *, const int *, int *);
void zpotrf_(const char *, const int *, double *, const int *, int *);

static void call_evd(bool is_real, int n, double *a, int ld, double *value, km_eigen_work *w,
                     const int size[3], int *info)
{
    if (is_real)
        dsyevd_("V", "L", &n, a, &ld, value, w->real, size, w->integer, size + 2, info);
    else
        zheevd_("V", "L", &n, a, &ld, value, w->real, size, w->real + 2 * size[0], size + 1,
                w->integer, size + 2, info);
}

/* What LAPACK wants: numbers of the matrix's kind, real numbers, integers. */
static void ask_for_sizes(bool is_real, int n, int ld, int size[3])
{
    double number[4] = {0}, value = 0;
    int integer = 0, info = 0;
    km_eigen_work answer = {.real = number, .integer = &integer};

    size[0] = size[1] = size[2] = -1;
    if (is_real)
        dsyevd_("V", "L", &n, number, &ld, &value, answer.real, size, &integer, size + 2,
                &info);
    else
        zheevd_("V", "L", &n, number, &ld, &value, answer.real, size, number + 2, size + 1,
                &integer, size + 2, &info);
    size[0] = (int)number[0];
    size[1] = is_real ? 0 : (int)number[2];
    size[2] = integer;
}

static km_status grow(km_eigen_work *work, size_t n_real, size_t n_integer)
{
    if (n_real <= work->n_real && n_integer <= work->n_integer) return KM_OK;
    km_eigen_work_destroy(work);
    KM_TRY(KM_ALLOC(work->real, n_real));
    KM_TRY(KM_ALLOC(work->integer, n_integer));
    work->n_real = n_real;
    work->n_integer = n_integer;
    return KM_OK;
}

void km_eigen_work_destroy(km_eigen_work *work)
{
    KM_FREE(work->real);
    KM_FREE(work->integer);
    *work = (km_eigen_work){0};
}

km_status km_eigen_work_reserve(bool is_real, int n, km_eigen_work *work)
{
    int size[3];

    ask_for_sizes(is_real, n, n, size);
    return grow(work, 2 * (size_t)size[0] + (size_t)size[1] + 1, (size_t)size[2] + 1);
}

km_status km_eigen_hermitian(bool is_real, int n, double *a, int ld, double *value,
                             km_eigen_work *work)
{
    int size[3], info = 0;

    KM_TRY(km_eigen_work_reserve(is_real, n, work));
    ask_for_sizes(is_real, n, ld, size);
    call_evd(is_real, n, a, ld, value, work, size, &info);
    return KM_CHECK(info == 0 && value[0] == value[0], KM_E_NUMERIC,
                    "eigenproblem of order %d: LAPACK info %d", n, info);
}

bool km_eigen_cholesky(bool is_real, int n, double *a, int ld)
{
    int info = 0;

    if (is_real)
        dpotrf_("L", &n, a, &ld, &info);
    else
        zpotrf_("L", &n, a, &ld, &info);
    return info == 0;
}
