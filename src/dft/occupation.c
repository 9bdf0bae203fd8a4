#include "kaimen/dft/occupation.h"

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

/* MPI_Allreduce may round differently on each rank; then bisections would part. */
static double sum_over_ranks(double value, MPI_Comm comm)
{
    double sum = 0;

    MPI_Reduce(&value, &sum, 1, MPI_DOUBLE, MPI_SUM, 0, comm);
    MPI_Bcast(&sum, 1, MPI_DOUBLE, 0, comm);
    return sum;
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

static double count_electrons(const state_list *states, double fermi)
{
    const km_occupation_options *options = states->options;
    double sum = 0;

    for (int ik = 0; ik < states->n_k; ik++)
        for (int ib = 0; ib < options->n_band; ib++) {
            double e = states->eigenvalues[ik * options->n_band + ib];

            sum += 2 * states->weight[ik] *
                   fill(options->smearing, (e - fermi) / options->width_ha);
        }
    return sum_over_ranks(sum, states->comm);
}

/* Where the number of electrons passes a value, between two energies. */
static double bisect(const state_list *states, double n_electron, double low, double high)
{
    for (int i = 0; i < MAX_BISECTION; i++) {
        double middle = 0.5 * (low + high);

        if (middle <= low || middle >= high) break;
        if (count_electrons(states, middle) < n_electron)
            low = middle;
        else
            high = middle;
    }
    return 0.5 * (low + high);
}

/* The middle of all levels that give the right number: in a gap much wider than the width there is an interval. */
static double find_fermi_level(const state_list *states)
{
    const km_occupation_options *options = states->options;
    const double tolerance = CHARGE_TOLERANCE * options->n_electron;
    double range[2] = {-DBL_MAX, -DBL_MAX}; /* minus the lowest, the highest energy */
    double low, high;

    for (int i = 0; i < states->n_k * options->n_band; i++) {
        range[0] = fmax(range[0], -states->eigenvalues[i]);
        range[1] = fmax(range[1], states->eigenvalues[i]);
    }
    MPI_Allreduce(MPI_IN_PLACE, range, 2, MPI_DOUBLE, MPI_MAX, states->comm);
    low = -range[0] - FAR * options->width_ha;
    high = range[1] + FAR * options->width_ha;
    return 0.5 * (bisect(states, options->n_electron - tolerance, low, high) +
                  bisect(states, options->n_electron + tolerance, low, high));
}

static bool is_even(double n_electron)
{
    return fabs(n_electron / 2 - round(n_electron / 2)) < 1e-9;
}

static km_status check_options(const km_occupation_options *options)
{
    const double n = options->n_electron;

    KM_TRY(KM_CHECK(n > 0, KM_E_ARGUMENT, "n_electron = %g must be positive", n));
    if (options->smearing == KM_SMEARING_NONE) {
        KM_TRY(KM_CHECK(is_even(n), KM_E_INPUT,
                        "%g electrons cannot fill bands in pairs: an even number or a smearing "
                        "is wanted",
                        n));
        return KM_CHECK(n <= 2 * options->n_band + 1e-9, KM_E_ARGUMENT,
                        "%d bands hold fewer than %g electrons", options->n_band, n);
    }
    KM_TRY(KM_CHECK(options->width_ha > 0, KM_E_ARGUMENT,
                    "smearing width = %g Ha must be positive", options->width_ha));
    return KM_CHECK(n < 2 * options->n_band, KM_E_ARGUMENT,
                    "%d bands leave none empty for smearing %g electrons", options->n_band, n);
}

static km_status check_states(int n_k, const double *eigenvalues, int n_band)
{
    for (int i = 0; i < n_k * n_band; i++)
        KM_TRY(KM_CHECK(isfinite(eigenvalues[i]), KM_E_NUMERIC,
                        "eigenvalue of band %d at k-point %d of this rank is %g",
                        i % n_band + 1, i / n_band + 1, eigenvalues[i]));
    return KM_OK;
}

/* Highest of the last full band and lowest of the next over all ranks' points; -DBL_MAX and DBL_MAX where missing. */
static void find_edges(const state_list *states, double *vbm, double *cbm)
{
    const int n_band = states->options->n_band;
    const int n_full = (int)lround(states->options->n_electron / 2);
    double edge[2] = {-DBL_MAX, -DBL_MAX};

    for (int ik = 0; ik < states->n_k; ik++) {
        const double *e = states->eigenvalues + (size_t)ik * n_band;

        edge[0] = fmax(edge[0], e[n_full - 1]);
        if (n_full < n_band) edge[1] = fmax(edge[1], -e[n_full]);
    }
    MPI_Allreduce(MPI_IN_PLACE, edge, 2, MPI_DOUBLE, MPI_MAX, states->comm);
    *vbm = edge[0];
    *cbm = -edge[1];
}

static void set_edges(const state_list *states, km_occupation *result)
{
    result->is_metallic = true;
    result->vbm_ha = result->cbm_ha = result->fermi_ha;
    if (!is_even(states->options->n_electron)) return;
    find_edges(states, &result->vbm_ha, &result->cbm_ha);
    result->has_cbm = result->cbm_ha < DBL_MAX;
    result->is_metallic = result->cbm_ha <= result->vbm_ha;
    if (!result->has_cbm) result->cbm_ha = result->vbm_ha;
}

static void fill_states(const state_list *states, double *occupation, km_occupation *result)
{
    const km_occupation_options *options = states->options;
    double sum = 0;

    for (int i = 0; i < states->n_k * options->n_band; i++) {
        double x = (states->eigenvalues[i] - result->fermi_ha) / options->width_ha;

        occupation[i] = 2 * fill(options->smearing, x);
        sum += 2 * states->weight[i / options->n_band] * options->width_ha *
               entropy(options->smearing, x);
    }
    result->entropy_ha = sum_over_ranks(sum, states->comm);
}

km_status km_occupation_compute(int n_k, const double *weight, const double *eigenvalues_ha,
                                const km_occupation_options *options, MPI_Comm comm,
                                double *occupation, km_occupation *result)
{
    const state_list states = {n_k, weight, eigenvalues_ha, options, comm};

    *result = (km_occupation){0};
    KM_TRY(check_options(options));
    KM_TRY(km_agree(check_states(n_k, eigenvalues_ha, options->n_band), comm));
    if (options->smearing == KM_SMEARING_NONE) {
        const int n_full = (int)lround(options->n_electron / 2);

        for (int i = 0; i < n_k * options->n_band; i++)
            occupation[i] = i % options->n_band < n_full ? 2 : 0;
        set_edges(&states, result);
        result->fermi_ha = result->vbm_ha;
        return KM_OK;
    }
    result->fermi_ha = find_fermi_level(&states);
    fill_states(&states, occupation, result);
    set_edges(&states, result);
    return KM_OK;
}

km_status km_occupation_extend_edges(int n_k, const double *eigenvalues_ha,
                                     const km_occupation_options *options, MPI_Comm comm,
                                     km_occupation *result)
{
    const state_list states = {n_k, NULL, eigenvalues_ha, options, comm};
    double vbm, cbm;

    KM_TRY(km_agree(check_states(n_k, eigenvalues_ha, options->n_band), comm));
    if (!is_even(options->n_electron)) return KM_OK;
    find_edges(&states, &vbm, &cbm);
    result->vbm_ha = fmax(result->vbm_ha, vbm);
    if (result->has_cbm) result->cbm_ha = fmin(result->cbm_ha, cbm);
    result->is_metallic =
        result->is_metallic || (result->has_cbm && result->cbm_ha <= result->vbm_ha);
    return KM_OK;
}
