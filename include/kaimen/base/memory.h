#pragma once
/**
 * @file
 * @brief Counted, 64-byte aligned allocation, zeroed unless only reserved: the only place that calls malloc and free.
 */
#include "kaimen/base/status.h"

#include <stddef.h>

/** Allocate n zeroed elements: `KM_TRY(KM_ALLOC(x, n))`; n = 0 gives a valid, empty block. */
#define KM_ALLOC(pointer, n)                                                                   \
    km_memory_allocate((size_t)(n), sizeof *(pointer), (void **)&(pointer), #pointer)

/** The same with elements that are not set: work space, of which what is never used takes no memory. */
#define KM_RESERVE(pointer, n)                                                                 \
    km_memory_reserve((size_t)(n), sizeof *(pointer), (void **)&(pointer), #pointer)

/** Change the number of elements, keeping the old ones; new ones are zero. */
#define KM_GROW(pointer, n_old, n_new)                                                         \
    km_memory_grow((size_t)(n_old), (size_t)(n_new), sizeof *(pointer), (void **)&(pointer),   \
                   #pointer)

/** Free and set to NULL; NULL is accepted. */
#define KM_FREE(pointer) km_memory_free((void **)&(pointer))

/** @brief See KM_ALLOC. Local. @return KM_E_MEMORY, naming the array and its size */
KM_STATUS km_memory_allocate(size_t n, size_t size, void **pointer, const char *name);

/** @brief See KM_RESERVE. Local. @return KM_E_MEMORY, naming the array and its size */
KM_STATUS km_memory_reserve(size_t n, size_t size, void **pointer, const char *name);

/** @brief See KM_GROW. Local. @return KM_E_MEMORY; the old block is then kept */
KM_STATUS km_memory_grow(size_t n_old, size_t n_new, size_t size, void **pointer,
                         const char *name);

/** @brief See KM_FREE. Local. */
void km_memory_free(void **pointer);

/** @brief Copy a string into memory of its own, ended with KM_FREE. Local. */
KM_STATUS km_memory_copy_text(const char *text, char **copy);

/** @brief Blocks allocated and not yet freed in this process. Local. */
long km_memory_live_blocks(void);

/** @brief Calls of km_memory_allocate, km_memory_reserve and km_memory_grow so far: for tests of hot loops. Local. */
long km_memory_n_allocation(void);

/** @brief Memory that this process has now, and the most that it has had, MB; 0 where /proc does not tell. Local. */
double km_memory_resident_mb(void);
double km_memory_peak_mb(void);
