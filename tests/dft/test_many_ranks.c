/* np: 4 7 */
/* More ranks than k-points, than bands, than planes of the grid: none stands in the way. */
#include "dft/ranks_support.h"

/* Rounding that does not depend on which bands are transformed together. */
static km_dft_options exact_options(double ecut_ha)
{
    km_dft_options options = tight_options(ecut_ha);

    options.precision = KM_PRECISION_DOUBLE;
    return options;
}

/* Silicon at 3 Ha: 4 bands and 4 empty ones, 5 to 8 points along each axis, some 50 plane waves. */
static void more_ranks_than_bands_find_the_same_energy(void **state)
{
    km_dft_options options = exact_options(3);

    (void)state;
    for (int kind = 0; kind < 4; ++kind) {
        options.arithmetic = kind % 2 ? KM_ARITHMETIC_COMPLEX : KM_ARITHMETIC_AUTO;
        options.n_band = kind / 2 ? 4 : 0;
        set_ints(options.k_mesh, 1, 1, 1);
        check_ranks(make_silicon(), &options);
    }
}

static void k_points_that_do_not_divide_the_ranks_are_shared(void **state)
{
    km_dft_options options = exact_options(3);

    (void)state;
    set_ints(options.k_mesh, 2, 2, 2);
    check_ranks(make_stretched_silicon(), &options);
}

static void scalapack_shares_a_few_bands_among_many_ranks(void **state)
{
    km_dft_options options = exact_options(8);

    (void)state;
    options.scalapack_above = 1;
    set_ints(options.k_mesh, 1, 1, 1);
    check_ranks(make_silicon(), &options);
    check_ranks(make_slab(), &options);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(more_ranks_than_bands_find_the_same_energy),
    cmocka_unit_test(k_points_that_do_not_divide_the_ranks_are_shared),
    cmocka_unit_test(scalapack_shares_a_few_bands_among_many_ranks),
};

KM_TEST_MAIN(tests)
