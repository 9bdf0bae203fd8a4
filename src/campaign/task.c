#include "kaimen/campaign/task.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/sha256.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_names[] = {"bulk",   "oriented_bulk",  "surface",
                                         "volume", "grain_boundary", "winner"};
static const char *const state_names[] = {"queued", "running", "done", "failed", "pruned"};

static int find_name(int n_name, const char *const *names, const char *name)
{
    for (int i = 0; i < n_name; ++i)
        if (strcmp(names[i], name) == 0) return i;
    return -1;
}

const char *km_task_kind_name(km_task_kind kind)
{
    return (unsigned)kind < KM_N_TASK_KIND ? kind_names[kind] : "unknown";
}

const char *km_task_state_name(km_task_state state)
{
    return (unsigned)state < KM_N_TASK_STATE ? state_names[state] : "unknown";
}

int km_task_kind_find(const char *name)
{
    return find_name(KM_N_TASK_KIND, kind_names, name);
}

int km_task_state_find(const char *name)
{
    return find_name(KM_N_TASK_STATE, state_names, name);
}

bool km_task_is_central(const km_task *task)
{
    return task->kind == KM_TASK_VOLUME && fabs(task->volume_ratio - 1) < 1e-9;
}

km_result km_result_empty(void)
{
    km_result result;

    memset(&result, 0, sizeof result);
    result.energy_ha = result.gap_ev = NAN;
    result.max_force_ha_bohr = result.max_stress_ha_bohr3 = NAN;
    result.volume_change = result.basis_error_ha = NAN;
    result.surface =
        (km_surface_result){NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    return result;
}

void km_result_add_reason(km_result *result, const char *remark)
{
    size_t n = strlen(result->reason);

    snprintf(result->reason + n, sizeof result->reason - n, "%s%s", n > 0 ? "; " : "", remark);
}

/** One atom as integers, so that identical structures compare equal. */
typedef struct {
    int z;
    int place[3];
} rounded_atom;

#define STEPS_PER_CELL 100000 /* of a fractional coordinate */
#define STEPS_PER_BOHR 1e4

static int compare_atoms(const void *a, const void *b)
{
    const rounded_atom *first = a, *second = b;

    if (first->z != second->z) return first->z < second->z ? -1 : 1;
    for (int i = 0; i < 3; ++i)
        if (first->place[i] != second->place[i])
            return first->place[i] < second->place[i] ? -1 : 1;
    return 0;
}

static km_status round_atoms(const km_crystal *crystal, rounded_atom **atoms)
{
    int n_atom = km_crystal_n_atom(crystal);
    const double *frac = km_crystal_frac(crystal);

    KM_TRY(KM_ALLOC(*atoms, n_atom));
    for (int ia = 0; ia < n_atom; ++ia) {
        (*atoms)[ia].z = km_crystal_z(crystal)[ia];
        for (int i = 0; i < 3; ++i) {
            double wrapped = frac[3 * ia + i] - floor(frac[3 * ia + i]);

            (*atoms)[ia].place[i] = (int)(lround(wrapped * STEPS_PER_CELL) % STEPS_PER_CELL);
        }
    }
    qsort(*atoms, (size_t)n_atom, sizeof **atoms, compare_atoms);
    return KM_OK;
}

km_status km_task_identify(km_task_kind kind, const km_crystal *crystal, const char *text,
                           char id[KM_ID_SIZE])
{
    const char *name = km_task_kind_name(kind);
    char hex[KM_SHA256_SIZE];
    rounded_atom *atoms;
    long cell[9];
    km_sha256 sha;

    KM_TRY(round_atoms(crystal, &atoms));
    for (int i = 0; i < 9; ++i)
        cell[i] = lround(km_crystal_cell_bohr(crystal)[i] * STEPS_PER_BOHR);
    km_sha256_start(&sha);
    km_sha256_add(&sha, name, strlen(name) + 1);
    km_sha256_add(&sha, cell, sizeof cell);
    km_sha256_add(&sha, atoms, sizeof *atoms * (size_t)km_crystal_n_atom(crystal));
    km_sha256_add(&sha, text, strlen(text));
    km_sha256_finish(&sha, hex);
    memcpy(id, hex, KM_ID_SIZE - 1);
    id[KM_ID_SIZE - 1] = '\0';
    KM_FREE(atoms);
    return KM_OK;
}
