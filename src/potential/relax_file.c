/* Trajectory and checkpoint of a relaxation in HDF5. */
#include "potential/relax_state.h"

#include "kaimen/base/file.h"
#include "kaimen/base/log.h"
#include "kaimen/base/memory.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

/* Columns of the record, all kept as numbers. */
#define N_COLUMN 8

static const struct {
    const char *name, *unit;
} columns[N_COLUMN] = {{"energy", "Ha"},         {"free_energy", "Ha"},
                       {"max_force", "Ha/bohr"}, {"longest_move", "bohr"},
                       {"is_accepted", ""},      {"scf_iterations", ""},
                       {"n_h_apply", ""},        {"time", "s"}};

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
                           .time_s = row[7]};
}

km_status km_relax_write(const km_relax *relax, km_h5 *group)
{
    const int n = relax->n_record, shape[3] = {n, relax->n / 3, 3};
    double *column = NULL, row[N_COLUMN];
    km_status status = KM_OK;

    KM_TRY(KM_ALLOC(column, n));
    for (int c = 0; c < N_COLUMN; ++c) {
        for (int i = 0; i < n; ++i) {
            step_to_row(relax->step + i, row);
            column[i] = row[c];
        }
        KM_TRY_TO(end, km_h5_write_doubles(group, columns[c].name, columns[c].unit, 1, shape,
                                           column));
    }
    KM_TRY_TO(end,
              km_h5_write_doubles(group, "positions_frac", "", 3, shape, relax->frame_frac));
end:
    KM_FREE(column);
    return status;
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
    KM_TRY_TO(end, km_h5_read_doubles(file, "positions_frac", shape[0] * relax->n,
                                      relax->frame_frac));
    for (int i = 0; i < shape[0]; ++i) relax->step[i] = row_to_step(table + i * N_COLUMN);
    relax->n_record = shape[0];
end:
    KM_FREE(column);
    KM_FREE(table);
    return status;
}

/* What must be the same for a checkpoint to be of this relaxation. */
static void describe_start(const km_relax *relax, double *values)
{
    const int n_atom = relax->n / 3;

    memcpy(values, km_crystal_cell_bohr(relax->start), 9 * sizeof *values);
    memcpy(values + 9, km_crystal_frac(relax->start), sizeof *values * (size_t)relax->n);
    for (int a = 0; a < n_atom; ++a) {
        values[9 + relax->n + 2 * a] = km_crystal_z(relax->start)[a];
        values[9 + relax->n + 2 * a + 1] = relax->frozen[a];
    }
}

static km_status write_state(const km_relax *relax, km_h5 *file)
{
    const int shape[2] = {relax->n / 3, 3}, n_start = 9 + relax->n / 3 * 5;
    double *start = NULL;
    km_status status = KM_OK;

    KM_TRY(KM_ALLOC(start, n_start));
    describe_start(relax, start);
    KM_TRY_TO(end, km_h5_write_doubles(file, "start", "", 1, &n_start, start));
    KM_TRY_TO(end, km_h5_write_doubles(file, "accepted_frac", "", 2, shape,
                                       km_crystal_frac(relax->crystal)));
    KM_TRY_TO(end, km_h5_write_doubles(file, "gradient", "Ha/bohr", 2, shape, relax->gradient));
    KM_TRY_TO(end,
              km_h5_write_double(file, "accepted_free_energy", "Ha", relax->free_energy_ha));
    KM_TRY_TO(end, km_h5_write_double(file, "trust_radius", "bohr", relax->limit_bohr));
    KM_TRY_TO(end, km_h5_write_int(file, "n_rejected", relax->n_rejected));
    KM_TRY_TO(end, km_lbfgs_write(relax->lbfgs, file));
    status = km_relax_write(relax, file);
end:
    KM_FREE(start);
    return status;
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
    const int n = 9 + relax->n / 3 * 5;
    double *stored = NULL, *wanted = NULL;
    km_status status = KM_OK;

    KM_TRY_TO(end, KM_ALLOC(stored, n));
    KM_TRY_TO(end, KM_ALLOC(wanted, n));
    KM_TRY_TO(end, km_h5_read_doubles(file, "start", n, stored));
    describe_start(relax, wanted);
    status = KM_CHECK(memcmp(stored, wanted, sizeof *stored * (size_t)n) == 0, KM_E_INPUT,
                      "it belongs to another crystal or other frozen atoms");
end:
    KM_FREE(stored);
    KM_FREE(wanted);
    return status;
}

static km_status read_state(km_relax *relax, km_h5 *file)
{
    long n_rejected;

    KM_TRY(check_start(relax, file));
    KM_TRY(km_h5_read_doubles(file, "accepted_frac", relax->n, relax->change));
    KM_TRY(km_h5_read_doubles(file, "gradient", relax->n, relax->gradient));
    KM_TRY(km_h5_read_double(file, "accepted_free_energy", &relax->free_energy_ha));
    KM_TRY(km_h5_read_double(file, "trust_radius", &relax->limit_bohr));
    KM_TRY(km_h5_read_int(file, "n_rejected", &n_rejected));
    KM_TRY(km_lbfgs_read(relax->lbfgs, file));
    KM_TRY(read_record(relax, file));
    relax->n_rejected = (int)n_rejected;
    km_crystal_move(relax->crystal, relax->change);
    return KM_OK;
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
    km_status status;

    KM_TRY(km_agree(share_file(relax->options.checkpoint, comm, &image, &n_byte), comm));
    if (n_byte > 0) {
        status = km_agree(read_image(relax, image, n_byte), comm);
        if (status != KM_OK) {
            km_log(KM_LOG_WARN, "%s is not used: %s", relax->options.checkpoint,
                   km_status_message());
            relax->n_record = relax->n_rejected = 0;
            relax->limit_bohr = relax->options.step_limit_bohr;
            km_lbfgs_clear(relax->lbfgs);
            km_crystal_move(relax->crystal, km_crystal_frac(relax->start));
        }
    }
    KM_FREE(image);
    return KM_OK;
}
