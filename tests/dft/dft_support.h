#pragma once
/**
 * @file
 * @brief Small crystals, and what a Hamiltonian of theirs is made of, for the tests of the DFT layer.
 *
 * Cutoffs are far from convergence: what is tested are identities that hold at any cutoff.
 */
#include "support.h"

#include "kaimen/base/rng.h"
#include "kaimen/base/units.h"
#include "kaimen/dft/dft_calculator.h"

#include <complex.h>
#include <string.h>

#define MAX_K 4

static inline km_crystal *make_crystal(const double *cell_bohr, int n_atom, const int *z,
                                       const double *frac)
{
    km_crystal *crystal;

    ASSERT_OK(km_crystal_create(cell_bohr, n_atom, z, frac, &crystal));
    return crystal;
}

/** Rocksalt, primitive cell. */
static inline km_crystal *make_magnesia(void)
{
    const double h = 3.98, cell[9] = {0, h, h, h, 0, h, h, h, 0};
    const double frac[6] = {0, 0, 0, 0.5, 0.5, 0.5};

    return make_crystal(cell, 2, (int[]){12, 8}, frac);
}

/** The same with the oxygen moved: no inversion centre, no symmetry. */
static inline km_crystal *make_rattled_magnesia(void)
{
    const double h = 3.98, cell[9] = {0, h, h, h, 0, h, h, h, 0};
    const double frac[6] = {0.013, 0.004, -0.009, 0.521, 0.473, 0.508};

    return make_crystal(cell, 2, (int[]){12, 8}, frac);
}

/** Diamond structure, primitive cell, the inversion centre between the atoms at the origin. */
static inline km_crystal *make_silicon(void)
{
    const double h = 5.13, cell[9] = {0, h, h, h, 0, h, h, h, 0};
    const double frac[6] = {-0.125, -0.125, -0.125, 0.125, 0.125, 0.125};

    return make_crystal(cell, 2, (int[]){14, 14}, frac);
}

/** Diamond with an atom at the origin: half of the operations are glides and screws by 1/4. */
static inline km_crystal *make_shifted_silicon(void)
{
    const double h = 5.13, cell[9] = {0, h, h, h, 0, h, h, h, 0};
    const double frac[6] = {0, 0, 0, 0.25, 0.25, 0.25};

    return make_crystal(cell, 2, (int[]){14, 14}, frac);
}

/** Silicon stretched along no axis of the lattice: forces, but still an inversion centre at the origin. */
static inline km_crystal *make_stretched_silicon(void)
{
    const double h = 5.13, cell[9] = {0, h, h, h, 0, h, h, h, 0};
    const double frac[6] = {-0.131, -0.118, -0.127, 0.131, 0.118, 0.127};

    return make_crystal(cell, 2, (int[]){14, 14}, frac);
}

/** A skewed cell with an inversion centre: one atom on it, two pairs about it. */
static inline km_crystal *make_pairs(void)
{
    const double cell[9] = {8.1, 0, 0.4, 0.9, 7.6, -0.3, -0.5, 1.1, 8.8};
    const double u[3] = {0.27, 0.11, -0.06}, v[3] = {-0.21, 0.33, 0.39};
    double frac[15] = {0};

    for (int x = 0; x < 3; ++x) {
        frac[3 + x] = u[x];
        frac[6 + x] = v[x];
        frac[9 + x] = -u[x];
        frac[12 + x] = -v[x];
    }
    return make_crystal(cell, 5, (int[]){12, 8, 12, 8, 12}, frac);
}

/** MgO(100), three layers about the origin, c = 9 bohr of vacuum and the slab. */
static inline km_crystal *make_slab(void)
{
    const double a = 5.63, d = 3.98, c = 2 * d + 9, cell[9] = {a, 0, 0, 0, a, 0, 0, 0, c};
    double frac[18];
    int z[6];

    for (int layer = 0; layer < 3; ++layer) {
        double height = (layer - 1) * d / c;
        bool is_middle = layer == 1;
        const double positions[6] = {0, 0, height, 0.5, 0.5, height};

        memcpy(frac + 6 * layer, positions, sizeof positions);
        z[2 * layer] = is_middle ? 12 : 8;
        z[2 * layer + 1] = is_middle ? 8 : 12;
    }
    return make_crystal(cell, 6, z, frac);
}

/** A water molecule that lies askew in a box: no symmetry that the grid has. */
static inline km_crystal *make_water(void)
{
    const double cell[9] = {9, 0, 0, 0, 10, 0, 0, 0, 11};
    const double frac[9] = {0.51, 0.48, 0.47, 0.69, 0.51, 0.53, 0.43, 0.62, 0.52};

    return make_crystal(cell, 3, (int[]){8, 1, 1}, frac);
}

static inline km_crystal *make_hydrogen_atom(void)
{
    const double cell[9] = {9, 0, 0, 0, 9, 0, 0, 0, 9};
    const double frac[3] = {0, 0, 0};

    return make_crystal(cell, 1, (int[]){1}, frac);
}

/** LDA with the GTH files made for it, full grid, Gamma only, a threshold that leaves rounding errors. */
static inline km_dft_options tight_options(double ecut_ha)
{
    km_dft_options options = km_dft_options_default(KM_QUALITY_LITE);

    options.functional = KM_FUNCTIONAL_LDA;
    strcpy(options.pseudo.family, "GTH-PADE");
    /* Not the family's default, whose 2s and 2p electrons want a higher cutoff. */
    options.pseudo.n_choice = 1;
    options.pseudo.choice[0] = (km_pseudo_choice){"Mg", "GTH_POTENTIALS", "GTH-PADE-q2"};
    options.ecut_ha = ecut_ha;
    for (int axis = 0; axis < 3; ++axis) options.k_mesh[axis] = 1;
    options.scf.energy_tolerance_ha = 1e-12;
    return options;
}

/** The same with PBE. */
static inline void use_pbe(km_dft_options *options)
{
    options->functional = KM_FUNCTIONAL_PBE;
    strcpy(options->pseudo.family, "GTH-PBE");
    strcpy(options->pseudo.choice[0].entry, "GTH-PBE-q2");
}

static inline void set_ints(int *to, int a, int b, int c)
{
    to[0] = a;
    to[1] = b;
    to[2] = c;
}

/** Compute one crystal with a calculator of its own; forces may be NULL. */
static inline km_calculation compute_once(const km_crystal *crystal,
                                          const km_dft_options *options, MPI_Comm comm,
                                          double *forces_ha_bohr)
{
    km_request request = km_request_default();
    km_calculator *calculator;
    km_calculation result;

    request.forces = forces_ha_bohr != NULL;
    ASSERT_OK(km_dft_calculator_create(options, NULL, &calculator, NULL));
    ASSERT_OK(km_calculator_compute(calculator, crystal, &request, comm, &result));
    if (forces_ha_bohr) ASSERT_OK(km_calculator_forces(calculator, forces_ha_bohr));
    km_calculator_destroy(&calculator);
    return result;
}

/** All that a calculation of at most four atoms gives. */
typedef struct {
    km_calculation result;
    double forces[12], stress[9];
} complete_result;

/** As compute_once, for a calculation that must converge as it is asked for. */
static inline complete_result compute_completely(const km_crystal *crystal,
                                                 const km_dft_options *options, MPI_Comm comm)
{
    km_request request = km_request_default();
    km_calculator *calculator;
    complete_result a = {0};

    request.forces = request.stress = true;
    ASSERT_OK(km_dft_calculator_create(options, NULL, &calculator, NULL));
    ASSERT_OK(km_calculator_compute(calculator, crystal, &request, comm, &a.result));
    if (a.result.outcome != KM_OUTCOME_CONVERGED || a.result.effort.n_retry > 0)
        fail_msg("%s: %s", km_outcome_name(a.result.outcome), a.result.reason);
    ASSERT_OK(km_calculator_forces(calculator, a.forces));
    ASSERT_OK(km_calculator_stress(calculator, a.stress));
    km_calculator_destroy(&calculator);
    return a;
}

/** As compute_once, for a calculation that must converge: its energy. */
static inline double converged_energy(const km_crystal *crystal, const km_dft_options *options)
{
    km_calculation result = compute_once(crystal, options, MPI_COMM_WORLD, NULL);

    if (result.outcome != KM_OUTCOME_CONVERGED)
        fail_msg("%s: %s", km_outcome_name(result.outcome), result.reason);
    return result.energy_ha;
}

/** A crystal with all that a Hamiltonian is made from. */
typedef struct {
    km_crystal *crystal;
    km_pseudo *pseudo[4];
    km_atom *atom[4];
    km_grid *grid;
    km_basis *basis[MAX_K];
    km_hamiltonian_setup setup;
} electrons;

/** Takes the crystal over. Every k-point but the first is a general one. */
static inline void make_electrons(km_crystal *crystal, double ecut_ha, bool is_real, int n_k,
                                  int n_band, km_functional functional, electrons *e)
{
    static const double k_frac[MAX_K][3] = {
        {0, 0, 0}, {0.5, 0.5, 0.5}, {0.19, -0.31, 0.44}, {0, 0.37, 0}};
    const bool is_lda = functional == KM_FUNCTIONAL_LDA;
    char path[KM_PATH_SIZE];
    int n[3];

    *e = (electrons){.crystal = crystal};
    ASSERT_OK(km_pseudo_find_file("GTH_POTENTIALS", NULL, sizeof path, path));
    for (int is = 0; is < km_crystal_n_species(crystal); ++is) {
        const int z = km_crystal_species_z(crystal)[is];
        const char *symbol = z == 1 ? "H" : z == 8 ? "O" : z == 12 ? "Mg" : "Si";

        const char *entry = z != 12 ? "" : is_lda ? "GTH-PADE-q2" : "GTH-PBE-q2";

        ASSERT_OK(km_pseudo_read(path, symbol, entry, is_lda ? "GTH-PADE" : "GTH-PBE",
                                 &e->pseudo[is]));
        ASSERT_OK(km_atom_create(e->pseudo[is], functional, &e->atom[is]));
    }
    km_grid_choose(crystal, NULL, ecut_ha, 1, n);
    ASSERT_OK(km_grid_create(crystal, ecut_ha, n, &e->grid));
    for (int ik = 0; ik < n_k; ++ik)
        ASSERT_OK(km_basis_create(crystal, k_frac[ik], ecut_ha, MPI_COMM_SELF, &e->basis[ik]));
    e->setup = (km_hamiltonian_setup){.crystal = crystal,
                                      .pseudo = e->pseudo,
                                      .grid = e->grid,
                                      .is_real = is_real,
                                      .n_k = n_k,
                                      .n_spin = 1,
                                      .basis = e->basis,
                                      .n_band = n_band,
                                      .functional = functional};
}

/** The same atoms in the cell (1 + step * direction) a, the lattice vectors a as columns. */
static inline km_crystal *make_strained(const km_crystal *crystal, const double *direction,
                                        double step)
{
    const double *from = km_crystal_cell_bohr(crystal);
    km_crystal *strained;
    double cell[9];

    for (int i = 0; i < 9; ++i) {
        cell[i] = from[i];
        for (int x = 0; x < 3; ++x)
            cell[i] += step * direction[3 * (i % 3) + x] * from[3 * (i / 3) + x];
    }
    ASSERT_OK(km_crystal_copy_in_cell(crystal, cell, km_crystal_frac(crystal), &strained));
    return strained;
}

/** Give everything that was made from a crystal the cell of another one, which it borrows. */
static inline void set_cell(electrons *e, km_crystal *crystal)
{
    e->crystal = crystal;
    e->setup.crystal = crystal;
    km_grid_set_cell(e->grid, crystal);
    for (int ik = 0; ik < e->setup.n_k; ++ik) km_basis_set_cell(e->basis[ik], crystal);
}

static inline void destroy_electrons(electrons *e)
{
    for (int is = 0; is < 4; ++is) {
        km_atom_destroy(&e->atom[is]);
        km_pseudo_destroy(&e->pseudo[is]);
    }
    for (int ik = 0; ik < MAX_K; ++ik) km_basis_destroy(&e->basis[ik]);
    km_grid_destroy(&e->grid);
    km_crystal_destroy(&e->crystal);
}

/** Random coefficients in (-1/2, 1/2). */
static inline void fill_randomly(const km_bands *bands, uint64_t seed)
{
    km_rng rng = km_rng_start(seed, 0);

    for (size_t i = 0; i < (size_t)bands->n_band * km_bands_stride(bands); ++i)
        bands->data[i] = km_rng_uniform(&rng) - 0.5;
}

static inline km_bands make_bands(bool is_real, int n_band, int n_g)
{
    km_bands bands;

    ASSERT_OK(km_bands_create(is_real, n_band, n_g, &bands));
    return bands;
}

static inline km_bands make_random_bands(bool is_real, int n_band, int n_g, uint64_t seed)
{
    km_bands bands = make_bands(is_real, n_band, n_g);

    fill_randomly(&bands, seed);
    return bands;
}

/** The same coefficients as complex numbers. */
static inline km_bands make_complex(const km_bands *bands)
{
    const size_t n = (size_t)bands->n_band * (size_t)bands->n_g;
    km_bands copy = make_bands(false, bands->n_band, bands->n_g);

    for (size_t i = 0; i < n; ++i) {
        copy.data[2 * i] = bands->is_real ? bands->data[i] : bands->data[2 * i];
        copy.data[2 * i + 1] = bands->is_real ? 0 : bands->data[2 * i + 1];
    }
    return copy;
}

static inline double complex coefficient(const km_bands *bands, int band, int ig)
{
    const double *c = bands->data + (size_t)band * km_bands_stride(bands);

    return bands->is_real ? c[ig] : c[2 * ig] + I * c[2 * ig + 1];
}

/** <a_i | b_j>, by plain summation. */
static inline double complex inner_product(const km_bands *a, int i, const km_bands *b, int j)
{
    double complex sum = 0;

    for (int ig = 0; ig < a->n_g; ++ig)
        sum += conj(coefficient(a, i, ig)) * coefficient(b, j, ig);
    return sum;
}

static inline double complex element(const km_matrix *m, int i, int j)
{
    const double *x = m->data + (m->is_real ? 1 : 2) * (i + (size_t)m->ld * j);

    return m->is_real ? x[0] : x[0] + I * x[1];
}

/** Largest difference of two blocks' coefficients, which may be real in one and complex in the other. */
static inline double largest_difference(const km_bands *a, const km_bands *b)
{
    double largest = 0;

    for (int j = 0; j < a->n_band; ++j)
        for (int ig = 0; ig < a->n_g; ++ig)
            largest = fmax(largest, cabs(coefficient(a, j, ig) - coefficient(b, j, ig)));
    return largest;
}
