#pragma once
/**
 * @file
 * @brief The retry ladder: what is tried, in which order, where an SCF does not converge.
 *
 * As asked; damped, with more bands and a longer history; smeared, where no smearing was asked for; damped and smeared wider.
 */
#include "kaimen/dft/options.h"

typedef enum { KM_RUNG_AS_ASKED, KM_RUNG_DAMPED, KM_RUNG_SMEARED, KM_RUNG_LAST } km_rung;

/** @brief Options of a rung. Local. @param[in] n_band  of the attempt before; 0: there was none */
km_dft_options km_ladder_options(const km_dft_options *asked, km_rung rung, int n_band);

/** @brief The rung after one that failed and is not the last. Local. */
km_rung km_ladder_next(const km_dft_options *asked, km_rung rung, bool gap_closed);
