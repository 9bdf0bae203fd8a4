#include "base/config_value.h"
#include "kaimen/base/config.h"
#include "kaimen/base/memory.h"
#include "kaimen/base/units.h"

#include <math.h>
#include <string.h>

static bool is_many(const km_config_field *field)
{
    return field->kind == KM_CONFIG_LIST || field->kind == KM_CONFIG_MAP;
}

static int count_elements(const km_config_field *field, const char *options)
{
    int n;

    memcpy(&n, options + field->n_offset, sizeof n);
    return n;
}

static const char *get_elements(const km_config_field *field, const char *options)
{
    const char *block;

    if (field->capacity > 0) return options + field->offset;
    memcpy(&block, options + field->offset, sizeof block);
    return block;
}

/* Of several rows of one key the last that holds something speaks, else the first. */
static bool is_spoken_for(const km_config_field *schema, const km_config_field *field,
                          const char *options)
{
    const km_config_field *speaker = NULL;

    for (const km_config_field *row = schema; row->key; ++row) {
        bool holds = is_many(row)                  ? count_elements(row, options) > 0
                     : row->kind == KM_CONFIG_TEXT ? options[row->offset] != '\0'
                                                   : true;

        if (strcmp(row->key, field->key) == 0 && (!speaker || holds)) speaker = row;
    }
    return speaker != field;
}

static km_status append_plain(const km_config_field *field, const char *options, km_text *text)
{
    int n = km_config_count(field);

    if (n > 1) KM_TRY(km_text_append(text, "["));
    for (int i = 0; i < n; ++i) {
        if (i > 0) KM_TRY(km_text_append(text, ", "));
        KM_TRY(km_config_value_append(field, options + field->offset, i, text));
    }
    return n > 1 ? km_text_append(text, "]") : KM_OK;
}

/* `{file: a.cif, entry: x}`; texts that were not set are left out. */
static km_status append_element(const km_config_field *schema, const char *element,
                                km_text *text)
{
    const char *comma = "";

    KM_TRY(km_text_append(text, "{"));
    for (const km_config_field *row = schema; row->key; ++row) {
        if (row->key[0] == '*' || is_spoken_for(schema, row, element)) continue;
        if (row->kind == KM_CONFIG_TEXT && element[row->offset] == '\0') continue;
        KM_TRY(km_text_append(text, "%s%s: ", comma, row->key));
        KM_TRY(append_plain(row, element, text));
        comma = ", ";
    }
    return km_text_append(text, "}\n");
}

static km_status append_elements(const km_config_field *field, const char *options, int indent,
                                 km_text *text)
{
    const char *elements = get_elements(field, options);
    const km_config_field *key = field->element;
    int n = count_elements(field, options);

    if (n == 0) return km_text_append(text, field->kind == KM_CONFIG_LIST ? " []\n" : " {}\n");
    KM_TRY(km_text_append(text, "\n"));
    while (field->kind == KM_CONFIG_MAP && strcmp(key->key, "*") != 0) ++key;
    for (int i = 0; i < n; ++i) {
        const char *element = elements + (size_t)i * field->element_size;

        KM_TRY(km_text_append(text, "%*s", indent, ""));
        if (field->kind == KM_CONFIG_MAP) {
            KM_TRY(append_plain(key, element, text));
            KM_TRY(km_text_append(text, ": "));
        } else {
            KM_TRY(km_text_append(text, "- "));
        }
        KM_TRY(append_element(field->element, element, text));
    }
    return KM_OK;
}

/* Bytes of the sections ("a.b.") that two keys share. */
static size_t shared_sections(const char *a, const char *b)
{
    size_t n = 0;

    for (size_t i = 0; a[i] && a[i] == b[i]; ++i)
        if (a[i] == '.') n = i + 1;
    return n;
}

/* Open the sections of a key that the key before was not in; returns the indentation of the key. */
static km_status append_sections(const char *before, const char *key, int *indent,
                                 km_text *text)
{
    size_t start = shared_sections(before, key);

    *indent = 0;
    for (size_t i = 0; i < start; ++i) *indent += key[i] == '.' ? 2 : 0;
    for (const char *part = key + start, *dot = strchr(part, '.'); dot;
         part = dot + 1, dot = strchr(part, '.')) {
        KM_TRY(km_text_append(text, "%*s%.*s:\n", *indent, "", (int)(dot - part), part));
        *indent += 2;
    }
    return KM_OK;
}

static km_status append_field(const km_config_field *field, const char *before,
                              const char *options, km_text *text)
{
    const char *dot = strrchr(field->key, '.');
    int indent;

    KM_TRY(append_sections(before, field->key, &indent, text));
    KM_TRY(km_text_append(text, "%*s%s:", indent, "", dot ? dot + 1 : field->key));
    if (is_many(field)) return append_elements(field, options, indent + 2, text);
    KM_TRY(km_text_append(text, " "));
    KM_TRY(append_plain(field, options, text));
    return km_text_append(text, "\n");
}

/* A number that is NaN stands for none. */
static bool is_unset(const km_config_field *field, const char *options)
{
    double value;

    if (field->kind != KM_CONFIG_REAL) return false;
    memcpy(&value, options + field->offset, sizeof value);
    return isnan(value);
}

km_status km_config_echo(const km_config_field *schema, const void *options, char **out)
{
    km_text text = {0};
    const char *before = "";
    km_status status;

    *out = NULL;
    KM_TRY_TO(fail, km_text_append(&text, "%s", ""));
    for (const km_config_field *field = schema; field->key; ++field) {
        if (is_spoken_for(schema, field, options) || is_unset(field, options)) continue;
        KM_TRY_TO(fail, append_field(field, before, options, &text));
        before = field->key;
    }
    *out = text.bytes;
    return KM_OK;
fail:
    KM_FREE(text.bytes);
    return status;
}

/* One line of the table for each row, and below it the rows of its elements. */
static km_status append_rows(const km_config_field *schema, const char *front, km_text *text)
{
    char wanted[KM_CONFIG_REASON_SIZE], below[256];

    for (const km_config_field *row = schema; row->key; ++row) {
        const char *fallback = row->required ? "*required*" : row->fallback;

        if (row->key[0] == '*') continue;
        km_config_value_describe(row, sizeof wanted, wanted);
        KM_TRY(km_text_append(text, "| `%s%s` | %s | %s%s%s | %s |\n", front, row->key, wanted,
                              !row->required && fallback ? "`" : "", fallback ? fallback : "",
                              !row->required && fallback ? "`" : "", row->help));
        if (!is_many(row)) continue;
        snprintf(below, sizeof below, "%.80s%.80s%s", front, row->key,
                 row->kind == KM_CONFIG_LIST ? "[]." : ".KEY.");
        KM_TRY(append_rows(row->element, below, text));
    }
    return KM_OK;
}

km_status km_config_describe(const km_config_field *schema, char **out)
{
    km_text text = {0};
    km_status status;

    *out = NULL;
    KM_TRY_TO(fail, km_text_append(&text, "| Key | Value | Default | Meaning |\n"
                                          "| --- | --- | --- | --- |\n"));
    KM_TRY_TO(fail, append_rows(schema, "", &text));
    *out = text.bytes;
    return KM_OK;
fail:
    KM_FREE(text.bytes);
    return status;
}

static km_status check_many(const km_config_field *row)
{
    int n_key = 0;

    KM_TRY(KM_CHECK(row->element && row->element_size > 0 && !row->fallback && !row->count,
                    KM_E_INTERNAL, "%s: wanted rows and size of an element, no default",
                    row->key));
    KM_TRY(KM_CHECK(row->capacity > 0 || row->size == sizeof(void *), KM_E_INTERNAL,
                    "%s: wanted an array or a pointer", row->key));
    for (const km_config_field *below = row->element; below->key; ++below) {
        n_key += strcmp(below->key, "*") == 0;
        KM_TRY(KM_CHECK(!strchr(below->key, '.') && !is_many(below), KM_E_INTERNAL,
                        "%s: %s: elements hold plain values only", row->key, below->key));
    }
    KM_TRY(KM_CHECK(n_key == (row->kind == KM_CONFIG_MAP), KM_E_INTERNAL,
                    "%s: has %d rows \"*\"; wanted one in a map, none in a list", row->key,
                    n_key));
    return km_config_check_schema(row->element);
}

static km_status check_plain(const km_config_field *row)
{
    size_t wanted = km_config_value_size(row->kind) * (size_t)km_config_count(row);
    km_config_range range;

    KM_TRY(KM_CHECK(row->kind == KM_CONFIG_TEXT ? row->size > 1 : row->size == wanted,
                    KM_E_INTERNAL, "%s: its place has %zu bytes; wanted %zu", row->key,
                    row->size, wanted));
    KM_TRY(KM_CHECK(!row->unit || km_unit_find(row->unit), KM_E_INTERNAL, "%s: no unit %s",
                    row->key, row->unit));
    KM_TRY(KM_CHECK(km_config_range_parse(row->range, &range), KM_E_INTERNAL,
                    "%s: %s is no range", row->key, row->range));
    return KM_CHECK((row->kind == KM_CONFIG_CHOICE) == (row->names != NULL), KM_E_INTERNAL,
                    "%s: wanted names for a choice only", row->key);
}

/* A section that is left and entered again would be echoed twice. */
static bool is_torn(const km_config_field *schema, const km_config_field *row)
{
    for (const km_config_field *before = schema; before < row; ++before)
        if (shared_sections(before->key, row->key) > shared_sections((row - 1)->key, row->key))
            return true;
    return false;
}

/* Read the row's default into a struct of its own. */
static km_status check_fallback(const km_config_field *row)
{
    km_config_field alone[2] = {*row, {0}};
    km_config *config = NULL;
    char *scratch = NULL;
    km_status status;

    if (!row->fallback) return KM_OK;
    alone[0].offset = 0;
    alone[0].required = false;
    KM_TRY_TO(done, KM_ALLOC(scratch, row->size));
    KM_TRY_TO(done, km_config_create("check", "no: keys", &config));
    if (km_config_read_key(config, alone, row->key, scratch) != KM_OK)
        status = KM_RAISE(KM_E_INTERNAL, "%s", km_status_message());
done:
    km_config_destroy(&config);
    KM_FREE(scratch);
    return status;
}

km_status km_config_check_schema(const km_config_field *schema)
{
    for (const km_config_field *row = schema; row->key; ++row) {
        KM_TRY(KM_CHECK(row->help && row->help[0], KM_E_INTERNAL, "%s: has no help", row->key));
        KM_TRY(KM_CHECK(!is_torn(schema, row), KM_E_INTERNAL,
                        "%s: rows of its section stand apart; wanted together", row->key));
        KM_TRY(is_many(row) ? check_many(row) : check_plain(row));
        KM_TRY(check_fallback(row));
    }
    return KM_OK;
}
