/* np: 1 */
#include "dft/dft_support.h"

#include "kaimen/dft/density.h"
#include "kaimen/dft/stars.h"

/* Atoms have the symmetry of their crystal, so symmetrising changes nothing but their tails outside the grid's sphere. */
static void superposed_atoms_hold_the_electrons_and_the_symmetry(void **state)
{
    km_crystal *crystals[] = {make_magnesia(), make_shifted_silicon(), make_slab()};
    const double n_electron[] = {8, 8, 24};

    (void)state;
    for (int i = 0; i < 3; ++i) {
        double complex *rho = NULL, *before = NULL;
        km_stars *stars;
        km_symmetry *symmetry;
        electrons e;
        int n_g;

        make_electrons(crystals[i], 4, false, 0, 1, KM_FUNCTIONAL_LDA, &e);
        n_g = km_grid_n_g(e.grid);
        ASSERT_OK(km_symmetry_create(e.crystal, 1e-5, &symmetry));
        ASSERT_OK(KM_ALLOC(rho, n_g));
        ASSERT_OK(KM_ALLOC(before, n_g));
        ASSERT_OK(km_density_superpose(e.crystal, e.atom, e.grid, n_electron[i], rho));
        ASSERT_CLOSE(creal(rho[km_grid_zero(e.grid)]) * km_crystal_volume_bohr3(e.crystal),
                     n_electron[i], 1e-12 * n_electron[i]);
        memcpy(before, rho, sizeof *rho * (size_t)n_g);
        ASSERT_OK(km_stars_create(e.grid, symmetry, false, &stars));
        km_stars_average(stars, rho);
        for (int ig = 0; ig < n_g; ++ig) ASSERT_CLOSE(cabs(rho[ig] - before[ig]), 0, 1e-12);
        KM_FREE(rho);
        KM_FREE(before);
        km_stars_destroy(&stars);
        km_symmetry_destroy(&symmetry);
        destroy_electrons(&e);
    }
}

/* A neutral crystal needs no scaling: what is superposed is already the sum of the atoms' electrons. */
static void superposed_atoms_are_where_the_atoms_are(void **state)
{
    double complex *rho = NULL;
    double *values = NULL, largest = 0;
    electrons e;
    int at = 0;

    (void)state;
    make_electrons(make_hydrogen_atom(), 8, false, 0, 1, KM_FUNCTIONAL_LDA, &e);
    km_crystal_move(e.crystal, (double[]){0.5, 0.25, 0});
    ASSERT_OK(KM_ALLOC(rho, km_grid_n_g(e.grid)));
    ASSERT_OK(KM_ALLOC(values, km_grid_n_point(e.grid)));
    ASSERT_OK(km_density_superpose(e.crystal, e.atom, e.grid, 1, rho));
    km_grid_to_real(e.grid, rho, values);
    for (int i = 0; i < km_grid_n_point(e.grid); ++i)
        if (values[i] > largest) largest = values[i], at = i;
    assert_int_equal(km_grid_n(e.grid)[0] % 4, 0);
    assert_int_equal(
        at, (km_grid_n(e.grid)[0] / 2 * km_grid_n(e.grid)[1] + km_grid_n(e.grid)[1] / 4) *
                km_grid_n(e.grid)[2]);
    KM_FREE(rho);
    KM_FREE(values);
    destroy_electrons(&e);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(superposed_atoms_hold_the_electrons_and_the_symmetry),
    cmocka_unit_test(superposed_atoms_are_where_the_atoms_are),
};

KM_TEST_MAIN(tests)
