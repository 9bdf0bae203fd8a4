#include "kaimen/dft/basis.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/units.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

struct km_basis {
    double k_frac[3];
    bool is_paired;
    MPI_Comm comm; /* borrowed */
    int n_rank;
    int first, n_own; /* slice of this rank */
    int n_g;
    int n_column;
    int *miller;        /* [n_g][3] */
    double *q_cart;     /* [n_g][3] */
    double *kinetic_ha; /* [n_g] */
    km_column *column;  /* [n_column] */
};

/* Rounding must not decide whether a plane wave on the sphere's surface belongs to it. */
static const double SPHERE_MARGIN = 1e-9;

/* Integer coordinates that a vector within the sphere can have along an axis: centre -k, half-width |a| q / 2 pi. */
static void coordinate_range(const km_crystal *crystal, const double *k_frac, double q_max,
                             int axis, int *least, int *most)
{
    const double *a = km_crystal_cell_bohr(crystal) + 3 * axis;
    double reach = sqrt(a[0] * a[0] + a[1] * a[1] + a[2] * a[2]) * q_max / (2 * KM_PI);

    *least = (int)ceil(-k_frac[axis] - reach - SPHERE_MARGIN);
    *most = (int)floor(-k_frac[axis] + reach + SPHERE_MARGIN);
}

static void q_vector(const double *b, const double *k, const int m[3], double q[3])
{
    for (int x = 0; x < 3; ++x)
        q[x] = (k[0] + m[0]) * b[x] + (k[1] + m[1]) * b[3 + x] + (k[2] + m[2]) * b[6 + x];
}

static void add_plane_wave(km_basis *basis, const int m[3], const double q[3],
                           double kinetic_ha)
{
    const int ig = basis->n_g;
    km_column *last = basis->column + basis->n_column - 1;

    memcpy(basis->miller + 3 * ig, m, 3 * sizeof *m);
    memcpy(basis->q_cart + 3 * ig, q, 3 * sizeof *q);
    basis->kinetic_ha[ig] = kinetic_ha;
    if (basis->n_column == 0 || last->m0 != m[0] || last->m1 != m[1]) {
        last = basis->column + basis->n_column++;
        *last = (km_column){.m0 = m[0], .m1 = m[1], .m2_first = m[2], .first = ig};
    }
    ++last->n;
    ++basis->n_g;
}

/* Count the plane waves or, once there is room for them, store them. */
static int visit_sphere(km_basis *basis, const km_crystal *crystal, double ecut_ha, bool store)
{
    const double *b = km_crystal_reciprocal_bohr(crystal);
    const double q_max = sqrt(2 * ecut_ha);
    int least[3], most[3], m[3], n = 0;

    for (int axis = 0; axis < 3; ++axis)
        coordinate_range(crystal, basis->k_frac, q_max, axis, least + axis, most + axis);
    for (m[0] = least[0]; m[0] <= most[0]; ++m[0])
        for (m[1] = least[1]; m[1] <= most[1]; ++m[1])
            for (m[2] = least[2]; m[2] <= most[2]; ++m[2]) {
                double q[3], kinetic_ha;

                q_vector(b, basis->k_frac, m, q);
                kinetic_ha = (q[0] * q[0] + q[1] * q[1] + q[2] * q[2]) / 2;
                if (kinetic_ha > ecut_ha * (1 + SPHERE_MARGIN)) continue;
                if (store) add_plane_wave(basis, m, q, kinetic_ha);
                ++n;
            }
    return n;
}

static void take_slice(km_basis *basis, MPI_Comm comm)
{
    int rank;

    basis->comm = comm;
    MPI_Comm_size(comm, &basis->n_rank);
    MPI_Comm_rank(comm, &rank);
    basis->first = km_basis_slice(basis, rank);
    basis->n_own = km_basis_slice(basis, rank + 1) - basis->first;
}

km_status km_basis_create(const km_crystal *crystal, const double k_frac[3], double ecut_ha,
                          MPI_Comm comm, km_basis **out)
{
    km_basis *basis = NULL;
    km_status status = KM_OK;
    int n_g;

    *out = NULL;
    KM_TRY(KM_CHECK(ecut_ha > 0, KM_E_ARGUMENT, "ecut_ha = %g must be positive", ecut_ha));
    KM_TRY(KM_ALLOC(basis, 1));
    memcpy(basis->k_frac, k_frac, sizeof basis->k_frac);
    n_g = visit_sphere(basis, crystal, ecut_ha, false);
    KM_TRY_TO(fail, KM_CHECK(n_g > 0, KM_E_ARGUMENT,
                             "ecut = %g Ha holds no plane wave at k = (%g, %g, %g)", ecut_ha,
                             k_frac[0], k_frac[1], k_frac[2]));
    KM_TRY_TO(fail, KM_RESERVE(basis->miller, 3 * n_g));
    KM_TRY_TO(fail, KM_RESERVE(basis->q_cart, 3 * n_g));
    KM_TRY_TO(fail, KM_RESERVE(basis->kinetic_ha, n_g));
    KM_TRY_TO(fail, KM_RESERVE(basis->column, n_g));
    visit_sphere(basis, crystal, ecut_ha, true);
    take_slice(basis, comm);
    *out = basis;
    return KM_OK;
fail:
    km_basis_destroy(&basis);
    return status;
}

void km_basis_set_cell(km_basis *basis, const km_crystal *crystal)
{
    const double *b = km_crystal_reciprocal_bohr(crystal);

    for (int ig = 0; ig < basis->n_g; ++ig) {
        double *q = basis->q_cart + 3 * ig;

        q_vector(b, basis->k_frac, basis->miller + 3 * ig, q);
        basis->kinetic_ha[ig] = (q[0] * q[0] + q[1] * q[1] + q[2] * q[2]) / 2;
    }
}

void km_basis_destroy(km_basis **basis)
{
    km_basis *b = *basis;

    if (!b) return;
    KM_FREE(b->miller);
    KM_FREE(b->q_cart);
    KM_FREE(b->kinetic_ha);
    KM_FREE(b->column);
    KM_FREE(*basis);
}

bool km_basis_pair(km_basis *basis)
{
    basis->is_paired = true;
    for (int x = 0; x < 3; ++x)
        if (fmod(2 * basis->k_frac[x], 1) != 0) basis->is_paired = false;
    return basis->is_paired;
}

bool km_basis_is_paired(const km_basis *basis)
{
    return basis->is_paired;
}

int km_basis_n_g(const km_basis *basis)
{
    return basis->n_own;
}

int km_basis_n_g_sphere(const km_basis *basis)
{
    return basis->n_g;
}

int km_basis_slice(const km_basis *basis, int rank)
{
    return (int)((long)basis->n_g * rank / basis->n_rank);
}

MPI_Comm km_basis_comm(const km_basis *basis)
{
    return basis->comm;
}

const int *km_basis_miller(const km_basis *basis)
{
    return basis->miller + 3 * basis->first;
}

const double *km_basis_q_cart(const km_basis *basis)
{
    return basis->q_cart + 3 * basis->first;
}

const double *km_basis_kinetic_ha(const km_basis *basis)
{
    return basis->kinetic_ha + basis->first;
}

const double *km_basis_k_frac(const km_basis *basis)
{
    return basis->k_frac;
}

const km_column *km_basis_columns(const km_basis *basis, int *n_column)
{
    *n_column = basis->n_column;
    return basis->column;
}
