/* np: 1 */
#include "support.h"

#include "kaimen/dft/dos.h"
#include "kaimen/dft/gap.h"

static const double k_frac[9] = {0, 0, 0, 0.5, 0, 0, 0.25, 0.25, 0};
/* Two full bands and one empty one: VBM at the first point, CBM at the second. */
static const double energy_ha[9] = {-1, 0.1, 0.5, -0.9, -0.2, 0.3, -0.8, 0.0, 0.35};

static void edges_and_their_points_are_found(void **state)
{
    km_gap gap = km_gap_empty();

    (void)state;
    assert_false(km_gap_is_found(&gap));
    km_gap_extend(3, k_frac, 1, (int[]){2}, 3, energy_ha, &gap);
    assert_true(km_gap_is_found(&gap));
    assert_true(gap.vbm_ha == 0.1 && gap.cbm_ha == 0.3);
    assert_memory_equal(gap.vbm_k_frac, k_frac, 3 * sizeof(double));
    assert_memory_equal(gap.cbm_k_frac, k_frac + 3, 3 * sizeof(double));
    ASSERT_CLOSE(gap.direct_ha, 0.35, 1e-15);
    assert_memory_equal(gap.direct_k_frac, k_frac + 6, 3 * sizeof(double));
}

static void points_one_by_one_are_as_points_together(void **state)
{
    km_gap together = km_gap_empty(), one_by_one = km_gap_empty();

    (void)state;
    km_gap_extend(3, k_frac, 1, (int[]){2}, 3, energy_ha, &together);
    for (int ik = 0; ik < 3; ++ik)
        km_gap_extend(1, k_frac + 3 * ik, 1, (int[]){2}, 3, energy_ha + 3 * ik, &one_by_one);
    assert_memory_equal(&together, &one_by_one, sizeof together);
}

static void rounding_errors_do_not_move_an_edge(void **state)
{
    const double e[6] = {-0.1, 0.2, -0.1 + 1e-9, 0.2 - 1e-9, 0, 0};
    km_gap gap = km_gap_empty();

    (void)state;
    km_gap_extend(2, k_frac, 1, (int[]){1}, 2, e, &gap);
    assert_true(gap.vbm_ha == e[2] && gap.cbm_ha == e[3]);
    assert_memory_equal(gap.vbm_k_frac, k_frac, 3 * sizeof(double));
    assert_memory_equal(gap.cbm_k_frac, k_frac, 3 * sizeof(double));
}

static void without_empty_bands_there_is_no_gap(void **state)
{
    km_gap gap = km_gap_empty();

    (void)state;
    km_gap_extend(3, k_frac, 1, (int[]){3}, 3, energy_ha, &gap);
    assert_true(gap.vbm_ha == 0.5);
    assert_false(km_gap_is_found(&gap));
}

#define N_ENERGY 4001

static void density_of_states_integrates_to_two_per_band(void **state)
{
    const double weight[3] = {0.125, 0.375, 0.5}, width = 0.01, low = -1.5, step = 2.5 / 4000;
    static double energy[N_ENERGY], dos[N_ENERGY];
    double sum = 0, below = 0;

    (void)state;
    for (int i = 0; i < N_ENERGY; ++i) energy[i] = low + i * step;
    km_dos_compute(3, weight, 1, 3, energy_ha, width, N_ENERGY, energy, dos);
    for (int i = 0; i < N_ENERGY; ++i) {
        sum += dos[i] * step;
        if (energy[i] < -0.5) below += dos[i] * step;
    }
    ASSERT_CLOSE(sum, 6, 1e-9);
    ASSERT_CLOSE(below, 2, 1e-9);
}

/* At a level far from others: 2 w / (width sqrt(2 pi)), and e^(-1/2) of it one width beside. */
static void a_level_is_a_gaussian(void **state)
{
    const double weight[3] = {0.125, 0.375, 0.5}, at[2] = {-1, -1.01};
    double dos[2];

    (void)state;
    km_dos_compute(3, weight, 1, 3, energy_ha, 0.01, 2, at, dos);
    ASSERT_CLOSE(dos[0], 2 * 0.125 / (0.01 * 2.506628274631), 1e-8);
    ASSERT_CLOSE(dos[1] / dos[0], 0.606530659712633, 1e-12);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(edges_and_their_points_are_found),
    cmocka_unit_test(points_one_by_one_are_as_points_together),
    cmocka_unit_test(rounding_errors_do_not_move_an_edge),
    cmocka_unit_test(without_empty_bands_there_is_no_gap),
    cmocka_unit_test(density_of_states_integrates_to_two_per_band),
    cmocka_unit_test(a_level_is_a_gaussian),
};

KM_TEST_MAIN(tests)
