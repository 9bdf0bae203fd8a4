/* np: 1 */
#include "support.h"

#include "kaimen/base/rng.h"

#define N_DRAW 200000

static void bits_are_those_of_the_published_generator(void **state)
{
    /* First outputs of the authors' xoshiro256plusplus.c from the state 1, 2, 3, 4. */
    static const uint64_t expected[] = {41943041,
                                        58720359,
                                        UINT64_C(3588806011781223),
                                        UINT64_C(3591011842654386),
                                        UINT64_C(9228616714210784205),
                                        UINT64_C(9973669472204895162)};
    km_rng rng = {{1, 2, 3, 4}};

    (void)state;
    for (size_t i = 0; i < sizeof expected / sizeof *expected; ++i)
        assert_true(km_rng_bits(&rng) == expected[i]);
}

static void one_seed_gives_one_sequence(void **state)
{
    km_rng a = km_rng_start(7, 1), b = km_rng_start(7, 1);

    (void)state;
    for (int i = 0; i < 100; ++i) assert_true(km_rng_bits(&a) == km_rng_bits(&b));
}

static void streams_do_not_resemble_each_other(void **state)
{
    /* Correlation of N uniform pairs has the deviation 1/sqrt(N); 5 of them are allowed. */
    double tolerance = 5 / sqrt(N_DRAW);
    const uint64_t pairs[][2] = {{0, 1}, {1, 0}, {1, 2}, {2, 1}, {UINT64_MAX, 0}};

    (void)state;
    for (size_t ip = 0; ip < sizeof pairs / sizeof *pairs; ++ip) {
        km_rng a = km_rng_start(pairs[ip][0], pairs[ip][1]);
        km_rng b = km_rng_start(pairs[ip][1], pairs[ip][0]), c = km_rng_start(pairs[ip][0], 99);
        double ab = 0, ac = 0;

        for (int i = 0; i < N_DRAW; ++i) {
            double x = km_rng_uniform(&a) - 0.5;

            ab += x * (km_rng_uniform(&b) - 0.5) * 12 / N_DRAW;
            ac += x * (km_rng_uniform(&c) - 0.5) * 12 / N_DRAW;
        }
        ASSERT_CLOSE(ab, 0, tolerance);
        ASSERT_CLOSE(ac, 0, tolerance);
    }
}

static void moments_are_those_of_the_distributions(void **state)
{
    km_rng rng = km_rng_start(42, 0);
    double uniform = 0, normal = 0, square = 0, fourth = 0;
    /* Deviation of a mean of N draws of variance 1 is 1/sqrt(N); of x^4, sqrt(96/N). */
    double tolerance = 5 / sqrt(N_DRAW);

    (void)state;
    for (int i = 0; i < N_DRAW; ++i) {
        double u = km_rng_uniform(&rng), x = km_rng_normal(&rng);

        assert_true(u >= 0 && u < 1);
        uniform += u / N_DRAW;
        normal += x / N_DRAW;
        square += x * x / N_DRAW;
        fourth += x * x * x * x / N_DRAW;
    }
    ASSERT_CLOSE(uniform, 0.5, tolerance);
    ASSERT_CLOSE(normal, 0, tolerance);
    ASSERT_CLOSE(square, 1, 2 * tolerance);
    ASSERT_CLOSE(fourth, 3, 10 * tolerance);
}

static void every_index_comes_equally_often(void **state)
{
    km_rng rng = km_rng_start(3, 3);
    int count[7] = {0};

    (void)state;
    for (int i = 0; i < N_DRAW; ++i) ++count[km_rng_index(&rng, 7)];
    for (int i = 0; i < 7; ++i) ASSERT_CLOSE(count[i], N_DRAW / 7.0, 5 * sqrt(N_DRAW / 7.0));
    assert_true(km_rng_index(&rng, 1) == 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(bits_are_those_of_the_published_generator),
    cmocka_unit_test(one_seed_gives_one_sequence),
    cmocka_unit_test(streams_do_not_resemble_each_other),
    cmocka_unit_test(moments_are_those_of_the_distributions),
    cmocka_unit_test(every_index_comes_equally_often),
};
KM_TEST_MAIN(tests)
