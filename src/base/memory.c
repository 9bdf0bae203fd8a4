#include "kaimen/base/memory.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ALIGNMENT 64       /* a cache line, and what vector instructions want */
#define LARGE_PAGE 2097152 /* bytes, of x86 and most of ARM */

static atomic_long live_blocks, n_allocation;

/*
 * Ask for large pages, where the kernel gives them to who asks: a block is touched with a few hundred times fewer faults. Only
 * whole pages, so that no more memory is taken.
 */
static void advise(void *block, size_t n_byte)
{
#ifdef MADV_HUGEPAGE
    if (n_byte >= LARGE_PAGE)
        (void)madvise(block, n_byte / LARGE_PAGE * LARGE_PAGE, MADV_HUGEPAGE);
#else
    (void)block, (void)n_byte;
#endif
}

/* No header and no rounding: the sanitizer then sees a write of one byte beyond the end. */
km_status km_memory_reserve(size_t n, size_t size, void **pointer, const char *name)
{
    const size_t n_byte = n * size;
    void *block;

    *pointer = NULL;
    if (size > 0 && n > PTRDIFF_MAX / size)
        return KM_RAISE(KM_E_MEMORY, "%s: %zu elements of %zu bytes are too many", name, n,
                        size);
    if (posix_memalign(&block, n_byte < LARGE_PAGE ? ALIGNMENT : LARGE_PAGE,
                       n_byte > 0 ? n_byte : 1) != 0)
        return KM_RAISE(KM_E_MEMORY, "%s: no memory for %.1f MB", name,
                        (double)(n * size) / 1e6);
    advise(block, n_byte);
    atomic_fetch_add(&live_blocks, 1);
    atomic_fetch_add(&n_allocation, 1);
    *pointer = block;
    return KM_OK;
}

km_status km_memory_allocate(size_t n, size_t size, void **pointer, const char *name)
{
    KM_TRY(km_memory_reserve(n, size, pointer, name));
    memset(*pointer, 0, n * size);
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
    if (!*pointer) return;
    atomic_fetch_sub(&live_blocks, 1);
    free(*pointer);
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

/* A line of /proc/self/status, "VmHWM:   123 kB", in MB. */
static double read_status_mb(const char *key)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[128];
    double kb = 0;

    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, key, strlen(key)) == 0) kb = strtod(line + strlen(key), NULL);
    if (file) fclose(file);
    return kb / 1024;
}

double km_memory_resident_mb(void)
{
    return read_status_mb("VmRSS:");
}

double km_memory_peak_mb(void)
{
    return read_status_mb("VmHWM:");
}
