#include "kaimen/base/csv.h"

#include "kaimen/base/file.h"
#include "kaimen/base/memory.h"
#include "kaimen/base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct km_csv {
    char *path;
    char *text;
    char **name; /* [n_column], in text */
    double *value;
    int n_row, n_column;
    size_t capacity;
};

/* Cut the next cell off, without blanks around it; NULL after the last one. */
static char *next_cell(char **cursor)
{
    char *cell = *cursor, *end;

    if (!cell) return NULL;
    end = strchr(cell, ',');
    *cursor = end ? end + 1 : NULL;
    if (!end) end = cell + strlen(cell);
    *end = '\0';
    cell += strspn(cell, " \t");
    while (end > cell && strchr(" \t\r", end[-1])) *--end = '\0';
    return cell;
}

static char *next_line(char **cursor)
{
    char *line = *cursor, *end;

    if (!*line) return NULL;
    end = strchr(line, '\n');
    *cursor = end ? end + 1 : line + strlen(line);
    if (end) *end = '\0';
    return line;
}

static km_status read_names(km_csv *csv, char *line)
{
    char *cell;
    size_t n = 1;

    for (const char *c = line; *c; ++c) n += *c == ',';
    KM_TRY(KM_ALLOC(csv->name, n));
    while ((cell = next_cell(&line))) {
        KM_TRY(KM_CHECK(*cell, KM_E_INPUT, "%s: line 1: column %d has no name", csv->path,
                        csv->n_column + 1));
        csv->name[csv->n_column++] = cell;
    }
    return KM_OK;
}

static km_status read_row(km_csv *csv, int number, char *line)
{
    const size_t n_column = (size_t)csv->n_column, at = (size_t)csv->n_row * n_column;
    char *cell;
    int n = 0;

    if (at + n_column > csv->capacity) {
        KM_TRY(KM_GROW(csv->value, csv->capacity, 2 * (at + n_column)));
        csv->capacity = 2 * (at + n_column);
    }
    for (; (cell = next_cell(&line)); ++n) {
        char *end;
        const double value = strtod(cell, &end);

        if (n >= csv->n_column) continue;
        KM_TRY(KM_CHECK(*cell && !*end && isfinite(value), KM_E_INPUT,
                        "%s: line %d: %s = \"%s\"; wanted a number", csv->path, number,
                        csv->name[n], cell));
        csv->value[at + (size_t)n] = value;
    }
    ++csv->n_row;
    return KM_CHECK(n == csv->n_column, KM_E_INPUT,
                    "%s: line %d: %d columns; wanted %d, as in line 1", csv->path, number, n,
                    csv->n_column);
}

static km_status read_all(km_csv *csv)
{
    char *cursor, *line;

    KM_TRY(km_file_read_text(csv->path, &csv->text));
    cursor = csv->text;
    line = next_line(&cursor);
    KM_TRY(KM_CHECK(line, KM_E_INPUT, "%s is empty; wanted a line of names", csv->path));
    KM_TRY(read_names(csv, line));
    for (int number = 2; (line = next_line(&cursor)); ++number)
        if (line[strspn(line, " \t\r")]) KM_TRY(read_row(csv, number, line));
    return KM_CHECK(csv->n_row > 0, KM_E_INPUT, "%s has no rows of numbers", csv->path);
}

km_status km_csv_read(const char *path, km_csv **out)
{
    km_csv *csv = NULL;
    km_status status = KM_OK;

    *out = NULL;
    KM_TRY(KM_ALLOC(csv, 1));
    KM_TRY_TO(fail, km_memory_copy_text(path, &csv->path));
    KM_TRY_TO(fail, read_all(csv));
    *out = csv;
    return KM_OK;
fail:
    km_csv_destroy(&csv);
    return status;
}

void km_csv_destroy(km_csv **csv)
{
    if (!*csv) return;
    KM_FREE((*csv)->path);
    KM_FREE((*csv)->text);
    KM_FREE((*csv)->name);
    KM_FREE((*csv)->value);
    KM_FREE(*csv);
}

int km_csv_n_row(const km_csv *csv)
{
    return csv->n_row;
}

int km_csv_n_column(const km_csv *csv)
{
    return csv->n_column;
}

const char *km_csv_name(const km_csv *csv, int column)
{
    return csv->name[column];
}

const double *km_csv_values(const km_csv *csv)
{
    return csv->value;
}

km_status km_csv_find(const km_csv *csv, const char *name, int *column)
{
    km_text names = {0};
    km_status status = KM_OK;

    for (*column = 0; *column < csv->n_column; ++*column)
        if (!strcmp(csv->name[*column], name)) return KM_OK;
    for (int i = 0; i < csv->n_column; ++i)
        KM_TRY_TO(end, km_text_append(&names, "%s%s", i ? ", " : "", csv->name[i]));
    status = KM_RAISE(KM_E_INPUT, "%s: no column \"%s\"; there are: %s", csv->path, name,
                      names.bytes);
end:
    KM_FREE(names.bytes);
    return status;
}
