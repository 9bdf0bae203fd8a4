#include "dft/electrons.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/traffic.h"
#include "kaimen/base/units.h"
#include "kaimen/dft/density.h"

#include <math.h>
#include <string.h>

/* Operations of the group must be exact to this, or the density is averaged over unequal places. */
static const double SYMMETRY_TOLERANCE_BOHR = 1e-5;

/* Make partners exact images of one another about the origin. */
static km_status snap_to_inversion(km_crystal *crystal)
{
    const int n_atom = km_crystal_n_atom(crystal);
    const double *from = km_crystal_frac(crystal);
    double *frac = NULL;

    KM_TRY(KM_ALLOC(frac, 3 * n_atom));
    memcpy(frac, from, sizeof *frac * 3 * (size_t)n_atom);
    for (int a = 0; a < n_atom; ++a)
        for (int b = a; b < n_atom; ++b) {
            double error = 0, sum[3];

            for (int x = 0; x < 3; ++x) {
                sum[x] = from[3 * a + x] + from[3 * b + x];
                sum[x] -= round(sum[x]);
                error = fmax(error, fabs(sum[x]));
            }
            if (error > 1e-4 || km_crystal_z(crystal)[a] != km_crystal_z(crystal)[b]) continue;
            for (int x = 0; x < 3; ++x) frac[3 * a + x] = from[3 * a + x] - sum[x] / 2;
            for (int x = 0; x < 3 && b != a; ++x)
                frac[3 * b + x] = from[3 * b + x] - sum[x] / 2;
        }
    km_crystal_move(crystal, frac);
    KM_FREE(frac);
    return KM_OK;
}

/* Put the inversion centre at the origin, if there is one and real coefficients are allowed. */
static km_status centre_crystal(km_ground_state *state)
{
    const int n_atom = km_crystal_n_atom(state->crystal);
    double *frac = NULL, centre[3] = {0};

    if (state->options.arithmetic == KM_ARITHMETIC_COMPLEX ||
        !km_symmetry_has_inversion(state->symmetry, centre))
        return KM_OK;
    state->is_real = true;
    memcpy(state->shift_frac, centre, sizeof centre);
    KM_TRY(KM_ALLOC(frac, 3 * n_atom));
    for (int i = 0; i < 3 * n_atom; ++i)
        frac[i] = km_crystal_frac(state->crystal)[i] - centre[i % 3];
    km_crystal_move(state->crystal, frac);
    KM_FREE(frac);
    KM_TRY(snap_to_inversion(state->crystal));
    km_symmetry_destroy(&state->symmetry);
    return km_symmetry_create(state->crystal, SYMMETRY_TOLERANCE_BOHR, &state->symmetry);
}

/* Whether an operation maps the mesh of k-points onto itself. */
static bool is_mesh_invariant(const int mesh[3], const int shift[3], const int *rotation)
{
    for (int j = 0; j < 3; ++j) {
        double moved = -0.5 * shift[j];

        for (int i = 0; i < 3; ++i) {
            if (rotation[3 * i + j] * mesh[j] % mesh[i] != 0) return false;
            moved += 0.5 * shift[i] * rotation[3 * i + j] * mesh[j] / mesh[i];
        }
        if (fabs(moved - round(moved)) > 1e-6) return false;
    }
    return true;
}

/*
 * Whether an operation maps a lattice onto itself: that of the basis may be strained otherwise than the crystal's.
 */
static bool is_lattice_invariant(const km_crystal *crystal, const int *rotation)
{
    const double *a = km_crystal_cell_bohr(crystal);
    double image[9] = {0};

    for (int j = 0; j < 3; ++j)
        for (int i = 0; i < 3; ++i)
            for (int x = 0; x < 3; ++x) image[3 * j + x] += rotation[3 * i + j] * a[3 * i + x];
    for (int k = 0; k < 9; ++k) {
        const double *p = a + 3 * (k / 3), *q = a + 3 * (k % 3);
        const double *p1 = image + 3 * (k / 3), *q1 = image + 3 * (k % 3);
        const double before = p[0] * q[0] + p[1] * q[1] + p[2] * q[2];
        const double after = p1[0] * q1[0] + p1[1] * q1[1] + p1[2] * q1[2];
        const double length = sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2]) +
                              sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2]);

        if (fabs(after - before) > 2 * SYMMETRY_TOLERANCE_BOHR * length) return false;
    }
    return true;
}

/* Keep the operations that map basis, FFT grid and k-mesh onto themselves: they form a group. */
static km_status restrict_symmetry(km_ground_state *state)
{
    const int n = km_symmetry_n_operation(state->symmetry);
    km_symmetry *whole = state->symmetry;
    bool *mask = NULL;
    km_status status = KM_OK;

    state->symmetry = NULL;
    if (!state->options.use_symmetry) goto end;
    KM_TRY_TO(end, KM_ALLOC(mask, n));
    for (int i = 0; i < n; ++i)
        mask[i] = is_lattice_invariant(state->basis_crystal, km_symmetry_rotation(whole, i)) &&
                  km_grid_is_invariant(state->grid, km_symmetry_rotation(whole, i),
                                       km_symmetry_translation_frac(whole, i)) &&
                  is_mesh_invariant(state->k_mesh, state->options.k_shift,
                                    km_symmetry_rotation(whole, i));
    status = km_symmetry_create_subgroup(whole, mask, &state->symmetry);
end:
    KM_FREE(mask);
    km_symmetry_destroy(&whole);
    return status;
}

static km_status make_grid(km_ground_state *state)
{
    const km_dft_options *options = &state->options;
    int n[3];

    memcpy(n, options->grid, sizeof n);
    if (n[0] == 0)
        km_grid_choose(state->basis_crystal, options->use_symmetry ? state->symmetry : NULL,
                       options->ecut_ha, options->grid_factor, n);
    KM_TRY(km_grid_create(state->basis_crystal, options->ecut_ha, n, &state->grid));
    km_grid_set_cell(state->grid, state->crystal);
    return KM_OK;
}

static km_status make_basis_crystal(km_ground_state *state, const double *cell_bohr)
{
    const km_crystal *crystal = state->crystal;

    return km_crystal_create(cell_bohr ? cell_bohr : km_crystal_cell_bohr(crystal),
                             km_crystal_n_atom(crystal), km_crystal_z(crystal),
                             km_crystal_frac(crystal), &state->basis_crystal);
}

double km_ground_state_start_moment_mub(const km_ground_state *state)
{
    const double *moments = km_crystal_moments_mub(state->crystal);
    double sum = 0;

    if (km_dft_options_has_fixed_moment(&state->options))
        return state->options.total_moment_mub;
    for (int a = 0; moments && a < km_crystal_n_atom(state->crystal); ++a) sum += moments[a];
    return sum;
}

static void count_electrons(km_ground_state *state)
{
    const int *species = km_crystal_species(state->crystal);
    double n = 0;
    int n_occupied;

    for (int a = 0; a < km_crystal_n_atom(state->crystal); ++a)
        n += km_pseudo_describe(state->pseudo[species[a]])->z_valence;
    state->n_electron = n;
    n_occupied = (int)ceil((n + fabs(km_ground_state_start_moment_mub(state))) / 2 - 1e-9);
    state->n_band = state->options.n_band;
    if (state->n_band == 0) {
        double extra = state->options.smearing == KM_SMEARING_NONE ? 0.05 : 0.15;

        state->n_band = n_occupied + (int)fmax(4, ceil(extra * n_occupied));
    }
}

/* The spin with more electrons must fit. */
static km_status check_bands(const km_ground_state *state)
{
    const bool is_fixed = km_dft_options_has_fixed_moment(&state->options);
    const double moment = is_fixed ? fabs(km_ground_state_start_moment_mub(state)) : 0;
    const double wanted = (state->n_electron + moment) / 2;

    return KM_CHECK(state->n_band >= wanted - 1e-9, KM_E_INPUT,
                    "dft.bands = %d cannot hold %g electrons, at least %d are wanted",
                    state->n_band, state->n_electron, (int)ceil(wanted - 1e-9));
}

static km_status choose_mesh(km_ground_state *state, const km_request *request)
{
    const km_dft_options *options = &state->options;
    const int *n = options->k_mesh;

    if (n[0] == 0 && n[1] == 0 && n[2] == 0)
        return km_kpoints_find_mesh(state->basis_crystal,
                                    options->k_spacing_bohr * request->mesh_length_ratio,
                                    request->vacuum_axis, request->normal_axis, state->k_mesh);
    memcpy(state->k_mesh, n, sizeof state->k_mesh);
    return KM_CHECK(n[0] > 0 && n[1] > 0 && n[2] > 0, KM_E_ARGUMENT,
                    "k-mesh [%d, %d, %d]: wanted three numbers from 1 on, or none", n[0], n[1],
                    n[2]);
}

static km_status make_kpoints(km_ground_state *state)
{
    km_kpoints *kpoints = NULL;

    KM_TRY(km_kpoints_create(state->symmetry, state->k_mesh, state->options.k_shift,
                             state->comm, &kpoints));
    KM_TRY(km_band_set_create(state, kpoints, &state->set));
    for (int ik = 0; ik < state->set.n_k; ++ik) {
        const km_basis *basis = state->set.basis[ik];

        if (km_basis_n_g_sphere(basis) > state->n_plane_wave)
            state->n_plane_wave = km_basis_n_g_sphere(basis);
        /* The slices of a group add up to the sphere. */
        state->mean_plane_wave += state->set.weight[ik] * km_basis_n_g(basis);
    }
    km_traffic_allreduce(KM_TRAFFIC_CONTROL, 1, MPI_LONG, MPI_MAX, state->comm,
                         &state->n_plane_wave);
    km_traffic_allreduce(KM_TRAFFIC_CONTROL, 1, MPI_DOUBLE, MPI_SUM, state->comm,
                         &state->mean_plane_wave);
    state->mean_plane_wave /= state->n_spin;
    return KM_OK;
}

static km_status allocate_densities(km_ground_state *state)
{
    const int n_g = km_grid_n_g(state->grid), n_spin = state->n_spin;

    KM_TRY(KM_RESERVE(state->rho_in, n_spin * n_g));
    KM_TRY(KM_RESERVE(state->rho_out, n_spin * n_g));
    KM_TRY(KM_RESERVE(state->rho_r, n_spin * km_grid_n_point(state->grid)));
    KM_TRY(KM_ALLOC(state->all_eigenvalues,
                    km_kpoints_n(state->set.kpoints) * n_spin * state->n_band));
    return KM_ALLOC(state->history.step, state->options.scf.max_iteration);
}

km_status km_ground_state_create(const km_crystal *crystal, const km_dft_options *options,
                                 const km_request *request, km_pseudo *const *pseudo,
                                 km_atom *const *atom, MPI_Comm comm, km_ground_state **out)
{
    km_ground_state *state = NULL;
    km_status status = KM_OK;

    *out = NULL;
    KM_TRY(KM_ALLOC(state, 1));
    state->options = *options;
    state->comm = comm;
    state->pseudo = pseudo;
    state->atom = atom;
    state->n_spin = km_dft_options_n_spin(options);
    KM_TRY_TO(fail, km_crystal_copy(crystal, &state->crystal));
    /* Without spin, moments make no atoms different. */
    if (state->n_spin == 1) KM_TRY_TO(fail, km_crystal_set_moments(state->crystal, NULL));
    KM_TRY_TO(fail,
              km_symmetry_create(state->crystal, SYMMETRY_TOLERANCE_BOHR, &state->symmetry));
    KM_TRY_TO(fail, centre_crystal(state));
    KM_TRY_TO(fail, make_basis_crystal(state, request->basis_cell_bohr));
    KM_TRY_TO(fail, make_grid(state));
    KM_TRY_TO(fail, choose_mesh(state, request));
    KM_TRY_TO(fail, restrict_symmetry(state));
    KM_TRY_TO(fail,
              km_orbits_create(state->grid, state->symmetry, state->is_real, &state->orbits));
    KM_TRY_TO(fail,
              km_stars_create(state->grid, state->symmetry, state->is_real, &state->stars));
    count_electrons(state);
    KM_TRY_TO(fail, check_bands(state));
    KM_TRY_TO(fail, make_kpoints(state));
    KM_TRY_TO(fail, allocate_densities(state));
    *out = state;
    return KM_OK;
fail:
    km_ground_state_destroy(&state);
    return status;
}

void km_ground_state_destroy(km_ground_state **state)
{
    km_ground_state *s = *state;

    if (!s) return;
    km_band_set_destroy(&s->set);
    km_grid_destroy(&s->grid);
    km_orbits_destroy(&s->orbits);
    km_stars_destroy(&s->stars);
    km_symmetry_destroy(&s->symmetry);
    km_crystal_destroy(&s->crystal);
    km_crystal_destroy(&s->basis_crystal);
    KM_FREE(s->rho_in);
    KM_FREE(s->rho_out);
    KM_FREE(s->rho_r);
    KM_FREE(s->history.step);
    KM_FREE(s->all_eigenvalues);
    KM_FREE(*state);
}

km_status km_ground_state_superpose_atoms(const km_ground_state *state, double complex *rho)
{
    const km_dft_options *options = &state->options;

    KM_TRY(
        km_density_superpose(state->crystal, state->atom, state->grid, state->n_electron, rho));
    if (state->n_spin == 1) return KM_OK;
    return km_density_superpose_moments(
        state->crystal, state->atom, state->grid,
        km_dft_options_has_fixed_moment(options) ? &options->total_moment_mub : NULL,
        rho + km_grid_n_g(state->grid));
}

/* sum over the G along one axis of f(G) exp(i G z), for the crystal as it was given. */
static km_status planar_average(const km_ground_state *state, const double complex *f_g,
                                int axis, int n_plane, double *f)
{
    const int *miller = km_grid_miller(state->grid);

    KM_TRY(KM_CHECK(axis >= 0 && axis < 3 && n_plane > 0, KM_E_ARGUMENT,
                    "planar average along axis %d at %d planes", axis, n_plane));
    memset(f, 0, sizeof *f * (size_t)n_plane);
    for (int ig = 0; ig < km_grid_n_g(state->grid); ++ig) {
        const int *m = miller + 3 * ig;

        if (m[(axis + 1) % 3] != 0 || m[(axis + 2) % 3] != 0) continue;
        for (int i = 0; i < n_plane; ++i) {
            double z = (double)i / n_plane - state->shift_frac[axis];

            f[i] += creal(f_g[ig] * cexp(2 * KM_PI * I * (m[axis] * z)));
        }
    }
    return KM_OK;
}

km_status km_ground_state_planar_potential(const km_ground_state *state, int axis, int n_plane,
                                           double *v_ha)
{
    return planar_average(state, km_hamiltonian_electrostatic(state->set.hamiltonian), axis,
                          n_plane, v_ha);
}

km_status km_ground_state_planar_density(const km_ground_state *state, int axis, int n_plane,
                                         double *density_bohr3)
{
    return planar_average(state, state->rho_out, axis, n_plane, density_bohr3);
}

const km_scf_step *km_ground_state_history(const km_ground_state *state, int *n)
{
    *n = state->history.n;
    return state->history.step;
}

bool km_ground_state_is_real(const km_ground_state *state)
{
    return state->is_real;
}

const km_grid *km_ground_state_grid(const km_ground_state *state)
{
    return state->grid;
}

int km_ground_state_n_xc_point(const km_ground_state *state)
{
    return km_orbits_n(state->orbits);
}

const km_kpoints *km_ground_state_kpoints(const km_ground_state *state)
{
    return state->set.kpoints;
}

const int *km_ground_state_k_mesh(const km_ground_state *state)
{
    return state->k_mesh;
}

int km_ground_state_n_spin(const km_ground_state *state)
{
    return state->n_spin;
}

int km_ground_state_n_band(const km_ground_state *state)
{
    return state->n_band;
}

long km_ground_state_n_plane_wave(const km_ground_state *state)
{
    return state->n_plane_wave;
}

double km_ground_state_mean_plane_wave(const km_ground_state *state)
{
    return state->mean_plane_wave;
}

double km_ground_state_n_electron(const km_ground_state *state)
{
    return state->n_electron;
}

double km_ground_state_potential_mean_ha(const km_ground_state *state)
{
    return creal(
        km_hamiltonian_electrostatic(state->set.hamiltonian)[km_grid_zero(state->grid)]);
}

const double *km_ground_state_eigenvalues(const km_ground_state *state)
{
    return state->all_eigenvalues;
}
