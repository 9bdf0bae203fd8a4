#include "kaimen/learner/space.h"

#include "kaimen/base/units.h"

#include <math.h>

#define MAX_CIRCLE 3

static int n_circle(const km_space *space)
{
    return space->n_shift == 2 ? 3 : space->n_shift;
}

km_status km_space_check(const km_space *space)
{
    const double *a = space->lattice;
    const double area = space->n_shift == 2   ? a[0] * a[3] - a[1] * a[2]
                        : space->n_shift == 1 ? a[0]
                                              : 1;

    KM_TRY(KM_CHECK(space->n_shift >= 0 && space->n_shift <= 2, KM_E_ARGUMENT,
                    "a shift has %d coordinates; wanted 0 to 2", space->n_shift));
    KM_TRY(KM_CHECK(space->n_x >= 1 && space->n_x >= space->n_shift &&
                        km_space_n_direction(space) <= KM_SPACE_MAX,
                    KM_E_ARGUMENT, "%d coordinates; wanted 1 to %d", space->n_x,
                    KM_SPACE_MAX - n_circle(space) + space->n_shift));
    return KM_CHECK(isfinite(area) && fabs(area) > 1e-12, KM_E_ARGUMENT,
                    "the vectors of the shift's lattice are parallel or zero");
}

int km_space_n_direction(const km_space *space)
{
    return n_circle(space) + space->n_x - space->n_shift;
}

int km_space_n_feature(const km_space *space)
{
    return km_space_n_direction(space) + n_circle(space);
}

static double dot(const double *a, const double *b)
{
    return a[0] * b[0] + a[1] * b[1];
}

/* Shorten two vectors of a plane until neither gets shorter by adding the other (Gauss). */
static void reduce(double *a, double *b)
{
    for (int i = 0; i < 100; ++i) {
        double *longer = dot(a, a) > dot(b, b) ? a : b, *shorter = longer == a ? b : a;
        const double m = round(dot(a, b) / dot(shorter, shorter));

        if (m == 0) return;
        for (int x = 0; x < 2; ++x) longer[x] -= m * shorter[x];
    }
}

/* Reciprocal vectors with 2 pi, [MAX_CIRCLE][2]: the shortest two and the shorter one of their sum and difference. */
static void find_circles(const km_space *space, double b[MAX_CIRCLE][2])
{
    const double *a = space->lattice;
    double area, sign;

    for (int i = 0; i < MAX_CIRCLE; ++i) b[i][0] = b[i][1] = 0;
    if (space->n_shift == 1) b[0][0] = 2 * KM_PI / a[0];
    if (space->n_shift < 2) return;
    area = a[0] * a[3] - a[1] * a[2];
    b[0][0] = 2 * KM_PI * a[3] / area;
    b[0][1] = -2 * KM_PI * a[2] / area;
    b[1][0] = -2 * KM_PI * a[1] / area;
    b[1][1] = 2 * KM_PI * a[0] / area;
    reduce(b[0], b[1]);
    sign = dot(b[0], b[1]) > 0 ? -1 : 1;
    for (int x = 0; x < 2; ++x) b[2][x] = b[0][x] + sign * b[1][x];
}

void km_space_embed(const km_space *space, int n, const double *x, double *feature)
{
    const int n_c = n_circle(space);
    double b[MAX_CIRCLE][2];

    find_circles(space, b);
    for (int i = 0; i < n; ++i, x += space->n_x) {
        for (int c = 0; c < n_c; ++c) {
            const double length = sqrt(dot(b[c], b[c]));
            double phase = 0;

            for (int s = 0; s < space->n_shift; ++s) phase += b[c][s] * x[s];
            *feature++ = cos(phase) / length;
            *feature++ = sin(phase) / length;
        }
        for (int k = space->n_shift; k < space->n_x; ++k) *feature++ = x[k];
    }
}

void km_space_distance2(const km_space *space, const double *a, const double *b,
                        double *distance2)
{
    const int n_c = n_circle(space), n_plain = space->n_x - space->n_shift;

    for (int c = 0; c < n_c; ++c, a += 2, b += 2)
        *distance2++ = (a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]);
    for (int k = 0; k < n_plain; ++k) *distance2++ = (a[k] - b[k]) * (a[k] - b[k]);
}

void km_space_extent(const km_space *space, int n, const double *feature, double *extent)
{
    const int n_c = n_circle(space), n_plain = space->n_x - space->n_shift;
    const int n_feature = km_space_n_feature(space);

    for (int c = 0; c < n_c; ++c) extent[c] = 2 * hypot(feature[2 * c], feature[2 * c + 1]);
    for (int k = 0; k < n_plain; ++k) {
        double lowest = HUGE_VAL, highest = -HUGE_VAL;

        for (int i = 0; i < n; ++i) {
            const double x = feature[(size_t)i * (size_t)n_feature + (size_t)(2 * n_c + k)];

            lowest = fmin(lowest, x);
            highest = fmax(highest, x);
        }
        extent[n_c + k] = highest - lowest;
    }
}
