/* Times energies and forces of a classical potential: classical STRUCTURE N_STEP POTENTIAL_FILE... prints energy, forces and seconds of one. */
#include "kaimen/base/file.h"
#include "kaimen/base/memory.h"
#include "kaimen/base/units.h"
#include "kaimen/crystal/structure_file.h"
#include "kaimen/potential/classical_calculator.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Of a step of a relaxation or of molecular dynamics, Ang. */
static const double MOVE_ANG = 0.005;

static km_status read_potential(int n, char **paths, km_calculator **calculator)
{
    char *texts[8] = {NULL};
    km_status status = KM_OK;

    for (int i = 0; i < n && i < 8; ++i) KM_TRY_TO(end, km_file_read_text(paths[i], &texts[i]));
    status = km_classical_calculator_read(n, (const char *const *)paths,
                                          (const char *const *)texts, calculator);
end:
    for (int i = 0; i < 8; ++i) KM_FREE(texts[i]);
    return status;
}

static void move(km_crystal *crystal, double *frac, int i_step)
{
    const int n = 3 * km_crystal_n_atom(crystal);
    const double *cell = km_crystal_cell_bohr(crystal);

    for (int i = 0; i < n; ++i)
        frac[i] = km_crystal_frac(crystal)[i] + (((i * 7 + i_step) % 3) - 1) * MOVE_ANG *
                                                    KM_BOHR_PER_ANG / fabs(cell[4 * (i % 3)]);
    km_crystal_move(crystal, frac);
}

static km_status run(int argc, char **argv)
{
    const int n_step = (int)strtol(argv[2], NULL, 10);
    km_request request = km_request_default();
    km_calculator *calculator = NULL;
    km_crystal *crystal = NULL;
    km_calculation result;
    double *frac = NULL, *forces = NULL, stress[9], start_s;
    km_status status;

    KM_TRY_TO(end, km_crystal_read(argv[1], &crystal));
    KM_TRY_TO(end, read_potential(argc - 3, argv + 3, &calculator));
    KM_TRY_TO(end, KM_ALLOC(frac, 3 * km_crystal_n_atom(crystal)));
    KM_TRY_TO(end, KM_ALLOC(forces, 3 * km_crystal_n_atom(crystal)));
    KM_TRY_TO(end,
              km_calculator_compute(calculator, crystal, &request, MPI_COMM_WORLD, &result));
    KM_TRY_TO(end, km_calculator_forces(calculator, forces));
    KM_TRY_TO(end, km_calculator_stress(calculator, stress));
    printf("energy %.12g\n", result.energy_ha * KM_EV_PER_HA);
    for (int k = 0; k < 9; ++k) printf("stress %.12g\n", stress[k] * KM_GPA_PER_HA_BOHR3);
    for (int i = 0; i < 3 * km_crystal_n_atom(crystal); ++i)
        printf("force %.12g\n", forces[i] * KM_EV_PER_HA / KM_ANG_PER_BOHR);
    start_s = MPI_Wtime();
    for (int i = 0; i < n_step; ++i) {
        move(crystal, frac, i);
        KM_TRY_TO(
            end, km_calculator_compute(calculator, crystal, &request, MPI_COMM_WORLD, &result));
    }
    printf("seconds %.6g\n", (MPI_Wtime() - start_s) / (n_step ? n_step : 1));
end:
    KM_FREE(frac);
    KM_FREE(forces);
    km_calculator_destroy(&calculator);
    km_crystal_destroy(&crystal);
    return status;
}

int main(int argc, char **argv)
{
    km_status status;

    MPI_Init(&argc, &argv);
    status = argc < 4
                 ? KM_RAISE(KM_E_ARGUMENT, "usage: classical STRUCTURE N_STEP POTENTIAL...")
                 : run(argc, argv);
    if (status != KM_OK) fprintf(stderr, "%s\n", km_status_message());
    MPI_Finalize();
    return status != KM_OK;
}
