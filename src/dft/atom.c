#include "kaimen/dft/atom.h"

#include "shells.h"
#include "sphere.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/units.h"
#include "kaimen/dft/xc.h"
#include "kaimen/math/eigen.h"
#include "kaimen/math/spline.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

#define ORBITAL_MAX 24

/* Kinetic cutoff of the basis: at 350 Ha no total energy falls by 1 mHa (Kr q26, the hardest) and no valence level by 0.05. */
#define BASIS_ECUT_HA 200.0

/* Wall (r / R)^12 in Ha: below 1 mHa within 6 bohr, but a diffuse orbital has died out at R. */
#define WALL_POWER 12

#define MAX_ITERATION 200
#define MIXING 0.4
/* Largest change of the density, as sqrt of the integral of r^2 (rho_out - rho_in)^2. */
#define TOLERANCE 1e-9

/* Tables in reciprocal space: the orbitals' step resolves the sphere, the density reaches twice as far. */
#define Q_STEP 0.02
#define N_Q_ORBITAL 1140
#define N_Q_DENSITY 2280

struct km_atom {
    int n_orbital;
    km_atom_orbital orbital[ORBITAL_MAX];
    double energy_ha;
    km_spline *density;
    km_spline *transform[ORBITAL_MAX];
};

/** Work space of one solution. */
typedef struct {
    km_sphere *sphere;
    km_xc *xc;
    double *fixed[KM_L_MAX + 1]; /* kinetic and nonlocal energy, [n_basis][n_basis] */
    double *matrix;
    km_eigen_work work;
    double *operand; /* [n_basis][n_r] */
    double *v_fixed; /* V_loc and wall, [n_r] */
    double *v, *g;   /* factors of chi chi' and of its derivative, [n_r] */
    double *e_xc, *v_xc, *sigma, *v_sigma;
    double *density; /* rho and its derivative, [2][n_r] */
    double *core;    /* the same of the core, which V_xc sees too */
    double *output;  /* the same of the new orbitals */
    double *old, *old_residual;
    double *radial[ORBITAL_MAX], *radial_slope[ORBITAL_MAX]; /* R_nl, [n_r] */
    double energy_correction_ha; /* total energy minus the sum of eigenvalues */
} solver;

/* Shells. */

/** Row of the periodic table: the largest n of an element. */
static int period(int z)
{
    static const int noble[] = {2, 10, 18, 36, 54, 86};
    int n = 1;

    while (n <= 6 && z > noble[n - 1]) ++n;
    return n;
}

static km_status add_orbital(km_atom *atom, int n, int l, double occupation)
{
    KM_TRY(KM_CHECK(atom->n_orbital < ORBITAL_MAX, KM_E_INPUT,
                    "the pseudo-atom has more than %d orbitals", ORBITAL_MAX));
    atom->orbital[atom->n_orbital++] =
        (km_atom_orbital){.n = n, .l = l, .occupation = occupation};
    return KM_OK;
}

/** Occupied shells of each l from below, then the next ones of the valence: n s, n p, (n-1) d in row n. */
static km_status fill_shells(const km_pseudo_info *info, km_atom *atom)
{
    int n_shell[KM_L_MAX + 1];
    const int *n_core = km_shells_core((int)(info->z - info->z_valence));

    for (int l = 0; l <= KM_L_MAX; ++l) {
        double left = info->n_electron[l], full = 2.0 * (2 * l + 1);

        for (n_shell[l] = 0; left > 0; left -= full, ++n_shell[l])
            KM_TRY(add_orbital(atom, n_core[l] + l + 1 + n_shell[l], l, fmin(left, full)));
    }
    for (int l = 0; l <= 2; ++l) {
        int n = n_core[l] + l + 1 + n_shell[l];

        if (n + (l == 2) <= period(info->z)) KM_TRY(add_orbital(atom, n, l, 0.0));
    }
    return KM_OK;
}

/* Hamiltonian. */

/** Add sum_ij |p_i> h_ij <p_j| of a channel; p is work space, [KM_PROJECTOR_MAX][n_basis]. */
static void add_channel(const km_pseudo *pseudo, int ic, solver *s, double *p)
{
    const km_pseudo_channel *channel = km_pseudo_channel_at(pseudo, ic);
    const km_sphere *sphere = s->sphere;
    int l = channel->l, n = sphere->n_basis[l], n_r = sphere->n_r;

    for (int i = 0; i < channel->n_projector; ++i) {
        km_pseudo_compute_projector_real(pseudo, ic, i, n_r, sphere->r_bohr, s->v);
        for (int k = 0; k < n_r; ++k) s->v[k] *= sphere->weight[k];
        cblas_dgemv(CblasRowMajor, CblasNoTrans, n, n_r, 1.0, sphere->value[l], n_r, s->v, 1,
                    0.0, p + i * n, 1);
    }
    for (int i = 0; i < channel->n_projector; ++i)
        for (int j = 0; j < channel->n_projector; ++j)
            cblas_dger(CblasRowMajor, n, n, channel->coupling_ha[i][j], p + i * n, 1, p + j * n,
                       1, s->fixed[l], n);
}

static void make_fixed_parts(const km_pseudo *pseudo, solver *s)
{
    const km_sphere *sphere = s->sphere;

    for (int l = 0; l <= KM_L_MAX; ++l)
        for (int k = 0; k < sphere->n_basis[l]; ++k)
            s->fixed[l][k * sphere->n_basis[l] + k] = 0.5 * pow(sphere->q_bohr[l][k], 2);
    for (int ic = 0; ic < km_pseudo_n_channel(pseudo); ++ic)
        if (sphere->n_basis[km_pseudo_channel_at(pseudo, ic)->l] > 0)
            add_channel(pseudo, ic, s, s->operand);
    km_pseudo_compute_core_real(pseudo, sphere->n_r, sphere->r_bohr, s->core,
                                s->core + sphere->n_r);
    km_pseudo_compute_local_real(pseudo, sphere->n_r, sphere->r_bohr, s->v_fixed);
    for (int i = 0; i < sphere->n_r; ++i)
        s->v_fixed[i] += pow(sphere->r_bohr[i] / sphere->radius_bohr, WALL_POWER);
}

/**
 * Potential of the density: E_xc depends on rho = sum R^2 and on rho' = sum 2 R R', so that its operator is
 * v chi chi' + g (chi chi')' with v = de/drho and g = 2 rho' de/dsigma: no second derivative appears, and energy and
 * operator fit exactly on the grid. A core correction adds to rho in E_xc only. Source: White and Bird, Phys. Rev. B 50, 4954 (1994), for the idea.
 */
static void make_potential(solver *s)
{
    const km_sphere *sphere = s->sphere;
    const double *rho = s->density, *slope = s->density + sphere->n_r;
    const double *core_slope = s->core + sphere->n_r;
    bool has_gradient = km_xc_has_gradient(s->xc);

    for (int i = 0; i < sphere->n_r; ++i) {
        s->sigma[i] = pow(slope[i] + core_slope[i], 2);
        s->v[i] = rho[i] + s->core[i];
    }
    km_xc_compute(s->xc, sphere->n_r, s->v, has_gradient ? s->sigma : NULL, s->e_xc, s->v_xc,
                  has_gradient ? s->v_sigma : NULL);
    km_sphere_compute_hartree(sphere, rho, s->v);
    s->energy_correction_ha = 0.0;
    for (int i = 0; i < sphere->n_r; ++i) {
        double hartree = s->v[i];

        s->g[i] = has_gradient ? 2.0 * (slope[i] + core_slope[i]) * s->v_sigma[i] : 0.0;
        s->v[i] = s->v_fixed[i] + hartree + s->v_xc[i];
        s->energy_correction_ha +=
            4.0 * KM_PI * sphere->weight[i] *
            (s->e_xc[i] - 0.5 * hartree * rho[i] - s->v_xc[i] * rho[i] - s->g[i] * slope[i]);
    }
}

/** Solve one l in the present potential and keep the orbitals wanted of it. */
static km_status solve_channel(solver *s, int l, km_atom *atom)
{
    const km_sphere *sphere = s->sphere;
    int n = sphere->n_basis[l], n_r = sphere->n_r, shell = 0;
    const double *value = sphere->value[l], *slope = sphere->slope[l];

    memcpy(s->matrix, s->fixed[l], (size_t)n * n * sizeof(double));
    for (int k = 0; k < n; ++k)
        for (int i = 0; i < n_r; ++i)
            s->operand[k * n_r + i] = sphere->weight[i] * (0.5 * s->v[i] * value[k * n_r + i] +
                                                           s->g[i] * slope[k * n_r + i]);
    cblas_dsyr2k(CblasColMajor, CblasLower, CblasTrans, n, n_r, 1.0, s->operand, n_r, value,
                 n_r, 1.0, s->matrix, n);
    /* The operand is used up; its first row takes the eigenvalues. */
    KM_TRY(km_eigen_hermitian(true, n, s->matrix, n, s->operand, &s->work));
    for (int i = 0; i < atom->n_orbital; ++i) {
        const double *c = s->matrix + shell * n;

        if (atom->orbital[i].l != l) continue;
        atom->orbital[i].eigenvalue_ha = s->operand[shell++];
        cblas_dgemv(CblasRowMajor, CblasTrans, n, n_r, 1.0, value, n_r, c, 1, 0.0, s->radial[i],
                    1);
        cblas_dgemv(CblasRowMajor, CblasTrans, n, n_r, 1.0, slope, n_r, c, 1, 0.0,
                    s->radial_slope[i], 1);
    }
    return KM_OK;
}

/* Self-consistency. */

/** Any positive density with the right charge will do. */
static void guess_density(double n_electron, solver *s)
{
    const double a = 2.0;

    for (int i = 0; i < s->sphere->n_r; ++i) {
        double rho = n_electron * a * a * a / (8.0 * KM_PI) * exp(-a * s->sphere->r_bohr[i]);

        s->density[i] = rho;
        s->density[s->sphere->n_r + i] = -a * rho;
    }
}

static void make_output(const km_atom *atom, solver *s)
{
    int n_r = s->sphere->n_r;

    memset(s->output, 0, 2 * (size_t)n_r * sizeof(double));
    for (int i = 0; i < atom->n_orbital; ++i) {
        double f = atom->orbital[i].occupation / (4.0 * KM_PI);

        for (int k = 0; k < n_r && f > 0; ++k) {
            s->output[k] += f * s->radial[i][k] * s->radial[i][k];
            s->output[n_r + k] += 2.0 * f * s->radial[i][k] * s->radial_slope[i][k];
        }
    }
}

static double weighted_dot(const km_sphere *sphere, const double *a, const double *b)
{
    double sum = 0.0;

    for (int i = 0; i < sphere->n_r; ++i) sum += sphere->weight[i] * a[i] * b[i];
    return sum;
}

/**
 * Anderson mixing with one old density; returns the norm of the residual. The derivative of rho is mixed with the
 * factors of rho, so it stays its derivative. Source: Anderson, J. ACM 12, 547 (1965).
 */
static double mix(solver *s, bool is_first)
{
    const km_sphere *sphere = s->sphere;
    int n = 2 * sphere->n_r;
    double *residual = s->output, *change = s->operand, theta = 0.0, norm;

    for (int i = 0; i < n; ++i) residual[i] -= s->density[i];
    norm = sqrt(weighted_dot(sphere, residual, residual));
    if (!is_first) {
        for (int i = 0; i < n; ++i) change[i] = residual[i] - s->old_residual[i];
        theta = weighted_dot(sphere, residual, change) / weighted_dot(sphere, change, change);
    }
    for (int i = 0; i < n; ++i) {
        double in = s->density[i];

        s->density[i] = in - theta * (in - s->old[i]) +
                        MIXING * (residual[i] - theta * (residual[i] - s->old_residual[i]));
        s->old[i] = in;
        s->old_residual[i] = residual[i];
    }
    return norm;
}

static km_status iterate(const km_pseudo_info *info, solver *s, km_atom *atom)
{
    double norm = INFINITY;

    guess_density(info->z_valence, s);
    for (int i = 0; norm > TOLERANCE; ++i) {
        KM_TRY(KM_CHECK(
            i < MAX_ITERATION, KM_E_NUMERIC,
            "pseudo-atom %s %s is not self-consistent after %d iterations: the density "
            "changes by %g",
            info->symbol, info->label, MAX_ITERATION, norm));
        make_potential(s);
        for (int l = 0; l <= KM_L_MAX; ++l)
            if (info->n_electron[l] > 0) KM_TRY(solve_channel(s, l, atom));
        make_output(atom, s);
        norm = mix(s, i == 0);
    }
    return KM_OK;
}

/* Results. */

/** Transforms of the density (with those of l = 0) and of all orbitals of one l. */
static km_status make_tables(const solver *s, int l, double *const *table, km_atom *atom)
{
    const double *f[ORBITAL_MAX + 1];
    km_spline **spline[ORBITAL_MAX + 1];
    int n_f = 0;

    if (l == 0) {
        f[n_f] = s->output;
        spline[n_f++] = &atom->density;
    }
    for (int i = 0; i < atom->n_orbital; ++i) {
        if (atom->orbital[i].l != l) continue;
        f[n_f] = s->radial[i];
        spline[n_f++] = &atom->transform[i];
    }
    km_sphere_compute_transforms(s->sphere, l, n_f, f, Q_STEP,
                                 l == 0 ? N_Q_DENSITY : N_Q_ORBITAL, s->v, table);
    for (int i = 0; i < n_f; ++i) {
        bool is_density = spline[i] == &atom->density;

        for (int k = 0; k < N_Q_DENSITY && is_density; ++k) table[i][k] *= 4.0 * KM_PI;
        KM_TRY(km_spline_create(Q_STEP, is_density ? N_Q_DENSITY : N_Q_ORBITAL, table[i],
                                spline[i]));
    }
    return KM_OK;
}

static km_status make_all_tables(const solver *s, km_atom *atom)
{
    double *table[ORBITAL_MAX + 1] = {NULL};
    km_status status = KM_OK;

    for (int i = 0; i <= atom->n_orbital; ++i) KM_TRY_TO(done, KM_ALLOC(table[i], N_Q_DENSITY));
    for (int l = 0; l <= KM_L_MAX; ++l) KM_TRY_TO(done, make_tables(s, l, table, atom));
done:
    for (int i = 0; i <= atom->n_orbital; ++i) KM_FREE(table[i]);
    return status;
}

/** The eigenproblem of every l, empty orbitals included, at the self-consistent density. */
static km_status finish(solver *s, km_atom *atom)
{
    make_potential(s);
    for (int l = 0; l <= KM_L_MAX; ++l)
        if (s->sphere->n_basis[l] > 0) KM_TRY(solve_channel(s, l, atom));
    make_output(atom, s);
    atom->energy_ha = s->energy_correction_ha;
    for (int i = 0; i < atom->n_orbital; ++i)
        atom->energy_ha += atom->orbital[i].occupation * atom->orbital[i].eigenvalue_ha;
    return make_all_tables(s, atom);
}

static void stop_solver(solver *s)
{
    double **arrays[] = {&s->matrix, &s->operand, &s->v_fixed,      &s->v,       &s->g,
                         &s->e_xc,   &s->v_xc,    &s->sigma,        &s->v_sigma, &s->density,
                         &s->output, &s->old,     &s->old_residual, &s->core};

    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; ++i) KM_FREE(*arrays[i]);
    for (int l = 0; l <= KM_L_MAX; ++l) KM_FREE(s->fixed[l]);
    km_eigen_work_destroy(&s->work);
    for (int i = 0; i < ORBITAL_MAX; ++i) {
        KM_FREE(s->radial[i]);
        KM_FREE(s->radial_slope[i]);
    }
    km_sphere_destroy(&s->sphere);
    km_xc_destroy(&s->xc);
}

/** All work space; s starts zeroed and ends with stop_solver() also after a failure. */
static km_status start_solver(km_functional functional, const km_atom *atom, solver *s)
{
    int l_max = 0, n, n_r;

    for (int i = 0; i < atom->n_orbital; ++i)
        if (atom->orbital[i].l > l_max) l_max = atom->orbital[i].l;
    KM_TRY(km_xc_create(functional, 1, &s->xc));
    KM_TRY(km_sphere_create(KM_ATOM_RADIUS_BOHR, BASIS_ECUT_HA, l_max, &s->sphere));
    n = s->sphere->n_basis[0];
    n_r = s->sphere->n_r;
    for (int l = 0; l <= l_max; ++l) KM_TRY(KM_ALLOC(s->fixed[l], n * n));
    KM_TRY(KM_ALLOC(s->matrix, n * n));
    KM_TRY(KM_ALLOC(s->operand, n * n_r));
    double **on_grid[] = {&s->v_fixed, &s->v,     &s->g,      &s->e_xc,
                          &s->v_xc,    &s->sigma, &s->v_sigma};
    for (size_t i = 0; i < sizeof on_grid / sizeof *on_grid; ++i)
        KM_TRY(KM_ALLOC(*on_grid[i], n_r));
    double **doubled[] = {&s->density, &s->core, &s->output, &s->old, &s->old_residual};
    for (size_t i = 0; i < sizeof doubled / sizeof *doubled; ++i)
        KM_TRY(KM_ALLOC(*doubled[i], 2 * n_r));
    for (int i = 0; i < atom->n_orbital; ++i) {
        KM_TRY(KM_ALLOC(s->radial[i], n_r));
        KM_TRY(KM_ALLOC(s->radial_slope[i], n_r));
    }
    return KM_OK;
}

km_status km_atom_create(const km_pseudo *pseudo, km_functional functional, km_atom **out)
{
    const km_pseudo_info *info = km_pseudo_describe(pseudo);
    km_atom *atom = NULL;
    solver s = {0};
    km_status status;

    *out = NULL;
    KM_TRY(KM_ALLOC(atom, 1));
    KM_TRY_TO(done, fill_shells(info, atom));
    KM_TRY_TO(done, start_solver(functional, atom, &s));
    make_fixed_parts(pseudo, &s);
    KM_TRY_TO(done, iterate(info, &s, atom));
    KM_TRY_TO(done, finish(&s, atom));
    *out = atom;
    atom = NULL;
done:
    stop_solver(&s);
    km_atom_destroy(&atom);
    return status;
}

void km_atom_destroy(km_atom **atom)
{
    if (!*atom) return;
    km_spline_destroy(&(*atom)->density);
    for (int i = 0; i < (*atom)->n_orbital; ++i) km_spline_destroy(&(*atom)->transform[i]);
    KM_FREE(*atom);
}

int km_atom_n_orbital(const km_atom *atom)
{
    return atom->n_orbital;
}

const km_atom_orbital *km_atom_orbital_at(const km_atom *atom, int i)
{
    return &atom->orbital[i];
}

double km_atom_energy_ha(const km_atom *atom)
{
    return atom->energy_ha;
}

void km_atom_compute_density(const km_atom *atom, int n, const double *q_bohr, double *density)
{
    km_spline_compute(atom->density, n, q_bohr, density);
}

void km_atom_compute_orbital(const km_atom *atom, int i, int n, const double *q_bohr,
                             double *phi_bohr32)
{
    km_spline_compute(atom->transform[i], n, q_bohr, phi_bohr32);
}
