#define REAL double
#define NAME(x) x
/* Columns, and planes, that go side by side. */
#define WIDTH KM_SHORT_FFT_WIDTH
#define INTERLEAVE_FIRST(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define INTERLEAVE_SECOND(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#include "dft/transform_body.h"
