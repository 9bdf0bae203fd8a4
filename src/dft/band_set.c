#include "dft/electrons.h"

#include "kaimen/base/memory.h"
#include "kaimen/dft/eigensolver.h"
#include "kaimen/dft/sites.h"

#include <stdint.h>
#include <string.h>

/* Symmetry of the atomic orbitals must not hide bands: every start function is disturbed a little. */
static const double NOISE = 0.05;

/* Most start functions per band: what the eigensolver's search space holds, and a margin. */
#define START_PER_BAND 3

static km_status make_bases(km_ground_state *state, km_band_set *set)
{
    const int n_band = state->n_band, first = km_kpoints_first(set->kpoints);

    for (int ik = 0; ik < set->n_k; ++ik) {
        const int point = (first + ik) / state->n_spin;
        bool is_real;

        if (ik > 0 && point == (first + ik - 1) / state->n_spin)
            set->basis[ik] = set->basis[ik - 1];
        else
            KM_TRY(km_basis_create(state->basis_crystal, km_kpoints_frac(set->kpoints, point),
                                   state->options.ecut_ha,
                                   km_kpoints_groups(set->kpoints)->group, &set->basis[ik]));
        km_basis_set_cell(set->basis[ik], state->crystal);
        is_real = state->is_real || (state->options.arithmetic == KM_ARITHMETIC_AUTO &&
                                     km_basis_pair(set->basis[ik]));
        set->weight[ik] = km_kpoints_weight(set->kpoints)[point];
        KM_TRY(KM_CHECK(km_basis_n_g_sphere(set->basis[ik]) >= n_band, KM_E_INPUT,
                        "dft.ecut = %g Ha gives %d plane waves at a k-point, fewer than the %d "
                        "bands that are wanted",
                        state->options.ecut_ha, km_basis_n_g_sphere(set->basis[ik]), n_band));
        KM_TRY(km_bands_create(is_real, n_band, km_basis_n_g(set->basis[ik]), &set->bands[ik]));
        set->bands[ik].comm = km_basis_comm(set->basis[ik]);
    }
    return KM_OK;
}

static km_status make_set(km_ground_state *state, km_band_set *set)
{
    km_hamiltonian_setup setup = {.crystal = state->crystal,
                                  .pseudo = state->pseudo,
                                  .grid = state->grid,
                                  .is_real = state->is_real,
                                  .is_mixed = state->options.precision == KM_PRECISION_MIXED,
                                  .n_k = set->n_k,
                                  .n_spin = state->n_spin,
                                  .first_spin = set->first_spin,
                                  .n_band = state->n_band,
                                  .functional = state->options.functional,
                                  .orbits = state->orbits,
                                  .comm = state->comm};

    KM_TRY(KM_ALLOC(set->basis, set->n_k));
    KM_TRY(KM_ALLOC(set->weight, set->n_k));
    KM_TRY(KM_ALLOC(set->bands, set->n_k));
    KM_TRY(KM_ALLOC(set->eigenvalue, set->n_k * state->n_band));
    KM_TRY(KM_ALLOC(set->occupation, set->n_k * state->n_band));
    KM_TRY(make_bases(state, set));
    setup.basis = set->basis;
    return km_hamiltonian_create(&setup, &set->hamiltonian);
}

km_status km_band_set_create(km_ground_state *state, km_kpoints *kpoints, km_band_set *set)
{
    km_status status = km_kpoints_set_spins(kpoints, state->n_spin, state->comm);

    *set = (km_band_set){.kpoints = kpoints};
    if (status == KM_OK) {
        set->n_k = km_kpoints_n_local(kpoints);
        set->first_spin = km_kpoints_first(kpoints) % state->n_spin;
        status = make_set(state, set);
    }
    /* A rank without k-points makes nothing that can fail alone: all must agree. */
    status = km_agree(status, state->comm);
    if (status != KM_OK) km_band_set_destroy(set);
    return status;
}

void km_band_set_destroy(km_band_set *set)
{
    km_hamiltonian_destroy(&set->hamiltonian);
    for (int ik = set->n_k - 1; set->basis && ik >= 0; --ik)
        if (ik == 0 || set->basis[ik] != set->basis[ik - 1]) km_basis_destroy(&set->basis[ik]);
    for (int ik = 0; set->bands && ik < set->n_k; ++ik) km_bands_destroy(&set->bands[ik]);
    KM_FREE(set->basis);
    KM_FREE(set->weight);
    KM_FREE(set->bands);
    KM_FREE(set->eigenvalue);
    KM_FREE(set->occupation);
    km_kpoints_destroy(&set->kpoints);
}

/* Which orbital of which element a shell is. */
typedef struct {
    km_atom *const *atom;
    int species[64 * KM_L_MAX], orbital[64 * KM_L_MAX];
} orbital_list;

static void radial(const void *context, int shell, int n, const double *q_bohr, double *f)
{
    const orbital_list *list = context;

    km_atom_compute_orbital(list->atom[list->species[shell]], list->orbital[shell], n, q_bohr,
                            f);
}

static int list_orbitals(const km_ground_state *state, orbital_list *list, km_shell *shells)
{
    int n = 0;

    list->atom = state->atom;
    for (int is = 0; is < km_crystal_n_species(state->crystal); ++is)
        for (int io = 0; io < km_atom_n_orbital(state->atom[is]); ++io) {
            if (n == 64 * KM_L_MAX) return n;
            list->species[n] = is;
            list->orbital[n] = io;
            shells[n++] = (km_shell){is, km_atom_orbital_at(state->atom[is], io)->l};
        }
    return n;
}

/* A number in (-1/2, 1/2) that depends on its place only, whatever the number of ranks is. */
static double noise(uint64_t k, uint64_t band, uint64_t ig)
{
    uint64_t x = (k * 1000003 + band) * 4294967291u + ig + 0x9e3779b97f4a7c15u;

    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    x ^= x >> 31;
    return (double)(x >> 11) * 0x1p-53 - 0.5;
}

/* Functions from `first` on become random; those before are disturbed. */
static void add_noise(const km_basis *basis, uint64_t k, const km_bands *functions, int first)
{
    const double *kinetic = km_basis_kinetic_ha(basis);
    const size_t width = functions->is_real ? 1 : 2;
    size_t first_g;
    int rank;

    MPI_Comm_rank(km_basis_comm(basis), &rank);
    first_g = (size_t)km_basis_slice(basis, rank);
    for (int j = 0; j < functions->n_band; ++j) {
        double *c = functions->data + (size_t)j * km_bands_stride(functions);

        for (size_t ig = 0; ig < (size_t)functions->n_g; ++ig)
            for (size_t i = 0; i < width; ++i) {
                double x = noise(k, (uint64_t)j, width * (first_g + ig) + i);

                if (j < first)
                    c[width * ig + i] *= 1 + NOISE * x;
                else
                    c[width * ig + i] = x / (1 + kinetic[ig] * kinetic[ig]);
            }
    }
}

static km_status start_point(km_ground_state *state, km_band_set *set, const km_sites *sites,
                             const orbital_list *list, km_eigensolver *solver, int ik)
{
    const int n_orbital = km_sites_n_function(sites), n_g = km_basis_n_g(set->basis[ik]);
    const int n_band = state->n_band;
    const km_radials radials = {.value = radial, .context = list};
    const uint64_t k = (uint64_t)((km_kpoints_first(set->kpoints) + ik) / state->n_spin);
    int n = n_orbital < n_band ? n_band : n_orbital;
    km_bands functions = {0}, used;
    km_status status = KM_OK;

    KM_TRY_TO(end, km_bands_create(set->bands[ik].is_real, n, n_g, &functions));
    km_sites_compute(sites, set->basis[ik], &radials, -1, &functions);
    functions.comm = km_basis_comm(set->basis[ik]);
    add_noise(set->basis[ik], k, &functions, n_orbital);
    if (n > START_PER_BAND * n_band) n = START_PER_BAND * n_band;
    used = km_bands_view(&functions, 0, n);
    status = km_eigensolver_start(solver, set->hamiltonian, ik, &used, &set->bands[ik],
                                  set->eigenvalue + ik * n_band);
end:
    km_bands_destroy(&functions);
    return status;
}

km_status km_band_set_start(km_ground_state *state, km_band_set *set, km_eigensolver *solver)
{
    km_shell shells[64 * KM_L_MAX];
    orbital_list list;
    km_sites *sites = NULL;
    km_status status = KM_OK;
    int n_shell = list_orbitals(state, &list, shells);

    KM_TRY(km_sites_create(state->crystal, state->is_real, n_shell, shells, &sites));
    for (int ik = 0; ik < set->n_k && status == KM_OK; ++ik)
        status = start_point(state, set, sites, &list, solver, ik);
    km_sites_destroy(&sites);
    return status;
}
