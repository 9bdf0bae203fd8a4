#pragma once
/**
 * @file
 * @brief The grain boundaries of a campaign, and the candidates for the structure of each. All functions are local.
 *
 * A candidate is a pair of terminations, a rigid shift, the gap, and whether close atoms were merged. Shifts are those of the CNID cell that no symmetry makes equal.
 * The gap is not searched: of all gaps on a grid that with the lowest rigid energy is taken, and relaxation does the rest. Where atoms of unmoved lattices
 * (gap = spacing of the planes) lie too close across the boundary, there is a second candidate with those merged.
 *
 * What is known before any relaxation: the rigid energy, and descriptors of the bonds across the boundary.
 */
#include "kaimen/builder/grain_boundary.h"
#include "kaimen/campaign/task.h"
#include "kaimen/potential/calculator.h"
#include "kaimen/potential/relax.h"

#define KM_BOUNDARY_N_DESCRIPTOR KM_INTERFACE_N_DESCRIPTOR
#define KM_BOUNDARY_NAME_SIZE 96

/*
 * Descriptors, each per area of the boundaries in units of the square of the shortest bond. Every pair of atoms has a bond order exp(-(r/r_0 - 1)/0.16), r_0 being the shortest
 * distance of its elements in the bulk; an atom's sum of them against that in the bulk tells what it lacks. In this order: sum of the lacking orders; of
 * their squares; of the squares of what is too much; compression of unlike atoms, sum of (1 - r/r_0)^2; that of like atoms; volume in excess of the bulk's, in units of its cube.
 * Source of bond orders: I. D. Brown, D. Altermatt, Acta Cryst. B 41, 244 (1985).
 */

/** One boundary of the input. */
typedef struct {
    int i_bulk;
    int axis[3], sigma, plane[3], plane_2[3]; /* as km_grain_boundary_options */
} km_boundary_request;

typedef struct {
    km_grain_boundary_options grain; /* thickness and limits; the rest comes from the request */
    double shift_step_bohr;
    double gap_step_bohr,
        gap_range_bohr; /* gaps from the spacing of the planes to that and the range more */
    double close_fraction;
} km_boundary_options;

typedef struct {
    int i_boundary;
    int pair; /* of terminations */
    km_bicrystal_state state;
    int n_removed; /* atoms at each boundary */
    int n_atom;
    double surfaces_ha; /* excess energy of free surfaces; 0: there are none */
    double rigid_j_m2;  /* energy of the unrelaxed crystal; large where atoms overlap */
    double descriptor[KM_BOUNDARY_N_DESCRIPTOR];
} km_boundary_candidate;

typedef struct {
    char name[KM_BOUNDARY_NAME_SIZE]; /* such as "MgO S5(310)[001]" */
    int i_bulk;
    km_grain_boundary *geometry;
    double atom_ha;      /* energy of the bulk per atom */
    double map_gap_bohr; /* of the map of the first pair below, where it is lowest */
    int map_grid[2];
    double *
        map_j_m2; /* rigid energies of the first accepted pair at that gap, [grid[1]][grid[0]] */
    int first, n; /* its candidates */
} km_boundary;

typedef struct {
    int n_boundary;
    km_boundary *boundary;
    int n_candidate, capacity;
    km_boundary_candidate *candidate;
} km_boundary_list;

/** @brief Steps of 0.3 Ang, gaps over 2 Ang in steps of 0.2 Ang, merging below 0.7, 20 Ang of each grain. */
km_boundary_options km_boundary_options_default(void);

/** @brief How a bulk crystal is relaxed before boundaries are built of it: cell and atoms, tightly. */
km_relax_options km_boundary_bulk_relaxation(void);

/** @brief How a candidate is relaxed: atoms and the distance of the grains and, where they may slide, their shift; the boundary's plane is kept. */
km_relax_options km_boundary_relaxation(bool may_slide);

/** @brief Likewise of a bicrystal with one boundary and vacuum: the cell stays, the atoms move as they like. */
km_relax_options km_boundary_relaxation_in_vacuum(void);

/**
 * @brief Relax a bulk crystal with a classical potential.
 * @param[out] relaxed  ended with km_crystal_destroy()
 * @param[out] atom_ha  its energy per atom
 * @return KM_E_INPUT where it does not relax, or to another crystal
 */
KM_STATUS km_boundary_relax_bulk(const km_crystal *bulk, km_calculator *calculator,
                                 km_crystal **relaxed, double *atom_ha);

/**
 * @brief Relax a candidate; where ions have shells, first with these on their cores. Collective on comm.
 * @param[out] relax  ended with km_relax_destroy(); NULL on failure
 */
KM_STATUS km_boundary_relax(const km_crystal *crystal, const km_relax_options *options,
                            km_calculator *calculator, const km_request *request, MPI_Comm comm,
                            km_relax_result *result, km_relax **relax);

/**
 * @brief Add a boundary and its candidates to a list. Where every pair of terminations is rejected it has none, and a warning says why.
 * @param[in] name  of the crystal
 * @param[in] bulk  relaxed
 * @return KM_E_INPUT where it cannot be built; KM_E_ARGUMENT for a calculator that is not classical
 */
KM_STATUS km_boundary_list_add(km_boundary_list *list, const char *name, const km_crystal *bulk,
                               double atom_ha, const km_boundary_request *request,
                               const km_boundary_options *options, km_calculator *calculator);

/** @brief Free what a list owns, and make it empty. */
void km_boundary_list_clear(km_boundary_list *list);

/** @brief The unrelaxed crystal of a candidate. */
KM_STATUS km_boundary_build(const km_boundary_list *list, int i_candidate,
                            km_crystal **crystal);

/**
 * @brief How far atoms in the middle third of a grain have moved from where its centre carries them, bohr: half a bond means that the
 * grain is too thin to have stayed what it was.
 */
double km_boundary_grain_displacement_bohr(const km_crystal *start, const km_crystal *relaxed);

/** @brief Area that an energy of a candidate's crystal is divided by: of all its boundaries. */
double km_boundary_area_bohr2(const km_boundary_list *list, int i_candidate);

/** @brief Energy of a boundary, J/m2, from that of a candidate's crystal. */
double km_boundary_energy_j_m2(const km_boundary_list *list, int i_candidate, double energy_ha);
