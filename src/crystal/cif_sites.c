#include "crystal/cif_sites.h"

#include "crystal/lines.h"
#include "kaimen/base/memory.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Occupancies are rounded in files. */
#define FULL_OCCUPANCY 0.999

/* The columns of the loop of atoms; NULL for what it lacks. */
typedef struct {
    const char *path;
    const km_cif_column *coordinate[3];
    bool is_cartesian;
    const km_cif_column *label;
    const km_cif_column *type;
    const km_cif_column *occupancy;
    const km_cif_column *flag;
    const km_cif_column *hydrogens;
} site_columns;

bool km_cif_read_number(const char *text, double *value)
{
    char *end;

    *value = strtod(text, &end);
    if (end == text || !isfinite(*value)) return false;
    if (*end == '(') {
        end += 1 + strspn(end + 1, "0123456789.");
        if (*end != ')') return false;
        end++;
    }
    return *end == '\0';
}

/* Elements of a formula up to its end or a closing bracket; the counts of a bracket are multiplied by what follows. */
static bool parse_group(const char **cursor, int depth, double *count)
{
    while (**cursor != '\0' && **cursor != ')') {
        double inner[KM_Z_MAX + 1] = {0}, factor = 1;
        char symbol[3] = "";
        char *end;

        if (isspace((unsigned char)**cursor) || **cursor == ',') {
            ++*cursor;
            continue;
        }
        if (**cursor == '(') {
            ++*cursor;
            if (depth > 8 || !parse_group(cursor, depth + 1, inner) || **cursor != ')')
                return false;
            ++*cursor;
        } else {
            symbol[0] = *(*cursor)++;
            if (islower((unsigned char)**cursor)) symbol[1] = *(*cursor)++;
            if (km_read_element(symbol) == 0) return false;
            inner[km_read_element(symbol)] = 1;
        }
        if (isdigit((unsigned char)**cursor) || **cursor == '.') {
            factor = strtod(*cursor, &end);
            if (end == *cursor) return false;
            *cursor = end;
        }
        for (int z = 1; z <= KM_Z_MAX; z++) count[z] += factor * inner[z];
    }
    return true;
}

bool km_cif_read_formula(const char *text, km_cif_formula *formula)
{
    *formula = (km_cif_formula){0};
    if (!parse_group(&text, 0, formula->count) || *text != '\0') {
        *formula = (km_cif_formula){0};
        return false;
    }
    for (int z = 1; z <= KM_Z_MAX; z++) formula->sum += formula->count[z];
    return formula->sum > 0;
}

static void find_columns(const km_cif_document *document, int block, site_columns *columns)
{
    static const char *const fractional[3] = {"_atom_site_fract_x", "_atom_site_fract_y",
                                              "_atom_site_fract_z"};
    static const char *const cartesian[3] = {"_atom_site_cartn_x", "_atom_site_cartn_y",
                                             "_atom_site_cartn_z"};

    columns->path = km_cif_document_path(document);
    columns->is_cartesian = !km_cif_document_find(document, block, fractional[0]);
    for (int i = 0; i < 3; i++)
        columns->coordinate[i] = km_cif_document_find(
            document, block, columns->is_cartesian ? cartesian[i] : fractional[i]);
    columns->label = km_cif_document_find(document, block, "_atom_site_label");
    columns->type = km_cif_document_find(document, block, "_atom_site_type_symbol");
    columns->occupancy = km_cif_document_find(document, block, "_atom_site_occupancy");
    columns->flag = km_cif_document_find(document, block, "_atom_site_calc_flag");
    columns->hydrogens = km_cif_document_find(document, block, "_atom_site_attached_hydrogens");
}

bool km_cif_has_sites(const km_cif_document *document, int block)
{
    site_columns columns;

    find_columns(document, block, &columns);
    for (int i = 0; columns.coordinate[0] && i < columns.coordinate[0]->n_row; i++)
        if (columns.coordinate[0]->value[i]) return true;
    return false;
}

static const char *value_of(const km_cif_column *column, int row)
{
    return column ? column->value[row] : NULL;
}

/*
 * Element that a label begins with. "Ti1" and "O(2)" are clear. Where one and two letters both name an element and
 * case does not tell ("CA1", "HO2"), the formula decides; 0 where it cannot.
 */
static int element_of_label(const char *label, const km_cif_formula *formula)
{
    char symbol[3] = {label[0], '\0', '\0'};
    int one = km_read_element(symbol), two = 0;
    bool is_one, is_two;

    if (strncasecmp(label, "wat", 3) == 0) return 0;
    if (isalpha((unsigned char)label[0]) && isalpha((unsigned char)label[1])) {
        symbol[1] = label[1];
        two = km_read_element(symbol);
        if (two == 1) two = 0; /* "D" and a letter */
    }
    if (two == 0 || one == 0) return one + two;
    is_one = formula->count[one] > 0;
    is_two = formula->count[two] > 0;
    if (is_one != is_two) return is_one ? one : two;
    return islower((unsigned char)label[1]) ? two : 0;
}

static km_status read_element(const site_columns *columns, const km_cif_formula *formula,
                              int row, int line, int *z)
{
    const char *type = value_of(columns->type, row), *label = value_of(columns->label, row);

    KM_TRY(KM_CHECK(type || label, KM_E_INPUT,
                    "%s:%d: an atom without _atom_site_type_symbol and _atom_site_label",
                    columns->path, line));
    *z = type ? km_read_element(type) : 0;
    if (*z == 0) *z = element_of_label(type ? type : label, formula);
    return KM_CHECK(
        *z > 0, KM_E_INPUT,
        "%s:%d: '%.40s' is not clearly an element: _atom_site_type_symbol is wanted",
        columns->path, line, type ? type : label);
}

static km_status check_occupancy(const site_columns *columns, int row, int line)
{
    const char *occupancy = value_of(columns->occupancy, row);
    const char *hydrogens = value_of(columns->hydrogens, row);
    double value;

    if (occupancy) {
        KM_TRY(KM_CHECK(km_cif_read_number(occupancy, &value), KM_E_INPUT,
                        "%s:%d: an occupancy is wanted, not '%.40s'", columns->path, line,
                        occupancy));
        KM_TRY(KM_CHECK(value >= FULL_OCCUPANCY && value <= 2 - FULL_OCCUPANCY, KM_E_INPUT,
                        "%s:%d: partial occupancy %g: ordered crystals with 1 are wanted",
                        columns->path, line, value));
    }
    return KM_CHECK(!hydrogens || strcmp(hydrogens, "0") == 0, KM_E_INPUT,
                    "%s:%d: %.40s hydrogen atoms are attached without positions", columns->path,
                    line, hydrogens);
}

static km_status read_site(const site_columns *columns, const double *cell,
                           const km_cif_formula *formula, int row, km_cif_sites *sites)
{
    int line = columns->coordinate[0]->value_line[row];
    const char *flag = value_of(columns->flag, row);
    double *frac = sites->frac + 3 * sites->n;

    if (flag && strcasecmp(flag, "dum") == 0) return KM_OK;
    for (int i = 0; i < 3; i++) {
        const char *text = columns->coordinate[i]->value[row];

        KM_TRY(KM_CHECK(text && km_cif_read_number(text, &frac[i]), KM_E_INPUT,
                        "%s:%d: a coordinate is wanted, not '%.40s'", columns->path, line,
                        text ? text : "?"));
    }
    if (columns->is_cartesian) km_lines_to_fractional(cell, frac);
    KM_TRY(read_element(columns, formula, row, line, &sites->z[sites->n]));
    KM_TRY(check_occupancy(columns, row, line));
    sites->line[sites->n++] = line;
    return KM_OK;
}

/* Every column that is there must be of the loop of the coordinates. */
static km_status check_columns(const site_columns *columns)
{
    const km_cif_column *x = columns->coordinate[0];
    const km_cif_column *others[] = {
        columns->coordinate[1], columns->coordinate[2], columns->label,    columns->type,
        columns->occupancy,     columns->flag,          columns->hydrogens};

    for (int i = 0; i < (int)(sizeof others / sizeof *others); i++) {
        KM_TRY(KM_CHECK(others[i] || i >= 2, KM_E_INPUT,
                        "%s:%d: %s stands without the other two coordinates", columns->path,
                        x->line, x->name));
        if (!others[i]) continue;
        KM_TRY(KM_CHECK(others[i]->loop == x->loop || (others[i]->n_row == 1 && x->n_row == 1),
                        KM_E_INPUT, "%s:%d: %s must stand in the same loop as %s (line %d)",
                        columns->path, others[i]->line, others[i]->name, x->name, x->line));
    }
    return KM_CHECK(!x->is_ragged, KM_E_INPUT,
                    "%s:%d: the last atom of this loop is incomplete: is the file cut off?",
                    columns->path, x->line);
}

km_status km_cif_read_sites(const km_cif_document *document, int block, const double *cell,
                            const km_cif_formula *formula, km_cif_sites *sites)
{
    site_columns columns;
    int n_row;

    *sites = (km_cif_sites){0};
    find_columns(document, block, &columns);
    KM_TRY(check_columns(&columns));
    KM_TRY(
        KM_CHECK(!columns.is_cartesian ||
                     !km_cif_document_find(document, block, "_atom_sites_cartn_tran_matrix_11"),
                 KM_E_INPUT,
                 "%s: Cartesian coordinates with axes of their own "
                 "(_atom_sites_cartn_tran_matrix): fractional ones are wanted",
                 columns.path));
    n_row = columns.coordinate[0]->n_row;
    KM_TRY(KM_ALLOC(sites->z, n_row));
    KM_TRY(KM_ALLOC(sites->line, n_row));
    KM_TRY(KM_ALLOC(sites->frac, 3 * n_row));
    for (int row = 0; row < n_row; row++)
        KM_TRY(read_site(&columns, cell, formula, row, sites));
    return KM_CHECK(sites->n > 0, KM_E_INPUT, "%s:%d: this loop has no atoms", columns.path,
                    columns.coordinate[0]->line);
}

void km_cif_sites_free(km_cif_sites *sites)
{
    KM_FREE(sites->z);
    KM_FREE(sites->line);
    KM_FREE(sites->frac);
    sites->n = 0;
}
