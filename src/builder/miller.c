#include "builder/miller.h"

#include "kaimen/base/memory.h"

#include <stdlib.h>
#include <string.h>

int km_miller_divisor(const int h[3])
{
    int g = 0;

    for (int i = 0; i < 3; i++) {
        int a = g, b = abs(h[i]);

        while (b) {
            int rest = a % b;

            a = b;
            b = rest;
        }
        g = a;
    }
    return g;
}

int km_miller_largest(const int h[3])
{
    int a = abs(h[0]), b = abs(h[1]), c = abs(h[2]);

    if (b > a) a = b;
    return c > a ? c : a;
}

static int n_negative(const int *h)
{
    return (h[0] < 0) + (h[1] < 0) + (h[2] < 0);
}

static int compare_descending(const int *g, const int *h)
{
    for (int i = 0; i < 3; i++)
        if (g[i] != h[i]) return h[i] - g[i];
    return 0;
}

/** Whether g is a better name for its orbit than h. */
static bool is_better(const int *g, const int *h)
{
    if (km_miller_largest(g) != km_miller_largest(h))
        return km_miller_largest(g) < km_miller_largest(h);
    if (n_negative(g) != n_negative(h)) return n_negative(g) < n_negative(h);
    return compare_descending(g, h) < 0;
}

/** Image of h under an operation, and its opposite. */
static void transform(const km_symmetry *symmetry, int operation, const int *h, int image[3],
                      int opposite[3])
{
    const int *r = km_symmetry_rotation(symmetry, operation);

    for (int j = 0; j < 3; j++) {
        image[j] = h[0] * r[j] + h[1] * r[3 + j] + h[2] * r[6 + j];
        opposite[j] = -image[j];
    }
}

bool km_miller_is_equivalent(const km_symmetry *symmetry, const int g[3], const int h[3])
{
    for (int i = 0; i < km_symmetry_n_operation(symmetry); i++) {
        int image[3], opposite[3];

        transform(symmetry, i, h, image, opposite);
        if (compare_descending(g, image) == 0 || compare_descending(g, opposite) == 0)
            return true;
    }
    return false;
}

static bool is_representative(const km_symmetry *symmetry, const int *h)
{
    int n_operation = km_symmetry_n_operation(symmetry);

    for (int i = 0; i < n_operation; i++) {
        int image[3], opposite[3];

        transform(symmetry, i, h, image, opposite);
        if (is_better(image, h) || is_better(opposite, h)) return false;
    }
    return true;
}

static int compare_miller(const void *first, const void *second)
{
    const int *g = first, *h = second;
    int difference =
        g[0] * g[0] + g[1] * g[1] + g[2] * g[2] - h[0] * h[0] - h[1] * h[1] - h[2] * h[2];

    return difference ? difference : compare_descending(g, h);
}

km_status km_miller_find(const km_symmetry *symmetry, int max_index, int *n_miller,
                         int **miller)
{
    int side = 2 * max_index + 1, n = 0;

    KM_TRY(KM_ALLOC(*miller, 3 * side * side * side));
    for (int i = 0; i < side * side * side; i++) {
        int h[3] = {i / side / side - max_index, i / side % side - max_index,
                    i % side - max_index};

        if (km_miller_divisor(h) != 1 || !is_representative(symmetry, h)) continue;
        memcpy(*miller + 3 * n++, h, sizeof h);
    }
    qsort(*miller, (size_t)n, 3 * sizeof(int), compare_miller);
    *n_miller = n;
    return KM_OK;
}
