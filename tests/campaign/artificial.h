#pragma once
/**
 * @file
 * @brief Plans without a builder: one bulk, one oriented cell and many slabs of hydrogen-like atoms.
 */
#include "kaimen/campaign/plan.h"

#include <stdio.h>

#define ARTIFICIAL_AREA_BOHR2 36.0
#define ARTIFICIAL_REPEAT_BOHR 4.0

/** A column of n_layer atoms, 4 bohr apart, in a cell of height c; the extra coordinate tells crystals apart. */
static inline km_status make_column(int n_layer, double c_bohr, double shift,
                                    km_crystal **crystal)
{
    const double cell_bohr[9] = {6, 0, 0, 0, 6, 0, 0, 0, c_bohr};
    double *frac;
    int *z;
    km_status status;

    KM_TRY(KM_ALLOC(frac, 3 * n_layer));
    KM_TRY(KM_ALLOC(z, n_layer));
    for (int i = 0; i < n_layer; ++i) {
        z[i] = 12;
        frac[3 * i] = shift;
        frac[3 * i + 2] = (i - 0.5 * (n_layer - 1)) * ARTIFICIAL_REPEAT_BOHR / c_bohr;
    }
    status = km_crystal_create(cell_bohr, n_layer, z, frac, crystal);
    KM_FREE(frac);
    KM_FREE(z);
    return status;
}

static inline km_status add_column(km_plan *plan, km_task *task, int n_layer, double c_bohr,
                                   double shift, const char *text, int *index)
{
    km_crystal *crystal;
    km_status status;

    KM_TRY(make_column(n_layer, c_bohr, shift, &crystal));
    status = km_plan_add(plan, task, crystal, text, index);
    km_crystal_destroy(&crystal);
    return status;
}

/** Bulk (1 atom), oriented bulk (2 atoms), n_slab slabs of 3, 4, 5, 3, ... atoms. */
static inline km_status make_artificial_plan(int n_slab, const char *text, km_plan **plan)
{
    km_task bulk = {.kind = KM_TASK_BULK, .priority = 2, .label = "X bulk", .bulk = "X"};
    km_task oriented = {.kind = KM_TASK_ORIENTED_BULK, .priority = 1, .bulk = "X"};
    int ibulk, ioriented;

    KM_TRY(km_plan_create(plan));
    KM_TRY(add_column(*plan, &bulk, 1, ARTIFICIAL_REPEAT_BOHR, 0, text, &ibulk));
    snprintf(oriented.label, sizeof oriented.label, "X bulk for (0 0 1)");
    snprintf(oriented.bulk_id, sizeof oriented.bulk_id, "%s", "");
    KM_TRY(add_column(*plan, &oriented, 2, 2 * ARTIFICIAL_REPEAT_BOHR, 0, text, &ioriented));
    for (int i = 0; i < n_slab; ++i) {
        int n_layer = 3 + i % 3;
        km_task slab = {.kind = KM_TASK_SURFACE, .bulk = "X"};

        slab.surface = (km_surface){.miller = {0, 0, 1},
                                    .type = "A",
                                    .name = "(001)a",
                                    .area_bohr2 = ARTIFICIAL_AREA_BOHR2,
                                    .repeat_bohr = ARTIFICIAL_REPEAT_BOHR,
                                    .n_bulk = 0.5 * n_layer};
        snprintf(slab.label, sizeof slab.label, "X (001)a %d", i);
        snprintf(slab.bulk_id, KM_ID_SIZE, "%s", km_plan_task(*plan, ibulk)->id);
        snprintf(slab.oriented_id, KM_ID_SIZE, "%s", km_plan_task(*plan, ioriented)->id);
        KM_TRY(add_column(*plan, &slab, n_layer, ARTIFICIAL_REPEAT_BOHR * n_layer + 36,
                          1e-5 * (i / 3 + 1), text, NULL));
    }
    return KM_OK;
}
