/* np: 1 */
#include "dft/dft_support.h"

/* Sums of 60 products of numbers below 1. */
#define ROUNDING 1e-13
#define N_G 61
#define N_A 5
#define N_B 4

static km_matrix make_matrix(bool is_real, int n_row, int n_column)
{
    km_matrix matrix;

    ASSERT_OK(km_matrix_create(is_real, n_row, n_column, &matrix));
    return matrix;
}

static km_matrix make_random_matrix(bool is_real, int n_row, int n_column, uint64_t seed)
{
    km_matrix matrix = make_matrix(is_real, n_row, n_column);
    km_rng rng = km_rng_start(seed, 2);

    for (int i = 0; i < (is_real ? 1 : 2) * n_row * n_column; ++i)
        matrix.data[i] = km_rng_uniform(&rng) - 0.5;
    return matrix;
}

static void overlap_is_the_inner_product(void **state)
{
    (void)state;
    for (int is_real = 0; is_real < 2; ++is_real) {
        km_bands a = make_random_bands(is_real, N_A, N_G, 1);
        km_bands b = make_random_bands(is_real, N_B, N_G, 2);
        km_matrix large = make_matrix(is_real, N_A + 3, N_B + 2);
        const km_matrix s = km_matrix_view(&large, 2, 1);

        km_bands_overlap(&a, &b, &s);
        for (int i = 0; i < N_A; ++i)
            for (int j = 0; j < N_B; ++j)
                ASSERT_CLOSE(cabs(element(&s, i, j) - inner_product(&a, i, &b, j)), 0,
                             ROUNDING);
        /* nothing around the view is touched */
        for (int i = 0; i < N_A + 3; ++i) ASSERT_CLOSE(cabs(element(&large, i, 0)), 0, 0);
        for (int j = 0; j < N_B + 2; ++j)
            ASSERT_CLOSE(cabs(element(&large, 1, j)) + cabs(element(&large, N_A + 2, j)), 0, 0);
        km_bands_destroy(&a);
        km_bands_destroy(&b);
        km_matrix_destroy(&large);
    }
}

static void rotation_is_the_sum_over_bands(void **state)
{
    (void)state;
    for (int is_real = 0; is_real < 2; ++is_real) {
        km_bands a = make_random_bands(is_real, N_A, N_G, 1);
        km_bands out = make_random_bands(is_real, N_B, N_G, 2);
        km_bands before = make_complex(&out);
        km_matrix u = make_random_matrix(is_real, N_A, N_B, 3);

        km_bands_rotate(-1.5, &a, &u, 0.5, &out);
        for (int j = 0; j < N_B; ++j)
            for (int ig = 0; ig < N_G; ++ig) {
                double complex sum = 0.5 * coefficient(&before, j, ig);

                for (int i = 0; i < N_A; ++i)
                    sum -= 1.5 * coefficient(&a, i, ig) * element(&u, i, j);
                ASSERT_CLOSE(cabs(coefficient(&out, j, ig) - sum), 0, ROUNDING);
            }
        km_bands_destroy(&a);
        km_bands_destroy(&out);
        km_bands_destroy(&before);
        km_matrix_destroy(&u);
    }
}

/* beta = 0 must not read what stood there: it may be a NaN. */
static void rotation_without_beta_forgets_the_old_values(void **state)
{
    (void)state;
    for (int is_real = 0; is_real < 2; ++is_real) {
        km_bands a = make_random_bands(is_real, N_A, N_G, 1);
        km_bands out = make_random_bands(is_real, N_B, N_G, 2);
        km_matrix u = make_random_matrix(is_real, N_A, N_B, 3);

        for (size_t i = 0; i < N_B * km_bands_stride(&out); ++i) out.data[i] = NAN;
        km_bands_rotate(1, &a, &u, 0, &out);
        for (size_t i = 0; i < N_B * km_bands_stride(&out); ++i)
            assert_true(isfinite(out.data[i]));
        km_bands_destroy(&a);
        km_bands_destroy(&out);
        km_matrix_destroy(&u);
    }
}

static void orthonormal_bands_span_the_same_space(void **state)
{
    (void)state;
    for (int is_real = 0; is_real < 2; ++is_real) {
        km_bands a = make_random_bands(is_real, N_A, N_G, 4);
        km_bands before = make_random_bands(is_real, N_A, N_G, 4);
        km_matrix s = make_matrix(is_real, N_A, N_A);
        bool is_independent;

        km_bands_overlap(&a, &a, &s);
        ASSERT_OK(km_bands_orthonormalise(&a, &s, &is_independent));
        assert_true(is_independent);
        for (int i = 0; i < N_A; ++i) {
            double left = creal(inner_product(&before, i, &before, i));

            for (int j = 0; j < N_A; ++j) {
                ASSERT_CLOSE(cabs(inner_product(&a, i, &a, j) - (i == j)), 0, ROUNDING);
                left -= pow(cabs(inner_product(&a, j, &before, i)), 2);
            }
            ASSERT_CLOSE(left, 0, 10 * ROUNDING); /* nothing of it lies outside the new bands */
        }
        /* one band twice */
        memcpy(a.data, a.data + km_bands_stride(&a), sizeof(double) * km_bands_stride(&a));
        km_bands_overlap(&a, &a, &s);
        ASSERT_OK(km_bands_orthonormalise(&a, &s, &is_independent));
        assert_false(is_independent);
        km_bands_destroy(&a);
        km_bands_destroy(&before);
        km_matrix_destroy(&s);
    }
}

/* The same real numbers through both kinds of arithmetic. */
static void real_and_complex_arithmetic_agree(void **state)
{
    km_bands a = make_random_bands(true, N_A, N_G, 5), b = make_bands(true, N_A, N_G);
    km_bands za = make_complex(&a), zb = make_complex(&b);
    km_matrix s = make_matrix(true, N_A, N_A), zs = make_matrix(false, N_A, N_A);
    double value[N_A], z_value[N_A];
    bool is_independent;

    (void)state;
    km_bands_overlap(&a, &a, &s);
    km_bands_overlap(&za, &za, &zs);
    km_bands_rotate(1, &a, &s, 0, &b);
    km_bands_rotate(1, &za, &zs, 0, &zb);
    ASSERT_CLOSE(largest_difference(&b, &zb), 0, ROUNDING);
    ASSERT_OK(km_bands_orthonormalise(&a, &s, &is_independent));
    assert_true(is_independent);
    ASSERT_OK(km_bands_orthonormalise(&za, &zs, &is_independent));
    assert_true(is_independent);
    ASSERT_CLOSE(largest_difference(&a, &za), 0, ROUNDING);
    km_bands_overlap(&b, &b, &s);
    km_bands_overlap(&zb, &zb, &zs);
    ASSERT_OK(km_matrix_diagonalise(N_A, &s, value));
    ASSERT_OK(km_matrix_diagonalise(N_A, &zs, z_value));
    for (int i = 0; i < N_A; ++i) ASSERT_CLOSE(value[i], z_value[i], 1e-11 * value[N_A - 1]);
    km_bands_destroy(&a);
    km_bands_destroy(&b);
    km_bands_destroy(&za);
    km_bands_destroy(&zb);
    km_matrix_destroy(&s);
    km_matrix_destroy(&zs);
}

static void eigenvectors_diagonalise_the_matrix(void **state)
{
    (void)state;
    for (int is_real = 0; is_real < 2; ++is_real) {
        km_bands a = make_random_bands(is_real, N_A, N_G, 6);
        km_bands b = make_bands(is_real, N_A, N_G);
        km_matrix s = make_matrix(is_real, N_A, N_A);
        double value[N_A];

        km_bands_overlap(&a, &a, &s);
        ASSERT_OK(km_matrix_diagonalise(N_A, &s, value));
        km_bands_rotate(1, &a, &s, 0, &b);
        for (int i = 0; i < N_A; ++i) {
            assert_true(i == 0 || value[i] >= value[i - 1]);
            for (int j = 0; j < N_A; ++j)
                ASSERT_CLOSE(cabs(inner_product(&b, i, &b, j) - (i == j ? value[i] : 0)), 0,
                             10 * ROUNDING);
        }
        s.data[0] = NAN;
        assert_int_equal(km_matrix_diagonalise(N_A, &s, value), KM_E_NUMERIC);
        km_bands_destroy(&a);
        km_bands_destroy(&b);
        km_matrix_destroy(&s);
    }
}

static void views_share_coefficients(void **state)
{
    km_bands a = make_random_bands(false, N_A, N_G, 7), b = make_bands(false, 2, N_G);
    const km_bands view = km_bands_view(&a, 3, 2);

    (void)state;
    assert_int_equal(view.n_band, 2);
    assert_ptr_equal(view.data, a.data + 3 * 2 * N_G);
    km_bands_copy(&view, &b);
    for (int ig = 0; ig < N_G; ++ig)
        ASSERT_CLOSE(cabs(coefficient(&b, 1, ig) - coefficient(&a, 4, ig)), 0, 0);
    km_bands_destroy(&a);
    km_bands_destroy(&b);
    assert_null(a.data);
    assert_int_equal(a.n_band, 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(overlap_is_the_inner_product),
    cmocka_unit_test(rotation_is_the_sum_over_bands),
    cmocka_unit_test(rotation_without_beta_forgets_the_old_values),
    cmocka_unit_test(orthonormal_bands_span_the_same_space),
    cmocka_unit_test(real_and_complex_arithmetic_agree),
    cmocka_unit_test(eigenvectors_diagonalise_the_matrix),
    cmocka_unit_test(views_share_coefficients),
};

KM_TEST_MAIN(tests)
