#pragma once
/**
 * @file
 * @brief Seeded streams of random numbers: the same on every machine, rank and thread count.
 *
 * A stream is a plain value; copying it copies the sequence. Streams of one seed are independent of each other in
 * practice: each starts at a state of 256 mixed bits. All functions are local.
 *
 * Source: xoshiro256++, D. Blackman and S. Vigna, ACM Trans. Math. Softw. 47, 36 (2021); states from SplitMix64,
 * G. Steele, D. Lea and C. Flood, OOPSLA 2014, p. 453.
 */
#include <stdint.h>

typedef struct {
    uint64_t state[4];
} km_rng;

/** @brief The stream of a seed (of the campaign, the candidate) and a number within it. */
km_rng km_rng_start(uint64_t seed, uint64_t stream);

/** @brief 64 random bits. */
uint64_t km_rng_bits(km_rng *rng);

/** @brief Uniform in [0, 1), a multiple of 2^-53. */
double km_rng_uniform(km_rng *rng);

/** @brief Standard normal: mean 0, variance 1 (Box and Muller, Ann. Math. Stat. 29, 610 (1958)). */
double km_rng_normal(km_rng *rng);

/** @brief Uniform integer in [0, n), n >= 1, without bias. */
uint64_t km_rng_index(km_rng *rng, uint64_t n);
