#include "kaimen/base/config.h"

#include "base/config_document.h"
#include "base/config_value.h"
#include "kaimen/base/memory.h"

#include <string.h>

#define KEY_SIZE 256

/* One table applied to one map of the file. */
typedef struct {
    const km_config *config;
    const km_config_field *schema;
    yaml_node_t *map;  /* NULL: nothing is written */
    const char *front; /* how a message names the map: "", "bulk[1]", "dft.pseudo.Mg" */
    int line;          /* of the map */
    char *options;
} place;

static km_status read_table(const place *at);

/* A key of the map as a message names it: with what stands in front. */
static const char *name_key(const place *at, const char *key, char name[KEY_SIZE])
{
    /* "*" is the element itself. */
    if (key[0] == '*') key = "";
    snprintf(name, KEY_SIZE, "%.120s%s%.120s", at->front, at->front[0] && key[0] ? "." : "",
             key);
    return name;
}

/* `FILE:LINE: KEY = VALUE REASON; wanted WANTED` */
static km_status raise_value(const place *at, const char *key, const yaml_node_t *node,
                             const char *reason, const char *wanted)
{
    char shown[KM_CONFIG_SHOWN_SIZE], name[KEY_SIZE];

    km_config_show(at->config, node, shown);
    return KM_RAISE(KM_E_INPUT, "%s:%d: %s = %s %s; wanted %s", at->config->name,
                    km_config_node_line(node), name_key(at, key, name), shown, reason, wanted);
}

static size_t count_parts(const char *key)
{
    size_t n = 1;

    for (; *key; ++key) n += *key == '.';
    return n;
}

/* The first n parts of a key. */
static void cut_key(const char *key, size_t n, char *cut)
{
    size_t length = 0;

    for (; key[length]; ++length)
        if (key[length] == '.' && --n == 0) break;
    snprintf(cut, KEY_SIZE, "%.*s", (int)length, key);
}

static const char *last_part(const char *key)
{
    const char *dot = strrchr(key, '.');

    return dot ? dot + 1 : key;
}

/* The key or section that was most likely meant; false where none is near. */
static bool find_nearest(const km_config_field *schema, const char *key, char *nearest)
{
    int smallest = (int)strlen(last_part(key)) / 3 + 1;
    bool found = false;

    for (const km_config_field *field = schema; field->key; ++field) {
        char cut[KEY_SIZE];
        int here, elsewhere;

        if (strcmp(field->key, "*") == 0) continue;
        cut_key(field->key, count_parts(key), cut);
        here = km_text_distance(cut, key);
        /* The right word in the wrong section, perhaps misspelt too. */
        elsewhere = km_text_distance(last_part(field->key), last_part(key));
        elsewhere += elsewhere > 0;
        if (elsewhere < here) snprintf(cut, sizeof cut, "%s", field->key);
        if (elsewhere < here) here = elsewhere;
        if (here > smallest || (found && here == smallest)) continue;
        smallest = here;
        found = true;
        memcpy(nearest, cut, sizeof cut);
    }
    return found;
}

/* The words that may stand in a section ("" or "dft."). */
static void list_keys(const km_config_field *schema, const char *section, int n_text,
                      char *text)
{
    char last[KEY_SIZE] = "", cut[KEY_SIZE];
    int n = 0;

    text[0] = '\0';
    for (const km_config_field *field = schema; field->key && n < n_text; ++field) {
        if (strncmp(field->key, section, strlen(section)) != 0 || field->key[0] == '*')
            continue;
        cut_key(field->key + strlen(section), 1, cut);
        if (strcmp(cut, last) == 0) continue;
        n += snprintf(text + n, (size_t)(n_text - n), "%s%s", n ? ", " : "", cut);
        memcpy(last, cut, sizeof last);
    }
}

static km_status raise_unknown(const place *at, const char *section, const char *key,
                               const yaml_node_t *value)
{
    char reason[] = "is not a known key", nearest[KEY_SIZE], name[KEY_SIZE];
    char wanted[KM_MESSAGE_SIZE / 2];

    if (find_nearest(at->schema, key, nearest)) {
        snprintf(wanted, sizeof wanted, "%s?", name_key(at, nearest, name));
    } else {
        int n = snprintf(wanted, sizeof wanted, "one of ");

        list_keys(at->schema, section, (int)sizeof wanted - n, wanted + n);
    }
    return raise_value(at, key, value, reason, wanted);
}

/* What the table says of a key: nothing, a row, or that it begins longer keys. */
static enum { UNKNOWN, ROW, SECTION } look_up(const km_config_field *schema, const char *key)
{
    size_t n = strlen(key);

    for (const km_config_field *field = schema; field->key; ++field) {
        if (strncmp(field->key, key, n) != 0 || key[0] == '*') continue;
        if (field->key[n] == '\0') return ROW;
        if (field->key[n] == '.') return SECTION;
    }
    return UNKNOWN;
}

/* Refuse every key below a section ("" or "dft.") that no row names. */
static km_status check_keys(const place *at, const yaml_node_t *map, const char *section)
{
    for (int i = 0; i < km_config_count_pairs(map); ++i) {
        const yaml_node_t *key = km_config_pair_key(at->config, map, i);
        const yaml_node_t *value = km_config_pair_value(at->config, map, i);
        char path[KEY_SIZE];
        int n = snprintf(path, sizeof path, "%s%.100s", section, km_config_scalar(key));

        switch (look_up(at->schema, path)) {
        case UNKNOWN:
            return raise_unknown(at, section, path, value);
        case ROW:
            break;
        case SECTION:
            if (km_config_is_empty(value)) break;
            if (value->type != YAML_MAPPING_NODE)
                return raise_value(at, path, value, "is not a section",
                                   "a map of keys to values");
            snprintf(path + n, sizeof path - (size_t)n, ".");
            KM_TRY(check_keys(at, value, path));
        }
    }
    return KM_OK;
}

static bool has_shape(const km_config_field *field, const yaml_node_t *node)
{
    if (field->kind == KM_CONFIG_MAP) return node->type == YAML_MAPPING_NODE;
    if (field->kind == KM_CONFIG_LIST || field->count > 1)
        return node->type == YAML_SEQUENCE_NODE;
    return km_config_is_scalar(node);
}

/* Where the elements of a list or map lie: in the struct, or in a new block. */
static km_status make_elements(const place *at, const km_config_field *field,
                               const yaml_node_t *node, int n, char **elements)
{
    char reason[KM_CONFIG_REASON_SIZE], wanted[64];
    void *block;

    if (field->capacity > 0) {
        snprintf(reason, sizeof reason, "has %d elements", n);
        snprintf(wanted, sizeof wanted, "at most %d", field->capacity);
        if (n > field->capacity) return raise_value(at, field->key, node, reason, wanted);
        *elements = at->options + field->offset;
        memset(*elements, 0, field->size);
    } else {
        memcpy(&block, at->options + field->offset, sizeof block);
        KM_FREE(block);
        KM_TRY(km_memory_allocate((size_t)n, field->element_size, &block, field->key));
        memcpy(at->options + field->offset, &block, sizeof block);
        *elements = block;
    }
    memcpy(at->options + field->n_offset, &n, sizeof n);
    return KM_OK;
}

/* A plain value in the place of row i of the field. */
static km_status read_scalar(const place *at, const km_config_field *field,
                             const yaml_node_t *node, int i)
{
    char reason[KM_CONFIG_REASON_SIZE], wanted[KM_CONFIG_REASON_SIZE];

    km_config_value_describe(field, sizeof wanted, wanted);
    if (!km_config_is_scalar(node))
        return raise_value(at, field->key, node, "is no plain value", wanted);
    if (km_config_is_empty(node)) return raise_value(at, field->key, node, "is empty", wanted);
    if (!km_config_value_parse(field, km_config_scalar(node), i, at->options + field->offset,
                               reason))
        return raise_value(at, field->key, node, reason, wanted);
    return KM_OK;
}

/* The row that a plain element sets. */
static const km_config_field *first_row(const km_config_field *schema)
{
    while (schema->key && strcmp(schema->key, "*") == 0) ++schema;
    return schema;
}

static km_status read_element(const place *at, yaml_node_t *node)
{
    place filled = *at;

    if (km_config_is_scalar(node) && !km_config_is_empty(node)) {
        filled.map = NULL;
        KM_TRY(read_scalar(&filled, first_row(at->schema), node, 0));
        /* Fallbacks and required keys of the others; the one set is not touched again. */
        return read_table(&filled);
    }
    if (node->type == YAML_MAPPING_NODE) return read_table(at);
    return raise_value(at, "", node, "is no element", "a map of keys to values");
}

static km_status read_elements(const place *at, const km_config_field *field, yaml_node_t *node)
{
    bool is_map = field->kind == KM_CONFIG_MAP;
    int n = is_map ? km_config_count_pairs(node) : km_config_count_items(node);
    char *elements = NULL;

    KM_TRY(make_elements(at, field, node, n, &elements));
    for (int i = 0; i < n; ++i) {
        char front[KEY_SIZE], name[KEY_SIZE];
        yaml_node_t *key = is_map ? km_config_pair_key(at->config, node, i) : NULL;
        yaml_node_t *item = is_map ? km_config_pair_value(at->config, node, i)
                                   : km_config_item(at->config, node, i);
        place inner = {.config = at->config,
                       .schema = field->element,
                       .map = item,
                       .front = front,
                       .line = km_config_node_line(item),
                       .options = elements + (size_t)i * field->element_size};

        if (is_map) {
            const km_config_field *row = field->element;

            snprintf(front, sizeof front, "%.160s.%.40s", name_key(at, field->key, name),
                     km_config_scalar(key));
            while (strcmp(row->key, "*") != 0) ++row;
            KM_TRY(read_scalar(&inner, row, key, 0));
        } else {
            snprintf(front, sizeof front, "%.160s[%d]", name_key(at, field->key, name), i);
        }
        KM_TRY(read_element(&inner, item));
    }
    return KM_OK;
}

static km_status read_node(const place *at, const km_config_field *field, yaml_node_t *node)
{
    char wanted[KM_CONFIG_REASON_SIZE], reason[64];

    if (field->kind == KM_CONFIG_LIST || field->kind == KM_CONFIG_MAP)
        return read_elements(at, field, node);
    if (km_config_count(field) == 1) return read_scalar(at, field, node, 0);
    if (km_config_count_items(node) != field->count) {
        km_config_value_describe(field, sizeof wanted, wanted);
        snprintf(reason, sizeof reason, "has %d values", km_config_count_items(node));
        return raise_value(at, field->key, node, reason, wanted);
    }
    for (int i = 0; i < field->count; ++i)
        KM_TRY(read_scalar(at, field, km_config_item(at->config, node, i), i));
    return KM_OK;
}

/* A value whose shape fits no row of its key: all rows together say what is wanted. */
static km_status raise_shape(const place *at, const char *key, const yaml_node_t *node)
{
    char wanted[KM_MESSAGE_SIZE / 2], one[KM_CONFIG_REASON_SIZE];
    const char *reason = km_config_is_empty(node)           ? "is empty"
                         : km_config_is_scalar(node)        ? "is a plain value"
                         : node->type == YAML_SEQUENCE_NODE ? "is a list"
                                                            : "is a map";
    int n = 0;

    for (const km_config_field *field = at->schema; field->key; ++field) {
        if (strcmp(field->key, key) != 0) continue;
        km_config_value_describe(field, sizeof one, one);
        n += snprintf(wanted + n, sizeof wanted - (size_t)n, "%s%.200s", n ? ", or " : "", one);
        if (n > (int)sizeof wanted - 256) break;
    }
    return raise_value(at, key, node, reason, wanted);
}

/* The fallback goes through the parser as if it stood in the file. */
static km_status read_fallback(const place *at, const km_config_field *field)
{
    km_config *config = NULL;
    place inner = *at;
    km_text text = {0};
    km_status status;

    inner.front = "";
    KM_TRY_TO(done, km_text_append(&text, "value: %s\n",
                                   field->fallback[0] ? field->fallback : "''"));
    KM_TRY_TO(done, km_config_create("default", text.bytes, &config));
    inner.config = config;
    status = read_node(&inner, field, km_config_pair_value(config, km_config_root(config), 0));
done:
    km_config_destroy(&config);
    KM_FREE(text.bytes);
    return status;
}

static km_status read_field(const place *at, const km_config_field *field)
{
    yaml_node_t *node = at->map ? km_config_find(at->config, at->map, field->key) : NULL;
    char name[KEY_SIZE];
    bool fits = false;

    if (!node) {
        if (field->required)
            return KM_RAISE(KM_E_INPUT, "%s:%d: %s is missing; wanted: %s", at->config->name,
                            at->line, name_key(at, field->key, name), field->help);
        return field->fallback ? read_fallback(at, field) : KM_OK;
    }
    if (has_shape(field, node) && !km_config_is_empty(node)) return read_node(at, field, node);
    for (const km_config_field *other = at->schema; other->key; ++other)
        if (strcmp(other->key, field->key) == 0 && has_shape(other, node)) fits = true;
    return fits && !km_config_is_empty(node) ? KM_OK : raise_shape(at, field->key, node);
}

static km_status read_table(const place *at)
{
    /* A plain element has set this row already. */
    const km_config_field *done = at->map ? NULL : first_row(at->schema);

    if (at->map) KM_TRY(check_keys(at, at->map, ""));
    for (const km_config_field *field = at->schema; field->key; ++field)
        if (strcmp(field->key, "*") != 0 && field != done) KM_TRY(read_field(at, field));
    return KM_OK;
}

static place whole_file(const km_config *config, const km_config_field *schema, void *options)
{
    return (place){.config = config,
                   .schema = schema,
                   .map = km_config_root(config),
                   .front = "",
                   .line = 1,
                   .options = options};
}

km_status km_config_read(const km_config *config, const km_config_field *schema, void *options)
{
    place at = whole_file(config, schema, options);

    return read_table(&at);
}

km_status km_config_read_key(const km_config *config, const km_config_field *schema,
                             const char *key, void *options)
{
    place at = whole_file(config, schema, options);
    bool found = false;

    for (const km_config_field *field = schema; field->key; ++field) {
        if (strcmp(field->key, key) != 0) continue;
        found = true;
        KM_TRY(read_field(&at, field));
    }
    return KM_CHECK(found, KM_E_INTERNAL, "%s is no key of the schema", key);
}
