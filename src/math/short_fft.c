#define REAL double
#define NAME(x) x
#define WIDTH KM_SHORT_FFT_WIDTH
#include "math/short_fft_body.h"
