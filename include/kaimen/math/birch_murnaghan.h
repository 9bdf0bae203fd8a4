#pragma once
/**
 * @file
 * @brief The Birch-Murnaghan equation of state through energies at several volumes.
 *
 * With x = V^(-2/3) it is a polynomial of third degree, E(x) = c0 + c1 x + c2 x^2 + c3 x^3: a linear fit, no start values. At the
 * minimum x0 = V0^(-2/3), where E' = 0 and E'' > 0,
 *
 *     B0 = V d2E/dV2 = 4/9 V0^(-7/3) E''(x0)        B1 = dB/dP = 4 + 2/3 x0 E'''(x0) / E''(x0)
 *
 * Source: F. Birch, Phys. Rev. 71, 809 (1947), eq. 16; as a polynomial: E. Bosoni et al., Nat. Rev. Phys. 6, 45 (2024), Methods.
 */
#include "kaimen/base/status.h"

#include <stdbool.h>

/** Plain values; of the units of what was fitted, B0 in energy per volume. */
typedef struct {
    bool has_minimum; /* else every number but the residual is NaN */
    double v0, e0, b0;
    double b1;       /* no dimension */
    double residual; /* root mean square of the differences between energies and fit */
} km_birch_murnaghan;

/**
 * @brief Fit. Local.
 * @param[in] volume, energy  [n], in any order, with n of at least four
 * @return KM_E_ARGUMENT for fewer than four points, a volume that is not positive or a number that is not finite;
 *         KM_E_NUMERIC where fewer than four volumes differ
 */
KM_STATUS km_birch_murnaghan_fit(int n, const double *volume, const double *energy,
                                 km_birch_murnaghan *fit);

/** @brief Energy of a fit with a minimum at a volume. Local. */
double km_birch_murnaghan_energy(const km_birch_murnaghan *fit, double volume);
