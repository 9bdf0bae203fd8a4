#define REAL double
#define NAME(x) x
#include "math/short_fft_body.h"
