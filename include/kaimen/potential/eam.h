#pragma once
/**
 * @file
 * @brief Embedded-atom potentials of metals, from LAMMPS/DYNAMO files. All functions are local.
 *
 *     E = sum_i F_i(rho_i) + sum_{i<j} phi_ij(r_ij),   rho_i = sum_{j != i} f_j(r_ij)
 *
 * Tables are read from one `setfl` file, or from one `funcfl` file for each element, whose pair terms are mixed:
 * r phi_ij = 27.2 eV 0.529 Ang Z_i(r) Z_j(r). Between points run cubic Hermite polynomials with slopes by differences of fourth order
 * (of second at the last but one point, of first at the last), as in LAMMPS; beyond the last density F goes on as a straight line.
 *
 * Sources: M. S. Daw, M. I. Baskes, Phys. Rev. B 29, 6443 (1984); S. M. Foiles, M. I. Baskes, M. S. Daw, Phys. Rev. B 33, 7983 (1986);
 * the files: https://docs.lammps.org/pair_eam.html.
 */
#include "kaimen/potential/sums.h"

#include <stdbool.h>

#define KM_EAM_MAX_ELEMENT 8

typedef struct km_eam km_eam;

/**
 * @brief Make a potential from the content of its files.
 *
 * @param[in]  n_file  1 with setfl; with funcfl one for each element
 * @param[in]  names   for messages
 * @param[in]  texts   contents
 * @param[out] eam     ended with km_eam_destroy(); NULL on failure
 * @return KM_E_INPUT with file, line and what is wrong: too few numbers, a word that is none, an unknown element, a grid that
 *         is no grid, a cutoff beyond it
 */
KM_STATUS km_eam_create(int n_file, const char *const *names, const char *const *texts,
                        km_eam **eam);

/** @brief Whether a text looks like a setfl file: its fourth line begins with a number of elements and their names. */
bool km_eam_is_setfl(const char *text);

/** @brief Free and set to NULL; accepts NULL. */
void km_eam_destroy(km_eam **eam);

/** @brief Distance beyond which nothing acts. */
double km_eam_cutoff_bohr(const km_eam *eam);

/** @brief Place of an element in the tables, -1 if it is not there. */
int km_eam_find(const km_eam *eam, int z);

/** @brief Lattice constant that the file gives for an element, bohr, and its lattice ("fcc"); borrowed. */
double km_eam_lattice_bohr(const km_eam *eam, int element, const char **lattice);

/**
 * @brief Add energy, forces and strain derivative of a crystal.
 * @param[in]     element  by km_eam_find, [n_atom]
 * @param[in,out] sums     added to
 */
KM_STATUS km_eam_compute(km_eam *eam, const km_neighbour_list *list, const int *element,
                         km_potential_sums *sums);

/**
 * @brief Pair energy of two atoms within the cutoff, Ha.
 * @param[out] rho  density at the first atom, made by the second, and at the second, made by the first
 */
double km_eam_pair_ha(const km_eam *eam, int a, int b, double r_bohr, double rho[2]);

/** @brief Embedding energy of an element's atom in a density, Ha, and its slope. */
double km_eam_embed_ha(const km_eam *eam, int element, double rho, double *slope);
