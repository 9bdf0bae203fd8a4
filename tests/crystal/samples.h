#pragma once
/**
 * @file
 * @brief Crystals with known space groups, for the tests of this folder.
 *
 * Source of the structures: Wyckoff, Crystal Structures (1963), rounded.
 */
#include "support.h"

#include "kaimen/base/units.h"
#include "kaimen/crystal/crystal.h"

#include <math.h>

static inline void assert_near(double value, double wanted, double tolerance)
{
    if (!(fabs(value - wanted) <= tolerance))
        fail_msg("%.15g is not within %g of %.15g", value, tolerance, wanted);
}

/** A crystal from cell edges in Ang and the angle between the first two, the third being normal to both. */
static inline km_crystal *sample(double a_ang, double b_ang, double c_ang, double gamma_deg,
                                 int n_atom, const int *z, const double *frac)
{
    double s = KM_BOHR_PER_ANG, gamma = gamma_deg * KM_PI / 180;
    double cell[9] = {a_ang * s, 0, 0,        b_ang * s * cos(gamma), b_ang * s * sin(gamma), 0,
                      0,         0, c_ang * s};
    km_crystal *crystal;

    ASSERT_OK(km_crystal_create(cell, n_atom, z, frac, &crystal));
    return crystal;
}

/** The conventional cell of rock salt. */
static inline km_crystal *magnesia(void)
{
    const int z[8] = {12, 12, 12, 12, 8, 8, 8, 8};
    const double frac[24] = {0,  0,  0,  0,  .5, .5, .5, 0,  .5, .5, .5, 0,
                             .5, .5, .5, .5, 0,  0,  0,  .5, 0,  0,  0,  .5};

    return sample(4.21, 4.21, 4.21, 90, 8, z, frac);
}

/** Two atoms in a face-centred cell. */
static inline km_crystal *primitive_magnesia(void)
{
    double h = 0.5 * 4.21 * KM_BOHR_PER_ANG;
    const double cell[9] = {0, h, h, h, 0, h, h, h, 0};
    const double frac[6] = {0, 0, 0, .5, .5, .5};
    const int z[2] = {12, 8};
    km_crystal *crystal;

    ASSERT_OK(km_crystal_create(cell, 2, z, frac, &crystal));
    return crystal;
}

static inline km_crystal *rutile(void)
{
    const double u = 0.3053;
    const int z[6] = {22, 22, 8, 8, 8, 8};
    const double frac[18] = {0,     0,     0, .5,     .5,     .5, u,      u,      0,
                             1 - u, 1 - u, 0, .5 + u, .5 - u, .5, .5 - u, .5 + u, .5};

    return sample(4.594, 4.594, 2.958, 90, 6, z, frac);
}

/** Low quartz in P3_2 21, moved by c/3: no inversion. */
static inline km_crystal *quartz(void)
{
    const double u = 0.4697, x = 0.4133, y = 0.2672, w = 0.1188, t = 1. / 3;
    const int z[9] = {14, 14, 14, 8, 8, 8, 8, 8, 8};
    const double frac[9][3] = {{u, 0, 0},         {0, u, 2 * t},          {-u, -u, t},
                               {x, y, w},         {-y, x - y, w + 2 * t}, {y - x, -x, w + t},
                               {y, x, 2 * t - w}, {x - y, -y, -w},        {-x, y - x, t - w}};

    return sample(4.913, 4.913, 5.405, 120, 9, z, &frac[0][0]);
}

/** The hexagonal cell of corundum. */
static inline km_crystal *corundum(void)
{
    const double w = 0.35219, u = 0.30633, t = 1. / 3;
    const double site[10][3] = {{0, 0, w},    {0, 0, .5 - w}, {0, 0, -w},    {0, 0, .5 + w},
                                {u, 0, .25},  {0, u, .25},    {-u, -u, .25}, {-u, 0, .75},
                                {0, -u, .75}, {u, u, .75}};
    double frac[90];
    int z[30];

    for (int i = 0; i < 30; i++) {
        z[i] = i % 10 < 4 ? 13 : 8;
        frac[3 * i] = site[i % 10][0] + (i / 10 == 1 ? 2 * t : i / 10 == 2 ? t : 0);
        frac[3 * i + 1] = site[i % 10][1] + (i / 10 == 1 ? t : i / 10 == 2 ? 2 * t : 0);
        frac[3 * i + 2] = site[i % 10][2] + (i / 10 == 1 ? t : i / 10 == 2 ? 2 * t : 0);
    }
    return sample(4.759, 4.759, 12.993, 120, 30, z, frac);
}

/** The cell repeated n times along its vectors, its atoms moved by `shift_frac` of the old cell. */
static inline km_crystal *supercell(const km_crystal *crystal, const int n[3],
                                    const double shift_frac[3])
{
    int n_atom = km_crystal_n_atom(crystal), n_new = 0, z[512];
    double cell[9], frac[3 * 512];
    km_crystal *super;

    for (int i = 0; i < 9; i++) cell[i] = km_crystal_cell_bohr(crystal)[i] * n[i / 3];
    for (int image = 0; image < n[0] * n[1] * n[2]; image++) {
        int offset[3] = {image % n[0], image / n[0] % n[1], image / n[0] / n[1]};

        for (int ia = 0; ia < n_atom; ia++, n_new++) {
            z[n_new] = km_crystal_z(crystal)[ia];
            for (int i = 0; i < 3; i++)
                frac[3 * n_new + i] =
                    (km_crystal_frac(crystal)[3 * ia + i] + shift_frac[i] + offset[i]) / n[i];
        }
    }
    ASSERT_OK(km_crystal_create(cell, n_new, z, frac, &super));
    return super;
}
