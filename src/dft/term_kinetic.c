/*
 * Kinetic energy, |k+G|^2 / 2 on plane waves. It depends on no atom, so it has no force; its stress is
 * -1/Omega sum f |c(q)|^2 q_x q_y.
 */
#include "dft/term.h"

#include "kaimen/base/memory.h"

/* to += T from, for n numbers per coefficient. */
#define APPLY(TYPE, n)                                                                         \
    for (int ig = 0; ig < n_g; ++ig)                                                           \
        for (int i = 0; i < n; ++i) to[n * ig + i] += (TYPE)kinetic[ig] * from[n * ig + i]

static void apply_double(const double *kinetic, int n_g, bool is_real,
                         const double *restrict from, double *restrict to)
{
    if (is_real)
        APPLY(double, 1);
    else
        APPLY(double, 2);
}

static void apply_single(const double *kinetic, int n_g, bool is_real,
                         const float *restrict from, float *restrict to)
{
    if (is_real)
        APPLY(float, 1);
    else
        APPLY(float, 2);
}

static void apply(void *self, int ik, const km_bands *in, const km_bands *out)
{
    const km_term_setup *setup = self;
    const double *kinetic = km_basis_kinetic_ha(setup->basis[ik]);

    for (int j = 0; j < in->n_band; ++j) {
        const km_bands from = km_bands_view(in, j, 1), to = km_bands_view(out, j, 1);

        if (in->single)
            apply_single(kinetic, in->n_g, in->is_real, from.single, to.single);
        else
            apply_double(kinetic, in->n_g, in->is_real, from.data, to.data);
    }
}

/* -sum_j f_j sum_q |c_j(q)|^2 q_x q_y of one k-point. */
static void add_stress(const km_basis *basis, const km_bands *psi, const double *occupation,
                       double scale, double *stress)
{
    const double *q = km_basis_q_cart(basis);
    const size_t stride = km_bands_stride(psi);

    for (int ig = 0; ig < psi->n_g; ++ig, q += 3) {
        double n = 0;

        for (int j = 0; j < psi->n_band; ++j) {
            const double *c = psi->data + (size_t)j * stride;
            const double re = psi->is_real ? c[ig] : c[2 * ig];
            const double im = psi->is_real ? 0 : c[2 * ig + 1];

            n += occupation[j] * (re * re + im * im);
        }
        for (int k = 0; k < 9; ++k) stress[k] -= scale * n * q[k / 3] * q[k % 3];
    }
}

static km_status band_stress(void *self, const km_band_view *view, double *stress)
{
    const km_term_setup *setup = self;
    const double volume = km_crystal_volume_bohr3(setup->crystal);

    for (int ik = 0; ik < view->n_k; ++ik)
        add_stress(view->basis[ik], view->bands + ik, view->occupation + ik * view->n_band,
                   view->weight[ik] / volume, stress);
    return KM_OK;
}

km_status km_term_kinetic_create(const km_term_setup *setup, km_term *term)
{
    static const km_term_class functions = {
        .name = "kinetic", .apply = apply, .band_stress = band_stress};

    *term = (km_term){&functions, (void *)setup};
    return KM_OK;
}
