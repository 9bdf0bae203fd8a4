#pragma once
/**
 * @file
 * @brief From an input document to what run, plan and energy work with. Private to src/cli.
 */
#include "cli/input.h"
#include "kaimen/base/text.h"
#include "kaimen/campaign/campaign.h"
#include "kaimen/dft/dft_calculator.h"

/** A campaign, ready to be planned or run; ended with km_setup_clear(). Crystals and plan exist on rank 0 only. */
typedef struct {
    km_input_campaign input;
    km_config *config;
    km_crystal **crystals;         /* [input.n_bulk] */
    km_campaign_bulk *bulk;        /* [input.n_bulk] */
    km_boundary_request *boundary; /* [input.n_boundary] */
    char *effective;               /* every value, as YAML */
    char *physics;                 /* those that change a result */
    km_text *pseudos;              /* of each crystal, by hash, [input.n_bulk] */
    km_calculator *calculator;
    km_calculator *second; /* of DFT beside a potential; NULL: none */
    char *second_physics;  /* its values that change a result */
    km_dft *dft; /* borrowed: of the calculator that is DFT; NULL: a fake or classical one */
    km_plan *plan;
    km_campaign_options options;
} km_setup;

/**
 * @brief Read a campaign's document and crystals, check them, make its calculator and its plan with estimates.
 * Collective on comm.
 * @return KM_E_INPUT naming file and line
 */
KM_STATUS km_setup_campaign(const char *path, MPI_Comm comm, km_setup *setup);

/** @brief Free all; accepts a half-made one. Local. */
void km_setup_clear(km_setup *setup);

/**
 * @brief Read a crystal file in any format. Local.
 * @param[in] config, key  the place that names it, for messages: `FILE:LINE`
 */
KM_STATUS km_setup_read_crystal(const km_config *config, const char *key, const char *path,
                                const char *block, km_crystal **crystal);

/** @brief Load the pseudopotentials of a crystal's elements; a missing one names the input's line. Local. */
KM_STATUS km_setup_load_pseudo(const km_config *config, km_dft *dft, const km_crystal *crystal);

/** @brief Make the calculator of a classical potential from its files, read on one rank. Collective on comm. */
KM_STATUS km_setup_make_classical(int n_file, const km_input_potential *files, MPI_Comm comm,
                                  km_calculator **calculator);

/** @brief Append the options that change a result, "key value" lines. Local. */
KM_STATUS km_setup_write_physics(const km_dft_options *dft, km_text *text);

/** @brief Append the pseudopotentials of a crystal by hash, likewise: adding another crystal changes none of them. Local. */
KM_STATUS km_setup_write_pseudos(const km_dft *dft, const km_crystal *crystal, km_text *text);

/** @brief Refuse a cutoff that gives fewer plane waves than bands. Local. */
KM_STATUS km_setup_check_size(const km_config *config, const km_dft_options *dft,
                              const km_calculation *size);
