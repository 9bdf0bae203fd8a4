/* Forces on the atoms and the stress: sums over the terms, symmetrised; the forces without a net force. */
#include "dft/electrons.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/traffic.h"
#include "kaimen/base/units.h"

#include <string.h>

/* Cartesian image of a vector under a rotation given in the basis of the lattice vectors. */
static void rotate_vector(const km_crystal *crystal, const int *rotation, const double v[3],
                          double image[3])
{
    const double *a = km_crystal_cell_bohr(crystal), *b = km_crystal_reciprocal_bohr(crystal);
    double frac[3], turned[3];

    for (int i = 0; i < 3; ++i)
        frac[i] = (b[3 * i] * v[0] + b[3 * i + 1] * v[1] + b[3 * i + 2] * v[2]) / (2 * KM_PI);
    for (int i = 0; i < 3; ++i)
        turned[i] = rotation[3 * i] * frac[0] + rotation[3 * i + 1] * frac[1] +
                    rotation[3 * i + 2] * frac[2];
    for (int x = 0; x < 3; ++x)
        image[x] = turned[0] * a[x] + turned[1] * a[3 + x] + turned[2] * a[6 + x];
}

static void symmetrise_forces(const km_crystal *crystal, const km_symmetry *symmetry,
                              const double *forces, double *sum)
{
    const int n_operation = km_symmetry_n_operation(symmetry);

    memset(sum, 0, sizeof *sum * 3 * (size_t)km_crystal_n_atom(crystal));
    for (int op = 0; op < n_operation; ++op) {
        const int *map = km_symmetry_atom_map(symmetry, op);

        for (int a = 0; a < km_crystal_n_atom(crystal); ++a) {
            double image[3];

            rotate_vector(crystal, km_symmetry_rotation(symmetry, op), forces + 3 * a, image);
            for (int x = 0; x < 3; ++x) sum[3 * map[a] + x] += image[x] / n_operation;
        }
    }
}

static void remove_net_force(int n_atom, double *forces)
{
    for (int x = 0; x < 3; ++x) {
        double mean = 0;

        for (int a = 0; a < n_atom; ++a) mean += forces[3 * a + x] / n_atom;
        for (int a = 0; a < n_atom; ++a) forces[3 * a + x] -= mean;
    }
}

km_status km_ground_state_compute_forces(km_ground_state *state, double *forces_ha_bohr)
{
    const int n_atom = km_crystal_n_atom(state->crystal);
    const km_band_set *set = &state->set;
    km_status status = KM_OK;
    double *raw = NULL;

    KM_TRY(KM_ALLOC(raw, 3 * n_atom));
    KM_TRY_TO(end,
              km_hamiltonian_compute_forces(set->hamiltonian, state->rho_out, set->bands,
                                            set->weight, set->occupation, state->comm, raw));
    if (state->symmetry)
        symmetrise_forces(state->crystal, state->symmetry, raw, forces_ha_bohr);
    else
        memcpy(forces_ha_bohr, raw, sizeof *raw * 3 * (size_t)n_atom);
    remove_net_force(n_atom, forces_ha_bohr);
    /* The density's share differs by the rounding errors of each rank's FFT plans. */
    km_traffic_broadcast(KM_TRAFFIC_FORCE, 3 * n_atom, MPI_DOUBLE, 0, state->comm,
                         forces_ha_bohr);
end:
    KM_FREE(raw);
    return status;
}

/* Mean of R stress R^T over the operations. */
static void symmetrise_stress(const km_crystal *crystal, const km_symmetry *symmetry,
                              double stress[9])
{
    const int n_operation = km_symmetry_n_operation(symmetry);
    double sum[9] = {0};

    for (int op = 0; op < n_operation; ++op) {
        const int *rotation = km_symmetry_rotation(symmetry, op);
        double half[9], image[3]; /* half: R stress */

        for (int x = 0; x < 3; ++x) {
            rotate_vector(crystal, rotation, stress + 3 * x, image);
            for (int y = 0; y < 3; ++y) half[3 * y + x] = image[y];
        }
        for (int y = 0; y < 3; ++y) {
            rotate_vector(crystal, rotation, half + 3 * y, image);
            for (int x = 0; x < 3; ++x) sum[3 * y + x] += image[x] / n_operation;
        }
    }
    memcpy(stress, sum, sizeof sum);
}

km_status km_ground_state_compute_stress(km_ground_state *state, double stress_ha_bohr3[9])
{
    const km_band_set *set = &state->set;

    KM_TRY(km_hamiltonian_compute_stress(set->hamiltonian, state->rho_out, set->bands,
                                         set->weight, set->occupation, state->comm,
                                         stress_ha_bohr3));
    if (state->symmetry) symmetrise_stress(state->crystal, state->symmetry, stress_ha_bohr3);
    /* as the forces */
    km_traffic_broadcast(KM_TRAFFIC_FORCE, 9, MPI_DOUBLE, 0, state->comm, stress_ha_bohr3);
    return KM_OK;
}
