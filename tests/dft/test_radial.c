/* np: 1 */
/* Pseudopotentials as tables: UPF and psp8 files of one whose functions are known in closed form. */
#include "dft/pseudo_support.h"

#include "kaimen/dft/atom.h"
#include "kaimen/math/special.h"

#include <sys/stat.h>

#define N_CORE 3.0

/* Interpolation in q errs by less than 1e-9 of functions of order 1, Simpson's rule by nothing. */
#define TABLE_TOLERANCE 1e-9

/* Functions of q inside the table and beyond its end at 30 / bohr. */
static const double q_points[] = {0,   1e-3, 0.013, 0.2,  0.777, 1.5,   2.049,
                                  3.3, 5.02, 8.13,  12.7, 21.01, 29.99, 31.5};
enum { N_Q = sizeof q_points / sizeof *q_points };

static void check_close(const double *actual, const double *expected, double tolerance)
{
    for (int i = 0; i < N_Q; ++i)
        ASSERT_CLOSE(actual[i], expected[i], tolerance * fmax(1, fabs(expected[i])));
}

static void check_local(const km_pseudo *pseudo, const km_pseudo *closed)
{
    double actual[N_Q], expected[N_Q];

    km_pseudo_compute_local(pseudo, N_Q, q_points, actual);
    km_pseudo_compute_local(closed, N_Q, q_points, expected);
    check_close(actual, expected, 1e-8);
    km_pseudo_compute_local_slope(pseudo, N_Q, q_points, actual);
    km_pseudo_compute_local_slope(closed, N_Q, q_points, expected);
    check_close(actual, expected, 1e-8);
    ASSERT_CLOSE(km_pseudo_alpha_ha_bohr3(pseudo), km_pseudo_alpha_ha_bohr3(closed), 1e-8);
}

static void check_projectors(const km_pseudo *pseudo, const km_pseudo *closed)
{
    double actual[N_Q], expected[N_Q];

    assert_int_equal(km_pseudo_n_channel(pseudo), km_pseudo_n_channel(closed));
    for (int ic = 0; ic < km_pseudo_n_channel(closed); ++ic) {
        const km_pseudo_channel *a = km_pseudo_channel_at(pseudo, ic);
        const km_pseudo_channel *b = km_pseudo_channel_at(closed, ic);

        assert_int_equal(a->l, b->l);
        assert_int_equal(a->n_projector, b->n_projector);
        for (int ip = 0; ip < a->n_projector; ++ip) {
            for (int jp = 0; jp < a->n_projector; ++jp)
                ASSERT_CLOSE(a->coupling_ha[ip][jp], b->coupling_ha[ip][jp], 1e-10);
            km_pseudo_compute_projector(pseudo, ic, ip, N_Q, q_points, actual);
            km_pseudo_compute_projector(closed, ic, ip, N_Q, q_points, expected);
            check_close(actual, expected, TABLE_TOLERANCE);
            km_pseudo_compute_projector_slope(pseudo, ic, ip, N_Q, q_points, actual);
            km_pseudo_compute_projector_slope(closed, ic, ip, N_Q, q_points, expected);
            check_close(actual, expected, 10 * TABLE_TOLERANCE);
        }
    }
}

static void check_core(const km_pseudo *pseudo, double n_core)
{
    double f[N_Q], slope[N_Q], expected[N_Q], expected_slope[N_Q];

    assert_true(km_pseudo_has_core(pseudo) == (n_core > 0));
    for (int i = 0; i < N_Q; ++i) {
        expected[i] = n_core * exp(-0.25 * q_points[i] * q_points[i] / core_exponent);
        expected_slope[i] = -0.5 * q_points[i] / core_exponent * expected[i];
    }
    km_pseudo_compute_core(pseudo, N_Q, q_points, f);
    km_pseudo_compute_core_slope(pseudo, N_Q, q_points, slope);
    check_close(f, expected, TABLE_TOLERANCE);
    check_close(slope, expected_slope, 10 * TABLE_TOLERANCE);
}

/* Six-point interpolation with steps of 0.01 bohr. */
static void check_real_space(const km_pseudo *pseudo, const km_pseudo *closed, double n_core)
{
    enum { N = 9 };
    const double r[N] = {0, 0.0042, 0.0151, 0.33333, 1.007, 2.5, 4.4449, 8.8, 13};
    double actual[N], expected[N], slope[N];

    km_pseudo_compute_local_real(pseudo, N, r, actual);
    km_pseudo_compute_local_real(closed, N, r, expected);
    for (int i = 0; i < N; ++i) ASSERT_CLOSE(actual[i], expected[i], 1e-9);
    for (int ic = 0; ic < km_pseudo_n_channel(closed); ++ic)
        for (int ip = 0; ip < km_pseudo_channel_at(closed, ic)->n_projector; ++ip) {
            km_pseudo_compute_projector_real(pseudo, ic, ip, N, r, actual);
            km_pseudo_compute_projector_real(closed, ic, ip, N, r, expected);
            /* At the nucleus a parabola through two points, where the file has r p = 0. */
            for (int i = 0; i < N; ++i)
                ASSERT_CLOSE(actual[i], expected[i], r[i] < 0.01 ? 1e-6 : 1e-8);
        }
    km_pseudo_compute_core_real(pseudo, N, r, actual, slope);
    for (int i = 0; i < N; ++i) {
        double rho =
            n_core * pow(core_exponent / KM_PI, 1.5) * exp(-core_exponent * r[i] * r[i]);

        ASSERT_CLOSE(actual[i], rho, 1e-10);
        ASSERT_CLOSE(slope[i], -2 * core_exponent * r[i] * rho, 1e-8);
    }
}

static void check_all(km_pseudo *pseudo, const km_pseudo *closed, double n_core)
{
    ASSERT_CLOSE(km_pseudo_describe(pseudo)->z_valence, km_pseudo_describe(closed)->z_valence,
                 0);
    check_local(pseudo, closed);
    check_projectors(pseudo, closed);
    check_core(pseudo, n_core);
    check_real_space(pseudo, closed, n_core);
    km_pseudo_destroy(&pseudo);
    assert_null(pseudo);
}

static void a_upf_file_has_the_functions_it_was_made_from(void **state)
{
    km_pseudo *closed = make_closed_form("O", 2, 4);

    (void)state;
    make_upf(closed, N_CORE);
    check_all(read_table("test_radial.upf", "O"), closed, N_CORE);
    make_upf(closed, 0);
    check_all(read_table("test_radial.UPF", "O"), closed, 0);
    check_all(read_table("test_radial_without_extension", "O"), closed, 0);
    km_pseudo_destroy(&closed);
}

/* Also where the mesh is shorter than the Coulomb tail needs, and with exponents written by Fortran. */
static void a_psp8_file_has_the_functions_it_was_made_from(void **state)
{
    km_pseudo *closed = make_closed_form("Mg", 2, 0);

    (void)state;
    make_psp8(closed, N_CORE, TABLE_N);
    check_all(read_table("test_radial.psp8", "Mg"), closed, N_CORE);
    make_psp8(closed, 0, 541);
    for (char *c = strstr(table_text, "\n 0 "); *c; ++c)
        if (*c == 'E') *c = 'D';
    check_all(read_table("test_radial.psp8", "Mg"), closed, 0);
    km_pseudo_destroy(&closed);
}

static void a_file_describes_itself(void **state)
{
    km_pseudo *closed = make_closed_form("Ti", 2, 2), *pseudo;
    const km_pseudo_info *info;

    (void)state;
    make_upf(closed, 0);
    pseudo = read_table("test_radial.upf", "Ti");
    info = km_pseudo_describe(pseudo);
    assert_string_equal(info->symbol, "Ti");
    assert_string_equal(info->label, "test_radial");
    assert_string_equal(info->functional, "PBE");
    assert_string_equal(info->path, "test_radial.upf");
    assert_int_equal(strlen(info->sha256), 64);
    assert_int_equal(info->z, 22);
    /* The file names no configuration: 4 electrons above the argon core are 4s2 3d2. */
    assert_int_equal(info->n_electron[0], 2);
    assert_int_equal(info->n_electron[1], 0);
    assert_int_equal(info->n_electron[2], 2);
    assert_true(km_pseudo_fits(pseudo, KM_FUNCTIONAL_PBE));
    assert_false(km_pseudo_fits(pseudo, KM_FUNCTIONAL_LDA));
    assert_false(km_pseudo_fits(pseudo, KM_FUNCTIONAL_PBESOL));
    km_pseudo_destroy(&pseudo);
    km_pseudo_destroy(&closed);
}

/* The atom of the tables is that of the closed form; the core correction changes it. */
static void the_atom_of_a_table_is_that_of_its_closed_form(void **state)
{
    km_pseudo *closed = make_closed_form("O", 2, 4), *pseudo;
    km_atom *of_closed, *atom, *with_core;
    double q = 0, charge;

    (void)state;
    make_upf(closed, 0);
    pseudo = read_table("test_radial.upf", "O");
    ASSERT_OK(km_atom_create(closed, KM_FUNCTIONAL_PBE, &of_closed));
    ASSERT_OK(km_atom_create(pseudo, KM_FUNCTIONAL_PBE, &atom));
    ASSERT_CLOSE(km_atom_energy_ha(atom), km_atom_energy_ha(of_closed), 1e-7);
    km_pseudo_destroy(&pseudo);
    make_upf(closed, N_CORE);
    pseudo = read_table("test_radial.upf", "O");
    ASSERT_OK(km_atom_create(pseudo, KM_FUNCTIONAL_PBE, &with_core));
    assert_true(km_atom_energy_ha(with_core) < km_atom_energy_ha(atom) - 0.1);
    km_atom_compute_density(with_core, 1, &q, &charge);
    ASSERT_CLOSE(charge, 6, 1e-8);
    km_atom_destroy(&of_closed);
    km_atom_destroy(&atom);
    km_atom_destroy(&with_core);
    km_pseudo_destroy(&pseudo);
    km_pseudo_destroy(&closed);
}

/* Files of the wrong kind. */

static void expect_refusal(const char *path, const char *from, const char *to,
                           const char *message)
{
    static char good[TABLE_SIZE];
    km_pseudo *pseudo;

    strcpy(good, table_text);
    replace_text(from, to);
    write_text(path, table_text);
    assert_int_equal(km_pseudo_read(path, "O", "", "", &pseudo), KM_E_INPUT);
    assert_null(pseudo);
    if (!strstr(km_status_message(), message))
        fail_msg("'%s' does not say '%s'", km_status_message(), message);
    assert_int_equal(strncmp(km_status_message(), path, strlen(path)), 0);
    unlink(path);
    strcpy(table_text, good);
}

static void broken_upf_files_are_refused_with_their_reason(void **state)
{
    static const char *const changes[][3] = {
        {"pseudo_type=\"NC\"", "pseudo_type=\"US\"", "ultrasoft"},
        {"is_ultrasoft=\"F\"", "is_ultrasoft=\".true.\"", "ultrasoft"},
        {"is_paw=\".false.\"", "is_paw=\"T\"", "PAW"},
        {"has_so=\"F\"", "has_so=\"T\"", "spin-orbit"},
        {"relativistic=\"scalar\"", "relativistic=\"full\"", "spin-orbit"},
        {"pseudo_type=\"NC\"", "pseudo_type=\"XX\"", "wanted NC"},
        {"\n element=\"O\"", "\n element=\"Si\"", "pseudopotential of Si; wanted one of O"},
        {"\n element=\"O\"", "", "no attribute element"},
        {"<UPF version=\"2.0.1\">", "", "version 1"},
        {"version=\"2.0.1\"", "version=\"3.0\"", "version 3.0; wanted 2.x"},
        {"  6.00000000E+00", "120", "z_valence = 120"},
        {"  6.00000000E+00", "5", "the charge of the ion"},
        {"  6.00000000E+00", "six", "is not a number"},
        {"mesh_size=\"1201\"", "mesh_size=\"1200\"", "more than 1200 numbers"},
        {"mesh_size=\"1201\"", "mesh_size=\"1202\"", "holds 1201 numbers, wanted 1202"},
        {"</PP_LOCAL>", "", "truncated"},
        {"<PP_LOCAL", "<PP_LACOL", "no <PP_LOCAL>"},
        {"number_of_proj=\"3\"", "number_of_proj=\"4\"", "no <PP_BETA.4>"},
        {"number_of_proj=\"3\"", "number_of_proj=\"-1\"", "number_of_proj"},
        {"angular_momentum='1'", "angular_momentum='4'", "angular_momentum = 4"},
        {"<PP_NLCC", "<NO_NLCC", "no <PP_NLCC>"},
        {" 1.000000000000000E-02 ", " 1.0O0000000000000E-02 ", "is not a number"},
        {" 1.000000000000000E-02 ", " 3.000000000000000E-02 ", "does not lie beyond"},
    };
    km_pseudo *closed = make_closed_form("O", 2, 4);

    (void)state;
    make_upf(closed, N_CORE);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; ++i)
        expect_refusal("test_radial.upf", changes[i][0], changes[i][1], changes[i][2]);
    table_text[strlen(table_text) / 2] = '\0';
    expect_refusal("test_radial.upf", "is_paw", "is_paw", "truncated");
    strcpy(table_text, "no tags at all <");
    expect_refusal("test_radial.upf", "no", "no", "no UPF file");
    km_pseudo_destroy(&closed);
}

static void broken_psp8_files_are_refused_with_their_reason(void **state)
{
    static const char *const changes[][3] = {
        {" 8 6.0000 ", " 14 4.0000 ", ":2: is a pseudopotential of Si"},
        {" 8 6.0000 ", " 8 9.0000 ", ":2: zion = 9"},
        {" 8 6.0000 ", " 8 5.0000 ", "the charge of the ion"},
        {" 8 11 1 4 ", " 6 11 1 4 ", ":3: pspcod = 6"},
        {" 8 11 1 4 ", " 8 11 5 4 ", ":3: lmax = 5"},
        {" 8 11 1 4 1201 ", " 8 11 1 4 1200 ", "angular momentum = 1201"},
        {" 8 11 1 4 1201 ", " 8 11 1 4 1202 ", "a line of a table: 2 numbers"},
        {" 2 1 nproj", " 2 9 nproj", ":5: nproj = 9"},
        {" 2 1 nproj", " 2 nproj", ":5: nproj: 1 numbers"},
        {" 1 1 extension_switch", " 3 1 extension_switch", ":6: has spin-orbit"},
        {"     3   2.0", "     3   2.1", ":10: the mesh has 0.021 bohr"},
        {"     3   2.0", "     3   x.0", ":10:"},
    };
    km_pseudo *closed = make_closed_form("O", 2, 4);

    (void)state;
    make_psp8(closed, N_CORE, TABLE_N);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; ++i)
        expect_refusal("test_radial.psp8", changes[i][0], changes[i][1], changes[i][2]);
    table_text[strlen(table_text) - 60] = '\0';
    expect_refusal("test_radial.psp8", "zatom", "zatom", "");
    km_pseudo_destroy(&closed);
}

static void an_entry_belongs_to_a_gth_file_only(void **state)
{
    km_pseudo *closed = make_closed_form("O", 2, 4), *pseudo;

    (void)state;
    make_upf(closed, 0);
    write_text("test_radial.upf", table_text);
    assert_int_equal(km_pseudo_read("test_radial.upf", "O", "GTH-PBE-q6", "", &pseudo),
                     KM_E_INPUT);
    unlink("test_radial.upf");
    km_pseudo_destroy(&closed);
}

/* Folders. */

static void expect_file(const char *symbol, const char *name)
{
    char path[KM_PATH_SIZE], wanted[64];

    ASSERT_OK(km_pseudo_find_element("test_radial_folder", symbol, sizeof path, path));
    snprintf(wanted, sizeof wanted, "test_radial_folder/%s", name);
    assert_string_equal(path, wanted);
}

static void expect_no_file(const char *symbol, const char *message)
{
    char path[KM_PATH_SIZE];

    assert_int_equal(km_pseudo_find_element("test_radial_folder", symbol, sizeof path, path),
                     KM_E_INPUT);
    if (!strstr(km_status_message(), message))
        fail_msg("'%s' does not say '%s'", km_status_message(), message);
}

static void files_of_a_folder_are_found_by_element(void **state)
{
    static const char *const names[] = {"O.upf",      "Os-sp.psp8", "mg_ONCV_PBE-1.2.UPF",
                                        "Si.upf",     "Si.psp8",    "C.txt",
                                        "README.upf", "N.upf.bak"};
    char path[KM_PATH_SIZE];

    (void)state;
    assert_int_equal(mkdir("test_radial_folder", 0700), 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i) {
        snprintf(path, sizeof path, "test_radial_folder/%s", names[i]);
        write_text(path, "");
    }
    assert_true(km_pseudo_find_folder("test_radial_folder", ".", sizeof path, path));
    assert_string_equal(path, "./test_radial_folder");
    assert_false(km_pseudo_find_folder("GTH-PBE", ".", sizeof path, path));
    assert_false(km_pseudo_find_folder("", ".", sizeof path, path));
    expect_file("O", "O.upf");
    expect_file("Os", "Os-sp.psp8");
    expect_file("Mg", "mg_ONCV_PBE-1.2.UPF");
    expect_no_file("S", "no file for S; wanted such as S.upf");
    expect_no_file("C", "no file for C");
    expect_no_file("N", "no file for N");
    expect_no_file("Si", "2 files for Si: Si.");
    expect_no_file("Si", "Si.psp8");
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i) {
        snprintf(path, sizeof path, "test_radial_folder/%s", names[i]);
        unlink(path);
    }
    rmdir("test_radial_folder");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_upf_file_has_the_functions_it_was_made_from),
    cmocka_unit_test(a_psp8_file_has_the_functions_it_was_made_from),
    cmocka_unit_test(a_file_describes_itself),
    cmocka_unit_test(the_atom_of_a_table_is_that_of_its_closed_form),
    cmocka_unit_test(broken_upf_files_are_refused_with_their_reason),
    cmocka_unit_test(broken_psp8_files_are_refused_with_their_reason),
    cmocka_unit_test(an_entry_belongs_to_a_gth_file_only),
    cmocka_unit_test(files_of_a_folder_are_found_by_element),
};

KM_TEST_MAIN(tests)
