#include "cli/setup.h"

#include "kaimen/base/file.h"
#include "kaimen/base/memory.h"
#include "kaimen/base/sha256.h"
#include "kaimen/base/text.h"
#include "kaimen/dft/dft_calculator.h"
#include "kaimen/potential/fake_calculator.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* "crystals/TiO2-rutile.cif" is TiO2-rutile. */
static void name_bulk(const km_input_bulk *input, km_campaign_bulk *bulk)
{
    const char *slash = strrchr(input->file, '/');
    const char *stem = slash ? slash + 1 : input->file;
    const char *dot = strrchr(stem, '.');
    int n = (int)(dot && dot > stem ? dot - stem : (long)strlen(stem));

    if (input->name[0])
        snprintf(bulk->name, sizeof bulk->name, "%s", input->name);
    else
        snprintf(bulk->name, sizeof bulk->name, "%.*s", n, stem);
    snprintf(bulk->path, sizeof bulk->path, "%s", input->file);
}

static km_status check_names(const km_setup *setup)
{
    for (int i = 0; i < setup->input.n_bulk; ++i) {
        char key[32];

        snprintf(key, sizeof key, "bulk[%d]", i);
        for (int j = 0; j < i; ++j)
            if (!strcmp(setup->bulk[i].name, setup->bulk[j].name))
                return KM_RAISE(KM_E_INPUT,
                                "%s:%d: bulk: the name %s is taken; wanted another one",
                                km_config_name(setup->config),
                                km_config_line(setup->config, key), setup->bulk[i].name);
    }
    return KM_OK;
}

static km_status append_relaxation(const km_relaxation *relax, km_text *text)
{
    KM_TRY(km_text_append(text, "relax_atoms %d\nrelax_cell %d\n", relax->atoms, relax->cell));
    if (!relax->atoms && !relax->cell) return KM_OK;
    KM_TRY(km_text_append(text, "relax_force_ha_bohr %.12g\nrelax_steps %d\n",
                          relax->force_tolerance_ha_bohr, relax->max_step));
    if (relax->atoms)
        KM_TRY(km_text_append(text, "relax_frozen_layers %d\n", relax->n_frozen_plane));
    if (relax->cell)
        KM_TRY(km_text_append(text,
                              "relax_stress_ha_bohr3 %.12g\nrelax_pressure_ha_bohr3 %.12g\n",
                              relax->stress_tolerance_ha_bohr3, relax->pressure_ha_bohr3));
    return KM_OK;
}

/* The potential by the hash of its files, and how bicrystals relax. */
static km_status append_potential(const km_input_campaign *input, km_text *text)
{
    for (int i = 0; i < input->n_potential; ++i) {
        char hash[KM_SHA256_SIZE], *content;
        km_sha256 sha;

        KM_TRY(km_file_read_text(input->potential[i].file, &content));
        km_sha256_start(&sha);
        km_sha256_add(&sha, content, strlen(content));
        km_sha256_finish(&sha, hash);
        KM_FREE(content);
        KM_TRY(km_text_append(text, "potential %d %s\n", i + 1, hash));
    }
    return km_text_append(text, "relax_force_ha_bohr %.12g\nrelax_steps %d\nrelax_slide %d\n",
                          input->relax.force_tolerance_ha_bohr, input->relax.max_step,
                          input->relax.slide);
}

/* Values that change a result, a line each; the number of ranks, limits and paths are none of them. */
static km_status write_physics(km_setup *setup)
{
    km_text text = {0};
    km_status status;

    if (setup->input.kind == KM_CAMPAIGN_GRAIN_BOUNDARY) {
        KM_TRY_TO(end, append_potential(&setup->input, &text));
    } else {
        KM_TRY_TO(end, km_text_append(&text, "calculator %d %g\n", setup->input.calculator,
                                      setup->input.fake_task_s));
        KM_TRY_TO(end, km_setup_write_physics(&setup->input.dft, &text));
        KM_TRY_TO(end, append_relaxation(&setup->input.relax, &text));
    }
    setup->physics = text.bytes;
    return KM_OK;
end:
    KM_FREE(text.bytes);
    return status;
}

/* Cells are cut and reduced by element: an order of single atoms would be lost. */
static km_status refuse_moments(const km_config *config, const char *key,
                                const km_crystal *crystal)
{
    if (!km_crystal_moments_mub(crystal)) return KM_OK;
    return KM_RAISE(
        KM_E_INPUT,
        "%s:%d: %s brings moments of its own for each atom; a campaign wants them by "
        "element, in dft.moments",
        km_config_name(config), km_config_line(config, key), key);
}

static km_status read_crystals(km_setup *setup)
{
    const km_input_campaign *input = &setup->input;

    KM_TRY(KM_ALLOC(setup->crystals, input->n_bulk));
    KM_TRY(KM_ALLOC(setup->bulk, input->n_bulk));
    KM_TRY(KM_ALLOC(setup->pseudos, input->n_bulk));
    for (int i = 0; i < input->n_bulk; ++i) {
        char key[32];

        snprintf(key, sizeof key, "bulk[%d].file", i);
        name_bulk(&input->bulk[i], &setup->bulk[i]);
        KM_TRY(km_setup_read_crystal(setup->config, key, input->bulk[i].file,
                                     input->bulk[i].block, &setup->crystals[i]));
        if (input->dft.spin == KM_SPIN_NONE)
            KM_TRY(km_crystal_set_moments(setup->crystals[i], NULL));
        KM_TRY(refuse_moments(setup->config, key, setup->crystals[i]));
        setup->bulk[i].crystal = setup->crystals[i];
        if (setup->dft)
            KM_TRY(km_setup_load_pseudo(setup->config, setup->dft, setup->crystals[i]));
        if (setup->dft)
            KM_TRY(km_setup_write_pseudos(setup->dft, setup->crystals[i], &setup->pseudos[i]));
        setup->bulk[i].physics_text = setup->pseudos[i].bytes;
    }
    if (setup->second) {
        km_text text = {0};

        KM_TRY(km_setup_write_physics(&input->dft, &text));
        setup->second_physics = text.bytes;
    }
    KM_TRY(check_names(setup));
    KM_TRY(KM_ALLOC(setup->boundary, input->n_boundary));
    for (int b = 0; b < input->n_boundary; ++b) setup->boundary[b] = input->boundary[b].request;
    return write_physics(setup);
}

static void fill_options(km_setup *setup)
{
    const km_input_campaign *input = &setup->input;
    km_campaign_options *options = &setup->options;

    *options = km_campaign_options_default();
    snprintf(options->name, sizeof options->name, "%s", input->name);
    snprintf(options->ledger_path, sizeof options->ledger_path, "%s", input->ledger);
    snprintf(options->database_path, sizeof options->database_path, "%s", input->database);
    options->n_bulk = input->n_bulk;
    options->bulk = setup->bulk;
    options->kind = (km_campaign_kind)input->kind;
    options->slab = input->slab;
    options->equation_of_state = input->equation_of_state;
    options->n_boundary = input->n_boundary;
    options->boundary = setup->boundary;
    options->boundary_options = input->grain;
    options->boundary_options.grain.tolerance_bohr = input->slab.tolerance_bohr;
    options->boundary_search = input->learner;
    options->dft = setup->second;
    options->dft_text = setup->second_physics;
    options->relaxation = input->relax;
    options->physics_text = setup->physics;
    options->input_text = setup->effective;
    options->seed = (unsigned long)input->run.seed;
    options->team_size = input->run.team_size;
    options->time_limit_s = input->run.time_limit_s;
    options->task_time_limit_s = input->run.task_time_limit_s;
    options->max_attempts = input->run.max_attempts;
    options->show_progress = isatty(STDERR_FILENO) != 0;
}

static km_status make_calculator(km_setup *setup, MPI_Comm comm)
{
    km_fake_options fake = {.sleep_s = setup->input.fake_task_s};

    if (setup->input.kind == KM_CAMPAIGN_GRAIN_BOUNDARY) {
        if (setup->input.has_dft)
            KM_TRY(
                km_dft_calculator_create(&setup->input.dft, NULL, &setup->second, &setup->dft));
        return km_setup_make_classical(setup->input.n_potential, setup->input.potential, comm,
                                       &setup->calculator);
    }
    if (setup->input.calculator == KM_CALCULATOR_FAKE)
        return km_fake_calculator_create(&fake, &setup->calculator);
    return km_dft_calculator_create(&setup->input.dft, NULL, &setup->calculator, &setup->dft);
}

static km_status make_plan(km_setup *setup)
{
    KM_TRY(km_campaign_plan(&setup->options, setup->calculator, &setup->plan));
    for (int i = 0; i < km_plan_n_task(setup->plan); ++i)
        KM_TRY(km_setup_check_size(setup->config, &setup->input.dft,
                                   km_plan_size(setup->plan, i)));
    return KM_OK;
}

km_status km_setup_campaign(const char *path, MPI_Comm comm, km_setup *setup)
{
    km_status status = KM_OK;
    int rank;

    memset(setup, 0, sizeof *setup);
    MPI_Comm_rank(comm, &rank);
    KM_TRY(km_input_read_campaign(path, comm, &setup->input, &setup->config));
    KM_TRY(km_agree(
        km_config_echo(km_input_campaign_schema(), &setup->input, &setup->effective), comm));
    KM_TRY(km_agree(make_calculator(setup, comm), comm));
    if (rank == 0) status = read_crystals(setup);
    KM_TRY(km_agree(status, comm));
    fill_options(setup);
    if (rank == 0) status = make_plan(setup);
    KM_TRY(km_agree(status, comm));
    return KM_OK;
}

void km_setup_clear(km_setup *setup)
{
    km_plan_destroy(&setup->plan);
    km_calculator_destroy(&setup->calculator);
    km_calculator_destroy(&setup->second);
    KM_FREE(setup->second_physics);
    for (int i = 0; setup->crystals && i < setup->input.n_bulk; ++i)
        km_crystal_destroy(&setup->crystals[i]);
    for (int i = 0; setup->pseudos && i < setup->input.n_bulk; ++i)
        KM_FREE(setup->pseudos[i].bytes);
    KM_FREE(setup->pseudos);
    KM_FREE(setup->crystals);
    KM_FREE(setup->boundary);
    KM_FREE(setup->bulk);
    KM_FREE(setup->physics);
    KM_FREE(setup->effective);
    km_input_campaign_clear(&setup->input);
    km_config_destroy(&setup->config);
}
