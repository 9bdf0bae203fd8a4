/*
 * Pairing in one precision. Whoever includes this defines REAL, and NAME(x) as the name of x in that precision.
 */
#include "dft/pairing.h"

#include <stddef.h>

static const REAL ROOT_HALF = (REAL)0.70710678118654752440;

/* Without a second band its share is 0. */
static void unfold_one(int n_g, const REAL *a, REAL factor, REAL *whole)
{
    const REAL f = factor * ROOT_HALF;

    for (int low = 0, high = n_g - 1; low < high; ++low, --high) {
        whole[2 * high] = f * a[high];
        whole[2 * high + 1] = f * a[low];
        whole[2 * low] = f * a[high];
        whole[2 * low + 1] = -f * a[low];
    }
    if (n_g % 2 == 0) return;
    whole[n_g - 1] = factor * a[n_g / 2];
    whole[n_g] = 0;
}

/* Adds i b. */
static void unfold_other(int n_g, const REAL *b, REAL factor, REAL *whole)
{
    const REAL f = factor * ROOT_HALF;

    for (int low = 0, high = n_g - 1; low < high; ++low, --high) {
        whole[2 * high] -= f * b[low];
        whole[2 * high + 1] += f * b[high];
        whole[2 * low] += f * b[low];
        whole[2 * low + 1] += f * b[high];
    }
    if (n_g % 2 == 1) whole[n_g] += factor * b[n_g / 2];
}

NAME(km_packet) NAME(km_pairing_unfold)(int n_g, const NAME(km_packet) * pair, REAL *whole)
{
    unfold_one(n_g, pair->first, pair->factor[0], whole);
    if (pair->second) unfold_other(n_g, pair->second, pair->factor[1], whole);
    return (NAME(km_packet)){.first = whole, .factor = {1, 1}};
}

void NAME(km_pairing_fold)(int n_g, const REAL *whole, REAL *first, REAL *second)
{
    for (int low = 0, high = n_g - 1; low < high; ++low, --high) {
        first[high] += ROOT_HALF * (whole[2 * high] + whole[2 * low]);
        first[low] += ROOT_HALF * (whole[2 * high + 1] - whole[2 * low + 1]);
    }
    if (n_g % 2 == 1) first[n_g / 2] += whole[n_g - 1];
    if (!second) return;
    for (int low = 0, high = n_g - 1; low < high; ++low, --high) {
        second[high] += ROOT_HALF * (whole[2 * high + 1] + whole[2 * low + 1]);
        second[low] += ROOT_HALF * (whole[2 * low] - whole[2 * high]);
    }
    if (n_g % 2 == 1) second[n_g / 2] += whole[n_g];
}
