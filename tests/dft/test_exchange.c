/* np: 1 2 3 5 */
#include "kaimen/dft/exchange.h"

#include "dft_support.h"

#include <math.h>

/* What a plane wave of a band holds depends on both only, whoever has it. */
static double value(int band, int ig, int part)
{
    return sin(1.0 + 3.7 * band + 0.91 * ig + 0.5 * part);
}

static km_basis *make_shared_basis(km_crystal **crystal)
{
    const double k_frac[3] = {0.1, 0.2, 0};
    km_basis *basis;

    *crystal = make_magnesia();
    ASSERT_OK(km_basis_create(*crystal, k_frac, 5, MPI_COMM_WORLD, &basis));
    return basis;
}

static km_bands make_slices(const km_basis *basis, bool is_real, int n_band)
{
    const int width = is_real ? 1 : 2;
    km_bands slices;
    int rank;

    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    ASSERT_OK(km_bands_create(is_real, n_band, km_basis_n_g(basis), &slices));
    slices.comm = MPI_COMM_WORLD;
    for (int j = 0; j < n_band; ++j)
        for (int ig = 0; ig < slices.n_g; ++ig)
            for (int i = 0; i < width; ++i)
                slices.data[(size_t)j * km_bands_stride(&slices) + (size_t)(width * ig + i)] =
                    value(j, km_basis_slice(basis, rank) + ig, i);
    return slices;
}

static void check_round_trip(bool is_real, int n_band)
{
    const int width = is_real ? 1 : 2;
    km_crystal *crystal;
    km_basis *basis = make_shared_basis(&crystal);
    km_bands slices = make_slices(basis, is_real, n_band), whole, image;
    km_exchange *exchange;
    int first, n_all, n_rank;

    MPI_Comm_size(MPI_COMM_WORLD, &n_rank);
    ASSERT_OK(km_exchange_create(1, &basis, &exchange));
    assert_true(n_rank == 1 || n_band <= km_exchange_n_band(exchange));
    if (n_rank > 1) {
        whole = km_exchange_spread(exchange, basis, &slices, &first, &image);
        MPI_Allreduce(&whole.n_band, &n_all, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
        assert_int_equal(n_all, n_band);
        for (int j = 0; j < whole.n_band; ++j)
            for (int ig = 0; ig < km_basis_n_g_sphere(basis); ++ig)
                for (int i = 0; i < width; ++i) {
                    size_t at = (size_t)j * km_bands_stride(&whole) + (size_t)(width * ig + i);

                    assert_true(whole.data[at] == value(first + j, ig, i));
                    assert_true(image.data[at] == 0);
                    image.data[at] = 2 * whole.data[at];
                }
        km_exchange_collect(exchange, basis, &slices);
        /* What came back was added: three times what it was. */
        whole = make_slices(basis, is_real, n_band);
        for (size_t i = 0; i < (size_t)n_band * km_bands_stride(&slices); ++i)
            ASSERT_CLOSE(slices.data[i], 3 * whole.data[i], 1e-14);
        km_bands_destroy(&whole);
    }
    km_exchange_destroy(&exchange);
    km_bands_destroy(&slices);
    km_basis_destroy(&basis);
    km_crystal_destroy(&crystal);
}

static void whole_bands_go_out_and_their_images_come_back(void **state)
{
    (void)state;
    for (int n_band = 1; n_band <= 16; ++n_band) {
        check_round_trip(true, n_band);
        check_round_trip(false, n_band);
    }
}

static void overlaps_do_not_depend_on_the_number_of_ranks(void **state)
{
    enum { N_BAND = 5 };
    km_crystal *crystal;
    km_basis *basis = make_shared_basis(&crystal);
    km_bands slices = make_slices(basis, true, N_BAND);
    km_matrix s;
    double norm2[N_BAND];

    (void)state;
    ASSERT_OK(km_matrix_create(true, N_BAND + 2, N_BAND, &s));
    km_bands_overlap(&slices, &slices, &s);
    km_bands_squared_norms(&slices, norm2);
    for (int i = 0; i < N_BAND; ++i) {
        ASSERT_CLOSE(norm2[i], s.data[i + i * s.ld], 1e-10);
        for (int j = 0; j < N_BAND; ++j) {
            double exact = 0;

            for (int ig = 0; ig < km_basis_n_g_sphere(basis); ++ig)
                exact += value(i, ig, 0) * value(j, ig, 0);
            ASSERT_CLOSE(s.data[i + j * s.ld], exact, 1e-10);
        }
    }
    km_matrix_destroy(&s);
    km_bands_destroy(&slices);
    km_basis_destroy(&basis);
    km_crystal_destroy(&crystal);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(whole_bands_go_out_and_their_images_come_back),
    cmocka_unit_test(overlaps_do_not_depend_on_the_number_of_ranks),
};

KM_TEST_MAIN(tests)
