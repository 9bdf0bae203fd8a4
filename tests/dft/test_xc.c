/* np: 1 */
#include "support.h"

#include "kaimen/base/units.h"
#include "kaimen/dft/xc.h"

#include <math.h>

static const km_functional functionals[] = {KM_FUNCTIONAL_LDA, KM_FUNCTIONAL_PBE,
                                            KM_FUNCTIONAL_PBESOL};

typedef struct {
    double e, v_rho, v_sigma;
} point;

/** One point; v_sigma is 0 for LDA. */
static point evaluate(const km_xc *xc, double rho, double sigma)
{
    bool has = km_xc_has_gradient(xc);
    point p = {0};

    km_xc_compute(xc, 1, &rho, has ? &sigma : NULL, &p.e, &p.v_rho, has ? &p.v_sigma : NULL);
    return p;
}

static km_xc *functional(km_functional which)
{
    km_xc *xc;

    ASSERT_OK(km_xc_create(which, 1, &xc));
    return xc;
}

/* Independent formulas, written from the papers. */

/** Correlation energy per electron. Perdew and Wang (1992), eq. 10 and table I. */
static double pw92(double rho)
{
    const double a = 0.031091, a1 = 0.21370, b[] = {7.5957, 3.5876, 1.6382, 0.49294};
    double rs = cbrt(3.0 / (4.0 * KM_PI * rho)), s = sqrt(rs);
    double series = s * (b[0] + s * (b[1] + s * (b[2] + s * b[3])));

    return -2.0 * a * (1.0 + a1 * rs) * log(1.0 + 1.0 / (2.0 * a * series));
}

/** Exchange energy per electron of the uniform gas. */
static double slater(double rho)
{
    return -0.75 * cbrt(3.0 * rho / KM_PI);
}

/** e_xc per volume. Perdew, Burke and Ernzerhof (1996), eqs. 7, 8 and 14. */
static double pbe(double rho, double sigma, double mu, double beta)
{
    const double kappa = 0.804, gamma = (1.0 - log(2.0)) / (KM_PI * KM_PI);
    double kf = cbrt(3.0 * KM_PI * KM_PI * rho), ks2 = 4.0 * kf / KM_PI;
    double s2 = sigma / (4.0 * kf * kf * rho * rho), t2 = sigma / (4.0 * ks2 * rho * rho);
    double fx = 1.0 + kappa - kappa / (1.0 + mu * s2 / kappa);
    double a = beta / gamma / (exp(-pw92(rho) / gamma) - 1.0);
    double ratio = t2 * (1.0 + a * t2) / (1.0 + a * t2 + a * a * t2 * t2);

    return rho * (slater(rho) * fx + pw92(rho) + gamma * log(1.0 + beta / gamma * ratio));
}

static void lda_is_slater_plus_perdew_wang(void **state)
{
    km_xc *xc = functional(KM_FUNCTIONAL_LDA);

    (void)state;
    for (double rho = 1e-6; rho < 20.0; rho *= 3.0) {
        double wanted = rho * (slater(rho) + pw92(rho));

        ASSERT_CLOSE(evaluate(xc, rho, 0.0).e / wanted, 1.0, 1e-13);
    }
    km_xc_destroy(&xc);
}

static void pbe_and_pbesol_follow_their_papers(void **state)
{
    const double mu[] = {0, 0.21951, 10.0 / 81.0}, beta[] = {0, 0.066725, 0.046};

    (void)state;
    for (int i = 1; i < 3; ++i) {
        km_xc *xc = functional(functionals[i]);

        for (double rho = 1e-5; rho < 20.0; rho *= 5.0)
            for (double s2 = 0.01; s2 < 50.0; s2 *= 4.0) {
                double kf = cbrt(3.0 * KM_PI * KM_PI * rho);
                double sigma = 4.0 * s2 * kf * kf * rho * rho;
                double wanted = pbe(rho, sigma, mu[i], beta[i]);

                if (sigma < KM_XC_GRADIENT_SIGMA) continue;
                /* The papers round mu and beta to five digits. */
                assert_true(fabs(evaluate(xc, rho, sigma).e / wanted - 1.0) < 2e-5);
            }
        km_xc_destroy(&xc);
    }
}

static void pbe_without_gradient_is_lda(void **state)
{
    km_xc *lda = functional(KM_FUNCTIONAL_LDA);

    (void)state;
    for (int i = 1; i < 3; ++i) {
        km_xc *xc = functional(functionals[i]);

        for (double rho = 1e-8; rho < 20.0; rho *= 7.0) {
            point a = evaluate(lda, rho, 0.0), b = evaluate(xc, rho, 0.0);

            /* PBE has A = 0.0310907 where the paper of LDA has 0.031091. */
            ASSERT_CLOSE(b.e / a.e, 1.0, 5e-6);
            ASSERT_CLOSE(b.v_rho / a.v_rho, 1.0, 5e-6);
        }
        km_xc_destroy(&xc);
    }
    km_xc_destroy(&lda);
}

/** Fourth-order central difference of e with relative steps. */
static double slope(const km_xc *xc, double rho, double sigma, bool of_rho)
{
    double x = of_rho ? rho : sigma, h = 1e-3 * x, e[5];

    for (int i = -2; i <= 2; ++i)
        e[i + 2] =
            of_rho ? evaluate(xc, rho + i * h, sigma).e : evaluate(xc, rho, sigma + i * h).e;
    return (e[0] - 8.0 * e[1] + 8.0 * e[3] - e[4]) / (12.0 * h);
}

static void potentials_are_derivatives_of_the_energy(void **state)
{
    (void)state;
    for (int i = 0; i < 3; ++i) {
        km_xc *xc = functional(functionals[i]);

        for (double rho = 2e-6; rho < 20.0; rho *= 6.0)
            for (double s2 = 0.01; s2 < 200.0; s2 *= 5.0) {
                double sigma =
                    4.0 * s2 * pow(3.0 * KM_PI * KM_PI, 2.0 / 3.0) * pow(rho, 8.0 / 3.0);
                if (sigma < 2 * KM_XC_GRADIENT_SIGMA) continue;
                point p = evaluate(xc, rho, sigma);
                double scale = fabs(p.e) / sigma;

                assert_true(fabs(slope(xc, rho, sigma, true) - p.v_rho) <
                            1e-7 * (fabs(p.v_rho) + fabs(p.e) / rho));
                if (km_xc_has_gradient(xc))
                    assert_true(fabs(slope(xc, rho, sigma, false) - p.v_sigma) < 1e-8 * scale);
            }
        km_xc_destroy(&xc);
    }
}

static void everything_is_finite_and_bounded_in_vacuum(void **state)
{
    (void)state;
    for (int i = 0; i < 3; ++i) {
        km_xc *xc = functional(functionals[i]);

        for (double rho = 1e-20; rho < 2.0; rho *= 2.3)
            for (double sigma = 1e-40; sigma < 1e3; sigma *= 10.0) {
                point p = evaluate(xc, rho, sigma);
                double s = sqrt(sigma);

                /* |v| <= a few times the exchange potential; de/d|grad rho| = 2 |grad rho| v_sigma. */
                assert_true(isfinite(p.e) &&
                            fabs(p.e) <= 2.5 * pow(rho, 4.0 / 3.0) + 0.1 * rho);
                assert_true(isfinite(p.v_rho) && fabs(p.v_rho) <= 3.0 * cbrt(rho) + 0.1);
                assert_true(isfinite(p.v_sigma) && fabs(2.0 * s * p.v_sigma) < 0.2);
                if (rho < KM_XC_DENSITY_THRESHOLD) {
                    assert_true(p.e == 0.0 && p.v_rho == 0.0 && p.v_sigma == 0.0);
                }
            }
        km_xc_destroy(&xc);
    }
}

static void small_gradients_and_gradients_of_small_densities_count_as_none(void **state)
{
    const double rho[] = {0.9 * KM_XC_GRADIENT_DENSITY, 1.0};
    const double sigma[] = {1e-6, 0.9 * KM_XC_GRADIENT_SIGMA};
    km_xc *xc = functional(KM_FUNCTIONAL_PBE);

    (void)state;
    for (int i = 0; i < 2; ++i) {
        point p = evaluate(xc, rho[i], sigma[i]), none = evaluate(xc, rho[i], 0.0);

        assert_true(p.e == none.e && p.v_rho == none.v_rho && p.v_sigma == 0.0);
    }
    assert_true(evaluate(xc, 1.0, 1.1 * KM_XC_GRADIENT_SIGMA).v_sigma < 0.0);
    km_xc_destroy(&xc);
}

static void negative_density_continues_oddly(void **state)
{
    (void)state;
    for (int i = 0; i < 3; ++i) {
        km_xc *xc = functional(functionals[i]);
        point p = evaluate(xc, -0.3, 0.1), q = evaluate(xc, 0.3, 0.1);

        assert_true(p.e == -q.e && p.e > 0 && p.v_rho == q.v_rho && p.v_sigma == -q.v_sigma);
        ASSERT_CLOSE(slope(xc, -0.3, 0.1, true), p.v_rho, 1e-8);
        if (km_xc_has_gradient(xc)) ASSERT_CLOSE(slope(xc, -0.3, 0.1, false), p.v_sigma, 1e-8);
        km_xc_destroy(&xc);
    }
}

static void many_points_equal_single_points(void **state)
{
    enum { N = 777 };
    static double rho[N], sigma[N], e[N], v_rho[N], v_sigma[N];
    km_xc *xc = functional(KM_FUNCTIONAL_PBE);

    (void)state;
    for (int i = 0; i < N; ++i) {
        rho[i] = i % 5 ? 0.01 * i : -1e-4;
        sigma[i] = 0.003 * (N - i);
    }
    km_xc_compute(xc, N, rho, sigma, e, v_rho, v_sigma);
    for (int i = 0; i < N; ++i) {
        point p = evaluate(xc, rho[i], sigma[i]);

        assert_true(p.e == e[i] && p.v_rho == v_rho[i] && p.v_sigma == v_sigma[i]);
    }
    km_xc_destroy(&xc);
}

/* Two spins. */

typedef struct {
    double e, v_rho[2], v_sigma[3];
} spin_point;

static spin_point evaluate_spin(const km_xc *xc, const double rho[2], const double sigma[3])
{
    bool has = km_xc_has_gradient(xc);
    spin_point p = {0};

    km_xc_compute(xc, 1, rho, has ? sigma : NULL, &p.e, p.v_rho, has ? p.v_sigma : NULL);
    return p;
}

static km_xc *spin_functional(km_functional which)
{
    km_xc *xc;

    ASSERT_OK(km_xc_create(which, 2, &xc));
    return xc;
}

/* Where no limit of a gradient is near. */
static void equal_spins_are_no_spin(void **state)
{
    (void)state;
    for (int i = 0; i < 3; ++i) {
        km_xc *one = functional(functionals[i]), *two = spin_functional(functionals[i]);

        for (double rho = 1.1e-6; rho < 20.0; rho *= 1.9)
            for (double sigma = 1.1e-10; sigma < 1e3; sigma *= 11) {
                const double half[2] = {rho / 2, rho / 2};
                const double quarter[3] = {sigma / 4, sigma / 4, sigma / 4};
                point p = evaluate(one, rho, sigma);
                spin_point q = evaluate_spin(two, half, quarter);

                ASSERT_CLOSE(q.e, p.e, 1e-12 * fabs(p.e));
                for (int s = 0; s < 2; ++s)
                    ASSERT_CLOSE(q.v_rho[s], p.v_rho, 1e-10 * fabs(p.v_rho));
                /* Each spin's gradient is half of the whole; exchange and correlation nearly cancel. */
                ASSERT_CLOSE((q.v_sigma[0] + q.v_sigma[1] + q.v_sigma[2]) / 4, p.v_sigma,
                             1e-9 * fabs(p.v_sigma) + 1e-10 * fabs(p.e) / sigma);
            }
        km_xc_destroy(&one);
        km_xc_destroy(&two);
    }
}

static void with_spin_correlation_and_exchange_have_their_own_limits(void **state)
{
    km_xc *xc = spin_functional(KM_FUNCTIONAL_PBE);
    const double sigma[3] = {1e-11, 2e-12, 1e-12}, none[3] = {0};
    const double thin[2] = {0.6 * KM_XC_GRADIENT_DENSITY, 0.3 * KM_XC_GRADIENT_DENSITY};
    const double thick[2] = {0.8 * KM_XC_GRADIENT_DENSITY, 0.3 * KM_XC_GRADIENT_DENSITY};
    const double thinnest[2] = {1e-4, 0.9 * KM_XC_SPIN_GRADIENT_DENSITY};
    spin_point p = evaluate_spin(xc, thin, sigma), q = evaluate_spin(xc, thick, sigma);

    (void)state;
    /* Only the correlation knows of grad rho_up . grad rho_down. */
    assert_true(p.v_sigma[1] == 0 && p.v_sigma[0] < 0 && p.v_sigma[2] < 0);
    assert_true(q.v_sigma[1] > 0);
    p = evaluate_spin(xc, thinnest, sigma);
    ASSERT_CLOSE(p.v_sigma[2], p.v_sigma[1] / 2, 1e-12 * p.v_sigma[1]);
    p = evaluate_spin(xc, thick, none);
    for (int k = 0; k < 3; ++k) assert_true(p.v_sigma[k] == 0);
    km_xc_destroy(&xc);
}

/** Exchange of spins adds: E_x[a, b] = (E_x[2a] + E_x[2b]) / 2. Oliver and Perdew, Phys. Rev. A 20, 397 (1979). */
static void one_spin_has_the_exchange_of_twice_its_density(void **state)
{
    km_xc *xc = spin_functional(KM_FUNCTIONAL_LDA);

    (void)state;
    for (double rho = 1e-6; rho < 20.0; rho *= 3.0) {
        const double one[2] = {rho, 0};
        double exchange = 0.5 * 2 * rho * slater(2 * rho);
        double correlation = evaluate_spin(xc, one, NULL).e - exchange;
        /* Perdew and Wang (1992), table I, the column of full polarisation. */
        const double a = 0.015545, a1 = 0.20548, b[] = {14.1189, 6.1977, 3.3662, 0.62517};
        double rs = cbrt(3.0 / (4.0 * KM_PI * rho)), s = sqrt(rs);
        double series = s * (b[0] + s * (b[1] + s * (b[2] + s * b[3])));
        double wanted = -2.0 * a * (1.0 + a1 * rs) * log(1.0 + 1.0 / (2.0 * a * series));

        /* The empty spin counts as KM_XC_DENSITY_THRESHOLD. */
        ASSERT_CLOSE(correlation / rho, wanted, 1e-6 + 3 * cbrt(1e-10 / rho) * 1e-3);
    }
    km_xc_destroy(&xc);
}

/** Fourth-order central difference of e along one of its five variables. */
static double spin_slope(const km_xc *xc, const double rho[2], const double sigma[3], int of)
{
    double x[5] = {rho[0], rho[1], sigma[0], sigma[1], sigma[2]}, e[5];
    /* sigma_updown may be small or zero: its step is that of the others. */
    const double h = 1e-3 * (of == 3 ? sqrt(sigma[0] * sigma[2]) : fabs(x[of])), x0 = x[of];

    for (int i = -2; i <= 2; ++i) {
        x[of] = x0 + i * h;
        e[i + 2] = evaluate_spin(xc, x, x + 2).e;
    }
    return (e[0] - 8.0 * e[1] + 8.0 * e[3] - e[4]) / (12.0 * h);
}

static void check_spin_slopes(const km_xc *xc, const double rho[2], const double sigma[3])
{
    const spin_point p = evaluate_spin(xc, rho, sigma);
    const double scale = fabs(p.e);

    for (int s = 0; s < 2; ++s)
        ASSERT_CLOSE(spin_slope(xc, rho, sigma, s), p.v_rho[s],
                     2e-7 * (fabs(p.v_rho[s]) + scale / fabs(rho[s])));
    for (int k = 0; km_xc_has_gradient(xc) && k < 3; ++k)
        ASSERT_CLOSE(spin_slope(xc, rho, sigma, 2 + k), p.v_sigma[k],
                     1e-7 * scale / sqrt(sigma[0] * sigma[2]));
}

static void potentials_of_both_spins_are_derivatives_of_the_energy(void **state)
{
    const double share[] = {0.5, 0.8, 0.03}, angle[] = {0.9, 0, -0.7};

    (void)state;
    for (int i = 0; i < 3; ++i) {
        km_xc *xc = spin_functional(functionals[i]);

        for (double total = 1e-4; total < 20.0; total *= 13)
            for (int a = 0; a < 9; ++a) {
                const double rho[2] = {share[a / 3] * total, (1 - share[a / 3]) * total};
                const double unit = 4 * pow(3 * KM_PI * KM_PI, 2.0 / 3) * pow(total, 8.0 / 3);
                const double sigma[3] = {0.3 * unit, 0.3 * unit * angle[a % 3] * share[a / 3],
                                         0.3 * unit * share[a / 3] * share[a / 3]};
                const double minus[2] = {-rho[0], -rho[1]};

                check_spin_slopes(xc, rho, sigma);
                check_spin_slopes(xc, minus, sigma);
            }
        km_xc_destroy(&xc);
    }
}

/* Noise of a Fourier series below zero, in an empty spin: no step in anything. */
static void an_empty_spin_is_passed_without_a_step(void **state)
{
    (void)state;
    for (int i = 0; i < 3; ++i) {
        km_xc *xc = spin_functional(functionals[i]);
        const double sigma[3] = {1e-3, 1e-6, 1e-8}, noise = 1e-8;
        const double above[2] = {0.02, 0}, below[2] = {0.02, -noise};
        spin_point p = evaluate_spin(xc, above, sigma), q = evaluate_spin(xc, below, sigma);

        ASSERT_CLOSE(q.e, p.e - noise * p.v_rho[1], 1e-14);
        for (int s = 0; s < 2; ++s) ASSERT_CLOSE(q.v_rho[s], p.v_rho[s], 1e-6);
        for (int k = 0; k < 3; ++k)
            ASSERT_CLOSE(q.v_sigma[k], p.v_sigma[k], 1e-6 * fabs(p.v_sigma[k]));
        /* Only the correlation is left, which sees one gradient. */
        ASSERT_CLOSE(p.v_sigma[2], p.v_sigma[1] / 2, 1e-15);
        km_xc_destroy(&xc);
    }
}

static void many_points_with_spin_equal_single_points(void **state)
{
    enum { N = 300 };
    static double rho[2 * N], sigma[3 * N], e[N], v_rho[2 * N], v_sigma[3 * N];
    km_xc *xc = spin_functional(KM_FUNCTIONAL_PBE);

    (void)state;
    for (int i = 0; i < N; ++i) {
        rho[i] = i % 5 ? 0.01 * i : -1e-4;
        rho[N + i] = i % 7 ? 0.005 * (N - i) : 1e-8;
        sigma[i] = 0.003 * (N - i);
        sigma[2 * N + i] = 0.002 * i;
        sigma[N + i] = 0.3 * sqrt(sigma[i] * sigma[2 * N + i]);
    }
    km_xc_compute(xc, N, rho, sigma, e, v_rho, v_sigma);
    for (int i = 0; i < N; ++i) {
        const double r[2] = {rho[i], rho[N + i]};
        const double g[3] = {sigma[i], sigma[N + i], sigma[2 * N + i]};
        spin_point p = evaluate_spin(xc, r, g);

        assert_true(p.e == e[i]);
        for (int s = 0; s < 2; ++s) assert_true(p.v_rho[s] == v_rho[s * N + i]);
        for (int k = 0; k < 3; ++k) assert_true(p.v_sigma[k] == v_sigma[k * N + i]);
    }
    km_xc_destroy(&xc);
}

static void an_unsupported_functional_is_refused(void **state)
{
    km_xc *xc;

    (void)state;
    assert_int_equal(km_xc_create(KM_FUNCTIONAL_PBE, 3, &xc), KM_E_ARGUMENT);
    assert_null(xc);
    assert_int_equal(km_xc_create((km_functional)99, 1, &xc), KM_E_ARGUMENT);
    assert_null(xc);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(lda_is_slater_plus_perdew_wang),
    cmocka_unit_test(pbe_and_pbesol_follow_their_papers),
    cmocka_unit_test(pbe_without_gradient_is_lda),
    cmocka_unit_test(potentials_are_derivatives_of_the_energy),
    cmocka_unit_test(everything_is_finite_and_bounded_in_vacuum),
    cmocka_unit_test(small_gradients_and_gradients_of_small_densities_count_as_none),
    cmocka_unit_test(negative_density_continues_oddly),
    cmocka_unit_test(many_points_equal_single_points),
    cmocka_unit_test(equal_spins_are_no_spin),
    cmocka_unit_test(with_spin_correlation_and_exchange_have_their_own_limits),
    cmocka_unit_test(one_spin_has_the_exchange_of_twice_its_density),
    cmocka_unit_test(potentials_of_both_spins_are_derivatives_of_the_energy),
    cmocka_unit_test(an_empty_spin_is_passed_without_a_step),
    cmocka_unit_test(many_points_with_spin_equal_single_points),
    cmocka_unit_test(an_unsupported_functional_is_refused),
};

KM_TEST_MAIN(tests)
