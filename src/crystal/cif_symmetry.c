#include "crystal/cif_symmetry.h"

#include "crystal/lines.h"
#include "crystal/setting.h"
#include "kaimen/crystal/symmetry.h"

#include <string.h>
#include <strings.h>

/* Cells are rounded in files: an operation may change lengths and angles (in rad) by this much. */
#define STRAIN_LIMIT 5e-3

/* How a block names its space group; plain values, the texts borrowed. */
typedef struct {
    const char *name; /* Hermann-Mauguin symbol, NULL if none */
    const char *hall; /* Hall symbol, NULL if none */
    int number;       /* 0 if none */
    int line;         /* of one of them */
} stated_group;

/* The text of the first of several items that has one, NULL if none. */
static const char *find_text(const km_cif_document *document, int block,
                             const char *const *names, int *line)
{
    for (; *names; names++) {
        const km_cif_column *column = km_cif_document_find(document, block, *names);

        if (!column || column->n_row == 0 || !column->value[0]) continue;
        *line = column->value_line[0];
        return column->value[0];
    }
    return NULL;
}

static km_status read_listed(const km_cif_document *document, const km_cif_column *column,
                             km_operations *operations)
{
    const char *path = km_cif_document_path(document);
    int first, second;

    KM_TRY(km_operations_allocate(column->n_row, operations));
    for (int io = 0; io < column->n_row; io++)
        KM_TRY(KM_CHECK(
            column->value[io] && km_operations_parse(operations, io, column->value[io]),
            KM_E_INPUT, "%s:%d: an operation such as 'x,1/2-y,z' is wanted, not '%.60s'", path,
            column->value_line[io], column->value[io] ? column->value[io] : "?"));
    return KM_CHECK(km_operations_is_group(operations, &first, &second), KM_E_INPUT,
                    "%s:%d: the %d operations are no group: the product of those of lines %d "
                    "and %d is missing",
                    path, column->line, column->n_row, column->value_line[first],
                    column->value_line[second]);
}

static int find_misfit(const km_operations *operations, const double *cell_ang)
{
    for (int io = 0; io < operations->n; io++)
        if (km_operations_strain(operations, io, cell_ang) > STRAIN_LIMIT) return io;
    return -1;
}

static bool suits_cell(int setting, const double *cell_ang)
{
    km_operations operations;
    bool suits;

    if (km_setting_operations(setting, &operations) != KM_OK) return false;
    suits = find_misfit(&operations, cell_ang) < 0;
    km_operations_free(&operations);
    return suits;
}

static const char *symbol_of(const stated_group *stated)
{
    return stated->hall ? stated->hall : stated->name ? stated->name : "";
}

/* Hall's symbol counts before the other one, because it says the origin too. */
static bool is_candidate(int setting, const stated_group *stated, const char *choice)
{
    km_setting description;

    km_setting_describe(setting, &description);
    if (stated->number > 0 && description.number != stated->number) return false;
    if (stated->hall) return km_setting_has_hall(setting, stated->hall);
    if (stated->name && !km_setting_has_name(setting, stated->name)) return false;
    return !choice || description.choice[0] == '\0' ||
           strcasecmp(choice, description.choice) == 0;
}

static km_status choose_setting(const char *path, const double *cell_ang,
                                const stated_group *stated, const char *choice, int *setting)
{
    bool is_known = false;
    km_setting chosen, other;

    *setting = 0;
    for (int is = 1; is <= KM_SETTING_COUNT; is++) {
        if (!is_candidate(is, stated, choice)) continue;
        is_known = true;
        if (!suits_cell(is, cell_ang)) continue;
        if (*setting == 0) {
            *setting = is;
            continue;
        }
        km_setting_describe(*setting, &chosen);
        km_setting_describe(is, &other);
        /* Of several axes the first is the standard one, but an origin has no standard that all files follow. */
        KM_TRY(KM_CHECK(strcmp(chosen.choice, "1") != 0 || strcmp(other.choice, "2") != 0,
                        KM_E_INPUT,
                        "%s:%d: '%s' has two choices of origin and no operations are listed: "
                        "'%s :1' or '%s :2' is wanted",
                        path, stated->line, chosen.symbol, chosen.names, chosen.names));
    }
    KM_TRY(KM_CHECK(is_known, KM_E_INPUT,
                    "%s:%d: no setting of a space group has the symbol '%.60s' and number %d "
                    "(0: any)",
                    path, stated->line, symbol_of(stated), stated->number));
    return KM_CHECK(*setting > 0, KM_E_INPUT,
                    "%s:%d: the cell lacks the symmetry of the space group '%.60s' (number %d)",
                    path, stated->line, symbol_of(stated), stated->number);
}

/* Number of the group that is stated, 0 where the symbol names none that is known. */
static int number_of(const stated_group *stated)
{
    km_setting description;

    if (stated->number > 0) return stated->number;
    for (int is = 1; (stated->hall || stated->name) && is <= KM_SETTING_COUNT; is++) {
        if (!is_candidate(is, stated, NULL)) continue;
        km_setting_describe(is, &description);
        return description.number;
    }
    return 0;
}

static km_status read_stated_group(const km_cif_document *document, int block,
                                   stated_group *stated)
{
    static const char *const names[] = {"_space_group_name_h-m_alt",
                                        "_symmetry_space_group_name_h-m", NULL};
    static const char *const halls[] = {"_space_group_name_hall",
                                        "_symmetry_space_group_name_hall", NULL};
    static const char *const numbers[] = {"_space_group_it_number",
                                          "_symmetry_int_tables_number", NULL};
    const char *number;

    *stated = (stated_group){0};
    number = find_text(document, block, numbers, &stated->line);
    KM_TRY(KM_CHECK(!number || (km_read_int(number, &stated->number) && stated->number >= 1 &&
                                stated->number <= 230),
                    KM_E_INPUT,
                    "%s:%d: the number of a space group, 1 to 230, is wanted, not '%.60s'",
                    km_cif_document_path(document), stated->line, number));
    stated->name = find_text(document, block, names, &stated->line);
    stated->hall = find_text(document, block, halls, &stated->line);
    return KM_OK;
}

static km_status check_listed(const km_cif_document *document, const km_cif_column *column,
                              const double *cell_ang, const km_operations *operations,
                              km_cif_statement *statement)
{
    const char *path = km_cif_document_path(document);
    int misfit = find_misfit(operations, cell_ang);
    int setting;
    km_setting description = {0};

    KM_TRY(KM_CHECK(misfit < 0, KM_E_INPUT, "%s:%d: the cell lacks the symmetry of '%s'", path,
                    column->value_line[misfit], column->value[misfit]));
    setting = km_setting_identify(operations, cell_ang, KM_SYMMETRY_TOLERANCE_BOHR);
    if (setting > 0) km_setting_describe(setting, &description);
    statement->operation_number = description.number;
    return KM_CHECK(setting == 0 || statement->number == 0 ||
                        statement->number == statement->operation_number,
                    KM_E_INPUT,
                    "%s:%d: the operations are those of space group %d (%s), but the file "
                    "states %d (%s)",
                    path, column->line, description.number, description.symbol,
                    statement->number, statement->symbol);
}

static km_status take_setting(const km_cif_document *document, int block,
                              const double *cell_ang, const stated_group *stated,
                              km_operations *operations, km_cif_statement *statement)
{
    static const char *const choices[] = {"_space_group_it_coordinate_system_code", NULL};
    const char *path = km_cif_document_path(document), *choice;
    int choice_line, setting;
    km_setting description;

    KM_TRY(KM_CHECK(stated->hall || stated->name || stated->number > 0, KM_E_INPUT,
                    "%s: block '%s' states no symmetry: operations, a space-group symbol or "
                    "number are wanted",
                    path, km_cif_document_block_name(document, block)));
    choice = find_text(document, block, choices, &choice_line);
    KM_TRY(choose_setting(path, cell_ang, stated, choice, &setting));
    km_setting_describe(setting, &description);
    statement->number = statement->operation_number = description.number;
    return km_setting_operations(setting, operations);
}

km_status km_cif_find_operations(const km_cif_document *document, int block,
                                 const double *cell_ang, km_operations *operations,
                                 km_cif_statement *statement)
{
    const km_cif_column *listed =
        km_cif_document_find(document, block, "_space_group_symop_operation_xyz");
    stated_group stated;

    *operations = (km_operations){0};
    if (!listed) listed = km_cif_document_find(document, block, "_symmetry_equiv_pos_as_xyz");
    KM_TRY(read_stated_group(document, block, &stated));
    statement->number = number_of(&stated);
    snprintf(statement->symbol, sizeof statement->symbol, "%s",
             stated.name ? stated.name : symbol_of(&stated));
    if (listed && listed->n_row > 0 && listed->value[0]) {
        KM_TRY(read_listed(document, listed, operations));
        KM_TRY(check_listed(document, listed, cell_ang, operations, statement));
    } else {
        KM_TRY(take_setting(document, block, cell_ang, &stated, operations, statement));
    }
    statement->n_operation = operations->n;
    return KM_OK;
}
