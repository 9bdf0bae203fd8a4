#include "kaimen/math/distributed_eigen.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/traffic.h"

#include <math.h>
#include <string.h>

/* Rows and columns of a block. Of 16, 32, 64, 128 the fastest from order 500 on; a small matrix has smaller ones. */
#define BLOCK 32

/* Communicators that have a grid at one time: a process has few teams, each split into few numbers of groups. */
#define N_KEPT 64

/* BLACS and ScaLAPACK, as every Fortran compiler names them. */
int Csys2blacs_handle(MPI_Comm);
void Cfree_blacs_system_handle(int);
void Cblacs_gridinit(int *, const char *, int, int);
void Cblacs_gridexit(int);
void Cblacs_exit(int);
int numroc_(const int *, const int *, const int *, const int *, const int *);
void descinit_(int *, const int *, const int *, const int *, const int *, const int *,
               const int *, const int *, const int *, int *);
void pdsyevd_(const char *, const char *, const int *, double *, const int *, const int *,
              const int *, double *, double *, const int *, const int *, const int *, double *,
              const int *, int *, const int *, int *);
void pzheevd_(const char *, const char *, const int *, double *, const int *, const int *,
              const int *, double *, double *, const int *, const int *, const int *, double *,
              const int *, double *, const int *, int *, const int *, int *);
void pdpotrf_(const char *, const int *, double *, const int *, const int *, const int *,
              int *);
void pzpotrf_(const char *, const int *, double *, const int *, const int *, const int *,
              int *);
void pdpotri_(const char *, const int *, double *, const int *, const int *, const int *,
              int *);

/* Ranks in rows and columns: rank = row * n_column + column. */
typedef struct {
    bool is_used;
    MPI_Comm comm; /* borrowed */
    int system;    /* what BLACS calls comm */
    int context;   /* what BLACS calls the grid */
    int n_row, n_column, rank;
} process_grid;

/* A matrix of order n, dealt out. */
typedef struct {
    const process_grid *grid;
    bool is_real;
    int n, block;
    int n_row, n_column; /* of this rank's part */
    int descriptor[9];
    double *a; /* this rank's part, [n_column][n_row], complex numbers as pairs */
    double *
        other; /* eigenvectors, or what comes from another rank; both have room for the largest part */
} dealt;

static process_grid kept[N_KEPT];
static int grid_key = MPI_KEYVAL_INVALID, end_key = MPI_KEYVAL_INVALID;

static void end_grid(process_grid *grid)
{
    Cblacs_gridexit(grid->context);
    Cfree_blacs_system_handle(grid->system);
    *grid = (process_grid){0};
}

/* MPI calls this when a communicator that has a grid is freed. */
static int forget(MPI_Comm comm, int key, void *value, void *extra)
{
    process_grid *grid = value;

    (void)key, (void)extra;
    if (grid->is_used && grid->comm == comm) end_grid(grid);
    return MPI_SUCCESS;
}

/* MPI calls this first of all when it is finalised: communicators may still be freed. */
static int forget_all(MPI_Comm comm, int key, void *value, void *extra)
{
    (void)comm, (void)key, (void)value, (void)extra;
    for (int i = 0; i < N_KEPT; ++i)
        if (kept[i].is_used) end_grid(&kept[i]);
    Cblacs_exit(1);
    return MPI_SUCCESS;
}

static void make_keys(void)
{
    if (grid_key != MPI_KEYVAL_INVALID) return;
    MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, forget, &grid_key, NULL);
    MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, forget_all, &end_key, NULL);
    MPI_Comm_set_attr(MPI_COMM_SELF, end_key, NULL);
}

static km_status find_grid(MPI_Comm comm, process_grid **out)
{
    process_grid *grid = NULL;
    int n_rank, is_known;

    make_keys();
    MPI_Comm_get_attr(comm, grid_key, out, &is_known);
    if (is_known) return KM_OK;
    for (int i = N_KEPT - 1; i >= 0; --i)
        if (!kept[i].is_used) grid = &kept[i];
    KM_TRY(KM_CHECK(grid, KM_E_INTERNAL, "more than %d communicators with a grid", N_KEPT));
    MPI_Comm_size(comm, &n_rank);
    *grid = (process_grid){.is_used = true, .comm = comm, .n_row = (int)sqrt(n_rank)};
    while (n_rank % grid->n_row != 0) --grid->n_row;
    grid->n_column = n_rank / grid->n_row;
    MPI_Comm_rank(comm, &grid->rank);
    grid->context = grid->system = Csys2blacs_handle(comm);
    Cblacs_gridinit(&grid->context, "Row-major", grid->n_row, grid->n_column);
    MPI_Comm_set_attr(comm, grid_key, grid);
    *out = grid;
    return KM_OK;
}

/* Rows or columns of a matrix that the index-th of n_owner owners has. */
static int count_owned(const dealt *m, int index, int n_owner)
{
    const int zero = 0;

    return numroc_(&m->n, &m->block, &index, &zero, &n_owner);
}

static int global_of(const dealt *m, int local, int index, int n_owner)
{
    return (local / m->block * n_owner + index) * m->block + local % m->block;
}

/* This rank's blocks of a matrix that every rank has. */
static km_status deal(const process_grid *grid, bool is_real, int n, const double *a, int ld,
                      dealt *m)
{
    const int zero = 0, row = grid->rank / grid->n_column, column = grid->rank % grid->n_column;
    const int even = (n + grid->n_column - 1) / grid->n_column;
    const size_t width = is_real ? 1 : 2;
    int least_ld, largest, info;

    *m =
        (dealt){.grid = grid, .is_real = is_real, .n = n, .block = even < BLOCK ? even : BLOCK};
    m->n_row = count_owned(m, row, grid->n_row);
    m->n_column = count_owned(m, column, grid->n_column);
    largest = count_owned(m, 0, grid->n_row) * count_owned(m, 0, grid->n_column);
    least_ld = m->n_row > 0 ? m->n_row : 1;
    descinit_(m->descriptor, &n, &n, &m->block, &m->block, &zero, &zero, &grid->context,
              &least_ld, &info);
    KM_TRY(KM_CHECK(info == 0, KM_E_INTERNAL, "descinit of order %d: info %d", n, info));
    KM_TRY(KM_ALLOC(m->a, width * (size_t)largest));
    KM_TRY(KM_ALLOC(m->other, width * (size_t)largest));
    for (int j = 0; j < m->n_column; ++j)
        for (int i = 0; i < m->n_row; ++i) {
            const size_t from = (size_t)global_of(m, i, row, grid->n_row) +
                                (size_t)global_of(m, j, column, grid->n_column) * (size_t)ld;

            memcpy(m->a + width * ((size_t)i + (size_t)j * (size_t)m->n_row), a + width * from,
                   sizeof *a * width);
        }
    return KM_OK;
}

static void destroy(dealt *m)
{
    KM_FREE(m->a);
    KM_FREE(m->other);
}

/* Copy the part of one rank, as it came, to its places in the whole matrix. */
static void place(const dealt *m, int rank, const double *part, double *a, int ld)
{
    const process_grid *grid = m->grid;
    const int row = rank / grid->n_column, column = rank % grid->n_column;
    const int n_row = count_owned(m, row, grid->n_row);
    const int n_column = count_owned(m, column, grid->n_column);
    const size_t width = m->is_real ? 1 : 2;

    for (int j = 0; j < n_column; ++j)
        for (int i = 0; i < n_row; i += m->block) {
            const int n = n_row - i < m->block ? n_row - i : m->block;
            const size_t to = (size_t)global_of(m, i, row, grid->n_row) +
                              (size_t)global_of(m, j, column, grid->n_column) * (size_t)ld;

            memcpy(a + width * to, part + width * ((size_t)i + (size_t)j * (size_t)n_row),
                   sizeof *a * width * (size_t)n);
        }
}

/* Every rank sends its part to all others, one rank after the other: no second copy of the whole matrix. */
static void gather(const dealt *m, const double *part, double *wire, double *a, int ld)
{
    const process_grid *grid = m->grid;
    const int width = m->is_real ? 1 : 2;

    if (!part || !wire) return; /* an analyzer does not see that km_agree has told of it */
    for (int rank = 0; rank < grid->n_row * grid->n_column; ++rank) {
        const int size = count_owned(m, rank / grid->n_column, grid->n_row) *
                         count_owned(m, rank % grid->n_column, grid->n_column);

        if (rank == grid->rank) memcpy(wire, part, sizeof *wire * (size_t)(width * size));
        km_traffic_broadcast(KM_TRAFFIC_SUBSPACE, width * size, MPI_DOUBLE, rank, grid->comm,
                             wire);
        place(m, rank, wire, a, ld);
    }
}

/* What LAPACK does with a NaN is an answer; ScaLAPACK may wait for ever. */
static km_status check_finite(const dealt *m)
{
    const size_t size = (m->is_real ? 1 : 2) * (size_t)m->n_row * (size_t)m->n_column;
    double sum = 0;

    for (size_t i = 0; i < size; ++i) sum += 0 * m->a[i];
    return KM_CHECK(isfinite(sum), KM_E_NUMERIC, "matrix of order %d is not finite", m->n);
}

static void call_evd(const dealt *m, double *value, const int size[3], double *work,
                     double *rwork, int *iwork, int *info)
{
    const int one = 1;

    if (m->is_real)
        pdsyevd_("V", "L", &m->n, m->a, &one, &one, m->descriptor, value, m->other, &one, &one,
                 m->descriptor, work, size, iwork, size + 2, info);
    else
        pzheevd_("V", "L", &m->n, m->a, &one, &one, m->descriptor, value, m->other, &one, &one,
                 m->descriptor, work, size, rwork, size + 1, iwork, size + 2, info);
}

static km_status diagonalise(const dealt *m, double *value)
{
    km_status status = KM_OK;
    double *work = NULL, *rwork = NULL, wanted[2] = {0}, rwanted[2] = {0};
    int *iwork = NULL, iwanted[2] = {0}, info = 0, size[3] = {-1, -1, -1};

    call_evd(m, value, size, wanted, rwanted, iwanted, &info);
    /* PxSYEVD does not ask for all that PxORMTR wants behind its own share. */
    size[0] = (int)wanted[0] + m->block * (m->n_row + m->n_column + 2 * m->block);
    size[1] = (int)rwanted[0];
    size[2] = iwanted[0];
    status = KM_ALLOC(work, 2 * (size_t)size[0] + 2);
    if (status == KM_OK) status = KM_ALLOC(rwork, (size_t)size[1] + 1);
    if (status == KM_OK) status = KM_ALLOC(iwork, (size_t)size[2] + 1);
    KM_TRY_TO(end, km_agree(status, m->grid->comm));
    call_evd(m, value, size, work, rwork, iwork, &info);
    status = KM_CHECK(info == 0 && isfinite(value[0]), KM_E_NUMERIC,
                      "eigenproblem of order %d: ScaLAPACK info %d", m->n, info);
    status = km_agree(status, m->grid->comm);
end:
    KM_FREE(work);
    KM_FREE(rwork);
    KM_FREE(iwork);
    return status;
}

km_status km_distributed_eigen_hermitian(bool is_real, int n, double *a, int ld, double *value,
                                         MPI_Comm comm)
{
    process_grid *grid;
    dealt m = {0};
    km_status status;

    KM_TRY(find_grid(comm, &grid));
    status = deal(grid, is_real, n, a, ld, &m);
    if (status == KM_OK) status = check_finite(&m);
    KM_TRY_TO(end, km_agree(status, comm));
    KM_TRY_TO(end, diagonalise(&m, value));
    gather(&m, m.other, m.a, a, ld);
    km_traffic_broadcast(KM_TRAFFIC_SUBSPACE, n, MPI_DOUBLE, 0, comm, value);
end:
    destroy(&m);
    return status;
}

km_status km_distributed_eigen_cholesky(bool is_real, int n, double *a, int ld, MPI_Comm comm,
                                        bool *is_positive)
{
    const int one = 1;
    process_grid *grid;
    dealt m = {0};
    km_status status;
    int info = 0;

    *is_positive = false;
    KM_TRY(find_grid(comm, &grid));
    KM_TRY_TO(end, km_agree(deal(grid, is_real, n, a, ld, &m), comm));
    if (is_real)
        pdpotrf_("L", &n, m.a, &one, &one, m.descriptor, &info);
    else
        pzpotrf_("L", &n, m.a, &one, &one, m.descriptor, &info);
    km_traffic_allreduce(KM_TRAFFIC_SUBSPACE, 1, MPI_INT, MPI_MAX, comm, &info);
    *is_positive = info == 0;
    if (*is_positive) gather(&m, m.a, m.other, a, ld);
end:
    destroy(&m);
    return status;
}

km_status km_distributed_eigen_invert_cholesky(int n, double *factor, MPI_Comm comm)
{
    const int one = 1;
    process_grid *grid;
    dealt m = {0};
    km_status status;
    int info = 0;

    KM_TRY(find_grid(comm, &grid));
    KM_TRY_TO(end, km_agree(deal(grid, true, n, factor, n, &m), comm));
    pdpotri_("L", &n, m.a, &one, &one, m.descriptor, &info);
    status = KM_CHECK(info == 0, KM_E_NUMERIC, "a factor of order %d is singular", n);
    KM_TRY_TO(end, km_agree(status, comm));
    gather(&m, m.a, m.other, factor, n);
end:
    destroy(&m);
    return status;
}
