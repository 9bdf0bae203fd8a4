#pragma once
/**
 * @file
 * @brief Calculators with known minima for the tests of relaxations: a pair potential and springs, each a few lines.
 */
#include "kaimen/base/memory.h"
#include "kaimen/potential/calculator.h"

#include <math.h>
#include <string.h>

/** phi = e [(s/r)^12 - 2 (s/r)^6], its minimum at s, shifted to zero at the cutoff; periodic. */
typedef struct {
    double depth_ha;
    double length_bohr;
    double cutoff_bohr;
    double force_sign; /* 1; -1: forces that climb, for a test of explosions */
    int n_compute;
    int stop_after; /* raises `stop` in that computation; 0: never */
    volatile sig_atomic_t stop;
    int n_atom;
    double *forces;
    double virial[9], volume_bohr3; /* dE/dstrain */
} model;

static void add_pair(model *m, int a, int b, const double v[3], double r, double *energy_ha)
{
    double x = pow(m->length_bohr / r, 6), c = pow(m->length_bohr / m->cutoff_bohr, 6);
    double slope = -12 * m->depth_ha * (x * x - x) / r;

    *energy_ha += 0.5 * m->depth_ha * (x * x - 2 * x - c * c + 2 * c);
    for (int i = 0; i < 3; ++i) {
        m->forces[3 * a + i] += 0.5 * m->force_sign * slope * v[i] / r;
        m->forces[3 * b + i] -= 0.5 * m->force_sign * slope * v[i] / r;
    }
    for (int k = 0; k < 9; ++k)
        m->virial[k] += 0.5 * m->force_sign * slope * v[k / 3] * v[k % 3] / r;
}

static void add_images(model *m, const km_crystal *crystal, int a, int b, double *energy_ha)
{
    const double *cell = km_crystal_cell_bohr(crystal), *frac = km_crystal_frac(crystal);
    const int reach = 3;

    for (int i = -reach; i <= reach; ++i)
        for (int j = -reach; j <= reach; ++j)
            for (int k = -reach; k <= reach; ++k) {
                double v[3], r2 = 0, n[3] = {i, j, k};

                for (int x = 0; x < 3; ++x) {
                    v[x] = 0;
                    for (int y = 0; y < 3; ++y)
                        v[x] += (frac[3 * b + y] - frac[3 * a + y] + n[y]) * cell[3 * y + x];
                    r2 += v[x] * v[x];
                }
                if (r2 > 1e-6 && r2 < m->cutoff_bohr * m->cutoff_bohr)
                    add_pair(m, a, b, v, sqrt(r2), energy_ha);
            }
}

static km_status model_compute(void *self, const km_crystal *crystal, const km_request *request,
                               MPI_Comm comm, km_calculation *result)
{
    model *m = self;

    (void)request;
    (void)comm;
    KM_FREE(m->forces);
    m->n_atom = km_crystal_n_atom(crystal);
    KM_TRY(KM_ALLOC(m->forces, 3 * m->n_atom));
    memset(m->virial, 0, sizeof m->virial);
    m->volume_bohr3 = km_crystal_volume_bohr3(crystal);
    *result = (km_calculation){.outcome = KM_OUTCOME_CONVERGED, .effort.n_iteration = 1};
    for (int a = 0; a < m->n_atom; ++a)
        for (int b = 0; b < m->n_atom; ++b) add_images(m, crystal, a, b, &result->energy_ha);
    result->free_energy_ha = result->energy_ha;
    if (++m->n_compute == m->stop_after) m->stop = 1;
    return KM_OK;
}

static km_status model_forces(void *self, double *forces_ha_bohr)
{
    model *m = self;

    memcpy(forces_ha_bohr, m->forces, sizeof *forces_ha_bohr * 3 * (size_t)m->n_atom);
    return KM_OK;
}

static km_status model_stress(void *self, double stress_ha_bohr3[9])
{
    const model *m = self;

    for (int k = 0; k < 9; ++k) stress_ha_bohr3[k] = m->virial[k] / m->volume_bohr3;
    return KM_OK;
}

/** The caller owns the model and frees its forces with end_model(). */
static inline km_calculator *make_model(model *m)
{
    static const km_calculator_class functions = {.name = "model",
                                                  .compute = model_compute,
                                                  .forces = model_forces,
                                                  .stress = model_stress};
    km_calculator *calculator;

    ASSERT_OK(km_calculator_create(&functions, m, &calculator));
    return calculator;
}

static inline void end_model(model *m, km_calculator **calculator)
{
    km_calculator_destroy(calculator);
    KM_FREE(m->forces);
}

static inline model lennard_jones(void)
{
    return (model){.depth_ha = 0.01, .length_bohr = 5, .cutoff_bohr = 11, .force_sign = 1};
}
