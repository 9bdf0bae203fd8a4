/* np: 1 */
#include "support.h"

#include "kaimen/base/units.h"
#include "kaimen/crystal/element.h"
#include "kaimen/dft/atom.h"
#include "kaimen/dft/xc.h"
#include "kaimen/math/special.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#define GTH_FILE "/usr/share/cp2k/GTH_POTENTIALS"

static void skip_without_cp2k(void)
{
    if (access(GTH_FILE, R_OK)) skip();
}

static void make_atom(const char *symbol, const char *entry, km_functional functional,
                      km_pseudo **pseudo, km_atom **atom)
{
    ASSERT_OK(km_pseudo_read(GTH_FILE, symbol, entry, NULL, pseudo));
    ASSERT_OK(km_atom_create(*pseudo, functional, atom));
}

/** Orbitals as text, occupied before empty: "3s2 3p0". */
static void describe(const km_atom *atom, char *text, size_t size)
{
    text[0] = '\0';
    for (int i = 0; i < km_atom_n_orbital(atom); ++i) {
        const km_atom_orbital *orbital = km_atom_orbital_at(atom, i);

        snprintf(text + strlen(text), size - strlen(text), "%s%d%c%g", i ? " " : "", orbital->n,
                 "spdf"[orbital->l], orbital -> occupation);
    }
}

static void orbitals_are_named_and_filled_as_in_the_element(void **state)
{
    static const char *const wanted[][3] = {
        {"H", "GTH-PBE-q1", "1s1"},
        {"O", "GTH-PBE-q6", "2s2 2p4"},
        {"Mg", "GTH-PBE-q2", "3s2 3p0"},
        {"Mg", "GTH-PBE-q10", "2s2 3s2 2p6 3p0"},
        {"Ca", "GTH-PBE-q10", "3s2 4s2 3p6 4p0 3d0"},
        {"Ti", "GTH-PBE-q12", "3s2 4s2 3p6 3d2 4p0"},
        {"Zn", "GTH-PBE-q12", "4s2 3d10 4p0"},
        {"Pd", "GTH-PBE-q10", "4d10 5s0 5p0"},
        {"Gd", "GTH-PBE-q18", "5s2 6s2 5p6 5d1 4f7 6p0"},
        {"Pb", "GTH-PBE-q4", "6s2 6p2"},
    };

    (void)state;
    skip_without_cp2k();
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; ++i) {
        km_pseudo *pseudo;
        km_atom *atom;
        char text[256];

        make_atom(wanted[i][0], wanted[i][1], KM_FUNCTIONAL_PBE, &pseudo, &atom);
        describe(atom, text, sizeof text);
        assert_string_equal(text, wanted[i][2]);
        km_atom_destroy(&atom);
        km_pseudo_destroy(&pseudo);
    }
}

static void every_element_is_solved_with_its_charge(void **state)
{
    int n = 0;

    (void)state;
    skip_without_cp2k();
    for (int z = 1; z <= KM_Z_MAX; ++z) {
        km_pseudo *pseudo;
        km_atom *atom;
        double q = 0.0, charge;

        if (km_pseudo_read(GTH_FILE, km_element_symbol(z), NULL, "GTH-PBE", &pseudo) != KM_OK)
            continue;
        ASSERT_OK(km_atom_create(pseudo, KM_FUNCTIONAL_PBE, &atom));
        km_atom_compute_density(atom, 1, &q, &charge);
        ASSERT_CLOSE(charge, km_pseudo_describe(pseudo)->z_valence, 1e-8);
        for (int i = 0; i < km_atom_n_orbital(atom); ++i) {
            const km_atom_orbital *orbital = km_atom_orbital_at(atom, i);

            assert_true(orbital->occupation <= 0 || orbital->eigenvalue_ha < 0);
        }
        km_atom_destroy(&atom);
        km_pseudo_destroy(&pseudo);
        ++n;
    }
    assert_int_equal(n, 87);
}

/** Outermost eigenvalues of all-electron LDA atoms: Kotochigova et al., Phys. Rev. A 55, 191 (1997). */
static void valence_eigenvalues_are_those_of_the_full_atom(void **state)
{
    static const struct {
        const char *symbol, *entry;
        int l;
        double eigenvalue_ha;
    } wanted[] = {
        {"H", "GTH-PADE-q1", 0, -0.233471},  {"He", "GTH-PADE-q2", 0, -0.570425},
        {"Be", "GTH-PADE-q4", 0, -0.205744}, {"C", "GTH-PADE-q4", 0, -0.500866},
        {"C", "GTH-PADE-q4", 1, -0.199186},  {"O", "GTH-PADE-q6", 0, -0.871362},
        {"O", "GTH-PADE-q6", 1, -0.338381},  {"Ne", "GTH-PADE-q8", 1, -0.498034},
        {"Mg", "GTH-PADE-q2", 0, -0.175427}, {"Mg", "GTH-PADE-q10", 0, -0.175427},
        {"Si", "GTH-PADE-q4", 0, -0.398139}, {"Si", "GTH-PADE-q4", 1, -0.153293},
        {"Ar", "GTH-PADE-q8", 1, -0.382330},
    };
    /* Transferability of the files, relativity and the wall: up to 2 mHa. */
    const double tolerance = 2.5e-3;

    (void)state;
    skip_without_cp2k();
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; ++i) {
        km_pseudo *pseudo;
        km_atom *atom;
        double highest = -INFINITY;

        make_atom(wanted[i].symbol, wanted[i].entry, KM_FUNCTIONAL_LDA, &pseudo, &atom);
        for (int k = 0; k < km_atom_n_orbital(atom); ++k) {
            const km_atom_orbital *orbital = km_atom_orbital_at(atom, k);

            if (orbital->l == wanted[i].l && orbital->occupation > 0)
                highest = fmax(highest, orbital->eigenvalue_ha);
        }
        ASSERT_CLOSE(highest, wanted[i].eigenvalue_ha, tolerance);
        km_atom_destroy(&atom);
        km_pseudo_destroy(&pseudo);
    }
}

/** pw.x 6.7, O GTH-PBE-q6 in a cube of 13 bohr, 200 Ha, Gamma, 4/3 electrons in each p orbital. */
static void oxygen_agrees_with_plane_waves_in_a_box(void **state)
{
    km_pseudo *pseudo;
    km_atom *atom;

    (void)state;
    skip_without_cp2k();
    make_atom("O", "GTH-PBE-q6", KM_FUNCTIONAL_PBE, &pseudo, &atom);
    /* Images and low densities in the box: 0.1 mHa. */
    ASSERT_CLOSE(km_atom_energy_ha(atom), -31.56610603 * KM_HA_PER_RY, 3e-4);
    ASSERT_CLOSE(km_atom_orbital_at(atom, 1)->eigenvalue_ha -
                     km_atom_orbital_at(atom, 0)->eigenvalue_ha,
                 (23.6473 - 8.7150) * KM_HA_PER_EV, 1e-4);
    km_atom_destroy(&atom);
    km_pseudo_destroy(&pseudo);
}

/*
 * A second way to every energy, in reciprocal space and with public functions only: it knows nothing of the basis, the
 * radial grid or the Poisson solver of atom.c. O has no charge near the wall (below 1e-5 Ha).
 */

enum { N_Q = 1500, N_R = 400 };
static const double q_max = 40.0, r_max = 12.0;

typedef struct {
    km_pseudo *pseudo;
    km_atom *atom;
    double q[N_Q], rho_q[N_Q], phi[4][N_Q];
    double r[N_R], rho[N_R], rho_slope[N_R];
    double v_rho[N_R], g[N_R], e_xc; /* operator v chi chi' + g (chi chi')' */
    double hartree, local;
    double v_q[N_Q]; /* local and Hartree potential */
} second_way;

static void sum_density(second_way *w, km_functional functional)
{
    static double sigma[N_R], e[N_R], v_sigma[N_R];
    km_xc *xc;
    double dq = q_max / N_Q, dr = r_max / N_R;
    bool has_gradient;

    for (int i = 0; i < N_R; ++i) {
        w->r[i] = (i + 0.5) * dr;
        w->rho[i] = w->rho_slope[i] = 0.0;
        for (int k = 0; k < N_Q; ++k) {
            double c = dq / (2.0 * KM_PI * KM_PI) * w->q[k] * w->q[k] * w->rho_q[k];
            double x = w->q[k] * w->r[i], s = sin(x) / x;

            w->rho[i] += c * s;
            w->rho_slope[i] += c * (cos(x) - s) / w->r[i];
        }
        sigma[i] = w->rho_slope[i] * w->rho_slope[i];
    }
    ASSERT_OK(km_xc_create(functional, 1, &xc));
    has_gradient = km_xc_has_gradient(xc);
    km_xc_compute(xc, N_R, w->rho, has_gradient ? sigma : NULL, e, w->v_rho,
                  has_gradient ? v_sigma : NULL);
    w->e_xc = 0.0;
    for (int i = 0; i < N_R; ++i) {
        w->e_xc += 4.0 * KM_PI * dr * w->r[i] * w->r[i] * e[i];
        w->g[i] = has_gradient ? 2.0 * w->rho_slope[i] * v_sigma[i] : 0.0;
    }
    km_xc_destroy(&xc);
}

static second_way *start_second_way(const char *symbol, const char *entry,
                                    km_functional functional)
{
    static second_way w;
    double dq = q_max / N_Q;

    make_atom(symbol, entry, functional, &w.pseudo, &w.atom);
    for (int k = 0; k < N_Q; ++k) w.q[k] = (k + 0.5) * dq;
    km_atom_compute_density(w.atom, N_Q, w.q, w.rho_q);
    for (int i = 0; i < km_atom_n_orbital(w.atom); ++i)
        km_atom_compute_orbital(w.atom, i, N_Q, w.q, w.phi[i]);
    km_pseudo_compute_local(w.pseudo, N_Q, w.q, w.v_q);
    w.local = w.hartree = 0.0;
    for (int k = 0; k < N_Q; ++k) {
        double c = dq / (2.0 * KM_PI * KM_PI), q2 = w.q[k] * w.q[k];
        double v_hartree = 4.0 * KM_PI / q2 * w.rho_q[k];

        w.local += c * q2 * w.rho_q[k] * w.v_q[k];
        w.hartree += 0.5 * c * q2 * w.rho_q[k] * v_hartree;
        w.v_q[k] += v_hartree;
    }
    sum_density(&w, functional);
    return &w;
}

static void end_second_way(second_way *w)
{
    km_atom_destroy(&w->atom);
    km_pseudo_destroy(&w->pseudo);
}

/** 2/pi times the integral of q^2 a b. */
static double overlap(const second_way *w, const double *a, const double *b)
{
    double sum = 0.0;

    for (int k = 0; k < N_Q; ++k) sum += w->q[k] * w->q[k] * a[k] * b[k];
    return sum * 2.0 / KM_PI * q_max / N_Q;
}

static double kinetic(const second_way *w, int i)
{
    static double t[N_Q];

    for (int k = 0; k < N_Q; ++k) t[k] = 0.5 * w->q[k] * w->q[k] * w->phi[i][k];
    return overlap(w, t, w->phi[i]);
}

static double nonlocal(const second_way *w, int i)
{
    static double p[N_Q];
    double sum = 0.0, b[KM_PROJECTOR_MAX];

    for (int ic = 0; ic < km_pseudo_n_channel(w->pseudo); ++ic) {
        const km_pseudo_channel *channel = km_pseudo_channel_at(w->pseudo, ic);

        if (channel->l != km_atom_orbital_at(w->atom, i)->l) continue;
        for (int ip = 0; ip < channel->n_projector; ++ip) {
            km_pseudo_compute_projector(w->pseudo, ic, ip, N_Q, w->q, p);
            b[ip] = overlap(w, p, w->phi[i]);
        }
        for (int a = 0; a < channel->n_projector; ++a)
            for (int c = 0; c < channel->n_projector; ++c)
                sum += channel->coupling_ha[a][c] * b[a] * b[c];
    }
    return sum;
}

/** Expectation value of local, Hartree and exchange-correlation potential. */
static double potential(const second_way *w, int i)
{
    static double value[N_R], slope[N_R];
    int l = km_atom_orbital_at(w->atom, i)->l;
    double dq = q_max / N_Q, dr = r_max / N_R, sum = 0.0;

    for (int k = 0; k < N_R; ++k) {
        double coulomb = 0.0;

        value[k] = slope[k] = 0.0;
        for (int j = 0; j < N_Q; ++j) {
            double c = 2.0 / KM_PI * dq * w->q[j] * w->q[j], x = w->q[j] * w->r[k];
            double bessel = km_spherical_bessel(l, x);

            value[k] += c * w->phi[i][j] * bessel;
            slope[k] += c * w->phi[i][j] *
                        (l * bessel / w->r[k] - w->q[j] * km_spherical_bessel(l + 1, x));
            coulomb += 0.25 / KM_PI * c * w->v_q[j] * sin(x) / x;
        }
        sum += dr * w->r[k] * w->r[k] *
               ((w->v_rho[k] + coulomb) * value[k] * value[k] +
                2.0 * w->g[k] * value[k] * slope[k]);
    }
    return sum;
}

static void orbitals_are_orthonormal_in_reciprocal_space(void **state)
{
    second_way *w;

    (void)state;
    skip_without_cp2k();
    /* 2s, 3s, 2p, 3p. */
    w = start_second_way("Mg", "GTH-PBE-q10", KM_FUNCTIONAL_LDA);
    for (int i = 0; i < 4; ++i)
        for (int j = 0; j < 4; ++j)
            if (km_atom_orbital_at(w->atom, i)->l == km_atom_orbital_at(w->atom, j)->l)
                ASSERT_CLOSE(overlap(w, w->phi[i], w->phi[j]), i == j, 1e-5);
    end_second_way(w);
}

static void total_energy_is_the_sum_of_its_parts_in_reciprocal_space(void **state)
{
    static const km_functional functionals[] = {KM_FUNCTIONAL_LDA, KM_FUNCTIONAL_PBE};

    (void)state;
    skip_without_cp2k();
    for (int f = 0; f < 2; ++f) {
        second_way *w = start_second_way("O", "GTH-PBE-q6", functionals[f]);
        double energy = w->local + w->hartree + w->e_xc;

        for (int i = 0; i < km_atom_n_orbital(w->atom); ++i)
            energy +=
                km_atom_orbital_at(w->atom, i)->occupation * (kinetic(w, i) + nonlocal(w, i));
        ASSERT_CLOSE(km_atom_energy_ha(w->atom), energy, 2e-5);
        end_second_way(w);
    }
}

static void eigenvalues_are_expectation_values_in_reciprocal_space(void **state)
{
    static const km_functional functionals[] = {KM_FUNCTIONAL_LDA, KM_FUNCTIONAL_PBE};

    (void)state;
    skip_without_cp2k();
    for (int f = 0; f < 2; ++f) {
        second_way *w = start_second_way("O", "GTH-PBE-q6", functionals[f]);

        for (int i = 0; i < km_atom_n_orbital(w->atom); ++i)
            ASSERT_CLOSE(km_atom_orbital_at(w->atom, i)->eigenvalue_ha,
                         kinetic(w, i) + nonlocal(w, i) + potential(w, i), 2e-5);
        end_second_way(w);
    }
}

static void a_configuration_with_too_many_shells_is_refused(void **state)
{
    char path[] = "test_atom_XXXXXX";
    int descriptor = mkstemp(path);
    const char text[] = "Og A-q118\n118\n0.5 0\n0\n";
    km_pseudo *pseudo;
    km_atom *atom;

    (void)state;
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, text, strlen(text)), strlen(text));
    close(descriptor);
    ASSERT_OK(km_pseudo_read(path, "Og", "A-q118", NULL, &pseudo));
    unlink(path);
    assert_int_equal(km_atom_create(pseudo, KM_FUNCTIONAL_LDA, &atom), KM_E_INPUT);
    assert_null(atom);
    km_pseudo_destroy(&pseudo);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(orbitals_are_named_and_filled_as_in_the_element),
    cmocka_unit_test(every_element_is_solved_with_its_charge),
    cmocka_unit_test(valence_eigenvalues_are_those_of_the_full_atom),
    cmocka_unit_test(oxygen_agrees_with_plane_waves_in_a_box),
    cmocka_unit_test(orbitals_are_orthonormal_in_reciprocal_space),
    cmocka_unit_test(total_energy_is_the_sum_of_its_parts_in_reciprocal_space),
    cmocka_unit_test(eigenvalues_are_expectation_values_in_reciprocal_space),
    cmocka_unit_test(a_configuration_with_too_many_shells_is_refused),
};

KM_TEST_MAIN(tests)
