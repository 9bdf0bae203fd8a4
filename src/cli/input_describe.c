#include "cli/input.h"
#include "cli/input_dft.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/text.h"

static const char introduction[] =
    "# Input\n"
    "\n"
    "Two documents in YAML: a campaign (`kaimen run`, `kaimen plan`) and one structure "
    "(`kaimen "
    "energy`). This page\nis written by `kaimen help input` from the tables that read them.\n"
    "\n"
    "- Quantities carry their unit: `10 Ang`, `30 Ha`, `2 h`. Any unit of the same dimension "
    "does.\n"
    "- Unknown keys, wrong types and wrong units are errors that name file and line.\n"
    "- Crystals and pseudopotentials are looked for from the folder of the document; ledger, "
    "database and\n  table are written from the directory where kaimen was started.\n"
    "- Every effective value is stored with the results; `--echo` of `run`, `plan` and "
    "`energy` prints "
    "it.\n"
    "- 0 and [0, 0, 0] in an echo: chosen by kaimen.\n";

static km_status describe_qualities(km_text *page)
{
    KM_TRY(km_text_append(page,
                          "## Quality levels\n\n"
                          "| `dft.quality` | `ecut` | `grid_factor` | `kpoints.spacing` | "
                          "`scf.energy_tolerance` |\n| --- | --- | --- | --- | --- |\n"));
    for (int i = 0; km_input_qualities[i]; ++i) {
        km_dft_options dft = km_dft_options_default((km_quality)i);

        KM_TRY(km_text_append(page, "| `%s` | %g Ha | %g | %g 1/bohr | %g Ha |\n",
                              km_input_qualities[i], dft.ecut_ha, dft.grid_factor,
                              dft.k_spacing_bohr, dft.scf.energy_tolerance_ha));
    }
    return KM_OK;
}

km_status km_input_describe(char **text)
{
    km_text page = {0};
    char *campaign = NULL, *energy = NULL;
    km_status status;

    *text = NULL;
    KM_TRY_TO(end, km_config_describe(km_input_campaign_schema(), &campaign));
    KM_TRY_TO(end, km_config_describe(km_input_energy_schema(), &energy));
    KM_TRY_TO(end, km_text_append(&page, "%s\n", introduction));
    KM_TRY_TO(end, describe_qualities(&page));
    KM_TRY_TO(end, km_text_append(&page, "\n## A campaign\n\n%s\n## One structure\n\n%s",
                                  campaign, energy));
    *text = page.bytes;
    page.bytes = NULL;
end:
    KM_FREE(page.bytes);
    KM_FREE(energy);
    KM_FREE(campaign);
    return status;
}
