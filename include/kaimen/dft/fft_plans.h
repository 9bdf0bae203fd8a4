#pragma once
/**
 * @file
 * @brief FFTW's plans for a grid of real numbers: guessed at first, measured once a size has been used enough to repay it.
 *
 * What was measured is wisdom: kept by the process for all grids of that size, and as text from one job to the next.
 */
#include "kaimen/base/status.h"

#include <complex.h>
#include <stdbool.h>

typedef struct km_fft_plans km_fft_plans;

/**
 * @brief Plan both ways between a real function and the half of its transform that is needed. Local.
 *
 * @param[in]  n           grid
 * @param      real        [n0][n1][n2], borrowed; destroyed by planning
 * @param      reciprocal  [n0][n1][n2/2 + 1], likewise
 * @param[out] plans       ended with km_fft_plans_destroy()
 */
KM_STATUS km_fft_plans_create(const int n[3], double *real, double complex *reciprocal,
                              km_fft_plans **plans);

/** @brief Free and set to NULL; accepts NULL. Local. */
void km_fft_plans_destroy(km_fft_plans **plans);

/** @brief Before each transform, and before its input is written: may measure, which destroys both arrays. Local. */
void km_fft_plans_count(km_fft_plans *plans);

/** @brief real to reciprocal, not scaled; and back, which destroys reciprocal. Local. */
void km_fft_plans_forward(const km_fft_plans *plans);
void km_fft_plans_backward(const km_fft_plans *plans);

/** @brief Whether the plans were measured, by this process or one whose wisdom it has. Local. */
bool km_fft_plans_are_measured(const km_fft_plans *plans);

/** @brief Whether this process has measured anything. Local. */
bool km_fft_wisdom_is_new(void);

/** @brief What this process has measured or been told, as text; ended with KM_FREE. Local. @return KM_E_MEMORY */
KM_STATUS km_fft_wisdom_write(char **text);

/** @brief Take wisdom from a text; "" and what another machine's FFTW wrote change nothing. Local. */
void km_fft_wisdom_read(const char *text);
