#include "kaimen/dft/pseudo.h"

#include "gth.h"
#include "psp8.h"
#include "radial.h"
#include "upf.h"

#include "kaimen/base/file.h"
#include "kaimen/base/memory.h"
#include "kaimen/base/sha256.h"
#include "kaimen/crystal/element.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* Closed forms, or tables where radial is not NULL. */
struct km_pseudo {
    km_pseudo_info info;
    km_gth gth;
    km_radial *radial;
};

static bool ends_with(const char *text, const char *end)
{
    const size_t n = strlen(text), n_end = strlen(end);

    return n >= n_end && !strcasecmp(text + n - n_end, end);
}

static void hash_text(const char *text, char hex[KM_SHA256_SIZE])
{
    km_sha256 sha;

    km_sha256_start(&sha);
    km_sha256_add(&sha, text, strlen(text));
    km_sha256_finish(&sha, hex);
}

static km_status read_gth(const char *path, const char *symbol, const char *text,
                          const char *entry, const char *family, km_pseudo *pseudo)
{
    KM_TRY(KM_CHECK(*entry || *family, KM_E_ARGUMENT,
                    "pseudopotential of %s: neither an entry nor a family is given", symbol));
    KM_TRY(km_gth_read(path, symbol, text, entry, family, &pseudo->gth));
    pseudo->info = pseudo->gth.info;
    return KM_OK;
}

/** The file's name without folder and extension. */
static void name_file(const char *path, char label[KM_LABEL_SIZE])
{
    const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    const char *end = strrchr(name, '.');

    snprintf(label, KM_LABEL_SIZE, "%.*s", (int)(end ? (size_t)(end - name) : strlen(name)),
             name);
}

static km_status read_radial(const char *path, const char *symbol, const char *text,
                             const char *entry, km_pseudo *pseudo)
{
    KM_TRY(KM_CHECK(!*entry, KM_E_INPUT,
                    "%s: holds one pseudopotential; the entry %s can only be of a GTH file",
                    path, entry));
    if (ends_with(path, ".psp8"))
        KM_TRY(km_psp8_read(path, symbol, text, &pseudo->radial));
    else
        KM_TRY(km_upf_read(path, symbol, text, &pseudo->radial));
    pseudo->info = pseudo->radial->info;
    name_file(path, pseudo->info.label);
    return KM_OK;
}

km_status km_pseudo_read(const char *path, const char *symbol, const char *entry,
                         const char *family, km_pseudo **pseudo)
{
    km_status status;
    char *text = NULL;
    bool is_gth;

    *pseudo = NULL;
    if (!entry) entry = "";
    if (!family) family = "";
    KM_TRY(KM_CHECK(km_element_find(symbol), KM_E_ARGUMENT, "'%s' is not an element symbol",
                    symbol));
    KM_TRY(km_file_read_text(path, &text));
    is_gth = text[strspn(text, " \t\r\n")] != '<' && !ends_with(path, ".upf") &&
             !ends_with(path, ".psp8");
    KM_TRY_TO(end, KM_ALLOC(*pseudo, 1));
    status = is_gth ? read_gth(path, symbol, text, entry, family, *pseudo)
                    : read_radial(path, symbol, text, entry, *pseudo);
    KM_TRY_TO(end, status);
    hash_text(text, (*pseudo)->info.sha256);
end:
    KM_FREE(text);
    if (status != KM_OK) km_pseudo_destroy(pseudo);
    return status;
}

void km_pseudo_destroy(km_pseudo **pseudo)
{
    if (!*pseudo) return;
    km_radial_destroy(&(*pseudo)->radial);
    KM_FREE(*pseudo);
}

const km_pseudo_info *km_pseudo_describe(const km_pseudo *pseudo)
{
    return &pseudo->info;
}

bool km_pseudo_fits(const km_pseudo *pseudo, km_functional functional)
{
    static const struct {
        const char *name;
        km_functional functional;
    } names[] = {{"LDA", KM_FUNCTIONAL_LDA},
                 {"PADE", KM_FUNCTIONAL_LDA},
                 {"PZ", KM_FUNCTIONAL_LDA},
                 {"PW", KM_FUNCTIONAL_LDA},
                 {"SLAPZNOGXNOGC", KM_FUNCTIONAL_LDA},
                 {"SLAPWNOGXNOGC", KM_FUNCTIONAL_LDA},
                 {"PBE", KM_FUNCTIONAL_PBE},
                 {"SLAPWPBXPBC", KM_FUNCTIONAL_PBE},
                 {"SLAPWPBEPBE", KM_FUNCTIONAL_PBE},
                 {"PBESOL", KM_FUNCTIONAL_PBESOL},
                 {"SLAPWPSXPSC", KM_FUNCTIONAL_PBESOL}};
    char name[KM_FUNCTIONAL_SIZE] = "";
    size_t n = 0;

    for (const char *c = pseudo->info.functional; *c; ++c)
        if (isalnum((unsigned char)*c)) name[n++] = (char)toupper((unsigned char)*c);
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i)
        if (!strcmp(name, names[i].name)) return names[i].functional == functional;
    return n == 0;
}

/* Functions of both kinds. */

void km_pseudo_compute_local(const km_pseudo *pseudo, int n, const double *q_bohr,
                             double *v_ha_bohr3)
{
    if (pseudo->radial)
        km_radial_compute_local(pseudo->radial, n, q_bohr, v_ha_bohr3);
    else
        km_gth_compute_local(&pseudo->gth, n, q_bohr, v_ha_bohr3);
}

void km_pseudo_compute_local_slope(const km_pseudo *pseudo, int n, const double *q_bohr,
                                   double *slope_ha_bohr4)
{
    if (pseudo->radial)
        km_radial_compute_local_slope(pseudo->radial, n, q_bohr, slope_ha_bohr4);
    else
        km_gth_compute_local_slope(&pseudo->gth, n, q_bohr, slope_ha_bohr4);
}

double km_pseudo_alpha_ha_bohr3(const km_pseudo *pseudo)
{
    return pseudo->radial ? km_radial_alpha_ha_bohr3(pseudo->radial)
                          : km_gth_alpha_ha_bohr3(&pseudo->gth);
}

void km_pseudo_compute_local_real(const km_pseudo *pseudo, int n, const double *r_bohr,
                                  double *v_ha)
{
    if (pseudo->radial)
        km_radial_compute_local_real(pseudo->radial, n, r_bohr, v_ha);
    else
        km_gth_compute_local_real(&pseudo->gth, n, r_bohr, v_ha);
}

int km_pseudo_n_channel(const km_pseudo *pseudo)
{
    return pseudo->radial ? pseudo->radial->n_channel : pseudo->gth.n_channel;
}

const km_pseudo_channel *km_pseudo_channel_at(const km_pseudo *pseudo, int ic)
{
    return pseudo->radial ? &pseudo->radial->channel[ic] : &pseudo->gth.channel[ic];
}

void km_pseudo_compute_projector(const km_pseudo *pseudo, int ic, int ip, int n,
                                 const double *q_bohr, double *p_bohr32)
{
    const km_radial *radial = pseudo->radial;

    if (radial)
        km_radial_compute(radial, &radial->projector[ic][ip], n, q_bohr, p_bohr32);
    else
        km_gth_compute_projector(&pseudo->gth, ic, ip, n, q_bohr, p_bohr32);
}

void km_pseudo_compute_projector_slope(const km_pseudo *pseudo, int ic, int ip, int n,
                                       const double *q_bohr, double *slope_bohr52)
{
    const km_radial *radial = pseudo->radial;

    if (radial)
        km_radial_compute_slope(radial, &radial->projector[ic][ip], n, q_bohr, slope_bohr52);
    else
        km_gth_compute_projector_slope(&pseudo->gth, ic, ip, n, q_bohr, slope_bohr52);
}

void km_pseudo_compute_projector_real(const km_pseudo *pseudo, int ic, int ip, int n,
                                      const double *r_bohr, double *p_bohr)
{
    const km_radial *radial = pseudo->radial;

    if (radial)
        km_radial_compute_real(radial, &radial->projector[ic][ip], n, r_bohr, p_bohr, NULL);
    else
        km_gth_compute_projector_real(&pseudo->gth, ic, ip, n, r_bohr, p_bohr);
}

/* The core. */

bool km_pseudo_has_core(const km_pseudo *pseudo)
{
    return pseudo->radial ? pseudo->radial->core.n > 0 : pseudo->gth.c_core_bohr3 > 0;
}

void km_pseudo_compute_core(const km_pseudo *pseudo, int n, const double *q_bohr,
                            double *density)
{
    if (!km_pseudo_has_core(pseudo))
        memset(density, 0, (size_t)n * sizeof *density);
    else if (pseudo->radial)
        km_radial_compute(pseudo->radial, &pseudo->radial->core, n, q_bohr, density);
    else
        km_gth_compute_core(&pseudo->gth, n, q_bohr, density);
}

void km_pseudo_compute_core_slope(const km_pseudo *pseudo, int n, const double *q_bohr,
                                  double *slope_bohr)
{
    if (!km_pseudo_has_core(pseudo))
        memset(slope_bohr, 0, (size_t)n * sizeof *slope_bohr);
    else if (pseudo->radial)
        km_radial_compute_slope(pseudo->radial, &pseudo->radial->core, n, q_bohr, slope_bohr);
    else
        km_gth_compute_core_slope(&pseudo->gth, n, q_bohr, slope_bohr);
}

void km_pseudo_compute_core_real(const km_pseudo *pseudo, int n, const double *r_bohr,
                                 double *density_bohr3, double *slope_bohr4)
{
    const km_radial *radial = pseudo->radial;

    if (!km_pseudo_has_core(pseudo)) {
        memset(density_bohr3, 0, (size_t)n * sizeof *density_bohr3);
        memset(slope_bohr4, 0, (size_t)n * sizeof *slope_bohr4);
    } else if (radial)
        km_radial_compute_real(radial, &radial->core, n, r_bohr, density_bohr3, slope_bohr4);
    else
        km_gth_compute_core_real(&pseudo->gth, n, r_bohr, density_bohr3, slope_bohr4);
}
