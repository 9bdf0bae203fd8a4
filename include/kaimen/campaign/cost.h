#pragma once
/**
 * @file
 * @brief How long a task will take: a count of its work, and seconds per unit learned from finished tasks of its kind.
 */
#include "kaimen/campaign/task.h"

/** Sums over finished tasks, by kind; all zero: nothing learned yet. */
typedef struct {
    double units[KM_N_TASK_KIND];
    double time_s[KM_N_TASK_KIND];
} km_cost;

/**
 * @brief Work of a calculation: plane waves x bands x k-points. Local.
 *
 * The time of an iteration grows with it (FFTs) up to one more factor n_band (rotations); within one kind of a campaign
 * the ratio varies little, and it is learned.
 */
double km_cost_units(const km_calculation *size);

/** @brief Learn from a task that took a time. Local. */
void km_cost_learn(km_cost *cost, const km_task *task, double time_s);

/** @brief Expected seconds: learned from its kind, else from any kind, else the calculator's guess. Local. */
double km_cost_predict_s(const km_cost *cost, const km_task *task);
