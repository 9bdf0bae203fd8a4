#include "kaimen/report/boundaries.h"

#include "kaimen/base/units.h"
#include "kaimen/campaign/boundary_trace.h"

#include <math.h>

static km_status add_row(km_table *table, const km_boundary_traces *all,
                         const km_boundary_trace *t)
{
    const km_task *best = t->best >= 0 ? all->tasks + t->best : NULL;
    const km_result *result = t->best >= 0 ? all->results + t->best : NULL;

    KM_TRY(km_table_add_text(table, t->name));
    KM_TRY(km_table_add_number(table, 0, t->n));
    KM_TRY(km_table_add_number(table, 0, t->n_state[KM_TASK_DONE]));
    KM_TRY(km_table_add_number(table, 0, t->n_state[KM_TASK_FAILED]));
    KM_TRY(km_table_add_number(table, 4, result ? result->surface.gamma_j_m2 : NAN));
    KM_TRY(km_table_add_number(table, 0, t->best_trial > 0 ? (double)t->best_trial : NAN));
    KM_TRY(km_table_add_number(table, 3, best ? best->interface.rigid_j_m2 : NAN));
    KM_TRY(km_table_add_number(table, 0, best ? (double)best->n_atom : NAN));
    KM_TRY(km_table_add_number(table, 0, best ? (double)best->interface.n_removed : NAN));
    KM_TRY(km_table_add_number(table, 3, t->dft_j_m2));
    KM_TRY(km_table_add_number(table, 3, t->screened_j_m2));
    KM_TRY(km_table_add_number(table, 3, t->screening_error_j_m2));
    return km_table_add_text(table, best ? best->id : "-");
}

km_status km_report_boundaries(km_ledger *ledger, km_table **table)
{
    static const km_table_column columns[] = {
        {"boundary", "", "boundary"},
        {"candidates", "", "n_candidate"},
        {"relaxed", "", "n_done"},
        {"failed", "", "n_failed"},
        {"energy", "J/m2", "gamma_j_m2"},
        {"found at", "trial", "best_trial"},
        {"rigid", "J/m2", "rigid_j_m2"},
        {"atoms", "", "n_atom"},
        {"merged", "", "n_removed"},
        {"by DFT", "J/m2", "dft_j_m2"},
        {"screened", "J/m2", "screened_j_m2"},
        {"its error", "J/m2", "screening_error_j_m2"},
        {"structure", "", "id"},
    };
    km_boundary_traces all;
    km_status status;

    *table = NULL;
    KM_TRY(km_boundary_traces_read(ledger, &all));
    KM_TRY_TO(end, km_table_create((int)(sizeof columns / sizeof *columns), columns, table));
    for (int b = 0; b < all.n; ++b) KM_TRY_TO(end, add_row(*table, &all, all.trace + b));
end:
    km_boundary_traces_clear(&all);
    if (status != KM_OK) km_table_destroy(table);
    return status;
}
