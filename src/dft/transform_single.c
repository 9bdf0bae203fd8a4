/* The same in single precision. */
#define REAL float
#define NAME(x) x##_single
#define WIDTH KM_SHORT_FFT_WIDTH_SINGLE
#define INTERLEAVE_FIRST(a, b)                                                                 \
    __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define INTERLEAVE_SECOND(a, b)                                                                \
    __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
#include "dft/transform_body.h"
