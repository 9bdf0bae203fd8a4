#include "kaimen/dft/mixing.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/units.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* |G|^2 below this is G = 0, bohr^-2: the longest slab has 1e-5. */
#define G2_ZERO 1e-12
/* A residual difference whose part independent of newer ones is smaller than this, squared, only adds noise. */
#define INDEPENDENT 1e-10
/* A step that changed the residual by less than this, squared, of itself is rounding noise. */
#define NOISE 1e-16

struct km_mixing {
    int n_spin, n_g;
    int first; /* G vectors from here on are kept: half of them where the others follow from these, else all */
    int n; /* numbers kept: n_spin (n_g - first) */
    double fraction;
    int depth;               /* differences that can be kept */
    int n_kept;              /* differences kept; slot 0 is not always the newest, see newest */
    int newest;              /* slot of the newest difference */
    bool has_last;           /* last_in and last_residual are set */
    double *metric;          /* of the scalar product: 0 where nothing is mixed, [n] */
    km_screening *screening; /* of the density; borrowed, NULL: none */
    double *screen;          /* P(G), 0 where nothing is mixed, [n] */
    double complex *last_in, *last_residual; /* [n] */
    double complex *residual;                /* of the current call, [n] */
    double complex *step_in, *step_residual; /* differences of successive calls, [depth][n] */
    double overlap[KM_MIXING_MAX_HISTORY]
                  [KM_MIXING_MAX_HISTORY]; /* of step_residual, by slot */
};

km_mixing_options km_mixing_options_default(void)
{
    return (km_mixing_options){
        .mixing = 0.8, .history = 8, .dielectric = 4, .length_bohr = 2, .n_spin = 1};
}

static km_status check_options(const km_mixing_options *o, int n_g, double volume_bohr3)
{
    KM_TRY(KM_CHECK(n_g > 0, KM_E_ARGUMENT, "n_g = %d must be positive", n_g));
    KM_TRY(KM_CHECK(volume_bohr3 > 0, KM_E_ARGUMENT, "volume = %g bohr^3 must be positive",
                    volume_bohr3));
    KM_TRY(KM_CHECK(o->mixing > 0 && o->mixing <= 1, KM_E_ARGUMENT,
                    "mixing = %g must be in (0, 1]", o->mixing));
    KM_TRY(KM_CHECK(o->history >= 0 && o->history <= KM_MIXING_MAX_HISTORY, KM_E_ARGUMENT,
                    "mixing history = %d must be 0 to %d", o->history, KM_MIXING_MAX_HISTORY));
    KM_TRY(KM_CHECK(o->dielectric >= 1, KM_E_ARGUMENT, "dielectric = %g must be at least 1",
                    o->dielectric));
    KM_TRY(KM_CHECK(o->n_spin == 1 || o->n_spin == 2, KM_E_ARGUMENT,
                    "n_spin = %d must be 1 or 2", o->n_spin));
    return KM_CHECK(o->length_bohr > 0, KM_E_ARGUMENT, "length = %g bohr must be positive",
                    o->length_bohr);
}

static void set_metric(km_mixing *mixing, const double *g2_bohr2, double volume_bohr3,
                       const km_mixing_options *options)
{
    const int n = mixing->n_g - mixing->first;

    for (int i = 0; i < n; i++) {
        const double g2 = g2_bohr2[mixing->first + i];
        const double m = mixing->first > 0 && i > 0 ? 2 : 1; /* -G is not kept */
        const double x = g2 * options->length_bohr * options->length_bohr;

        if (options->n_spin == 2) {
            mixing->metric[n + i] = volume_bohr3 * m / (2 * KM_PI);
            mixing->screen[n + i] = 1;
        }
        if (g2 < G2_ZERO) continue;
        mixing->metric[i] = 2 * KM_PI * volume_bohr3 * m / g2;
        mixing->screen[i] = (1 / options->dielectric + x) / (1 + x);
    }
}

km_status km_mixing_create(int n_g, const double *g2_bohr2, bool is_paired, double volume_bohr3,
                           const km_mixing_options *options, km_mixing **out)
{
    km_mixing *mixing = NULL;
    km_status status = KM_OK;

    *out = NULL;
    KM_TRY(check_options(options, n_g, volume_bohr3));
    KM_TRY(KM_ALLOC(mixing, 1));
    mixing->n_spin = options->n_spin;
    mixing->n_g = n_g;
    mixing->first = is_paired ? n_g / 2 : 0;
    mixing->n = options->n_spin * (n_g - mixing->first);
    mixing->fraction = options->mixing;
    mixing->depth = options->history;
    KM_TRY_TO(fail, KM_ALLOC(mixing->metric, mixing->n));
    KM_TRY_TO(fail, KM_ALLOC(mixing->screen, mixing->n));
    KM_TRY_TO(fail, KM_RESERVE(mixing->last_in, mixing->n));
    KM_TRY_TO(fail, KM_RESERVE(mixing->last_residual, mixing->n));
    KM_TRY_TO(fail, KM_RESERVE(mixing->residual, mixing->n));
    KM_TRY_TO(fail, KM_RESERVE(mixing->step_in, (size_t)mixing->n * options->history));
    KM_TRY_TO(fail, KM_RESERVE(mixing->step_residual, (size_t)mixing->n * options->history));
    set_metric(mixing, g2_bohr2, volume_bohr3, options);
    *out = mixing;
    return KM_OK;
fail:
    km_mixing_destroy(&mixing);
    return status;
}

void km_mixing_destroy(km_mixing **mixing)
{
    if (!*mixing) return;
    KM_FREE((*mixing)->metric);
    KM_FREE((*mixing)->screen);
    KM_FREE((*mixing)->last_in);
    KM_FREE((*mixing)->last_residual);
    KM_FREE((*mixing)->residual);
    KM_FREE((*mixing)->step_in);
    KM_FREE((*mixing)->step_residual);
    KM_FREE(*mixing);
}

/* What is kept of a density. */
static void pack(const km_mixing *mixing, const double complex *rho, double complex *kept)
{
    const int n = mixing->n_g - mixing->first;

    for (int s = 0; s < mixing->n_spin; s++)
        memcpy(kept + s * n, rho + s * mixing->n_g + mixing->first, sizeof *rho * (size_t)n);
}

static void set_residual(km_mixing *mixing, const double complex *rho_in,
                         const double complex *rho_out)
{
    const int n = mixing->n_g - mixing->first;

    for (int s = 0; s < mixing->n_spin; s++)
        for (int i = 0; i < n; i++) {
            const int ig = s * mixing->n_g + mixing->first + i;

            mixing->residual[s * n + i] = rho_out[ig] - rho_in[ig];
        }
}

/* A density of which this is kept: f(-G) = f(G)*. */
static void unpack(const km_mixing *mixing, const double complex *kept, double complex *rho)
{
    const int n = mixing->n_g - mixing->first;

    for (int s = 0; s < mixing->n_spin; s++, kept += n, rho += mixing->n_g) {
        memcpy(rho + mixing->first, kept, sizeof *rho * (size_t)n);
        for (int i = 0; i < mixing->first; i++) rho[i] = conj(rho[mixing->n_g - 1 - i]);
    }
}

void km_mixing_inverse_dielectric(const km_mixing *mixing, double *inverse)
{
    const int n = mixing->n_g - mixing->first;

    memcpy(inverse + mixing->first, mixing->screen, sizeof *inverse * (size_t)n);
    for (int i = 0; i < mixing->first; i++) inverse[i] = inverse[mixing->n_g - 1 - i];
}

void km_mixing_set_screening(km_mixing *mixing, km_screening *screening)
{
    mixing->screening = screening;
}

void km_mixing_reset(km_mixing *mixing, double fraction)
{
    mixing->fraction = fraction;
    mixing->n_kept = 0;
    mixing->has_last = false;
}

static double product(const km_mixing *mixing, const double complex *a, const double complex *b)
{
    double sum = 0;

    for (int ig = 0; ig < mixing->n; ig++)
        sum += mixing->metric[ig] * (creal(a[ig]) * creal(b[ig]) + cimag(a[ig]) * cimag(b[ig]));
    return sum;
}

double km_mixing_error_ha(const km_mixing *mixing, const double complex *rho_in,
                          const double complex *rho_out)
{
    const int n = mixing->n_g - mixing->first;
    double sum = 0;

    for (int s = 0; s < mixing->n_spin; s++)
        for (int i = 0; i < n; i++) {
            const int ig = s * mixing->n_g + mixing->first + i;
            const double complex d = rho_out[ig] - rho_in[ig];

            sum += mixing->metric[s * n + i] * (creal(d) * creal(d) + cimag(d) * cimag(d));
        }
    return sum;
}

/* Slot of the difference that is `age` steps old. */
static int slot_of(const km_mixing *mixing, int age)
{
    return (mixing->newest - age + mixing->depth) % mixing->depth;
}

/* Store what changed since the last call; the oldest difference gives way. */
static void keep_step(km_mixing *mixing, const double complex *rho_in)
{
    double complex *step_in, *step_residual;

    if (mixing->depth == 0) return;
    mixing->newest = (mixing->newest + 1) % mixing->depth;
    if (mixing->n_kept < mixing->depth) mixing->n_kept++;
    step_in = mixing->step_in + (size_t)mixing->newest * mixing->n;
    step_residual = mixing->step_residual + (size_t)mixing->newest * mixing->n;
    pack(mixing, rho_in, step_in);
    for (int i = 0; i < mixing->n; i++) {
        step_in[i] -= mixing->last_in[i];
        step_residual[i] = mixing->residual[i] - mixing->last_residual[i];
    }
    for (int age = 0; age < mixing->n_kept; age++) {
        const int slot = slot_of(mixing, age);
        const double value =
            product(mixing, step_residual, mixing->step_residual + (size_t)slot * mixing->n);

        mixing->overlap[slot][mixing->newest] = value;
        mixing->overlap[mixing->newest][slot] = value;
    }
}

/*
 * Least squares |residual - sum of c_j step_j| in the metric, by Cholesky's method from the newest step to the oldest.
 * A step that depends on newer ones ends it: it and all older ones are forgotten.
 */
static void find_coefficients(km_mixing *mixing, double *c)
{
    const double residual2 = product(mixing, mixing->residual, mixing->residual);
    double l[KM_MIXING_MAX_HISTORY][KM_MIXING_MAX_HISTORY] = {{0}};
    int n = 0;

    for (; n < mixing->n_kept; n++) {
        const int slot = slot_of(mixing, n);
        const double norm = mixing->overlap[slot][slot];
        double rest = norm;

        c[n] =
            product(mixing, mixing->step_residual + (size_t)slot * mixing->n, mixing->residual);
        for (int j = 0; j < n; j++) {
            l[n][j] = mixing->overlap[slot][slot_of(mixing, j)];
            for (int k = 0; k < j; k++) l[n][j] -= l[n][k] * l[j][k];
            l[n][j] /= l[j][j];
            rest -= l[n][j] * l[n][j];
            c[n] -= l[n][j] * c[j];
        }
        if (!(rest > INDEPENDENT * norm && norm > NOISE * residual2)) break;
        l[n][n] = sqrt(rest);
        c[n] /= l[n][n];
    }
    mixing->n_kept = n;
    for (int i = n - 1; i >= 0; i--) {
        for (int j = i + 1; j < n; j++) c[i] -= l[j][i] * c[j];
        c[i] /= l[i][i];
    }
}

/* kept -= sum of c_j step_j where something is mixed. */
static void subtract_steps(const km_mixing *mixing, const double *c, const double complex *step,
                           double complex *kept)
{
    for (int j = 0; j < mixing->n_kept; j++) {
        const double complex *s = step + (size_t)slot_of(mixing, j) * mixing->n;

        for (int i = 0; i < mixing->n; i++)
            if (mixing->metric[i] > 0) kept[i] -= c[j] * s[i];
    }
}

/* The residual is used up: what is kept of it is last_residual, and of rho_in last_in. */
static void set_next(km_mixing *mixing, const double *c, double complex *next)
{
    double complex *step = mixing->residual;

    subtract_steps(mixing, c, mixing->step_residual, step);
    for (int i = 0; i < mixing->n; i++)
        if (!(mixing->metric[i] > 0)) step[i] = 0; /* the number of electrons is not mixed */
    if (mixing->screening) {
        unpack(mixing, step, next);
        km_screening_apply(mixing->screening, next);
        pack(mixing, next, step);
    }
    for (int i = 0; i < mixing->n; i++)
        step[i] = mixing->last_in[i] + mixing->fraction * mixing->screen[i] * step[i];
    subtract_steps(mixing, c, mixing->step_in, step);
    unpack(mixing, step, next);
}

km_status km_mixing_compute(km_mixing *mixing, const double complex *rho_in,
                            const double complex *rho_out, double complex *next)
{
    double c[KM_MIXING_MAX_HISTORY], error = km_mixing_error_ha(mixing, rho_in, rho_out);

    KM_TRY(KM_CHECK(isfinite(error), KM_E_NUMERIC,
                    "density mixing: the residual's norm is %g, wanted a finite number",
                    error));
    set_residual(mixing, rho_in, rho_out);
    if (mixing->has_last) keep_step(mixing, rho_in);
    find_coefficients(mixing, c);
    /* before next, which may be rho_in */
    pack(mixing, rho_in, mixing->last_in);
    memcpy(mixing->last_residual, mixing->residual,
           (size_t)mixing->n * sizeof *mixing->residual);
    mixing->has_last = true;
    set_next(mixing, c, next);
    return KM_OK;
}
