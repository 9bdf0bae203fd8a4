/*
 * Exchange and correlation. Gradients are taken in reciprocal space on the density's sphere, and so
 * is the divergence in V = de/drho - 2 div(de/dsigma grad rho), which makes V the exact derivative
 * of the energy summed over grid points.
 * Source: White, Bird, Phys. Rev. B 50, 4954 (1994); the stress of gradients: Dal Corso, Resta, Phys. Rev. B 50,
 * 4327 (1994).
 */
#include "dft/core_density.h"
#include "dft/slopes.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/timer.h"
#include "kaimen/base/traffic.h"
#include "kaimen/dft/xc.h"

#include <string.h>

/* Points handed to the functional at once: what it takes and gives stays on the stack. */
#define N_CHUNK 256

/*
 * The functional is evaluated at one point of each orbit, and the ranks that have the same density share the orbits, and the
 * axes of gradients. Without orbits it is evaluated at all points.
 */
typedef struct {
    const km_term_setup *setup; /* borrowed */
    km_xc *xc;
    km_core_density *core; /* NULL without core corrections */
    km_slopes *slopes;     /* NULL without gradients */
    double *flow;          /* work space [n_point]; likewise */
    double complex *work;  /* work space [n_g]; likewise */
    int n_value;           /* orbits */
    const int *first,
        *count; /* a point of each, and how many it has, [n_value]; NULL: all points, one each */
    const int *value; /* orbit of each point, [n_point]; NULL: its number */
    double *
        row; /* de/drho of each spin, de/dsigma of each pair of spins, [n_spin + n_sigma][n_value] */
    MPI_Comm comm;
    int n_rank, rank;
    int *n_own, *at; /* values of each rank, and the first of them; [n_rank] */
} exchange;

/* Sums over all points. */
typedef struct {
    double energy;   /* per volume */
    double diagonal; /* e - rho de/drho - 2 sigma de/dsigma */
} sums;

/* What the functional takes and gives at some points. */
typedef struct {
    double rho[2 * N_CHUNK], sigma[3 * N_CHUNK];
    double energy[N_CHUNK], v_rho[2 * N_CHUNK], v_sigma[3 * N_CHUNK];
} samples;

static int n_sigma_of(const exchange *term)
{
    return !km_xc_has_gradient(term->xc) ? 0 : term->setup->n_spin == 2 ? 3 : 1;
}

static double *v_rho_of(const exchange *term, int spin)
{
    return term->row + (size_t)spin * (size_t)term->n_value;
}

/* Of the pair of spins a, b: up up, up down, down down. */
static double *v_sigma_of(const exchange *term, int a, int b)
{
    return term->row + (size_t)(term->setup->n_spin + a + b) * (size_t)term->n_value;
}

/* Density of each spin at n points; without spin the density itself. */
static void sample_density(const exchange *term, const double *rho_r, int n, const int *point,
                           double *rho)
{
    const double *moment = rho_r + km_grid_n_point(term->setup->grid);

    if (term->setup->n_spin != 2) {
        for (int i = 0; i < n; ++i) rho[i] = rho_r[point[i]];
        return;
    }
    for (int i = 0; i < n; ++i) {
        rho[i] = 0.5 * (rho_r[point[i]] + moment[point[i]]);
        rho[n + i] = 0.5 * (rho_r[point[i]] - moment[point[i]]);
    }
}

/* sigma_ab = grad rho_a . grad rho_b at n of this rank's points from the first-th on. */
static void sample_gradients(const exchange *term, int first, int n, double *sigma)
{
    const int n_sigma = n_sigma_of(term);
    double slope[2][N_CHUNK];

    memset(sigma, 0, sizeof *sigma * (size_t)(n_sigma * n));
    for (int axis = 0; n_sigma > 0 && axis < 3; ++axis) {
        for (int s = 0; s < term->setup->n_spin; ++s)
            km_slopes_sample(term->slopes, s, axis, first, n, slope[s]);
        for (int k = 0; k < n_sigma; ++k) {
            const double *p = slope[k / 2], *q = slope[(k + 1) / 2];

            for (int i = 0; i < n; ++i) sigma[k * n + i] += p[i] * q[i];
        }
    }
}

/* Keep the derivatives at n orbits from the first-th on, and add to the sums what their points give. */
static void keep(exchange *term, int first, int n, const samples *s, sums *total)
{
    const int n_spin = term->setup->n_spin, n_sigma = n_sigma_of(term);

    for (int k = 0; k < n_spin; ++k)
        memcpy(v_rho_of(term, k) + first, s->v_rho + k * n, sizeof(double) * (size_t)n);
    for (int k = 0; k < n_sigma; ++k)
        memcpy(v_rho_of(term, n_spin + k) + first, s->v_sigma + k * n,
               sizeof(double) * (size_t)n);
    for (int i = 0; i < n; ++i) {
        const double weight = term->count ? term->count[first + i] : 1;
        double diagonal = s->energy[i];

        for (int k = 0; k < n_spin; ++k) diagonal -= s->rho[k * n + i] * s->v_rho[k * n + i];
        for (int k = 0; k < n_sigma; ++k)
            diagonal -= 2 * s->sigma[k * n + i] * s->v_sigma[k * n + i];
        total->energy += weight * s->energy[i];
        total->diagonal += weight * diagonal;
    }
}

/* The functional at this rank's orbits. */
static void evaluate_own(exchange *term, const double *rho_r, sums *total)
{
    const bool has_gradient = km_xc_has_gradient(term->xc);
    const int end = term->at[term->rank] + term->n_own[term->rank];
    int n, point[N_CHUNK];
    samples s;

    km_timer_start("functional");
    for (int first = term->at[term->rank]; first < end; first += n) {
        n = end - first < N_CHUNK ? end - first : N_CHUNK;
        for (int i = 0; i < n; ++i) point[i] = term->first ? term->first[first + i] : first + i;
        sample_density(term, rho_r, n, point, s.rho);
        sample_gradients(term, first - term->at[term->rank], n, s.sigma);
        km_xc_compute(term->xc, n, s.rho, has_gradient ? s.sigma : NULL, s.energy, s.v_rho,
                      has_gradient ? s.v_sigma : NULL);
        keep(term, first, n, &s, total);
    }
    km_timer_stop("functional");
}

/* Derivatives of the energy per volume at all orbits, and its sums over all points. */
static void evaluate(exchange *term, const km_density_view *density, sums *total)
{
    const int n_spin = term->setup->n_spin;

    if (term->slopes) km_slopes_compute(term->slopes, density->g);
    *total = (sums){0};
    evaluate_own(term, density->r, total);
    if (term->n_rank == 1) return;
    for (int k = 0; k < n_spin + n_sigma_of(term); ++k) {
        const km_traffic_parts parts = {v_rho_of(term, k), term->n_own, term->at};

        km_traffic_gather(KM_TRAFFIC_POTENTIAL, term->comm, &parts);
    }
    km_traffic_allreduce(KM_TRAFFIC_CONTROL, 2, MPI_DOUBLE, MPI_SUM, term->comm, total);
}

/* to += the values of the orbits at their points. */
static void add_values(const exchange *term, const double *values, double *to)
{
    const int n_point = km_grid_n_point(term->setup->grid);

    if (term->value)
        for (int i = 0; i < n_point; ++i) to[i] += values[term->value[i]];
    else
        for (int i = 0; i < n_point; ++i) to[i] += values[i];
}

/* to += factor times the values of the orbits times a function at their points. */
static void add_products(const exchange *term, double factor, const double *values,
                         const double *function, double *to)
{
    const int n_point = km_grid_n_point(term->setup->grid);

    if (term->value)
        for (int i = 0; i < n_point; ++i)
            to[i] += factor * values[term->value[i]] * function[i];
    else
        for (int i = 0; i < n_point; ++i) to[i] += factor * values[i] * function[i];
}

/* flow = 2 de/dsigma_ss grad rho_s + de/dsigma_updown grad rho_other, along an axis that this rank has. */
static void compute_flow(exchange *term, int spin, int axis)
{
    memset(term->flow, 0, sizeof *term->flow * (size_t)km_grid_n_point(term->setup->grid));
    add_products(term, 2, v_sigma_of(term, spin, spin),
                 km_slopes_axis(term->slopes, spin, axis), term->flow);
    if (term->setup->n_spin == 2)
        add_products(term, 1, v_sigma_of(term, 0, 1),
                     km_slopes_axis(term->slopes, 1 - spin, axis), term->flow);
}

/* Subtract div(flow) from the potential of one spin, [n_g], zero before; each rank its own axes. */
static void subtract_divergence(exchange *term, int spin, double complex *v_g)
{
    km_grid *grid = term->setup->grid;
    const double *g = km_grid_g_cart(grid);
    const int n_g = km_grid_n_g(grid), zero = km_grid_zero(grid);

    for (int axis = 0; axis < 3; ++axis) {
        if (!km_slopes_axis(term->slopes, spin, axis)) continue;
        compute_flow(term, spin, axis);
        km_grid_to_reciprocal(grid, term->flow, term->work);
        for (int ig = 0; ig < n_g; ++ig) v_g[ig] -= I * g[3 * ig + axis] * term->work[ig];
    }
    if (term->n_rank == 1) return;
    km_traffic_allreduce(KM_TRAFFIC_POTENTIAL, 2 * (n_g - zero), MPI_DOUBLE, MPI_SUM,
                         term->comm, v_g + zero);
    km_grid_complete(grid, v_g);
}

/* Energy of the valence density (with that of the cores). */
static km_status potential(void *self, const km_density_view *valence, double *energy_ha,
                           const km_potential_view *v)
{
    exchange *term = self;
    const int n_point = km_grid_n_point(term->setup->grid), n_spin = term->setup->n_spin;
    const km_density_view density =
        term->core ? km_core_density_add(term->core, valence) : *valence;
    sums total;

    evaluate(term, &density, &total);
    for (int s = 0; s < n_spin; ++s) {
        add_values(term, v_rho_of(term, s), v->spin_r + s * n_point);
        if (term->slopes)
            subtract_divergence(term, s, v->spin_g + s * km_grid_n_g(term->setup->grid));
    }
    *energy_ha = total.energy * km_crystal_volume_bohr3(term->setup->crystal) / n_point;
    return KM_CHECK(*energy_ha == *energy_ha, KM_E_NUMERIC, "the xc energy is not a number");
}

/* What the cores feel: the potential, with spin the mean of both; [n_spin][n_point], of which the first is it. */
static km_status make_potential(exchange *term, const km_density_view *density, double **v_r)
{
    km_grid *grid = term->setup->grid;
    const int n_point = km_grid_n_point(grid), n_g = km_grid_n_g(grid);
    const int n_spin = term->setup->n_spin;
    double complex *v_g = NULL;
    double energy_ha;
    km_status status = KM_OK;

    KM_TRY(KM_ALLOC(*v_r, n_spin * n_point));
    KM_TRY(KM_ALLOC(v_g, n_spin * n_g));
    KM_TRY_TO(end, potential(term, density, &energy_ha,
                             &(km_potential_view){.spin_g = v_g, .spin_r = *v_r}));
    for (int s = 0; term->slopes && s < n_spin; ++s)
        km_grid_add_to_real(grid, 1, v_g + s * n_g, *v_r + s * n_point);
    for (int i = 0; n_spin == 2 && i < n_point; ++i)
        (*v_r)[i] = 0.5 * ((*v_r)[i] + (*v_r)[n_point + i]);
end:
    KM_FREE(v_g);
    return status;
}

/* The cores move with their atoms. */
static km_status density_forces(void *self, const km_density_view *density, double *forces)
{
    exchange *term = self;
    double *v_r = NULL;
    km_status status = KM_OK;

    if (!term->core) return KM_OK;
    KM_TRY_TO(end, make_potential(term, density, &v_r));
    status = km_core_density_add_forces(term->core, v_r, forces);
end:
    KM_FREE(v_r);
    return status;
}

/* -factor times the mean of de/dsigma_ab d_x rho_a d_y rho_b, of those x that are this rank's. */
static void add_gradient_stress(exchange *term, int b, int y, const double *slope_b,
                                double *stress)
{
    const int n_point = km_grid_n_point(term->setup->grid), n_spin = term->setup->n_spin;

    for (int a = 0; a < n_spin; ++a)
        for (int x = 0; x < 3; ++x) {
            const double *slope_a = km_slopes_axis(term->slopes, a, x);
            double sum = 0;

            if (!slope_a) continue;
            memset(term->flow, 0, sizeof *term->flow * (size_t)n_point);
            add_products(term, (a == b ? 2.0 : 1.0) / n_point, v_sigma_of(term, a, b), slope_a,
                         term->flow);
            for (int i = 0; i < n_point; ++i) sum += term->flow[i] * slope_b[i];
            stress[3 * x + y] -= sum;
        }
}

/* -2 de/dsigma d_x rho d_y rho; with spin a sum over pairs. */
static km_status add_gradients_stress(exchange *term, const double complex *rho_g,
                                      double *stress)
{
    double *slope = NULL, sum[9] = {0};

    KM_TRY(KM_ALLOC(slope, km_grid_n_point(term->setup->grid)));
    for (int b = 0; b < term->setup->n_spin; ++b)
        for (int y = 0; y < 3; ++y) {
            km_slopes_compute_axis(term->slopes, rho_g, b, y, slope);
            add_gradient_stress(term, b, y, slope, sum);
        }
    KM_FREE(slope);
    km_traffic_allreduce(KM_TRAFFIC_FORCE, 9, MPI_DOUBLE, MPI_SUM, term->comm, sum);
    for (int k = 0; k < 9; ++k) stress[k] += sum[k];
    return KM_OK;
}

/*
 * On the diagonal the mean of e - rho de/drho - 2 sigma de/dsigma, because rho and its gradient go as
 * 1/Omega; and -2 de/dsigma d_x rho d_y rho, because the gradient is taken along strained axes. With spin
 * each is a sum over spins or pairs of them.
 */
static km_status add_density_stress(exchange *term, const km_density_view *density,
                                    double *stress)
{
    sums total;

    evaluate(term, density, &total);
    for (int x = 0; x < 3; ++x)
        stress[4 * x] += total.diagonal / km_grid_n_point(term->setup->grid);
    return term->slopes ? add_gradients_stress(term, density->g, stress) : KM_OK;
}

static km_status density_stress(void *self, const km_density_view *valence, double *stress)
{
    exchange *term = self;
    km_density_view density = *valence;
    double *v_r = NULL;
    km_status status = KM_OK;

    if (term->core) {
        KM_TRY_TO(end, make_potential(term, valence, &v_r));
        KM_TRY_TO(end, km_core_density_add_stress(term->core, v_r, stress));
        density = km_core_density_add(term->core, valence);
    }
    status = add_density_stress(term, &density, stress);
end:
    KM_FREE(v_r);
    return status;
}

static void destroy(void *self)
{
    exchange *term = self;

    km_xc_destroy(&term->xc);
    km_core_density_destroy(&term->core);
    km_slopes_destroy(&term->slopes);
    KM_FREE(term->flow);
    KM_FREE(term->work);
    KM_FREE(term->row);
    KM_FREE(term->n_own);
    KM_FREE(term->at);
    KM_FREE(term);
}

/* Which points each rank takes. */
static km_status share_points(exchange *term)
{
    const km_orbits *orbits = term->setup->orbits;

    term->n_value = km_grid_n_point(term->setup->grid);
    term->comm = MPI_COMM_SELF;
    if (orbits) {
        term->n_value = km_orbits_n(orbits);
        term->first = km_orbits_first(orbits);
        term->count = km_orbits_count(orbits);
        term->value = km_orbits_of_points(orbits);
        term->comm = term->setup->comm;
    }
    MPI_Comm_size(term->comm, &term->n_rank);
    MPI_Comm_rank(term->comm, &term->rank);
    KM_TRY(KM_ALLOC(term->n_own, term->n_rank));
    KM_TRY(KM_ALLOC(term->at, term->n_rank));
    for (int rank = 0; rank < term->n_rank; ++rank) {
        const long n = term->n_value;

        term->at[rank] = (int)(n * rank / term->n_rank);
        term->n_own[rank] = (int)(n * (rank + 1) / term->n_rank) - term->at[rank];
    }
    return KM_OK;
}

static km_status reserve(exchange *term)
{
    const km_grid *grid = term->setup->grid;
    const km_slopes_points points = {term->first, term->n_own, term->comm};
    const size_t n_row = (size_t)term->setup->n_spin + (size_t)n_sigma_of(term);

    KM_TRY(KM_RESERVE(term->row, n_row * (size_t)term->n_value));
    if (n_sigma_of(term) == 0) return KM_OK;
    KM_TRY(km_slopes_create(term->setup, &points, &term->slopes));
    KM_TRY(KM_RESERVE(term->flow, km_grid_n_point(grid)));
    return KM_RESERVE(term->work, km_grid_n_g(grid));
}

km_status km_term_xc_create(const km_term_setup *setup, km_term *out)
{
    static const km_term_class functions = {.name = "xc",
                                            .potential = potential,
                                            .density_forces = density_forces,
                                            .density_stress = density_stress,
                                            .destroy = destroy};
    km_status status = KM_OK;
    exchange *term = NULL;

    *out = (km_term){0};
    KM_TRY(KM_ALLOC(term, 1));
    term->setup = setup;
    KM_TRY_TO(fail, km_xc_create(setup->functional, setup->n_spin, &term->xc));
    KM_TRY_TO(fail, km_core_density_create(setup, &term->core));
    KM_TRY_TO(fail, share_points(term));
    KM_TRY_TO(fail, reserve(term));
    *out = (km_term){&functions, term};
    return KM_OK;
fail:
    destroy(term);
    return status;
}
