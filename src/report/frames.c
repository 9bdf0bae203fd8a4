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

static km_status read_frame(const void *image, size_t n_byte, frame *f)
{
    km_h5 *file;
    km_status status;
    int n;

    KM_TRY(km_h5_open_image(image, n_byte, &file));
    KM_TRY_TO(end, km_record_read_structure(
                       file,
                       km_h5_has(file, "structure_relaxed") ? "structure_relaxed" : "structure",
                       &f->crystal));
    if (km_h5_has(file, "forces")) {
        n = 3 * km_crystal_n_atom(f->crystal);
        KM_TRY_TO(end, KM_ALLOC(f->forces_ha_bohr, n));
        KM_TRY_TO(end, km_h5_read_doubles(file, "forces", n, f->forces_ha_bohr));
    }
end:
    km_h5_close(&file);
    return status;
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

/* One task; nothing where it has no image. */
static km_status append_task(km_ledger *ledger, const km_task *task, const km_result *result,
                             km_text *text, int *n_frame)
{
    frame f = {0};
    void *image;
    size_t n_byte;
    km_status status;

    KM_TRY(km_ledger_read_image(ledger, task->id, &image, &n_byte));
    if (!image) return KM_OK;
    KM_TRY_TO(end, read_frame(image, n_byte, &f));
    KM_TRY_TO(end, append_frame(&f, task, result, text));
    ++*n_frame;
end:
    km_crystal_destroy(&f.crystal);
    KM_FREE(f.forces_ha_bohr);
    KM_FREE(image);
    return status;
}

km_status km_report_write_extxyz(km_ledger *ledger, const char *path, int *n_frame)
{
    km_task *tasks = NULL;
    km_result *results = NULL;
    km_text text = {0};
    km_status status;
    int n_task;

    *n_frame = 0;
    KM_TRY_TO(end, km_ledger_read_tasks(ledger, -1, &n_task, &tasks, &results));
    for (int i = 0; i < n_task; ++i)
        KM_TRY_TO(end, append_task(ledger, &tasks[i], &results[i], &text, n_frame));
    KM_TRY_TO(end, km_file_write_text(path, text.bytes ? text.bytes : ""));
end:
    KM_FREE(text.bytes);
    KM_FREE(results);
    KM_FREE(tasks);
    return status;
}
