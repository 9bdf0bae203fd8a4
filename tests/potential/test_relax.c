/* np: 1 3 */
#include "support.h"

#include "kaimen/base/h5.h"
#include "kaimen/base/rng.h"
#include "kaimen/crystal/symmetry.h"
#include "kaimen/potential/relax.h"
#include "model_calculator.h"

#include <unistd.h>

#define N_CELL 2 /* cubic cells along each axis */
#define N_ATOM (4 * N_CELL * N_CELL * N_CELL)
static const double LATTICE_BOHR =
    6.86; /* of the fcc crystal: near the minimum of the pair potential */
static const double TOLERANCE_HA_BOHR = 1e-5;
/* Rounding of some ten steps. */
static const double SYMMETRIC = 1e-10;

/* An fcc crystal of argon whose atoms are moved by up to rattle_bohr; a gap of vacuum_bohr along c. */
static km_crystal *make_fcc(double rattle_bohr, double vacuum_bohr)
{
    static const double base[4][3] = {{0, 0, 0}, {0.5, 0.5, 0}, {0.5, 0, 0.5}, {0, 0.5, 0.5}};
    const double a = N_CELL * LATTICE_BOHR, c = a + vacuum_bohr;
    const double cell[9] = {a, 0, 0, 0, a, 0, 0, 0, c};
    double frac[3 * N_ATOM];
    int z[N_ATOM], n = 0;
    km_crystal *crystal;
    km_rng rng = km_rng_start(7, 1);

    for (int i = 0; i < N_CELL * N_CELL * N_CELL; ++i)
        for (int b = 0; b < 4; ++b, ++n) {
            const int at[3] = {i % N_CELL, i / N_CELL % N_CELL, i / N_CELL / N_CELL};

            z[n] = 18;
            for (int x = 0; x < 3; ++x)
                frac[3 * n + x] = ((at[x] + base[b][x]) * LATTICE_BOHR +
                                   rattle_bohr * (2 * km_rng_uniform(&rng) - 1)) /
                                  (x == 2 ? c : a);
        }
    ASSERT_OK(km_crystal_create(cell, n, z, frac, &crystal));
    return crystal;
}

static km_relax_result relax_with(model *m, const km_crystal *crystal,
                                  const km_relax_options *options, km_crystal **relaxed)
{
    km_request request = km_request_default();
    km_calculator *calculator = make_model(m);
    km_relax_result result;
    km_relax *relax;

    request.stop = &m->stop;
    ASSERT_OK(km_relax_create(crystal, options, &relax));
    ASSERT_OK(km_relax_run(relax, calculator, &request, MPI_COMM_WORLD, &result));
    if (relaxed) ASSERT_OK(km_crystal_copy(km_relax_crystal(relax), relaxed));
    km_relax_destroy(&relax);
    end_model(m, &calculator);
    return result;
}

static km_relax_options tight_options(void)
{
    km_relax_options options = km_relax_options_default();

    options.force_tolerance_ha_bohr = TOLERANCE_HA_BOHR;
    options.max_step = 200;
    return options;
}

static double largest(int n, const double *v)
{
    double most = 0;

    for (int i = 0; i < n; ++i) most = fmax(most, fabs(v[i]));
    return most;
}

/* Moves of the best constant multiple of the forces, found by halving it until none of them climbs. */
static int count_steepest_descent(const km_crystal *start, int at_most)
{
    const double a = N_CELL * LATTICE_BOHR;
    km_request request = km_request_default();
    model m = lennard_jones();
    km_calculator *calculator = make_model(&m);
    double frac[3 * N_ATOM], factor = 16;
    bool is_done = false;
    km_crystal *crystal;
    int n_step = 0;

    while (!is_done) {
        double before = INFINITY;

        ASSERT_OK(km_crystal_copy(start, &crystal));
        for (n_step = 0; n_step <= at_most && !is_done; ++n_step) {
            km_calculation result;

            ASSERT_OK(
                km_calculator_compute(calculator, crystal, &request, MPI_COMM_SELF, &result));
            if (result.energy_ha > before + 1e-12) break;
            before = result.energy_ha;
            is_done = largest(3 * N_ATOM, m.forces) < TOLERANCE_HA_BOHR;
            for (int i = 0; i < 3 * N_ATOM; ++i)
                frac[i] = km_crystal_frac(crystal)[i] + factor * m.forces[i] / a;
            km_crystal_move(crystal, frac);
        }
        km_crystal_destroy(&crystal);
        if (n_step > at_most) break;
        factor /= 1.3;
    }
    end_model(&m, &calculator);
    return n_step;
}

static void a_rattled_crystal_finds_its_lattice_faster_than_by_steepest_descent(void **state)
{
    const km_relax_options options = tight_options();
    km_crystal *crystal = make_fcc(0.4, 0), *ideal = make_fcc(0, 0), *relaxed;
    const int n_descent = count_steepest_descent(crystal, 300);
    model m = lennard_jones(), perfect = lennard_jones();
    km_relax_result result = relax_with(&m, crystal, &options, &relaxed);
    km_relax_result best = relax_with(&perfect, ideal, &options, NULL);

    (void)state;
    printf("moves: %d, steepest descent %d\n", result.n_step, n_descent);
    assert_int_equal(result.outcome, KM_OUTCOME_CONVERGED);
    assert_true(result.max_force_ha_bohr < TOLERANCE_HA_BOHR);
    assert_int_equal(best.n_step, 0);
    ASSERT_CLOSE(result.calculation.energy_ha, best.calculation.energy_ha, 1e-7);
    assert_true(result.start_energy_ha > best.calculation.energy_ha + 1e-3);
    assert_true(2 * result.n_step < n_descent);
    km_crystal_destroy(&crystal);
    km_crystal_destroy(&ideal);
    km_crystal_destroy(&relaxed);
}

/* How far an operation of the group misses the atoms, fractional. */
static double find_asymmetry(const km_symmetry *group, int operation, const km_crystal *crystal)
{
    const int *rotation = km_symmetry_rotation(group, operation);
    const int *map = km_symmetry_atom_map(group, operation);
    const double *frac = km_crystal_frac(crystal);
    double worst = 0;

    for (int i = 0; i < 3 * km_crystal_n_atom(crystal); ++i) {
        const int a = i / 3, x = i % 3;
        double image = km_symmetry_translation_frac(group, operation)[x];

        for (int y = 0; y < 3; ++y) image += rotation[3 * x + y] * frac[3 * a + y];
        image -= frac[3 * map[a] + x];
        worst = fmax(worst, fabs(image - round(image)));
    }
    return worst;
}

static void a_slab_keeps_its_symmetry(void **state)
{
    const km_relax_options options = tight_options();
    km_crystal *slab = make_fcc(0, 12), *relaxed;
    model m = lennard_jones();
    km_relax_result result = relax_with(&m, slab, &options, &relaxed);
    km_symmetry *group;

    (void)state;
    assert_int_equal(result.outcome, KM_OUTCOME_CONVERGED);
    assert_true(result.n_step > 0);
    ASSERT_OK(km_symmetry_create(slab, 1e-6, &group));
    assert_true(km_symmetry_n_operation(group) >= 16);
    for (int i = 0; i < km_symmetry_n_operation(group); ++i)
        ASSERT_CLOSE(find_asymmetry(group, i, relaxed), 0, SYMMETRIC);
    km_symmetry_destroy(&group);
    km_crystal_destroy(&slab);
    km_crystal_destroy(&relaxed);
}

static void frozen_planes_keep_their_place(void **state)
{
    km_relax_options options = tight_options();
    km_crystal *slab = make_fcc(0.3, 12), *relaxed;
    bool frozen[N_ATOM];
    model m = lennard_jones();
    km_relax_result result;
    double moved = 0;
    int n_frozen;

    (void)state;
    /* Four planes of eight atoms, rattled: the two in the middle, which belong together. */
    n_frozen = km_relax_mark_planes(slab, 2, 1, frozen);
    assert_true(n_frozen > 0 && n_frozen < N_ATOM);
    options.frozen = frozen;
    result = relax_with(&m, slab, &options, &relaxed);
    assert_int_equal(result.outcome, KM_OUTCOME_CONVERGED);
    for (int i = 0; i < 3 * N_ATOM; ++i) {
        double change = km_crystal_frac(relaxed)[i] - km_crystal_frac(slab)[i];

        if (frozen[i / 3]) assert_true(change == 0);
        moved = fmax(moved, fabs(change));
    }
    assert_true(moved > 1e-3);
    km_crystal_destroy(&slab);
    km_crystal_destroy(&relaxed);
}

static void planes_are_counted_from_the_middle(void **state)
{
    km_crystal *slab = make_fcc(0, 12);
    bool frozen[N_ATOM];

    (void)state;
    assert_int_equal(km_relax_mark_planes(slab, 2, 0, frozen), 0);
    assert_int_equal(km_relax_mark_planes(slab, 2, 2, frozen), N_ATOM / 2);
    for (int a = 0; a < N_ATOM; ++a) {
        double z =
            km_crystal_frac(slab)[3 * a + 2] * (N_CELL * LATTICE_BOHR + 12) / LATTICE_BOHR;

        assert_true(frozen[a] == (z > 0.25 && z < 1.25));
    }
    assert_int_equal(km_relax_mark_planes(slab, 2, 9, frozen), N_ATOM);
    km_crystal_destroy(&slab);
}

static void forces_that_climb_are_an_explosion_with_a_reason(void **state)
{
    const km_relax_options options = tight_options();
    km_crystal *crystal = make_fcc(0.4, 0);
    model m = lennard_jones();
    km_relax_result result;

    (void)state;
    m.force_sign = -1;
    result = relax_with(&m, crystal, &options, NULL);
    assert_int_equal(result.outcome, KM_OUTCOME_DIVERGED);
    assert_non_null(strstr(result.reason, "exploded"));
    km_crystal_destroy(&crystal);
}

static void an_atom_that_leaves_is_an_explosion_with_a_reason(void **state)
{
    const double cell[9] = {40, 0, 0, 0, 40, 0, 0, 0, 40}, frac[6] = {0, 0, 0, 0.06, 0, 0};
    const km_relax_options options = tight_options();
    model m = lennard_jones();
    km_crystal *crystal;
    km_relax_result result;

    (void)state;
    ASSERT_OK(km_crystal_create(cell, 2, (int[]){18, 18}, frac, &crystal));
    result = relax_with(&m, crystal, &options, NULL);
    assert_int_equal(result.outcome, KM_OUTCOME_DIVERGED);
    assert_non_null(strstr(result.reason, "nearest neighbour of atom"));
    km_crystal_destroy(&crystal);
}

static void the_step_limit_is_an_outcome(void **state)
{
    km_relax_options options = tight_options();
    km_crystal *crystal = make_fcc(0.4, 0);
    model m = lennard_jones();
    km_relax_result result;

    (void)state;
    options.max_step = 2;
    result = relax_with(&m, crystal, &options, NULL);
    assert_int_equal(result.outcome, KM_OUTCOME_NOT_CONVERGED);
    assert_int_equal(result.n_step, 2);
    assert_int_equal(result.n_compute, 3);
    assert_non_null(strstr(result.reason, "step limit"));
    km_crystal_destroy(&crystal);
}

static void an_interrupted_relaxation_goes_on_as_if_nothing_had_happened(void **state)
{
    char path[] = "/tmp/kaimen-relax-XXXXXX";
    km_relax_options options = tight_options();
    km_crystal *crystal = make_fcc(0.4, 0), *whole, *resumed;
    model m = lennard_jones(), first = lennard_jones(), second = lennard_jones();
    km_relax_result uninterrupted = relax_with(&m, crystal, &options, &whole), part, rest;
    int rank;

    (void)state;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    if (rank == 0) assert_int_equal(close(mkstemp(path)), 0);
    MPI_Bcast(path, sizeof path, MPI_CHAR, 0, MPI_COMM_WORLD);
    options.checkpoint = path;
    first.stop_after = 5;
    part = relax_with(&first, crystal, &options, NULL);
    assert_int_equal(part.outcome, KM_OUTCOME_STOPPED);
    assert_true(part.n_step < uninterrupted.n_step);
    rest = relax_with(&second, crystal, &options, &resumed);
    assert_int_equal(rest.outcome, KM_OUTCOME_CONVERGED);
    assert_int_equal(rest.n_step, uninterrupted.n_step);
    assert_int_equal(part.n_compute + rest.n_compute, uninterrupted.n_compute);
    assert_int_equal(rest.n_iteration, uninterrupted.n_iteration);
    ASSERT_CLOSE(rest.start_energy_ha, uninterrupted.start_energy_ha, 0);
    for (int i = 0; i < 3 * N_ATOM; ++i)
        ASSERT_CLOSE(km_crystal_frac(resumed)[i], km_crystal_frac(whole)[i], 1e-12);
    MPI_Barrier(MPI_COMM_WORLD);
    if (rank == 0) unlink(path);
    km_crystal_destroy(&crystal);
    km_crystal_destroy(&whole);
    km_crystal_destroy(&resumed);
}

static void a_finished_checkpoint_only_needs_the_last_crystal_again(void **state)
{
    char path[] = "/tmp/kaimen-relax-XXXXXX";
    km_relax_options options = tight_options();
    km_crystal *crystal = make_fcc(0.1, 0), *other = make_fcc(0.2, 0);
    model m = lennard_jones(), again = lennard_jones(), foreign = lennard_jones();
    km_relax_result result, repeated;
    int rank;

    (void)state;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    if (rank == 0) assert_int_equal(close(mkstemp(path)), 0);
    MPI_Bcast(path, sizeof path, MPI_CHAR, 0, MPI_COMM_WORLD);
    options.checkpoint = path;
    result = relax_with(&m, crystal, &options, NULL);
    repeated = relax_with(&again, crystal, &options, NULL);
    assert_int_equal(repeated.n_compute, 1);
    ASSERT_CLOSE(repeated.calculation.energy_ha, result.calculation.energy_ha, 1e-12);
    /* A checkpoint of another start is not used. */
    repeated = relax_with(&foreign, other, &options, NULL);
    assert_int_equal(repeated.n_compute, repeated.n_step + 1);
    MPI_Barrier(MPI_COMM_WORLD);
    if (rank == 0) unlink(path);
    km_crystal_destroy(&crystal);
    km_crystal_destroy(&other);
}

static void the_trajectory_is_written(void **state)
{
    const km_relax_options options = tight_options();
    km_crystal *crystal = make_fcc(0.1, 0);
    km_request request = km_request_default();
    model m = lennard_jones();
    km_calculator *calculator = make_model(&m);
    double energy_ha[256];
    km_relax_result result;
    km_relax *relax;
    km_h5 *file;
    int n_dim, shape[4];

    (void)state;
    ASSERT_OK(km_relax_create(crystal, &options, &relax));
    ASSERT_OK(km_relax_run(relax, calculator, &request, MPI_COMM_WORLD, &result));
    ASSERT_OK(km_h5_create_image(&file));
    ASSERT_OK(km_relax_write(relax, file));
    ASSERT_OK(km_h5_shape(file, "positions_frac", &n_dim, shape));
    assert_int_equal(n_dim, 3);
    assert_int_equal(shape[0], result.n_step + 1);
    assert_int_equal(shape[1], N_ATOM);
    ASSERT_OK(km_h5_read_doubles(file, "energy", shape[0], energy_ha));
    assert_true(energy_ha[shape[0] - 1] < energy_ha[0]);
    km_h5_close(&file);
    km_relax_destroy(&relax);
    end_model(&m, &calculator);
    km_crystal_destroy(&crystal);
}

static void options_out_of_range_are_refused(void **state)
{
    km_relax_options options = km_relax_options_default();
    km_crystal *crystal = make_fcc(0, 0);
    km_relax *relax;

    (void)state;
    options.force_tolerance_ha_bohr = 0;
    assert_int_equal(km_relax_create(crystal, &options, &relax), KM_E_ARGUMENT);
    assert_null(relax);
    km_crystal_destroy(&crystal);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_rattled_crystal_finds_its_lattice_faster_than_by_steepest_descent),
    cmocka_unit_test(a_slab_keeps_its_symmetry),
    cmocka_unit_test(frozen_planes_keep_their_place),
    cmocka_unit_test(planes_are_counted_from_the_middle),
    cmocka_unit_test(forces_that_climb_are_an_explosion_with_a_reason),
    cmocka_unit_test(an_atom_that_leaves_is_an_explosion_with_a_reason),
    cmocka_unit_test(the_step_limit_is_an_outcome),
    cmocka_unit_test(an_interrupted_relaxation_goes_on_as_if_nothing_had_happened),
    cmocka_unit_test(a_finished_checkpoint_only_needs_the_last_crystal_again),
    cmocka_unit_test(the_trajectory_is_written),
    cmocka_unit_test(options_out_of_range_are_refused),
};

KM_TEST_MAIN(tests)
