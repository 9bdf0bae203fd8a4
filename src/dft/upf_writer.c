#include "kaimen/dft/upf_writer.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/units.h"
#include "kaimen/base/version.h"
#include "kaimen/math/special.h"

#include <math.h>

/* r_i = exp(X_MIN + i STEP) / Z: Simpson's rule on it errs by about STEP^4. An odd number of points, as that rule wants. */
#define STEP 0.0125
#define X_MIN (-8.0)
#define R_MAX_BOHR 60.0
/* The pseudo-atom's functions of q: sums with this step are exact within 2 pi / Q_STEP - r bohr. */
#define Q_STEP 0.02
#define N_Q 2280
#define RY_PER_HA 2.0
#define COLUMNS 4

/* One file in the making. */
typedef struct {
    const km_pseudo *pseudo;
    const km_atom *atom;
    km_text *text;
    int n_r;
    double *r, *f;   /* [n_r]: mesh, and the function that is written */
    double *q, *f_q; /* [N_Q]: mesh, and a function on it */
} writer;

static const char *const letters = "SPDF";

/* f as an element of the file; its attributes are given. */
static km_status append_function(writer *w, const char *name, const char *attributes)
{
    KM_TRY(km_text_append(w->text, "<%s type=\"real\" size=\"%d\" columns=\"%d\"%s>\n", name,
                          w->n_r, COLUMNS, attributes));
    for (int i = 0; i < w->n_r; ++i)
        KM_TRY(km_text_append(w->text, "%22.14E%s", w->f[i],
                              i % COLUMNS == COLUMNS - 1 || i == w->n_r - 1 ? "\n" : ""));
    return km_text_append(w->text, "</%s>\n", name);
}

static int count_projectors(const km_pseudo *pseudo)
{
    int n = 0;

    for (int ic = 0; ic < km_pseudo_n_channel(pseudo); ++ic)
        n += km_pseudo_channel_at(pseudo, ic)->n_projector;
    return n;
}

static int count_occupied(const km_atom *atom)
{
    int n = 0;

    while (n < km_atom_n_orbital(atom) && km_atom_orbital_at(atom, n)->occupation > 0) ++n;
    return n;
}

static const char *functional_name(km_functional functional)
{
    switch (functional) {
    case KM_FUNCTIONAL_PBE:
        return "PBE";
    case KM_FUNCTIONAL_PBESOL:
        return "PBESOL";
    default:
        return "SLA PW NOGX NOGC";
    }
}

static km_status append_header(const writer *w, km_functional functional)
{
    const km_pseudo_info *info = km_pseudo_describe(w->pseudo);
    const int n_channel = km_pseudo_n_channel(w->pseudo);
    const int l_max = n_channel > 0 ? km_pseudo_channel_at(w->pseudo, n_channel - 1)->l : 0;

    KM_TRY(km_text_append(w->text,
                          "<UPF version=\"2.0.1\">\n<PP_INFO>\n%s of %s (sha256 %s)\n"
                          "written by kaimen %s; density and orbitals of the pseudo-atom\n"
                          "</PP_INFO>\n",
                          info->label, info->path, info->sha256, km_version()));
    return km_text_append(
        w->text,
        "<PP_HEADER generated=\"kaimen %s\" author=\"\" date=\"\" comment=\"\" element=\"%s\" "
        "pseudo_type=\"NC\" relativistic=\"scalar\" is_ultrasoft=\"F\" is_paw=\"F\" "
        "is_coulomb=\"F\" has_so=\"F\" has_wfc=\"F\" has_gipaw=\"F\" paw_as_gipaw=\"F\" "
        "core_correction=\"F\" functional=\"%s\" z_valence=\"%.1f\" total_psenergy=\"%.8f\" "
        "wfc_cutoff=\"0.0\" rho_cutoff=\"0.0\" l_max=\"%d\" l_max_rho=\"0\" l_local=\"-1\" "
        "mesh_size=\"%d\" number_of_wfc=\"%d\" number_of_proj=\"%d\"/>\n",
        km_version(), info->symbol, functional_name(functional), info->z_valence,
        RY_PER_HA * km_atom_energy_ha(w->atom), l_max, w->n_r, count_occupied(w->atom),
        count_projectors(w->pseudo));
}

static km_status append_mesh(writer *w)
{
    const int z = km_pseudo_describe(w->pseudo)->z;

    KM_TRY(km_text_append(
        w->text, "<PP_MESH dx=\"%.6f\" mesh=\"%d\" xmin=\"%.4f\" rmax=\"%.6f\" zmesh=\"%d\">\n",
        STEP, w->n_r, X_MIN, w->r[w->n_r - 1], z));
    for (int i = 0; i < w->n_r; ++i) w->f[i] = w->r[i];
    KM_TRY(append_function(w, "PP_R", ""));
    for (int i = 0; i < w->n_r; ++i) w->f[i] = STEP * w->r[i];
    KM_TRY(append_function(w, "PP_RAB", ""));
    return km_text_append(w->text, "</PP_MESH>\n");
}

static km_status append_local(writer *w)
{
    km_pseudo_compute_local_real(w->pseudo, w->n_r, w->r, w->f);
    for (int i = 0; i < w->n_r; ++i) w->f[i] *= RY_PER_HA;
    return append_function(w, "PP_LOCAL", "");
}

static km_status append_projector(writer *w, int ic, int ip, int index)
{
    const int l = km_pseudo_channel_at(w->pseudo, ic)->l;
    char name[32], attributes[256];
    int last = 0;

    km_pseudo_compute_projector_real(w->pseudo, ic, ip, w->n_r, w->r, w->f);
    for (int i = 0; i < w->n_r; ++i) {
        w->f[i] *= w->r[i];
        if (fabs(w->f[i]) > 1e-14) last = i;
    }
    snprintf(name, sizeof name, "PP_BETA.%d", index);
    snprintf(attributes, sizeof attributes,
             " index=\"%d\" label=\"%d%c\" angular_momentum=\"%d\" cutoff_radius_index=\"%d\" "
             "cutoff_radius=\"%.6f\" ultrasoft_cutoff_radius=\"0.0\"",
             index, ip + 1, letters[l], l, last + 1, w->r[last]);
    return append_function(w, name, attributes);
}

/* Between projectors of one l, and zero between all others. */
static double coupling_ry(const km_pseudo *pseudo, int row, int column)
{
    for (int ic = 0; ic < km_pseudo_n_channel(pseudo); ++ic) {
        const km_pseudo_channel *channel = km_pseudo_channel_at(pseudo, ic);

        if (row < channel->n_projector && column < channel->n_projector)
            return row >= 0 && column >= 0 ? RY_PER_HA * channel->coupling_ha[row][column] : 0;
        row -= channel->n_projector;
        column -= channel->n_projector;
    }
    return 0;
}

static km_status append_nonlocal(writer *w)
{
    const int n = count_projectors(w->pseudo);
    int index = 0;

    KM_TRY(km_text_append(w->text, "<PP_NONLOCAL>\n"));
    for (int ic = 0; ic < km_pseudo_n_channel(w->pseudo); ++ic)
        for (int ip = 0; ip < km_pseudo_channel_at(w->pseudo, ic)->n_projector; ++ip)
            KM_TRY(append_projector(w, ic, ip, ++index));
    KM_TRY(km_text_append(w->text, "<PP_DIJ type=\"real\" size=\"%d\" columns=\"%d\">\n", n * n,
                          COLUMNS));
    for (int i = 0; i < n * n; ++i)
        KM_TRY(km_text_append(w->text, "%22.14E%s", coupling_ry(w->pseudo, i / n, i % n),
                              i % COLUMNS == COLUMNS - 1 || i == n * n - 1 ? "\n" : ""));
    return km_text_append(w->text, "</PP_DIJ>\n</PP_NONLOCAL>\n");
}

/* f = sum over q of f_q q^2 j_l(qr) dq: what leads from a Bessel transform back to r, up to a factor. */
static void transform_back(writer *w, int l, double factor)
{
    for (int i = 0; i < w->n_r; ++i) {
        double sum = 0;

        w->f[i] = 0;
        if (w->r[i] > KM_ATOM_RADIUS_BOHR) continue;
        for (int k = 0; k < N_Q; ++k)
            sum += w->f_q[k] * w->q[k] * w->q[k] * km_spherical_bessel(l, w->q[k] * w->r[i]);
        w->f[i] = factor * Q_STEP * sum;
    }
}

static km_status append_orbital(writer *w, int io)
{
    const km_atom_orbital *orbital = km_atom_orbital_at(w->atom, io);
    char name[32], attributes[256];

    km_atom_compute_orbital(w->atom, io, N_Q / 2, w->q, w->f_q);
    for (int k = N_Q / 2; k < N_Q; ++k) w->f_q[k] = 0;
    transform_back(w, orbital->l, 2 / KM_PI);
    for (int i = 0; i < w->n_r; ++i) w->f[i] *= w->r[i];
    snprintf(name, sizeof name, "PP_CHI.%d", io + 1);
    snprintf(attributes, sizeof attributes,
             " index=\"%d\" label=\"%d%c\" l=\"%d\" occupation=\"%.4f\" n=\"%d\" "
             "pseudo_energy=\"%.8f\" cutoff_radius=\"0.0\" ultrasoft_cutoff_radius=\"0.0\"",
             io + 1, orbital->n, letters[orbital->l], orbital->l, orbital->occupation,
             orbital->n, RY_PER_HA * orbital->eigenvalue_ha);
    return append_function(w, name, attributes);
}

static km_status append_atom(writer *w)
{
    KM_TRY(km_text_append(w->text, "<PP_PSWFC>\n"));
    for (int io = 0; io < count_occupied(w->atom); ++io) KM_TRY(append_orbital(w, io));
    KM_TRY(km_text_append(w->text, "</PP_PSWFC>\n"));
    km_atom_compute_density(w->atom, N_Q, w->q, w->f_q);
    transform_back(w, 0, 2 / KM_PI);
    for (int i = 0; i < w->n_r; ++i) w->f[i] *= w->r[i] * w->r[i];
    KM_TRY(append_function(w, "PP_RHOATOM", ""));
    return km_text_append(w->text, "</UPF>\n");
}

static km_status make_meshes(writer *w)
{
    const int z = km_pseudo_describe(w->pseudo)->z;

    w->n_r = (int)((log(R_MAX_BOHR * z) - X_MIN) / STEP) / 2 * 2 + 1;
    KM_TRY(KM_ALLOC(w->r, w->n_r));
    KM_TRY(KM_ALLOC(w->f, w->n_r));
    KM_TRY(KM_ALLOC(w->q, N_Q));
    KM_TRY(KM_ALLOC(w->f_q, N_Q));
    for (int i = 0; i < w->n_r; ++i) w->r[i] = exp(X_MIN + i * STEP) / z;
    for (int k = 0; k < N_Q; ++k) w->q[k] = k * Q_STEP;
    return KM_OK;
}

km_status km_upf_append(const km_pseudo *pseudo, const km_atom *atom, km_functional functional,
                        km_text *text)
{
    writer w = {.pseudo = pseudo, .atom = atom, .text = text};
    km_status status = KM_OK;

    KM_TRY(KM_CHECK(!km_pseudo_has_core(pseudo), KM_E_INPUT,
                    "%s: has a core correction, which is not written to UPF files",
                    km_pseudo_describe(pseudo)->path));
    KM_TRY_TO(end, make_meshes(&w));
    KM_TRY_TO(end, append_header(&w, functional));
    KM_TRY_TO(end, append_mesh(&w));
    KM_TRY_TO(end, append_local(&w));
    KM_TRY_TO(end, append_nonlocal(&w));
    KM_TRY_TO(end, append_atom(&w));
end:
    KM_FREE(w.r);
    KM_FREE(w.f);
    KM_FREE(w.q);
    KM_FREE(w.f_q);
    return status;
}
