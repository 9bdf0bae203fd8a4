/* np: 1 */
/*
 * The files of PseudoDojo: all UPF files of $KAIMEN_SHARED/pseudos, and psp8 files of Debian's abinit-data. They are no
 * part of this project: without them every test here skips. Whole calculations are in tests/cli/test_dojo.py.
 */
#include "dft/dft_support.h"
#include "dft/reference_support.h"

#include "kaimen/crystal/element.h"
#include "kaimen/dft/atom.h"
#include "kaimen/math/special.h"

#include <string.h>
#include <unistd.h>

#define PSP8_FOLDER "/usr/share/abinit/psp/Pseudodojo_nc_sr_04_pbe_standard_psp8"

static const char *upf_folder(const char *family)
{
    static char folder[KM_PATH_SIZE];
    const char *shared = km_test_shared();

    if (!shared) return NULL;
    snprintf(folder, sizeof folder, "%s/pseudos/%s", shared, family);
    return access(folder, R_OK) == 0 ? folder : NULL;
}

static km_pseudo *read_from(const char *folder, const char *symbol)
{
    char path[KM_PATH_SIZE];
    km_pseudo *pseudo;

    ASSERT_OK(km_pseudo_find_element(folder, symbol, sizeof path, path));
    ASSERT_OK(km_pseudo_read(path, symbol, "", "", &pseudo));
    return pseudo;
}

/** Transform of a real-space projector by a sum over the points of the files up to 6 bohr. */
static void check_transforms(const km_pseudo *pseudo)
{
    enum { N = 601 };
    static double r[N], p[N];
    const double q[] = {0, 0.31, 1.7, 6.03}, step = 0.01;

    for (int i = 0; i < N; ++i) r[i] = i / 100.0;
    for (int ic = 0; ic < km_pseudo_n_channel(pseudo); ++ic) {
        const km_pseudo_channel *channel = km_pseudo_channel_at(pseudo, ic);

        for (int ip = 0; ip < channel->n_projector; ++ip)
            for (int k = 0; k < 4; ++k) {
                double sum = 0, norm = 0, value;

                km_pseudo_compute_projector_real(pseudo, ic, ip, N, r, p);
                for (int i = 0; i < N; ++i) {
                    double w = step / 3 * (i % 2 ? 4 : i == 0 ? 1 : 2) * r[i] * r[i] * p[i];

                    sum += w * km_spherical_bessel(channel->l, q[k] * r[i]);
                    norm += w * p[i];
                }
                km_pseudo_compute_projector(pseudo, ic, ip, 1, &q[k], &value);
                ASSERT_CLOSE(value, sum, 1e-9);
                ASSERT_CLOSE(norm, 1, 1e-9);
            }
    }
}

/** Near 0 and far out V_loc is what its Coulomb tail and alpha say. */
static void check_local(const km_pseudo *pseudo)
{
    const double z = km_pseudo_describe(pseudo)->z_valence, r = 9, far = 40;
    double q = 1e-3, v;

    km_pseudo_compute_local(pseudo, 1, &q, &v);
    ASSERT_CLOSE(v + 4 * KM_PI * z / (q * q), km_pseudo_alpha_ha_bohr3(pseudo), 1e-3);
    km_pseudo_compute_local_real(pseudo, 1, &r, &v);
    ASSERT_CLOSE(v, -z / r, 1e-4);
    /* Smooth inside: no Coulomb singularity at large q. */
    km_pseudo_compute_local(pseudo, 1, &far, &v);
    assert_true(fabs(v) < 0.02 * 4 * KM_PI * z / (far * far));
}

static int check_family(const char *family, km_functional functional)
{
    char path[KM_PATH_SIZE];
    int n = 0;

    for (int z = 1; z <= KM_Z_MAX; ++z) {
        const char *symbol = km_element_symbol(z), *folder = upf_folder(family);
        double q = 0, core;
        km_pseudo *pseudo;

        if (km_pseudo_find_element(folder, symbol, sizeof path, path) != KM_OK) continue;
        ASSERT_OK(km_pseudo_read(path, symbol, "", "", &pseudo));
        assert_true(km_pseudo_fits(pseudo, functional));
        check_transforms(pseudo);
        check_local(pseudo);
        km_pseudo_compute_core(pseudo, 1, &q, &core);
        assert_true(km_pseudo_has_core(pseudo) == (core > 0));
        km_pseudo_destroy(&pseudo);
        ++n;
    }
    return n;
}

static void every_upf_file_is_read_and_transformed(void **state)
{
    (void)state;
    if (!upf_folder("dojo_pbe") || !upf_folder("dojo_pbesol")) KM_SKIP("no UPF files");
    assert_int_equal(check_family("dojo_pbe", KM_FUNCTIONAL_PBE), 72);
    assert_int_equal(check_family("dojo_pbesol", KM_FUNCTIONAL_PBESOL), 72);
}

/** Orbitals of the occupied shells as text, such as "3s2 4s2 3p6 3d2". */
static void check_atom(const char *symbol, const char *wanted)
{
    km_pseudo *pseudo = read_from(upf_folder("dojo_pbe"), symbol);
    char text[128] = "";
    double q = 0, charge;
    km_atom *atom;

    ASSERT_OK(km_atom_create(pseudo, KM_FUNCTIONAL_PBE, &atom));
    km_atom_compute_density(atom, 1, &q, &charge);
    ASSERT_CLOSE(charge, km_pseudo_describe(pseudo)->z_valence, 1e-8);
    for (int i = 0; i < km_atom_n_orbital(atom); ++i) {
        const km_atom_orbital *orbital = km_atom_orbital_at(atom, i);

        if (orbital->occupation <= 0) continue;
        assert_true(orbital->eigenvalue_ha < 0);
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%d%c%g",
                 text[0] ? " " : "", orbital->n, "spdf"[orbital->l], orbital -> occupation);
    }
    assert_string_equal(text, wanted);
    km_atom_destroy(&atom);
    km_pseudo_destroy(&pseudo);
}

static void atoms_of_upf_files_hold_their_electrons(void **state)
{
    (void)state;
    if (!upf_folder("dojo_pbe")) KM_SKIP("no UPF files");
    check_atom("H", "1s1");
    check_atom("Li", "1s2 2s1");
    check_atom("O", "2s2 2p4");
    check_atom("Mg", "2s2 3s2 2p6");
    check_atom("Al", "3s2 3p1");
    check_atom("Si", "3s2 3p2");
    check_atom("Ca", "3s2 4s2 3p6");
    check_atom("Ti", "3s2 4s2 3p6 3d2");
    check_atom("Ni", "3s2 4s2 3p6 3d8");
    check_atom("Zn", "3s2 4s2 3p6 3d10");
    check_atom("Zr", "4s2 5s2 4p6 4d2");
    check_atom("Ba", "5s2 6s2 5p6");
}

/* Whole calculations. */

static km_dft_options options_of(double ecut_ha, int mesh, const char *family)
{
    km_dft_options options = km_dft_options_default(KM_QUALITY_ACCURATE);

    options.ecut_ha = ecut_ha;
    options.scf.energy_tolerance_ha = 1e-11;
    set_ints(options.k_mesh, mesh, mesh, mesh);
    snprintf(options.pseudo.family, sizeof options.pseudo.family, "%s", family);
    return options;
}

/** Energy without the mean of V_loc. */
static double energy_without_alpha(const km_crystal *crystal, const char *family)
{
    const km_dft_options options = options_of(20, 2, family);
    km_calculator *calculator;
    km_calculation result;
    double energy_ha;
    km_dft *dft;

    ASSERT_OK(km_dft_calculator_create(&options, NULL, &calculator, &dft));
    result = compute(calculator, crystal, MPI_COMM_WORLD);
    energy_ha = result.energy_ha - result.n_electron * km_dft_alpha_over_omega_ha(dft, crystal);
    km_calculator_destroy(&calculator);
    return energy_ha;
}

/*
 * The same tables in two formats. psp8 files end at 6 bohr, and what rounding has left of r V + Z in the UPF files between
 * 6 and 10 bohr is felt by alpha alone: 4e-5 Ha per cell of silicon.
 */
static void check_formats(int z1, int z2, double length_bohr, const double *frac)
{
    const double h = length_bohr / 2, cell[9] = {0, h, h, h, 0, h, h, h, 0};
    km_crystal *crystal;

    ASSERT_OK(km_crystal_create(cell, 2, (int[]){z1, z2}, frac, &crystal));
    ASSERT_CLOSE(energy_without_alpha(crystal, PSP8_FOLDER),
                 energy_without_alpha(crystal, upf_folder("dojo_pbe")), 1e-5);
    km_crystal_destroy(&crystal);
}

static void upf_and_psp8_files_give_the_same_energy(void **state)
{
    (void)state;
    if (!upf_folder("dojo_pbe")) KM_SKIP("no UPF files");
    if (access(PSP8_FOLDER, R_OK)) KM_SKIP("no psp8 files: apt install abinit-data");
    check_formats(14, 14, 10.26, (double[]){0, 0, 0, 0.25, 0.25, 0.25});
    check_formats(20, 8, 9.1, (double[]){0, 0, 0, 0.5, 0.5, 0.5});
}

/* A file for PBE in an LDA calculation: it runs, and says so. */
static void a_file_for_another_functional_is_reported(void **state)
{
    km_dft_options options;
    km_calculator *calculator;
    km_calculation result;
    km_crystal *crystal;

    (void)state;
    if (!upf_folder("dojo_pbe")) KM_SKIP("no UPF files");
    crystal = make_silicon();
    options = options_of(8, 1, upf_folder("dojo_pbe"));
    options.functional = KM_FUNCTIONAL_LDA;
    ASSERT_OK(km_dft_calculator_create(&options, NULL, &calculator, NULL));
    result = compute(calculator, crystal, MPI_COMM_WORLD);
    assert_non_null(strstr(result.reason, "Si was made for PBE, not LDA"));
    km_calculator_destroy(&calculator);
    km_crystal_destroy(&crystal);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_upf_file_is_read_and_transformed),
    cmocka_unit_test(atoms_of_upf_files_hold_their_electrons),
    cmocka_unit_test(upf_and_psp8_files_give_the_same_energy),
    cmocka_unit_test(a_file_for_another_functional_is_reported),
};

KM_TEST_MAIN(tests)
