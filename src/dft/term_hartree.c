/*
 * Hartree energy, 2 pi Omega sum over G != 0 of |rho(G)|^2 / G^2; its potential is 4 pi rho(G) / G^2.
 * Source: Payne et al., Rev. Mod. Phys. 64, 1045 (1992).
 */
#include "dft/term.h"

#include "kaimen/base/units.h"

static km_status potential(void *self, const km_density_view *density, double *energy_ha,
                           const km_potential_view *v)
{
    const km_term_setup *setup = self;
    const double *g2 = km_grid_g2(setup->grid);
    double sum = 0;

    for (int ig = 0; ig < km_grid_n_g(setup->grid); ++ig) {
        double complex rho = density->g[ig], v_g;

        if (ig == km_grid_zero(setup->grid)) continue;
        v_g = 4 * KM_PI / g2[ig] * rho;
        sum += creal(rho) * creal(v_g) + cimag(rho) * cimag(v_g);
        v->all_g[ig] += v_g;
    }
    *energy_ha = sum / 2 * km_crystal_volume_bohr3(setup->crystal);
    return KM_OK;
}

/* 2 pi sum |rho(G)|^2 / G^2 (2 G_x G_y / G^2 - delta_xy). */
static km_status density_stress(void *self, const km_density_view *density, double *stress)
{
    const km_term_setup *setup = self;
    const double *g = km_grid_g_cart(setup->grid), *g2 = km_grid_g2(setup->grid);

    for (int ig = 0; ig < km_grid_n_g(setup->grid); ++ig) {
        const double complex rho = density->g[ig];
        double e;

        if (ig == km_grid_zero(setup->grid)) continue;
        e = 2 * KM_PI / g2[ig] * creal(conj(rho) * rho);
        for (int k = 0; k < 9; ++k)
            stress[k] +=
                e * (2 * g[3 * ig + k / 3] * g[3 * ig + k % 3] / g2[ig] - (k % 4 == 0 ? 1 : 0));
    }
    return KM_OK;
}

km_status km_term_hartree_create(const km_term_setup *setup, km_term *term)
{
    static const km_term_class functions = {
        .name = "hartree", .potential = potential, .density_stress = density_stress};

    *term = (km_term){&functions, (void *)setup};
    return KM_OK;
}
