#include "kaimen/dft/sites.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/units.h"
#include "kaimen/math/special.h"

#include <complex.h>
#include <math.h>
#include <string.h>

/* Plane waves done at a time: what they need stays in the caches. */
#define N_CHUNK 256
/* Harmonics of one l. */
#define N_M (2 * KM_HARMONIC_L_MAX + 1)

struct km_sites {
    const km_crystal *crystal; /* borrowed */
    bool is_real;
    int n_shell;
    km_shell *shell; /* [n_shell] */
    int *partner;    /* [n_atom] */
    int *first;      /* [n_atom + 1] */
    double *form;    /* of a chunk: f(q) Y(q) of each shell and m, [n_form][N_CHUNK] */
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
    int n_form = 0;

    *out = NULL;
    KM_TRY(KM_ALLOC(sites, 1));
    sites->crystal = crystal;
    sites->is_real = is_real;
    sites->n_shell = n_shell;
    KM_TRY_TO(fail, KM_ALLOC(sites->shell, n_shell));
    KM_TRY_TO(fail, KM_ALLOC(sites->partner, km_crystal_n_atom(crystal)));
    KM_TRY_TO(fail, KM_ALLOC(sites->first, km_crystal_n_atom(crystal) + 1));
    for (int is = 0; is < n_shell; ++is) n_form += 2 * shells[is].l + 1;
    KM_TRY_TO(fail, KM_ALLOC(sites->form, n_form * N_CHUNK));
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
    KM_FREE((*sites)->form);
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

/* Some plane waves of a basis, from the first-th on. */
typedef struct {
    const km_basis *basis;
    int first, n;
} chunk;

/*
 * exp(-i G tau), or exp(-i (k+G) tau): down a column from one plane wave to the next, which adds a rounding error of 1e-16
 * each.
 */
static void compute_waves(const chunk *part, const double *tau, bool has_k,
                          double complex *wave)
{
    const int *m = km_basis_miller(part->basis) + 3 * (size_t)part->first;
    const double *k = km_basis_k_frac(part->basis);
    const double complex next = cexp(-2 * KM_PI * I * tau[2]);

    for (int i = 0; i < part->n; ++i, m += 3) {
        double angle = 0;

        if (i > 0 && m[0] == m[-3] && m[1] == m[-2] && m[2] == m[-1] + 1) {
            const double a = creal(wave[i - 1]), b = cimag(wave[i - 1]);
            const double c = creal(next), d = cimag(next);

            wave[i] = CMPLX(a * c - b * d, a * d + b * c);
            continue;
        }
        for (int x = 0; x < 3; ++x) angle += (m[x] + (has_k ? k[x] : 0)) * tau[x];
        wave[i] = cexp(-2 * KM_PI * I * angle);
    }
}

/*
 * The factor that stands for exp(-i q tau) at each plane wave, or its derivative by tau along an
 * axis. Real coefficients use its real part only.
 */
static void compute_phase(const km_sites *sites, const chunk *part, int atom, int axis,
                          double complex *phase)
{
    const int partner = sites->partner[atom];
    const bool is_self = sites->is_real && partner == atom, is_second = atom > partner;
    const double *tau = km_crystal_frac(sites->crystal) + 3 * (is_second ? partner : atom);
    const double *q = km_basis_q_cart(part->basis) + 3 * (size_t)part->first;
    /* cos and sin are the real part of exp(-i q tau) and of i exp(-i q tau). */
    const double complex factor = !sites->is_real || is_self ? 1
                                  : is_second                ? I * sqrt(2)
                                                             : sqrt(2);

    compute_waves(part, tau, !is_self, phase);
    for (int i = 0; i < part->n; ++i) phase[i] *= factor;
    if (axis < 0) return;
    for (int i = 0; i < part->n; ++i) phase[i] *= is_self ? 0 : -I * q[3 * i + axis];
}

static void compute_lengths(const chunk *part, double *q)
{
    const double *kinetic = km_basis_kinetic_ha(part->basis) + part->first;

    for (int i = 0; i < part->n; ++i) q[i] = sqrt(2 * kinetic[i]);
}

/* f(q) Y(q) of each shell and m. */
static void compute_forms(const km_sites *sites, const chunk *part, const km_radials *radials)
{
    const double *vector = km_basis_q_cart(part->basis) + 3 * (size_t)part->first;
    const int n = part->n;
    double q[N_CHUNK], own[N_CHUNK], y[N_M * N_CHUNK], *form = sites->form;

    compute_lengths(part, q);
    for (int is = 0; is < sites->n_shell; ++is) {
        const int l = sites->shell[is].l;
        const double *f = own;

        if (radials->table)
            f = radials->table + (size_t)is * (size_t)km_basis_n_g(part->basis) + part->first;
        else
            radials->value(radials->context, is, n, q, own);
        km_spherical_harmonics(l, n, vector, y);
        for (int m = 0; m < 2 * l + 1; ++m, form += N_CHUNK)
            for (int i = 0; i < n; ++i) form[i] = f[i] * y[m * n + i];
    }
}

/* Their derivatives by the component (x, y) of a strain. */
static void compute_strained_forms(const km_sites *sites, const chunk *part,
                                   const km_radials *radials, int x, int y)
{
    const double *vector = km_basis_q_cart(part->basis) + 3 * (size_t)part->first;
    const double half = x == y ? 0.5 : 0;
    const int n = part->n;
    double q[N_CHUNK], f[N_CHUNK], df[N_CHUNK];
    double harmonic[N_M * N_CHUNK], gradient[3 * N_M * N_CHUNK];
    double *form = sites->form;

    compute_lengths(part, q);
    for (int is = 0; is < sites->n_shell; ++is) {
        const int l = sites->shell[is].l;

        radials->value(radials->context, is, n, q, f);
        radials->slope(radials->context, is, n, q, df);
        km_spherical_harmonics(l, n, vector, harmonic);
        km_spherical_harmonic_gradients(l, n, vector, gradient);
        for (int m = 0; m < 2 * l + 1; ++m, form += N_CHUNK)
            for (int i = 0; i < n; ++i) {
                const double ratio = q[i] > 0 ? vector[3 * i + y] / q[i] : 0;
                const double h = harmonic[m * n + i], dh = gradient[(3 * m + y) * n + i];

                form[i] =
                    -vector[3 * i + x] * (df[i] * ratio * h + f[i] * dh) - half * f[i] * h;
            }
    }
}

/*
 * (-i)^l makes a function real in space, so that c(-q) = c(q)*: then sqrt(2) Re c(q) in the place of q, which is the later one
 * of the pair, and sqrt(2) Im c(q) = -sqrt(2) Im c(-q) in that of -q.
 */
static void multiply_paired(const chunk *part, int l, const double *form,
                            const double complex *phase, double factor, double *c)
{
    const double complex turn = (const double complex[]){1, -I, -1, I}[l % 4];
    int rank, middle;

    MPI_Comm_rank(km_basis_comm(part->basis), &rank);
    middle = km_basis_n_g_sphere(part->basis) - 1;
    middle -= 2 * (km_basis_slice(part->basis, rank) + part->first);
    for (int i = 0; i < part->n; ++i) {
        const double complex z = factor * form[i] * turn * phase[i];

        c[i] = 2 * i > middle   ? sqrt(2) * creal(z)
               : 2 * i < middle ? -sqrt(2) * cimag(z)
                                : creal(z);
    }
}

static void multiply(const chunk *part, bool is_real, const double *form,
                     const double complex *phase, double factor, double *c)
{
    for (int i = 0; i < part->n; ++i) {
        if (is_real) {
            c[i] = factor * form[i] * creal(phase[i]);
        } else {
            c[2 * i] = factor * form[i] * creal(phase[i]);
            c[2 * i + 1] = factor * form[i] * cimag(phase[i]);
        }
    }
}

/* Coefficients of one function at the plane waves of a chunk. */
static void store(const chunk *part, const km_bands *functions, int function, const double *c)
{
    const size_t width = functions->is_real ? 1 : 2;
    const size_t n = width * (size_t)part->n;
    const size_t at =
        (size_t)function * km_bands_stride(functions) + width * (size_t)part->first;

    if (functions->single)
        for (size_t i = 0; i < n; ++i) functions->single[at + i] = (float)c[i];
    else
        memcpy(functions->data + at, c, n * sizeof *c);
}

/* Give every atom the forms of its shells, times its phase. */
static void fill_functions(const km_sites *sites, const chunk *part, int axis,
                           const km_bands *functions)
{
    const double factor = 4 * KM_PI / sqrt(km_crystal_volume_bohr3(sites->crystal));
    const int *species = km_crystal_species(sites->crystal);
    const bool is_paired = functions->is_real && !sites->is_real;
    double complex phase[N_CHUNK];
    double c[2 * N_CHUNK];

    for (int a = 0; a < km_crystal_n_atom(sites->crystal); ++a) {
        const double *form = sites->form;
        int function = sites->first[a];

        compute_phase(sites, part, a, axis, phase);
        for (int is = 0; is < sites->n_shell; ++is)
            for (int m = 0; m < 2 * sites->shell[is].l + 1; ++m, form += N_CHUNK) {
                if (sites->shell[is].species != species[a]) continue;
                if (is_paired)
                    multiply_paired(part, sites->shell[is].l, form, phase, factor, c);
                else
                    multiply(part, functions->is_real, form, phase, factor, c);
                store(part, functions, function++, c);
            }
    }
}

static chunk chunk_from(const km_basis *basis, int first)
{
    const int rest = km_basis_n_g(basis) - first;

    return (chunk){basis, first, rest < N_CHUNK ? rest : N_CHUNK};
}

void km_sites_compute(const km_sites *sites, const km_basis *basis, const km_radials *radials,
                      int axis, const km_bands *functions)
{
    for (int first = 0; first < km_basis_n_g(basis); first += N_CHUNK) {
        const chunk part = chunk_from(basis, first);

        compute_forms(sites, &part, radials);
        fill_functions(sites, &part, axis, functions);
    }
}

void km_sites_compute_strain(const km_sites *sites, const km_basis *basis,
                             const km_radials *radials, int x, int y, const km_bands *functions)
{
    for (int first = 0; first < km_basis_n_g(basis); first += N_CHUNK) {
        const chunk part = chunk_from(basis, first);

        compute_strained_forms(sites, &part, radials, x, y);
        fill_functions(sites, &part, -1, functions);
    }
}

void km_sites_tabulate(const km_sites *sites, const km_basis *basis, const km_radials *radials,
                       double *table)
{
    const size_t n_g = (size_t)km_basis_n_g(basis);

    for (int first = 0; first < km_basis_n_g(basis); first += N_CHUNK) {
        const chunk part = chunk_from(basis, first);
        double q[N_CHUNK];

        compute_lengths(&part, q);
        for (int is = 0; is < sites->n_shell; ++is)
            radials->value(radials->context, is, part.n, q, table + (size_t)is * n_g + first);
    }
}
