#include "builder/isometry.h"

#include "builder/matrix3.h"

/** Whether (R + 1)(t + l) = 0 in the plane for some translation l of the plane: R has then no screw or glide part. */
static bool is_without_shift(const double *rotation, const double *t, double tolerance)
{
    for (int i = -2; i <= 2; i++)
        for (int j = -2; j <= 2; j++) {
            double x = t[0] + i, y = t[1] + j;
            double u = (rotation[0] + 1) * x + rotation[1] * y;
            double v = rotation[3] * x + (rotation[4] + 1) * y;

            if (fabs(u) < tolerance && fabs(v) < tolerance) return true;
        }
    return false;
}

/** Rank of a reversal in the order of the names. */
static int find_rank(const km_oriented *oriented, int operation, double height)
{
    const double *r = oriented->rotation + 9 * operation;
    const double *t = oriented->translation + 3 * operation;
    const double shift[2] = {r[2] * height + t[0], r[5] * height + t[1]};
    double wrapped[2] = {shift[0] - round(shift[0]), shift[1] - round(shift[1])};
    int trace = (int)lround(r[0] + r[4] + r[8]);
    bool is_proper = km_matrix3_determinant(r) > 0,
         is_pure = is_without_shift(r, wrapped, 1e-3);

    if (is_proper) return is_pure ? 2 : 5;
    switch (trace) {
    case -3:
    case 0:
        return 0;
    case 1:
        return is_pure ? 1 : 4;
    case -2:
        return 1;
    default:
        return 3;
    }
}

const char *km_isometry_name(const km_oriented *oriented, const km_stack *stack, double height)
{
    static const char *const names[] = {"inversion", "mirror",   "2-fold axis", "-4",
                                        "glide",     "2_1 axis", "none"};
    int best = 6;

    for (int i = 0; i < oriented->n_operation; i++) {
        int rank;

        if (!km_stack_is_reversal(stack, oriented, i, height)) continue;
        rank = find_rank(oriented, i, height);
        if (rank < best) best = rank;
    }
    return names[best];
}
