#pragma once
/** @file @brief A copper of simple functions in a setfl file, for tests of what embedded atoms do. */
#include "kaimen/base/text.h"
#include "kaimen/potential/classical_calculator.h"
#include "support.h"

#define N_POINT 2001
#define D_R_ANG 0.0025
/* Slopes by differences err by the fourth power of this: 6e-9 eV at four times as much. */
#define D_RHO 0.005
#define CUTOFF_ANG 5.0

/* F = -sqrt(1 + rho), f = exp(-r) (1 - r/rc)^3, phi = 2 exp(-1.5 r) (1 - r/rc)^3, in eV and Ang. */
static inline double fade(double r)
{
    return r < CUTOFF_ANG ? pow(1 - r / CUTOFF_ANG, 3) : 0;
}

static inline double pair_ev(double r)
{
    return 2 * exp(-1.5 * r) * fade(r);
}

static inline void write_setfl(int n_value, km_text *text)
{
    int n = 0;

    ASSERT_OK(km_text_append(text, "a\nb\nc\n1 Cu\n%d %g %d %g %g\n29 63.5 3.6 fcc\n", N_POINT,
                             D_RHO, N_POINT, D_R_ANG, CUTOFF_ANG));
    for (int i = 0; i < N_POINT && n < n_value; ++i, ++n)
        ASSERT_OK(km_text_append(text, "%.16e\n", -sqrt(1 + i * D_RHO)));
    for (int i = 0; i < N_POINT && n < n_value; ++i, ++n)
        ASSERT_OK(km_text_append(text, "%.16e\n", exp(-i * D_R_ANG) * fade(i * D_R_ANG)));
    for (int i = 0; i < N_POINT && n < n_value; ++i, ++n)
        ASSERT_OK(km_text_append(text, "%.16e\n", i * D_R_ANG * pair_ev(i * D_R_ANG)));
}

static inline km_status create(const char *text, km_calculator **calculator)
{
    const char *names[1] = {"test.eam.alloy"};

    return km_classical_calculator_read(1, names, &text, calculator);
}

static inline km_calculator *make_synthetic_eam(void)
{
    km_text text = {0};
    km_calculator *calculator;

    write_setfl(3 * N_POINT, &text);
    ASSERT_OK(create(text.bytes, &calculator));
    KM_FREE(text.bytes);
    return calculator;
}
