#include "kaimen/report/page.h"

#include "kaimen/base/file.h"
#include "kaimen/base/memory.h"
#include "kaimen/base/version.h"
#include "kaimen/report/campaign_report.h"
#include "kaimen/report/work.h"
#include "report/boundary_plot.h"

#include <math.h>

static const char style[] =
    "<style>body{font:15px/1.45 Helvetica,Arial,sans-serif;color:#222;margin:2em "
    "auto;max-width:1340px;padding:0 1em}"
    "h1{font-size:24px}h2{font-size:18px;margin-top:1.8em}small{color:#777}"
    "table{border-collapse:collapse}th,td{padding:3px 12px 3px "
    "0;text-align:left;border-bottom:1px solid #ddd}"
    "td.number{text-align:right;font-variant-numeric:tabular-nums}.plots{display:flex;flex-"
    "wrap:wrap;gap:8px}"
    "svg text{font-size:13px;fill:#222}svg .title{font-weight:bold}svg .tick{font-size:12px}"
    ".frame{fill:none;stroke:#222}.grid{stroke:#e3e3e3}.best{fill:none;stroke:#1f4e9c;stroke-"
    "width:2}"
    ".random{fill:none;stroke:#c0561a;stroke-width:1.6;stroke-dasharray:6 "
    "4}.trial{fill:#1f4e9c;opacity:.65}"
    ".bar{stroke:#1f4e9c;opacity:.35}.tried{fill:#fff;stroke:#222;stroke-width:.8}"
    ".lowest{fill:none;stroke:#fff;stroke-width:3}</style>\n";

static km_status append_table(km_ledger *ledger, km_text *page)
{
    const km_campaign_report *kind;
    km_table *table = NULL;
    km_status status;

    KM_TRY(km_campaign_report_find(ledger, &kind));
    KM_TRY(km_text_append(page, "<h2>%s</h2>\n", kind->title));
    KM_TRY(kind->summary(ledger, &table));
    status = km_table_append_html(table, page);
    km_table_destroy(&table);
    return status;
}

/* Nothing where nothing was computed self-consistently. */
static km_status append_work(km_ledger *ledger, km_text *page)
{
    km_table *table = NULL;
    km_status status;

    KM_TRY_TO(end, km_report_work(ledger, &table));
    if (km_table_n_row(table) == 0) goto end;
    KM_TRY_TO(end, km_text_append(page, "<h2>Work</h2>\n"));
    KM_TRY_TO(end, km_table_append_html(table, page));
    status = km_text_append(
        page, "<p><small>Iterations and applications of H of a relaxation are those of all its "
              "steps. Sent: what all ranks of a team hand to collective calls of MPI in an "
              "iteration of the last SCF; calls of the busiest rank.</small></p>\n");
end:
    km_table_destroy(&table);
    return status;
}

static km_status append_head(km_ledger *ledger, km_text *page)
{
    char *name = NULL, *version = NULL;
    km_status status;

    KM_TRY_TO(end, km_ledger_meta(ledger, "name", &name));
    KM_TRY_TO(end, km_ledger_meta(ledger, "version", &version));
    status = km_text_append(
        page,
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta "
        "charset=\"utf-8\"><title>%s</title>\n%s</head>"
        "<body>\n<h1>%s</h1>\n<p><small>computed by kaimen %s, page by kaimen %s</small></p>\n",
        name, style, name, version, km_version());
end:
    KM_FREE(name);
    KM_FREE(version);
    return status;
}

static km_status append_boundary(const km_boundary_traces *all, int i, km_text *page)
{
    const km_boundary_trace *t = all->trace + i;

    KM_TRY(km_text_append(
        page,
        "<h2>%s</h2>\n<p>%d candidates, %d relaxed, %d failed, %d pruned with a prediction",
        t->name, t->n, t->n_state[KM_TASK_DONE], t->n_state[KM_TASK_FAILED],
        t->n_state[KM_TASK_PRUNED]));
    if (t->best >= 0)
        KM_TRY(km_text_append(
            page, "; lowest %.4f J/m\xc2\xb2, first reached within 1 mJ/m\xc2\xb2 by trial %d",
            all->results[t->best].surface.gamma_j_m2, t->best_trial));
    KM_TRY(km_text_append(page, ".</p>\n<div class=\"plots\">\n"));
    KM_TRY(km_boundary_plot_trace(all, i, page));
    KM_TRY(km_boundary_plot_map(all, i, page));
    KM_TRY(km_boundary_plot_predictions(all, i, page));
    return km_text_append(page, "</div>\n");
}

static km_status append_boundaries(km_ledger *ledger, km_text *page)
{
    km_boundary_traces all;
    km_status status = KM_OK;

    KM_TRY(km_boundary_traces_read(ledger, &all));
    if (all.n > 0)
        KM_TRY_TO(end, km_text_append(
                           page, "<p>Screened: the lowest energy that a regression on bond "
                                 "orders, compression, volume and rigid energy "
                                 "expects, trained on the relaxed candidates of all other "
                                 "boundaries; its error is that of this boundary's relaxed "
                                 "candidates.</p>\n"));
    for (int i = 0; i < all.n; ++i) KM_TRY_TO(end, append_boundary(&all, i, page));
end:
    km_boundary_traces_clear(&all);
    return status;
}

km_status km_report_write_page(km_ledger *ledger, const char *path)
{
    km_text page = {0};
    km_status status;

    KM_TRY_TO(end, append_head(ledger, &page));
    KM_TRY_TO(end, append_table(ledger, &page));
    KM_TRY_TO(end, append_boundaries(ledger, &page));
    KM_TRY_TO(end, append_work(ledger, &page));
    KM_TRY_TO(end, km_text_append(&page, "</body></html>\n"));
    status = km_file_write_text(path, page.bytes);
end:
    KM_FREE(page.bytes);
    return status;
}
