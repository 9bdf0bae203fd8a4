#include "cli/cli.h"
#include "cli/energy.h"
#include "cli/setup.h"

#include "kaimen/base/file.h"
#include "kaimen/base/log.h"
#include "kaimen/base/memory.h"
#include "kaimen/base/timer.h"
#include "kaimen/base/units.h"
#include "kaimen/dft/dft_calculator.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void km_energy_clear(km_energy *energy)
{
    KM_FREE(energy->effective);
    km_crystal_destroy(&energy->crystal);
    km_relax_destroy(&energy->relax);
    KM_FREE(energy->forces_ha_bohr);
    KM_FREE(energy->k_frac);
    KM_FREE(energy->weight);
    KM_FREE(energy->eigenvalues_ha);
    km_energy_clear_bands(&energy->bands);
    KM_FREE(energy->slab.v_ha);
    KM_FREE(energy->slab.density_bohr3);
}

static void print_line(const char *name, double value, const char *unit)
{
    if (isfinite(value)) printf("  %-24s %16.8f %s\n", name, value, unit);
}

static void print_edge(const char *name, double value_ha, const double k_frac[3])
{
    printf("  %-24s %16.8f Ha at k = (%.4f %.4f %.4f)\n", name, value_ha, k_frac[0], k_frac[1],
           k_frac[2]);
}

static void print_slab(const km_energy_slab *slab)
{
    const km_edges *e = &slab->edges;

    if (!e->has_plateau) {
        printf("  the potential is not flat in the vacuum: no vacuum level\n");
        return;
    }
    print_line("vacuum level, lower", e->vacuum_lower_ha, "Ha");
    print_line("vacuum level, upper", e->vacuum_upper_ha, "Ha");
    print_line("flatness of the vacuum", e->flatness_ha, "Ha");
    print_line("IP, slab's own levels", e->ip_direct_ev, "eV");
    print_line("EA, slab's own levels", e->ea_direct_ev, "eV");
    if (slab->has_bulk) {
        print_line("IP through the bulk", e->ip_ev, "eV");
        print_line("EA through the bulk", e->ea_ev, "eV");
    }
    print_line("surface energy", slab->gamma_j_m2, "J/m2");
}

static double largest_force_ha_bohr(const km_energy *energy)
{
    double largest = 0;

    for (int i = 0; i < km_crystal_n_atom(energy->crystal); ++i) {
        const double *f = energy->forces_ha_bohr + 3 * i;

        largest = fmax(largest, sqrt(f[0] * f[0] + f[1] * f[1] + f[2] * f[2]));
    }
    return largest;
}

/* Of a relaxed cell that at constant cutoff: what the plane waves press is not the crystal's. */
static void print_pressure(const km_energy *energy)
{
    const double *s = energy->stress_ha_bohr3;
    const double lost =
        energy->relax && energy->input.relax.cell
            ? energy->relax_result.basis_slope_ha / km_crystal_volume_bohr3(energy->crystal)
            : 0;

    print_line(lost != 0 ? "pressure, corrected" : "pressure",
               -((s[0] + s[4] + s[8]) / 3 + lost) * KM_GPA_PER_HA_BOHR3, "GPa");
}

static void print_cell(const km_energy *energy)
{
    const double *cell = km_crystal_cell_bohr(energy->crystal);
    const double ang3 = KM_ANG_PER_BOHR * KM_ANG_PER_BOHR * KM_ANG_PER_BOHR;

    if (!energy->input.relax.cell) return;
    for (int i = 0; i < 9; i += 3)
        printf("  %-24s %16.8f %12.8f %12.8f Ang\n", i ? "" : "cell", cell[i] * KM_ANG_PER_BOHR,
               cell[i + 1] * KM_ANG_PER_BOHR, cell[i + 2] * KM_ANG_PER_BOHR);
    print_line("volume", km_crystal_volume_bohr3(energy->crystal) * ang3, "Ang^3");
}

static void print_summary(const km_energy *energy)
{
    const km_calculation *c = &energy->calculation;

    if (energy->input.n_potential > 0)
        printf("\n%s, %.4f s%s%s\n", km_outcome_name(c->outcome), c->time_s,
               c->reason[0] ? ": " : "", c->reason);
    else
        printf("\n%s after %d SCF iterations, %ld applications of H, %.2f s%s%s\n",
               km_outcome_name(c->outcome), c->effort.n_iteration, c->effort.n_h_apply,
               c->time_s, c->reason[0] ? ": " : "", c->reason);
    printf("  %-24s %16.0f MB", "memory of rank 0", km_memory_peak_mb());
    if (energy->memory_predicted_mb > 0)
        printf(", predicted %.0f", energy->memory_predicted_mb);
    printf("\n");
    print_line("energy", c->energy_ha, "Ha");
    print_line("energy per atom", c->energy_ha / km_crystal_n_atom(energy->crystal), "Ha");
    if (c->spin.n_spin == 2) {
        print_line("total moment", c->spin.moment_mub, "mu_B");
        print_line("absolute moment", c->spin.absolute_moment_mub, "mu_B");
    }
    if (c->has_bands) {
        print_edge("valence band maximum", c->vbm_ha, c->vbm_k_frac);
        print_edge("conduction band minimum", c->cbm_ha, c->cbm_k_frac);
        print_line("gap", (c->cbm_ha - c->vbm_ha) * KM_EV_PER_HA, "eV");
        print_line("smallest direct gap", c->gap_direct_ha * KM_EV_PER_HA, "eV");
    }
    if (energy->relax) {
        printf("  %-24s %16d\n", "moves of the relaxation", energy->relax_result.n_step);
        print_line("energy before", energy->relax_result.start_energy_ha, "Ha");
        print_cell(energy);
    }
    if (energy->forces_ha_bohr)
        print_line("largest force", largest_force_ha_bohr(energy), "Ha/bohr");
    if (energy->has_stress) print_pressure(energy);
    if (energy->slab.is_slab) print_slab(&energy->slab);
}

static void print_history(const km_ground_state *state)
{
    int n;
    const km_scf_step *step = km_ground_state_history(state, &n);

    printf("\n%4s  %18s  %15s  %12s  %8s\n", "SCF", "energy", "estimated error", "residual",
           "time");
    printf("%4s  %18s  %15s  %12s  %8s\n", "", "Ha", "Ha", "Ha", "s");
    for (int i = 0; i < n; ++i)
        printf("%4d  %18.10f  %15.2e  %12.2e  %8.2f\n", i + 1, step[i].energy_ha,
               step[i].error_ha, step[i].residual_ha, step[i].time_s);
}

static void print_start(const km_energy *energy, const km_calculation *size)
{
    char formula[KM_FORMULA_SIZE];

    km_crystal_formula(energy->crystal, formula);
    if (energy->input.n_potential > 0) {
        printf("%s: %d atoms, classical potential\n", formula,
               km_crystal_n_atom(energy->crystal));
        return;
    }
    printf("%s: %d atoms, %g electrons, %d k-points, %d bands%s, %ld plane waves, %s "
           "coefficients\n",
           formula, km_crystal_n_atom(energy->crystal), size->n_electron, size->n_k,
           size->n_band, size->spin.n_spin == 2 ? " of each spin" : "", size->n_plane_wave,
           size->is_real ? "real" : "complex");
    fflush(stdout);
}

static km_status collect_mesh(km_energy *energy, const km_ground_state *state)
{
    const km_kpoints *kpoints = km_ground_state_kpoints(state);
    int n_k = km_kpoints_n(kpoints), n_band = km_ground_state_n_band(state);
    int n_spin = km_ground_state_n_spin(state);

    energy->n_spin = n_spin;
    energy->n_k = n_k;
    energy->n_band = n_band;
    KM_TRY(KM_ALLOC(energy->k_frac, 3 * n_k));
    KM_TRY(KM_ALLOC(energy->weight, n_k));
    KM_TRY(KM_ALLOC(energy->eigenvalues_ha, n_k * n_spin * n_band));
    for (int ik = 0; ik < n_k; ++ik)
        memcpy(energy->k_frac + 3 * ik, km_kpoints_frac(kpoints, ik), 3 * sizeof(double));
    memcpy(energy->weight, km_kpoints_weight(kpoints), (size_t)n_k * sizeof(double));
    memcpy(energy->eigenvalues_ha, km_ground_state_eigenvalues(state),
           (size_t)(n_k * n_spin * n_band) * sizeof(double));
    return KM_OK;
}

/* Everything that the calculator still holds of the crystal. */
static void collect_ranks(km_energy *energy, const km_dft *dft)
{
    const km_ground_state *state = km_dft_ground_state(dft);
    const km_scf_result *scf = km_dft_scf_result(dft);
    km_energy_ranks *ranks = &energy->ranks;

    MPI_Comm_size(MPI_COMM_WORLD, &ranks->n_rank);
    ranks->n_group = km_kpoints_groups(km_ground_state_kpoints(state))->n_group;
    memcpy(ranks->grid, km_grid_n(km_ground_state_grid(state)), sizeof ranks->grid);
    ranks->n_density_wave = km_grid_n_g(km_ground_state_grid(state));
    ranks->n_xc_point = km_ground_state_n_xc_point(state);
    ranks->n_iteration = scf->n_iteration;
    ranks->n_h_apply = scf->n_h_apply_iterated;
    ranks->traffic = scf->traffic;
    ranks->traffic_all = scf->traffic_all;
}

static km_status collect(km_energy *energy, km_calculator *calculator, const km_dft *dft)
{
    if (energy->input.forces) {
        KM_TRY(KM_ALLOC(energy->forces_ha_bohr, 3 * km_crystal_n_atom(energy->crystal)));
        KM_TRY(km_calculator_forces(calculator, energy->forces_ha_bohr));
    }
    energy->has_stress = energy->input.stress || energy->input.relax.cell;
    if (energy->has_stress) KM_TRY(km_calculator_stress(calculator, energy->stress_ha_bohr3));
    if (!dft) return KM_OK;
    energy->alpha_over_omega_ha = km_dft_alpha_over_omega_ha(dft, energy->crystal);
    KM_TRY(collect_mesh(energy, km_dft_ground_state(dft)));
    collect_ranks(energy, dft);
    if (energy->slab.is_slab) KM_TRY(km_energy_compute_slab(energy, calculator));
    return KM_OK;
}

static km_status read_inputs(const char *path, km_energy *energy, km_config **config)
{
    KM_TRY(km_input_read_energy(path, MPI_COMM_WORLD, &energy->input, config));
    KM_TRY(km_agree(km_setup_read_crystal(*config, "structure.file", energy->input.structure,
                                          energy->input.block, &energy->crystal),
                    MPI_COMM_WORLD));
    if (energy->input.dft.spin == KM_SPIN_NONE)
        KM_TRY(km_crystal_set_moments(energy->crystal, NULL));
    KM_TRY(km_config_echo(km_input_energy_schema(), &energy->input, &energy->effective));
    KM_TRY(km_energy_find_vacuum(energy->crystal, (km_vacuum)energy->input.vacuum,
                                 &energy->slab.axis));
    /* A classical potential has no levels to align. */
    energy->slab.is_slab = energy->slab.axis >= 0 && energy->input.n_potential == 0;
    return KM_OK;
}

static km_status compute(km_energy *energy, const km_config *config, km_calculator *calculator,
                         km_dft *dft, bool with_bands)
{
    km_request request = km_request_default();
    km_estimate estimate;

    request.forces = energy->input.forces;
    request.stress = energy->input.stress || energy->input.relax.cell;
    request.edges = energy->input.edges && !energy->slab.is_slab;
    request.vacuum_axis = energy->slab.axis;
    request.show_progress = isatty(STDERR_FILENO) != 0;
    if (dft)
        KM_TRY(km_agree(km_setup_load_pseudo(config, dft, energy->crystal), MPI_COMM_WORLD));
    KM_TRY(km_agree(km_calculator_estimate(calculator, energy->crystal, &request, &estimate),
                    MPI_COMM_WORLD));
    if (dft) KM_TRY(km_setup_check_size(config, &energy->input.dft, &estimate.size));
    energy->memory_predicted_mb = estimate.memory_mb;
    if (km_cli_is_root()) print_start(energy, &estimate.size);
    if (km_energy_is_relaxed(energy))
        KM_TRY(km_energy_relax(energy, calculator, dft, &request));
    else
        KM_TRY(km_calculator_compute(calculator, energy->crystal, &request, MPI_COMM_WORLD,
                                     &energy->calculation));
    km_log_clear_line();
    if (energy->calculation.outcome == KM_OUTCOME_FAILED) return KM_OK;
    /* The calculator may hold a move that was taken back. */
    if (energy->relax && energy->relax_result.outcome != KM_OUTCOME_CONVERGED) return KM_OK;
    if (dft && km_cli_is_root()) print_history(km_dft_ground_state(dft));
    if (with_bands && energy->calculation.outcome == KM_OUTCOME_CONVERGED)
        KM_TRY(km_energy_compute_bands(energy, dft));
    return km_agree(collect(energy, calculator, dft), MPI_COMM_WORLD);
}

/* What is written where an option asks for it. */
static const struct {
    const char *option;
    km_status (*write)(const km_energy *energy, const char *path);
} writers[] = {{"json", km_energy_write_json},
               {"extxyz", km_energy_write_extxyz},
               {"trajectory", km_energy_write_trajectory}};
#define N_WRITER (sizeof writers / sizeof *writers)

static const char *const of_relaxation[] = {"trajectory", "checkpoint"};
#define N_OF_RELAXATION (sizeof of_relaxation / sizeof *of_relaxation)

/* As asked for, or beside the JSON file. */
static km_status name_checkpoint(const km_arguments *arguments, km_energy *energy)
{
    const char *given = km_arguments_value(arguments, "checkpoint");
    const char *json = km_arguments_value(arguments, "json");
    int n = 0;

    if (!km_energy_is_relaxed(energy)) return KM_OK;
    if (given)
        n = snprintf(energy->checkpoint, sizeof energy->checkpoint, "%s", given);
    else if (json)
        n = snprintf(energy->checkpoint, sizeof energy->checkpoint, "%s.checkpoint", json);
    return KM_CHECK(n < (int)sizeof energy->checkpoint, KM_E_INPUT,
                    "--checkpoint: %d characters; wanted fewer than %zu", n,
                    sizeof energy->checkpoint);
}

static km_status check_bands_place(const char *bands)
{
    char file[KM_PATH_SIZE];

    KM_TRY(KM_CHECK(strlen(bands) + 16 < sizeof file, KM_E_INPUT,
                    "--bands: %zu characters; wanted fewer than %zu", strlen(bands),
                    sizeof file - 16));
    snprintf(file, sizeof file, "%s.bands.csv", bands);
    return km_file_check_place(file);
}

/* Before hours are spent: whether there is a place for every file, and something to write. */
static km_status check_outputs(const km_energy *energy, const km_arguments *arguments)
{
    for (size_t i = 0; i < N_WRITER; ++i) {
        const char *path = km_arguments_value(arguments, writers[i].option);

        if (path) KM_TRY(km_file_check_place(path));
    }
    if (km_arguments_has(arguments, "bands"))
        KM_TRY(check_bands_place(km_arguments_value(arguments, "bands")));
    if (energy->checkpoint[0]) KM_TRY(km_file_check_place(energy->checkpoint));
    for (size_t i = 0; i < N_OF_RELAXATION; ++i)
        KM_TRY(KM_CHECK(
            km_energy_is_relaxed(energy) || !km_arguments_value(arguments, of_relaxation[i]),
            KM_E_INPUT,
            "--%s: nothing is relaxed; wanted relax.atoms: true or relax.cell: true",
            of_relaxation[i]));
    return KM_OK;
}

static km_status write_results(const km_energy *energy, const km_arguments *arguments)
{
    const char *bands = km_arguments_value(arguments, "bands");

    print_summary(energy);
    for (size_t i = 0; i < N_WRITER; ++i) {
        const char *path = km_arguments_value(arguments, writers[i].option);

        if (!path) continue;
        KM_TRY(writers[i].write(energy, path));
        printf("  %s\n", path);
    }
    if (bands && !energy->bands.path)
        printf("  no bands along a path: the SCF did not converge\n");
    else if (bands)
        KM_TRY(km_energy_write_bands(energy, bands));
    return KM_OK;
}

/* Collective on all ranks. */
static km_status print_timings(const km_energy_ranks *ranks)
{
    char *table = NULL;
    km_text sent = {0};

    KM_TRY(km_timer_table(MPI_COMM_WORLD, &table));
    if (table) printf("\n%s", table);
    KM_FREE(table);
    if (!km_cli_is_root() || ranks->n_rank == 1 || ranks->n_iteration == 0) return KM_OK;
    KM_TRY(km_traffic_append_table(&ranks->traffic, &ranks->traffic_all, ranks->n_iteration,
                                   &sent));
    printf("\n%d ranks in %d groups of k-points\n%s", ranks->n_rank, ranks->n_group,
           sent.bytes);
    KM_FREE(sent.bytes);
    return KM_OK;
}

/* dft: NULL where a classical potential is asked for. */
static km_status make_calculator(const km_input_energy *input, bool with_bands,
                                 km_calculator **calculator, km_dft **dft)
{
    *dft = NULL;
    if (input->n_potential == 0)
        return km_agree(km_dft_calculator_create(&input->dft, NULL, calculator, dft),
                        MPI_COMM_WORLD);
    KM_TRY(KM_CHECK(!with_bands, KM_E_INPUT, "--bands: a classical potential has no bands"));
    return km_setup_make_classical(input->n_potential, input->potential, MPI_COMM_WORLD,
                                   calculator);
}

static km_status run_energy(const km_arguments *arguments, km_exit *code)
{
    const char *bands = km_arguments_value(arguments, "bands");
    km_energy energy = {.alpha_over_omega_ha = NAN};
    km_config *config = NULL;
    km_calculator *calculator = NULL;
    km_dft *dft = NULL;
    km_status status;

    KM_TRY_TO(end, read_inputs(arguments->operand, &energy, &config));
    KM_TRY_TO(end, name_checkpoint(arguments, &energy));
    if (km_cli_is_root()) status = check_outputs(&energy, arguments);
    KM_TRY_TO(end, km_agree(status, MPI_COMM_WORLD));
    if (km_cli_is_root() && km_arguments_has(arguments, "echo"))
        printf("%s\n", energy.effective);
    KM_TRY_TO(end, make_calculator(&energy.input, bands != NULL, &calculator, &dft));
    KM_TRY_TO(end, compute(&energy, config, calculator, dft, bands != NULL));
    if (km_cli_is_root()) status = write_results(&energy, arguments);
    KM_TRY_TO(end, km_agree(status, MPI_COMM_WORLD));
    if (km_arguments_has(arguments, "timings")) KM_TRY_TO(end, print_timings(&energy.ranks));
    if (energy.calculation.outcome != KM_OUTCOME_CONVERGED) *code = KM_EXIT_FAILED;
end:
    km_calculator_destroy(&calculator);
    km_config_destroy(&config);
    km_energy_clear(&energy);
    return status;
}

static const km_option options[] = {
    {"json", "FILE", "write energy, forces, eigenvalues and a slab's potential"},
    {"extxyz", "FILE", "write the structure, relaxed if asked for, with energy and forces"},
    {"trajectory", "FILE", "write the positions of every step of a relaxation as extended XYZ"},
    {"checkpoint", "FILE",
     "of a relaxation, replaced after every step and removed at the end: the same command goes "
     "on "
     "from it; without it, beside the JSON file"},
    {"bands", "PREFIX",
     "bands along the lattice's path and density of states: PREFIX.bands.csv, PREFIX.dos.csv, "
     "PREFIX.bands.svg"},
    {"timings", NULL, "show where the time went"},
    {"echo", NULL, "first print every effective value (they are in the JSON file in any case)"},
    {NULL, NULL, NULL}};

const km_command km_command_energy = {
    .name = "energy",
    .summary = "Compute one structure: energy, forces, bands; of a slab, its band edges",
    .operand = "CASE.yaml",
    .options = options,
    .text = "A slab is recognised by its vacuum (structure.vacuum_axis in the input decides).\n"
            "Band edges of a bulk are looked for on the mesh, at the points of high symmetry "
            "and, with\n"
            "--bands, along the path; of a cell that is not primitive the bands are folded.\n"
            "Exit status 2: the calculation ended without converging, the outcome says how.\n",
    .example = "  kaimen energy inputs/energy-mgo.yaml --json mgo.json\n",
    .run = run_energy,
};
