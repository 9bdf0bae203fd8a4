#include "kaimen/math/minimize.h"

#include <math.h>
#include <nlopt.h>

typedef struct {
    km_smooth_function function;
    void *context;
} callback;

static double call(unsigned n, const double *x, double *gradient, void *data)
{
    const callback *back = data;
    const double value = back->function((int)n, x, gradient, back->context);

    return isfinite(value) ? value : HUGE_VAL;
}

static void set_options(nlopt_opt opt, callback *back, const double *lower, const double *upper,
                        const km_minimize_options *options)
{
    nlopt_set_min_objective(opt, call, back);
    nlopt_set_lower_bounds(opt, lower);
    nlopt_set_upper_bounds(opt, upper);
    nlopt_set_xtol_abs1(opt, options->tolerance);
    nlopt_set_maxeval(opt, options->max_evaluation);
}

km_status km_minimize(km_smooth_function function, void *context, int n, const double *lower,
                      const double *upper, const km_minimize_options *options, double *x,
                      double *value)
{
    callback back = {function, context};
    nlopt_opt opt;

    *value = function(n, x, NULL, context);
    KM_TRY(
        KM_CHECK(isfinite(*value), KM_E_NUMERIC, "minimisation starts where f = %g", *value));
    opt = nlopt_create(NLOPT_LD_LBFGS, (unsigned)n);
    KM_TRY(KM_CHECK(opt, KM_E_MEMORY, "NLopt has no memory for %d variables", n));
    set_options(opt, &back, lower, upper, options);
    /* It also ends with an error where rounding leaves nothing to gain: x is then the best point all the same. */
    nlopt_optimize(opt, x, value);
    nlopt_destroy(opt);
    *value = function(n, x, NULL, context);
    return KM_OK;
}
