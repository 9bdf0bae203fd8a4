#include "kaimen/crystal/crystal.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/units.h"
#include "kaimen/crystal/element.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* A cell is flat when its volume is below this share of the product of its edges: vectors within 0.06 deg of a plane. */
#define FLAT_CELL 1e-3

struct km_crystal {
    double cell_bohr[9];
    double reciprocal_bohr[9];
    double volume_bohr3;
    int n_atom;
    int n_species;
    int *z;
    int *species;
    int *species_z;
    double *frac;
    double *moments_mub; /* NULL: none */
};

static void cross(const double *a, const double *b, double *product)
{
    product[0] = a[1] * b[2] - a[2] * b[1];
    product[1] = a[2] * b[0] - a[0] * b[2];
    product[2] = a[0] * b[1] - a[1] * b[0];
}

static double dot(const double *a, const double *b)
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static bool all_finite(int n, const double *values)
{
    for (int i = 0; i < n; i++)
        if (!isfinite(values[i])) return false;
    return true;
}

static km_status check_arguments(const double *cell_bohr, int n_atom, const int *z,
                                 const double *frac)
{
    double normal[3], volume, edges;

    KM_TRY(KM_CHECK(n_atom > 0, KM_E_ARGUMENT, "n_atom = %d must be positive", n_atom));
    for (int i = 0; i < n_atom; i++)
        KM_TRY(KM_CHECK(z[i] >= 1 && z[i] <= KM_Z_MAX, KM_E_ARGUMENT,
                        "atom %d: atomic number %d is not in 1..%d", i, z[i], KM_Z_MAX));
    KM_TRY(KM_CHECK(all_finite(9, cell_bohr), KM_E_ARGUMENT, "the cell is not finite"));
    cross(cell_bohr, cell_bohr + 3, normal);
    volume = dot(normal, cell_bohr + 6);
    edges = sqrt(dot(cell_bohr, cell_bohr)) * sqrt(dot(cell_bohr + 3, cell_bohr + 3)) *
            sqrt(dot(cell_bohr + 6, cell_bohr + 6));
    KM_TRY(KM_CHECK(volume > FLAT_CELL * edges, KM_E_ARGUMENT,
                    "the cell of volume %g bohr^3 is flat or left-handed", volume));
    for (int i = 0; i < n_atom; i++)
        KM_TRY(KM_CHECK(all_finite(3, frac + 3 * i), KM_E_ARGUMENT,
                        "atom %d: the position is not finite", i));
    return KM_OK;
}

static void set_cell(km_crystal *crystal, const double *cell_bohr)
{
    double *b = crystal->reciprocal_bohr;
    const double *a = crystal->cell_bohr;

    memcpy(crystal->cell_bohr, cell_bohr, sizeof crystal->cell_bohr);
    for (int i = 0; i < 3; i++) cross(a + 3 * ((i + 1) % 3), a + 3 * ((i + 2) % 3), b + 3 * i);
    crystal->volume_bohr3 = dot(a, b);
    for (int i = 0; i < 9; i++) b[i] *= 2 * KM_PI / crystal->volume_bohr3;
}

/* Elements in ascending order, and each atom's place among them. */
static void set_species(km_crystal *crystal)
{
    int index[KM_Z_MAX + 1] = {0};

    for (int i = 0; i < crystal->n_atom; i++) index[crystal->z[i]] = 1;
    for (int z = 1; z <= KM_Z_MAX; z++) {
        if (!index[z]) continue;
        index[z] = crystal->n_species;
        crystal->species_z[crystal->n_species++] = z;
    }
    for (int i = 0; i < crystal->n_atom; i++) crystal->species[i] = index[crystal->z[i]];
}

km_status km_crystal_create(const double *cell_bohr, int n_atom, const int *z,
                            const double *frac, km_crystal **crystal)
{
    km_crystal *new = NULL;
    km_status status = KM_OK;

    *crystal = NULL;
    KM_TRY(check_arguments(cell_bohr, n_atom, z, frac));
    KM_TRY(KM_ALLOC(new, 1));
    new->n_atom = n_atom;
    KM_TRY_TO(fail, KM_ALLOC(new->z, n_atom));
    KM_TRY_TO(fail, KM_ALLOC(new->species, n_atom));
    KM_TRY_TO(fail, KM_ALLOC(new->species_z, KM_Z_MAX));
    KM_TRY_TO(fail, KM_ALLOC(new->frac, 3 * n_atom));
    memcpy(new->z, z, sizeof *z * (size_t)n_atom);
    memcpy(new->frac, frac, sizeof *frac * 3 * (size_t)n_atom);
    set_cell(new, cell_bohr);
    set_species(new);
    *crystal = new;
    return KM_OK;
fail:
    km_crystal_destroy(&new);
    return status;
}

km_status km_crystal_copy(const km_crystal *crystal, km_crystal **copy)
{
    return km_crystal_copy_in_cell(crystal, crystal->cell_bohr, crystal->frac, copy);
}

km_status km_crystal_copy_in_cell(const km_crystal *crystal, const double *cell_bohr,
                                  const double *frac, km_crystal **copy)
{
    km_status status = km_crystal_create(cell_bohr, crystal->n_atom, crystal->z, frac, copy);

    if (status == KM_OK) status = km_crystal_set_moments(*copy, crystal->moments_mub);
    if (status != KM_OK) km_crystal_destroy(copy);
    return status;
}

void km_crystal_destroy(km_crystal **crystal)
{
    if (!*crystal) return;
    KM_FREE((*crystal)->z);
    KM_FREE((*crystal)->species);
    KM_FREE((*crystal)->species_z);
    KM_FREE((*crystal)->frac);
    KM_FREE((*crystal)->moments_mub);
    KM_FREE(*crystal);
}

int km_crystal_n_atom(const km_crystal *crystal)
{
    return crystal->n_atom;
}

const double *km_crystal_cell_bohr(const km_crystal *crystal)
{
    return crystal->cell_bohr;
}

const double *km_crystal_reciprocal_bohr(const km_crystal *crystal)
{
    return crystal->reciprocal_bohr;
}

double km_crystal_volume_bohr3(const km_crystal *crystal)
{
    return crystal->volume_bohr3;
}

const int *km_crystal_z(const km_crystal *crystal)
{
    return crystal->z;
}

const double *km_crystal_frac(const km_crystal *crystal)
{
    return crystal->frac;
}

int km_crystal_n_species(const km_crystal *crystal)
{
    return crystal->n_species;
}

const int *km_crystal_species_z(const km_crystal *crystal)
{
    return crystal->species_z;
}

const int *km_crystal_species(const km_crystal *crystal)
{
    return crystal->species;
}

const double *km_crystal_moments_mub(const km_crystal *crystal)
{
    return crystal->moments_mub;
}

km_status km_crystal_set_moments(km_crystal *crystal, const double *moments_mub)
{
    if (!moments_mub) {
        KM_FREE(crystal->moments_mub);
        return KM_OK;
    }
    for (int i = 0; i < crystal->n_atom; i++)
        KM_TRY(KM_CHECK(isfinite(moments_mub[i]), KM_E_ARGUMENT,
                        "atom %d: the magnetic moment is not finite", i));
    if (!crystal->moments_mub) KM_TRY(KM_ALLOC(crystal->moments_mub, crystal->n_atom));
    memcpy(crystal->moments_mub, moments_mub, sizeof *moments_mub * (size_t)crystal->n_atom);
    return KM_OK;
}

static void to_cart(const km_crystal *crystal, const double *frac, double *cart_bohr)
{
    const double *a = crystal->cell_bohr;

    for (int j = 0; j < 3; j++)
        cart_bohr[j] = frac[0] * a[j] + frac[1] * a[3 + j] + frac[2] * a[6 + j];
}

void km_crystal_compute_cart(const km_crystal *crystal, double *cart_bohr)
{
    for (int i = 0; i < crystal->n_atom; i++)
        to_cart(crystal, crystal->frac + 3 * i, cart_bohr + 3 * i);
}

void km_crystal_move(km_crystal *crystal, const double *frac)
{
    memcpy(crystal->frac, frac, sizeof *frac * 3 * (size_t)crystal->n_atom);
}

/* Hill's order: carbon, hydrogen, then by symbol; without carbon all by symbol. Source: Hill, JACS 22, 478 (1900). */
static bool is_before(int z1, int z2, bool has_carbon)
{
    int rank1 = !has_carbon ? 2 : z1 == 6 ? 0 : z1 == 1 ? 1 : 2;
    int rank2 = !has_carbon ? 2 : z2 == 6 ? 0 : z2 == 1 ? 1 : 2;

    if (rank1 != rank2) return rank1 < rank2;
    return strcmp(km_element_symbol(z1), km_element_symbol(z2)) < 0;
}

static int greatest_divisor(int a, int b)
{
    while (b != 0) {
        int rest = a % b;

        a = b;
        b = rest;
    }
    return a;
}

/* Elements in Hill's order: indices into the species, [n_species]. */
static void sort_species(const km_crystal *crystal, int *order)
{
    const int *z = crystal->species_z;
    bool has_carbon = false;

    for (int is = 0; is < crystal->n_species; is++) has_carbon = has_carbon || z[is] == 6;
    for (int is = 0; is < crystal->n_species; is++) {
        int place = is;

        for (; place > 0 && is_before(z[is], z[order[place - 1]], has_carbon); place--)
            order[place] = order[place - 1];
        order[place] = is;
    }
}

static void write_formula(const km_crystal *crystal, bool reduced,
                          char formula[KM_FORMULA_SIZE])
{
    int count[KM_Z_MAX] = {0}, order[KM_Z_MAX];
    int divisor = 0, used = 0;

    for (int i = 0; i < crystal->n_atom; i++) count[crystal->species[i]]++;
    for (int is = 0; is < crystal->n_species; is++)
        divisor = greatest_divisor(count[is], divisor);
    if (!reduced || divisor == 0) divisor = 1;
    sort_species(crystal, order);
    for (int i = 0; i < crystal->n_species && used < KM_FORMULA_SIZE; i++) {
        int n = count[order[i]] / divisor;

        used += snprintf(formula + used, (size_t)(KM_FORMULA_SIZE - used), "%s",
                         km_element_symbol(crystal->species_z[order[i]]));
        if (n > 1 && used < KM_FORMULA_SIZE)
            used += snprintf(formula + used, (size_t)(KM_FORMULA_SIZE - used), "%d", n);
    }
}

void km_crystal_formula(const km_crystal *crystal, char formula[KM_FORMULA_SIZE])
{
    write_formula(crystal, false, formula);
}

void km_crystal_reduced_formula(const km_crystal *crystal, char formula[KM_FORMULA_SIZE])
{
    write_formula(crystal, true, formula);
}

/*
 * Length of the shortest image of a separation, if below `best`, else `best`. A vector of length `best` has a
 * fractional component i of at most best |b_i| / 2 pi: that holds for any cell, however skewed.
 */
static double shortest_image(const km_crystal *crystal, const double *delta, bool is_self,
                             double best)
{
    int low[3], high[3];

    for (int i = 0; i < 3; i++) {
        const double *b = crystal->reciprocal_bohr + 3 * i;
        double reach = best * sqrt(dot(b, b)) / (2 * KM_PI) * (1 + 1e-12);

        low[i] = (int)ceil(-reach - delta[i]);
        high[i] = (int)floor(reach - delta[i]);
    }
    for (int i = low[0]; i <= high[0]; i++)
        for (int j = low[1]; j <= high[1]; j++)
            for (int k = low[2]; k <= high[2]; k++) {
                double image[3] = {delta[0] + i, delta[1] + j, delta[2] + k}, cart[3];

                if (is_self && i == 0 && j == 0 && k == 0) continue;
                to_cart(crystal, image, cart);
                best = fmin(best, sqrt(dot(cart, cart)));
            }
    return best;
}

double km_crystal_shortest_distance_bohr(const km_crystal *crystal, int *first, int *second)
{
    const double *a = crystal->cell_bohr;
    const double zero[3] = {0, 0, 0};
    double best = sqrt(fmin(dot(a, a), fmin(dot(a + 3, a + 3), dot(a + 6, a + 6))));
    int pair[2] = {0, 0};

    best = shortest_image(crystal, zero, true, best);
    for (int i = 0; i < crystal->n_atom; i++)
        for (int j = i + 1; j < crystal->n_atom; j++) {
            double delta[3], length;

            for (int k = 0; k < 3; k++) {
                delta[k] = crystal->frac[3 * j + k] - crystal->frac[3 * i + k];
                delta[k] -= rint(delta[k]);
            }
            length = shortest_image(crystal, delta, false, best);
            if (length >= best) continue;
            best = length;
            pair[0] = i;
            pair[1] = j;
        }
    if (first) *first = pair[0];
    if (second) *second = pair[1];
    return best;
}

void km_crystal_nearest_by_species_bohr(const km_crystal *crystal, double *nearest_bohr)
{
    const double *a = crystal->cell_bohr;
    const int n = crystal->n_species;
    /* Every species is at most so far from the next atom of any: its own image, or a place in the same cell. */
    const double far = sqrt(dot(a, a)) + sqrt(dot(a + 3, a + 3)) + sqrt(dot(a + 6, a + 6));

    for (int k = 0; k < n * n; k++) nearest_bohr[k] = far;
    for (int i = 0; i < crystal->n_atom; i++)
        for (int j = 0; j < crystal->n_atom; j++) {
            const int s = crystal->species[i], t = crystal->species[j];
            double delta[3];

            for (int k = 0; k < 3; k++)
                delta[k] = crystal->frac[3 * j + k] - crystal->frac[3 * i + k];
            nearest_bohr[n * s + t] =
                shortest_image(crystal, delta, i == j, nearest_bohr[n * s + t]);
        }
}
