/* np: 1 */
/* Transforms of bands against sums over plane waves, which are what the transforms stand for. */
#include "dft/dft_support.h"

#include "kaimen/dft/fft.h"

#define ROUNDING 1e-12
#define N_BAND 3 /* odd: the last real band goes alone */
#define ECUT_HA 2.5

/* A cell with its bases, a grid and a potential on it. */
typedef struct {
    km_crystal *crystal;
    km_grid *grid;
    km_basis *basis[2];
    km_fft *fft;
    double complex *v_g;
    double *v_r;
} setting;

/* A smooth random real potential; even about the origin where coefficients are to be real. */
static void make_potential(setting *s, bool is_even)
{
    const int *m = km_grid_miller(s->grid);
    km_rng rng = km_rng_start(11, 0);

    ASSERT_OK(KM_ALLOC(s->v_g, km_grid_n_g(s->grid)));
    ASSERT_OK(KM_ALLOC(s->v_r, km_grid_n_point(s->grid)));
    for (int ig = 0; ig < km_grid_n_g(s->grid); ++ig) {
        int minus = km_grid_find(s->grid, (int[]){-m[3 * ig], -m[3 * ig + 1], -m[3 * ig + 2]});
        double complex v = km_rng_uniform(&rng) - 0.5 + I * (km_rng_uniform(&rng) - 0.5);

        s->v_g[ig] = is_even || minus == ig ? creal(v) : v;
        s->v_g[minus] = conj(s->v_g[ig]);
    }
    km_grid_to_real(s->grid, s->v_g, s->v_r);
}

static void make_setting(km_crystal *crystal, const int n[3], bool is_even, setting *s)
{
    static const double k_frac[2][3] = {{0, 0, 0}, {0.31, 0.45, -0.22}};

    *s = (setting){.crystal = crystal};
    ASSERT_OK(km_grid_create(crystal, ECUT_HA, n, &s->grid));
    for (int ik = 0; ik < 2; ++ik)
        ASSERT_OK(km_basis_create(crystal, k_frac[ik], ECUT_HA, MPI_COMM_SELF, &s->basis[ik]));
    ASSERT_OK(km_fft_create(n, 2, s->basis, 1, true, &s->fft));
    make_potential(s, is_even);
    km_fft_set_potential(s->fft, s->v_r);
}

static void destroy_setting(setting *s)
{
    km_fft_destroy(&s->fft);
    for (int ik = 0; ik < 2; ++ik) km_basis_destroy(&s->basis[ik]);
    km_grid_destroy(&s->grid);
    km_crystal_destroy(&s->crystal);
    KM_FREE(s->v_g);
    KM_FREE(s->v_r);
}

static const int sizes[][3] = {{15, 14, 16}, {16, 15, 15}, {14, 16, 18}, {20, 18, 21}};

/* sum over G' of V(G - G') c(G') */
static double complex convolve(const setting *s, const km_basis *basis, const km_bands *in,
                               int band, int ig)
{
    const int *m = km_basis_miller(basis);
    double complex sum = 0;

    for (int jg = 0; jg < in->n_g; ++jg) {
        const int d[3] = {m[3 * ig] - m[3 * jg], m[3 * ig + 1] - m[3 * jg + 1],
                          m[3 * ig + 2] - m[3 * jg + 2]};
        int at = km_grid_find(s->grid, d);

        if (at >= 0) sum += s->v_g[at] * coefficient(in, band, jg);
    }
    return sum;
}

/* Both k-points in turn: what one leaves in the work space must not show in the other. */
static void check_potential(const setting *s, bool is_real)
{
    for (int round = 0; round < 3; ++round) {
        const km_basis *basis = s->basis[round % 2];
        const int n_g = km_basis_n_g(basis);
        km_bands in = make_random_bands(is_real, N_BAND, n_g, 20 + (uint64_t)round);
        km_bands out = make_random_bands(is_real, N_BAND, n_g, 30);
        km_bands before = make_complex(&out);

        km_fft_apply_potential(s->fft, basis, 0, &in, &out);
        for (int j = 0; j < N_BAND; ++j)
            for (int ig = 0; ig < n_g; ++ig)
                ASSERT_CLOSE(cabs(coefficient(&out, j, ig) - coefficient(&before, j, ig) -
                                  convolve(s, basis, &in, j, ig)),
                             0, ROUNDING);
        km_bands_destroy(&in);
        km_bands_destroy(&out);
        km_bands_destroy(&before);
    }
}

static void potential_is_the_convolution(void **state)
{
    (void)state;
    for (int i = 0; i < 4; ++i)
        for (int is_real = 0; is_real < 2; ++is_real) {
            setting s;

            make_setting(make_pairs(), sizes[i], is_real, &s);
            check_potential(&s, is_real);
            destroy_setting(&s);
        }
}

static void single_precision_is_right_to_six_digits(void **state)
{
    (void)state;
    for (int is_real = 0; is_real < 2; ++is_real) {
        setting s;
        km_bands in, exact, rough, in_single, out_single;
        double error = 0;

        make_setting(make_pairs(), sizes[1], is_real, &s);
        in = make_random_bands(is_real, N_BAND, km_basis_n_g(s.basis[1]), 50);
        exact = make_bands(is_real, N_BAND, in.n_g);
        rough = make_bands(is_real, N_BAND, in.n_g);
        km_fft_apply_potential(s.fft, s.basis[1], 0, &in, &exact);
        ASSERT_OK(km_bands_create_single(is_real, N_BAND, in.n_g, &in_single));
        ASSERT_OK(km_bands_create_single(is_real, N_BAND, in.n_g, &out_single));
        km_bands_copy(&in, &in_single);
        km_fft_apply_potential(s.fft, s.basis[1], 0, &in_single, &out_single);
        km_bands_copy(&out_single, &rough);
        for (int j = 0; j < N_BAND; ++j)
            for (int ig = 0; ig < in.n_g; ++ig)
                error =
                    fmax(error, cabs(coefficient(&rough, j, ig) - coefficient(&exact, j, ig)));
        assert_true(error > 0 && error < 2e-6);
        km_bands_destroy(&in);
        km_bands_destroy(&exact);
        km_bands_destroy(&rough);
        km_bands_destroy(&in_single);
        km_bands_destroy(&out_single);
        destroy_setting(&s);
    }
}

static void potential_is_hermitian(void **state)
{
    (void)state;
    for (int is_real = 0; is_real < 2; ++is_real) {
        setting s;
        km_bands a, image;

        make_setting(make_pairs(), sizes[0], is_real, &s);
        a = make_random_bands(is_real, N_BAND, km_basis_n_g(s.basis[1]), 40);
        image = make_bands(is_real, N_BAND, a.n_g);
        km_fft_apply_potential(s.fft, s.basis[1], 0, &a, &image);
        for (int i = 0; i < N_BAND; ++i)
            for (int j = 0; j < N_BAND; ++j)
                ASSERT_CLOSE(cabs(inner_product(&a, i, &image, j) -
                                  conj(inner_product(&a, j, &image, i))),
                             0, 100 * ROUNDING);
        km_bands_destroy(&a);
        km_bands_destroy(&image);
        destroy_setting(&s);
    }
}

/* sum_j w_j |sum_G c_j(G) exp(i G r)|^2 at one grid point; exp(i k r) drops out. */
static double density_at(const setting *s, const km_basis *basis, const km_bands *bands,
                         const double *weight, const int at[3])
{
    const int *m = km_basis_miller(basis), *n = km_grid_n(s->grid);
    double sum = 0;

    for (int j = 0; j < bands->n_band; ++j) {
        double complex psi = 0;

        for (int ig = 0; ig < bands->n_g; ++ig) {
            double angle = 0;

            for (int x = 0; x < 3; ++x) angle += (double)m[3 * ig + x] * at[x] / n[x];
            psi += coefficient(bands, j, ig) * cexp(2 * KM_PI * I * angle);
        }
        sum += weight[j] * creal(psi * conj(psi));
    }
    return sum;
}

/* The density of real bands is promised up to its odd part only. */
static double even_part(const setting *s, const double *density, const int at[3])
{
    const int *n = km_grid_n(s->grid);
    const int i = (at[0] * n[1] + at[1]) * n[2] + at[2];
    const int j =
        ((n[0] - at[0]) % n[0] * n[1] + (n[1] - at[1]) % n[1]) * n[2] + (n[2] - at[2]) % n[2];

    return (density[i] + density[j]) / 2;
}

static void check_density(const setting *s, bool is_real, bool is_rough)
{
    const double rounding = is_rough ? 1e-6 : ROUNDING;
    const double weight[N_BAND] = {2, 0.7, 1.1};
    km_bands bands[2];
    double *density = NULL, scale = 0;

    ASSERT_OK(KM_ALLOC(density, km_grid_n_point(s->grid)));
    for (int ik = 0; ik < 2; ++ik)
        bands[ik] = make_random_bands(is_real, N_BAND, km_basis_n_g(s->basis[ik]), 50);
    for (int round = 0; round < 2; ++round) { /* the second one after a clear */
        km_fft_clear_density(s->fft);
        for (int ik = 0; ik < 2; ++ik)
            km_fft_add_density(s->fft, s->basis[ik], &bands[ik], weight, is_rough);
    }
    km_fft_get_density(s->fft, density);
    for (int i = 0; i < 40; ++i) {
        const int *n = km_grid_n(s->grid);
        const int at[3] = {7 * i % n[0], 11 * i % n[1], 5 * i % n[2]};
        double expected = 0;

        for (int ik = 0; ik < 2; ++ik)
            expected += density_at(s, s->basis[ik], &bands[ik], weight, at);
        scale = fmax(scale, expected);
        if (is_real)
            ASSERT_CLOSE(even_part(s, density, at), expected, rounding * scale);
        else
            ASSERT_CLOSE(density[(at[0] * n[1] + at[1]) * n[2] + at[2]], expected,
                         rounding * scale);
    }
    for (int ik = 0; ik < 2; ++ik) km_bands_destroy(&bands[ik]);
    KM_FREE(density);
}

static void density_is_the_sum_of_squares(void **state)
{
    (void)state;
    for (int i = 0; i < 4; ++i)
        for (int is_real = 0; is_real < 2; ++is_real) {
            setting s;

            make_setting(make_pairs(), sizes[i], is_real, &s);
            check_density(&s, is_real, false);
            check_density(&s, is_real, true);
            destroy_setting(&s);
        }
}

static void two_real_bands_cost_one_transform(void **state)
{
    setting s;
    km_bands a, b;
    long before;

    (void)state;
    make_setting(make_pairs(), sizes[0], true, &s);
    a = make_random_bands(true, 4, km_basis_n_g(s.basis[0]), 60);
    b = make_bands(true, 4, a.n_g);
    before = km_fft_n_transform(s.fft);
    km_fft_apply_potential(s.fft, s.basis[0], 0, &a, &b);
    assert_int_equal(km_fft_n_transform(s.fft) - before, 4);
    km_bands_destroy(&a);
    km_bands_destroy(&b);
    destroy_setting(&s);
}

/* The number of blocks made so far does not change in a transform. */
static void transforms_allocate_nothing(void **state)
{
    const double weight[N_BAND] = {2, 2, 2};
    setting s;
    km_bands a, b;
    long before;

    (void)state;
    make_setting(make_pairs(), sizes[0], true, &s);
    a = make_random_bands(true, N_BAND, km_basis_n_g(s.basis[1]), 61);
    b = make_bands(true, N_BAND, a.n_g);
    before = km_memory_n_allocation();
    km_fft_apply_potential(s.fft, s.basis[1], 0, &a, &b);
    km_fft_clear_density(s.fft);
    km_fft_add_density(s.fft, s.basis[1], &a, weight, false);
    assert_int_equal(km_memory_n_allocation(), before);
    km_bands_destroy(&a);
    km_bands_destroy(&b);
    destroy_setting(&s);
}

/* At k = 1/2 a plane wave reaches one step further than at Gamma: too small a grid would fold it onto another. */
static void grid_too_small_for_a_basis_is_refused(void **state)
{
    const double k_frac[3] = {0.5, 0.5, 0.5};
    km_crystal *crystal = make_magnesia();
    km_basis *basis;
    int reach[3] = {0};
    km_fft *fft;

    (void)state;
    ASSERT_OK(km_basis_create(crystal, k_frac, 4, MPI_COMM_SELF, &basis));
    for (int i = 0; i < 3 * km_basis_n_g(basis); ++i)
        if (abs(km_basis_miller(basis)[i]) > reach[i % 3])
            reach[i % 3] = abs(km_basis_miller(basis)[i]);
    for (int axis = 0; axis < 3; ++axis) {
        int n[3];

        for (int x = 0; x < 3; ++x) n[x] = 2 * reach[x] + (x == axis ? 0 : 1);
        assert_int_equal(km_fft_create(n, 1, &basis, 1, true, &fft), KM_E_ARGUMENT);
        assert_null(fft);
        ++n[axis];
        ASSERT_OK(km_fft_create(n, 1, &basis, 1, true, &fft));
        km_fft_destroy(&fft);
    }
    km_basis_destroy(&basis);
    km_crystal_destroy(&crystal);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(potential_is_the_convolution),
    cmocka_unit_test(single_precision_is_right_to_six_digits),
    cmocka_unit_test(potential_is_hermitian),
    cmocka_unit_test(density_is_the_sum_of_squares),
    cmocka_unit_test(two_real_bands_cost_one_transform),
    cmocka_unit_test(transforms_allocate_nothing),
    cmocka_unit_test(grid_too_small_for_a_basis_is_refused),
};

KM_TEST_MAIN(tests)
