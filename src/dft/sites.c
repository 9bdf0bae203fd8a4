#include "kaimen/dft/sites.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/units.h"
#include "kaimen/math/special.h"

#include <complex.h>
#include <math.h>
#include <string.h>

struct km_sites {
    const km_crystal *crystal; /* borrowed */
    bool is_real;
    int n_shell;
    km_shell *shell; /* [n_shell] */
    int *partner;    /* [n_atom] */
    int *first;      /* [n_atom + 1] */
};

/* Atoms this close, in fractional coordinates, are images of one another. */
static const double FRAC_TOLERANCE = 1e-4;

static bool is_inverse(const double *a, const double *b)
{
    for (int x = 0; x < 3; ++x) {
        double sum = a[x] + b[x];

        if (fabs(sum - round(sum)) > FRAC_TOLERANCE) return false;
    }
    return true;
}

static km_status find_partners(km_sites *sites)
{
    const double *frac = km_crystal_frac(sites->crystal);
    const int *z = km_crystal_z(sites->crystal);
    const int n_atom = km_crystal_n_atom(sites->crystal);

    for (int a = 0; a < n_atom; ++a) {
        sites->partner[a] = sites->is_real ? -1 : a;
        for (int b = 0; b < n_atom && sites->partner[a] < 0; ++b)
            if (z[a] == z[b] && is_inverse(frac + 3 * a, frac + 3 * b)) sites->partner[a] = b;
        KM_TRY(KM_CHECK(sites->partner[a] >= 0, KM_E_ARGUMENT,
                        "atom %d has no inversion partner about the origin", a + 1));
    }
    return KM_OK;
}

static void count_functions(km_sites *sites)
{
    const int *species = km_crystal_species(sites->crystal);
    const int n_atom = km_crystal_n_atom(sites->crystal);

    for (int a = 0; a < n_atom; ++a) {
        sites->first[a + 1] = sites->first[a];
        for (int is = 0; is < sites->n_shell; ++is)
            if (sites->shell[is].species == species[a])
                sites->first[a + 1] += 2 * sites->shell[is].l + 1;
    }
}

km_status km_sites_create(const km_crystal *crystal, bool is_real, int n_shell,
                          const km_shell *shells, km_sites **out)
{
    km_sites *sites = NULL;
    km_status status = KM_OK;

    *out = NULL;
    KM_TRY(KM_ALLOC(sites, 1));
    sites->crystal = crystal;
    sites->is_real = is_real;
    sites->n_shell = n_shell;
    KM_TRY_TO(fail, KM_ALLOC(sites->shell, n_shell));
    KM_TRY_TO(fail, KM_ALLOC(sites->partner, km_crystal_n_atom(crystal)));
    KM_TRY_TO(fail, KM_ALLOC(sites->first, km_crystal_n_atom(crystal) + 1));
    if (n_shell > 0) memcpy(sites->shell, shells, sizeof *shells * (size_t)n_shell);
    KM_TRY_TO(fail, find_partners(sites));
    count_functions(sites);
    *out = sites;
    return KM_OK;
fail:
    km_sites_destroy(&sites);
    return status;
}

void km_sites_destroy(km_sites **sites)
{
    if (!*sites) return;
    KM_FREE((*sites)->shell);
    KM_FREE((*sites)->partner);
    KM_FREE((*sites)->first);
    KM_FREE(*sites);
}

int km_sites_n_function(const km_sites *sites)
{
    return sites->first[km_crystal_n_atom(sites->crystal)];
}

int km_sites_first(const km_sites *sites, int atom)
{
    return sites->first[atom];
}

int km_sites_partner(const km_sites *sites, int atom)
{
    return sites->partner[atom];
}

/*
 * The factor that stands for exp(-i q tau) at each plane wave, or its derivative by tau along an
 * axis. Real coefficients use its real part only.
 */
static void compute_phase(const km_sites *sites, const km_basis *basis, int atom, int axis,
                          double complex *phase)
{
    const int partner = sites->partner[atom], *m = km_basis_miller(basis);
    const bool is_self = sites->is_real && partner == atom, is_second = atom > partner;
    const double *tau = km_crystal_frac(sites->crystal) + 3 * (is_second ? partner : atom);
    const double *k = km_basis_k_frac(basis), *q = km_basis_q_cart(basis);

    for (int ig = 0; ig < km_basis_n_g(basis); ++ig) {
        double angle = 0;
        double complex z;

        for (int x = 0; x < 3; ++x) angle += (m[3 * ig + x] + (is_self ? 0 : k[x])) * tau[x];
        z = cexp(-2 * KM_PI * I * angle);
        if (axis >= 0) z *= -I * q[3 * ig + axis];
        /* cos and sin are the real part of exp(-i q tau) and of i exp(-i q tau). */
        if (sites->is_real && !is_self) z *= is_second ? I * sqrt(2.0) : sqrt(2.0);
        if (axis >= 0 && is_self) z = 0;
        phase[ig] = z;
    }
}

/* Work space of one compute: |q|, the harmonics, the radial functions, and f(q) Y(q) of each shell and m. */
typedef struct {
    double *q;             /* [n_g] */
    double *harmonic;      /* [(KM_HARMONIC_L_MAX + 1)^2][n_g] */
    double *radial;        /* [n_shell][n_g] */
    double *slope;         /* [n_shell][n_g]; with strain only */
    double *gradient;      /* [(KM_HARMONIC_L_MAX + 1)^2][3][n_g]; with strain only */
    double *form;          /* [functions of one atom of each species][n_g] */
    double complex *phase; /* [n_g] */
} tables;

static void destroy_tables(tables *t)
{
    KM_FREE(t->q);
    KM_FREE(t->harmonic);
    KM_FREE(t->radial);
    KM_FREE(t->slope);
    KM_FREE(t->gradient);
    KM_FREE(t->form);
    KM_FREE(t->phase);
}

static int n_form(const km_sites *sites)
{
    int n = 0;

    for (int is = 0; is < sites->n_shell; ++is) n += 2 * sites->shell[is].l + 1;
    return n;
}

static km_status make_tables(const km_sites *sites, const km_basis *basis,
                             const km_radials *radials, tables *t)
{
    const int n_g = km_basis_n_g(basis), n_l = KM_HARMONIC_L_MAX + 1;
    const double *kinetic = km_basis_kinetic_ha(basis);

    KM_TRY(KM_ALLOC(t->q, n_g));
    KM_TRY(KM_ALLOC(t->harmonic, n_l * n_l * n_g));
    KM_TRY(KM_ALLOC(t->radial, (size_t)sites->n_shell * (size_t)n_g));
    KM_TRY(KM_ALLOC(t->form, (size_t)n_form(sites) * (size_t)n_g));
    KM_TRY(KM_ALLOC(t->phase, n_g));
    for (int ig = 0; ig < n_g; ++ig) t->q[ig] = sqrt(2 * kinetic[ig]);
    for (int l = 0; l < n_l; ++l)
        km_spherical_harmonics(l, n_g, km_basis_q_cart(basis), t->harmonic + l * l * n_g);
    for (int is = 0; is < sites->n_shell; ++is)
        radials->value(radials->context, is, n_g, t->q, t->radial + (size_t)is * (size_t)n_g);
    return KM_OK;
}

static km_status add_slopes(const km_sites *sites, const km_basis *basis,
                            const km_radials *radials, tables *t)
{
    const int n_g = km_basis_n_g(basis), n_l = KM_HARMONIC_L_MAX + 1;

    KM_TRY(KM_ALLOC(t->slope, (size_t)sites->n_shell * (size_t)n_g));
    KM_TRY(KM_ALLOC(t->gradient, 3 * n_l * n_l * n_g));
    for (int l = 0; l < n_l; ++l)
        km_spherical_harmonic_gradients(l, n_g, km_basis_q_cart(basis),
                                        t->gradient + 3 * l * l * n_g);
    for (int is = 0; is < sites->n_shell; ++is)
        radials->slope(radials->context, is, n_g, t->q, t->slope + (size_t)is * (size_t)n_g);
    return KM_OK;
}

/*
 * (-i)^l makes a function real in space, so that c(-q) = c(q)*: then sqrt(2) Re c(q) in the place of q, which is the later one
 * of the pair, and sqrt(2) Im c(q) = -sqrt(2) Im c(-q) in that of -q.
 */
static void fill_paired(const km_basis *basis, int l, const double *form,
                        const double complex *phase, double factor, double *c)
{
    const double complex turn = (const double complex[]){1, -I, -1, I}[l % 4];
    int rank;

    MPI_Comm_rank(km_basis_comm(basis), &rank);
    for (int ig = 0; ig < km_basis_n_g(basis); ++ig) {
        const int at = km_basis_slice(basis, rank) + ig;
        const int partner = km_basis_n_g_sphere(basis) - 1 - at;
        const double complex z = factor * form[ig] * turn * phase[ig];

        c[ig] = at > partner   ? sqrt(2) * creal(z)
                : at < partner ? -sqrt(2) * cimag(z)
                               : creal(z);
    }
}

static void fill_function(const double *form, const double complex *phase, double factor,
                          const km_bands *functions, double *c)
{
    for (int ig = 0; ig < functions->n_g; ++ig) {
        if (functions->is_real) {
            c[ig] = factor * form[ig] * creal(phase[ig]);
        } else {
            c[2 * ig] = factor * form[ig] * creal(phase[ig]);
            c[2 * ig + 1] = factor * form[ig] * cimag(phase[ig]);
        }
    }
}

/* Give every atom the forms of its shells, times its phase. */
static void fill_functions(const km_sites *sites, const km_basis *basis, tables *t, int axis,
                           const km_bands *functions)
{
    const double factor = 4 * KM_PI / sqrt(km_crystal_volume_bohr3(sites->crystal));
    const int *species = km_crystal_species(sites->crystal);
    const size_t n_g = (size_t)km_basis_n_g(basis);
    const bool is_paired = functions->is_real && !sites->is_real;

    for (int a = 0; a < km_crystal_n_atom(sites->crystal); ++a) {
        const double *form = t->form;
        double *c = functions->data + (size_t)sites->first[a] * km_bands_stride(functions);

        compute_phase(sites, basis, a, axis, t->phase);
        for (int is = 0; is < sites->n_shell; ++is)
            for (int m = 0; m < 2 * sites->shell[is].l + 1; ++m, form += n_g) {
                if (sites->shell[is].species != species[a]) continue;
                if (is_paired)
                    fill_paired(basis, sites->shell[is].l, form, t->phase, factor, c);
                else
                    fill_function(form, t->phase, factor, functions, c);
                c += km_bands_stride(functions);
            }
    }
}

km_status km_sites_compute(const km_sites *sites, const km_basis *basis,
                           const km_radials *radials, int axis, const km_bands *functions)
{
    const size_t n_g = (size_t)km_basis_n_g(basis);
    tables t = {0};
    km_status status = KM_OK;
    double *form;

    KM_TRY_TO(end, make_tables(sites, basis, radials, &t));
    form = t.form;
    for (int is = 0; is < sites->n_shell; ++is)
        for (int l = sites->shell[is].l, m = 0; m < 2 * l + 1; ++m, form += n_g) {
            const double *f = t.radial + (size_t)is * n_g;
            const double *y = t.harmonic + (size_t)(l * l + m) * n_g;

            for (size_t ig = 0; ig < n_g; ++ig) form[ig] = f[ig] * y[ig];
        }
    fill_functions(sites, basis, &t, axis, functions);
end:
    destroy_tables(&t);
    return status;
}

km_status km_sites_compute_strain(const km_sites *sites, const km_basis *basis,
                                  const km_radials *radials, int x, int y,
                                  const km_bands *functions)
{
    const size_t n_g = (size_t)km_basis_n_g(basis);
    const double *q = km_basis_q_cart(basis), half = x == y ? 0.5 : 0;
    tables t = {0};
    km_status status = KM_OK;
    double *form;

    KM_TRY_TO(end, make_tables(sites, basis, radials, &t));
    KM_TRY_TO(end, add_slopes(sites, basis, radials, &t));
    form = t.form;
    for (int is = 0; is < sites->n_shell; ++is)
        for (int l = sites->shell[is].l, m = 0; m < 2 * l + 1; ++m, form += n_g) {
            const double *f = t.radial + (size_t)is * n_g, *df = t.slope + (size_t)is * n_g;
            const double *h = t.harmonic + (size_t)(l * l + m) * n_g;
            const double *dh = t.gradient + (size_t)(3 * (l * l + m) + y) * n_g;

            for (size_t ig = 0; ig < n_g; ++ig) {
                const double ratio = t.q[ig] > 0 ? q[3 * ig + y] / t.q[ig] : 0;

                form[ig] = -q[3 * ig + x] * (df[ig] * ratio * h[ig] + f[ig] * dh[ig]) -
                           half * f[ig] * h[ig];
            }
        }
    fill_functions(sites, basis, &t, -1, functions);
end:
    destroy_tables(&t);
    return status;
}
