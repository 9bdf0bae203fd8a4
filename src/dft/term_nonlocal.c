/*
 * Nonlocal pseudopotential, sum over atoms and channels of |p_i> h_ij <p_j|, as two matrix products
 * per block of bands. Projectors are those of one k-point at a time, made again when another one comes: that takes a few per
 * cent of the time of an SCF iteration, and less memory than the bands.
 * Source: Hartwigsen, Goedecker, Hutter, Phys. Rev. B 58, 3641 (1998).
 */
#include "dft/term.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/timer.h"
#include "kaimen/dft/sites.h"

#include <string.h>

/* A shell of projectors: which one of which element, and how it couples to its channel. */
typedef struct {
    int species, channel, projector;
} projector_shell;

/* All projectors at one k-point, in one precision. */
typedef struct {
    km_bands bands;        /* with room for those of any k-point */
    const km_basis *basis; /* of the k-point; NULL: none yet */
} projector_block;

typedef struct {
    const km_term_setup *setup; /* borrowed */
    km_sites *sites;
    int n_shell;
    projector_shell *shell; /* [n_shell] */
    int n_projector;
    double *
        *radial; /* the shells' functions at the k-point's plane waves, [n_k][n_shell][n_g] */
    projector_block exact,
        rounded; /* the latter empty where no bands in single precision come */
    km_matrix product, coupled, slope; /* work space: <p|psi>, h <p|psi>, <dp|psi> */
} nonlocal;

static void radial(const void *context, int shell, int n, const double *q_bohr, double *f)
{
    const nonlocal *term = context;
    const projector_shell *s = term->shell + shell;

    km_pseudo_compute_projector(term->setup->pseudo[s->species], s->channel, s->projector, n,
                                q_bohr, f);
}

static void radial_slope(const void *context, int shell, int n, const double *q_bohr,
                         double *df)
{
    const nonlocal *term = context;
    const projector_shell *s = term->shell + shell;

    km_pseudo_compute_projector_slope(term->setup->pseudo[s->species], s->channel, s->projector,
                                      n, q_bohr, df);
}

static km_radials radials_of(const nonlocal *term, int ik)
{
    return (km_radials){radial, radial_slope, term, term->radial[ik]};
}

static int count_shells(const km_term_setup *setup)
{
    int n = 0;

    for (int is = 0; is < km_crystal_n_species(setup->crystal); ++is)
        for (int ic = 0; ic < km_pseudo_n_channel(setup->pseudo[is]); ++ic)
            n += km_pseudo_channel_at(setup->pseudo[is], ic)->n_projector;
    return n;
}

static km_status list_shells(nonlocal *term)
{
    const km_term_setup *setup = term->setup;
    km_status status = KM_OK;
    km_shell *shells = NULL;
    int n = 0;

    KM_TRY(KM_ALLOC(term->shell, count_shells(setup)));
    KM_TRY(KM_ALLOC(shells, count_shells(setup)));
    for (int is = 0; is < km_crystal_n_species(setup->crystal); ++is)
        for (int ic = 0; ic < km_pseudo_n_channel(setup->pseudo[is]); ++ic) {
            const km_pseudo_channel *channel = km_pseudo_channel_at(setup->pseudo[is], ic);

            for (int ip = 0; ip < channel->n_projector; ++ip) {
                term->shell[n] = (projector_shell){is, ic, ip};
                shells[n++] = (km_shell){is, channel->l};
            }
        }
    term->n_shell = n;
    status = km_sites_create(setup->crystal, setup->is_real, n, shells, &term->sites);
    KM_FREE(shells);
    return status;
}

/* to = h from, for matrices with a row per projector and a column per band. */
static void couple(const nonlocal *term, int n_band, const km_matrix *from, const km_matrix *to)
{
    const km_term_setup *setup = term->setup;
    const int *species = km_crystal_species(setup->crystal);
    const int width = from->is_real ? 1 : 2;

    memset(to->data, 0, sizeof(double) * (size_t)(width * to->ld) * (size_t)n_band);
    for (int a = 0; a < km_crystal_n_atom(setup->crystal); ++a) {
        int row = km_sites_first(term->sites, a);

        for (int ic = 0; ic < km_pseudo_n_channel(setup->pseudo[species[a]]); ++ic) {
            const km_pseudo_channel *channel =
                km_pseudo_channel_at(setup->pseudo[species[a]], ic);
            const int n_m = (2 * channel->l + 1) * width, n = channel->n_projector;

            for (int j = 0; j < n_band; ++j) {
                const double *x =
                    from->data + (size_t)width * ((size_t)row + (size_t)j * (size_t)from->ld);
                double *y =
                    to->data + (size_t)width * ((size_t)row + (size_t)j * (size_t)to->ld);

                for (int i1 = 0; i1 < n; ++i1)
                    for (int i2 = 0; i2 < n; ++i2)
                        for (int m = 0; m < n_m; ++m)
                            y[i1 * n_m + m] += channel->coupling_ha[i1][i2] * x[i2 * n_m + m];
            }
            row += n * (2 * channel->l + 1);
        }
    }
}

static bool is_real_at(const km_term_setup *setup, int ik)
{
    return setup->is_real || km_basis_is_paired(setup->basis[ik]);
}

/* Projectors at a k-point. */
static const km_bands *projectors_at(nonlocal *term, int ik, bool is_single)
{
    const km_basis *basis = term->setup->basis[ik];
    const km_radials radials = radials_of(term, ik);
    projector_block *block = is_single ? &term->rounded : &term->exact;

    if (block->basis != basis) {
        km_timer_start("projectors");
        block->basis = basis;
        block->bands.is_real = is_real_at(term->setup, ik);
        block->bands.n_g = km_basis_n_g(basis);
        block->bands.comm = km_basis_comm(basis);
        km_sites_compute(term->sites, basis, &radials, -1, &block->bands);
        km_timer_stop("projectors");
    }
    return &block->bands;
}

/* The matrices have room for complex numbers wherever these can come. */
static void adapt(nonlocal *term, bool is_real)
{
    term->product.is_real = term->coupled.is_real = term->slope.is_real = is_real;
}

static void apply(void *self, int ik, const km_bands *in, const km_bands *out)
{
    nonlocal *term = self;
    const km_bands *projectors;

    if (term->n_projector == 0) return;
    projectors = projectors_at(term, ik, in->single);
    adapt(term, in->is_real);
    for (int first = 0; first < in->n_band; first += term->setup->n_band) {
        int n = in->n_band - first;
        km_bands part, image;

        if (n > term->setup->n_band) n = term->setup->n_band;
        part = km_bands_view(in, first, n);
        image = km_bands_view(out, first, n);
        km_bands_overlap(projectors, &part, &term->product);
        couple(term, n, &term->product, &term->coupled);
        km_bands_rotate(1, projectors, &term->coupled, 1, &image);
    }
}

/*
 * 2 sum_j f_j Re conj(h <p|psi_j>) <dp|psi_j> over the projectors first .. end - 1: their energy's slope. <dp|psi> is
 * over this rank's plane waves only, so this is its share.
 */
static double energy_slope(const nonlocal *term, int first, int end, int n_band,
                           const double *weight)
{
    const size_t width = term->product.is_real ? 1 : 2;
    double sum = 0;

    for (int j = 0; j < n_band; ++j) {
        const size_t at = width * ((size_t)first + (size_t)j * (size_t)term->coupled.ld);
        double product = 0;

        for (size_t i = 0; i < width * (size_t)(end - first); ++i)
            product += term->coupled.data[at + i] * term->slope.data[at + i];
        sum += 2 * weight[j] * product;
    }
    return sum;
}

/* The places of a pair move oppositely: half of the joint force belongs to each atom. */
static void add_forces(const nonlocal *term, int axis, int n_band, const double *weight,
                       double *forces)
{
    for (int a = 0; a < km_crystal_n_atom(term->setup->crystal); ++a) {
        const int partner = km_sites_partner(term->sites, a);
        const double force = -energy_slope(term, km_sites_first(term->sites, a),
                                           km_sites_first(term->sites, a + 1), n_band, weight);

        if (!term->setup->is_real) {
            forces[3 * a + axis] += force;
        } else if (partner != a) {
            const double sign = a < partner ? 1 : -1;

            forces[3 * a + axis] += sign * force / 2;
            forces[3 * partner + axis] -= sign * force / 2;
        }
    }
}

/* What both kinds of derivatives of one k-point need: occupations, <p|psi>, h <p|psi>. */
static void prepare_slopes(nonlocal *term, const km_band_view *view, int ik, double *weight)
{
    for (int j = 0; j < view->n_band; ++j)
        weight[j] = view->weight[ik] * view->occupation[ik * view->n_band + j];
    adapt(term, view->bands[ik].is_real);
    km_bands_overlap(projectors_at(term, ik, false), view->bands + ik, &term->product);
    couple(term, view->n_band, &term->product, &term->coupled);
}

static km_status band_forces(void *self, const km_band_view *view, double *forces)
{
    nonlocal *term = self;
    km_status status = KM_OK;
    km_bands slopes = {0};
    double *weight = NULL;

    KM_TRY_TO(end, KM_ALLOC(weight, view->n_band));
    for (int ik = 0; ik < view->n_k && term->n_projector > 0; ++ik) {
        const km_radials radials = radials_of(term, ik);
        const km_bands *psi = view->bands + ik;

        KM_TRY_TO(end, km_bands_reserve(psi->is_real, term->n_projector, psi->n_g, &slopes));
        prepare_slopes(term, view, ik, weight);
        for (int axis = 0; axis < 3; ++axis) {
            km_sites_compute(term->sites, view->basis[ik], &radials, axis, &slopes);
            km_bands_overlap(&slopes, psi, &term->slope);
            add_forces(term, axis, psi->n_band, weight, forces);
        }
        km_bands_destroy(&slopes);
    }
end:
    km_bands_destroy(&slopes);
    KM_FREE(weight);
    return status;
}

/* The harmonics of all m together are isotropic: the component (y, x) is that of (x, y). */
static km_status band_stress(void *self, const km_band_view *view, double *stress)
{
    nonlocal *term = self;
    const double volume = km_crystal_volume_bohr3(term->setup->crystal);
    km_status status = KM_OK;
    km_bands slopes = {0};
    double *weight = NULL;

    KM_TRY_TO(end, KM_ALLOC(weight, view->n_band));
    for (int ik = 0; ik < view->n_k && term->n_projector > 0; ++ik) {
        const km_radials radials = radials_of(term, ik);
        const km_bands *psi = view->bands + ik;

        KM_TRY_TO(end, km_bands_reserve(psi->is_real, term->n_projector, psi->n_g, &slopes));
        prepare_slopes(term, view, ik, weight);
        for (int x = 0; x < 3; ++x)
            for (int y = x; y < 3; ++y) {
                double part;

                km_sites_compute_strain(term->sites, view->basis[ik], &radials, x, y, &slopes);
                km_bands_overlap(&slopes, psi, &term->slope);
                part = energy_slope(term, 0, term->n_projector, psi->n_band, weight) / volume;
                stress[3 * x + y] += part;
                if (x != y) stress[3 * y + x] += part;
            }
        km_bands_destroy(&slopes);
    }
end:
    km_bands_destroy(&slopes);
    KM_FREE(weight);
    return status;
}

/* Both spins of a point have the same plane waves. */
static bool is_of_point_before(const km_term_setup *setup, int ik)
{
    return ik > 0 && setup->basis[ik] == setup->basis[ik - 1];
}

static void destroy(void *self)
{
    nonlocal *term = self;

    for (int ik = 0; term->radial && ik < term->setup->n_k; ++ik)
        if (!is_of_point_before(term->setup, ik)) KM_FREE(term->radial[ik]);
    KM_FREE(term->radial);
    km_bands_destroy(&term->exact.bands);
    km_bands_destroy(&term->rounded.bands);
    km_sites_destroy(&term->sites);
    km_matrix_destroy(&term->product);
    km_matrix_destroy(&term->coupled);
    km_matrix_destroy(&term->slope);
    KM_FREE(term->shell);
    KM_FREE(term);
}

static km_status tabulate(nonlocal *term)
{
    const km_term_setup *setup = term->setup;

    KM_TRY(KM_ALLOC(term->radial, setup->n_k));
    for (int ik = 0; ik < setup->n_k; ++ik) {
        const km_radials radials = radials_of(term, ik);

        if (is_of_point_before(setup, ik)) {
            term->radial[ik] = term->radial[ik - 1];
            continue;
        }
        KM_TRY(KM_ALLOC(term->radial[ik],
                        (size_t)term->n_shell * (size_t)km_basis_n_g(setup->basis[ik])));
        km_sites_tabulate(term->sites, setup->basis[ik], &radials, term->radial[ik]);
    }
    return KM_OK;
}

static km_status reserve_projectors(nonlocal *term)
{
    const km_term_setup *setup = term->setup;
    int n_g = 0;

    for (int ik = 0; ik < setup->n_k; ++ik) {
        const int n = km_basis_n_g(setup->basis[ik]) * (is_real_at(setup, ik) ? 1 : 2);

        if (n > n_g) n_g = n;
    }
    KM_TRY(km_bands_reserve(true, term->n_projector, n_g, &term->exact.bands));
    if (!setup->is_mixed) return KM_OK;
    return km_bands_reserve_single(true, term->n_projector, n_g, &term->rounded.bands);
}

km_status km_term_nonlocal_create(const km_term_setup *setup, km_term *out)
{
    static const km_term_class functions = {.name = "nonlocal",
                                            .apply = apply,
                                            .band_forces = band_forces,
                                            .band_stress = band_stress,
                                            .destroy = destroy};
    km_status status = KM_OK;
    nonlocal *term = NULL;

    *out = (km_term){0};
    KM_TRY(KM_ALLOC(term, 1));
    term->setup = setup;
    KM_TRY_TO(fail, list_shells(term));
    term->n_projector = km_sites_n_function(term->sites);
    KM_TRY_TO(fail, tabulate(term));
    KM_TRY_TO(fail, reserve_projectors(term));
    KM_TRY_TO(fail, km_matrix_create(setup->is_real, term->n_projector, setup->n_band,
                                     &term->product));
    KM_TRY_TO(fail, km_matrix_create(setup->is_real, term->n_projector, setup->n_band,
                                     &term->coupled));
    KM_TRY_TO(fail,
              km_matrix_create(setup->is_real, term->n_projector, setup->n_band, &term->slope));
    *out = (km_term){&functions, term};
    return KM_OK;
fail:
    destroy(term);
    return status;
}
