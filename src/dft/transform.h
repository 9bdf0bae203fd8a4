#pragma once
/**
 * @file
 * @brief One band, or a pair of real ones, to real space and back (private to the layer).
 *
 * Columns of plane waves are transformed along the third axis, 8 of them side by side, 16 in single precision; then as many
 * planes side by side along the second axis, only in rows that hold plane waves; then line after line along the first
 * one: a line is brought to real space, used there and taken back before the next, and never leaves the cache.
 *
 * In double precision, and in single precision for what corrects bands.
 */
#include "kaimen/dft/basis.h"

#include <stdbool.h>

/** What goes through one transform: one complex band, or one or two real ones with factors; borrowed. */
typedef struct {
    const double *first, *second; /* second: NULL for a complex or a single band */
    double factor[2];
    bool is_real;
} km_packet;

/** The same in single precision. */
typedef struct {
    const float *first, *second;
    float factor[2];
    bool is_real;
} km_packet_single;

typedef struct km_transform km_transform;
typedef struct km_transform_single km_transform_single;

/** What a transform is made for: every basis that it will be used with has its plane waves within it. */
typedef struct {
    int n[3];     /* FFT grid */
    int reach[3]; /* largest |m| of a plane wave along each axis, 2 reach < n */
    int n_column; /* most columns of a basis */
    int n_spin;   /* number of potentials that are kept at a time */
} km_transform_size;

/** @brief Make tables and work space. Local. */
KM_STATUS km_transform_create(const km_transform_size *size, km_transform **transform);
KM_STATUS km_transform_create_single(const km_transform_size *size,
                                     km_transform_single **transform);

/** @brief Free and set to NULL; accepts NULL. Local. */
void km_transform_destroy(km_transform **transform);
void km_transform_destroy_single(km_transform_single **transform);

/** @brief Set the local potentials, Ha, [n_spin][n0][n1][n2]. Local. */
void km_transform_set_potential(km_transform *transform, const double *v_ha);
void km_transform_set_potential_single(km_transform_single *transform, const double *v_ha);

/** @brief Add V psi to a band, or to a pair of real ones; `second` may be NULL as in the packet. Local. */
void km_transform_apply(km_transform *transform, const km_basis *basis, int spin,
                        const km_packet *packet, double *first, double *second);
void km_transform_apply_single(km_transform_single *transform, const km_basis *basis, int spin,
                               const km_packet_single *packet, float *first, float *second);

/** @brief Numbers of a density in the order that km_transform_add_density() wants. Local. */
size_t km_transform_density_size(const km_transform *transform);
size_t km_transform_density_size_single(const km_transform_single *transform);

/** @brief Add weight |psi|^2 Omega to a density, starting from zeros; of a pair, the sum of both. Local. */
void km_transform_add_density(km_transform *transform, const km_basis *basis,
                              const km_packet *packet, double weight, double *density);
void km_transform_add_density_single(km_transform_single *transform, const km_basis *basis,
                                     const km_packet_single *packet, float weight,
                                     float *density);

/** @brief Add such a density to a plain [n0][n1][n2]. Local. */
void km_transform_sort_density(const km_transform *transform, const double *density,
                               double *plain);
void km_transform_sort_density_single(const km_transform_single *transform,
                                      const float *density, double *plain);
