#include "campaign/ledger_file.h"

#include "kaimen/base/log.h"
#include "kaimen/base/memory.h"
#include "kaimen/base/text.h"
#include "kaimen/base/version.h"
#include "kaimen/campaign/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BUSY_TIMEOUT_MS 600000 /* somebody who looks into the file may hold up a commit */
/* A byte far behind those that SQLite locks itself (from 0x40000000 on) and behind any data. */
#define LOCK_BYTE 0x7fffffffffffLL

static double now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

km_status km_ledger_raise(km_ledger *ledger, const char *what)
{
    int code = sqlite3_errcode(ledger->db) & 0xff;
    km_status status = code == SQLITE_NOMEM ? KM_E_MEMORY : KM_E_IO;

    if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT)
        return KM_RAISE(KM_E_INPUT, "%s is not a ledger: %s", ledger->path,
                        sqlite3_errmsg(ledger->db));
    return KM_RAISE(status, "ledger %s: cannot %s: %s", ledger->path, what,
                    sqlite3_errmsg(ledger->db));
}

km_status km_ledger_execute(km_ledger *ledger, const char *sql)
{
    if (sqlite3_exec(ledger->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return km_ledger_raise(ledger, "write");
    return KM_OK;
}

km_status km_ledger_prepare(km_ledger *ledger, const char *sql, sqlite3_stmt **statement)
{
    if (sqlite3_prepare_v2(ledger->db, sql, -1, statement, NULL) != SQLITE_OK)
        return km_ledger_raise(ledger, "read");
    return KM_OK;
}

km_status km_ledger_number(km_ledger *ledger, const char *sql, long *number)
{
    sqlite3_stmt *statement;
    int code;

    *number = 0;
    KM_TRY(km_ledger_prepare(ledger, sql, &statement));
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW) *number = (long)sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return code == SQLITE_ROW || code == SQLITE_DONE ? KM_OK : km_ledger_raise(ledger, "read");
}

km_status km_ledger_check_file(km_ledger *ledger, bool *is_new)
{
    long application, schema, n_page;

    KM_TRY(km_ledger_number(ledger, "PRAGMA page_count", &n_page));
    KM_TRY(km_ledger_number(ledger, "PRAGMA application_id", &application));
    KM_TRY(km_ledger_number(ledger, "PRAGMA user_version", &schema));
    if (is_new) *is_new = n_page == 0;
    if (is_new && n_page == 0) return KM_OK;
    KM_TRY(KM_CHECK(application == KM_LEDGER_APPLICATION, KM_E_INPUT,
                    "%s is not a ledger: an SQLite file of another program", ledger->path));
    return KM_CHECK(schema == KM_LEDGER_SCHEMA, KM_E_INPUT,
                    "%s has schema %ld, this version of kaimen wants %d", ledger->path, schema,
                    KM_LEDGER_SCHEMA);
}

km_status km_ledger_connect(const char *path, int flags, km_ledger **ledger)
{
    km_ledger *made = NULL;
    km_status status;

    *ledger = NULL;
    KM_TRY(KM_ALLOC(made, 1));
    made->lock = -1;
    KM_TRY_TO(fail, km_memory_copy_text(path, &made->path));
    if (sqlite3_open_v2(path, &made->db, flags, NULL) != SQLITE_OK)
        KM_TRY_TO(fail, km_ledger_raise(made, "open"));
    sqlite3_busy_timeout(made->db, BUSY_TIMEOUT_MS);
    *ledger = made;
    return KM_OK;
fail:
    km_ledger_close(&made);
    return status;
}

void km_ledger_close(km_ledger **ledger)
{
    if (!*ledger) return;
    for (int i = 0; i < KM_LEDGER_N_STATEMENT; ++i) sqlite3_finalize((*ledger)->statement[i]);
    sqlite3_close((*ledger)->db);
    /* Last: closing any descriptor of a file drops the locks that SQLite holds on it. */
    if ((*ledger)->lock >= 0) close((*ledger)->lock);
    KM_FREE((*ledger)->path);
    KM_FREE(*ledger);
}

int km_ledger_instance(const km_ledger *ledger)
{
    return ledger->instance;
}

/* Who holds the lock, as the instance table says; "another job" where that cannot be read. */
static void describe_holder(const char *path, char holder[KM_REASON_SIZE])
{
    km_ledger *reader = NULL;
    sqlite3_stmt *row = NULL;

    snprintf(holder, KM_REASON_SIZE, "another job");
    if (km_ledger_open_reader(path, &reader) == KM_OK &&
        km_ledger_prepare(reader,
                          "SELECT number, host, pid FROM instance ORDER BY number DESC LIMIT 1",
                          &row) == KM_OK &&
        sqlite3_step(row) == SQLITE_ROW)
        snprintf(holder, KM_REASON_SIZE, "job %d on host %s, process %d",
                 sqlite3_column_int(row, 0), (const char *)sqlite3_column_text(row, 1),
                 sqlite3_column_int(row, 2));
    sqlite3_finalize(row);
    km_ledger_close(&reader);
}

static km_status lock_file(const char *path, int *descriptor)
{
    struct flock lock = {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = LOCK_BYTE, .l_len = 1};
    char holder[KM_REASON_SIZE];

    *descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    KM_TRY(KM_CHECK(*descriptor >= 0, KM_E_IO, "ledger %s cannot be written: %s", path,
                    strerror(errno)));
    if (fcntl(*descriptor, F_OFD_SETLK, &lock) == 0) return KM_OK;
    if (errno != EAGAIN && errno != EACCES) {
        km_log(KM_LOG_WARN,
               "%s: this file system has no locks (%s); take care that only one job uses it",
               path, strerror(errno));
        return KM_OK;
    }
    close(*descriptor);
    *descriptor = -1;
    describe_holder(path, holder);
    return KM_RAISE(KM_E_INPUT, "ledger %s is in use by %s; wait for it, or stop it", path,
                    holder);
}

static km_status append_columns(km_text *sql, int n_column, const km_column *columns)
{
    for (int i = 0; i < n_column; ++i) {
        const char *type = km_column_is_text(columns + i)        ? "TEXT"
                           : columns[i].type == KM_COLUMN_DOUBLE ? "REAL"
                                                                 : "INTEGER";

        KM_TRY(km_text_append(sql, ", \"%s\" %s", columns[i].name, type));
    }
    return KM_OK;
}

static km_status make_schema_text(km_text *sql)
{
    int n_task, n_result;
    const km_column *task = km_task_columns(&n_task), *result = km_result_columns(&n_result);

    KM_TRY(km_text_append(sql,
                          "PRAGMA application_id=%d; PRAGMA user_version=%d;"
                          "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;"
                          "CREATE TABLE instance(number INTEGER PRIMARY KEY, started_s REAL,"
                          " ended_s REAL, host TEXT, pid INTEGER, version TEXT,"
                          " \"commit\" TEXT, ending TEXT);"
                          "CREATE TABLE event(time_s REAL, instance INTEGER, id TEXT,"
                          " what TEXT, detail TEXT);"
                          "CREATE TABLE task(number INTEGER PRIMARY KEY",
                          KM_LEDGER_APPLICATION, KM_LEDGER_SCHEMA));
    KM_TRY(append_columns(sql, n_task, task));
    KM_TRY(km_text_append(sql, "); CREATE UNIQUE INDEX task_id ON task(id);"
                               "CREATE TABLE result(id TEXT PRIMARY KEY REFERENCES task(id)"));
    KM_TRY(append_columns(sql, n_result, result));
    return km_text_append(sql, ", image BLOB);");
}

km_status km_ledger_set_meta(km_ledger *ledger, const char *key, const char *value)
{
    sqlite3_stmt *statement;
    int code;

    KM_TRY(km_ledger_prepare(ledger, "INSERT OR REPLACE INTO meta VALUES(?, ?)", &statement));
    sqlite3_bind_text(statement, 1, key, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 2, value, -1, SQLITE_STATIC);
    code = sqlite3_step(statement);
    sqlite3_finalize(statement);
    return code == SQLITE_DONE ? KM_OK : km_ledger_raise(ledger, "write");
}

static km_status create_schema(km_ledger *ledger, const km_ledger_identity *identity)
{
    km_text sql = {0};
    km_status status;

    KM_TRY_TO(end, make_schema_text(&sql));
    KM_TRY_TO(end, km_ledger_execute(ledger, sql.bytes));
    KM_TRY_TO(end, km_ledger_set_meta(ledger, "name", identity->name));
    KM_TRY_TO(end, km_ledger_set_meta(ledger, "physics", identity->physics));
    KM_TRY_TO(end, km_ledger_set_meta(ledger, "version", km_version()));
    KM_TRY_TO(end, km_ledger_set_meta(ledger, "commit", km_version_commit()));
    KM_TRY_TO(end, km_ledger_set_meta(ledger, "input", identity->input));
end:
    KM_FREE(sql.bytes);
    return status;
}

static km_status check_owner(km_ledger *ledger, const km_ledger_identity *identity)
{
    char *name = NULL, *physics = NULL, differences[KM_IDENTITY_TEXT_SIZE];
    km_status status;

    KM_TRY_TO(end, km_ledger_meta(ledger, "name", &name));
    KM_TRY_TO(end, km_ledger_meta(ledger, "physics", &physics));
    KM_TRY_TO(end, KM_CHECK(strcmp(name, identity->name) == 0, KM_E_INPUT,
                            "%s is the ledger of another campaign, \"%s\"; wanted that of "
                            "\"%s\": name another ledger, or restore the name",
                            ledger->path, name, identity->name));
    km_identity_compare(physics, identity->physics, differences);
    KM_TRY_TO(end, KM_CHECK(!differences[0], KM_E_INPUT,
                            "%s holds results of other options: %s; name another ledger, or "
                            "restore the input",
                            ledger->path, differences));
end:
    KM_FREE(name);
    KM_FREE(physics);
    return status;
}

/* What is new in the input: pseudopotentials of more elements, other crystals. */
static km_status take_identity(km_ledger *ledger, const km_ledger_identity *identity)
{
    char *physics = NULL;
    km_text merged = {0};
    km_status status;

    KM_TRY_TO(end, km_ledger_meta(ledger, "physics", &physics));
    KM_TRY_TO(end, km_identity_merge(physics, identity->physics, &merged));
    KM_TRY_TO(end, km_ledger_set_meta(ledger, "physics", merged.bytes ? merged.bytes : ""));
    status = km_ledger_set_meta(ledger, "input", identity->input);
end:
    KM_FREE(physics);
    KM_FREE(merged.bytes);
    return status;
}

static km_status begin_instance(km_ledger *ledger)
{
    char host[256] = "unknown";
    sqlite3_stmt *row;
    int code;

    gethostname(host, sizeof host - 1);
    KM_TRY(km_ledger_prepare(ledger,
                             "INSERT INTO instance(started_s, host, pid, version, \"commit\")"
                             " VALUES(?, ?, ?, ?, ?)",
                             &row));
    sqlite3_bind_double(row, 1, now_s());
    sqlite3_bind_text(row, 2, host, -1, SQLITE_STATIC);
    sqlite3_bind_int(row, 3, (int)getpid());
    sqlite3_bind_text(row, 4, km_version(), -1, SQLITE_STATIC);
    sqlite3_bind_text(row, 5, km_version_commit(), -1, SQLITE_STATIC);
    code = sqlite3_step(row);
    sqlite3_finalize(row);
    if (code != SQLITE_DONE) return km_ledger_raise(ledger, "write");
    ledger->instance = (int)sqlite3_last_insert_rowid(ledger->db);
    return KM_OK;
}

static km_status prepare_add(km_ledger *ledger)
{
    km_text sql = {0};
    km_status status;
    int n_column;
    const km_column *columns = km_task_columns(&n_column);

    KM_TRY_TO(end, km_text_append(&sql, "INSERT INTO task("));
    for (int i = 0; i < n_column; ++i)
        KM_TRY_TO(end, km_text_append(&sql, "%s\"%s\"", i ? "," : "", columns[i].name));
    for (int i = 0; i < n_column; ++i)
        KM_TRY_TO(end, km_text_append(&sql, "%s?", i ? "," : ") VALUES("));
    KM_TRY_TO(end, km_text_append(&sql, ") ON CONFLICT(id) DO UPDATE SET is_planned=1"));
    KM_TRY_TO(end, km_ledger_prepare(ledger, sql.bytes, ledger->statement + KM_LEDGER_ADD));
end:
    KM_FREE(sql.bytes);
    return status;
}

static km_status prepare_result(km_ledger *ledger)
{
    km_text sql = {0};
    km_status status;
    int n_column;

    km_result_columns(&n_column);
    KM_TRY_TO(end, km_text_append(&sql, "INSERT INTO result VALUES(?"));
    for (int i = 0; i <= n_column; ++i) KM_TRY_TO(end, km_text_append(&sql, ",?"));
    KM_TRY_TO(end, km_text_append(&sql, ")"));
    KM_TRY_TO(end, km_ledger_prepare(ledger, sql.bytes, ledger->statement + KM_LEDGER_RESULT));
end:
    KM_FREE(sql.bytes);
    return status;
}

static km_status prepare_statements(km_ledger *ledger)
{
    KM_TRY(prepare_add(ledger));
    KM_TRY(prepare_result(ledger));
    KM_TRY(km_ledger_prepare(ledger,
                             "UPDATE task SET state='running', n_attempt=n_attempt+1,"
                             " instance=?2, team=?3, started_s=?4 WHERE id=?1"
                             " AND state='queued'",
                             ledger->statement + KM_LEDGER_START));
    KM_TRY(km_ledger_prepare(ledger,
                             "UPDATE task SET state=?2, outcome=?3, reason=?4, ended_s=?5,"
                             " n_attempt=n_attempt-?6 WHERE id=?1 AND state=?7",
                             ledger->statement + KM_LEDGER_END));
    return km_ledger_prepare(ledger, "INSERT INTO event VALUES(?, ?, ?, ?, ?)",
                             ledger->statement + KM_LEDGER_NOTE);
}

static km_status enter(km_ledger *ledger, const km_ledger_identity *identity)
{
    bool is_new;

    KM_TRY(km_ledger_check_file(ledger, &is_new));
    if (!is_new) KM_TRY(check_owner(ledger, identity));
    KM_TRY(km_ledger_execute(ledger, "PRAGMA journal_mode=DELETE; PRAGMA synchronous=FULL"));
    KM_TRY(km_ledger_begin(ledger));
    KM_TRY(is_new ? create_schema(ledger, identity) : take_identity(ledger, identity));
    KM_TRY(begin_instance(ledger));
    KM_TRY(prepare_statements(ledger));
    KM_TRY(km_ledger_note(ledger, NULL, is_new ? "created" : "resumed", ""));
    return km_ledger_commit(ledger);
}

km_status km_ledger_open(const char *path, const km_ledger_identity *identity,
                         km_ledger **ledger)
{
    km_ledger *made = NULL;
    km_status status;
    int lock;

    *ledger = NULL;
    KM_TRY(lock_file(path, &lock));
    status = km_ledger_connect(path, SQLITE_OPEN_READWRITE, &made);
    if (status != KM_OK) {
        close(lock);
        return status;
    }
    made->lock = lock;
    KM_TRY_TO(fail, enter(made, identity));
    *ledger = made;
    return KM_OK;
fail:
    km_ledger_close(&made);
    return status;
}

km_status km_ledger_begin(km_ledger *ledger)
{
    return km_ledger_execute(ledger, "BEGIN IMMEDIATE");
}

km_status km_ledger_commit(km_ledger *ledger)
{
    return km_ledger_execute(ledger, "COMMIT");
}

/* Run a prepared statement and make it ready for the next call. */
static km_status run(km_ledger *ledger, int which, const char *what)
{
    sqlite3_stmt *statement = ledger->statement[which];
    km_status status = KM_OK;

    if (sqlite3_step(statement) != SQLITE_DONE) status = km_ledger_raise(ledger, what);
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return status;
}

static void bind_columns(sqlite3_stmt *statement, int first, int n_column,
                         const km_column *columns, const void *row)
{
    for (int i = 0; i < n_column; ++i) {
        double number = km_column_number(columns + i, row);

        if (km_column_is_text(columns + i))
            sqlite3_bind_text(statement, first + i, km_column_text(columns + i, row), -1,
                              SQLITE_STATIC);
        else if (columns[i].type == KM_COLUMN_DOUBLE) /* SQLite stores NaN as NULL */
            sqlite3_bind_double(statement, first + i, number);
        else
            sqlite3_bind_int64(statement, first + i, (sqlite3_int64)number);
    }
}

km_status km_ledger_add_tasks(km_ledger *ledger, int n_task, const km_task *const *tasks)
{
    int n_column;
    const km_column *columns = km_task_columns(&n_column);

    KM_TRY(km_ledger_begin(ledger));
    KM_TRY(km_ledger_execute(ledger, "UPDATE task SET is_planned=0"));
    for (int i = 0; i < n_task; ++i) {
        bind_columns(ledger->statement[KM_LEDGER_ADD], 1, n_column, columns, tasks[i]);
        KM_TRY(run(ledger, KM_LEDGER_ADD, "add a task"));
    }
    return km_ledger_commit(ledger);
}

km_status km_ledger_set_surface(km_ledger *ledger, const char *id, const km_surface *surface)
{
    sqlite3_stmt *row;
    int code;

    KM_TRY(km_ledger_prepare(
        ledger, "UPDATE task SET area_bohr2=?2, repeat_bohr=?3 WHERE id=?1", &row));
    sqlite3_bind_text(row, 1, id, -1, SQLITE_STATIC);
    sqlite3_bind_double(row, 2, surface->area_bohr2);
    sqlite3_bind_double(row, 3, surface->repeat_bohr);
    code = sqlite3_step(row);
    sqlite3_finalize(row);
    return code == SQLITE_DONE ? KM_OK : km_ledger_raise(ledger, "write lengths of a slab");
}

km_status km_ledger_recover(km_ledger *ledger, int max_attempts)
{
    char *sql = sqlite3_mprintf(
        "INSERT INTO event SELECT %f, %d, id, CASE WHEN n_attempt >= %d THEN 'failed' ELSE"
        " 'requeued' END, 'job ' || instance || ' ended while it ran, attempt ' || n_attempt"
        " FROM task WHERE state='running';"
        "UPDATE task SET state='failed', outcome='crashed', ended_s=%f, reason='crashed: '"
        " || n_attempt || ' jobs ended while it ran' WHERE state='running' AND"
        " n_attempt >= %d;"
        "UPDATE task SET state='queued' WHERE state='running'",
        now_s(), ledger->instance, max_attempts, now_s(), max_attempts);
    km_status status;

    if (!sql) return KM_RAISE(KM_E_MEMORY, "no memory for a statement");
    KM_TRY_TO(end, km_ledger_begin(ledger));
    KM_TRY_TO(end, km_ledger_execute(ledger, sql));
    KM_TRY_TO(end, km_ledger_commit(ledger));
end:
    sqlite3_free(sql);
    return status;
}

km_status km_ledger_note(km_ledger *ledger, const char *id, const char *what,
                         const char *detail)
{
    sqlite3_stmt *statement = ledger->statement[KM_LEDGER_NOTE];

    sqlite3_bind_double(statement, 1, now_s());
    sqlite3_bind_int(statement, 2, ledger->instance);
    if (id) sqlite3_bind_text(statement, 3, id, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 4, what, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 5, detail, -1, SQLITE_STATIC);
    return run(ledger, KM_LEDGER_NOTE, "write an event");
}

/* A state and what belongs to it are written together or not at all. */
static km_status check_transaction(km_ledger *ledger)
{
    return KM_CHECK(!sqlite3_get_autocommit(ledger->db), KM_E_INTERNAL,
                    "ledger %s: change of state outside a transaction", ledger->path);
}

static km_status check_changed(km_ledger *ledger, const char *id, const char *wanted)
{
    return KM_CHECK(sqlite3_changes(ledger->db) == 1, KM_E_INTERNAL,
                    "ledger %s: task %s is not %s", ledger->path, id, wanted);
}

km_status km_ledger_start(km_ledger *ledger, const char *id, int team)
{
    sqlite3_stmt *statement = ledger->statement[KM_LEDGER_START];

    KM_TRY(check_transaction(ledger));
    sqlite3_bind_text(statement, 1, id, -1, SQLITE_STATIC);
    sqlite3_bind_int(statement, 2, ledger->instance);
    sqlite3_bind_int(statement, 3, team);
    sqlite3_bind_double(statement, 4, now_s());
    KM_TRY(run(ledger, KM_LEDGER_START, "start a task"));
    KM_TRY(check_changed(ledger, id, "queued"));
    return km_ledger_note(ledger, id, "started", "");
}

/* A change of state of a task that is now in the state `from`. */
static km_status end_task(km_ledger *ledger, const char *id, const char *from, km_task_state to,
                          const char *outcome, const char *reason)
{
    sqlite3_stmt *statement = ledger->statement[KM_LEDGER_END];

    KM_TRY(check_transaction(ledger));
    sqlite3_bind_text(statement, 1, id, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 2, km_task_state_name(to), -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 3, outcome, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 4, reason, -1, SQLITE_STATIC);
    sqlite3_bind_double(statement, 5, to == KM_TASK_QUEUED ? 0 : now_s());
    sqlite3_bind_int(statement, 6, to == KM_TASK_QUEUED);
    sqlite3_bind_text(statement, 7, from, -1, SQLITE_STATIC);
    KM_TRY(run(ledger, KM_LEDGER_END, "end a task"));
    KM_TRY(check_changed(ledger, id, from));
    return km_ledger_note(ledger, id,
                          to == KM_TASK_QUEUED ? "put back" : km_task_state_name(to), reason);
}

static km_status write_result(km_ledger *ledger, const char *id, const km_result *result,
                              const void *image, size_t n_byte)
{
    sqlite3_stmt *statement = ledger->statement[KM_LEDGER_RESULT];
    int n_column;
    const km_column *columns = km_result_columns(&n_column);

    sqlite3_bind_text(statement, 1, id, -1, SQLITE_STATIC);
    bind_columns(statement, 2, n_column, columns, result);
    if (image)
        sqlite3_bind_blob64(statement, n_column + 2, image, (sqlite3_uint64)n_byte,
                            SQLITE_STATIC);
    return run(ledger, KM_LEDGER_RESULT, "write a result");
}

km_status km_ledger_finish(km_ledger *ledger, const char *id, const km_result *result,
                           const void *image, size_t n_byte)
{
    KM_TRY(KM_CHECK(result->state == KM_TASK_DONE || result->state == KM_TASK_FAILED,
                    KM_E_INTERNAL, "task %s cannot end as %s", id,
                    km_task_state_name(result->state)));
    KM_TRY(end_task(ledger, id, "running", result->state, result->outcome, result->reason));
    return write_result(ledger, id, result, image, n_byte);
}

km_status km_ledger_requeue(km_ledger *ledger, const char *id, const char *reason)
{
    return end_task(ledger, id, "running", KM_TASK_QUEUED, "", reason);
}

km_status km_ledger_dismiss(km_ledger *ledger, const char *id, km_task_state state,
                            const char *reason)
{
    return end_task(ledger, id, "queued", state, km_task_state_name(state), reason);
}

km_status km_ledger_predict(km_ledger *ledger, const char *id, double prediction_j_m2,
                            double uncertainty_j_m2, double priority)
{
    sqlite3_stmt *statement;
    int code;

    KM_TRY(km_ledger_prepare(ledger,
                             "UPDATE task SET prediction_j_m2=?2, uncertainty_j_m2=?3,"
                             " priority=?4 WHERE id=?1 AND state='queued'",
                             &statement));
    sqlite3_bind_text(statement, 1, id, -1, SQLITE_STATIC);
    sqlite3_bind_double(statement, 2, prediction_j_m2);
    sqlite3_bind_double(statement, 3, uncertainty_j_m2);
    sqlite3_bind_double(statement, 4, priority);
    code = sqlite3_step(statement);
    sqlite3_finalize(statement);
    return code == SQLITE_DONE ? check_changed(ledger, id, "queued")
                               : km_ledger_raise(ledger, "write a prediction");
}

km_status km_ledger_end_instance(km_ledger *ledger, const char *how)
{
    sqlite3_stmt *statement;
    int code;

    KM_TRY(km_ledger_prepare(ledger, "UPDATE instance SET ended_s=?, ending=? WHERE number=?",
                             &statement));
    sqlite3_bind_double(statement, 1, now_s());
    sqlite3_bind_text(statement, 2, how, -1, SQLITE_STATIC);
    sqlite3_bind_int(statement, 3, ledger->instance);
    code = sqlite3_step(statement);
    sqlite3_finalize(statement);
    return code == SQLITE_DONE ? KM_OK : km_ledger_raise(ledger, "end the job's row");
}
