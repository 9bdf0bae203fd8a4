#include "kaimen/dft/fft.h"

#include "dft/planes.h"

#include "kaimen/base/memory.h"
#include "kaimen/dft/exchange.h"

#include <complex.h>
#include <fftw3.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Planes per slice. */
#define PLANES KM_PLANES
/* Columns per call of the transform along the third axis. */
#define BATCH 8

struct km_fft {
    int n[3];
    int n_spin;
    int reach;              /* largest |m0| of a plane wave */
    int n_slice;            /* slices of PLANES planes; the last one is padded with zeros */
    int n_column_max;       /* a multiple of BATCH */
    double complex *column; /* [n_column_max][n_slice * PLANES] */
    double *potential;      /* [n_spin][n_slice][n1][n0][PLANES] */
    double *density;        /* [n_slice][n1][n0][PLANES] */
    km_planes *planes;
    fftw_plan z[2]; /* to real space, to reciprocal space */
    long n_transform;
    km_exchange *exchange;
};

static int stride(const km_fft *fft)
{
    return fft->n_slice * PLANES;
}

/* Points of all planes of a slice. */
static size_t slice_size(const km_fft *fft)
{
    return (size_t)fft->n[0] * (size_t)fft->n[1] * PLANES;
}

static size_t whole_size(const km_fft *fft)
{
    return slice_size(fft) * (size_t)fft->n_slice;
}

static km_status make_plans(km_fft *fft)
{
    fftw_complex *column = (fftw_complex *)fft->column;

    for (int direction = 0; direction < 2; ++direction) {
        fft->z[direction] = fftw_plan_many_dft(
            1, fft->n + 2, BATCH, column, NULL, 1, stride(fft), column, NULL, 1, stride(fft),
            direction == 0 ? FFTW_BACKWARD : FFTW_FORWARD, FFTW_MEASURE);
        KM_TRY(KM_CHECK(fft->z[direction], KM_E_INTERNAL, "FFTW made no plan"));
    }
    return KM_OK;
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

/* Size of the work space, and the largest integer coordinates of a plane wave. */
static void measure_bases(km_fft *fft, int n_basis, km_basis *const *bases, int reach[3])
{
    fft->n_column_max = 1; /* a rank without k-points makes plans all the same */
    for (int i = 0; i < n_basis; ++i) {
        int n_column;
        const km_column *column = km_basis_columns(bases[i], &n_column);

        fft->n_column_max = larger(fft->n_column_max, n_column);
        for (int c = 0; c < n_column; ++c) {
            const int m2_last = column[c].m2_first + column[c].n - 1;

            reach[0] = larger(reach[0], abs(column[c].m0));
            reach[1] = larger(reach[1], abs(column[c].m1));
            reach[2] = larger(reach[2], larger(-column[c].m2_first, m2_last));
        }
    }
    fft->reach = reach[0];
    fft->n_column_max = (fft->n_column_max + BATCH - 1) / BATCH * BATCH;
}

km_status km_fft_create(const int n[3], int n_basis, km_basis *const *bases, int n_spin,
                        km_fft **out)
{
    km_fft *fft = NULL;
    km_status status = KM_OK;
    int reach[3] = {0};

    *out = NULL;
    KM_TRY(KM_ALLOC(fft, 1));
    memcpy(fft->n, n, sizeof fft->n);
    fft->n_spin = n_spin;
    measure_bases(fft, n_basis, bases, reach);
    fft->n_slice = (n[2] + PLANES - 1) / PLANES;
    for (int axis = 0; axis < 3; ++axis)
        KM_TRY_TO(fail, KM_CHECK(2 * reach[axis] < n[axis], KM_E_ARGUMENT,
                                 "FFT grid [%d, %d, %d]: %d points along axis %d cannot hold "
                                 "plane waves up to %d, at least %d are wanted",
                                 n[0], n[1], n[2], n[axis], axis + 1, reach[axis],
                                 2 * reach[axis] + 1));
    KM_TRY_TO(fail, KM_ALLOC(fft->column, (size_t)fft->n_column_max * (size_t)stride(fft)));
    KM_TRY_TO(fail, km_planes_create(n[0], n[1], reach[0], &fft->planes));
    KM_TRY_TO(fail, KM_ALLOC(fft->potential, (size_t)n_spin * whole_size(fft)));
    KM_TRY_TO(fail, KM_ALLOC(fft->density, whole_size(fft)));
    KM_TRY_TO(fail, km_exchange_create(n_basis, bases, &fft->exchange));
    KM_TRY_TO(fail, make_plans(fft));
    /* Measuring plans leaves numbers in the padding, which must be zero. */
    memset(fft->column, 0,
           sizeof *fft->column * (size_t)fft->n_column_max * (size_t)stride(fft));
    *out = fft;
    return KM_OK;
fail:
    km_fft_destroy(&fft);
    return status;
}

void km_fft_destroy(km_fft **fft)
{
    km_fft *f = *fft;

    if (!f) return;
    for (int direction = 0; direction < 2; ++direction) fftw_destroy_plan(f->z[direction]);
    km_planes_destroy(&f->planes);
    KM_FREE(f->column);
    KM_FREE(f->potential);
    KM_FREE(f->density);
    km_exchange_destroy(&f->exchange);
    KM_FREE(*fft);
}

/* Where a point of plain [n0][n1][n2] is in the order of slices. */
static size_t place(const km_fft *fft, int x, int y, int z)
{
    return (size_t)(z / PLANES) * slice_size(fft) +
           (size_t)((y * fft->n[0] + x) * PLANES + z % PLANES);
}

void km_fft_set_potential(km_fft *fft, const double *v_ha)
{
    const double scale = 1.0 / ((double)fft->n[0] * fft->n[1] * fft->n[2]);

    for (int spin = 0; spin < fft->n_spin; ++spin) {
        double *potential = fft->potential + (size_t)spin * whole_size(fft);

        for (int x = 0; x < fft->n[0]; ++x)
            for (int y = 0; y < fft->n[1]; ++y)
                for (int z = 0; z < fft->n[2]; ++z)
                    potential[place(fft, x, y, z)] = scale * *v_ha++;
    }
}

void km_fft_clear_density(km_fft *fft)
{
    memset(fft->density, 0, sizeof(double) * whole_size(fft));
}

void km_fft_get_density(const km_fft *fft, double *density)
{
    for (int x = 0; x < fft->n[0]; ++x)
        for (int y = 0; y < fft->n[1]; ++y)
            for (int z = 0; z < fft->n[2]; ++z) *density++ = fft->density[place(fft, x, y, z)];
}

long km_fft_n_transform(const km_fft *fft)
{
    return fft->n_transform;
}

/* What goes through one transform: one complex band, or two real ones with factors. */
typedef struct {
    const double *first, *second; /* second: NULL for a complex or a single band */
    double factor[2];
    bool is_real;
} packet;

static packet pack(const km_bands *bands, int band)
{
    packet p = {.is_real = bands->is_real, .factor = {1, 1}};

    p.first = bands->data + (size_t)band * km_bands_stride(bands);
    if (bands->is_real && band + 1 < bands->n_band) p.second = p.first + km_bands_stride(bands);
    return p;
}

/* n plane waves from ig on of a packet into consecutive places. */
static void load_run(const packet *p, int ig, int n, double complex *to)
{
    double *at = (double *)to;

    if (!p->is_real) {
        memcpy(to, p->first + 2 * ig, sizeof *to * (size_t)n);
    } else if (p->second) {
        for (int i = 0; i < n; ++i) {
            at[2 * i] = p->factor[0] * p->first[ig + i];
            at[2 * i + 1] = p->factor[1] * p->second[ig + i];
        }
    } else {
        for (int i = 0; i < n; ++i) to[i] = p->factor[0] * p->first[ig + i];
    }
}

static void transform_columns(km_fft *fft, int n_column, int direction)
{
    for (int c = 0; c < n_column; c += BATCH) {
        fftw_complex *batch = (fftw_complex *)(fft->column + (size_t)c * (size_t)stride(fft));

        fftw_execute_dft(fft->z[direction], batch, batch);
    }
}

static void load_columns(km_fft *fft, const km_basis *basis, const packet *p)
{
    int n_column;
    const km_column *column = km_basis_columns(basis, &n_column);

    for (int c = 0; c < n_column; ++c) {
        double complex *to = fft->column + (size_t)c * (size_t)stride(fft);
        int n_negative = column[c].m2_first < 0 ? -column[c].m2_first : 0;
        int start = column[c].m2_first > 0 ? column[c].m2_first : 0, end;

        if (n_negative > column[c].n) n_negative = column[c].n;
        end = start + column[c].n - n_negative;
        memset(to, 0, sizeof *to * (size_t)fft->n[2]);
        load_run(p, column[c].first + n_negative, end - start, to + start);
        load_run(p, column[c].first, n_negative, to + fft->n[2] + column[c].m2_first);
    }
    /* What an earlier k-point left in the rest of the last batch would grow without bound. */
    for (int c = n_column; c % BATCH != 0; ++c)
        memset(fft->column + (size_t)c * (size_t)stride(fft), 0,
               sizeof *fft->column * (size_t)fft->n[2]);
    transform_columns(fft, n_column, 0);
}

static void add_run(const double complex *from, int n, bool is_real, double *first,
                    double *second)
{
    const double *at = (const double *)from;

    if (!is_real) {
        for (int i = 0; i < 2 * n; ++i) first[i] += at[i];
    } else {
        for (int i = 0; i < n; ++i) first[i] += at[2 * i];
        for (int i = 0; second && i < n; ++i) second[i] += at[2 * i + 1];
    }
}

/* Transform the columns back and add them to one band, or to a pair of real bands. */
static void add_columns(km_fft *fft, const km_basis *basis, const km_bands *out, int band)
{
    const size_t w = out->is_real ? 1 : 2;
    double *first = out->data + (size_t)band * km_bands_stride(out);
    double *second =
        out->is_real && band + 1 < out->n_band ? first + km_bands_stride(out) : NULL;
    int n_column;
    const km_column *column = km_basis_columns(basis, &n_column);

    transform_columns(fft, n_column, 1);
    for (int c = 0; c < n_column; ++c) {
        const double complex *from = fft->column + (size_t)c * (size_t)stride(fft);

        for (int i = 0; i < column[c].n;) {
            int m2 = column[c].m2_first + i;
            int n = m2 < 0 ? -m2 : column[c].n - i;
            size_t ig = (size_t)column[c].first + (size_t)i;

            if (n > column[c].n - i) n = column[c].n - i;
            add_run(from + (m2 < 0 ? fft->n[2] + m2 : m2), n, out->is_real, first + w * ig,
                    second ? second + w * ig : NULL);
            i += n;
        }
    }
}

/* Slice `is` of all columns. */
static double complex *slice_of(const km_fft *fft, int is)
{
    return fft->column + is * PLANES;
}

static void apply_to_whole(km_fft *fft, const km_basis *basis, int spin, const km_bands *in,
                           const km_bands *out)
{
    const double *potential = fft->potential + (size_t)spin * whole_size(fft);

    for (int band = 0; band < in->n_band; band += in->is_real ? 2 : 1) {
        packet p = pack(in, band);

        load_columns(fft, basis, &p);
        for (int is = 0; is < fft->n_slice; ++is) {
            km_planes_from_columns(fft->planes, basis, slice_of(fft, is), stride(fft));
            km_planes_multiply(fft->planes, potential + (size_t)is * slice_size(fft));
            km_planes_to_columns(fft->planes, basis, slice_of(fft, is), stride(fft));
        }
        add_columns(fft, basis, out, band);
        fft->n_transform += 2;
    }
}

static bool is_shared(const km_basis *basis)
{
    return km_basis_n_g(basis) < km_basis_n_g_sphere(basis);
}

/* The next bands that go through one exchange. */
static km_bands next_part(const km_fft *fft, const km_bands *bands, int first)
{
    const int n = bands->n_band - first, most = km_exchange_n_band(fft->exchange);

    return km_bands_view(bands, first, n < most ? n : most);
}

void km_fft_apply_potential(km_fft *fft, const km_basis *basis, int spin, const km_bands *in,
                            const km_bands *out)
{
    if (!is_shared(basis)) {
        apply_to_whole(fft, basis, spin, in, out);
        return;
    }
    for (int first = 0; first < in->n_band; first += km_exchange_n_band(fft->exchange)) {
        const km_bands part = next_part(fft, in, first), to = next_part(fft, out, first);
        int own;
        km_bands image, whole = km_exchange_spread(fft->exchange, basis, &part, &own, &image);

        apply_to_whole(fft, basis, spin, &whole, &image);
        km_exchange_collect(fft->exchange, basis, &to);
    }
}

static void add_whole_density(km_fft *fft, const km_basis *basis, const km_bands *bands,
                              const double *weight)
{
    for (int band = 0; band < bands->n_band; band += bands->is_real ? 2 : 1) {
        packet p = pack(bands, band);
        double slice_weight = 1;

        if (bands->is_real) {
            p.factor[0] = sqrt(weight[band]);
            p.factor[1] = p.second ? sqrt(weight[band + 1]) : 0;
        } else {
            slice_weight = weight[band];
        }
        if (bands->is_real ? p.factor[0] == 0 && p.factor[1] == 0 : slice_weight == 0) continue;
        load_columns(fft, basis, &p);
        for (int is = 0; is < fft->n_slice; ++is) {
            km_planes_from_columns(fft->planes, basis, slice_of(fft, is), stride(fft));
            km_planes_add_squares(fft->planes, slice_weight,
                                  fft->density + (size_t)is * slice_size(fft));
        }
        ++fft->n_transform;
    }
}

void km_fft_add_density(km_fft *fft, const km_basis *basis, const km_bands *bands,
                        const double *weight)
{
    if (!is_shared(basis)) {
        add_whole_density(fft, basis, bands, weight);
        return;
    }
    for (int first = 0; first < bands->n_band; first += km_exchange_n_band(fft->exchange)) {
        const km_bands part = next_part(fft, bands, first);
        int own;
        km_bands image, whole = km_exchange_spread(fft->exchange, basis, &part, &own, &image);

        add_whole_density(fft, basis, &whole, weight + first + own);
    }
}
