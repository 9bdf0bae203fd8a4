#include "kaimen/campaign/cost.h"

double km_cost_units(const km_calculation *size)
{
    return (double)size->n_plane_wave * size->n_band * size->n_k;
}

void km_cost_learn(km_cost *cost, const km_task *task, double time_s)
{
    if (!(task->cost > 0 && time_s > 0)) return;
    cost->units[task->kind] += task->cost;
    cost->time_s[task->kind] += time_s;
}

double km_cost_predict_s(const km_cost *cost, const km_task *task)
{
    double units = cost->units[task->kind], time_s = cost->time_s[task->kind];

    if (units <= 0)
        for (int i = 0; i < KM_N_TASK_KIND; ++i) {
            units += cost->units[i];
            time_s += cost->time_s[i];
        }
    return units > 0 && task->cost > 0 ? task->cost * time_s / units : task->estimate_s;
}
