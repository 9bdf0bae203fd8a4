/* np: 1 */
#include "support.h"

#include "kaimen/math/birch_murnaghan.h"

#include <math.h>

enum { N = 7 };

/* Rounding of an energy of this size, over the depth of the well, is far below these. */
static const double ROUNDING = 1e-9;

static const km_birch_murnaghan oxide = {
    .has_minimum = true, .v0 = 130.0, .e0 = -76.0, .b0 = 0.0052, .b1 = 4.3};

static void sample(const km_birch_murnaghan *of, double centre, double range, double *volume,
                   double *energy)
{
    for (int i = 0; i < N; ++i) {
        volume[i] = centre * (1 + range * (2.0 * i / (N - 1) - 1));
        energy[i] = km_birch_murnaghan_energy(of, volume[i]);
    }
}

static void exact_data_give_back_their_parameters(void **state)
{
    double volume[N], energy[N];
    km_birch_murnaghan fit;

    (void)state;
    sample(&oxide, 1.02 * oxide.v0, 0.06, volume, energy);
    ASSERT_OK(km_birch_murnaghan_fit(N, volume, energy, &fit));
    assert_true(fit.has_minimum);
    ASSERT_CLOSE(fit.v0 / oxide.v0, 1, ROUNDING);
    ASSERT_CLOSE(fit.b0 / oxide.b0, 1, 1e3 * ROUNDING);
    ASSERT_CLOSE(fit.b1, oxide.b1, 1e5 * ROUNDING);
    ASSERT_CLOSE(fit.e0, oxide.e0, 1e-12);
    ASSERT_CLOSE(fit.residual, 0, 1e-12);
}

static void the_bulk_modulus_is_the_curvature_of_the_curve(void **state)
{
    const double h = 1e-3 * oxide.v0;
    double middle = km_birch_murnaghan_energy(&oxide, oxide.v0);
    double above = km_birch_murnaghan_energy(&oxide, oxide.v0 + h);
    double below = km_birch_murnaghan_energy(&oxide, oxide.v0 - h);

    (void)state;
    /* Second order in h: (1e-3)^2 times numbers of order ten. */
    ASSERT_CLOSE(oxide.v0 * (above - 2 * middle + below) / (h * h) / oxide.b0, 1, 3e-5);
    ASSERT_CLOSE(middle, oxide.e0, 1e-14);
    assert_true(above > middle && below > middle);
}

static void b1_is_the_change_of_the_bulk_modulus_with_pressure(void **state)
{
    const double h = 2e-3;
    double e[5], b[2], p[2];

    (void)state;
    for (int i = 0; i < 5; ++i)
        e[i] = km_birch_murnaghan_energy(&oxide, oxide.v0 * (1 + h * (i - 2)));
    for (int i = 0; i < 2; ++i) { /* at V0 (1 - h) and V0 (1 + h), by central differences */
        double v = oxide.v0 * (1 + h * (2 * i - 1)), step = h * oxide.v0;

        b[i] = v * (e[2 * i + 2] - 2 * e[2 * i + 1] + e[2 * i]) / (step * step);
        p[i] = -(e[2 * i + 2] - e[2 * i]) / (2 * step);
    }
    ASSERT_CLOSE((b[1] - b[0]) / (p[1] - p[0]), oxide.b1, 1e-3);
}

static void units_and_order_do_not_matter(void **state)
{
    const double v_unit = 0.148, e_unit = 27.2;
    double volume[N], energy[N], v[N], e[N];
    km_birch_murnaghan fit, converted;

    (void)state;
    sample(&oxide, oxide.v0, 0.06, volume, energy);
    for (int i = 0; i < N; ++i) {
        energy[i] += 1e-5 * cos(3.0 * i); /* noise, so that a fit is no interpolation */
        v[(3 * i) % N] = v_unit * volume[i];
        e[(3 * i) % N] = e_unit * (energy[i] + 76);
    }
    ASSERT_OK(km_birch_murnaghan_fit(N, volume, energy, &fit));
    ASSERT_OK(km_birch_murnaghan_fit(N, v, e, &converted));
    assert_true(fit.residual > 1e-6);
    ASSERT_CLOSE(converted.v0 / (v_unit * fit.v0), 1, ROUNDING);
    ASSERT_CLOSE(converted.b0 / (e_unit / v_unit * fit.b0), 1, 1e3 * ROUNDING);
    ASSERT_CLOSE(converted.b1, fit.b1, 1e5 * ROUNDING);
    ASSERT_CLOSE(converted.residual / (e_unit * fit.residual), 1, 1e-6);
}

/*
 * ASE 3.22.1, EquationOfState(v, e, eos='birchmurnaghan').fit(): Ang^3, eV. It looks for the same least squares iteratively,
 * to 1e-8 of its parameters or so.
 */
static void ase_finds_the_same(void **state)
{
    static const double volume[] = {18.10, 18.48, 18.87, 19.25, 19.63, 20.02, 20.40};
    static const double energy[] = {-0.4010, -0.4241, -0.4378, -0.4413,
                                    -0.4385, -0.4271, -0.4119};
    km_birch_murnaghan fit;

    (void)state;
    ASSERT_OK(km_birch_murnaghan_fit(N, volume, energy, &fit));
    ASSERT_CLOSE(fit.v0, 19.2507261, 1e-6);
    ASSERT_CLOSE(fit.b0, 1.0095951, 1e-6);
    ASSERT_CLOSE(fit.e0, -0.44158480, 1e-7);
}

static void a_curve_without_a_minimum_says_so(void **state)
{
    double volume[N], energy[N];
    km_birch_murnaghan fit;

    (void)state;
    for (int i = 0; i < N; ++i) {
        double x;

        volume[i] = 10 + i;
        x = pow(volume[i], -2.0 / 3);
        energy[i] = x * x * x + x; /* rises with x everywhere */
    }
    ASSERT_OK(km_birch_murnaghan_fit(N, volume, energy, &fit));
    assert_false(fit.has_minimum);
    assert_true(isnan(fit.v0) && isnan(fit.b0) && isnan(fit.e0));
    ASSERT_CLOSE(fit.residual, 0, 1e-12);
}

static void bad_points_are_refused(void **state)
{
    double volume[N], energy[N];
    km_birch_murnaghan fit;

    (void)state;
    sample(&oxide, oxide.v0, 0.06, volume, energy);
    assert_int_equal(km_birch_murnaghan_fit(3, volume, energy, &fit), KM_E_ARGUMENT);
    volume[2] = -1;
    assert_int_equal(km_birch_murnaghan_fit(N, volume, energy, &fit), KM_E_ARGUMENT);
    sample(&oxide, oxide.v0, 0.06, volume, energy);
    energy[6] = NAN;
    assert_int_equal(km_birch_murnaghan_fit(N, volume, energy, &fit), KM_E_ARGUMENT);
    sample(&oxide, oxide.v0, 0.06, volume, energy);
    for (int i = 0; i < N; ++i) volume[i] = volume[i % 3];
    assert_int_equal(km_birch_murnaghan_fit(N, volume, energy, &fit), KM_E_NUMERIC);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(exact_data_give_back_their_parameters),
    cmocka_unit_test(the_bulk_modulus_is_the_curvature_of_the_curve),
    cmocka_unit_test(b1_is_the_change_of_the_bulk_modulus_with_pressure),
    cmocka_unit_test(units_and_order_do_not_matter),
    cmocka_unit_test(ase_finds_the_same),
    cmocka_unit_test(a_curve_without_a_minimum_says_so),
    cmocka_unit_test(bad_points_are_refused),
};

KM_TEST_MAIN(tests)
