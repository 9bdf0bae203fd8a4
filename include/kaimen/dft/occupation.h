#pragma once
/**
 * @file
 * @brief Occupations of the bands, Fermi level, entropy and band edges.
 *
 * Without spin a band holds two electrons: an occupation lies between 0 and 2, and sum over k of weight * occupation is the
 * number of electrons. With x = (e - mu) / width an occupation is
 *   Fermi-Dirac  2 / (1 + exp(x)),    Gaussian  erfc(x).
 * With two spins every k-point has two lists of bands, up and down, whose bands hold one electron each. A free moment comes
 * from one Fermi level; a fixed one gives each spin its number of electrons and a Fermi level of its own.
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
    int n_spin;        /* 1 or 2 */
    int first_spin;    /* of the first list of this rank: 0 up, 1 down; then they take turns */
    bool has_moment;   /* with two spins: fixed, and always so without smearing */
    double moment_mub; /* electrons up less electrons down */
} km_occupation_options;

typedef struct {
    double fermi_ha; /* fixed occupations: the VBM; smeared insulator: middle of the gap; of two
                          levels the higher one */
    double entropy_ha; /* -TS, <= 0 */
    int n_full
        [2]; /* bands of each spin below the gap, where there is one; -1: no whole number */
    double vbm_ha; /* highest energy of the last of them; the Fermi level without n_full */
    double cbm_ha; /* lowest energy of the next bands; the VBM when those were not computed */
    bool has_cbm;  /* n_full is known and the next bands were computed */
    bool is_metallic; /* empty bands reach below full ones, or there is no n_full */
    bool
        is_overlapping; /* they do so within one spin, or within both that share a Fermi level */
    double moment_mub;  /* electrons up less electrons down */
} km_occupation;

/**
 * @brief Fill the bands of all k-points of all ranks. Collective on comm; every rank gets the same result.
 *
 * @param[in]  n_k             lists of bands of this rank, one for each point and spin, may be 0
 * @param[in]  weight          [n_k]; over all ranks they sum to 1 for each spin
 * @param[in]  eigenvalues_ha  ascending in each k, [n_k][n_band]
 * @param[in]  options         the same on every rank
 * @param[in]  comm            ranks that share the k-points
 * @param[out] occupation      0 to 2 or, with two spins, 1, [n_k][n_band]
 * @param[out] result          Fermi level, entropy, edges
 * @return KM_E_INPUT for fixed occupations of an odd or fractional number of electrons, of a free moment, or for a moment
 *         that the electrons cannot have; KM_E_ARGUMENT for too few bands,
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

/**
 * @brief How fast a state of one spin empties: -df/dx at x = (e - e_F) / width; 0 without smearing. Local.
 */
double km_occupation_slope(km_smearing smearing, double x);
