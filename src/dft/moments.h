#pragma once
/** @file @brief Which magnetic moments the electrons of a crystal start from. */
#include "kaimen/crystal/crystal.h"
#include "kaimen/dft/options.h"
#include "kaimen/dft/pseudo.h"

/**
 * @brief A crystal with the moments of its atoms: its own, else those of their elements; without spin, none. Local.
 *
 * A crystal of other elements than those that dft.moments names has no spin: starting at zero, none would ever grow.
 *
 * @param[in]  asked    what the user asked for
 * @param[in]  pseudo   by atomic number; those of the crystal's elements are read
 * @param[out] options  as asked, or without spin
 * @param[out] settled  ended with km_crystal_destroy(); NULL on failure
 * @return KM_E_INPUT for spin without any moment to start from, or one larger than an atom can have
 */
KM_STATUS km_moments_settle(const km_dft_options *asked, km_pseudo *const *pseudo,
                            const km_crystal *crystal, km_dft_options *options,
                            km_crystal **settled);
