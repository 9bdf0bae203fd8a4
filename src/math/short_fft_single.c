/* The same in single precision. */
#define REAL float
#define NAME(x) x##_single
#define WIDTH KM_SHORT_FFT_WIDTH_SINGLE
#include "math/short_fft_body.h"
