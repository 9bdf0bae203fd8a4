#include "dft/warm_start.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/traffic.h"
#include "kaimen/dft/density.h"

#include <math.h>
#include <string.h>

/*
 * Positions remembered: first order. On a slab of MgO it saves 7 % of the H applications of a relaxation against none;
 * second order saves nothing more.
 */
#define MAX_STEP 2
/* An atom that moved further has left its density behind. */
static const double FARTHEST_BOHR = 1.0;

/* The rest of one density, and where its atoms were. */
typedef struct {
    double *cart_bohr;      /* [n_atom][3] */
    double complex *rest_g; /* times the volume; [n_spin][n_g] */
} remembered;

struct km_warm_start {
    km_crystal *crystal;       /* the last one; NULL: nothing is remembered */
    double basis_cell_bohr[9]; /* whose plane waves they are */
    int grid[3];
    int n_g, n_spin;
    bool is_real;
    int n_band;
    int n_k;
    double *k_frac;  /* [n_k][3] */
    km_bands *bands; /* [n_k] */
    bool is_used;    /* a state was started from them */
    int n_older;
    km_bands *older; /* of the step before, [n_older]; NULL: none */
    int n_step;
    remembered step[MAX_STEP]; /* newest first */
};

km_status km_warm_start_create(km_warm_start **warm)
{
    return KM_ALLOC(*warm, 1);
}

static void forget_older(km_warm_start *warm)
{
    for (int ik = 0; ik < warm->n_older; ++ik) km_bands_destroy(&warm->older[ik]);
    KM_FREE(warm->older);
    warm->n_older = 0;
}

/* The last bands become the older ones. */
static void age_bands(km_warm_start *warm)
{
    forget_older(warm);
    warm->older = warm->bands;
    warm->n_older = warm->bands ? warm->n_k : 0;
    warm->bands = NULL;
    warm->n_k = 0;
    KM_FREE(warm->k_frac);
}

static void forget_step(remembered *step)
{
    KM_FREE(step->cart_bohr);
    KM_FREE(step->rest_g);
}

void km_warm_start_clear(km_warm_start *warm)
{
    age_bands(warm);
    forget_older(warm);
    for (int i = 0; i < warm->n_step; ++i) forget_step(&warm->step[i]);
    warm->n_step = 0;
    km_crystal_destroy(&warm->crystal);
}

void km_warm_start_destroy(km_warm_start **warm)
{
    if (!*warm) return;
    km_warm_start_clear(*warm);
    KM_FREE(*warm);
}

/* Copies of the same numbers: equal to the last bit, or not the same. */
static bool is_equal(int n, const double *a, const double *b)
{
    for (int i = 0; i < n; ++i)
        if (a[i] != b[i]) return false;
    return true;
}

/* Same elements and plane waves, though strained: densities can be compared. */
static bool is_same_kind(const km_warm_start *warm, const km_ground_state *state)
{
    const km_crystal *old = warm->crystal, *new = state->crystal;
    const int n_atom = old ? km_crystal_n_atom(old) : 0;

    return old && n_atom == km_crystal_n_atom(new) && warm->is_real == state->is_real &&
           memcmp(warm->grid, km_grid_n(state->grid), sizeof warm->grid) == 0 &&
           warm->n_g == km_grid_n_g(state->grid) && warm->n_spin == state->n_spin &&
           is_equal(9, warm->basis_cell_bohr, km_crystal_cell_bohr(state->basis_crystal)) &&
           memcmp(km_crystal_z(old), km_crystal_z(new), sizeof(int) * (size_t)n_atom) == 0;
}

/* The strain aside: every plane wave of a density follows it. */
static bool is_near(const km_warm_start *warm, const km_crystal *crystal)
{
    const double *cell = km_crystal_cell_bohr(crystal);
    const double *from = km_crystal_frac(warm->crystal), *to = km_crystal_frac(crystal);

    for (int a = 0; a < km_crystal_n_atom(crystal); ++a) {
        double d2 = 0;

        for (int x = 0; x < 3; ++x) {
            double d = 0;

            for (int i = 0; i < 3; ++i)
                d += (to[3 * a + i] - from[3 * a + i]) * cell[3 * i + x];
            d2 += d * d;
        }
        if (!(d2 < FARTHEST_BOHR * FARTHEST_BOHR)) return false;
    }
    return true;
}

static bool has_same_bands(const km_warm_start *warm, const km_ground_state *state)
{
    const km_band_set *set = &state->set;

    if (warm->is_used || warm->n_k != set->n_k || warm->n_band != state->n_band) return false;
    for (int ik = 0; ik < set->n_k; ++ik)
        if (warm->bands[ik].n_g != set->bands[ik].n_g ||
            !is_equal(3, warm->k_frac + 3 * ik, km_basis_k_frac(set->basis[ik])))
            return false;
    return true;
}

bool km_warm_start_fits(const km_warm_start *warm, const km_ground_state *state)
{
    int fits = is_same_kind(warm, state) && has_same_bands(warm, state) &&
               is_near(warm, state->crystal);

    km_traffic_allreduce(KM_TRAFFIC_CONTROL, 1, MPI_INT, MPI_LAND, state->comm, &fits);
    return fits;
}

static km_status remember(const km_ground_state *state, remembered *step)
{
    const int n = state->n_spin * km_grid_n_g(state->grid);

    KM_TRY(KM_ALLOC(step->cart_bohr, 3 * km_crystal_n_atom(state->crystal)));
    KM_TRY(KM_ALLOC(step->rest_g, n));
    km_crystal_compute_cart(state->crystal, step->cart_bohr);
    KM_TRY(km_ground_state_superpose_atoms(state, step->rest_g));
    for (int ig = 0; ig < n; ++ig)
        step->rest_g[ig] =
            (state->rho_out[ig] - step->rest_g[ig]) * km_crystal_volume_bohr3(state->crystal);
    return KM_OK;
}

static km_status take_step(km_warm_start *warm, km_ground_state *state)
{
    remembered step = {0};
    km_status status = remember(state, &step);

    if (status != KM_OK) {
        forget_step(&step);
        return status;
    }
    if (warm->n_step == MAX_STEP) forget_step(&warm->step[--warm->n_step]);
    memmove(warm->step + 1, warm->step, sizeof *warm->step * (size_t)warm->n_step);
    warm->step[0] = step;
    ++warm->n_step;
    return KM_OK;
}

static km_status take_bands(km_warm_start *warm, km_ground_state *state)
{
    km_band_set *set = &state->set;

    KM_TRY(KM_ALLOC(warm->k_frac, 3 * set->n_k));
    for (int ik = 0; ik < set->n_k; ++ik)
        memcpy(warm->k_frac + 3 * ik, km_basis_k_frac(set->basis[ik]), 3 * sizeof(double));
    warm->bands = set->bands;
    warm->is_used = false;
    set->bands = NULL;
    warm->n_k = set->n_k;
    warm->n_band = state->n_band;
    return KM_OK;
}

km_status km_warm_start_take(km_warm_start *warm, km_ground_state *state)
{
    km_status status = KM_OK;

    if (!is_same_kind(warm, state)) km_warm_start_clear(warm);
    age_bands(warm);
    km_crystal_destroy(&warm->crystal);
    warm->is_real = state->is_real;
    memcpy(warm->grid, km_grid_n(state->grid), sizeof warm->grid);
    memcpy(warm->basis_cell_bohr, km_crystal_cell_bohr(state->basis_crystal),
           sizeof warm->basis_cell_bohr);
    warm->n_g = km_grid_n_g(state->grid);
    warm->n_spin = state->n_spin;
    KM_TRY_TO(fail, km_crystal_copy(state->crystal, &warm->crystal));
    KM_TRY_TO(fail, take_step(warm, state));
    KM_TRY_TO(fail, take_bands(warm, state));
    return KM_OK;
fail:
    km_warm_start_clear(warm);
    return status;
}

/*
 * Multiple of the last move that comes nearest to the new one. A move against the last one, or far beyond it, is no
 * extrapolation.
 */
static double find_factor(const km_warm_start *warm, const double *cart_bohr)
{
    const remembered *s = warm->step;
    const int n = 3 * km_crystal_n_atom(warm->crystal);
    double square = 0, product = 0;

    if (warm->n_step < 2) return 0;
    for (int i = 0; i < n; ++i) {
        const double last = s[0].cart_bohr[i] - s[1].cart_bohr[i];

        square += last * last;
        product += last * (cart_bohr[i] - s[0].cart_bohr[i]);
    }
    return square > 0 ? fmax(-1, fmin(2, product / square)) : 0;
}

static km_status find_move(const km_warm_start *warm, const km_ground_state *state,
                           double *factor)
{
    double *cart_bohr = NULL;

    KM_TRY(KM_ALLOC(cart_bohr, 3 * km_crystal_n_atom(state->crystal)));
    km_crystal_compute_cart(state->crystal, cart_bohr);
    *factor = find_factor(warm, cart_bohr);
    KM_FREE(cart_bohr);
    return KM_OK;
}

km_status km_warm_start_add_density(const km_warm_start *warm, const km_ground_state *state,
                                    double complex *rho)
{
    const remembered *s = warm->step;
    const double volume = km_crystal_volume_bohr3(state->crystal);
    double factor;

    KM_TRY(find_move(warm, state, &factor));
    for (int ig = 0; ig < warm->n_spin * warm->n_g; ++ig) {
        double complex rest = s[0].rest_g[ig];

        if (factor != 0) rest += factor * (s[0].rest_g[ig] - s[1].rest_g[ig]);
        rho[ig] += rest / volume;
    }
    return KM_OK;
}

static bool has_older(const km_warm_start *warm, int ik)
{
    return warm->n_older == warm->n_k && warm->older[ik].n_g == warm->bands[ik].n_g &&
           warm->older[ik].n_band == warm->bands[ik].n_band;
}

/*
 * bands + factor (bands - older) into `to`: as the density, to first order. On the slab of MgO and on a rattled cell of
 * TiO2 it needs as many SCF iterations as the bands themselves, within the spread of equal runs.
 * Of the older ones what they have in common with the bands is taken, since any
 * rotation of degenerate or occupied bands among each other is as good as they are.
 */
static km_status extrapolate(const km_warm_start *warm, int ik, double factor,
                             const km_bands *to)
{
    const km_bands *bands = &warm->bands[ik];
    km_matrix common = {0};

    km_bands_copy(bands, to);
    if (factor == 0 || !has_older(warm, ik)) return KM_OK;
    KM_TRY(km_matrix_create(bands->is_real, bands->n_band, bands->n_band, &common));
    km_bands_overlap(&warm->older[ik], bands, &common);
    km_bands_rotate(-factor, &warm->older[ik], &common, 1 + factor, to);
    km_matrix_destroy(&common);
    return KM_OK;
}

km_status km_warm_start_bands(km_warm_start *warm, km_ground_state *state,
                              km_eigensolver *solver)
{
    km_band_set *set = &state->set;
    double factor;

    KM_TRY(find_move(warm, state, &factor));
    warm->is_used = true;
    for (int ik = 0; ik < set->n_k; ++ik) {
        KM_TRY(extrapolate(warm, ik, factor, &set->bands[ik]));
        KM_TRY(km_eigensolver_start(solver, set->hamiltonian, ik, &set->bands[ik],
                                    &set->bands[ik], set->eigenvalue + ik * state->n_band));
    }
    return KM_OK;
}
