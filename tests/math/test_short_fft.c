/* np: 1 */
/* Short transforms against the sum that defines them. */
#include "support.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/rng.h"
#include "kaimen/math/short_fft.h"

#include <complex.h>
#include <math.h>

#define LONGEST 128

/* Numbers of one point: the real parts of all transforms, then the imaginary ones. */
#define POINT (2 * KM_SHORT_FFT_WIDTH)

static double in[LONGEST * POINT] __attribute__((aligned(64)));
static double out[LONGEST * POINT] __attribute__((aligned(64)));
static double back[LONGEST * POINT] __attribute__((aligned(64)));

static void fill(int n)
{
    km_rng rng = km_rng_start(5, (uint64_t)n);

    for (int i = 0; i < n * POINT; ++i) in[i] = km_rng_uniform(&rng) - 0.5;
}

static double complex value(const double *at, int j, int lane)
{
    const double *p = at + j * POINT + lane;

    return p[0] + I * p[KM_SHORT_FFT_WIDTH];
}

static double largest_error(int n, int sign)
{
    double error = 0;

    for (int lane = 0; lane < KM_SHORT_FFT_WIDTH; ++lane)
        for (int k = 0; k < n; ++k) {
            double complex sum = 0;

            for (int j = 0; j < n; ++j)
                sum += cexp(sign * 2 * M_PI * I * (double)(j * k % n) / n) * value(in, j, lane);
            error = fmax(error, cabs(sum - value(out, k, lane)));
        }
    return error;
}

static void every_length_gives_the_sum_that_defines_it(void **state)
{
    (void)state;
    for (int n = 1; n <= LONGEST; ++n)
        for (int sign = -1; sign <= 1; sign += 2) {
            km_short_fft *fft;

            fill(n);
            ASSERT_OK(km_short_fft_create(n, &fft));
            km_short_fft_compute(fft, sign, in, out);
            ASSERT_CLOSE(largest_error(n, sign), 0, 2e-13);
            km_short_fft_destroy(&fft);
            assert_null(fft);
        }
}

static void there_and_back_is_the_length(void **state)
{
    static const int lengths[] = {16, 27, 30, 45, 64, 77, 96, 125};

    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; ++i) {
        const int n = lengths[i];
        km_short_fft *fft;

        fill(n);
        ASSERT_OK(km_short_fft_create(n, &fft));
        km_short_fft_compute(fft, 1, in, out);
        km_short_fft_compute(fft, -1, out, back);
        for (int j = 0; j < n * POINT; ++j) ASSERT_CLOSE(back[j], n * in[j], 1e-12 * n);
        km_short_fft_destroy(&fft);
    }
}

/* Of 16 transforms side by side the second 8 are the first ones again. */
static int of_double(int i)
{
    const int part = i / KM_SHORT_FFT_WIDTH_SINGLE, lane = i % KM_SHORT_FFT_WIDTH_SINGLE;

    return part * KM_SHORT_FFT_WIDTH + lane % KM_SHORT_FFT_WIDTH;
}

static void single_precision_is_right_to_seven_digits(void **state)
{
    static float in_single[LONGEST * 2 * POINT] __attribute__((aligned(64)));
    static float out_single[LONGEST * 2 * POINT] __attribute__((aligned(64)));

    (void)state;
    for (int n = 1; n <= LONGEST; ++n) {
        km_short_fft *fft;
        km_short_fft_single *single;

        fill(n);
        for (int i = 0; i < 2 * n * POINT; ++i) in_single[i] = (float)in[of_double(i)];
        ASSERT_OK(km_short_fft_create(n, &fft));
        ASSERT_OK(km_short_fft_create_single(n, &single));
        km_short_fft_compute(fft, -1, in, out);
        km_short_fft_compute_single(single, -1, in_single, out_single);
        for (int i = 0; i < 2 * n * POINT; ++i)
            ASSERT_CLOSE(out_single[i], out[of_double(i)], 1e-5);
        km_short_fft_destroy(&fft);
        km_short_fft_destroy_single(&single);
    }
}

static void a_transform_allocates_nothing(void **state)
{
    km_short_fft *fft;
    long n_allocation;

    (void)state;
    fill(60);
    ASSERT_OK(km_short_fft_create(60, &fft));
    n_allocation = km_memory_n_allocation();
    km_short_fft_compute(fft, 1, in, out);
    assert_int_equal(km_memory_n_allocation(), n_allocation);
    km_short_fft_destroy(&fft);
}

static void no_points_are_refused(void **state)
{
    km_short_fft *fft;

    (void)state;
    assert_int_equal(km_short_fft_create(0, &fft), KM_E_ARGUMENT);
    assert_null(fft);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_length_gives_the_sum_that_defines_it),
    cmocka_unit_test(there_and_back_is_the_length),
    cmocka_unit_test(single_precision_is_right_to_seven_digits),
    cmocka_unit_test(a_transform_allocates_nothing),
    cmocka_unit_test(no_points_are_refused),
};

KM_TEST_MAIN(tests)
