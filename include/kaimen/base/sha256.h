#pragma once
/**
 * @file
 * @brief SHA-256 of bytes: identity of candidates, fingerprint of pseudopotential files.
 *
 * Source: FIPS PUB 180-4, sections 4 to 6.
 */
#include <stddef.h>
#include <stdint.h>

/** Characters of a digest in lower-case hex, with the final '\0'. */
#define KM_SHA256_SIZE 65

/** Bytes arrive in pieces: start, any number of adds, finish. */
typedef struct {
    uint32_t state[8];
    uint64_t n_byte;
    unsigned char block[64];
} km_sha256;

/** @brief Start a digest. Local. */
void km_sha256_start(km_sha256 *sha);

/** @brief Add n_byte bytes to a digest. Local. */
void km_sha256_add(km_sha256 *sha, const void *bytes, size_t n_byte);

/** @brief Write the digest as lower-case hex; the digest has then ended. Local. */
void km_sha256_finish(km_sha256 *sha, char hex[KM_SHA256_SIZE]);
