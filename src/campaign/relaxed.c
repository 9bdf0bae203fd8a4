#include "kaimen/campaign/relaxed.h"

#include "kaimen/base/memory.h"
#include "kaimen/campaign/record.h"

struct km_relaxed {
    const km_plan *plan; /* borrowed */
    bool is_active;
    int n_task;
    km_crystal **crystals; /* [n_task], NULL but for bulk crystals that have relaxed */
};

static km_status read_ledger(km_relaxed *relaxed, km_ledger *ledger, int n_row,
                             const km_task *rows)
{
    for (int i = 0; i < n_row; ++i) {
        const int index = km_plan_find(relaxed->plan, rows[i].id);
        void *image = NULL;
        size_t n_byte;
        km_status status;

        if (index < 0 || rows[i].kind != KM_TASK_BULK || rows[i].state != KM_TASK_DONE)
            continue;
        KM_TRY(km_ledger_read_image(ledger, rows[i].id, &image, &n_byte));
        status = km_relaxed_take(relaxed, index, image, n_byte);
        KM_FREE(image);
        KM_TRY(status);
    }
    return KM_OK;
}

km_status km_relaxed_create(const km_plan *plan, bool is_active, km_ledger *ledger, int n_row,
                            const km_task *rows, km_relaxed **out)
{
    km_relaxed *made = NULL;
    km_status status = KM_OK;

    *out = NULL;
    KM_TRY(KM_ALLOC(made, 1));
    made->plan = plan;
    made->is_active = is_active;
    if (is_active) {
        KM_TRY_TO(fail, KM_ALLOC(made->crystals, km_plan_n_task(plan)));
        made->n_task = km_plan_n_task(plan);
        KM_TRY_TO(fail, read_ledger(made, ledger, n_row, rows));
    }
    *out = made;
    return KM_OK;
fail:
    km_relaxed_destroy(&made);
    return status;
}

void km_relaxed_destroy(km_relaxed **relaxed)
{
    if (!*relaxed) return;
    for (int i = 0; i < (*relaxed)->n_task; ++i) km_crystal_destroy(&(*relaxed)->crystals[i]);
    KM_FREE((*relaxed)->crystals);
    KM_FREE(*relaxed);
}

km_status km_relaxed_take(km_relaxed *relaxed, int index, const void *image, size_t n_byte)
{
    const km_task *task = km_plan_task(relaxed->plan, index);
    km_h5 *file;
    km_status status;

    if (!relaxed->is_active || task->kind != KM_TASK_BULK) return KM_OK;
    KM_TRY(KM_CHECK(image, KM_E_IO, "the result of %s has no structure", task->label));
    KM_TRY(km_h5_open_image(image, n_byte, &file));
    status = km_record_read_structure(file, "structure_relaxed", &relaxed->crystals[index]);
    km_h5_close(&file);
    return status;
}

km_status km_relaxed_cut(const km_relaxed *relaxed, int index, km_crystal **crystal,
                         km_surface *surface)
{
    const km_task *task = km_plan_task(relaxed->plan, index);
    const int i_bulk = task->bulk_id[0] ? km_plan_find(relaxed->plan, task->bulk_id) : -1;

    *crystal = NULL;
    *surface = task->surface;
    if (!relaxed->is_active || i_bulk < 0 || !relaxed->crystals[i_bulk]) return KM_OK;
    return km_plan_recut(relaxed->plan, index, relaxed->crystals[i_bulk], crystal, surface);
}
