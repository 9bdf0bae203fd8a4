#pragma once
/**
 * @file
 * @brief Functions centred on atoms, f(|q|) Y_lm(q) exp(-i q tau), as plane-wave coefficients.
 *
 * Projectors and atomic orbitals are such functions. A shell is a radial function and its 2l + 1
 * harmonics on every atom of one species. Functions are ordered by atom, then shell, then m.
 * Coefficients carry the factor 4 pi / sqrt(Omega); constant phases such as (-i)^l are left out.
 *
 * Real coefficients of a basis that is paired are those of the functions times (-i)^l, which are real in space (km_basis_pair).
 *
 * With real coefficients otherwise the crystal has an inversion centre at the origin. Of a pair of atoms at
 * +-tau the first one's places then hold sqrt2 f Y cos(q tau) and the second one's sqrt2 f Y sin(q tau):
 * a unitary combination of the two, so that coupling matrices stay as they are.
 */
#include "kaimen/crystal/crystal.h"
#include "kaimen/dft/bands.h"
#include "kaimen/dft/basis.h"

typedef struct {
    int species; /* index into km_crystal_species_z */
    int l;
} km_shell;

/** Radial functions of the shells: f(q) of shell `shell` at n points. */
typedef void (*km_radial)(const void *context, int shell, int n, const double *q_bohr,
                          double *f);

/** The radial functions and, where strain is asked for, their slopes df/dq. */
typedef struct {
    km_radial value;
    km_radial slope; /* may be NULL for km_sites_compute */
    const void *context;
    const double *table; /* values by km_sites_tabulate, for km_sites_compute; NULL: computed */
} km_radials;

typedef struct km_sites km_sites;

/**
 * @brief List the functions of a crystal. Local.
 * @param[in]  crystal  borrowed; moved atoms are seen by the next compute
 * @param[in]  is_real  the crystal has an inversion centre at the origin
 * @param[in]  shells   [n_shell], copied
 * @return KM_E_ARGUMENT if is_real and an atom has no partner
 */
KM_STATUS km_sites_create(const km_crystal *crystal, bool is_real, int n_shell,
                          const km_shell *shells, km_sites **sites);

/** @brief Free and set to NULL; accepts NULL. Local. */
void km_sites_destroy(km_sites **sites);

/** @brief Number of functions. Local. */
int km_sites_n_function(const km_sites *sites);

/** @brief First function of an atom; of atom n_atom: n_function. Local. */
int km_sites_first(const km_sites *sites, int atom);

/** @brief Atom to which inversion maps an atom (itself with complex coefficients). Local. */
int km_sites_partner(const km_sites *sites, int atom);

/** @brief The radial functions at the plane waves of a basis, [n_shell][n_g]. Local. */
void km_sites_tabulate(const km_sites *sites, const km_basis *basis, const km_radials *radials,
                       double *table);

/**
 * @brief Coefficients of all functions at one k-point. Local.
 * @param[in]  axis       -1: the functions; 0..2: their derivatives by the atom's Cartesian position
 *                        (of a pair: by the first atom's, the second one moving oppositely)
 * @param[out] functions  n_function bands, in double or single precision
 */
void km_sites_compute(const km_sites *sites, const km_basis *basis, const km_radials *radials,
                      int axis, const km_bands *functions);

/**
 * @brief Derivatives of all functions by strain: r -> (1 + strain) r at fixed integer and fractional coordinates. Local.
 *
 * With component (x, y) of the strain, r_x grows by r_y and q_y by -q_x, and Omega grows where x = y: f(q) Y(q) / sqrt(Omega)
 * has the derivative -q_x d(f Y)/dq_y - f Y / 2.
 * @param[in]  x, y       Cartesian axes of the component
 * @param[out] functions  n_function bands
 *
 * Source: Nielsen, Martin, Phys. Rev. B 32, 3792 (1985).
 */
void km_sites_compute_strain(const km_sites *sites, const km_basis *basis,
                             const km_radials *radials, int x, int y,
                             const km_bands *functions);
