/* The relaxation as an object, and the way between its variables and crystals: places, gradients, sizes. */
#include "potential/relax_state.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/units.h"
#include "potential/bond_model.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

km_relax_options km_relax_options_default(void)
{
    return (km_relax_options){.force_tolerance_ha_bohr = 1e-3,
                              .stress_tolerance_ha_bohr3 = 3e-6,
                              .max_step = 60,
                              .step_limit_bohr = 0.3,
                              .strain_limit = 0.04};
}

static km_status check_options(const km_crystal *crystal, const km_relax_options *options)
{
    const double *cell = km_crystal_cell_bohr(crystal);

    KM_TRY(
        KM_CHECK(options->force_tolerance_ha_bohr > 0 && options->stress_tolerance_ha_bohr3 > 0,
                 KM_E_ARGUMENT, "tolerances %g Ha/bohr and %g Ha/bohr^3 must both be positive",
                 options->force_tolerance_ha_bohr, options->stress_tolerance_ha_bohr3));
    KM_TRY(KM_CHECK(options->max_step > 0, KM_E_ARGUMENT, "max_step = %d must be positive",
                    options->max_step));
    KM_TRY(KM_CHECK(
        !options->keep_plane || (options->cell && cell[2] == 0 && cell[5] == 0), KM_E_ARGUMENT,
        "a plane to be kept while the cell relaxes must be that of a and b, and xy"));
    return KM_CHECK(options->step_limit_bohr > 0 && options->strain_limit > 0, KM_E_ARGUMENT,
                    "limits %g bohr and %g of a move must both be positive",
                    options->step_limit_bohr, options->strain_limit);
}

static km_status allocate(km_relax *relax)
{
    const size_t n_frame = (size_t)relax->options.max_step + 1, n = (size_t)relax->n;
    const size_t n_place = 3 * (size_t)relax->n_atom;

    KM_TRY(KM_ALLOC(relax->frozen, relax->n_atom));
    KM_TRY(KM_ALLOC(relax->bonds.nearest_bohr, relax->n_atom));
    KM_TRY(KM_ALLOC(relax->now.x, n));
    KM_TRY(KM_ALLOC(relax->trial.x, n));
    KM_TRY(KM_ALLOC(relax->now.gradient, n));
    KM_TRY(KM_ALLOC(relax->trial.gradient, n));
    KM_TRY(KM_ALLOC(relax->move, n));
    KM_TRY(KM_ALLOC(relax->change, n));
    KM_TRY(KM_ALLOC(relax->springs.factor, n_place * n_place));
    KM_TRY(KM_ALLOC(relax->springs.x, n));
    relax->springs.x[0] = NAN;
    KM_TRY(KM_ALLOC(relax->record.step, n_frame));
    /* One more of these: the relaxed crystal with plane waves of its own. */
    KM_TRY(KM_ALLOC(relax->record.frac, (n_frame + 1) * n_place));
    KM_TRY(KM_ALLOC(relax->record.force, (n_frame + 1) * n_place));
    KM_TRY(KM_ALLOC(relax->record.cell, (n_frame + 1) * 9));
    KM_TRY(KM_ALLOC(relax->record.stress, (n_frame + 1) * 9));
    return km_lbfgs_create(relax->n, &relax->lbfgs);
}

/* A strain moves neighbours by about nearest * strain: with this length springs are as stiff as a lattice of them. */
static km_status measure_bonds(km_relax *relax)
{
    KM_TRY(km_bond_model_nearest(relax->start, relax->bonds.nearest_bohr));
    for (int a = 0; a < relax->n_atom; ++a)
        relax->bonds.mean_bohr += relax->bonds.nearest_bohr[a] / relax->n_atom;
    relax->bonds.length_bohr = relax->bonds.mean_bohr * sqrt(relax->n_atom / 3.0);
    return KM_OK;
}

void km_relax_begin_basis(km_relax *relax)
{
    memcpy(relax->basis_cell, km_crystal_cell_bohr(relax->start), sizeof relax->basis_cell);
    relax->basis_slope_ha = 0;
    relax->basis_excess = INFINITY;
    relax->is_new_basis = true;
}

km_status km_relax_create(const km_crystal *crystal, const km_relax_options *options,
                          km_relax **out)
{
    const int n_atom = km_crystal_n_atom(crystal);
    km_relax *relax = NULL;
    km_status status = KM_OK;

    *out = NULL;
    KM_TRY(check_options(crystal, options));
    KM_TRY(KM_ALLOC(relax, 1));
    relax->options = *options;
    relax->n_atom = n_atom;
    relax->n = 3 * n_atom + (options->cell ? 9 : 0);
    relax->trust = 1;
    KM_TRY_TO(fail, km_crystal_copy(crystal, &relax->start));
    KM_TRY_TO(fail, km_crystal_copy(crystal, &relax->now.crystal));
    KM_TRY_TO(fail, km_crystal_copy(crystal, &relax->trial.crystal));
    KM_TRY_TO(fail, allocate(relax));
    if (options->frozen)
        memcpy(relax->frozen, options->frozen, sizeof *relax->frozen * (size_t)n_atom);
    KM_TRY_TO(fail, measure_bonds(relax));
    km_relax_begin_basis(relax);
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
    km_crystal_destroy(&r->now.crystal);
    km_crystal_destroy(&r->trial.crystal);
    km_lbfgs_destroy(&r->lbfgs);
    KM_FREE(r->frozen);
    KM_FREE(r->bonds.nearest_bohr);
    KM_FREE(r->now.x);
    KM_FREE(r->trial.x);
    KM_FREE(r->now.gradient);
    KM_FREE(r->trial.gradient);
    KM_FREE(r->move);
    KM_FREE(r->change);
    KM_FREE(r->springs.factor);
    KM_FREE(r->springs.x);
    KM_FREE(r->record.step);
    KM_FREE(r->record.frac);
    KM_FREE(r->record.force);
    KM_FREE(r->record.cell);
    KM_FREE(r->record.stress);
    KM_FREE(*relax);
}

/* A number that is none is the larger one. */
static double larger(double a, double b)
{
    return b <= a ? a : b;
}

double km_relax_size(const km_relax *relax, const double *move)
{
    double size = 0;

    for (int a = 0; a < relax->n_atom; ++a)
        size = larger(size, cblas_dnrm2(3, move + 3 * a, 1) / relax->options.step_limit_bohr);
    for (int k = 3 * relax->n_atom; k < relax->n; ++k)
        size = larger(size,
                      fabs(move[k]) / relax->bonds.length_bohr / relax->options.strain_limit);
    return size;
}

/* 1 + strain of the trial variables. */
static void get_deformation(const km_relax *relax, double deformation[9])
{
    for (int k = 0; k < 9; ++k) {
        deformation[k] = k % 4 == 0 ? 1 : 0;
        if (relax->options.cell)
            deformation[k] += relax->trial.x[3 * relax->n_atom + k] / relax->bonds.length_bohr;
    }
}

km_status km_relax_place(km_relax *relax)
{
    const double *from = km_crystal_cell_bohr(relax->start);
    const double *b = km_crystal_reciprocal_bohr(relax->start);
    double deformation[9], cell[9], *frac = relax->change;

    get_deformation(relax, deformation);
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, 3, 3, 3, 1.0, from, 3, deformation, 3,
                0.0, cell, 3);
    memcpy(frac, km_crystal_frac(relax->start), 3 * sizeof *frac * (size_t)relax->n_atom);
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, relax->n_atom, 3, 3, 0.5 / KM_PI,
                relax->trial.x, 3, b, 3, 1.0, frac, 3);
    km_crystal_destroy(&relax->trial.crystal);
    return km_crystal_copy_in_cell(relax->start, relax->options.cell ? cell : from, frac,
                                   &relax->trial.crystal);
}

/* Inverse by cofactors. */
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

/* Whether a component of the strain may change. */
static bool is_free(const km_relax *relax, int k)
{
    if (relax->options.keep_shift) return k == 8;
    return !relax->options.keep_plane || k % 3 == 2;
}

/* dH/de = Omega (stress + p) (1 + e)^-T, symmetrised or its last column; the correction for lost plane waves is S/Omega in the pressure. */
static km_status differentiate_cell(km_relax *relax, km_calculator *calculator,
                                    const double deformation[9], km_relax_step *step)
{
    const double volume = km_crystal_volume_bohr3(relax->trial.crystal);
    double *stress = relax->record.stress + 9 * (size_t)relax->record.n;
    double *strain = relax->trial.gradient + 3 * relax->n_atom;
    double inverse[9], beyond[9], product[9];

    KM_TRY(km_calculator_stress(calculator, stress));
    for (int x = 0; x < 3; ++x) stress[4 * x] += relax->basis_slope_ha / volume;
    memcpy(beyond, stress, sizeof beyond);
    for (int x = 0; x < 3; ++x) beyond[4 * x] += relax->options.pressure_ha_bohr3;
    step->max_stress_ha_bohr3 = 0;
    for (int k = 0; k < 9; ++k)
        if (is_free(relax, k))
            step->max_stress_ha_bohr3 = larger(step->max_stress_ha_bohr3, fabs(beyond[k]));
    invert(deformation, inverse);
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, 3, 3, 3,
                volume / relax->bonds.length_bohr, beyond, 3, inverse, 3, 0.0, product, 3);
    for (int k = 0; k < 9; ++k)
        strain[k] = relax->options.keep_plane ? (is_free(relax, k) ? product[k] : 0)
                                              : (product[k] + product[3 * (k % 3) + k / 3]) / 2;
    return KM_OK;
}

/* dH/dr0 = -(1 + e) f; frozen atoms keep their fractional positions. */
km_status km_relax_differentiate(km_relax *relax, km_calculator *calculator,
                                 km_relax_step *step)
{
    const size_t i = (size_t)relax->record.n;
    double *forces = relax->record.force + 3 * i * (size_t)relax->n_atom;
    double deformation[9];

    KM_TRY(km_calculator_forces(calculator, forces));
    memcpy(relax->record.frac + 3 * i * (size_t)relax->n_atom,
           km_crystal_frac(relax->trial.crystal), 3 * sizeof *forces * (size_t)relax->n_atom);
    memcpy(relax->record.cell + 9 * i, km_crystal_cell_bohr(relax->trial.crystal),
           9 * sizeof(double));
    get_deformation(relax, deformation);
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, relax->n_atom, 3, 3, -1.0, forces, 3,
                deformation, 3, 0.0, relax->trial.gradient, 3);
    step->max_force_ha_bohr = 0;
    for (int a = 0; a < relax->n_atom; ++a) {
        if (relax->frozen[a])
            memset(relax->trial.gradient + 3 * a, 0, 3 * sizeof(double));
        else
            step->max_force_ha_bohr =
                larger(step->max_force_ha_bohr, cblas_dnrm2(3, forces + 3 * a, 1));
    }
    step->max_stress_ha_bohr3 = NAN;
    if (!relax->options.cell) return KM_OK;
    return differentiate_cell(relax, calculator, deformation, step);
}

km_status km_relax_make_springs(km_relax *relax)
{
    const double limit = relax->options.spring_bohr;
    bool is_old = !(limit > 0) || isnan(relax->springs.x[0]);

    for (int i = 0; i < 3 * relax->n_atom && !is_old; ++i)
        is_old = fabs(relax->now.x[i] - relax->springs.x[i]) > limit;
    if (!is_old) return KM_OK;
    memcpy(relax->springs.x, relax->now.x, sizeof *relax->springs.x * (size_t)relax->n);
    return km_bond_model_factor(relax->now.crystal, relax->frozen, relax->springs.factor);
}

void km_relax_precondition(const void *context, double *x)
{
    const km_relax *relax = context;
    const int n = 3 * relax->n_atom;
    double stiffness = 0;

    if (relax->options.cell) {
        for (int i = 0; i < n; ++i)
            for (int j = 0; j <= i; ++j)
                stiffness += pow(relax->springs.factor[i + (size_t)j * (size_t)n], 2) / n;
        cblas_dscal(9, 1 / stiffness, x + n, 1);
    }
    km_bond_model_solve(n, relax->springs.factor, x);
}

const km_crystal *km_relax_crystal(const km_relax *relax)
{
    return relax->now.crystal;
}

const double *km_relax_basis_cell_bohr(const km_relax *relax)
{
    return relax->basis_cell;
}

const km_relax_step *km_relax_steps(const km_relax *relax, int *n)
{
    *n = relax->record.n;
    return relax->record.step;
}

km_relax_frame km_relax_frame_at(const km_relax *relax, int i)
{
    const size_t place = 3 * (size_t)i * (size_t)relax->n_atom;

    return (km_relax_frame){
        .cell_bohr = relax->record.cell + 9 * (size_t)i,
        .frac = relax->record.frac + place,
        .forces_ha_bohr = relax->record.force + place,
        .stress_ha_bohr3 = relax->options.cell ? relax->record.stress + 9 * (size_t)i : NULL};
}
