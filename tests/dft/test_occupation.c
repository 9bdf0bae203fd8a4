/* np: 1 3 */
#include "support.h"

#include "kaimen/dft/occupation.h"

#include <string.h>

#define N_K 5
#define N_BAND 6
/* The Fermi level is found to 1e-12 of the electrons; sums over 30 states add their rounding. */
#define CHARGE_TOLERANCE 1e-11

/* Bands without order in k; weights differ. All ranks know them, each passes its own points. */
static double all_weight[N_K], all_energy[N_K][N_BAND];

static void make_bands(double gap)
{
    double total = 0;

    for (int ik = 0; ik < N_K; ik++) {
        all_weight[ik] = 1 + ik % 3;
        total += all_weight[ik];
        for (int ib = 0; ib < N_BAND; ib++)
            all_energy[ik][ib] =
                -0.5 + 0.11 * ib + 0.05 * sin(3.1 * ik + ib) + (ib >= 3 ? gap : 0);
    }
    for (int ik = 0; ik < N_K; ik++) all_weight[ik] /= total;
}

static void find_share(int *first, int *n)
{
    int rank, n_rank;

    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &n_rank);
    *first = rank * N_K / n_rank;
    *n = (rank + 1) * N_K / n_rank - *first;
}

static km_status compute(const km_occupation_options *options, double *occupation,
                         km_occupation *result)
{
    int first, n;

    find_share(&first, &n);
    return km_occupation_compute(n, all_weight + first, all_energy[first], options,
                                 MPI_COMM_WORLD, occupation, result);
}

/* sum of weight * occupation * (1 or energy) over all ranks */
static double sum_states(const double *occupation, bool times_energy)
{
    double sum = 0;
    int first, n;

    find_share(&first, &n);
    for (int i = 0; i < n * N_BAND; i++)
        sum += all_weight[first + i / N_BAND] * occupation[i] *
               (times_energy ? all_energy[first + i / N_BAND][i % N_BAND] : 1);
    MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
    return sum;
}

static double free_energy(km_smearing smearing, double width, double n_electron)
{
    const km_occupation_options options = {.smearing = smearing,
                                           .width_ha = width,
                                           .n_electron = n_electron,
                                           .n_band = N_BAND,
                                           .n_spin = 1};
    double occupation[N_K * N_BAND];
    km_occupation result;

    ASSERT_OK(compute(&options, occupation, &result));
    return sum_states(occupation, true) + result.entropy_ha;
}

static void smeared_bands_hold_the_electrons(void **state)
{
    double occupation[N_K * N_BAND];
    km_occupation result;

    (void)state;
    make_bands(0);
    for (int s = KM_SMEARING_GAUSSIAN; s <= KM_SMEARING_FERMI_DIRAC; s++)
        for (double n = 0.5; n < 12; n += 0.7)
            for (double width = 1e-4; width < 0.2; width *= 7) {
                const km_occupation_options options = {.smearing = (km_smearing)s,
                                                       .width_ha = width,
                                                       .n_electron = n,
                                                       .n_band = N_BAND,
                                                       .n_spin = 1};

                ASSERT_OK(compute(&options, occupation, &result));
                ASSERT_CLOSE(sum_states(occupation, false), n, CHARGE_TOLERANCE);
                assert_true(result.entropy_ha <= 0);
            }
}

/* F(n) = sum f e - TS is stationary in the occupations, so its derivative is the Fermi level. */
static void fermi_level_is_the_derivative_of_the_free_energy(void **state)
{
    const double step = 1e-4;
    double occupation[N_K * N_BAND];

    (void)state;
    make_bands(0);
    for (int s = KM_SMEARING_GAUSSIAN; s <= KM_SMEARING_FERMI_DIRAC; s++) {
        const km_occupation_options options = {.smearing = (km_smearing)s,
                                               .width_ha = 0.03,
                                               .n_electron = 6.3,
                                               .n_band = N_BAND,
                                               .n_spin = 1};
        km_occupation result;

        ASSERT_OK(compute(&options, occupation, &result));
        ASSERT_CLOSE((free_energy(options.smearing, 0.03, 6.3 + step) -
                      free_energy(options.smearing, 0.03, 6.3 - step)) /
                         (2 * step),
                     result.fermi_ha, 1e-8);
    }
}

/* dF/dwidth = -TS / width, for occupations that make F stationary. */
static void entropy_is_the_derivative_over_the_width(void **state)
{
    const double step = 1e-4, width = 0.03;
    double occupation[N_K * N_BAND];

    (void)state;
    make_bands(0);
    for (int s = KM_SMEARING_GAUSSIAN; s <= KM_SMEARING_FERMI_DIRAC; s++) {
        const km_occupation_options options = {.smearing = (km_smearing)s,
                                               .width_ha = width,
                                               .n_electron = 6.3,
                                               .n_band = N_BAND,
                                               .n_spin = 1};
        km_occupation result;

        ASSERT_OK(compute(&options, occupation, &result));
        assert_true(result.entropy_ha < -1e-3);
        ASSERT_CLOSE((free_energy(options.smearing, width + step, 6.3) -
                      free_energy(options.smearing, width - step, 6.3)) /
                         (2 * step),
                     result.entropy_ha / width, 1e-4);
    }
}

/* An insulator: all schemes agree when the width is far below the gap, and the Fermi level is in mid-gap. */
static void narrow_smearing_gives_the_fixed_occupations(void **state)
{
    double fixed[N_K * N_BAND], smeared[N_K * N_BAND];
    km_occupation_options options = {.smearing = KM_SMEARING_NONE,
                                     .width_ha = 0,
                                     .n_electron = 6,
                                     .n_band = N_BAND,
                                     .n_spin = 1};
    km_occupation insulator, result;
    int first, n;

    (void)state;
    make_bands(0.3);
    find_share(&first, &n);
    ASSERT_OK(compute(&options, fixed, &insulator));
    ASSERT_CLOSE(sum_states(fixed, false), 6, CHARGE_TOLERANCE);
    assert_true(insulator.has_cbm && !insulator.is_metallic && insulator.entropy_ha == 0);
    assert_true(insulator.fermi_ha == insulator.vbm_ha);
    for (int s = KM_SMEARING_GAUSSIAN; s <= KM_SMEARING_FERMI_DIRAC; s++) {
        options.smearing = (km_smearing)s;
        options.width_ha = 1e-3;
        ASSERT_OK(compute(&options, smeared, &result));
        for (int i = 0; i < n * N_BAND; i++) ASSERT_CLOSE(smeared[i], fixed[i], 1e-10);
        ASSERT_CLOSE(result.entropy_ha, 0, 1e-10);
        ASSERT_CLOSE(result.fermi_ha, 0.5 * (insulator.vbm_ha + insulator.cbm_ha), 5e-3);
        assert_true(result.vbm_ha == insulator.vbm_ha && result.cbm_ha == insulator.cbm_ha);
        assert_false(result.is_metallic);
    }
}

/* The error of E - TS/2 is of a higher order in the width than that of E and of F: here with a smooth density of states. */
static void mean_of_energy_and_free_energy_extrapolates_to_zero_width(void **state)
{
    enum { N = 2000 };
    static double weight[N], energy[N], occupation[N];
    double total[2], free[2], rank;
    int rank_int;

    (void)state;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_int);
    rank = rank_int;
    for (int i = 0; i < N; i++) {
        weight[i] =
            rank > 0 ? 0 : 1.0 / N; /* rank 0 carries the weight; the others hold none */
        energy[i] = (i + 0.5) / N;
    }
    for (int side = 0; side < 2; side++) {
        const km_occupation_options options = {.smearing = KM_SMEARING_FERMI_DIRAC,
                                               .width_ha = 0.02 / (side + 1),
                                               .n_electron = 0.8,
                                               .n_band = 1,
                                               .n_spin = 1};
        km_occupation result;

        ASSERT_OK(km_occupation_compute(N, weight, energy, &options, MPI_COMM_WORLD, occupation,
                                        &result));
        total[side] = 0;
        for (int i = 0; i < N; i++) total[side] += weight[i] * occupation[i] * energy[i];
        MPI_Bcast(&total[side], 1, MPI_DOUBLE, 0, MPI_COMM_WORLD);
        free[side] = total[side] + result.entropy_ha;
    }
    /* exact at zero width: integral of 2 e from 0 to 0.4 */
    for (int side = 0; side < 2; side++) {
        assert_true(fabs(total[side] - 0.16) > 1e-4 && fabs(free[side] - 0.16) > 1e-4);
        ASSERT_CLOSE(0.5 * (total[side] + free[side]), 0.16, 1e-6);
    }
}

static void edges_are_found_over_all_ranks_and_extended(void **state)
{
    const km_occupation_options options = {.smearing = KM_SMEARING_NONE,
                                           .width_ha = 0,
                                           .n_electron = 6,
                                           .n_band = N_BAND,
                                           .n_spin = 1};
    double occupation[N_K * N_BAND], vbm = -10, cbm = 10;
    double extra[N_BAND] = {-0.5, -0.4, 0.01, 0.02, 0.3, 0.4};
    km_occupation result;
    int rank;

    (void)state;
    make_bands(0.3);
    for (int ik = 0; ik < N_K; ik++) {
        vbm = fmax(vbm, all_energy[ik][2]);
        cbm = fmin(cbm, all_energy[ik][3]);
    }
    ASSERT_OK(compute(&options, occupation, &result));
    assert_true(result.vbm_ha == vbm && result.cbm_ha == cbm);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    ASSERT_OK(km_occupation_extend_edges(rank == 0, extra, &options, MPI_COMM_WORLD, &result));
    assert_true(result.vbm_ha == 0.01 && result.cbm_ha == 0.02 && !result.is_metallic);
    extra[2] = 0.05, extra[3] = 0.06;
    ASSERT_OK(km_occupation_extend_edges(rank == 0, extra, &options, MPI_COMM_WORLD, &result));
    assert_true(result.vbm_ha == 0.05 && result.cbm_ha == 0.02 && result.is_metallic);
}

static void missing_empty_bands_are_told(void **state)
{
    const km_occupation_options full = {.smearing = KM_SMEARING_NONE,
                                        .width_ha = 0,
                                        .n_electron = 2 * N_BAND,
                                        .n_band = N_BAND,
                                        .n_spin = 1};
    const km_occupation_options odd = {.smearing = KM_SMEARING_GAUSSIAN,
                                       .width_ha = 0.01,
                                       .n_electron = 5,
                                       .n_band = N_BAND,
                                       .n_spin = 1};
    double occupation[N_K * N_BAND];
    km_occupation result;

    (void)state;
    make_bands(0.3);
    ASSERT_OK(compute(&full, occupation, &result));
    assert_true(!result.has_cbm && !result.is_metallic && result.cbm_ha == result.vbm_ha);
    ASSERT_OK(compute(&odd, occupation, &result));
    assert_true(!result.has_cbm && result.is_metallic && result.vbm_ha == result.fermi_ha);
}

static void impossible_fillings_are_refused(void **state)
{
    km_occupation_options options = {.smearing = KM_SMEARING_NONE,
                                     .width_ha = 0,
                                     .n_electron = 5,
                                     .n_band = N_BAND,
                                     .n_spin = 1};
    double occupation[N_K * N_BAND];
    km_occupation result;
    int first, n;

    (void)state;
    make_bands(0.3);
    assert_int_equal(compute(&options, occupation, &result), KM_E_INPUT);
    options.n_electron = 14;
    assert_int_equal(compute(&options, occupation, &result), KM_E_ARGUMENT);
    options.n_electron = 0;
    assert_int_equal(compute(&options, occupation, &result), KM_E_ARGUMENT);
    options.smearing = KM_SMEARING_FERMI_DIRAC;
    options.n_electron = 5;
    assert_int_equal(compute(&options, occupation, &result), KM_E_ARGUMENT);
    options.width_ha = 0.01;
    options.n_electron = 2 * N_BAND;
    assert_int_equal(compute(&options, occupation, &result), KM_E_ARGUMENT);
    options.n_electron = 5;
    find_share(&first, &n);
    all_energy[1][2] = NAN; /* known to one rank only */
    assert_int_equal(compute(&options, occupation, &result), KM_E_NUMERIC);
}

/* Two spins, three bands each, at one point; every rank but the first holds nothing. */
static const double spin_levels[2][3] = {{-1, -0.5, 0.2}, {-0.9, 0.1, 0.3}};

static km_occupation fill_spins(const km_occupation_options *options, double occupation[6])
{
    const double weight[2] = {1, 1};
    km_occupation result;
    int rank;

    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    ASSERT_OK(km_occupation_compute(rank == 0 ? 2 : 0, weight, spin_levels[0], options,
                                    MPI_COMM_WORLD, occupation, &result));
    MPI_Bcast(occupation, 6, MPI_DOUBLE, 0, MPI_COMM_WORLD);
    return result;
}

static void spins_share_a_fermi_level_unless_their_moment_is_fixed(void **state)
{
    km_occupation_options options = {.smearing = KM_SMEARING_GAUSSIAN,
                                     .width_ha = 0.01,
                                     .n_electron = 3,
                                     .n_band = 3,
                                     .n_spin = 2};
    double occupation[6];
    km_occupation result = fill_spins(&options, occupation);

    (void)state;
    /* Free: two up and one down are lowest. */
    ASSERT_CLOSE(result.moment_mub, 1, 1e-10);
    for (int i = 0; i < 6; i++)
        ASSERT_CLOSE(occupation[i], i == 0 || i == 1 || i == 3 ? 1 : 0, 1e-10);
    ASSERT_CLOSE(result.vbm_ha, -0.5, 0);
    ASSERT_CLOSE(result.cbm_ha, 0.1, 0);
    ASSERT_CLOSE(result.fermi_ha, -0.2, 1e-3);
    assert_true(result.n_full[0] == 2 && result.n_full[1] == 1 && !result.is_metallic);
    /* All up: an empty band of the other spin lies below, which is meant. */
    options.has_moment = true;
    options.moment_mub = 3;
    options.smearing = KM_SMEARING_NONE;
    result = fill_spins(&options, occupation);
    for (int i = 0; i < 6; i++) ASSERT_CLOSE(occupation[i], i < 3 ? 1 : 0, 0);
    assert_true(result.n_full[0] == 3 && result.n_full[1] == 0 && !result.is_overlapping);
    /* More down than up. */
    options.moment_mub = -1;
    result = fill_spins(&options, occupation);
    for (int i = 0; i < 6; i++)
        ASSERT_CLOSE(occupation[i], i == 0 || i == 3 || i == 4 ? 1 : 0, 0);
    assert_true(result.n_full[0] == 1 && result.n_full[1] == 2 && result.is_metallic &&
                !result.is_overlapping);
    ASSERT_CLOSE(result.moment_mub, -1, 0);
    /* The lists take turns, whichever comes first. */
    options.first_spin = 1;
    result = fill_spins(&options, occupation);
    for (int i = 0; i < 6; i++)
        ASSERT_CLOSE(occupation[i], i == 0 || i == 1 || i == 3 ? 1 : 0, 0);
}

static void moments_that_electrons_cannot_have_are_refused(void **state)
{
    km_occupation_options options = {.smearing = KM_SMEARING_NONE,
                                     .width_ha = 0.01,
                                     .n_electron = 3,
                                     .n_band = 3,
                                     .n_spin = 2};
    const double weight[2] = {1, 1};
    double occupation[6];
    km_occupation result;

    (void)state;
    for (int i = 0; i < 4; i++) {
        const double moment[] = {NAN, 0, 5, 2.5};

        options.has_moment = i > 0;
        options.moment_mub = moment[i];
        assert_int_equal(km_occupation_compute(2, weight, spin_levels[0], &options,
                                               MPI_COMM_SELF, occupation, &result),
                         KM_E_INPUT);
    }
    options.smearing = KM_SMEARING_GAUSSIAN; /* then any number fits that leaves a band empty */
    ASSERT_OK(km_occupation_compute(2, weight, spin_levels[0], &options, MPI_COMM_SELF,
                                    occupation, &result));
    options.moment_mub = 3;
    assert_int_equal(km_occupation_compute(2, weight, spin_levels[0], &options, MPI_COMM_SELF,
                                           occupation, &result),
                     KM_E_ARGUMENT);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(smeared_bands_hold_the_electrons),
    cmocka_unit_test(fermi_level_is_the_derivative_of_the_free_energy),
    cmocka_unit_test(entropy_is_the_derivative_over_the_width),
    cmocka_unit_test(narrow_smearing_gives_the_fixed_occupations),
    cmocka_unit_test(mean_of_energy_and_free_energy_extrapolates_to_zero_width),
    cmocka_unit_test(edges_are_found_over_all_ranks_and_extended),
    cmocka_unit_test(missing_empty_bands_are_told),
    cmocka_unit_test(impossible_fillings_are_refused),
    cmocka_unit_test(spins_share_a_fermi_level_unless_their_moment_is_fixed),
    cmocka_unit_test(moments_that_electrons_cannot_have_are_refused),
};

KM_TEST_MAIN(tests)
