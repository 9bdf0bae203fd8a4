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

/** @brief Standard atomic mass in unified atomic mass units. Local. */
double km_element_mass_u(int z);

/** @brief Covalent radius in bohr. Source: Cordero et al., Dalton Trans. 2832 (2008). Local. */
double km_element_covalent_radius_bohr(int z);

/** @brief Commonest formal charge in oxides (O is -2), 0 if there is none. Local. */
int km_element_oxide_charge(int z);
