/*
 * What the busiest rank does and sends in one SCF of a slab, MgO(100) with three layers at 12 Ha. One line: groups,
 * iterations, energy in Ha, bands times applications of H, FFTs, megabytes sent, seconds. Sent is what
 * kaimen/base/traffic.h counts.
 * usage: mpirun -n N ranks MESH_1 MESH_2
 */
#include "dft/electrons.h"
#include "kaimen/base/traffic.h"
#include "kaimen/base/units.h"
#include "kaimen/dft/dft_calculator.h"
#include "kaimen/dft/groups.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static km_status make_slab(km_crystal **slab)
{
    const double a = 4.212 * KM_BOHR_PER_ANG, side = a / sqrt(2), c = 3.5 * a;
    const double cell[9] = {side, 0, 0, 0, side, 0, 0, 0, c};
    const double step = a / 2 / c;
    const double frac[18] = {0, 0, 0,    0.5, 0.5, 0,     0.5, 0.5, step,
                             0, 0, step, 0.5, 0.5, -step, 0,   0,   -step};
    const int z[6] = {12, 8, 12, 8, 12, 8};

    return km_crystal_create(cell, 6, z, frac, slab);
}

static km_dft_options make_options(char **mesh)
{
    km_dft_options options = km_dft_options_default(KM_QUALITY_LITE);

    options.ecut_ha = 12;
    options.k_mesh[0] = (int)strtol(mesh[0], NULL, 10);
    options.k_mesh[1] = (int)strtol(mesh[1], NULL, 10);
    options.k_mesh[2] = 1;
    options.scf.energy_tolerance_ha = 1e-9;
    options.pseudo.n_choice = 2;
    strcpy(options.pseudo.choice[0].symbol, "Mg");
    strcpy(options.pseudo.choice[0].file, "GTH_POTENTIALS");
    strcpy(options.pseudo.choice[0].entry, "GTH-PBE-q2");
    strcpy(options.pseudo.choice[1].symbol, "O");
    strcpy(options.pseudo.choice[1].file, "GTH_POTENTIALS");
    strcpy(options.pseudo.choice[1].entry, "GTH-PBE-q6");
    return options;
}

static void print(const km_dft *dft, const km_calculation *result, const km_traffic *sent)
{
    const km_ground_state *state = km_dft_ground_state(dft);
    double most[3] = {(double)km_traffic_n_byte(sent) / 1e6,
                      (double)km_hamiltonian_n_fft(state->set.hamiltonian),
                      (double)km_hamiltonian_n_apply(state->set.hamiltonian)};
    int rank;

    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Allreduce(MPI_IN_PLACE, most, 3, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
    if (rank == 0)
        printf("%d %d %.10f %.0f %.0f %.3f %.3f\n",
               km_kpoints_groups(state->set.kpoints)->n_group, result->effort.n_iteration,
               result->energy_ha, most[2], most[1], most[0], result->time_s);
}

static km_status run(char **mesh)
{
    const km_dft_options options = make_options(mesh);
    km_request request = km_request_default();
    km_crystal *slab = NULL;
    km_calculator *calculator = NULL;
    km_calculation result;
    km_traffic before, after, sent;
    km_dft *dft;
    km_status status = KM_OK;

    KM_TRY_TO(end, make_slab(&slab));
    KM_TRY_TO(end, km_dft_calculator_create(&options, NULL, &calculator, &dft));
    request.vacuum_axis = 2;
    before = km_traffic_counted();
    KM_TRY_TO(end, km_calculator_compute(calculator, slab, &request, MPI_COMM_WORLD, &result));
    KM_TRY_TO(end, KM_CHECK(result.outcome == KM_OUTCOME_CONVERGED, KM_E_NUMERIC, "%s",
                            result.reason));
    after = km_traffic_counted();
    sent = km_traffic_between(&before, &after);
    print(dft, &result, &sent);
end:
    km_calculator_destroy(&calculator);
    km_crystal_destroy(&slab);
    return status;
}

int main(int argc, char **argv)
{
    km_status status;

    MPI_Init(&argc, &argv);
    status = KM_CHECK(argc == 3, KM_E_INPUT, "usage: ranks MESH_1 MESH_2");
    if (status == KM_OK) status = run(argv + 1);
    if (status != KM_OK) fprintf(stderr, "ranks: %s\n", km_status_message());
    MPI_Finalize();
    return status != KM_OK;
}
