/*
 * Exchange and correlation. Gradients are taken in reciprocal space on the density's sphere, and so
 * is the divergence in V = de/drho - 2 div(de/dsigma grad rho), which makes V the exact derivative
 * of the energy summed over grid points.
 * Source: White, Bird, Phys. Rev. B 50, 4954 (1994); the stress of gradients: Dal Corso, Resta, Phys. Rev. B 50,
 * 4327 (1994).
 */
#include "dft/core_density.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/timer.h"
#include "kaimen/base/traffic.h"
#include "kaimen/dft/xc.h"

#include <string.h>

typedef struct {
    const km_term_setup *setup; /* borrowed */
    km_xc *xc;
    km_core_density *core;             /* NULL without core corrections */
    double *spin_rho;                  /* up and down, [2][n_point]; empty without spin */
    double *gradient;                  /* [n_spin][3][n_point]; empty without gradients */
    double *sigma, *v_sigma;           /* [1 or 3][n_point] */
    double *energy;                    /* [n_point] */
    double *v_rho;                     /* [n_spin][n_point] */
    double complex *work, *divergence; /* [n_g] */
    int n_rank, rank;                  /* that share the orbits */
    int *n_own, *at; /* orbits of each rank, and the first of them; [n_rank] */
    double *
        of_orbits; /* all that the functional takes and gives at one point of each of this rank's orbits */
    double *whole_row; /* [n_orbit] */
} exchange;

static double *gradient_of(const exchange *term, int spin, int axis)
{
    return term->gradient +
           (size_t)(3 * spin + axis) * (size_t)km_grid_n_point(term->setup->grid);
}

/* One component of a spin's gradient; without spin of the density's. */
static void compute_slope(exchange *term, const double complex *rho, int spin, int axis)
{
    km_grid *grid = term->setup->grid;
    const double *g = km_grid_g_cart(grid);
    const int n_g = km_grid_n_g(grid);
    const double sign = spin == 0 ? 0.5 : -0.5;

    if (term->setup->n_spin == 2)
        for (int ig = 0; ig < n_g; ++ig)
            term->work[ig] = I * g[3 * ig + axis] * (0.5 * rho[ig] + sign * rho[n_g + ig]);
    else
        for (int ig = 0; ig < n_g; ++ig) term->work[ig] = I * g[3 * ig + axis] * rho[ig];
    km_grid_to_real(grid, term->work, gradient_of(term, spin, axis));
}

/* sigma = grad rho_a . grad rho_b */
static void multiply_gradients(const exchange *term, int a, int b, double *sigma)
{
    const int n_point = km_grid_n_point(term->setup->grid);

    memset(sigma, 0, sizeof *sigma * (size_t)n_point);
    for (int axis = 0; axis < 3; ++axis) {
        const double *p = gradient_of(term, a, axis), *q = gradient_of(term, b, axis);

        for (int i = 0; i < n_point; ++i) sigma[i] += p[i] * q[i];
    }
}

/* Where sigma_ab stands: up up, up down, down down. */
static double *place_of(const exchange *term, double *sigma, int a, int b)
{
    return sigma + (size_t)(a + b) * (size_t)km_grid_n_point(term->setup->grid);
}

static void compute_gradients(exchange *term, const double complex *rho)
{
    const int n_spin = term->setup->n_spin;

    for (int s = 0; s < n_spin; ++s)
        for (int axis = 0; axis < 3; ++axis) compute_slope(term, rho, s, axis);
    for (int a = 0; a < n_spin; ++a)
        for (int b = a; b < n_spin; ++b)
            multiply_gradients(term, a, b, place_of(term, term->sigma, a, b));
}

/* Density of each spin in real space; without spin the density itself. */
static const double *split_spins(exchange *term, const km_density_view *density)
{
    const int n_point = km_grid_n_point(term->setup->grid);
    const double *moment = density->r + n_point;

    if (term->setup->n_spin != 2) return density->r;
    for (int i = 0; i < n_point; ++i) {
        term->spin_rho[i] = 0.5 * (density->r[i] + moment[i]);
        term->spin_rho[n_point + i] = 0.5 * (density->r[i] - moment[i]);
    }
    return term->spin_rho;
}

static int n_sigma_of(const exchange *term)
{
    return !km_xc_has_gradient(term->xc) ? 0 : term->setup->n_spin == 2 ? 3 : 1;
}

static int first_orbit(const exchange *term, int rank)
{
    return (int)((long)km_orbits_n(term->setup->orbits) * rank / term->n_rank);
}

/* Rows of a quantity from the points to this rank's orbits, one behind the other; the place behind the last. */
static double *gather(const exchange *term, int n_row, const double *from, double *to)
{
    const int first = first_orbit(term, term->rank);
    const int n = first_orbit(term, term->rank + 1) - first;

    for (int k = 0; k < n_row; ++k, to += n)
        km_orbits_gather(term->setup->orbits, first, n,
                         from + (size_t)k * km_grid_n_point(term->setup->grid), to);
    return to;
}

/* Rows of this rank's orbits, from all ranks to all points; the place behind the last. */
static const double *scatter(exchange *term, int n_row, const double *from, double *to)
{
    const int first = first_orbit(term, term->rank);
    const int n = first_orbit(term, term->rank + 1) - first;
    const km_traffic_parts parts = {term->whole_row, term->n_own, term->at};

    for (int k = 0; k < n_row; ++k, from += n) {
        memcpy(term->whole_row + first, from, sizeof *from * (size_t)n);
        if (term->n_rank > 1)
            km_traffic_gather(KM_TRAFFIC_POTENTIAL, term->setup->comm, &parts);
        km_orbits_scatter(term->setup->orbits, term->whole_row,
                          to + (size_t)k * km_grid_n_point(term->setup->grid));
    }
    return from;
}

/* The functional at one point of each orbit; ranks that have the same density share them. */
static void compute_orbits(exchange *term, const double *rho)
{
    const int n_spin = term->setup->n_spin, n_sigma = n_sigma_of(term);
    const int n = first_orbit(term, term->rank + 1) - first_orbit(term, term->rank);
    double *sigma = gather(term, n_spin, rho, term->of_orbits);
    double *energy = gather(term, n_sigma, term->sigma, sigma);
    double *v_rho = energy + n, *v_sigma = v_rho + (size_t)n_spin * n;
    const double *next;

    km_timer_start("functional");
    km_xc_compute(term->xc, n, term->of_orbits, n_sigma > 0 ? sigma : NULL, energy, v_rho,
                  n_sigma > 0 ? v_sigma : NULL);
    km_timer_stop("functional");
    next = scatter(term, 1, energy, term->energy);
    next = scatter(term, n_spin, next, term->v_rho);
    scatter(term, n_sigma, next, term->v_sigma);
}

/* Energy per volume and its derivatives, and all that they come from. */
static const double *evaluate(exchange *term, const km_density_view *density)
{
    const bool has_gradient = km_xc_has_gradient(term->xc);
    const double *rho = split_spins(term, density);

    if (has_gradient) compute_gradients(term, density->g);
    if (term->setup->orbits)
        compute_orbits(term, rho);
    else
        km_xc_compute(term->xc, km_grid_n_point(term->setup->grid), rho,
                      has_gradient ? term->sigma : NULL, term->energy, term->v_rho,
                      has_gradient ? term->v_sigma : NULL);
    return rho;
}

/* flow = 2 de/dsigma_ss grad rho_s + de/dsigma_updown grad rho_other, one component. */
static void compute_flow(const exchange *term, int spin, int axis, double *flow)
{
    const int n_point = km_grid_n_point(term->setup->grid);
    const double *own = place_of(term, term->v_sigma, spin, spin);
    const double *gradient = gradient_of(term, spin, axis);

    for (int i = 0; i < n_point; ++i) flow[i] = gradient[i] * (2 * own[i]);
    if (term->setup->n_spin == 2) {
        const double *mixed = place_of(term, term->v_sigma, 0, 1);
        const double *other = gradient_of(term, 1 - spin, axis);

        for (int i = 0; i < n_point; ++i) flow[i] += mixed[i] * other[i];
    }
}

/* Subtract div(flow) from the potential of one spin. Sigma is used up. */
static void add_gradient_potential(exchange *term, int spin, double *v_r)
{
    km_grid *grid = term->setup->grid;
    const double *g = km_grid_g_cart(grid);
    const int n_g = km_grid_n_g(grid), n_point = km_grid_n_point(grid);

    memset(term->divergence, 0, sizeof *term->divergence * (size_t)n_g);
    for (int axis = 0; axis < 3; ++axis) {
        compute_flow(term, spin, axis, term->sigma);
        km_grid_to_reciprocal(grid, term->sigma, term->work);
        for (int ig = 0; ig < n_g; ++ig)
            term->divergence[ig] += I * g[3 * ig + axis] * term->work[ig];
    }
    km_grid_to_real(grid, term->divergence, term->sigma);
    for (int i = 0; i < n_point; ++i) v_r[i] -= term->sigma[i];
}

/* Energy of the valence density (with that of the cores); its potential is added to v_r. */
static km_status potential(void *self, const km_density_view *valence, double *energy_ha,
                           double complex *v_g, double *v_r)
{
    exchange *term = self;
    const int n_point = km_grid_n_point(term->setup->grid), n_spin = term->setup->n_spin;
    const km_density_view density =
        term->core ? km_core_density_add(term->core, valence) : *valence;
    double sum = 0;

    (void)v_g;
    evaluate(term, &density);
    for (int i = 0; i < n_point; ++i) sum += term->energy[i];
    for (int i = 0; i < n_spin * n_point; ++i) v_r[i] += term->v_rho[i];
    for (int s = 0; km_xc_has_gradient(term->xc) && s < n_spin; ++s)
        add_gradient_potential(term, s, v_r + s * n_point);
    *energy_ha = sum * km_crystal_volume_bohr3(term->setup->crystal) / n_point;
    return KM_CHECK(*energy_ha == *energy_ha, KM_E_NUMERIC, "the xc energy is not a number");
}

/* What the cores feel: the potential, with spin the mean of both. */
static km_status make_potential(exchange *term, const km_density_view *density, double **v_r)
{
    const int n_point = km_grid_n_point(term->setup->grid), n_spin = term->setup->n_spin;
    double energy_ha;

    KM_TRY(KM_ALLOC(*v_r, n_spin * n_point));
    KM_TRY(potential(term, density, &energy_ha, NULL, *v_r));
    for (int i = 0; n_spin == 2 && i < n_point; ++i)
        (*v_r)[i] = 0.5 * ((*v_r)[i] + (*v_r)[n_point + i]);
    return KM_OK;
}

/* The cores move with their atoms. */
static km_status density_forces(void *self, const km_density_view *density, double *forces)
{
    exchange *term = self;
    double *v_r = NULL;
    km_status status = KM_OK;

    if (!term->core) return KM_OK;
    KM_TRY_TO(end, make_potential(term, density, &v_r));
    km_core_density_add_forces(term->core, v_r, forces);
end:
    KM_FREE(v_r);
    return status;
}

/* -factor times the mean of de/dsigma_ab d_x rho_a d_y rho_b. */
static void add_gradient_stress(exchange *term, int a, int b, double factor, double *stress)
{
    const int n_point = km_grid_n_point(term->setup->grid);
    const double *v_sigma = place_of(term, term->v_sigma, a, b);

    for (int k = 0; k < 9; ++k) {
        const double *p = gradient_of(term, a, k / 3), *q = gradient_of(term, b, k % 3);
        double sum = 0;

        for (int i = 0; i < n_point; ++i) sum += v_sigma[i] * p[i] * q[i];
        stress[k] -= factor * sum / n_point;
    }
}

/*
 * On the diagonal the mean of e - rho de/drho - 2 sigma de/dsigma, because rho and its gradient go as
 * 1/Omega; and -2 de/dsigma d_x rho d_y rho, because the gradient is taken along strained axes. With spin
 * each is a sum over spins or pairs of them.
 */
static void add_density_stress(exchange *term, const km_density_view *density, double *stress)
{
    const int n_point = km_grid_n_point(term->setup->grid), n_spin = term->setup->n_spin;
    const bool has_gradient = km_xc_has_gradient(term->xc);
    const int n_sigma = n_sigma_of(term);
    const double *rho = evaluate(term, density);
    double diagonal = 0;

    for (int i = 0; i < n_point; ++i) {
        diagonal += term->energy[i];
        for (int s = 0; s < n_spin; ++s)
            diagonal -= rho[s * n_point + i] * term->v_rho[s * n_point + i];
        for (int k = 0; k < n_sigma; ++k)
            diagonal -= 2 * term->sigma[k * n_point + i] * term->v_sigma[k * n_point + i];
    }
    for (int x = 0; x < 3; ++x) stress[4 * x] += diagonal / n_point;
    for (int s = 0; has_gradient && s < n_spin; ++s) add_gradient_stress(term, s, s, 2, stress);
    if (has_gradient && n_spin == 2) {
        add_gradient_stress(term, 0, 1, 1, stress);
        add_gradient_stress(term, 1, 0, 1, stress);
    }
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
    add_density_stress(term, &density, stress);
end:
    KM_FREE(v_r);
    return status;
}

static void destroy(void *self)
{
    exchange *term = self;

    km_xc_destroy(&term->xc);
    km_core_density_destroy(&term->core);
    KM_FREE(term->spin_rho);
    KM_FREE(term->gradient);
    KM_FREE(term->sigma);
    KM_FREE(term->v_sigma);
    KM_FREE(term->energy);
    KM_FREE(term->v_rho);
    KM_FREE(term->work);
    KM_FREE(term->divergence);
    KM_FREE(term->n_own);
    KM_FREE(term->at);
    KM_FREE(term->of_orbits);
    KM_FREE(term->whole_row);
    KM_FREE(term);
}

static km_status share_orbits(exchange *term)
{
    const int n_row = 1 + 2 * (term->setup->n_spin + n_sigma_of(term));
    int n;

    MPI_Comm_size(term->setup->comm, &term->n_rank);
    MPI_Comm_rank(term->setup->comm, &term->rank);
    n = first_orbit(term, term->rank + 1) - first_orbit(term, term->rank);
    KM_TRY(KM_ALLOC(term->n_own, term->n_rank));
    KM_TRY(KM_ALLOC(term->at, term->n_rank));
    for (int rank = 0; rank < term->n_rank; ++rank) {
        term->at[rank] = first_orbit(term, rank);
        term->n_own[rank] = first_orbit(term, rank + 1) - term->at[rank];
    }
    /* rho, sigma, energy and the derivatives by rho and sigma. */
    KM_TRY(KM_ALLOC(term->of_orbits, (size_t)n_row * (size_t)n));
    return KM_ALLOC(term->whole_row, km_orbits_n(term->setup->orbits));
}

km_status km_term_xc_create(const km_term_setup *setup, km_term *out)
{
    static const km_term_class functions = {.name = "xc",
                                            .potential = potential,
                                            .density_forces = density_forces,
                                            .density_stress = density_stress,
                                            .destroy = destroy};
    const size_t n_point = (size_t)km_grid_n_point(setup->grid);
    const size_t n_spin = (size_t)setup->n_spin, n_sigma = n_spin == 2 ? 3 : 1;
    const int n_g = km_grid_n_g(setup->grid);
    km_status status = KM_OK;
    exchange *term = NULL;

    *out = (km_term){0};
    KM_TRY(KM_ALLOC(term, 1));
    term->setup = setup;
    KM_TRY_TO(fail, km_xc_create(setup->functional, setup->n_spin, &term->xc));
    KM_TRY_TO(fail, km_core_density_create(setup, &term->core));
    KM_TRY_TO(fail, KM_ALLOC(term->energy, n_point));
    KM_TRY_TO(fail, KM_ALLOC(term->v_rho, n_spin * n_point));
    if (n_spin == 2) KM_TRY_TO(fail, KM_ALLOC(term->spin_rho, 2 * n_point));
    if (km_xc_has_gradient(term->xc)) {
        KM_TRY_TO(fail, KM_ALLOC(term->gradient, 3 * n_spin * n_point));
        KM_TRY_TO(fail, KM_ALLOC(term->sigma, n_sigma * n_point));
        KM_TRY_TO(fail, KM_ALLOC(term->v_sigma, n_sigma * n_point));
        KM_TRY_TO(fail, KM_ALLOC(term->work, n_g));
        KM_TRY_TO(fail, KM_ALLOC(term->divergence, n_g));
    }
    if (setup->orbits) KM_TRY_TO(fail, share_orbits(term));
    *out = (km_term){&functions, term};
    return KM_OK;
fail:
    destroy(term);
    return status;
}
