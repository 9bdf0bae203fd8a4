#include "campaign/ledger_file.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/text.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

km_status km_ledger_open_reader(const char *path, km_ledger **ledger)
{
    km_ledger *made = NULL;
    km_status status;

    *ledger = NULL;
    KM_TRY(KM_CHECK(access(path, R_OK) == 0, KM_E_INPUT, "ledger %s cannot be read: %s", path,
                    strerror(errno)));
    /* Not read-only: what a killed job left half written can be rolled back by a writer only. */
    KM_TRY(km_ledger_connect(path, SQLITE_OPEN_READWRITE, &made));
    KM_TRY_TO(fail, km_ledger_execute(made, "PRAGMA query_only=1"));
    KM_TRY_TO(fail, km_ledger_check_file(made, NULL));
    *ledger = made;
    return KM_OK;
fail:
    km_ledger_close(&made);
    return status;
}

static const char *column_text(sqlite3_stmt *row, int i)
{
    const unsigned char *text = sqlite3_column_text(row, i);

    return text ? (const char *)text : "";
}

/* Step to the next row: *is_row tells whether there is one. */
static km_status step(km_ledger *ledger, sqlite3_stmt *rows, bool *is_row)
{
    int code = sqlite3_step(rows);

    *is_row = code == SQLITE_ROW;
    return *is_row || code == SQLITE_DONE ? KM_OK : km_ledger_raise(ledger, "read");
}

km_status km_ledger_count(km_ledger *ledger, int kind, int n_state[KM_N_TASK_STATE])
{
    sqlite3_stmt *rows;
    km_status status;
    bool is_row;

    memset(n_state, 0, sizeof *n_state * KM_N_TASK_STATE);
    KM_TRY(km_ledger_prepare(ledger,
                             "SELECT state, count(*) FROM task WHERE ?1 = '' OR kind = ?1"
                             " GROUP BY state",
                             &rows));
    sqlite3_bind_text(rows, 1, kind < 0 ? "" : km_task_kind_name((km_task_kind)kind), -1,
                      SQLITE_STATIC);
    KM_TRY_TO(end, step(ledger, rows, &is_row));
    while (is_row) {
        int state = km_task_state_find(column_text(rows, 0));

        KM_TRY_TO(end, KM_CHECK(state >= 0, KM_E_IO, "ledger %s: state \"%s\" is not known",
                                ledger->path, column_text(rows, 0)));
        n_state[state] = sqlite3_column_int(rows, 1);
        KM_TRY_TO(end, step(ledger, rows, &is_row));
    }
end:
    sqlite3_finalize(rows);
    return status;
}

km_status km_ledger_count_unplanned(km_ledger *ledger, int *n_task)
{
    long n = 0;
    km_status status = km_ledger_number(
        ledger, "SELECT count(*) FROM task WHERE state = 'queued' AND NOT is_planned", &n);

    *n_task = (int)n;
    return status;
}

km_status km_ledger_meta(km_ledger *ledger, const char *key, char **value)
{
    sqlite3_stmt *row;
    km_status status;
    bool is_row;

    *value = NULL;
    KM_TRY(km_ledger_prepare(ledger, "SELECT value FROM meta WHERE key = ?", &row));
    sqlite3_bind_text(row, 1, key, -1, SQLITE_STATIC);
    KM_TRY_TO(end, step(ledger, row, &is_row));
    KM_TRY_TO(end, km_memory_copy_text(is_row ? column_text(row, 0) : "", value));
end:
    sqlite3_finalize(row);
    return status;
}

static km_status take_columns(sqlite3_stmt *row, int first, int n_column,
                              const km_column *columns, void *into)
{
    for (int i = 0; i < n_column; ++i) {
        bool is_null = sqlite3_column_type(row, first + i) == SQLITE_NULL;

        if (km_column_is_text(columns + i))
            KM_TRY(km_column_set_text(columns + i, into, column_text(row, first + i)));
        else
            km_column_set_number(columns + i, into,
                                 is_null && columns[i].type == KM_COLUMN_DOUBLE
                                     ? __builtin_nan("")
                                     : sqlite3_column_double(row, first + i));
    }
    return KM_OK;
}

/* One row of task, and of result where there is one. */
static km_status take_row(sqlite3_stmt *row, km_task *task, km_result *result)
{
    int n_task, n_result;
    const km_column *task_columns = km_task_columns(&n_task);
    const km_column *result_columns = km_result_columns(&n_result);

    memset(task, 0, sizeof *task);
    KM_TRY(take_columns(row, 1, n_task, task_columns, task));
    if (!result) return KM_OK;
    *result = km_result_empty();
    if (sqlite3_column_type(row, 0) == SQLITE_NULL) return KM_OK;
    KM_TRY(take_columns(row, 1 + n_task, n_result, result_columns, result));
    snprintf(result->outcome, sizeof result->outcome, "%s", task->outcome);
    snprintf(result->reason, sizeof result->reason, "%s", task->reason);
    result->state = task->state;
    return KM_OK;
}

/* Column 0 is NULL where there is no result; the columns of task and of result follow. */
static km_status select_rows(km_ledger *ledger, const char *where, sqlite3_stmt **rows)
{
    int n_task, n_result;
    const km_column *task = km_task_columns(&n_task), *result = km_result_columns(&n_result);
    km_text sql = {0};
    km_status status;

    KM_TRY_TO(end, km_text_append(&sql, "SELECT result.id"));
    for (int i = 0; i < n_task; ++i)
        KM_TRY_TO(end, km_text_append(&sql, ", task.\"%s\"", task[i].name));
    for (int i = 0; i < n_result; ++i)
        KM_TRY_TO(end, km_text_append(&sql, ", result.\"%s\"", result[i].name));
    KM_TRY_TO(end, km_text_append(&sql,
                                  " FROM task LEFT JOIN result ON result.id = task.id"
                                  " WHERE %s ORDER BY task.number",
                                  where));
    KM_TRY_TO(end, km_ledger_prepare(ledger, sql.bytes, rows));
end:
    KM_FREE(sql.bytes);
    return status;
}

/* Rows arrive one by one; the arrays double. */
static km_status grow(int n, int *n_room, km_task **tasks, km_result **results)
{
    int n_new = *n_room ? 2 * *n_room : 64;

    if (n < *n_room) return KM_OK;
    KM_TRY(KM_GROW(*tasks, *n_room, n_new));
    if (results) KM_TRY(KM_GROW(*results, *n_room, n_new));
    *n_room = n_new;
    return KM_OK;
}

km_status km_ledger_read_tasks(km_ledger *ledger, int kind, int *n_task, km_task **tasks,
                               km_result **results)
{
    sqlite3_stmt *rows;
    km_status status;
    bool is_row;
    int n_room = 0;

    *n_task = 0;
    *tasks = NULL;
    if (results) *results = NULL;
    KM_TRY(select_rows(ledger, "?1 = '' OR task.kind = ?1", &rows));
    sqlite3_bind_text(rows, 1, kind < 0 ? "" : km_task_kind_name((km_task_kind)kind), -1,
                      SQLITE_STATIC);
    KM_TRY_TO(fail, grow(0, &n_room, tasks, results));
    KM_TRY_TO(fail, step(ledger, rows, &is_row));
    while (is_row) {
        KM_TRY_TO(fail, grow(*n_task, &n_room, tasks, results));
        KM_TRY_TO(fail, take_row(rows, *tasks + *n_task, results ? *results + *n_task : NULL));
        ++*n_task;
        KM_TRY_TO(fail, step(ledger, rows, &is_row));
    }
    sqlite3_finalize(rows);
    return KM_OK;
fail:
    sqlite3_finalize(rows);
    KM_FREE(*tasks);
    if (results) KM_FREE(*results);
    *n_task = 0;
    return status;
}

km_status km_ledger_read_task(km_ledger *ledger, const char *start, km_task *task,
                              km_result *result)
{
    sqlite3_stmt *rows;
    km_status status;
    bool is_row, is_another;

    KM_TRY(select_rows(ledger, "substr(task.id, 1, length(?1)) = ?1", &rows));
    sqlite3_bind_text(rows, 1, start, -1, SQLITE_STATIC);
    KM_TRY_TO(end, step(ledger, rows, &is_row));
    KM_TRY_TO(
        end, KM_CHECK(is_row, KM_E_INPUT, "ledger %s has no task \"%s\"", ledger->path, start));
    KM_TRY_TO(end, take_row(rows, task, result));
    KM_TRY_TO(end, step(ledger, rows, &is_another));
    KM_TRY_TO(end, KM_CHECK(!is_another, KM_E_INPUT,
                            "ledger %s: several tasks begin with \"%s\": write more of it",
                            ledger->path, start));
end:
    sqlite3_finalize(rows);
    return status;
}

static void take_event(sqlite3_stmt *row, km_ledger_event *event)
{
    event->time_s = sqlite3_column_double(row, 0);
    event->instance = sqlite3_column_int(row, 1);
    snprintf(event->id, sizeof event->id, "%s", column_text(row, 2));
    snprintf(event->what, sizeof event->what, "%s", column_text(row, 3));
    snprintf(event->detail, sizeof event->detail, "%s", column_text(row, 4));
}

km_status km_ledger_read_events(km_ledger *ledger, const char *id, int *n_event,
                                km_ledger_event **events)
{
    sqlite3_stmt *rows;
    km_status status;
    bool is_row;
    int n_room = 64;

    *n_event = 0;
    *events = NULL;
    KM_TRY(km_ledger_prepare(ledger,
                             "SELECT time_s, instance, id, what, detail FROM event"
                             " WHERE ?1 IS NULL OR id = ?1 ORDER BY rowid",
                             &rows));
    if (id) sqlite3_bind_text(rows, 1, id, -1, SQLITE_STATIC);
    KM_TRY_TO(fail, KM_ALLOC(*events, n_room));
    KM_TRY_TO(fail, step(ledger, rows, &is_row));
    while (is_row) {
        if (*n_event == n_room) {
            KM_TRY_TO(fail, KM_GROW(*events, n_room, 2 * n_room));
            n_room *= 2;
        }
        take_event(rows, *events + (*n_event)++);
        KM_TRY_TO(fail, step(ledger, rows, &is_row));
    }
    sqlite3_finalize(rows);
    return KM_OK;
fail:
    sqlite3_finalize(rows);
    KM_FREE(*events);
    *n_event = 0;
    return status;
}

km_status km_ledger_read_image(km_ledger *ledger, const char *id, void **image, size_t *n_byte)
{
    sqlite3_stmt *row;
    km_status status;
    bool is_row;
    char *bytes = NULL;

    *image = NULL;
    *n_byte = 0;
    KM_TRY(km_ledger_prepare(ledger, "SELECT image FROM result WHERE id = ?", &row));
    sqlite3_bind_text(row, 1, id, -1, SQLITE_STATIC);
    KM_TRY_TO(end, step(ledger, row, &is_row));
    if (is_row && sqlite3_column_type(row, 0) == SQLITE_BLOB) {
        const void *blob = sqlite3_column_blob(row, 0);
        size_t n = (size_t)sqlite3_column_bytes(row, 0);

        KM_TRY_TO(end, KM_ALLOC(bytes, n));
        memcpy(bytes, blob, n);
        *image = bytes;
        *n_byte = n;
    }
end:
    sqlite3_finalize(row);
    return status;
}
