#pragma once
/**
 * @file
 * @brief What writing and reading of the ledger share. Private to ledger.c and ledger_reader.c.
 */
#include "kaimen/campaign/column.h"
#include "kaimen/campaign/ledger.h"

#include <sqlite3.h>

#define KM_LEDGER_APPLICATION 0x6b61696d /* "kaim" */
#define KM_LEDGER_SCHEMA 7

/* Statements that are prepared once. */
enum {
    KM_LEDGER_ADD,
    KM_LEDGER_START,
    KM_LEDGER_END,
    KM_LEDGER_RESULT,
    KM_LEDGER_NOTE,
    KM_LEDGER_N_STATEMENT
};

struct km_ledger {
    sqlite3 *db;
    char *path;
    int lock; /* descriptor that holds the writer's lock; -1: a reader */
    int instance;
    sqlite3_stmt *statement[KM_LEDGER_N_STATEMENT];
};

/** @brief The status of SQLite's last error, with path and what was tried. Local. */
KM_STATUS km_ledger_raise(km_ledger *ledger, const char *what);

/** @brief Run statements without results. Local. */
KM_STATUS km_ledger_execute(km_ledger *ledger, const char *sql);

/** @brief Prepare one statement, ended with sqlite3_finalize(). Local. */
KM_STATUS km_ledger_prepare(km_ledger *ledger, const char *sql, sqlite3_stmt **statement);

/** @brief The single number that a statement gives. Local. */
KM_STATUS km_ledger_number(km_ledger *ledger, const char *sql, long *number);

/** @brief That the file is a ledger of this schema. Local. @param[out] is_new  it is empty; NULL: that is refused */
KM_STATUS km_ledger_check_file(km_ledger *ledger, bool *is_new);

/** @brief Open the file with SQLite. Local. */
KM_STATUS km_ledger_connect(const char *path, int flags, km_ledger **ledger);
