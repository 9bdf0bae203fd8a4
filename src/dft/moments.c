#include "dft/moments.h"

#include "kaimen/base/memory.h"
#include "kaimen/crystal/element.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

static double moment_of_element(const km_dft_options *options, int z)
{
    for (int i = 0; i < options->n_moment; ++i)
        if (strcmp(options->moment[i].symbol, km_element_symbol(z)) == 0)
            return options->moment[i].moment_mub;
    return 0;
}

/* Moments of the atoms, their own or those of their elements, no larger than an atom can have. */
static km_status find_moments(const km_dft_options *options, km_pseudo *const *pseudo,
                              const km_crystal *crystal, double *moments_mub)
{
    const double *own = km_crystal_moments_mub(crystal);
    const int *z = km_crystal_z(crystal);

    for (int a = 0; a < km_crystal_n_atom(crystal); ++a) {
        const double most = km_pseudo_describe(pseudo[z[a]])->z_valence;

        moments_mub[a] = own ? own[a] : moment_of_element(options, z[a]);
        KM_TRY(KM_CHECK(fabs(moments_mub[a]) <= most, KM_E_INPUT,
                        "atom %d (%s): a starting moment of %g; wanted at most its %g valence "
                        "electrons",
                        a + 1, km_element_symbol(z[a]), moments_mub[a], most));
    }
    return KM_OK;
}

static bool has_moment(int n, const double *moments_mub)
{
    for (int i = 0; i < n; ++i)
        if (moments_mub[i] != 0) return true;
    return false;
}

km_status km_moments_settle(const km_dft_options *asked, km_pseudo *const *pseudo,
                            const km_crystal *crystal, km_dft_options *options,
                            km_crystal **settled)
{
    const int n_atom = km_crystal_n_atom(crystal);
    const double total = asked->total_moment_mub;
    double *moments_mub = NULL;
    km_status status = KM_OK;

    *options = *asked;
    *settled = NULL;
    KM_TRY(km_crystal_copy(crystal, settled));
    if (asked->spin == KM_SPIN_NONE) return km_crystal_set_moments(*settled, NULL);
    KM_TRY_TO(end, KM_ALLOC(moments_mub, n_atom));
    KM_TRY_TO(end, find_moments(asked, pseudo, crystal, moments_mub));
    KM_TRY_TO(end, km_crystal_set_moments(*settled, moments_mub));
    if (has_moment(n_atom, moments_mub) || (isfinite(total) && fabs(total) > 0)) goto end;
    KM_TRY_TO(end, KM_CHECK(asked->n_moment > 0 || isfinite(total), KM_E_INPUT,
                            "collinear spin without a starting moment: wanted dft.moments, "
                            "dft.total_moment or moments in the structure's file"));
    if (asked->n_moment > 0) options->spin = KM_SPIN_NONE;
end:
    KM_FREE(moments_mub);
    if (status != KM_OK) km_crystal_destroy(settled);
    return status;
}
