#include "radial.h"

#include "shells.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/units.h"
#include "kaimen/math/special.h"

#include <math.h>
#include <string.h>

/*
 * The interpolation errs by 3e-13 times the sixth derivative, <r^6 f>: below 1e-9 for every projector of PseudoDojo, the
 * widest of which ends at 2.7 bohr.
 */
#define Q_STEP 0.05
#define N_Q ((int)(KM_RADIAL_Q_MAX_BOHR / Q_STEP + 0.5) + 1)

/* Points of the real-space interpolation. */
#define N_NEAR 6

/* r V_loc + Z at the end of the mesh: 1e-5 in the files at hand, units or charge are wrong where it is large. */
static const double TAIL_TOLERANCE_HA_BOHR = 1e-2;

km_status km_radial_create(int n_r, km_radial **out)
{
    km_radial *radial = NULL;
    km_status status;

    *out = NULL;
    KM_TRY(KM_ALLOC(radial, 1));
    radial->n_r = n_r;
    KM_TRY_TO(fail, KM_ALLOC(radial->r_bohr, n_r));
    KM_TRY_TO(fail, KM_ALLOC(radial->step, n_r));
    KM_TRY_TO(fail, KM_ALLOC(radial->local.value, n_r));
    radial->local.n = n_r;
    *out = radial;
    return KM_OK;
fail:
    km_radial_destroy(&radial);
    return status;
}

static void destroy_function(km_radial_function *function)
{
    KM_FREE(function->value);
    KM_FREE(function->weight);
    km_quintic_destroy(&function->transform);
}

void km_radial_destroy(km_radial **radial)
{
    if (!*radial) return;
    for (int ic = 0; ic <= KM_L_MAX; ++ic)
        for (int ip = 0; ip < KM_PROJECTOR_MAX; ++ip)
            destroy_function(&(*radial)->projector[ic][ip]);
    destroy_function(&(*radial)->local);
    destroy_function(&(*radial)->core);
    KM_FREE((*radial)->r_bohr);
    KM_FREE((*radial)->step);
    KM_FREE(*radial);
}

/* What a reader hands over. */

static int find_channel(km_radial *radial, int l)
{
    int ic = 0;

    while (ic < radial->n_channel && radial->channel[ic].l != l) ++ic;
    if (ic == radial->n_channel) radial->channel[radial->n_channel++].l = l;
    return ic;
}

km_status km_radial_add_projector(km_radial *radial, int l, int n, const double *value, int *ic,
                                  int *ip)
{
    km_radial_function *function;
    const double *r = radial->r_bohr;

    KM_TRY(KM_CHECK(l >= 0 && l <= KM_L_MAX, KM_E_INPUT,
                    "a projector has l = %d, wanted 0 to %d", l, KM_L_MAX));
    *ic = find_channel(radial, l);
    *ip = radial->channel[*ic].n_projector++;
    KM_TRY(KM_CHECK(*ip < KM_PROJECTOR_MAX, KM_E_INPUT,
                    "more than %d projectors have l = %d, which is not supported",
                    KM_PROJECTOR_MAX, l));
    while (n > 0 && value[n - 1] == 0) --n;
    function = &radial->projector[*ic][*ip];
    function->l = l;
    function->n = n;
    KM_TRY(KM_ALLOC(function->value, n));
    for (int i = 0; i < n; ++i) function->value[i] = r[i] > 0 ? value[i] / r[i] : 0;
    /* At the nucleus: zero for l > 0, else an even parabola through the next two points. */
    if (l == 0 && n > 2 && r[0] == 0)
        function->value[0] =
            (r[2] * r[2] * function->value[1] - r[1] * r[1] * function->value[2]) /
            (r[2] * r[2] - r[1] * r[1]);
    return KM_OK;
}

/** Channels in the order of their l. */
static void sort_channels(km_radial *radial)
{
    for (int i = 1; i < radial->n_channel; ++i)
        for (int j = i; j > 0 && radial->channel[j].l < radial->channel[j - 1].l; --j) {
            km_pseudo_channel channel = radial->channel[j];
            km_radial_function functions[KM_PROJECTOR_MAX];

            radial->channel[j] = radial->channel[j - 1];
            radial->channel[j - 1] = channel;
            memcpy(functions, radial->projector[j], sizeof functions);
            memcpy(radial->projector[j], radial->projector[j - 1], sizeof functions);
            memcpy(radial->projector[j - 1], functions, sizeof functions);
        }
}

/* Transforms. */

/** scale r^2 f(r) with the weights of Simpson's rule on an odd number of points; beyond f's own it is zero. */
static km_status make_weights(const km_radial *radial, double scale, km_radial_function *f)
{
    const int last = f->n < radial->n_r ? f->n + f->n % 2 : f->n - 1 - (f->n - 1) % 2;

    KM_TRY(KM_ALLOC(f->weight, f->n));
    for (int i = 0; i < f->n && i <= last; ++i) {
        double simpson = (i == 0 || i == last ? 1.0 : i % 2 ? 4.0 : 2.0) / 3.0;

        f->weight[i] = scale * simpson * radial->step[i] * radial->r_bohr[i] *
                       radial->r_bohr[i] * f->value[i];
    }
    return KM_OK;
}

/** j_l and its first two derivatives. Source: Abramowitz and Stegun, 10.1.22. */
static void compute_bessel(int l, double x, double j[3])
{
    double next;

    if (x < 1e-4) { /* the series, where the recurrence would cancel */
        static const double value[] = {1, 0, 0, 0}, slope[] = {0, 1.0 / 3, 0, 0},
                            curvature[] = {-1.0 / 3, 0, 2.0 / 15, 0};

        j[0] = value[l] + x * (slope[l] + 0.5 * x * curvature[l]);
        j[1] = slope[l] + x * curvature[l];
        j[2] = curvature[l];
        return;
    }
    if (x < l + 2.0) {
        j[0] = km_spherical_bessel(l, x);
        next = km_spherical_bessel(l + 1, x);
    } else {
        double before = cos(x) / x;

        j[0] = sin(x) / x;
        for (int i = 0; i < l; ++i) {
            next = (2 * i + 1) / x * j[0] - before;
            before = j[0];
            j[0] = next;
        }
        next = (2 * l + 1) / x * j[0] - before;
    }
    j[1] = l / x * j[0] - next;
    j[2] = (l * (l - 1) / (x * x) - 1.0) * j[0] + 2.0 / x * next;
}

/** The transform and its first two derivatives at q. */
static void sum_mesh(const km_radial *radial, const km_radial_function *f, double q,
                     double sum[3])
{
    sum[0] = sum[1] = sum[2] = 0;
    for (int i = 0; i < f->n; ++i) {
        double r = radial->r_bohr[i], j[3];

        compute_bessel(f->l, q * r, j);
        sum[0] += f->weight[i] * j[0];
        sum[1] += f->weight[i] * r * j[1];
        sum[2] += f->weight[i] * r * r * j[2];
    }
}

static km_status make_transform(const km_radial *radial, double scale, km_radial_function *f)
{
    km_status status = KM_OK;
    double *table = NULL;

    KM_TRY(make_weights(radial, scale, f));
    KM_TRY(KM_ALLOC(table, 3 * N_Q));
    for (int i = 0; i < N_Q; ++i) sum_mesh(radial, f, i * Q_STEP, table + 3 * i);
    status = km_quintic_create(Q_STEP, N_Q, table, &f->transform);
    KM_FREE(table);
    return status;
}

/** Integral of r^2 p^2 becomes 1, and the couplings take the norms. */
static km_status finish_projector(km_radial *radial, int ic, int ip)
{
    km_pseudo_channel *channel = &radial->channel[ic];
    km_radial_function *p = &radial->projector[ic][ip];
    double norm = 0;

    KM_TRY(make_weights(radial, 1, p));
    for (int i = 0; i < p->n; ++i) norm += p->weight[i] * p->value[i];
    KM_FREE(p->weight);
    KM_TRY(KM_CHECK(norm > 0, KM_E_INPUT, "%s: projector %d of l = %d is zero",
                    radial->info.path, ip + 1, p->l));
    norm = sqrt(norm);
    for (int i = 0; i < p->n; ++i) p->value[i] /= norm;
    for (int j = 0; j < channel->n_projector; ++j) {
        channel->coupling_ha[ip][j] *= norm;
        channel->coupling_ha[j][ip] *= norm;
    }
    return make_transform(radial, 1, p);
}

/** Number of points up to KM_RADIAL_R_MAX_BOHR, one beyond it included; odd, as pw.x has it. */
static int count_inside(const km_radial *radial, int n)
{
    int i = 0;

    while (i < n && radial->r_bohr[i] <= KM_RADIAL_R_MAX_BOHR) ++i;
    if (i < n) ++i;
    return i == n && n < radial->n_r ? n : i - (i % 2 == 0);
}

/** erf(r) / r. */
static double screened_coulomb(double r)
{
    return r > 1e-6 ? erf(r) / r : 2.0 / sqrt(KM_PI);
}

static km_status finish_local(km_radial *radial)
{
    km_radial_function *local = &radial->local;
    const double z = radial->info.z_valence;
    int last;

    local->n = count_inside(radial, local->n);
    last = local->n - 1;
    KM_TRY(KM_CHECK(
        fabs(radial->r_bohr[last] * local->value[last] + z) < TAIL_TOLERANCE_HA_BOHR,
        KM_E_INPUT,
        "%s: r V_loc = %g Ha bohr at the end of the mesh, %g bohr; wanted -%g, the "
        "charge of the ion",
        radial->info.path, radial->r_bohr[last] * local->value[last], radial->r_bohr[last], z));
    for (int i = 0; i <= last; ++i) local->value[i] += z * screened_coulomb(radial->r_bohr[i]);
    return make_transform(radial, 4 * KM_PI, local);
}

static km_status check_mesh(const km_radial *radial)
{
    const double *r = radial->r_bohr;

    KM_TRY(KM_CHECK(radial->n_r > 2 * N_NEAR && r[0] >= 0, KM_E_INPUT,
                    "%s: the mesh has %d points from %g bohr, wanted more than %d from the "
                    "nucleus on",
                    radial->info.path, radial->n_r, r[0], 2 * N_NEAR));
    for (int i = 1; i < radial->n_r; ++i)
        KM_TRY(KM_CHECK(r[i] > r[i - 1], KM_E_INPUT,
                        "%s: point %d of the mesh, %g bohr, does not lie beyond the one before",
                        radial->info.path, i + 1, r[i]));
    return KM_OK;
}

static void complete_configuration(km_pseudo_info *info)
{
    double sum = 0;

    for (int l = 0; l <= KM_L_MAX; ++l) sum += info->n_electron[l];
    if (fabs(sum - info->z_valence) > 1e-6) km_shells_fill(info);
}

km_status km_radial_finish(km_radial *radial)
{
    KM_TRY(check_mesh(radial));
    complete_configuration(&radial->info);
    sort_channels(radial);
    for (int ic = 0; ic < radial->n_channel; ++ic)
        for (int ip = 0; ip < radial->channel[ic].n_projector; ++ip)
            KM_TRY(finish_projector(radial, ic, ip));
    KM_TRY(finish_local(radial));
    if (radial->core.n == 0) return KM_OK;
    while (radial->core.n > N_NEAR && radial->core.value[radial->core.n - 1] == 0)
        --radial->core.n;
    radial->core.n = count_inside(radial, radial->core.n);
    return make_transform(radial, 4 * KM_PI, &radial->core);
}

/* Reciprocal space. */

static double value_at(const km_radial *radial, const km_radial_function *f, double q)
{
    double sum[3];

    if (q <= km_quintic_end(f->transform)) return km_quintic_value(f->transform, q);
    sum_mesh(radial, f, q, sum);
    return sum[0];
}

static double slope_at(const km_radial *radial, const km_radial_function *f, double q)
{
    double sum[3];

    if (q <= km_quintic_end(f->transform)) return km_quintic_slope(f->transform, q);
    sum_mesh(radial, f, q, sum);
    return sum[1];
}

void km_radial_compute(const km_radial *radial, const km_radial_function *function, int n,
                       const double *q_bohr, double *f)
{
    for (int i = 0; i < n; ++i) f[i] = value_at(radial, function, q_bohr[i]);
}

void km_radial_compute_slope(const km_radial *radial, const km_radial_function *function, int n,
                             const double *q_bohr, double *slope)
{
    for (int i = 0; i < n; ++i) slope[i] = slope_at(radial, function, q_bohr[i]);
}

void km_radial_compute_local(const km_radial *radial, int n, const double *q_bohr, double *v)
{
    const double c = 4 * KM_PI * radial->info.z_valence;

    for (int i = 0; i < n; ++i) {
        double q2 = q_bohr[i] * q_bohr[i];

        v[i] = q2 > 0 ? value_at(radial, &radial->local, q_bohr[i]) - c * exp(-0.25 * q2) / q2
                      : km_radial_alpha_ha_bohr3(radial);
    }
}

void km_radial_compute_local_slope(const km_radial *radial, int n, const double *q_bohr,
                                   double *slope)
{
    const double c = 4 * KM_PI * radial->info.z_valence;

    for (int i = 0; i < n; ++i) {
        double q = q_bohr[i], q2 = q * q;

        slope[i] = 0;
        if (q2 > 0)
            slope[i] =
                slope_at(radial, &radial->local, q) + c * exp(-0.25 * q2) * (2 / q2 + 0.5) / q;
    }
}

double km_radial_alpha_ha_bohr3(const km_radial *radial)
{
    return value_at(radial, &radial->local, 0) + KM_PI * radial->info.z_valence;
}

/* Real space. */

/** First of the N_NEAR points about x. */
static int find_near(const double *r, int n, double x)
{
    int low = 0, high = n - 1;

    while (high - low > 1) {
        int middle = (low + high) / 2;

        if (r[middle] > x)
            high = middle;
        else
            low = middle;
    }
    low -= N_NEAR / 2 - 1;
    if (low > n - N_NEAR) low = n - N_NEAR;
    return low < 0 ? 0 : low;
}

/** Neville's scheme for a polynomial and its derivative. Source: Press et al., Numerical Recipes (1992), 3.1. */
static double interpolate(int n, const double *r, const double *f, double x, double *slope)
{
    double p[N_NEAR], dp[N_NEAR] = {0};

    memcpy(p, f, (size_t)n * sizeof *p);
    for (int m = 1; m < n; ++m)
        for (int i = 0; i < n - m; ++i) {
            double width = r[i + m] - r[i], a = (r[i + m] - x) / width;

            dp[i] = a * dp[i] + (1 - a) * dp[i + 1] + (p[i + 1] - p[i]) / width;
            p[i] = a * p[i] + (1 - a) * p[i + 1];
        }
    *slope = dp[0];
    return p[0];
}

void km_radial_compute_real(const km_radial *radial, const km_radial_function *function, int n,
                            const double *r_bohr, double *f, double *slope)
{
    const int n_near = function->n < N_NEAR ? function->n : N_NEAR;
    double unused;

    for (int i = 0; i < n; ++i) {
        int first = 0;

        f[i] = 0;
        if (slope) slope[i] = 0;
        if (function->n == 0 || r_bohr[i] > radial->r_bohr[function->n - 1]) continue;
        if (function->n > N_NEAR) first = find_near(radial->r_bohr, function->n, r_bohr[i]);
        f[i] = interpolate(n_near, radial->r_bohr + first, function->value + first, r_bohr[i],
                           slope ? slope + i : &unused);
    }
}

void km_radial_compute_local_real(const km_radial *radial, int n, const double *r_bohr,
                                  double *v_ha)
{
    km_radial_compute_real(radial, &radial->local, n, r_bohr, v_ha, NULL);
    for (int i = 0; i < n; ++i) v_ha[i] -= radial->info.z_valence * screened_coulomb(r_bohr[i]);
}
