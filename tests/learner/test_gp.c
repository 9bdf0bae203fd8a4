/* np: 1 3 4 */
#include "support.h"

#include "kaimen/base/rng.h"
#include "kaimen/learner/gp.h"

#include <string.h>

#define N 30

static const km_space plane = {2, 0, {0}};
static const km_space torus = {3, 2, {1.6, 0, 0.8, 1.8}};

static const km_gp_team alone = {MPI_COMM_NULL, KM_GP_SCALAPACK_ABOVE};

static km_gp_priors make_priors(int n_trend)
{
    km_gp_priors priors = {.amplitude = {0, 1}, .noise = {log(0.01), 1.5}, .n_trend = n_trend};

    for (int d = 0; d < KM_SPACE_MAX; ++d) priors.length[d] = (km_gp_prior){0, 1};
    for (int t = 0; t < n_trend; ++t) {
        priors.trend[t].mean = t > 0;
        priors.trend[t].deviation = 2;
    }
    return priors;
}

static double smooth(const double *x)
{
    return sin(2 * x[0]) + 0.5 * cos(3 * x[1]);
}

/* Random points, a constant trend, and a smooth function with some noise. */
static void make_points(int n_x, double noise, uint64_t seed, double *x, double *trend,
                        double *y)
{
    km_rng rng = km_rng_start(seed, 0);

    for (int i = 0; i < N; ++i) {
        for (int k = 0; k < n_x; ++k) x[i * n_x + k] = 2 * km_rng_uniform(&rng);
        trend[i] = 1;
        y[i] = 3 + smooth(x + i * n_x) + noise * km_rng_normal(&rng);
    }
}

/* Of two points all can be written down: no trend, k(0) = s^2 and k(d). */
static void two_points_are_as_written_down(void **state)
{
    const km_space line = {1, 0, {0}};
    const km_gp_priors priors = make_priors(0);
    const double x[2] = {0, 1}, y[2] = {1, -0.5}, at = 0.3, s2 = 1.44, noise2 = 0.01;
    const double r[3] = {1 / 0.7, 0.3 / 0.7, 0.7 / 0.7};
    km_gp_parameters p = {log(1.2), log(0.1), {log(0.7)}};
    double k[3], a = s2 + noise2, determinant, mean, deviation, expected, variance;
    km_gp *gp;

    (void)state;
    for (int i = 0; i < 3; ++i)
        k[i] = s2 * (1 + sqrt(5) * r[i] + 5. / 3 * r[i] * r[i]) * exp(-sqrt(5) * r[i]);
    determinant = a * a - k[0] * k[0];
    expected =
        (k[1] * (a * y[0] - k[0] * y[1]) + k[2] * (a * y[1] - k[0] * y[0])) / determinant;
    variance = s2 - (a * (k[1] * k[1] + k[2] * k[2]) - 2 * k[0] * k[1] * k[2]) / determinant;
    ASSERT_OK(km_gp_create(&line, &priors, &alone, &gp));
    ASSERT_OK(km_gp_fit(gp, 2, x, NULL, y, false, &p));
    ASSERT_OK(km_gp_predict(gp, 1, &at, NULL, &mean, &deviation));
    ASSERT_CLOSE(mean, expected, 1e-12);
    ASSERT_CLOSE(deviation, sqrt(variance), 1e-12);
    ASSERT_CLOSE(km_gp_log_likelihood(gp),
                 -0.5 * (a * (y[0] * y[0] + y[1] * y[1]) - 2 * k[0] * y[0] * y[1]) /
                         determinant -
                     0.5 * log(determinant) - log(2 * acos(-1)),
                 1e-12);
    km_gp_destroy(&gp);
    assert_null(gp);
}

/* Without noise the values are met, and far away only the prior is left. */
static void values_are_met_and_forgotten_far_away(void **state)
{
    const km_gp_priors priors = make_priors(1);
    km_gp_parameters p = {0, log(1e-6), {log(0.5), log(0.5)}};
    double x[2 * N], trend[N], y[N], mean[N], deviation[N];
    const double far[2] = {100, -100}, one = 1;
    km_gp *gp;

    (void)state;
    make_points(2, 0, 1, x, trend, y);
    ASSERT_OK(km_gp_create(&plane, &priors, &alone, &gp));
    ASSERT_OK(km_gp_fit(gp, N, x, trend, y, false, &p));
    ASSERT_OK(km_gp_predict(gp, N, x, trend, mean, deviation));
    for (int i = 0; i < N; ++i) {
        ASSERT_CLOSE(mean[i], y[i], 1e-6);
        ASSERT_CLOSE(deviation[i], 0, 1e-4);
    }
    ASSERT_OK(km_gp_predict(gp, 1, far, &one, mean, deviation));
    assert_true(deviation[0] > 1 && deviation[0] < 1.5); /* s and the doubt in the mean */
    assert_true(fabs(mean[0] - 3) < 1);                  /* about the mean of the values */
    km_gp_destroy(&gp);
}

static double posterior(km_gp *gp, const km_gp_priors *priors, const double *x,
                        const double *trend, const double *y, int variable, double step,
                        km_gp_parameters p)
{
    double *v[] = {&p.log_amplitude, &p.log_noise, p.log_length, p.log_length + 1};
    const km_gp_prior *prior[] = {&priors->amplitude, &priors->noise, priors->length,
                                  priors->length + 1};
    double density;

    *v[variable] += step;
    ASSERT_OK(km_gp_fit(gp, N, x, trend, y, false, &p));
    density = km_gp_log_likelihood(gp);
    for (int i = 0; i < 4; ++i) {
        const double off = (*v[i] - prior[i]->mean) / prior[i]->deviation;

        density -= 0.5 * off * off;
    }
    return density;
}

/* What is found is a maximum: every slope of the posterior density is zero there, and it falls to both sides. */
static void fitting_ends_where_the_posterior_density_is_highest(void **state)
{
    const km_gp_priors priors = make_priors(1);
    km_gp_parameters p = {0, log(0.01), {0, 0}};
    double x[2 * N], trend[N], y[N];
    km_gp *gp;

    (void)state;
    make_points(2, 0.05, 2, x, trend, y);
    ASSERT_OK(km_gp_create(&plane, &priors, &alone, &gp));
    ASSERT_OK(km_gp_fit(gp, N, x, trend, y, true, &p));
    for (int v = 0; v < 4; ++v) {
        const double here = posterior(gp, &priors, x, trend, y, v, 0, p);
        const double up = posterior(gp, &priors, x, trend, y, v, 0.02, p);
        const double down = posterior(gp, &priors, x, trend, y, v, -0.02, p);

        assert_true(up < here && down < here);
        ASSERT_CLOSE((up - down) / 0.04, 0, 0.05);
    }
    assert_true(fabs(p.log_noise - log(0.05)) < 0.7); /* the noise that is there */
    km_gp_destroy(&gp);
}

/* Values at unseen points lie within the deviations that are predicted. */
static void deviations_are_those_of_the_errors(void **state)
{
    const km_gp_priors priors = make_priors(1);
    km_gp_parameters p = {0, log(0.01), {0, 0}};
    double x[2 * N], trend[N], y[N], mean[N], deviation[N], sum2 = 0;
    km_gp *gp;

    (void)state;
    make_points(2, 0, 3, x, trend, y);
    ASSERT_OK(km_gp_create(&plane, &priors, &alone, &gp));
    ASSERT_OK(km_gp_fit(gp, N, x, trend, y, true, &p));
    make_points(2, 0, 4, x, trend, y);
    ASSERT_OK(km_gp_predict(gp, N, x, trend, mean, deviation));
    for (int i = 0; i < N; ++i) {
        assert_true(fabs(mean[i] - y[i]) < 0.3); /* of values that spread by 1 */
        sum2 += (mean[i] - y[i]) * (mean[i] - y[i]) / (deviation[i] * deviation[i]) / N;
    }
    assert_true(sum2 > 0.02 && sum2 < 4);
    km_gp_destroy(&gp);
}

static void predictions_repeat_with_the_lattice(void **state)
{
    const km_gp_priors priors = make_priors(1);
    km_gp_parameters p = {0, log(0.01), {0, 0, 0, 0}};
    const double here[3] = {0.3, 0.4, 1.2},
                 there[3] = {0.3 + 1.6 - 2 * 0.8, 0.4 - 2 * 1.8, 1.2};
    double x[3 * N], trend[N], y[N], mean[2], deviation[2];
    km_gp *gp;

    (void)state;
    make_points(3, 0, 5, x, trend, y);
    ASSERT_OK(km_gp_create(&torus, &priors, &alone, &gp));
    ASSERT_OK(km_gp_fit(gp, N, x, trend, y, true, &p));
    ASSERT_OK(km_gp_predict(gp, 1, here, trend, mean, deviation));
    ASSERT_OK(km_gp_predict(gp, 1, there, trend, mean + 1, deviation + 1));
    ASSERT_CLOSE(mean[1], mean[0], 1e-10);
    ASSERT_CLOSE(deviation[1], deviation[0], 1e-8);
    km_gp_destroy(&gp);
}

/* A source that says the truth is believed, one that says nothing is not: errors are small either way. */
static void a_source_is_trusted_as_far_as_it_is_right(void **state)
{
    const km_gp_priors priors = make_priors(2);
    double x[2 * N], trend[N], y[N], both[2 * N], mean[N], error[2] = {0, 0};
    km_rng rng = km_rng_start(9, 0);
    km_gp *gp;

    (void)state;
    for (int is_random = 0; is_random < 2; ++is_random) {
        km_gp_parameters p = {0, log(0.01), {0, 0}};
        const int n_known = 6;

        make_points(2, 0, 6, x, trend, y);
        for (int i = 0; i < N; ++i) {
            both[2 * i] = 1;
            both[2 * i + 1] = is_random ? km_rng_normal(&rng) : smooth(x + 2 * i);
        }
        ASSERT_OK(km_gp_create(&plane, &priors, &alone, &gp));
        ASSERT_OK(km_gp_fit(gp, n_known, x, both, y, true, &p));
        ASSERT_OK(km_gp_predict(gp, N, x, both, mean, NULL));
        for (int i = n_known; i < N; ++i) error[is_random] += fabs(mean[i] - y[i]) / N;
        km_gp_destroy(&gp);
    }
    assert_true(error[0] < 0.05); /* five times nearer than the spread of what is unknown */
    assert_true(error[1] < 1);
}

static void joint_and_single_predictions_agree(void **state)
{
    const km_gp_priors priors = make_priors(1);
    km_gp_parameters p = {0, log(0.05), {0, 0}};
    double x[2 * N], trend[N], y[N], mean[N], deviation[N], joint[N], *covariance = NULL;
    km_gp *gp;

    (void)state;
    make_points(2, 0.05, 7, x, trend, y);
    ASSERT_OK(km_gp_create(&plane, &priors, &alone, &gp));
    ASSERT_OK(km_gp_fit(gp, N, x, trend, y, true, &p));
    make_points(2, 0, 8, x, trend, y);
    ASSERT_OK(KM_ALLOC(covariance, N * N));
    ASSERT_OK(km_gp_predict(gp, N, x, trend, mean, deviation));
    ASSERT_OK(km_gp_predict_jointly(gp, N, x, trend, joint, covariance));
    for (int i = 0; i < N; ++i) {
        ASSERT_CLOSE(joint[i], mean[i], 1e-12);
        ASSERT_CLOSE(covariance[i * N + i], deviation[i] * deviation[i], 1e-10);
        for (int j = 0; j < N; ++j)
            ASSERT_CLOSE(covariance[i * N + j], covariance[j * N + i], 1e-12);
    }
    KM_FREE(covariance);
    km_gp_destroy(&gp);
}

/* The same process by a team that shares its factors, with the same bits on every rank. */
static void a_team_finds_what_one_rank_finds(void **state)
{
    const km_gp_priors priors = make_priors(1);
    const km_gp_team team = {MPI_COMM_WORLD, 1};
    km_gp_parameters p[2] = {{0, log(0.01), {0, 0}}, {0, log(0.01), {0, 0}}};
    double x[2 * N], trend[N], y[N], mean[2 * N], deviation[2 * N], root[N];
    km_gp *gp;

    (void)state;
    make_points(2, 0.05, 2, x, trend, y);
    for (int k = 0; k < 2; ++k) {
        ASSERT_OK(km_gp_create(&plane, &priors, k ? &team : &alone, &gp));
        ASSERT_OK(km_gp_fit(gp, N, x, trend, y, true, p + k));
        ASSERT_OK(km_gp_predict(gp, N, x, trend, mean + k * N, deviation + k * N));
        km_gp_destroy(&gp);
    }
    ASSERT_CLOSE(p[1].log_noise, p[0].log_noise, 1e-6);
    for (int i = 0; i < N; ++i) {
        ASSERT_CLOSE(mean[N + i], mean[i], 1e-7);
        ASSERT_CLOSE(deviation[N + i], deviation[i], 1e-7);
    }
    memcpy(root, mean + N, sizeof root);
    MPI_Bcast(root, N, MPI_DOUBLE, 0, MPI_COMM_WORLD);
    assert_memory_equal(root, mean + N, sizeof root);
}

/* Equal points without noise: refused, and nobody waits. */
static void a_team_refuses_a_singular_covariance(void **state)
{
    km_gp_priors priors = make_priors(0);
    const km_gp_team team = {MPI_COMM_WORLD, 1};
    const double x[6] = {0, 0, 0, 0, 0, 0}, y[3] = {1, 1, 1};
    km_gp_parameters p = {0, -40, {0, 0}};
    km_gp *gp;

    (void)state;
    ASSERT_OK(km_gp_create(&plane, &priors, &team, &gp));
    assert_int_equal(km_gp_fit(gp, 3, x, NULL, y, false, &p), KM_E_NUMERIC);
    km_gp_destroy(&gp);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(two_points_are_as_written_down),
    cmocka_unit_test(values_are_met_and_forgotten_far_away),
    cmocka_unit_test(fitting_ends_where_the_posterior_density_is_highest),
    cmocka_unit_test(deviations_are_those_of_the_errors),
    cmocka_unit_test(predictions_repeat_with_the_lattice),
    cmocka_unit_test(a_source_is_trusted_as_far_as_it_is_right),
    cmocka_unit_test(joint_and_single_predictions_agree),
    cmocka_unit_test(a_team_finds_what_one_rank_finds),
    cmocka_unit_test(a_team_refuses_a_singular_covariance),
};

KM_TEST_MAIN(tests)
