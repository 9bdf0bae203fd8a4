/* The same in single precision. */
#define REAL float
#define NAME(x) x##_single
#include "dft/pairing_body.h"
