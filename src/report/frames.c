#include "kaimen/report/surfaces.h"

#include "kaimen/base/file.h"
#include "kaimen/base/h5.h"
#include "kaimen/base/memory.h"
#include "kaimen/base/text.h"
#include "kaimen/campaign/record.h"
#include "kaimen/crystal/extxyz.h"

#include <math.h>
#include <string.h>

/* What a result's image holds of its structure. */
typedef struct {
    km_crystal *crystal;
    double *forces_ha_bohr; /* [n_atom][3]; NULL: none */
} frame;

static km_status read_frame(km_h5 *file, frame *f)
{
    const bool is_relaxed = km_h5_has(file, "structure_relaxed");
    int n;

    KM_TRY(km_record_read_structure(file, is_relaxed ? "structure_relaxed" : "structure",
                                    &f->crystal));
    if (!km_h5_has(file, "forces")) return KM_OK;
    n = 3 * km_crystal_n_atom(f->crystal);
    KM_TRY(KM_ALLOC(f->forces_ha_bohr, n));
    return km_h5_read_doubles(file, "forces", n, f->forces_ha_bohr);
}

/* A text in double quotes, those inside it as the format wants them. */
static km_status append_quoted(km_text *keys, const char *text)
{
    KM_TRY(km_text_append(keys, "\""));
    for (; *text; ++text)
        KM_TRY(km_text_append(keys, strchr("\"\\", *text) ? "\\%c" : "%c", *text));
    return km_text_append(keys, "\"");
}

static km_status append_keys(const km_task *task, const km_surface_result *surface,
                             km_text *keys)
{
    KM_TRY(km_text_append(keys, "id=\"%s\" kind=%s outcome=\"%s\" label=", task->id,
                          km_task_kind_name(task->kind), task->outcome));
    KM_TRY(append_quoted(keys, task->label));
    if (isfinite(surface->gamma_j_m2))
        KM_TRY(km_text_append(keys, " gamma_j_m2=%.6f", surface->gamma_j_m2));
    if (isfinite(surface->ip_ev))
        KM_TRY(km_text_append(keys, " ip_ev=%.6f ea_ev=%.6f", surface->ip_ev, surface->ea_ev));
    return KM_OK;
}

static km_status append_frame(const frame *f, const km_task *task, const km_result *result,
                              km_text *text)
{
    km_extxyz_extras extras = {.forces_ha_bohr = f->forces_ha_bohr};
    km_text keys = {0};
    km_status status;

    if (isfinite(result->energy_ha)) extras.energy_ha = &result->energy_ha;
    KM_TRY_TO(end, append_keys(task, &result->surface, &keys));
    extras.keys = keys.bytes;
    status = km_extxyz_append(text, f->crystal, &extras);
end:
    KM_FREE(keys.bytes);
    return status;
}

/* What a task's image adds to the text. */
typedef km_status (*append_image)(km_h5 *file, const km_task *task, const km_result *result,
                                  km_text *text, int *n_frame);

static km_status append_structure(km_h5 *file, const km_task *task, const km_result *result,
                                  km_text *text, int *n_frame)
{
    frame f = {0};
    km_status status;

    KM_TRY_TO(end, read_frame(file, &f));
    KM_TRY_TO(end, append_frame(&f, task, result, text));
    ++*n_frame;
end:
    km_crystal_destroy(&f.crystal);
    KM_FREE(f.forces_ha_bohr);
    return status;
}

/* Arrays of the group "trajectory". */
typedef struct {
    int n, n_atom;
    double *energy_ha, *is_accepted; /* [n] */
    double *cell, *stress;           /* [n][9]; stress: NULL where the cell was not relaxed */
    double *frac, *forces;           /* [n][n_atom][3] */
} trajectory;

static km_status read_array(km_h5 *group, const char *name, int n, double **values)
{
    KM_TRY(KM_ALLOC(*values, n));
    return km_h5_read_doubles(group, name, n, *values);
}

static km_status read_trajectory(km_h5 *group, trajectory *t)
{
    int n_dim, shape[4];

    KM_TRY(km_h5_shape(group, "positions_frac", &n_dim, shape));
    t->n = shape[0];
    t->n_atom = shape[1];
    KM_TRY(read_array(group, "energy", t->n, &t->energy_ha));
    KM_TRY(read_array(group, "is_accepted", t->n, &t->is_accepted));
    KM_TRY(read_array(group, "cell", 9 * t->n, &t->cell));
    KM_TRY(read_array(group, "positions_frac", 3 * t->n * t->n_atom, &t->frac));
    KM_TRY(read_array(group, "forces", 3 * t->n * t->n_atom, &t->forces));
    return km_h5_has(group, "stress") ? read_array(group, "stress", 9 * t->n, &t->stress)
                                      : KM_OK;
}

static void free_trajectory(trajectory *t)
{
    KM_FREE(t->energy_ha);
    KM_FREE(t->is_accepted);
    KM_FREE(t->cell);
    KM_FREE(t->stress);
    KM_FREE(t->frac);
    KM_FREE(t->forces);
}

static km_status append_step(const trajectory *t, int i, const km_task *task, const int *z,
                             km_text *text)
{
    const size_t place = 3 * (size_t)i * (size_t)t->n_atom;
    km_extxyz_extras extras = {.energy_ha = t->energy_ha + i,
                               .forces_ha_bohr = t->forces + place,
                               .stress_ha_bohr3 = t->stress ? t->stress + 9 * i : NULL};
    km_crystal *crystal = NULL;
    km_text keys = {0};
    km_status status;

    KM_TRY_TO(end, km_text_append(&keys, "id=\"%s\" step=%d is_accepted=%c label=", task->id, i,
                                  t->is_accepted[i] > 0.5 ? 'T' : 'F'));
    KM_TRY_TO(end, append_quoted(&keys, task->label));
    extras.keys = keys.bytes;
    KM_TRY_TO(end, km_crystal_create(t->cell + 9 * i, t->n_atom, z, t->frac + place, &crystal));
    status = km_extxyz_append(text, crystal, &extras);
end:
    km_crystal_destroy(&crystal);
    KM_FREE(keys.bytes);
    return status;
}

static km_status append_trajectory(km_h5 *file, const km_task *task, const km_result *result,
                                   km_text *text, int *n_frame)
{
    km_crystal *crystal = NULL;
    trajectory t = {0};
    km_h5 *group = NULL;
    km_status status;

    (void)result;
    if (!km_h5_has(file, "trajectory")) return KM_OK;
    KM_TRY_TO(end, km_record_read_structure(file, "structure", &crystal));
    KM_TRY_TO(end, km_h5_open_group(file, "trajectory", &group));
    if (!km_h5_has(group, "positions_frac")) goto end; /* only energies were kept */
    KM_TRY_TO(end, read_trajectory(group, &t));
    for (int i = 0; i < t.n; ++i)
        KM_TRY_TO(end, append_step(&t, i, task, km_crystal_z(crystal), text));
    *n_frame += t.n;
end:
    free_trajectory(&t);
    km_h5_close(&group);
    km_crystal_destroy(&crystal);
    return status;
}

/* One task; nothing where it has no image. */
static km_status append_task(km_ledger *ledger, const km_task *task, const km_result *result,
                             append_image append, km_text *text, int *n_frame)
{
    km_h5 *file = NULL;
    void *image;
    size_t n_byte;
    km_status status;

    KM_TRY(km_ledger_read_image(ledger, task->id, &image, &n_byte));
    if (!image) return KM_OK;
    KM_TRY_TO(end, km_h5_open_image(image, n_byte, &file));
    status = append(file, task, result, text, n_frame);
end:
    km_h5_close(&file);
    KM_FREE(image);
    return status;
}

static km_status write_frames(km_ledger *ledger, const char *path, append_image append,
                              int *n_frame)
{
    km_task *tasks = NULL;
    km_result *results = NULL;
    km_text text = {0};
    km_status status;
    int n_task;

    *n_frame = 0;
    KM_TRY_TO(end, km_ledger_read_tasks(ledger, -1, &n_task, &tasks, &results));
    for (int i = 0; i < n_task; ++i)
        KM_TRY_TO(end, append_task(ledger, &tasks[i], &results[i], append, &text, n_frame));
    KM_TRY_TO(end, km_file_write_text(path, text.bytes ? text.bytes : ""));
end:
    KM_FREE(text.bytes);
    KM_FREE(results);
    KM_FREE(tasks);
    return status;
}

km_status km_report_write_extxyz(km_ledger *ledger, const char *path, int *n_frame)
{
    return write_frames(ledger, path, append_structure, n_frame);
}

km_status km_report_write_trajectories(km_ledger *ledger, const char *path, int *n_frame)
{
    return write_frames(ledger, path, append_trajectory, n_frame);
}
