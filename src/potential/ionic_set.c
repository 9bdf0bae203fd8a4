#include "potential/ionic_set.h"

#include "kaimen/base/config.h"
#include "kaimen/base/units.h"
#include "kaimen/crystal/element.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* clang-format off */
static const km_config_field ion_rows[] = {
    {.key = "*", .kind = KM_CONFIG_TEXT, KM_CONFIG_AT(km_ionic_ion, symbol), .help = "Element."},
    {.key = "charge", .kind = KM_CONFIG_REAL, .required = true, .range = "[-10, 10]", KM_CONFIG_AT(km_ionic_ion, charge),
     .help = "Of the ion, core and shell together."},
    {.key = "shell_charge", .kind = KM_CONFIG_REAL, .range = "[-20, 20]", KM_CONFIG_AT(km_ionic_ion, shell_charge), .help = "Without it, no shell."},
    {.key = "spring_ev_ang2", .kind = KM_CONFIG_REAL, .range = "(0, 1e5]", KM_CONFIG_AT(km_ionic_ion, spring_ev_ang2), .help = "k of k u^2 / 2 between core and shell."},
    {0}};

static const km_config_field pair_rows[] = {
    {.key = "between", .kind = KM_CONFIG_TEXT, .required = true, KM_CONFIG_AT(km_ionic_pair, between), .help = "Two ions, such as `Mg O`."},
    {.key = "a", .kind = KM_CONFIG_REAL, .unit = "eV", .required = true, .range = "[0, 1e7]", KM_CONFIG_AT(km_ionic_pair, a_ha), .help = "A of A exp(-r/rho)."},
    {.key = "rho", .kind = KM_CONFIG_REAL, .unit = "Ang", .required = true, .range = "(0, 10]", KM_CONFIG_AT(km_ionic_pair, rho_bohr), .help = "rho, likewise."},
    {.key = "c_ev_ang6", .kind = KM_CONFIG_REAL, .range = "[0, 1e5]", .fallback = "0", KM_CONFIG_AT(km_ionic_pair, c_ev_ang6), .help = "C of -C/r^6."},
    {.key = "wall", .kind = KM_CONFIG_REAL, .unit = "eV", .range = "[0, 100]", .fallback = "0 eV", KM_CONFIG_AT(km_ionic_pair, wall_ha), .help = "epsilon of 4 epsilon [(sigma/r)^24 - (sigma/r)^6]."},
    {.key = "wall_length", .kind = KM_CONFIG_REAL, .unit = "Ang", .range = "[0, 10]", .fallback = "0 Ang", KM_CONFIG_AT(km_ionic_pair, wall_bohr), .help = "sigma, likewise."},
    {0}};

static const km_config_field set_rows[] = {
    {.key = "name", .kind = KM_CONFIG_TEXT, .required = true, KM_CONFIG_AT(km_ionic_set, name), .help = "Of the set."},
    {.key = "source", .kind = KM_CONFIG_TEXT, .required = true, KM_CONFIG_AT(km_ionic_set, source), .help = "Where its numbers were published."},
    {.key = "cutoff", .kind = KM_CONFIG_REAL, .unit = "Ang", .fallback = "10 Ang", .range = "[4, 30]", KM_CONFIG_AT(km_ionic_set, cutoff_bohr), .help = "Where pair terms end."},
    {.key = "ions", .kind = KM_CONFIG_MAP, .required = true, KM_CONFIG_ARRAY_AT(km_ionic_set, ion, n_ion), .element = ion_rows, .help = "The ions."},
    {.key = "pairs", .kind = KM_CONFIG_LIST, .required = true, KM_CONFIG_ARRAY_AT(km_ionic_set, pair, n_pair), .element = pair_rows, .help = "What acts between two of them beside their charges."},
    {0}};
/* clang-format on */

static km_status finish_ion(const km_config *config, km_ionic_set *set, int i)
{
    km_ionic_ion *ion = set->ion + i;
    char key[32];

    snprintf(key, sizeof key, "ions.%s", ion->symbol);
    ion->z = km_element_find(ion->symbol);
    KM_TRY(KM_CHECK(ion->z > 0, KM_E_INPUT, "%s:%d: \"%s\", wanted an element",
                    km_config_name(config), km_config_line(config, key), ion->symbol));
    KM_TRY(KM_CHECK((ion->shell_charge != 0) == (ion->spring_ev_ang2 > 0), KM_E_INPUT,
                    "%s:%d: %s has a shell_charge of %g and a spring of %g eV/Ang^2, wanted "
                    "both or none",
                    km_config_name(config), km_config_line(config, key), ion->symbol,
                    ion->shell_charge, ion->spring_ev_ang2));
    ion->spring_ha_bohr2 =
        ion->spring_ev_ang2 * KM_HA_PER_EV / (KM_BOHR_PER_ANG * KM_BOHR_PER_ANG);
    return KM_OK;
}

static int find_ion(const km_ionic_set *set, const char *symbol)
{
    for (int i = 0; i < set->n_ion; ++i)
        if (strcmp(set->ion[i].symbol, symbol) == 0) return i;
    return -1;
}

static km_status finish_pair(const km_config *config, km_ionic_set *set, int i)
{
    km_ionic_pair *pair = set->pair + i;
    char key[32], symbol[2][8] = {"", ""};

    snprintf(key, sizeof key, "pairs[%d].between", i);
    sscanf(pair->between, "%7s %7s", symbol[0], symbol[1]);
    for (int k = 0; k < 2; ++k) {
        pair->ion[k] = find_ion(set, symbol[k]);
        KM_TRY(KM_CHECK(pair->ion[k] >= 0, KM_E_INPUT,
                        "%s:%d: between = \"%s\", wanted two of the ions",
                        km_config_name(config), km_config_line(config, key), pair->between));
    }
    pair->c_ha_bohr6 = pair->c_ev_ang6 * KM_HA_PER_EV * pow(KM_BOHR_PER_ANG, 6);
    for (int k = 0; k < i; ++k) {
        const int *a = pair->ion, *b = set->pair[k].ion;
        const bool same = (a[0] == b[0] && a[1] == b[1]) || (a[0] == b[1] && a[1] == b[0]);

        KM_TRY(KM_CHECK(!same, KM_E_INPUT, "%s:%d: between = \"%s\" stands there twice",
                        km_config_name(config), km_config_line(config, key), pair->between));
    }
    return KM_OK;
}

km_status km_ionic_set_read(const char *name, const char *text, km_ionic_set *set)
{
    km_config *config = NULL;
    km_status status = KM_OK;

    memset(set, 0, sizeof *set);
    KM_TRY(km_config_create(name, text, &config));
    KM_TRY_TO(end, km_config_read(config, set_rows, set));
    for (int i = 0; i < set->n_ion; ++i) KM_TRY_TO(end, finish_ion(config, set, i));
    for (int i = 0; i < set->n_pair; ++i) KM_TRY_TO(end, finish_pair(config, set, i));
end:
    km_config_destroy(&config);
    return status;
}
