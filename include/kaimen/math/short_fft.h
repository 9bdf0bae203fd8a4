#pragma once
/**
 * @file
 * @brief Discrete Fourier transforms of one short length, 8 of them side by side, or 16 in single precision.
 *
 * The transforms lie across the lanes of a vector register: every operation of the algorithm is one instruction for
 * all of them, whatever the length is. General libraries arrange the lanes along the transform, and are two to three
 * times slower at lengths like 27, 30, 36 or 45, which the planes of a slab often have (benchmarks/kernels). Any length
 * is right; lengths with prime factors above 7 are slow. In double precision, and in single precision.
 *
 * Source: the self-sorting algorithm of Stockham, as in C. Van Loan, Computational Frameworks for the Fast Fourier
 * Transform, SIAM (1992), section 1.7; odd factors by pairs as in R. C. Singleton, IEEE Trans. Audio Electroacoust. 17,
 * 93 (1969).
 */
#include "kaimen/base/status.h"

/** Transforms side by side: what a register of 512 bits holds. */
#define KM_SHORT_FFT_WIDTH 8
#define KM_SHORT_FFT_WIDTH_SINGLE 16

typedef struct km_short_fft km_short_fft;
typedef struct km_short_fft_single km_short_fft_single;

/**
 * @brief Make tables and work space for one length. Local.
 * @param[in]  n    length, >= 1
 * @param[out] fft  ended with km_short_fft_destroy(); NULL on failure
 * @return KM_E_ARGUMENT for n < 1
 */
KM_STATUS km_short_fft_create(int n, km_short_fft **fft);
KM_STATUS km_short_fft_create_single(int n, km_short_fft_single **fft);

/** @brief Free and set to NULL; accepts NULL. Local. */
void km_short_fft_destroy(km_short_fft **fft);
void km_short_fft_destroy_single(km_short_fft_single **fft);

/**
 * @brief out_k = sum_j exp(sign 2 pi i jk / n) in_j, not normalised. Local.
 *
 * Not for two threads with the same object, which holds the work space.
 *
 * @param[in]  sign  +1 or -1
 * @param[in]  in    [n][2][KM_SHORT_FFT_WIDTH], real parts and imaginary ones, on a 64-byte boundary
 * @param[out] out   the same shape, not overlapping `in`
 */
void km_short_fft_compute(km_short_fft *fft, int sign, const double *in, double *out);
void km_short_fft_compute_single(km_short_fft_single *fft, int sign, const float *in,
                                 float *out);
