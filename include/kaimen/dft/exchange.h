#pragma once
/**
 * @file
 * @brief From slices of plane waves of all bands to whole bands, and back.
 *
 * Ranks that share a k-point hold a slice of the plane waves of every band: overlaps and rotations are then local
 * products. FFTs want whole bands: spread gives each rank some of them, collect brings their images back.
 */
#include "kaimen/dft/bands.h"
#include "kaimen/dft/basis.h"

typedef struct km_exchange km_exchange;

/** @brief Make buffers for all bases, which share one communicator. Local. */
KM_STATUS km_exchange_create(int n_basis, km_basis *const *bases, km_exchange **exchange);

/** @brief Free and set to NULL; accepts NULL. Local. */
void km_exchange_destroy(km_exchange **exchange);

/** @brief Most bands of one spread. Local. */
int km_exchange_n_band(const km_exchange *exchange);

/**
 * @brief Give each rank its share of some bands, whole. Collective on the basis's comm.
 * @param[in]  slices  at most km_exchange_n_band()
 * @param[out] first   index of this rank's first band among them
 * @param[out] image   zeroed block of the shape of the result, for what becomes of them
 * @return this rank's bands; both blocks belong to the exchange, until the next spread
 */
km_bands km_exchange_spread(km_exchange *exchange, const km_basis *basis,
                            const km_bands *slices, int *first, km_bands *image);

/** @brief Add the images of the last spread to slices of the same shape. Collective on the basis's comm. */
void km_exchange_collect(km_exchange *exchange, const km_basis *basis, const km_bands *slices);
