#pragma once
/**
 * @file
 * @brief UPF and psp8 files made by the tests: a GTH pseudopotential put on a mesh, with a Gaussian core.
 *
 * Everything about them is known in closed form, from the GTH entry itself.
 */
#include "support.h"

#include "kaimen/base/units.h"
#include "kaimen/dft/pseudo.h"

#include <string.h>
#include <unistd.h>

enum { TABLE_N = 1201, TABLE_SIZE = 1 << 19 };
static const double table_step = 0.01;

/* Exponent of the core's Gaussian, 1/bohr^2. */
static const double core_exponent = 1.3;

static char table_text[TABLE_SIZE];

static inline void write_text(const char *path, const char *text)
{
    FILE *stream = fopen(path, "w");

    assert_non_null(stream);
    assert_true(fputs(text, stream) >= 0);
    assert_int_equal(fclose(stream), 0);
}

/** Diagonal couplings, because psp8 files have no others: two projectors of l = 0, one of l = 1. */
static inline km_pseudo *make_closed_form(const char *symbol, int n_s, int n_p)
{
    char text[256];
    km_pseudo *pseudo;

    snprintf(text, sizeof text,
             "%s TEST-PBE-q%d\n %d %d\n 0.65 1 -2.7\n 2\n 0.6 2 3.1 0.0\n 1.2\n 0.7 1 -1.4\n",
             symbol, n_s + n_p, n_s, n_p);
    write_text("test_pseudo.gth", text);
    ASSERT_OK(km_pseudo_read("test_pseudo.gth", symbol, "", "TEST-PBE", &pseudo));
    unlink("test_pseudo.gth");
    return pseudo;
}

/** Functions on the mesh, in Ha: V_loc, r p_i of every projector, the core density. */
typedef struct {
    double r[TABLE_N], local[TABLE_N], projector[3][TABLE_N], core[TABLE_N];
    int l[3], n_projector;
    double coupling[3];
} table;

static inline void fill_table(const km_pseudo *pseudo, double n_core, table *t)
{
    t->n_projector = 0;
    for (int i = 0; i < TABLE_N; ++i) {
        t->r[i] = i * table_step;
        t->core[i] =
            n_core * pow(core_exponent / KM_PI, 1.5) * exp(-core_exponent * t->r[i] * t->r[i]);
    }
    km_pseudo_compute_local_real(pseudo, TABLE_N, t->r, t->local);
    for (int ic = 0; ic < km_pseudo_n_channel(pseudo); ++ic) {
        const km_pseudo_channel *channel = km_pseudo_channel_at(pseudo, ic);

        for (int ip = 0; ip < channel->n_projector; ++ip) {
            const int k = t->n_projector++;

            t->l[k] = channel->l;
            t->coupling[k] = channel->coupling_ha[ip][ip];
            km_pseudo_compute_projector_real(pseudo, ic, ip, TABLE_N, t->r, t->projector[k]);
            for (int i = 0; i < TABLE_N; ++i) t->projector[k][i] *= t->r[i];
        }
    }
}

static inline void print_array(FILE *stream, const char *name, const char *attributes,
                               double scale, const double *f)
{
    fprintf(stream, "<%s type=\"real\" size=\"%d\" columns=\"4\"%s>\n", name, TABLE_N,
            attributes);
    for (int i = 0; i < TABLE_N; ++i)
        fprintf(stream, "%23.15E%s", scale * f[i], i % 4 == 3 ? "\n" : " ");
    fprintf(stream, "\n</%s>\n", name);
}

/** The file as text, in table_text. */
static inline void make_upf(const km_pseudo *pseudo, double n_core)
{
    static table t;
    static double step[TABLE_N];
    const km_pseudo_info *info = km_pseudo_describe(pseudo);
    FILE *stream = fmemopen(table_text, sizeof table_text, "w");

    assert_non_null(stream);
    fill_table(pseudo, n_core, &t);
    for (int i = 0; i < TABLE_N; ++i) step[i] = table_step;
    fprintf(stream,
            "<UPF version=\"2.0.1\">\n<PP_INFO>\nmade < by > a test: <PP_R> \n</PP_INFO>\n"
            "<!-- <PP_HEADER element=\"Xx\"/> -->\n"
            "<PP_HEADER generated=\"a '>' in quotes\"\n element=\"%s\"\n pseudo_type=\"NC\"\n"
            " relativistic=\"scalar\" is_ultrasoft=\"F\" is_paw=\".false.\" has_so=\"F\"\n"
            " core_correction=\"%s\" functional=\" PBE\" z_valence=\"  %.8E\" l_max=\"1\"\n"
            " mesh_size=\"%d\" number_of_wfc=\"0\" number_of_proj=\"%d\"/>\n",
            info->symbol, n_core > 0 ? ".true." : "F", info->z_valence, TABLE_N, t.n_projector);
    fprintf(stream, "<PP_MESH>\n");
    print_array(stream, "PP_R", "", 1, t.r);
    print_array(stream, "PP_RAB", "", 1, step);
    fprintf(stream, "</PP_MESH>\n");
    if (n_core > 0) print_array(stream, "PP_NLCC", "", 1, t.core);
    print_array(stream, "PP_LOCAL", "", 2, t.local);
    fprintf(stream, "<PP_NONLOCAL>\n");
    for (int k = 0; k < t.n_projector; ++k) {
        char name[24], l[40];

        snprintf(name, sizeof name, "PP_BETA.%d", k + 1);
        snprintf(l, sizeof l, " angular_momentum='%d'", t.l[k]);
        /* Projectors of any norm: twice as large, couplings a quarter. */
        print_array(stream, name, l, 2, t.projector[k]);
    }
    fprintf(stream, "<PP_DIJ>\n");
    for (int i = 0; i < t.n_projector; ++i)
        for (int j = 0; j < t.n_projector; ++j)
            fprintf(stream, "%.15E\n", i == j ? 0.5 * t.coupling[i] : 0);
    fprintf(stream, "</PP_DIJ>\n</PP_NONLOCAL>\n</UPF>\n");
    assert_int_equal(fclose(stream), 0);
}

/** The same in ABINIT's format 8, on the first n points of the mesh. */
static inline void make_psp8(const km_pseudo *pseudo, double n_core, int n)
{
    static table t;
    const km_pseudo_info *info = km_pseudo_describe(pseudo);
    FILE *stream = fmemopen(table_text, sizeof table_text, "w");

    assert_non_null(stream);
    fill_table(pseudo, n_core, &t);
    fprintf(stream,
            "%s made by a test\n %d %.4f 170504 zatom,zion,pspd\n 8 11 1 4 %d 0 pspcod\n"
            " 5.99 %.4f 0.0 rchrg fchrg qchrg\n 2 1 nproj\n 1 1 extension_switch\n",
            info->symbol, info->z, info->z_valence, n, n_core);
    fprintf(stream, " 0 %.15E %.15E\n", t.coupling[0], t.coupling[1]);
    for (int i = 0; i < n; ++i)
        fprintf(stream, "%6d %23.15E %23.15E %23.15E\n", i + 1, t.r[i], t.projector[0][i],
                t.projector[1][i]);
    fprintf(stream, " 1 %.15E\n", t.coupling[2]);
    for (int i = 0; i < n; ++i)
        fprintf(stream, "%6d %23.15E %23.15E\n", i + 1, t.r[i], t.projector[2][i]);
    fprintf(stream, " 4\n");
    for (int i = 0; i < n; ++i)
        fprintf(stream, "%6d %23.15E %23.15E\n", i + 1, t.r[i], t.local[i]);
    for (int i = 0; i < n && n_core > 0; ++i)
        fprintf(stream, "%6d %23.15E %23.15E 0.0 0.0 0.0 0.0\n", i + 1, t.r[i],
                4 * KM_PI * t.core[i]);
    assert_int_equal(fclose(stream), 0);
}

/** Replace the first `from` in table_text. */
static inline void replace_text(const char *from, const char *to)
{
    static char rest[TABLE_SIZE];
    char *at = strstr(table_text, from);

    assert_non_null(at);
    strcpy(rest, at + strlen(from));
    strcpy(at, to);
    strcat(at, rest);
}

static inline km_pseudo *read_table(const char *path, const char *symbol)
{
    km_pseudo *pseudo;

    write_text(path, table_text);
    ASSERT_OK(km_pseudo_read(path, symbol, "", "", &pseudo));
    unlink(path);
    return pseudo;
}
