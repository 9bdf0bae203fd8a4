#pragma once
/**
 * @file
 * @brief Plans of lattices whose Brillouin zone has several shapes, points in the primitive cells of the source.
 *
 * Source: W. Setyawan, S. Curtarolo, Comput. Mater. Sci. 49, 299 (2010), appendix A; all functions take the conventional
 * vectors as rows, [3][3], in the order and with the angles that it asks for, and are local.
 */
#include "dft/path_plan.h"

/** @brief Body-centred tetragonal, the fourfold axis last. */
km_path_plan km_path_tetragonal(const double *cell_bohr);

/** @brief Orthorhombic F, I, or with the first two vectors' face centred; lengths ascend, of the latter those two. */
km_path_plan km_path_orthorhombic(const double *cell_bohr, char centring);

/** @brief Monoclinic P or with the first two vectors' face centred: unique axis first, an acute angle of the others. */
km_path_plan km_path_monoclinic(const double *cell_bohr, char centring);
