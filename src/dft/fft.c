#include "kaimen/dft/fft.h"

#include "dft/pairing.h"
#include "dft/transform.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/timer.h"
#include "kaimen/dft/exchange.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct km_fft {
    km_transform_size size;
    km_transform *transform;
    km_transform_single *single; /* NULL where no bands in single precision come */
    double *density;
    float *density_single; /* NULL as single */
    km_bands pair;         /* two bands in single precision, to add to it */
    /* Two real bands of a paired basis as one complex one, and what becomes of it, [2 n_g of the sphere]. */
    double *unfolded, *image;
    float *unfolded_single, *image_single;
    long n_transform;
    km_exchange *exchange;
    km_bands
        rough; /* a part of an exchange in single precision, this rank's slice; empty where none is shared */
};

static int larger(int a, int b)
{
    return a > b ? a : b;
}

/* The largest integer coordinates of a plane wave, and the most columns. */
static void measure_bases(int n_basis, km_basis *const *bases, km_transform_size *size)
{
    int *reach = size->reach;

    size->n_column = 1; /* a rank without k-points makes tables all the same */
    for (int i = 0; i < n_basis; ++i) {
        int n_column;
        const km_column *column = km_basis_columns(bases[i], &n_column);

        size->n_column = larger(size->n_column, n_column);
        for (int c = 0; c < n_column; ++c) {
            const int m2_last = column[c].m2_first + column[c].n - 1;

            reach[0] = larger(reach[0], abs(column[c].m0));
            reach[1] = larger(reach[1], abs(column[c].m1));
            reach[2] = larger(reach[2], larger(-column[c].m2_first, m2_last));
        }
    }
}

static km_status check_grid(const km_transform_size *size)
{
    const int *n = size->n;

    for (int axis = 0; axis < 3; ++axis)
        KM_TRY(KM_CHECK(2 * size->reach[axis] < n[axis], KM_E_ARGUMENT,
                        "FFT grid [%d, %d, %d]: %d points along axis %d cannot hold plane "
                        "waves up to %d, at least %d are wanted",
                        n[0], n[1], n[2], n[axis], axis + 1, size->reach[axis],
                        2 * size->reach[axis] + 1));
    return KM_OK;
}

static int largest_sphere(int n_basis, km_basis *const *bases)
{
    int n_g = 1;

    for (int i = 0; i < n_basis; ++i) n_g = larger(n_g, km_basis_n_g_sphere(bases[i]));
    return n_g;
}

static int largest_slice(int n_basis, km_basis *const *bases)
{
    int n_g = 1;

    for (int i = 0; i < n_basis; ++i) n_g = larger(n_g, km_basis_n_g(bases[i]));
    return n_g;
}

static km_status create_single(km_fft *fft, int n_g)
{
    KM_TRY(km_transform_create_single(&fft->size, &fft->single));
    KM_TRY(KM_RESERVE(fft->density_single, km_transform_density_size_single(fft->single)));
    KM_TRY(KM_RESERVE(fft->unfolded_single, 2 * n_g));
    KM_TRY(KM_RESERVE(fft->image_single, 2 * n_g));
    return km_bands_create_single(false, 1, n_g, &fft->pair);
}

km_status km_fft_create(const int n[3], int n_basis, km_basis *const *bases, int n_spin,
                        bool is_mixed, km_fft **out)
{
    const int n_g = largest_sphere(n_basis, bases);
    km_fft *fft = NULL;
    km_status status = KM_OK;

    *out = NULL;
    KM_TRY(KM_ALLOC(fft, 1));
    memcpy(fft->size.n, n, sizeof fft->size.n);
    fft->size.n_spin = n_spin;
    measure_bases(n_basis, bases, &fft->size);
    KM_TRY_TO(fail, check_grid(&fft->size));
    KM_TRY_TO(fail, km_transform_create(&fft->size, &fft->transform));
    if (is_mixed) KM_TRY_TO(fail, create_single(fft, n_g));
    KM_TRY_TO(fail, KM_RESERVE(fft->unfolded, 2 * n_g));
    KM_TRY_TO(fail, KM_RESERVE(fft->image, 2 * n_g));
    KM_TRY_TO(fail, KM_RESERVE(fft->density, km_transform_density_size(fft->transform)));
    KM_TRY_TO(fail, km_exchange_create(n_basis, bases, &fft->exchange));
    if (is_mixed && largest_slice(n_basis, bases) < n_g)
        KM_TRY_TO(fail, km_bands_reserve_single(false, km_exchange_n_band(fft->exchange),
                                                largest_slice(n_basis, bases), &fft->rough));
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
    km_transform_destroy(&f->transform);
    km_transform_destroy_single(&f->single);
    KM_FREE(f->density);
    KM_FREE(f->density_single);
    KM_FREE(f->unfolded);
    KM_FREE(f->image);
    KM_FREE(f->unfolded_single);
    KM_FREE(f->image_single);
    km_bands_destroy(&f->pair);
    km_bands_destroy(&f->rough);
    km_exchange_destroy(&f->exchange);
    KM_FREE(*fft);
}

void km_fft_set_potential(km_fft *fft, const double *v_ha)
{
    km_transform_set_potential(fft->transform, v_ha);
    if (fft->single) km_transform_set_potential_single(fft->single, v_ha);
}

void km_fft_clear_density(km_fft *fft)
{
    memset(fft->density, 0, sizeof(double) * km_transform_density_size(fft->transform));
    if (fft->single)
        memset(fft->density_single, 0,
               sizeof(float) * km_transform_density_size_single(fft->single));
}

void km_fft_get_density(const km_fft *fft, double *density)
{
    const int *n = fft->size.n;

    memset(density, 0, sizeof(double) * (size_t)n[0] * (size_t)n[1] * (size_t)n[2]);
    km_transform_sort_density(fft->transform, fft->density, density);
    if (fft->single)
        km_transform_sort_density_single(fft->single, fft->density_single, density);
}

long km_fft_n_transform(const km_fft *fft)
{
    return fft->n_transform;
}

static km_packet pack(const km_bands *bands, int band)
{
    km_packet p = {.is_real = bands->is_real, .factor = {1, 1}};

    p.first = bands->data + (size_t)band * km_bands_stride(bands);
    if (bands->is_real && band + 1 < bands->n_band) p.second = p.first + km_bands_stride(bands);
    return p;
}

static km_packet_single pack_single(const km_bands *bands, int band)
{
    km_packet_single p = {.is_real = bands->is_real, .factor = {1, 1}};

    p.first = bands->single + (size_t)band * km_bands_stride(bands);
    if (bands->is_real && band + 1 < bands->n_band) p.second = p.first + km_bands_stride(bands);
    return p;
}

static void apply_to_packet(km_fft *fft, const km_basis *basis, int spin, const km_bands *in,
                            const km_bands *out, int band)
{
    const bool is_paired = in->is_real && km_basis_is_paired(basis);
    const int n_g = km_basis_n_g_sphere(basis);
    km_packet p = pack(in, band);
    double *first = out->data + (size_t)band * km_bands_stride(out);
    double *second = p.second ? first + km_bands_stride(out) : NULL;

    if (is_paired) {
        p = km_pairing_unfold(n_g, &p, fft->unfolded);
        memset(fft->image, 0, 2 * sizeof(double) * (size_t)n_g);
    }
    km_transform_apply(fft->transform, basis, spin, &p, is_paired ? fft->image : first,
                       is_paired ? NULL : second);
    if (is_paired) km_pairing_fold(n_g, fft->image, first, second);
}

static void apply_to_packet_single(km_fft *fft, const km_basis *basis, int spin,
                                   const km_bands *in, const km_bands *out, int band)
{
    const bool is_paired = in->is_real && km_basis_is_paired(basis);
    const int n_g = km_basis_n_g_sphere(basis);
    km_packet_single p = pack_single(in, band);
    float *first = out->single + (size_t)band * km_bands_stride(out);
    float *second = p.second ? first + km_bands_stride(out) : NULL;

    if (is_paired) {
        p = km_pairing_unfold_single(n_g, &p, fft->unfolded_single);
        memset(fft->image_single, 0, 2 * sizeof(float) * (size_t)n_g);
    }
    km_transform_apply_single(fft->single, basis, spin, &p,
                              is_paired ? fft->image_single : first, is_paired ? NULL : second);
    if (is_paired) km_pairing_fold_single(n_g, fft->image_single, first, second);
}

/* 5 n log2 n for each of so many lines. */
static double line_flops(int n, double n_line)
{
    return 5 * n * log2(n) * n_line;
}

/*
 * Work of the way to real space and back: lines that are transformed along each axis; the potential, and the columns that
 * are written and read in both ways.
 */
static void count_work(const km_fft *fft, const km_basis *basis, int n_packet, size_t size)
{
    const int *n = fft->size.n;
    const double n_point = (double)n[0] * n[1] * n[2];
    int n_column, n_row = 1;
    const km_column *column = km_basis_columns(basis, &n_column);

    for (int c = 1; c < n_column; ++c) n_row += column[c].m0 != column[c - 1].m0;
    km_timer_add_work(2 * n_packet *
                          (line_flops(n[2], n_column) + line_flops(n[1], (double)n_row * n[2]) +
                           line_flops(n[0], (double)n[1] * n[2]) + n_point),
                      (double)size * n_packet * (n_point + 8.0 * n_column * n[2]));
}

static void apply_to_whole(km_fft *fft, const km_basis *basis, int spin, const km_bands *in,
                           const km_bands *out)
{
    count_work(fft, basis, in->is_real ? (in->n_band + 1) / 2 : in->n_band,
               in->single ? sizeof(float) : sizeof(double));
    for (int band = 0; band < in->n_band; band += in->is_real ? 2 : 1) {
        if (in->single)
            apply_to_packet_single(fft, basis, spin, in, out, band);
        else
            apply_to_packet(fft, basis, spin, in, out, band);
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

/* Weights of a packet's bands: real ones carry theirs as factors, a complex one has one in common. */
static bool set_weights(bool is_real, bool has_second, const double *weight, double factor[2],
                        double *common)
{
    *common = is_real ? 1 : weight[0];
    if (!is_real) return weight[0] != 0;
    factor[0] = sqrt(weight[0]);
    factor[1] = has_second ? sqrt(weight[1]) : 0;
    return factor[0] != 0 || factor[1] != 0;
}

static void add_packet(km_fft *fft, const km_basis *basis, const km_bands *bands, int band,
                       const double *weight)
{
    km_packet p = pack(bands, band);
    double common;

    if (!set_weights(p.is_real, p.second, weight + band, p.factor, &common)) return;
    if (p.is_real && km_basis_is_paired(basis))
        p = km_pairing_unfold(km_basis_n_g_sphere(basis), &p, fft->unfolded);
    km_transform_add_density(fft->transform, basis, &p, common, fft->density);
    ++fft->n_transform;
}

static void add_packet_rough(km_fft *fft, const km_basis *basis, const km_bands *bands,
                             int band, const double *weight)
{
    const int n = bands->is_real && band + 1 < bands->n_band ? 2 : 1;
    const km_bands given = km_bands_view(bands, band, n);
    const km_bands rough = {.is_real = bands->is_real,
                            .n_band = n,
                            .n_g = bands->n_g,
                            .single = given.single ? given.single : fft->pair.single};
    km_packet_single p = pack_single(&rough, 0);
    double factor[2] = {1, 1}, common;

    if (!set_weights(p.is_real, p.second, weight + band, factor, &common)) return;
    if (!given.single) km_bands_copy(&given, &rough);
    for (int i = 0; i < 2; ++i) p.factor[i] = (float)factor[i];
    if (p.is_real && km_basis_is_paired(basis))
        p = km_pairing_unfold_single(km_basis_n_g_sphere(basis), &p, fft->unfolded_single);
    km_transform_add_density_single(fft->single, basis, &p, (float)common, fft->density_single);
    ++fft->n_transform;
}

static void add_whole_density(km_fft *fft, const km_basis *basis, const km_bands *bands,
                              const double *weight, bool is_rough)
{
    for (int band = 0; band < bands->n_band; band += bands->is_real ? 2 : 1)
        if (is_rough && fft->single)
            add_packet_rough(fft, basis, bands, band, weight);
        else
            add_packet(fft, basis, bands, band, weight);
}

/* The same bands in single precision: half as much is sent. */
static km_bands round_part(km_fft *fft, const km_bands *exact)
{
    km_bands part = *exact;

    part.data = NULL;
    part.single = fft->rough.single;
    km_bands_copy(exact, &part);
    return part;
}

void km_fft_add_density(km_fft *fft, const km_basis *basis, const km_bands *bands,
                        const double *weight, bool is_rough)
{
    if (!is_shared(basis)) {
        add_whole_density(fft, basis, bands, weight, is_rough);
        return;
    }
    for (int first = 0; first < bands->n_band; first += km_exchange_n_band(fft->exchange)) {
        const km_bands exact = next_part(fft, bands, first);
        const km_bands part = is_rough && fft->single ? round_part(fft, &exact) : exact;
        int own;
        km_bands image, whole = km_exchange_spread(fft->exchange, basis, &part, &own, &image);

        add_whole_density(fft, basis, &whole, weight + first + own, is_rough);
    }
}
