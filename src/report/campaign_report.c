#include "kaimen/report/campaign_report.h"

#include "kaimen/report/boundaries.h"
#include "kaimen/report/equations.h"
#include "kaimen/report/surfaces.h"

/* An empty ledger is taken for the first kind. */
static const km_campaign_report reports[] = {
    {KM_TASK_SURFACE, "surfaces", "surfaces", "Surfaces", km_report_ranking,
     km_report_surfaces},
    {KM_TASK_VOLUME, "volumes", "crystals", "Equations of state", km_report_equations,
     km_report_equation_numbers},
    {KM_TASK_GRAIN_BOUNDARY, "candidates", "boundaries", "Grain boundaries",
     km_report_boundaries, km_report_candidates},
};
#define N_REPORT ((int)(sizeof reports / sizeof *reports))

km_status km_campaign_report_find(km_ledger *ledger, const km_campaign_report **report)
{
    *report = reports;
    for (int i = 1; i < N_REPORT; ++i) {
        int n_state[KM_N_TASK_STATE], n = 0;

        KM_TRY(km_ledger_count(ledger, (int)reports[i].kind, n_state));
        for (int is = 0; is < KM_N_TASK_STATE; ++is) n += n_state[is];
        if (n > 0) *report = reports + i;
    }
    return KM_OK;
}
