#include "kaimen/report/equations.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/units.h"
#include "kaimen/campaign/equation_of_state.h"

#include <math.h>

#define ANG3_PER_BOHR3 (KM_ANG_PER_BOHR * KM_ANG_PER_BOHR * KM_ANG_PER_BOHR)
#define MEV_PER_HA (1e3 * KM_EV_PER_HA)
#define N_COLUMN(columns) ((int)(sizeof(columns) / sizeof *(columns)))

typedef km_status (*row_writer)(km_table *table, const km_equation_of_state *equation);

static const char *outcome_of(const km_equation_of_state *equation)
{
    return equation->is_fitted ? "fitted" : "no fit";
}

static km_status add_fit(km_table *table, const km_equation_of_state *equation)
{
    KM_TRY(km_table_add_number(table, 4, equation->v0_bohr3 * ANG3_PER_BOHR3));
    KM_TRY(km_table_add_number(table, 2, equation->b0_ha_bohr3 * KM_GPA_PER_HA_BOHR3));
    KM_TRY(km_table_add_number(table, 2, equation->b1));
    KM_TRY(km_table_add_number(table, 3, equation->residual_ha * MEV_PER_HA));
    return KM_OK;
}

static km_status add_row(km_table *table, const km_equation_of_state *equation)
{
    char points[32];

    snprintf(points, sizeof points, "%d of %d", equation->n_done, equation->n_point);
    KM_TRY(km_table_add_text(table, equation->name));
    KM_TRY(km_table_add_number(table, 0, equation->n_atom));
    KM_TRY(km_table_add_text(table, points));
    KM_TRY(add_fit(table, equation));
    KM_TRY(km_table_add_number(table, 1, equation->time_s));
    return km_table_add_text(table,
                             equation->reason[0] ? equation->reason : outcome_of(equation));
}

static km_status add_number_row(km_table *table, const km_equation_of_state *equation)
{
    KM_TRY(km_table_add_text(table, equation->name));
    KM_TRY(km_table_add_number(table, 0, equation->n_atom));
    KM_TRY(km_table_add_number(table, 0, equation->n_point));
    KM_TRY(km_table_add_number(table, 0, equation->n_done));
    KM_TRY(add_fit(table, equation));
    KM_TRY(km_table_add_number(table, 8, equation->e0_ha));
    KM_TRY(km_table_add_number(table, 1, equation->time_s));
    KM_TRY(km_table_add_text(table, outcome_of(equation)));
    return km_table_add_text(table, equation->reason);
}

static km_status make(km_ledger *ledger, int n_column, const km_table_column *columns,
                      row_writer add, km_table **table)
{
    km_equation_list list = {0};
    km_status status;

    *table = NULL;
    KM_TRY_TO(fail, km_equation_list_read(ledger, &list));
    KM_TRY_TO(fail, km_table_create(n_column, columns, table));
    for (int i = 0; i < list.n; ++i) KM_TRY_TO(fail, add(*table, list.equations + i));
    km_equation_list_clear(&list);
    return KM_OK;
fail:
    km_table_destroy(table);
    km_equation_list_clear(&list);
    return status;
}

km_status km_report_equations(km_ledger *ledger, km_table **table)
{
    static const km_table_column columns[] = {
        {"crystal", "", "crystal"},
        {"atoms", "", "n_atom"},
        {"points", "", "points"},
        {"V0", "Ang^3", "v0_ang3"},
        {"B0", "GPa", "b0_gpa"},
        {"B1", "", "b1"},
        {"residual", "meV", "residual_mev"},
        {"time", "s", "time_s"},
        {"outcome", "", "outcome"},
    };

    return make(ledger, N_COLUMN(columns), columns, add_row, table);
}

km_status km_report_equation_numbers(km_ledger *ledger, km_table **table)
{
    static const km_table_column columns[] = {
        {"crystal", "", "crystal"}, {"n_atom", "", "n_atom"},
        {"n_point", "", "n_point"}, {"n_done", "", "n_done"},
        {"v0", "Ang^3", "v0_ang3"}, {"b0", "GPa", "b0_gpa"},
        {"b1", "", "b1"},           {"residual", "meV", "residual_mev"},
        {"e0", "Ha", "e0_ha"},      {"time", "s", "time_s"},
        {"outcome", "", "outcome"}, {"reason", "", "reason"},
    };

    return make(ledger, N_COLUMN(columns), columns, add_number_row, table);
}
