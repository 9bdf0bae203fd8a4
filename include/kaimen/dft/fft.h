#pragma once
/**
 * @file
 * @brief Bands to real space and back: the local potential and the density of bands.
 *
 * Only columns that hold plane waves are transformed along the third axis. The two other transforms,
 * the product with the potential and the way back are done for a few planes at a time, which stay in
 * the cache. Bands with real coefficients go two at a time: V is even, so in V (psi_1 + i psi_2) the
 * real part of the coefficients belongs to the first band and the imaginary part to the second; the
 * density of the pair is right up to its odd part, which km_stars_average removes.
 */
#include "kaimen/dft/bands.h"
#include "kaimen/dft/basis.h"

typedef struct km_fft km_fft;

/**
 * @brief Make plans and work space for all k-points of a crystal. Local.
 * @param[in] n        FFT grid, [3]
 * @param[in] n_basis  number of bases that will be used, with their plane waves in `bases`
 * @param[in] n_spin   number of potentials that are kept at a time
 * @param[in] is_mixed  bands in single precision will come too
 * @return KM_E_ARGUMENT for a grid that does not hold the plane waves of a basis
 */
KM_STATUS km_fft_create(const int n[3], int n_basis, km_basis *const *bases, int n_spin,
                        bool is_mixed, km_fft **fft);

/** @brief Free and set to NULL; accepts NULL. Local. */
void km_fft_destroy(km_fft **fft);

/** @brief Set the local potentials, Ha, [n_spin][n0][n1][n2]. Local. */
void km_fft_set_potential(km_fft *fft, const double *v_ha);

/** @brief out += V in, blocks of one precision, with the potential of one spin. Collective on the basis's comm. */
void km_fft_apply_potential(km_fft *fft, const km_basis *basis, int spin, const km_bands *in,
                            const km_bands *out);

/** @brief Start a new density. Local. */
void km_fft_clear_density(km_fft *fft);

/**
 * @brief Add sum_j weight[j] |psi_j(r)|^2 * Omega of the bands. Collective on the basis's comm.
 *
 * Where ranks share the plane waves, each adds some of the bands: the density is the sum over those ranks.
 *
 * @param[in] is_rough  to six digits, where km_fft_create() was told of single precision
 */
void km_fft_add_density(km_fft *fft, const km_basis *basis, const km_bands *bands,
                        const double *weight, bool is_rough);

/** @brief The density summed so far, times Omega, into [n0][n1][n2]. Local. */
void km_fft_get_density(const km_fft *fft, double *density);

/** @brief Number of one-way three-dimensional transforms done so far. Local. */
long km_fft_n_transform(const km_fft *fft);
