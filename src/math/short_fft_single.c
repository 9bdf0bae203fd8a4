/* The same in single precision. */
#define REAL float
#define NAME(x) x##_single
#include "math/short_fft_body.h"
