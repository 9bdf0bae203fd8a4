#include "kaimen/dft/occupation.h"

#include "kaimen/base/traffic.h"
#include "kaimen/base/units.h"

#include <float.h>
#include <math.h>

/* exp(-x) and erfc(x) vanish beside 1 in double precision beyond this x. */
#define FAR 40.0
/* The Fermi level is found to this fraction of an electron. */
#define CHARGE_TOLERANCE 1e-12
#define MAX_BISECTION 200

/* The states of all ranks, as this rank sees them. */
typedef struct {
    int n_k;
    const double *weight;      /* borrowed, [n_k] */
    const double *eigenvalues; /* borrowed, [n_k][n_band] */
    const km_occupation_options *options;
    MPI_Comm comm;
} state_list;

/* Electrons that share a Fermi level: those of both spins, or of one. */
typedef struct {
    int spin; /* BOTH, 0 or 1 */
    double n_electron;
    double fermi_ha;
} reservoir;

#define BOTH (-1)

/* MPI_Allreduce may round differently on each rank; then bisections would part. */
static double sum_over_ranks(double value, MPI_Comm comm)
{
    km_traffic_allreduce(KM_TRAFFIC_LEVEL, 1, MPI_DOUBLE, MPI_SUM, comm, &value);
    km_traffic_broadcast(KM_TRAFFIC_LEVEL, 1, MPI_DOUBLE, 0, comm, &value);
    return value;
}

/* Electrons that a band holds. */
static double capacity(const km_occupation_options *options)
{
    return options->n_spin == 2 ? 1 : 2;
}

static int spin_of(const km_occupation_options *options, int ik)
{
    return options->n_spin == 2 ? (options->first_spin + ik) % 2 : 0;
}

static bool is_in(const reservoir *r, const km_occupation_options *options, int ik)
{
    return r->spin == BOTH || r->spin == spin_of(options, ik);
}

/* Occupation of one spin, 0 to 1. */
static double fill(km_smearing smearing, double x)
{
    if (smearing == KM_SMEARING_GAUSSIAN) return 0.5 * erfc(x);
    if (x > 0) return exp(-x) / (1 + exp(-x));
    return 1 / (1 + exp(x));
}

/* -TS of one spin in units of the width. */
static double entropy(km_smearing smearing, double x)
{
    double f;

    if (smearing == KM_SMEARING_GAUSSIAN) return -exp(-x * x) / (2 * sqrt(KM_PI));
    f = fill(smearing, fabs(x)); /* symmetric, and the smaller half loses no digits */
    return f > 0 ? f * log(f) + (1 - f) * log1p(-f) : 0;
}

static double count_electrons(const state_list *states, const reservoir *r, double fermi)
{
    const km_occupation_options *options = states->options;
    double sum = 0;

    for (int ik = 0; ik < states->n_k; ik++) {
        if (!is_in(r, options, ik)) continue;
        for (int ib = 0; ib < options->n_band; ib++) {
            double e = states->eigenvalues[ik * options->n_band + ib];

            sum += capacity(options) * states->weight[ik] *
                   fill(options->smearing, (e - fermi) / options->width_ha);
        }
    }
    return sum_over_ranks(sum, states->comm);
}

/* Where the number of electrons passes a value, between two energies. */
static double bisect(const state_list *states, const reservoir *r, double n_electron,
                     double low, double high)
{
    for (int i = 0; i < MAX_BISECTION; i++) {
        double middle = 0.5 * (low + high);

        if (middle <= low || middle >= high) break;
        if (count_electrons(states, r, middle) < n_electron)
            low = middle;
        else
            high = middle;
    }
    return 0.5 * (low + high);
}

/* The middle of all levels that give the right number: in a gap much wider than the width there is an interval. */
static void find_fermi_level(const state_list *states, reservoir *r)
{
    const km_occupation_options *options = states->options;
    const double tolerance = CHARGE_TOLERANCE * options->n_electron;
    double range[2] = {-DBL_MAX, -DBL_MAX}; /* minus the lowest, the highest energy */
    double low, high;

    for (int i = 0; i < states->n_k * options->n_band; i++) {
        if (!is_in(r, options, i / options->n_band)) continue;
        range[0] = fmax(range[0], -states->eigenvalues[i]);
        range[1] = fmax(range[1], states->eigenvalues[i]);
    }
    km_traffic_allreduce(KM_TRAFFIC_LEVEL, 2, MPI_DOUBLE, MPI_MAX, states->comm, range);
    low = -range[0] - FAR * options->width_ha;
    high = range[1] + FAR * options->width_ha;
    r->fermi_ha = 0.5 * (bisect(states, r, r->n_electron - tolerance, low, high) +
                         bisect(states, r, r->n_electron + tolerance, low, high));
}

static bool is_whole(double n)
{
    return fabs(n - round(n)) < 1e-9;
}

/* One reservoir, or one for each spin; their number. */
static int make_reservoirs(const km_occupation_options *options, reservoir *r)
{
    const double n = options->n_electron, m = options->moment_mub;

    r[0] = (reservoir){.spin = BOTH, .n_electron = n};
    if (options->n_spin != 2 || !options->has_moment) return 1;
    r[0] = (reservoir){.spin = 0, .n_electron = (n + m) / 2};
    r[1] = (reservoir){.spin = 1, .n_electron = (n - m) / 2};
    return 2;
}

static km_status check_fixed_occupations(const km_occupation_options *options)
{
    const double n = options->n_electron, m = options->moment_mub;

    if (options->n_spin != 2)
        return KM_CHECK(is_whole(n / 2), KM_E_INPUT,
                        "%g electrons cannot fill bands in pairs: an even number or a smearing "
                        "is wanted",
                        n);
    KM_TRY(KM_CHECK(options->has_moment, KM_E_INPUT,
                    "fixed occupations with spin: a total moment or a smearing is wanted"));
    return KM_CHECK(is_whole((n + m) / 2) && is_whole((n - m) / 2), KM_E_INPUT,
                    "%g electrons cannot have a total moment of %g with fixed occupations: "
                    "%s number or a smearing is wanted",
                    n, m,
                    is_whole(n / 2) ? "an even"
                    : is_whole(n)   ? "an odd"
                                    : "another");
}

static km_status check_options(const km_occupation_options *options)
{
    const double n = options->n_electron;
    const bool is_fixed = options->smearing == KM_SMEARING_NONE;
    const double held = capacity(options) * options->n_band;
    reservoir r[2];

    KM_TRY(KM_CHECK(n > 0, KM_E_ARGUMENT, "n_electron = %g must be positive", n));
    KM_TRY(KM_CHECK(!options->has_moment || fabs(options->moment_mub) <= n + 1e-9, KM_E_INPUT,
                    "%g electrons cannot have a total moment of %g, at most %g is wanted", n,
                    options->moment_mub, n));
    if (is_fixed)
        KM_TRY(check_fixed_occupations(options));
    else
        KM_TRY(KM_CHECK(options->width_ha > 0, KM_E_ARGUMENT,
                        "smearing width = %g Ha must be positive", options->width_ha));
    for (int i = make_reservoirs(options, r) - 1; i >= 0; i--) {
        const double room = options->n_spin == 2 && r[i].spin == BOTH ? 2 * held : held;

        KM_TRY(KM_CHECK(is_fixed ? r[i].n_electron <= room + 1e-9 : r[i].n_electron < room,
                        KM_E_ARGUMENT,
                        is_fixed ? "%d bands hold fewer than %g electrons"
                                 : "%d bands leave none empty for smearing %g electrons",
                        options->n_band, r[i].n_electron));
    }
    return KM_OK;
}

static km_status check_states(int n_k, const double *eigenvalues, int n_band)
{
    for (int i = 0; i < n_k * n_band; i++)
        KM_TRY(KM_CHECK(isfinite(eigenvalues[i]), KM_E_NUMERIC,
                        "eigenvalue of band %d at k-point %d of this rank is %g",
                        i % n_band + 1, i / n_band + 1, eigenvalues[i]));
    return KM_OK;
}

/* Of each spin, over all ranks' points; -DBL_MAX and DBL_MAX where missing. */
typedef struct {
    double vbm[2], cbm[2];
} edge_list;

/* Highest of the last full band and lowest of the next. */
static edge_list find_edges(const state_list *states, const int n_full[2])
{
    const int n_band = states->options->n_band;
    double edge[4] = {-DBL_MAX, -DBL_MAX, -DBL_MAX, -DBL_MAX};

    for (int ik = 0; ik < states->n_k; ik++) {
        const double *e = states->eigenvalues + (size_t)ik * n_band;
        const int s = spin_of(states->options, ik);

        if (n_full[s] > 0) edge[s] = fmax(edge[s], e[n_full[s] - 1]);
        if (n_full[s] < n_band) edge[2 + s] = fmax(edge[2 + s], -e[n_full[s]]);
    }
    km_traffic_allreduce(KM_TRAFFIC_LEVEL, 4, MPI_DOUBLE, MPI_MAX, states->comm, edge);
    return (edge_list){{edge[0], edge[1]}, {-edge[2], -edge[3]}};
}

/* Bands of each spin below a gap, if there is one: with a free moment those that hold the electrons found in it. */
static void count_full_bands(const km_occupation_options *options, km_occupation *result)
{
    const double n = options->n_electron;

    result->n_full[0] = result->n_full[1] = -1;
    if (options->n_spin != 2) {
        if (is_whole(n / 2)) result->n_full[0] = (int)lround(n / 2);
    } else if (options->has_moment) {
        if (!is_whole((n + options->moment_mub) / 2) || !is_whole(n)) return;
        result->n_full[0] = (int)lround((n + options->moment_mub) / 2);
        result->n_full[1] = (int)lround(n) - result->n_full[0];
    } else if (is_whole(n)) {
        result->n_full[0] = (int)lround((n + result->moment_mub) / 2);
        result->n_full[1] = (int)lround(n) - result->n_full[0];
    }
}

/* Edges of both spins together; empty bands below full ones of another spin make a metal, but may be meant. */
static void join_edges(const km_occupation_options *options, const edge_list *edges,
                       km_occupation *result)
{
    const bool has_two = options->n_spin == 2;
    const double vbm = has_two ? fmax(edges->vbm[0], edges->vbm[1]) : edges->vbm[0];
    const double cbm = has_two ? fmin(edges->cbm[0], edges->cbm[1]) : edges->cbm[0];

    result->vbm_ha = fmax(result->vbm_ha, vbm);
    if (!result->has_cbm) return;
    result->cbm_ha = fmin(result->cbm_ha, cbm);
    result->is_metallic = result->is_metallic || result->cbm_ha <= result->vbm_ha;
    if (!options->has_moment) result->is_overlapping = result->is_metallic;
    for (int s = 0; has_two && options->has_moment && s < 2; s++)
        if (edges->cbm[s] <= edges->vbm[s]) result->is_overlapping = true;
}

static void set_edges(const state_list *states, km_occupation *result)
{
    const km_occupation_options *options = states->options;
    edge_list edges;

    count_full_bands(options, result);
    result->is_metallic = result->is_overlapping = true;
    result->vbm_ha = result->cbm_ha = result->fermi_ha;
    if (result->n_full[0] < 0) return;
    edges = find_edges(states, result->n_full);
    result->vbm_ha = -DBL_MAX;
    result->cbm_ha = DBL_MAX;
    result->is_metallic = result->is_overlapping = false;
    result->has_cbm = result->n_full[0] < options->n_band &&
                      (options->n_spin != 2 || result->n_full[1] < options->n_band);
    join_edges(options, &edges, result);
    if (!result->has_cbm) result->cbm_ha = result->vbm_ha;
}

/* Occupations and entropy for the reservoirs' Fermi levels. */
static void fill_states(const state_list *states, int n, const reservoir *r, double *occupation,
                        km_occupation *result)
{
    const km_occupation_options *options = states->options;
    const double most = capacity(options);
    double sum = 0;

    for (int i = 0; i < states->n_k * options->n_band; i++) {
        const int ik = i / options->n_band;
        const reservoir *own = r + (n == 2 ? spin_of(options, ik) : 0);
        double x = (states->eigenvalues[i] - own->fermi_ha) / options->width_ha;

        occupation[i] = most * fill(options->smearing, x);
        sum += most * states->weight[ik] * options->width_ha * entropy(options->smearing, x);
    }
    result->entropy_ha = sum_over_ranks(sum, states->comm);
}

/* Whole numbers of electrons in the lowest bands. */
static void fill_lowest(const state_list *states, double *occupation)
{
    const km_occupation_options *options = states->options;
    reservoir r[2];
    const int n = make_reservoirs(options, r);

    for (int i = 0; i < states->n_k * options->n_band; i++) {
        const reservoir *own = r + (n == 2 ? spin_of(options, i / options->n_band) : 0);
        const int n_full = (int)lround(own->n_electron / capacity(options));

        occupation[i] = i % options->n_band < n_full ? capacity(options) : 0;
    }
}

static double measure_moment(const state_list *states, const double *occupation)
{
    const km_occupation_options *options = states->options;
    double sum = 0;

    if (options->n_spin != 2) return 0;
    if (options->has_moment) return options->moment_mub;
    for (int i = 0; i < states->n_k * options->n_band; i++) {
        const int ik = i / options->n_band;

        sum += (spin_of(options, ik) == 0 ? 1 : -1) * states->weight[ik] * occupation[i];
    }
    return sum_over_ranks(sum, states->comm);
}

km_status km_occupation_compute(int n_k, const double *weight, const double *eigenvalues_ha,
                                const km_occupation_options *options, MPI_Comm comm,
                                double *occupation, km_occupation *result)
{
    const state_list states = {n_k, weight, eigenvalues_ha, options, comm};
    reservoir r[2];
    int n;

    *result = (km_occupation){0};
    KM_TRY(check_options(options));
    KM_TRY(km_agree(check_states(n_k, eigenvalues_ha, options->n_band), comm));
    if (options->smearing == KM_SMEARING_NONE) {
        fill_lowest(&states, occupation);
        result->moment_mub = measure_moment(&states, occupation);
        set_edges(&states, result);
        result->fermi_ha = result->vbm_ha;
        return KM_OK;
    }
    n = make_reservoirs(options, r);
    for (int i = 0; i < n; i++) find_fermi_level(&states, &r[i]);
    result->fermi_ha = n == 2 ? fmax(r[0].fermi_ha, r[1].fermi_ha) : r[0].fermi_ha;
    fill_states(&states, n, r, occupation, result);
    result->moment_mub = measure_moment(&states, occupation);
    set_edges(&states, result);
    return KM_OK;
}

km_status km_occupation_extend_edges(int n_k, const double *eigenvalues_ha,
                                     const km_occupation_options *options, MPI_Comm comm,
                                     km_occupation *result)
{
    const state_list states = {n_k, NULL, eigenvalues_ha, options, comm};
    edge_list edges;

    KM_TRY(km_agree(check_states(n_k, eigenvalues_ha, options->n_band), comm));
    if (result->n_full[0] < 0) return KM_OK;
    edges = find_edges(&states, result->n_full);
    join_edges(options, &edges, result);
    return KM_OK;
}

double km_occupation_slope(km_smearing smearing, double x)
{
    if (smearing == KM_SMEARING_NONE) return 0;
    if (smearing == KM_SMEARING_GAUSSIAN) return exp(-x * x) / sqrt(KM_PI);
    return fill(smearing, x) * fill(smearing, -x);
}
