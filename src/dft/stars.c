#include "kaimen/dft/stars.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/units.h"

#include <math.h>

struct km_stars {
    int n_g;
    bool is_even;
    int n;       /* stars; 0 where each G is one */
    int *first;  /* [n + 1]: of each star in `member`; NULL without stars, as are the others */
    int *member; /* [n_g]: G vectors, star by star */
    double complex *
        phase; /* [n_g]: of each member's coefficient against the first one's; NULL: all are 1 */
    double *
        share; /* [n]: of each member in the star's mean; 0 where operations contradict each other: it is extinct */
};

/* Where an operation takes G: R^T G, or -1 beyond the sphere; and exp(2 pi i m t). */
static int image_of(const km_grid *grid, const km_symmetry *symmetry, int operation,
                    const int m[3], double complex *phase)
{
    const int *r = km_symmetry_rotation(symmetry, operation);
    const double *t = km_symmetry_translation_frac(symmetry, operation);
    const double turns = m[0] * t[0] + m[1] * t[1] + m[2] * t[2];
    int image[3];

    for (int j = 0; j < 3; ++j) image[j] = r[j] * m[0] + r[3 + j] * m[1] + r[6 + j] * m[2];
    *phase = turns == 0 ? 1 : cexp(2 * KM_PI * I * turns);
    return km_grid_find(grid, image);
}

/* The star of a G vector that is in none: it is the first member, with the phase 1. */
static void add_star(km_stars *stars, const km_grid *grid, const km_symmetry *symmetry, int ig,
                     bool *has_star)
{
    const int n = km_symmetry_n_operation(symmetry), *m = km_grid_miller(grid) + 3 * ig;
    int end = stars->first[stars->n];
    double complex sum = 0;

    has_star[ig] = true;
    stars->member[end] = ig;
    stars->phase[end++] = 1;
    for (int i = 0; i < n; ++i) {
        double complex phase;
        const int at = image_of(grid, symmetry, i, m, &phase);

        if (at == ig) sum += phase;
        if (at < 0 || has_star[at]) continue;
        has_star[at] = true;
        stars->member[end] = at;
        stars->phase[end++] = phase;
    }
    stars->share[stars->n++] = creal(sum) / n;
    stars->first[stars->n] = end;
}

static bool are_all_one(int n, const double complex *phase)
{
    for (int i = 0; i < n; ++i)
        if (phase[i] != 1) return false;
    return true;
}

static km_status find_stars(km_stars *stars, const km_grid *grid, const km_symmetry *symmetry)
{
    bool *has_star = NULL;

    KM_TRY(KM_RESERVE(stars->first, stars->n_g + 1));
    KM_TRY(KM_RESERVE(stars->member, stars->n_g));
    KM_TRY(KM_RESERVE(stars->phase, stars->n_g));
    KM_TRY(KM_RESERVE(stars->share, stars->n_g));
    stars->first[0] = 0;
    KM_TRY(KM_ALLOC(has_star, stars->n_g));
    for (int ig = 0; ig < stars->n_g; ++ig)
        if (!has_star[ig]) add_star(stars, grid, symmetry, ig, has_star);
    KM_FREE(has_star);
    if (are_all_one(stars->n_g, stars->phase)) KM_FREE(stars->phase);
    return KM_OK;
}

km_status km_stars_create(const km_grid *grid, const km_symmetry *symmetry, bool is_even,
                          km_stars **out)
{
    km_stars *stars = NULL;
    km_status status = KM_OK;

    *out = NULL;
    KM_TRY(KM_ALLOC(stars, 1));
    stars->n_g = km_grid_n_g(grid);
    stars->is_even = is_even;
    if (symmetry && km_symmetry_n_operation(symmetry) > 1)
        KM_TRY_TO(fail, find_stars(stars, grid, symmetry));
    *out = stars;
    return KM_OK;
fail:
    km_stars_destroy(&stars);
    return status;
}

void km_stars_destroy(km_stars **stars)
{
    if (!*stars) return;
    KM_FREE((*stars)->first);
    KM_FREE((*stars)->member);
    KM_FREE((*stars)->phase);
    KM_FREE((*stars)->share);
    KM_FREE(*stars);
}

/* A star cut in two by the sphere's surface, as of a cell symmetric up to rounding: what lies beyond counts as 0. */
static void average_star(const km_stars *stars, int i, double complex *rho)
{
    const int *member = stars->member;
    double complex mean = 0;

    if (stars->phase)
        for (int j = stars->first[i]; j < stars->first[i + 1]; ++j)
            mean += conj(stars->phase[j]) * rho[member[j]];
    else
        for (int j = stars->first[i]; j < stars->first[i + 1]; ++j) mean += rho[member[j]];
    mean *= stars->share[i];
    if (stars->phase)
        for (int j = stars->first[i]; j < stars->first[i + 1]; ++j)
            rho[member[j]] = stars->phase[j] * mean;
    else
        for (int j = stars->first[i]; j < stars->first[i + 1]; ++j) rho[member[j]] = mean;
}

void km_stars_average(const km_stars *stars, double complex *rho)
{
    for (int i = 0; i < stars->n; ++i) average_star(stars, i, rho);
    for (int ig = 0; stars->is_even && ig < stars->n_g; ++ig) rho[ig] = creal(rho[ig]);
}
