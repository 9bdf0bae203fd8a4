#include "kaimen/dft/grid.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/units.h"
#include "kaimen/dft/fft_plans.h"

#include <math.h>
#include <string.h>

struct km_grid {
    int n[3];
    int n_point;
    int n_half; /* points of the half grid [n0][n1][n2/2 + 1] that a real function needs */
    int n_g;
    int zero;
    int *miller; /* [n_g][3] */
    int *half; /* [n_g]: place in the half grid; -1 - place where the conjugate stands there */
    int *find; /* [n_point]: G index at a grid place, -1 outside the sphere */
    double *g_cart;             /* [n_g][3] */
    double *g2;                 /* [n_g] */
    double *real;               /* work space [n_point] */
    double complex *reciprocal; /* work space [n_half] */
    km_fft_plans *plans;
};

/* Rounding must not decide whether a G on the sphere's surface belongs to it. */
static const double SPHERE_MARGIN = 1e-9;

static bool is_smooth(int n)
{
    static const int primes[] = {2, 3, 5, 7};

    for (int i = 0; i < 4; ++i)
        while (n % primes[i] == 0) n /= primes[i];
    return n == 1;
}

/* The largest integer coordinate of a vector of given length along each axis: |a_i| |G| / 2 pi. */
static int largest_miller(const km_crystal *crystal, int axis, double length)
{
    const double *a = km_crystal_cell_bohr(crystal) + 3 * axis;
    double norm = sqrt(a[0] * a[0] + a[1] * a[1] + a[2] * a[2]);

    return (int)floor(norm * length / (2 * KM_PI) + SPHERE_MARGIN);
}

/* Denominator of the group's fractional translations along an axis, up to 6. */
static int translation_denominator(const km_symmetry *symmetry, int axis)
{
    for (int d = 1; d <= 6; ++d) {
        bool fits = true;

        for (int i = 0; i < km_symmetry_n_operation(symmetry); ++i) {
            double t = d * km_symmetry_translation_frac(symmetry, i)[axis];

            fits = fits && fabs(t - round(t)) < 1e-4;
        }
        if (fits) return d;
    }
    return 1;
}

static bool are_axes_related(const km_symmetry *symmetry, int i, int j)
{
    for (int op = 0; op < km_symmetry_n_operation(symmetry); ++op)
        if (km_symmetry_rotation(symmetry, op)[3 * i + j] != 0) return true;
    return false;
}

void km_grid_choose(const km_crystal *crystal, const km_symmetry *symmetry, double ecut_ha,
                    double factor, int n[3])
{
    const double length = 2 * sqrt(2 * ecut_ha) * factor;

    for (int axis = 0; axis < 3; ++axis) {
        int denominator = symmetry ? translation_denominator(symmetry, axis) : 1;

        n[axis] = 2 * largest_miller(crystal, axis, length) + 1;
        while (!is_smooth(n[axis]) || n[axis] % denominator != 0) ++n[axis];
    }
    for (int pass = 0; symmetry && pass < 2; ++pass)
        for (int i = 0; i < 3; ++i)
            for (int j = 0; j < 3; ++j)
                if (are_axes_related(symmetry, i, j) && n[j] > n[i]) n[i] = n[j];
}

static int wrapped(int m, int n)
{
    return m < 0 ? m + n : m;
}

static int place(const km_grid *grid, const int m[3])
{
    return (wrapped(m[0], grid->n[0]) * grid->n[1] + wrapped(m[1], grid->n[1])) * grid->n[2] +
           wrapped(m[2], grid->n[2]);
}

/* Where the half grid keeps f(G) or, as -1 - place, its conjugate f(-G). */
static int half_place(const km_grid *grid, const int m[3])
{
    const int n_last = grid->n[2] / 2 + 1;
    const int sign = m[2] < 0 ? -1 : 1;
    int at =
        (wrapped(sign * m[0], grid->n[0]) * grid->n[1] + wrapped(sign * m[1], grid->n[1])) *
            n_last +
        sign * m[2];

    return sign < 0 ? -1 - at : at;
}

static void g_vector(const double *b, const int m[3], double g[3])
{
    for (int x = 0; x < 3; ++x) g[x] = m[0] * b[x] + m[1] * b[3 + x] + m[2] * b[6 + x];
}

static double squared(const double g[3])
{
    return g[0] * g[0] + g[1] * g[1] + g[2] * g[2];
}

/* Largest |G|^2 of a sphere that the grid holds: no coordinate beyond (n - 1) / 2. */
static double held_g2(const km_grid *grid, const km_crystal *crystal, double ecut_ha)
{
    double g2_max = 8 * ecut_ha;

    for (int axis = 0; axis < 3; ++axis) {
        const double *a = km_crystal_cell_bohr(crystal) + 3 * axis;
        int m_max = (grid->n[axis] - 1) / 2;
        double reach = 2 * KM_PI * (m_max + 1) / sqrt(squared(a));

        if (largest_miller(crystal, axis, sqrt(g2_max)) > m_max)
            g2_max = fmin(g2_max, reach * reach * (1 - 1e-6));
    }
    return g2_max;
}

static void visit_sphere(km_grid *grid, const km_crystal *crystal, double g2_max, bool store)
{
    const double *b = km_crystal_reciprocal_bohr(crystal);
    int limit[3], m[3], n_g = 0;

    for (int axis = 0; axis < 3; ++axis) limit[axis] = (grid->n[axis] - 1) / 2;
    for (m[0] = -limit[0]; m[0] <= limit[0]; ++m[0])
        for (m[1] = -limit[1]; m[1] <= limit[1]; ++m[1])
            for (m[2] = -limit[2]; m[2] <= limit[2]; ++m[2]) {
                double g[3];

                g_vector(b, m, g);
                if (squared(g) > g2_max * (1 + SPHERE_MARGIN)) continue;
                if (store) {
                    memcpy(grid->miller + 3 * n_g, m, sizeof m);
                    memcpy(grid->g_cart + 3 * n_g, g, sizeof g);
                    grid->g2[n_g] = squared(g);
                    grid->half[n_g] = half_place(grid, m);
                    grid->find[place(grid, m)] = n_g;
                    if (m[0] == 0 && m[1] == 0 && m[2] == 0) grid->zero = n_g;
                }
                ++n_g;
            }
    grid->n_g = n_g;
}

static km_status check_grid(const km_crystal *crystal, double ecut_ha, const int n[3])
{
    const double length = sqrt(2 * ecut_ha);

    KM_TRY(KM_CHECK(ecut_ha > 0, KM_E_ARGUMENT, "ecut_ha = %g must be positive", ecut_ha));
    for (int axis = 0; axis < 3; ++axis) {
        int least = 2 * largest_miller(crystal, axis, length) + 1;

        KM_TRY(KM_CHECK(n[axis] >= least, KM_E_ARGUMENT,
                        "FFT grid [%d, %d, %d]: %d points along axis %d cannot hold the plane "
                        "waves of %g Ha, at least %d are wanted",
                        n[0], n[1], n[2], n[axis], axis + 1, ecut_ha, least));
    }
    return KM_OK;
}

km_status km_grid_create(const km_crystal *crystal, double ecut_ha, const int n[3],
                         km_grid **out)
{
    km_grid *grid = NULL;
    km_status status = KM_OK;
    double g2_max;

    *out = NULL;
    KM_TRY(check_grid(crystal, ecut_ha, n));
    KM_TRY(KM_ALLOC(grid, 1));
    memcpy(grid->n, n, sizeof grid->n);
    grid->n_point = n[0] * n[1] * n[2];
    grid->n_half = n[0] * n[1] * (n[2] / 2 + 1);
    g2_max = held_g2(grid, crystal, ecut_ha);
    visit_sphere(grid, crystal, g2_max, false);
    KM_TRY_TO(fail, KM_RESERVE(grid->miller, 3 * grid->n_g));
    KM_TRY_TO(fail, KM_RESERVE(grid->half, grid->n_g));
    KM_TRY_TO(fail, KM_RESERVE(grid->find, grid->n_point));
    KM_TRY_TO(fail, KM_RESERVE(grid->g_cart, 3 * grid->n_g));
    KM_TRY_TO(fail, KM_RESERVE(grid->g2, grid->n_g));
    KM_TRY_TO(fail, KM_RESERVE(grid->real, grid->n_point));
    KM_TRY_TO(fail, KM_RESERVE(grid->reciprocal, grid->n_half));
    for (int i = 0; i < grid->n_point; ++i) grid->find[i] = -1;
    visit_sphere(grid, crystal, g2_max, true);
    KM_TRY_TO(fail, km_fft_plans_create(n, grid->real, grid->reciprocal, &grid->plans));
    *out = grid;
    return KM_OK;
fail:
    km_grid_destroy(&grid);
    return status;
}

void km_grid_set_cell(km_grid *grid, const km_crystal *crystal)
{
    const double *b = km_crystal_reciprocal_bohr(crystal);

    for (int ig = 0; ig < grid->n_g; ++ig) {
        double *g = grid->g_cart + 3 * ig;

        g_vector(b, grid->miller + 3 * ig, g);
        grid->g2[ig] = squared(g);
    }
}

void km_grid_destroy(km_grid **grid)
{
    km_grid *g = *grid;

    if (!g) return;
    km_fft_plans_destroy(&g->plans);
    KM_FREE(g->miller);
    KM_FREE(g->half);
    KM_FREE(g->find);
    KM_FREE(g->g_cart);
    KM_FREE(g->g2);
    KM_FREE(g->real);
    KM_FREE(g->reciprocal);
    KM_FREE(*grid);
}

const int *km_grid_n(const km_grid *grid)
{
    return grid->n;
}

int km_grid_n_point(const km_grid *grid)
{
    return grid->n_point;
}

int km_grid_n_g(const km_grid *grid)
{
    return grid->n_g;
}

int km_grid_zero(const km_grid *grid)
{
    return grid->zero;
}

const int *km_grid_miller(const km_grid *grid)
{
    return grid->miller;
}

const double *km_grid_g_cart(const km_grid *grid)
{
    return grid->g_cart;
}

const double *km_grid_g2(const km_grid *grid)
{
    return grid->g2;
}

int km_grid_find(const km_grid *grid, const int miller[3])
{
    for (int axis = 0; axis < 3; ++axis)
        if (2 * miller[axis] >= grid->n[axis] || 2 * miller[axis] <= -grid->n[axis]) return -1;
    return grid->find[place(grid, miller)];
}

/* f(r) into the work space. */
static void transform_to_real(km_grid *grid, const double complex *f_g)
{
    km_fft_plans_count(grid->plans);
    memset(grid->reciprocal, 0, sizeof *grid->reciprocal * (size_t)grid->n_half);
    for (int ig = 0; ig < grid->n_g; ++ig) {
        int at = grid->half[ig];

        if (at >= 0) grid->reciprocal[at] = f_g[ig];
    }
    km_fft_plans_backward(grid->plans);
}

void km_grid_to_real(km_grid *grid, const double complex *f_g, double *f_r)
{
    transform_to_real(grid, f_g);
    memcpy(f_r, grid->real, sizeof *f_r * (size_t)grid->n_point);
}

void km_grid_add_to_real(km_grid *grid, double factor, const double complex *f_g, double *f_r)
{
    transform_to_real(grid, f_g);
    for (int i = 0; i < grid->n_point; ++i) f_r[i] += factor * grid->real[i];
}

void km_grid_to_reciprocal(km_grid *grid, const double *f_r, double complex *f_g)
{
    const double scale = 1.0 / grid->n_point;

    km_fft_plans_count(grid->plans);
    memcpy(grid->real, f_r, sizeof *f_r * (size_t)grid->n_point);
    km_fft_plans_forward(grid->plans);
    for (int ig = 0; ig < grid->n_g; ++ig) {
        int at = grid->half[ig];

        f_g[ig] = scale * (at >= 0 ? grid->reciprocal[at] : conj(grid->reciprocal[-1 - at]));
    }
}

void km_grid_complete(const km_grid *grid, double complex *f_g)
{
    for (int ig = 0; ig < grid->zero; ++ig) f_g[ig] = conj(f_g[grid->n_g - 1 - ig]);
}

bool km_grid_is_invariant(const km_grid *grid, const int *rotation,
                          const double *translation_frac)
{
    for (int i = 0; i < 3; ++i) {
        double t = translation_frac[i] * grid->n[i];

        if (fabs(t - round(t)) > 1e-4 * grid->n[i]) return false;
        for (int j = 0; j < 3; ++j)
            if (rotation[3 * i + j] * grid->n[i] % grid->n[j] != 0) return false;
    }
    return true;
}

void km_grid_compute_phase(const km_grid *grid, const double frac[3], double complex *phase)
{
    /* One column (m0, m1) is a run of consecutive m2: its phases follow by multiplication. */
    const double complex step = cexp(-2 * KM_PI * I * frac[2]);

    for (int ig = 0; ig < grid->n_g; ++ig) {
        const int *m = grid->miller + 3 * ig;
        bool continues =
            ig > 0 && m[2] % 16 != 0 && m[2] == m[-1] + 1 && m[1] == m[-2] && m[0] == m[-3];

        phase[ig] =
            continues
                ? phase[ig - 1] * step
                : cexp(-2 * KM_PI * I * (m[0] * frac[0] + m[1] * frac[1] + m[2] * frac[2]));
    }
}
