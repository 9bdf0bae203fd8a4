#include "kaimen/report/table.h"

#include "kaimen/base/file.h"
#include "kaimen/base/memory.h"
#include "kaimen/base/text.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#define NUMBER_SIZE 64
#define GAP 2

typedef struct {
    char *text;
    double value;
    bool is_number;
} cell;

struct km_table {
    int n_column;
    km_table_column *columns;
    int n_cell;
    int n_space;
    cell *cells;
};

km_status km_table_create(int n_column, const km_table_column *columns, km_table **table)
{
    km_status status;

    *table = NULL;
    KM_TRY(KM_CHECK(n_column > 0, KM_E_ARGUMENT, "n_column = %d must be positive", n_column));
    KM_TRY(KM_ALLOC(*table, 1));
    (*table)->n_column = n_column;
    KM_TRY_TO(fail, KM_ALLOC((*table)->columns, n_column));
    memcpy((*table)->columns, columns, (size_t)n_column * sizeof *columns);
    return KM_OK;
fail:
    km_table_destroy(table);
    return status;
}

void km_table_destroy(km_table **table)
{
    if (!*table) return;
    for (int i = 0; i < (*table)->n_cell; ++i) KM_FREE((*table)->cells[i].text);
    KM_FREE((*table)->cells);
    KM_FREE((*table)->columns);
    KM_FREE(*table);
}

static km_status add_cell(km_table *table, const char *text, bool is_number, double value)
{
    cell *next;

    if (table->n_cell == table->n_space) {
        int n_space = table->n_space ? 2 * table->n_space : 64;

        KM_TRY(KM_GROW(table->cells, table->n_space, n_space));
        table->n_space = n_space;
    }
    next = &table->cells[table->n_cell];
    KM_TRY(km_memory_copy_text(text, &next->text));
    next->is_number = is_number;
    next->value = value;
    ++table->n_cell;
    return KM_OK;
}

km_status km_table_add_text(km_table *table, const char *text)
{
    return add_cell(table, text, false, 0);
}

km_status km_table_add_number(km_table *table, int decimals, double value)
{
    char text[NUMBER_SIZE] = "-";

    if (isfinite(value)) {
        snprintf(text, sizeof text, "%.*f", decimals, value);
        /* A rounded -0.00 would look like a result below zero. */
        if (text[0] == '-' && strspn(text + 1, "0.") == strlen(text + 1))
            memmove(text, text + 1, strlen(text));
    }
    return add_cell(table, text, true, value);
}

int km_table_n_row(const km_table *table)
{
    return table->n_cell / table->n_column;
}

/* Characters of a UTF-8 text: bytes that do not continue one. */
static int text_width(const char *text)
{
    int width = 0;

    for (; *text; ++text) width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

static void print_padded(FILE *stream, const char *text, int width, bool to_right, bool is_last)
{
    int n_blank = width - text_width(text);

    if (to_right)
        fprintf(stream, "%*s%s", n_blank, "", text);
    else
        fprintf(stream, "%s%*s", text, is_last ? 0 : n_blank, "");
    if (!is_last) fprintf(stream, "%*s", GAP, "");
    if (is_last) fputc('\n', stream);
}

static bool column_is_number(const km_table *table, int column)
{
    for (int i = column; i < table->n_cell; i += table->n_column)
        if (!table->cells[i].is_number) return false;
    return table->n_cell > column;
}

static int column_width(const km_table *table, int column)
{
    int width = text_width(table->columns[column].title);
    int unit = text_width(table->columns[column].unit);

    if (unit > width) width = unit;
    for (int i = column; i < table->n_cell; i += table->n_column) {
        int own = text_width(table->cells[i].text);

        if (own > width) width = own;
    }
    return width;
}

/* One line of the table: row -2 the titles, -1 the units, else the cells. */
static void print_row(const km_table *table, int row, const int *width, const bool *is_number,
                      FILE *stream)
{
    for (int j = 0; j < table->n_column; ++j) {
        const char *text = row == -2   ? table->columns[j].title
                           : row == -1 ? table->columns[j].unit
                                       : table->cells[row * table->n_column + j].text;

        print_padded(stream, text, width[j], is_number[j], j == table->n_column - 1);
    }
}

static bool has_units(const km_table *table)
{
    for (int j = 0; j < table->n_column; ++j)
        if (table->columns[j].unit[0]) return true;
    return false;
}

km_status km_table_print(const km_table *table, FILE *stream)
{
    int *width;
    bool *is_number = NULL;
    int total = -GAP;
    km_status status = KM_OK;

    KM_TRY(KM_ALLOC(width, table->n_column));
    KM_TRY_TO(end, KM_ALLOC(is_number, table->n_column));
    for (int j = 0; j < table->n_column; ++j) {
        width[j] = column_width(table, j);
        is_number[j] = column_is_number(table, j);
        total += width[j] + GAP;
    }
    print_row(table, -2, width, is_number, stream);
    if (has_units(table)) print_row(table, -1, width, is_number, stream);
    for (int i = 0; i < total; ++i) fputc('-', stream);
    fputc('\n', stream);
    for (int i = 0; i < km_table_n_row(table); ++i)
        print_row(table, i, width, is_number, stream);
end:
    KM_FREE(is_number);
    KM_FREE(width);
    return status;
}

static km_status append_csv_text(km_text *out, const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) return km_text_append(out, "%s", text);
    KM_TRY(km_text_append(out, "\""));
    for (; *text; ++text) KM_TRY(km_text_append(out, *text == '"' ? "\"%c" : "%c", *text));
    return km_text_append(out, "\"");
}

static km_status append_csv_cell(km_text *out, const cell *c)
{
    if (!c->is_number) return append_csv_text(out, c->text);
    return isfinite(c->value) ? km_text_append(out, "%.12g", c->value) : KM_OK;
}

static km_status append_csv_rows(const km_table *table, km_text *out)
{
    for (int j = 0; j < table->n_column; ++j) {
        if (j > 0) KM_TRY(km_text_append(out, ","));
        KM_TRY(append_csv_text(out, table->columns[j].csv_name));
    }
    KM_TRY(km_text_append(out, "\r\n"));
    for (int i = 0; i < km_table_n_row(table) * table->n_column; ++i) {
        KM_TRY(append_csv_cell(out, &table->cells[i]));
        KM_TRY(km_text_append(out, (i + 1) % table->n_column ? "," : "\r\n"));
    }
    return KM_OK;
}

km_status km_table_write_csv(const km_table *table, const char *path)
{
    km_text text = {0};
    km_status status;

    KM_TRY_TO(end, append_csv_rows(table, &text));
    KM_TRY_TO(end, km_file_write_text(path, text.bytes));
end:
    KM_FREE(text.bytes);
    return status;
}

/* The characters that mean something to HTML. */
static km_status append_escaped(const char *text, km_text *page)
{
    for (; *text; ++text) {
        const char *entity = *text == '<'   ? "&lt;"
                             : *text == '>' ? "&gt;"
                             : *text == '&' ? "&amp;"
                             : *text == '"' ? "&quot;"
                                            : NULL;

        KM_TRY(entity ? km_text_append(page, "%s", entity) : km_text_append(page, "%c", *text));
    }
    return KM_OK;
}

static km_status append_head(const km_table *table, km_text *page)
{
    KM_TRY(km_text_append(page, "<thead><tr>"));
    for (int j = 0; j < table->n_column; ++j) {
        KM_TRY(km_text_append(page, "<th>"));
        KM_TRY(append_escaped(table->columns[j].title, page));
        KM_TRY(km_text_append(page, "<br><small>%s</small></th>", table->columns[j].unit));
    }
    return km_text_append(page, "</tr></thead>\n");
}

km_status km_table_append_html(const km_table *table, km_text *page)
{
    KM_TRY(km_text_append(page, "<table>\n"));
    KM_TRY(append_head(table, page));
    for (int i = 0; i < table->n_cell; ++i) {
        const cell *c = table->cells + i;

        if (i % table->n_column == 0) KM_TRY(km_text_append(page, "<tr>"));
        KM_TRY(km_text_append(page, c->is_number ? "<td class=\"number\">" : "<td>"));
        KM_TRY(append_escaped(c->text, page));
        KM_TRY(km_text_append(page, "</td>"));
        if ((i + 1) % table->n_column == 0) KM_TRY(km_text_append(page, "</tr>\n"));
    }
    return km_text_append(page, "</table>\n");
}
