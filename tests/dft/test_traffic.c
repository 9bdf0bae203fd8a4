/* np: 1 2 3 */
/* What ranks that share one k-point send is what the formulas of docs/performance.md say. */
#include "dft/dft_support.h"

#include "kaimen/base/traffic.h"
#include "kaimen/dft/exchange.h"

static int size_of_world(void)
{
    int n_rank;

    MPI_Comm_size(MPI_COMM_WORLD, &n_rank);
    return n_rank;
}

/* Rank r gets pairs of bands, the first ranks one more. */
static int bands_of_rank(int n_band, int rank, int n_rank)
{
    const int n_pair = (n_band + 1) / 2, n = n_pair / n_rank + (rank < n_pair % n_rank);
    const int before =
        2 * (rank * (n_pair / n_rank) + (rank < n_pair % n_rank ? rank : n_pair % n_rank));

    return before + 2 * n > n_band ? n_band - before : 2 * n;
}

static void exchanges_send_what_other_ranks_transform(void **state)
{
    const double k_frac[3] = {0.1, 0.2, 0};
    const int n_rank = size_of_world(), n_band = 7;
    const km_traffic before = km_traffic_counted();
    km_traffic after, own, largest, sum;
    km_crystal *crystal = make_magnesia();
    km_exchange *exchange;
    km_basis *basis;
    km_bands slices, image;
    long expected = 0;
    int first;

    (void)state;
    ASSERT_OK(km_basis_create(crystal, k_frac, 5, MPI_COMM_WORLD, &basis));
    ASSERT_OK(km_bands_create(false, n_band, km_basis_n_g(basis), &slices));
    ASSERT_OK(km_exchange_create(1, &basis, &exchange));
    if (n_rank > 1) {
        km_exchange_spread(exchange, basis, &slices, &first, &image);
        km_exchange_collect(exchange, basis, &slices);
    }
    after = km_traffic_counted();
    own = km_traffic_between(&before, &after);
    km_traffic_reduce(&own, MPI_COMM_WORLD, &largest, &sum);
    for (int rank = 0; rank < n_rank; ++rank) {
        const int n_g = km_basis_slice(basis, rank + 1) - km_basis_slice(basis, rank);

        expected +=
            2L * 16 * bands_of_rank(n_band, rank, n_rank) * (km_basis_n_g_sphere(basis) - n_g);
    }
    assert_int_equal(sum.n_byte[KM_TRAFFIC_EXCHANGE][KM_TRAFFIC_ALLTOALL], expected);
    assert_int_equal(km_traffic_n_byte(&sum), expected);
    km_exchange_destroy(&exchange);
    km_bands_destroy(&slices);
    km_basis_destroy(&basis);
    km_crystal_destroy(&crystal);
}

static void overlaps_send_one_matrix(void **state)
{
    const km_traffic before = km_traffic_counted();
    km_traffic after, own;
    km_bands a, b;
    km_matrix s;

    (void)state;
    ASSERT_OK(km_bands_create(false, 3, 10, &a));
    ASSERT_OK(km_bands_create(false, 4, 10, &b));
    ASSERT_OK(km_matrix_create(false, 3, 4, &s));
    a.comm = b.comm = MPI_COMM_WORLD;
    km_bands_overlap(&a, &b, &s);
    after = km_traffic_counted();
    own = km_traffic_between(&before, &after);
    assert_int_equal(own.n_byte[KM_TRAFFIC_OVERLAP][KM_TRAFFIC_ALLREDUCE],
                     size_of_world() > 1 ? 3 * 4 * 16 : 0);
    assert_int_equal(own.n_byte[KM_TRAFFIC_OVERLAP][KM_TRAFFIC_ALLREDUCE],
                     km_traffic_n_byte(&own));
    km_matrix_destroy(&s);
    km_bands_destroy(&a);
    km_bands_destroy(&b);
}

/* Points of the functional that a rank has. */
static int own_points(int n_point, int rank, int n_rank)
{
    return n_point * (rank + 1) / n_rank - n_point * rank / n_rank;
}

/* Bytes of slopes along three axes, each from the rank that has it to the points of the others. */
static long slope_bytes(int n_point, int n_rank)
{
    long n = 0;

    for (int axis = 0; axis < 3; ++axis)
        n += 8L * (n_point - own_points(n_point, axis % n_rank, n_rank));
    return n;
}

/* What a functional sends of its potential, in all iterations but the first, which has none to mix. */
static void check_potential(const km_scf_result *scf, km_functional functional, int n_point,
                            int n_half)
{
    const int n_rank = size_of_world(), has_gradient = functional != KM_FUNCTIONAL_LDA;
    const long n = n_rank > 1 ? scf->n_iteration - 1 : 0;
    const long *n_byte = scf->traffic_all.n_byte[KM_TRAFFIC_POTENTIAL];

    /* One derivative or two at one point of each orbit, from the rank that has it. */
    assert_int_equal(n_byte[KM_TRAFFIC_ALLGATHER], 8L * n * (1 + has_gradient) * n_point);
    assert_int_equal(n_byte[KM_TRAFFIC_ALLTOALL],
                     has_gradient ? n * slope_bytes(n_point, n_rank) : 0);
    assert_int_equal(n_byte[KM_TRAFFIC_ALLREDUCE],
                     has_gradient ? 16L * n * n_rank * n_half : 0);
}

/* Counts of a whole SCF with one k-point: those that follow from the grid are exact. */
static void check_scf(km_functional functional)
{
    km_dft_options options = tight_options(8);
    km_request request = km_request_default();
    km_crystal *crystal = make_slab();
    const int n_rank = size_of_world();
    km_calculator *calculator;
    km_calculation result;
    const km_scf_result *scf;
    const km_grid *grid;
    km_dft *dft;
    long n, n_half;

    if (functional == KM_FUNCTIONAL_PBE) use_pbe(&options);
    options.smearing = KM_SMEARING_NONE;
    ASSERT_OK(km_dft_calculator_create(&options, NULL, &calculator, &dft));
    ASSERT_OK(km_calculator_compute(calculator, crystal, &request, MPI_COMM_WORLD, &result));
    assert_int_equal(result.outcome, KM_OUTCOME_CONVERGED);
    scf = km_dft_scf_result(dft);
    grid = km_ground_state_grid(km_dft_ground_state(dft));
    n = n_rank > 1 ? scf->n_iteration : 0;
    n_half = (km_grid_n_g(grid) + 1) / 2; /* those of -G follow */
    assert_int_equal(scf->traffic.n_byte[KM_TRAFFIC_DENSITY][KM_TRAFFIC_ALLREDUCE],
                     16 * n * n_half);
    assert_int_equal(scf->traffic_all.n_byte[KM_TRAFFIC_DENSITY][KM_TRAFFIC_ALLREDUCE],
                     16 * n * n_rank * n_half);
    /* The first iteration mixes nothing. */
    assert_int_equal(scf->traffic_all.n_byte[KM_TRAFFIC_DENSITY][KM_TRAFFIC_BROADCAST],
                     n_rank > 1 ? 16 * (n - 1) * n_half : 0);
    check_potential(scf, functional, km_ground_state_n_xc_point(km_dft_ground_state(dft)),
                    (int)n_half);
    if (n_rank == 1) {
        assert_int_equal(km_traffic_n_call(&scf->traffic), 0);
        assert_int_equal(km_traffic_n_byte(&scf->traffic_all), 0);
    } else {
        assert_true(scf->traffic.n_byte[KM_TRAFFIC_OVERLAP][KM_TRAFFIC_ALLREDUCE] > 0);
        assert_true(scf->traffic.n_byte[KM_TRAFFIC_EXCHANGE][KM_TRAFFIC_ALLTOALL] > 0);
    }
    km_calculator_destroy(&calculator);
    km_crystal_destroy(&crystal);
}

static void an_scf_sends_its_density_once(void **state)
{
    (void)state;
    check_scf(KM_FUNCTIONAL_LDA);
}

static void gradients_are_sent_to_the_points_of_the_functional(void **state)
{
    (void)state;
    check_scf(KM_FUNCTIONAL_PBE);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(exchanges_send_what_other_ranks_transform),
    cmocka_unit_test(overlaps_send_one_matrix),
    cmocka_unit_test(an_scf_sends_its_density_once),
    cmocka_unit_test(gradients_are_sent_to_the_points_of_the_functional),
};

KM_TEST_MAIN(tests)
