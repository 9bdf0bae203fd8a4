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
/* Corrected stress, or force, of the relaxed cell with plane waves of its own, against its tolerance: above the first it
   goes on with those, above the second at the end the result has a warning. */
static const double STALE_BASIS = 3, SUSPECT_BASIS = 10;
/* Each renewal must leave less of it than this: the number of plane waves has jumps that no relaxation takes away. */
static const double LEAST_GAIN = 0.7;
/* After so many rejected moves the history is forgotten; after so many more the forces are no gradient. */
#define FORGET_REJECTED 3
#define MAX_REJECTED 8
/* Distance to the nearest neighbour, against that at the start, beyond which a crystal has exploded. */
static const double SHORTEST_BOND = 0.6, LONGEST_BOND = 1.8;

/* The next move from the accepted crystal, within the trust radius. */
static km_status propose(km_relax *relax, MPI_Comm comm)
{
    double size;

    KM_TRY(km_agree(km_relax_make_springs(relax), comm));
    km_lbfgs_compute_direction(relax->lbfgs, relax->now.gradient, km_relax_precondition, relax,
                               relax->move);
    size = km_relax_size(relax, relax->move);
    if (size > relax->trust) cblas_dscal(relax->n, relax->trust / size, relax->move, 1);
    relax->size = fmin(size, relax->trust);
    MPI_Bcast(relax->move, relax->n, MPI_DOUBLE, 0, comm);
    for (int i = 0; i < relax->n; ++i) relax->trial.x[i] = relax->now.x[i] + relax->move[i];
    return km_agree(km_relax_place(relax), comm);
}

/* Whether every atom still has its nearest neighbour at a sane distance. */
static km_status check_bonds(km_relax *relax, km_relax_result *result)
{
    double *nearest = relax->change;

    KM_TRY(km_bond_model_nearest(relax->trial.crystal, nearest));
    for (int a = 0; a < relax->n_atom && !relax->is_over; ++a) {
        const double ratio = nearest[a] / relax->bonds.nearest_bohr[a];

        /* An atom that is squeezed at first may get as far as the others are. */
        if (ratio >= SHORTEST_BOND &&
            (ratio <= LONGEST_BOND || nearest[a] <= LONGEST_BOND * relax->bonds.mean_bohr))
            continue;
        relax->is_over = true;
        result->outcome = KM_OUTCOME_DIVERGED;
        snprintf(
            result->reason, sizeof result->reason,
            "exploded: move %d brings the nearest neighbour of atom %d to %.2f of its first "
            "distance, allowed are %.1f to %.1f",
            relax->record.n, a + 1, ratio, SHORTEST_BOND, LONGEST_BOND);
    }
    return KM_OK;
}

/* What a calculation's energy lacks to that of the full cutoff. */
static double basis_correction_ha(const km_relax *relax, const km_calculation *calculation)
{
    if (!relax->options.cell || !(calculation->basis_filling > 0)) return 0;
    return -relax->basis_slope_ha * log(calculation->basis_filling);
}

/* What falls from step to step. */
static double value_ha(const km_relax *relax, const km_relax_step *step)
{
    if (!relax->options.cell) return step->free_energy_ha;
    return step->free_energy_ha +
           relax->options.pressure_ha_bohr3 * km_crystal_volume_bohr3(relax->trial.crystal);
}

/* Length of the longest move of an atom in this step. */
static double longest(const km_relax *relax)
{
    double most = 0;

    for (int a = 0; a < relax->n_atom; ++a)
        most = fmax(most, cblas_dnrm2(3, relax->move + 3 * a, 1));
    return most;
}

/* Energy and gradient of the trial crystal, and their line in the record. */
static km_status compute(km_relax *relax, km_calculator *calculator, const km_request *request,
                         MPI_Comm comm, km_relax_result *result, km_calculation *calculation)
{
    const double start_s = MPI_Wtime();
    km_relax_step *step = relax->record.step + relax->record.n;
    double correction;

    KM_TRY(km_agree(
        km_calculator_compute(calculator, relax->trial.crystal, request, comm, calculation),
        comm));
    ++result->n_compute;
    result->n_iteration += calculation->effort.n_iteration;
    result->n_h_apply += calculation->effort.n_h_apply;
    relax->is_held = false;
    if (calculation->outcome != KM_OUTCOME_CONVERGED) return KM_OK;
    if (request->basis_slope && isfinite(calculation->basis_slope_ha))
        relax->basis_slope_ha = calculation->basis_slope_ha;
    correction = basis_correction_ha(relax, calculation);
    *step = (km_relax_step){.energy_ha = calculation->energy_ha + correction,
                            .free_energy_ha = calculation->free_energy_ha + correction,
                            .move_bohr = longest(relax),
                            .n_iteration = calculation->effort.n_iteration,
                            .n_h_apply = calculation->effort.n_h_apply};
    KM_TRY(km_agree(km_relax_differentiate(relax, calculator, step), comm));
    step->time_s = MPI_Wtime() - start_s;
    ++relax->record.n;
    return KM_OK;
}

static void accept(km_relax *relax, const km_calculation *calculation)
{
    const relax_point last = relax->now;

    relax->record.i_accepted = relax->record.n - 1;
    relax->record.step[relax->record.i_accepted].is_accepted = true;
    relax->value_ha = value_ha(relax, relax->record.step + relax->record.i_accepted);
    relax->calculation = *calculation;
    relax->now = relax->trial;
    relax->trial = last;
    relax->trust = fmin(2 * relax->trust, 1);
    relax->n_rejected = 0;
    relax->is_held = true;
}

/* Whether a move is kept; a rejected one still teaches the history and shrinks the trust radius. */
static void decide(km_relax *relax, const km_calculation *calculation)
{
    const int n = relax->n;
    const double noise = NOISE_HA * relax->n_atom;
    const double slope = cblas_ddot(n, relax->now.gradient, 1, relax->move, 1);
    const double slope_after = cblas_ddot(n, relax->trial.gradient, 1, relax->move, 1);
    const double rise =
        value_ha(relax, relax->record.step + relax->record.n - 1) - relax->value_ha;

    for (int i = 0; i < n; ++i)
        relax->change[i] = relax->trial.gradient[i] - relax->now.gradient[i];
    km_lbfgs_add(relax->lbfgs, relax->move, relax->change);
    if (rise <= ARMIJO * slope || (rise <= noise && fabs(slope_after) <= WOLFE * fabs(slope))) {
        accept(relax, calculation);
        return;
    }
    /* The minimum of the parabola through both energies and the slope. */
    relax->trust =
        relax->size * fmax(LEAST_CUT, fmin(LARGEST_CUT, slope / (2 * (slope - rise))));
    if (++relax->n_rejected == FORGET_REJECTED) km_lbfgs_clear(relax->lbfgs);
}

static void describe_end(const km_relax *relax, km_relax_result *result)
{
    const km_relax_step *step = relax->record.step + relax->record.i_accepted;
    const char *name = result->outcome == KM_OUTCOME_NOT_CONVERGED
                           ? "step limit"
                           : km_outcome_name(result->outcome);
    char *reason = result->reason;
    size_t n;

    if (result->outcome == KM_OUTCOME_CONVERGED) return;
    if (result->outcome == KM_OUTCOME_DIVERGED) {
        snprintf(reason, KM_REASON_SIZE,
                 relax->n_rejected == MAX_REJECTED
                     ? "exploded: the energy rises along the forces, %d moves rejected in a row"
                     : "exploded: a force, stress or energy is not a number",
                 relax->n_rejected);
        return;
    }
    snprintf(reason, KM_REASON_SIZE,
             "%s after %d moves, largest force %.1e Ha/bohr, wanted %.1e", name,
             relax->record.n - 1, step->max_force_ha_bohr,
             relax->options.force_tolerance_ha_bohr);
    n = strlen(reason);
    if (relax->options.cell)
        snprintf(reason + n, KM_REASON_SIZE - n, ", stress %.1e Ha/bohr^3, wanted %.1e",
                 step->max_stress_ha_bohr3, relax->options.stress_tolerance_ha_bohr3);
}

static bool is_relaxed(const km_relax *relax)
{
    const km_relax_step *step = relax->record.step + relax->record.i_accepted;

    return step->max_force_ha_bohr < relax->options.force_tolerance_ha_bohr &&
           (!relax->options.cell ||
            step->max_stress_ha_bohr3 < relax->options.stress_tolerance_ha_bohr3);
}

/* Whether to go on, decided by the first rank for all. */
static void judge(km_relax *relax, const km_request *request, double end_s, MPI_Comm comm,
                  km_relax_result *result)
{
    int outcome = -1;

    if (is_relaxed(relax))
        outcome = KM_OUTCOME_CONVERGED;
    else if (!isfinite(km_relax_size(relax, relax->now.gradient)) ||
             !isfinite(relax->value_ha) || relax->n_rejected == MAX_REJECTED)
        outcome = KM_OUTCOME_DIVERGED;
    else if (relax->record.n > relax->options.max_step)
        outcome = KM_OUTCOME_NOT_CONVERGED;
    else if (request->stop && *request->stop)
        outcome = KM_OUTCOME_STOPPED;
    else if (request->time_limit_s > 0 && MPI_Wtime() > end_s)
        outcome = KM_OUTCOME_TIMEOUT;
    MPI_Bcast(&outcome, 1, MPI_INT, 0, comm);
    if (outcome < 0) return;
    relax->is_over = true;
    result->outcome = (km_outcome)outcome;
    describe_end(relax, result);
}

/* A crystal that the calculator could not converge ends the relaxation with its outcome. */
static void take_failure(km_relax *relax, const km_calculation *calculation,
                         km_relax_result *result)
{
    relax->is_over = true;
    result->outcome = calculation->outcome;
    snprintf(result->reason, sizeof result->reason, "move %d: %.*s", relax->record.n,
             KM_REASON_SIZE - 32, calculation->reason);
}

static km_status finish_step(km_relax *relax, MPI_Comm comm)
{
    const int i = relax->record.n - 1;
    km_status status = KM_OK;
    int rank;

    MPI_Comm_rank(comm, &rank);
    if (rank == 0 && relax->options.checkpoint) status = km_relax_save(relax);
    if (rank == 0 && relax->options.report)
        relax->options.report(relax->options.report_context, i, relax->record.step + i);
    return km_agree(status, comm);
}

/* The request of one computation: forces as exact as they must be, and what is left of the time. */
static km_request step_request(const km_relax *relax, const km_request *request, double end_s)
{
    const double force = relax->record.n > 0
                             ? relax->record.step[relax->record.i_accepted].max_force_ha_bohr
                             : 0;
    km_request left = *request;

    left.forces = true;
    left.edges = false; /* of the relaxed crystal only */
    left.stress = relax->options.cell;
    left.basis_slope = relax->options.cell && relax->is_new_basis;
    left.basis_cell_bohr = relax->options.cell ? relax->basis_cell : NULL;
    left.force_error_ha_bohr =
        FORCE_ERROR * fmax(relax->options.force_tolerance_ha_bohr, LAST_FORCE * force);
    if (request->time_limit_s > 0) left.time_limit_s = fmax(end_s - MPI_Wtime(), 1e-3);
    return left;
}

/* One computation of the trial crystal; the first one with its plane waves is always accepted. */
static km_status advance(km_relax *relax, km_calculator *calculator, const km_request *request,
                         MPI_Comm comm, km_relax_result *result)
{
    km_calculation calculation;

    KM_TRY(compute(relax, calculator, request, comm, result, &calculation));
    /* A crystal without an energy, such as one where a shell leaves its core, was too far away. */
    if (calculation.outcome == KM_OUTCOME_DIVERGED && !relax->is_new_basis &&
        relax->n_rejected + 1 < MAX_REJECTED) {
        relax->trust = LEAST_CUT * relax->size;
        ++relax->n_rejected;
        return KM_OK;
    }
    if (calculation.outcome != KM_OUTCOME_CONVERGED) {
        take_failure(relax, &calculation, result);
        return KM_OK;
    }
    if (relax->is_new_basis)
        accept(relax, &calculation);
    else
        decide(relax, &calculation);
    relax->is_new_basis = false;
    return finish_step(relax, comm);
}

/*
 * The relaxed cell with plane waves of its own: how far its energy is from that with the strained ones, and how large the
 * corrected stress and the force are, against their tolerances.
 */
static km_status check_basis(km_relax *relax, km_calculator *calculator,
                             km_relax_result *result, double *excess)
{
    const km_calculation *calculation = &relax->calculation;
    km_relax_step step;

    result->basis_error_ha = calculation->free_energy_ha +
                             basis_correction_ha(relax, calculation) -
                             relax->record.step[relax->record.i_accepted].free_energy_ha;
    memcpy(relax->trial.x, relax->now.x, sizeof *relax->now.x * (size_t)relax->n);
    KM_TRY(km_relax_place(relax));
    KM_TRY(km_relax_differentiate(relax, calculator, &step));
    *excess = fmax(step.max_force_ha_bohr / relax->options.force_tolerance_ha_bohr,
                   step.max_stress_ha_bohr3 / relax->options.stress_tolerance_ha_bohr3);
    return KM_OK;
}

static void warn_of_basis(km_relax *relax, double excess)
{
    char *reason = relax->calculation.reason;
    const size_t n = strlen(reason);

    if (excess > SUSPECT_BASIS)
        snprintf(
            reason + n, KM_REASON_SIZE - n,
            "%sthe cutoff is low for a cell that changes: with plane waves of its own force "
            "or stress is %.0f times the tolerance",
            n > 0 ? "; " : "", excess);
}

/*
 * After a resume, or a rejected move, the calculator holds something else than the result; or what the steps have no use
 * for is still wanted; or the relaxed cell has yet to be computed with plane waves of its own.
 */
static km_status refresh(km_relax *relax, km_calculator *calculator, const km_request *request,
                         double end_s, MPI_Comm comm, km_relax_result *result)
{
    km_request last = step_request(relax, request, end_s);

    if (relax->is_held && !relax->options.cell && !request->edges && !request->stress &&
        !request->basis_slope)
        return KM_OK;
    last.edges = request->edges;
    last.stress = request->stress || relax->options.cell;
    last.basis_slope = request->basis_slope;
    last.basis_cell_bohr = request->basis_cell_bohr;
    KM_TRY(km_agree(
        km_calculator_compute(calculator, relax->now.crystal, &last, comm, &relax->calculation),
        comm));
    ++result->n_compute;
    result->n_iteration += relax->calculation.effort.n_iteration;
    result->n_h_apply += relax->calculation.effort.n_h_apply;
    relax->is_held = relax->calculation.outcome == KM_OUTCOME_CONVERGED;
    if (!relax->is_held) take_failure(relax, &relax->calculation, result);
    return KM_OK;
}

/* The plane waves of the cell that was reached, where those of an earlier one have gone stale. */
static km_status renew_basis(km_relax *relax, km_calculator *calculator, MPI_Comm comm,
                             km_relax_result *result)
{
    double excess = 0;

    if (!relax->options.cell || !relax->is_held) return KM_OK;
    KM_TRY(km_agree(check_basis(relax, calculator, result, &excess), comm));
    MPI_Bcast(&excess, 1, MPI_DOUBLE, 0, comm);
    if (!(excess > STALE_BASIS) || excess > LEAST_GAIN * relax->basis_excess ||
        relax->record.n > relax->options.max_step) {
        warn_of_basis(relax, excess);
        return KM_OK;
    }
    memcpy(relax->basis_cell, km_crystal_cell_bohr(relax->now.crystal),
           sizeof relax->basis_cell);
    memset(relax->move, 0, sizeof *relax->move * (size_t)relax->n);
    relax->is_new_basis = true;
    relax->is_over = false;
    relax->basis_excess = excess;
    return KM_OK;
}

static void fill_result(const km_relax *relax, km_relax_result *result)
{
    const km_relax_step *step = relax->record.step + relax->record.i_accepted;

    result->n_step = relax->record.n > 0 ? relax->record.n - 1 : 0;
    result->calculation = relax->calculation;
    result->basis_slope_ha = relax->basis_slope_ha;
    if (relax->record.n == 0) return;
    result->start_energy_ha = relax->record.step[0].energy_ha;
    result->max_force_ha_bohr = step->max_force_ha_bohr;
    result->max_stress_ha_bohr3 = step->max_stress_ha_bohr3;
}

/* Moves until there is an outcome. */
static km_status iterate(km_relax *relax, km_calculator *calculator, const km_request *request,
                         double end_s, MPI_Comm comm, km_relax_result *result)
{
    while (!relax->is_over) {
        const km_request each = step_request(relax, request, end_s);

        if (!relax->is_new_basis) {
            judge(relax, request, end_s, comm, result);
            if (relax->is_over) return KM_OK;
            KM_TRY(propose(relax, comm));
            KM_TRY(km_agree(check_bonds(relax, result), comm));
        }
        if (!relax->is_over) KM_TRY(advance(relax, calculator, &each, comm, result));
    }
    return KM_OK;
}

km_status km_relax_run(km_relax *relax, km_calculator *calculator, const km_request *request,
                       MPI_Comm comm, km_relax_result *result)
{
    const double end_s = MPI_Wtime() + request->time_limit_s;

    *result = (km_relax_result){.outcome = KM_OUTCOME_FAILED,
                                .start_energy_ha = NAN,
                                .max_force_ha_bohr = NAN,
                                .max_stress_ha_bohr3 = NAN};
    if (relax->options.checkpoint) KM_TRY(km_relax_load(relax, comm));
    for (int i = 0; i < relax->record.n; ++i) {
        result->n_iteration += relax->record.step[i].n_iteration;
        result->n_h_apply += relax->record.step[i].n_h_apply;
    }
    for (relax->is_over = false; !relax->is_over;) {
        KM_TRY(iterate(relax, calculator, request, end_s, comm, result));
        if (result->outcome != KM_OUTCOME_CONVERGED) continue;
        KM_TRY(refresh(relax, calculator, request, end_s, comm, result));
        KM_TRY(renew_basis(relax, calculator, comm, result));
    }
    fill_result(relax, result);
    return KM_OK;
}
