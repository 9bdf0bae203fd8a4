#include "cli/input.h"
#include "cli/input_dft.h"

#include "kaimen/base/comm.h"
#include "kaimen/base/file.h"
#include "kaimen/base/memory.h"
#include "kaimen/base/text.h"
#include "kaimen/base/units.h"
#include "kaimen/crystal/element.h"
#include "kaimen/dft/pseudo.h"

#include <stdio.h>
#include <string.h>

const char *const km_input_qualities[] = {"lite", "standard", "accurate", NULL};
const char *const km_input_functionals[] = {"LDA", "PBE", "PBEsol", NULL};
const char *const km_input_smearings[] = {"none", "gaussian", "fermi-dirac", NULL};
const char *const km_input_spins[] = {"none", "collinear", NULL};
const char *const km_input_arithmetics[] = {"auto", "inversion", "complex", NULL};
const char *const km_input_precisions[] = {"mixed", "double", NULL};

static const char *const kinds[] = {"surface", "equation_of_state", "grain_boundary",
                                    NULL}; /* km_campaign_kind */
static const char *const levels[] = {"lda", "pbe", "pbesol", NULL};
static const char *const policies[] = {"none",     "random", "kriging", "kriging+map",
                                       "transfer", NULL}; /* km_boundary_policy */
static const char *const acquisitions[] = {"ei", "lcb", "thompson", NULL}; /* km_acquisition */
static const char *const calculators[] = {"dft", "fake", NULL};
static const char *const vacua[] = {"auto", "a", "b", "c", "none", NULL};

/* clang-format off */
const km_config_field km_input_pseudo_rows[] = {
    {.key = "*", .kind = KM_CONFIG_TEXT, KM_CONFIG_AT(km_pseudo_choice, symbol), .help = "Element."},
    {.key = "entry", .kind = KM_CONFIG_TEXT, KM_CONFIG_AT(km_pseudo_choice, entry),
     .help = "Label in a GTH file, such as `GTH-PBE-q6`."},
    {.key = "file", .kind = KM_CONFIG_TEXT, KM_CONFIG_AT(km_pseudo_choice, file), .fallback = "GTH_POTENTIALS",
     .help = "A UPF (version 2), psp8 or GTH file, or one of Debian's package cp2k-data: `GTH_POTENTIALS`, `POTENTIAL_UZH`, `NLCC_POTENTIALS`."},
    {0}};

const km_config_field km_input_moment_rows[] = {
    {.key = "*", .kind = KM_CONFIG_TEXT, KM_CONFIG_AT(km_moment_choice, symbol), .help = "Element."},
    {.key = "moment", .kind = KM_CONFIG_REAL, .range = "[-20, 20]", .required = true, KM_CONFIG_AT(km_moment_choice, moment_mub),
     .help = "Bohr magnetons; positive is up."},
    {0}};

static const km_config_field bulk_rows[] = {
    {.key = "file", .kind = KM_CONFIG_TEXT, .required = true, KM_CONFIG_AT(km_input_bulk, file),
     .help = "CIF, POSCAR or extended XYZ."},
    {.key = "block", .kind = KM_CONFIG_TEXT, KM_CONFIG_AT(km_input_bulk, block), .help = "Data block of a CIF file; without it, the first."},
    {.key = "name", .kind = KM_CONFIG_TEXT, KM_CONFIG_AT(km_input_bulk, name), .help = "Name in tables; without it, the file's name."},
    {0}};

static const km_config_field potential_rows[] = {
    {.key = "file", .kind = KM_CONFIG_TEXT, .required = true, KM_CONFIG_AT(km_input_potential, file),
     .help = "An ion set (`potentials/*.yaml`), a setfl file, or funcfl files."},
    {0}};

static const km_config_field boundary_rows[] = {
    {.key = "bulk", .kind = KM_CONFIG_TEXT, KM_CONFIG_AT(km_input_boundary, bulk), .help = "Name of the crystal; without it, the first."},
    {.key = "plane", .kind = KM_CONFIG_INT, .count = 3, .range = "[-99, 99]", .required = true, KM_CONFIG_AT(km_input_boundary, request.plane),
     .help = "(hkl) of the lower grain, in the conventional cell."},
    {.key = "axis", .kind = KM_CONFIG_INT, .count = 3, .range = "[-99, 99]", KM_CONFIG_AT(km_input_boundary, request.axis),
     .help = "Rotation axis [uvw]; needed with sigma."},
    {.key = "sigma", .kind = KM_CONFIG_INT, .range = "[1, 9999]", KM_CONFIG_AT(km_input_boundary, request.sigma),
     .help = "Index of the coincidence lattice; without it, the symmetric boundary (twin) of the plane."},
    {.key = "plane_2", .kind = KM_CONFIG_INT, .count = 3, .range = "[-999, 999]", KM_CONFIG_AT(km_input_boundary, request.plane_2),
     .help = "(hkl) of the upper grain, where axis and sigma leave a choice; without it, alike if possible."},
    {0}};

static const km_config_field campaign_rows[] = {
    {.key = "campaign.name", .kind = KM_CONFIG_TEXT, .required = true, KM_CONFIG_AT(km_input_campaign, name),
     .help = "Name of the campaign."},
    {.key = "campaign.kind", .kind = KM_CONFIG_CHOICE, .names = kinds, .fallback = "surface",
     KM_CONFIG_AT(km_input_campaign, kind), .help = "What is computed: nonpolar surfaces of every crystal; its energy at several volumes, with a Birch-Murnaghan curve through them; or the structures of grain boundaries, with a classical potential."},
    {.key = "campaign.ledger", .kind = KM_CONFIG_TEXT, KM_CONFIG_AT(km_input_campaign, ledger),
     .help = "The durable record, from the current directory; without it, NAME.db."},
    {.key = "campaign.database", .kind = KM_CONFIG_TEXT, KM_CONFIG_AT(km_input_campaign, database),
     .help = "HDF5 results, made from the ledger; without it, NAME.h5."},
    {.key = "campaign.table", .kind = KM_CONFIG_TEXT, KM_CONFIG_AT(km_input_campaign, table),
     .help = "The ranked table as CSV; without it, NAME.csv."},
    {.key = "bulk", .kind = KM_CONFIG_LIST, .required = true, KM_CONFIG_BLOCK_AT(km_input_campaign, bulk, n_bulk),
     .element = bulk_rows, .help = "The crystals."},
    {.key = "equation_of_state.points", .kind = KM_CONFIG_INT, .fallback = "7", .range = "[5, 101]",
     KM_CONFIG_AT(km_input_campaign, equation_of_state.n_point), .help = "Volumes of each crystal: an odd number, with the crystal as it was given in the middle."},
    {.key = "equation_of_state.range", .kind = KM_CONFIG_REAL, .fallback = "0.06", .range = "(0, 0.5]",
     KM_CONFIG_AT(km_input_campaign, equation_of_state.range),
     .help = "From 1 - range to 1 + range of the volume that the crystal is given with; the cell keeps its shape, the atoms their fractional coordinates."},
    {.key = "slab.max_index", .kind = KM_CONFIG_INT, .fallback = "1", .range = "[1, 9]", KM_CONFIG_AT(km_input_campaign, slab.max_index),
     .help = "Largest Miller index."},
    {.key = "slab.miller", .kind = KM_CONFIG_INT, .count = 3, .range = "[-9, 9]", KM_CONFIG_AT(km_input_campaign, slab.miller),
     .help = "Only this surface, such as [1, 1, 0], whatever max_index is."},
    {.key = "slab.thickness", .kind = KM_CONFIG_REAL, .fallback = "10 Ang", .unit = "Ang", .range = "(0, 1000]",
     KM_CONFIG_AT(km_input_campaign, slab.thickness_bohr), .help = "Least thickness, from cut to cut."},
    {.key = "slab.vacuum", .kind = KM_CONFIG_REAL, .fallback = "10 Ang", .unit = "Ang", .range = "[3, 1000]",
     KM_CONFIG_AT(km_input_campaign, slab.vacuum_bohr), .help = "Vacuum between the outermost atoms of a slab and of the next one."},
    {.key = "slab.max_atoms", .kind = KM_CONFIG_INT, .fallback = "200", .range = "[1, 100000]", KM_CONFIG_AT(km_input_campaign, slab.max_atom),
     .help = "Larger slabs are rejected, with that reason."},
    {.key = "slab.tolerance", .kind = KM_CONFIG_REAL, .fallback = "1e-4 bohr", .unit = "bohr", .range = "(0, 1]",
     KM_CONFIG_AT(km_input_campaign, slab.tolerance_bohr), .help = "Atoms and planes that are closer coincide."},
    KM_INPUT_DFT_ROWS(km_input_campaign),
    KM_INPUT_RELAX_ROWS(km_input_campaign),
    {.key = "edges.level", .kind = KM_CONFIG_CHOICE, .names = levels, KM_CONFIG_AT(km_input_campaign, level),
     .help = "Where the bulk's band edges come from: the functional's own; without it, that of dft.functional."},
    {.key = "potential", .kind = KM_CONFIG_LIST, KM_CONFIG_ARRAY_AT(km_input_campaign, potential, n_potential), .element = potential_rows,
     .help = "Grain boundaries: files of classical potentials; a crystal takes the first that has all its elements. With a section dft, the structure that each search ends with is computed by DFT too."},
    {.key = "boundary", .kind = KM_CONFIG_LIST, KM_CONFIG_BLOCK_AT(km_input_campaign, boundary, n_boundary), .element = boundary_rows,
     .help = "The grain boundaries, in the order in which they are searched."},
    {.key = "grain.thickness", .kind = KM_CONFIG_REAL, .fallback = "20 Ang", .unit = "Ang", .range = "(0, 1000]",
     KM_CONFIG_AT(km_input_campaign, grain.grain.thickness_bohr), .help = "Least thickness of each of the two grains in the cell."},
    {.key = "grain.vacuum", .kind = KM_CONFIG_REAL, .fallback = "0 Ang", .unit = "Ang", .range = "[0, 1000]",
     KM_CONFIG_AT(km_input_campaign, grain.grain.vacuum_bohr), .help = "0: periodic, with two equivalent boundaries, which needs grains with an inversion centre; else one boundary and so much vacuum."},
    {.key = "grain.shift_step", .kind = KM_CONFIG_REAL, .fallback = "0.3 Ang", .unit = "Ang", .range = "[0.01, 10]",
     KM_CONFIG_AT(km_input_campaign, grain.shift_step_bohr), .help = "Largest step between rigid shifts, over the cell that the energy repeats with."},
    {.key = "grain.gap_range", .kind = KM_CONFIG_REAL, .fallback = "2 Ang", .unit = "Ang", .range = "[0, 20]",
     KM_CONFIG_AT(km_input_campaign, grain.gap_range_bohr), .help = "Gaps are tried from the spacing of the planes to that and so much more; each shift starts with the one of least rigid energy."},
    {.key = "grain.gap_step", .kind = KM_CONFIG_REAL, .fallback = "0.2 Ang", .unit = "Ang", .range = "[0.01, 5]",
     KM_CONFIG_AT(km_input_campaign, grain.gap_step_bohr), .help = "Step between them."},
    {.key = "grain.close", .kind = KM_CONFIG_REAL, .fallback = "0.7", .range = "[0, 1)", KM_CONFIG_AT(km_input_campaign, grain.close_fraction),
     .help = "Where like atoms across the boundary are closer than this part of their distance in the bulk, there is a second candidate with such pairs merged, in whole formula units; 0: none."},
    {.key = "grain.strain_limit", .kind = KM_CONFIG_REAL, .fallback = "0.02", .range = "[0, 0.5)", KM_CONFIG_AT(km_input_campaign, grain.grain.strain_limit),
     .help = "Largest strain of a grain that fits the other only nearly."},
    {.key = "grain.max_atoms", .kind = KM_CONFIG_INT, .fallback = "2000", .range = "[1, 100000]", KM_CONFIG_AT(km_input_campaign, grain.grain.max_atom),
     .help = "Larger bicrystals are rejected, with that reason."},
    {.key = "grain.slide", .kind = KM_CONFIG_BOOL, .fallback = "true", KM_CONFIG_AT(km_input_campaign, relax.slide),
     .help = "Grains slide while they relax; false: only the atoms and the distance of the grains relax."},
    {.key = "learner.policy", .kind = KM_CONFIG_CHOICE, .names = policies, .fallback = "none",
     KM_CONFIG_AT(km_input_campaign, learner.policy), .help = "none: everything is computed. Of grain boundaries, what is relaxed next: random; kriging, a Gaussian process of the relaxed energies; kriging+map, of what relaxation changes of the rigid energies; transfer, of what it changes of a regression that all boundaries before have trained."},
    {.key = "learner.acquisition", .kind = KM_CONFIG_CHOICE, .names = acquisitions, .fallback = "lcb",
     KM_CONFIG_AT(km_input_campaign, learner.search.acquisition), .help = "What a candidate is worth: expected improvement, lower confidence bound, or a Thompson draw."},
    {.key = "learner.initial", .kind = KM_CONFIG_INT, .fallback = "5", .range = "[1, 1000]", KM_CONFIG_AT(km_input_campaign, learner.search.n_initial),
     .help = "Candidates far from each other before the first fit; 1 where a map or a regression predicts."},
    {.key = "learner.control_share", .kind = KM_CONFIG_REAL, .fallback = "0.1", .range = "[0, 1]",
     KM_CONFIG_AT(km_input_campaign, learner.search.control_share), .help = "Share of the candidates that is drawn at random whatever the learner thinks."},
    {.key = "learner.tolerance", .kind = KM_CONFIG_REAL, .unit = "J/m2", .fallback = "0.001 J/m2", .range = "[0, 10]",
     KM_CONFIG_AT(km_input_campaign, learner.search.tolerance), .help = "A boundary is done with when no candidate is expected to improve by more; 0: never before all are relaxed."},
    {.key = "learner.least", .kind = KM_CONFIG_INT, .fallback = "10", .range = "[0, 1000000]", KM_CONFIG_AT(km_input_campaign, learner.search.n_least),
     .help = "Nor before so many of its candidates are relaxed."},
    {.key = "learner.patience", .kind = KM_CONFIG_INT, .fallback = "10", .range = "[0, 1000000]", KM_CONFIG_AT(km_input_campaign, learner.search.patience),
     .help = "Nor before so many have come without a new lowest one."},
    {.key = "learner.max_trials", .kind = KM_CONFIG_INT, .range = "[1, 1000000]", KM_CONFIG_AT(km_input_campaign, learner.max_trial),
     .help = "At most so many candidates of each boundary; without it, no limit."},
    {.key = "calculator.kind", .kind = KM_CONFIG_CHOICE, .names = calculators, .fallback = "dft",
     KM_CONFIG_AT(km_input_campaign, calculator), .help = "fake: a dry run with invented energies, to try a job script."},
    {.key = "calculator.task_time", .kind = KM_CONFIG_REAL, .unit = "s", .range = "[0, 1e6]", .fallback = "1 s",
     KM_CONFIG_AT(km_input_campaign, fake_task_s), .help = "fake: duration of each task."},
    {.key = "run.team_size", .kind = KM_CONFIG_INT, .range = "[1, 100000]", KM_CONFIG_AT(km_input_campaign, run.team_size),
     .help = "Ranks that compute one candidate together; without it, chosen."},
    {.key = "run.time_limit", .kind = KM_CONFIG_REAL, .unit = "s", .range = "(0, 1e9]", KM_CONFIG_AT(km_input_campaign, run.time_limit_s),
     .help = "Stop, to be resumed, after that time; without it, what SLURM says."},
    {.key = "run.task_time_limit", .kind = KM_CONFIG_REAL, .unit = "s", .range = "(0, 1e9]",
     KM_CONFIG_AT(km_input_campaign, run.task_time_limit_s), .help = "Give one candidate up after that time."},
    {.key = "run.max_attempts", .kind = KM_CONFIG_INT, .range = "[1, 100]", .fallback = "3",
     KM_CONFIG_AT(km_input_campaign, run.max_attempts), .help = "A candidate that crashed the job so often is failed."},
    {.key = "run.seed", .kind = KM_CONFIG_INT, .range = "[0, 2147483647]", .fallback = "1",
     KM_CONFIG_AT(km_input_campaign, run.seed), .help = "Of the random streams."},
    {0}};

static const km_config_field energy_rows[] = {
    {.key = "structure.file", .kind = KM_CONFIG_TEXT, .required = true, KM_CONFIG_AT(km_input_energy, structure),
     .help = "CIF, POSCAR or extended XYZ."},
    {.key = "structure.block", .kind = KM_CONFIG_TEXT, KM_CONFIG_AT(km_input_energy, block),
     .help = "Data block of a CIF file; without it, the first."},
    {.key = "structure.vacuum_axis", .kind = KM_CONFIG_CHOICE, .names = vacua, .fallback = "auto",
     KM_CONFIG_AT(km_input_energy, vacuum),
     .help = "Lattice vector across the vacuum of a slab; auto: c where 4 Ang of it hold no atom and a and b have no such gap."},
    {.key = "potential", .kind = KM_CONFIG_LIST, KM_CONFIG_ARRAY_AT(km_input_energy, potential, n_potential), .element = potential_rows,
     .help = "Files of a classical potential, which is then used in place of DFT."},
    KM_INPUT_DFT_ROWS(km_input_energy),
    KM_INPUT_RELAX_ROWS(km_input_energy),
    {.key = "bulk.repeat", .kind = KM_CONFIG_REAL, .unit = "Ang", .range = "(0, 1000]", KM_CONFIG_AT(km_input_energy, bulk.repeat_bohr),
     .help = "Of a slab: repeat of its bulk along the normal, the window of the macroscopic average."},
    {.key = "bulk.vbm", .kind = KM_CONFIG_REAL, .unit = "Ha", KM_CONFIG_AT(km_input_energy, bulk.vbm_ha),
     .help = "Valence band maximum of the bulk above its mean potential (`vbm_minus_vavg_ha` of its own run)."},
    {.key = "bulk.cbm", .kind = KM_CONFIG_REAL, .unit = "Ha", KM_CONFIG_AT(km_input_energy, bulk.cbm_ha),
     .help = "Conduction band minimum, likewise."},
    {.key = "bulk.energy", .kind = KM_CONFIG_REAL, .unit = "Ha", KM_CONFIG_AT(km_input_energy, bulk.energy_ha),
     .help = "Energy of the bulk cell, for the surface energy."},
    {.key = "bulk.atoms", .kind = KM_CONFIG_INT, .range = "[1, 100000]", KM_CONFIG_AT(km_input_energy, bulk.n_atom),
     .help = "Atoms of that cell."},
    {.key = "forces", .kind = KM_CONFIG_BOOL, .fallback = "true", KM_CONFIG_AT(km_input_energy, forces),
     .help = "Compute the forces."},
    {.key = "stress", .kind = KM_CONFIG_BOOL, .fallback = "false", KM_CONFIG_AT(km_input_energy, stress),
     .help = "Compute the stress, (1/Omega) dE/dstrain at a constant number of plane waves."},
    {.key = "edges", .kind = KM_CONFIG_BOOL, .fallback = "true", KM_CONFIG_AT(km_input_energy, edges),
     .help = "Of a bulk: look for band edges at the points of high symmetry too, not only on the mesh."},
    {.key = "dos_width", .kind = KM_CONFIG_REAL, .unit = "eV", .range = "(0, 10]", .fallback = "0.2 eV", KM_CONFIG_AT(km_input_energy, dos_width_ha),
     .help = "With `--bands`: standard deviation of the Gaussians that make the density of states from the levels on the mesh."},
    {0}};
/* clang-format on */

/* Keys of the design that this version cannot honour: refused by name, not as misspelt. */
static const char *const planned_keys[] = {"learner.prune", "learner.objective", NULL};

const km_config_field *km_input_campaign_schema(void)
{
    return campaign_rows;
}

const km_config_field *km_input_energy_schema(void)
{
    return energy_rows;
}

static km_status refuse_planned(const km_config *config)
{
    for (int i = 0; planned_keys[i]; ++i) {
        int line = km_config_line(config, planned_keys[i]);

        if (line > 0)
            return KM_RAISE(KM_E_INPUT,
                            "%s:%d: %s is not available yet; wanted a document without it",
                            km_config_name(config), line, planned_keys[i]);
    }
    return KM_OK;
}

/* Moments without spin, and spin whose moment nothing decides. */
static km_status check_spin(const km_config *config, const km_dft_options *dft)
{
    static const char *const keys[] = {"dft.total_moment", "dft.moments"};
    const char *name = km_config_name(config);

    for (int i = 0; i < 2 && dft->spin == KM_SPIN_NONE; ++i)
        if (km_config_line(config, keys[i]))
            return KM_RAISE(KM_E_INPUT, "%s:%d: %s without spin; wanted dft.spin: collinear",
                            name, km_config_line(config, keys[i]), keys[i]);
    if (dft->spin == KM_SPIN_NONE) return KM_OK;
    if (dft->smearing == KM_SMEARING_NONE && !km_dft_options_has_fixed_moment(dft))
        return KM_RAISE(KM_E_INPUT,
                        "%s:%d: dft.spin: collinear with fixed occupations; wanted "
                        "dft.total_moment or dft.smearing",
                        name, km_config_line(config, "dft.spin"));
    for (int i = 0; i < dft->n_moment; ++i)
        if (!km_element_find(dft->moment[i].symbol))
            return KM_RAISE(KM_E_INPUT, "%s:%d: dft.moments: \"%s\" is no element", name,
                            km_config_line(config, "dft.moments"), dft->moment[i].symbol);
    return KM_OK;
}

/* A mesh and a spacing, a family and single entries: only one of two can decide. */
static km_status check_dft(const km_config *config, const km_dft_options *dft)
{
    const char *name = km_config_name(config);
    int spacing = km_config_line(config, "dft.kpoints.spacing");

    if (spacing && km_config_line(config, "dft.kpoints.mesh"))
        return KM_RAISE(KM_E_INPUT,
                        "%s:%d: dft.kpoints.spacing beside a mesh; wanted one of them", name,
                        spacing);
    if (!km_config_line(config, "dft.functional"))
        return KM_RAISE(KM_E_INPUT,
                        "%s:%d: dft.functional is missing; wanted LDA, PBE or PBEsol", name,
                        km_config_line(config, "dft"));
    if (!km_config_line(config, "dft.pseudo"))
        return KM_RAISE(
            KM_E_INPUT,
            "%s:%d: dft.pseudo is missing; wanted a family such as GTH-PBE or a folder", name,
            km_config_line(config, "dft"));
    KM_TRY(check_spin(config, dft));
    if (dft->smearing != KM_SMEARING_NONE && !km_config_line(config, "dft.smearing.width"))
        return KM_RAISE(KM_E_INPUT,
                        "%s:%d: dft.smearing.width is missing; wanted such as 0.002 Ha", name,
                        km_config_line(config, "dft.smearing"));
    return KM_OK;
}

/* A family is a folder seen from that of the document, or the name of a GTH family, which has no '/'. */
static km_status resolve_family(const km_config *config, const char *folder,
                                km_pseudo_options *pseudo)
{
    char path[KM_PATH_SIZE];

    if (!km_pseudo_find_folder(pseudo->family, folder, sizeof path, path))
        return KM_CHECK(
            !strchr(pseudo->family, '/'), KM_E_INPUT,
            "%s:%d: dft.pseudo: %s is no folder; wanted one of UPF or psp8 files, or "
            "a GTH family such as GTH-PBE",
            km_config_name(config), km_config_line(config, "dft.pseudo"), pseudo->family);
    memcpy(pseudo->family, path, sizeof path);
    return KM_OK;
}

/* From the names in the document to paths that can be opened and elements that exist. */
static km_status resolve_pseudo(const km_config *config, km_pseudo_options *pseudo)
{
    char folder[KM_PATH_SIZE];
    char path[KM_PATH_SIZE];

    KM_TRY(km_file_resolve(km_config_name(config), ".", sizeof folder, folder));
    KM_TRY(resolve_family(config, folder, pseudo));
    for (int i = 0; i < pseudo->n_choice; ++i) {
        km_pseudo_choice *choice = &pseudo->choice[i];
        char key[32];

        snprintf(key, sizeof key, "dft.pseudo.%s", choice->symbol);
        if (!km_element_find(choice->symbol))
            return KM_RAISE(KM_E_INPUT, "%s:%d: dft.pseudo: \"%s\" is no element",
                            km_config_name(config), km_config_line(config, key),
                            choice->symbol);
        if (km_pseudo_find_file(choice->file, folder, sizeof path, path) != KM_OK)
            return KM_RAISE(KM_E_INPUT, "%s:%d: %s", km_config_name(config),
                            km_config_line(config, key), km_status_message());
        memcpy(choice->file, path, sizeof path);
    }
    return KM_OK;
}

/* Paths from here. */
static km_status resolve_potential(const km_config *config, int n,
                                   km_input_potential *potential)
{
    for (int i = 0; i < n; ++i) {
        char path[KM_PATH_SIZE];

        KM_TRY(km_file_resolve(km_config_name(config), potential[i].file, sizeof path, path));
        memcpy(potential[i].file, path, sizeof path);
    }
    return KM_OK;
}

/* Opened on one rank, so that a thousand ranks do not ask the file system for the same bytes. */
static km_status open_config(const char *path, MPI_Comm comm, km_config **config)
{
    char *text = NULL;
    km_status status = KM_OK;
    int rank;

    *config = NULL;
    MPI_Comm_rank(comm, &rank);
    if (rank == 0) status = km_file_read_text(path, &text);
    KM_TRY_TO(end, km_agree(status, comm));
    KM_TRY_TO(end, km_comm_broadcast_text(0, comm, &text));
    KM_TRY_TO(end, km_agree(km_config_create(path, text, config), comm));
end:
    KM_FREE(text);
    return status;
}

static void default_output(char *path, const char *name, const char *suffix)
{
    if (!path[0]) snprintf(path, KM_PATH_SIZE, "%s%s", name, suffix);
}

/* The name becomes that of files. */
static km_status check_name(const km_config *config, const char *name)
{
    return KM_CHECK(name[0] && !strchr(name, '/'), KM_E_INPUT,
                    "%s:%d: campaign.name = \"%s\"; wanted a name for files, without \"/\"",
                    km_config_name(config), km_config_line(config, "campaign.name"), name);
}

/* Sections that mean nothing to a kind of campaign are refused: whoever wrote them expects something of them. */
static km_status check_sections(const km_config *config, int kind)
{
    static const struct {
        const char *section;
        int kind;
    } only[] = {{"slab", KM_CAMPAIGN_SURFACE},
                {"edges", KM_CAMPAIGN_SURFACE},
                {"relax.atoms", KM_CAMPAIGN_SURFACE},
                {"relax.cell", KM_CAMPAIGN_SURFACE},
                {"relax.stress_tolerance", KM_CAMPAIGN_SURFACE},
                {"relax.pressure", KM_CAMPAIGN_SURFACE},
                {"relax.frozen_layers", KM_CAMPAIGN_SURFACE},
                {"equation_of_state", KM_CAMPAIGN_EQUATION_OF_STATE},
                {"potential", KM_CAMPAIGN_GRAIN_BOUNDARY},
                {"boundary", KM_CAMPAIGN_GRAIN_BOUNDARY},
                {"grain", KM_CAMPAIGN_GRAIN_BOUNDARY}};
    const int relax = km_config_line(config, "relax");

    KM_TRY(KM_CHECK(relax == 0 || kind != KM_CAMPAIGN_EQUATION_OF_STATE, KM_E_INPUT,
                    "%s:%d: relax in a campaign of kind %s; wanted kind %s",
                    km_config_name(config), relax, kinds[kind], kinds[KM_CAMPAIGN_SURFACE]));

    for (size_t i = 0; i < sizeof only / sizeof *only; ++i) {
        int line = km_config_line(config, only[i].section);

        if (line > 0 && kind != only[i].kind)
            return KM_RAISE(KM_E_INPUT, "%s:%d: %s in a campaign of kind %s; wanted kind %s",
                            km_config_name(config), line, only[i].section, kinds[kind],
                            kinds[only[i].kind]);
    }
    return KM_OK;
}

/* Of surfaces a policy has nothing to say yet. */
static km_status check_policy(const km_config *config, const km_input_campaign *input)
{
    return KM_CHECK(
        input->kind == KM_CAMPAIGN_GRAIN_BOUNDARY || input->learner.policy == KM_BOUNDARY_ALL,
        KM_E_INPUT, "%s:%d: learner.policy = %s; wanted none in a campaign of kind %s",
        km_config_name(config), km_config_line(config, "learner.policy"),
        policies[input->learner.policy], kinds[input->kind]);
}

/* The crystal that a boundary names. */
static km_status find_crystal(const km_config *config, const km_input_campaign *input, int b)
{
    km_input_boundary *boundary = input->boundary + b;
    char key[32];

    snprintf(key, sizeof key, "boundary[%d]", b);
    KM_TRY(KM_CHECK(
        boundary->request.sigma == 0 || boundary->request.axis[0] ||
            boundary->request.axis[1] || boundary->request.axis[2],
        KM_E_INPUT, "%s:%d: boundary: sigma = %d without an axis; wanted such as [0, 0, 1]",
        km_config_name(config), km_config_line(config, key), boundary->request.sigma));
    if (!boundary->bulk[0]) return KM_OK;
    for (int i = 0; i < input->n_bulk; ++i)
        if (strcmp(input->bulk[i].name, boundary->bulk) == 0) {
            boundary->request.i_bulk = i;
            return KM_OK;
        }
    return KM_RAISE(KM_E_INPUT,
                    "%s:%d: boundary: no crystal has the name %s; wanted one of bulk[].name",
                    km_config_name(config), km_config_line(config, key), boundary->bulk);
}

static km_status fill_boundaries(const km_config *config, km_input_campaign *input)
{
    const char *name = km_config_name(config);

    KM_TRY(KM_CHECK(input->n_boundary > 0, KM_E_INPUT,
                    "%s:%d: boundary is missing; wanted a list of grain boundaries", name,
                    km_config_line(config, "campaign.kind")));
    KM_TRY(KM_CHECK(input->n_potential > 0, KM_E_INPUT,
                    "%s:%d: potential is missing; wanted the files of a classical potential",
                    name, km_config_line(config, "campaign.kind")));
    KM_TRY(resolve_potential(config, input->n_potential, input->potential));
    input->has_dft = km_config_line(config, "dft") > 0;
    if (input->has_dft) KM_TRY(check_dft(config, &input->dft));
    if (input->has_dft) KM_TRY(resolve_pseudo(config, &input->dft.pseudo));
    for (int b = 0; b < input->n_boundary; ++b) KM_TRY(find_crystal(config, input, b));
    input->learner.search.tolerance *= KM_J_M2_PER_HA_BOHR2;
    input->learner.search.seed = (uint64_t)input->run.seed;
    /* Boundaries differ by millijoules: they are relaxed further than slabs. */
    if (!km_config_line(config, "relax.force_tolerance"))
        input->relax.force_tolerance_ha_bohr =
            km_boundary_relaxation(true).force_tolerance_ha_bohr;
    if (!km_config_line(config, "relax.max_steps"))
        input->relax.max_step = km_boundary_relaxation(true).max_step;
    return KM_OK;
}

static km_status fill_campaign(const km_config *config, km_input_campaign *input)
{
    KM_TRY(refuse_planned(config));
    KM_TRY(km_config_read_key(config, campaign_rows, "dft.quality", input));
    input->dft = km_dft_options_default(input->dft.quality);
    input->dft.pseudo.family[0] = '\0';
    input->slab = km_slab_options_default();
    input->grain = km_boundary_options_default();
    input->learner = km_boundary_search_options_default();
    KM_TRY(km_config_read_key(config, campaign_rows, "dft.functional", input));
    input->level = (int)input->dft.functional;
    KM_TRY(km_config_read_key(config, campaign_rows, "relax.atoms", input));
    input->relax.cell = input->relax.atoms;
    KM_TRY(km_config_read(config, campaign_rows, input));
    KM_TRY(check_name(config, input->name));
    KM_TRY(check_sections(config, input->kind));
    KM_TRY(check_policy(config, input));
    if (input->kind == KM_CAMPAIGN_GRAIN_BOUNDARY) {
        KM_TRY(fill_boundaries(config, input));
    } else {
        KM_TRY(check_dft(config, &input->dft));
        KM_TRY(resolve_pseudo(config, &input->dft.pseudo));
    }
    if (input->level != (int)input->dft.functional)
        return KM_RAISE(KM_E_INPUT, "%s:%d: edges.level = %s; wanted %s, as dft.functional",
                        km_config_name(config), km_config_line(config, "edges.level"),
                        levels[input->level], levels[input->dft.functional]);
    if (input->equation_of_state.n_point % 2 == 0)
        return KM_RAISE(
            KM_E_INPUT, "%s:%d: equation_of_state.points = %d; wanted an odd number",
            km_config_name(config), km_config_line(config, "equation_of_state.points"),
            input->equation_of_state.n_point);
    for (int i = 0; i < input->n_bulk; ++i) {
        char path[KM_PATH_SIZE];

        KM_TRY(km_file_resolve(km_config_name(config), input->bulk[i].file, sizeof path, path));
        memcpy(input->bulk[i].file, path, sizeof path);
    }
    default_output(input->ledger, input->name, ".db");
    default_output(input->database, input->name, ".h5");
    default_output(input->table, input->name, ".csv");
    return KM_OK;
}

static km_status fill_energy(const km_config *config, km_input_energy *input)
{
    char path[KM_PATH_SIZE];

    KM_TRY(refuse_planned(config));
    KM_TRY(km_config_read_key(config, energy_rows, "dft.quality", input));
    input->dft = km_dft_options_default(input->dft.quality);
    input->dft.pseudo.family[0] = '\0';
    KM_TRY(km_config_read(config, energy_rows, input));
    if (input->n_potential > 0) {
        const int line = km_config_line(config, "dft");

        KM_TRY(KM_CHECK(line == 0, KM_E_INPUT,
                        "%s:%d: dft beside potential; wanted one of them",
                        km_config_name(config), line));
        KM_TRY(resolve_potential(config, input->n_potential, input->potential));
    } else {
        KM_TRY(check_dft(config, &input->dft));
        KM_TRY(resolve_pseudo(config, &input->dft.pseudo));
    }
    KM_TRY(km_file_resolve(km_config_name(config), input->structure, sizeof path, path));
    memcpy(input->structure, path, sizeof path);
    return KM_OK;
}

km_status km_input_read_campaign(const char *path, MPI_Comm comm, km_input_campaign *input,
                                 km_config **config)
{
    km_status status;

    memset(input, 0, sizeof *input);
    KM_TRY(open_config(path, comm, config));
    KM_TRY_TO(fail, km_agree(fill_campaign(*config, input), comm));
    return KM_OK;
fail:
    km_input_campaign_clear(input);
    km_config_destroy(config);
    return status;
}

void km_input_campaign_clear(km_input_campaign *input)
{
    KM_FREE(input->bulk);
    KM_FREE(input->boundary);
}

km_status km_input_read_energy(const char *path, MPI_Comm comm, km_input_energy *input,
                               km_config **config)
{
    km_status status;

    memset(input, 0, sizeof *input);
    KM_TRY(open_config(path, comm, config));
    KM_TRY_TO(fail, km_agree(fill_energy(*config, input), comm));
    return KM_OK;
fail:
    km_config_destroy(config);
    return status;
}
