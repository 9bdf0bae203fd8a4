#include "shells.h"

#include <math.h>
#include <string.h>

const int *km_shells_core(int n_core)
{
    static const struct {
        int n_electron;
        int n_shell[KM_L_MAX + 1];
    } cores[] = {{86, {6, 5, 3, 1}}, {78, {5, 4, 3, 1}}, {68, {5, 4, 2, 1}}, {60, {4, 3, 2, 1}},
                 {54, {5, 4, 2, 0}}, {46, {4, 3, 2, 0}}, {36, {4, 3, 1, 0}}, {28, {3, 2, 1, 0}},
                 {18, {3, 2, 0, 0}}, {10, {2, 1, 0, 0}}, {2, {1, 0, 0, 0}},  {0, {0, 0, 0, 0}}};
    int i = 0;

    while (cores[i].n_electron > n_core) ++i;
    return cores[i].n_shell;
}

void km_shells_fill(km_pseudo_info *info)
{
    const int *n_core = km_shells_core((int)(info->z - info->z_valence));
    int left = (int)round(info->z_valence);

    memset(info->n_electron, 0, sizeof info->n_electron);
    for (int sum = 1; sum <= 8; ++sum)
        for (int l = KM_L_MAX; l >= 0; --l) {
            int n = sum - l, full = 2 * (2 * l + 1);

            /* In the order of n + l, smaller n first; the core holds n = l + 1 to l + n_core[l]. */
            if (n <= l + n_core[l]) continue;
            info->n_electron[l] += left < full ? left : full;
            left -= left < full ? left : full;
        }
}
