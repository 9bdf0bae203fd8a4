#pragma once
/**
 * @file
 * @brief Rows of the sections `dft` and `relax`, which both documents hold: KM_INPUT_DFT_ROWS(type) for a struct with a member `dft`.
 */
#include "cli/input.h"

extern const char *const km_input_qualities[],
    *const km_input_functionals[],
        *const km_input_smearings[], *const km_input_spins[], *const km_input_arithmetics[],
                                                                  *const km_input_precisions[];
extern const km_config_field km_input_pseudo_rows[], km_input_moment_rows[];

/* clang-format off */
#define KM_INPUT_DFT_ROWS(type)                                                                \
    {.key = "dft.quality", .kind = KM_CONFIG_CHOICE, .names = km_input_qualities, .fallback = "standard", \
     KM_CONFIG_AT(type, dft.quality), \
     .help = "Sets ecut, grid_factor, kpoints.spacing and scf.energy_tolerance; each can be set by hand."}, \
    {.key = "dft.functional", .kind = KM_CONFIG_CHOICE, .names = km_input_functionals, \
     KM_CONFIG_AT(type, dft.functional), .help = "Exchange and correlation; needed."}, \
    {.key = "dft.pseudo", .kind = KM_CONFIG_TEXT, KM_CONFIG_AT(type, dft.pseudo.family), \
     .help = "A folder of UPF or psp8 files, one per element (`Mg.upf`, `Mg_ONCV_PBE.upf`, ...), or a family of GTH pseudopotentials such as `GTH-PBE`."}, \
    {.key = "dft.pseudo", .kind = KM_CONFIG_MAP, \
     KM_CONFIG_ARRAY_AT(type, dft.pseudo.choice, dft.pseudo.n_choice), .element = km_input_pseudo_rows, \
     .help = "Or one choice for each element: `{Mg: {file: GTH_POTENTIALS, entry: GTH-PBE-q2}, O: {file: O.upf}}`."}, \
    {.key = "dft.ecut", .kind = KM_CONFIG_REAL, .unit = "Ha", .range = "(0, 1000]", \
     KM_CONFIG_AT(type, dft.ecut_ha), .help = "Kinetic-energy cutoff of the plane waves."}, \
    {.key = "dft.grid", .kind = KM_CONFIG_INT, .range = "[1, 4096]", .count = 3, \
     KM_CONFIG_AT(type, dft.grid), .help = "Points of the FFT grid; without it, the smallest that fits times grid_factor."}, \
    {.key = "dft.grid_factor", .kind = KM_CONFIG_REAL, .range = "[0.5, 4]", \
     KM_CONFIG_AT(type, dft.grid_factor), .help = "1 holds every plane wave of the density, 0.75 is a reduced grid."}, \
    {.key = "dft.kpoints.mesh", .kind = KM_CONFIG_INT, .range = "[1, 1000]", .count = 3, \
     KM_CONFIG_AT(type, dft.k_mesh), .help = "Regular mesh of k-points through Gamma."}, \
    {.key = "dft.kpoints.shift", .kind = KM_CONFIG_INT, .range = "[0, 1]", .count = 3, \
     KM_CONFIG_AT(type, dft.k_shift), .help = "1 moves the mesh by half a step along that axis."}, \
    {.key = "dft.kpoints.spacing", .kind = KM_CONFIG_REAL, .unit = "1/bohr", .range = "(0, 10]", \
     KM_CONFIG_AT(type, dft.k_spacing_bohr), .help = "Instead of a mesh: largest distance of its points, 2 pi included."}, \
    {.key = "dft.bands", .kind = KM_CONFIG_INT, .range = "[1, 100000]", \
     KM_CONFIG_AT(type, dft.n_band), .help = "Number of bands; without it, the occupied ones and some empty ones."}, \
    {.key = "dft.smearing.kind", .kind = KM_CONFIG_CHOICE, .fallback = "none", .names = km_input_smearings, \
     KM_CONFIG_AT(type, dft.smearing), .help = "Occupation of the bands; none is for insulators."}, \
    {.key = "dft.smearing.width", .kind = KM_CONFIG_REAL, .unit = "Ha", .range = "(0, 1]", \
     KM_CONFIG_AT(type, dft.smearing_width_ha), .help = "Width of the smearing."}, \
    {.key = "dft.spin", .kind = KM_CONFIG_CHOICE, .fallback = "none", .names = km_input_spins, \
     KM_CONFIG_AT(type, dft.spin), .help = "collinear: electrons up and down have bands and densities of their own."}, \
    {.key = "dft.total_moment", .kind = KM_CONFIG_REAL, .range = "[-10000, 10000]", KM_CONFIG_AT(type, dft.total_moment_mub), \
     .help = "With spin: electrons up less electrons down in the cell, kept fixed; without it, free. Needed without smearing."}, \
    {.key = "dft.moments", .kind = KM_CONFIG_MAP, KM_CONFIG_ARRAY_AT(type, dft.moment, dft.n_moment), .element = km_input_moment_rows, \
     .help = "With spin: starting moments by element, `{Ni: 2}`, in Bohr magnetons per atom; elements not named start at 0. Moments of the atoms in the structure's file (column `initial_magmoms`, `magmoms` or `magmom` of extended XYZ) come first."}, \
    {.key = "dft.scf.energy_tolerance", .kind = KM_CONFIG_REAL, .unit = "Ha", .range = "(0, 1]", \
     KM_CONFIG_AT(type, dft.scf.energy_tolerance_ha), .help = "Estimated error of the total energy of the cell at the end."}, \
    {.key = "dft.scf.max_iterations", .kind = KM_CONFIG_INT, .range = "[1, 10000]", \
     KM_CONFIG_AT(type, dft.scf.max_iteration), .help = "Iterations of each attempt before the next, more careful one."}, \
    {.key = "dft.scf.mixing", .kind = KM_CONFIG_REAL, .range = "(0, 1]", \
     KM_CONFIG_AT(type, dft.scf.mixing), .help = "Fraction of the new density that is mixed in."}, \
    {.key = "dft.scf.mixing_history", .kind = KM_CONFIG_INT, .range = "[1, 30]", \
     KM_CONFIG_AT(type, dft.scf.mixing_history), .help = "Densities that the mixing remembers."}, \
    {.key = "dft.scf.warm_start", .kind = KM_CONFIG_BOOL, .fallback = "true", KM_CONFIG_AT(type, dft.scf.warm_start), \
     .help = "Begin with the bands and the density of the calculation before, where the crystal is nearly the same: a geometry step, another volume, another cutoff. false: each from superposed atoms, for comparison."}, \
    {.key = "dft.precision", .kind = KM_CONFIG_CHOICE, .fallback = "mixed", .names = km_input_precisions, \
     KM_CONFIG_AT(type, dft.precision), .help = "mixed: what corrects bands is kept and computed in single precision, and H of the bands of early SCF iterations; bands, energies and forces are double. double: everything, for comparison."}, \
    {.key = "dft.arithmetic", .kind = KM_CONFIG_CHOICE, .fallback = "auto", .names = km_input_arithmetics, \
     KM_CONFIG_AT(type, dft.arithmetic), .help = "auto: real coefficients where an inversion centre allows them or, at single k-points, time reversal; inversion: only the former; complex: nowhere, for comparison."}, \
    {.key = "dft.symmetry", .kind = KM_CONFIG_BOOL, .fallback = "true", KM_CONFIG_AT(type, dft.use_symmetry), \
     .help = "Use the space group to reduce k-points and to symmetrise density and forces."}, \
    {.key = "dft.scalapack_above", .kind = KM_CONFIG_INT, .range = "[1, 1000000]", \
     KM_CONFIG_AT(type, dft.scalapack_above), \
     .help = "Subspace problems of larger order are solved by all ranks of a k-point with ScaLAPACK, others by each rank with LAPACK; 600 without this key."}

/* Rows of the section `relax`, for a struct with a member `relax`. */
#define KM_INPUT_RELAX_ROWS(type)                                                              \
    {.key = "relax.atoms", .kind = KM_CONFIG_BOOL, .fallback = "false", KM_CONFIG_AT(type, relax.atoms), \
     .help = "Move the atoms until no force is left; of a campaign's crystals, those of the slabs."}, \
    {.key = "relax.cell", .kind = KM_CONFIG_BOOL, KM_CONFIG_AT(type, relax.cell), \
     .help = "Move the cell and the atoms of a bulk crystal until no stress and no force is left. In a campaign: of each crystal, once, before its slabs are cut; without it, as relax.atoms."}, \
    {.key = "relax.force_tolerance", .kind = KM_CONFIG_REAL, .unit = "Ha/bohr", .range = "(0, 1]", .fallback = "0.001 Ha/bohr", \
     KM_CONFIG_AT(type, relax.force_tolerance_ha_bohr), .help = "Largest force on an atom at the end."}, \
    {.key = "relax.stress_tolerance", .kind = KM_CONFIG_REAL, .unit = "GPa", .range = "(0, 1000]", .fallback = "0.1 GPa", \
     KM_CONFIG_AT(type, relax.stress_tolerance_ha_bohr3), .help = "relax.cell: largest component of the stress at the end, beyond the pressure."}, \
    {.key = "relax.pressure", .kind = KM_CONFIG_REAL, .unit = "GPa", .range = "[-1000, 10000]", .fallback = "0 GPa", \
     KM_CONFIG_AT(type, relax.pressure_ha_bohr3), .help = "relax.cell: pressure on the crystal."}, \
    {.key = "relax.max_steps", .kind = KM_CONFIG_INT, .range = "[1, 10000]", .fallback = "60", \
     KM_CONFIG_AT(type, relax.max_step), .help = "Moves that are tried before a relaxation ends as not converged."}, \
    {.key = "relax.frozen_layers", .kind = KM_CONFIG_INT, .range = "[0, 1000]", .fallback = "0", \
     KM_CONFIG_AT(type, relax.n_frozen_plane), \
     .help = "Atomic planes in the middle of a slab that keep their place; two at the same distance from it are taken together."}
/* clang-format on */
