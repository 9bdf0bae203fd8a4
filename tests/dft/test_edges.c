/* np: 1 */
#include "support.h"

#include "kaimen/base/units.h"
#include "kaimen/dft/edges.h"

#include <jansson.h>
#include <string.h>

#define N_PLANE 240
#define N_LAYER 6
#define C_BOHR 48.0
#define REPEAT_BOHR 4.0
/* The reference took the potential of one plane in mid-vacuum; its planes ripple by up to 1.5 meV and fall off by 3. */
#define REFERENCE_VACUUM_EV 2e-3
/* It averaged once over the bulk repeat, we average twice: up to 3.3 meV at the slab's centre. */
#define REFERENCE_BULK_EV 5e-3

/* A slab of six layers around z = centre, in a cell of 48 bohr. */
typedef struct {
    double v[N_PLANE], density[N_PLANE], z[N_LAYER];
    km_edges_profile profile;
} slab;

static const km_edges_levels levels = {.slab_vbm_ha = -0.02,
                                       .slab_cbm_ha = 0.10,
                                       .bulk_vbm_ha = 0.25,
                                       .bulk_cbm_ha = 0.40,
                                       .bulk_mean_ha = 0.01,
                                       .bulk_repeat_bohr = REPEAT_BOHR};

/* Vacuum level 0.2, mean inside -0.3 with bulk oscillations, smooth faces; field in Ha/bohr through the vacuum. */
static void make_slab(slab *s, double centre_bohr, double vacuum_bohr, double field)
{
    const double c = N_LAYER * REPEAT_BOHR + vacuum_bohr, half = 0.5 * N_LAYER * REPEAT_BOHR;

    memset(s, 0, sizeof *s);
    s->profile = (km_edges_profile){N_PLANE, c, s->v, s->density, N_LAYER, s->z};
    for (int i = 0; i < N_LAYER; i++)
        s->z[i] = (centre_bohr + (i - 0.5 * (N_LAYER - 1)) * REPEAT_BOHR) / c;
    for (int i = 0; i < N_PLANE; i++) {
        double d = i * c / N_PLANE - centre_bohr, inside, depth;

        d -= c * round(d / c);
        depth = half - fabs(d);
        inside = 0.5 * erfc(-depth / 0.8);
        s->v[i] = 0.2 - inside * (0.5 + 0.4 * cos(2 * KM_PI * d / REPEAT_BOHR));
        s->v[i] += (1 - inside) * field * (d > 0 ? d - c / 2 : d + c / 2);
        s->density[i] = 0.05 / (1 + exp(-1.5 * (depth + 1)));
    }
}

static km_edges edges_of(const slab *s)
{
    const km_edges_options options = km_edges_options_default();
    km_edges edges;

    ASSERT_OK(km_edges_compute(&s->profile, &levels, &options, &edges));
    return edges;
}

static void symmetric_slab_gives_its_levels(void **state)
{
    static slab s;
    km_edges edges;

    (void)state;
    make_slab(&s, 24, 24, 0);
    edges = edges_of(&s);
    assert_true(edges.has_plateau);
    ASSERT_CLOSE(edges.vacuum_lower_ha, 0.2, 1e-6);
    ASSERT_CLOSE(edges.vacuum_upper_ha, 0.2, 1e-6);
    ASSERT_CLOSE(edges.field_ev_ang, 0, 1e-6);
    ASSERT_CLOSE(edges.centre_frac, 0.5, 1e-12);
    ASSERT_CLOSE(edges.macro_centre_ha, -0.3, 1e-6);
    /* 0.2 - (-0.3 + 0.25 - 0.01) */
    ASSERT_CLOSE(edges.ip_ev, 0.26 * KM_EV_PER_HA, 1e-4);
    ASSERT_CLOSE(edges.ea_ev, 0.11 * KM_EV_PER_HA, 1e-4);
    ASSERT_CLOSE(edges.gap_ev, 0.15 * KM_EV_PER_HA, 1e-12);
    ASSERT_CLOSE(edges.ip_direct_ev, 0.22 * KM_EV_PER_HA, 1e-4);
    ASSERT_CLOSE(edges.ea_direct_ev, 0.10 * KM_EV_PER_HA, 1e-4);
    ASSERT_CLOSE(edges.gap_direct_ev, 0.12 * KM_EV_PER_HA, 1e-12);
}

static void result_does_not_depend_on_where_the_slab_lies(void **state)
{
    static slab s;
    km_edges at_half, edges;

    (void)state;
    make_slab(&s, 24, 24, 0);
    at_half = edges_of(&s);
    for (double centre = -5; centre < 60; centre += 3.37) {
        make_slab(&s, centre, 24, 0);
        edges = edges_of(&s);
        assert_true(edges.has_plateau);
        ASSERT_CLOSE(edges.ip_ev, at_half.ip_ev, 1e-4);
        ASSERT_CLOSE(edges.ip_direct_ev, at_half.ip_direct_ev, 1e-4);
        ASSERT_CLOSE(edges.centre_frac, centre / C_BOHR - floor(centre / C_BOHR), 1e-12);
    }
}

/* A slab with a dipole in a periodic cell: a uniform field in the vacuum, different levels of the faces. */
static void dipole_shows_as_a_field_and_two_levels(void **state)
{
    const double field = 2e-3;
    static slab s;
    km_edges edges;

    (void)state;
    make_slab(&s, 24, 24, field);
    edges = edges_of(&s);
    assert_false(edges.has_plateau);
    ASSERT_CLOSE(edges.field_ev_ang, field * KM_EV_PER_HA / KM_ANG_PER_BOHR, 1e-4);
    ASSERT_CLOSE(edges.vacuum_lower_ha - edges.vacuum_upper_ha, field * edges.plateau_bohr,
                 1e-5);
    assert_true(edges.flatness_ha > 0.9 * field * edges.plateau_bohr);
    /* the same slab upside down */
    make_slab(&s, 24, 24, -field);
    ASSERT_CLOSE(edges_of(&s).vacuum_upper_ha, edges.vacuum_lower_ha, 1e-9);
    /* a field that adds less than the limit over the plateau is only reported */
    make_slab(&s, 24, 24, 5e-5);
    edges = edges_of(&s);
    assert_true(edges.has_plateau);
    ASSERT_CLOSE(edges.field_ev_ang, 5e-5 * KM_EV_PER_HA / KM_ANG_PER_BOHR, 1e-5);
}

static void thin_vacuum_has_no_plateau(void **state)
{
    static slab s;

    (void)state;
    make_slab(&s, 20, 3, 0);
    assert_false(edges_of(&s).has_plateau);
    make_slab(&s, 20, 16, 0);
    assert_true(edges_of(&s).has_plateau);
    /* no gap at all: a bulk */
    for (int i = 0; i < N_PLANE; i++) s.density[i] = 0.05;
    assert_false(edges_of(&s).has_plateau);
}

/* Ripples of a 20 Ha cutoff, 0.5 bohr long, are not a slope; a wave of 6 bohr is. */
static void ripples_of_the_cutoff_average_out_and_long_waves_do_not(void **state)
{
    static slab s;

    (void)state;
    make_slab(&s, 24, 24, 0);
    for (int i = 0; i < N_PLANE; i++) s.v[i] += 4e-3 * cos(2 * KM_PI * 96 * i / N_PLANE);
    assert_true(edges_of(&s).has_plateau);
    ASSERT_CLOSE(edges_of(&s).vacuum_lower_ha, 0.2, 1e-4);
    assert_true(edges_of(&s).flatness_ha < 3e-4);
    make_slab(&s, 24, 24, 0);
    for (int i = 0; i < N_PLANE; i++) s.v[i] += 1.5e-3 * cos(2 * KM_PI * 8 * i / N_PLANE);
    assert_false(edges_of(&s).has_plateau);
    assert_true(edges_of(&s).flatness_ha > 2e-3);
}

/* A wave of the window's own length vanishes, longer ones shrink by sinc^2, the mean stays. */
static void average_filters_each_wave_exactly(void **state)
{
    double v[100], average[100];

    (void)state;
    for (int i = 0; i < 100; i++)
        v[i] = 3 + cos(2 * KM_PI * 0.07 * i) + 2 * sin(2 * KM_PI * 0.02 * i);
    /* c = 10: wave 7 has the length 10/7 */
    ASSERT_OK(km_edges_average(100, 10, v, 10.0 / 7, 2, average));
    for (int i = 0; i < 100; i++) {
        double x = 2 * KM_PI / 7;

        ASSERT_CLOSE(average[i], 3 + 2 * sin(2 * KM_PI * 0.02 * i) * pow(sin(x) / x, 2), 1e-12);
    }
    ASSERT_OK(km_edges_average(100, 10, v, 1e-9, 2, average));
    for (int i = 0; i < 100; i++) ASSERT_CLOSE(average[i], v[i], 1e-12);
    /* the highest wave of an even number of planes */
    for (int i = 0; i < 100; i++) v[i] = i % 2 ? -1 : 1;
    ASSERT_OK(km_edges_average(100, 10, v, 1e-9, 2, average));
    for (int i = 0; i < 100; i++) ASSERT_CLOSE(average[i], v[i], 1e-12);
}

static void impossible_profiles_are_refused(void **state)
{
    const km_edges_options options = km_edges_options_default();
    km_edges_levels no_repeat = levels;
    km_edges edges;
    static slab s;

    (void)state;
    make_slab(&s, 24, 24, 0);
    no_repeat.bulk_repeat_bohr = 0;
    assert_int_equal(km_edges_compute(&s.profile, &no_repeat, &options, &edges), KM_E_ARGUMENT);
    s.v[7] = NAN;
    assert_int_equal(km_edges_compute(&s.profile, &levels, &options, &edges), KM_E_NUMERIC);
    s.v[7] = 0, s.density[3] = INFINITY;
    assert_int_equal(km_edges_compute(&s.profile, &levels, &options, &edges), KM_E_NUMERIC);
    s.density[3] = 0, s.profile.n_atom = 0;
    assert_int_equal(km_edges_compute(&s.profile, &levels, &options, &edges), KM_E_ARGUMENT);
    s.profile.n_atom = 1, s.profile.n_plane = 4;
    assert_int_equal(km_edges_compute(&s.profile, &levels, &options, &edges), KM_E_ARGUMENT);
}

/* Potential and density of MgO(100) from another code; the IP that they give with its highest level. */
static km_edges read_vacuum(const char *path, double vbm_ev)
{
    static slab s;
    const km_edges_options options = km_edges_options_default();
    km_edges_levels l = {.slab_vbm_ha = vbm_ev / KM_EV_PER_HA,
                         .bulk_repeat_bohr = 2.106 * KM_BOHR_PER_ANG};
    FILE *file = fopen(path, "r");
    km_edges edges;
    int n = 0;

    assert_non_null(file);
    assert_int_equal(fscanf(file,
                            "# z / c, electron density 1/bohr^3, V_H + V_loc Ha; c = %lf bohr",
                            &s.profile.c_bohr),
                     1);
    while (fscanf(file, "%*f %lf %lf", &s.density[n], &s.v[n]) == 2) n++;
    fclose(file);
    s.profile.n_plane = n, s.profile.n_atom = 3;
    s.profile.v_ha = s.v, s.profile.density_bohr3 = s.density, s.profile.z_frac = s.z;
    for (int i = 0; i < 3; i++)
        s.z[i] = 0.5 + (i - 1) * 2.106 * KM_BOHR_PER_ANG / s.profile.c_bohr;
    ASSERT_OK(km_edges_compute(&s.profile, &l, &options, &edges));
    return edges;
}

/* The IP of this slab with a wide vacuum is 4.80 eV. */
static void plateau_is_told_where_the_ip_is_right_within_its_limit(void **state)
{
    const double wide = 4.80, wanted = 0.05;
    km_edges edges;

    (void)state;
    edges = read_vacuum("tests/data/reference/mgo100_vacuum/vacuum_4.dat", 3.7192);
    assert_false(edges.has_plateau);
    assert_true(fabs(edges.ip_direct_ev - wide) > wanted);
    edges = read_vacuum("tests/data/reference/mgo100_vacuum/vacuum_6.dat", 2.0657);
    assert_true(edges.has_plateau);
    ASSERT_CLOSE(edges.ip_direct_ev, wide, wanted);
    edges = read_vacuum("tests/data/reference/mgo100_vacuum/vacuum_8.dat", 0.9352);
    assert_true(edges.has_plateau);
    ASSERT_CLOSE(edges.ip_direct_ev, wide, 0.01);
    assert_true(edges.plateau_bohr > 1.5 && edges.flatness_ha * KM_EV_PER_HA < 0.03);
}

static double number(json_t *object, const char *key)
{
    assert_non_null(json_object_get(object, key));
    return json_number_value(json_object_get(object, key));
}

/* Heights of the atoms of an extxyz file over c; the number of atoms. */
static int read_heights(const char *folder, const char *name, double c_bohr, double *z)
{
    char path[1024], line[1024];
    int n = 0, i = 0;
    double height;
    FILE *file;

    snprintf(path, sizeof path, "%s/reference/%s/structure.extxyz", folder, name);
    file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        if (i++ < 2) continue;
        if (sscanf(line, "%*s %*f %*f %lf", &height) == 1)
            z[n++] = height * KM_BOHR_PER_ANG / c_bohr;
    }
    fclose(file);
    return n;
}

static void check_reference(const char *folder, const char *name, double repeat_ang,
                            double bulk_per_slab)
{
    static double v[512], density[512], z[64];
    char path[1024];
    km_edges_profile p = {.v_ha = v, .density_bohr3 = density, .z_frac = z};
    const km_edges_options options = km_edges_options_default();
    km_edges_levels l = {.bulk_repeat_bohr = repeat_ang * KM_BOHR_PER_ANG};
    km_edges edges;
    json_t *root, *slab_json, *bulk, *planar;

    snprintf(path, sizeof path, "%s/reference/%s/expected.json", folder, name);
    root = json_load_file(path, 0, NULL);
    slab_json = json_object_get(root, "slab");
    bulk = json_object_get(slab_json, "bulk");
    planar = json_object_get(slab_json, "planar_v_ha");
    p.n_plane = (int)json_array_size(planar);
    p.c_bohr = number(slab_json, "c_bohr");
    p.n_atom = read_heights(folder, name, p.c_bohr, z);
    l.slab_vbm_ha = number(root, "vbm_ha");
    l.slab_cbm_ha = number(root, "cbm_ha");
    l.bulk_vbm_ha = number(bulk, "vbm_minus_vavg_ha");
    l.bulk_cbm_ha = number(bulk, "cbm_minus_vavg_ha");
    /* the reference holds no density: tails of 6 eV of ionisation potential stand in for it */
    for (int i = 0; i < p.n_plane; i++) {
        v[i] = json_number_value(json_array_get(planar, i));
        density[i] = 0;
        for (int ia = 0; ia < p.n_atom; ia++) {
            double d = (double)i / p.n_plane - z[ia];

            density[i] += 0.05 * exp(-1.3 * fabs(d - round(d)) * p.c_bohr);
        }
    }
    ASSERT_OK(km_edges_compute(&p, &l, &options, &edges));
    print_message("%s: IP %.4f (reference %.4f), direct %.4f (%.4f), EA %.4f (%.4f), centre "
                  "%.6f (%.6f)\n",
                  name, edges.ip_ev, number(slab_json, "ip_bulkoffset_ev"), edges.ip_direct_ev,
                  number(slab_json, "ip_direct_ev"), edges.ea_ev,
                  number(slab_json, "ea_bulkoffset_ev"), edges.macro_centre_ha,
                  number(slab_json, "macro_center_ha"));
    assert_true(edges.has_plateau);
    ASSERT_CLOSE(edges.ip_direct_ev, number(slab_json, "ip_direct_ev"), REFERENCE_VACUUM_EV);
    ASSERT_CLOSE(edges.ea_direct_ev, number(slab_json, "ea_direct_ev"), REFERENCE_VACUUM_EV);
    ASSERT_CLOSE(edges.ip_ev, number(slab_json, "ip_bulkoffset_ev"), REFERENCE_BULK_EV);
    ASSERT_CLOSE(edges.ea_ev, number(slab_json, "ea_bulkoffset_ev"), REFERENCE_BULK_EV);
    if (p.n_plane % 2 == 0) { /* the centre is a plane */
        static double once[512];

        ASSERT_OK(km_edges_average(p.n_plane, p.c_bohr, v, l.bulk_repeat_bohr, 1, once));
        ASSERT_CLOSE(once[p.n_plane / 2], number(slab_json, "macro_center_ha"), 1e-8);
    }
    ASSERT_CLOSE(km_surface_energy_j_m2(
                     number(root, "energy_ha"), number(bulk, "energy_ha"), bulk_per_slab,
                     number(slab_json, "area_A2") * KM_BOHR_PER_ANG * KM_BOHR_PER_ANG),
                 number(slab_json, "surface_energy_J_m2"), 1e-6);
    json_decref(root);
}

static void potentials_of_another_code_give_its_levels(void **state)
{
    const char *folder = km_test_shared();

    (void)state;
    if (!folder) skip();
    check_reference(folder, "mgo100_5L", 2.106, 5);
    check_reference(folder, "cao100_5L", 2.4055, 5);
    check_reference(folder, "tio2110_3TL", 3.248448552771, 3);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(symmetric_slab_gives_its_levels),
    cmocka_unit_test(result_does_not_depend_on_where_the_slab_lies),
    cmocka_unit_test(dipole_shows_as_a_field_and_two_levels),
    cmocka_unit_test(thin_vacuum_has_no_plateau),
    cmocka_unit_test(ripples_of_the_cutoff_average_out_and_long_waves_do_not),
    cmocka_unit_test(average_filters_each_wave_exactly),
    cmocka_unit_test(impossible_profiles_are_refused),
    cmocka_unit_test(plateau_is_told_where_the_ip_is_right_within_its_limit),
    cmocka_unit_test(potentials_of_another_code_give_its_levels),
};

KM_TEST_MAIN(tests)
