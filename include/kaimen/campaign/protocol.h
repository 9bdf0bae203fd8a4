#pragma once
/**
 * @file
 * @brief Everything that master and teams say to each other; the only file that sends between them.
 *
 * The master sends an assignment (with the crystal) or a stop to the first rank of a team, which broadcasts it; that rank sends back one
 * result (with the HDF5 image) per assignment. Structs travel as bytes: all ranks run the same program on machines of one kind.
 * Nobody spins while it waits.
 */
#include "kaimen/campaign/task.h"
#include "kaimen/campaign/team.h"

#include <stddef.h>

/** What a surface needs of its references. */
typedef struct {
    bool has_bands; /* of the bulk; the next three mean something */
    bool is_metallic;
    double vbm_ha;
    double cbm_ha;
    double mean_ha;     /* cell average of V_H + V_loc of the bulk */
    double atom_ha;     /* energy of the bulk per atom; NaN: none */
    double oriented_ha; /* energy of the oriented bulk cell; NaN: none */
    int oriented_n_atom;
    double oriented_filling;  /* its basis_filling */
    double oriented_slope_ha; /* its basis_slope_ha */
} km_reference;

typedef struct {
    km_task task;
    km_reference reference;
    double time_limit_s; /* 0: none */
    bool
        is_job_limit; /* the limit is the end of the job: reaching it says nothing about the task */
    int n_atom;       /* of the crystal that follows */
} km_assignment;

/** @brief Give a task to a team that has none. Local to the master. */
KM_STATUS km_protocol_send_assignment(const km_team *team, int i_team,
                                      const km_assignment *assignment,
                                      const km_crystal *crystal);

/** @brief Send a team home. Local to the master. */
void km_protocol_send_stop(const km_team *team, int i_team);

/**
 * @brief Wait for the next assignment. Collective on the team.
 * @param[out] assignment  valid where crystal is not NULL, or where an error is returned after the header arrived
 * @param[out] crystal     NULL when the team is told to stop; ended with km_crystal_destroy()
 */
KM_STATUS km_protocol_receive_assignment(const km_team *team, km_assignment *assignment,
                                         km_crystal **crystal);

/** @brief Send back what came out. Local to the first rank of a team. */
KM_STATUS km_protocol_send_result(const km_team *team, const km_result *result,
                                  const void *image, size_t n_byte);

/**
 * @brief Take one result that has arrived. Local to the master.
 * @param[out] i_team  the team it came from, -1 where nothing has arrived
 * @param[out] image   ended with KM_FREE; NULL for none
 */
KM_STATUS km_protocol_receive_result(const km_team *team, int *i_team, km_result *result,
                                     void **image, size_t *n_byte);

/** @brief Rest a little, longer with every call in a row (10 ms at most); *n_idle = 0 begins anew. Local. */
void km_protocol_rest(int *n_idle);
