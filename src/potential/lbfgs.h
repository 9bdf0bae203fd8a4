#pragma once
/**
 * @file
 * @brief The history of a quasi-Newton minimisation: pairs of steps and changes of the gradient. Private to src/potential.
 *
 * The variables are any vector: positions of atoms, and strains once cells relax.
 * Source: J. Nocedal, Math. Comput. 35, 773 (1980); scaling of the first Hessian: Nocedal, Wright, Numerical
 * Optimization, eq. 7.20.
 */
#include "kaimen/base/h5.h"

#include <stdbool.h>

/** Pairs kept: more do not help functions that are nearly quadratic. */
#define KM_LBFGS_MEMORY 20

typedef struct km_lbfgs km_lbfgs;

/** x = P^-1 x, P a guess of the Hessian. */
typedef void (*km_preconditioner)(const void *context, double *x);

KM_STATUS km_lbfgs_create(int n, km_lbfgs **lbfgs);
void km_lbfgs_destroy(km_lbfgs **lbfgs);

/** @brief Forget everything. */
void km_lbfgs_clear(km_lbfgs *lbfgs);

/** @brief Keep a pair, if the function curves upwards along it. @return whether it was kept */
bool km_lbfgs_add(km_lbfgs *lbfgs, const double *step, const double *change);

/** @brief direction = -H^-1 gradient. */
void km_lbfgs_compute_direction(km_lbfgs *lbfgs, const double *gradient,
                                km_preconditioner precondition, const void *context,
                                double *direction);

/** @brief Write and read the pairs. */
KM_STATUS km_lbfgs_write(const km_lbfgs *lbfgs, km_h5 *group);
KM_STATUS km_lbfgs_read(km_lbfgs *lbfgs, km_h5 *group);
