#pragma once
/**
 * @file
 * @brief Whether all ranks together find what each finds alone.
 */
#include "dft/dft_support.h"

/* Sums over k-points in another order, amplified by the SCF's threshold. */
#define SAME_ENERGY_HA 1e-9
#define SAME_FORCE_HA_BOHR 1e-7
/* Which bands go through a transform together depends on the ranks, and so does the rounding of single precision: forces
 * are then the same as far as the SCF's threshold goes. */
#define SAME_FORCE_MIXED_HA_BOHR 5e-6

static inline void check_ranks(km_crystal *crystal, const km_dft_options *options)
{
    const double same_force = options->precision == KM_PRECISION_DOUBLE
                                  ? SAME_FORCE_HA_BOHR
                                  : SAME_FORCE_MIXED_HA_BOHR;
    double forces[2][18], lowest;
    km_calculation alone = compute_once(crystal, options, MPI_COMM_SELF, forces[0]);
    km_calculation together = compute_once(crystal, options, MPI_COMM_WORLD, forces[1]);

    assert_int_equal(alone.outcome, KM_OUTCOME_CONVERGED);
    assert_int_equal(together.outcome, KM_OUTCOME_CONVERGED);
    ASSERT_CLOSE(together.energy_ha, alone.energy_ha, SAME_ENERGY_HA);
    ASSERT_CLOSE(together.vbm_ha, alone.vbm_ha, same_force);
    ASSERT_CLOSE(together.fermi_ha, alone.fermi_ha, same_force);
    for (int i = 0; i < 3 * km_crystal_n_atom(crystal); ++i)
        ASSERT_CLOSE(forces[1][i], forces[0][i], same_force);
    assert_int_equal(together.n_k, alone.n_k);
    if (options->precision == KM_PRECISION_DOUBLE) {
        assert_int_equal(together.effort.n_iteration, alone.effort.n_iteration);
        /* Sums over slices of plane waves round differently: a band may pass its tolerance a round later. */
        assert_true(labs(together.effort.n_h_apply - alone.effort.n_h_apply) <=
                    alone.effort.n_h_apply / 100);
    }
    assert_int_equal(together.n_plane_wave, alone.n_plane_wave);
    /* Every rank holds the same bits. */
    MPI_Allreduce(&together.energy_ha, &lowest, 1, MPI_DOUBLE, MPI_MIN, MPI_COMM_WORLD);
    assert_true(lowest == together.energy_ha);
    km_crystal_destroy(&crystal);
}
