#include "kaimen/potential/fake_calculator.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/units.h"

#include <math.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

/* Of every atom, so that slabs have a surface energy near 1 J/m2 and levels of a common oxide. */
#define ATOM_ENERGY_HA (-10.0)
#define FACE_ENERGY_HA_BOHR2 (1.0 / KM_J_M2_PER_HA_BOHR2)
#define BULK_VBM_HA 0.1
#define BULK_CBM_HA 0.3
#define WELL_HA (-0.5)      /* mean potential of matter below the vacuum */
#define EDGE_BOHR3 1e-3     /* density at the edge of the well */
#define ATOM_WIDTH_BOHR 1.0 /* Gaussian density of an atom along the normal */
#define ATOM_ELECTRONS 4.0

#define ATOM_STIFFNESS_HA 0.3 /* against a change of its volume: about 150 GPa */

typedef struct {
    km_fake_options options;
    km_crystal *crystal; /* the last one */
    bool has_vacuum;
    int n_compute;
} fake;

/* A number in [0, 1) that depends on the structure only. FNV-1a hash. */
static double draw(const km_crystal *crystal, unsigned char salt)
{
    uint64_t hash = 14695981039346656037U ^ salt;
    int n_atom = km_crystal_n_atom(crystal);

    for (int i = 0; i < 9 + 3 * n_atom; ++i) {
        double value =
            i < 9 ? km_crystal_cell_bohr(crystal)[i] : km_crystal_frac(crystal)[i - 9] + 100;

        hash = (hash ^ (uint64_t)llround(1e4 * fabs(value))) * 1099511628211U;
    }
    for (int ia = 0; ia < n_atom; ++ia)
        hash = (hash ^ (uint64_t)km_crystal_z(crystal)[ia]) * 1099511628211U;
    hash ^= hash >> 29; /* the low bits of FNV mix badly upwards */
    hash *= 0xbf58476d1ce4e5b9U;
    return (double)(hash >> 11) * 0x1p-53;
}

/* Sleep in small steps, so that a stop or the limit ends it. */
static km_outcome wait(const fake *f, const km_request *request)
{
    const struct timespec step = {.tv_nsec = 1000000};
    struct timespec since, now;
    double passed_s = 0;

    clock_gettime(CLOCK_MONOTONIC, &since);
    while (passed_s < f->options.sleep_s) {
        if (request->stop && *request->stop) return KM_OUTCOME_STOPPED;
        if (request->time_limit_s > 0 && passed_s > request->time_limit_s)
            return KM_OUTCOME_TIMEOUT;
        nanosleep(&step, NULL);
        clock_gettime(CLOCK_MONOTONIC, &now);
        passed_s =
            (double)(now.tv_sec - since.tv_sec) + 1e-9 * (double)(now.tv_nsec - since.tv_nsec);
    }
    return KM_OUTCOME_CONVERGED;
}

static double face_area_bohr2(const km_crystal *crystal)
{
    const double *a = km_crystal_cell_bohr(crystal), *b = a + 3;
    double n[3] = {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2],
                   a[0] * b[1] - a[1] * b[0]};

    return sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
}

/* By how much a bulk crystal is too large, relative to the volume it wants. */
static double excess_volume(const fake *f, const km_crystal *crystal)
{
    const double wanted = f->options.atom_volume_bohr3 * km_crystal_n_atom(crystal);

    return wanted > 0 ? km_crystal_volume_bohr3(crystal) / wanted - 1 : 0;
}

static void fill(const fake *f, const km_crystal *crystal, const km_request *request,
                 km_calculation *result)
{
    double level_ha = request->vacuum_axis >= 0 ? WELL_HA : 0;
    int n_atom = km_crystal_n_atom(crystal);

    result->energy_ha = ATOM_ENERGY_HA * n_atom;
    if (request->vacuum_axis >= 0)
        result->energy_ha +=
            2 * face_area_bohr2(crystal) * FACE_ENERGY_HA_BOHR2 * (1 + 0.1 * draw(crystal, 1));
    else
        result->energy_ha +=
            0.5 * ATOM_STIFFNESS_HA * n_atom * pow(excess_volume(f, crystal), 2);
    result->free_energy_ha = result->energy_ha;
    result->has_bands = true;
    result->vbm_ha = level_ha + BULK_VBM_HA;
    result->cbm_ha = level_ha + BULK_CBM_HA;
    result->gap_direct_ha = result->cbm_ha - result->vbm_ha;
    result->fermi_ha = 0.5 * (result->vbm_ha + result->cbm_ha);
    result->n_electron = ATOM_ELECTRONS * n_atom;
    result->n_plane_wave = 100L * n_atom;
    result->basis_filling = 1;
    result->n_k = 1;
    result->n_band = 2 * n_atom;
    result->effort.n_iteration = 1;
    result->is_real = true;
}

static km_status keep(fake *f, const km_crystal *crystal, const km_request *request)
{
    km_crystal_destroy(&f->crystal);
    KM_TRY(km_crystal_copy(crystal, &f->crystal));
    f->has_vacuum = request->vacuum_axis >= 0;
    ++f->n_compute;
    return KM_OK;
}

/* One rank decides how long it takes and how it ends; the others hear of it. */
static km_status fake_compute(void *self, const km_crystal *crystal, const km_request *request,
                              MPI_Comm comm, km_calculation *result)
{
    fake *f = self;
    int rank, outcome;

    MPI_Comm_rank(comm, &rank);
    KM_TRY(keep(f, crystal, request));
    if (km_crystal_n_atom(crystal) == f->options.crash_n_atom) raise(SIGKILL);
    outcome = rank == 0 ? (int)wait(f, request) : 0;
    MPI_Bcast(&outcome, 1, MPI_INT, 0, comm);
    fill(f, crystal, request, result);
    result->outcome = (km_outcome)outcome;
    result->time_s = f->options.sleep_s;
    if (result->outcome != KM_OUTCOME_CONVERGED) return KM_OK;
    KM_TRY(KM_CHECK(draw(crystal, 2) >= f->options.fail_fraction, KM_E_NUMERIC,
                    "this crystal was drawn to fail"));
    if (draw(crystal, 3) < f->options.unconverged_fraction) {
        result->outcome = KM_OUTCOME_NOT_CONVERGED;
        snprintf(result->reason, sizeof result->reason,
                 "this crystal was drawn not to converge");
    }
    return KM_OK;
}

static km_status fake_forces(void *self, double *forces_ha_bohr)
{
    const fake *f = self;

    memset(forces_ha_bohr, 0, sizeof(double) * 3 * (size_t)km_crystal_n_atom(f->crystal));
    return KM_OK;
}

/* dE/dOmega of a bulk; slabs have none. */
static km_status fake_stress(void *self, double stress_ha_bohr3[9])
{
    const fake *f = self;

    memset(stress_ha_bohr3, 0, 9 * sizeof *stress_ha_bohr3);
    if (f->has_vacuum || !(f->options.atom_volume_bohr3 > 0)) return KM_OK;
    for (int x = 0; x < 3; ++x)
        stress_ha_bohr3[4 * x] =
            ATOM_STIFFNESS_HA * excess_volume(f, f->crystal) / f->options.atom_volume_bohr3;
    return KM_OK;
}

/* Planar density of Gaussians at the atoms' heights, with their periodic images. */
static double density_at(const fake *f, int axis, double place, double length_bohr)
{
    double sum = 0, volume = km_crystal_volume_bohr3(f->crystal);

    for (int ia = 0; ia < km_crystal_n_atom(f->crystal); ++ia) {
        double d = place - km_crystal_frac(f->crystal)[3 * ia + axis];
        double x = (d - round(d)) * length_bohr / ATOM_WIDTH_BOHR;

        sum += ATOM_ELECTRONS * exp(-0.5 * x * x) / (sqrt(2 * KM_PI) * ATOM_WIDTH_BOHR);
    }
    return sum * length_bohr / volume;
}

static double axis_length_bohr(const km_crystal *crystal, int axis)
{
    const double *a = km_crystal_cell_bohr(crystal) + 3 * axis;

    return sqrt(a[0] * a[0] + a[1] * a[1] + a[2] * a[2]);
}

static km_status fake_density(void *self, int axis, int n_plane, double *density_bohr3)
{
    const fake *f = self;
    double length_bohr = axis_length_bohr(f->crystal, axis);

    for (int i = 0; i < n_plane; ++i)
        density_bohr3[i] = density_at(f, axis, (double)i / n_plane, length_bohr);
    return KM_OK;
}

/* A well where there is density; a cosine of the asked height in the vacuum. */
static km_status fake_potential(void *self, int axis, int n_plane, double *v_ha)
{
    const fake *f = self;
    double length_bohr = axis_length_bohr(f->crystal, axis);

    for (int i = 0; i < n_plane; ++i) {
        double matter = density_at(f, axis, (double)i / n_plane, length_bohr) / EDGE_BOHR3;

        v_ha[i] = f->has_vacuum ? WELL_HA * (1 - exp(-matter * matter)) : 0;
        if (f->has_vacuum)
            v_ha[i] += 0.5 * f->options.flatness_ha * cos(2 * KM_PI * 20 * i / n_plane);
    }
    return KM_OK;
}

static km_status fake_estimate(void *self, const km_crystal *crystal, const km_request *request,
                               km_estimate *estimate)
{
    const fake *f = self;

    *estimate = (km_estimate){0};
    fill(f, crystal, request, &estimate->size);
    estimate->size.time_s = f->options.sleep_s;
    return KM_OK;
}

static km_status fake_write(void *self, km_h5 *group)
{
    const fake *f = self;

    return km_h5_write_int(group, "n_compute", f->n_compute);
}

static void fake_destroy(void *self)
{
    fake *f = self;

    km_crystal_destroy(&f->crystal);
    KM_FREE(f);
}

km_status km_fake_calculator_create(const km_fake_options *options, km_calculator **calculator)
{
    static const km_calculator_class functions = {.name = "fake",
                                                  .compute = fake_compute,
                                                  .forces = fake_forces,
                                                  .stress = fake_stress,
                                                  .planar_potential = fake_potential,
                                                  .planar_density = fake_density,
                                                  .estimate = fake_estimate,
                                                  .write = fake_write,
                                                  .destroy = fake_destroy};
    fake *f = NULL;
    km_status status;

    *calculator = NULL;
    KM_TRY(KM_ALLOC(f, 1));
    f->options = *options;
    KM_TRY_TO(fail, km_calculator_create(&functions, f, calculator));
    return KM_OK;
fail:
    KM_FREE(f);
    return status;
}
