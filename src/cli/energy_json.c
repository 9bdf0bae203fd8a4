#include "cli/energy.h"

#include "kaimen/base/file.h"
#include "kaimen/base/memory.h"
#include "kaimen/base/text.h"
#include "kaimen/base/units.h"
#include "kaimen/base/version.h"

#include <jansson.h>
#include <math.h>

/* JSON has no NaN: what does not exist is null. */
static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *numbers(int n, const double *values)
{
    json_t *array = json_array();

    for (int i = 0; i < n; ++i) json_array_append_new(array, number(values[i]));
    return array;
}

static json_t *rows(int n, const double *values)
{
    json_t *array = json_array();

    for (int i = 0; values && i < n; ++i)
        json_array_append_new(array, numbers(3, values + 3 * i));
    return values ? array : (json_decref(array), json_null());
}

/* Weights sum to the electrons that a band holds, 2 or, with spin, 1; a list holds spin up, then spin down. */
static json_t *kpoints(const km_energy *energy)
{
    const int n_level = energy->n_spin * energy->n_band;
    json_t *array = json_array();

    for (int ik = 0; ik < energy->n_k; ++ik) {
        json_t *k = json_object();

        json_object_set_new(k, "k_frac", numbers(3, energy->k_frac + 3 * ik));
        json_object_set_new(k, "weight", number(energy->weight[ik] * 2 / energy->n_spin));
        json_object_set_new(k, "eigenvalues_ha",
                            numbers(n_level, energy->eigenvalues_ha + ik * n_level));
        json_array_append_new(array, k);
    }
    return array;
}

/*
 * Of a metal the levels of the mesh next to the Fermi level, as other codes print them; "is_metallic" says that bands
 * cross it. Surfaces use the Fermi level itself as both edges.
 */
static void find_levels(const km_energy *energy, double *vbm_ha, double *cbm_ha)
{
    const km_calculation *c = &energy->calculation;
    const int n = energy->n_k * energy->n_spin * energy->n_band;

    *vbm_ha = c->vbm_ha;
    *cbm_ha = c->cbm_ha;
    if (!c->is_metallic || n == 0) return;
    *vbm_ha = -INFINITY;
    *cbm_ha = INFINITY;
    for (int i = 0; i < n; ++i) {
        const double e = energy->eigenvalues_ha[i];

        if (e <= c->fermi_ha) *vbm_ha = fmax(*vbm_ha, e);
        if (e > c->fermi_ha) *cbm_ha = fmin(*cbm_ha, e);
    }
}

static void add_bands(json_t *root, const km_energy *energy)
{
    const km_calculation *c = &energy->calculation;
    const bool has = c->has_bands;
    double vbm_ha, cbm_ha;

    find_levels(energy, &vbm_ha, &cbm_ha);
    json_object_set_new(root, "vbm_ha", number(has ? vbm_ha : NAN));
    json_object_set_new(root, "cbm_ha", number(has ? cbm_ha : NAN));
    json_object_set_new(root, "gap_ev", number(has ? (cbm_ha - vbm_ha) * KM_EV_PER_HA : NAN));
    json_object_set_new(root, "gap_direct_ev",
                        number(has ? c->gap_direct_ha * KM_EV_PER_HA : NAN));
    json_object_set_new(root, "vbm_k_frac", has ? numbers(3, c->vbm_k_frac) : json_null());
    json_object_set_new(root, "cbm_k_frac", has ? numbers(3, c->cbm_k_frac) : json_null());
    json_object_set_new(root, "fermi_ha", number(has ? c->fermi_ha : NAN));
    json_object_set_new(root, "is_metallic", json_boolean(c->is_metallic));
    json_object_set_new(root, "potential_mean_ha", number(c->potential_mean_ha));
    json_object_set_new(root, "vbm_minus_vavg_ha",
                        number(has ? c->vbm_ha - c->potential_mean_ha : NAN));
    json_object_set_new(root, "cbm_minus_vavg_ha",
                        number(has ? c->cbm_ha - c->potential_mean_ha : NAN));
}

static void add_run(json_t *root, const km_calculation *c)
{
    json_object_set_new(root, "outcome", json_string(km_outcome_name(c->outcome)));
    json_object_set_new(root, "reason", json_string(c->reason));
    json_object_set_new(root, "scf_iterations", json_integer(c->effort.n_iteration));
    json_object_set_new(root, "retries", json_integer(c->effort.n_retry));
    json_object_set_new(root, "h_applications", json_integer(c->effort.n_h_apply));
    json_object_set_new(root, "n_plane_wave", json_integer(c->n_plane_wave));
    json_object_set_new(root, "n_band", json_integer(c->n_band));
    json_object_set_new(root, "n_electron", number(c->n_electron));
    json_object_set_new(root, "is_real", json_boolean(c->is_real));
    json_object_set_new(root, "time_s", number(c->time_s));
    json_object_set_new(root, "memory_mb", number(km_memory_peak_mb()));
    json_object_set_new(root, "version", json_string(km_version()));
    json_object_set_new(root, "commit", json_string(km_version_commit()));
}

static json_t *slab_object(const km_energy_slab *slab)
{
    const km_edges *e = &slab->edges;
    bool has = e->has_plateau, bulk = has && slab->has_bulk;
    double level_ha = 0.5 * (e->vacuum_lower_ha + e->vacuum_upper_ha);
    json_t *object = json_object();

    json_object_set_new(object, "c_bohr", number(slab->c_bohr));
    json_object_set_new(object, "planar_v_ha", numbers(slab->n_plane, slab->v_ha));
    json_object_set_new(object, "has_plateau", json_boolean(has));
    json_object_set_new(object, "vac_level_ha", number(has ? level_ha : NAN));
    json_object_set_new(object, "vac_level_lower_ha", number(has ? e->vacuum_lower_ha : NAN));
    json_object_set_new(object, "vac_level_upper_ha", number(has ? e->vacuum_upper_ha : NAN));
    json_object_set_new(object, "vac_flatness_ha", number(has ? e->flatness_ha : NAN));
    json_object_set_new(object, "field_ev_ang", number(has ? e->field_ev_ang : NAN));
    json_object_set_new(object, "ip_direct_ev", number(has ? e->ip_direct_ev : NAN));
    json_object_set_new(object, "ea_direct_ev", number(has ? e->ea_direct_ev : NAN));
    json_object_set_new(object, "macro_center_ha",
                        number(slab->has_bulk ? e->macro_centre_ha : NAN));
    json_object_set_new(object, "ip_bulkoffset_ev", number(bulk ? e->ip_ev : NAN));
    json_object_set_new(object, "ea_bulkoffset_ev", number(bulk ? e->ea_ev : NAN));
    json_object_set_new(object, "area_A2",
                        number(slab->area_bohr2 * KM_ANG_PER_BOHR * KM_ANG_PER_BOHR));
    json_object_set_new(object, "surface_energy_J_m2", number(slab->gamma_j_m2));
    return object;
}

/* Rows of a cell in Ang, or of a stress in GPa; null for none. */
static json_t *scaled_rows(const double *values, double factor)
{
    double scaled[9];

    for (int k = 0; values && k < 9; ++k) scaled[k] = values[k] * factor;
    return rows(3, values ? scaled : NULL);
}

static json_t *relax_step(const km_relax *relax, const km_relax_step *step, int i)
{
    const km_relax_frame frame = km_relax_frame_at(relax, i);
    json_t *one = json_object();

    json_object_set_new(one, "energy_ha", number(step->energy_ha));
    json_object_set_new(one, "max_force_ha_bohr", number(step->max_force_ha_bohr));
    json_object_set_new(one, "scf_iterations", json_integer(step->n_iteration));
    json_object_set_new(one, "h_applications", json_integer(step->n_h_apply));
    json_object_set_new(one, "is_accepted", json_boolean(step->is_accepted));
    if (!frame.stress_ha_bohr3) return one;
    json_object_set_new(one, "cell_ang", scaled_rows(frame.cell_bohr, KM_ANG_PER_BOHR));
    json_object_set_new(one, "stress_gpa",
                        scaled_rows(frame.stress_ha_bohr3, KM_GPA_PER_HA_BOHR3));
    return one;
}

static json_t *relaxation(const km_energy *energy)
{
    const km_relax_result *result = &energy->relax_result;
    json_t *object = json_object(), *trajectory = json_array();
    const km_relax_step *step;
    int n;

    step = km_relax_steps(energy->relax, &n);
    for (int i = 0; i < n; ++i)
        json_array_append_new(trajectory, relax_step(energy->relax, step + i, i));
    json_object_set_new(object, "outcome", json_string(km_outcome_name(result->outcome)));
    json_object_set_new(object, "reason", json_string(result->reason));
    json_object_set_new(object, "moves", json_integer(result->n_step));
    json_object_set_new(object, "start_energy_ha", number(result->start_energy_ha));
    json_object_set_new(object, "max_force_ha_bohr", number(result->max_force_ha_bohr));
    json_object_set_new(object, "max_stress_gpa",
                        number(result->max_stress_ha_bohr3 * KM_GPA_PER_HA_BOHR3));
    json_object_set_new(object, "basis_slope_ha",
                        number(energy->input.relax.cell ? result->basis_slope_ha : NAN));
    json_object_set_new(object, "basis_error_ha",
                        number(energy->input.relax.cell ? result->basis_error_ha : NAN));
    json_object_set_new(object, "steps", trajectory);
    json_object_set_new(object, "cell_ang",
                        scaled_rows(km_crystal_cell_bohr(energy->crystal), KM_ANG_PER_BOHR));
    json_object_set_new(
        object, "positions_frac",
        rows(km_crystal_n_atom(energy->crystal), km_crystal_frac(energy->crystal)));
    return object;
}

/* Counts of all SCF iterations, then what one of them sends on the average. */
static json_t *communication(const km_energy *energy)
{
    const km_energy_ranks *ranks = &energy->ranks;
    const km_traffic *rank = &ranks->traffic, *all = &ranks->traffic_all;
    const double n = ranks->n_iteration > 0 ? ranks->n_iteration : 1;
    json_t *object = json_object(), *list = json_array();

    for (int p = 0; p < KM_N_TRAFFIC; ++p)
        for (int k = 0; k < KM_N_TRAFFIC_KIND; ++k) {
            const char *purpose = km_traffic_purpose_name((km_traffic_purpose)p);
            const char *kind = km_traffic_kind_name((km_traffic_kind)k);

            if (rank->n_call[p][k] == 0) continue;
            json_array_append_new(list, json_pack("{s:s, s:s, s:I, s:I, s:I, s:f}", "purpose",
                                                  purpose, "kind", kind, "calls",
                                                  (json_int_t)rank->n_call[p][k], "bytes_rank",
                                                  (json_int_t)rank->n_byte[p][k], "bytes_all",
                                                  (json_int_t)all->n_byte[p][k], "largest_s",
                                                  rank->time_s[p][k]));
        }
    json_object_set_new(object, "ranks", json_integer(ranks->n_rank));
    json_object_set_new(object, "groups", json_integer(ranks->n_group));
    json_object_set_new(object, "scf_iterations", json_integer(ranks->n_iteration));
    json_object_set_new(object, "h_applications", json_integer(ranks->n_h_apply));
    json_object_set_new(object, "fft_grid",
                        json_pack("[i, i, i]", ranks->grid[0], ranks->grid[1], ranks->grid[2]));
    json_object_set_new(object, "n_density_wave", json_integer(ranks->n_density_wave));
    json_object_set_new(object, "n_xc_point", json_integer(ranks->n_xc_point));
    json_object_set_new(object, "counts", list);
    json_object_set_new(object, "calls_per_iteration",
                        number((double)km_traffic_n_call(rank) / n));
    json_object_set_new(object, "bytes_rank_per_iteration",
                        number((double)km_traffic_n_byte(rank) / n));
    json_object_set_new(object, "bytes_all_per_iteration",
                        number((double)km_traffic_n_byte(all) / n));
    return object;
}

static json_t *document(const km_energy *energy)
{
    const km_calculation *c = &energy->calculation;
    int n_atom = km_crystal_n_atom(energy->crystal);
    char formula[KM_FORMULA_SIZE];
    json_t *root = json_object();

    km_crystal_formula(energy->crystal, formula);
    json_object_set_new(root, "formula", json_string(formula));
    json_object_set_new(root, "n_atom", json_integer(n_atom));
    json_object_set_new(root, "energy_ha", number(c->free_energy_ha));
    json_object_set_new(root, "energy_zero_width_ha", number(c->energy_ha));
    json_object_set_new(root, "alpha_over_omega_ha", number(energy->alpha_over_omega_ha));
    json_object_set_new(root, "forces_ha_bohr", rows(n_atom, energy->forces_ha_bohr));
    json_object_set_new(
        root, "stress_gpa",
        scaled_rows(energy->has_stress ? energy->stress_ha_bohr3 : NULL, KM_GPA_PER_HA_BOHR3));
    json_object_set_new(root, "kpoints", kpoints(energy));
    add_bands(root, energy);
    if (c->spin.n_spin == 2) {
        json_object_set_new(root, "total_mag", number(c->spin.moment_mub));
        json_object_set_new(root, "abs_mag", number(c->spin.absolute_moment_mub));
    }
    add_run(root, c);
    json_object_set_new(root, "memory_predicted_mb", number(energy->memory_predicted_mb));
    json_object_set_new(root, "communication", communication(energy));
    json_object_set_new(root, "input", json_string(energy->effective));
    if (energy->relax) json_object_set_new(root, "relaxation", relaxation(energy));
    if (energy->slab.is_slab) json_object_set_new(root, "slab", slab_object(&energy->slab));
    return root;
}

/* jansson hands out pieces that are not ended by a zero. */
static int append_piece(const char *piece, size_t n_byte, void *text)
{
    return km_text_append(text, "%.*s", (int)n_byte, piece) == KM_OK ? 0 : -1;
}

km_status km_energy_write_json(const km_energy *energy, const char *path)
{
    json_t *root = document(energy);
    km_text text = {0};
    int code =
        json_dump_callback(root, append_piece, &text, JSON_INDENT(1) | JSON_REAL_PRECISION(15));
    km_status status;

    json_decref(root);
    if (code != 0)
        status = KM_RAISE(KM_E_MEMORY, "%s: no memory for the JSON text", path);
    else
        status = km_file_write_text(path, text.bytes);
    KM_FREE(text.bytes);
    return status;
}
