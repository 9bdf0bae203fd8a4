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
/* Lattice vectors that changed by more, relative to the longest: another crystal. */
static const double LARGEST_STRAIN = 0.1;

/* Integer coordinates of plane waves, [n][3]. */
typedef struct {
    int n;
    short *miller;
} wave_list;

/* The rest of one density, and where its atoms were. */
typedef struct {
    double *cart_bohr;      /* [n_atom][3] */
    double complex *rest_g; /* times the volume; [n_spin][n_g] */
} remembered;

struct km_warm_start {
    km_crystal *crystal;       /* the last one; NULL: nothing is remembered */
    double basis_cell_bohr[9]; /* whose plane waves they are */
    int grid[3];
    wave_list density_waves;
    int n_spin;
    bool is_real;
    int n_band;
    int n_k;
    double *k_frac;        /* [n_k][3] */
    wave_list *band_waves; /* [n_k], of this rank */
    km_bands *bands;       /* [n_k] */
    bool is_used;          /* a state was started from them */
    bool is_moved;         /* they come from other plane waves */
    int n_older;
    km_bands *older; /* of the step before, [n_older]; NULL: none */
    int n_step;
    remembered step[MAX_STEP]; /* newest first */
};

km_status km_warm_start_create(km_warm_start **warm)
{
    return KM_ALLOC(*warm, 1);
}

static km_status list_waves(int n, const int *miller, wave_list *waves)
{
    waves->n = n;
    KM_TRY(KM_ALLOC(waves->miller, 3 * n));
    for (int i = 0; i < 3 * n; ++i) waves->miller[i] = (short)miller[i];
    return KM_OK;
}

static bool are_waves(const wave_list *waves, int n, const int *miller)
{
    if (waves->n != n) return false;
    for (int i = 0; i < 3 * n; ++i)
        if (waves->miller[i] != miller[i]) return false;
    return true;
}

static void forget_waves(km_warm_start *warm)
{
    for (int ik = 0; warm->band_waves && ik < warm->n_k; ++ik)
        KM_FREE(warm->band_waves[ik].miller);
    KM_FREE(warm->band_waves);
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
    forget_waves(warm);
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
    KM_FREE(warm->density_waves.miller);
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

/* Same elements and arithmetic. */
static bool is_same_kind(const km_warm_start *warm, const km_ground_state *state)
{
    const km_crystal *old = warm->crystal, *new = state->crystal;
    const int n_atom = old ? km_crystal_n_atom(old) : 0;

    return old && n_atom == km_crystal_n_atom(new) && warm->is_real == state->is_real &&
           warm->n_spin == state->n_spin &&
           memcmp(km_crystal_z(old), km_crystal_z(new), sizeof(int) * (size_t)n_atom) == 0;
}

/* Same plane waves, though strained: densities can be compared. */
static bool is_same_basis(const km_warm_start *warm, const km_ground_state *state)
{
    return is_same_kind(warm, state) &&
           memcmp(warm->grid, km_grid_n(state->grid), sizeof warm->grid) == 0 &&
           warm->density_waves.n == km_grid_n_g(state->grid) &&
           is_equal(9, warm->basis_cell_bohr, km_crystal_cell_bohr(state->basis_crystal));
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

static bool has_same_points(const km_warm_start *warm, const km_ground_state *state)
{
    const km_band_set *set = &state->set;

    if (warm->is_used || warm->n_k != set->n_k || warm->n_band != state->n_band) return false;
    for (int ik = 0; ik < set->n_k; ++ik)
        if (!is_equal(3, warm->k_frac + 3 * ik, km_basis_k_frac(set->basis[ik]))) return false;
    return true;
}

static bool has_same_bands(const km_warm_start *warm, const km_ground_state *state)
{
    const km_band_set *set = &state->set;

    if (!has_same_points(warm, state)) return false;
    for (int ik = 0; ik < set->n_k; ++ik)
        if (!are_waves(&warm->band_waves[ik], km_basis_n_g(set->basis[ik]),
                       km_basis_miller(set->basis[ik])))
            return false;
    return true;
}

bool km_warm_start_fits(const km_warm_start *warm, const km_ground_state *state)
{
    int fits = is_same_basis(warm, state) && has_same_bands(warm, state) &&
               is_near(warm, state->crystal);

    km_traffic_allreduce(KM_TRAFFIC_CONTROL, 1, MPI_INT, MPI_LAND, state->comm, &fits);
    return fits;
}

bool km_warm_start_is_moved(const km_warm_start *warm)
{
    return warm->is_moved;
}

static bool is_little_strained(const km_warm_start *warm, const km_crystal *crystal)
{
    const double *from = km_crystal_cell_bohr(warm->crystal),
                 *to = km_crystal_cell_bohr(crystal);
    double longest = 0, change = 0;

    for (int i = 0; i < 9; ++i) {
        longest = fmax(longest, fabs(from[i]));
        change = fmax(change, fabs(to[i] - from[i]));
    }
    return change < LARGEST_STRAIN * longest;
}

/* A rank that has a slice of the plane waves does not find them where they were. */
static bool has_whole_spheres(const km_ground_state *state)
{
    const km_band_set *set = &state->set;

    for (int ik = 0; ik < set->n_k; ++ik)
        if (km_basis_n_g(set->basis[ik]) < km_basis_n_g_sphere(set->basis[ik])) return false;
    return true;
}

/* Place of each plane wave of a basis in an old list, -1 of those that are new; both ascend in all coordinates, the last one fastest. */
static km_status find_waves(int n, const int *miller, const wave_list *old, int **place)
{
    int at = 0;

    KM_TRY(KM_ALLOC(*place, n));
    for (int i = 0; i < n; ++i) {
        int order = 1;

        for (; at < old->n; ++at) {
            const short *m = old->miller + 3 * at;

            order = 0;
            for (int x = 0; x < 3 && order == 0; ++x) order = m[x] - miller[3 * i + x];
            if (order >= 0) break;
        }
        (*place)[i] = at < old->n && order == 0 ? at : -1;
    }
    return KM_OK;
}

/* The last density's rest among the new plane waves; the ones before are forgotten. */
static km_status move_density(km_warm_start *warm, const km_grid *grid)
{
    const int n_g = km_grid_n_g(grid), n_old = warm->density_waves.n;
    double complex *moved = NULL, *rest = warm->step[0].rest_g;
    int *place = NULL;
    km_status status = KM_OK;

    KM_TRY_TO(end, find_waves(n_g, km_grid_miller(grid), &warm->density_waves, &place));
    KM_TRY_TO(end, KM_ALLOC(moved, warm->n_spin * n_g));
    for (int s = 0; s < warm->n_spin; ++s)
        for (int ig = 0; ig < n_g; ++ig)
            if (place[ig] >= 0) moved[s * n_g + ig] = rest[s * n_old + place[ig]];
    KM_FREE(warm->step[0].rest_g);
    warm->step[0].rest_g = moved;
    while (warm->n_step > 1) forget_step(&warm->step[--warm->n_step]);
    KM_FREE(warm->density_waves.miller);
    status = list_waves(n_g, km_grid_miller(grid), &warm->density_waves);
end:
    KM_FREE(place);
    return status;
}

static km_status move_bands(const km_basis *basis, wave_list *waves, km_bands *bands)
{
    const int n_g = km_basis_n_g(basis), width = bands->is_real ? 1 : 2;
    km_bands moved = {0};
    int *place = NULL;
    km_status status = KM_OK;

    KM_TRY_TO(end, find_waves(n_g, km_basis_miller(basis), waves, &place));
    KM_TRY_TO(end, km_bands_create(bands->is_real, bands->n_band, n_g, &moved));
    for (int band = 0; band < bands->n_band; ++band) {
        const double *from = bands->data + (size_t)band * km_bands_stride(bands);
        double *to = moved.data + (size_t)band * km_bands_stride(&moved);

        for (int i = 0; i < n_g; ++i)
            if (place[i] >= 0)
                memcpy(to + (size_t)(width * i), from + (size_t)(width * place[i]),
                       sizeof *to * (size_t)width);
    }
    moved.comm = bands->comm;
    km_bands_destroy(bands);
    *bands = moved;
    KM_FREE(waves->miller);
    status = list_waves(n_g, km_basis_miller(basis), waves);
end:
    KM_FREE(place);
    return status;
}

static bool can_move(const km_warm_start *warm, const km_ground_state *state)
{
    return is_same_kind(warm, state) && has_same_points(warm, state) &&
           is_near(warm, state->crystal) && is_little_strained(warm, state->crystal) &&
           has_whole_spheres(state);
}

static void note_basis(km_warm_start *warm, const km_ground_state *state)
{
    memcpy(warm->grid, km_grid_n(state->grid), sizeof warm->grid);
    memcpy(warm->basis_cell_bohr, km_crystal_cell_bohr(state->basis_crystal),
           sizeof warm->basis_cell_bohr);
}

km_status km_warm_start_move(km_warm_start *warm, const km_ground_state *state)
{
    km_status status = KM_OK;

    if (!can_move(warm, state) || (is_same_basis(warm, state) && has_same_bands(warm, state)))
        return KM_OK;
    forget_older(warm);
    note_basis(warm, state);
    warm->is_moved = true;
    KM_TRY_TO(fail, move_density(warm, state->grid));
    for (int ik = 0; ik < warm->n_k; ++ik)
        KM_TRY_TO(fail,
                  move_bands(state->set.basis[ik], &warm->band_waves[ik], &warm->bands[ik]));
    return KM_OK;
fail:
    km_warm_start_clear(warm);
    return status;
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

    warm->n_k = set->n_k;
    KM_TRY(KM_ALLOC(warm->k_frac, 3 * set->n_k));
    KM_TRY(KM_ALLOC(warm->band_waves, set->n_k));
    for (int ik = 0; ik < set->n_k; ++ik) {
        memcpy(warm->k_frac + 3 * ik, km_basis_k_frac(set->basis[ik]), 3 * sizeof(double));
        KM_TRY(list_waves(km_basis_n_g(set->basis[ik]), km_basis_miller(set->basis[ik]),
                          &warm->band_waves[ik]));
    }
    warm->bands = set->bands;
    warm->is_used = warm->is_moved = false;
    set->bands = NULL;
    warm->n_band = state->n_band;
    return KM_OK;
}

km_status km_warm_start_take(km_warm_start *warm, km_ground_state *state)
{
    km_status status = KM_OK;

    if (!is_same_basis(warm, state)) km_warm_start_clear(warm);
    age_bands(warm);
    km_crystal_destroy(&warm->crystal);
    warm->is_real = state->is_real;
    note_basis(warm, state);
    warm->n_spin = state->n_spin;
    KM_FREE(warm->density_waves.miller);
    KM_TRY_TO(fail, list_waves(km_grid_n_g(state->grid), km_grid_miller(state->grid),
                               &warm->density_waves));
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
    for (int ig = 0; ig < warm->n_spin * warm->density_waves.n; ++ig) {
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
