/* np: 1 2 3 4 */
/* Every answer is that of LAPACK, on every rank, whatever the number of ranks is. */
#include "support.h"

#include "kaimen/math/dense.h"
#include "kaimen/math/distributed_eigen.h"
#include "kaimen/math/eigen.h"

#include <complex.h>
#include <string.h>

/* Rounding errors of matrices of order 130 and norm 1. */
#define ROUNDING 1e-11

/* No multiples of a block, fewer rows than ranks, more blocks than ranks. */
static const int orders[] = {1, 2, 3, 7, 33, 64, 65, 130};
#define N_ORDER ((int)(sizeof orders / sizeof orders[0]))

/* A Hermitian matrix of order n with leading dimension ld; real numbers where is_real. */
typedef struct {
    bool is_real;
    int n, ld;
    double *a;
} matrix;

static double complex at(const matrix *m, int i, int j)
{
    const size_t k = (size_t)i + (size_t)j * (size_t)m->ld;

    return m->is_real ? m->a[k] : m->a[2 * k] + I * m->a[2 * k + 1];
}

static void set(const matrix *m, int i, int j, double complex value)
{
    const size_t k = (size_t)i + (size_t)j * (size_t)m->ld;

    if (m->is_real)
        m->a[k] = creal(value);
    else {
        m->a[2 * k] = creal(value);
        m->a[2 * k + 1] = cimag(value);
    }
}

static matrix make_empty(bool is_real, int n)
{
    matrix m = {.is_real = is_real, .n = n, .ld = n + 3};

    ASSERT_OK(KM_ALLOC(m.a, (is_real ? 1 : 2) * m.ld * n));
    return m;
}

static matrix copy_of(const matrix *m)
{
    matrix copy = make_empty(m->is_real, m->n);

    memcpy(copy.a, m->a, sizeof *m->a * (size_t)((m->is_real ? 1 : 2) * m->ld * m->n));
    return copy;
}

/* Three reflections of a diagonal matrix: eigenvalues that are known. */
static matrix make_matrix(bool is_real, int n, double (*eigenvalue)(int, int))
{
    matrix m = make_empty(is_real, n);
    double complex x[130], y[130];

    for (int i = 0; i < n; ++i) set(&m, i, i, eigenvalue(i, n));
    for (int pass = 0; pass < 3; ++pass) {
        double norm2 = 0, mean = 0;

        for (int i = 0; i < n; ++i) {
            x[i] = sin(1.7 * i * i + pass + 1) + (is_real ? 0 : I * cos(2.3 * i + pass));
            norm2 += creal(x[i] * conj(x[i]));
        }
        for (int i = 0; i < n; ++i) {
            y[i] = 0;
            for (int j = 0; j < n; ++j) y[i] += at(&m, i, j) * x[j];
            mean += creal(conj(x[i]) * y[i]);
        }
        for (int i = 0; i < n; ++i)
            for (int j = 0; j < n; ++j)
                set(&m, i, j,
                    at(&m, i, j) - 2 / norm2 * (x[i] * conj(y[j]) + y[i] * conj(x[j])) +
                        4 * mean / (norm2 * norm2) * x[i] * conj(x[j]));
    }
    return m;
}

static double spread(int i, int n)
{
    return (i - n / 3) / (double)n;
}

/* Groups of seven that are equal up to a few rounding errors. */
static double clustered(int i, int n)
{
    return (double)(i / 7) * 7 / n + 1e-15 * (i % 7);
}

static double positive(int i, int n)
{
    return 1e-3 + (double)i / n;
}

/* The upper triangle is not read. */
static void spoil_upper(const matrix *m)
{
    for (int j = 0; j < m->n; ++j)
        for (int i = 0; i < j; ++i) set(m, i, j, 1e3);
}

static void assert_same_on_all_ranks(const double *values, int n)
{
    double *first = NULL;

    ASSERT_OK(KM_ALLOC(first, n));
    memcpy(first, values, sizeof *first * (size_t)n);
    MPI_Bcast(first, n, MPI_DOUBLE, 0, MPI_COMM_WORLD);
    assert_memory_equal(first, values, sizeof *first * (size_t)n);
    KM_FREE(first);
}

static void check_vectors(const matrix *m, const matrix *v, const double *value)
{
    double worst = 0;

    for (int j = 0; j < m->n; ++j) {
        for (int i = 0; i < m->n; ++i) {
            double complex residual = -value[j] * at(v, i, j), product = -(i == j);

            for (int k = 0; k < m->n; ++k) {
                residual += at(m, i, k) * at(v, k, j);
                product += conj(at(v, k, i)) * at(v, k, j);
            }
            worst = fmax(worst, fmax(cabs(residual), cabs(product)));
        }
    }
    ASSERT_CLOSE(worst, 0, ROUNDING);
}

static void check_hermitian(bool is_real, int n, double (*eigenvalue)(int, int))
{
    matrix m = make_matrix(is_real, n, eigenvalue), lapack = copy_of(&m), v = copy_of(&m);
    double expected[130], value[130];
    km_eigen_work work = {0};

    spoil_upper(&v);
    ASSERT_OK(km_eigen_hermitian(is_real, n, lapack.a, lapack.ld, expected, &work));
    km_eigen_work_destroy(&work);
    ASSERT_OK(km_distributed_eigen_hermitian(is_real, n, v.a, v.ld, value, MPI_COMM_WORLD));
    for (int i = 0; i < n; ++i) {
        ASSERT_CLOSE(value[i], expected[i], ROUNDING);
        ASSERT_CLOSE(value[i], eigenvalue(i, n), ROUNDING);
        assert_true(i == 0 || value[i] >= value[i - 1]);
    }
    check_vectors(&m, &v, value);
    assert_same_on_all_ranks(value, n);
    assert_same_on_all_ranks(v.a, (is_real ? 1 : 2) * n);
    KM_FREE(m.a);
    KM_FREE(lapack.a);
    KM_FREE(v.a);
}

static void eigenvalues_and_vectors_are_those_of_lapack(void **state)
{
    (void)state;
    for (int i = 0; i < N_ORDER; ++i)
        for (int is_real = 0; is_real < 2; ++is_real)
            check_hermitian(is_real, orders[i], spread);
}

static void vectors_of_clustered_eigenvalues_are_orthonormal(void **state)
{
    (void)state;
    for (int i = 0; i < N_ORDER; ++i)
        for (int is_real = 0; is_real < 2; ++is_real)
            check_hermitian(is_real, orders[i], clustered);
}

static void cholesky_factor_is_that_of_lapack(void **state)
{
    (void)state;
    for (int k = 0; k < N_ORDER; ++k)
        for (int is_real = 0; is_real < 2; ++is_real) {
            matrix m = make_matrix(is_real, orders[k], positive), lapack = copy_of(&m);
            bool is_positive;

            spoil_upper(&m);
            assert_true(km_eigen_cholesky(is_real, m.n, lapack.a, lapack.ld));
            ASSERT_OK(km_distributed_eigen_cholesky(is_real, m.n, m.a, m.ld, MPI_COMM_WORLD,
                                                    &is_positive));
            assert_true(is_positive);
            for (int j = 0; j < m.n; ++j)
                for (int i = j; i < m.n; ++i)
                    ASSERT_CLOSE(cabs(at(&m, i, j) - at(&lapack, i, j)), 0, ROUNDING);
            KM_FREE(m.a);
            KM_FREE(lapack.a);
        }
}

static void inverse_is_that_of_lapack(void **state)
{
    (void)state;
    for (int k = 0; k < N_ORDER; ++k) {
        const int n = orders[k];
        matrix m = make_matrix(true, n, positive);
        double *lapack = NULL, *team = NULL;

        ASSERT_OK(KM_ALLOC(lapack, n * n));
        ASSERT_OK(KM_ALLOC(team, n * n));
        assert_true(km_eigen_cholesky(true, n, m.a, m.ld));
        for (int j = 0; j < n; ++j)
            for (int i = 0; i < n; ++i)
                lapack[j * n + i] = team[j * n + i] = i < j ? 1e3 : creal(at(&m, i, j));
        km_dense_invert_cholesky(n, lapack);
        ASSERT_OK(km_distributed_eigen_invert_cholesky(n, team, MPI_COMM_WORLD));
        for (int j = 0; j < n; ++j)
            for (int i = j; i < n; ++i) /* the largest eigenvalue of the inverse is 1000 */
                ASSERT_CLOSE(team[j * n + i], lapack[j * n + i], 1e3 * ROUNDING);
        KM_FREE(m.a);
        KM_FREE(lapack);
        KM_FREE(team);
    }
}

/* Wherever the negative pivot is: in the first block of the first rank or in the last one. */
static void a_matrix_that_is_not_positive_is_told_to_every_rank(void **state)
{
    (void)state;
    for (int k = 0; k < N_ORDER; ++k)
        for (int place = 0; place < 8; ++place)
            for (int is_real = 0; is_real < 2; ++is_real) {
                const int n = orders[k], i = place * (n - 1) / 7;
                matrix m = make_matrix(is_real, n, positive), lapack;
                bool is_positive = true;

                set(&m, i, i, -0.5);
                lapack = copy_of(&m);
                assert_false(km_eigen_cholesky(is_real, n, lapack.a, lapack.ld));
                ASSERT_OK(km_distributed_eigen_cholesky(is_real, n, m.a, m.ld, MPI_COMM_WORLD,
                                                        &is_positive));
                assert_false(is_positive);
                KM_FREE(m.a);
                KM_FREE(lapack.a);
            }
}

/* Also where only one rank's blocks hold it. */
static void a_matrix_that_is_not_finite_is_refused_on_every_rank(void **state)
{
    (void)state;
    for (int k = 0; k < N_ORDER; ++k)
        for (int kind = 0; kind < 4; ++kind) {
            matrix m = make_matrix(kind % 2, orders[k], spread);
            double value[130];

            set(&m, m.n - 1, m.n / 2, kind / 2 ? NAN : INFINITY);
            assert_int_equal(km_distributed_eigen_hermitian(m.is_real, m.n, m.a, m.ld, value,
                                                            MPI_COMM_WORLD),
                             KM_E_NUMERIC);
            KM_FREE(m.a);
        }
}

/* More communicators than grids can be kept, one after the other; then two halves side by side. */
static void grids_go_with_their_communicators(void **state)
{
    MPI_Comm comm;
    int rank;

    (void)state;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    for (int i = 0; i < 150; ++i) {
        matrix m = make_matrix(i % 2, 9, spread);
        double value[9];

        if (i < 149)
            MPI_Comm_dup(MPI_COMM_WORLD, &comm);
        else
            MPI_Comm_split(MPI_COMM_WORLD, rank % 2, rank, &comm);
        for (int again = 0; again < 2; ++again)
            ASSERT_OK(km_distributed_eigen_hermitian(m.is_real, m.n, m.a, m.ld, value, comm));
        KM_FREE(m.a);
        MPI_Comm_free(&comm);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(eigenvalues_and_vectors_are_those_of_lapack),
    cmocka_unit_test(vectors_of_clustered_eigenvalues_are_orthonormal),
    cmocka_unit_test(cholesky_factor_is_that_of_lapack),
    cmocka_unit_test(inverse_is_that_of_lapack),
    cmocka_unit_test(a_matrix_that_is_not_positive_is_told_to_every_rank),
    cmocka_unit_test(a_matrix_that_is_not_finite_is_refused_on_every_rank),
    cmocka_unit_test(grids_go_with_their_communicators),
};

KM_TEST_MAIN(tests)
