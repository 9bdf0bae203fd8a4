#pragma once
/**
 * @file
 * @brief What the results of each kind of campaign are shown as. All functions are local.
 */
#include "kaimen/campaign/ledger.h"
#include "kaimen/report/table.h"

/** One kind of campaign. */
typedef struct {
    km_task_kind kind;     /* the tasks that it is counted by, its references aside */
    const char *kind_name; /* of several of them: "surfaces" */
    const char *row_name;  /* of several rows of the tables */
    const char *title;     /* over the table for people */
    km_status (*summary)(km_ledger *ledger, km_table **table); /* for people */
    km_status (*numbers)(km_ledger *ledger, km_table **table); /* for programs */
} km_campaign_report;

/** @brief That of the campaign in a ledger. @param[out] report  borrowed, static */
KM_STATUS km_campaign_report_find(km_ledger *ledger, const km_campaign_report **report);
