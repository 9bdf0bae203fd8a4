#include "kaimen/dft/options.h"

#include <math.h>
#include <string.h>

/* Levels: from the measurements in docs/theory.md. */
km_dft_options km_dft_options_default(km_quality quality)
{
    static const struct {
        double ecut_ha, k_spacing_bohr, tolerance_ha;
    } level[] = {[KM_QUALITY_LITE] = {20, 0.40, 1e-6},
                 [KM_QUALITY_STANDARD] = {35, 0.30, 1e-7},
                 [KM_QUALITY_ACCURATE] = {50, 0.22, 1e-8}};
    km_dft_options options = {.quality = quality,
                              .functional = KM_FUNCTIONAL_PBE,
                              .ecut_ha = level[quality].ecut_ha,
                              .grid_factor = 1,
                              .k_spacing_bohr = level[quality].k_spacing_bohr,
                              .smearing = KM_SMEARING_NONE,
                              .smearing_width_ha = 0.005,
                              .total_moment_mub = NAN,
                              .scf = {.energy_tolerance_ha = level[quality].tolerance_ha,
                                      .max_iteration = 60,
                                      .mixing = 0.8,
                                      .mixing_history = 8,
                                      .warm_start = true},
                              .arithmetic = KM_ARITHMETIC_AUTO,
                              .precision = KM_PRECISION_MIXED,
                              .use_symmetry = true,
                              .scalapack_above = 600};

    strcpy(options.pseudo.family, "GTH-PBE");
    return options;
}

int km_dft_options_n_spin(const km_dft_options *options)
{
    return options->spin == KM_SPIN_COLLINEAR ? 2 : 1;
}

bool km_dft_options_has_fixed_moment(const km_dft_options *options)
{
    return options->spin == KM_SPIN_COLLINEAR && isfinite(options->total_moment_mub);
}

const char *km_functional_name(km_functional functional)
{
    static const char *const names[] = {"LDA", "PBE", "PBEsol"};

    return names[functional];
}
