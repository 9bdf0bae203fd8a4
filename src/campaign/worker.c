#include "kaimen/campaign/worker.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/units.h"
#include "kaimen/campaign/plan.h"
#include "kaimen/dft/edges.h"

#include <math.h>
#include <string.h>
#include <time.h>

static double clock_s(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void fail(km_result *result, const char *why)
{
    result->state = KM_TASK_FAILED;
    snprintf(result->outcome, sizeof result->outcome, "%s", km_outcome_name(KM_OUTCOME_FAILED));
    snprintf(result->reason, sizeof result->reason, "%.*s", KM_REASON_SIZE - 1, why);
}

/* How the outcome of a calculation ends its task. */
static void judge(const km_assignment *assignment, km_result *result)
{
    const km_calculation *calculation = &result->calculation;
    km_outcome outcome = calculation->outcome;

    if (outcome == KM_OUTCOME_TIMEOUT && assignment->is_job_limit)
        outcome = KM_OUTCOME_STOPPED; /* the job's time was up, not the task's */
    snprintf(result->outcome, sizeof result->outcome, "%s", km_outcome_name(outcome));
    snprintf(result->reason, sizeof result->reason, "%s", calculation->reason);
    if (outcome == KM_OUTCOME_CONVERGED && !isfinite(calculation->energy_ha)) {
        fail(result, "the energy is not a number");
    } else if (outcome == KM_OUTCOME_CONVERGED) {
        result->state = KM_TASK_DONE;
        result->energy_ha = calculation->energy_ha;
        if (calculation->has_bands)
            result->gap_ev = (calculation->cbm_ha - calculation->vbm_ha) * KM_EV_PER_HA;
    } else {
        result->state = outcome == KM_OUTCOME_STOPPED ? KM_TASK_QUEUED : KM_TASK_FAILED;
        if (!result->reason[0])
            snprintf(result->reason, sizeof result->reason, "%s", result->outcome);
    }
}

/*
 * Energy of the oriented bulk, had its sphere held as many plane waves per volume as the slab's: a sphere of
 * discrete waves holds up to 1 % too many or too few, in every cell another number.
 * Source: G. P. Francis, M. C. Payne, J. Phys.: Condens. Matter 2, 4395 (1990).
 */
static double matching_bulk_ha(const km_reference *bulk, const km_result *slab)
{
    const double change = log(slab->calculation.basis_filling / bulk->oriented_filling);

    if (!isfinite(bulk->oriented_slope_ha)) return bulk->oriented_ha;
    return bulk->oriented_ha + bulk->oriented_slope_ha * change;
}

/* Surface energy and, where the calculator has a potential, the levels. */
static km_status measure(const km_worker *worker, const km_assignment *assignment,
                         const km_crystal *crystal, km_result *result, km_profile **profile)
{
    const km_surface *surface = &assignment->task.surface;

    if (!isfinite(assignment->reference.oriented_slope_ha))
        km_result_add_reason(result, "gamma is not corrected for the number of plane waves");
    result->surface.gamma_j_m2 = km_surface_energy_j_m2(
        result->energy_ha, matching_bulk_ha(&assignment->reference, result), surface->n_bulk,
        surface->area_bohr2);
    KM_TRY(km_profile_create(worker->calculator, crystal, profile));
    return km_profile_measure(*profile, assignment, result);
}

/* What the first rank does after the calculation: numbers, then the image. */
static void record(const km_worker *worker, const km_assignment *assignment,
                   const km_crystal *crystal, double started_s, bool is_computed,
                   km_result *result, void **image, size_t *n_byte)
{
    const km_provenance provenance = {.input_text = worker->input_text,
                                      .physics_text = worker->physics_text,
                                      .calculator = km_calculator_name(worker->calculator),
                                      .started_s = started_s};
    km_profile *profile = NULL;
    km_status status;

    if (result->state == KM_TASK_DONE && assignment->task.kind == KM_TASK_SURFACE &&
        measure(worker, assignment, crystal, result, &profile) != KM_OK) {
        fail(result, km_status_message());
        km_profile_destroy(&profile);
    }
    status = km_record_write(assignment, crystal, result, &provenance,
                             is_computed ? worker->calculator : NULL, profile, image, n_byte);
    if (status != KM_OK) {
        fail(result, km_status_message());
        *image = NULL;
        *n_byte = 0;
    }
    km_profile_destroy(&profile);
}

void km_worker_evaluate(const km_worker *worker, const km_assignment *assignment,
                        const km_crystal *crystal, MPI_Comm comm, km_result *result,
                        void **image, size_t *n_byte)
{
    km_request request = km_plan_request(&assignment->task);
    double since_s = clock_s(CLOCK_MONOTONIC), started_s = clock_s(CLOCK_REALTIME);
    km_status status;
    int rank;

    *image = NULL;
    *n_byte = 0;
    *result = km_result_empty();
    MPI_Comm_rank(comm, &rank);
    MPI_Comm_size(comm, &result->n_rank);
    request.time_limit_s = assignment->time_limit_s;
    request.stop = worker->stop;
    status = km_calculator_compute(worker->calculator, crystal, &request, comm,
                                   &result->calculation);
    status = km_agree(status, comm);
    if (status == KM_OK)
        judge(assignment, result);
    else
        fail(result, km_status_message());
    result->time_s = clock_s(CLOCK_MONOTONIC) - since_s;
    if (rank == 0 && result->state != KM_TASK_QUEUED)
        record(worker, assignment, crystal, started_s, status == KM_OK, result, image, n_byte);
}

km_status km_worker_run(const km_worker *worker, const km_team *team)
{
    km_assignment assignment;
    km_crystal *crystal;
    km_result result;
    void *image = NULL;
    size_t n_byte = 0;
    int rank;

    MPI_Comm_rank(km_team_comm(team), &rank);
    for (;;) {
        km_status status = km_protocol_receive_assignment(team, &assignment, &crystal);

        if (status == KM_OK && !crystal) return KM_OK;
        if (status == KM_OK) {
            km_worker_evaluate(worker, &assignment, crystal, km_team_comm(team), &result,
                               &image, &n_byte);
        } else {
            result = km_result_empty();
            fail(&result, km_status_message());
        }
        if (rank == 0 && km_protocol_send_result(team, &result, image, n_byte) != KM_OK) {
            fail(&result, km_status_message());
            KM_TRY(km_protocol_send_result(team, &result, NULL, 0));
        }
        KM_FREE(image);
        n_byte = 0;
        km_crystal_destroy(&crystal);
    }
}
