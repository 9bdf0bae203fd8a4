#pragma once
/**
 * @file
 * @brief What a team does: evaluate assignments until it is told to stop.
 */
#include "kaimen/campaign/record.h"
#include "kaimen/campaign/relaxation.h"

#include <signal.h>

/** What a worker needs beside its assignments; pointers are borrowed. */
typedef struct {
    km_calculator *calculator;
    km_calculator
        *dft; /* of tasks by DFT in a campaign with a classical potential; NULL: none */
    const char *input_text;
    const char *physics_text;
    km_relaxation relaxation;          /* of slabs and bulk crystals */
    const volatile sig_atomic_t *stop; /* becomes nonzero when the job is told to end */
} km_worker;

/**
 * @brief Evaluate one task. Collective on comm.
 *
 * Never fails: whatever goes wrong is in the result, with its reason. Result and image are the first rank's.
 * @param[out] image  ended with KM_FREE; NULL where it could not be made
 */
void km_worker_evaluate(const km_worker *worker, const km_assignment *assignment,
                        const km_crystal *crystal, MPI_Comm comm, km_result *result,
                        void **image, size_t *n_byte);

/** @brief Take assignments from the master until it says stop. Collective on the team. */
KM_STATUS km_worker_run(const km_worker *worker, const km_team *team);
