/* Kinetic energy, |k+G|^2 / 2 on plane waves. It depends on no atom, so it has no force. */
#include "dft/term.h"

#include "kaimen/base/memory.h"

static void apply(void *self, int ik, const km_bands *in, const km_bands *out)
{
    km_basis *const *basis = self;
    const double *kinetic = km_basis_kinetic_ha(basis[ik]);

    for (int j = 0; j < in->n_band; ++j) {
        const double *from = in->data + (size_t)j * km_bands_stride(in);
        double *to = out->data + (size_t)j * km_bands_stride(out);

        if (in->is_real) {
            for (int ig = 0; ig < in->n_g; ++ig) to[ig] += kinetic[ig] * from[ig];
        } else {
            for (int ig = 0; ig < in->n_g; ++ig) {
                to[2 * ig] += kinetic[ig] * from[2 * ig];
                to[2 * ig + 1] += kinetic[ig] * from[2 * ig + 1];
            }
        }
    }
}

km_status km_term_kinetic_create(const km_term_setup *setup, km_term *term)
{
    static const km_term_class functions = {.name = "kinetic", .apply = apply};

    *term = (km_term){&functions, (void *)setup->basis};
    return KM_OK;
}
