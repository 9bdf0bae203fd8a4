#pragma once
/**
 * @file
 * @brief Vacuum level, macroscopic average and band edges of a slab from planar averages; surface energy.
 *
 * Profiles are planar averages on n planes at z = i c / n, periodic in c; the slab may lie anywhere, also across the
 * boundary. V is V_H + V_loc without exchange and correlation; levels of slab and bulk have each the zero of their own
 * V. "Lower" and "upper" faces are those met at small and large z when going through the slab.
 *
 * Source: A. Baldereschi, S. Baroni, R. Resta, Phys. Rev. Lett. 61, 734 (1988) for the macroscopic average; L. Kleinman,
 * Phys. Rev. B 24, 7412 (1981) for the reference to the vacuum.
 */
#include "kaimen/base/status.h"

#include <stdbool.h>

/** What counts as vacuum. */
typedef struct {
    double density_limit_bohr3; /* the vacuum's smallest electron density lies below it */
    double flatness_limit_ha;   /* a plateau varies less than that */
    double length_limit_bohr;   /* and is at least that long */
} km_edges_options;

/** Planar averages of a slab: plain values and borrowed arrays. */
typedef struct {
    int n_plane;
    double c_bohr;
    const double *v_ha;          /* [n_plane] */
    const double *density_bohr3; /* electrons, [n_plane] */
    int n_atom;
    const double *z_frac; /* height of each atom / c, any image, [n_atom] */
} km_edges_profile;

/** Band edges of the slab itself and of its bulk, each on the zero of its own potential. */
typedef struct {
    double slab_vbm_ha;
    double slab_cbm_ha;
    double bulk_vbm_ha;
    double bulk_cbm_ha;
    double bulk_mean_ha;     /* cell average of V_H + V_loc */
    double bulk_repeat_bohr; /* bulk repeat along the normal: window of the average */
} km_edges_levels;

/** What was found. Everything is filled in any case; without a plateau the levels, IP and EA are not to be used. */
typedef struct {
    bool has_plateau;
    double
        vacuum_lower_ha; /* level at the lower face: end of a straight line through the plateau */
    double vacuum_upper_ha;
    double flatness_ha;     /* largest minus smallest V of the plateau */
    double field_ev_ang;    /* slope of the plateau's line towards larger z */
    double plateau_bohr;    /* its length */
    double density_bohr3;   /* smallest electron density of the vacuum */
    double centre_frac;     /* middle of the slab, in [0, 1) */
    double macro_centre_ha; /* V averaged twice over the bulk repeat, there */
    double ip_ev;           /* through the bulk */
    double ea_ev;
    double gap_ev;       /* of the bulk */
    double ip_direct_ev; /* from the slab's own levels */
    double ea_direct_ev;
    double gap_direct_ev;
} km_edges;

/**
 * @brief 1.5e-4 / bohr^3, 0.05 eV, 1 bohr. Local.
 *
 * Where exponential tails leave the density n, V lies below the vacuum level by 4 pi n / (8 I), with I the ionisation
 * potential: 35 meV for 1.5e-4 / bohr^3 and 5 eV. MgO(100) shows it: with 4, 6, 8 Ang of vacuum n is 1.7e-3, 1.1e-4 and
 * 1.0e-5, and the IP 0.23, 0.04 and 0.00 eV too small. 0.05 eV is the accuracy wanted of an IP; V varies by
 * less in the vacuum of any cutoff that is of use, once its ripples are averaged out.
 */
km_edges_options km_edges_options_default(void);

/**
 * @brief Vacuum levels, macroscopic average and band edges of a slab. Local.
 *
 * Potential and density are averaged twice over 1 bohr first: that removes the ripples of the cutoff and nothing else.
 * The vacuum is the widest gap between the atoms. The plateau is where the density is below 1e-5 / bohr^3 or twice its
 * smallest value, around the plane of that value. A line is fitted to it with weights 1 / (density + 1e-6 / bohr^3),
 * because V falls short of the vacuum level in proportion to the density. IP = V_vac - [V_slab(centre) + (VBM -
 * V_mean)_bulk], EA the same with the CBM; V_vac is the mean of both faces.
 * @return KM_E_ARGUMENT for fewer than 8 planes, no atoms or a repeat that is not positive; KM_E_NUMERIC for a profile
 *         that is not finite; no plateau is not an error
 */
KM_STATUS km_edges_compute(const km_edges_profile *profile, const km_edges_levels *levels,
                           const km_edges_options *options, km_edges *edges);

/**
 * @brief Average of a periodic profile over a window of `repeat_bohr`, taken n_times. Local.
 *
 * The trigonometric interpolation of the profile is averaged exactly, so the window need not be a whole number of planes.
 * @param[out] average  [n_plane]; must not be v
 */
KM_STATUS km_edges_average(int n_plane, double c_bohr, const double *v, double repeat_bohr,
                           int n_times, double *average);

/**
 * @brief Surface energy (E_slab - n_bulk e_bulk) / (2 A). Local.
 * @param[in] n_bulk  bulk cells that the slab holds
 */
double km_surface_energy_j_m2(double slab_ha, double bulk_ha, double n_bulk, double area_bohr2);
