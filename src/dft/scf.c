/*
 * The self-consistent field: bands of a potential, density of the bands, mixed with the densities
 * before. The energy is that of Harris, which is stationary in the input density.
 * Source: J. Harris, Phys. Rev. B 31, 1770 (1985); Payne et al., Rev. Mod. Phys. 64, 1045 (1992).
 */
#include "dft/electrons.h"
#include "dft/fermi_states.h"
#include "dft/warm_start.h"

#include "kaimen/base/log.h"
#include "kaimen/base/memory.h"
#include "kaimen/base/timer.h"
#include "kaimen/base/traffic.h"
#include "kaimen/dft/density.h"
#include "kaimen/dft/eigensolver.h"
#include "kaimen/dft/mixing.h"

#include <math.h>
#include <string.h>

/*
 * Residual r of a band makes an error of about r^2 / (1 Ha) in its energy. It is kept below this
 * fraction of the density's error, shared by the electrons. Found by counting H applications.
 */
static const double BAND_SHARE = 0.03;
/* Where bands cross the Fermi level, a small error of one moves charge. Found with slabs of Al(100). */
static const double SMEARED_BAND_SHARE = 0.003;
static const double FIRST_TOLERANCE_HA = 3e-2;
/* From the bands and density of a geometry nearby. Found by counting H applications. */
static const double WARM_TOLERANCE_HA = 3e-4;
/* Dielectric model where bands are full. Found by counting iterations of slabs of MgO and CaO and a rattled cell of TiO2. */
static const double GAPPED_DIELECTRIC = 2;
static const double GAPPED_LENGTH_BOHR = 0.8;
/* Residuals this many times what the density deserves make a warm start solve its bands again. */
static const double BAND_EXCESS = 2;
/* Empty bands are not needed for the density; those reported are finished after the SCF. */
static const double EMPTY_TOLERANCE_HA = 1e-2;
static const double FINAL_EMPTY_TOLERANCE_HA = 2e-5;
/* A band with fewer electrons is an empty one: its residual hardly shows in the density. */
static const double LEAST_OCCUPATION = 1e-6;
/* Growths of the search space in one SCF iteration, and in the last one. */
#define SCF_ROUNDS 4
#define FINAL_ROUNDS 40
/* Bands that overlap in so many iterations on end will not part again. */
#define CLOSED_GAP_ITERATIONS 8
/* A gap so small may close and open from one iteration to the next; where the error does not halve in so many, it does. */
static const double SMALL_GAP_HA = 0.01;
#define STALLED_ITERATIONS 15
/* An error this many times the best one so far, after this many iterations, is a divergence. */
static const double DIVERGENCE_FACTOR = 1e6;

/* What one SCF works with. */
typedef struct {
    km_ground_state *state;
    const km_request *request;
    km_eigensolver *solver;
    km_mixing *mixing;
    km_screening *screening; /* NULL without smearing, as are fermi_states */
    km_fermi_states *fermi_states;
    km_scf_result *result;
    double start_s;
    double tolerance_ha; /* of the bands' residuals */
    double residual_ha;  /* largest one found */
    double smallest_error_ha;
    double halved_error_ha; /* the last one that was half of such a one before */
    int n_stalled;          /* iterations since */
    bool is_warm;      /* the density is still that of a warm start with the same plane waves */
    int n_overlapping; /* iterations on end in which occupied and empty bands overlapped */
} loop;

/* A solver for all k-points of a set. */
static km_status make_solver(const km_ground_state *state, const km_band_set *set,
                             km_eigensolver **solver)
{
    km_eigensolver_setup setup = {.is_real = state->is_real,
                                  .is_mixed = state->options.precision == KM_PRECISION_MIXED,
                                  .n_band = state->n_band,
                                  .n_g = 1,
                                  .scalapack_above = state->options.scalapack_above};

    for (int ik = 0; ik < set->n_k; ++ik)
        if (km_basis_n_g(set->basis[ik]) > setup.n_g) setup.n_g = km_basis_n_g(set->basis[ik]);
    return km_eigensolver_create(&setup, solver);
}

/* One rank of each group of k-points: what is summed over k-points is summed over these. */
static MPI_Comm cross_comm(const km_ground_state *state)
{
    return km_kpoints_groups(state->set.kpoints)->cross;
}

static km_occupation_options occupation_options(const km_ground_state *state)
{
    return (km_occupation_options){.smearing = state->options.smearing,
                                   .width_ha = state->options.smearing_width_ha,
                                   .n_electron = state->n_electron,
                                   .n_band = state->n_band,
                                   .n_spin = state->n_spin,
                                   .first_spin = state->set.first_spin,
                                   .has_moment =
                                       km_dft_options_has_fixed_moment(&state->options),
                                   .moment_mub = state->options.total_moment_mub};
}

/*
 * Bands of the k-point that the density needs: the occupied ones and, with smearing, those that held
 * electrons in the iteration before and a few more.
 */
static int count_tight_bands(const km_ground_state *state, int ik)
{
    const double *occupation = state->set.occupation + ik * state->n_band;
    const int sign = (state->set.first_spin + ik) % 2 == 0 ? 1 : -1;
    const double moment =
        state->n_spin == 2 ? sign * km_ground_state_start_moment_mub(state) : 0;
    const int n_occupied = (int)ceil((state->n_electron + moment) / 2 - 1e-9);
    int n = n_occupied;

    if (state->options.smearing == KM_SMEARING_NONE) return n;
    n += 2 + n_occupied / 10;
    for (int j = n; j < state->n_band; ++j)
        if (occupation[j] > LEAST_OCCUPATION) n = j + 1;
    return n < state->n_band ? n : state->n_band;
}

static km_status solve_bands(loop *l, double tolerance_ha, double empty_ha, int max_round)
{
    km_band_set *set = &l->state->set;
    km_eigensolver_options options = {.tolerance_ha = tolerance_ha,
                                      .loose_tolerance_ha = fmax(tolerance_ha, empty_ha),
                                      .max_round = max_round};
    km_status status = KM_OK;

    l->residual_ha = 0;
    for (int ik = 0; ik < set->n_k && status == KM_OK; ++ik) {
        km_eigensolver_result found;

        options.n_tight = count_tight_bands(l->state, ik);
        status =
            km_eigensolver_solve(l->solver, set->hamiltonian, ik, &options, &set->bands[ik],
                                 set->eigenvalue + ik * l->state->n_band, &found);
        l->residual_ha = fmax(l->residual_ha, found.residual_ha);
    }
    KM_TRY(km_agree(status, l->state->comm));
    km_traffic_allreduce(KM_TRAFFIC_CONTROL, 1, MPI_DOUBLE, MPI_MAX, l->state->comm,
                         &l->residual_ha);
    return KM_OK;
}

static km_status occupy(loop *l)
{
    km_ground_state *state = l->state;
    const km_occupation_options options = occupation_options(state);

    return km_occupation_compute(state->set.n_k, state->set.weight, state->set.eigenvalue,
                                 &options, cross_comm(state), state->set.occupation,
                                 &l->result->occupation);
}

/* The density, with spin the magnetisation too. */
static void symmetrise(km_ground_state *state, double complex *rho)
{
    for (int s = 0; s < state->n_spin; ++s)
        km_stars_average(state->stars, rho + s * km_grid_n_g(state->grid));
}

/* Density of the occupied bands of all ranks, symmetrised, in rho_out. */
static void compute_density(km_ground_state *state, bool is_rough)
{
    const int n_point = km_grid_n_point(state->grid), n_g = km_grid_n_g(state->grid);
    const int zero = km_grid_zero(state->grid);

    km_timer_start("density");
    km_hamiltonian_compute_density(state->set.hamiltonian, state->set.bands, state->set.weight,
                                   state->set.occupation, is_rough, state->rho_r);
    /* Fewer G vectors than half the points: less is sent than before the transform. */
    for (int s = 0; s < state->n_spin; ++s)
        km_grid_to_reciprocal(state->grid, state->rho_r + s * n_point,
                              state->rho_out + s * n_g);
    for (int s = 0; s < state->n_spin; ++s) {
        double complex *rho = state->rho_out + s * n_g;

        km_traffic_allreduce(KM_TRAFFIC_DENSITY, 2 * (n_g - zero), MPI_DOUBLE, MPI_SUM,
                             state->comm, rho + zero);
        km_grid_complete(state->grid, rho);
    }
    symmetrise(state, state->rho_out);
    km_timer_stop("density");
}

static double band_energy(const km_ground_state *state)
{
    double sum = 0;

    for (int ik = 0; ik < state->set.n_k; ++ik)
        for (int j = 0; j < state->n_band; ++j)
            sum += state->set.weight[ik] * state->set.occupation[ik * state->n_band + j] *
                   state->set.eigenvalue[ik * state->n_band + j];
    km_traffic_allreduce(KM_TRAFFIC_LEVEL, 1, MPI_DOUBLE, MPI_SUM, cross_comm(state), &sum);
    return sum;
}

/*
 * Each rank has FFT plans of its own, whose rounding errors differ: what all ranks know is what the
 * first one found.
 */
static void share(const km_ground_state *state, km_traffic_purpose purpose, int n,
                  double *values)
{
    km_traffic_broadcast(purpose, n, MPI_DOUBLE, 0, state->comm, values);
}

static void share_density(const km_ground_state *state, double complex *rho)
{
    const int n_g = km_grid_n_g(state->grid), zero = km_grid_zero(state->grid);

    for (int s = 0; s < state->n_spin; ++s, rho += n_g) {
        share(state, KM_TRAFFIC_DENSITY, 2 * (n_g - zero), (double *)(rho + zero));
        km_grid_complete(state->grid, rho);
    }
}

/* Energy of the bands in the potential of rho_in, with the input density's double counting. */
static void compute_energy(loop *l)
{
    km_ground_state *state = l->state;
    km_scf_result *result = l->result;
    double *term = result->term_ha, double_counting;

    double_counting = km_hamiltonian_potential_energy(
        state->set.hamiltonian, km_hamiltonian_density(state->set.hamiltonian));
    share(state, KM_TRAFFIC_CONTROL, 1, &double_counting);
    share(state, KM_TRAFFIC_CONTROL, KM_N_TERM, term);
    result->free_energy_ha = band_energy(state) - double_counting + term[KM_TERM_LOCAL] +
                             term[KM_TERM_HARTREE] + term[KM_TERM_XC] + term[KM_TERM_ION] +
                             result->occupation.entropy_ha;
    /* (E + F) / 2, where E - F = TS. */
    result->energy_ha = result->free_energy_ha - result->occupation.entropy_ha / 2;
}

static void count_work(loop *l)
{
    km_ground_state *state = l->state;
    long n[2] = {km_hamiltonian_n_apply(state->set.hamiltonian),
                 km_hamiltonian_n_fft(state->set.hamiltonian)};

    /* Ranks that share plane waves apply H together, and transform different bands. */
    km_traffic_allreduce(KM_TRAFFIC_LEVEL, 1, MPI_LONG, MPI_SUM, cross_comm(state), n);
    km_traffic_allreduce(KM_TRAFFIC_LEVEL, 1, MPI_LONG, MPI_SUM, state->comm, n + 1);
    l->result->n_h_apply = n[0];
    l->result->n_fft = n[1];
}

static void note_step(loop *l)
{
    km_ground_state *state = l->state;

    count_work(l);
    state->history.step[state->history.n++] = (km_scf_step){.energy_ha = l->result->energy_ha,
                                                            .error_ha = l->result->error_ha,
                                                            .residual_ha = l->residual_ha,
                                                            .n_h_apply = l->result->n_h_apply,
                                                            .time_s = MPI_Wtime() - l->start_s};
    l->result->n_iteration = state->history.n;
    km_log(KM_LOG_DEBUG, "scf %3d  E = %.10f Ha  error %.2e Ha  residual %.1e Ha  H %ld",
           state->history.n, l->result->energy_ha, l->result->error_ha, l->residual_ha,
           l->result->n_h_apply);
    if (l->request->show_progress)
        km_log_line("SCF %d: %.8f Ha, estimated error %.1e Ha, %.0f s", state->history.n,
                    l->result->energy_ha, l->result->error_ha, MPI_Wtime() - l->start_s);
}

/* Whether to go on, decided by the first rank for all. */
static km_outcome judge(loop *l)
{
    const km_ground_state *state = l->state;
    const km_scf_result *result = l->result;
    int outcome = KM_OUTCOME_NOT_CONVERGED;

    l->n_overlapping = result->occupation.is_overlapping ? l->n_overlapping + 1 : 0;
    ++l->n_stalled;
    if (result->error_ha < l->halved_error_ha / 2) {
        l->halved_error_ha = result->error_ha;
        l->n_stalled = 0;
    }
    l->smallest_error_ha = fmin(l->smallest_error_ha, result->error_ha);
    if (!isfinite(result->energy_ha) || !isfinite(result->error_ha) ||
        result->error_ha > DIVERGENCE_FACTOR * fmax(l->smallest_error_ha, 1e-6))
        outcome = KM_OUTCOME_DIVERGED;
    else if (result->error_ha < state->options.scf.energy_tolerance_ha)
        outcome = KM_OUTCOME_CONVERGED;
    else if (l->request->stop && *l->request->stop)
        outcome = KM_OUTCOME_STOPPED;
    else if (l->request->time_limit_s > 0 &&
             MPI_Wtime() - l->start_s > l->request->time_limit_s)
        outcome = KM_OUTCOME_TIMEOUT;
    km_traffic_broadcast(KM_TRAFFIC_CONTROL, 1, MPI_INT, 0, state->comm, &outcome);
    return (km_outcome)outcome;
}

/* Fixed occupations of bands that overlap are wrong ones, however well the density has converged. */
static void look_for_closed_gap(loop *l)
{
    km_scf_result *result = l->result;

    if (l->state->options.smearing != KM_SMEARING_NONE) return;
    if (result->outcome == KM_OUTCOME_CONVERGED && result->occupation.is_overlapping) {
        result->outcome = KM_OUTCOME_NOT_CONVERGED;
        result->gap_closed = true;
    }
    if (l->n_overlapping >= CLOSED_GAP_ITERATIONS) result->gap_closed = true;
    if (l->n_stalled >= STALLED_ITERATIONS && result->occupation.has_cbm &&
        result->occupation.cbm_ha - result->occupation.vbm_ha < SMALL_GAP_HA)
        result->gap_closed = true;
}

/* Bands as exact as the density deserves: never looser than before. */
static void tighten(loop *l)
{
    const double error = l->result->error_ha;
    const bool is_smeared = l->state->options.smearing != KM_SMEARING_NONE;
    const double share = is_smeared ? SMEARED_BAND_SHARE : BAND_SHARE;
    const double wanted = sqrt(share * error / fmax(1, l->state->n_electron));

    l->tolerance_ha = fmin(l->tolerance_ha, wanted);
}

static void estimate_error(loop *l)
{
    const km_ground_state *state = l->state;

    l->result->error_ha = km_mixing_error_ha(l->mixing, state->rho_in, state->rho_out);
    share(state, KM_TRAFFIC_CONTROL, 1, &l->result->error_ha);
}

static km_status iterate(loop *l)
{
    km_scf_result *result = l->result;

    KM_TRY_TIMED("bands", solve_bands(l, l->tolerance_ha, EMPTY_TOLERANCE_HA, SCF_ROUNDS));
    KM_TRY(occupy(l));
    compute_energy(l);
    compute_density(l->state, l->tolerance_ha > KM_EIGENSOLVER_SINGLE_HA);
    estimate_error(l);
    note_step(l);
    result->outcome = judge(l);
    look_for_closed_gap(l);
    tighten(l);
    return KM_OK;
}

static km_status mix(loop *l)
{
    km_ground_state *state = l->state;

    if (l->fermi_states) {
        km_timer_start("states");
        km_fermi_states_set(l->fermi_states, state, l->result, l->screening);
        km_timer_stop("states");
    }
    KM_TRY_TIMED("mixing", km_agree(km_mixing_compute(l->mixing, state->rho_in, state->rho_out,
                                                      state->rho_in),
                                    state->comm));
    share_density(state, state->rho_in);
    return km_hamiltonian_set_density(state->set.hamiltonian, state->rho_in,
                                      l->result->term_ha);
}

/* States at the Fermi level screen where bands are smeared. */
static km_status prepare_screening(loop *l)
{
    const km_ground_state *state = l->state;
    double *inverse = NULL;
    km_status status = KM_OK;

    if (state->options.smearing == KM_SMEARING_NONE) return KM_OK;
    KM_TRY(km_fermi_states_create(state, &l->fermi_states));
    KM_TRY(KM_ALLOC(inverse, km_grid_n_g(state->grid)));
    km_mixing_inverse_dielectric(l->mixing, inverse);
    status = km_screening_create(state->grid, inverse, &l->screening);
    KM_FREE(inverse);
    km_mixing_set_screening(l->mixing, l->screening);
    return status;
}

static km_status prepare(loop *l)
{
    km_ground_state *state = l->state;
    km_mixing_options mixing = km_mixing_options_default();
    km_status status = KM_OK;

    mixing.mixing = state->options.scf.mixing;
    mixing.history = state->options.scf.mixing_history;
    mixing.n_spin = state->n_spin;
    if (state->options.smearing == KM_SMEARING_NONE && state->n_spin == 1) {
        mixing.dielectric = GAPPED_DIELECTRIC;
        mixing.length_bohr = GAPPED_LENGTH_BOHR;
    }
    KM_TRY(km_mixing_create(km_grid_n_g(state->grid), km_grid_g2(state->grid), true,
                            km_crystal_volume_bohr3(state->crystal), &mixing, &l->mixing));
    KM_TRY(prepare_screening(l));
    KM_TRY(km_ground_state_superpose_atoms(state, state->rho_in));
    if (state->warm) KM_TRY(km_warm_start_add_density(state->warm, state, state->rho_in));
    symmetrise(state, state->rho_in);
    KM_TRY(
        km_hamiltonian_set_density(state->set.hamiltonian, state->rho_in, l->result->term_ha));
    status = make_solver(state, &state->set, &l->solver);
    if (status == KM_OK)
        status = state->warm ? km_warm_start_bands(state->warm, state, l->solver)
                             : km_band_set_start(state, &state->set, l->solver);
    return km_agree(status, state->comm);
}

/* Every rank learns the eigenvalues of all k-points, [n_k of all ranks][n_spin][n_band]. */
static void gather_eigenvalues(const km_band_set *set, int n_spin, int n_band, double *all)
{
    const km_kpoints *kpoints = set->kpoints;
    const int n = km_kpoints_n(kpoints) * n_spin * n_band;
    const int first = km_kpoints_first(kpoints) * n_band;

    memset(all, 0, sizeof *all * (size_t)n);
    for (int i = 0; i < set->n_k * n_band; ++i) all[first + i] = set->eigenvalue[i];
    km_traffic_allreduce(KM_TRAFFIC_LEVEL, n, MPI_DOUBLE, MPI_SUM,
                         km_kpoints_groups(kpoints)->cross, all);
}

/* Where no whole number of bands can be full there is no gap. */
static void extend_gap(const km_ground_state *state, int n_k, const double *k_frac,
                       const double *eigenvalues, km_scf_result *result)
{
    const int *n_full = result->occupation.n_full;

    if (n_full[0] < 0) return;
    km_gap_extend(n_k, k_frac, state->n_spin, n_full, state->n_band, eigenvalues, &result->gap);
}

static void measure_magnetisation(km_ground_state *state, km_scf_result *result)
{
    const int n_g = km_grid_n_g(state->grid), n_point = km_grid_n_point(state->grid);
    const double volume = km_crystal_volume_bohr3(state->crystal);
    double moment[2] = {0};

    if (state->n_spin == 1) return;
    moment[0] = volume * creal(state->rho_out[n_g + km_grid_zero(state->grid)]);
    km_grid_to_real(state->grid, state->rho_out + n_g, state->rho_r);
    for (int i = 0; i < n_point; ++i) moment[1] += fabs(state->rho_r[i]) * volume / n_point;
    share(state, KM_TRAFFIC_CONTROL, 2, moment);
    result->moment_mub = moment[0];
    result->absolute_moment_mub = moment[1];
}

/*
 * One more pass in the potential of the converged bands, without mixing: empty bands become exact
 * enough to report, and so do states in the vacuum, whose V_xc ~ rho^(1/3) feels the density's tails.
 */
static km_status finish(loop *l)
{
    km_ground_state *state = l->state;

    memcpy(state->rho_in, state->rho_out,
           sizeof *state->rho_in * (size_t)(state->n_spin * km_grid_n_g(state->grid)));
    KM_TRY(
        km_hamiltonian_set_density(state->set.hamiltonian, state->rho_in, l->result->term_ha));
    KM_TRY_TIMED("bands", solve_bands(l, fmin(l->tolerance_ha, KM_EIGENSOLVER_SINGLE_HA),
                                      FINAL_EMPTY_TOLERANCE_HA, FINAL_ROUNDS));
    KM_TRY(occupy(l));
    compute_energy(l);
    compute_density(state, false);
    estimate_error(l);
    count_work(l);
    look_for_closed_gap(l);
    return KM_OK;
}

/*
 * Whether the density is that of a warm start and so good that the bands' errors hide its own: mixing would then learn
 * from the bands' errors.
 */
static bool wants_better_bands(loop *l)
{
    if (!l->is_warm) return false;
    l->is_warm = l->residual_ha > BAND_EXCESS * l->tolerance_ha;
    return l->is_warm;
}

/* Of the iterations since a moment when these were the counts of this rank; itself not counted. */
static void note_traffic(const km_ground_state *state, const km_traffic *before,
                         long n_apply_before, km_scf_result *result)
{
    const km_traffic now = km_traffic_counted(), own = km_traffic_between(before, &now);

    result->n_h_apply_iterated =
        km_hamiltonian_n_apply(state->set.hamiltonian) - n_apply_before;
    MPI_Allreduce(MPI_IN_PLACE, &result->n_h_apply_iterated, 1, MPI_LONG, MPI_SUM,
                  cross_comm(state));
    km_traffic_reduce(&own, state->comm, &result->traffic, &result->traffic_all);
}

km_status km_scf_run(km_ground_state *state, const km_request *request, km_scf_result *result)
{
    loop l = {.state = state,
              .request = request,
              .result = result,
              .start_s = MPI_Wtime(),
              .is_warm = state->warm && !km_warm_start_is_moved(state->warm),
              .tolerance_ha = FIRST_TOLERANCE_HA,
              .smallest_error_ha = INFINITY,
              .halved_error_ha = INFINITY};
    km_traffic before;
    long n_apply;
    km_status status = KM_OK;

    *result = (km_scf_result){.outcome = KM_OUTCOME_NOT_CONVERGED, .gap = km_gap_empty()};
    state->history.n = 0;
    if (l.is_warm) l.tolerance_ha = WARM_TOLERANCE_HA;
    km_timer_start("start");
    status = km_agree(prepare(&l), state->comm);
    km_timer_stop("start");
    KM_TRY_TO(end, status);
    before = km_traffic_counted();
    n_apply = km_hamiltonian_n_apply(state->set.hamiltonian);
    for (int i = 0; i < state->options.scf.max_iteration; ++i) {
        if (i > 0 && !wants_better_bands(&l)) KM_TRY_TO(end, mix(&l));
        KM_TRY_TO(end, iterate(&l));
        if (result->outcome != KM_OUTCOME_NOT_CONVERGED || result->gap_closed) break;
    }
    note_traffic(state, &before, n_apply, result);
    if (result->outcome == KM_OUTCOME_CONVERGED) KM_TRY_TO(end, finish(&l));
    gather_eigenvalues(&state->set, state->n_spin, state->n_band, state->all_eigenvalues);
    extend_gap(state, km_kpoints_n(state->set.kpoints), km_kpoints_frac(state->set.kpoints, 0),
               state->all_eigenvalues, result);
    measure_magnetisation(state, result);
end:
    km_eigensolver_destroy(&l.solver);
    km_mixing_destroy(&l.mixing);
    km_screening_destroy(&l.screening);
    km_fermi_states_destroy(&l.fermi_states);
    return status;
}

/* Bands at other k-points in the potential of the last SCF; the points are owned by this call. */
static km_status solve_other_points(km_ground_state *state, km_kpoints *kpoints,
                                    double *eigenvalues)
{
    km_scf_result unused = {0};
    loop l = {.state = state, .result = &unused};
    km_band_set mesh = state->set, other = {0};
    km_status status = KM_OK;

    KM_TRY(km_band_set_create(state, kpoints, &other));
    KM_TRY_TO(end,
              km_hamiltonian_set_density(other.hamiltonian, state->rho_in, unused.term_ha));
    KM_TRY_TO(end, make_solver(state, &other, &l.solver));
    KM_TRY_TO(end, km_agree(km_band_set_start(state, &other, l.solver), state->comm));
    /* solve_bands works on the state's set: lend it this one. */
    state->set = other;
    status = solve_bands(&l, FINAL_EMPTY_TOLERANCE_HA, FINAL_EMPTY_TOLERANCE_HA, FINAL_ROUNDS);
    state->set = mesh;
    KM_TRY_TO(end, status);
    gather_eigenvalues(&other, state->n_spin, state->n_band, eigenvalues);
end:
    km_eigensolver_destroy(&l.solver);
    km_band_set_destroy(&other);
    return status;
}

km_status km_ground_state_solve_points(km_ground_state *state, int n_k, const double *k_frac,
                                       double *eigenvalues_ha)
{
    km_kpoints *kpoints = NULL;

    KM_TRY(km_kpoints_create_list(n_k, k_frac, state->comm, &kpoints));
    return solve_other_points(state, kpoints, eigenvalues_ha);
}

km_status km_ground_state_extend_edges(km_ground_state *state, km_scf_result *result)
{
    km_occupation_options options = occupation_options(state);
    km_kpoints *kpoints = NULL;
    double *eigenvalues = NULL;
    const double *k_frac;
    km_status status = KM_OK;
    int n_k;

    KM_TRY(km_kpoints_create_high_symmetry(state->crystal, state->symmetry, state->comm,
                                           &kpoints));
    n_k = km_kpoints_n(kpoints);
    k_frac = km_kpoints_frac(kpoints, 0);
    KM_TRY_TO(end, KM_ALLOC(eigenvalues, n_k * state->n_spin * state->n_band));
    KM_TRY_TO(end, km_ground_state_solve_points(state, n_k, k_frac, eigenvalues));
    /* Every rank has all points: nothing is left to share. */
    options.first_spin = 0;
    KM_TRY_TO(end, km_occupation_extend_edges(n_k * state->n_spin, eigenvalues, &options,
                                              MPI_COMM_SELF, &result->occupation));
    extend_gap(state, n_k, k_frac, eigenvalues, result);
end:
    KM_FREE(eigenvalues);
    km_kpoints_destroy(&kpoints);
    return status;
}
