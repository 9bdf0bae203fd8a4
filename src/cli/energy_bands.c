#include "cli/energy.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/units.h"
#include "kaimen/dft/dos.h"
#include "kaimen/report/band_plot.h"
#include "kaimen/report/table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Points whose bands are held in memory at once. */
#define CHUNK 32
#define N_INTERVAL 100
/* Of the density of states: points per width, widths beyond the outermost levels, points at most. */
#define PER_WIDTH 8
#define BEYOND 5
#define MAX_ENERGY 20000

void km_energy_clear_bands(km_energy_bands *bands)
{
    km_path_destroy(&bands->path);
    KM_FREE(bands->eigenvalues_ha);
}

/* The path may pass through edges that mesh and high-symmetry points miss. */
static void extend_edges(km_energy *energy, const km_scf_result *scf, int n_k,
                         const double *k_frac, int n_spin, int n_band)
{
    km_calculation *c = &energy->calculation;
    km_gap gap = scf->gap;

    if (!c->has_bands || scf->occupation.n_full[0] < 0) return;
    km_gap_extend(n_k, k_frac, n_spin, scf->occupation.n_full, n_band,
                  energy->bands.eigenvalues_ha, &gap);
    c->vbm_ha = gap.vbm_ha;
    c->cbm_ha = gap.cbm_ha;
    c->gap_direct_ha = gap.direct_ha;
    memcpy(c->vbm_k_frac, gap.vbm_k_frac, sizeof c->vbm_k_frac);
    memcpy(c->cbm_k_frac, gap.cbm_k_frac, sizeof c->cbm_k_frac);
    c->is_metallic = c->is_metallic || gap.cbm_ha <= gap.vbm_ha;
}

km_status km_energy_compute_bands(km_energy *energy, const km_dft *dft)
{
    km_ground_state *state = km_dft_ground_state(dft);
    const int n_band = km_ground_state_n_band(state), n_spin = km_ground_state_n_spin(state);
    km_energy_bands *bands = &energy->bands;
    const double *k_frac;
    int n_k;

    KM_TRY(km_path_create(energy->crystal, energy->slab.axis, N_INTERVAL, &bands->path));
    k_frac = km_path_k_frac(bands->path, &n_k);
    KM_TRY(KM_ALLOC(bands->eigenvalues_ha, n_k * n_spin * n_band));
    for (int ik = 0; ik < n_k; ik += CHUNK)
        KM_TRY(km_ground_state_solve_points(state, n_k - ik < CHUNK ? n_k - ik : CHUNK,
                                            k_frac + 3 * ik,
                                            bands->eigenvalues_ha + ik * n_spin * n_band));
    extend_edges(energy, km_dft_scf_result(dft), n_k, k_frac, n_spin, n_band);
    return KM_OK;
}

static bool has_gap(const km_calculation *c)
{
    return c->has_bands && c->cbm_ha > c->vbm_ha;
}

static double zero_ha(const km_calculation *c)
{
    return has_gap(c) ? c->vbm_ha : c->fermi_ha;
}

static const char *mark_name(const km_path *path, int ik)
{
    int n_mark;
    const km_path_mark *mark = km_path_marks(path, &n_mark);

    for (int i = 0; i < n_mark; ++i)
        if (mark[i].ik == ik) return mark[i].name;
    return "";
}

static km_status add_numbers(km_table *table, int n, const double *values)
{
    for (int i = 0; i < n; ++i) KM_TRY(km_table_add_number(table, 6, values[i]));
    return KM_OK;
}

static km_status fill_bands(const km_energy *energy, km_table *table)
{
    const km_path *path = energy->bands.path;
    const double zero = zero_ha(&energy->calculation);
    const int n_level = energy->n_spin * energy->n_band;
    int n_k;
    const double *k = km_path_k_frac(path, &n_k), *place = km_path_place_bohr(path);

    for (int ik = 0; ik < n_k; ++ik)
        for (int j = 0; j < n_level; ++j) {
            const double e = energy->bands.eigenvalues_ha[ik * n_level + j];
            const double row[] = {place[ik],
                                  k[3 * ik],
                                  k[3 * ik + 1],
                                  k[3 * ik + 2],
                                  j % energy->n_band + 1,
                                  e * KM_EV_PER_HA,
                                  (e - zero) * KM_EV_PER_HA};

            KM_TRY(km_table_add_text(table, mark_name(path, ik)));
            if (energy->n_spin == 2)
                KM_TRY(km_table_add_text(table, j < energy->n_band ? "up" : "down"));
            KM_TRY(add_numbers(table, sizeof row / sizeof *row, row));
        }
    return KM_OK;
}

static km_status write_band_table(const km_energy *energy, const char *file)
{
    const bool has_spin = energy->n_spin == 2;
    const km_table_column columns[] = {
        {"point", "", "point"},
        {"spin", "", "spin"},
        {"path", "1/bohr", "path_1_bohr"},
        {"k_a", "", "k_a_frac"},
        {"k_b", "", "k_b_frac"},
        {"k_c", "", "k_c_frac"},
        {"band", "", "band"},
        {"energy", "eV", "energy_ev"},
        {"energy", "eV", has_gap(&energy->calculation) ? "above_vbm_ev" : "above_fermi_ev"}};
    const int n_column = sizeof columns / sizeof *columns;
    km_table_column used[sizeof columns / sizeof *columns] = {columns[0]};
    km_table *table;
    km_status status;

    /* Without spin there is no second column. */
    memcpy(used + 1, columns + (has_spin ? 1 : 2),
           sizeof *columns * (size_t)(n_column - (has_spin ? 1 : 2)));
    KM_TRY(km_table_create(n_column - !has_spin, used, &table));
    status = fill_bands(energy, table);
    if (status == KM_OK) status = km_table_write_csv(table, file);
    km_table_destroy(&table);
    return status;
}

/* Density of states of the SCF's mesh, on energies that reach beyond all its levels. */
typedef struct {
    int n;
    double *energy_ha, *dos_ha; /* owned, [n] and [n_spin][n] */
} dos_curve;

static void clear_dos(dos_curve *dos)
{
    KM_FREE(dos->energy_ha);
    KM_FREE(dos->dos_ha);
}

static km_status compute_dos(const km_energy *energy, dos_curve *dos)
{
    const double width = energy->input.dos_width_ha, *e = energy->eigenvalues_ha;
    double low = e[0], high = e[0], step;

    for (int i = 0; i < energy->n_k * energy->n_spin * energy->n_band; ++i) {
        low = fmin(low, e[i]);
        high = fmax(high, e[i]);
    }
    low -= BEYOND * width;
    high += BEYOND * width;
    dos->n = (int)fmin(MAX_ENERGY, ceil((high - low) / width * PER_WIDTH) + 1);
    step = (high - low) / (dos->n - 1);
    KM_TRY(KM_ALLOC(dos->energy_ha, dos->n));
    KM_TRY(KM_ALLOC(dos->dos_ha, energy->n_spin * dos->n));
    for (int i = 0; i < dos->n; ++i) dos->energy_ha[i] = low + i * step;
    km_dos_compute(energy->n_k, energy->weight, energy->n_spin, energy->n_band, e, width,
                   dos->n, dos->energy_ha, dos->dos_ha);
    return KM_OK;
}

static km_status write_dos_table(const km_energy *energy, const dos_curve *dos,
                                 const char *file)
{
    const bool has_spin = energy->n_spin == 2;
    const km_table_column columns[] = {
        {"energy", "eV", "energy_ev"},
        {"energy", "eV", has_gap(&energy->calculation) ? "above_vbm_ev" : "above_fermi_ev"},
        {"states", "1/eV/cell", has_spin ? "dos_up_1_ev" : "dos_1_ev"},
        {"states", "1/eV/cell", "dos_down_1_ev"}};
    const int n_column = sizeof columns / sizeof *columns - !has_spin;
    const double zero = zero_ha(&energy->calculation);
    km_table *table;
    km_status status = KM_OK;

    KM_TRY(km_table_create(n_column, columns, &table));
    for (int i = 0; i < dos->n && status == KM_OK; ++i) {
        const double row[] = {dos->energy_ha[i] * KM_EV_PER_HA,
                              (dos->energy_ha[i] - zero) * KM_EV_PER_HA,
                              dos->dos_ha[i] / KM_EV_PER_HA,
                              has_spin ? dos->dos_ha[dos->n + i] / KM_EV_PER_HA : 0};

        status = add_numbers(table, n_column, row);
    }
    if (status == KM_OK) status = km_table_write_csv(table, file);
    km_table_destroy(&table);
    return status;
}

static km_status write_plot(const km_energy *energy, const dos_curve *dos, const char *file)
{
    const km_calculation *c = &energy->calculation;
    const double zero = zero_ha(c);
    char formula[KM_FORMULA_SIZE];
    double *band_ev = NULL, *energy_ev = NULL, *dos_per_ev = NULL;
    km_status status = KM_OK;
    int n_k, n;

    km_path_k_frac(energy->bands.path, &n_k);
    n = n_k * energy->n_spin * energy->n_band;
    KM_TRY_TO(end, KM_ALLOC(band_ev, n));
    KM_TRY_TO(end, KM_ALLOC(energy_ev, dos->n));
    KM_TRY_TO(end, KM_ALLOC(dos_per_ev, energy->n_spin * dos->n));
    for (int i = 0; i < n; ++i)
        band_ev[i] = (energy->bands.eigenvalues_ha[i] - zero) * KM_EV_PER_HA;
    for (int i = 0; i < dos->n; ++i) energy_ev[i] = (dos->energy_ha[i] - zero) * KM_EV_PER_HA;
    for (int i = 0; i < energy->n_spin * dos->n; ++i)
        dos_per_ev[i] = dos->dos_ha[i] / KM_EV_PER_HA;
    km_crystal_reduced_formula(energy->crystal, formula);
    status = km_band_plot_write_svg(
        &(km_band_plot){.title = formula,
                        .path = energy->bands.path,
                        .n_spin = energy->n_spin,
                        .n_band = energy->n_band,
                        .band_ev = band_ev,
                        .n_energy = dos->n,
                        .energy_ev = energy_ev,
                        .dos_per_ev = dos_per_ev,
                        .has_gap = has_gap(c),
                        .gap_ev = (c->cbm_ha - c->vbm_ha) * KM_EV_PER_HA,
                        .gap_direct_ev = c->gap_direct_ha * KM_EV_PER_HA},
        file);
end:
    KM_FREE(dos_per_ev);
    KM_FREE(energy_ev);
    KM_FREE(band_ev);
    return status;
}

/* PREFIX and an ending; what is written is said. */
static const char *name_file(const char *prefix, const char *ending, char file[KM_PATH_SIZE])
{
    snprintf(file, KM_PATH_SIZE, "%s%s", prefix, ending);
    printf("  %s\n", file);
    return file;
}

km_status km_energy_write_bands(const km_energy *energy, const char *prefix)
{
    char file[KM_PATH_SIZE];
    dos_curve dos = {0};
    km_status status = KM_OK;

    printf("  path of the bands: %s\n", km_path_lattice(energy->bands.path));
    KM_TRY_TO(end, write_band_table(energy, name_file(prefix, ".bands.csv", file)));
    KM_TRY_TO(end, compute_dos(energy, &dos));
    KM_TRY_TO(end, write_dos_table(energy, &dos, name_file(prefix, ".dos.csv", file)));
    KM_TRY_TO(end, write_plot(energy, &dos, name_file(prefix, ".bands.svg", file)));
end:
    clear_dos(&dos);
    return status;
}
