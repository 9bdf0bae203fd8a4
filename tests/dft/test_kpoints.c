/* np: 1 3 */
#include "support.h"

#include "kaimen/base/units.h"
#include "kaimen/dft/kpoints.h"

#include <string.h>

static const double simple_cubic[9] = {6, 0, 0, 0, 6, 0, 0, 0, 6};
static const double fcc[9] = {0, 4, 4, 4, 0, 4, 4, 4, 0};
/* the same lattice in a skewed basis */
static const double fcc_skewed[9] = {0, 4, 4, 4, 4, 8, 12, 8, 12};
static const double bcc[9] = {-3, 3, 3, 3, -3, 3, 3, 3, -3};
static const double hexagonal[9] = {5, 0, 0, -2.5, 4.330127018922193, 0, 0, 0, 9};
static const double triclinic[9] = {7.0, 0.3, -0.2, 1.9, 6.1, 0.4, -1.2, 0.8, 9.3};

/* One magnesium atom, or a lattice of three different atoms without symmetry. */
static void make_crystal(const double *cell, bool is_low, km_crystal **crystal,
                         km_symmetry **symmetry)
{
    const int z[3] = {12, 8, 20};
    const double frac[9] = {0, 0, 0, 0.31, 0.17, 0.42, 0.63, 0.71, 0.12};

    ASSERT_OK(km_crystal_create(cell, is_low ? 3 : 1, z, frac, crystal));
    ASSERT_OK(km_symmetry_create(*crystal, KM_SYMMETRY_TOLERANCE_BOHR, symmetry));
}

/* Whether a set holds +-k modulo reciprocal lattice vectors. */
static bool holds(const km_kpoints *kpoints, double x, double y, double z)
{
    const double wanted[3] = {x, y, z};

    for (int ik = 0; ik < km_kpoints_n(kpoints); ik++)
        for (int sign = -1; sign <= 1; sign += 2) {
            double worst = 0;

            for (int a = 0; a < 3; a++) {
                double d = sign * km_kpoints_frac(kpoints, ik)[a] - wanted[a];
                worst = fmax(worst, fabs(d - round(d)));
            }
            if (worst < 1e-6) return true;
        }
    return false;
}

static void mesh_follows_the_spacing_and_skips_the_vacuum(void **state)
{
    const double slab[9] = {6, 0, 0, 0, 3, 0, 0, 0, 40};
    km_crystal *crystal;
    km_symmetry *symmetry;
    int mesh[3];

    (void)state;
    make_crystal(slab, false, &crystal, &symmetry);
    ASSERT_OK(km_kpoints_find_mesh(crystal, 0.3, -1, -1, mesh));
    assert_int_equal(mesh[0], 4); /* 2 pi / 6 / 0.3 = 3.49 */
    assert_int_equal(mesh[1], 7);
    assert_int_equal(mesh[2], 1);
    ASSERT_OK(km_kpoints_find_mesh(crystal, 2 * KM_PI / 6 / 4, 1, -1, mesh));
    assert_int_equal(mesh[0], 4);
    assert_int_equal(mesh[1], 1);
    assert_int_equal(km_kpoints_find_mesh(crystal, 0, -1, -1, mesh), KM_E_ARGUMENT);
    assert_int_equal(km_kpoints_find_mesh(crystal, 1e-9, -1, -1, mesh), KM_E_ARGUMENT);
    km_symmetry_destroy(&symmetry);
    km_crystal_destroy(&crystal);
}

/* The third vector is one out of the plane, oblique in the bulk and along the normal in the slab. */
static void slab_and_oriented_bulk_have_the_same_mesh_in_the_plane(void **state)
{
    const double bulk[9] = {5.6, 0, 0, 0, 5.6, 0, 2.8, 2.8, 4};
    const double slab[9] = {5.6, 0, 0, 0, 5.6, 0, 0, 0, 40};
    km_crystal *crystal;
    km_symmetry *symmetry;
    int of_bulk[3], of_slab[3];

    (void)state;
    make_crystal(bulk, false, &crystal, &symmetry);
    ASSERT_OK(km_kpoints_find_mesh(crystal, 0.3, -1, -1, of_bulk));
    assert_int_equal(of_bulk[0], 5); /* oblique: |b_0| = 1.37 */
    ASSERT_OK(km_kpoints_find_mesh(crystal, 0.3, -1, 2, of_bulk));
    km_symmetry_destroy(&symmetry);
    km_crystal_destroy(&crystal);
    make_crystal(slab, false, &crystal, &symmetry);
    ASSERT_OK(km_kpoints_find_mesh(crystal, 0.3, 2, 2, of_slab));
    km_symmetry_destroy(&symmetry);
    km_crystal_destroy(&crystal);
    assert_int_equal(of_bulk[0], of_slab[0]);
    assert_int_equal(of_bulk[1], of_slab[1]);
    assert_int_equal(of_bulk[2], 6); /* 2 pi / 4 / 0.3 = 5.24 */
    assert_int_equal(of_slab[2], 1);
}

/* Counts of the literature: 4x4x4 in simple cubic 10 with Gamma, 4 shifted (Monkhorst, Pack 1976). */
static void reduced_mesh_has_the_known_number_of_points(void **state)
{
    const int mesh[3] = {4, 4, 4}, none[3] = {0, 0, 0}, half[3] = {1, 1, 1};
    km_crystal *crystal;
    km_symmetry *symmetry;
    km_kpoints *kpoints;

    (void)state;
    make_crystal(simple_cubic, false, &crystal, &symmetry);
    ASSERT_OK(km_kpoints_create(symmetry, mesh, none, MPI_COMM_WORLD, &kpoints));
    assert_int_equal(km_kpoints_n(kpoints), 10);
    km_kpoints_destroy(&kpoints);
    ASSERT_OK(km_kpoints_create(symmetry, mesh, half, MPI_COMM_WORLD, &kpoints));
    assert_int_equal(km_kpoints_n(kpoints), 4);
    km_kpoints_destroy(&kpoints);
    ASSERT_OK(km_kpoints_create(NULL, mesh, half, MPI_COMM_WORLD, &kpoints));
    assert_int_equal(km_kpoints_n(kpoints), 32);
    km_kpoints_destroy(&kpoints);
    km_symmetry_destroy(&symmetry);
    km_crystal_destroy(&crystal);
}

/* cos(R.k) with R a lattice vector of the star integrates to zero unless R is a multiple of the mesh. */
static void weights_integrate_the_shortest_stars_exactly(void **state)
{
    const int mesh[3] = {4, 3, 2};
    km_crystal *crystal;
    km_symmetry *symmetry;
    km_kpoints *kpoints;

    (void)state;
    make_crystal(triclinic, true, &crystal, &symmetry);
    for (int s = 0; s < 8; s++) {
        const int shift[3] = {s & 1, s >> 1 & 1, s >> 2 & 1};
        double sum = 0, star = 0, largest = 0;

        ASSERT_OK(
            km_kpoints_create(s < 4 ? symmetry : NULL, mesh, shift, MPI_COMM_WORLD, &kpoints));
        for (int ik = 0; ik < km_kpoints_n(kpoints); ik++) {
            const double *k = km_kpoints_frac(kpoints, ik);

            sum += km_kpoints_weight(kpoints)[ik];
            star += km_kpoints_weight(kpoints)[ik] * cos(2 * KM_PI * (k[0] + k[1] + 3 * k[2]));
            for (int a = 0; a < 3; a++) {
                assert_true(k[a] > -0.5 && k[a] <= 0.5);
                largest = fmax(largest, fabs(k[a]));
            }
        }
        ASSERT_CLOSE(sum, 1, 1e-14);
        ASSERT_CLOSE(star, 0, 1e-14);
        assert_true(largest > 0.2);
        km_kpoints_destroy(&kpoints);
    }
    km_symmetry_destroy(&symmetry);
    km_crystal_destroy(&crystal);
}

static bool is_own_opposite(const double *k)
{
    bool is_own = true;

    for (int a = 0; a < 3; a++) is_own = is_own && fabs(2 * k[a] - round(2 * k[a])) < 1e-6;
    return is_own;
}

/* Any piece of the list has as many points that equal -k as its share, give or take one: ranks then have equal work. */
static void points_of_half_the_work_are_spread_evenly(void **state)
{
    const int meshes[][3] = {{5, 1, 1}, {6, 2, 1}, {4, 4, 2}, {7, 5, 1}}, none[3] = {0, 0, 0};

    (void)state;
    for (int i = 0; i < 4; i++) {
        km_kpoints *kpoints;
        double n_own = 0, n_before = 0;
        int n;

        ASSERT_OK(km_kpoints_create(NULL, meshes[i], none, MPI_COMM_WORLD, &kpoints));
        n = km_kpoints_n(kpoints);
        for (int ik = 0; ik < n; ik++) n_own += is_own_opposite(km_kpoints_frac(kpoints, ik));
        assert_true(n_own > 0 && n_own < n);
        for (int ik = 0; ik < n; ik++) {
            n_before += is_own_opposite(km_kpoints_frac(kpoints, ik));
            assert_true(fabs(n_before - n_own * (ik + 1) / n) < 1);
        }
        km_kpoints_destroy(&kpoints);
    }
}

static void every_point_belongs_to_one_group(void **state)
{
    const int shift[3] = {0, 0, 0};
    int n_rank;

    (void)state;
    MPI_Comm_size(MPI_COMM_WORLD, &n_rank);
    for (int n = 1; n <= 9; n++) {
        const int mesh[3] = {n, 1, 1};
        const km_groups *groups;
        km_kpoints *kpoints;
        int total, count, largest, smallest, n_group_rank;

        ASSERT_OK(km_kpoints_create(NULL, mesh, shift, MPI_COMM_WORLD, &kpoints));
        groups = km_kpoints_groups(kpoints);
        count = km_kpoints_n_local(kpoints);
        MPI_Comm_size(groups->group, &n_group_rank);
        assert_int_equal(n_group_rank * groups->n_group, n_rank);
        assert_in_range(groups->n_group, 1, km_kpoints_n(kpoints));
        MPI_Allreduce(&count, &total, 1, MPI_INT, MPI_SUM, groups->cross);
        MPI_Allreduce(&count, &largest, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
        MPI_Allreduce(&count, &smallest, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
        assert_int_equal(total, km_kpoints_n(kpoints));
        assert_true(largest - smallest <= 1);
        km_kpoints_destroy(&kpoints);
    }
}

static void check_named_points(const double *cell, int n, const double *named)
{
    km_crystal *crystal;
    km_symmetry *symmetry;
    km_kpoints *reduced, *all;

    make_crystal(cell, false, &crystal, &symmetry);
    ASSERT_OK(km_kpoints_create_high_symmetry(crystal, symmetry, MPI_COMM_WORLD, &reduced));
    ASSERT_OK(km_kpoints_create_high_symmetry(crystal, NULL, MPI_COMM_WORLD, &all));
    assert_int_equal(km_kpoints_n(reduced), n);
    for (int i = 0; named && i < n; i++)
        assert_true(holds(all, named[3 * i], named[3 * i + 1], named[3 * i + 2]));
    for (int i = 0; i < n; i++) assert_true(km_kpoints_weight(reduced)[i] == 0);
    km_kpoints_destroy(&all);
    km_kpoints_destroy(&reduced);
    km_symmetry_destroy(&symmetry);
    km_crystal_destroy(&crystal);
}

/* Names and coordinates: W. Setyawan, S. Curtarolo, Comput. Mater. Sci. 49, 299 (2010). */
static void high_symmetry_points_are_those_of_the_literature(void **state)
{
    const double cubic_points[] = {0, 0, 0, 0, 0.5, 0, 0.5, 0.5, 0, 0.5, 0.5, 0.5};
    const double fcc_points[] = {0,   0,   0,    0.5,  0.5,   0.5,  0.5,  0,
                                 0.5, 0.5, 0.25, 0.75, 0.625, 0.25, 0.625};
    const double bcc_points[] = {0,    0, 0, 0.5, -0.5,  0.5,    0.25, 0.25,
                                 0.25, 0, 0, 0.5, 0.375, -0.125, 0.375};
    const double hexagonal_points[] = {
        0, 0, 0, 0, 0, 0.5, 0.5, 0, 0, 0.5, 0, 0.5, 1 / 3.0, 1 / 3.0, 0, 1 / 3.0, 1 / 3.0, 0.5};

    (void)state;
    check_named_points(simple_cubic, 4, cubic_points);
    check_named_points(fcc, 5, fcc_points);
    check_named_points(fcc_skewed, 5, NULL);
    check_named_points(bcc, 5, bcc_points);
    check_named_points(hexagonal, 6, hexagonal_points);
}

static void triclinic_zone_is_complete(void **state)
{
    km_crystal *crystal;
    km_symmetry *symmetry;
    km_kpoints *kpoints;

    (void)state;
    make_crystal(triclinic, true, &crystal, &symmetry);
    ASSERT_OK(km_kpoints_create_high_symmetry(crystal, symmetry, MPI_COMM_WORLD, &kpoints));
    /* all eight points with coordinates 0 and 1/2 */
    for (int s = 0; s < 8; s++)
        assert_true(holds(kpoints, 0.5 * (s & 1), 0.5 * (s >> 1 & 1), 0.5 * (s >> 2)));
    assert_true(km_kpoints_n(kpoints) <= 38);
    km_kpoints_destroy(&kpoints);
    km_symmetry_destroy(&symmetry);
    km_crystal_destroy(&crystal);
}

static void impossible_meshes_are_refused(void **state)
{
    const int zero[3] = {4, 0, 1}, mesh[3] = {2, 2, 2}, none[3] = {0, 0, 0}, odd[3] = {0, 2, 0};
    km_kpoints *kpoints;

    (void)state;
    assert_int_equal(km_kpoints_create(NULL, zero, none, MPI_COMM_WORLD, &kpoints),
                     KM_E_ARGUMENT);
    assert_int_equal(km_kpoints_create(NULL, mesh, odd, MPI_COMM_WORLD, &kpoints),
                     KM_E_ARGUMENT);
    assert_null(kpoints);
}

/* Pairs of a point and a spin, up before down: twice as many ranks hold some. */
static void both_spins_of_a_point_are_shared(void **state)
{
    const int mesh[3] = {3, 1, 1}, none[3] = {0};
    km_kpoints *kpoints;
    int count, n_group, is_root;

    (void)state;
    ASSERT_OK(km_kpoints_create(NULL, mesh, none, MPI_COMM_WORLD, &kpoints));
    assert_int_equal(km_kpoints_n(kpoints), 2);
    ASSERT_OK(km_kpoints_set_spins(kpoints, 2, MPI_COMM_WORLD));
    assert_int_equal(km_kpoints_n(kpoints), 2);
    MPI_Comm_rank(km_kpoints_groups(kpoints)->group, &is_root);
    count = is_root == 0 ? km_kpoints_n_local(kpoints) : 0;
    MPI_Allreduce(MPI_IN_PLACE, &count, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    assert_int_equal(count, 4);
    n_group = km_kpoints_groups(kpoints)->n_group;
    if (n_group == 3) { /* more than there are points */
        const int first[] = {0, 2, 3};

        assert_int_equal(km_kpoints_first(kpoints), first[km_kpoints_groups(kpoints)->index]);
    }
    assert_int_equal(km_kpoints_set_spins(kpoints, 3, MPI_COMM_WORLD), KM_E_ARGUMENT);
    km_kpoints_destroy(&kpoints);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(mesh_follows_the_spacing_and_skips_the_vacuum),
    cmocka_unit_test(slab_and_oriented_bulk_have_the_same_mesh_in_the_plane),
    cmocka_unit_test(reduced_mesh_has_the_known_number_of_points),
    cmocka_unit_test(weights_integrate_the_shortest_stars_exactly),
    cmocka_unit_test(points_of_half_the_work_are_spread_evenly),
    cmocka_unit_test(every_point_belongs_to_one_group),
    cmocka_unit_test(high_symmetry_points_are_those_of_the_literature),
    cmocka_unit_test(triclinic_zone_is_complete),
    cmocka_unit_test(impossible_meshes_are_refused),
    cmocka_unit_test(both_spins_of_a_point_are_shared),
};

KM_TEST_MAIN(tests)
