#include "kaimen/learner/acquire.h"

#include "kaimen/base/units.h"

#include <math.h>

/* Below, the expected improvement is taken from its asymptotic series, right to 3 / FAR^2. */
#define FAR (-25)

double km_acquire_expected_improvement(double best, double mean, double deviation)
{
    const double gain = best - mean;
    double z;

    if (deviation <= 0) return fmax(gain, 0);
    z = gain / deviation;
    return gain * 0.5 * erfc(-z / sqrt(2)) + deviation * exp(-0.5 * z * z) / sqrt(2 * KM_PI);
}

double km_acquire_log_expected_improvement(double best, double mean, double deviation)
{
    const double z = (best - mean) / deviation;

    if (z > FAR) return log(km_acquire_expected_improvement(best, mean, deviation));
    return log(deviation / sqrt(2 * KM_PI)) - 0.5 * z * z - 2 * log(-z);
}

double km_acquire_lower_bound(double best, double mean, double deviation, double kappa)
{
    return best - (mean - kappa * deviation);
}
