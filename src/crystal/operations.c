#include "crystal/operations.h"

#include "kaimen/base/memory.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Two translations of one rotation differ by a lattice vector or by much more than this. */
#define SAME_TRANSLATION 1e-3

km_status km_operations_allocate(int n, km_operations *operations)
{
    km_status status = KM_OK;

    *operations = (km_operations){0};
    KM_TRY_TO(fail, KM_ALLOC(operations->rotation, 9 * n));
    KM_TRY_TO(fail, KM_ALLOC(operations->translation_frac, 3 * n));
    operations->n = n;
    return KM_OK;
fail:
    km_operations_free(operations);
    return status;
}

void km_operations_free(km_operations *operations)
{
    KM_FREE(operations->rotation);
    KM_FREE(operations->translation_frac);
    operations->n = 0;
}

void km_operations_set(km_operations *operations, int operation, const int *rotation,
                       const double *translation_frac)
{
    memcpy(operations->rotation + 9 * operation, rotation, 9 * sizeof *rotation);
    for (int i = 0; i < 3; i++) {
        double t = translation_frac[i] - floor(translation_frac[i]);

        /* 1 - rounding error is zero. */
        operations->translation_frac[3 * operation + i] = t > 1 - 1e-10 || t < 1e-10 ? 0 : t;
    }
}

void km_operations_apply(const km_operations *operations, int operation, const double *frac,
                         double *image_frac)
{
    const int *r = operations->rotation + 9 * operation;
    const double *t = operations->translation_frac + 3 * operation;

    for (int i = 0; i < 3; i++)
        image_frac[i] =
            r[3 * i] * frac[0] + r[3 * i + 1] * frac[1] + r[3 * i + 2] * frac[2] + t[i];
}

double km_nearest_to_zero(double x)
{
    return x - ceil(x - 0.5);
}

double km_length(const double *cell, const double *frac)
{
    double square = 0;

    for (int j = 0; j < 3; j++) {
        double x = frac[0] * cell[j] + frac[1] * cell[3 + j] + frac[2] * cell[6 + j];

        square += x * x;
    }
    return sqrt(square);
}

static bool is_same_translation(const double *t1, const double *t2)
{
    for (int i = 0; i < 3; i++)
        if (fabs(km_nearest_to_zero(t1[i] - t2[i])) > SAME_TRANSLATION) return false;
    return true;
}

int km_operations_find(const km_operations *operations, const int *rotation,
                       const double *translation_frac)
{
    for (int io = 0; io < operations->n; io++)
        if (memcmp(operations->rotation + 9 * io, rotation, 9 * sizeof *rotation) == 0 &&
            is_same_translation(operations->translation_frac + 3 * io, translation_frac))
            return io;
    return -1;
}

/* A finite set of operations is a group when it holds the product of any two. */
bool km_operations_is_group(const km_operations *operations, int *first, int *second)
{
    for (*first = 0; *first < operations->n; ++*first)
        for (*second = 0; *second < operations->n; ++*second) {
            const int *r1 = operations->rotation + 9 * *first;
            const int *r2 = operations->rotation + 9 * *second;
            double t[3];
            int r[9];

            for (int i = 0; i < 9; i++)
                r[i] = r1[i / 3 * 3] * r2[i % 3] + r1[i / 3 * 3 + 1] * r2[3 + i % 3] +
                       r1[i / 3 * 3 + 2] * r2[6 + i % 3];
            km_operations_apply(operations, *first, operations->translation_frac + 3 * *second,
                                t);
            if (km_operations_find(operations, r, t) < 0) return false;
        }
    return operations->n > 0;
}

/* An isometry keeps the metric: R^T G R = G with G_ij = a_i . a_j. */
double km_operations_strain(const km_operations *operations, int operation, const double *cell)
{
    const int *r = operations->rotation + 9 * operation;
    double metric[9], largest = 0;

    for (int i = 0; i < 9; i++) {
        const double *a = cell + i / 3 * 3, *b = cell + i % 3 * 3;

        metric[i] = a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    }
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            double image = 0;

            for (int k = 0; k < 9; k++)
                image += r[k / 3 * 3 + i] * metric[k] * r[k % 3 * 3 + j];
            largest = fmax(largest, fabs(image - metric[3 * i + j]) /
                                        sqrt(metric[4 * i] * metric[4 * j]));
        }
    return largest;
}

/* Operations of space groups translate by multiples of 1/24: a rounded decimal means the nearest one. */
static double exact_translation(double t)
{
    double nearest = round(24 * t) / 24;

    return fabs(t - nearest) < SAME_TRANSLATION ? nearest : t;
}

static bool parse_number(const char **cursor, double *number)
{
    char *end;
    double denominator;

    if (!isdigit((unsigned char)**cursor) && **cursor != '.') return false;
    *number = strtod(*cursor, &end);
    if (*end == '/') {
        *cursor = end + 1;
        denominator = strtod(*cursor, &end);
        if (end == *cursor || denominator == 0) return false;
        *number /= denominator;
    }
    *cursor = end;
    return true;
}

/* One component: a sum of signed x, y, z and numbers; blanks were removed. */
static bool parse_component(const char **cursor, int *row, double *translation)
{
    int n_term = 0;

    for (; **cursor != '\0' && **cursor != ','; n_term++) {
        int sign = **cursor == '-' ? -1 : 1;
        double number;

        if (**cursor == '-' || **cursor == '+')
            ++*cursor;
        else if (n_term > 0)
            return false;
        if (**cursor >= 'x' && **cursor <= 'z') {
            row[**cursor - 'x'] += sign;
            ++*cursor;
        } else if (parse_number(cursor, &number)) {
            *translation += sign * number;
        } else {
            return false;
        }
    }
    *translation = exact_translation(*translation);
    return n_term > 0;
}

bool km_operations_parse(km_operations *operations, int operation, const char *text)
{
    char compact[128];
    const char *cursor = compact;
    double translation[3] = {0, 0, 0};
    int rotation[9] = {0}, n = 0, determinant;

    for (; *text != '\0'; text++) {
        if (isspace((unsigned char)*text)) continue;
        if (n + 1 >= (int)sizeof compact) return false;
        compact[n++] = (char)tolower((unsigned char)*text);
    }
    compact[n] = '\0';
    for (int i = 0; i < 3; i++) {
        if (!parse_component(&cursor, rotation + 3 * i, translation + i)) return false;
        if (*cursor != (i < 2 ? ',' : '\0')) return false;
        if (i < 2) cursor++;
    }
    determinant = rotation[0] * (rotation[4] * rotation[8] - rotation[5] * rotation[7]) -
                  rotation[1] * (rotation[3] * rotation[8] - rotation[5] * rotation[6]) +
                  rotation[2] * (rotation[3] * rotation[7] - rotation[4] * rotation[6]);
    if (abs(determinant) != 1) return false;
    km_operations_set(operations, operation, rotation, translation);
    return true;
}
