#include "cli/cli.h"

#include "kaimen/base/file.h"
#include "kaimen/base/memory.h"
#include "kaimen/dft/upf_writer.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static km_status choose_functional(const char *name, km_functional *functional)
{
    static const km_functional all[] = {KM_FUNCTIONAL_LDA, KM_FUNCTIONAL_PBE,
                                        KM_FUNCTIONAL_PBESOL};

    *functional = KM_FUNCTIONAL_PBE;
    if (!name) return KM_OK;
    for (size_t i = 0; i < sizeof all / sizeof *all; ++i)
        if (strcasecmp(name, km_functional_name(all[i])) == 0) {
            *functional = all[i];
            return KM_OK;
        }
    return KM_RAISE(KM_E_INPUT, "--functional %s; wanted LDA, PBE or PBEsol", name);
}

static km_status read_pseudo(const km_arguments *arguments, km_pseudo **pseudo)
{
    const char *file = km_arguments_value(arguments, "file");
    const char *entry = km_arguments_value(arguments, "entry");
    char path[KM_PATH_SIZE];

    KM_TRY(km_pseudo_find_file(file ? file : "GTH_POTENTIALS", NULL, sizeof path, path));
    return km_pseudo_read(path, arguments->operand, entry, "GTH-PBE", pseudo);
}

static void print_pseudo(const km_pseudo *pseudo)
{
    const km_pseudo_info *info = km_pseudo_describe(pseudo);

    printf("%s of %s:%d\n", info->label, info->path, info->line);
    printf("  %-24s %s\n", "element", info->symbol);
    printf("  %-24s %g\n", "valence electrons", info->z_valence);
    printf("  %-24s %s\n", "made for", info->functional[0] ? info->functional : "not stated");
    printf("  %-24s %s\n", "core correction", km_pseudo_has_core(pseudo) ? "yes" : "no");
    for (int ic = 0; ic < km_pseudo_n_channel(pseudo); ++ic) {
        const km_pseudo_channel *channel = km_pseudo_channel_at(pseudo, ic);

        printf("  projectors, l = %d         %d\n", channel->l, channel->n_projector);
    }
    printf("  %-24s %s\n", "sha256", info->sha256);
}

static void print_atom(const km_atom *atom, km_functional functional)
{
    printf("\npseudo-atom, %s\n  %-24s %.6f Ha\n", km_functional_name(functional), "energy",
           km_atom_energy_ha(atom));
    for (int i = 0; i < km_atom_n_orbital(atom); ++i) {
        const km_atom_orbital *orbital = km_atom_orbital_at(atom, i);

        printf("  %d%c %6.3f electrons %17.6f Ha\n", orbital->n, "spdf"[orbital->l],
               orbital -> occupation, orbital -> eigenvalue_ha);
    }
}

static km_status write_upf(const km_pseudo *pseudo, const km_atom *atom,
                           km_functional functional, const char *path)
{
    km_text text = {0};
    km_status status = KM_OK;

    KM_TRY_TO(end, km_upf_append(pseudo, atom, functional, &text));
    KM_TRY_TO(end, km_file_write_text(path, text.bytes));
    printf("\n%s\n", path);
end:
    KM_FREE(text.bytes);
    return status;
}

static km_status show(const km_arguments *arguments)
{
    const char *upf = km_arguments_value(arguments, "upf");
    km_functional functional;
    km_pseudo *pseudo = NULL;
    km_atom *atom = NULL;
    km_status status = KM_OK;

    KM_TRY(choose_functional(km_arguments_value(arguments, "functional"), &functional));
    if (upf) KM_TRY(km_file_check_place(upf));
    KM_TRY(read_pseudo(arguments, &pseudo));
    KM_TRY_TO(end, km_atom_create(pseudo, functional, &atom));
    print_pseudo(pseudo);
    print_atom(atom, functional);
    if (upf) KM_TRY_TO(end, write_upf(pseudo, atom, functional, upf));
end:
    km_atom_destroy(&atom);
    km_pseudo_destroy(&pseudo);
    return status;
}

static km_status run_pseudo(const km_arguments *arguments, km_exit *code)
{
    km_status status = KM_OK;

    (void)code;
    if (km_cli_is_root()) status = show(arguments);
    return km_agree(status, MPI_COMM_WORLD);
}

static const km_option options[] = {
    {"file", "FILE", "GTH, UPF or psp8 file; GTH_POTENTIALS without"},
    {"entry", "NAME", "entry of a GTH file; the element's GTH-PBE one without"},
    {"functional", "NAME", "LDA, PBE or PBEsol: of the pseudo-atom; PBE without"},
    {"upf", "FILE", "write a UPF file for other programs"},
    {NULL, NULL, NULL}};

const km_command km_command_pseudo = {
    .name = "pseudo",
    .summary = "Show a pseudopotential and its atom; write it as UPF",
    .operand = "ELEMENT",
    .options = options,
    .text =
        "The UPF file holds the pseudo-atom's density and orbitals, which kaimen starts from "
        "as well.\n",
    .example = "  kaimen pseudo O --entry GTH-PBE-q6 --upf O.upf\n",
    .run = run_pseudo,
};
