#pragma once
/** @file @brief Cases of tests/data/reference: reading them, and comparing a calculation with what they expect. */
#include "support.h"

#include "kaimen/base/units.h"
#include "kaimen/crystal/extxyz.h"
#include "kaimen/dft/dft_calculator.h"

#include <jansson.h>

static inline void read_case(const char *name, km_crystal **crystal, json_t **expected)
{
    char path[256];

    snprintf(path, sizeof path, "tests/data/reference/%s/structure.extxyz", name);
    ASSERT_OK(km_extxyz_read(path, 0, crystal, NULL));
    snprintf(path, sizeof path, "tests/data/reference/%s/expected.json", name);
    *expected = json_load_file(path, 0, NULL);
    assert_non_null(*expected);
}

static inline double number(json_t *object, const char *key)
{
    assert_true(json_is_number(json_object_get(object, key)));
    return json_number_value(json_object_get(object, key));
}

static inline km_calculation compute(km_calculator *calculator, const km_crystal *crystal,
                                     MPI_Comm comm)
{
    km_request request = km_request_default();
    km_calculation result;

    request.forces = request.stress = true;
    ASSERT_OK(km_calculator_compute(calculator, crystal, &request, comm, &result));
    if (result.outcome != KM_OUTCOME_CONVERGED)
        fail_msg("%s: %s", km_outcome_name(result.outcome), result.reason);
    return result;
}

static inline void check_forces(km_calculator *calculator, const km_crystal *crystal,
                                json_t *expected, double tolerance)
{
    json_t *rows = json_object_get(expected, "forces_ha_bohr");
    double forces[64 * 3];

    ASSERT_OK(km_calculator_forces(calculator, forces));
    for (int i = 0; i < km_crystal_n_atom(crystal); i++)
        for (int a = 0; a < 3; a++)
            ASSERT_CLOSE(forces[3 * i + a],
                         json_number_value(json_array_get(json_array_get(rows, i), a)),
                         tolerance);
}

static inline void check_stress(km_calculator *calculator, json_t *expected, double tolerance)
{
    json_t *rows = json_object_get(expected, "stress_gpa");
    double stress[9];

    ASSERT_OK(km_calculator_stress(calculator, stress));
    for (int k = 0; k < 9; k++)
        ASSERT_CLOSE(stress[k] * KM_GPA_PER_HA_BOHR3,
                     json_number_value(json_array_get(json_array_get(rows, k / 3), k % 3)),
                     tolerance);
}

/* The codes may choose other members of a star, so each of their points must have one of ours with its weight. */
static inline void check_eigenvalues(const km_ground_state *state, json_t *expected,
                                     double tolerance)
{
    const km_kpoints *kpoints = km_ground_state_kpoints(state);
    const int n_band = km_ground_state_n_band(state);
    json_t *points = json_object_get(expected, "kpoints");

    assert_int_equal(km_kpoints_n(kpoints), json_array_size(points));
    for (size_t i = 0; i < json_array_size(points); i++) {
        json_t *point = json_array_get(points, i);
        json_t *wanted = json_object_get(point, "eigenvalues_ha");
        double best = INFINITY;

        for (int ik = 0; ik < km_kpoints_n(kpoints); ik++) {
            const double *e = km_ground_state_eigenvalues(state) + (size_t)ik * n_band;
            double worst = 0;

            if (fabs(km_kpoints_weight(kpoints)[ik] - number(point, "weight")) > 1e-9) continue;
            for (int ib = 0; ib < n_band; ib++)
                worst =
                    fmax(worst, fabs(e[ib] - json_number_value(json_array_get(wanted, ib))));
            best = fmin(best, worst);
        }
        ASSERT_CLOSE(best, 0, tolerance);
    }
}
