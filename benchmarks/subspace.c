/*
 * Times of a Hermitian eigenproblem, of a Cholesky factor and, of real matrices, of the inverse that a factor gives, which all
 * ranks need: each by itself with LAPACK, all together with ScaLAPACK. One line: real or complex, order, then the times in
 * seconds, the least of several runs.
 * usage: mpirun -n N subspace ORDER...
 */
#include "kaimen/base/memory.h"
#include "kaimen/base/rng.h"
#include "kaimen/base/status.h"
#include "kaimen/math/dense.h"
#include "kaimen/math/distributed_eigen.h"
#include "kaimen/math/eigen.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    bool is_real;
    int n;
    double *source, *a, *value;
    km_eigen_work *work;
} problem;

/* Diagonally dominant: positive definite, and its eigenvalues are spread as those of a slab's bands are. */
static void fill(const problem *p)
{
    const int width = p->is_real ? 1 : 2;
    km_rng rng = km_rng_start(1, 0);

    for (int j = 0; j < p->n; ++j)
        for (int i = 0; i < width * p->n; ++i)
            p->source[(size_t)j * (size_t)(width * p->n) + (size_t)i] =
                km_rng_uniform(&rng) - 0.5 + (i == width * j ? p->n + 3.0 * j : 0);
}

static km_status solve(const problem *p, int method)
{
    bool is_positive = true;

    if (method == 0) return km_eigen_hermitian(p->is_real, p->n, p->a, p->n, p->value, p->work);
    if (method == 1)
        return km_distributed_eigen_hermitian(p->is_real, p->n, p->a, p->n, p->value,
                                              MPI_COMM_WORLD);
    if (method == 5) return km_distributed_eigen_invert_cholesky(p->n, p->a, MPI_COMM_WORLD);
    if (method == 4)
        km_dense_invert_cholesky(p->n, p->a);
    else if (method == 2)
        is_positive = km_eigen_cholesky(p->is_real, p->n, p->a, p->n);
    else
        KM_TRY(km_distributed_eigen_cholesky(p->is_real, p->n, p->a, p->n, MPI_COMM_WORLD,
                                             &is_positive));
    return KM_CHECK(is_positive, KM_E_NUMERIC, "the matrix must be positive definite");
}

/* The slowest rank's time, the best of several tries: other programs may run beside this one. */
static km_status measure(const problem *p, int method, double *best_s)
{
    const size_t size = (p->is_real ? 1 : 2) * (size_t)p->n * (size_t)p->n;
    const int n_try = p->n < 1000 ? 15 : 5;

    *best_s = INFINITY;
    for (int i = 0; i < n_try; ++i) {
        double start_s, time_s;

        memcpy(p->a, p->source, sizeof *p->a * size);
        MPI_Barrier(MPI_COMM_WORLD);
        start_s = MPI_Wtime();
        KM_TRY(solve(p, method));
        time_s = MPI_Wtime() - start_s;
        MPI_Allreduce(MPI_IN_PLACE, &time_s, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
        *best_s = fmin(*best_s, time_s);
    }
    return KM_OK;
}

static km_status run(problem *p)
{
    const int n_method = p->is_real ? 6 : 4;
    double time_s[6];
    int rank;

    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    fill(p);
    for (int method = 0; method < n_method; ++method)
        KM_TRY(measure(p, method, &time_s[method]));
    if (rank == 0) {
        printf("%s %d", p->is_real ? "real" : "complex", p->n);
        for (int method = 0; method < n_method; ++method) printf(" %.6f", time_s[method]);
        printf("\n");
    }
    fflush(stdout);
    return KM_OK;
}

static km_status run_order(bool is_real, int n)
{
    const size_t size = (is_real ? 1 : 2) * (size_t)n * (size_t)n;
    km_eigen_work work = {0};
    problem p = {.is_real = is_real, .n = n, .work = &work};
    km_status status = KM_OK;

    KM_TRY_TO(end, KM_ALLOC(p.source, size));
    KM_TRY_TO(end, KM_ALLOC(p.a, size));
    KM_TRY_TO(end, KM_ALLOC(p.value, n));
    status = run(&p);
end:
    KM_FREE(p.source);
    KM_FREE(p.a);
    KM_FREE(p.value);
    km_eigen_work_destroy(&work);
    return status;
}

int main(int argc, char **argv)
{
    km_status status = KM_OK;

    MPI_Init(&argc, &argv);
    for (int i = 1; i < argc && status == KM_OK; ++i) {
        const int n = (int)strtol(argv[i], NULL, 10);

        status = KM_CHECK(n > 0, KM_E_INPUT, "order %s must be positive", argv[i]);
        if (status == KM_OK) status = run_order(true, n);
        if (status == KM_OK) status = run_order(false, n);
    }
    if (status != KM_OK) fprintf(stderr, "subspace: %s\n", km_status_message());
    MPI_Finalize();
    return status != KM_OK;
}
