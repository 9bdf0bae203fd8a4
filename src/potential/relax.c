#include "potential/relax_state.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/units.h"
#include "potential/bond_model.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

/* Sufficient decrease. Source: Nocedal, Wright, Numerical Optimization, eq. 3.4. */
static const double ARMIJO = 1e-4;
/* Force along the move that must be gone where the energy cannot tell. Source: there, eq. 3.7b. */
static const double WOLFE = 0.9;
/* Per atom: SCF thresholds and grids of usual calculations make about so much. */
static const double NOISE_HA = 2e-6;
/* Error of the forces that is asked for, against the tolerance or, while that is far, against this part of the last force. */
static const double FORCE_ERROR = 0.2, LAST_FORCE = 0.1;
/* The trust radius after a rejected move, as a fraction of that move. */
static const double LEAST_CUT = 0.1, LARGEST_CUT = 0.5;
/* After so many rejected moves the history is forgotten; after so many more the forces are no gradient. */
#define FORGET_REJECTED 3
#define MAX_REJECTED 8
/* Distance to the nearest neighbour, against that at the start, beyond which a crystal has exploded. */
static const double SHORTEST_BOND = 0.6, LONGEST_BOND = 1.8;

km_relax_options km_relax_options_default(void)
{
    return (km_relax_options){
        .force_tolerance_ha_bohr = 1e-3, .max_step = 60, .step_limit_bohr = 0.3};
}

static km_status check_options(const km_relax_options *options)
{
    KM_TRY(KM_CHECK(options->force_tolerance_ha_bohr > 0, KM_E_ARGUMENT,
                    "force tolerance %g Ha/bohr must be positive",
                    options->force_tolerance_ha_bohr));
    KM_TRY(KM_CHECK(options->max_step > 0, KM_E_ARGUMENT, "max_step = %d must be positive",
                    options->max_step));
    return KM_CHECK(options->step_limit_bohr > 0, KM_E_ARGUMENT,
                    "step limit %g bohr must be positive", options->step_limit_bohr);
}

static km_status allocate(km_relax *relax)
{
    const size_t n_frame = (size_t)relax->options.max_step + 1, n = (size_t)relax->n;

    KM_TRY(KM_ALLOC(relax->frozen, n / 3));
    KM_TRY(KM_ALLOC(relax->nearest_bohr, n / 3));
    KM_TRY(KM_ALLOC(relax->gradient, n));
    KM_TRY(KM_ALLOC(relax->trial_gradient, n));
    KM_TRY(KM_ALLOC(relax->move, n));
    KM_TRY(KM_ALLOC(relax->change, n));
    KM_TRY(KM_ALLOC(relax->factor, n * n));
    KM_TRY(KM_ALLOC(relax->step, n_frame));
    KM_TRY(KM_ALLOC(relax->frame_frac, n_frame * n));
    return km_lbfgs_create(relax->n, &relax->lbfgs);
}

km_status km_relax_create(const km_crystal *crystal, const km_relax_options *options,
                          km_relax **out)
{
    const int n_atom = km_crystal_n_atom(crystal);
    km_relax *relax = NULL;
    km_status status = KM_OK;

    *out = NULL;
    KM_TRY(check_options(options));
    KM_TRY(KM_ALLOC(relax, 1));
    relax->options = *options;
    relax->n = 3 * n_atom;
    relax->limit_bohr = options->step_limit_bohr;
    KM_TRY_TO(fail, km_crystal_copy(crystal, &relax->start));
    KM_TRY_TO(fail, km_crystal_copy(crystal, &relax->crystal));
    KM_TRY_TO(fail, km_crystal_copy(crystal, &relax->trial));
    KM_TRY_TO(fail, allocate(relax));
    if (options->frozen)
        memcpy(relax->frozen, options->frozen, sizeof *relax->frozen * (size_t)n_atom);
    KM_TRY_TO(fail, km_bond_model_nearest(crystal, relax->nearest_bohr));
    *out = relax;
    return KM_OK;
fail:
    km_relax_destroy(&relax);
    return status;
}

void km_relax_destroy(km_relax **relax)
{
    km_relax *r = *relax;

    if (!r) return;
    km_crystal_destroy(&r->start);
    km_crystal_destroy(&r->crystal);
    km_crystal_destroy(&r->trial);
    km_lbfgs_destroy(&r->lbfgs);
    KM_FREE(r->frozen);
    KM_FREE(r->nearest_bohr);
    KM_FREE(r->gradient);
    KM_FREE(r->trial_gradient);
    KM_FREE(r->move);
    KM_FREE(r->change);
    KM_FREE(r->factor);
    KM_FREE(r->step);
    KM_FREE(r->frame_frac);
    KM_FREE(*relax);
}

/* Length of the longest of n/3 vectors. */
static double longest(int n, const double *v)
{
    double most = 0;

    for (int i = 0; i < n; i += 3) {
        double length = cblas_dnrm2(3, v + i, 1);

        if (!(length <= most)) most = length; /* a NaN is the longest */
    }
    return most;
}

static void precondition(const void *context, double *x)
{
    const km_relax *relax = context;

    km_bond_model_solve(relax->n, relax->factor, x);
}

/* The next move from the accepted positions, within the trust radius. */
static km_status propose(km_relax *relax, MPI_Comm comm)
{
    const double *b = km_crystal_reciprocal_bohr(relax->crystal);
    double *frac = relax->change, length;

    KM_TRY(km_agree(km_bond_model_factor(relax->crystal, relax->frozen, relax->factor), comm));
    km_lbfgs_compute_direction(relax->lbfgs, relax->gradient, precondition, relax, relax->move);
    length = longest(relax->n, relax->move);
    if (length > relax->limit_bohr)
        cblas_dscal(relax->n, relax->limit_bohr / length, relax->move, 1);
    MPI_Bcast(relax->move, relax->n, MPI_DOUBLE, 0, comm);
    for (int i = 0; i < relax->n; ++i)
        frac[i] = km_crystal_frac(relax->crystal)[i] +
                  cblas_ddot(3, b + 3 * (i % 3), 1, relax->move + i - i % 3, 1) / (2 * KM_PI);
    km_crystal_move(relax->trial, frac);
    return KM_OK;
}

/* Whether every atom still has its nearest neighbour at a sane distance. */
static km_status check_bonds(km_relax *relax, km_relax_result *result)
{
    double *nearest = relax->change;

    KM_TRY(km_bond_model_nearest(relax->trial, nearest));
    for (int a = 0; a < relax->n / 3 && !relax->is_over; ++a) {
        const double ratio = nearest[a] / relax->nearest_bohr[a];

        if (ratio >= SHORTEST_BOND && ratio <= LONGEST_BOND) continue;
        relax->is_over = true;
        result->outcome = KM_OUTCOME_DIVERGED;
        snprintf(
            result->reason, sizeof result->reason,
            "exploded: move %d brings the nearest neighbour of atom %d to %.2f of its first "
            "distance, allowed are %.1f to %.1f",
            relax->n_record, a + 1, ratio, SHORTEST_BOND, LONGEST_BOND);
    }
    return KM_OK;
}

/* Energy and gradient of the trial positions, and their line in the record. */
static km_status compute(km_relax *relax, km_calculator *calculator, const km_request *request,
                         MPI_Comm comm, km_relax_result *result, km_calculation *calculation)
{
    const double start_s = MPI_Wtime();
    km_relax_step *step = relax->step + relax->n_record;

    KM_TRY(km_agree(km_calculator_compute(calculator, relax->trial, request, comm, calculation),
                    comm));
    ++result->n_compute;
    result->n_iteration += calculation->n_iteration;
    result->n_h_apply += calculation->n_h_apply;
    relax->is_held = false;
    if (calculation->outcome != KM_OUTCOME_CONVERGED) return KM_OK;
    KM_TRY(km_agree(km_calculator_forces(calculator, relax->trial_gradient), comm));
    for (int i = 0; i < relax->n; ++i)
        relax->trial_gradient[i] *= relax->frozen[i / 3] ? 0 : -1;
    *step = (km_relax_step){.energy_ha = calculation->energy_ha,
                            .free_energy_ha = calculation->free_energy_ha,
                            .max_force_ha_bohr = longest(relax->n, relax->trial_gradient),
                            .move_bohr = longest(relax->n, relax->move),
                            .n_iteration = calculation->n_iteration,
                            .n_h_apply = calculation->n_h_apply,
                            .time_s = MPI_Wtime() - start_s};
    memcpy(relax->frame_frac + (size_t)relax->n_record * (size_t)relax->n,
           km_crystal_frac(relax->trial), sizeof(double) * (size_t)relax->n);
    ++relax->n_record;
    return KM_OK;
}

static void accept(km_relax *relax, const km_calculation *calculation)
{
    double *gradient = relax->gradient;

    relax->step[relax->n_record - 1].is_accepted = true;
    relax->free_energy_ha = calculation->free_energy_ha;
    relax->calculation = *calculation;
    relax->gradient = relax->trial_gradient;
    relax->trial_gradient = gradient;
    km_crystal_move(relax->crystal, km_crystal_frac(relax->trial));
    relax->limit_bohr = fmin(2 * relax->limit_bohr, relax->options.step_limit_bohr);
    relax->n_rejected = 0;
    relax->is_held = true;
}

/* Whether a move is kept; a rejected one still teaches the history and shrinks the trust radius. */
static void decide(km_relax *relax, const km_calculation *calculation)
{
    const int n = relax->n;
    const double noise = NOISE_HA * n / 3;
    const double slope = cblas_ddot(n, relax->gradient, 1, relax->move, 1);
    const double slope_after = cblas_ddot(n, relax->trial_gradient, 1, relax->move, 1);
    const double rise = calculation->free_energy_ha - relax->free_energy_ha;

    for (int i = 0; i < n; ++i)
        relax->change[i] = relax->trial_gradient[i] - relax->gradient[i];
    km_lbfgs_add(relax->lbfgs, relax->move, relax->change);
    if (rise <= ARMIJO * slope || (rise <= noise && fabs(slope_after) <= WOLFE * fabs(slope))) {
        accept(relax, calculation);
        return;
    }
    /* The minimum of the parabola through both energies and the slope. */
    relax->limit_bohr = longest(n, relax->move) *
                        fmax(LEAST_CUT, fmin(LARGEST_CUT, slope / (2 * (slope - rise))));
    if (++relax->n_rejected == FORGET_REJECTED) km_lbfgs_clear(relax->lbfgs);
}

/* Whether to go on, decided by the first rank for all. */
static void judge(km_relax *relax, const km_request *request, double end_s, MPI_Comm comm,
                  km_relax_result *result)
{
    const double force = longest(relax->n, relax->gradient);
    int outcome = -1;

    if (force < relax->options.force_tolerance_ha_bohr)
        outcome = KM_OUTCOME_CONVERGED;
    else if (!isfinite(force) || !isfinite(relax->free_energy_ha) ||
             relax->n_rejected == MAX_REJECTED)
        outcome = KM_OUTCOME_DIVERGED;
    else if (relax->n_record > relax->options.max_step)
        outcome = KM_OUTCOME_NOT_CONVERGED;
    else if (request->stop && *request->stop)
        outcome = KM_OUTCOME_STOPPED;
    else if (request->time_limit_s > 0 && MPI_Wtime() > end_s)
        outcome = KM_OUTCOME_TIMEOUT;
    MPI_Bcast(&outcome, 1, MPI_INT, 0, comm);
    result->max_force_ha_bohr = force;
    if (outcome < 0) return;
    relax->is_over = true;
    result->outcome = (km_outcome)outcome;
    if (outcome == KM_OUTCOME_DIVERGED && relax->n_rejected == MAX_REJECTED)
        snprintf(result->reason, sizeof result->reason,
                 "exploded: the energy rises along the forces, %d moves rejected in a row",
                 relax->n_rejected);
    else if (outcome == KM_OUTCOME_DIVERGED)
        snprintf(result->reason, sizeof result->reason, "exploded: a force is not a number");
    else if (outcome != KM_OUTCOME_CONVERGED)
        snprintf(result->reason, sizeof result->reason,
                 "%s after %d moves, largest force %.1e Ha/bohr, wanted %.1e",
                 outcome == KM_OUTCOME_NOT_CONVERGED ? "step limit" : km_outcome_name(outcome),
                 relax->n_record - 1, force, relax->options.force_tolerance_ha_bohr);
}

/* A crystal that the calculator could not converge ends the relaxation with its outcome. */
static void take_failure(km_relax *relax, const km_calculation *calculation,
                         km_relax_result *result)
{
    relax->is_over = true;
    result->outcome = calculation->outcome;
    snprintf(result->reason, sizeof result->reason, "move %d: %.*s", relax->n_record,
             KM_REASON_SIZE - 32, calculation->reason);
}

static km_status finish_step(km_relax *relax, MPI_Comm comm)
{
    const int i = relax->n_record - 1;
    km_status status = KM_OK;
    int rank;

    MPI_Comm_rank(comm, &rank);
    if (rank == 0 && relax->options.checkpoint) status = km_relax_save(relax);
    if (rank == 0 && relax->options.report)
        relax->options.report(relax->options.report_context, i, relax->step + i);
    return km_agree(status, comm);
}

/* The request of one computation: forces as exact as they must be, and what is left of the time. */
static km_request step_request(const km_relax *relax, const km_request *request, double end_s)
{
    const double force = relax->n_record > 0 ? longest(relax->n, relax->gradient) : 0;
    km_request left = *request;

    left.forces = true;
    left.edges = left.stress = left.basis_slope = false; /* of the relaxed crystal only */
    left.force_error_ha_bohr =
        FORCE_ERROR * fmax(relax->options.force_tolerance_ha_bohr, LAST_FORCE * force);
    if (request->time_limit_s > 0) left.time_limit_s = fmax(end_s - MPI_Wtime(), 1e-3);
    return left;
}

/* One computation of the trial positions; the first one is always accepted. */
static km_status advance(km_relax *relax, km_calculator *calculator, const km_request *request,
                         MPI_Comm comm, km_relax_result *result)
{
    km_calculation calculation;

    KM_TRY(compute(relax, calculator, request, comm, result, &calculation));
    if (calculation.outcome != KM_OUTCOME_CONVERGED) {
        take_failure(relax, &calculation, result);
        return KM_OK;
    }
    if (relax->n_record == 1)
        accept(relax, &calculation);
    else
        decide(relax, &calculation);
    return finish_step(relax, comm);
}

/*
 * After a resume, or a rejected move, the calculator holds something else than the result; or what the steps have no use
 * for is still wanted.
 */
static km_status refresh(km_relax *relax, km_calculator *calculator, const km_request *request,
                         MPI_Comm comm, km_relax_result *result)
{
    if (relax->is_held && !request->edges && !request->stress && !request->basis_slope)
        return KM_OK;
    KM_TRY(km_agree(
        km_calculator_compute(calculator, relax->crystal, request, comm, &relax->calculation),
        comm));
    ++result->n_compute;
    result->n_iteration += relax->calculation.n_iteration;
    result->n_h_apply += relax->calculation.n_h_apply;
    relax->is_held = relax->calculation.outcome == KM_OUTCOME_CONVERGED;
    if (!relax->is_held) take_failure(relax, &relax->calculation, result);
    return KM_OK;
}

km_status km_relax_run(km_relax *relax, km_calculator *calculator, const km_request *request,
                       MPI_Comm comm, km_relax_result *result)
{
    const double end_s = MPI_Wtime() + request->time_limit_s;
    km_request each = *request;

    *result = (km_relax_result){.outcome = KM_OUTCOME_FAILED, .start_energy_ha = NAN};
    if (relax->options.checkpoint) KM_TRY(km_relax_load(relax, comm));
    for (int i = 0; i < relax->n_record; ++i) {
        result->n_iteration += relax->step[i].n_iteration;
        result->n_h_apply += relax->step[i].n_h_apply;
    }
    for (relax->is_over = false; !relax->is_over;) {
        each = step_request(relax, request, end_s);
        if (relax->n_record > 0) judge(relax, request, end_s, comm, result);
        if (relax->n_record > 0 && !relax->is_over) {
            KM_TRY(propose(relax, comm));
            KM_TRY(check_bonds(relax, result));
        }
        if (!relax->is_over) KM_TRY(advance(relax, calculator, &each, comm, result));
    }
    each.edges = request->edges;
    each.stress = request->stress;
    each.basis_slope = request->basis_slope;
    if (result->outcome == KM_OUTCOME_CONVERGED)
        KM_TRY(refresh(relax, calculator, &each, comm, result));
    result->n_step = relax->n_record > 0 ? relax->n_record - 1 : 0;
    if (relax->n_record > 0) result->start_energy_ha = relax->step[0].energy_ha;
    result->calculation = relax->calculation;
    return KM_OK;
}

const km_crystal *km_relax_crystal(const km_relax *relax)
{
    return relax->crystal;
}

const km_relax_step *km_relax_steps(const km_relax *relax, int *n)
{
    *n = relax->n_record;
    return relax->step;
}

const double *km_relax_frames_frac(const km_relax *relax)
{
    return relax->frame_frac;
}
