#include "dft/slopes.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/traffic.h"

#include <string.h>

struct km_slopes {
    const km_term_setup *setup; /* borrowed */
    km_slopes_points points;
    int n_rank, rank;
    int n_axis;           /* that this rank has */
    double *gradient;     /* [n_spin][n_axis][n_point] */
    double complex *work; /* [n_g] */
    /* Of several ranks, what they send each other and where, [n_rank]. */
    double *sent;     /* own axes: [rank][n_spin][n_axis][its n_own] */
    double *received; /* own points: [rank][n_spin][its n_axis][n_own] */
    int *n_sent, *sent_at, *n_received, *received_at;
};

static int n_axis_of(const km_slopes *s, int rank)
{
    return rank < 3 ? (2 - rank) / s->n_rank + 1 : 0;
}

static double *gradient_of(const km_slopes *s, int spin, int axis)
{
    return s->gradient + (size_t)(s->n_axis * spin + axis / s->n_rank) *
                             (size_t)km_grid_n_point(s->setup->grid);
}

/* How much goes to each rank and comes from it. */
static km_status plan_exchange(km_slopes *s)
{
    const int n_own = s->points.n_own[s->rank], n_spin = s->setup->n_spin;
    int n_sent = 0, n_received = 0;

    KM_TRY(KM_ALLOC(s->n_sent, s->n_rank));
    KM_TRY(KM_ALLOC(s->sent_at, s->n_rank));
    KM_TRY(KM_ALLOC(s->n_received, s->n_rank));
    KM_TRY(KM_ALLOC(s->received_at, s->n_rank));
    for (int rank = 0; rank < s->n_rank; ++rank) {
        s->sent_at[rank] = n_sent;
        s->received_at[rank] = n_received;
        n_sent += s->n_sent[rank] = n_spin * s->n_axis * s->points.n_own[rank];
        n_received += s->n_received[rank] = n_spin * n_axis_of(s, rank) * n_own;
    }
    KM_TRY(KM_RESERVE(s->sent, n_sent));
    return KM_RESERVE(s->received, n_received);
}

km_status km_slopes_create(const km_term_setup *setup, const km_slopes_points *points,
                           km_slopes **slopes)
{
    km_slopes *s = NULL;
    km_status status = KM_OK;

    *slopes = NULL;
    KM_TRY(KM_ALLOC(s, 1));
    s->setup = setup;
    s->points = *points;
    MPI_Comm_size(points->comm, &s->n_rank);
    MPI_Comm_rank(points->comm, &s->rank);
    s->n_axis = n_axis_of(s, s->rank);
    KM_TRY_TO(fail, KM_RESERVE(s->gradient, (size_t)(setup->n_spin * s->n_axis) *
                                                (size_t)km_grid_n_point(setup->grid)));
    KM_TRY_TO(fail, KM_RESERVE(s->work, km_grid_n_g(setup->grid)));
    if (s->n_rank > 1) KM_TRY_TO(fail, plan_exchange(s));
    *slopes = s;
    return KM_OK;
fail:
    km_slopes_destroy(&s);
    return status;
}

void km_slopes_destroy(km_slopes **slopes)
{
    km_slopes *s = *slopes;

    if (!s) return;
    KM_FREE(s->gradient);
    KM_FREE(s->work);
    KM_FREE(s->sent);
    KM_FREE(s->received);
    KM_FREE(s->n_sent);
    KM_FREE(s->sent_at);
    KM_FREE(s->n_received);
    KM_FREE(s->received_at);
    KM_FREE(*slopes);
}

void km_slopes_compute_axis(km_slopes *s, const double complex *rho_g, int spin, int axis,
                            double *slope)
{
    km_grid *grid = s->setup->grid;
    const double *g = km_grid_g_cart(grid);
    const int n_g = km_grid_n_g(grid);
    const double sign = spin == 0 ? 0.5 : -0.5;

    if (s->setup->n_spin == 2)
        for (int ig = 0; ig < n_g; ++ig)
            s->work[ig] = I * g[3 * ig + axis] * (0.5 * rho_g[ig] + sign * rho_g[n_g + ig]);
    else
        for (int ig = 0; ig < n_g; ++ig) s->work[ig] = I * g[3 * ig + axis] * rho_g[ig];
    km_grid_to_real(grid, s->work, slope);
}

/* A function at n of all ranks' points from the first-th on. */
static void gather_values(const km_slopes *s, const double *function, int first, int n,
                          double *values)
{
    if (!s->points.point)
        memcpy(values, function + first, sizeof *values * (size_t)n);
    else
        for (int i = 0; i < n; ++i) values[i] = function[s->points.point[first + i]];
}

static void exchange(km_slopes *s)
{
    const km_traffic_parts send = {s->sent, s->n_sent, s->sent_at};
    const km_traffic_parts receive = {s->received, s->n_received, s->received_at};
    const size_t n_point = (size_t)km_grid_n_point(s->setup->grid);
    const int *n_own = s->points.n_own;
    double *to = s->sent;

    for (int rank = 0, first = 0; rank < s->n_rank; first += n_own[rank++])
        for (int i = 0; i < s->setup->n_spin * s->n_axis; ++i, to += n_own[rank])
            gather_values(s, s->gradient + (size_t)i * n_point, first, n_own[rank], to);
    km_traffic_exchange(KM_TRAFFIC_POTENTIAL, &send, MPI_DOUBLE, s->points.comm, &receive);
}

void km_slopes_compute(km_slopes *s, const double complex *rho_g)
{
    for (int spin = 0; spin < s->setup->n_spin; ++spin)
        for (int axis = s->rank; axis < 3; axis += s->n_rank)
            km_slopes_compute_axis(s, rho_g, spin, axis, gradient_of(s, spin, axis));
    if (s->n_rank > 1) exchange(s);
}

const double *km_slopes_axis(const km_slopes *s, int spin, int axis)
{
    return axis % s->n_rank == s->rank ? gradient_of(s, spin, axis) : NULL;
}

void km_slopes_sample(const km_slopes *s, int spin, int axis, int first, int n, double *slope)
{
    const int owner = axis % s->n_rank;

    if (s->n_rank > 1)
        memcpy(slope,
               s->received + s->received_at[owner] + first +
                   (size_t)(n_axis_of(s, owner) * spin + axis / s->n_rank) *
                       (size_t)s->points.n_own[s->rank],
               sizeof *slope * (size_t)n);
    else
        gather_values(s, gradient_of(s, spin, axis), first, n, slope);
}
