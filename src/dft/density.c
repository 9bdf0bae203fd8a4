#include "kaimen/dft/density.h"

#include "kaimen/base/memory.h"

#include <math.h>
#include <string.h>

/* sum over atoms of share[a] times the atom's density, times Omega; share NULL: 1. */
static km_status add_atoms(const km_crystal *crystal, km_atom *const *atom, const km_grid *grid,
                           const double *share, double complex *rho)
{
    const int n_g = km_grid_n_g(grid), n_species = km_crystal_n_species(crystal);
    const double *g2 = km_grid_g2(grid), *frac = km_crystal_frac(crystal);
    double *length = NULL, *form = NULL;
    double complex *phase = NULL;
    km_status status = KM_OK;

    KM_TRY_TO(end, KM_RESERVE(length, n_g));
    KM_TRY_TO(end, KM_RESERVE(form, (size_t)n_species * (size_t)n_g));
    KM_TRY_TO(end, KM_RESERVE(phase, n_g));
    for (int ig = 0; ig < n_g; ++ig) length[ig] = sqrt(g2[ig]);
    for (int is = 0; is < n_species; ++is)
        km_atom_compute_density(atom[is], n_g, length, form + (size_t)is * (size_t)n_g);
    memset(rho, 0, sizeof *rho * (size_t)n_g);
    for (int a = 0; a < km_crystal_n_atom(crystal); ++a) {
        const double *f = form + (size_t)km_crystal_species(crystal)[a] * (size_t)n_g;
        const double s = share ? share[a] : 1;

        if (s == 0) continue;
        km_grid_compute_phase(grid, frac + 3 * a, phase);
        for (int ig = 0; ig < n_g; ++ig) rho[ig] += s * f[ig] * phase[ig];
    }
end:
    KM_FREE(length);
    KM_FREE(form);
    KM_FREE(phase);
    return status;
}

km_status km_density_superpose(const km_crystal *crystal, km_atom *const *atom,
                               const km_grid *grid, double n_electron, double complex *rho)
{
    double scale;

    KM_TRY(add_atoms(crystal, atom, grid, NULL, rho));
    /* At G = 0 the sum is the number of electrons of the neutral atoms. */
    scale = n_electron / (creal(rho[km_grid_zero(grid)]) * km_crystal_volume_bohr3(crystal));
    for (int ig = 0; ig < km_grid_n_g(grid); ++ig) rho[ig] *= scale;
    return KM_OK;
}

km_status km_density_superpose_moments(const km_crystal *crystal, km_atom *const *atom,
                                       const km_grid *grid, const double *total_moment,
                                       double complex *magnetisation)
{
    const double *moments = km_crystal_moments_mub(crystal), zero = 0;
    const int n_atom = km_crystal_n_atom(crystal);
    double *share = NULL, lacking = total_moment ? *total_moment : 0, n_electron = 0;
    km_status status = KM_OK;

    KM_TRY(KM_ALLOC(share, n_atom));
    for (int a = 0; a < n_atom; ++a) {
        double z_valence;

        km_atom_compute_density(atom[km_crystal_species(crystal)[a]], 1, &zero, &z_valence);
        n_electron += z_valence;
        if (!moments) continue;
        share[a] = moments[a] / z_valence;
        lacking -= moments[a];
    }
    for (int a = 0; total_moment && a < n_atom; ++a) share[a] += lacking / n_electron;
    KM_TRY_TO(end, add_atoms(crystal, atom, grid, share, magnetisation));
    for (int ig = 0; ig < km_grid_n_g(grid); ++ig)
        magnetisation[ig] /= km_crystal_volume_bohr3(crystal);
end:
    KM_FREE(share);
    return status;
}
