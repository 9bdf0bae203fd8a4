#pragma once
/**
 * @file
 * @brief Properties of the elements, indexed by atomic number 1 to 118.
 */

#define KM_Z_MAX 118

/** @brief Symbol such as "Mg"; NULL outside 1..118. Local. */
const char *km_element_symbol(int z);

/** @brief Atomic number of a symbol (case as in "Mg"), 0 if unknown. Local. */
int km_element_find(const char *symbol);

/**
 * @brief Atomic mass in unified atomic mass units; of the longest-lived isotope where there is no standard one. Local.
 *
 * Source: Meija et al., Pure Appl. Chem. 88, 265 (2016).
 */
double km_element_mass_u(int z);

/**
 * @brief Covalent radius in bohr (C: sp3; Mn, Fe, Co: low spin), 0 beyond Cm, for which there is none. Local.
 *
 * Source: Cordero et al., Dalton Trans. 2832 (2008), table 2.
 */
double km_element_covalent_radius_bohr(int z);

/** @brief Commonest formal charge beside oxygen (O is -2, F, Cl, Br -1), 0 if there is none. Local. */
int km_element_oxide_charge(int z);
