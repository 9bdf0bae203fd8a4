#include "learner/kernel.h"

#include <math.h>

km_kernel km_kernel_of(const km_space *space, const km_gp_parameters *parameters)
{
    km_kernel kernel = {.n_direction = km_space_n_direction(space),
                        .variance = exp(2 * parameters->log_amplitude)};

    for (int i = 0; i < kernel.n_direction; ++i)
        kernel.inverse2[i] = exp(-2 * parameters->log_length[i]);
    return kernel;
}

double km_kernel_value(const km_kernel *kernel, const double *distance2)
{
    double d2 = 0, root;

    for (int i = 0; i < kernel->n_direction; ++i) d2 += kernel->inverse2[i] * distance2[i];
    root = sqrt(5 * d2);
    return kernel->variance * (1 + root + 5.0 / 3 * d2) * exp(-root);
}

double km_kernel_slope(const km_kernel *kernel, const double *distance2, double *slope)
{
    double d2 = 0, root, factor;

    for (int i = 0; i < kernel->n_direction; ++i) d2 += kernel->inverse2[i] * distance2[i];
    root = sqrt(5 * d2);
    factor = kernel->variance * exp(-root);
    for (int i = 0; i < kernel->n_direction; ++i)
        slope[i] = factor * 5.0 / 3 * (1 + root) * kernel->inverse2[i] * distance2[i];
    return factor * (1 + root + 5.0 / 3 * d2);
}
