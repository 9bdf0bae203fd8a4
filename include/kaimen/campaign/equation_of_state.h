#pragma once
/**
 * @file
 * @brief Equations of state: the volumes of a crystal as tasks, and the curve through their energies. All functions are local.
 *
 * The cell is scaled as it is, fractional coordinates kept, so that a crystal with free coordinates follows an unrelaxed path.
 * All volumes of one crystal have one cutoff (their numbers of plane waves differ) and one k-mesh. The curve goes through
 * E - dE/dln(f) ln(f), with f the basis_filling of each volume and the slope of the middle one: see docs/theory.md.
 */
#include "kaimen/campaign/ledger.h"
#include "kaimen/campaign/plan.h"
#include "kaimen/math/birch_murnaghan.h"

/** With fewer points a curve of four coefficients is no fit. */
#define KM_EQUATION_OF_STATE_LEAST_POINTS 5

/** Plain values. */
typedef struct {
    int n_point; /* volumes of a crystal, at equal steps; odd */
    double
        range; /* the last volume is 1 + range times that of the crystal as it was given, the first 1 - range */
} km_equation_of_state_options;

/** @brief Seven volumes from 94 % to 106 %, as in E. Bosoni et al., Nat. Rev. Phys. 6, 45 (2024). */
km_equation_of_state_options km_equation_of_state_options_default(void);

/**
 * @brief Add the volumes of a crystal's primitive cell to a plan.
 * @param[in] name  of the crystal, distinct in the plan
 * @return KM_E_INPUT for too few points or an even number, a range outside (0, 0.5], a name that is taken or a structure that is there
 */
KM_STATUS km_equation_of_state_plan(km_plan *plan, const char *name, const km_crystal *crystal,
                                    const km_equation_of_state_options *options,
                                    double tolerance_bohr, const char *text);

/** One crystal's curve; plain values. Numbers are NaN where there is no fit. */
typedef struct {
    char name[KM_TASK_TEXT_SIZE * 2]; /* of the crystal */
    int n_atom;                       /* of the cell that everything below belongs to */
    int n_point;                      /* volumes in the plan */
    int n_done;                       /* of those, with an energy */
    bool is_fitted;
    double v0_bohr3, e0_ha, b0_ha_bohr3, b1;
    double residual_ha;          /* root mean square */
    double time_s;               /* of all calculations */
    char reason[KM_REASON_SIZE]; /* why there is no fit, or what it misses; "" else */
} km_equation_of_state;

/**
 * @brief The curve through the points of one crystal.
 *
 * Points without an energy are left out. There is no fit through fewer than KM_EQUATION_OF_STATE_LEAST_POINTS, nor where the
 * minimum is not between the smallest and the largest volume that is left: then the reason says so.
 *
 * @param[in] tasks, results  of the crystal, [n_point], in any order
 */
KM_STATUS km_equation_of_state_fit(int n_point, const km_task *tasks, const km_result *results,
                                   km_equation_of_state *equation);

/** Everything that a ledger holds about equations of state; ended with km_equation_list_clear(). */
typedef struct {
    int n_point;
    km_task *tasks;     /* [n_point], those of one crystal one after the other, by volume */
    km_result *results; /* [n_point] */
    int n;              /* crystals */
    int *first;         /* points of crystal i: first[i] .. first[i+1]-1 */
    km_equation_of_state *equations; /* [n] */
} km_equation_list;

/**
 * @brief Read and fit what the last input asked for: crystals in the order in which they came.
 * @param[out] list  empty where the ledger has no volumes
 */
KM_STATUS km_equation_list_read(km_ledger *ledger, km_equation_list *list);

/** @brief Free; accepts an empty one. */
void km_equation_list_clear(km_equation_list *list);
