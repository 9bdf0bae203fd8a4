#include "kaimen/dft/dft_calculator.h"

#include "dft/cost.h"
#include "dft/dft_record.h"
#include "dft/ladder.h"
#include "dft/moments.h"
#include "dft/warm_start.h"
#include "kaimen/base/log.h"
#include "kaimen/base/memory.h"
#include "kaimen/base/timer.h"
#include "kaimen/base/traffic.h"
#include "kaimen/base/units.h"
#include "kaimen/crystal/element.h"

#include <math.h>
#include <string.h>

/* Nuclei closer than this are a mistake in the structure. H2 is 0.74 Ang long. */
static const double LEAST_DISTANCE_BOHR = 0.4 * KM_BOHR_PER_ANG;

/*
 * An energy's error over the square of its forces' error. On slabs of MgO the forces err by 0.2 to 1.5 of the root of the
 * energy's threshold.
 */
static const double SOFTNESS_BOHR2_HA = 1;

struct km_dft {
    km_dft_options asked;
    km_dft_options options; /* of the last crystal: without spin where that has no moments */
    char folder[KM_PATH_SIZE];
    km_pseudo *pseudo[KM_Z_MAX + 1];
    km_atom *atom[KM_Z_MAX + 1];
    km_pseudo
        *crystal_pseudo[KM_Z_MAX]; /* borrowed from above, by species of the last crystal */
    km_atom *crystal_atom[KM_Z_MAX];
    km_crystal *crystal; /* the last one, with its starting moments */
    km_ground_state *state;
    bool is_as_asked; /* the state converged with the options as they were asked for */
    km_warm_start *warm;
    km_scf_result scf;
    int n_atom;
    double *forces; /* [n_atom][3], Ha/bohr; NULL when they were not asked for */
    bool has_stress;
    double stress[9]; /* Ha/bohr^3 */
};

/* What a crystal gave at a smaller cutoff. */
typedef struct {
    double energy_ha;
    double mean_plane_wave;
} smaller_basis;

static const km_pseudo_choice *find_choice(const km_pseudo_options *options, const char *symbol)
{
    for (int i = 0; i < options->n_choice; ++i)
        if (strcmp(options->choice[i].symbol, symbol) == 0) return &options->choice[i];
    return NULL;
}

/* The file that holds an element's pseudopotential. */
static km_status find_file(const km_dft *dft, const km_pseudo_choice *choice,
                           const char *symbol, size_t n_path, char *path)
{
    char folder[KM_PATH_SIZE];

    if (choice) return km_pseudo_find_file(choice->file, dft->folder, n_path, path);
    if (km_pseudo_find_folder(dft->options.pseudo.family, dft->folder, sizeof folder, folder))
        return km_pseudo_find_element(folder, symbol, n_path, path);
    return km_pseudo_find_file("GTH_POTENTIALS", dft->folder, n_path, path);
}

/* What a result is told of a file that was made for another functional; "" of one that fits. */
static void describe_mismatch(const km_dft *dft, const km_pseudo *pseudo, size_t n_text,
                              char *text)
{
    const km_pseudo_info *info = km_pseudo_describe(pseudo);

    text[0] = '\0';
    if (!km_pseudo_fits(pseudo, dft->options.functional))
        snprintf(text, n_text, "pseudopotential of %s was made for %s, not %s", info->symbol,
                 info->functional, km_functional_name(dft->options.functional));
}

static km_status load_element(km_dft *dft, int z)
{
    const char *symbol = km_element_symbol(z);
    const km_pseudo_choice *choice = find_choice(&dft->options.pseudo, symbol);
    char path[KM_PATH_SIZE], mismatch[KM_REASON_SIZE];

    if (dft->atom[z]) return KM_OK;
    KM_TRY(find_file(dft, choice, symbol, sizeof path, path));
    KM_TRY(km_pseudo_read(path, symbol, choice ? choice->entry : "", dft->options.pseudo.family,
                          &dft->pseudo[z]));
    describe_mismatch(dft, dft->pseudo[z], sizeof mismatch, mismatch);
    if (mismatch[0] && km_log_rank() == 0) km_log(KM_LOG_WARN, "%s (%s)", mismatch, path);
    return km_atom_create(dft->pseudo[z], dft->options.functional, &dft->atom[z]);
}

km_status km_dft_load_elements(km_dft *dft, const km_crystal *crystal)
{
    for (int is = 0; is < km_crystal_n_species(crystal); ++is) {
        int z = km_crystal_species_z(crystal)[is];

        KM_TRY(load_element(dft, z));
        dft->crystal_pseudo[is] = dft->pseudo[z];
        dft->crystal_atom[is] = dft->atom[z];
    }
    return KM_OK;
}

static km_status check_crystal(const km_crystal *crystal)
{
    int a, b;
    double distance = km_crystal_shortest_distance_bohr(crystal, &a, &b);

    return KM_CHECK(distance > LEAST_DISTANCE_BOHR, KM_E_INPUT,
                    "atoms %d (%s) and %d (%s) are %.3f Ang apart, at least %.1f Ang is wanted",
                    a + 1, km_element_symbol(km_crystal_z(crystal)[a]), b + 1,
                    km_element_symbol(km_crystal_z(crystal)[b]), distance * KM_ANG_PER_BOHR,
                    LEAST_DISTANCE_BOHR * KM_ANG_PER_BOHR);
}

static km_dft_options rung_options(const km_dft *dft, const km_request *request, km_rung rung)
{
    const int n_band = dft->state ? km_ground_state_n_band(dft->state) : 0;
    const double force_error = request->force_error_ha_bohr;
    km_dft_options options = km_ladder_options(&dft->options, rung, n_band);

    if (force_error > 0)
        options.scf.energy_tolerance_ha = fmin(options.scf.energy_tolerance_ha,
                                               SOFTNESS_BOHR2_HA * force_error * force_error);
    return options;
}

static bool is_odd(const km_dft *dft, const km_crystal *crystal)
{
    double n = 0;

    for (int a = 0; a < km_crystal_n_atom(crystal); ++a)
        n += km_pseudo_describe(dft->pseudo[km_crystal_z(crystal)[a]])->z_valence;
    return fabs(n / 2 - round(n / 2)) > 1e-6;
}

static km_status run_rung(km_dft *dft, const km_crystal *crystal, const km_dft_options *options,
                          const km_request *request, MPI_Comm comm)
{
    km_ground_state_destroy(&dft->state);
    KM_TRY_TIMED("setup", km_ground_state_create(crystal, options, request, dft->crystal_pseudo,
                                                 dft->crystal_atom, comm, &dft->state));
    KM_TRY(km_agree(km_warm_start_move(dft->warm, dft->state), comm));
    if (km_warm_start_fits(dft->warm, dft->state))
        dft->state->warm = dft->warm;
    else
        km_warm_start_clear(dft->warm);
    KM_TRY_TIMED("scf", km_scf_run(dft->state, request, &dft->scf));
    return KM_OK;
}

static void describe_outcome(const km_dft *dft, const km_dft_options *used,
                             km_calculation *result)
{
    const km_scf_result *scf = &dft->scf;

    result->outcome = scf->outcome;
    if (scf->outcome == KM_OUTCOME_NOT_CONVERGED)
        snprintf(result->reason, sizeof result->reason,
                 "energy error %.1e Ha after %d iterations, wanted %.1e Ha", scf->error_ha,
                 scf->n_iteration, dft->options.scf.energy_tolerance_ha);
    else if (scf->outcome == KM_OUTCOME_DIVERGED)
        snprintf(result->reason, sizeof result->reason,
                 "energy error grew to %.1e Ha after %d iterations", scf->error_ha,
                 scf->n_iteration);
    else if (scf->outcome == KM_OUTCOME_TIMEOUT || scf->outcome == KM_OUTCOME_STOPPED)
        snprintf(result->reason, sizeof result->reason,
                 "%s after %d iterations, energy error %.1e Ha, wanted %.1e Ha",
                 scf->outcome == KM_OUTCOME_TIMEOUT ? "out of time" : "told to stop",
                 scf->n_iteration, scf->error_ha, dft->options.scf.energy_tolerance_ha);
    else if (used->smearing != dft->options.smearing)
        snprintf(result->reason, sizeof result->reason, "%s: smeared by %g Ha",
                 scf->occupation.is_metallic ? "no gap with fixed occupations"
                                             : "fixed occupations do not converge",
                 used->smearing_width_ha);
    else if (used->smearing_width_ha > dft->options.smearing_width_ha)
        snprintf(result->reason, sizeof result->reason,
                 "smeared by %g Ha, %g Ha were asked for", used->smearing_width_ha,
                 dft->options.smearing_width_ha);
}

/* Plane waves within the cutoff if there were one for every (2 pi)^3 / Omega of reciprocal space, wherever it lies. */
static double continuous_sphere(const km_crystal *crystal, double ecut_ha)
{
    return km_crystal_volume_bohr3(crystal) * pow(2 * ecut_ha, 1.5) / (6 * KM_PI * KM_PI);
}

/* Warnings follow whatever the reason says already. */
static void append_mismatches(const km_dft *dft, int n_species, km_calculation *result)
{
    for (int is = 0; is < n_species; ++is) {
        const size_t used = strlen(result->reason);
        char mismatch[KM_REASON_SIZE];

        describe_mismatch(dft, dft->crystal_pseudo[is], sizeof mismatch, mismatch);
        if (mismatch[0])
            snprintf(result->reason + used, sizeof result->reason - used, "%s%s",
                     used > 0 ? "; " : "", mismatch);
    }
}

/* A metal has one edge, the Fermi level: IP and EA are then both its work function. */
static void fill_edges(const km_scf_result *scf, km_calculation *result)
{
    const km_occupation *occupation = &scf->occupation;

    result->fermi_ha = occupation->fermi_ha;
    result->is_metallic = occupation->is_metallic;
    result->has_bands = occupation->has_cbm || occupation->is_metallic;
    result->vbm_ha = occupation->is_metallic ? occupation->fermi_ha : occupation->vbm_ha;
    result->cbm_ha = occupation->is_metallic ? occupation->fermi_ha : occupation->cbm_ha;
    memcpy(result->vbm_k_frac, scf->gap.vbm_k_frac, sizeof result->vbm_k_frac);
    memcpy(result->cbm_k_frac, scf->gap.cbm_k_frac, sizeof result->cbm_k_frac);
    result->gap_direct_ha = NAN;
    if (occupation->is_metallic)
        result->gap_direct_ha = 0;
    else if (occupation->has_cbm)
        result->gap_direct_ha = scf->gap.direct_ha;
}

/* Per SCF iteration. */
static void fill_traffic(const km_scf_result *scf, km_calculation *result)
{
    const double n = scf->n_iteration > 0 ? scf->n_iteration : 1;

    result->effort.n_sent = (double)km_traffic_n_call(&scf->traffic) / n;
    result->effort.sent_byte = (double)km_traffic_n_byte(&scf->traffic_all) / n;
}

static void fill_result(const km_dft *dft, const km_crystal *crystal,
                        const smaller_basis *smaller, km_calculation *result)
{
    const km_scf_result *scf = &dft->scf;
    const km_ground_state *state = dft->state;

    result->energy_ha = scf->energy_ha;
    result->free_energy_ha = scf->free_energy_ha;
    fill_edges(scf, result);
    fill_traffic(scf, result);
    result->spin = (km_magnetisation){km_ground_state_n_spin(state), scf->moment_mub,
                                      scf->absolute_moment_mub};
    result->potential_mean_ha = km_ground_state_potential_mean_ha(state);
    result->n_electron = km_ground_state_n_electron(state);
    result->n_plane_wave = km_ground_state_n_plane_wave(state);
    result->basis_filling = km_ground_state_mean_plane_wave(state) /
                            continuous_sphere(crystal, dft->options.ecut_ha);
    result->basis_slope_ha =
        (scf->energy_ha - smaller->energy_ha) /
        log(km_ground_state_mean_plane_wave(state) / smaller->mean_plane_wave);
    result->n_k = km_kpoints_n(km_ground_state_kpoints(state));
    result->n_band = km_ground_state_n_band(state);
    result->is_real = km_ground_state_is_real(state);
}

/* The time limit is that of all rungs together. */
static km_request remaining_request(const km_request *request, double start_s)
{
    km_request remaining = *request;

    if (request->time_limit_s > 0)
        remaining.time_limit_s = fmax(request->time_limit_s - (MPI_Wtime() - start_s), 1e-9);
    return remaining;
}

static km_status climb_ladder(km_dft *dft, const km_crystal *crystal, const km_request *request,
                              MPI_Comm comm, km_calculation *result)
{
    const double start_s = MPI_Wtime();
    const bool is_fixed = dft->options.smearing == KM_SMEARING_NONE;
    const bool is_open = dft->options.spin == KM_SPIN_NONE && is_odd(dft, crystal);
    km_rung rung = is_fixed && is_open ? KM_RUNG_SMEARED : KM_RUNG_AS_ASKED;
    km_dft_options options;

    for (;;) {
        const km_request remaining = remaining_request(request, start_s);

        options = rung_options(dft, request, rung);
        KM_TRY(run_rung(dft, crystal, &options, &remaining, comm));
        result->effort.n_iteration += dft->scf.n_iteration;
        result->effort.n_h_apply += dft->scf.n_h_apply;
        if (dft->scf.outcome == KM_OUTCOME_CONVERGED ||
            dft->scf.outcome == KM_OUTCOME_TIMEOUT || dft->scf.outcome == KM_OUTCOME_STOPPED ||
            rung == KM_RUNG_LAST)
            break;
        rung = km_ladder_next(&dft->options, rung, dft->scf.gap_closed);
        ++result->effort.n_retry;
        km_log(KM_LOG_DEBUG, "SCF not converged: rung %d of the retry ladder", rung);
    }
    dft->is_as_asked = rung == KM_RUNG_AS_ASKED && dft->scf.outcome == KM_OUTCOME_CONVERGED;
    describe_outcome(dft, &options, result);
    append_mismatches(dft, km_crystal_n_species(crystal), result);
    return KM_OK;
}

/* Energy and mean number of plane waves at a smaller cutoff; a number that is not finite where it does not converge. */
static km_status compute_smaller(km_dft *dft, const km_crystal *crystal,
                                 const km_request *request, MPI_Comm comm,
                                 smaller_basis *smaller)
{
    km_dft_options options = rung_options(dft, request, KM_RUNG_AS_ASKED);

    *smaller = (smaller_basis){NAN, NAN};
    if (!request->basis_slope || (dft->options.spin == KM_SPIN_NONE && is_odd(dft, crystal)))
        return KM_OK;
    options.ecut_ha *= 1 - request->slope_step;
    KM_TRY(run_rung(dft, crystal, &options, request, comm));
    if (dft->scf.outcome != KM_OUTCOME_CONVERGED) return KM_OK;
    smaller->energy_ha = dft->scf.energy_ha;
    smaller->mean_plane_wave = km_ground_state_mean_plane_wave(dft->state);
    return dft->options.scf.warm_start
               ? km_agree(km_warm_start_take(dft->warm, dft->state), comm)
               : KM_OK;
}

/* What the last crystal leaves to the next one. */
static km_status leave_state(km_dft *dft)
{
    km_status status = KM_OK;

    if (dft->state && dft->is_as_asked && dft->options.scf.warm_start)
        status = km_warm_start_take(dft->warm, dft->state);
    else
        km_warm_start_clear(dft->warm);
    dft->is_as_asked = false;
    km_ground_state_destroy(&dft->state);
    return status;
}

static km_status compute(void *self, const km_crystal *crystal, const km_request *request,
                         MPI_Comm comm, km_calculation *result)
{
    const double start_s = MPI_Wtime();
    smaller_basis smaller;
    km_request remaining;
    km_dft *dft = self;

    *result = (km_calculation){.outcome = KM_OUTCOME_FAILED};
    KM_FREE(dft->forces);
    dft->has_stress = false;
    KM_TRY(km_agree(leave_state(dft), comm));
    KM_TRY(check_crystal(crystal));
    KM_TRY_TIMED("pseudo-atoms", km_agree(km_dft_load_elements(dft, crystal), comm));
    km_crystal_destroy(&dft->crystal);
    KM_TRY(km_agree(
        km_moments_settle(&dft->asked, dft->pseudo, crystal, &dft->options, &dft->crystal),
        comm));
    KM_TRY(compute_smaller(dft, dft->crystal, request, comm, &smaller));
    remaining = remaining_request(request, start_s);
    KM_TRY(climb_ladder(dft, dft->crystal, &remaining, comm, result));
    if (request->edges && result->outcome == KM_OUTCOME_CONVERGED)
        KM_TRY_TIMED("edges", km_ground_state_extend_edges(dft->state, &dft->scf));
    fill_result(dft, crystal, &smaller, result);
    dft->n_atom = km_crystal_n_atom(crystal);
    if (request->forces) {
        KM_TRY(KM_ALLOC(dft->forces, 3 * dft->n_atom));
        KM_TRY_TIMED("forces", km_ground_state_compute_forces(dft->state, dft->forces));
    }
    if (request->stress)
        KM_TRY_TIMED("stress", km_ground_state_compute_stress(dft->state, dft->stress));
    dft->has_stress = request->stress;
    result->time_s = MPI_Wtime() - start_s;
    km_traffic_broadcast(KM_TRAFFIC_CONTROL, 1, MPI_DOUBLE, 0, comm, &result->time_s);
    return KM_OK;
}

static km_status get_forces(void *self, double *forces_ha_bohr)
{
    const km_dft *dft = self;

    KM_TRY(KM_CHECK(dft->forces, KM_E_ARGUMENT, "forces were not asked for"));
    memcpy(forces_ha_bohr, dft->forces, sizeof *forces_ha_bohr * 3 * (size_t)dft->n_atom);
    return KM_OK;
}

static km_status get_stress(void *self, double stress_ha_bohr3[9])
{
    const km_dft *dft = self;

    KM_TRY(KM_CHECK(dft->has_stress, KM_E_ARGUMENT, "stress was not asked for"));
    memcpy(stress_ha_bohr3, dft->stress, sizeof dft->stress);
    return KM_OK;
}

static km_status planar_potential(void *self, int axis, int n_plane, double *v_ha)
{
    const km_dft *dft = self;

    KM_TRY(KM_CHECK(dft->state, KM_E_ARGUMENT, "nothing was computed yet"));
    return km_ground_state_planar_potential(dft->state, axis, n_plane, v_ha);
}

static km_status planar_density(void *self, int axis, int n_plane, double *density_bohr3)
{
    const km_dft *dft = self;

    KM_TRY(KM_CHECK(dft->state, KM_E_ARGUMENT, "nothing was computed yet"));
    return km_ground_state_planar_density(dft->state, axis, n_plane, density_bohr3);
}

/* Points with complex coefficients, two with real ones for one. */
static double count_blocks(const km_kpoints *kpoints, const km_dft_options *options)
{
    double n = 0;

    for (int ik = 0; ik < km_kpoints_n(kpoints); ++ik) {
        const double *k = km_kpoints_frac(kpoints, ik);
        bool is_paired = options->arithmetic == KM_ARITHMETIC_AUTO;

        for (int x = 0; x < 3; ++x) is_paired = is_paired && fmod(2 * k[x], 1) == 0;
        n += is_paired ? 0.5 : 1;
    }
    return n;
}

static km_status count_kpoints(const km_dft_options *options, const km_crystal *crystal,
                               const km_request *request, km_calculation *estimate,
                               km_cost_points *points)
{
    km_symmetry *symmetry = NULL;
    km_kpoints *kpoints = NULL;
    km_status status = KM_OK;
    double centre[3];
    int mesh[3];

    memcpy(mesh, options->k_mesh, sizeof mesh);
    if (mesh[0] == 0)
        KM_TRY(km_kpoints_find_mesh(crystal,
                                    options->k_spacing_bohr * request->mesh_length_ratio,
                                    request->vacuum_axis, request->normal_axis, mesh));
    KM_TRY(km_symmetry_create(crystal, KM_SYMMETRY_TOLERANCE_BOHR, &symmetry));
    estimate->is_real = options->arithmetic != KM_ARITHMETIC_COMPLEX &&
                        km_symmetry_has_inversion(symmetry, centre);
    KM_TRY_TO(end, km_kpoints_create(options->use_symmetry ? symmetry : NULL, mesh,
                                     options->k_shift, MPI_COMM_SELF, &kpoints));
    estimate->n_k = km_kpoints_n(kpoints);
    points->mesh = estimate->is_real ? estimate->n_k : count_blocks(kpoints, options);
    if (!request->edges) goto end;
    km_kpoints_destroy(&kpoints);
    KM_TRY_TO(end, km_kpoints_create_high_symmetry(crystal, symmetry, MPI_COMM_SELF, &kpoints));
    points->edges = estimate->is_real ? km_kpoints_n(kpoints) : count_blocks(kpoints, options);
end:
    km_kpoints_destroy(&kpoints);
    km_symmetry_destroy(&symmetry);
    return status;
}

static km_status estimate_cost(void *self, const km_crystal *crystal, const km_request *request,
                               km_estimate *whole)
{
    km_calculation *estimate = &whole->size;
    km_dft *dft = self;
    const km_dft_options *options = &dft->options;
    const double q_max = sqrt(2 * options->ecut_ha);
    km_crystal *settled = NULL;
    double moment = 0;
    km_status status;
    km_cost_points points = {0};
    int n_occupied;

    *whole = (km_estimate){.size.outcome = KM_OUTCOME_CONVERGED};
    KM_TRY(check_crystal(crystal));
    KM_TRY(km_dft_load_elements(dft, crystal));
    for (int a = 0; a < km_crystal_n_atom(crystal); ++a)
        estimate->n_electron +=
            km_pseudo_describe(dft->pseudo[km_crystal_z(crystal)[a]])->z_valence;
    KM_TRY(km_moments_settle(&dft->asked, dft->pseudo, crystal, &dft->options, &settled));
    for (int a = 0; km_crystal_moments_mub(settled) && a < km_crystal_n_atom(crystal); ++a)
        moment += km_crystal_moments_mub(settled)[a];
    if (km_dft_options_has_fixed_moment(options)) moment = options->total_moment_mub;
    n_occupied = (int)ceil((estimate->n_electron + fabs(moment)) / 2 - 1e-9);
    estimate->spin.n_spin = km_dft_options_n_spin(options);
    estimate->n_band = options->n_band > 0 ? options->n_band : n_occupied + 4;
    estimate->n_plane_wave =
        (long)(km_crystal_volume_bohr3(crystal) * q_max * q_max * q_max / (6 * KM_PI * KM_PI));
    status = count_kpoints(options, settled, request, estimate, &points);
    estimate->time_s = km_cost_time_s(estimate, crystal);
    whole->memory_mb =
        km_cost_memory_mb(options, estimate, &points, crystal, dft->pseudo, dft->atom);
    km_crystal_destroy(&settled);
    return status;
}

static void destroy(void *self)
{
    km_dft *dft = self;

    km_ground_state_destroy(&dft->state);
    km_crystal_destroy(&dft->crystal);
    km_warm_start_destroy(&dft->warm);
    for (int z = 0; z <= KM_Z_MAX; ++z) {
        km_atom_destroy(&dft->atom[z]);
        km_pseudo_destroy(&dft->pseudo[z]);
    }
    KM_FREE(dft->forces);
    KM_FREE(dft);
}

static km_status check_options(const km_dft_options *options)
{
    KM_TRY(KM_CHECK(options->ecut_ha > 0, KM_E_ARGUMENT, "ecut = %g Ha must be positive",
                    options->ecut_ha));
    KM_TRY(KM_CHECK(options->k_mesh[0] > 0 || options->k_spacing_bohr > 0, KM_E_ARGUMENT,
                    "k-point spacing %g 1/bohr must be positive", options->k_spacing_bohr));
    return KM_CHECK(options->scf.mixing > 0 && options->scf.mixing <= 1, KM_E_ARGUMENT,
                    "mixing = %g must be in (0, 1]", options->scf.mixing);
}

km_status km_dft_calculator_create(const km_dft_options *options, const char *folder,
                                   km_calculator **calculator, km_dft **out)
{
    static const km_calculator_class functions = {.name = "dft",
                                                  .compute = compute,
                                                  .forces = get_forces,
                                                  .stress = get_stress,
                                                  .planar_potential = planar_potential,
                                                  .planar_density = planar_density,
                                                  .estimate = estimate_cost,
                                                  .write = km_dft_write,
                                                  .destroy = destroy};
    km_dft *dft = NULL;
    km_status status;

    *calculator = NULL;
    KM_TRY(check_options(options));
    KM_TRY(KM_ALLOC(dft, 1));
    dft->asked = dft->options = *options;
    snprintf(dft->folder, sizeof dft->folder, "%s", folder ? folder : "");
    KM_TRY_TO(fail, km_warm_start_create(&dft->warm));
    KM_TRY_TO(fail, km_calculator_create(&functions, dft, calculator));
    if (out) *out = dft;
    return KM_OK;
fail:
    destroy(dft);
    return status;
}

const km_pseudo *km_dft_pseudo(const km_dft *dft, int z)
{
    return z >= 1 && z <= KM_Z_MAX ? dft->pseudo[z] : NULL;
}

km_ground_state *km_dft_ground_state(const km_dft *dft)
{
    return dft->state;
}

const km_crystal *km_dft_crystal(const km_dft *dft)
{
    return dft->crystal;
}

const km_scf_result *km_dft_scf_result(const km_dft *dft)
{
    return &dft->scf;
}

double km_dft_alpha_over_omega_ha(const km_dft *dft, const km_crystal *crystal)
{
    double sum = 0;

    for (int a = 0; a < km_crystal_n_atom(crystal); ++a)
        sum += km_pseudo_alpha_ha_bohr3(dft->pseudo[km_crystal_z(crystal)[a]]);
    return sum / km_crystal_volume_bohr3(crystal);
}
