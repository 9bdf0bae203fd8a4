#include "kaimen/base/text.h"

#include "kaimen/base/memory.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

/* Words compared are keys; longer ones are compared up to here. */
#define LONGEST_WORD 127

km_status km_text_append(km_text *text, const char *format, ...)
{
    va_list arguments;
    int n_new;

    va_start(arguments, format);
    n_new = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (n_new < 0) return KM_RAISE(KM_E_INTERNAL, "the format %s cannot be written", format);
    if (text->n_byte + (size_t)n_new + 1 > text->capacity) {
        size_t wanted = 2 * (text->n_byte + (size_t)n_new + 64);

        KM_TRY(KM_GROW(text->bytes, text->capacity, wanted));
        text->capacity = wanted;
    }
    va_start(arguments, format);
    vsnprintf(text->bytes + text->n_byte, (size_t)n_new + 1, format, arguments);
    va_end(arguments);
    text->n_byte += (size_t)n_new;
    return KM_OK;
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

/* Source: optimal string alignment, G. Navarro, ACM Comput. Surv. 33, 31 (2001), section 5.1. */
int km_text_distance(const char *a, const char *b)
{
    int rows[3][LONGEST_WORD + 1];
    int *before = rows[0], *last = rows[1], *row = rows[2];
    int n_a = (int)strnlen(a, LONGEST_WORD), n_b = (int)strnlen(b, LONGEST_WORD);

    for (int ib = 0; ib <= n_b; ++ib) last[ib] = ib;
    for (int ia = 1; ia <= n_a; ++ia) {
        int *oldest = before;

        row[0] = ia;
        for (int ib = 1; ib <= n_b; ++ib) {
            int ca = tolower((unsigned char)a[ia - 1]), cb = tolower((unsigned char)b[ib - 1]);

            row[ib] = smaller(smaller(last[ib], row[ib - 1]) + 1, last[ib - 1] + (ca != cb));
            if (ia > 1 && ib > 1 && ca == tolower((unsigned char)b[ib - 2]) &&
                cb == tolower((unsigned char)a[ia - 2]))
                row[ib] = smaller(row[ib], before[ib - 2] + 1);
        }
        before = last;
        last = row;
        row = oldest;
    }
    return last[n_b];
}
