#include "kaimen/learner/gp.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/units.h"
#include "kaimen/math/dense.h"
#include "kaimen/math/distributed_eigen.h"
#include "kaimen/math/eigen.h"
#include "kaimen/math/minimize.h"
#include "learner/kernel.h"

#include <math.h>
#include <string.h>

/* Of the logarithms: a tenth of a per cent changes no prediction that matters. */
#define PARAMETER_TOLERANCE 1e-3
#define MAX_EVALUATION 60
/* Parameters stay within so many deviations of their priors. */
#define REACH 4
#define MAX_PARAMETER (2 + KM_SPACE_MAX)

struct km_gp {
    km_space space;
    km_gp_priors priors;
    km_gp_team team;
    km_status shared; /* of what the team does together: the first failure */
    km_gp_parameters parameters;
    int n;
    double *feature;   /* [n][n_feature] */
    double *trend;     /* [n][n_trend] */
    double *y;         /* [n]: without the trends' expected part */
    double *factor;    /* lower Cholesky factor of the covariance, column after column [n][n] */
    double *inverse;   /* work space [n][n] */
    double *weight;    /* covariance^-1 y, [n] */
    double likelihood; /* its logarithm */
};

km_status km_gp_create(const km_space *space, const km_gp_priors *priors,
                       const km_gp_team *team, km_gp **gp)
{
    *gp = NULL;
    KM_TRY(km_space_check(space));
    KM_TRY(KM_CHECK(priors->n_trend >= 0 && priors->n_trend <= KM_GP_MAX_TREND, KM_E_ARGUMENT,
                    "%d trends; wanted 0 to %d", priors->n_trend, KM_GP_MAX_TREND));
    KM_TRY(KM_ALLOC(*gp, 1));
    (*gp)->space = *space;
    (*gp)->priors = *priors;
    (*gp)->team = *team;
    return KM_OK;
}

static void forget_points(km_gp *gp)
{
    gp->n = 0;
    KM_FREE(gp->feature);
    KM_FREE(gp->trend);
    KM_FREE(gp->y);
    KM_FREE(gp->factor);
    KM_FREE(gp->inverse);
    KM_FREE(gp->weight);
}

void km_gp_destroy(km_gp **gp)
{
    if (!*gp) return;
    forget_points(*gp);
    KM_FREE(*gp);
}

static const double *feature_of(const km_gp *gp, int i)
{
    return gp->feature + (size_t)i * (size_t)km_space_n_feature(&gp->space);
}

/* Covariance of two values of the trends. */
static double trend_covariance(const km_gp *gp, const double *a, const double *b)
{
    double sum = 0;

    for (int t = 0; t < gp->priors.n_trend; ++t)
        sum += gp->priors.trend[t].deviation * gp->priors.trend[t].deviation * a[t] * b[t];
    return sum;
}

static double expected_trend(const km_gp *gp, const double *trend)
{
    double sum = 0;

    for (int t = 0; t < gp->priors.n_trend; ++t) sum += gp->priors.trend[t].mean * trend[t];
    return sum;
}

static km_status take_points(km_gp *gp, int n, const double *x, const double *trend,
                             const double *y)
{
    const size_t n_trend = (size_t)gp->priors.n_trend, n2 = (size_t)n * (size_t)n;

    forget_points(gp);
    KM_TRY(KM_ALLOC(gp->feature, (size_t)n * (size_t)km_space_n_feature(&gp->space)));
    KM_TRY(KM_ALLOC(gp->trend, (size_t)n * n_trend + 1));
    KM_TRY(KM_ALLOC(gp->y, n));
    KM_TRY(KM_ALLOC(gp->factor, n2));
    KM_TRY(KM_ALLOC(gp->inverse, n2));
    KM_TRY(KM_ALLOC(gp->weight, n));
    gp->n = n;
    km_space_embed(&gp->space, n, x, gp->feature);
    if (n_trend) memcpy(gp->trend, trend, (size_t)n * n_trend * sizeof *trend);
    for (int i = 0; i < n; ++i) gp->y[i] = y[i] - expected_trend(gp, trend + i * n_trend);
    return KM_OK;
}

static void fill_covariance(km_gp *gp, const km_gp_parameters *parameters)
{
    const km_kernel kernel = km_kernel_of(&gp->space, parameters);
    const double noise = exp(2 * parameters->log_noise);
    const int n = gp->n, n_trend = gp->priors.n_trend;
    double distance2[KM_SPACE_MAX];

    for (int j = 0; j < n; ++j)
        for (int i = j; i < n; ++i) {
            km_space_distance2(&gp->space, feature_of(gp, i), feature_of(gp, j), distance2);
            gp->factor[(size_t)j * (size_t)n + (size_t)i] =
                km_kernel_value(&kernel, distance2) +
                trend_covariance(gp, gp->trend + i * n_trend, gp->trend + j * n_trend) +
                (i == j ? noise : 0);
        }
}

static bool is_shared(const km_gp *gp)
{
    return gp->team.comm != MPI_COMM_NULL && gp->n > gp->team.scalapack_above;
}

/* The Cholesky factor in place of the covariance; false where there is none. */
static bool decompose(km_gp *gp)
{
    bool is_positive;

    if (!is_shared(gp)) return km_eigen_cholesky(true, gp->n, gp->factor, gp->n);
    if (gp->shared == KM_OK)
        gp->shared = km_distributed_eigen_cholesky(true, gp->n, gp->factor, gp->n,
                                                   gp->team.comm, &is_positive);
    return gp->shared == KM_OK && is_positive;
}

static void invert(km_gp *gp)
{
    memcpy(gp->inverse, gp->factor, sizeof *gp->inverse * (size_t)gp->n * (size_t)gp->n);
    if (!is_shared(gp))
        km_dense_invert_cholesky(gp->n, gp->inverse);
    else if (gp->shared == KM_OK)
        gp->shared = km_distributed_eigen_invert_cholesky(gp->n, gp->inverse, gp->team.comm);
}

/* Factor the covariance and find the weights and the likelihood; false where it is singular. */
static bool factorise(km_gp *gp, const km_gp_parameters *parameters)
{
    const int n = gp->n;

    fill_covariance(gp, parameters);
    if (!decompose(gp)) return false;
    memcpy(gp->weight, gp->y, (size_t)n * sizeof *gp->y);
    km_dense_solve_lower(n, gp->factor, false, 1, gp->weight);
    gp->likelihood = -0.5 * n * log(2 * KM_PI);
    for (int i = 0; i < n; ++i)
        gp->likelihood -= 0.5 * gp->weight[i] * gp->weight[i] +
                          log(gp->factor[(size_t)i * (size_t)n + (size_t)i]);
    km_dense_solve_lower(n, gp->factor, true, 1, gp->weight);
    gp->parameters = *parameters;
    return true;
}

/* Variables of the search: amplitude, noise, lengths. */
static void pack(const km_gp *gp, const km_gp_parameters *parameters, double *variable)
{
    variable[0] = parameters->log_amplitude;
    variable[1] = parameters->log_noise;
    memcpy(variable + 2, parameters->log_length,
           sizeof *variable * (size_t)km_space_n_direction(&gp->space));
}

static void unpack(const km_gp *gp, const double *variable, km_gp_parameters *parameters)
{
    parameters->log_amplitude = variable[0];
    parameters->log_noise = variable[1];
    memcpy(parameters->log_length, variable + 2,
           sizeof *variable * (size_t)km_space_n_direction(&gp->space));
}

static const km_gp_prior *prior_of(const km_gp *gp, int variable)
{
    return variable == 0   ? &gp->priors.amplitude
           : variable == 1 ? &gp->priors.noise
                           : &gp->priors.length[variable - 2];
}

/*
 * Derivatives of the likelihood to the variables: 1/2 tr[(w w^T - K^-1) dK], w the weights. Trends do not depend on them.
 */
static void compute_slopes(km_gp *gp, double *slope)
{
    const km_kernel kernel = km_kernel_of(&gp->space, &gp->parameters);
    const int n = gp->n, n_direction = kernel.n_direction;
    const double noise = exp(2 * gp->parameters.log_noise);
    double distance2[KM_SPACE_MAX], by_length[KM_SPACE_MAX];

    invert(gp);
    for (int v = 0; v < 2 + n_direction; ++v) slope[v] = 0;
    for (int j = 0; j < n; ++j)
        for (int i = j; i < n; ++i) {
            const double half =
                (i == j ? 0.5 : 1) * (gp->weight[i] * gp->weight[j] -
                                      gp->inverse[(size_t)j * (size_t)n + (size_t)i]);

            km_space_distance2(&gp->space, feature_of(gp, i), feature_of(gp, j), distance2);
            slope[0] += half * 2 * km_kernel_slope(&kernel, distance2, by_length);
            if (i == j) slope[1] += half * 2 * noise;
            for (int d = 0; d < n_direction; ++d) slope[2 + d] += half * by_length[d];
        }
}

/* Minus the logarithm of the posterior density, for the minimiser. */
static double penalty(int n, const double *variable, double *gradient, void *context)
{
    km_gp *gp = context;
    km_gp_parameters parameters = {0};
    double value;

    unpack(gp, variable, &parameters);
    if (!factorise(gp, &parameters)) {
        for (int v = 0; gradient && v < n; ++v) gradient[v] = 0;
        return HUGE_VAL;
    }
    if (gradient) compute_slopes(gp, gradient);
    value = -gp->likelihood;
    for (int v = 0; v < n; ++v) {
        const km_gp_prior *prior = prior_of(gp, v);
        const double off = (variable[v] - prior->mean) / prior->deviation;

        value += 0.5 * off * off;
        if (gradient) gradient[v] = -gradient[v] + off / prior->deviation;
    }
    return value;
}

/* From one place to start; value: minus the logarithm of the posterior density. */
static km_status descend(km_gp *gp, double *variable, double *value)
{
    const int n = 2 + km_space_n_direction(&gp->space);
    const km_minimize_options options = {MAX_EVALUATION, PARAMETER_TOLERANCE};
    double lower[MAX_PARAMETER], upper[MAX_PARAMETER];

    for (int v = 0; v < n; ++v) {
        const km_gp_prior *prior = prior_of(gp, v);

        lower[v] = prior->mean - REACH * prior->deviation;
        upper[v] = prior->mean + REACH * prior->deviation;
        variable[v] = fmin(fmax(variable[v], lower[v]), upper[v]);
    }
    return km_minimize(penalty, gp, n, lower, upper, &options, variable, value);
}

/* The density may have two maxima, all noise or all signal: from the parameters given, and from what was expected before. */
static km_status find_parameters(km_gp *gp, km_gp_parameters *parameters)
{
    double given[MAX_PARAMETER], expected[MAX_PARAMETER], value[2];

    pack(gp, parameters, given);
    for (int v = 0; v < 2 + km_space_n_direction(&gp->space); ++v)
        expected[v] = prior_of(gp, v)->mean;
    KM_TRY(descend(gp, given, value));
    KM_TRY(descend(gp, expected, value + 1));
    unpack(gp, value[1] < value[0] ? expected : given, parameters);
    return KM_OK;
}

km_status km_gp_fit(km_gp *gp, int n, const double *x, const double *trend, const double *y,
                    bool is_free, km_gp_parameters *parameters)
{
    km_status status;
    bool is_regular;

    KM_TRY(KM_CHECK(n >= 1, KM_E_ARGUMENT, "a Gaussian process of %d points", n));
    status = take_points(gp, n, x, trend, y);
    KM_TRY(gp->team.comm == MPI_COMM_NULL ? status : km_agree(status, gp->team.comm));
    gp->shared = KM_OK;
    if (is_free) KM_TRY(find_parameters(gp, parameters));
    is_regular = factorise(gp, parameters);
    KM_TRY(gp->shared);
    return KM_CHECK(is_regular, KM_E_NUMERIC, "the covariance of %d points is singular", n);
}

double km_gp_log_likelihood(const km_gp *gp)
{
    return gp->likelihood;
}

/* Covariance of points with those of the process, [n][gp->n], and the mean there. */
static void correlate(const km_gp *gp, int n, const double *feature, const double *trend,
                      double *mean, double *with)
{
    const km_kernel kernel = km_kernel_of(&gp->space, &gp->parameters);
    const size_t n_feature = (size_t)km_space_n_feature(&gp->space);
    const int n_trend = gp->priors.n_trend;
    double distance2[KM_SPACE_MAX];

    for (int p = 0; p < n; ++p, feature += n_feature, trend += n_trend, with += gp->n) {
        mean[p] = expected_trend(gp, trend);
        for (int i = 0; i < gp->n; ++i) {
            km_space_distance2(&gp->space, feature, feature_of(gp, i), distance2);
            with[i] = km_kernel_value(&kernel, distance2) +
                      trend_covariance(gp, trend, gp->trend + i * n_trend);
            mean[p] += with[i] * gp->weight[i];
        }
    }
}

/* Points handled at once by km_gp_predict. */
#define N_CHUNK 256

km_status km_gp_predict(const km_gp *gp, int n, const double *x, const double *trend,
                        double *mean, double *deviation)
{
    const double own = exp(2 * gp->parameters.log_amplitude);
    const int n_x = gp->space.n_x, n_trend = gp->priors.n_trend;
    double *feature = NULL, *with = NULL;
    km_status status = KM_OK;

    KM_TRY_TO(end, KM_ALLOC(feature, N_CHUNK * km_space_n_feature(&gp->space)));
    KM_TRY_TO(end, KM_ALLOC(with, N_CHUNK * (size_t)gp->n));
    for (int first = 0; first < n; first += N_CHUNK) {
        const int m = n - first < N_CHUNK ? n - first : N_CHUNK;
        const double *t = trend + (size_t)first * (size_t)n_trend;

        km_space_embed(&gp->space, m, x + (size_t)first * (size_t)n_x, feature);
        correlate(gp, m, feature, t, mean + first, with);
        if (!deviation) continue;
        km_dense_solve_lower(gp->n, gp->factor, false, m, with);
        for (int p = 0; p < m; ++p) {
            double variance = own + trend_covariance(gp, t + p * n_trend, t + p * n_trend);

            for (int i = 0; i < gp->n; ++i)
                variance -= with[(size_t)p * (size_t)gp->n + (size_t)i] *
                            with[(size_t)p * (size_t)gp->n + (size_t)i];
            deviation[first + p] = sqrt(fmax(variance, 0));
        }
    }
end:
    KM_FREE(feature);
    KM_FREE(with);
    return status;
}

km_status km_gp_predict_jointly(const km_gp *gp, int n, const double *x, const double *trend,
                                double *mean, double *covariance)
{
    const km_kernel kernel = km_kernel_of(&gp->space, &gp->parameters);
    const size_t n_feature = (size_t)km_space_n_feature(&gp->space), m = (size_t)gp->n;
    const int n_trend = gp->priors.n_trend;
    double *feature = NULL, *with = NULL, distance2[KM_SPACE_MAX];
    km_status status = KM_OK;

    KM_TRY_TO(end, KM_ALLOC(feature, (size_t)n * n_feature));
    KM_TRY_TO(end, KM_ALLOC(with, (size_t)n * m));
    km_space_embed(&gp->space, n, x, feature);
    correlate(gp, n, feature, trend, mean, with);
    km_dense_solve_lower(gp->n, gp->factor, false, n, with);
    for (int p = 0; p < n; ++p)
        for (int q = 0; q < n; ++q) {
            double sum = trend_covariance(gp, trend + p * n_trend, trend + q * n_trend);

            km_space_distance2(&gp->space, feature + p * n_feature, feature + q * n_feature,
                               distance2);
            sum += km_kernel_value(&kernel, distance2);
            for (size_t i = 0; i < m; ++i) sum -= with[p * m + i] * with[q * m + i];
            covariance[(size_t)p * (size_t)n + (size_t)q] = sum;
        }
end:
    KM_FREE(feature);
    KM_FREE(with);
    return status;
}
