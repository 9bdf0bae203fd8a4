#include "kaimen/campaign/campaign.h"

#include "campaign/wisdom.h"

#include "kaimen/base/comm.h"
#include "kaimen/base/memory.h"
#include "kaimen/base/text.h"
#include "kaimen/campaign/boundary_trace.h"
#include "kaimen/campaign/database.h"
#include "kaimen/campaign/identity.h"
#include "kaimen/campaign/ledger.h"
#include "kaimen/campaign/master.h"
#include "kaimen/campaign/stop.h"
#include "kaimen/campaign/team.h"
#include "kaimen/campaign/worker.h"

#include <string.h>
#include <unistd.h>

km_campaign_options km_campaign_options_default(void)
{
    return (km_campaign_options){.slab = km_slab_options_default(),
                                 .equation_of_state = km_equation_of_state_options_default(),
                                 .relaxation = km_relaxation_default(),
                                 .physics_text = "",
                                 .input_text = "",
                                 .max_attempts = 3};
}

static km_status check_options(const km_campaign_options *options)
{
    KM_TRY(KM_CHECK(options->name[0], KM_E_INPUT, "the campaign has no name"));
    KM_TRY(KM_CHECK(options->ledger_path[0], KM_E_INPUT, "campaign %s names no ledger",
                    options->name));
    KM_TRY(KM_CHECK(options->max_attempts > 0, KM_E_INPUT, "max_attempts = %d must be positive",
                    options->max_attempts));
    KM_TRY(KM_CHECK(options->time_limit_s >= 0 && options->task_time_limit_s >= 0, KM_E_INPUT,
                    "time limits of %g s and, of a task, %g s must be positive or, for none, 0",
                    options->time_limit_s, options->task_time_limit_s));
    return KM_OK;
}

static km_status add_surfaces(km_plan *plan, const km_campaign_bulk *bulk,
                              const km_campaign_options *options, const char *physics)
{
    return km_plan_add_surfaces(plan, bulk->name, bulk->crystal, &options->slab,
                                options->relaxation.cell, physics);
}

static km_status add_volumes(km_plan *plan, const km_campaign_bulk *bulk,
                             const km_campaign_options *options, const char *physics)
{
    return km_equation_of_state_plan(plan, bulk->name, bulk->crystal,
                                     &options->equation_of_state, options->slab.tolerance_bohr,
                                     physics);
}

/* What each kind of campaign makes of a crystal, by km_campaign_kind. */
static km_status (*const add_tasks[])(km_plan *, const km_campaign_bulk *,
                                      const km_campaign_options *,
                                      const char *) = {add_surfaces, add_volumes};

/* What enters the identities of a crystal's tasks does not depend on the other crystals. */
static km_status add_crystal(km_plan *plan, const km_campaign_bulk *bulk,
                             const km_campaign_options *options)
{
    km_text physics = {0};
    km_status status;

    KM_TRY_TO(end, km_text_append(&physics, "%s%s", options->physics_text,
                                  bulk->physics_text ? bulk->physics_text : ""));
    status = add_tasks[options->kind](plan, bulk, options, physics.bytes);
end:
    KM_FREE(physics.bytes);
    return status;
}

/* Every crystal as the potential relaxes it, then the boundaries of each. */
static km_status list_boundaries(const km_campaign_options *options, km_calculator *calculator,
                                 km_crystal **relaxed, double *atom_ha, km_boundary_list *list)
{
    for (int i = 0; i < options->n_bulk; ++i)
        KM_TRY(km_boundary_relax_bulk(options->bulk[i].crystal, calculator, relaxed + i,
                                      atom_ha + i));
    for (int b = 0; b < options->n_boundary; ++b) {
        const int i = options->boundary[b].i_bulk;

        KM_TRY(km_boundary_list_add(list, options->bulk[i].name, relaxed[i], atom_ha[i],
                                    options->boundary + b, &options->boundary_options,
                                    calculator));
    }
    return KM_OK;
}

/* Of each crystal with the pseudopotentials of its elements. */
static km_status add_winners(km_plan *plan, const km_campaign_options *options,
                             const char *const *names)
{
    km_text *texts = NULL;
    const char **borrowed = NULL;
    km_status status;

    KM_TRY_TO(end, KM_ALLOC(texts, options->n_bulk));
    KM_TRY_TO(end, KM_ALLOC(borrowed, options->n_bulk));
    for (int i = 0; i < options->n_bulk; ++i) {
        const char *more = options->bulk[i].physics_text;

        KM_TRY_TO(end, km_text_append(texts + i, "%s%s", options->dft_text, more ? more : ""));
        borrowed[i] = texts[i].bytes;
    }
    status = km_plan_add_winners(plan, names, borrowed);
end:
    for (int i = 0; texts && i < options->n_bulk; ++i) KM_FREE(texts[i].bytes);
    KM_FREE(texts);
    KM_FREE(borrowed);
    return status;
}

static km_status add_boundaries(km_plan *plan, const km_campaign_options *options,
                                km_calculator *calculator)
{
    const int n = options->n_bulk;
    km_boundary_list list = {0};
    km_crystal **relaxed = NULL;
    const char **names = NULL;
    double *atom_ha = NULL;
    km_status status;

    KM_TRY_TO(end, KM_ALLOC(relaxed, n));
    KM_TRY_TO(end, KM_ALLOC(names, n));
    KM_TRY_TO(end, KM_ALLOC(atom_ha, n));
    for (int i = 0; i < n; ++i) names[i] = options->bulk[i].name;
    KM_TRY_TO(end, list_boundaries(options, calculator, relaxed, atom_ha, &list));
    KM_TRY_TO(end,
              km_plan_add_boundaries(plan, &list, n, (const km_crystal *const *)relaxed, names,
                                     options->slab.tolerance_bohr, options->physics_text));
    if (options->dft) status = add_winners(plan, options, names);
end:
    km_boundary_list_clear(&list);
    for (int i = 0; relaxed && i < n; ++i) km_crystal_destroy(relaxed + i);
    KM_FREE(relaxed);
    KM_FREE(names);
    KM_FREE(atom_ha);
    return status;
}

km_status km_campaign_plan(const km_campaign_options *options, km_calculator *calculator,
                           km_plan **plan)
{
    km_status status;

    *plan = NULL;
    KM_TRY(
        KM_CHECK(options->n_bulk > 0, KM_E_INPUT, "campaign %s has no crystal", options->name));
    KM_TRY(km_plan_create(plan));
    if (options->kind == KM_CAMPAIGN_GRAIN_BOUNDARY)
        KM_TRY_TO(fail, add_boundaries(*plan, options, calculator));
    else
        for (int i = 0; i < options->n_bulk; ++i)
            KM_TRY_TO(fail, add_crystal(*plan, options->bulk + i, options));
    if (calculator) KM_TRY_TO(fail, km_plan_estimate(*plan, calculator, options->dft));
    return KM_OK;
fail:
    km_plan_destroy(plan);
    return status;
}

/* Lines of the physics that all results share, and those of single crystals once each. */
static km_status collect_physics(const km_campaign_options *options, char **physics)
{
    km_text whole = {0};
    km_status status = km_text_append(&whole, "%s%s", options->physics_text,
                                      options->dft_text ? options->dft_text : "");

    for (int i = 0; i < options->n_bulk && status == KM_OK; ++i) {
        km_text merged = {0};
        const char *more = options->bulk[i].physics_text;

        status = km_identity_merge(whole.bytes, more ? more : "", &merged);
        KM_FREE(whole.bytes);
        whole = merged;
    }
    *physics = whole.bytes;
    return status;
}

/* Open the ledger, bring the plan's tasks in and put right what a dead job left. */
static km_status open_ledger(const km_campaign_options *options, const km_plan *plan,
                             const char *physics, km_ledger **ledger)
{
    const km_ledger_identity identity = {
        .name = options->name, .physics = physics, .input = options->input_text};
    int n_task = km_plan_n_task(plan);
    const km_task **tasks;
    km_status status;

    KM_TRY(KM_ALLOC(tasks, n_task));
    for (int i = 0; i < n_task; ++i) tasks[i] = km_plan_task(plan, i);
    KM_TRY_TO(end, km_ledger_open(options->ledger_path, &identity, ledger));
    KM_TRY_TO(end, km_ledger_add_tasks(*ledger, n_task, tasks));
    KM_TRY_TO(end, km_boundary_maps_store(km_plan_boundaries(plan), *ledger));
    KM_TRY_TO(end, km_ledger_recover(*ledger, options->max_attempts));
end:
    KM_FREE(tasks);
    if (status != KM_OK) km_ledger_close(ledger);
    return status;
}

/* Make the database, where it does not hold everything already. */
static km_status make_database(const km_campaign_options *options, km_ledger *ledger,
                               const km_campaign_summary *summary)
{
    char *written = NULL, state[KM_PATH_SIZE + 64];
    int n[KM_N_TASK_STATE];
    bool is_current;

    if (!options->database_path[0] || summary->is_stopped) return KM_OK;
    KM_TRY(km_ledger_count(ledger, -1, n));
    snprintf(state, sizeof state, "%d tasks in %s",
             n[KM_TASK_DONE] + n[KM_TASK_FAILED] + n[KM_TASK_PRUNED], options->database_path);
    KM_TRY(km_ledger_meta(ledger, "database", &written));
    is_current = strcmp(written, state) == 0 && access(options->database_path, R_OK) == 0;
    KM_FREE(written);
    if (is_current) return KM_OK;
    KM_TRY(km_database_write(ledger, options->database_path));
    return km_ledger_set_meta(ledger, "database", state);
}

static km_status lead(const km_campaign_options *options, const km_plan *plan,
                      km_ledger *ledger, const km_team *team, const km_worker *worker,
                      km_campaign_summary *summary)
{
    double since_s = km_stop_clock_s();

    KM_TRY(km_master_run(options, plan, ledger, team, worker, summary));
    if (!summary->is_stopped) km_relaxation_remove_folder(&worker->relaxation);
    KM_TRY(km_ledger_end_instance(ledger, summary->is_stopped ? "stopped" : "done"));
    KM_TRY(make_database(options, ledger, summary));
    summary->time_s = km_stop_clock_s() - since_s;
    return KM_OK;
}

/* Rank 0's text, copied, on every rank. */
static km_status share_text(const char *text, MPI_Comm world, char **copy)
{
    km_status status = KM_OK;
    int rank;

    *copy = NULL;
    MPI_Comm_rank(world, &rank);
    if (rank == 0) status = km_memory_copy_text(text ? text : "", copy);
    KM_TRY(km_agree(status, world));
    return km_comm_broadcast_text(0, world, copy);
}

/* Master and teams do their parts; signals are caught meanwhile. */
static km_status work(const km_campaign_options *options, const km_plan *plan,
                      km_ledger *ledger, const km_team *team, const km_worker *worker,
                      km_campaign_summary *summary)
{
    km_status status;

    km_stop_install();
    if (km_team_is_master(team))
        status = lead(options, plan, ledger, team, worker, summary);
    else
        status = km_worker_run(worker, team);
    km_stop_remove();
    status = km_agree(status, km_team_world(team));
    MPI_Bcast(summary, (int)sizeof *summary, MPI_BYTE, 0, km_team_world(team));
    return status;
}

km_status km_campaign_run(const km_campaign_options *options, const km_plan *plan,
                          km_calculator *calculator, MPI_Comm world,
                          km_campaign_summary *summary)
{
    char *input_text = NULL, *physics_text = NULL, *physics = NULL;
    km_ledger *ledger = NULL;
    km_team *team = NULL;
    km_worker worker = {.calculator = calculator, .dft = options->dft, .stop = km_stop_flag()};
    km_status status;
    int rank;

    memset(summary, 0, sizeof *summary);
    MPI_Comm_rank(world, &rank);
    status = rank == 0 ? check_options(options) : KM_OK;
    if (rank == 0 && status == KM_OK) status = collect_physics(options, &physics);
    if (rank == 0 && status == KM_OK) status = open_ledger(options, plan, physics, &ledger);
    KM_TRY_TO(end, km_agree(status, world));
    KM_TRY_TO(end, share_text(options->input_text, world, &input_text));
    KM_TRY_TO(end, share_text(physics, world, &physics_text));
    KM_TRY_TO(end, km_team_create(world, options->team_size,
                                  rank == 0 ? km_plan_n_task(plan) : 0, &team));
    KM_TRY_TO(end, km_wisdom_load(ledger, world));
    worker.input_text = input_text;
    worker.physics_text = physics_text;
    worker.relaxation = options->relaxation;
    km_relaxation_set_folder(&worker.relaxation, options->ledger_path);
    MPI_Bcast(&worker.relaxation, (int)sizeof worker.relaxation, MPI_BYTE, 0, world);
    KM_TRY_TO(end, work(options, plan, ledger, team, &worker, summary));
    status = km_wisdom_save(ledger, team);
end:
    km_team_destroy(&team);
    km_ledger_close(&ledger);
    KM_FREE(input_text);
    KM_FREE(physics_text);
    KM_FREE(physics);
    return status;
}
