#include "kaimen/campaign/column.h"

#include <stdio.h>
#include <string.h>

#define COLUMN(type, row, field, name, unit)                                                   \
    {                                                                                          \
        name, unit, KM_COLUMN_##type, offsetof(row, field), sizeof(((row *)0)->field)          \
    }
#define TASK(type, field, unit) COLUMN(type, km_task, field, #field, unit)
#define SURFACE(type, field, unit) COLUMN(type, km_task, surface.field, #field, unit)
#define CALCULATION(type, field, unit) COLUMN(type, km_result, calculation.field, #field, unit)
#define RESULT(type, field, unit) COLUMN(type, km_result, field, #field, unit)
#define LEVEL(type, field, unit) COLUMN(type, km_result, surface.field, #field, unit)

static const km_column task_columns[] = {
    TASK(TEXT, id, ""),
    TASK(KIND, kind, ""),
    TASK(STATE, state, ""),
    TASK(TEXT, label, ""),
    TASK(TEXT, bulk, ""),
    TASK(TEXT, bulk_id, ""),
    TASK(TEXT, oriented_id, ""),
    COLUMN(INT, km_task, surface.miller[0], "h", ""),
    COLUMN(INT, km_task, surface.miller[1], "k", ""),
    COLUMN(INT, km_task, surface.miller[2], "l", ""),
    SURFACE(INT, termination, ""),
    SURFACE(TEXT, type, ""),
    SURFACE(TEXT, name, ""),
    SURFACE(BOOL, has_inversion, ""),
    SURFACE(DOUBLE, area_bohr2, "bohr^2"),
    SURFACE(DOUBLE, repeat_bohr, "bohr"),
    SURFACE(DOUBLE, n_bulk, ""),
    COLUMN(TEXT, km_task, interface.name, "boundary", ""),
    COLUMN(INT, km_task, interface.pair, "termination_pair", ""),
    COLUMN(DOUBLE, km_task, interface.shift[0], "shift_1", ""),
    COLUMN(DOUBLE, km_task, interface.shift[1], "shift_2", ""),
    COLUMN(DOUBLE, km_task, interface.gap_bohr, "gap_bohr", "bohr"),
    COLUMN(INT, km_task, interface.n_removed, "n_removed", ""),
    COLUMN(INT, km_task, interface.n_boundary, "n_boundary", ""),
    COLUMN(DOUBLE, km_task, interface.area_bohr2, "boundary_area_bohr2", "bohr^2"),
    COLUMN(DOUBLE, km_task, interface.surfaces_ha, "surfaces_ha", "Ha"),
    COLUMN(DOUBLE, km_task, interface.rigid_j_m2, "rigid_j_m2", "J/m2"),
    COLUMN(DOUBLE, km_task, interface.descriptor[0], "lacking_order", ""),
    COLUMN(DOUBLE, km_task, interface.descriptor[1], "lacking_order_squared", ""),
    COLUMN(DOUBLE, km_task, interface.descriptor[2], "excess_order_squared", ""),
    COLUMN(DOUBLE, km_task, interface.descriptor[3], "compression_unlike", ""),
    COLUMN(DOUBLE, km_task, interface.descriptor[4], "compression_like", ""),
    COLUMN(DOUBLE, km_task, interface.descriptor[5], "excess_volume", ""),
    TASK(DOUBLE, volume_ratio, ""),
    TASK(DOUBLE, volume_bohr3, "bohr^3"),
    COLUMN(BOOL, km_task, interface.by_dft, "by_dft", ""),
    TASK(INT, n_atom, ""),
    TASK(DOUBLE, priority, ""),
    TASK(DOUBLE, cost, ""),
    TASK(DOUBLE, estimate_s, "s"),
    TASK(INT, n_attempt, ""),
    TASK(INT, instance, ""),
    TASK(INT, team, ""),
    TASK(DOUBLE, started_s, "s"),
    TASK(DOUBLE, ended_s, "s"),
    TASK(TEXT, outcome, ""),
    TASK(TEXT, reason, ""),
    TASK(BOOL, is_planned, ""),
    TASK(DOUBLE, prediction_j_m2, "J/m2"),
    TASK(DOUBLE, uncertainty_j_m2, "J/m2"),
};

static const km_column result_columns[] = {
    RESULT(DOUBLE, energy_ha, "Ha"),
    CALCULATION(BOOL, has_bands, ""),
    CALCULATION(DOUBLE, vbm_ha, "Ha"),
    CALCULATION(DOUBLE, cbm_ha, "Ha"),
    COLUMN(DOUBLE, km_result, calculation.vbm_k_frac[0], "vbm_k_a_frac", ""),
    COLUMN(DOUBLE, km_result, calculation.vbm_k_frac[1], "vbm_k_b_frac", ""),
    COLUMN(DOUBLE, km_result, calculation.vbm_k_frac[2], "vbm_k_c_frac", ""),
    COLUMN(DOUBLE, km_result, calculation.cbm_k_frac[0], "cbm_k_a_frac", ""),
    COLUMN(DOUBLE, km_result, calculation.cbm_k_frac[1], "cbm_k_b_frac", ""),
    COLUMN(DOUBLE, km_result, calculation.cbm_k_frac[2], "cbm_k_c_frac", ""),
    COLUMN(DOUBLE, km_result, calculation.gap_direct_ha, "gap_vertical_ha", "Ha"),
    CALCULATION(DOUBLE, fermi_ha, "Ha"),
    CALCULATION(BOOL, is_metallic, ""),
    COLUMN(INT, km_result, calculation.spin.n_spin, "n_spin", ""),
    COLUMN(DOUBLE, km_result, calculation.spin.moment_mub, "moment_mub", "mu_B"),
    COLUMN(DOUBLE, km_result, calculation.spin.absolute_moment_mub, "absolute_moment_mub",
           "mu_B"),
    CALCULATION(DOUBLE, potential_mean_ha, "Ha"),
    RESULT(DOUBLE, gap_ev, "eV"),
    LEVEL(DOUBLE, gamma_j_m2, "J/m2"),
    LEVEL(DOUBLE, gamma_unrelaxed_j_m2, "J/m2"),
    LEVEL(DOUBLE, ip_ev, "eV"),
    LEVEL(DOUBLE, ea_ev, "eV"),
    COLUMN(DOUBLE, km_result, surface.gap_ev, "gap_bulk_ev", "eV"),
    LEVEL(DOUBLE, ip_direct_ev, "eV"),
    LEVEL(DOUBLE, ea_direct_ev, "eV"),
    LEVEL(DOUBLE, gap_direct_ev, "eV"),
    LEVEL(DOUBLE, vacuum_lower_ha, "Ha"),
    LEVEL(DOUBLE, vacuum_upper_ha, "Ha"),
    LEVEL(DOUBLE, flatness_ha, "Ha"),
    LEVEL(DOUBLE, field_ev_ang, "eV/Ang"),
    CALCULATION(DOUBLE, n_electron, ""),
    CALCULATION(LONG, n_plane_wave, ""),
    CALCULATION(DOUBLE, basis_filling, ""),
    CALCULATION(DOUBLE, basis_slope_ha, "Ha"),
    CALCULATION(INT, n_k, ""),
    CALCULATION(INT, n_band, ""),
    COLUMN(INT, km_result, calculation.effort.n_iteration, "n_iteration", ""),
    COLUMN(INT, km_result, calculation.effort.n_retry, "n_retry", ""),
    COLUMN(LONG, km_result, calculation.effort.n_h_apply, "n_h_apply", ""),
    COLUMN(DOUBLE, km_result, calculation.effort.n_sent, "n_sent", ""),
    COLUMN(DOUBLE, km_result, calculation.effort.sent_byte, "sent_byte", "byte"),
    CALCULATION(BOOL, is_real, ""),
    RESULT(INT, n_relax_step, ""),
    RESULT(DOUBLE, max_force_ha_bohr, "Ha/bohr"),
    RESULT(DOUBLE, max_stress_ha_bohr3, "Ha/bohr^3"),
    RESULT(DOUBLE, volume_change, ""),
    RESULT(DOUBLE, basis_error_ha, "Ha"),
    RESULT(INT, n_rank, ""),
    RESULT(DOUBLE, time_s, "s"),
};

const km_column *km_task_columns(int *n_column)
{
    *n_column = (int)(sizeof task_columns / sizeof *task_columns);
    return task_columns;
}

const km_column *km_result_columns(int *n_column)
{
    *n_column = (int)(sizeof result_columns / sizeof *result_columns);
    return result_columns;
}

bool km_column_is_text(const km_column *column)
{
    return column->type == KM_COLUMN_TEXT || column->type == KM_COLUMN_KIND ||
           column->type == KM_COLUMN_STATE;
}

const char *km_column_text(const km_column *column, const void *row)
{
    const void *field = (const char *)row + column->offset;

    if (column->type == KM_COLUMN_KIND) return km_task_kind_name(*(const km_task_kind *)field);
    if (column->type == KM_COLUMN_STATE)
        return km_task_state_name(*(const km_task_state *)field);
    return column->type == KM_COLUMN_TEXT ? field : "";
}

double km_column_number(const km_column *column, const void *row)
{
    const void *field = (const char *)row + column->offset;

    switch (column->type) {
    case KM_COLUMN_INT:
        return *(const int *)field;
    case KM_COLUMN_LONG:
        return (double)*(const long *)field;
    case KM_COLUMN_BOOL:
        return *(const bool *)field;
    case KM_COLUMN_DOUBLE:
        return *(const double *)field;
    default:
        return 0;
    }
}

km_status km_column_set_text(const km_column *column, void *row, const char *text)
{
    void *field = (char *)row + column->offset;
    int found;

    if (column->type == KM_COLUMN_TEXT) {
        snprintf(field, column->size, "%s", text);
        return KM_OK;
    }
    found = column->type == KM_COLUMN_KIND ? km_task_kind_find(text) : km_task_state_find(text);
    KM_TRY(KM_CHECK(found >= 0, KM_E_IO, "%s = \"%s\" is not known", column->name, text));
    if (column->type == KM_COLUMN_KIND)
        *(km_task_kind *)field = (km_task_kind)found;
    else
        *(km_task_state *)field = (km_task_state)found;
    return KM_OK;
}

void km_column_set_number(const km_column *column, void *row, double number)
{
    void *field = (char *)row + column->offset;

    switch (column->type) {
    case KM_COLUMN_INT:
        *(int *)field = (int)number;
        break;
    case KM_COLUMN_LONG:
        *(long *)field = (long)number;
        break;
    case KM_COLUMN_BOOL:
        *(bool *)field = number != 0;
        break;
    case KM_COLUMN_DOUBLE:
        *(double *)field = number;
        break;
    default:
        break;
    }
}
