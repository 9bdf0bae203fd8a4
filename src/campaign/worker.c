#include "kaimen/campaign/worker.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/units.h"
#include "kaimen/campaign/plan.h"
#include "kaimen/dft/edges.h"

#include <math.h>
#include <string.h>
#include <time.h>

/* Boundaries cost energy; a little less than nothing is rounding of strained cells. */
static const double LEAST_J_M2 = -0.02;

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

/* One task while it is evaluated. */
typedef struct {
    const km_worker *worker;
    const km_assignment *assignment;
    const km_crystal *crystal; /* as assigned */
    double started_s;
    bool is_held;    /* the calculator holds the crystal, or what was made of it */
    km_relax *relax; /* NULL: not relaxed */
    double start_ha; /* energy before the relaxation */
    km_result *result;
} evaluation;

static km_calculator *calculator_of(const evaluation *e)
{
    return e->assignment->task.interface.by_dft ? e->worker->dft : e->worker->calculator;
}

static double surface_energy_j_m2(const evaluation *e, double energy_ha)
{
    const km_surface *surface = &e->assignment->task.surface;

    return km_surface_energy_j_m2(energy_ha,
                                  matching_bulk_ha(&e->assignment->reference, e->result),
                                  surface->n_bulk, surface->area_bohr2);
}

/* Surface energy and, where the calculator has a potential, the levels. */
static km_status measure(evaluation *e, km_profile **profile)
{
    km_result *result = e->result;

    if (!isfinite(e->assignment->reference.oriented_slope_ha))
        km_result_add_reason(result, "gamma is not corrected for the number of plane waves");
    result->surface.gamma_j_m2 = surface_energy_j_m2(e, result->energy_ha);
    if (e->relax) result->surface.gamma_unrelaxed_j_m2 = surface_energy_j_m2(e, e->start_ha);
    KM_TRY(km_profile_create(calculator_of(e),
                             e->relax ? km_relax_crystal(e->relax) : e->crystal, profile));
    return km_profile_measure(*profile, e->assignment, result);
}

static void measure_boundary(evaluation *e)
{
    const km_interface *interface = &e->assignment->task.interface;
    const km_reference *reference = &e->assignment->reference;
    const double atom_ha =
        e->assignment->task.kind == KM_TASK_WINNER
            ? matching_bulk_ha(reference, e->result) / reference->oriented_n_atom
            : reference->atom_ha;
    const double bulk_ha = km_crystal_n_atom(e->crystal) * atom_ha + interface->surfaces_ha;
    const double area = interface->n_boundary * interface->area_bohr2;

    e->result->surface.gamma_j_m2 =
        KM_J_M2_PER_HA_BOHR2 * (e->result->energy_ha - bulk_ha) / area;
    if (e->relax)
        e->result->surface.gamma_unrelaxed_j_m2 =
            KM_J_M2_PER_HA_BOHR2 * (e->start_ha - bulk_ha) / area;
    /* Attraction as 1/r^6 has no bottom: ions that are pressed together may fall into each other. */
    if (e->assignment->task.kind == KM_TASK_GRAIN_BOUNDARY &&
        e->result->surface.gamma_j_m2 < LEAST_J_M2)
        fail(e->result, "the energy is below that of the crystal: ions fell into each other");
}

/* What the first rank does after the calculation: numbers, then the image. */
static void record(evaluation *e, void **image, size_t *n_byte)
{
    const km_worker *worker = e->worker;
    const km_provenance provenance = {.input_text = worker->input_text,
                                      .physics_text = worker->physics_text,
                                      .calculator = km_calculator_name(calculator_of(e)),
                                      .started_s = e->started_s};
    km_result *result = e->result;
    km_profile *profile = NULL;
    km_status status;

    if (result->state == KM_TASK_DONE && e->assignment->task.kind == KM_TASK_SURFACE &&
        measure(e, &profile) != KM_OK) {
        fail(result, km_status_message());
        km_profile_destroy(&profile);
    }
    if (result->state == KM_TASK_DONE && (e->assignment->task.kind == KM_TASK_GRAIN_BOUNDARY ||
                                          e->assignment->task.kind == KM_TASK_WINNER))
        measure_boundary(e);
    status =
        km_record_write(e->assignment, e->crystal, result, &provenance,
                        e->is_held ? calculator_of(e) : NULL, e->relax, profile, image, n_byte);
    if (status != KM_OK) {
        fail(result, km_status_message());
        *image = NULL;
        *n_byte = 0;
    }
    km_profile_destroy(&profile);
}

static km_status relax(evaluation *e, const km_request *request, MPI_Comm comm)
{
    km_result *result = e->result;
    km_relax_result relaxed;

    KM_TRY(km_relaxation_run(&e->worker->relaxation, e->crystal, &e->assignment->task,
                             calculator_of(e), request, comm, &result->calculation, &relaxed,
                             &e->relax));
    e->is_held = relaxed.outcome == KM_OUTCOME_CONVERGED;
    e->start_ha = relaxed.start_energy_ha;
    result->n_relax_step = relaxed.n_step;
    if (request->vacuum_axis < 0) {
        result->max_stress_ha_bohr3 = relaxed.max_stress_ha_bohr3;
        result->basis_error_ha = relaxed.basis_error_ha;
        result->volume_change = km_crystal_volume_bohr3(km_relax_crystal(e->relax)) /
                                    km_crystal_volume_bohr3(e->crystal) -
                                1;
    }
    result->max_force_ha_bohr = relaxed.max_force_ha_bohr;
    return KM_OK;
}

static km_status compute(evaluation *e, MPI_Comm comm)
{
    const km_worker *worker = e->worker;
    km_request request = km_plan_request(&e->assignment->task);

    request.time_limit_s = e->assignment->time_limit_s;
    request.stop = worker->stop;
    if (km_relaxation_moves(&worker->relaxation, e->assignment->task.kind))
        return km_agree(relax(e, &request, comm), comm);
    KM_TRY(km_agree(km_calculator_compute(calculator_of(e), e->crystal, &request, comm,
                                          &e->result->calculation),
                    comm));
    e->is_held = true;
    return KM_OK;
}

void km_worker_evaluate(const km_worker *worker, const km_assignment *assignment,
                        const km_crystal *crystal, MPI_Comm comm, km_result *result,
                        void **image, size_t *n_byte)
{
    evaluation e = {.worker = worker,
                    .assignment = assignment,
                    .crystal = crystal,
                    .started_s = clock_s(CLOCK_REALTIME),
                    .result = result};
    double since_s = clock_s(CLOCK_MONOTONIC);
    km_status status;
    int rank;

    *image = NULL;
    *n_byte = 0;
    *result = km_result_empty();
    MPI_Comm_rank(comm, &rank);
    MPI_Comm_size(comm, &result->n_rank);
    status = compute(&e, comm);
    if (status == KM_OK)
        judge(assignment, result);
    else
        fail(result, km_status_message());
    result->time_s = clock_s(CLOCK_MONOTONIC) - since_s;
    if (rank == 0 && result->state != KM_TASK_QUEUED) record(&e, image, n_byte);
    km_relax_destroy(&e.relax);
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
