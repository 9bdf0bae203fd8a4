/* np: 1 */
#include "support.h"

#include "kaimen/base/rng.h"
#include "kaimen/base/units.h"
#include "kaimen/learner/space.h"

#include <string.h>

/* The DSC cell of Cu Sigma5(210)[001] in the boundary, Ang, and the gap. */
static const km_space copper = {3, 2, {1.616677, 0, 0.808339, 1.8075}};

static void measure(const km_space *space, const double *a, const double *b, double *distance2)
{
    double here[2 * KM_SPACE_MAX], there[2 * KM_SPACE_MAX];

    km_space_embed(space, 1, a, here);
    km_space_embed(space, 1, b, there);
    km_space_distance2(space, here, there, distance2);
}

static void shifts_that_differ_by_the_lattice_are_one_point(void **state)
{
    km_rng rng = km_rng_start(3, 0);
    double distance2[KM_SPACE_MAX];

    (void)state;
    assert_int_equal(km_space_n_direction(&copper), 4);
    for (int i = 0; i < 20; ++i) {
        const double *l = copper.lattice, m = i % 5 - 2, n = i / 5 - 1;
        const double a[3] = {km_rng_uniform(&rng), km_rng_uniform(&rng), 1.2};
        const double b[3] = {a[0] + m * l[0] + n * l[2], a[1] + m * l[1] + n * l[3], 1.2};

        measure(&copper, a, b, distance2);
        for (int d = 0; d < 4; ++d) ASSERT_CLOSE(distance2[d], 0, 1e-24);
    }
}

/* Half of the lattice away is far in at least one direction, however the vectors are chosen. */
static void other_shifts_are_other_points(void **state)
{
    const double skewed[4] = {1.616677, 0, 0.808339 + 3 * 1.616677, 1.8075};
    const double zero[3] = {0, 0, 1}, half[3] = {0.808339, 0, 1}, gap[3] = {0, 0, 1.5};
    double distance2[KM_SPACE_MAX], again[KM_SPACE_MAX], sum = 0, sum_again = 0;
    km_space other = copper;

    (void)state;
    memcpy(other.lattice, skewed, sizeof skewed);
    measure(&copper, zero, half, distance2);
    measure(&other, zero, half, again);
    for (int d = 0; d < 3; ++d) {
        sum += distance2[d];
        sum_again += again[d];
    }
    assert_true(sum > 0.1);
    ASSERT_CLOSE(sum_again, sum, 1e-12); /* the same lattice */
    measure(&copper, zero, gap, distance2);
    ASSERT_CLOSE(distance2[3], 0.25, 1e-15);
}

/* A small step along a reciprocal vector is as long as it is. */
static void small_shifts_are_as_far_as_they_are(void **state)
{
    const km_space line = {1, 1, {2.5}};
    const double zero = 0, step = 1e-4, half = 1.25;
    double distance2[KM_SPACE_MAX], feature[2], extent[1];

    (void)state;
    measure(&line, &zero, &step, distance2);
    ASSERT_CLOSE(sqrt(distance2[0]) / step, 1, 1e-8);
    measure(&line, &zero, &half, distance2);
    km_space_embed(&line, 1, &zero, feature);
    km_space_extent(&line, 1, feature, extent);
    ASSERT_CLOSE(extent[0], 2.5 / KM_PI, 1e-12);
    ASSERT_CLOSE(sqrt(distance2[0]), extent[0], 1e-12);
}

static void spaces_that_make_no_sense_are_refused(void **state)
{
    const km_space wrong[] = {{3, 2, {1, 0, 2, 0}}, {1, 1, {0}},       {1, 2, {1, 0, 0, 1}},
                              {0, 0, {0}},          {4, 3, {1, 0, 0}}, {40, 0, {0}}};

    (void)state;
    for (int i = 0; i < 6; ++i) assert_int_equal(km_space_check(wrong + i), KM_E_ARGUMENT);
    ASSERT_OK(km_space_check(&copper));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(shifts_that_differ_by_the_lattice_are_one_point),
    cmocka_unit_test(other_shifts_are_other_points),
    cmocka_unit_test(small_shifts_are_as_far_as_they_are),
    cmocka_unit_test(spaces_that_make_no_sense_are_refused),
};

KM_TEST_MAIN(tests)
