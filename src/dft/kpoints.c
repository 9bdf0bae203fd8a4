#include "kaimen/dft/kpoints.h"

#include "dft/zone.h"
#include "kaimen/base/memory.h"
#include "kaimen/base/units.h"

#include <math.h>
#include <string.h>

/* Fractional coordinates of equivalent points differ by whole numbers up to this, the rounding of cells in files. */
#define SAME_POINT 1e-4

struct km_kpoints {
    int n, n_spin;
    km_groups groups;
    double *frac;   /* [n][3] */
    double *weight; /* [n] */
};

/* The whole number nearest to x is subtracted; -1/2 becomes 1/2. */
static double fold(double x)
{
    x -= round(x);
    return x < -0.5 + SAME_POINT ? x + 1 : x;
}

static double dot(const double *a, const double *b)
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* Length of b_axis; its part along b_normal, which is perpendicular to the plane, does not count. */
static double reciprocal_length(const double *b, int axis, int normal_axis)
{
    const double *own = b + 3 * axis, *normal = b + 3 * normal_axis;

    if (normal_axis < 0 || axis == normal_axis) return sqrt(dot(own, own));
    return sqrt(dot(own, own) - dot(own, normal) * dot(own, normal) / dot(normal, normal));
}

km_status km_kpoints_find_mesh(const km_crystal *crystal, double spacing_bohr, int vacuum_axis,
                               int normal_axis, int mesh[3])
{
    const double *b = km_crystal_reciprocal_bohr(crystal);

    KM_TRY(KM_CHECK(spacing_bohr > 0 && isfinite(spacing_bohr), KM_E_ARGUMENT,
                    "k-point spacing = %g 1/bohr must be positive", spacing_bohr));
    for (int a = 0; a < 3; a++) {
        double length = reciprocal_length(b, a, normal_axis);

        KM_TRY(KM_CHECK(length / spacing_bohr < 1000, KM_E_ARGUMENT,
                        "k-point spacing = %g 1/bohr gives more than 1000 points on an axis",
                        spacing_bohr));
        /* 1e-9: a spacing that divides the length does so in spite of rounding */
        mesh[a] = a == vacuum_axis ? 1 : (int)ceil(length / spacing_bohr - 1e-9);
        if (mesh[a] < 1) mesh[a] = 1;
    }
    return KM_OK;
}

static km_status make_points(int n, MPI_Comm comm, km_kpoints **out)
{
    km_kpoints *kpoints = NULL;
    km_status status = KM_OK;
    int n_rank;

    KM_TRY(KM_ALLOC(kpoints, 1));
    kpoints->n = n;
    kpoints->n_spin = 1;
    MPI_Comm_size(comm, &n_rank);
    KM_TRY_TO(fail, km_groups_find(comm, km_groups_choose(n_rank, n), &kpoints->groups));
    KM_TRY_TO(fail, KM_ALLOC(kpoints->frac, 3 * n));
    KM_TRY_TO(fail, KM_ALLOC(kpoints->weight, n));
    *out = kpoints;
    return KM_OK;
fail:
    km_kpoints_destroy(&kpoints);
    return status;
}

/* Without a group only k and -k are the same point. */
static void reduce_by_time_reversal(const int mesh[3], const int shift[3], int *map)
{
    const int n_point = mesh[0] * mesh[1] * mesh[2];

    for (int ik = 0; ik < n_point; ik++) {
        const int point[3] = {ik % mesh[0], ik / mesh[0] % mesh[1], ik / mesh[0] / mesh[1]};
        int opposite[3], other;

        for (int a = 0; a < 3; a++) opposite[a] = (2 * mesh[a] - point[a] - shift[a]) % mesh[a];
        other = opposite[0] + mesh[0] * (opposite[1] + mesh[1] * opposite[2]);
        map[ik] = other < ik ? other : ik;
    }
}

static km_status check_mesh(const int mesh[3], const int shift[3])
{
    for (int a = 0; a < 3; a++) {
        KM_TRY(KM_CHECK(mesh[a] > 0 && mesh[a] <= 1000, KM_E_ARGUMENT,
                        "k-mesh: %d points along axis %d, wanted 1 to 1000", mesh[a], a + 1));
        KM_TRY(KM_CHECK(shift[a] == 0 || shift[a] == 1, KM_E_ARGUMENT,
                        "k-mesh: shift %d along axis %d, wanted 0 or 1", shift[a], a + 1));
    }
    return KM_OK;
}

/* Whether k and -k differ by a vector of the reciprocal lattice. */
static bool is_own_opposite(const double *frac)
{
    for (int a = 0; a < 3; a++)
        if (fabs(2 * frac[a] - round(2 * frac[a])) > SAME_POINT) return false;
    return true;
}

/*
 * Points that are their own opposites may have real coefficients and then take half of the time: they are spread evenly over
 * the list, of which each group of ranks takes a piece.
 */
static km_status spread_points(km_kpoints *kpoints)
{
    const int n = kpoints->n;
    double *frac = NULL, *weight = NULL;
    km_status status = KM_OK;
    int n_own = 0, next[2] = {0, 0}; /* the next point that is, or is not, its own opposite */

    KM_TRY_TO(end, KM_ALLOC(frac, 3 * n));
    KM_TRY_TO(end, KM_ALLOC(weight, n));
    for (int ik = 0; ik < n; ik++) n_own += is_own_opposite(kpoints->frac + 3 * ik);
    for (int ik = 0; ik < n; ik++) {
        const bool is_own = (long)ik * n_own % n < n_own;
        int *from = next + is_own;

        while (is_own_opposite(kpoints->frac + 3 * *from) != is_own) ++*from;
        memcpy(frac + 3 * ik, kpoints->frac + 3 * *from, 3 * sizeof *frac);
        weight[ik] = kpoints->weight[(*from)++];
    }
    memcpy(kpoints->frac, frac, 3 * (size_t)n * sizeof *frac);
    memcpy(kpoints->weight, weight, (size_t)n * sizeof *weight);
end:
    KM_FREE(frac);
    KM_FREE(weight);
    return status;
}

/* Keep the representatives; each weighs as much as it stands for. */
static km_status collect_points(const int mesh[3], const int shift[3], const int *map,
                                MPI_Comm comm, km_kpoints **kpoints)
{
    const int n_point = mesh[0] * mesh[1] * mesh[2];
    km_status status = KM_OK;
    int n = 0, *place = NULL;

    for (int ik = 0; ik < n_point; ik++) n += map[ik] == ik;
    KM_TRY_TO(end, KM_ALLOC(place, n_point));
    KM_TRY_TO(end, make_points(n, comm, kpoints));
    n = 0;
    for (int ik = 0; ik < n_point; ik++) {
        const int point[3] = {ik % mesh[0], ik / mesh[0] % mesh[1], ik / mesh[0] / mesh[1]};

        if (map[ik] != ik) continue;
        for (int a = 0; a < 3; a++)
            (*kpoints)->frac[3 * n + a] = fold((point[a] + 0.5 * shift[a]) / mesh[a]);
        place[ik] = n++;
    }
    for (int ik = 0; ik < n_point; ik++) (*kpoints)->weight[place[map[ik]]] += 1.0 / n_point;
    status = spread_points(*kpoints);
end:
    KM_FREE(place);
    return status;
}

km_status km_kpoints_create(const km_symmetry *symmetry, const int mesh[3], const int shift[3],
                            MPI_Comm comm, km_kpoints **kpoints)
{
    km_status status = KM_OK;
    int *map = NULL;

    *kpoints = NULL;
    KM_TRY(check_mesh(mesh, shift));
    KM_TRY(KM_ALLOC(map, mesh[0] * mesh[1] * mesh[2]));
    if (symmetry)
        KM_TRY_TO(end, km_symmetry_reduce_mesh(symmetry, mesh, shift, true, map));
    else
        reduce_by_time_reversal(mesh, shift, map);
    KM_TRY_TO(end, collect_points(mesh, shift, map, comm, kpoints));
end:
    KM_FREE(map);
    return status;
}

km_status km_kpoints_set_spins(km_kpoints *kpoints, int n_spin, MPI_Comm comm)
{
    int n_rank;

    KM_TRY(KM_CHECK(n_spin == 1 || n_spin == 2, KM_E_ARGUMENT, "n_spin = %d must be 1 or 2",
                    n_spin));
    kpoints->n_spin = n_spin;
    MPI_Comm_size(comm, &n_rank);
    return km_groups_find(comm, km_groups_choose(n_rank, n_spin * kpoints->n),
                          &kpoints->groups);
}

static bool is_same_point(const double a[3], const double b[3])
{
    for (int i = 0; i < 3; i++)
        if (fabs(a[i] - b[i] - round(a[i] - b[i])) > SAME_POINT) return false;
    return true;
}

/* Whether an operation or time reversal takes a to b. In reciprocal space R acts as its transpose. */
static bool is_equivalent(const km_symmetry *symmetry, const double a[3], const double b[3])
{
    const int n_operation = symmetry ? km_symmetry_n_operation(symmetry) : 1;
    static const int identity[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    double image[3], opposite[3];

    for (int io = 0; io < n_operation; io++) {
        const int *r = symmetry ? km_symmetry_rotation(symmetry, io) : identity;

        for (int i = 0; i < 3; i++) {
            image[i] = r[i] * a[0] + r[3 + i] * a[1] + r[6 + i] * a[2];
            opposite[i] = -image[i];
        }
        if (is_same_point(image, b) || is_same_point(opposite, b)) return true;
    }
    return false;
}

km_status km_kpoints_create_high_symmetry(const km_crystal *crystal,
                                          const km_symmetry *symmetry, MPI_Comm comm,
                                          km_kpoints **kpoints)
{
    double all[3 * KM_ZONE_MAX_POINT];
    int n_all, n = 0;

    *kpoints = NULL;
    n_all = km_zone_find_points(km_crystal_cell_bohr(crystal),
                                km_crystal_reciprocal_bohr(crystal), all);
    for (int ik = 0; ik < n_all; ik++) {
        bool is_new = true;

        for (int j = 0; is_new && j < n; j++)
            is_new = !is_equivalent(symmetry, all + 3 * ik, all + 3 * j);
        if (!is_new) continue;
        for (int a = 0; a < 3; a++) all[3 * n + a] = fold(all[3 * ik + a]);
        n++;
    }
    KM_TRY(make_points(n, comm, kpoints));
    memcpy((*kpoints)->frac, all, 3 * (size_t)n * sizeof *all);
    return KM_OK;
}

km_status km_kpoints_create_list(int n, const double *frac, MPI_Comm comm, km_kpoints **kpoints)
{
    *kpoints = NULL;
    KM_TRY(KM_CHECK(n > 0, KM_E_ARGUMENT, "a list of %d k-points; wanted at least one", n));
    KM_TRY(make_points(n, comm, kpoints));
    memcpy((*kpoints)->frac, frac, 3 * (size_t)n * sizeof *frac);
    return KM_OK;
}

void km_kpoints_destroy(km_kpoints **kpoints)
{
    if (!*kpoints) return;
    KM_FREE((*kpoints)->frac);
    KM_FREE((*kpoints)->weight);
    KM_FREE(*kpoints);
}

int km_kpoints_n(const km_kpoints *kpoints)
{
    return kpoints->n;
}

const double *km_kpoints_frac(const km_kpoints *kpoints, int ik)
{
    return kpoints->frac + 3 * ik;
}

const double *km_kpoints_weight(const km_kpoints *kpoints)
{
    return kpoints->weight;
}

/* The first n % n_group groups hold one more. */
static int first_of_group(const km_kpoints *kpoints, int index)
{
    const int n = kpoints->n_spin * kpoints->n;
    const int n_group = kpoints->groups.n_group, extra = n % n_group;

    return index * (n / n_group) + (index < extra ? index : extra);
}

int km_kpoints_first(const km_kpoints *kpoints)
{
    return first_of_group(kpoints, kpoints->groups.index);
}

int km_kpoints_n_local(const km_kpoints *kpoints)
{
    return first_of_group(kpoints, kpoints->groups.index + 1) - km_kpoints_first(kpoints);
}

const km_groups *km_kpoints_groups(const km_kpoints *kpoints)
{
    return &kpoints->groups;
}
