#include "kaimen/dft/dos.h"

#include "kaimen/base/units.h"

#include <math.h>

void km_dos_compute(int n_k, const double *weight, int n_band, const double *eigenvalues_ha,
                    double width_ha, int n_energy, const double *energy_ha, double *dos_ha)
{
    const double height = 2 / (width_ha * sqrt(2 * KM_PI));

    for (int ie = 0; ie < n_energy; ++ie) {
        double sum = 0;

        for (int i = 0; i < n_k * n_band; ++i) {
            double x = (energy_ha[ie] - eigenvalues_ha[i]) / width_ha;

            sum += weight[i / n_band] * exp(-x * x / 2);
        }
        dos_ha[ie] = height * sum;
    }
}
