#include "kaimen/math/dense.h"

#include <cblas.h>

void dpotri_(const char *, const int *, double *, const int *, int *);

void km_dense_solve_lower(int n, const double *factor, bool is_transposed, int m, double *v)
{
    cblas_dtrsm(CblasColMajor, CblasLeft, CblasLower, is_transposed ? CblasTrans : CblasNoTrans,
                CblasNonUnit, n, m, 1, factor, n, v, n);
}

void km_dense_invert_cholesky(int n, double *factor)
{
    int info = 0;

    dpotri_("L", &n, factor, &n, &info);
}
