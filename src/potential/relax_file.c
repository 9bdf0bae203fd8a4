/* Trajectory and checkpoint of a relaxation in HDF5. */
#include "potential/relax_state.h"

#include "kaimen/base/file.h"
#include "kaimen/base/log.h"
#include "kaimen/base/memory.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

/* Columns of the record, all kept as numbers. */
#define N_COLUMN 9

static const struct {
    const char *name, *unit;
} columns[N_COLUMN] = {
    {"energy", "Ha"},         {"free_energy", "Ha"}, {"max_force", "Ha/bohr"},
    {"longest_move", "bohr"}, {"is_accepted", ""},   {"scf_iterations", ""},
    {"n_h_apply", ""},        {"time", "s"},         {"max_stress", "Ha/bohr^3"}};

static void step_to_row(const km_relax_step *step, double row[N_COLUMN])
{
    row[0] = step->energy_ha;
    row[1] = step->free_energy_ha;
    row[2] = step->max_force_ha_bohr;
    row[3] = step->move_bohr;
    row[4] = step->is_accepted;
    row[5] = step->n_iteration;
    row[6] = (double)step->n_h_apply;
    row[7] = step->time_s;
    row[8] = step->max_stress_ha_bohr3;
}

static km_relax_step row_to_step(const double row[N_COLUMN])
{
    return (km_relax_step){.energy_ha = row[0],
                           .free_energy_ha = row[1],
                           .max_force_ha_bohr = row[2],
                           .move_bohr = row[3],
                           .is_accepted = row[4] > 0.5,
                           .n_iteration = (int)row[5],
                           .n_h_apply = (long)row[6],
                           .time_s = row[7],
                           .max_stress_ha_bohr3 = row[8]};
}

static km_status write_frames(const km_relax *relax, km_h5 *group)
{
    const int shape[3] = {relax->record.n, relax->n_atom, 3};
    const int cell_shape[3] = {relax->record.n, 3, 3};

    KM_TRY(km_h5_write_doubles(group, "positions_frac", "", 3, shape, relax->record.frac));
    KM_TRY(km_h5_write_doubles(group, "forces", "Ha/bohr", 3, shape, relax->record.force));
    KM_TRY(km_h5_write_doubles(group, "cell", "bohr", 3, cell_shape, relax->record.cell));
    if (!relax->options.cell) return KM_OK;
    return km_h5_write_doubles(group, "stress", "Ha/bohr^3", 3, cell_shape,
                               relax->record.stress);
}

km_status km_relax_write_steps(const km_relax *relax, km_h5 *group)
{
    const int n = relax->record.n;
    double *column = NULL, row[N_COLUMN];
    km_status status = KM_OK;

    KM_TRY(KM_ALLOC(column, n));
    for (int c = 0; c < N_COLUMN; ++c) {
        for (int i = 0; i < n; ++i) {
            step_to_row(relax->record.step + i, row);
            column[i] = row[c];
        }
        KM_TRY_TO(end,
                  km_h5_write_doubles(group, columns[c].name, columns[c].unit, 1, &n, column));
    }
end:
    KM_FREE(column);
    return status;
}

km_status km_relax_write(const km_relax *relax, km_h5 *group)
{
    KM_TRY(km_relax_write_steps(relax, group));
    return write_frames(relax, group);
}

static km_status read_frames(km_relax *relax, km_h5 *file, int n)
{
    const int n_place = 3 * n * relax->n_atom;

    KM_TRY(km_h5_read_doubles(file, "positions_frac", n_place, relax->record.frac));
    KM_TRY(km_h5_read_doubles(file, "forces", n_place, relax->record.force));
    KM_TRY(km_h5_read_doubles(file, "cell", 9 * n, relax->record.cell));
    if (!relax->options.cell) return KM_OK;
    return km_h5_read_doubles(file, "stress", 9 * n, relax->record.stress);
}

/* The record, as far as it fits: a larger max_step may resume, a smaller one too. */
static km_status read_record(km_relax *relax, km_h5 *file)
{
    int n_dim, shape[4];
    double *column = NULL, *table = NULL;
    km_status status = KM_OK;

    KM_TRY(km_h5_shape(file, "energy", &n_dim, shape));
    KM_TRY(KM_CHECK(shape[0] >= 1 && shape[0] <= relax->options.max_step + 1, KM_E_IO,
                    "%d steps are stored, at most %d are wanted", shape[0],
                    relax->options.max_step + 1));
    KM_TRY(KM_ALLOC(column, shape[0]));
    KM_TRY_TO(end, KM_ALLOC(table, shape[0] * N_COLUMN));
    for (int c = 0; c < N_COLUMN; ++c) {
        KM_TRY_TO(end, km_h5_read_doubles(file, columns[c].name, shape[0], column));
        for (int i = 0; i < shape[0]; ++i) table[i * N_COLUMN + c] = column[i];
    }
    KM_TRY_TO(end, read_frames(relax, file, shape[0]));
    for (int i = 0; i < shape[0]; ++i) {
        relax->record.step[i] = row_to_step(table + i * N_COLUMN);
        if (relax->record.step[i].is_accepted) relax->record.i_accepted = i;
    }
    relax->record.n = shape[0];
end:
    KM_FREE(column);
    KM_FREE(table);
    return status;
}

/* What must be the same for a checkpoint to be of this relaxation. */
static int describe_start(const km_relax *relax, double *values)
{
    const int n_place = 3 * relax->n_atom;
    int n = 9 + n_place;

    memcpy(values, km_crystal_cell_bohr(relax->start), 9 * sizeof *values);
    memcpy(values + 9, km_crystal_frac(relax->start), sizeof *values * (size_t)n_place);
    for (int a = 0; a < relax->n_atom; ++a) {
        values[n++] = km_crystal_z(relax->start)[a];
        values[n++] = relax->frozen[a];
    }
    values[n++] = relax->options.cell + relax->options.keep_plane + relax->options.keep_shift;
    values[n++] = relax->options.cell ? relax->options.pressure_ha_bohr3 : 0;
    return n;
}

static int start_size(const km_relax *relax)
{
    return 11 + 5 * relax->n_atom;
}

static const char *identity(const km_relax *relax)
{
    return relax->options.identity ? relax->options.identity : "";
}

static km_status write_start(const km_relax *relax, km_h5 *file)
{
    const int n = start_size(relax);
    double *start = NULL;
    km_status status = KM_OK;

    KM_TRY(KM_ALLOC(start, n));
    describe_start(relax, start);
    KM_TRY_TO(end, km_h5_write_doubles(file, "start", "", 1, &n, start));
    status = km_h5_write_text(file, "identity", identity(relax));
end:
    KM_FREE(start);
    return status;
}

static km_status write_state(const km_relax *relax, km_h5 *file)
{
    const int n = relax->n, n_cell = 9;

    KM_TRY(write_start(relax, file));
    KM_TRY(km_h5_write_doubles(file, "accepted", "bohr", 1, &n, relax->now.x));
    KM_TRY(km_h5_write_doubles(file, "gradient", "Ha/bohr", 1, &n, relax->now.gradient));
    KM_TRY(km_h5_write_double(file, "accepted_value", "Ha", relax->value_ha));
    KM_TRY(km_h5_write_double(file, "basis_slope", "Ha", relax->basis_slope_ha));
    KM_TRY(km_h5_write_doubles(file, "basis_cell", "bohr", 1, &n_cell, relax->basis_cell));
    KM_TRY(km_h5_write_double(file, "basis_excess", "", relax->basis_excess));
    KM_TRY(km_h5_write_double(file, "trust", "", relax->trust));
    KM_TRY(km_h5_write_int(file, "n_rejected", relax->n_rejected));
    KM_TRY(km_lbfgs_write(relax->lbfgs, file));
    return km_relax_write(relax, file);
}

km_status km_relax_save(const km_relax *relax)
{
    km_h5 *file;
    void *image = NULL;
    size_t n_byte;
    km_status status;

    KM_TRY(km_h5_create_image(&file));
    KM_TRY_TO(end, write_state(relax, file));
    KM_TRY_TO(end, km_h5_copy_image(file, &image, &n_byte));
    status = km_file_write_bytes(relax->options.checkpoint, image, n_byte);
end:
    km_h5_close(&file);
    KM_FREE(image);
    return status;
}

static km_status check_start(const km_relax *relax, km_h5 *file)
{
    const int n = start_size(relax);
    double *stored = NULL, *wanted = NULL;
    char text[KM_RELAX_IDENTITY_SIZE];
    km_status status = KM_OK;

    KM_TRY_TO(end, KM_ALLOC(stored, n));
    KM_TRY_TO(end, KM_ALLOC(wanted, n));
    KM_TRY_TO(end, km_h5_read_doubles(file, "start", n, stored));
    describe_start(relax, wanted);
    KM_TRY_TO(end, KM_CHECK(memcmp(stored, wanted, sizeof *stored * (size_t)n) == 0, KM_E_INPUT,
                            "it belongs to another crystal or other frozen atoms"));
    KM_TRY_TO(end, km_h5_read_text(file, "identity", sizeof text, text));
    status =
        KM_CHECK(strcmp(text, identity(relax)) == 0, KM_E_INPUT, "it belongs to other options");
end:
    KM_FREE(stored);
    KM_FREE(wanted);
    return status;
}

static km_status read_state(km_relax *relax, km_h5 *file)
{
    km_crystal *crystal = relax->now.crystal;
    long n_rejected;

    KM_TRY(check_start(relax, file));
    KM_TRY(km_h5_read_doubles(file, "accepted", relax->n, relax->now.x));
    KM_TRY(km_h5_read_doubles(file, "gradient", relax->n, relax->now.gradient));
    KM_TRY(km_h5_read_double(file, "accepted_value", &relax->value_ha));
    KM_TRY(km_h5_read_double(file, "basis_slope", &relax->basis_slope_ha));
    KM_TRY(km_h5_read_doubles(file, "basis_cell", 9, relax->basis_cell));
    KM_TRY(km_h5_read_double(file, "basis_excess", &relax->basis_excess));
    KM_TRY(km_h5_read_double(file, "trust", &relax->trust));
    KM_TRY(km_h5_read_int(file, "n_rejected", &n_rejected));
    KM_TRY(km_lbfgs_read(relax->lbfgs, file));
    KM_TRY(read_record(relax, file));
    relax->n_rejected = (int)n_rejected;
    relax->is_new_basis = false;
    memcpy(relax->trial.x, relax->now.x, sizeof *relax->now.x * (size_t)relax->n);
    KM_TRY(km_relax_place(relax));
    relax->now.crystal = relax->trial.crystal;
    relax->trial.crystal = crystal;
    return KM_OK;
}

/* The start again, whatever was read. */
static km_status forget(km_relax *relax)
{
    const size_t n = sizeof *relax->now.x * (size_t)relax->n;

    relax->record.n = relax->n_rejected = relax->record.i_accepted = 0;
    relax->trust = 1;
    km_relax_begin_basis(relax);
    memset(relax->now.x, 0, n);
    memset(relax->trial.x, 0, n);
    km_lbfgs_clear(relax->lbfgs);
    km_crystal_destroy(&relax->now.crystal);
    KM_TRY(km_relax_place(relax));
    return km_crystal_copy(relax->start, &relax->now.crystal);
}

static km_status read_image(km_relax *relax, const void *image, size_t n_byte)
{
    km_h5 *file;
    km_status status;

    KM_TRY(km_h5_open_image(image, n_byte, &file));
    status = read_state(relax, file);
    km_h5_close(&file);
    return status;
}

/* The bytes of the file on every rank; none where it does not exist or cannot be read. */
static km_status share_file(const char *path, MPI_Comm comm, void **image, size_t *n_byte)
{
    unsigned long n = 0;
    char *bytes = NULL;
    int rank;

    MPI_Comm_rank(comm, &rank);
    if (rank == 0 && access(path, F_OK) == 0 &&
        km_file_read_bytes(path, (void **)&bytes, n_byte) == KM_OK)
        n = *n_byte;
    MPI_Bcast(&n, 1, MPI_UNSIGNED_LONG, 0, comm);
    *n_byte = n;
    if (rank != 0) KM_TRY(KM_ALLOC(bytes, n));
    MPI_Bcast(bytes, (int)n, MPI_BYTE, 0, comm);
    *image = bytes;
    return KM_OK;
}

km_status km_relax_load(km_relax *relax, MPI_Comm comm)
{
    void *image = NULL;
    size_t n_byte = 0;
    km_status status = KM_OK;

    KM_TRY(km_agree(share_file(relax->options.checkpoint, comm, &image, &n_byte), comm));
    if (n_byte > 0) {
        status = km_agree(read_image(relax, image, n_byte), comm);
        if (status != KM_OK) {
            km_log(KM_LOG_WARN, "%s is not used: %s", relax->options.checkpoint,
                   km_status_message());
            status = km_agree(forget(relax), comm);
        }
    }
    KM_FREE(image);
    return status;
}
