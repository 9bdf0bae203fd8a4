#include "kaimen/potential/cell_relax.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/units.h"
#include "potential/bond_model.h"
#include "potential/lbfgs.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

/* Sufficient decrease, and the slope that must be gone where the energy cannot tell. Source: as in relax.c. */
static const double ARMIJO = 1e-4, WOLFE = 0.9;
/* Per atom: SCF thresholds make about so much; the basis is strained along and makes none. */
static const double NOISE_HA = 1e-6;
/* The trust radius after a rejected step, as a fraction of that step. */
static const double LEAST_CUT = 0.1, LARGEST_CUT = 0.5;
/* After so many rejected steps the history is forgotten; after so many more the forces are no gradient. */
#define FORGET_REJECTED 3
#define MAX_REJECTED 8
/* Distance to the nearest neighbour, against that at the start, beyond which a crystal has exploded. */
static const double SHORTEST_BOND = 0.6, LONGEST_BOND = 1.8;

/* A crystal on the way. */
typedef struct {
    km_crystal *crystal;
    double *x;          /* variables, [n] */
    double *gradient;   /* [n] */
    double enthalpy_ha; /* at full cutoff */
    double energy_ha;   /* likewise: without the pressure's part */
    double max_force_ha_bohr, max_stress_ha_bohr3;
} point;

/*
 * Variables: Cartesian positions in the unstrained cell, then the strain times length_bohr, [3][3], symmetric.
 * Positions r0 and strain e stand for the crystal (1 + e) r0 in the cell (1 + e) a.
 */
typedef struct {
    const km_cell_relax_options *options; /* borrowed */
    km_calculator *calculator;            /* borrowed */
    km_request request;
    MPI_Comm comm; /* borrowed */
    double end_s;
    const km_crystal *start; /* borrowed */
    int n_atom, n;           /* atoms, variables */
    double length_bohr;
    double *nearest_bohr, *nearest_now_bohr; /* [n_atom] */
    point now, trial;                        /* now: the last accepted one */
    double *move, *change;                   /* [n] */
    double *factor;                          /* of the bond model, [3 n_atom][3 n_atom] */
    km_lbfgs *lbfgs;
    double trust, size; /* of a step at most, and of the last one, as fractions of the limits */
    int n_rejected;     /* steps in a row */
    bool is_over;       /* it has its outcome */
} relaxation;

km_cell_relax_options km_cell_relax_options_default(void)
{
    return (km_cell_relax_options){.force_tolerance_ha_bohr = 5e-4,
                                   .stress_tolerance_ha_bohr3 = 3e-6,
                                   .max_step = 40,
                                   .step_limit_bohr = 0.3,
                                   .strain_limit = 0.04};
}

static km_status check_options(const km_cell_relax_options *options)
{
    KM_TRY(
        KM_CHECK(options->force_tolerance_ha_bohr > 0 && options->stress_tolerance_ha_bohr3 > 0,
                 KM_E_ARGUMENT, "tolerances %g Ha/bohr and %g Ha/bohr^3 must both be positive",
                 options->force_tolerance_ha_bohr, options->stress_tolerance_ha_bohr3));
    KM_TRY(KM_CHECK(options->max_step > 0, KM_E_ARGUMENT, "max_step = %d must be positive",
                    options->max_step));
    return KM_CHECK(options->step_limit_bohr > 0 && options->strain_limit > 0, KM_E_ARGUMENT,
                    "limits %g bohr and %g of a step must both be positive",
                    options->step_limit_bohr, options->strain_limit);
}

static km_status allocate_point(int n, point *p)
{
    KM_TRY(KM_ALLOC(p->x, n));
    return KM_ALLOC(p->gradient, n);
}

static void release_point(point *p)
{
    km_crystal_destroy(&p->crystal);
    KM_FREE(p->x);
    KM_FREE(p->gradient);
}

static km_status allocate(relaxation *r)
{
    const size_t n = (size_t)r->n, n_atom = (size_t)r->n_atom;

    KM_TRY(allocate_point(r->n, &r->now));
    KM_TRY(allocate_point(r->n, &r->trial));
    KM_TRY(KM_ALLOC(r->nearest_bohr, n_atom));
    KM_TRY(KM_ALLOC(r->nearest_now_bohr, n_atom));
    KM_TRY(KM_ALLOC(r->move, n));
    KM_TRY(KM_ALLOC(r->change, n));
    KM_TRY(KM_ALLOC(r->factor, 9 * n_atom * n_atom));
    return km_lbfgs_create(r->n, &r->lbfgs);
}

static void release(relaxation *r)
{
    release_point(&r->now);
    release_point(&r->trial);
    km_lbfgs_destroy(&r->lbfgs);
    KM_FREE(r->nearest_bohr);
    KM_FREE(r->nearest_now_bohr);
    KM_FREE(r->move);
    KM_FREE(r->change);
    KM_FREE(r->factor);
}

/* A strain moves neighbours by about nearest * strain: with this length springs are as stiff as a lattice of them. */
static km_status prepare(relaxation *r)
{
    double mean = 0;

    KM_TRY(allocate(r));
    KM_TRY(km_bond_model_nearest(r->start, r->nearest_bohr));
    for (int a = 0; a < r->n_atom; ++a) mean += r->nearest_bohr[a] / r->n_atom;
    r->length_bohr = mean * sqrt(r->n_atom / 3.0);
    r->trust = 1;
    km_crystal_compute_cart(r->start, r->trial.x);
    return km_crystal_copy(r->start, &r->trial.crystal);
}

/* 1 + strain of the trial variables. */
static void get_deformation(const relaxation *r, double deformation[9])
{
    for (int k = 0; k < 9; ++k)
        deformation[k] = (k % 4 == 0 ? 1 : 0) + r->trial.x[3 * r->n_atom + k] / r->length_bohr;
}

static km_status make_trial(relaxation *r)
{
    const double *from = km_crystal_cell_bohr(r->start);
    const double *b = km_crystal_reciprocal_bohr(r->start);
    double deformation[9], cell[9], *frac = r->change;

    get_deformation(r, deformation);
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, 3, 3, 3, 1.0, from, 3, deformation, 3,
                0.0, cell, 3);
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, r->n_atom, 3, 3, 0.5 / KM_PI,
                r->trial.x, 3, b, 3, 0.0, frac, 3);
    km_crystal_destroy(&r->trial.crystal);
    return km_crystal_create(cell, r->n_atom, km_crystal_z(r->start), frac, &r->trial.crystal);
}

/* Inverse of the symmetric matrix 1 + strain, by cofactors. */
static void invert(const double m[9], double inverse[9])
{
    double determinant = 0;

    for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 3; ++j) {
            const int a = (j + 1) % 3, b = (j + 2) % 3, c = (i + 1) % 3, d = (i + 2) % 3;

            inverse[3 * i + j] = m[3 * a + c] * m[3 * b + d] - m[3 * a + d] * m[3 * b + c];
            if (i == 0) determinant += m[3 * j] * inverse[j];
        }
    for (int k = 0; k < 9; ++k) inverse[k] /= determinant;
}

/* Energy and enthalpy of the trial crystal as if it had the plane waves of the full cutoff. */
static void correct_energy(relaxation *r, const km_calculation *calculation, double slope_ha)
{
    point *p = &r->trial;

    p->energy_ha = calculation->free_energy_ha;
    if (calculation->basis_filling > 0)
        p->energy_ha -= slope_ha * log(calculation->basis_filling);
    p->enthalpy_ha =
        p->energy_ha + r->options->pressure_ha_bohr3 * km_crystal_volume_bohr3(p->crystal);
}

/* A number that is none is the larger one. */
static double larger(double a, double b)
{
    return b <= a ? a : b;
}

/*
 * dH/dr0 = -(1 + e) f and dH/de = Omega (stress + p) (1 + e)^-1, symmetrised. Largest force and stress are noted.
 */
static km_status trial_gradients(relaxation *r, double slope_ha)
{
    const double volume = km_crystal_volume_bohr3(r->trial.crystal);
    double deformation[9], inverse[9], stress[9], product[9];
    double *forces = r->change, *strain = r->trial.gradient + 3 * r->n_atom;

    KM_TRY(km_calculator_forces(r->calculator, forces));
    KM_TRY(km_calculator_stress(r->calculator, stress));
    r->trial.max_force_ha_bohr = r->trial.max_stress_ha_bohr3 = 0;
    for (int a = 0; a < r->n_atom; ++a)
        r->trial.max_force_ha_bohr =
            larger(r->trial.max_force_ha_bohr, cblas_dnrm2(3, forces + 3 * a, 1));
    for (int x = 0; x < 3; ++x)
        stress[4 * x] += r->options->pressure_ha_bohr3 + slope_ha / volume;
    for (int k = 0; k < 9; ++k)
        r->trial.max_stress_ha_bohr3 = larger(r->trial.max_stress_ha_bohr3, fabs(stress[k]));
    get_deformation(r, deformation);
    invert(deformation, inverse);
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, r->n_atom, 3, 3, -1.0, forces, 3,
                deformation, 3, 0.0, r->trial.gradient, 3);
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, 3, 3, 3, volume / r->length_bohr,
                stress, 3, inverse, 3, 0.0, product, 3);
    for (int k = 0; k < 9; ++k) strain[k] = (product[k] + product[3 * (k % 3) + k / 3]) / 2;
    return KM_OK;
}

static void take_failure(relaxation *r, const km_calculation *calculation,
                         km_cell_relax_result *result)
{
    r->is_over = true;
    result->outcome = calculation->outcome;
    snprintf(result->reason, sizeof result->reason, "step %d: %.*s", result->n_step,
             KM_REASON_SIZE - 32, calculation->reason);
}

static km_status call(relaxation *r, const km_crystal *crystal, const km_request *request,
                      km_cell_relax_result *result, km_calculation *calculation)
{
    km_request left = *request;

    if (left.time_limit_s > 0) left.time_limit_s = fmax(r->end_s - MPI_Wtime(), 1e-3);
    KM_TRY(km_agree(km_calculator_compute(r->calculator, crystal, &left, r->comm, calculation),
                    r->comm));
    ++result->n_compute;
    result->n_iteration += calculation->n_iteration;
    if (calculation->outcome != KM_OUTCOME_CONVERGED) take_failure(r, calculation, result);
    return KM_OK;
}

static void accept(relaxation *r)
{
    const point last = r->now;

    r->now = r->trial;
    r->trial = last;
    r->trust = fmin(2 * r->trust, 1);
    r->n_rejected = 0;
}

/* Whether a step is kept; a rejected one still teaches the history and shrinks the trust radius. */
static void decide(relaxation *r)
{
    const int n = r->n;
    const double noise = NOISE_HA * r->n_atom;
    const double rise = r->trial.enthalpy_ha - r->now.enthalpy_ha;
    const double slope = cblas_ddot(n, r->now.gradient, 1, r->move, 1);
    const double slope_after = cblas_ddot(n, r->trial.gradient, 1, r->move, 1);

    for (int i = 0; i < n; ++i) r->change[i] = r->trial.gradient[i] - r->now.gradient[i];
    km_lbfgs_add(r->lbfgs, r->move, r->change);
    if (rise <= ARMIJO * slope || (rise <= noise && fabs(slope_after) <= WOLFE * fabs(slope))) {
        accept(r);
        return;
    }
    /* The minimum of the parabola through both energies and the slope. */
    r->trust = r->size * fmax(LEAST_CUT, fmin(LARGEST_CUT, slope / (2 * (slope - rise))));
    if (++r->n_rejected == FORGET_REJECTED) km_lbfgs_clear(r->lbfgs);
}

/* Computes the trial crystal; the first one is always accepted and tells the slope of the basis. */
static km_status advance(relaxation *r, km_cell_relax_result *result)
{
    km_calculation calculation;
    km_request each = r->request;

    each.forces = each.stress = true;
    each.edges = false;
    each.basis_slope = !r->now.crystal;
    each.basis_cell_bohr = km_crystal_cell_bohr(r->start);
    KM_TRY(call(r, r->trial.crystal, &each, result, &calculation));
    if (calculation.outcome != KM_OUTCOME_CONVERGED) return KM_OK;
    if (!r->now.crystal && isfinite(calculation.basis_slope_ha))
        result->basis_slope_ha = calculation.basis_slope_ha;
    correct_energy(r, &calculation, result->basis_slope_ha);
    KM_TRY(km_agree(trial_gradients(r, result->basis_slope_ha), r->comm));
    if (r->now.crystal)
        decide(r);
    else
        accept(r);
    return KM_OK;
}

/* The springs' stiffness for the atoms, and that of the lattice that they make for the strain. */
static void precondition(const void *context, double *x)
{
    const relaxation *r = context;
    const int n = 3 * r->n_atom;
    double stiffness = 0;

    for (int i = 0; i < n; ++i)
        for (int j = 0; j <= i; ++j)
            stiffness += pow(r->factor[i + (size_t)j * (size_t)n], 2) / n;
    km_bond_model_solve(n, r->factor, x);
    cblas_dscal(9, 1 / stiffness, x + n, 1);
}

/* The next step from the accepted crystal, within the trust radius. */
static km_status propose(relaxation *r)
{
    double largest = 0;

    KM_TRY(km_agree(km_bond_model_factor(r->now.crystal, NULL, r->factor), r->comm));
    km_lbfgs_compute_direction(r->lbfgs, r->now.gradient, precondition, r, r->move);
    for (int a = 0; a < r->n_atom; ++a)
        largest =
            fmax(largest, cblas_dnrm2(3, r->move + 3 * a, 1) / r->options->step_limit_bohr);
    for (int k = 3 * r->n_atom; k < r->n; ++k)
        largest = fmax(largest, fabs(r->move[k]) / r->length_bohr / r->options->strain_limit);
    r->size = fmin(largest, r->trust);
    if (largest > r->trust) cblas_dscal(r->n, r->trust / largest, r->move, 1);
    MPI_Bcast(r->move, r->n, MPI_DOUBLE, 0, r->comm);
    for (int i = 0; i < r->n; ++i) r->trial.x[i] = r->now.x[i] + r->move[i];
    return km_agree(make_trial(r), r->comm);
}

/* Whether every atom still has its nearest neighbour at a sane distance. */
static km_status check_bonds(relaxation *r, km_cell_relax_result *result)
{
    KM_TRY(km_bond_model_nearest(r->trial.crystal, r->nearest_now_bohr));
    for (int a = 0; a < r->n_atom && !r->is_over; ++a) {
        const double ratio = r->nearest_now_bohr[a] / r->nearest_bohr[a];

        if (ratio >= SHORTEST_BOND && ratio <= LONGEST_BOND) continue;
        r->is_over = true;
        result->outcome = KM_OUTCOME_DIVERGED;
        snprintf(
            result->reason, sizeof result->reason,
            "exploded: step %d brings the nearest neighbour of atom %d to %.2f of its first "
            "distance, allowed are %.1f to %.1f",
            result->n_step, a + 1, ratio, SHORTEST_BOND, LONGEST_BOND);
    }
    return KM_OK;
}

static void describe_end(const relaxation *r, km_cell_relax_result *result)
{
    const char *name = result->outcome == KM_OUTCOME_NOT_CONVERGED
                           ? "step limit"
                           : km_outcome_name(result->outcome);

    if (result->outcome == KM_OUTCOME_CONVERGED) return;
    if (result->outcome == KM_OUTCOME_DIVERGED)
        snprintf(result->reason, sizeof result->reason,
                 r->n_rejected == MAX_REJECTED
                     ? "exploded: the energy rises along the forces, %d steps rejected in a row"
                     : "exploded: energy, force or stress is not a number",
                 r->n_rejected);
    else
        snprintf(result->reason, sizeof result->reason,
                 "%s after %d steps, largest force %.1e Ha/bohr, stress %.1e Ha/bohr^3, wanted "
                 "%.1e and %.1e",
                 name, result->n_step, r->now.max_force_ha_bohr, r->now.max_stress_ha_bohr3,
                 r->options->force_tolerance_ha_bohr, r->options->stress_tolerance_ha_bohr3);
}

/* Whether to go on, decided by the first rank for all. */
static void judge(relaxation *r, km_cell_relax_result *result)
{
    const km_request *request = &r->request;
    int outcome = -1;

    if (r->now.max_force_ha_bohr < r->options->force_tolerance_ha_bohr &&
        r->now.max_stress_ha_bohr3 < r->options->stress_tolerance_ha_bohr3)
        outcome = KM_OUTCOME_CONVERGED;
    else if (!isfinite(r->now.max_force_ha_bohr + r->now.max_stress_ha_bohr3 +
                       r->now.enthalpy_ha) ||
             r->n_rejected == MAX_REJECTED)
        outcome = KM_OUTCOME_DIVERGED;
    else if (result->n_step == r->options->max_step)
        outcome = KM_OUTCOME_NOT_CONVERGED;
    else if (request->stop && *request->stop)
        outcome = KM_OUTCOME_STOPPED;
    else if (request->time_limit_s > 0 && MPI_Wtime() > r->end_s)
        outcome = KM_OUTCOME_TIMEOUT;
    MPI_Bcast(&outcome, 1, MPI_INT, 0, r->comm);
    if (outcome < 0) return;
    r->is_over = true;
    result->outcome = (km_outcome)outcome;
    describe_end(r, result);
}

/* The relaxed crystal with plane waves of its own. */
static km_status finish(relaxation *r, km_cell_relax_result *result)
{
    km_request last = r->request;

    last.forces = last.stress = true;
    KM_TRY(call(r, r->now.crystal, &last, result, &result->calculation));
    if (result->calculation.outcome != KM_OUTCOME_CONVERGED) return KM_OK;
    result->basis_error_ha = result->calculation.free_energy_ha - r->now.energy_ha;
    if (result->calculation.basis_filling > 0)
        result->basis_error_ha -=
            result->basis_slope_ha * log(result->calculation.basis_filling);
    return KM_OK;
}

static km_status step(relaxation *r, km_cell_relax_result *result)
{
    ++result->n_step;
    KM_TRY(propose(r));
    KM_TRY(km_agree(check_bonds(r, result), r->comm));
    return r->is_over ? KM_OK : advance(r, result);
}

static km_status iterate(relaxation *r, km_cell_relax_result *result)
{
    KM_TRY(km_agree(prepare(r), r->comm));
    KM_TRY(advance(r, result));
    if (!r->is_over) judge(r, result);
    while (!r->is_over) {
        KM_TRY(step(r, result));
        if (!r->is_over) judge(r, result);
    }
    result->max_force_ha_bohr = r->now.max_force_ha_bohr;
    result->max_stress_ha_bohr3 = r->now.max_stress_ha_bohr3;
    return result->outcome == KM_OUTCOME_CONVERGED ? finish(r, result) : KM_OK;
}

km_status km_cell_relax(const km_crystal *crystal, const km_cell_relax_options *options,
                        km_calculator *calculator, const km_request *request, MPI_Comm comm,
                        km_crystal **relaxed, km_cell_relax_result *result)
{
    relaxation r = {.options = options,
                    .calculator = calculator,
                    .request = *request,
                    .comm = comm,
                    .end_s = MPI_Wtime() + request->time_limit_s,
                    .start = crystal,
                    .n_atom = km_crystal_n_atom(crystal),
                    .n = 3 * km_crystal_n_atom(crystal) + 9};
    km_status status = KM_OK;

    *relaxed = NULL;
    *result = (km_cell_relax_result){.outcome = KM_OUTCOME_FAILED};
    KM_TRY(check_options(options));
    KM_TRY_TO(end, iterate(&r, result));
    status = km_agree(km_crystal_copy(r.now.crystal ? r.now.crystal : crystal, relaxed), comm);
end:
    release(&r);
    return status;
}
