#include "dft/orthonormal.h"

#include <math.h>

/* What is left of a function after it was made orthogonal to others: above it, its rounding errors are below 1e-14. */
static const double LITTLE = 0.03;

/* Scale functions to norm 1; those whose norm is not above `least` are dropped. The number kept. */
static int normalise(const km_bands *functions, double *norm2, double least)
{
    int n_kept = 0;

    km_bands_squared_norms(functions, norm2);
    for (int j = 0; j < functions->n_band; ++j) {
        const double norm = sqrt(norm2[j]);
        km_bands from = km_bands_view(functions, j, 1);
        km_bands to = km_bands_view(functions, n_kept, 1);

        if (!(norm > least)) continue;
        km_bands_scale(&from, 0, 1 / norm);
        if (n_kept != j) km_bands_copy(&from, &to);
        ++n_kept;
    }
    return n_kept;
}

/* One function after the other, without those that are lost in the ones before. The number kept. */
static int orthonormalise_singly(const km_bands *functions, const km_matrix *s, double *norm2)
{
    int n_kept = 0;

    for (int j = 0; j < functions->n_band; ++j) {
        const km_bands kept = km_bands_view(functions, 0, n_kept);
        km_bands from = km_bands_view(functions, j, 1);
        km_bands to = km_bands_view(functions, n_kept, 1);

        if (n_kept > 0) {
            km_bands_overlap(&kept, &from, s);
            km_bands_rotate(-1, &kept, s, 1, &from);
        }
        if (normalise(&from, norm2, km_bands_dependent(functions)) == 0) continue;
        if (n_kept != j) km_bands_copy(&from, &to);
        ++n_kept;
    }
    return n_kept;
}

/* The smallest norm that was left of the functions that normalise() kept. */
static double least_norm(const double *norm2, int n, double least)
{
    double smallest = 1;

    for (int j = 0; j < n; ++j)
        if (norm2[j] > least * least) smallest = fmin(smallest, norm2[j]);
    return sqrt(smallest);
}

/* The smallest number on the diagonal of a Cholesky factor. */
static double least_pivot(const km_matrix *factor, int n)
{
    const size_t width = factor->is_real ? 1 : 2;
    double pivot = 1;

    for (int j = 0; j < n; ++j)
        pivot = fmin(pivot, factor->data[width * (size_t)j * (size_t)(factor->ld + 1)]);
    return pivot;
}

km_status km_orthonormalise(const km_bands *before, const km_bands *functions,
                            const km_matrix *s, double *norm2, int *n_kept)
{
    const double least = km_bands_dependent(functions);
    km_bands fresh = *functions;
    bool is_independent;

    fresh.n_band = normalise(&fresh, norm2, 0);
    for (int pass = 0; pass < 2; ++pass) {
        double left = 1;

        if (before->n_band > 0) {
            const int n_before = fresh.n_band;

            km_bands_overlap(before, &fresh, s);
            km_bands_rotate(-1, before, s, 1, &fresh);
            fresh.n_band = normalise(&fresh, norm2, least);
            left = least_norm(norm2, n_before, least);
        }
        if (fresh.n_band == 0) break;
        km_bands_overlap(&fresh, &fresh, s);
        KM_TRY(km_bands_orthonormalise(&fresh, s, &is_independent));
        if (is_independent) {
            left *= least_pivot(s, fresh.n_band);
        } else {
            fresh.n_band = orthonormalise_singly(&fresh, s, norm2);
            left = 0;
        }
        if (left > LITTLE) break;
    }
    *n_kept = fresh.n_band;
    return KM_OK;
}
