#include "dft/fermi_states.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/traffic.h"
#include "kaimen/dft/density.h"

#include <math.h>

/*
 * Levels shift while the density changes, so that states near the Fermi level screen too, and a mesh of k-points has but a
 * few states within a small width. Found with slabs of MgO(111) and Al(100).
 */
static const double LEAST_WIDTH_HA = 0.05;

struct km_fermi_states {
    double *slope;           /* -df/de of each band, [n_k][n_band] */
    double complex *density; /* D(G), [n_g] */
};

km_status km_fermi_states_create(const km_ground_state *state, km_fermi_states **out)
{
    km_fermi_states *states = NULL;
    km_status status = KM_OK;

    *out = NULL;
    KM_TRY(KM_ALLOC(states, 1));
    KM_TRY_TO(fail, KM_ALLOC(states->slope, state->set.n_k * state->n_band));
    KM_TRY_TO(fail, KM_ALLOC(states->density, km_grid_n_g(state->grid)));
    *out = states;
    return KM_OK;
fail:
    km_fermi_states_destroy(&states);
    return status;
}

void km_fermi_states_destroy(km_fermi_states **states)
{
    if (!*states) return;
    KM_FREE((*states)->slope);
    KM_FREE((*states)->density);
    KM_FREE(*states);
}

void km_fermi_states_set(km_fermi_states *states, km_ground_state *state,
                         const km_scf_result *result, km_screening *screening)
{
    const double width_ha = fmax(state->options.smearing_width_ha, LEAST_WIDTH_HA);
    const double per_level = state->n_spin == 2 ? 1 : 2;
    const double fermi_ha = result->occupation.fermi_ha;
    const int n_point = km_grid_n_point(state->grid);

    for (int i = 0; i < state->set.n_k * state->n_band; ++i)
        states->slope[i] =
            per_level / width_ha *
            km_occupation_slope(state->options.smearing,
                                (state->set.eigenvalue[i] - fermi_ha) / width_ha);
    km_hamiltonian_compute_density(state->set.hamiltonian, state->set.bands, state->set.weight,
                                   states->slope, true, state->rho_r);
    km_grid_to_reciprocal(state->grid, state->rho_r, states->density);
    km_traffic_allreduce(KM_TRAFFIC_DENSITY, 2 * km_grid_n_g(state->grid), MPI_DOUBLE, MPI_SUM,
                         state->comm, states->density);
    km_stars_average(state->stars, states->density);
    km_grid_to_real(state->grid, states->density, state->rho_r);
    /* What the sphere of G vectors leaves of a sum of squares may be a little below zero. */
    for (int i = 0; i < n_point; ++i) state->rho_r[i] = fmax(state->rho_r[i], 0);
    km_screening_set_states(screening, state->rho_r);
}
