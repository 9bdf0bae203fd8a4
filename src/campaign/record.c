#include "kaimen/campaign/record.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/version.h"

#include <unistd.h>

km_status km_record_write_columns(km_h5 *group, int n_column, const km_column *columns,
                                  const void *row)
{
    for (int i = 0; i < n_column; ++i) {
        const km_column *column = columns + i;
        double number = km_column_number(column, row);

        if (km_column_is_text(column))
            KM_TRY(km_h5_write_text(group, column->name, km_column_text(column, row)));
        else if (column->type == KM_COLUMN_DOUBLE)
            KM_TRY(km_h5_write_double(group, column->name, column->unit, number));
        else
            KM_TRY(km_h5_write_int(group, column->name, (long)number));
    }
    return KM_OK;
}

static km_status write_structure(km_h5 *root, const char *name, const km_crystal *crystal)
{
    int n_atom = km_crystal_n_atom(crystal);
    const int cell_shape[2] = {3, 3}, atom_shape[2] = {n_atom, 3};
    char formula[KM_FORMULA_SIZE];
    km_h5 *group = NULL;
    km_status status;

    km_crystal_formula(crystal, formula);
    KM_TRY(km_h5_create_group(root, name, &group));
    KM_TRY_TO(end, km_h5_write_text(group, "formula", formula));
    KM_TRY_TO(end, km_h5_write_doubles(group, "cell", "bohr", 2, cell_shape,
                                       km_crystal_cell_bohr(crystal)));
    KM_TRY_TO(end, km_h5_write_ints(group, "z", 1, &n_atom, km_crystal_z(crystal)));
    KM_TRY_TO(end, km_h5_write_doubles(group, "positions_frac", "", 2, atom_shape,
                                       km_crystal_frac(crystal)));
end:
    km_h5_close(&group);
    return status;
}

km_status km_record_read_structure(km_h5 *root, const char *name, km_crystal **crystal)
{
    double cell_bohr[9], *frac = NULL;
    int n_dim, shape[4], *z = NULL;
    km_h5 *group;
    km_status status;

    *crystal = NULL;
    KM_TRY(km_h5_open_group(root, name, &group));
    KM_TRY_TO(end, km_h5_shape(group, "z", &n_dim, shape));
    KM_TRY_TO(end, KM_ALLOC(z, shape[0]));
    KM_TRY_TO(end, KM_ALLOC(frac, 3 * shape[0]));
    KM_TRY_TO(end, km_h5_read_doubles(group, "cell", 9, cell_bohr));
    KM_TRY_TO(end, km_h5_read_ints(group, "z", shape[0], z));
    KM_TRY_TO(end, km_h5_read_doubles(group, "positions_frac", 3 * shape[0], frac));
    KM_TRY_TO(end, km_crystal_create(cell_bohr, shape[0], z, frac, crystal));
end:
    KM_FREE(frac);
    KM_FREE(z);
    km_h5_close(&group);
    return status;
}

static km_status write_result(km_h5 *root, const km_result *result)
{
    int n_column;
    const km_column *columns = km_result_columns(&n_column);
    km_h5 *group = NULL;
    km_status status;

    KM_TRY(km_h5_create_group(root, "result", &group));
    KM_TRY_TO(end, km_record_write_columns(group, n_column, columns, result));
    KM_TRY_TO(end, km_h5_write_text(group, "outcome", result->outcome));
    KM_TRY_TO(end, km_h5_write_text(group, "reason", result->reason));
end:
    km_h5_close(&group);
    return status;
}

static km_status write_provenance(km_h5 *root, const km_provenance *provenance)
{
    char host[256] = "unknown";
    km_h5 *group = NULL;
    km_status status;

    gethostname(host, sizeof host - 1);
    KM_TRY(km_h5_create_group(root, "provenance", &group));
    KM_TRY_TO(end, km_h5_write_text(group, "version", km_version()));
    KM_TRY_TO(end, km_h5_write_text(group, "commit", km_version_commit()));
    KM_TRY_TO(end, km_h5_write_text(group, "build", km_version_build()));
    KM_TRY_TO(end, km_h5_write_text(group, "calculator", provenance->calculator));
    KM_TRY_TO(end, km_h5_write_text(group, "physics", provenance->physics_text));
    KM_TRY_TO(end, km_h5_write_text(group, "input", provenance->input_text));
    KM_TRY_TO(end, km_h5_write_text(group, "host", host));
    KM_TRY_TO(end, km_h5_write_double(group, "started", "s", provenance->started_s));
end:
    km_h5_close(&group);
    return status;
}

static km_status write_forces(km_h5 *root, int n_atom, km_calculator *calculator)
{
    const int shape[2] = {n_atom, 3};
    double *forces_ha_bohr = NULL;
    km_status status;

    KM_TRY(KM_ALLOC(forces_ha_bohr, 3 * n_atom));
    KM_TRY_TO(end, km_calculator_forces(calculator, forces_ha_bohr));
    KM_TRY_TO(end, km_h5_write_doubles(root, "forces", "Ha/bohr", 2, shape, forces_ha_bohr));
end:
    KM_FREE(forces_ha_bohr);
    return status;
}

static km_status write_stress(km_h5 *root, km_calculator *calculator)
{
    const int shape[2] = {3, 3};
    double stress_ha_bohr3[9];

    KM_TRY(km_calculator_stress(calculator, stress_ha_bohr3));
    return km_h5_write_doubles(root, "stress", "Ha/bohr^3", 2, shape, stress_ha_bohr3);
}

static km_status write_calculation(km_h5 *root, km_calculator *calculator)
{
    km_h5 *group = NULL;
    km_status status;

    KM_TRY(km_h5_create_group(root, "calculation", &group));
    status = km_calculator_write(calculator, group);
    km_h5_close(&group);
    return status;
}

static km_status write_profile(km_h5 *root, const km_profile *profile)
{
    km_h5 *group = NULL;
    km_status status;

    KM_TRY(km_h5_create_group(root, "profile", &group));
    status = km_profile_write(profile, group);
    km_h5_close(&group);
    return status;
}

/* Where the atoms ended, and how they went there; of the many candidates of a boundary only the energies on the way. */
static km_status write_relaxation(km_h5 *root, km_task_kind kind, const km_relax *relax)
{
    km_h5 *group = NULL;
    km_status status;

    KM_TRY(write_structure(root, "structure_relaxed", km_relax_crystal(relax)));
    KM_TRY(km_h5_create_group(root, "trajectory", &group));
    status = kind == KM_TASK_GRAIN_BOUNDARY ? km_relax_write_steps(relax, group)
                                            : km_relax_write(relax, group);
    km_h5_close(&group);
    return status;
}

km_status km_record_write(const km_assignment *assignment, const km_crystal *crystal,
                          const km_result *result, const km_provenance *provenance,
                          km_calculator *calculator, const km_relax *relax,
                          const km_profile *profile, void **image, size_t *n_byte)
{
    km_h5 *root = NULL;
    km_status status;

    *image = NULL;
    *n_byte = 0;
    KM_TRY(km_h5_create_image(&root));
    KM_TRY_TO(end, km_h5_write_attribute(root, "id", assignment->task.id));
    KM_TRY_TO(end, km_h5_write_attribute(root, "label", assignment->task.label));
    KM_TRY_TO(end, write_structure(root, "structure", crystal));
    KM_TRY_TO(end, write_result(root, result));
    KM_TRY_TO(end, write_provenance(root, provenance));
    if (calculator) KM_TRY_TO(end, write_calculation(root, calculator));
    if (calculator && result->calculation.outcome == KM_OUTCOME_CONVERGED)
        KM_TRY_TO(end, write_forces(root, km_crystal_n_atom(crystal), calculator));
    if (calculator && result->calculation.outcome == KM_OUTCOME_CONVERGED &&
        assignment->task.kind == KM_TASK_BULK)
        KM_TRY_TO(end, write_stress(root, calculator));
    if (relax) KM_TRY_TO(end, write_relaxation(root, assignment->task.kind, relax));
    if (profile) KM_TRY_TO(end, write_profile(root, profile));
    KM_TRY_TO(end, km_h5_copy_image(root, image, n_byte));
end:
    km_h5_close(&root);
    return status;
}
