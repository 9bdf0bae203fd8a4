#include "kaimen/campaign/database.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/version.h"
#include "kaimen/campaign/boundary_trace.h"
#include "kaimen/campaign/column.h"
#include "kaimen/campaign/equation_of_state.h"
#include "kaimen/campaign/record.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#define DATABASE_SCHEMA 1
/* Well above one record and what HDF5 holds back in its caches. */
#define LEAST_FREE_BYTES (16u << 20)

static km_status write_meta(km_ledger *ledger, km_h5 *root)
{
    static const char *const keys[] = {"name", "physics", "version", "commit", "input"};
    km_h5 *group = NULL;
    char *value = NULL;
    km_status status;

    KM_TRY(km_h5_create_group(root, "meta", &group));
    for (size_t i = 0; i < sizeof keys / sizeof *keys; ++i) {
        KM_TRY_TO(end, km_ledger_meta(ledger, keys[i], &value));
        KM_TRY_TO(end, km_h5_write_text(group, keys[i], value));
        KM_FREE(value);
    }
    KM_TRY_TO(end, km_h5_write_int(group, "schema", DATABASE_SCHEMA));
    KM_TRY_TO(end, km_h5_write_text(group, "written_by_version", km_version()));
    KM_TRY_TO(end, km_h5_write_double(group, "written", "s", (double)time(NULL)));
end:
    KM_FREE(value);
    km_h5_close(&group);
    return status;
}

/* Everything in the image of a result, copied member by member into the task's group. */
static km_status copy_image(km_ledger *ledger, const char *id, km_h5 *group)
{
    void *image = NULL;
    char **names = NULL;
    km_h5 *record = NULL;
    km_status status;
    size_t n_byte;
    int n;

    KM_TRY_TO(end, km_ledger_read_image(ledger, id, &image, &n_byte));
    if (!image) goto end;
    KM_TRY_TO(end, km_h5_open_image(image, n_byte, &record));
    KM_TRY_TO(end, km_h5_list(record, &n, &names));
    for (int i = 0; i < n; ++i) KM_TRY_TO(end, km_h5_copy(record, names[i], group, names[i]));
end:
    KM_FREE(names);
    km_h5_close(&record);
    KM_FREE(image);
    return status;
}

static km_status write_task_columns(km_h5 *group, const km_task *task)
{
    int n_column;
    const km_column *columns = km_task_columns(&n_column);
    km_h5 *inner = NULL;
    km_status status;

    KM_TRY(km_h5_create_group(group, "task", &inner));
    status = km_record_write_columns(inner, n_column, columns, task);
    km_h5_close(&inner);
    return status;
}

static km_status write_task(km_ledger *ledger, km_h5 *root, const km_task *task)
{
    char path[KM_TASK_TEXT_SIZE + KM_ID_SIZE + 2];
    km_h5 *group = NULL;
    km_status status;

    snprintf(path, sizeof path, "%s/%s", km_task_kind_name(task->kind), task->id);
    KM_TRY(km_h5_create_group(root, path, &group));
    KM_TRY_TO(end, km_h5_write_attribute(group, "label", task->label));
    KM_TRY_TO(end, write_task_columns(group, task));
    KM_TRY_TO(end, copy_image(ledger, task->id, group));
end:
    km_h5_close(&group);
    return status;
}

/* Work space for one column of the table. */
typedef struct {
    double *numbers;
    int *integers;
    const char **texts;
} column_space;

static km_status write_column(km_h5 *group, const km_column *column, int n_row,
                              const char *rows, size_t row_size, column_space *space)
{
    for (int i = 0; i < n_row; ++i) {
        const void *row = rows + (size_t)i * row_size;

        space->numbers[i] = km_column_number(column, row);
        space->texts[i] = km_column_text(column, row);
    }
    if (km_column_is_text(column))
        return km_h5_write_texts(group, column->name, n_row, space->texts);
    if (column->type == KM_COLUMN_DOUBLE || column->type == KM_COLUMN_LONG)
        return km_h5_write_doubles(group, column->name, column->unit, 1, &n_row,
                                   space->numbers);
    for (int i = 0; i < n_row; ++i) space->integers[i] = (int)space->numbers[i];
    return km_h5_write_ints(group, column->name, 1, &n_row, space->integers);
}

/* One dataset per column, one row per task: what a data frame is made of. */
static km_status write_table(km_h5 *root, int n_row, const km_task *tasks,
                             const km_result *results)
{
    int n_task, n_result;
    const km_column *task_columns = km_task_columns(&n_task);
    const km_column *result_columns = km_result_columns(&n_result);
    column_space space = {0};
    km_h5 *group = NULL;
    km_status status;

    KM_TRY(km_h5_create_group(root, "table", &group));
    KM_TRY_TO(end, KM_ALLOC(space.numbers, n_row));
    KM_TRY_TO(end, KM_ALLOC(space.integers, n_row));
    KM_TRY_TO(end, KM_ALLOC(space.texts, n_row));
    for (int i = 0; i < n_task; ++i)
        KM_TRY_TO(end, write_column(group, task_columns + i, n_row, (const char *)tasks,
                                    sizeof *tasks, &space));
    for (int i = 0; i < n_result; ++i)
        KM_TRY_TO(end, write_column(group, result_columns + i, n_row, (const char *)results,
                                    sizeof *results, &space));
end:
    KM_FREE(space.numbers);
    KM_FREE(space.integers);
    KM_FREE(space.texts);
    km_h5_close(&group);
    return status;
}

static km_status write_points(km_h5 *group, int n, const km_task *tasks,
                              const km_result *results)
{
    double *volume_bohr3 = NULL, *energy_ha = NULL;
    const char **ids = NULL;
    km_status status;

    KM_TRY_TO(end, KM_ALLOC(volume_bohr3, n));
    KM_TRY_TO(end, KM_ALLOC(energy_ha, n));
    KM_TRY_TO(end, KM_ALLOC(ids, n));
    for (int i = 0; i < n; ++i) {
        volume_bohr3[i] = tasks[i].volume_bohr3;
        energy_ha[i] = results[i].energy_ha;
        ids[i] = tasks[i].id;
    }
    KM_TRY_TO(end, km_h5_write_doubles(group, "volume", "bohr^3", 1, &n, volume_bohr3));
    KM_TRY_TO(end, km_h5_write_doubles(group, "energy", "Ha", 1, &n, energy_ha));
    KM_TRY_TO(end, km_h5_write_texts(group, "id", n, ids));
end:
    KM_FREE(volume_bohr3);
    KM_FREE(energy_ha);
    KM_FREE(ids);
    return status;
}

static km_status write_fit(km_h5 *group, const km_equation_of_state *equation)
{
    KM_TRY(km_h5_write_int(group, "n_atom", equation->n_atom));
    KM_TRY(km_h5_write_double(group, "v0", "bohr^3", equation->v0_bohr3));
    KM_TRY(km_h5_write_double(group, "e0", "Ha", equation->e0_ha));
    KM_TRY(km_h5_write_double(group, "b0", "Ha/bohr^3", equation->b0_ha_bohr3));
    KM_TRY(km_h5_write_double(group, "b1", "", equation->b1));
    KM_TRY(km_h5_write_double(group, "residual", "Ha", equation->residual_ha));
    return km_h5_write_text(group, "reason", equation->reason);
}

/* A crystal's name may hold what separates groups. */
static km_status write_equation(km_h5 *root, const km_equation_list *list, int i)
{
    const km_equation_of_state *equation = list->equations + i;
    int first = list->first[i];
    char path[sizeof equation->name + 32];
    km_h5 *group = NULL;
    km_status status;

    snprintf(path, sizeof path, "equation_of_state/%s", equation->name);
    for (char *c = strchr(path, '/') + 1; *c; ++c)
        if (*c == '/') *c = '_';
    KM_TRY(km_h5_create_group(root, path, &group));
    KM_TRY_TO(end, write_fit(group, equation));
    KM_TRY_TO(end, write_points(group, list->first[i + 1] - first, list->tasks + first,
                                list->results + first));
end:
    km_h5_close(&group);
    return status;
}

static km_status write_equations(km_ledger *ledger, km_h5 *root)
{
    km_equation_list list;
    km_status status = KM_OK;

    KM_TRY(km_equation_list_read(ledger, &list));
    for (int i = 0; i < list.n; ++i) KM_TRY_TO(end, write_equation(root, &list, i));
end:
    km_equation_list_clear(&list);
    return status;
}

static km_status write_map(km_h5 *group, const km_boundary_map *map)
{
    const int shape[2] = {map->grid[1], map->grid[0]}, cell_shape[2] = {2, 2};
    km_h5 *inner = NULL;
    km_status status;

    if (!map->energy_j_m2) return KM_OK;
    KM_TRY(km_h5_create_group(group, "rigid_map", &inner));
    KM_TRY_TO(end, km_h5_write_doubles(inner, "energy", "J/m2", 2, shape, map->energy_j_m2));
    KM_TRY_TO(end, km_h5_write_doubles(inner, "shift_cell", "bohr", 2, cell_shape,
                                       map->lattice_bohr));
    KM_TRY_TO(end, km_h5_write_double(inner, "gap", "bohr", map->gap_bohr));
end:
    km_h5_close(&inner);
    return status;
}

/* Energies and identities of the trials, in order. */
static km_status write_trials(km_h5 *group, const km_boundary_traces *all,
                              const km_boundary_trace *t)
{
    const char **ids = NULL;
    double *energy = NULL;
    km_status status;

    KM_TRY_TO(end, KM_ALLOC(ids, t->n_trial));
    KM_TRY_TO(end, KM_ALLOC(energy, t->n_trial));
    for (int k = 0; k < t->n_trial; ++k) {
        ids[k] = all->tasks[t->trial[k]].id;
        energy[k] = all->results[t->trial[k]].surface.gamma_j_m2;
    }
    KM_TRY_TO(end, km_h5_write_doubles(group, "trial_energy", "J/m2", 1, &t->n_trial, energy));
    KM_TRY_TO(end, km_h5_write_texts(group, "trial_id", t->n_trial, ids));
end:
    KM_FREE(ids);
    KM_FREE(energy);
    return status;
}

static km_status write_boundary(km_h5 *root, const km_boundary_traces *all,
                                const km_boundary_trace *t)
{
    char path[KM_BOUNDARY_NAME_SIZE + 32];
    km_h5 *group = NULL;
    km_status status;

    snprintf(path, sizeof path, "boundary/%s", t->name);
    KM_TRY(km_h5_create_group(root, path, &group));
    KM_TRY_TO(end, km_h5_write_int(group, "n_candidate", t->n));
    KM_TRY_TO(end,
              km_h5_write_double(group, "energy", "J/m2",
                                 t->best < 0 ? NAN : all->results[t->best].surface.gamma_j_m2));
    KM_TRY_TO(end, km_h5_write_double(group, "dft_energy", "J/m2", t->dft_j_m2));
    KM_TRY_TO(end,
              km_h5_write_text(group, "best_id", t->best < 0 ? "" : all->tasks[t->best].id));
    KM_TRY_TO(end, km_h5_write_double(group, "screened", "J/m2", t->screened_j_m2));
    KM_TRY_TO(end,
              km_h5_write_double(group, "screening_error", "J/m2", t->screening_error_j_m2));
    if (t->n_trial > 0) KM_TRY_TO(end, write_trials(group, all, t));
    status = write_map(group, &t->map);
end:
    km_h5_close(&group);
    return status;
}

static km_status write_boundaries(km_ledger *ledger, km_h5 *root)
{
    km_boundary_traces all;
    km_status status = KM_OK;

    KM_TRY(km_boundary_traces_read(ledger, &all));
    for (int b = 0; b < all.n; ++b) KM_TRY_TO(end, write_boundary(root, &all, all.trace + b));
end:
    km_boundary_traces_clear(&all);
    return status;
}

/* HDF5 1.10 crashes in H5Ocopy when the disk is full, so we stop before. */
static km_status check_space(const char *path)
{
    struct statvfs disk;
    double free_bytes;

    if (statvfs(path, &disk) != 0) return KM_OK;
    free_bytes = (double)disk.f_bavail * (double)disk.f_frsize;
    return KM_CHECK(free_bytes > LEAST_FREE_BYTES, KM_E_IO,
                    "%s: %.1f MB are left on the disk; wanted at least %.1f MB", path,
                    free_bytes / 1e6, LEAST_FREE_BYTES / 1e6);
}

static km_status write_all(km_ledger *ledger, km_h5 *root, const char *path)
{
    km_task *tasks = NULL;
    km_result *results = NULL;
    km_status status;
    int n_task;

    KM_TRY(write_meta(ledger, root));
    KM_TRY(write_equations(ledger, root));
    KM_TRY(write_boundaries(ledger, root));
    KM_TRY(km_ledger_read_tasks(ledger, -1, &n_task, &tasks, &results));
    KM_TRY_TO(end, write_table(root, n_task, tasks, results));
    for (int i = 0; i < n_task; ++i) {
        /* What was not computed has its row in the table: of boundaries there may be a hundred thousand. */
        if (tasks[i].kind == KM_TASK_GRAIN_BOUNDARY && tasks[i].state == KM_TASK_PRUNED)
            continue;
        KM_TRY_TO(end, check_space(path));
        KM_TRY_TO(end, write_task(ledger, root, tasks + i));
    }
    KM_TRY_TO(end, km_h5_flush(root));
end:
    KM_FREE(tasks);
    KM_FREE(results);
    return status;
}

/* The bytes are on the disk before the name is: a crash leaves the old file or the new one. */
static km_status move_into_place(const char *from, const char *to)
{
    FILE *written = fopen(from, "r+e");
    int failed = !written || fsync(fileno(written)) != 0;

    if (written) failed |= fclose(written) != 0;
    return KM_CHECK(!failed && rename(from, to) == 0, KM_E_IO, "database %s: %s", to,
                    strerror(errno));
}

km_status km_database_write(km_ledger *ledger, const char *path)
{
    size_t n_text = strlen(path) + sizeof ".new";
    char *temporary = NULL;
    km_h5 *root = NULL;
    km_status status;

    KM_TRY(KM_ALLOC(temporary, n_text));
    snprintf(temporary, n_text, "%s.new", path);
    KM_TRY_TO(end, km_h5_create(temporary, &root));
    KM_TRY_TO(fail, write_all(ledger, root, temporary));
    km_h5_close(&root);
    KM_TRY_TO(fail, move_into_place(temporary, path));
    goto end;
fail:
    km_h5_close(&root);
    unlink(temporary);
end:
    KM_FREE(temporary);
    return status;
}
