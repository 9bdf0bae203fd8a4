#include "dft/path_shapes.h"

#include <math.h>
#include <stdbool.h>

#define GAMMA                                                                                  \
    {                                                                                          \
        "G",                                                                                   \
        {                                                                                      \
            0, 0, 0                                                                            \
        }                                                                                      \
    }
/* Relative differences of squared lengths that are none. */
#define SAME 1e-6

static double square(const double v[3])
{
    return v[0] * v[0] + v[1] * v[1] + v[2] * v[2];
}

km_path_plan km_path_tetragonal(const double *cell_bohr)
{
    const double a2 = square(cell_bohr), c2 = square(cell_bohr + 6);
    const double e = 0.25 * (1 + c2 / a2), h = 0.25 * (1 + a2 / c2), z = 0.5 * a2 / c2;

    if (c2 < a2)
        return (km_path_plan){"tetragonal I 1",
                              "G-X-M-G-Z-P-N-Z1-M|X-P",
                              {GAMMA,
                               {"M", {-0.5, 0.5, 0.5}},
                               {"N", {0, 0.5, 0}},
                               {"P", {0.25, 0.25, 0.25}},
                               {"X", {0, 0, 0.5}},
                               {"Z", {e, e, -e}},
                               {"Z1", {-e, 1 - e, e}}}};
    return (km_path_plan){"tetragonal I 2",
                          "G-X-Y-S-G-Z-S1-N-P-Y1-Z|X-P",
                          {GAMMA,
                           {"N", {0, 0.5, 0}},
                           {"P", {0.25, 0.25, 0.25}},
                           {"S", {-h, h, h}},
                           {"S1", {h, 1 - h, -h}},
                           {"X", {0, 0, 0.5}},
                           {"Y", {-z, z, 0.5}},
                           {"Y1", {0.5, 0.5, -z}},
                           {"Z", {0.5, 0.5, -0.5}}}};
}

/* Shapes 1 and 3: the shortest edge against the other two, 1/a^2 >= 1/b^2 + 1/c^2. */
static km_path_plan orthorhombic_f_long(double a2, double b2, double c2, bool is_between)
{
    const double z = 0.25 * (1 + a2 / b2 - a2 / c2), e = 0.25 * (1 + a2 / b2 + a2 / c2);

    return (km_path_plan){is_between ? "orthorhombic F 3" : "orthorhombic F 1",
                          is_between ? "G-Y-T-Z-G-X-A1-Y|X-A-Z|L-G"
                                     : "G-Y-T-Z-G-X-A1-Y|T-X1|X-A-Z|L-G",
                          {GAMMA,
                           {"A", {0.5, 0.5 + z, z}},
                           {"A1", {0.5, 0.5 - z, 1 - z}},
                           {"L", {0.5, 0.5, 0.5}},
                           {"T", {1, 0.5, 0.5}},
                           {"X", {0, e, e}},
                           {"X1", {1, 1 - e, 1 - e}},
                           {"Y", {0.5, 0, 0.5}},
                           {"Z", {0.5, 0.5, 0}}}};
}

static km_path_plan orthorhombic_f_short(double a2, double b2, double c2)
{
    const double e = 0.25 * (1 + a2 / b2 - a2 / c2), d = 0.25 * (1 + b2 / a2 - b2 / c2);
    const double f = 0.25 * (1 + c2 / b2 - c2 / a2);

    return (km_path_plan){"orthorhombic F 2",
                          "G-Y-C-D-X-G-Z-D1-H-C|C1-Z|X-H1|H-Y|L-G",
                          {GAMMA,
                           {"C", {0.5, 0.5 - e, 1 - e}},
                           {"C1", {0.5, 0.5 + e, e}},
                           {"D", {0.5 - d, 0.5, 1 - d}},
                           {"D1", {0.5 + d, 0.5, d}},
                           {"L", {0.5, 0.5, 0.5}},
                           {"H", {1 - f, 0.5 - f, 0.5}},
                           {"H1", {f, 0.5 + f, 0.5}},
                           {"X", {0, 0.5, 0.5}},
                           {"Y", {0.5, 0, 0.5}},
                           {"Z", {0.5, 0.5, 0}}}};
}

static km_path_plan orthorhombic_i(double a2, double b2, double c2)
{
    const double z = 0.25 * (1 + a2 / c2), e = 0.25 * (1 + b2 / c2);
    const double d = 0.25 * (b2 - a2) / c2, m = 0.25 * (a2 + b2) / c2;

    return (km_path_plan){"orthorhombic I",
                          "G-X-L-T-W-R-X1-Z-G-Y-S-W|L1-Y|Y1-Z",
                          {GAMMA,
                           {"L", {-m, m, 0.5 - d}},
                           {"L1", {m, -m, 0.5 + d}},
                           {"R", {0, 0.5, 0}},
                           {"S", {0.5, 0, 0}},
                           {"T", {0, 0, 0.5}},
                           {"W", {0.25, 0.25, 0.25}},
                           {"X", {-z, z, z}},
                           {"X1", {z, 1 - z, -z}},
                           {"Y", {e, -e, e}},
                           {"Y1", {1 - e, e, -e}},
                           {"Z", {0.5, 0.5, -0.5}}}};
}

static km_path_plan orthorhombic_c(double a2, double b2)
{
    const double z = 0.25 * (1 + a2 / b2);

    return (km_path_plan){"orthorhombic C",
                          "G-X-S-R-A-Z-G-Y-X1-A1-T-Y|Z-T",
                          {GAMMA,
                           {"A", {z, z, 0.5}},
                           {"A1", {-z, 1 - z, 0.5}},
                           {"R", {0, 0.5, 0.5}},
                           {"S", {0, 0.5, 0}},
                           {"T", {-0.5, 0.5, 0.5}},
                           {"X", {z, z, 0}},
                           {"X1", {-z, 1 - z, 0}},
                           {"Y", {-0.5, 0.5, 0}},
                           {"Z", {0, 0, 0.5}}}};
}

km_path_plan km_path_orthorhombic(const double *cell_bohr, char centring)
{
    const double a2 = square(cell_bohr), b2 = square(cell_bohr + 3), c2 = square(cell_bohr + 6);
    const double excess = 1 - a2 / b2 - a2 / c2;

    if (centring == 'I') return orthorhombic_i(a2, b2, c2);
    if (centring != 'F') return orthorhombic_c(a2, b2);
    if (excess < -SAME) return orthorhombic_f_short(a2, b2, c2);
    return orthorhombic_f_long(a2, b2, c2, excess < SAME);
}

/* What the formulas of monoclinic lattices are made of. */
typedef struct {
    double a2, b2;
    double t;    /* b cos(alpha) / c */
    double s;    /* c cos(alpha) / b */
    double sin2; /* of alpha, squared */
} oblique;

static km_path_plan monoclinic_p(const oblique *o)
{
    const double e = (1 - o->t) / (2 * o->sin2), v = 0.5 - e * o->s;

    return (km_path_plan){"monoclinic P",
                          "G-Y-H-C-E-M1-A-X-H1|M-D-Z|Y-D",
                          {GAMMA,
                           {"A", {0.5, 0.5, 0}},
                           {"C", {0, 0.5, 0.5}},
                           {"D", {0.5, 0, 0.5}},
                           {"E", {0.5, 0.5, 0.5}},
                           {"H", {0, e, 1 - v}},
                           {"H1", {0, 1 - e, v}},
                           {"M", {0.5, e, 1 - v}},
                           {"M1", {0.5, 1 - e, v}},
                           {"X", {0, 0.5, 0}},
                           {"Y", {0, 0, 0.5}},
                           {"Z", {0.5, 0, 0}}}};
}

/* Shapes 1 and 2: the angle of the first two reciprocal vectors is at least a right one. */
static km_path_plan monoclinic_c_wide(const oblique *o, bool is_right)
{
    const double z = (2 - o->t) / (4 * o->sin2), e = 0.5 + 2 * z * o->s;
    const double p = 0.75 - o->a2 / (4 * o->b2 * o->sin2), f = p + (0.75 - p) * o->t;

    return (km_path_plan){is_right ? "monoclinic C 2" : "monoclinic C 1",
                          is_right ? "G-Y-F-L-I|I1-Z-F1|N-G-M"
                                   : "G-Y-F-L-I|I1-Z-F1|Y-X1|X-G-N|M-G",
                          {GAMMA,
                           {"N", {0.5, 0, 0}},
                           {"F", {1 - z, 1 - z, 1 - e}},
                           {"F1", {z, z, e}},
                           {"I", {f, 1 - f, 0.5}},
                           {"I1", {1 - f, f - 1, 0.5}},
                           {"L", {0.5, 0.5, 0.5}},
                           {"M", {0.5, 0, 0.5}},
                           {"X", {1 - p, p - 1, 0}},
                           {"X1", {p, 1 - p, 0}},
                           {"Y", {0.5, 0.5, 0}},
                           {"Z", {0, 0, 0.5}}}};
}

/* Shapes 3 and 4. */
static km_path_plan monoclinic_c_flat(const oblique *o, bool is_between)
{
    const double m = 0.25 * (1 + o->b2 / o->a2), d = 0.5 * o->b2 * o->s / o->a2;
    const double z = m - 0.25 + (1 - o->t) / (4 * o->sin2), e = 0.5 + 2 * z * o->s;
    const double f = 1 + z - 2 * m, p = e - 2 * d;

    return (km_path_plan){is_between ? "monoclinic C 4" : "monoclinic C 3",
                          is_between ? "G-Y-F-H-Z-I|H1-Y1-X-G-N|M-G"
                                     : "G-Y-F-H-Z-I-F1|H1-Y1-X-G-N|M-G",
                          {GAMMA,
                           {"F", {1 - f, 1 - f, 1 - p}},
                           {"F1", {f, f - 1, p}},
                           {"H", {z, z, e}},
                           {"H1", {1 - z, -z, 1 - e}},
                           {"I", {0.5, -0.5, 0.5}},
                           {"M", {0.5, 0, 0.5}},
                           {"N", {0.5, 0, 0}},
                           {"X", {0.5, -0.5, 0}},
                           {"Y", {m, m, d}},
                           {"Y1", {1 - m, -m, -d}},
                           {"Z", {0, 0, 0.5}}}};
}

static km_path_plan monoclinic_c_steep(const oblique *o)
{
    const double z = 0.25 * (o->b2 / o->a2 + (1 - o->t) / o->sin2), e = 0.5 + 2 * z * o->s;
    const double m = 0.5 * e + 0.25 * o->b2 / o->a2 - 0.5 * o->b2 * o->s / o->a2;
    const double v = 2 * m - z, w = (4 * v - 1 - o->b2 * o->sin2 / o->a2) / (2 * o->t);
    const double d = z * o->s + 0.5 * w - 0.25, r = 1 - z * o->a2 / o->b2;

    return (km_path_plan){"monoclinic C 5",
                          "G-Y-F-L-I|I1-Z-H-F1|H1-Y1-X-G-N|M-G",
                          {GAMMA,
                           {"F", {v, v, w}},
                           {"F1", {1 - v, 1 - v, 1 - w}},
                           {"H", {z, z, e}},
                           {"H1", {1 - z, -z, 1 - e}},
                           {"I", {r, 1 - r, 0.5}},
                           {"I1", {1 - r, r - 1, 0.5}},
                           {"L", {0.5, 0.5, 0.5}},
                           {"M", {0.5, 0, 0.5}},
                           {"N", {0.5, 0, 0}},
                           {"X", {0.5, -0.5, 0}},
                           {"Y", {m, m, d}},
                           {"Y1", {1 - m, -m, -d}},
                           {"Z", {0, 0, 0.5}}}};
}

km_path_plan km_path_monoclinic(const double *cell_bohr, char centring)
{
    const double *b = cell_bohr + 3, *c = cell_bohr + 6;
    const double bc = b[0] * c[0] + b[1] * c[1] + b[2] * c[2], c2 = square(c);
    oblique o = {.a2 = square(cell_bohr), .b2 = square(b)};
    double angle, excess;

    o.t = bc / c2;
    o.s = bc / o.b2;
    o.sin2 = 1 - bc * bc / (o.b2 * c2);
    if (centring == 'P') return monoclinic_p(&o);
    /* Minus the product of the first two reciprocal vectors, (1/a, 1/(b sin alpha)) and (-1/a, 1/(b sin alpha)), times a^2. */
    angle = 1 - o.a2 / (o.b2 * o.sin2);
    if (angle > -SAME) return monoclinic_c_wide(&o, angle < SAME);
    excess = o.t + o.b2 * o.sin2 / o.a2 - 1;
    return excess < SAME ? monoclinic_c_flat(&o, excess > -SAME) : monoclinic_c_steep(&o);
}
