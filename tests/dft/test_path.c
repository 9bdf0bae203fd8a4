/* np: 1 */
#include "dft_support.h"

#include "dft/zone.h"
#include "kaimen/dft/path.h"

static const double CORNER[3] = {0, 0, 0};

static km_crystal *make_lattice(const double *cell)
{
    return make_crystal(cell, 1, (int[]){29}, CORNER);
}

/* A lattice with all parameters, lengths in bohr and cosines of the angles. */
static km_crystal *make_box(double a, double b, double c, double ca, double cb, double cg)
{
    const double sg = sqrt(1 - cg * cg), y = (ca - cb * cg) / sg;
    const double cell[9] = {
        a, 0, 0, b * cg, b * sg, 0, c * cb, c * y, c * sqrt(1 - cb * cb - y * y)};

    return make_lattice(cell);
}

static km_crystal *make_hexagonal(void)
{
    return make_box(5, 5, 8, 0, 0, -0.5);
}

typedef struct {
    const char *lattice;
    const char *names; /* joined by '-' */
    km_crystal *crystal;
} sample;

#define N_SAMPLE 9

static void make_samples(sample *s)
{
    const double f[9] = {0, 4, 4, 4, 0, 4, 4, 4, 0}, i[9] = {-3, 3, 3, 3, -3, 3, 3, 3, -3};

    s[0] = (sample){"cubic P", "G-X-M-G-R-X-M-R", make_box(6, 6, 6, 0, 0, 0)};
    s[1] = (sample){"cubic F", "G-X-W-K-G-L-U-W-L-K-U-X", make_lattice(f)};
    s[2] = (sample){"cubic I", "G-H-N-G-P-H-P-N", make_lattice(i)};
    s[3] = (sample){"tetragonal P", "G-X-M-G-Z-R-A-Z-X-R-M-A", make_box(5, 5, 8, 0, 0, 0)};
    s[4] = (sample){"orthorhombic P", "G-X-S-Y-G-Z-U-R-T-Z-Y-T-U-X-S-R",
                    make_box(5, 6, 8, 0, 0, 0)};
    s[5] = (sample){"hexagonal", "G-M-K-G-A-L-H-A-L-M-K-H", make_hexagonal()};
    s[6] = (sample){"rhombohedral 1", "G-L-B1-B-Z-G-X-Q-F-P1-Z-L-P",
                    make_box(6, 6, 6, 0.4, 0.4, 0.4)};
    s[7] = (sample){"rhombohedral 2", "G-P-Z-Q-G-F-P1-Q1-L-Z",
                    make_box(6, 6, 6, -0.2, -0.2, -0.2)};
    s[8] = (sample){"general", "X-G-Y-L-G-Z-N-G-M-R-G", make_box(5, 6, 8, 0.1, 0.2, 0.15)};
}

static void destroy_samples(sample *s)
{
    for (int i = 0; i < N_SAMPLE; ++i) km_crystal_destroy(&s[i].crystal);
}

static double length_bohr(const km_crystal *crystal, const double *k_frac)
{
    const double *b = km_crystal_reciprocal_bohr(crystal);
    double k[3] = {0};

    for (int i = 0; i < 9; ++i) k[i % 3] += k_frac[i / 3] * b[i];
    return sqrt(k[0] * k[0] + k[1] * k[1] + k[2] * k[2]);
}

static void lattices_have_their_path(void **state)
{
    sample samples[N_SAMPLE];

    (void)state;
    make_samples(samples);
    for (int i = 0; i < N_SAMPLE; ++i) {
        char names[128] = "";
        const km_path_mark *mark;
        km_path *path;
        int n_mark;

        ASSERT_OK(km_path_create(samples[i].crystal, -1, 40, &path));
        assert_string_equal(km_path_lattice(path), samples[i].lattice);
        mark = km_path_marks(path, &n_mark);
        for (int im = 0; im < n_mark; ++im) {
            if (im > 0) strcat(names, "-");
            strcat(names, mark[im].name);
        }
        assert_string_equal(names, samples[i].names);
        km_path_destroy(&path);
    }
    destroy_samples(samples);
}

/* Every point of a path lies in the first zone: no reciprocal vector is nearer than the origin. */
static void paths_stay_in_the_first_zone(void **state)
{
    sample samples[N_SAMPLE];

    (void)state;
    make_samples(samples);
    for (int i = 0; i < N_SAMPLE; ++i) {
        const double *k;
        km_path *path;
        int n_k;

        ASSERT_OK(km_path_create(samples[i].crystal, -1, 40, &path));
        k = km_path_k_frac(path, &n_k);
        for (int ik = 0; ik < n_k; ++ik)
            for (int g = 0; g < 343; ++g) {
                const double other[3] = {k[3 * ik] - (g % 7 - 3),
                                         k[3 * ik + 1] - (g / 7 % 7 - 3),
                                         k[3 * ik + 2] - (g / 49 - 3)};

                assert_true(length_bohr(samples[i].crystal, k + 3 * ik) <
                            length_bohr(samples[i].crystal, other) + 1e-6);
            }
        km_path_destroy(&path);
    }
    destroy_samples(samples);
}

/* All named points but those of low symmetry are faces, corners or edges of the zone, found without any table. */
static void named_points_are_points_of_the_zone(void **state)
{
    static const int with_zone[] = {0, 1, 2, 3, 4, 5, 8};
    sample samples[N_SAMPLE];

    (void)state;
    make_samples(samples);
    for (size_t is = 0; is < sizeof with_zone / sizeof *with_zone; ++is) {
        const km_crystal *crystal = samples[with_zone[is]].crystal;
        double zone[3 * KM_ZONE_MAX_POINT];
        const int n = km_zone_find_points(km_crystal_cell_bohr(crystal),
                                          km_crystal_reciprocal_bohr(crystal), zone);
        const km_path_mark *mark;
        const double *k;
        km_path *path;
        int n_mark, n_k;

        ASSERT_OK(km_path_create(crystal, -1, 10, &path));
        mark = km_path_marks(path, &n_mark);
        k = km_path_k_frac(path, &n_k);
        for (int im = 0; im < n_mark; ++im) {
            double nearest = 1;

            for (int i = 0; i < n; ++i) {
                double d[3];

                for (int a = 0; a < 3; ++a) d[a] = zone[3 * i + a] - k[3 * mark[im].ik + a];
                nearest = fmin(nearest, length_bohr(crystal, d));
            }
            assert_true(nearest < 1e-6);
        }
        km_path_destroy(&path);
    }
    destroy_samples(samples);
}

/* The length of the path is that of its steps; only at a break does k jump, and there the place stands still. */
static void places_measure_the_path(void **state)
{
    sample samples[N_SAMPLE];

    (void)state;
    make_samples(samples);
    for (int i = 0; i < N_SAMPLE; ++i) {
        const double *k, *place;
        int n_k, n_mark, n_break = 0, n_bar = 0;
        km_path *path;

        ASSERT_OK(km_path_create(samples[i].crystal, -1, 40, &path));
        k = km_path_k_frac(path, &n_k);
        place = km_path_place_bohr(path);
        assert_true(place[0] == 0 && n_k >= 41);
        for (int ik = 1; ik < n_k; ++ik) {
            double d[3];

            for (int a = 0; a < 3; ++a) d[a] = k[3 * ik + a] - k[3 * ik - 3 + a];
            n_break += place[ik] == place[ik - 1];
            if (place[ik] == place[ik - 1]) continue;
            ASSERT_CLOSE(length_bohr(samples[i].crystal, d), place[ik] - place[ik - 1], 1e-9);
        }
        km_path_marks(path, &n_mark);
        for (const char *c = samples[i].names; *c; ++c) n_bar += *c == '-';
        assert_true(n_bar + 1 == n_mark && n_break < n_mark / 2);
        km_path_destroy(&path);
    }
    destroy_samples(samples);
}

/* The cubic cell of four primitive ones has their path. */
static void other_cells_have_the_same_path(void **state)
{
    const double h = 4, cubic[9] = {2 * h, 0, 0, 0, 2 * h, 0, 0, 0, 2 * h};
    const double frac[12] = {0, 0, 0, 0, 0.5, 0.5, 0.5, 0, 0.5, 0.5, 0.5, 0};
    const double primitive[9] = {0, h, h, h, 0, h, h, h, 0};
    km_crystal *big = make_crystal(cubic, 4, (int[]){29, 29, 29, 29}, frac);
    km_crystal *small = make_lattice(primitive);
    const double *k_a, *k_b;
    km_path *a, *b;
    int n_a, n_b;

    (void)state;
    ASSERT_OK(km_path_create(big, -1, 30, &a));
    ASSERT_OK(km_path_create(small, -1, 30, &b));
    assert_string_equal(km_path_lattice(a), "cubic F");
    k_a = km_path_k_frac(a, &n_a);
    k_b = km_path_k_frac(b, &n_b);
    assert_int_equal(n_a, n_b);
    for (int ik = 0; ik < n_a; ++ik) {
        ASSERT_CLOSE(km_path_place_bohr(a)[ik], km_path_place_bohr(b)[ik], 1e-9);
        ASSERT_CLOSE(length_bohr(big, k_a + 3 * ik), length_bohr(small, k_b + 3 * ik), 1e-9);
    }
    km_path_destroy(&a);
    km_path_destroy(&b);
    km_crystal_destroy(&big);
    km_crystal_destroy(&small);
}

static void paths_of_slabs_stay_in_the_plane(void **state)
{
    km_crystal *slab = make_slab();
    const km_path_mark *mark;
    const double *k;
    km_path *path;
    int n_k, n_mark;

    (void)state;
    ASSERT_OK(km_path_create(slab, 2, 20, &path));
    k = km_path_k_frac(path, &n_k);
    for (int ik = 0; ik < n_k; ++ik) assert_true(fabs(k[3 * ik + 2]) < 1e-9);
    mark = km_path_marks(path, &n_mark);
    assert_int_equal(n_mark, 4);
    assert_string_equal(mark[1].name, "X");
    assert_string_equal(mark[2].name, "M");
    km_path_destroy(&path);
    km_crystal_destroy(&slab);
}

static void a_path_without_steps_is_refused(void **state)
{
    km_crystal *crystal = make_magnesia();
    km_path *path;

    (void)state;
    assert_int_equal(km_path_create(crystal, -1, 0, &path), KM_E_ARGUMENT);
    assert_null(path);
    km_crystal_destroy(&crystal);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(lattices_have_their_path),
    cmocka_unit_test(paths_stay_in_the_first_zone),
    cmocka_unit_test(named_points_are_points_of_the_zone),
    cmocka_unit_test(places_measure_the_path),
    cmocka_unit_test(other_cells_have_the_same_path),
    cmocka_unit_test(paths_of_slabs_stay_in_the_plane),
    cmocka_unit_test(a_path_without_steps_is_refused),
};

KM_TEST_MAIN(tests)
