#include "kaimen/dft/dos.h"

#include "kaimen/base/units.h"

#include <math.h>

/* sum over the bands of one spin of w_k exp(-((E - e_nk) / width)^2 / 2). */
static double sum_bands(int n_k, const double *weight, int n_spin, int spin, int n_band,
                        const double *eigenvalues_ha, double width_ha, double energy_ha)
{
    double sum = 0;

    for (int ik = 0; ik < n_k; ++ik) {
        const double *e = eigenvalues_ha + ((long)ik * n_spin + spin) * n_band;

        for (int ib = 0; ib < n_band; ++ib) {
            double x = (energy_ha - e[ib]) / width_ha;

            sum += weight[ik] * exp(-x * x / 2);
        }
    }
    return sum;
}

void km_dos_compute(int n_k, const double *weight, int n_spin, int n_band,
                    const double *eigenvalues_ha, double width_ha, int n_energy,
                    const double *energy_ha, double *dos_ha)
{
    const double height = 2 / (n_spin * width_ha * sqrt(2 * KM_PI));

    for (int is = 0; is < n_spin; ++is)
        for (int ie = 0; ie < n_energy; ++ie)
            dos_ha[is * n_energy + ie] =
                height * sum_bands(n_k, weight, n_spin, is, n_band, eigenvalues_ha, width_ha,
                                   energy_ha[ie]);
}
