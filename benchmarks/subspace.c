/*
 * Times of a Hermitian eigenproblem and of a Cholesky factor that all ranks need: each by itself with LAPACK, all
 * together with ScaLAPACK. One line: real or complex, order, then the four times in seconds, the least of several runs.
 * usage: mpirun -n N subspace
 */
#include "kaimen/base/memory.h"
#include "kaimen/base/status.h"
#include "kaimen/math/distributed_eigen.h"
#include "kaimen/math/eigen.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ORDER 2400

typedef struct {
    bool is_real;
    int n;
    double *source, *a, *value;
} problem;

/* Diagonally dominant: positive definite, and its eigenvalues are spread as those of a slab's bands are. */
static void fill(const problem *p)
{
    const int width = p->is_real ? 1 : 2;

    srand(1);
    for (int j = 0; j < p->n; ++j)
        for (int i = 0; i < width * p->n; ++i)
            p->source[(size_t)j * (size_t)(width * p->n) + (size_t)i] =
                (double)rand() / RAND_MAX - 0.5 + (i == width * j ? p->n + 3.0 * j : 0);
}

static km_status solve(const problem *p, int method)
{
    bool is_positive = true;

    if (method == 0) return km_eigen_hermitian(p->is_real, p->n, p->a, p->n, p->value);
    if (method == 1)
        return km_distributed_eigen_hermitian(p->is_real, p->n, p->a, p->n, p->value,
                                              MPI_COMM_WORLD);
    if (method == 2)
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
    const int n_try = p->n < 1000 ? 7 : 3;

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
    static const int orders[] = {100, 200, 300, 400, 600, 800, 1200, 1600, MAX_ORDER};
    int rank;

    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; ++i)
        for (int is_real = 1; is_real >= 0; --is_real) {
            double time_s[4];

            p->n = orders[i];
            p->is_real = is_real;
            if (!is_real && p->n == MAX_ORDER) continue;
            fill(p);
            for (int method = 0; method < 4; ++method)
                KM_TRY(measure(p, method, &time_s[method]));
            if (rank == 0)
                printf("%s %d %.6f %.6f %.6f %.6f\n", is_real ? "real" : "complex", p->n,
                       time_s[0], time_s[1], time_s[2], time_s[3]);
            fflush(stdout);
        }
    return KM_OK;
}

int main(int argc, char **argv)
{
    const size_t most = 2 * (size_t)MAX_ORDER * MAX_ORDER;
    problem p = {0};
    km_status status;

    MPI_Init(&argc, &argv);
    status = KM_ALLOC(p.source, most);
    if (status == KM_OK) status = KM_ALLOC(p.a, most);
    if (status == KM_OK) status = KM_ALLOC(p.value, MAX_ORDER);
    if (status == KM_OK) status = run(&p);
    if (status != KM_OK) fprintf(stderr, "subspace: %s\n", km_status_message());
    KM_FREE(p.source);
    KM_FREE(p.a);
    KM_FREE(p.value);
    MPI_Finalize();
    return status != KM_OK;
}
