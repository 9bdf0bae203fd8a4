#include "kaimen/dft/eigensolver.h"

#include "dft/orthonormal.h"
#include "kaimen/base/memory.h"
#include "kaimen/base/timer.h"

#include <cblas.h>
#include <complex.h>
#include <math.h>
#include <string.h>

/* Blocks of the search space: the bands and up to this many minus one growths. */
#define N_BLOCK 4
/* Overlaps of bands that need not be made orthonormal again. */
static const double ORTHONORMAL = 1e-13;

/* By how much a search space in single precision can reduce the residual of a band. */
static const double SINGLE_REDUCTION = 1e-4;

/* Levels that are further apart are not mistaken for each other. */
static const double LEVEL_DISTANCE_HA = 0.1;

struct km_eigensolver {
    bool is_real, is_single;
    int n_band;      /* most bands */
    int n_g;         /* most plane waves */
    km_bands v;      /* search space, [N_BLOCK * n_band]: the bands, then what corrects them */
    km_bands image;  /* residuals of the bands, then H of what corrects them */
    km_bands work;   /* [n_band], double */
    km_matrix h;     /* projected Hamiltonian */
    km_matrix u;     /* its eigenvectors */
    km_matrix s;     /* overlaps, or coefficients of open bands */
    double *ritz;    /* [N_BLOCK * n_band] */
    double *norm2;   /* [N_BLOCK * n_band]: squared norms */
    double *kinetic; /* [n_band]: kinetic energy of each band */
    double *factor;  /* [n_g]: preconditioner of one band */
    double *residual_ha; /* [n_band]: the last one computed */
    double *closed_ha;   /* [n_band]: Ritz value that belongs to it */
    double *
        least_ha; /* [n_band]: residuals that the search space can tell from its rounding errors */
    int *open;    /* [n_band]: bands that are not converged */
    int n_open;
};

static km_status allocate(km_eigensolver *s, int scalapack_above)
{
    const int n = N_BLOCK * s->n_band;
    km_status (*reserve)(bool, int, int, km_bands *) =
        s->is_single ? km_bands_reserve_single : km_bands_reserve;

    KM_TRY(reserve(s->is_real, n, s->n_g, &s->v));
    KM_TRY(reserve(s->is_real, n, s->n_g, &s->image));
    KM_TRY(km_bands_reserve(s->is_real, s->n_band, s->n_g, &s->work));
    KM_TRY(km_matrix_create(s->is_real, n, n, &s->h));
    KM_TRY(km_matrix_create(s->is_real, n, n, &s->u));
    KM_TRY(km_matrix_create(s->is_real, n, n, &s->s));
    s->u.scalapack_above = s->s.scalapack_above = scalapack_above;
    KM_TRY(km_eigen_work_reserve(s->is_real, n, s->u.work));
    KM_TRY(KM_ALLOC(s->ritz, n));
    KM_TRY(KM_ALLOC(s->norm2, n));
    KM_TRY(KM_ALLOC(s->kinetic, s->n_band));
    KM_TRY(KM_ALLOC(s->factor, s->n_g));
    KM_TRY(KM_ALLOC(s->residual_ha, s->n_band));
    KM_TRY(KM_ALLOC(s->closed_ha, s->n_band));
    KM_TRY(KM_ALLOC(s->least_ha, s->n_band));
    return KM_ALLOC(s->open, s->n_band);
}

km_status km_eigensolver_create(const km_eigensolver_setup *setup, km_eigensolver **out)
{
    km_eigensolver *solver = NULL;
    km_status status = KM_OK;

    *out = NULL;
    KM_TRY(KM_ALLOC(solver, 1));
    *solver = (km_eigensolver){.is_real = setup->is_real,
                               .is_single = setup->is_mixed,
                               .n_band = setup->n_band,
                               .n_g = setup->n_g};
    KM_TRY_TO(fail, allocate(solver, setup->scalapack_above));
    *out = solver;
    return KM_OK;
fail:
    km_eigensolver_destroy(&solver);
    return status;
}

void km_eigensolver_destroy(km_eigensolver **solver)
{
    km_eigensolver *s = *solver;

    if (!s) return;
    km_bands_destroy(&s->v);
    km_bands_destroy(&s->image);
    km_bands_destroy(&s->work);
    km_matrix_destroy(&s->h);
    km_matrix_destroy(&s->u);
    km_matrix_destroy(&s->s);
    KM_FREE(s->ritz);
    KM_FREE(s->norm2);
    KM_FREE(s->kinetic);
    KM_FREE(s->factor);
    KM_FREE(s->residual_ha);
    KM_FREE(s->closed_ha);
    KM_FREE(s->least_ha);
    KM_FREE(s->open);
    KM_FREE(*solver);
}

/* The n bands from `first` on of a block of the solver, as long as this k-point's bands are. */
static km_bands part(const km_bands *block, int n_g, int first, int n)
{
    km_bands view = *block;

    view.n_g = n_g;
    return km_bands_view(&view, first, n);
}

/* The solver's blocks are shared by the same ranks as the bands, and are real where these are. */
static void adapt(km_eigensolver *solver, const km_bands *bands)
{
    km_bands *blocks[] = {&solver->v, &solver->image, &solver->work};
    km_matrix *matrices[] = {&solver->h, &solver->u, &solver->s};

    KM_ASSERT(bands->is_real || !solver->is_real);
    for (int i = 0; i < 3; ++i) {
        blocks[i]->comm = matrices[i]->comm = bands->comm;
        blocks[i]->is_real = matrices[i]->is_real = bands->is_real;
    }
}

/* The memory of the double work space as a block of the search space's precision. */
static km_bands work_like(const km_eigensolver *solver, int n_g, int n)
{
    km_bands view = part(&solver->work, n_g, 0, n);

    if (!solver->is_single) return view;
    view.single = (float *)view.data;
    view.data = NULL;
    return view;
}

static void copy_matrix(const km_matrix *from, int n, const km_matrix *to)
{
    const size_t width = from->is_real ? 1 : 2;

    for (int j = 0; j < n; ++j)
        memcpy(to->data + width * (size_t)j * (size_t)to->ld,
               from->data + width * (size_t)j * (size_t)from->ld,
               sizeof(double) * width * (size_t)n);
}

static void set_diagonal(const km_matrix *a, int n, const double *value)
{
    const size_t width = a->is_real ? 1 : 2;

    for (int j = 0; j < n; ++j) {
        double *column = a->data + width * (size_t)j * (size_t)a->ld;

        memset(column, 0, sizeof(double) * width * (size_t)n);
        column[width * (size_t)j] = value[j];
    }
}

/* Ritz values and vectors of the n functions in the search space. */
static km_status diagonalise(km_eigensolver *solver, int n)
{
    km_status status;

    km_timer_start("diagonalise");
    copy_matrix(&solver->h, n, &solver->u);
    status = km_matrix_diagonalise(n, &solver->u, solver->ritz);
    km_timer_stop("diagonalise");
    return status;
}

/*
 * Extend the search space of n functions by the n_new behind them: H applied to these, and rows of the projected
 * Hamiltonian, of which LAPACK reads the lower triangle. For the bands <v|r> stands for <v|H|x>: v is orthogonal to them.
 */
static void project(km_eigensolver *solver, km_hamiltonian *hamiltonian, int ik, int n_g, int n,
                    int n_new)
{
    const km_bands v = part(&solver->v, n_g, n, n_new),
                   hv = part(&solver->image, n_g, n, n_new);
    const km_bands images = part(&solver->image, n_g, 0, n + n_new);
    const km_matrix rows = km_matrix_view(&solver->h, n, 0);

    km_hamiltonian_apply(hamiltonian, ik, &v, &hv);
    km_bands_overlap(&v, &images, &rows);
}

/* This rank's share of the kinetic energy of a band of norm 1. */
static double kinetic_energy(const km_bands *bands, int band, const double *kinetic)
{
    const size_t width = bands->is_real ? 1 : 2;
    const double *c = bands->data + (size_t)band * km_bands_stride(bands);
    double sum = 0;

    for (size_t ig = 0; ig < (size_t)bands->n_g; ++ig)
        for (size_t i = 0; i < width; ++i)
            sum += kinetic[ig] * c[width * ig + i] * c[width * ig + i];
    return sum;
}

static void measure_kinetic_energies(km_eigensolver *solver, const double *kinetic,
                                     const km_bands *bands)
{
    for (int j = 0; j < bands->n_band; ++j)
        solver->kinetic[j] = kinetic_energy(bands, j, kinetic);
    km_bands_sum(bands, bands->n_band, solver->kinetic);
}

/* x = T / (3/2 T_band); the polynomial is 1 for small x and about 1/(2x) for large x. */
static void precondition(const km_eigensolver *solver, const km_bands *residuals, int band,
                         const double *kinetic, double band_kinetic)
{
    for (int ig = 0; ig < residuals->n_g; ++ig) {
        const double x = kinetic[ig] / (1.5 * band_kinetic);
        const double head = 27 + x * (18 + x * (12 + 8 * x));

        solver->factor[ig] = head / (head + 16 * x * x * x * x);
    }
    km_bands_multiply(residuals, band, solver->factor);
}

/* Make n_new functions behind the n of the search space orthonormal to it and among each other. */
static km_status extend(km_eigensolver *solver, int n_g, int n, int n_new, int *n_kept)
{
    const km_bands v = part(&solver->v, n_g, 0, n), fresh = part(&solver->v, n_g, n, n_new);

    return km_orthonormalise(&v, &fresh, &solver->s, solver->norm2, n_kept);
}

static bool is_unit(const km_matrix *s, int n)
{
    const size_t width = s->is_real ? 1 : 2;
    double error = 0;

    for (size_t j = 0; j < (size_t)n; ++j)
        for (size_t i = 0; i < width * (size_t)n; ++i) {
            const double x = s->data[width * j * (size_t)s->ld + i];

            error = fmax(error, fabs(i == width * j ? x - 1 : x));
        }
    return error < ORTHONORMAL;
}

/* Bands made in single precision, or corrected in it, are slightly off orthonormal. */
static km_status restore_norms(km_eigensolver *solver, const km_bands *bands)
{
    bool is_independent;

    km_bands_overlap(bands, bands, &solver->s);
    if (is_unit(&solver->s, bands->n_band)) return KM_OK;
    KM_TRY(km_bands_orthonormalise(bands, &solver->s, &is_independent));
    return KM_CHECK(is_independent, KM_E_NUMERIC, "bands depend on each other");
}

/* The start functions into the search space, orthonormal. */
static km_status load_start(km_eigensolver *solver, const km_bands *start, int n_wanted, int *n)
{
    const km_bands v = part(&solver->v, start->n_g, 0, start->n_band);

    km_bands_copy(start, &v);
    KM_TRY(extend(solver, start->n_g, 0, start->n_band, n));
    return KM_CHECK(*n >= n_wanted, KM_E_NUMERIC,
                    "only %d of %d start functions are independent, %d are wanted", *n,
                    start->n_band, n_wanted);
}

km_status km_eigensolver_start(km_eigensolver *solver, km_hamiltonian *hamiltonian, int ik,
                               const km_bands *start, const km_bands *bands,
                               double *eigenvalue_ha)
{
    const int n_g = bands->n_g;
    km_bands found, lowest;
    int n;

    adapt(solver, bands);
    KM_TRY(KM_CHECK(start->n_band <= N_BLOCK * solver->n_band, KM_E_ARGUMENT,
                    "%d start functions, at most %d are wanted", start->n_band,
                    N_BLOCK * solver->n_band));
    KM_TRY(load_start(solver, start, bands->n_band, &n));
    project(solver, hamiltonian, ik, n_g, 0, n);
    KM_TRY(diagonalise(solver, n));
    found = part(&solver->v, n_g, 0, n);
    lowest = work_like(solver, n_g, bands->n_band);
    km_bands_rotate(1, &found, &solver->u, 0, &lowest);
    km_bands_copy(&lowest, bands);
    KM_TRY(restore_norms(solver, bands));
    memcpy(eigenvalue_ha, solver->ritz, sizeof *eigenvalue_ha * (size_t)bands->n_band);
    return KM_OK;
}

/* Columns of the eigenvectors that belong to open bands, into s. */
static void take_open_columns(const km_eigensolver *solver, int n)
{
    const size_t width = solver->u.is_real ? 1 : 2;

    for (int i = 0; i < solver->n_open; ++i) {
        const km_matrix from = km_matrix_view(&solver->u, 0, solver->open[i]);
        const km_matrix to = km_matrix_view(&solver->s, 0, i);

        memcpy(to.data, from.data, sizeof(double) * width * (size_t)n);
    }
}

/*
 * What of the search space is to be taken from the images of Ritz vectors to leave residuals, for the columns in s, which
 * it replaces: of the n_band bands h_xt u_t, since residuals stand for H x; of the others e u_t.
 */
static void make_subtrahends(const km_eigensolver *solver, int n_band, int n)
{
    const size_t width = solver->s.is_real ? 1 : 2;
    const size_t ld = width * (size_t)solver->s.ld;
    const double complex one = 1, zero = 0;
    const km_matrix h_tx = km_matrix_view(&solver->h, n_band, 0);
    const km_matrix u_t = km_matrix_view(&solver->s, n_band, 0);

    if (n == n_band) return;
    if (solver->s.is_real)
        cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, n_band, solver->n_open, n - n_band,
                    1, h_tx.data, h_tx.ld, u_t.data, u_t.ld, 0, solver->s.data, solver->s.ld);
    else
        cblas_zgemm(CblasColMajor, CblasConjTrans, CblasNoTrans, n_band, solver->n_open,
                    n - n_band, &one, h_tx.data, h_tx.ld, u_t.data, u_t.ld, &zero,
                    solver->s.data, solver->s.ld);
    for (int j = 0; j < solver->n_open; ++j)
        for (size_t i = width * (size_t)n_band; i < width * (size_t)n; ++i)
            solver->s.data[(size_t)j * ld + i] *= solver->ritz[solver->open[j]];
}

/* H x - e x of the Ritz vectors x of open bands, from a search space of n functions. */
static void compute_residuals(km_eigensolver *solver, int n_g, int n_band, int n,
                              const km_bands *residuals)
{
    const km_bands v = part(&solver->v, n_g, 0, n), image = part(&solver->image, n_g, 0, n);

    take_open_columns(solver, n);
    km_bands_rotate(1, &image, &solver->s, 0, residuals);
    make_subtrahends(solver, n_band, n);
    if (n > n_band) km_bands_rotate(-1, &v, &solver->s, 1, residuals);
    km_bands_squared_norms(residuals, solver->norm2);
    for (int i = 0; i < solver->n_open; ++i) {
        solver->residual_ha[solver->open[i]] = sqrt(solver->norm2[i]);
        solver->closed_ha[solver->open[i]] = solver->ritz[solver->open[i]];
    }
}

static void open_all(km_eigensolver *solver, int n_band)
{
    solver->n_open = n_band;
    for (int j = 0; j < n_band; ++j) solver->open[j] = j;
}

/*
 * The Ritz value of a band moves by its squared residual over the distance of the next level, unless another band has
 * come near it or below it: then none is known to be converged.
 */
static void open_moved(km_eigensolver *solver, int n_band)
{
    int next = 0;

    for (int j = 0; j < n_band; ++j) {
        if (next < solver->n_open && solver->open[next] == j)
            ++next;
        else if (fabs(solver->ritz[j] - solver->closed_ha[j]) >
                 solver->residual_ha[j] * solver->residual_ha[j] / LEVEL_DISTANCE_HA)
            next = n_band;
        if (next == n_band) break;
    }
    if (next == n_band) open_all(solver, n_band);
}

/* Which bands are still open; their residuals move to the front. */
static void find_open(km_eigensolver *solver, const km_eigensolver_options *options,
                      const km_bands *residuals)
{
    int n_open = 0;

    for (int i = 0; i < solver->n_open; ++i) {
        const int j = solver->open[i];
        const double tolerance_ha =
            j < options->n_tight ? options->tolerance_ha : options->loose_tolerance_ha;
        const km_bands from = km_bands_view(residuals, i, 1),
                       to = km_bands_view(residuals, n_open, 1);

        if (solver->residual_ha[j] <= fmax(tolerance_ha, solver->least_ha[j])) continue;
        if (n_open != i) km_bands_copy(&from, &to);
        solver->open[n_open++] = j;
    }
    solver->n_open = n_open;
}

/* Grow the search space of n functions by the preconditioned residuals behind it. */
static km_status grow(km_eigensolver *solver, const double *kinetic, int n_g, int n, int *n_new)
{
    const km_bands residuals = part(&solver->v, n_g, n, solver->n_open);

    for (int i = 0; i < solver->n_open; ++i)
        precondition(solver, &residuals, i, kinetic, solver->kinetic[solver->open[i]]);
    return extend(solver, n_g, n, solver->n_open, n_new);
}

/* The bands as the beginning of a search space; their residuals as images. */
static void begin(km_eigensolver *solver, const km_bands *bands, const km_bands *residuals)
{
    const km_bands v = part(&solver->v, bands->n_g, 0, bands->n_band);
    const km_bands image = part(&solver->image, bands->n_g, 0, bands->n_band);

    km_bands_copy(bands, &v);
    km_bands_copy(residuals, &image);
}

/* H of the bands into the work space, in single precision where that does. */
static void apply_to_bands(km_eigensolver *solver, km_hamiltonian *hamiltonian, int ik,
                           bool is_rough, const km_bands *bands)
{
    const km_bands h_bands = part(&solver->work, bands->n_g, 0, bands->n_band);
    const km_bands v = part(&solver->v, bands->n_g, 0, bands->n_band);
    const km_bands image = part(&solver->image, bands->n_g, 0, bands->n_band);

    if (!is_rough) {
        km_hamiltonian_apply(hamiltonian, ik, bands, &h_bands);
        return;
    }
    km_bands_copy(bands, &v);
    km_hamiltonian_apply(hamiltonian, ik, &v, &image);
    km_bands_copy(&image, &h_bands);
}

/* H of the bands, its matrix between them, and what it has beyond them: their residuals as a block. */
static void project_bands(km_eigensolver *solver, km_hamiltonian *hamiltonian, int ik,
                          bool is_rough, const km_bands *bands)
{
    const km_bands residuals = part(&solver->work, bands->n_g, 0, bands->n_band);

    apply_to_bands(solver, hamiltonian, ik, is_rough, bands);
    km_bands_overlap(bands, &residuals, &solver->h);
    km_bands_rotate(-1, bands, &solver->h, 1, &residuals);
    begin(solver, bands, &residuals);
}

/* The Ritz vectors of n functions into the bands, in double precision; uses the first block of the search space up. */
static km_status update_bands(km_eigensolver *solver, int n, const km_bands *bands)
{
    const int n_g = bands->n_g, n_band = bands->n_band;
    const km_bands rotated = part(&solver->work, n_g, 0, n_band);
    const km_bands v = part(&solver->v, n_g, n_band, n - n_band);
    const km_bands correction = part(&solver->v, n_g, 0, n_band);
    const km_matrix u_t = km_matrix_view(&solver->u, n_band, 0);

    km_bands_rotate(1, bands, &solver->u, 0, &rotated);
    km_bands_copy(&rotated, bands);
    if (n == n_band) return KM_OK;
    km_bands_rotate(1, &v, &u_t, 0, &correction);
    km_bands_add(&correction, bands);
    return restore_norms(solver, bands);
}

/* Shrink the search space of n functions to the Ritz vectors. */
static km_status restart(km_eigensolver *solver, const double *kinetic, int n,
                         const km_bands *bands)
{
    const int n_g = bands->n_g, n_band = bands->n_band;
    const km_bands residuals = work_like(solver, n_g, n_band);
    const km_bands image = part(&solver->image, n_g, 0, n_band);
    const km_bands v = part(&solver->v, n_g, 0, n_band);

    open_all(solver, n_band);
    compute_residuals(solver, n_g, n_band, n, &residuals);
    km_bands_copy(&residuals, &image);
    KM_TRY(update_bands(solver, n, bands));
    km_bands_copy(bands, &v);
    measure_kinetic_energies(solver, kinetic, bands);
    set_diagonal(&solver->h, n_band, solver->ritz);
    return KM_OK;
}

/* Bands that are converged and the largest residual of those that matter. */
static void summarise(const km_eigensolver *solver, const km_eigensolver_options *options,
                      int n_band, km_eigensolver_result *result)
{
    result->n_unconverged = 0;
    result->residual_ha = 0;
    for (int j = 0; j < n_band; ++j) {
        const bool is_tight = j < options->n_tight;

        if (is_tight) result->residual_ha = fmax(result->residual_ha, solver->residual_ha[j]);
        if (!(solver->residual_ha[j] <=
              (is_tight ? options->tolerance_ha : options->loose_tolerance_ha)))
            ++result->n_unconverged;
    }
}

/* After the first residuals of a search space were computed. */
static void limit_reduction(km_eigensolver *solver, int n_band)
{
    for (int j = 0; j < n_band; ++j)
        solver->least_ha[j] = solver->is_single ? SINGLE_REDUCTION * solver->residual_ha[j] : 0;
}

/* Grow a search space from the bands until their residuals are small, or as small as its precision can make them. */
static km_status improve(km_eigensolver *solver, km_hamiltonian *hamiltonian, int ik,
                         const km_eigensolver_options *options, const km_bands *bands,
                         km_eigensolver_result *result)
{
    const int n_band = bands->n_band, n_g = bands->n_g;
    const double *kinetic = km_basis_kinetic_ha(km_hamiltonian_basis(hamiltonian, ik));
    int n = n_band;

    measure_kinetic_energies(solver, kinetic, bands);
    open_all(solver, n_band);
    for (int step = 0;; ++step) {
        km_bands residuals;
        int n_new;

        KM_TRY(diagonalise(solver, n));
        if (step > 0) open_moved(solver, n_band);
        if (n + solver->n_open > N_BLOCK * solver->n_band) {
            KM_TRY(restart(solver, kinetic, n, bands));
            n = n_band;
            KM_TRY(diagonalise(solver, n));
        }
        residuals = part(&solver->v, n_g, n, solver->n_open);
        compute_residuals(solver, n_g, n_band, n, &residuals);
        if (step == 0) limit_reduction(solver, n_band);
        find_open(solver, options, &residuals);
        if (solver->n_open == 0 || result->n_round == options->max_round) break;
        KM_TRY(grow(solver, kinetic, n_g, n, &n_new));
        if (n_new == 0) break;
        project(solver, hamiltonian, ik, n_g, n, n_new);
        n += n_new;
        ++result->n_round;
    }
    return update_bands(solver, n, bands);
}

km_status km_eigensolver_solve(km_eigensolver *solver, km_hamiltonian *hamiltonian, int ik,
                               const km_eigensolver_options *options, const km_bands *bands,
                               double *eigenvalue_ha, km_eigensolver_result *result)
{
    const bool is_rough = solver->is_single && options->tolerance_ha > KM_EIGENSOLVER_SINGLE_HA;
    int n_round;

    KM_ASSERT(bands->n_band <= solver->n_band && bands->n_g <= solver->n_g);
    adapt(solver, bands);
    *result = (km_eigensolver_result){0};
    do {
        n_round = result->n_round;
        project_bands(solver, hamiltonian, ik, is_rough, bands);
        KM_TRY(improve(solver, hamiltonian, ik, options, bands, result));
        summarise(solver, options, bands->n_band, result);
    } while (solver->is_single && result->n_unconverged > 0 && result->n_round > n_round &&
             result->n_round < options->max_round);
    memcpy(eigenvalue_ha, solver->ritz, sizeof *eigenvalue_ha * (size_t)bands->n_band);
    return KM_OK;
}
