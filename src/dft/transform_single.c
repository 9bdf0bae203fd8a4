/* The same in single precision, without densities. */
#define REAL float
#define NAME(x) x##_single
#include "dft/transform_body.h"
