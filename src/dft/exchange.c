#include "kaimen/dft/exchange.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/traffic.h"

#include <string.h>

/* Whole bands of a rank in one spread: an even number, since real bands go through the FFT in pairs. */
#define CHUNK 8

struct km_exchange {
    int n_rank, rank;
    double *whole, *image;   /* [CHUNK][2 * n_g of the sphere]; half used in single precision */
    double *wire;            /* the same, ordered by rank */
    double *slices;          /* [CHUNK * n_rank][2 * n_g of the slice] */
    int *n_whole, *at_whole; /* [n_rank]: numbers to and from each rank, and where */
    int *n_slice, *at_slice;
};

km_status km_exchange_create(int n_basis, km_basis *const *bases, km_exchange **out)
{
    km_exchange *exchange = NULL;
    km_status status = KM_OK;
    size_t n_g = 1, n_g_slice = 1;

    *out = NULL;
    KM_TRY(KM_ALLOC(exchange, 1));
    exchange->n_rank = 1;
    for (int i = 0; i < n_basis; ++i) {
        MPI_Comm_size(km_basis_comm(bases[i]), &exchange->n_rank);
        MPI_Comm_rank(km_basis_comm(bases[i]), &exchange->rank);
        if ((size_t)km_basis_n_g_sphere(bases[i]) > n_g)
            n_g = (size_t)km_basis_n_g_sphere(bases[i]);
        if ((size_t)km_basis_n_g(bases[i]) > n_g_slice)
            n_g_slice = (size_t)km_basis_n_g(bases[i]);
    }
    if (exchange->n_rank > 1) {
        KM_TRY_TO(fail, KM_ALLOC(exchange->whole, 2 * CHUNK * n_g));
        KM_TRY_TO(fail, KM_ALLOC(exchange->image, 2 * CHUNK * n_g));
        KM_TRY_TO(fail, KM_ALLOC(exchange->wire, 2 * CHUNK * n_g));
        KM_TRY_TO(fail,
                  KM_ALLOC(exchange->slices, 2 * CHUNK * (size_t)exchange->n_rank * n_g_slice));
    }
    KM_TRY_TO(fail, KM_ALLOC(exchange->n_whole, exchange->n_rank));
    KM_TRY_TO(fail, KM_ALLOC(exchange->at_whole, exchange->n_rank));
    KM_TRY_TO(fail, KM_ALLOC(exchange->n_slice, exchange->n_rank));
    KM_TRY_TO(fail, KM_ALLOC(exchange->at_slice, exchange->n_rank));
    *out = exchange;
    return KM_OK;
fail:
    km_exchange_destroy(&exchange);
    return status;
}

void km_exchange_destroy(km_exchange **exchange)
{
    km_exchange *e = *exchange;

    if (!e) return;
    KM_FREE(e->whole);
    KM_FREE(e->image);
    KM_FREE(e->wire);
    KM_FREE(e->slices);
    KM_FREE(e->n_whole);
    KM_FREE(e->at_whole);
    KM_FREE(e->n_slice);
    KM_FREE(e->at_slice);
    KM_FREE(*exchange);
}

int km_exchange_n_band(const km_exchange *exchange)
{
    return CHUNK * exchange->n_rank;
}

static void *numbers(const km_bands *bands)
{
    return bands->single ? (void *)bands->single : bands->data;
}

static size_t size_of_number(const km_bands *bands)
{
    return bands->single ? sizeof(float) : sizeof(double);
}

static MPI_Datatype type_of_number(const km_bands *bands)
{
    return bands->single ? MPI_FLOAT : MPI_DOUBLE;
}

/* First band of a rank: pairs of bands are dealt out evenly. */
static int first_band(const km_exchange *e, int n_band, int rank)
{
    const int n_pair = (n_band + 1) / 2, extra = n_pair % e->n_rank;
    const int first = 2 * (rank * (n_pair / e->n_rank) + (rank < extra ? rank : extra));

    return first < n_band ? first : n_band;
}

/* Numbers between this rank and every other, for n_band bands of which this rank gets n_own; its own part does not travel. */
static void count_numbers(km_exchange *e, const km_basis *basis, const km_bands *slices,
                          int n_own)
{
    const int width = slices->is_real ? 1 : 2;
    int at_whole = 0;

    for (int rank = 0; rank < e->n_rank; ++rank) {
        const int first = first_band(e, slices->n_band, rank);
        const int end = first_band(e, slices->n_band, rank + 1);
        const int n_g = km_basis_slice(basis, rank + 1) - km_basis_slice(basis, rank);

        e->n_slice[rank] = rank == e->rank ? 0 : (end - first) * width * slices->n_g;
        e->at_slice[rank] = first * width * slices->n_g;
        e->n_whole[rank] = rank == e->rank ? 0 : n_own * width * n_g;
        e->at_whole[rank] = at_whole;
        at_whole += e->n_whole[rank];
    }
}

/* Copy between whole bands and the order of the wire: other rank after rank, band after band. */
static void copy_wire(km_exchange *e, const km_basis *basis, const km_bands *whole,
                      bool to_wire)
{
    const size_t width = (whole->is_real ? 1 : 2) * size_of_number(whole);
    char *wire = (char *)e->wire;

    for (int rank = 0; rank < e->n_rank; ++rank) {
        const size_t first = width * (size_t)km_basis_slice(basis, rank);
        const size_t n = width * (size_t)km_basis_slice(basis, rank + 1) - first;

        if (rank == e->rank) continue;
        for (int j = 0; j < whole->n_band; ++j, wire += n) {
            const km_bands view = km_bands_view(whole, j, 1);
            char *band = (char *)numbers(&view) + first;

            memcpy(to_wire ? wire : band, to_wire ? band : wire, n);
        }
    }
}

/* The part of a whole band that is this rank's slice. */
static void *own_slice(const km_exchange *e, const km_basis *basis, const km_bands *whole,
                       int band)
{
    const km_bands view = km_bands_view(whole, band, 1);
    const size_t width = (whole->is_real ? 1 : 2) * size_of_number(whole);

    return (char *)numbers(&view) + width * (size_t)km_basis_slice(basis, e->rank);
}

/* Own slices of own bands into whole bands. */
static void copy_own(const km_exchange *e, const km_basis *basis, const km_bands *own,
                     const km_bands *whole)
{
    const size_t n = (own->is_real ? 1 : 2) * size_of_number(own) * (size_t)own->n_g;

    for (int j = 0; j < own->n_band; ++j) {
        const km_bands view = km_bands_view(own, j, 1);

        memcpy(own_slice(e, basis, whole, j), numbers(&view), n);
    }
}

/* Own slices of own bands += those of whole bands. */
static void add_own(const km_exchange *e, const km_basis *basis, const km_bands *whole,
                    const km_bands *own)
{
    for (int j = 0; j < own->n_band; ++j) {
        const km_bands view = km_bands_view(own, j, 1);
        km_bands part = view;

        if (own->single)
            part.single = own_slice(e, basis, whole, j);
        else
            part.data = own_slice(e, basis, whole, j);
        km_bands_add(&part, &view);
    }
}

/* n bands from the first-th on. */
static void add_some(const km_bands *from, int first, int n, const km_bands *to)
{
    const km_bands source = km_bands_view(from, first, n);
    const km_bands target = km_bands_view(to, first, n);

    km_bands_add(&source, &target);
}

/* Bands in a buffer, of the same kind as others. */
static km_bands in_buffer(double *buffer, const km_bands *like, int n_band, int n_g)
{
    km_bands bands = {
        .is_real = like->is_real, .n_band = n_band, .n_g = n_g, .comm = MPI_COMM_SELF};

    if (like->single)
        bands.single = (float *)buffer;
    else
        bands.data = buffer;
    return bands;
}

km_bands km_exchange_spread(km_exchange *e, const km_basis *basis, const km_bands *slices,
                            int *first, km_bands *image)
{
    const int n_g = km_basis_n_g_sphere(basis);
    km_bands whole, own;
    int n_own;

    KM_ASSERT(slices->n_band <= km_exchange_n_band(e));
    *first = first_band(e, slices->n_band, e->rank);
    n_own = first_band(e, slices->n_band, e->rank + 1) - *first;
    whole = in_buffer(e->whole, slices, n_own, n_g);
    *image = in_buffer(e->image, slices, n_own, n_g);
    km_bands_clear(image);
    count_numbers(e, basis, slices, n_own);
    km_traffic_exchange(KM_TRAFFIC_EXCHANGE,
                        &(km_traffic_parts){numbers(slices), e->n_slice, e->at_slice},
                        type_of_number(slices), km_basis_comm(basis),
                        &(km_traffic_parts){e->wire, e->n_whole, e->at_whole});
    copy_wire(e, basis, &whole, false);
    own = km_bands_view(slices, *first, n_own);
    copy_own(e, basis, &own, &whole);
    return whole;
}

void km_exchange_collect(km_exchange *e, const km_basis *basis, const km_bands *slices)
{
    const int first = first_band(e, slices->n_band, e->rank);
    const int end = first_band(e, slices->n_band, e->rank + 1), n_own = end - first;
    const km_bands own = km_bands_view(slices, first, n_own);
    const km_bands image = in_buffer(e->image, slices, n_own, km_basis_n_g_sphere(basis));
    const km_bands collected = in_buffer(e->slices, slices, slices->n_band, slices->n_g);

    copy_wire(e, basis, &image, true);
    count_numbers(e, basis, slices, n_own);
    km_traffic_exchange(KM_TRAFFIC_EXCHANGE,
                        &(km_traffic_parts){e->wire, e->n_whole, e->at_whole},
                        type_of_number(slices), km_basis_comm(basis),
                        &(km_traffic_parts){e->slices, e->n_slice, e->at_slice});
    add_some(&collected, 0, first, slices);
    add_some(&collected, end, slices->n_band - end, slices);
    add_own(e, basis, &image, &own);
}
