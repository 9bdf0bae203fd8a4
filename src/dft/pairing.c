#define REAL double
#define NAME(x) x
#include "dft/pairing_body.h"
