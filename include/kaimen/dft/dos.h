#pragma once
/**
 * @file
 * @brief Density of states of a mesh of k-points, broadened by Gaussians.
 */

/**
 * @brief States per energy and cell of each spin; without spin of both: its integral is twice the number of bands. Local.
 *
 * g(E) = 2/n_spin sum_nk w_k exp(-((E - e_nk) / width)^2 / 2) / (width sqrt(2 pi))
 * @param[in]  weight          sum 1, [n_k]
 * @param[in]  n_spin          1 or 2
 * @param[in]  eigenvalues_ha  [n_k][n_spin][n_band]
 * @param[in]  width_ha        standard deviation, > 0
 * @param[in]  energy_ha       where it is wanted, [n_energy]
 * @param[out] dos_ha          1/Ha, [n_spin][n_energy]
 */
void km_dos_compute(int n_k, const double *weight, int n_spin, int n_band,
                    const double *eigenvalues_ha, double width_ha, int n_energy,
                    const double *energy_ha, double *dos_ha);
