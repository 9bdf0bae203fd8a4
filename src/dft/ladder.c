#include "dft/ladder.h"

#include "kaimen/dft/mixing.h"

static const double DAMPING = 0.4;
static const double WIDENING = 2;
#define LONGER_HISTORY 4

km_dft_options km_ladder_options(const km_dft_options *asked, km_rung rung, int n_band)
{
    km_dft_options options = *asked;

    if (rung == KM_RUNG_AS_ASKED) return options;
    if (rung != KM_RUNG_SMEARED) options.scf.mixing *= DAMPING;
    options.scf.mixing_history += LONGER_HISTORY;
    if (options.scf.mixing_history > KM_MIXING_MAX_HISTORY)
        options.scf.mixing_history = KM_MIXING_MAX_HISTORY;
    /* More bands than the attempt before had. */
    if (n_band > 0) options.n_band = n_band * 11 / 10 + 2;
    if (rung == KM_RUNG_DAMPED) return options;
    if (options.smearing == KM_SMEARING_NONE) options.smearing = KM_SMEARING_GAUSSIAN;
    if (rung == KM_RUNG_LAST) options.smearing_width_ha *= WIDENING;
    return options;
}

/* Without a gap nothing but smearing helps; smearing that was asked for is no new rung. */
km_rung km_ladder_next(const km_dft_options *asked, km_rung rung, bool gap_closed)
{
    const bool is_fixed = asked->smearing == KM_SMEARING_NONE;

    if (rung == KM_RUNG_AS_ASKED && !gap_closed) return KM_RUNG_DAMPED;
    return is_fixed && rung != KM_RUNG_SMEARED ? KM_RUNG_SMEARED : KM_RUNG_LAST;
}
