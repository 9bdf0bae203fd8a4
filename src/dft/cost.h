#pragma once
/**
 * @file
 * @brief What a calculation will cost, guessed from its sizes (private to the layer).
 */
#include "kaimen/dft/atom.h"
#include "kaimen/dft/options.h"
#include "kaimen/potential/calculator.h"

/** k-points that are kept, those with real coefficients in a crystal without inversion centre for one half. */
typedef struct {
    double mesh;
    double edges; /* where band edges are looked for */
} km_cost_points;

/** @brief Seconds of one SCF on one core, from the sizes in an estimate. Local. */
double km_cost_time_s(const km_calculation *estimate, const km_crystal *crystal);

/**
 * @brief The most memory of a process that computes it alone, MB: what the process has now, and the arrays to come. Local.
 * @param[in] estimate  with n_k, n_band, n_plane_wave, is_real, spin
 * @param[in] pseudo    by nuclear charge, as is atom
 */
double km_cost_memory_mb(const km_dft_options *options, const km_calculation *estimate,
                         const km_cost_points *points, const km_crystal *crystal,
                         km_pseudo *const *pseudo, km_atom *const *atom);
