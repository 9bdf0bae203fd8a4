/* np: 1 3 */
/* Real coefficients without an inversion centre, at k-points that time reversal maps onto themselves, against complex ones. */
#include "dft/dft_support.h"

#include "kaimen/crystal/symmetry.h"

#define SAME_ENERGY_HA 1e-9
#define SAME_LEVEL_HA 2e-6
#define SAME_FORCE_HA_BOHR 2e-6
#define SAME_STRESS_HA_BOHR3 1e-8
#define N_BAND 5

/* With all ranks and real coefficients where time reversal allows them, and alone with complex ones. */
static void check_arithmetic(km_crystal *crystal, km_dft_options options)
{
    const complete_result real = compute_completely(crystal, &options, MPI_COMM_WORLD);
    complete_result complex_one;

    options.arithmetic = KM_ARITHMETIC_COMPLEX;
    complex_one = compute_completely(crystal, &options, MPI_COMM_SELF);
    assert_false(real.result.is_real);
    ASSERT_CLOSE(real.result.energy_ha, complex_one.result.energy_ha, SAME_ENERGY_HA);
    ASSERT_CLOSE(real.result.vbm_ha, complex_one.result.vbm_ha, SAME_LEVEL_HA);
    ASSERT_CLOSE(real.result.cbm_ha, complex_one.result.cbm_ha, SAME_LEVEL_HA);
    for (int i = 0; i < 3 * km_crystal_n_atom(crystal); ++i)
        ASSERT_CLOSE(real.forces[i], complex_one.forces[i], SAME_FORCE_HA_BOHR);
    for (int i = 0; i < 9; ++i)
        ASSERT_CLOSE(real.stress[i], complex_one.stress[i], SAME_STRESS_HA_BOHR3);
    km_crystal_destroy(&crystal);
}

static void energies_forces_and_stress_are_those_of_complex_arithmetic(void **state)
{
    static const int meshes[][3] = {{1, 1, 1}, {2, 2, 1}, {3, 1, 2}};

    (void)state;
    for (int i = 0; i < 3; ++i)
        for (int is_double = 0; is_double < 2; ++is_double) {
            km_dft_options options = tight_options(10);

            memcpy(options.k_mesh, meshes[i], sizeof options.k_mesh);
            options.scf.energy_tolerance_ha = 1e-14; /* forces err as its root */
            options.precision = is_double ? KM_PRECISION_DOUBLE : KM_PRECISION_MIXED;
            check_arithmetic(make_rattled_magnesia(), options);
        }
}

static void spins_share_a_real_basis(void **state)
{
    const double moments[3] = {0.4, 0, 0};
    km_dft_options options = tight_options(6);
    km_crystal *crystal = make_water();

    (void)state;
    ASSERT_OK(km_crystal_set_moments(crystal, moments));
    options.spin = KM_SPIN_COLLINEAR;
    options.smearing = KM_SMEARING_GAUSSIAN;
    options.smearing_width_ha = 0.01;
    set_ints(options.k_mesh, 2, 1, 1);
    check_arithmetic(crystal, options);
}

/* Other points of the mesh keep complex coefficients, and the user can ask for them everywhere. */
static void only_points_that_are_their_own_opposite_are_paired(void **state)
{
    static const double k_frac[][3] = {{0, 0, 0}, {0.5, 0, -0.5}, {0.5, 0.25, 0}, {0.1, 0, 0}};
    km_crystal *crystal = make_rattled_magnesia();

    (void)state;
    for (int i = 0; i < 4; ++i) {
        km_basis *basis;

        ASSERT_OK(km_basis_create(crystal, k_frac[i], 8, MPI_COMM_SELF, &basis));
        assert_false(km_basis_is_paired(basis));
        assert_true(km_basis_pair(basis) == (i < 2));
        assert_true(km_basis_is_paired(basis) == (i < 2));
        km_basis_destroy(&basis);
    }
    km_crystal_destroy(&crystal);
}

/* The real representation as plane waves: c(q) = (r(q) + i r(-q)) / sqrt(2), of the later one of a pair. */
static double complex plane_wave(const km_bands *bands, int band, int ig)
{
    const double *r = bands->data + (size_t)band * km_bands_stride(bands);
    const int partner = bands->n_g - 1 - ig;

    if (ig == partner) return r[ig];
    return ig > partner ? (r[ig] + I * r[partner]) / sqrt(2)
                        : (r[partner] - I * r[ig]) / sqrt(2);
}

static void check_hamiltonian(const electrons *e, km_hamiltonian *h, int ik)
{
    const int n_g = km_basis_n_g(e->basis[ik]);
    km_bands real = make_random_bands(true, N_BAND, n_g, 3),
             image = make_bands(true, N_BAND, n_g);
    km_bands whole = make_bands(false, N_BAND, n_g),
             whole_image = make_bands(false, N_BAND, n_g);
    double complex *c = (double complex *)whole.data, *hc = (double complex *)whole_image.data;

    assert_true(km_basis_is_paired(e->basis[ik]));
    for (int j = 0; j < N_BAND; ++j)
        for (int ig = 0; ig < n_g; ++ig) c[j * n_g + ig] = plane_wave(&real, j, ig);
    km_hamiltonian_apply(h, ik, &real, &image);
    /* The same point with complex coefficients stands behind the paired ones. */
    km_hamiltonian_apply(h, ik + 2, &whole, &whole_image);
    for (int j = 0; j < N_BAND; ++j)
        for (int ig = 0; ig < n_g; ++ig)
            ASSERT_CLOSE(cabs(plane_wave(&image, j, ig) - hc[j * n_g + ig]), 0, 1e-11);
    km_bands_destroy(&real);
    km_bands_destroy(&image);
    km_bands_destroy(&whole);
    km_bands_destroy(&whole_image);
}

/* An odd number of bands: the last one goes alone. */
static void the_hamiltonian_is_the_same_operator(void **state)
{
    static const double k_frac[4][3] = {{0, 0, 0}, {0.5, 0, 0.5}, {0, 0, 0}, {0.5, 0, 0.5}};
    km_hamiltonian *h;
    double complex *rho = NULL;
    double energy_ha[KM_N_TERM];
    electrons e;

    (void)state;
    make_electrons(make_rattled_magnesia(), 8, false, 4, N_BAND, KM_FUNCTIONAL_LDA, &e);
    for (int ik = 0; ik < 4; ++ik) {
        km_basis_destroy(&e.basis[ik]);
        ASSERT_OK(km_basis_create(e.crystal, k_frac[ik], 8, MPI_COMM_SELF, &e.basis[ik]));
        if (ik < 2) assert_true(km_basis_pair(e.basis[ik]));
    }
    ASSERT_OK(km_hamiltonian_create(&e.setup, &h));
    ASSERT_OK(KM_ALLOC(rho, km_grid_n_g(e.grid)));
    rho[km_grid_zero(e.grid)] = 8 / km_crystal_volume_bohr3(e.crystal);
    ASSERT_OK(km_hamiltonian_set_density(h, rho, energy_ha));
    for (int ik = 0; ik < 2; ++ik) check_hamiltonian(&e, h, ik);
    KM_FREE(rho);
    km_hamiltonian_destroy(&h);
    destroy_electrons(&e);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(energies_forces_and_stress_are_those_of_complex_arithmetic),
    cmocka_unit_test(spins_share_a_real_basis),
    cmocka_unit_test(only_points_that_are_their_own_opposite_are_paired),
    cmocka_unit_test(the_hamiltonian_is_the_same_operator),
};

KM_TEST_MAIN(tests)
