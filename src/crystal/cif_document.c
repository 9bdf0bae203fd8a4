#include "crystal/cif_document.h"

#include "kaimen/base/file.h"
#include "kaimen/base/memory.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* What a word of the file is. */
typedef enum { WORD_END, WORD_NAME, WORD_VALUE, WORD_DATA, WORD_LOOP, WORD_OTHER } word_kind;

typedef struct {
    word_kind kind;
    char *text; /* NULL for a placeholder */
    int line;
} cif_word;

struct km_cif_document {
    char *path;
    char *text; /* the words lie in here */
    char *rest; /* borrowed: what was not yet read */
    int line;
    bool is_line_start; /* rest is the first character of a line */
    int n_block;
    int n_column;
    int n_loop;
    const char **block; /* borrowed from the text */
    km_cif_column *column;
};

static void skip_blanks_and_comments(km_cif_document *document)
{
    char *c = document->rest;

    for (; *c != '\0' && (*c == '#' || isspace((unsigned char)*c)); c++) {
        document->is_line_start = *c == '\n';
        document->line += *c == '\n';
        if (*c == '#') c += strcspn(c, "\n") - 1;
    }
    document->rest = c;
}

/* A text from a semicolon at the start of a line to the next one there. */
static km_status read_text_field(km_cif_document *document, cif_word *word)
{
    char *end;

    word->kind = WORD_VALUE;
    word->text = document->rest + 1;
    end = strstr(document->rest, "\n;");
    KM_TRY(KM_CHECK(end, KM_E_INPUT,
                    "%s:%d: the text that starts here has no closing ';': is the file cut off?",
                    document->path, document->line));
    *end = '\0';
    for (char *c = word->text; *c != '\0'; c++) document->line += *c == '\n';
    document->line++;
    document->rest = end + 2;
    return KM_OK;
}

/* A quotation ends with its quote before a blank: 'O'Neill' is one. */
static km_status read_quotation(km_cif_document *document, cif_word *word)
{
    char quote = *document->rest, *c = document->rest + 1;

    word->kind = WORD_VALUE;
    word->text = c;
    while (*c != '\0' && *c != '\n' &&
           !(*c == quote && (isspace((unsigned char)c[1]) || !c[1])))
        c++;
    KM_TRY(KM_CHECK(*c == quote, KM_E_INPUT, "%s:%d: the quotation %.40s has no end",
                    document->path, document->line, document->rest));
    *c = '\0';
    document->rest = c + 1;
    return KM_OK;
}

static bool starts_with(const char *text, const char *start)
{
    return strncasecmp(text, start, strlen(start)) == 0;
}

static void classify(cif_word *word)
{
    char *text = word->text;

    word->kind = WORD_VALUE;
    if (text[0] == '_') {
        word->kind = WORD_NAME;
        for (char *c = text; *c != '\0'; c++)
            *c = *c == '.' ? '_' : (char)tolower((unsigned char)*c);
    } else if (starts_with(text, "data_")) {
        word->kind = WORD_DATA;
        word->text += 5;
    } else if (strcasecmp(text, "loop_") == 0) {
        word->kind = WORD_LOOP;
    } else if (starts_with(text, "save_") || strcasecmp(text, "global_") == 0 ||
               strcasecmp(text, "stop_") == 0) {
        word->kind = WORD_OTHER;
    } else if (strcmp(text, "?") == 0 || strcmp(text, ".") == 0) {
        word->text = NULL;
    }
}

static km_status read_word(km_cif_document *document, cif_word *word)
{
    bool is_line_start;
    char *end;

    skip_blanks_and_comments(document);
    is_line_start = document->is_line_start;
    document->is_line_start = false;
    *word = (cif_word){WORD_END, document->rest, document->line};
    if (*document->rest == '\0') return KM_OK;
    if (*document->rest == ';' && is_line_start) return read_text_field(document, word);
    if (*document->rest == '\'' || *document->rest == '"')
        return read_quotation(document, word);
    end = document->rest + strcspn(document->rest, " \t\r\n\f\v");
    document->rest = end;
    if (*end == '\n') document->line++;
    document->is_line_start = *end == '\n';
    if (*end != '\0') *document->rest++ = '\0';
    classify(word);
    return KM_OK;
}

static km_status add_block(km_cif_document *document, const char *name)
{
    int n = document->n_block;

    KM_TRY(KM_GROW(document->block, n, n + 1));
    document->block[n] = name;
    document->n_block++;
    return KM_OK;
}

static km_status add_column(km_cif_document *document, const cif_word *name)
{
    int n = document->n_column;

    KM_TRY(KM_CHECK(document->n_block > 0, KM_E_INPUT,
                    "%s:%d: %.60s stands before the first data_ block: is this a CIF file?",
                    document->path, name->line, name->text));
    if ((n & (n - 1)) == 0) KM_TRY(KM_GROW(document->column, n, n > 0 ? 2 * n : 1));
    document->column[n] = (km_cif_column){.name = name->text,
                                          .block = document->n_block - 1,
                                          .line = name->line,
                                          .loop = document->n_loop};
    document->n_column++;
    return KM_OK;
}

static km_status add_value(km_cif_column *column, const cif_word *value)
{
    int n = column->n_row;

    if ((n & (n - 1)) == 0) {
        KM_TRY(KM_GROW(column->value, n, n > 0 ? 2 * n : 1));
        KM_TRY(KM_GROW(column->value_line, n, n > 0 ? 2 * n : 1));
    }
    column->value[n] = value->text;
    column->value_line[n] = value->line;
    column->n_row++;
    return KM_OK;
}

/* loop_, names, values; leaves the word that ended the values in `next`. */
static km_status read_loop(km_cif_document *document, cif_word *next)
{
    int first = document->n_column, n_value = 0, n;

    document->n_loop++;
    KM_TRY(read_word(document, next));
    while (next->kind == WORD_NAME) {
        KM_TRY(add_column(document, next));
        KM_TRY(read_word(document, next));
    }
    n = document->n_column - first;
    KM_TRY(KM_CHECK(n > 0, KM_E_INPUT, "%s:%d: names are wanted after loop_", document->path,
                    next->line));
    for (; next->kind == WORD_VALUE; n_value++) {
        KM_TRY(add_value(&document->column[first + n_value % n], next));
        KM_TRY(read_word(document, next));
    }
    for (int i = 0; i < n; i++) document->column[first + i].is_ragged = n_value % n != 0;
    return KM_OK;
}

/* One step of the file: a block, a loop or an item. `current` is the word it starts with, then that of the next step. */
static km_status read_step(km_cif_document *document, cif_word *current)
{
    cif_word name = *current;

    switch (name.kind) {
    case WORD_DATA:
        KM_TRY(add_block(document, name.text));
        return read_word(document, current);
    case WORD_LOOP:
        return read_loop(document, current);
    case WORD_NAME:
        document->n_loop++;
        KM_TRY(add_column(document, &name));
        KM_TRY(read_word(document, current));
        KM_TRY(KM_CHECK(current->kind != WORD_END, KM_E_INPUT,
                        "%s:%d: %.60s has no value: is the file cut off?", document->path,
                        name.line, name.text));
        /* A name without value amid the file is as good as one with the value "?". */
        if (current->kind != WORD_VALUE) return KM_OK;
        KM_TRY(add_value(&document->column[document->n_column - 1], current));
        return read_word(document, current);
    case WORD_VALUE:
        return KM_RAISE(KM_E_INPUT, "%s:%d: the value %.60s follows no name", document->path,
                        name.line, name.text ? name.text : "?");
    default:
        return read_word(document, current);
    }
}

km_status km_cif_document_create(const char *path, km_cif_document **document)
{
    km_cif_document *new = NULL;
    km_status status = KM_OK;
    cif_word current;

    *document = NULL;
    KM_TRY(KM_ALLOC(new, 1));
    KM_TRY_TO(fail, km_memory_copy_text(path, &new->path));
    KM_TRY_TO(fail, km_file_read_text(path, &new->text));
    new->rest = new->text;
    new->line = 1;
    new->is_line_start = true;
    KM_TRY_TO(fail, read_word(new, &current));
    while (current.kind != WORD_END) KM_TRY_TO(fail, read_step(new, &current));
    *document = new;
    return KM_OK;
fail:
    km_cif_document_destroy(&new);
    return status;
}

void km_cif_document_destroy(km_cif_document **document)
{
    if (!*document) return;
    for (int i = 0; i < (*document)->n_column; i++) {
        KM_FREE((*document)->column[i].value);
        KM_FREE((*document)->column[i].value_line);
    }
    KM_FREE((*document)->column);
    KM_FREE((*document)->block);
    KM_FREE((*document)->text);
    KM_FREE((*document)->path);
    KM_FREE(*document);
}

const char *km_cif_document_path(const km_cif_document *document)
{
    return document->path;
}

int km_cif_document_n_block(const km_cif_document *document)
{
    return document->n_block;
}

const char *km_cif_document_block_name(const km_cif_document *document, int block)
{
    return document->block[block];
}

const km_cif_column *km_cif_document_find(const km_cif_document *document, int block,
                                          const char *name)
{
    for (int i = 0; i < document->n_column; i++)
        if (document->column[i].block == block && strcmp(document->column[i].name, name) == 0)
            return &document->column[i];
    return NULL;
}
