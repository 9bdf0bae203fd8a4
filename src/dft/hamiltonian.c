#include "kaimen/dft/hamiltonian.h"

#include "dft/term.h"
#include "kaimen/base/memory.h"
#include "kaimen/base/timer.h"
#include "kaimen/base/traffic.h"
#include "kaimen/dft/fft.h"

#include <string.h>

struct km_hamiltonian {
    km_term_setup setup;
    km_term term[KM_N_TERM];
    km_fft *fft;
    double *rho_r; /* [n_spin][n_point]: the last density */
    double *v_r;   /* [n_spin][n_point]: the whole potential of the last density, up and down */
    double complex *v_g; /* [n_g]: V_loc + V_H */
    double complex *
        spin_g; /* work space [n_spin][n_g]: the whole potential but what is in real space only */
    double *weight; /* work space [n_band] */
    long n_apply;
};

static km_status make_terms(km_hamiltonian *h)
{
    typedef km_status (*maker)(const km_term_setup *setup, km_term *term);
    static const maker makers[KM_N_TERM] = {[KM_TERM_LOCAL] = km_term_local_create,
                                            [KM_TERM_HARTREE] = km_term_hartree_create,
                                            [KM_TERM_XC] = km_term_xc_create,
                                            [KM_TERM_ION] = km_term_ion_create,
                                            [KM_TERM_KINETIC] = km_term_kinetic_create,
                                            [KM_TERM_NONLOCAL] = km_term_nonlocal_create};

    for (int i = 0; i < KM_N_TERM; ++i) KM_TRY(makers[i](&h->setup, &h->term[i]));
    return KM_OK;
}

km_status km_hamiltonian_create(const km_hamiltonian_setup *setup, km_hamiltonian **out)
{
    const size_t n_point = (size_t)km_grid_n_point(setup->grid);
    const size_t n_spin = (size_t)setup->n_spin;
    km_hamiltonian *h = NULL;
    km_status status = KM_OK;

    *out = NULL;
    KM_TRY(KM_ALLOC(h, 1));
    h->setup = *setup;
    KM_TRY_TO(fail, km_fft_create(km_grid_n(setup->grid), setup->n_k, setup->basis,
                                  setup->n_spin, setup->is_mixed, &h->fft));
    KM_TRY_TO(fail, KM_RESERVE(h->rho_r, n_spin * n_point));
    KM_TRY_TO(fail, KM_RESERVE(h->v_r, n_spin * n_point));
    KM_TRY_TO(fail, KM_RESERVE(h->v_g, km_grid_n_g(setup->grid)));
    KM_TRY_TO(fail, KM_RESERVE(h->spin_g, n_spin * (size_t)km_grid_n_g(setup->grid)));
    KM_TRY_TO(fail, KM_ALLOC(h->weight, setup->n_band));
    KM_TRY_TO(fail, make_terms(h));
    *out = h;
    return KM_OK;
fail:
    km_hamiltonian_destroy(&h);
    return status;
}

void km_hamiltonian_destroy(km_hamiltonian **hamiltonian)
{
    km_hamiltonian *h = *hamiltonian;

    if (!h) return;
    for (int i = 0; i < KM_N_TERM; ++i) km_term_destroy(&h->term[i]);
    km_fft_destroy(&h->fft);
    KM_FREE(h->rho_r);
    KM_FREE(h->v_r);
    KM_FREE(h->v_g);
    KM_FREE(h->spin_g);
    KM_FREE(h->weight);
    KM_FREE(*hamiltonian);
}

/* In both spaces: electrons, then magnetisation. */
static km_density_view view_density(km_hamiltonian *h, const double complex *rho_g)
{
    const int n_g = km_grid_n_g(h->setup.grid), n_point = km_grid_n_point(h->setup.grid);

    for (int s = 0; s < h->setup.n_spin; ++s)
        km_grid_to_real(h->setup.grid, rho_g + s * n_g, h->rho_r + s * n_point);
    return (km_density_view){rho_g, h->rho_r};
}

km_status km_hamiltonian_set_density(km_hamiltonian *h, const double complex *rho_g,
                                     double energy_ha[KM_N_TERM])
{
    const size_t n_point = (size_t)km_grid_n_point(h->setup.grid);
    const size_t n_g = (size_t)km_grid_n_g(h->setup.grid), n_spin = (size_t)h->setup.n_spin;
    const km_density_view density = view_density(h, rho_g);
    const km_potential_view v = {h->v_g, h->spin_g, h->v_r};

    memset(h->v_g, 0, sizeof *h->v_g * n_g);
    memset(h->spin_g, 0, sizeof *h->spin_g * n_spin * n_g);
    memset(h->v_r, 0, sizeof *h->v_r * n_spin * n_point);
    for (int i = 0; i < KM_N_TERM; ++i) {
        const km_term *term = &h->term[i];

        if (!term->functions->potential) continue;
        KM_TRY_TIMED(term->functions->name,
                     term->functions->potential(term->self, &density, energy_ha + i, &v));
    }
    for (size_t s = 0; s < n_spin; ++s) {
        double complex *spin_g = h->spin_g + s * n_g;

        for (size_t ig = 0; ig < n_g; ++ig) spin_g[ig] += h->v_g[ig];
        km_grid_add_to_real(h->setup.grid, 1, spin_g, h->v_r + s * n_point);
    }
    km_fft_set_potential(h->fft, h->v_r);
    return KM_OK;
}

const double *km_hamiltonian_density(const km_hamiltonian *h)
{
    return h->rho_r;
}

double km_hamiltonian_potential_energy(const km_hamiltonian *h, const double *rho_r)
{
    const int n_point = km_grid_n_point(h->setup.grid);
    double sum = 0;

    if (h->setup.n_spin == 2) {
        const double *up = h->v_r, *down = h->v_r + n_point, *moment = rho_r + n_point;

        for (int i = 0; i < n_point; ++i)
            sum += ((up[i] + down[i]) * rho_r[i] + (up[i] - down[i]) * moment[i]) / 2;
    } else {
        for (int i = 0; i < n_point; ++i) sum += h->v_r[i] * rho_r[i];
    }
    return sum * km_crystal_volume_bohr3(h->setup.crystal) / n_point;
}

const double complex *km_hamiltonian_electrostatic(const km_hamiltonian *h)
{
    return h->v_g;
}

static int spin_of(const km_hamiltonian *h, int ik)
{
    return h->setup.n_spin == 2 ? (h->setup.first_spin + ik) % 2 : 0;
}

void km_hamiltonian_apply(km_hamiltonian *h, int ik, const km_bands *in, const km_bands *out)
{
    km_bands_clear(out);
    km_timer_start("H");
    for (int i = 0; i < KM_N_TERM; ++i)
        if (h->term[i].functions->apply) {
            km_timer_start(h->term[i].functions->name);
            h->term[i].functions->apply(h->term[i].self, ik, in, out);
            km_timer_stop(h->term[i].functions->name);
        }
    km_timer_start(in->single ? "potential single" : "potential");
    km_fft_apply_potential(h->fft, h->setup.basis[ik], spin_of(h, ik), in, out);
    km_timer_stop(in->single ? "potential single" : "potential");
    km_timer_stop("H");
    h->n_apply += in->n_band;
}

long km_hamiltonian_n_apply(const km_hamiltonian *h)
{
    return h->n_apply;
}

long km_hamiltonian_n_fft(const km_hamiltonian *h)
{
    return km_fft_n_transform(h->fft);
}

const km_basis *km_hamiltonian_basis(const km_hamiltonian *h, int ik)
{
    return h->setup.basis[ik];
}

/* Density of the bands of one spin. */
static void compute_spin_density(km_hamiltonian *h, int spin, const km_bands *bands,
                                 const double *weight, const double *occupation, bool is_rough,
                                 double *rho_r)
{
    const double scale = 1 / km_crystal_volume_bohr3(h->setup.crystal);

    km_fft_clear_density(h->fft);
    for (int ik = 0; ik < h->setup.n_k; ++ik) {
        const int n_band = bands[ik].n_band;

        if (spin_of(h, ik) != spin) continue;
        for (int j = 0; j < n_band; ++j)
            h->weight[j] = scale * weight[ik] * occupation[ik * n_band + j];
        km_fft_add_density(h->fft, h->setup.basis[ik], bands + ik, h->weight, is_rough);
    }
    km_fft_get_density(h->fft, rho_r);
}

void km_hamiltonian_compute_density(km_hamiltonian *h, const km_bands *bands,
                                    const double *weight, const double *occupation,
                                    bool is_rough, double *rho_r)
{
    const int n_point = km_grid_n_point(h->setup.grid);
    double *other = rho_r + n_point;

    for (int s = 0; s < h->setup.n_spin; ++s)
        compute_spin_density(h, s, bands, weight, occupation, is_rough, rho_r + s * n_point);
    for (int i = 0; h->setup.n_spin == 2 && i < n_point; ++i) {
        const double up = rho_r[i], down = other[i];

        rho_r[i] = up + down;
        other[i] = up - down;
    }
}

static km_band_view view_bands(const km_hamiltonian *h, const km_bands *bands,
                               const double *weight, const double *occupation)
{
    return (km_band_view){.n_k = h->setup.n_k,
                          .n_band = h->setup.n_k > 0 ? bands[0].n_band : 0,
                          .basis = h->setup.basis,
                          .bands = bands,
                          .weight = weight,
                          .occupation = occupation};
}

km_status km_hamiltonian_compute_forces(km_hamiltonian *h, const double complex *rho_g,
                                        const km_bands *bands, const double *weight,
                                        const double *occupation, MPI_Comm comm, double *forces)
{
    const int n = 3 * km_crystal_n_atom(h->setup.crystal);
    km_density_view density;
    const km_band_view view = view_bands(h, bands, weight, occupation);
    km_status status = KM_OK;

    memset(forces, 0, sizeof *forces * (size_t)n);
    for (int i = 0; i < KM_N_TERM && status == KM_OK; ++i)
        if (h->term[i].functions->band_forces)
            status = h->term[i].functions->band_forces(h->term[i].self, &view, forces);
    KM_TRY(km_agree(status, comm));
    km_traffic_allreduce(KM_TRAFFIC_FORCE, n, MPI_DOUBLE, MPI_SUM, comm, forces);
    density = view_density(h, rho_g);
    for (int i = 0; i < KM_N_TERM; ++i)
        if (h->term[i].functions->density_forces)
            KM_TRY(h->term[i].functions->density_forces(h->term[i].self, &density, forces));
    return KM_OK;
}

km_status km_hamiltonian_compute_stress(km_hamiltonian *h, const double complex *rho_g,
                                        const km_bands *bands, const double *weight,
                                        const double *occupation, MPI_Comm comm,
                                        double stress[9])
{
    const km_band_view view = view_bands(h, bands, weight, occupation);
    km_density_view density;
    km_status status = KM_OK;

    memset(stress, 0, 9 * sizeof *stress);
    for (int i = 0; i < KM_N_TERM && status == KM_OK; ++i)
        if (h->term[i].functions->band_stress)
            status = h->term[i].functions->band_stress(h->term[i].self, &view, stress);
    KM_TRY(km_agree(status, comm));
    km_traffic_allreduce(KM_TRAFFIC_FORCE, 9, MPI_DOUBLE, MPI_SUM, comm, stress);
    density = view_density(h, rho_g);
    for (int i = 0; i < KM_N_TERM; ++i)
        if (h->term[i].functions->density_stress)
            KM_TRY(h->term[i].functions->density_stress(h->term[i].self, &density, stress));
    return KM_OK;
}
