#pragma once
/**
 * @file
 * @brief The two documents that a user writes: a campaign and a single structure. Private to src/cli.
 *
 * Paths to crystals and pseudopotentials are relative to the document's folder; what kaimen writes (ledger, database,
 * table) is relative to the directory where it was started.
 */
#include "kaimen/base/config.h"
#include "kaimen/builder/slab.h"
#include "kaimen/campaign/campaign.h"
#include "kaimen/dft/options.h"

#include <stdbool.h>

typedef struct {
    char file[KM_PATH_SIZE];
    char block[64]; /* of a CIF file with several; "": the first */
    char name[64];  /* "": from the file's name */
} km_input_bulk;

/** A file of a classical potential. */
typedef struct {
    char file[KM_PATH_SIZE];
} km_input_potential;

#define KM_INPUT_MAX_POTENTIAL 8

/** One grain boundary of a campaign. */
typedef struct {
    char bulk[64]; /* name of the crystal; "": the first */
    km_boundary_request request;
} km_input_boundary;

typedef enum { KM_CALCULATOR_DFT, KM_CALCULATOR_FAKE } km_input_calculator;

/** How the job is run: nothing here changes a result. */
typedef struct {
    int team_size;            /* ranks of one team; 0: chosen */
    double time_limit_s;      /* 0: none, or what SLURM says */
    double task_time_limit_s; /* 0: none */
    int max_attempts;
    int seed;
} km_input_run;

typedef struct {
    char name[64];
    char ledger[KM_PATH_SIZE];
    char database[KM_PATH_SIZE];
    char table[KM_PATH_SIZE];
    int kind; /* a km_campaign_kind */
    int n_bulk;
    km_input_bulk *bulk;
    km_slab_options slab;
    km_equation_of_state_options equation_of_state;
    km_relaxation relax;
    km_dft_options dft;
    int level;       /* a km_functional */
    int n_potential; /* 0: DFT */
    km_input_potential potential[KM_INPUT_MAX_POTENTIAL];
    bool has_dft; /* beside a potential: for the structures that are found */
    int n_boundary;
    km_input_boundary *boundary;
    km_boundary_options grain;
    km_boundary_search_options learner;
    int calculator;     /* a km_input_calculator */
    double fake_task_s; /* mean duration of one fake task */
    km_input_run run;
} km_input_campaign;

typedef enum {
    KM_VACUUM_AUTO,
    KM_VACUUM_A,
    KM_VACUUM_B,
    KM_VACUUM_C,
    KM_VACUUM_NONE
} km_vacuum;

/** What is known of a slab's bulk: turns its potential into band edges and its energy into a surface energy. */
typedef struct {
    double repeat_bohr; /* along the normal; 0: no bulk is given */
    double vbm_ha;      /* above the mean of V_H + V_loc */
    double cbm_ha;
    double energy_ha;
    int n_atom; /* that this energy belongs to; 0: no energy is given */
} km_input_reference;

typedef struct {
    char structure[KM_PATH_SIZE];
    char block[64];
    bool forces;
    bool stress;
    bool edges;
    double dos_width_ha;
    int vacuum; /* a km_vacuum */
    km_input_reference bulk;
    km_relaxation relax;
    km_dft_options dft;
    int n_potential; /* 0: DFT */
    km_input_potential potential[KM_INPUT_MAX_POTENTIAL];
} km_input_energy;

/** @brief Schemas of the two documents, ended by an empty row. Local. */
const km_config_field *km_input_campaign_schema(void);
const km_config_field *km_input_energy_schema(void);

/**
 * @brief Read a document; rank 0 reads the file, every rank gets the values. Collective on comm.
 *
 * @param[out] input   paths in it can be opened from here; campaign: ended with km_input_campaign_clear()
 * @param[out] config  the document itself, for lines in messages; ended with km_config_destroy()
 * @return KM_E_INPUT, `FILE:LINE: ...`
 */
KM_STATUS km_input_read_campaign(const char *path, MPI_Comm comm, km_input_campaign *input,
                                 km_config **config);
KM_STATUS km_input_read_energy(const char *path, MPI_Comm comm, km_input_energy *input,
                               km_config **config);

/** @brief Free what a campaign's input holds. Local. */
void km_input_campaign_clear(km_input_campaign *input);

/** @brief docs/input.md: both schemas with an introduction; ended with KM_FREE. Local. */
KM_STATUS km_input_describe(char **text);
