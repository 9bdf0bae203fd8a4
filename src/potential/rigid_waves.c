/* The part of the Coulomb energy of two layers of charges that changes as one slides over the other. */
#include "kaimen/base/memory.h"
#include "kaimen/base/units.h"
#include "potential/rigid_map.h"

#include <complex.h>
#include <math.h>

/* Waves weaker than exp(-this) at the other layer's face are left out. */
static const double DECAY = 34;
/* So are amplitudes below this part of the largest. */
static const double NEGLIGIBLE = 1e-15;

typedef struct {
    double g[2];
    double complex amplitude; /* Ha */
} wave;

/* S(G) = sum_i q_i exp(i G.r) exp(-|G| distance from the face). */
static double complex structure_factor(const km_bicrystal *b, const km_grain *grain,
                                       const int *kind, const km_ionic *ionic,
                                       const double g[2], bool is_top)
{
    const double length = hypot(g[0], g[1]), *cell = b->plane_bohr;
    double complex sum = 0;

    for (int i = 0; i < grain->n_atom; ++i) {
        const double *p = grain->place + 3 * i;
        const double x = p[0] * cell[0] + p[1] * cell[2], y = p[0] * cell[1] + p[1] * cell[3];
        const double depth = grain->top_bohr + (is_top ? -p[2] : p[2]);

        if (length * depth > 2 * DECAY) continue;
        sum += km_ionic_charge(ionic, kind[i]) * exp(-length * depth) *
               cexp(I * (g[0] * x + g[1] * y));
    }
    return sum;
}

/* Waves of the common cell, one of each G and -G, whose parts count twice. */
static km_status list_waves(const km_contact *c, const km_ionic *ionic, int *n_wave, wave **out)
{
    const double *p = c->bicrystal->plane_bohr, area = km_bicrystal_area_bohr2(c->bicrystal);
    const double apart = c->height_bohr - c->below->top_bohr - c->above->top_bohr;
    const double longest = DECAY / apart;
    /* G_x a_x = 2 pi h; G_x b_x + G_y b_y = 2 pi k. */
    const int n_h = (int)(longest * p[0] / (2 * KM_PI));
    const int n_k = (int)(longest * hypot(p[2], p[3]) / (2 * KM_PI)) + 1;
    wave *waves = NULL;
    int n = 0;

    *n_wave = 0;
    KM_TRY(KM_ALLOC(waves, (2 * n_h + 1) * (n_k + 1)));
    for (int h = -n_h; h <= n_h; ++h)
        for (int k = 0; k <= n_k; ++k) {
            wave *w = waves + n;
            double length;

            if (k == 0 && h <= 0) continue;
            w->g[0] = 2 * KM_PI * h / p[0];
            w->g[1] = (2 * KM_PI * k - w->g[0] * p[2]) / p[3];
            length = hypot(w->g[0], w->g[1]);
            if (length > longest) continue;
            w->amplitude =
                c->weight * 2 * (2 * KM_PI / area) * exp(-length * apart) / length *
                structure_factor(c->bicrystal, c->below, c->below_kind, ionic, w->g, true) *
                conj(structure_factor(c->bicrystal, c->above, c->above_kind, ionic, w->g,
                                      false));
            ++n;
        }
    *n_wave = n;
    *out = waves;
    return KM_OK;
}

static int drop_small(int n, wave *waves)
{
    double largest = 0;
    int kept = 0;

    for (int i = 0; i < n; ++i) largest = fmax(largest, cabs(waves[i].amplitude));
    for (int i = 0; i < n; ++i)
        if (cabs(waves[i].amplitude) > NEGLIGIBLE * largest) waves[kept++] = waves[i];
    return kept;
}

/* exp(-i m G.t) along one side of the grid. */
static void fill_phases(const km_contact *c, const wave *w, int side, int n,
                        double complex *phase)
{
    const double one[2] = {side == 0, side == 1};
    double t[2];

    km_bicrystal_shift_bohr(c->bicrystal, one, t);
    for (int i = 0; i < n; ++i)
        phase[i] = cexp(-I * (c->multiple * (w->g[0] * t[0] + w->g[1] * t[1]) * i / n));
}

km_status km_contact_add_waves(const km_contact *c, const km_ionic *ionic, const int grid[2],
                               double *energy_ha)
{
    wave *waves = NULL;
    double complex *phase = NULL;
    int n = 0;
    km_status status = KM_OK;

    KM_TRY(list_waves(c, ionic, &n, &waves));
    n = drop_small(n, waves);
    KM_TRY_TO(end, KM_ALLOC(phase, grid[0] + grid[1]));
    for (int k = 0; k < n; ++k) {
        fill_phases(c, waves + k, 0, grid[0], phase);
        fill_phases(c, waves + k, 1, grid[1], phase + grid[0]);
        for (int j = 0; j < grid[1]; ++j) {
            const double complex row = waves[k].amplitude * phase[grid[0] + j];
            const double re = creal(row), im = cimag(row);
            double *energy = energy_ha + (size_t)j * (size_t)grid[0];

            for (int i = 0; i < grid[0]; ++i)
                energy[i] += re * creal(phase[i]) - im * cimag(phase[i]);
        }
    }
end:
    KM_FREE(waves);
    KM_FREE(phase);
    return status;
}
