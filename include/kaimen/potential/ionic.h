#pragma once
/**
 * @file
 * @brief Ionic potentials: charges, Buckingham pairs and shells. All functions are local.
 *
 *     E = sum_{i<j} q_i q_j / r + sum_{i<j} [A exp(-r/rho) - C/r^6 + wall] + sum_ions (k/2) u^2
 *
 * An ion is a core, or a core and a shell that a spring binds to it: between them acts the spring alone, and the pair terms act on the shell. Shells have
 * no inertia: the energy is the least that they can give, and the forces are those on whole ions. The wall, where a set has one, is
 * 4 eps [(sigma/r)^24 - (sigma/r)^6]; it keeps ions from falling through where -C/r^6 wins. Pair terms end at the cutoff, where they are shifted to zero.
 * The Coulomb sum is an Ewald sum; see mesh_ewald.h.
 *
 * Sources: B. G. Dick, A. W. Overhauser, Phys. Rev. 112, 90 (1958), for shells; Y. Guissani, B. Guillot, J. Chem. Phys. 104, 7633 (1996), for the wall; of
 * the parameters: the files.
 */
#include "kaimen/potential/sums.h"

#include <stdbool.h>

#define KM_IONIC_MAX_ION 32

typedef struct km_ionic km_ionic;

/**
 * @brief Make a potential from a parameter file; see inputs/potentials.
 * @return KM_E_INPUT with file, line and what is wrong: an unknown element or key, a pair of ions that are not listed
 */
KM_STATUS km_ionic_create(const char *name, const char *text, km_ionic **ionic);

/** @brief Free and set to NULL; accepts NULL. */
void km_ionic_destroy(km_ionic **ionic);

/** @brief Name that the file gives the set; borrowed. */
const char *km_ionic_name(const km_ionic *ionic);

/** @brief Distance beyond which no pair acts. */
double km_ionic_cutoff_bohr(const km_ionic *ionic);

/** @brief Place of an element among the ions, -1 if it is not there. */
int km_ionic_find(const km_ionic *ionic, int z);

/** @brief Charge of an ion, core and shell. */
double km_ionic_charge(const km_ionic *ionic, int ion);

/**
 * @brief Add energy, forces and strain derivative of a crystal, its shells where they want to be.
 *
 * @param[in]     ion   by km_ionic_find, [n_atom]
 * @param[in,out] sums  added to
 * @return KM_E_NUMERIC where a shell leaves its core or does not settle
 */
KM_STATUS km_ionic_compute(km_ionic *ionic, const double *cell_bohr, int n_atom,
                           const double *frac, const int *ion, km_potential_sums *sums);

/** @brief Pair terms of two ions at a distance, without their charges, Ha; and whether they have any. */
double km_ionic_pair_ha(const km_ionic *ionic, int a, int b, double r_bohr);
bool km_ionic_has_pair(const km_ionic *ionic, int a, int b);

/** @brief Whether any ion has a shell. */
bool km_ionic_has_shells(const km_ionic *ionic);

/** @brief Hold all shells on their cores, or let them go. */
void km_ionic_clamp_shells(km_ionic *ionic, bool is_clamped);

/** @brief Energy evaluations so far, those that moved shells included. */
long km_ionic_n_evaluation(const km_ionic *ionic);
