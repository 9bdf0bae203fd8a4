#pragma once
/** @file @brief What a km_slab_list is made of, shared by the files that cut and that cut again. */
#include "kaimen/builder/slab.h"

typedef struct {
    km_slab_info info;
    km_crystal *slab;       /* NULL when rejected */
    km_crystal *bulk;       /* oriented, with the slab's origin; NULL when rejected */
    double lattice_bohr[9]; /* its vectors in the frame of spglib's conventional cell */
} km_slab_entry;

struct km_slab_list {
    int n;
    int capacity;
    km_slab_entry *entries;
};
