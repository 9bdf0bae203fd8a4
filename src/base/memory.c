#include "kaimen/base/memory.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The size of a block is kept in front of it; 64 bytes keep the alignment of what follows. */
#define HEADER 64

static atomic_long live_blocks, n_allocation;
static atomic_size_t live_bytes, peak_bytes;

static void count_new_block(size_t bytes)
{
    size_t now = atomic_fetch_add(&live_bytes, bytes) + bytes;
    size_t peak = atomic_load(&peak_bytes);

    while (now > peak && !atomic_compare_exchange_weak(&peak_bytes, &peak, now)) continue;
    atomic_fetch_add(&live_blocks, 1);
    atomic_fetch_add(&n_allocation, 1);
}

km_status km_memory_allocate(size_t n, size_t size, void **pointer, const char *name)
{
    size_t bytes;
    char *block;

    *pointer = NULL;
    if (size > 0 && n > (SIZE_MAX - 2 * HEADER) / size)
        return KM_RAISE(KM_E_MEMORY, "%s: %zu elements of %zu bytes are too many", name, n,
                        size);
    bytes = (n * size + HEADER - 1) / HEADER * HEADER;
    block = aligned_alloc(HEADER, bytes + HEADER);
    if (!block)
        return KM_RAISE(KM_E_MEMORY, "%s: no memory for %.1f MB", name, (double)bytes / 1e6);
    memset(block, 0, bytes + HEADER);
    memcpy(block, &bytes, sizeof bytes);
    count_new_block(bytes);
    *pointer = block + HEADER;
    return KM_OK;
}

km_status km_memory_grow(size_t n_old, size_t n_new, size_t size, void **pointer,
                         const char *name)
{
    void *grown;

    KM_TRY(km_memory_allocate(n_new, size, &grown, name));
    if (*pointer) memcpy(grown, *pointer, size * (n_old < n_new ? n_old : n_new));
    km_memory_free(pointer);
    *pointer = grown;
    return KM_OK;
}

void km_memory_free(void **pointer)
{
    size_t bytes;
    char *block;

    if (!*pointer) return;
    block = (char *)*pointer - HEADER;
    memcpy(&bytes, block, sizeof bytes);
    atomic_fetch_sub(&live_bytes, bytes);
    atomic_fetch_sub(&live_blocks, 1);
    free(block);
    *pointer = NULL;
}

km_status km_memory_copy_text(const char *text, char **copy)
{
    KM_TRY(KM_ALLOC(*copy, strlen(text) + 1));
    memcpy(*copy, text, strlen(text));
    return KM_OK;
}

long km_memory_live_blocks(void)
{
    return atomic_load(&live_blocks);
}

long km_memory_n_allocation(void)
{
    return atomic_load(&n_allocation);
}

size_t km_memory_peak_bytes(void)
{
    return atomic_load(&peak_bytes);
}
