/* np: 1 */
#include "dft_support.h"

#include "dft/zone.h"
#include "kaimen/dft/path.h"

static const double CORNER[3] = {0, 0, 0};

static km_crystal *make_lattice(const double *cell)
{
    return make_crystal(cell, 1, (int[]){29}, CORNER);
}

/* A lattice, cell in bohr, and its path: names joined by '-', and the places of the points along it, 1/bohr. */
typedef struct {
    const char *lattice;
    const char *names;
    double cell[9];
    double place_bohr[20];
} sample;

/* Made with ASE 3.22.1 (Larsen et al., J. Phys. Condens. Matter 29, 273002 (2017)), ase.lattice: rows of special_path. */
static const sample facts[] = {
    {"cubic P",
     "G-X-M-G-R-X-M-R",
     {6, 0, 0, 0, 6, 0, 0, 0, 6},
     {0.00000, 0.52360, 1.04720, 1.78768, 2.69458, 3.43506, 3.43506, 3.95866}},
    {"cubic F",
     "G-X-W-K-G-L-U-W-L-K-U-X",
     {0, 4, 4, 4, 0, 4, 4, 4, 0},
     {0.00000, 0.78540, 1.17810, 1.45578, 2.28882, 2.96899, 3.44995, 3.72763, 4.28299, 4.76395,
      4.76395, 5.04163}},
    {"cubic I",
     "G-H-N-G-P-H-P-N",
     {-3, 3, 3, 3, -3, 3, 3, 3, -3},
     {0.00000, 1.04720, 1.78768, 2.52816, 3.43506, 4.34196, 4.34196, 4.86556}},
    {"tetragonal P",
     "G-X-M-G-Z-R-A-Z-X-R-M-A",
     {5, 0, 0, 0, 5, 0, 0, 0, 8},
     {0.00000, 0.62832, 1.25664, 2.14521, 2.53791, 3.16623, 3.79455, 4.68313, 4.68313, 5.07583,
      5.07583, 5.46852}},
    {"orthorhombic P",
     "G-X-S-Y-G-Z-U-R-T-Z-Y-T-U-X-S-R",
     {5, 0, 0, 0, 6, 0, 0, 0, 8},
     {0.00000, 0.62832, 1.15192, 1.78024, 2.30383, 2.69653, 3.32485, 3.84845, 4.47677, 5.00037,
      5.00037, 5.39307, 5.39307, 5.78577, 5.78577, 6.17847}},
    {"hexagonal",
     "G-M-K-G-A-L-H-A-L-M-K-H",
     {2.5, -4.33012702, 0, 2.5, 4.33012702, 0, 0, 0, 8},
     {0.00000, 0.72552, 1.14440, 1.98216, 2.37486, 3.10038, 3.51925, 4.35701, 4.35701, 4.74971,
      4.74971, 5.14241}},
    {"rhombohedral 1",
     "G-L-B1-B-Z-G-X-Q-F-P1-Z-L-P",
     {5.03202341, -3.26783421, 0, 5.03202341, 3.26783421, 0, 2.90986706, 0, 5.24715863},
     {0.00000, 0.59872, 1.12885, 1.12885, 1.56009, 2.23354, 2.97929, 2.97929, 3.19491, 3.48363,
      3.85710, 3.85710, 4.34140}},
    {"rhombohedral 2",
     "G-P-Z-Q-G-F-P1-Q1-L-Z",
     {3.77592235, -4.66287577, 0, 3.77592235, 4.66287577, 0, -1.98224968, 0, 5.66309864},
     {0.00000, 0.80115, 1.00538, 1.87233, 2.65041, 3.32416, 3.75763, 3.96187, 4.50746,
      5.18120}},
    {"tetragonal I 1",
     "G-X-M-G-Z-P-N-Z1-M-X-P",
     {-3, 3, 2.5, 3, -3, 2.5, 3, 3, -2.5},
     {0.00000, 0.74048, 1.48096, 2.52816, 3.59281, 4.45228, 4.97588, 5.65746, 5.84944, 5.84944,
      6.47776}},
    {"tetragonal I 2",
     "G-X-Y-S-G-Z-S1-N-P-Y1-Z-X-P",
     {-2.5, 2.5, 4, 2.5, -2.5, 4, 2.5, 2.5, -4},
     {0.00000, 0.88858, 1.23568, 1.61856, 2.49231, 3.27771, 3.66059, 4.12368, 4.75200, 5.27611,
      5.81759, 5.81759, 6.21029}},
    {"orthorhombic F 1",
     "G-Y-T-Z-G-X-A1-Y-T-X1-X-A-Z-L-G",
     {0, 3.75, 4, 2.5, 0, 4, 2.5, 3.75, 0},
     {0.00000, 0.83776, 1.62316, 2.46091, 3.24631, 4.39932, 5.40618, 6.00068, 6.00068, 6.10431,
      6.10431, 7.03049, 7.69263, 7.69263, 8.54378}},
    {"orthorhombic F 2",
     "G-Y-C-D-X-G-Z-D1-H-C-C1-Z-X-H1-H-Y-L-G",
     {0, 3.25, 3.5, 3, 0, 3.5, 3, 3.25, 0},
     {0.00000, 0.96664, 1.42878, 2.29134, 2.62418, 3.67137, 4.56897, 5.20278, 5.69192, 6.40204,
      6.40204, 6.98710, 6.98710, 7.34553, 7.34553, 7.88469, 7.88469, 8.72682}},
    {"orthorhombic F 3",
     "G-Y-T-Z-G-X-A1-Y-X-A-Z-L-G",
     {0, 3, 4, 2.4, 0, 4, 2.4, 3, 0},
     {0.00000, 1.04720, 1.83260, 2.87979, 3.66519, 4.97419, 6.31526, 6.78649, 6.78649, 7.70242,
      8.54018, 8.54018, 9.46578}},
    {"orthorhombic I",
     "G-X-L-T-W-R-X1-Z-G-Y-S-W-L1-Y-Y1-Z",
     {-2.5, 3, 3.5, 2.5, -3, 3.5, 2.5, 3, -3.5},
     {0.00000, 0.94889, 1.08780, 1.58855, 2.03735, 2.56095, 3.11248, 3.42023, 4.31782, 5.22611,
      5.81721, 6.44553, 6.44553, 6.75328, 6.75328, 6.89219}},
    {"orthorhombic C",
     "G-X-S-R-A-Z-G-Y-X1-A1-T-Y-Z-T",
     {2.5, -3, 0, 2.5, 3, 0, 0, 0, 7},
     {0.00000, 1.06465, 1.74622, 2.19502, 2.87660, 3.94125, 4.39005, 5.43724, 5.62923, 6.07803,
      6.27001, 6.71881, 6.71881, 7.76601}},
    {"monoclinic P",
     "G-Y-H-C-E-M1-A-X-H1-M-D-Z-Y-D",
     {6, 0, 0, 0, 5, 0, 0, 1.81173332, 6.76148078},
     {0.00000, 0.46463, 1.01356, 1.19970, 1.72330, 1.90943, 2.21616, 2.73976, 3.04648, 3.04648,
      3.59541, 4.06004, 4.06004, 4.58364}},
    {"monoclinic C 1",
     "G-Y-F-L-I-I1-Z-F1-Y-X1-X-G-N-M-G",
     {2, 3, 0, -2, 3, 0, 0, 1.81173332, 6.76148078},
     {0.00000, 1.08414, 1.27467, 1.55956, 2.05383, 2.05383, 3.13036, 4.12824, 4.12824, 4.53951,
      4.53951, 5.69904, 6.65334, 6.65334, 7.65144}},
    {"monoclinic C 3",
     "G-Y-F-H-Z-I-F1-H1-Y1-X-G-N-M-G",
     {4, 3, 0, -4, 3, 0, 0, 2.394141, 6.57784835},
     {0.00000, 0.84003, 1.14547, 1.58014, 2.29379, 3.07919, 3.20379, 3.20379, 3.50924, 3.80722,
      4.59262, 5.27430, 5.27430, 5.98897}},
    {"monoclinic C 5",
     "G-Y-F-L-I-I1-Z-H-F1-H1-Y1-X-G-N-M-G",
     {3, 2.95, 0, -3, 2.95, 0, 0, 2.8471565, 6.3948182},
     {0.00000, 1.05759, 1.22245, 1.42966, 1.52686, 1.52686, 2.47686, 3.41103, 3.70685, 3.70685,
      3.87171, 4.01962, 5.06682, 5.85033, 5.85033, 6.63919}},
};
#define N_FACT ((int)(sizeof facts / sizeof *facts))

#define COS75 0.25881904510252074
#define SIN75 0.96592582628906831
/* b cos(alpha) / c + b^2 sin(alpha)^2 / a^2 = 1 with b = 6, c = 7 */
#define FOUR_A (6 * SIN75 / 0.8821310017213086)

/* Borderline shapes and lattices without a path in the source: only the names are known. */
static const sample others[] = {
    {"monoclinic C 2",
     "G-Y-F-L-I-I1-Z-F1-N-G-M",
     {SIN75 * 3, 3, 0, -SIN75 * 3, 3, 0, 0, 7 * COS75, 7 * SIN75},
     {0}},
    {"monoclinic C 4",
     "G-Y-F-H-Z-I-H1-Y1-X-G-N-M-G",
     {FOUR_A / 2, 3, 0, -FOUR_A / 2, 3, 0, 0, 7 * COS75, 7 * SIN75},
     {0}},
    {"general", "X-G-Y-L-G-Z-N-G-M-R-G", {5, 0, 0, 0.9, 5.93, 0, 0.8, 1.1, 7.88}, {0}},
};
#define N_SAMPLE (N_FACT + (int)(sizeof others / sizeof *others))

static const sample *sample_at(int i)
{
    return i < N_FACT ? &facts[i] : &others[i - N_FACT];
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
    (void)state;
    for (int i = 0; i < N_SAMPLE; ++i) {
        const sample *s = sample_at(i);
        km_crystal *crystal = make_lattice(s->cell);
        const km_path_mark *mark;
        char names[128] = "";
        km_path *path;
        int n_mark;

        ASSERT_OK(km_path_create(crystal, -1, 40, &path));
        assert_string_equal(km_path_lattice(path), s->lattice);
        mark = km_path_marks(path, &n_mark);
        for (int im = 0; im < n_mark; ++im) {
            if (im > 0) strcat(names, "-");
            strcat(names, mark[im].name);
            if (i < N_FACT)
                ASSERT_CLOSE(km_path_place_bohr(path)[mark[im].ik], s->place_bohr[im], 2e-5);
        }
        assert_string_equal(names, s->names);
        km_path_destroy(&path);
        km_crystal_destroy(&crystal);
    }
}

/* Another basis of the same lattice, with sharp angles. */
static void skewed_cells_have_the_same_path(void **state)
{
    (void)state;
    for (int i = 0; i < N_FACT; ++i) {
        const sample *s = &facts[i];
        const km_path_mark *mark;
        double cell[9];
        km_crystal *crystal;
        km_path *path;
        int n_mark;

        for (int x = 0; x < 3; ++x) {
            cell[x] = s->cell[x] + s->cell[6 + x];
            cell[3 + x] = s->cell[x] + s->cell[3 + x] + s->cell[6 + x];
            cell[6 + x] = s->cell[x] + 2 * s->cell[6 + x];
        }
        crystal = make_lattice(cell);
        ASSERT_OK(km_path_create(crystal, -1, 40, &path));
        assert_string_equal(km_path_lattice(path), s->lattice);
        mark = km_path_marks(path, &n_mark);
        for (int im = 0; im < n_mark; ++im)
            ASSERT_CLOSE(km_path_place_bohr(path)[mark[im].ik], s->place_bohr[im], 2e-5);
        km_path_destroy(&path);
        km_crystal_destroy(&crystal);
    }
}

/* Every point of a path lies in the first zone: no reciprocal vector is nearer than the origin. */
static void paths_stay_in_the_first_zone(void **state)
{
    (void)state;
    for (int i = 0; i < N_SAMPLE; ++i) {
        km_crystal *crystal = make_lattice(sample_at(i)->cell);
        const double *k;
        km_path *path;
        int n_k;

        ASSERT_OK(km_path_create(crystal, -1, 40, &path));
        k = km_path_k_frac(path, &n_k);
        for (int ik = 0; ik < n_k; ++ik)
            for (int g = 0; g < 343; ++g) {
                const double other[3] = {k[3 * ik] - (g % 7 - 3),
                                         k[3 * ik + 1] - (g / 7 % 7 - 3),
                                         k[3 * ik + 2] - (g / 49 - 3)};

                assert_true(length_bohr(crystal, k + 3 * ik) <
                            length_bohr(crystal, other) + 1e-6);
            }
        km_path_destroy(&path);
        km_crystal_destroy(&crystal);
    }
}

/* All named points but those of low symmetry are faces, corners or edges of the zone, found without any table. */
static void named_points_are_points_of_the_zone(void **state)
{
    const int with_zone[] = {0, 1, 2, 3, 4, 5, N_SAMPLE - 1};
    (void)state;
    for (size_t is = 0; is < sizeof with_zone / sizeof *with_zone; ++is) {
        km_crystal *crystal = make_lattice(sample_at(with_zone[is])->cell);
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
        km_crystal_destroy(&crystal);
    }
}

/* The length of the path is that of its steps; only at a break does k jump, and there the place stands still. */
static void places_measure_the_path(void **state)
{
    (void)state;
    for (int i = 0; i < N_SAMPLE; ++i) {
        km_crystal *crystal = make_lattice(sample_at(i)->cell);
        const double *k, *place;
        int n_k, n_mark, n_break = 0, n_bar = 0;
        km_path *path;

        ASSERT_OK(km_path_create(crystal, -1, 40, &path));
        k = km_path_k_frac(path, &n_k);
        place = km_path_place_bohr(path);
        assert_true(place[0] == 0 && n_k >= 41);
        for (int ik = 1; ik < n_k; ++ik) {
            double d[3];

            for (int a = 0; a < 3; ++a) d[a] = k[3 * ik + a] - k[3 * ik - 3 + a];
            n_break += place[ik] == place[ik - 1];
            if (place[ik] == place[ik - 1]) continue;
            ASSERT_CLOSE(length_bohr(crystal, d), place[ik] - place[ik - 1], 1e-9);
        }
        km_path_marks(path, &n_mark);
        for (const char *c = sample_at(i)->names; *c; ++c) n_bar += *c == '-';
        assert_true(n_bar + 1 == n_mark && n_break < n_mark / 2);
        km_path_destroy(&path);
        km_crystal_destroy(&crystal);
    }
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
    cmocka_unit_test(skewed_cells_have_the_same_path),
    cmocka_unit_test(paths_stay_in_the_first_zone),
    cmocka_unit_test(named_points_are_points_of_the_zone),
    cmocka_unit_test(places_measure_the_path),
    cmocka_unit_test(other_cells_have_the_same_path),
    cmocka_unit_test(paths_of_slabs_stay_in_the_plane),
    cmocka_unit_test(a_path_without_steps_is_refused),
};

KM_TEST_MAIN(tests)
