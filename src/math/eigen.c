#include "kaimen/math/eigen.h"

#include "kaimen/base/memory.h"

/* LAPACK, as every Fortran compiler names it. */
void dsyevd_(const char *, const char *, const int *, double *, const int *, double *, double *,
             const int *, int *, const int *, int *);
void zheevd_(const char *, const char *, const int *, double *, const int *, double *, double *,
             const int *, double *, const int *, int *, const int *, int *);
void dpotrf_(const char *, const int *, double *, const int *, int *);
void zpotrf_(const char *, const int *, double *, const int *, int *);

static void call_evd(bool is_real, int n, double *a, int ld, double *value, const int size[3],
                     double *work, double *rwork, int *iwork, int *info)
{
    if (is_real)
        dsyevd_("V", "L", &n, a, &ld, value, work, size, iwork, size + 2, info);
    else
        zheevd_("V", "L", &n, a, &ld, value, work, size, rwork, size + 1, iwork, size + 2,
                info);
}

km_status km_eigen_hermitian(bool is_real, int n, double *a, int ld, double *value)
{
    km_status status = KM_OK;
    double *work = NULL, *rwork = NULL, wanted[2] = {0}, rwanted = 0;
    int *iwork = NULL, iwanted = 0, info = 0, size[3] = {-1, -1, -1};

    call_evd(is_real, n, a, ld, value, size, wanted, &rwanted, &iwanted, &info);
    size[0] = (int)wanted[0];
    size[1] = (int)rwanted;
    size[2] = iwanted;
    KM_TRY_TO(end, KM_ALLOC(work, 2 * (size[0] + 1)));
    KM_TRY_TO(end, KM_ALLOC(rwork, size[1] + 1));
    KM_TRY_TO(end, KM_ALLOC(iwork, size[2] + 1));
    call_evd(is_real, n, a, ld, value, size, work, rwork, iwork, &info);
    status = KM_CHECK(info == 0 && value[0] == value[0], KM_E_NUMERIC,
                      "eigenproblem of order %d: LAPACK info %d", n, info);
end:
    KM_FREE(work);
    KM_FREE(rwork);
    KM_FREE(iwork);
    return status;
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
