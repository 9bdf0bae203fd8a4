/* np: 1 */
/* Slabs whose density sloshes converge with the options as they are, in a number of iterations that does not grow. */
#include "dft/dft_support.h"

/* Atoms of one species after another on hexagonal or square nets: layer i has the place i % n_place. */
static km_crystal *make_stack(const double plane[4], int n_layer, double spacing_bohr,
                              double vacuum_bohr, const double (*places)[2], int n_place,
                              const int *z_of_layer, int n_z)
{
    const double c = (n_layer - 1) * spacing_bohr + vacuum_bohr;
    const double cell[9] = {plane[0], plane[1], 0, plane[2], plane[3], 0, 0, 0, c};
    double frac[3 * 32];
    int z[32];

    assert_in_range(n_layer, 1, 32);
    for (int i = 0; i < n_layer; ++i) {
        frac[3 * i] = places[i % n_place][0];
        frac[3 * i + 1] = places[i % n_place][1];
        frac[3 * i + 2] = i * spacing_bohr / c;
        z[i] = z_of_layer[i % n_z];
    }
    return make_crystal(cell, n_layer, z, frac);
}

static km_crystal *make_aluminium(int n_layer)
{
    static const double places[2][2] = {{0, 0}, {0.5, 0.5}};
    const double side = 5.41, plane[4] = {side, 0, 0, side};

    return make_stack(plane, n_layer, side / sqrt(2), 15, places, 2, (int[]){13}, 1);
}

/* MgO(111): one face of magnesium, one of oxygen, a dipole in between. */
static km_crystal *make_polar(void)
{
    static const double places[3][2] = {{0, 0}, {1.0 / 3, 2.0 / 3}, {2.0 / 3, 1.0 / 3}};
    const double a = 5.63, plane[4] = {a, 0, -a / 2, a * sqrt(3) / 2};

    return make_stack(plane, 6, 2.3, 15, places, 3, (int[]){12, 8}, 2);
}

static void thick_metals_take_no_more_iterations_than_thin_ones(void **state)
{
    km_dft_options options = tight_options(4);
    int n[2];

    (void)state;
    options.smearing = KM_SMEARING_GAUSSIAN;
    options.scf.energy_tolerance_ha = 1e-7;
    set_ints(options.k_mesh, 3, 3, 1);
    for (int i = 0; i < 2; ++i) {
        km_crystal *slab = make_aluminium(i == 0 ? 5 : 15);
        const km_calculation result = compute_once(slab, &options, MPI_COMM_SELF, NULL);

        assert_int_equal(result.outcome, KM_OUTCOME_CONVERGED);
        assert_int_equal(result.effort.n_retry, 0);
        n[i] = result.effort.n_iteration;
        printf("%d layers: %d iterations\n", i == 0 ? 5 : 15, n[i]);
        km_crystal_destroy(&slab);
    }
    assert_in_range(n[0], 1, 10);
    assert_in_range(n[1], 1, n[0] + 4);
}

/* Bands of its two faces overlap: the retry ladder smears them and says so. */
static void polar_slab_is_smeared_and_converges(void **state)
{
    km_dft_options options = tight_options(8);
    km_crystal *slab = make_polar();
    km_calculation result;

    (void)state;
    options.scf.energy_tolerance_ha = 1e-7;
    set_ints(options.k_mesh, 2, 2, 1);
    result = compute_once(slab, &options, MPI_COMM_SELF, NULL);
    printf("polar: %d iterations\n", result.effort.n_iteration);
    assert_int_equal(result.outcome, KM_OUTCOME_CONVERGED);
    assert_int_equal(result.effort.n_retry, 1);
    assert_in_range(result.effort.n_iteration, 1, 45);
    assert_true(result.cbm_ha - result.vbm_ha < 0.01);
    assert_non_null(strstr(result.reason, "smeared by 0.005 Ha"));
    km_crystal_destroy(&slab);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(thick_metals_take_no_more_iterations_than_thin_ones),
    cmocka_unit_test(polar_slab_is_smeared_and_converges),
};

KM_TEST_MAIN(tests)
