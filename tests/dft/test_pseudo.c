/* np: 1 */
#include "support.h"

#include "kaimen/base/units.h"
#include "kaimen/crystal/element.h"
#include "kaimen/dft/pseudo.h"
#include "kaimen/math/special.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

/* Quadrature: the integrands are even in r and decay like Gaussians, so a plain sum of samples converges exponentially. */
#define N_R 4000
#define R_MAX 12.0

static char file_path[64];

/** Write a file of our own; its path is file_path until the next one. */
static void write_file(const char *text)
{
    FILE *stream;
    int descriptor;

    if (file_path[0]) unlink(file_path);
    strcpy(file_path, "test_pseudo_XXXXXX");
    descriptor = mkstemp(file_path);
    assert_true(descriptor >= 0);
    stream = fdopen(descriptor, "w");
    fputs(text, stream);
    fclose(stream);
}

static int remove_file(void **state)
{
    (void)state;
    if (file_path[0]) unlink(file_path);
    file_path[0] = '\0';
    return 0;
}

/** Every l and every number of projectors that the format allows, all local coefficients. */
static const char complete_entry[] = "# a comment\n"
                                     "\n"
                                     "Fe TEST-PBE-q8 ALIAS # names\n"
                                     " 2 0 6\n"
                                     " 0.61 4 -7.1 1.3 -0.7 0.11\n"
                                     " 4\n"
                                     " 0.45 3 2.5 -1.5 0.5\n"
                                     "          3.5 -2.5\n"
                                     "               4.5\n"
                                     " 0.55 3 1 2 3\n"
                                     "        4 5\n"
                                     "          6\n"
                                     " 0.65 3 1 2 3 4 5 6\n"
                                     " 0.40 3 1 2 3 4 5 6\n";

static km_pseudo *complete_pseudo(void)
{
    km_pseudo *pseudo;

    write_file(complete_entry);
    ASSERT_OK(km_pseudo_read(file_path, "Fe", "ALIAS", "", &pseudo));
    return pseudo;
}

static void skip_without_cp2k(void)
{
    if (access("/usr/share/cp2k/GTH_POTENTIALS", R_OK)) skip();
}

static void an_entry_is_read_as_it_stands(void **state)
{
    km_pseudo *pseudo = complete_pseudo();
    const km_pseudo_info *info = km_pseudo_describe(pseudo);
    const km_pseudo_channel *channel = km_pseudo_channel_at(pseudo, 0);

    (void)state;
    assert_string_equal(info->symbol, "Fe");
    assert_string_equal(info->label, "TEST-PBE-q8");
    assert_string_equal(info->functional, "PBE");
    assert_int_equal(info->line, 3);
    assert_int_equal(info->z, 26);
    ASSERT_CLOSE(info->z_valence, 8.0, 0.0);
    assert_int_equal(info->n_electron[2], 6);
    assert_int_equal(strlen(info->sha256), 64);
    assert_int_equal(km_pseudo_n_channel(pseudo), 4);
    assert_int_equal(channel->n_projector, 3);
    ASSERT_CLOSE(channel->coupling_ha[1][2], -2.5, 0.0);
    ASSERT_CLOSE(channel->coupling_ha[2][1], -2.5, 0.0);
    ASSERT_CLOSE(channel->coupling_ha[2][2], 4.5, 0.0);
    km_pseudo_destroy(&pseudo);
    assert_null(pseudo);
}

/** Samples r_1 .. r_N of the quadrature. */
static const double *radii(void)
{
    static double r[N_R];

    for (int i = 0; i < N_R; ++i) r[i] = R_MAX * (i + 1) / N_R;
    return r;
}

static void projectors_are_normalised(void **state)
{
    static double p[N_R];
    km_pseudo *pseudo = complete_pseudo();
    const double *r = radii();

    (void)state;
    for (int ic = 0; ic < 4; ++ic)
        for (int ip = 0; ip < 3; ++ip) {
            double sum = 0.0;

            km_pseudo_compute_projector_real(pseudo, ic, ip, N_R, r, p);
            for (int i = 0; i < N_R; ++i) sum += r[i] * r[i] * p[i] * p[i];
            ASSERT_CLOSE(sum * R_MAX / N_R, 1.0, 1e-13);
        }
    km_pseudo_destroy(&pseudo);
}

static void projectors_are_bessel_transforms_for_every_l(void **state)
{
    static double p[N_R];
    km_pseudo *pseudo = complete_pseudo();
    const double *r = radii();

    (void)state;
    for (int ic = 0; ic < 4; ++ic)
        for (int ip = 0; ip < 3; ++ip) {
            km_pseudo_compute_projector_real(pseudo, ic, ip, N_R, r, p);
            for (double q = 0.0; q < 20.0; q += 0.7) {
                double sum = 0.0, closed;

                for (int i = 0; i < N_R; ++i)
                    sum += r[i] * r[i] * p[i] * km_spherical_bessel(ic, q * r[i]);
                km_pseudo_compute_projector(pseudo, ic, ip, 1, &q, &closed);
                ASSERT_CLOSE(closed, sum * R_MAX / N_R, 1e-12);
            }
        }
    km_pseudo_destroy(&pseudo);
}

static void local_potential_is_a_fourier_transform(void **state)
{
    /* Adding Z erf(r/sqrt2)/r, whose transform is 4 pi Z exp(-q^2/2)/q^2, makes the potential short-ranged. */
    static double v[N_R];
    km_pseudo *pseudo = complete_pseudo();
    double z = km_pseudo_describe(pseudo)->z_valence;
    const double *r = radii();

    (void)state;
    km_pseudo_compute_local_real(pseudo, N_R, r, v);
    for (double q = 0.0; q < 12.0; q += 0.37) {
        double sum = 0.0, closed;
        double coulomb = q > 0 ? exp(-0.5 * q * q) / (q * q) : -0.5;

        for (int i = 0; i < N_R; ++i)
            sum += r[i] * r[i] * km_spherical_bessel(0, q * r[i]) *
                   (v[i] + z * erf(r[i] / sqrt(2.0)) / r[i]);
        km_pseudo_compute_local(pseudo, 1, &q, &closed);
        /* Sums of terms of order 100. */
        ASSERT_CLOSE(closed + 4.0 * KM_PI * z * coulomb, 4.0 * KM_PI * sum * R_MAX / N_R,
                     1e-11);
    }
    km_pseudo_destroy(&pseudo);
}

static void alpha_is_the_limit_of_the_local_potential(void **state)
{
    km_pseudo *pseudo = complete_pseudo();
    double z = km_pseudo_describe(pseudo)->z_valence, zero = 0.0, q = 1e-3, v;

    (void)state;
    km_pseudo_compute_local(pseudo, 1, &q, &v);
    /* The next term of the series is of order q^2; the difference of large numbers loses 1e-8. */
    ASSERT_CLOSE(v + 4.0 * KM_PI * z / (q * q), km_pseudo_alpha_ha_bohr3(pseudo), 1e-4);
    km_pseudo_compute_local(pseudo, 1, &zero, &v);
    assert_true(v == km_pseudo_alpha_ha_bohr3(pseudo));
    km_pseudo_destroy(&pseudo);
}

static void real_local_potential_is_continuous_at_the_nucleus(void **state)
{
    km_pseudo *pseudo = complete_pseudo();
    double r[2] = {0.0, 1e-6}, v[2];

    (void)state;
    km_pseudo_compute_local_real(pseudo, 2, r, v);
    ASSERT_CLOSE(v[0], v[1], 1e-9);
    km_pseudo_destroy(&pseudo);
}

static void slopes_are_derivatives(void **state)
{
    km_pseudo *pseudo = complete_pseudo();
    const double h = 1e-3;

    (void)state;
    for (double q = 0.2; q < 10.0; q += 0.9) {
        double points[4] = {q - 2 * h, q - h, q + h, q + 2 * h}, f[4], slope;

        km_pseudo_compute_local(pseudo, 4, points, f);
        km_pseudo_compute_local_slope(pseudo, 1, &q, &slope);
        /* Fourth-order differences: h^4 times the fifth derivative, relative to the Coulomb part. */
        ASSERT_CLOSE(slope, (f[0] - 8 * f[1] + 8 * f[2] - f[3]) / (12 * h),
                     1e-8 * (1.0 + fabs(slope)));
        for (int ic = 0; ic < 4; ++ic)
            for (int ip = 0; ip < 3; ++ip) {
                km_pseudo_compute_projector(pseudo, ic, ip, 4, points, f);
                km_pseudo_compute_projector_slope(pseudo, ic, ip, 1, &q, &slope);
                ASSERT_CLOSE(slope, (f[0] - 8 * f[1] + 8 * f[2] - f[3]) / (12 * h), 1e-10);
            }
    }
    km_pseudo_destroy(&pseudo);
}

static void slopes_at_zero_are_those_of_the_leading_power(void **state)
{
    km_pseudo *pseudo = complete_pseudo();
    double zero = 0.0, q = 1e-5, slope, p;

    (void)state;
    for (int ic = 0; ic < 4; ++ic) {
        km_pseudo_compute_projector_slope(pseudo, ic, 1, 1, &zero, &slope);
        km_pseudo_compute_projector(pseudo, ic, 1, 1, &q, &p);
        if (ic == 1)
            ASSERT_CLOSE(slope, p / q, 1e-8);
        else
            assert_true(slope == 0.0);
    }
    km_pseudo_compute_local_slope(pseudo, 1, &zero, &slope);
    assert_true(slope == 0.0);
    km_pseudo_destroy(&pseudo);
}

static void label_after_reading(const char *file, const char *symbol, const char *entry,
                                const char *family, const char *label, double z_valence)
{
    char path[KM_PATH_SIZE];
    km_pseudo *pseudo;

    ASSERT_OK(km_pseudo_find_file(file, NULL, sizeof path, path));
    ASSERT_OK(km_pseudo_read(path, symbol, entry, family, &pseudo));
    assert_string_equal(km_pseudo_describe(pseudo)->label, label);
    ASSERT_CLOSE(km_pseudo_describe(pseudo)->z_valence, z_valence, 0.0);
    km_pseudo_destroy(&pseudo);
}

static void entries_are_found_by_label_alias_and_family(void **state)
{
    (void)state;
    skip_without_cp2k();
    label_after_reading("GTH_POTENTIALS", "Mg", "GTH-PBE-q2", NULL, "GTH-PBE-q2", 2.0);
    label_after_reading("GTH_POTENTIALS", "Mg", "", "GTH-PBE", "GTH-PBE-q10", 10.0);
    label_after_reading("GTH_POTENTIALS", "Pd", NULL, "GTH-PBE", "GTH-PBE-q18", 18.0);
    label_after_reading("GTH_POTENTIALS", "O", "GTH-LDA-q6", NULL, "GTH-PADE-q6", 6.0);
    label_after_reading("GTH_POTENTIALS", "N", "", "GTH-PBE", "GTH-PBE-q5", 5.0);
    label_after_reading("POTENTIAL_UZH", "Ti", "GTH-PBE-q4", NULL, "GTH-PBE-q4", 4.0);
    label_after_reading("POTENTIAL_UZH", "Ti", "GTH-GGA-q12", NULL, "GTH-PBE-q12", 12.0);
    label_after_reading("POTENTIAL_UZH", "La", "", "GTH-PBE", "GTH-PBE-q11", 11.0);
    label_after_reading("POTENTIAL_UZH", "Mg", "", "GTH-PBE", "GTH-PBE-q2", 2.0);
}

/** Number of entries of a family that can be read with all functions finite. */
static int count_family(const char *file, const char *family)
{
    char path[KM_PATH_SIZE];
    double q[3] = {0.0, 1.0, 30.0}, v[3];
    int n = 0;

    ASSERT_OK(km_pseudo_find_file(file, NULL, sizeof path, path));
    for (int z = 1; z <= KM_Z_MAX; ++z) {
        km_pseudo *pseudo;

        if (km_pseudo_read(path, km_element_symbol(z), NULL, family, &pseudo) != KM_OK) {
            if (!strstr(km_status_message(), "no entry")) fail_msg("%s", km_status_message());
            continue;
        }
        km_pseudo_compute_local(pseudo, 3, q, v);
        assert_true(isfinite(v[0]) && v[1] < 0 && fabs(v[2]) < 0.1);
        for (int ic = 0; ic < km_pseudo_n_channel(pseudo); ++ic)
            assert_true(km_pseudo_channel_at(pseudo, ic)->n_projector > 0);
        km_pseudo_destroy(&pseudo);
        ++n;
    }
    return n;
}

static void every_element_of_the_distributed_files_is_read(void **state)
{
    (void)state;
    skip_without_cp2k();
    /* H to Rn and U. */
    assert_int_equal(count_family("GTH_POTENTIALS", "GTH-PBE"), 87);
    assert_int_equal(count_family("GTH_POTENTIALS", "GTH-PADE"), 86);
    assert_int_equal(count_family("POTENTIAL_UZH", "GTH-PBE"), 86);
}

/** Whether a line starts an entry: an element, then names. */
static bool is_header(const char *line, char symbol[8], char label[KM_LABEL_SIZE])
{
    return sscanf(line, "%7s %47s", symbol, label) == 2 && km_element_find(symbol) > 0;
}

/** Read every entry of a file by its first name; what is refused, and is no bare nucleus or placeholder, fails. */
static int count_entries(const char *file, int *n_core)
{
    char path[KM_PATH_SIZE], line[1024], symbol[8], label[KM_LABEL_SIZE];
    FILE *stream;
    int n = 0;

    ASSERT_OK(km_pseudo_find_file(file, NULL, sizeof path, path));
    stream = fopen(path, "r");
    assert_non_null(stream);
    *n_core = 0;
    while (fgets(line, sizeof line, stream)) {
        km_pseudo *pseudo;
        const char *why;

        if (!is_header(line, symbol, label)) continue;
        if (km_pseudo_read(path, symbol, label, NULL, &pseudo) != KM_OK) {
            why = km_status_message();
            /* The entry of POTENTIAL_UZH lacks its last line; the others say that there is no pseudopotential. */
            if (!strstr(why, "bare nucleus") && !strstr(why, "no entry") &&
                (strcmp(symbol, "Bi") || strcmp(label, "GTH-PBE0-q15")))
                fail_msg("%s", why);
            continue;
        }
        *n_core += km_pseudo_has_core(pseudo);
        km_pseudo_destroy(&pseudo);
        ++n;
    }
    fclose(stream);
    return n;
}

static void every_entry_of_the_distributed_files_is_read(void **state)
{
    int n_core;

    (void)state;
    skip_without_cp2k();
    assert_int_equal(count_entries("GTH_POTENTIALS", &n_core), 369);
    assert_int_equal(n_core, 0);
    assert_int_equal(count_entries("POTENTIAL_UZH", &n_core), 488);
    assert_int_equal(n_core, 0);
    /* Hydrogen has no core. */
    assert_int_equal(count_entries("NLCC_POTENTIALS", &n_core), 11);
    assert_int_equal(n_core, 10);
}

/**
 * The core of an entry is that of its own file's header, c / 4 pi exp(-r^2 / 2 r_core^2), where c is c_W 4 pi (Z - Z_ion) /
 * (sqrt(2 pi) r_core)^3 and c_W a number of the paper.
 */
static void core_is_a_gaussian_of_the_stated_charge(void **state)
{
    static double rho[N_R], slope[N_R];
    const double *r = radii(), q = 1.7, zero = 0, h = 1e-3;
    const double at[4] = {q - 2 * h, q - h, q + h, q + 2 * h};
    double sum = 0, transform = 0, charge, value[4], derivative;
    km_pseudo *pseudo;

    (void)state;
    write_file(
        "Al A-PBE-q3\n2 1\n.35 1 -1.2\nNLCC 1\n0.487749457320947 1 26.6661157296629\n0\n");
    ASSERT_OK(km_pseudo_read(file_path, "Al", "A-PBE-q3", "", &pseudo));
    assert_true(km_pseudo_has_core(pseudo));
    km_pseudo_compute_core_real(pseudo, N_R, r, rho, slope);
    for (int i = 0; i < N_R; ++i) {
        sum += 4 * KM_PI * r[i] * r[i] * rho[i] * R_MAX / N_R;
        transform += 4 * KM_PI * r[i] * sin(q * r[i]) / q * rho[i] * R_MAX / N_R;
        if (i > 1 && i < N_R - 2)
            ASSERT_CLOSE(slope[i],
                         (rho[i - 2] - 8 * rho[i - 1] + 8 * rho[i + 1] - rho[i + 2]) /
                             (12 * R_MAX / N_R),
                         1e-7);
    }
    km_pseudo_compute_core(pseudo, 1, &zero, &charge);
    ASSERT_CLOSE(charge, sum, 1e-12);
    /* Ten core electrons, of which the model keeps c_W. */
    ASSERT_CLOSE(charge / 10, 0.38780, 5e-6);
    km_pseudo_compute_core(pseudo, 1, &q, &value[0]);
    ASSERT_CLOSE(value[0], transform, 1e-12);
    km_pseudo_compute_core(pseudo, 4, at, value);
    km_pseudo_compute_core_slope(pseudo, 1, &q, &derivative);
    ASSERT_CLOSE(derivative, (value[0] - 8 * value[1] + 8 * value[2] - value[3]) / (12 * h),
                 1e-9);
    km_pseudo_destroy(&pseudo);
}

/** Reading Fe of this text fails as user input, and the message holds every given piece. */
static void expect_refusal(const char *text, const char *entry, const char *piece,
                           const char *other_piece)
{
    km_pseudo *pseudo;

    write_file(text);
    assert_int_equal(km_pseudo_read(file_path, "Fe", entry, NULL, &pseudo), KM_E_INPUT);
    assert_null(pseudo);
    if (strncmp(km_status_message(), file_path, strlen(file_path)) ||
        !strstr(km_status_message(), piece) || !strstr(km_status_message(), other_piece))
        fail_msg("message '%s' lacks '%s' or '%s'", km_status_message(), piece, other_piece);
}

static void broken_entries_are_refused_with_file_and_line(void **state)
{
    (void)state;
    expect_refusal("", "A", "no entry for Fe", "");
    expect_refusal("Fe A-q8\n8\n.5 0\n0\nFe B-q16\n", "C", "no entry C for Fe", "A-q8, B-q16");
    expect_refusal("Fe A\n", "A", ":1:", "ends where the electrons");
    expect_refusal("Fe A\n2 x\n", "A", ":2:", "'x' is not a number");
    expect_refusal("Fe A\n2 0 6.5\n", "A", ":2:", "6.5 electrons of l = 2");
    expect_refusal("Fe A\n2 0 0 0 1\n", "A", ":2:", "l = 4");
    expect_refusal("Fe A\n0\n.5 0\n0\n", "A", ":2:", "0 valence electrons");
    expect_refusal("Fe A\n20 20\n.5 0\n0\n", "A", ":2:", "40 valence electrons");
    expect_refusal("Fe A\n8\n\n# radius\n-0.5 0\n0\n", "A", ":5:", "local radius = -0.5");
    expect_refusal("Fe A\n8\n.5 5 1 1 1 1 1\n", "A",
                   ":3:", "= 5 must be a whole number from 0 to 4");
    expect_refusal("Fe A\n8\n.5 2 1\n", "A", ":3:", "ends where local coefficient");
    expect_refusal("Fe A\n8\n.5 1 1\n", "A", ":3:", "ends where the nonlocal channels");
    expect_refusal("Fe A\n8\n.5 1 1\n5\n", "A", ":4:", "number of nonlocal channels = 5");
    expect_refusal("Fe A\n8\n.5 1 1\n1\n.4 2 1 2\nNi A\n", "A", ":6:", "'Ni' is not a number");
    expect_refusal("Fe A\n8\n.5 1 nan\n0\n", "A", ":3:", "'nan' is not a number");
    expect_refusal("Fe A\n8\n.5 1 1\n1\n.4 1 1\n2.5\n", "A", ":6:", "'2.5' behind the last");
    expect_refusal("Fe A\n8\n.5 1 1\nNLCC 2\n.4 1 1\n.5 1 1\n0\n", "A",
                   ":5:", "a core of 2 Gaussians with 1 coefficients; wanted one with one");
    expect_refusal("Fe A\n8\n.5 1 1\nNLCC 1\n-.4 1 1\n0\n", "A", ":5:", "core radius = -0.4");
    expect_refusal("Fe A\n8\n.5 1 1\nNLCC 1\n.4 1 -2\n0\n", "A",
                   ":5:", "core coefficient -2 must be positive");
    expect_refusal("Fe A-q8\n NA\n", "A-q8", "no entry for Fe", "");
    expect_refusal("Fe ALLELECTRON ALL\n26\n.5 0\n", "ALL", ":1:", "bare nucleus");
}

static void wrong_arguments_are_refused(void **state)
{
    km_pseudo *pseudo;

    (void)state;
    assert_int_equal(km_pseudo_read("no_such_file", "Fe", "A", NULL, &pseudo), KM_E_INPUT);
    assert_non_null(strstr(km_status_message(), "no_such_file"));
    write_file(complete_entry);
    assert_int_equal(km_pseudo_read(file_path, "Xy", "A", NULL, &pseudo), KM_E_ARGUMENT);
    assert_int_equal(km_pseudo_read(file_path, "Fe", NULL, "", &pseudo), KM_E_ARGUMENT);
    assert_null(pseudo);
}

static void a_missing_file_is_reported_with_every_place_searched(void **state)
{
    char path[KM_PATH_SIZE];

    (void)state;
    setenv("KAIMEN_PSEUDO_DIR", "/nowhere", 1);
    assert_int_equal(km_pseudo_find_file("NO_SUCH", "inputs", sizeof path, path), KM_E_INPUT);
    assert_non_null(strstr(km_status_message(), "'NO_SUCH'"));
    assert_non_null(strstr(km_status_message(), "inputs"));
    assert_non_null(strstr(km_status_message(), "/nowhere"));
    assert_non_null(strstr(km_status_message(), "/usr/share/cp2k"));
    assert_non_null(strstr(km_status_message(), "apt install cp2k-data"));
    unsetenv("KAIMEN_PSEUDO_DIR");
}

static void a_file_is_found_beside_the_input_before_other_places(void **state)
{
    char path[KM_PATH_SIZE], wanted[KM_PATH_SIZE];

    (void)state;
    write_file(complete_entry);
    snprintf(wanted, sizeof wanted, "./%s", file_path);
    ASSERT_OK(km_pseudo_find_file(file_path, ".", sizeof path, path));
    assert_string_equal(path, wanted);
    setenv("KAIMEN_PSEUDO_DIR", ".", 1);
    ASSERT_OK(km_pseudo_find_file(file_path, "/nowhere", sizeof path, path));
    assert_string_equal(path, wanted);
    unsetenv("KAIMEN_PSEUDO_DIR");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_teardown(an_entry_is_read_as_it_stands, remove_file),
    cmocka_unit_test_teardown(projectors_are_normalised, remove_file),
    cmocka_unit_test_teardown(projectors_are_bessel_transforms_for_every_l, remove_file),
    cmocka_unit_test_teardown(local_potential_is_a_fourier_transform, remove_file),
    cmocka_unit_test_teardown(alpha_is_the_limit_of_the_local_potential, remove_file),
    cmocka_unit_test_teardown(real_local_potential_is_continuous_at_the_nucleus, remove_file),
    cmocka_unit_test_teardown(slopes_are_derivatives, remove_file),
    cmocka_unit_test_teardown(slopes_at_zero_are_those_of_the_leading_power, remove_file),
    cmocka_unit_test(entries_are_found_by_label_alias_and_family),
    cmocka_unit_test(every_element_of_the_distributed_files_is_read),
    cmocka_unit_test(every_entry_of_the_distributed_files_is_read),
    cmocka_unit_test(core_is_a_gaussian_of_the_stated_charge),
    cmocka_unit_test_teardown(broken_entries_are_refused_with_file_and_line, remove_file),
    cmocka_unit_test_teardown(wrong_arguments_are_refused, remove_file),
    cmocka_unit_test(a_missing_file_is_reported_with_every_place_searched),
    cmocka_unit_test_teardown(a_file_is_found_beside_the_input_before_other_places,
                              remove_file),
};

KM_TEST_MAIN(tests)
