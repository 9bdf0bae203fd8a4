#include "kaimen/crystal/cif.h"

#include "crystal/cif_sites.h"
#include "crystal/cif_symmetry.h"
#include "crystal/lines.h"
#include "kaimen/base/log.h"
#include "kaimen/base/memory.h"
#include "kaimen/base/units.h"

#include <math.h>
#include <string.h>

/*
 * Images of a site nearer to each other than this are one atom on a symmetry element: coordinates with two digits in a
 * cell of 20 Ang err by 0.1 Ang, and no two atoms are that near.
 */
#define SAME_ATOM_ANG 0.1
/* A site that is moved further onto its symmetry element than rounding to three digits explains is reported. */
#define MOVED_FAR_ANG 0.02
/* Formulas with decimals are rounded. */
#define FORMULA_TOLERANCE 5e-3

/* What one reading needs at several places. */
typedef struct {
    const char *path;
    km_cif_document *document;
    int block;
    double cell_ang[9];
    km_operations operations;
    km_cif_sites sites;
    km_cif_formula formula;
    km_cif_statement statement;
} reading;

/* Atoms of the whole cell, as they are found. */
typedef struct {
    int n;
    int *z;
    int *line;
    double *frac;
} atom_list;

static km_status choose_block(reading *r, const char *wanted)
{
    int n = km_cif_document_n_block(r->document), number = 0;

    KM_TRY(KM_CHECK(n > 0, KM_E_INPUT, "%s: no data_ block: is this a CIF file?", r->path));
    if (wanted && !km_read_int(wanted, &number)) number = 0;
    r->block = -1;
    for (int ib = 0; ib < n && r->block < 0; ib++)
        if (wanted ? strcmp(km_cif_document_block_name(r->document, ib), wanted) == 0
                   : km_cif_has_sites(r->document, ib))
            r->block = ib;
    if (r->block < 0 && number >= 1 && number <= n) r->block = number - 1;
    KM_TRY(KM_CHECK(r->block >= 0 || !wanted, KM_E_INPUT,
                    "%s: there is no data block '%s' among its %d", r->path, wanted, n));
    KM_TRY(KM_CHECK(r->block >= 0 && km_cif_has_sites(r->document, r->block), KM_E_INPUT,
                    "%s: no atom has coordinates (_atom_site_fract_x)", r->path));
    snprintf(r->statement.block, sizeof r->statement.block, "%s",
             km_cif_document_block_name(r->document, r->block));
    return KM_OK;
}

static km_status read_cell_number(const reading *r, const char *name, double low, double high,
                                  double *value)
{
    const km_cif_column *column = km_cif_document_find(r->document, r->block, name);

    KM_TRY(KM_CHECK(column && column->n_row > 0 && column->value[0], KM_E_INPUT,
                    "%s: block '%s' has no cell: %s is wanted", r->path, r->statement.block,
                    name));
    return KM_CHECK(km_cif_read_number(column->value[0], value) && *value > low &&
                        *value < high,
                    KM_E_INPUT, "%s:%d: %s = '%.40s' must be between %g and %g", r->path,
                    column->value_line[0], name, column->value[0], low, high);
}

static km_status read_cell(reading *r)
{
    static const char *const lengths[3] = {"_cell_length_a", "_cell_length_b",
                                           "_cell_length_c"};
    static const char *const angles[3] = {"_cell_angle_alpha", "_cell_angle_beta",
                                          "_cell_angle_gamma"};
    double a[3], cosine[3], square, sine;
    double *cell = r->cell_ang;

    for (int i = 0; i < 3; i++) {
        KM_TRY(read_cell_number(r, lengths[i], 0, 1e4, &a[i]));
        KM_TRY(read_cell_number(r, angles[i], 0, 180, &cosine[i]));
        /* cos(90 deg) must be 0, not 6e-17: symmetry is exact then. */
        cosine[i] = cosine[i] == 90 ? 0 : cos(cosine[i] * KM_PI / 180);
    }
    square = 1 - cosine[0] * cosine[0] - cosine[1] * cosine[1] - cosine[2] * cosine[2] +
             2 * cosine[0] * cosine[1] * cosine[2];
    KM_TRY(KM_CHECK(square > 1e-8, KM_E_INPUT,
                    "%s:%d: no cell has the angles with cosines %g, %g and %g", r->path,
                    km_cif_document_find(r->document, r->block, angles[0])->line, cosine[0],
                    cosine[1], cosine[2]));
    sine = sqrt(1 - cosine[2] * cosine[2]);
    memset(cell, 0, sizeof r->cell_ang);
    cell[0] = a[0];
    cell[3] = a[1] * cosine[2];
    cell[4] = a[1] * sine;
    cell[6] = a[2] * cosine[1];
    cell[7] = a[2] * (cosine[0] - cosine[1] * cosine[2]) / sine;
    cell[8] = a[2] * sqrt(square) / sine;
    return KM_OK;
}

static void read_formula(reading *r)
{
    const km_cif_column *column =
        km_cif_document_find(r->document, r->block, "_chemical_formula_sum");

    if (!column || column->n_row == 0 || !column->value[0]) return;
    snprintf(r->statement.formula, sizeof r->statement.formula, "%s", column->value[0]);
    if (!km_cif_read_formula(column->value[0], &r->formula))
        km_log(KM_LOG_WARN, "%s:%d: the formula '%s' is not understood and not compared",
               r->path, column->value_line[0], column->value[0]);
}

/* Vector from one position to the nearest image of another, and its length. */
static double separation_ang(const reading *r, const double *from, const double *to,
                             double *vector)
{
    for (int i = 0; i < 3; i++) vector[i] = km_nearest_to_zero(to[i] - from[i]);
    return km_length(r->cell_ang, vector);
}

/*
 * Put a site onto the symmetry element that it is nearly on: the mean of all its images that are the same atom. Twice,
 * because after the first time further images may be near enough.
 */
static void settle_site(const reading *r, double *frac, int line)
{
    double start[3], image[3], vector[3], moved_ang;

    memcpy(start, frac, sizeof start);
    for (int turn = 0; turn < 2; turn++) {
        double sum[3] = {0, 0, 0};
        int n_same = 0;

        for (int io = 0; io < r->operations.n; io++) {
            km_operations_apply(&r->operations, io, frac, image);
            if (separation_ang(r, frac, image, vector) > SAME_ATOM_ANG) continue;
            n_same++;
            for (int i = 0; i < 3; i++) sum[i] += vector[i];
        }
        for (int i = 0; i < 3; i++) frac[i] += sum[i] / n_same;
    }
    moved_ang = separation_ang(r, start, frac, vector);
    if (moved_ang > MOVED_FAR_ANG)
        km_log(KM_LOG_WARN, "%s:%d: the atom is moved by %.3f Ang onto its symmetry element",
               r->path, line, moved_ang);
}

/* Add an atom unless it is there already. */
static km_status add_atom(const reading *r, int z, const double *frac, int line,
                          atom_list *atoms)
{
    double vector[3];

    for (int ia = 0; ia < atoms->n; ia++) {
        if (separation_ang(r, atoms->frac + 3 * ia, frac, vector) > SAME_ATOM_ANG) continue;
        return KM_CHECK(atoms->z[ia] == z, KM_E_INPUT,
                        "%s:%d: %s stands on the site of %s (line %d): ordered crystals with "
                        "one element on each site are wanted",
                        r->path, line, km_element_symbol(z), km_element_symbol(atoms->z[ia]),
                        atoms->line[ia]);
    }
    atoms->z[atoms->n] = z;
    atoms->line[atoms->n] = line;
    for (int i = 0; i < 3; i++) {
        double x = frac[i] - floor(frac[i]);

        atoms->frac[3 * atoms->n + i] = x > 1 - 1e-10 || x < 1e-10 ? 0 : x;
    }
    atoms->n++;
    return KM_OK;
}

static km_status expand_sites(const reading *r, atom_list *atoms)
{
    int n_largest = r->sites.n * r->operations.n;

    KM_TRY(KM_ALLOC(atoms->z, n_largest));
    KM_TRY(KM_ALLOC(atoms->line, n_largest));
    KM_TRY(KM_ALLOC(atoms->frac, 3 * n_largest));
    for (int is = 0; is < r->sites.n; is++) {
        settle_site(r, r->sites.frac + 3 * is, r->sites.line[is]);
        for (int io = 0; io < r->operations.n; io++) {
            double image[3];

            km_operations_apply(&r->operations, io, r->sites.frac + 3 * is, image);
            KM_TRY(add_atom(r, r->sites.z[is], image, r->sites.line[is], atoms));
        }
    }
    return KM_OK;
}

static km_status check_formula(const reading *r, const km_crystal *crystal)
{
    double scale, count[KM_Z_MAX + 1] = {0};
    char found[KM_FORMULA_SIZE];
    int n_atom = km_crystal_n_atom(crystal);

    if (r->formula.sum == 0) return KM_OK;
    scale = n_atom / r->formula.sum;
    km_crystal_reduced_formula(crystal, found);
    for (int ia = 0; ia < n_atom; ia++) count[km_crystal_z(crystal)[ia]]++;
    for (int z = 1; z <= KM_Z_MAX; z++)
        KM_TRY(KM_CHECK(fabs(scale * r->formula.count[z] - count[z]) <=
                            FORMULA_TOLERANCE * fmax(1, count[z]),
                        KM_E_INPUT, "%s: the atoms are %s, but the stated formula is '%s'%s",
                        r->path, found, r->statement.formula,
                        count[1] == 0 && r->formula.count[1] > 0
                            ? ": positions of hydrogen are missing"
                            : ""));
    return KM_OK;
}

static km_status make_crystal(reading *r, km_crystal **crystal)
{
    atom_list atoms = {0};
    double cell_bohr[9];
    km_status status = KM_OK;

    for (int i = 0; i < 9; i++) cell_bohr[i] = r->cell_ang[i] * KM_BOHR_PER_ANG;
    KM_TRY_TO(done, expand_sites(r, &atoms));
    KM_TRY_TO(done, km_lines_make_crystal(r->path, cell_bohr, atoms.n, atoms.z, atoms.frac,
                                          atoms.line, crystal));
    KM_TRY_TO(done, check_formula(r, *crystal));
done:
    if (status != KM_OK) km_crystal_destroy(crystal);
    KM_FREE(atoms.z);
    KM_FREE(atoms.line);
    KM_FREE(atoms.frac);
    return status;
}

km_status km_cif_read(const char *path, const char *block, km_crystal **crystal,
                      km_cif_statement *statement)
{
    reading r = {.path = path};
    km_status status = KM_OK;

    *crystal = NULL;
    KM_TRY_TO(done, km_cif_document_create(path, &r.document));
    KM_TRY_TO(done, choose_block(&r, block));
    KM_TRY_TO(done, read_cell(&r));
    read_formula(&r);
    KM_TRY_TO(done, km_cif_read_sites(r.document, r.block, r.cell_ang, &r.formula, &r.sites));
    KM_TRY_TO(done, km_cif_find_operations(r.document, r.block, r.cell_ang, &r.operations,
                                           &r.statement));
    KM_TRY_TO(done, make_crystal(&r, crystal));
    if (statement) *statement = r.statement;
done:
    km_cif_sites_free(&r.sites);
    km_operations_free(&r.operations);
    km_cif_document_destroy(&r.document);
    return status;
}
