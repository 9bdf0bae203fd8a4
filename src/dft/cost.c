#include "dft/cost.h"

#include "kaimen/base/memory.h"
#include "kaimen/dft/grid.h"

#include <math.h>
#include <string.h>

/* Blocks of the eigensolver's search space, and of its images: src/dft/eigensolver.c. */
#define N_BLOCK 4
/* Columns of a sphere are less than (3 / 2) n_g^(2/3) in slabs; each has a line of the FFT. */
#define COLUMNS 1.2
/* Part of them that SCF iterations use: few bands are still open after the first growth. */
#define USED 0.6

/* Sizes of what is kept. With ranks that share the work, those of one rank. */
typedef struct {
    bool is_real, is_mixed, has_gradient, has_orbits;
    int n_spin, n_band;
    km_cost_points points;
    double n_g; /* plane waves of a k-point */
    double n_projector, n_shell;
    double n_orbital;   /* start functions */
    double n_point;     /* of the FFT grid */
    double n_g_density; /* G vectors of the density */
    int mixing_history;
} sizes;

static double number_size(const sizes *s)
{
    return s->is_real ? sizeof(double) : 2 * sizeof(double);
}

/* What is kept of every k-point: plane waves, bands, radial functions of the projectors. */
static double point_bytes(const sizes *s)
{
    const double per_g = 3 * sizeof(int) + 4 * sizeof(double) + 6 * sizeof(int);

    return s->n_g *
           (per_g + number_size(s) * s->n_spin * s->n_band + sizeof(double) * s->n_shell);
}

/* Projectors of one k-point, in both precisions. */
static double projector_bytes(const sizes *s)
{
    return s->n_g * number_size(s) * (s->is_mixed ? 1.5 : 1) * s->n_projector;
}

/* The part of search space and images that is used, and one more block; four matrices over them, with scratch and what LAPACK wants. */
static double solver_bytes(const sizes *s)
{
    const double order = N_BLOCK * s->n_band, width = number_size(s);
    const double blocks = USED * N_BLOCK * (s->is_mixed ? 1 : 2) + 1;

    return width * (blocks * s->n_g * s->n_band + 8 * order * order);
}

/* Columns before and after the planes, potentials and densities, in both precisions. */
static double fft_bytes(const sizes *s)
{
    const double column = COLUMNS * s->n_point / pow(s->n_point, 1.0 / 3);
    const double line = pow(s->n_point, 1.0 / 3);
    const double precisions = s->is_mixed ? sizeof(double) + sizeof(float) : sizeof(double);

    return precisions * (2 * 0.25 * column * line + (s->n_spin + 1) * s->n_point);
}

/* Density and potentials of a Hamiltonian; what exchange and correlation work with. */
static double hamiltonian_bytes(const sizes *s)
{
    const double n_derivative = s->n_spin + (!s->has_gradient ? 0 : s->n_spin == 2 ? 3 : 1);
    const double n_row = 2 * s->n_spin + (s->has_gradient ? 3 * s->n_spin + 1 : 0) +
                         n_derivative * (s->has_orbits ? 0.5 : 1);
    const double n_sphere = 2 * s->n_spin + (s->has_gradient ? 8 : 4);

    return sizeof(double) * (n_row * s->n_point + n_sphere * s->n_g_density);
}

/* Half of the sphere: the last densities, what they were mixed from, and two numbers more. */
static double mixing_bytes(const sizes *s)
{
    return sizeof(double) * s->n_spin * (8.0 + 4 * s->mixing_history) * s->n_g_density / 2;
}

/* The grid, its orbits and stars, densities. */
static double density_bytes(const sizes *s)
{
    const double per_point = sizeof(double) * (2.5 + s->n_spin) + (s->has_orbits ? 6 : 0);
    const double per_g = sizeof(double) * (6.0 + (s->has_orbits ? 1 : 0) + 4 * s->n_spin);

    return per_point * s->n_point + per_g * s->n_g_density;
}

/* For a while at one k-point: orbitals to start from, or projectors' slopes. */
static double passing_bytes(const sizes *s)
{
    return s->n_g * number_size(s) * fmax(s->n_orbital, s->n_projector);
}

/* The largest arrays that live at one time. */
static double bytes_of(const sizes *s)
{
    const double once = fft_bytes(s) + hamiltonian_bytes(s) + projector_bytes(s);
    /*
     * Points for the edges have a Hamiltonian of their own, beside that of the mesh. Mixing has ended then; about half of
     * what it leaves is found to be taken again.
     */
    const double edges = s->points.edges > 0 ? once + s->points.edges * point_bytes(s) : 0;
    const double mixing = mixing_bytes(s);

    return s->points.mesh * point_bytes(s) + once + solver_bytes(s) + density_bytes(s) +
           passing_bytes(s) + fmax(edges, mixing) + fmin(edges, mixing) / 2;
}

/*
 * Seconds of one SCF on one core: 25 applications of H per band, each two FFTs of the grid and
 * matrix products with about three blocks of bands, at the speeds that a current core reaches.
 * A first guess only; a campaign learns the true factor from its finished tasks.
 */
double km_cost_time_s(const km_calculation *e, const km_crystal *crystal)
{
    const double n_point = 8 * 1.9 * (double)e->n_plane_wave;
    const double n_projector = 6.0 * km_crystal_n_atom(crystal);
    const double flops_fft = 10 * n_point * log2(n_point) / (e->is_real ? 2 : 1);
    const double flops_gemm =
        (e->is_real ? 2 : 8) * (double)e->n_plane_wave * (2 * n_projector + 14.0 * e->n_band);

    return 25.0 * e->spin.n_spin * e->n_k * e->n_band * (flops_fft / 3e9 + flops_gemm / 2e10);
}

static double count_projectors(const km_crystal *crystal, km_pseudo *const *by_z)
{
    double n = 0;

    for (int a = 0; a < km_crystal_n_atom(crystal); ++a) {
        const km_pseudo *pseudo = by_z[km_crystal_z(crystal)[a]];

        for (int ic = 0; ic < km_pseudo_n_channel(pseudo); ++ic)
            n += (2 * km_pseudo_channel_at(pseudo, ic)->l + 1) *
                 km_pseudo_channel_at(pseudo, ic)->n_projector;
    }
    return n;
}

/* Radial functions of the projectors. */
static double count_shells(const km_crystal *crystal, km_pseudo *const *by_z)
{
    double n = 0;

    for (int is = 0; is < km_crystal_n_species(crystal); ++is) {
        const km_pseudo *pseudo = by_z[km_crystal_species_z(crystal)[is]];

        for (int ic = 0; ic < km_pseudo_n_channel(pseudo); ++ic)
            n += km_pseudo_channel_at(pseudo, ic)->n_projector;
    }
    return n;
}

static double count_orbitals(const km_crystal *crystal, km_atom *const *by_z)
{
    double n = 0;

    for (int a = 0; a < km_crystal_n_atom(crystal); ++a) {
        const km_atom *atom = by_z[km_crystal_z(crystal)[a]];

        for (int io = 0; io < km_atom_n_orbital(atom); ++io)
            n += 2 * km_atom_orbital_at(atom, io)->l + 1;
    }
    return n;
}

double km_cost_memory_mb(const km_dft_options *o, const km_calculation *e,
                         const km_cost_points *points, const km_crystal *crystal,
                         km_pseudo *const *pseudo, km_atom *const *atom)
{
    sizes size = {.is_real = e->is_real,
                  .is_mixed = o->precision == KM_PRECISION_MIXED,
                  .has_gradient = o->functional != KM_FUNCTIONAL_LDA,
                  .has_orbits = e->is_real || o->use_symmetry,
                  .n_spin = e->spin.n_spin,
                  .points = *points,
                  .n_band = e->n_band,
                  .n_g = (double)e->n_plane_wave,
                  .n_projector = count_projectors(crystal, pseudo),
                  .n_shell = count_shells(crystal, pseudo),
                  .n_orbital = count_orbitals(crystal, atom),
                  .n_g_density = 8 * (double)e->n_plane_wave,
                  .mixing_history = o->scf.mixing_history};
    int n[3];

    memcpy(n, o->grid, sizeof n);
    if (n[0] == 0) km_grid_choose(crystal, NULL, o->ecut_ha, o->grid_factor, n);
    size.n_point = (double)n[0] * n[1] * n[2];
    return km_memory_resident_mb() + bytes_of(&size) / (1024 * 1024);
}
