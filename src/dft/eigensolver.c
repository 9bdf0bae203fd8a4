#include "kaimen/dft/eigensolver.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/timer.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

/* Blocks of the search space: the bands and up to this many minus one growths. */
#define N_BLOCK 4
/* What is left of a function after it was made orthogonal to others: above it, its rounding errors are below 1e-14. */
static const double LITTLE = 0.03;

/*
 * Single precision makes an error of about 1e-6 Ha in the residual of a band. Where residuals need not be smaller than
 * this, H is applied in it to the bands themselves; otherwise only to what corrects them, which the error scales with.
 */
static const double SINGLE_TOLERANCE_HA = 1e-4;

struct km_eigensolver {
    bool is_real;
    int n_band;      /* most bands */
    int n_g;         /* most plane waves */
    km_bands v, hv;  /* search space and its image, [N_BLOCK * n_band] */
    km_bands work;   /* [n_band] */
    km_matrix h;     /* projected Hamiltonian */
    km_matrix u;     /* its eigenvectors */
    km_matrix s;     /* overlaps */
    double *ritz;    /* [N_BLOCK * n_band] */
    double *norm2;   /* [N_BLOCK * n_band]: squared norms */
    double *kinetic; /* [n_band]: kinetic energy of each band */
    int *open;       /* [n_band]: bands that are not converged */
};

km_status km_eigensolver_create(bool is_real, int n_band, int n_g, int scalapack_above,
                                km_eigensolver **out)
{
    const int n = N_BLOCK * n_band;
    km_eigensolver *solver = NULL;
    km_status status = KM_OK;

    *out = NULL;
    KM_TRY(KM_ALLOC(solver, 1));
    *solver = (km_eigensolver){.is_real = is_real, .n_band = n_band, .n_g = n_g};
    KM_TRY_TO(fail, km_bands_create(is_real, n, n_g, &solver->v));
    KM_TRY_TO(fail, km_bands_create(is_real, n, n_g, &solver->hv));
    KM_TRY_TO(fail, km_bands_create(is_real, n_band, n_g, &solver->work));
    KM_TRY_TO(fail, km_matrix_create(is_real, n, n, &solver->h));
    KM_TRY_TO(fail, km_matrix_create(is_real, n, n, &solver->u));
    KM_TRY_TO(fail, km_matrix_create(is_real, n, n, &solver->s));
    solver->u.scalapack_above = solver->s.scalapack_above = scalapack_above;
    KM_TRY_TO(fail, KM_ALLOC(solver->ritz, n));
    KM_TRY_TO(fail, KM_ALLOC(solver->norm2, n));
    KM_TRY_TO(fail, KM_ALLOC(solver->kinetic, n_band));
    KM_TRY_TO(fail, KM_ALLOC(solver->open, n_band));
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
    km_bands_destroy(&s->hv);
    km_bands_destroy(&s->work);
    km_matrix_destroy(&s->h);
    km_matrix_destroy(&s->u);
    km_matrix_destroy(&s->s);
    KM_FREE(s->ritz);
    KM_FREE(s->norm2);
    KM_FREE(s->kinetic);
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

/* The solver's blocks are shared by the same ranks as the bands. */
static void share(km_eigensolver *solver, MPI_Comm comm)
{
    solver->v.comm = solver->hv.comm = solver->work.comm = comm;
    solver->u.comm = solver->s.comm = comm;
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

static void scale(const km_bands *bands, int band, double factor)
{
    const size_t stride = km_bands_stride(bands);
    double *c = bands->data + (size_t)band * stride;

    for (size_t i = 0; i < stride; ++i) c[i] *= factor;
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
 * Extend the search space of n functions by the n_new behind them: image, and rows of the projected Hamiltonian, of which
 * LAPACK reads the lower triangle. Images of the n functions are at least as exact as the new ones: they make the elements.
 */
static void project(km_eigensolver *solver, km_hamiltonian *hamiltonian, int ik, int n_g, int n,
                    int n_new, bool is_single)
{
    const km_bands v = part(&solver->v, n_g, n, n_new), hv = part(&solver->hv, n_g, n, n_new);
    const km_bands images = part(&solver->hv, n_g, 0, n + n_new);
    const km_matrix rows = km_matrix_view(&solver->h, n, 0);

    km_hamiltonian_use_single(hamiltonian, is_single);
    km_hamiltonian_apply(hamiltonian, ik, &v, &hv);
    km_hamiltonian_use_single(hamiltonian, false);
    km_bands_overlap(&v, &images, &rows);
}

/* The Ritz vectors x into `bands`, and H x - e x into the work space. */
static void compute_residuals(km_eigensolver *solver, int n_g, int n, const km_bands *bands)
{
    const size_t stride = km_bands_stride(bands);
    const km_bands v = part(&solver->v, n_g, 0, n), hv = part(&solver->hv, n_g, 0, n);
    const km_bands residuals = part(&solver->work, n_g, 0, bands->n_band);

    km_bands_rotate(1, &v, &solver->u, 0, bands);
    km_bands_rotate(1, &hv, &solver->u, 0, &residuals);
    for (int j = 0; j < bands->n_band; ++j)
        cblas_daxpy((int)stride, -solver->ritz[j], bands->data + (size_t)j * stride, 1,
                    residuals.data + (size_t)j * stride, 1);
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

/* x = T / (3/2 T_band); the polynomial is 1 for small x and about 1/(2x) for large x. */
static void precondition(const km_bands *residuals, int band, const double *kinetic,
                         double band_kinetic)
{
    const size_t width = residuals->is_real ? 1 : 2;
    double *c = residuals->data + (size_t)band * km_bands_stride(residuals);

    for (size_t ig = 0; ig < (size_t)residuals->n_g; ++ig) {
        double x = kinetic[ig] / (1.5 * band_kinetic);
        double head = 27 + x * (18 + x * (12 + 8 * x));
        double factor = head / (head + 16 * x * x * x * x);

        for (size_t i = 0; i < width; ++i) c[width * ig + i] *= factor;
    }
}

/* Scale functions to norm 1; those whose norm is not above `least` are dropped. The number kept. */
static int normalise(const km_eigensolver *solver, const km_bands *functions, double least)
{
    int n_kept = 0;

    km_bands_squared_norms(functions, solver->norm2);
    for (int j = 0; j < functions->n_band; ++j) {
        const double norm = sqrt(solver->norm2[j]);
        km_bands from = km_bands_view(functions, j, 1);
        km_bands to = km_bands_view(functions, n_kept, 1);

        if (!(norm > least)) continue;
        scale(&from, 0, 1 / norm);
        if (n_kept != j) km_bands_copy(&from, &to);
        ++n_kept;
    }
    return n_kept;
}

/* One function after the other, without those that are lost in the ones before. The number kept. */
static int orthonormalise_singly(const km_eigensolver *solver, const km_bands *functions)
{
    int n_kept = 0;

    for (int j = 0; j < functions->n_band; ++j) {
        const km_bands kept = km_bands_view(functions, 0, n_kept);
        km_bands from = km_bands_view(functions, j, 1);
        km_bands to = km_bands_view(functions, n_kept, 1);

        if (n_kept > 0) {
            km_bands_overlap(&kept, &from, &solver->s);
            km_bands_rotate(-1, &kept, &solver->s, 1, &from);
        }
        if (normalise(solver, &from, KM_BANDS_DEPENDENT) == 0) continue;
        if (n_kept != j) km_bands_copy(&from, &to);
        ++n_kept;
    }
    return n_kept;
}

/* The smallest norm that was left of the functions that normalise() kept. */
static double least_norm(const km_eigensolver *solver, int n, double least)
{
    double norm2 = 1;

    for (int j = 0; j < n; ++j)
        if (solver->norm2[j] > least * least) norm2 = fmin(norm2, solver->norm2[j]);
    return sqrt(norm2);
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

/*
 * Make n_new functions behind the n of the search space orthonormal to it and among each other; a
 * function that is lost in the others is dropped. Once more if little was left of one of them, which leaves rounding
 * errors behind.
 */
static km_status orthonormalise(km_eigensolver *solver, int n_g, int n, int n_new, int *n_kept)
{
    const km_bands v = part(&solver->v, n_g, 0, n);
    km_bands fresh = part(&solver->v, n_g, n, n_new);
    bool is_independent;

    fresh.n_band = normalise(solver, &fresh, 0);
    for (int pass = 0; pass < 2; ++pass) {
        double left = 1;

        if (n > 0) {
            const int n_before = fresh.n_band;

            km_bands_overlap(&v, &fresh, &solver->s);
            km_bands_rotate(-1, &v, &solver->s, 1, &fresh);
            fresh.n_band = normalise(solver, &fresh, KM_BANDS_DEPENDENT);
            left = least_norm(solver, n_before, KM_BANDS_DEPENDENT);
        }
        if (fresh.n_band == 0) break;
        km_bands_overlap(&fresh, &fresh, &solver->s);
        KM_TRY(km_bands_orthonormalise(&fresh, &solver->s, &is_independent));
        if (is_independent) {
            left *= least_pivot(&solver->s, fresh.n_band);
        } else {
            fresh.n_band = orthonormalise_singly(solver, &fresh);
            left = 0;
        }
        if (left > LITTLE) break;
    }
    *n_kept = fresh.n_band;
    return KM_OK;
}

/* Shrink the search space of n functions to the Ritz vectors, which are in `bands`. */
static void restart(km_eigensolver *solver, int n_g, int n, const km_bands *bands)
{
    const km_bands hv = part(&solver->hv, n_g, 0, n);
    const km_bands v_new = part(&solver->v, n_g, 0, bands->n_band);
    const km_bands hv_new = part(&solver->hv, n_g, 0, bands->n_band);
    /* The rest of the search space is free from here on. */
    const km_bands image = part(&solver->v, n_g, bands->n_band, bands->n_band);

    km_bands_copy(bands, &v_new);
    km_bands_rotate(1, &hv, &solver->u, 0, &image);
    km_bands_copy(&image, &hv_new);
    set_diagonal(&solver->h, bands->n_band, solver->ritz);
}

km_status km_eigensolver_start(km_eigensolver *solver, km_hamiltonian *hamiltonian, int ik,
                               const km_bands *start, const km_bands *bands,
                               double *eigenvalue_ha)
{
    const int n_g = bands->n_g;
    km_bands v, found;
    int n;

    share(solver, bands->comm);
    v = part(&solver->v, n_g, 0, start->n_band);
    KM_TRY(KM_CHECK(start->n_band <= N_BLOCK * solver->n_band, KM_E_ARGUMENT,
                    "%d start functions, at most %d are wanted", start->n_band,
                    N_BLOCK * solver->n_band));
    km_bands_copy(start, &v);
    KM_TRY(orthonormalise(solver, n_g, 0, start->n_band, &n));
    KM_TRY(KM_CHECK(n >= bands->n_band, KM_E_NUMERIC,
                    "only %d of %d start functions are independent, %d are wanted", n,
                    start->n_band, bands->n_band));
    project(solver, hamiltonian, ik, n_g, 0, n, false);
    KM_TRY(diagonalise(solver, n));
    found = part(&solver->v, n_g, 0, n);
    km_bands_rotate(1, &found, &solver->u, 0, bands);
    memcpy(eigenvalue_ha, solver->ritz, sizeof *eigenvalue_ha * (size_t)bands->n_band);
    return KM_OK;
}

/* Which bands are not converged; their residuals move to the front of the work space. */
static int find_open(km_eigensolver *solver, const km_eigensolver_options *options,
                     const km_bands *bands, km_eigensolver_result *result)
{
    const km_bands residuals = part(&solver->work, bands->n_g, 0, bands->n_band);
    int n_open = 0;

    result->residual_ha = 0;
    km_bands_squared_norms(&residuals, solver->norm2);
    for (int j = 0; j < bands->n_band; ++j) {
        const double norm = sqrt(solver->norm2[j]);
        const bool is_tight = j < options->n_tight;
        km_bands from = km_bands_view(&residuals, j, 1),
                 to = km_bands_view(&residuals, n_open, 1);

        if (is_tight) result->residual_ha = fmax(result->residual_ha, norm);
        if (norm <= (is_tight ? options->tolerance_ha : options->loose_tolerance_ha)) continue;
        if (n_open != j) km_bands_copy(&from, &to);
        solver->open[n_open++] = j;
    }
    result->n_unconverged = n_open;
    return n_open;
}

/* Grow the search space of n functions by the preconditioned residuals. */
static km_status grow(km_eigensolver *solver, const km_basis *basis, const km_bands *bands,
                      int n, int n_open, int *n_new)
{
    const int n_g = bands->n_g;
    const double *kinetic = km_basis_kinetic_ha(basis);
    const km_bands residuals = part(&solver->work, n_g, 0, n_open);
    const km_bands to = part(&solver->v, n_g, n, n_open);

    for (int i = 0; i < n_open; ++i)
        solver->kinetic[i] = kinetic_energy(bands, solver->open[i], kinetic);
    km_bands_sum(bands, n_open, solver->kinetic);
    for (int i = 0; i < n_open; ++i) precondition(&residuals, i, kinetic, solver->kinetic[i]);
    km_bands_copy(&residuals, &to);
    return orthonormalise(solver, n_g, n, n_open, n_new);
}

km_status km_eigensolver_solve(km_eigensolver *solver, km_hamiltonian *hamiltonian, int ik,
                               const km_eigensolver_options *options, const km_bands *bands,
                               double *eigenvalue_ha, km_eigensolver_result *result)
{
    const int n_band = bands->n_band, n_g = bands->n_g;
    km_bands first;
    int n = n_band;

    KM_ASSERT(n_band <= solver->n_band && n_g <= solver->n_g);
    share(solver, bands->comm);
    first = part(&solver->v, n_g, 0, n_band);
    *result = (km_eigensolver_result){0};
    km_bands_copy(bands, &first);
    project(solver, hamiltonian, ik, n_g, 0, n_band,
            options->is_mixed && options->tolerance_ha > SINGLE_TOLERANCE_HA);
    for (;;) {
        int n_open, n_new;

        KM_TRY(diagonalise(solver, n));
        compute_residuals(solver, n_g, n, bands);
        n_open = find_open(solver, options, bands, result);
        if (n_open == 0 || result->n_round == options->max_round) break;
        if (n + n_open > N_BLOCK * solver->n_band) {
            restart(solver, n_g, n, bands);
            n = n_band;
        }
        KM_TRY(grow(solver, km_hamiltonian_basis(hamiltonian, ik), bands, n, n_open, &n_new));
        if (n_new == 0) break;
        project(solver, hamiltonian, ik, n_g, n, n_new, options->is_mixed);
        n += n_new;
        ++result->n_round;
    }
    memcpy(eigenvalue_ha, solver->ritz, sizeof *eigenvalue_ha * (size_t)n_band);
    return KM_OK;
}
