/* np: 1 */
/* FFTs of a size are counted over all grids of a process, and what was measured once needs no measuring again. */
#include "dft/dft_support.h"

#include "kaimen/dft/fft_plans.h"

#include <fftw3.h>

#define N_ENOUGH 500

static const int SIZE[3] = {6, 10, 9};

static km_fft_plans *make_plans(double **real, double complex **reciprocal)
{
    km_fft_plans *plans;

    ASSERT_OK(KM_ALLOC(*real, 6 * 10 * 9));
    ASSERT_OK(KM_ALLOC(*reciprocal, 6 * 10 * 5));
    ASSERT_OK(km_fft_plans_create(SIZE, *real, *reciprocal, &plans));
    return plans;
}

/* Whether plans of that size are measured after some FFTs. */
static bool are_measured_after(int n)
{
    double *real;
    double complex *reciprocal;
    km_fft_plans *plans = make_plans(&real, &reciprocal);
    bool are_measured;

    for (int i = 0; i < n; ++i) km_fft_plans_count(plans);
    are_measured = km_fft_plans_are_measured(plans);
    for (int i = 0; i < 6 * 10 * 9; ++i) real[i] = i % 7;
    km_fft_plans_forward(plans);
    ASSERT_CLOSE(creal(reciprocal[0]), 6 * 10 * 9 / 7 * 21, 1e-9);
    km_fft_plans_backward(plans);
    for (int i = 0; i < 6 * 10 * 9; ++i) ASSERT_CLOSE(real[i] / (6 * 10 * 9), i % 7, 1e-12);
    km_fft_plans_destroy(&plans);
    KM_FREE(real);
    KM_FREE(reciprocal);
    return are_measured;
}

/* A relaxation makes a new grid at every step. */
static void much_used_sizes_are_measured(void **state)
{
    (void)state;
    assert_false(are_measured_after(N_ENOUGH / 2));
    assert_false(km_fft_wisdom_is_new());
    assert_true(are_measured_after(N_ENOUGH / 2));
    assert_true(km_fft_wisdom_is_new());
    assert_true(are_measured_after(0));
}

static void wisdom_goes_from_one_process_to_the_next(void **state)
{
    char *wisdom;

    (void)state;
    ASSERT_OK(km_fft_wisdom_write(&wisdom));
    fftw_forget_wisdom(); /* what a new process knows */
    km_fft_wisdom_read("");
    km_fft_wisdom_read("(what FFTW never wrote)");
    assert_false(are_measured_after(0));
    km_fft_wisdom_read(wisdom);
    assert_true(are_measured_after(0));
    KM_FREE(wisdom);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(much_used_sizes_are_measured),
    cmocka_unit_test(wisdom_goes_from_one_process_to_the_next),
};

KM_TEST_MAIN(tests)
