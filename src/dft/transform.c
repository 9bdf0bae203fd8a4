#define REAL double
#define NAME(x) x
/* Columns, and planes, that go side by side. */
#define WIDTH KM_SHORT_FFT_WIDTH
#define INTERLEAVE_FIRST(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define INTERLEAVE_SECOND(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#include "dft/transform_body.h"

size_t km_transform_density_size(const km_transform *t)
{
    return whole_size(t) * WIDTH;
}

void km_transform_add_density(km_transform *t, const km_basis *basis, const km_packet *packet,
                              double weight, double *density)
{
    lanes *rho = (lanes *)density;

    load_columns(t, basis, packet);
    for (int is = 0; is < t->n_slice; ++is) {
        rows_from_columns(t, basis, is);
        for (int y = 0; y < t->size.n[1]; ++y, rho += t->size.n[0]) {
            const point *f = t->line[1];

            line_to_real(t, y);
            for (int x = 0; x < t->size.n[0]; ++x)
                rho[x] += weight * (f[x].re * f[x].re + f[x].im * f[x].im);
        }
    }
}

void km_transform_sort_density(const km_transform *t, const double *density, double *plain)
{
    const int *n = t->size.n;

    for (int x = 0; x < n[0]; ++x)
        for (int y = 0; y < n[1]; ++y)
            for (int z = 0; z < n[2]; ++z) *plain++ = density[place(t, x, y, z)];
}
