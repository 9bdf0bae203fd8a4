#include "dft/term.h"

#include "kaimen/base/memory.h"

void km_term_destroy(km_term *term)
{
    if (term->functions && term->functions->destroy) term->functions->destroy(term->self);
    *term = (km_term){0};
}

km_status km_term_band_energy(const km_term *term, const km_band_view *view, double *energy_ha)
{
    *energy_ha = 0;
    if (!term->functions->apply) return KM_OK;
    for (int ik = 0; ik < view->n_k; ++ik) {
        const km_bands *psi = view->bands + ik;
        const size_t stride = km_bands_stride(psi);
        km_bands image;

        KM_TRY(km_bands_create(psi->is_real, psi->n_band, psi->n_g, &image));
        term->functions->apply(term->self, ik, psi, &image);
        for (int j = 0; j < psi->n_band; ++j) {
            double product = 0;

            for (size_t i = 0; i < stride; ++i)
                product +=
                    psi->data[(size_t)j * stride + i] * image.data[(size_t)j * stride + i];
            *energy_ha += view->weight[ik] * view->occupation[ik * view->n_band + j] * product;
        }
        km_bands_destroy(&image);
    }
    return KM_OK;
}
