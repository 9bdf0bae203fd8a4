#include "kaimen/base/rng.h"

#include "kaimen/base/units.h"

#include <math.h>

static uint64_t rotate(uint64_t x, int n)
{
    return (x << n) | (x >> (64 - n));
}

static uint64_t split_mix(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

km_rng km_rng_start(uint64_t seed, uint64_t stream)
{
    km_rng rng;
    uint64_t state = seed, other = stream;

    /* Both go through the mixer, so that (1, 2) and (2, 1) or neighbors share nothing. */
    state = split_mix(&state) ^ rotate(split_mix(&other), 32);
    for (int i = 0; i < 4; ++i) rng.state[i] = split_mix(&state);
    return rng;
}

uint64_t km_rng_bits(km_rng *rng)
{
    uint64_t *s = rng->state;
    uint64_t result = rotate(s[0] + s[3], 23) + s[0], shifted = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate(s[3], 45);
    return result;
}

double km_rng_uniform(km_rng *rng)
{
    return (double)(km_rng_bits(rng) >> 11) * 0x1p-53;
}

double km_rng_normal(km_rng *rng)
{
    /* 1 - u is never 0, where the logarithm would end. */
    double radius = sqrt(-2 * log(1 - km_rng_uniform(rng)));

    return radius * cos(2 * KM_PI * km_rng_uniform(rng));
}

uint64_t km_rng_index(km_rng *rng, uint64_t n)
{
    /* Draws above the largest multiple of n would favor small results. */
    uint64_t limit = UINT64_MAX - UINT64_MAX % n, draw;

    do draw = km_rng_bits(rng);
    while (draw >= limit);
    return draw % n;
}
