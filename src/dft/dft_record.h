#pragma once
/** @file @brief The DFT part of a result's record in HDF5. */
#include "kaimen/dft/dft_calculator.h"

/** @brief km_calculator_class.write of the DFT calculator; self is a km_dft. Collective is nothing here: local. */
KM_STATUS km_dft_write(void *self, km_h5 *group);
