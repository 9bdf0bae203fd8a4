#include "kaimen/potential/calculator.h"

#include "kaimen/base/memory.h"

#include <string.h>

struct km_calculator {
    const km_calculator_class *functions; /* borrowed, static */
    void *self;
};

km_request km_request_default(void)
{
    return (km_request){
        .vacuum_axis = -1, .normal_axis = -1, .slope_step = 0.1, .mesh_length_ratio = 1};
}

const char *km_outcome_name(km_outcome outcome)
{
    static const char *const names[] = {"converged", "not converged", "diverged",
                                        "timeout",   "stopped",       "failed"};

    return (unsigned)outcome <= KM_OUTCOME_FAILED ? names[outcome] : "unknown";
}

km_status km_calculator_create(const km_calculator_class *functions, void *self,
                               km_calculator **calculator)
{
    km_calculator *made = NULL;

    *calculator = NULL;
    KM_TRY(KM_CHECK(functions && functions->name && functions->compute, KM_E_ARGUMENT,
                    "a calculator needs a name and a function that computes"));
    KM_TRY(KM_ALLOC(made, 1));
    made->functions = functions;
    made->self = self;
    *calculator = made;
    return KM_OK;
}

void km_calculator_destroy(km_calculator **calculator)
{
    if (!*calculator) return;
    if ((*calculator)->functions->destroy)
        (*calculator)->functions->destroy((*calculator)->self);
    KM_FREE(*calculator);
}

void *km_calculator_self(const km_calculator *calculator, const km_calculator_class *functions)
{
    return calculator->functions == functions ? calculator->self : NULL;
}

const char *km_calculator_name(const km_calculator *calculator)
{
    return calculator->functions->name;
}

static km_status check_request(const km_request *request)
{
    KM_TRY(KM_CHECK(request->vacuum_axis >= -1 && request->vacuum_axis <= 2, KM_E_ARGUMENT,
                    "vacuum_axis = %d must be 0, 1, 2 or, for none, -1", request->vacuum_axis));
    KM_TRY(KM_CHECK(request->normal_axis >= -1 && request->normal_axis <= 2, KM_E_ARGUMENT,
                    "normal_axis = %d must be 0, 1, 2 or, for none, -1", request->normal_axis));
    return KM_CHECK(request->time_limit_s >= 0, KM_E_ARGUMENT,
                    "time_limit_s = %g must be positive or, for none, 0",
                    request->time_limit_s);
}

km_status km_calculator_compute(km_calculator *calculator, const km_crystal *crystal,
                                const km_request *request, MPI_Comm comm,
                                km_calculation *result)
{
    memset(result, 0, sizeof *result);
    KM_TRY(check_request(request));
    return calculator->functions->compute(calculator->self, crystal, request, comm, result);
}

static km_status refuse(const km_calculator *calculator, const char *what)
{
    return KM_RAISE(KM_E_ARGUMENT, "calculator %s has no %s", km_calculator_name(calculator),
                    what);
}

km_status km_calculator_forces(km_calculator *calculator, double *forces_ha_bohr)
{
    if (!calculator->functions->forces) return refuse(calculator, "forces");
    return calculator->functions->forces(calculator->self, forces_ha_bohr);
}

km_status km_calculator_stress(km_calculator *calculator, double stress_ha_bohr3[9])
{
    if (!calculator->functions->stress) return refuse(calculator, "stress");
    return calculator->functions->stress(calculator->self, stress_ha_bohr3);
}

static km_status check_planes(int axis, int n_plane)
{
    return KM_CHECK(axis >= 0 && axis <= 2 && n_plane > 0, KM_E_ARGUMENT,
                    "axis = %d must be 0, 1 or 2 and n_plane = %d positive", axis, n_plane);
}

km_status km_calculator_planar_potential(km_calculator *calculator, int axis, int n_plane,
                                         double *v_ha)
{
    if (!calculator->functions->planar_potential) return refuse(calculator, "potential");
    KM_TRY(check_planes(axis, n_plane));
    return calculator->functions->planar_potential(calculator->self, axis, n_plane, v_ha);
}

km_status km_calculator_planar_density(km_calculator *calculator, int axis, int n_plane,
                                       double *density_bohr3)
{
    if (!calculator->functions->planar_density) return refuse(calculator, "electron density");
    KM_TRY(check_planes(axis, n_plane));
    return calculator->functions->planar_density(calculator->self, axis, n_plane,
                                                 density_bohr3);
}

km_status km_calculator_estimate(km_calculator *calculator, const km_crystal *crystal,
                                 const km_request *request, km_estimate *estimate)
{
    memset(estimate, 0, sizeof *estimate);
    KM_TRY(check_request(request));
    if (!calculator->functions->estimate) return refuse(calculator, "estimate");
    return calculator->functions->estimate(calculator->self, crystal, request, estimate);
}

km_status km_calculator_write(km_calculator *calculator, km_h5 *group)
{
    if (!calculator->functions->write) return KM_OK;
    return calculator->functions->write(calculator->self, group);
}
