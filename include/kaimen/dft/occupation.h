#pragma once
/**
 * @file
 * @brief Occupations of the bands, Fermi level, entropy and band edges.
 *
 * Bands are spin-degenerate: an occupation lies between 0 and 2, and sum over k of weight * occupation is the number of
 * electrons. With x = (e - mu) / width an occupation is
 *   Fermi-Dirac  2 / (1 + exp(x)),    Gaussian  erfc(x).
 * The free energy F = E - TS is what the forces are the gradient of; E - TS/2 = F - entropy_ha/2 extrapolates to
 * zero width.
 *
 * Source: N. D. Mermin, Phys. Rev. 137, A1441 (1965); C.-L. Fu, K.-M. Ho, Phys. Rev. B 28, 5480 (1983); A. De Vita,
 * M. J. Gillan, J. Phys.: Condens. Matter 3, 6225 (1991) for the extrapolation.
 */
#include "kaimen/base/status.h"
#include "kaimen/dft/options.h"

#include <stdbool.h>

typedef struct {
    km_smearing smearing;
    double width_ha; /* > 0 unless smearing is none */
    double n_electron;
    int n_band;
} km_occupation_options;

typedef struct {
    double fermi_ha;   /* fixed occupations: the VBM; smeared insulator: middle of the gap */
    double entropy_ha; /* -TS, <= 0 */
    double
        vbm_ha; /* highest energy of band n_electron/2; the Fermi level when n_electron is not even */
    double cbm_ha;    /* lowest energy of the next band; the VBM when that was not computed */
    bool has_cbm;     /* n_electron is even and the next band was computed */
    bool is_metallic; /* the two bands overlap, or n_electron is not even */
} km_occupation;

/**
 * @brief Fill the bands of all k-points of all ranks. Collective on comm; every rank gets the same result.
 *
 * @param[in]  n_k             points of this rank, may be 0
 * @param[in]  weight          [n_k]; over all ranks they sum to 1
 * @param[in]  eigenvalues_ha  ascending in each k, [n_k][n_band]
 * @param[in]  options         the same on every rank
 * @param[in]  comm            ranks that share the k-points
 * @param[out] occupation      0 to 2, [n_k][n_band]
 * @param[out] result          Fermi level, entropy, edges
 * @return KM_E_INPUT for fixed occupations of an odd or fractional number of electrons; KM_E_ARGUMENT for too few bands
 *         a width that is not positive or no electrons; KM_E_NUMERIC for an eigenvalue that is not finite
 */
KM_STATUS km_occupation_compute(int n_k, const double *weight, const double *eigenvalues_ha,
                                const km_occupation_options *options, MPI_Comm comm,
                                double *occupation, km_occupation *result);

/**
 * @brief Add points to the band edges, such as those of km_kpoints_create_high_symmetry. Collective on comm.
 *
 * Lowers cbm_ha, raises vbm_ha and sets is_metallic of a result of km_occupation_compute; the rest stays.
 * Arguments as there.
 */
KM_STATUS km_occupation_extend_edges(int n_k, const double *eigenvalues_ha,
                                     const km_occupation_options *options, MPI_Comm comm,
                                     km_occupation *result);
