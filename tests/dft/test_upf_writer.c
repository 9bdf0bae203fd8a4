/* np: 1 */
/* A GTH entry written as UPF and read again is the same pseudopotential. */
#include "support.h"

#include "kaimen/base/file.h"
#include "kaimen/base/memory.h"
#include "kaimen/dft/upf_writer.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#define FILE_NAME "test_upf_writer.upf"
#define N_Q 60

static km_pseudo *read_gth(const char *symbol, const char *entry)
{
    char path[KM_PATH_SIZE];
    km_pseudo *pseudo;

    ASSERT_OK(km_pseudo_find_file("GTH_POTENTIALS", NULL, sizeof path, path));
    ASSERT_OK(km_pseudo_read(path, symbol, entry, "", &pseudo));
    return pseudo;
}

static km_pseudo *write_and_read(const km_pseudo *pseudo)
{
    km_atom *atom;
    km_text text = {0};
    km_pseudo *again;

    ASSERT_OK(km_atom_create(pseudo, KM_FUNCTIONAL_PBE, &atom));
    ASSERT_OK(km_upf_append(pseudo, atom, KM_FUNCTIONAL_PBE, &text));
    ASSERT_OK(km_file_write_text(FILE_NAME, text.bytes));
    ASSERT_OK(km_pseudo_read(FILE_NAME, km_pseudo_describe(pseudo)->symbol, "", "", &again));
    unlink(FILE_NAME);
    KM_FREE(text.bytes);
    km_atom_destroy(&atom);
    return again;
}

/* Of the n-th function: the local potential first, then the matrix of every channel, projectors with their couplings. */
static void compare(const km_pseudo *a, const km_pseudo *b)
{
    double q[N_Q], f[KM_PROJECTOR_MAX][N_Q], g[KM_PROJECTOR_MAX][N_Q];

    for (int i = 0; i < N_Q; ++i) q[i] = 0.2 * i;
    km_pseudo_compute_local(a, N_Q, q, f[0]);
    km_pseudo_compute_local(b, N_Q, q, g[0]);
    for (int i = 0; i < N_Q; ++i) ASSERT_CLOSE(g[0][i], f[0][i], 2e-6 * (1 + fabs(f[0][i])));
    assert_int_equal(km_pseudo_n_channel(a), km_pseudo_n_channel(b));
    for (int ic = 0; ic < km_pseudo_n_channel(a); ++ic) {
        const km_pseudo_channel *ca = km_pseudo_channel_at(a, ic);
        const km_pseudo_channel *cb = km_pseudo_channel_at(b, ic);
        const int n = ca->n_projector;

        assert_int_equal(ca->l, cb->l);
        assert_int_equal(n, cb->n_projector);
        for (int ip = 0; ip < n; ++ip) {
            km_pseudo_compute_projector(a, ic, ip, N_Q, q, f[ip]);
            km_pseudo_compute_projector(b, ic, ip, N_Q, q, g[ip]);
        }
        for (int iq = 0; iq < N_Q; ++iq) {
            double va = 0, vb = 0;

            for (int i = 0; i < n; ++i)
                for (int j = 0; j < n; ++j) {
                    va += f[i][iq] * ca->coupling_ha[i][j] * f[j][iq];
                    vb += g[i][iq] * cb->coupling_ha[i][j] * g[j][iq];
                }
            ASSERT_CLOSE(vb, va, 1e-6 * (1 + fabs(va)));
        }
    }
}

static void a_gth_entry_comes_back(void **state)
{
    static const char *const entries[][2] = {{"O", "GTH-PBE-q6"},
                                             {"Mg", "GTH-PBE-q2"},
                                             {"Ti", "GTH-PBE-q12"},
                                             {"Ca", "GTH-PBE-q10"}};

    (void)state;
    for (size_t i = 0; i < sizeof entries / sizeof *entries; ++i) {
        km_pseudo *pseudo = read_gth(entries[i][0], entries[i][1]);
        km_pseudo *again = write_and_read(pseudo);

        assert_true(km_pseudo_fits(again, KM_FUNCTIONAL_PBE));
        assert_false(km_pseudo_fits(again, KM_FUNCTIONAL_PBESOL));
        ASSERT_CLOSE(km_pseudo_describe(again)->z_valence,
                     km_pseudo_describe(pseudo)->z_valence, 0);
        compare(pseudo, again);
        km_pseudo_destroy(&pseudo);
        km_pseudo_destroy(&again);
    }
}

/* Sum of the numbers of an element of the file times the mesh's weights r STEP. */
static double integrate(const char *text, const char *tag, double power)
{
    const char *r = strchr(strstr(text, "<PP_R "), '>') + 1;
    const char *f = strchr(strstr(text, tag), '>') + 1;
    double sum = 0;

    for (int i = 0;; ++i) {
        char *end_r, *end_f;
        const double radius = strtod(r, &end_r), value = strtod(f, &end_f);

        if (end_r == r) return sum;
        sum += 0.0125 * radius * pow(value, power);
        r = end_r;
        f = end_f;
    }
}

static void density_and_orbitals_hold_their_electrons(void **state)
{
    km_pseudo *pseudo = read_gth("O", "GTH-PBE-q6");
    km_atom *atom;
    km_text text = {0};

    (void)state;
    ASSERT_OK(km_atom_create(pseudo, KM_FUNCTIONAL_PBE, &atom));
    ASSERT_OK(km_upf_append(pseudo, atom, KM_FUNCTIONAL_PBE, &text));
    ASSERT_CLOSE(integrate(text.bytes, "<PP_RHOATOM", 1), 6, 1e-5);
    ASSERT_CLOSE(integrate(text.bytes, "<PP_CHI.1", 2), 1, 1e-5);
    ASSERT_CLOSE(integrate(text.bytes, "<PP_CHI.2", 2), 1, 1e-5);
    KM_FREE(text.bytes);
    km_atom_destroy(&atom);
    km_pseudo_destroy(&pseudo);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_gth_entry_comes_back),
    cmocka_unit_test(density_and_orbitals_hold_their_electrons),
};

KM_TEST_MAIN(tests)
