/* np: 1 */
#include "support.h"

#include "kaimen/base/units.h"
#include "kaimen/dft/mixing.h"

#include <complex.h>
#include <string.h>

#define N_G 60
#define VOLUME 500.0

/*
 * A model crystal: out = fixed point + A (in - fixed point), where I - A is a dielectric matrix. Its diagonal is
 * 1 + 4 pi chi / G^2-like and stiff; the off-diagonal part couples neighbors.
 */
typedef struct {
    double g2[N_G];
    double complex answer[N_G];
    double response[N_G][N_G];
} model;

static void make_model(model *m, double dielectric)
{
    memset(m, 0, sizeof *m);
    for (int i = 0; i < N_G; i++) {
        double q2 = 0.02 * i * i;

        m->g2[i] = q2;
        m->answer[i] = (1.0 + 0.5 * I * sin(i)) / (1 + q2);
        for (int j = 0; i > 0 && j < N_G; j++) {
            if (j == i)
                m->response[i][j] = -(dielectric - 1) / (1 + 6 * q2);
            else if (abs(i - j) < 4 && j > 0)
                m->response[i][j] = 0.2 * sin(1.7 * (i + j)) / (1 + q2);
        }
    }
}

static void respond(const model *m, const double complex *in, double complex *out)
{
    for (int i = 0; i < N_G; i++) {
        out[i] = m->answer[i];
        for (int j = 0; j < N_G; j++) out[i] += m->response[i][j] * (in[j] - m->answer[j]);
    }
}

/* Iterations until the error estimate falls below the tolerance; 0: never. */
static int count_iterations(const model *m, const km_mixing_options *options, double tolerance,
                            double complex *rho)
{
    double complex out[N_G];
    km_mixing *mixing;
    int n = 0;

    memset(rho, 0, N_G * sizeof *rho);
    rho[0] = m->answer[0];
    ASSERT_OK(km_mixing_create(N_G, m->g2, false, VOLUME, options, &mixing));
    for (int i = 1; i <= 100 && !n; i++) {
        respond(m, rho, out);
        if (km_mixing_error_ha(mixing, rho, out) < tolerance)
            n = i;
        else
            ASSERT_OK(km_mixing_compute(mixing, rho, out, rho));
    }
    km_mixing_destroy(&mixing);
    return n;
}

static void stiff_dielectric_matrix_is_solved_in_few_steps(void **state)
{
    km_mixing_options options = km_mixing_options_default();
    double complex rho[N_G];
    static model m;
    int pulay;

    (void)state;
    make_model(&m, 16);
    pulay = count_iterations(&m, &options, 1e-12, rho);
    assert_in_range(pulay, 3, 25);
    for (int i = 0; i < N_G; i++) ASSERT_CLOSE(cabs(rho[i] - m.answer[i]), 0, 1e-6);
    /* the same without a memory does not converge at all */
    options.history = 0;
    assert_int_equal(count_iterations(&m, &options, 1e-12, rho), 0);
}

static void preconditioner_saves_iterations(void **state)
{
    km_mixing_options with = km_mixing_options_default(), without = with;
    double complex rho[N_G];
    static model m;

    (void)state;
    make_model(&m, 4);
    without.dielectric = 1;
    with.history = without.history = 0;
    with.mixing = without.mixing = 0.6;
    assert_true(count_iterations(&m, &with, 1e-10, rho) > 0);
    assert_true(count_iterations(&m, &without, 1e-10, rho) == 0 ||
                count_iterations(&m, &with, 1e-10, rho) <
                    count_iterations(&m, &without, 1e-10, rho));
}

/* Anderson mixing of a linear problem of dimension d is exact after d steps (plus the first and the last). */
static void small_linear_problem_is_solved_exactly(void **state)
{
    const km_mixing_options options = {0.7, 8, 1, 1, 1};
    const double g2[4] = {0, 0.3, 1.1, 2.5};
    const double a[3][3] = {{-3.0, 0.4, 0.1}, {0.7, -1.2, 0.3}, {-0.2, 0.5, 0.6}};
    double complex rho[4] = {2}, out[4], answer[4] = {2, 0.4, -0.3, 0.8};
    km_mixing *mixing;

    (void)state;
    ASSERT_OK(km_mixing_create(4, g2, false, 100, &options, &mixing));
    for (int step = 0; step < 5; step++) {
        out[0] = 2;
        for (int i = 0; i < 3; i++) {
            out[i + 1] = answer[i + 1];
            for (int j = 0; j < 3; j++) out[i + 1] += a[i][j] * (rho[j + 1] - answer[j + 1]);
        }
        ASSERT_OK(km_mixing_compute(mixing, rho, out, rho));
    }
    for (int i = 0; i < 4; i++) ASSERT_CLOSE(cabs(rho[i] - answer[i]), 0, 1e-10);
    km_mixing_destroy(&mixing);
}

static void error_is_the_hartree_energy_of_the_residual(void **state)
{
    const km_mixing_options options = km_mixing_options_default();
    const double g2[3] = {0, 0.5, 2.0};
    const double complex in[3] = {4, 0.1, 0.2 * I}, out[3] = {5, 0.3, 0.1};
    const double wanted = 2 * KM_PI * 100 * (0.04 / 0.5 + 0.05 / 2.0);
    km_mixing *mixing;

    (void)state;
    ASSERT_OK(km_mixing_create(3, g2, false, 100, &options, &mixing));
    ASSERT_CLOSE(km_mixing_error_ha(mixing, in, out), wanted, 1e-12);
    km_mixing_destroy(&mixing);
}

#define N_PAIRED 7

/* Both spins of a model in which the electrons answer to the magnetisation and the other way round; real in space. */
static void respond_paired(const double complex *rho, double complex *out)
{
    const double complex answer[4] = {2, 0.4 + 0.1 * I, -0.3 * I, 0.8};

    for (int s = 0; s < 2; ++s)
        for (int i = 0; i <= N_PAIRED / 2; ++i) {
            const int at = N_PAIRED / 2 + i;
            const double complex own = rho[s * N_PAIRED + at] - answer[i];
            const double complex other = rho[(1 - s) * N_PAIRED + at] - answer[i];
            double complex *image = out + s * N_PAIRED;

            image[at] = answer[i] - 0.5 * i * own - 0.2 * (i > 0) * conj(other);
            image[N_PAIRED - 1 - at] = conj(image[at]);
        }
}

/* Half of the history gives the same densities as all of it. */
static void paired_vectors_mix_like_all(void **state)
{
    const double g2[N_PAIRED] = {2.5, 1.1, 0.3, 0, 0.3, 1.1, 2.5};
    km_mixing_options options = km_mixing_options_default();
    double complex rho[2][2 * N_PAIRED] = {{0}}, out[2 * N_PAIRED];
    double error[2], inverse[2][N_PAIRED];
    km_mixing *mixing[2];

    (void)state;
    options.n_spin = 2;
    for (int p = 0; p < 2; ++p) {
        ASSERT_OK(km_mixing_create(N_PAIRED, g2, p == 1, 100, &options, &mixing[p]));
        km_mixing_inverse_dielectric(mixing[p], inverse[p]);
        rho[p][N_PAIRED / 2] = rho[p][N_PAIRED + N_PAIRED / 2] = 2;
    }
    assert_memory_equal(inverse[0], inverse[1], sizeof inverse[0]);
    for (int step = 0; step < 4; ++step) {
        for (int p = 0; p < 2; ++p) {
            respond_paired(rho[p], out);
            error[p] = km_mixing_error_ha(mixing[p], rho[p], out);
            ASSERT_OK(km_mixing_compute(mixing[p], rho[p], out, rho[p]));
        }
        ASSERT_CLOSE(error[0], error[1], 1e-9 * error[0]);
        for (int i = 0; i < 2 * N_PAIRED; ++i)
            ASSERT_CLOSE(cabs(rho[0][i] - rho[1][i]), 0, 1e-9);
    }
    for (int p = 0; p < 2; ++p) km_mixing_destroy(&mixing[p]);
}

static void first_step_adds_the_preconditioned_residual(void **state)
{
    const km_mixing_options options = {0.5, 4, 4, 2, 1};
    const double g2[3] = {0, 1e-6, 1e6};
    const double complex in[3] = {4, 1, 1}, out[3] = {5, 2, 2};
    double complex next[3];
    km_mixing *mixing;

    (void)state;
    ASSERT_OK(km_mixing_create(3, g2, false, 100, &options, &mixing));
    ASSERT_OK(km_mixing_compute(mixing, in, out, next));
    assert_true(next[0] == 4); /* charge is kept */
    ASSERT_CLOSE(creal(next[1]), 1 + 0.5 / 4, 1e-5);
    ASSERT_CLOSE(creal(next[2]), 1 + 0.5, 1e-5);
    km_mixing_destroy(&mixing);
}

/* Steps that repeat each other must not blow the next density up. */
static void dependent_history_is_dropped(void **state)
{
    const km_mixing_options options = km_mixing_options_default();
    double complex rho[N_G], out[N_G];
    static model m;
    km_mixing *mixing;

    (void)state;
    make_model(&m, 4);
    ASSERT_OK(km_mixing_create(N_G, m.g2, false, VOLUME, &options, &mixing));
    for (int i = 0; i < N_G; i++) rho[i] = 0;
    for (int repeat = 0; repeat < 12; repeat++) {
        for (int i = 0; i < N_G; i++) out[i] = rho[i] + (i > 0) * 1e-3;
        ASSERT_OK(km_mixing_compute(mixing, rho, out, rho));
        for (int i = 0; i < N_G; i++) assert_true(cabs(rho[i]) < 0.1);
    }
    /* and converged input stays where it is */
    for (int repeat = 0; repeat < 3; repeat++) {
        memcpy(out, rho, sizeof out);
        ASSERT_OK(km_mixing_compute(mixing, rho, out, rho));
    }
    for (int i = 0; i < N_G; i++) ASSERT_CLOSE(cabs(rho[i] - out[i]), 0, 1e-12);
    km_mixing_destroy(&mixing);
}

static void reset_forgets_and_nothing_is_allocated(void **state)
{
    const km_mixing_options options = km_mixing_options_default();
    double complex first[N_G], again[N_G], rho[N_G], out[N_G];
    static model m;
    km_mixing *mixing;
    long n_allocation;

    (void)state;
    make_model(&m, 10);
    ASSERT_OK(km_mixing_create(N_G, m.g2, false, VOLUME, &options, &mixing));
    n_allocation = km_memory_n_allocation();
    for (int pass = 0; pass < 2; pass++) {
        memset(rho, 0, sizeof rho);
        for (int i = 0; i < 15; i++) {
            respond(&m, rho, out);
            ASSERT_OK(km_mixing_compute(mixing, rho, out, rho));
        }
        memcpy(pass ? again : first, rho, sizeof rho);
        km_mixing_reset(mixing, options.mixing);
    }
    assert_memory_equal(first, again, sizeof first);
    assert_true(km_memory_n_allocation() == n_allocation);
    km_mixing_destroy(&mixing);
}

static void impossible_options_and_densities_are_refused(void **state)
{
    const km_mixing_options bad[6] = {{0, 8, 4, 2, 1},     {0.5, -1, 4, 2, 1},
                                      {0.5, 8, 0.5, 2, 1}, {0.5, 8, 4, 0, 1},
                                      {0.5, 99, 4, 2, 1},  {0.5, 8, 4, 2, 3}};
    const km_mixing_options good = km_mixing_options_default();
    const double g2[2] = {0, 1};
    double complex in[2] = {1, 2}, out[2] = {1, NAN}, next[2] = {7, 7};
    km_mixing *mixing;

    (void)state;
    for (int i = 0; i < 6; i++)
        assert_int_equal(km_mixing_create(2, g2, false, 100, &bad[i], &mixing), KM_E_ARGUMENT);
    assert_int_equal(km_mixing_create(2, g2, NULL, 0, &good, &mixing), KM_E_ARGUMENT);
    assert_null(mixing);
    ASSERT_OK(km_mixing_create(2, g2, false, 100, &good, &mixing));
    assert_int_equal(km_mixing_compute(mixing, in, out, next), KM_E_NUMERIC);
    assert_true(next[0] == 7 && next[1] == 7);
    km_mixing_destroy(&mixing);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(stiff_dielectric_matrix_is_solved_in_few_steps),
    cmocka_unit_test(preconditioner_saves_iterations),
    cmocka_unit_test(small_linear_problem_is_solved_exactly),
    cmocka_unit_test(error_is_the_hartree_energy_of_the_residual),
    cmocka_unit_test(paired_vectors_mix_like_all),
    cmocka_unit_test(first_step_adds_the_preconditioned_residual),
    cmocka_unit_test(dependent_history_is_dropped),
    cmocka_unit_test(reset_forgets_and_nothing_is_allocated),
    cmocka_unit_test(impossible_options_and_densities_are_refused),
};

KM_TEST_MAIN(tests)
