#pragma once
/**
 * @file
 * @brief Reader and writer of extended XYZ. All functions are local.
 *
 * A frame: number of atoms; a line of key=value with Lattice="ax ay az bx ..." in Ang and
 * Properties=species:S:1:pos:R:3:...; one line per atom. Energies are eV, forces eV/Ang, stress eV/Ang^3, positions Ang, as ASE has them.
 * A column initial_magmoms:R:1, else magmoms or magmom, holds starting moments in Bohr magnetons; those of a crystal are
 * written as initial_magmoms.
 * A left-handed cell is turned over together with its positions, so that no atom moves.
 * Source: extxyz specification, libAtoms; A. Hjorth Larsen et al., J. Phys.: Condens. Matter 29, 273002 (2017).
 */
#include "kaimen/base/text.h"
#include "kaimen/crystal/crystal.h"

/** What a frame carries beside the crystal; all optional, borrowed. */
typedef struct {
    const double *energy_ha;
    const double *forces_ha_bohr; /* [n_atom][3] */
    const double *
        stress_ha_bohr3; /* [3][3], (1/Omega) dE/dstrain: positive when the cell wants to shrink */
    const char *keys;    /* further "key=value key=\"two words\"", one line */
} km_extxyz_extras;

/**
 * @brief Read one frame.
 *
 * @param[in]  frame           number of the frame, 0 for the first
 * @param[out] crystal         ended with km_crystal_destroy(); NULL on failure
 * @param[out] forces_ha_bohr  [n_atom][3] in memory of its own, ended with KM_FREE, NULL where the frame has none; the
 *                             argument may be NULL
 * @return KM_E_INPUT with file, line and what was wanted
 */
KM_STATUS km_extxyz_read(const char *path, int frame, km_crystal **crystal,
                         double **forces_ha_bohr);

/** @brief Append one frame to a text, for files of many frames; extras may be NULL. */
KM_STATUS km_extxyz_append(km_text *text, const km_crystal *crystal,
                           const km_extxyz_extras *extras);

/** @brief Write a file of one frame, replacing it as a whole. @return KM_E_IO naming the path */
KM_STATUS km_extxyz_write(const char *path, const km_crystal *crystal,
                          const km_extxyz_extras *extras);
