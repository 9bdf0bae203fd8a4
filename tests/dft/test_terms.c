/* np: 1 */
/*
 * Every term of the energy passes one test: its operator is the gradient of its energy, its force is minus the
 * gradient and its stress the strain derivative of its energy with the electrons held fixed, and none of them is zero
 * unless the term has none by construction.
 */
#include "dft/dft_support.h"
#include "dft/pseudo_support.h"

#include "dft/term.h"

#define N_BAND 3
#define N_K 3
/* Five-point differences err by STEP^4 and by rounding, 1e-14 * 100 Ha / STEP. */
#define STEP 1e-3
#define SLOPE_TOLERANCE 2e-9

typedef km_status (*maker)(const km_term_setup *setup, km_term *term);

typedef struct {
    const char *name;
    maker create;
    bool has_potential; /* operator of the density */
    bool has_operator;  /* operator on bands */
    bool has_force;
} expectation;

/*
 * Kinetic energy, Hartree and xc see the atoms through the electrons only (but xc sees cores where there are any); the
 * ions' energy sees no electrons.
 */
static const expectation expectations[] = {
    {"local", km_term_local_create, true, false, true},
    {"hartree", km_term_hartree_create, true, false, false},
    {"xc", km_term_xc_create, true, false, false},
    {"ion", km_term_ion_create, false, false, true},
    {"kinetic", km_term_kinetic_create, false, true, false},
    {"nonlocal", km_term_nonlocal_create, false, true, true},
};

/* A crystal with a density and bands that belong to nothing, held fixed. */
typedef struct {
    electrons e;
    double complex *rho_g, *step_g, *sum_g, *v_g;
    double *rho_r, *step_r, *v_r;
    km_bands bands[N_K], step[N_K];
    double weight[N_K], occupation[N_K * N_BAND];
    km_band_view view;
} fixture;

/* A real function of size times noise that falls off with G; even where coefficients are real. */
static void make_noise(const fixture *f, km_rng *rng, double size, double complex *rho)
{
    const int *m = km_grid_miller(f->e.grid);
    const double *g2 = km_grid_g2(f->e.grid);

    for (int ig = 0; ig < km_grid_n_g(f->e.grid); ++ig) {
        const int minus[3] = {-m[3 * ig], -m[3 * ig + 1], -m[3 * ig + 2]};
        const int other = km_grid_find(f->e.grid, minus);
        double complex a = km_rng_normal(rng) + I * km_rng_normal(rng);

        if (f->e.setup.is_real || other == ig) a = creal(a);
        rho[ig] = size / (1 + g2[ig] * g2[ig]) * a;
        rho[other] = conj(rho[ig]);
    }
}

/* Electrons and, with spin, their magnetisation in real space. */
static void to_real(const fixture *f, const double complex *rho_g, double *rho_r)
{
    const int n_g = km_grid_n_g(f->e.grid), n_point = km_grid_n_point(f->e.grid);

    for (int s = 0; s < f->e.setup.n_spin; ++s)
        km_grid_to_real(f->e.grid, rho_g + s * n_g, rho_r + s * n_point);
}

static void make_densities(fixture *f)
{
    const int n_g = km_grid_n_g(f->e.grid), n_point = km_grid_n_point(f->e.grid);
    const int n_spin = f->e.setup.n_spin;
    km_rng rng = km_rng_start(3, 0);

    ASSERT_OK(KM_ALLOC(f->rho_g, n_spin * n_g));
    ASSERT_OK(KM_ALLOC(f->step_g, n_spin * n_g));
    ASSERT_OK(KM_ALLOC(f->sum_g, n_spin * n_g));
    ASSERT_OK(KM_ALLOC(f->v_g, n_g));
    ASSERT_OK(KM_ALLOC(f->rho_r, n_spin * n_point));
    ASSERT_OK(KM_ALLOC(f->step_r, n_spin * n_point));
    ASSERT_OK(KM_ALLOC(f->v_r, n_spin * n_point));
    /* About 0.05 electrons per bohr^3, never near zero, where xc is not smooth; two thirds of them up. */
    for (int s = 0; s < n_spin; ++s) {
        make_noise(f, &rng, s == 0 ? 2e-3 : 5e-4, f->rho_g + s * n_g);
        make_noise(f, &rng, 2e-3, f->step_g + s * n_g);
        f->rho_g[s * n_g + km_grid_zero(f->e.grid)] = s == 0 ? 0.05 : 0.017;
    }
    to_real(f, f->step_g, f->step_r);
    to_real(f, f->rho_g, f->rho_r);
    for (int i = 0; i < n_point; ++i)
        assert_true(f->rho_r[i] - (n_spin == 2 ? fabs(f->rho_r[n_point + i]) : 0) > 0.003);
}

static void make_spin_fixture(km_crystal *crystal, bool is_real, km_functional functional,
                              int n_spin, fixture *f)
{
    *f = (fixture){.weight = {0.5, 0.3, 0.2}};
    make_electrons(crystal, 4, is_real, N_K, N_BAND, functional, &f->e);
    f->e.setup.n_spin = n_spin;
    make_densities(f);
    for (int i = 0; i < N_K * N_BAND; ++i) f->occupation[i] = 2 - 0.2 * i;
    for (int ik = 0; ik < N_K; ++ik) {
        const int n_g = km_basis_n_g(f->e.basis[ik]);

        f->bands[ik] = make_random_bands(is_real, N_BAND, n_g, 10 + (uint64_t)ik);
        f->step[ik] = make_random_bands(is_real, N_BAND, n_g, 20 + (uint64_t)ik);
        for (size_t i = 0; i < N_BAND * km_bands_stride(&f->bands[ik]); ++i)
            f->bands[ik].data[i] /= sqrt((double)n_g);
    }
    f->view = (km_band_view){.n_k = N_K,
                             .n_band = N_BAND,
                             .basis = f->e.basis,
                             .bands = f->bands,
                             .weight = f->weight,
                             .occupation = f->occupation};
}

static void make_fixture(km_crystal *crystal, bool is_real, km_functional functional,
                         fixture *f)
{
    make_spin_fixture(crystal, is_real, functional, 1, f);
}

static void destroy_fixture(fixture *f)
{
    for (int ik = 0; ik < N_K; ++ik) {
        km_bands_destroy(&f->bands[ik]);
        km_bands_destroy(&f->step[ik]);
    }
    KM_FREE(f->rho_g);
    KM_FREE(f->step_g);
    KM_FREE(f->sum_g);
    KM_FREE(f->v_g);
    KM_FREE(f->rho_r);
    KM_FREE(f->step_r);
    KM_FREE(f->v_r);
    destroy_electrons(&f->e);
}

/* Derivative at 0 of a function known at -2, -1, 1 and 2 steps. */
static double difference(const double value[4])
{
    return (8 * (value[2] - value[1]) - (value[3] - value[0])) / (12 * STEP);
}

static const double steps[4] = {-2 * STEP, -STEP, STEP, 2 * STEP};

/* Energy of rho + step * direction; the potential is v_g and v_r. */
static double density_energy(fixture *f, const km_term *term, double step)
{
    const int n_spin = f->e.setup.n_spin;
    double energy_ha = 0, *sum_r = NULL;
    km_density_view density = {.g = f->sum_g};
    km_potential_view v = {.all_g = f->v_g, .spin_r = f->v_r};

    if (!term->functions->potential) return 0;
    ASSERT_OK(KM_ALLOC(sum_r, n_spin * km_grid_n_point(f->e.grid)));
    ASSERT_OK(KM_ALLOC(v.spin_g, n_spin * km_grid_n_g(f->e.grid)));
    for (int ig = 0; ig < n_spin * km_grid_n_g(f->e.grid); ++ig)
        f->sum_g[ig] = f->rho_g[ig] + step * f->step_g[ig];
    to_real(f, f->sum_g, sum_r);
    density.r = sum_r;
    memset(f->v_g, 0, sizeof *f->v_g * (size_t)km_grid_n_g(f->e.grid));
    memset(f->v_r, 0, sizeof *f->v_r * (size_t)(n_spin * km_grid_n_point(f->e.grid)));
    ASSERT_OK(term->functions->potential(term->self, &density, &energy_ha, &v));
    for (int s = 0; s < n_spin; ++s)
        km_grid_add_to_real(f->e.grid, 1, v.spin_g + s * km_grid_n_g(f->e.grid),
                            f->v_r + s * km_grid_n_point(f->e.grid));
    KM_FREE(sum_r);
    KM_FREE(v.spin_g);
    return energy_ha;
}

static double band_energy(fixture *f, const km_term *term, double step)
{
    double energy_ha;

    for (int ik = 0; ik < N_K; ++ik)
        for (size_t i = 0; i < N_BAND * km_bands_stride(&f->bands[ik]); ++i)
            f->bands[ik].data[i] += step * f->step[ik].data[i];
    ASSERT_OK(km_term_band_energy(term, &f->view, &energy_ha));
    for (int ik = 0; ik < N_K; ++ik)
        for (size_t i = 0; i < N_BAND * km_bands_stride(&f->bands[ik]); ++i)
            f->bands[ik].data[i] -= step * f->step[ik].data[i];
    return energy_ha;
}

/* Of the densities that v_r belongs to: with spin those of up and down. */
static double spin_step(const fixture *f, int i)
{
    const int n_point = km_grid_n_point(f->e.grid), point = i % n_point;

    if (f->e.setup.n_spin == 1) return f->step_r[i];
    return (f->step_r[point] + (i < n_point ? 1 : -1) * f->step_r[n_point + point]) / 2;
}

/* dE/drho along the direction, against Omega sum_G v*(G) step(G) + Omega/N sum_r v(r) step(r). */
static void check_potential(fixture *f, const km_term *term, bool has_potential)
{
    const double volume = km_crystal_volume_bohr3(f->e.crystal);
    const int n_point = km_grid_n_point(f->e.grid);
    double slope = 0, expected, size = 0, value[4];

    for (int i = 0; i < 4; ++i) value[i] = density_energy(f, term, steps[i]);
    expected = difference(value);
    (void)density_energy(f, term, 0);
    for (int ig = 0; ig < km_grid_n_g(f->e.grid); ++ig) {
        slope += volume * creal(conj(f->v_g[ig]) * f->step_g[ig]);
        size += cabs(f->v_g[ig]);
    }
    for (int i = 0; i < f->e.setup.n_spin * n_point; ++i) {
        slope += volume / n_point * f->v_r[i] * spin_step(f, i);
        size += fabs(f->v_r[i]);
    }
    ASSERT_CLOSE(slope, expected, SLOPE_TOLERANCE * fmax(1, fabs(expected)));
    assert_true(has_potential == (size > 0));
    assert_true(!has_potential || fabs(expected) > 1e4 * SLOPE_TOLERANCE);
}

static double norm_sum(const km_bands *bands, const double weight[N_BAND])
{
    double sum = 0;

    for (int j = 0; j < N_BAND; ++j)
        sum += weight[j] * creal(inner_product(bands, j, bands, j));
    return sum;
}

/* out += O in at one k-point, starting from zero. */
static km_bands make_image(const km_term *term, int ik, const km_bands *in)
{
    km_bands image = make_bands(in->is_real, in->n_band, in->n_g);

    term->functions->apply(term->self, ik, in, &image);
    return image;
}

/* Hermitian; and the band energy, a quadratic form, grows by 2 Re <step|O psi>. */
static void check_operator(fixture *f, const km_term *term, bool has_operator)
{
    double slope = 0, expected, value[4];

    assert_true(has_operator == (term->functions->apply != NULL));
    if (!has_operator) return;
    for (int ik = 0; ik < N_K; ++ik) {
        km_bands image = make_image(term, ik, &f->bands[ik]);
        km_bands step_image = make_image(term, ik, &f->step[ik]);

        for (int j = 0; j < N_BAND; ++j) {
            slope += 2 * f->weight[ik] * f->occupation[ik * N_BAND + j] *
                     creal(inner_product(&f->step[ik], j, &image, j));
            for (int i = 0; i < N_BAND; ++i)
                ASSERT_CLOSE(cabs(inner_product(&f->step[ik], i, &image, j) -
                                  conj(inner_product(&f->bands[ik], j, &step_image, i))),
                             0, 1e-11);
        }
        km_bands_destroy(&image);
        km_bands_destroy(&step_image);
    }
    for (int i = 0; i < 4; ++i) value[i] = band_energy(f, term, steps[i]);
    expected = difference(value);
    ASSERT_CLOSE(slope, expected, SLOPE_TOLERANCE * fmax(1, fabs(expected)));
    assert_true(fabs(expected) > 1e4 * SLOPE_TOLERANCE);
}

/* Energy of a term made anew for atoms that were moved along a Cartesian direction. */
static double moved_energy(fixture *f, maker create, const double *direction_bohr, double step)
{
    const int n_atom = km_crystal_n_atom(f->e.crystal);
    const double *b = km_crystal_reciprocal_bohr(f->e.crystal);
    double frac[15], moved[15], energy_ha;
    km_term term;

    assert_true(n_atom <= 5);
    memcpy(frac, km_crystal_frac(f->e.crystal), sizeof *frac * 3 * (size_t)n_atom);
    for (int a = 0; a < n_atom; ++a)
        for (int i = 0; i < 3; ++i) {
            moved[3 * a + i] = frac[3 * a + i];
            for (int x = 0; x < 3; ++x)
                moved[3 * a + i] +=
                    step * direction_bohr[3 * a + x] * b[3 * i + x] / (2 * KM_PI);
        }
    km_crystal_move(f->e.crystal, moved);
    ASSERT_OK(create(&f->e.setup, &term));
    energy_ha = density_energy(f, &term, 0) + band_energy(f, &term, 0);
    km_term_destroy(&term);
    km_crystal_move(f->e.crystal, frac);
    return energy_ha;
}

/* A random direction; with real coefficients partners move oppositely and an atom on the centre rests. */
static void choose_direction(const fixture *f, uint64_t seed, double *direction)
{
    const double *frac = km_crystal_frac(f->e.crystal);
    const int n_atom = km_crystal_n_atom(f->e.crystal);
    km_rng rng = km_rng_start(seed, 5);

    for (int i = 0; i < 3 * n_atom; ++i) direction[i] = km_rng_normal(&rng);
    for (int a = 0; f->e.setup.is_real && a < n_atom; ++a)
        for (int b = 0; b <= a; ++b) {
            if (fabs(frac[3 * a] + frac[3 * b]) + fabs(frac[3 * a + 1] + frac[3 * b + 1]) >
                1e-9)
                continue;
            for (int x = 0; x < 3; ++x)
                direction[3 * a + x] = a == b ? 0 : -direction[3 * b + x];
        }
}

static bool has_force(const fixture *f, const expectation *expected)
{
    bool has_core = false;

    for (int is = 0; is < km_crystal_n_species(f->e.crystal); ++is)
        has_core |= km_pseudo_has_core(f->e.pseudo[is]);
    return expected->has_force || (has_core && expected->create == km_term_xc_create);
}

static void check_force(fixture *f, const expectation *expected, const km_term *term)
{
    const km_density_view density = {f->rho_g, f->rho_r};
    double forces[15] = {0};

    if (term->functions->density_forces)
        ASSERT_OK(term->functions->density_forces(term->self, &density, forces));
    if (term->functions->band_forces)
        ASSERT_OK(term->functions->band_forces(term->self, &f->view, forces));
    for (uint64_t seed = 0; seed < 3; ++seed) {
        double direction[15], value[4], work = 0, slope;

        choose_direction(f, seed, direction);
        for (int i = 0; i < 3 * km_crystal_n_atom(f->e.crystal); ++i)
            work += forces[i] * direction[i];
        for (int i = 0; i < 4; ++i)
            value[i] = moved_energy(f, expected->create, direction, steps[i]);
        slope = difference(value);
        ASSERT_CLOSE(work, -slope, SLOPE_TOLERANCE * fmax(1, fabs(slope)));
        assert_true(has_force(f, expected) == (fabs(work) > 1e4 * SLOPE_TOLERANCE));
    }
}

/* Energy of a term made anew in a strained cell: the same integer coordinates, bands and number of electrons. */
static double strained_energy(fixture *f, maker create, const double *direction, double step)
{
    const double volume = km_crystal_volume_bohr3(f->e.crystal);
    const int n_g = f->e.setup.n_spin * km_grid_n_g(f->e.grid);
    km_crystal *whole = f->e.crystal, *strained = make_strained(whole, direction, step);
    const double scale = volume / km_crystal_volume_bohr3(strained);
    double energy_ha;
    km_term term;

    set_cell(&f->e, strained);
    for (int ig = 0; ig < n_g; ++ig) f->rho_g[ig] *= scale;
    ASSERT_OK(create(&f->e.setup, &term));
    energy_ha = density_energy(f, &term, 0) + band_energy(f, &term, 0);
    km_term_destroy(&term);
    for (int ig = 0; ig < n_g; ++ig) f->rho_g[ig] /= scale;
    set_cell(&f->e, whole);
    km_crystal_destroy(&strained);
    return energy_ha;
}

/* Strains are any matrices: rotations change no energy, so that the stress must be symmetric. */
static void check_stress(fixture *f, const expectation *expected, const km_term *term)
{
    const km_density_view density = {f->rho_g, f->rho_r};
    const double volume = km_crystal_volume_bohr3(f->e.crystal);
    double stress[9] = {0};
    km_rng rng = km_rng_start(17, 0);

    if (term->functions->density_stress)
        ASSERT_OK(term->functions->density_stress(term->self, &density, stress));
    if (term->functions->band_stress)
        ASSERT_OK(term->functions->band_stress(term->self, &f->view, stress));
    for (int k = 0; k < 9; ++k) ASSERT_CLOSE(stress[k], stress[3 * (k % 3) + k / 3], 1e-12);
    for (int i = 0; i < 4; ++i) {
        double direction[9], value[4], work = 0, slope;

        for (int k = 0; k < 9; ++k)
            direction[k] = i == 0 ? k % 4 == 0 : km_rng_uniform(&rng) - 0.5;
        for (int k = 0; k < 9; ++k) work += volume * stress[k] * direction[k];
        for (int j = 0; j < 4; ++j)
            value[j] = strained_energy(f, expected->create, direction, steps[j]);
        slope = difference(value);
        ASSERT_CLOSE(work, slope, SLOPE_TOLERANCE * fmax(1, fabs(slope)));
        assert_true(fabs(work) > 1e3 * SLOPE_TOLERANCE);
    }
}

static void check_all_terms(fixture *f)
{
    for (size_t i = 0; i < sizeof expectations / sizeof *expectations; ++i) {
        const expectation *expected = expectations + i;
        km_term term;

        ASSERT_OK(expected->create(&f->e.setup, &term));
        assert_string_equal(term.functions->name, expected->name);
        check_potential(f, &term, expected->has_potential);
        check_operator(f, &term, expected->has_operator);
        check_force(f, expected, &term);
        check_stress(f, expected, &term);
        km_term_destroy(&term);
        km_term_destroy(&term); /* an empty one is accepted */
    }
}

static void check_terms(km_crystal *crystal, bool is_real, km_functional functional, int n_spin)
{
    fixture f;

    make_spin_fixture(crystal, is_real, functional, n_spin, &f);
    check_all_terms(&f);
    destroy_fixture(&f);
}

/* The same with tables for the first species, which has a core, and a closed form for the other one. */
static void check_terms_of_tables(km_crystal *crystal, bool is_real, km_functional functional,
                                  int n_spin)
{
    km_pseudo *closed = make_closed_form("Mg", 2, 0);
    fixture f;

    make_spin_fixture(crystal, is_real, functional, n_spin, &f);
    make_upf(closed, 2.5);
    km_pseudo_destroy(&f.e.pseudo[0]);
    f.e.pseudo[0] = read_table("test_terms.upf", "Mg");
    check_all_terms(&f);
    km_pseudo_destroy(&closed);
    destroy_fixture(&f);
}

static void operator_force_and_stress_are_gradients_with_complex_coefficients(void **state)
{
    (void)state;
    check_terms(make_rattled_magnesia(), false, KM_FUNCTIONAL_LDA, 1);
    check_terms(make_pairs(), false, KM_FUNCTIONAL_PBE, 1);
    check_terms(make_water(), false, KM_FUNCTIONAL_PBESOL, 1);
}

static void operator_force_and_stress_are_gradients_with_real_coefficients(void **state)
{
    (void)state;
    check_terms(make_pairs(), true, KM_FUNCTIONAL_LDA, 1);
    check_terms(make_pairs(), true, KM_FUNCTIONAL_PBE, 1);
    check_terms(make_stretched_silicon(), true, KM_FUNCTIONAL_PBE, 1);
}

static void operator_force_and_stress_are_gradients_with_tables_and_cores(void **state)
{
    (void)state;
    check_terms_of_tables(make_rattled_magnesia(), false, KM_FUNCTIONAL_PBE, 1);
    check_terms_of_tables(make_pairs(), true, KM_FUNCTIONAL_LDA, 1);
    check_terms_of_tables(make_pairs(), true, KM_FUNCTIONAL_PBE, 1);
}

static void operator_force_and_stress_are_gradients_with_spin(void **state)
{
    (void)state;
    check_terms(make_rattled_magnesia(), false, KM_FUNCTIONAL_LDA, 2);
    check_terms(make_pairs(), true, KM_FUNCTIONAL_PBE, 2);
    check_terms_of_tables(make_rattled_magnesia(), false, KM_FUNCTIONAL_PBE, 2);
    check_terms_of_tables(make_pairs(), true, KM_FUNCTIONAL_LDA, 2);
}

/* Bands of both spins of the same coefficients: each spin's H is that of its own potential, and no spin is both halves. */
static void spins_feel_their_own_potentials(void **state)
{
    double energy_ha[KM_N_TERM], *rho_r = NULL;
    km_basis *twice[2];
    km_hamiltonian *h;
    fixture f;
    km_bands up, down, psi[2];

    (void)state;
    make_spin_fixture(make_pairs(), true, KM_FUNCTIONAL_PBE, 2, &f);
    twice[0] = twice[1] = f.e.basis[0];
    psi[0] = psi[1] = f.bands[0];
    f.e.setup.basis = twice;
    f.e.setup.n_k = 2;
    ASSERT_OK(km_hamiltonian_create(&f.e.setup, &h));
    ASSERT_OK(km_hamiltonian_set_density(h, f.rho_g, energy_ha));
    up = make_bands(true, N_BAND, f.bands[0].n_g);
    down = make_bands(true, N_BAND, f.bands[0].n_g);
    km_hamiltonian_apply(h, 0, &f.bands[0], &up);
    km_hamiltonian_apply(h, 1, &f.bands[0], &down);
    /* More electrons are up: their exchange binds them. */
    for (int j = 0; j < N_BAND; ++j)
        assert_true(creal(inner_product(&f.bands[0], j, &up, j)) <
                    creal(inner_product(&f.bands[0], j, &down, j)) - 1e-3);
    ASSERT_OK(KM_ALLOC(rho_r, 2 * km_grid_n_point(f.e.grid)));
    km_hamiltonian_compute_density(h, psi, (double[2]){1, 1},
                                   (double[2 * N_BAND]){1, 1, 0.5, 1, 0, 0.5}, false, rho_r);
    km_grid_to_reciprocal(f.e.grid, rho_r, f.sum_g);
    ASSERT_CLOSE(creal(f.sum_g[km_grid_zero(f.e.grid)]) * km_crystal_volume_bohr3(f.e.crystal),
                 norm_sum(&f.bands[0], (double[N_BAND]){2, 1, 1}), 1e-10);
    km_grid_to_reciprocal(f.e.grid, rho_r + km_grid_n_point(f.e.grid), f.sum_g);
    ASSERT_CLOSE(creal(f.sum_g[km_grid_zero(f.e.grid)]) * km_crystal_volume_bohr3(f.e.crystal),
                 norm_sum(&f.bands[0], (double[N_BAND]){0, 1, 0}), 1e-10);
    KM_FREE(rho_r);
    km_bands_destroy(&up);
    km_bands_destroy(&down);
    km_hamiltonian_destroy(&h);
    destroy_fixture(&f);
}

/* The whole H of one crystal, in both kinds of arithmetic, on the same bands. */
static void real_and_complex_hamiltonians_are_the_same(void **state)
{
    double energy_ha[KM_N_TERM];
    km_hamiltonian *real, *complex_one;
    fixture f;

    (void)state;
    make_fixture(make_pairs(), true, KM_FUNCTIONAL_PBE, &f);
    ASSERT_OK(km_hamiltonian_create(&f.e.setup, &real));
    f.e.setup.is_real = false;
    ASSERT_OK(km_hamiltonian_create(&f.e.setup, &complex_one));
    ASSERT_OK(km_hamiltonian_set_density(real, f.rho_g, energy_ha));
    ASSERT_OK(km_hamiltonian_set_density(complex_one, f.rho_g, energy_ha));
    for (int ik = 0; ik < N_K; ++ik) {
        km_bands image = make_bands(true, N_BAND, f.bands[ik].n_g);
        km_bands z = make_complex(&f.bands[ik]), z_image = make_bands(false, N_BAND, z.n_g);

        km_hamiltonian_apply(real, ik, &f.bands[ik], &image);
        km_hamiltonian_apply(complex_one, ik, &z, &z_image);
        ASSERT_CLOSE(largest_difference(&image, &z_image), 0, 1e-12);
        km_bands_destroy(&image);
        km_bands_destroy(&z);
        km_bands_destroy(&z_image);
    }
    assert_int_equal(km_hamiltonian_n_apply(real), N_K * N_BAND);
    assert_true(km_hamiltonian_n_fft(real) < km_hamiltonian_n_fft(complex_one));
    km_hamiltonian_destroy(&real);
    km_hamiltonian_destroy(&complex_one);
    destroy_fixture(&f);
}

/* A block larger than the Hamiltonian was made for is applied in parts. */
static void large_blocks_are_split(void **state)
{
    double energy_ha[KM_N_TERM];
    km_hamiltonian *h;
    fixture f;
    km_bands all, image, single;

    (void)state;
    make_fixture(make_rattled_magnesia(), false, KM_FUNCTIONAL_LDA, &f);
    ASSERT_OK(km_hamiltonian_create(&f.e.setup, &h));
    ASSERT_OK(km_hamiltonian_set_density(h, f.rho_g, energy_ha));
    all = make_random_bands(false, 3 * N_BAND + 1, f.bands[1].n_g, 77);
    image = make_bands(false, all.n_band, all.n_g);
    single = make_bands(false, 1, all.n_g);
    km_hamiltonian_apply(h, 1, &all, &image);
    for (int j = 0; j < all.n_band; ++j) {
        km_bands in = km_bands_view(&all, j, 1), out = km_bands_view(&image, j, 1);

        km_hamiltonian_apply(h, 1, &in, &single);
        ASSERT_CLOSE(largest_difference(&single, &out), 0, 1e-12);
    }
    km_bands_destroy(&all);
    km_bands_destroy(&image);
    km_bands_destroy(&single);
    km_hamiltonian_destroy(&h);
    destroy_fixture(&f);
}

/* <psi|V|psi> summed over the bands is the integral of V rho with the bands' own density. */
static void potential_energy_of_bands_is_that_of_their_density(void **state)
{
    (void)state;
    for (int is_real = 0; is_real < 2; ++is_real) {
        double energy_ha[KM_N_TERM], kinetic = 0, nonlocal = 0, whole = 0;
        km_hamiltonian *h;
        km_term term;
        fixture f;

        make_fixture(make_pairs(), is_real, KM_FUNCTIONAL_PBE, &f);
        ASSERT_OK(km_hamiltonian_create(&f.e.setup, &h));
        ASSERT_OK(km_hamiltonian_set_density(h, f.rho_g, energy_ha));
        ASSERT_OK(km_term_kinetic_create(&f.e.setup, &term));
        ASSERT_OK(km_term_band_energy(&term, &f.view, &kinetic));
        km_term_destroy(&term);
        ASSERT_OK(km_term_nonlocal_create(&f.e.setup, &term));
        ASSERT_OK(km_term_band_energy(&term, &f.view, &nonlocal));
        km_term_destroy(&term);
        for (int ik = 0; ik < N_K; ++ik) {
            km_bands image = make_bands(is_real, N_BAND, f.bands[ik].n_g);

            km_hamiltonian_apply(h, ik, &f.bands[ik], &image);
            for (int j = 0; j < N_BAND; ++j)
                whole += f.weight[ik] * f.occupation[ik * N_BAND + j] *
                         creal(inner_product(&f.bands[ik], j, &image, j));
            km_bands_destroy(&image);
        }
        km_hamiltonian_compute_density(h, f.bands, f.weight, f.occupation, false, f.v_r);
        ASSERT_CLOSE(km_hamiltonian_potential_energy(h, f.v_r), whole - kinetic - nonlocal,
                     1e-10);
        km_hamiltonian_destroy(&h);
        destroy_fixture(&f);
    }
}

static void crystal_without_a_centre_has_no_real_coefficients(void **state)
{
    km_hamiltonian *h;
    electrons e;

    (void)state;
    make_electrons(make_rattled_magnesia(), 3, true, 1, 2, KM_FUNCTIONAL_LDA, &e);
    assert_int_equal(km_hamiltonian_create(&e.setup, &h), KM_E_ARGUMENT);
    assert_null(h);
    assert_non_null(strstr(km_status_message(), "atom 1 has no inversion partner"));
    destroy_electrons(&e);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(operator_force_and_stress_are_gradients_with_complex_coefficients),
    cmocka_unit_test(operator_force_and_stress_are_gradients_with_real_coefficients),
    cmocka_unit_test(operator_force_and_stress_are_gradients_with_tables_and_cores),
    cmocka_unit_test(operator_force_and_stress_are_gradients_with_spin),
    cmocka_unit_test(spins_feel_their_own_potentials),
    cmocka_unit_test(real_and_complex_hamiltonians_are_the_same),
    cmocka_unit_test(large_blocks_are_split),
    cmocka_unit_test(potential_energy_of_bands_is_that_of_their_density),
    cmocka_unit_test(crystal_without_a_centre_has_no_real_coefficients),
};

KM_TEST_MAIN(tests)
