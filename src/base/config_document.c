#include "base/config_document.h"

#include "kaimen/base/memory.h"

#include <stdlib.h>
#include <string.h>

int km_config_node_line(const yaml_node_t *node)
{
    return (int)node->start_mark.line + 1;
}

yaml_node_t *km_config_node(const km_config *config, int index)
{
    return config->document.nodes.start + index - 1;
}

yaml_node_t *km_config_root(const km_config *config)
{
    return km_config_node(config, 1);
}

const char *km_config_scalar(const yaml_node_t *node)
{
    return (const char *)node->data.scalar.value;
}

bool km_config_is_scalar(const yaml_node_t *node)
{
    return node->type == YAML_SCALAR_NODE;
}

bool km_config_is_empty(const yaml_node_t *node)
{
    return km_config_is_scalar(node) && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           node->data.scalar.length == 0;
}

int km_config_count_items(const yaml_node_t *node)
{
    return (int)(node->data.sequence.items.top - node->data.sequence.items.start);
}

int km_config_count_pairs(const yaml_node_t *node)
{
    return (int)(node->data.mapping.pairs.top - node->data.mapping.pairs.start);
}

yaml_node_t *km_config_item(const km_config *config, const yaml_node_t *node, int i)
{
    return km_config_node(config, node->data.sequence.items.start[i]);
}

yaml_node_t *km_config_pair_key(const km_config *config, const yaml_node_t *node, int i)
{
    return km_config_node(config, node->data.mapping.pairs.start[i].key);
}

yaml_node_t *km_config_pair_value(const km_config *config, const yaml_node_t *node, int i)
{
    return km_config_node(config, node->data.mapping.pairs.start[i].value);
}

/* The value of the key of n bytes in a map, or NULL. */
static yaml_node_t *find_in_map(const km_config *config, const yaml_node_t *map,
                                const char *key, size_t n)
{
    if (map->type != YAML_MAPPING_NODE) return NULL;
    for (int i = 0; i < km_config_count_pairs(map); ++i) {
        const yaml_node_t *own = km_config_pair_key(config, map, i);

        if (own->data.scalar.length == n && memcmp(km_config_scalar(own), key, n) == 0)
            return km_config_pair_value(config, map, i);
    }
    return NULL;
}

yaml_node_t *km_config_find(const km_config *config, yaml_node_t *node, const char *path)
{
    while (node && *path) {
        if (*path == '[') {
            char *end;
            long i = strtol(path + 1, &end, 10);

            path = *end == ']' ? end + 1 : end;
            if (node->type != YAML_SEQUENCE_NODE || i < 0 || i >= km_config_count_items(node))
                return NULL;
            node = km_config_item(config, node, (int)i);
            /* A plain item stands for its first key. */
            if (km_config_is_scalar(node)) return node;
        } else {
            size_t n;

            path += *path == '.';
            n = strcspn(path, ".[");
            node = find_in_map(config, node, path, n);
            path += n;
        }
    }
    return node;
}

void km_config_show(const km_config *config, const yaml_node_t *node,
                    char text[KM_CONFIG_SHOWN_SIZE])
{
    int n = 1;

    if (km_config_is_scalar(node)) {
        bool cut = node->data.scalar.length > 60;

        snprintf(text, KM_CONFIG_SHOWN_SIZE, "%.60s%s", km_config_scalar(node),
                 cut ? "..." : "");
        return;
    }
    if (node->type == YAML_MAPPING_NODE) {
        snprintf(text, KM_CONFIG_SHOWN_SIZE, "{...}");
        return;
    }
    text[0] = '[';
    for (int i = 0; i < km_config_count_items(node); ++i) {
        const yaml_node_t *item = km_config_item(config, node, i);

        n += snprintf(text + n, (size_t)(KM_CONFIG_SHOWN_SIZE - n), "%s%.16s", i ? ", " : "",
                      km_config_is_scalar(item) ? km_config_scalar(item) : "...");
        if (n > 60) break;
    }
    snprintf(text + n, (size_t)(KM_CONFIG_SHOWN_SIZE - n), n > 60 ? ", ...]" : "]");
}

static km_status check_map(const km_config *config, const yaml_node_t *map)
{
    for (int i = 0; i < km_config_count_pairs(map); ++i) {
        const yaml_node_t *key = km_config_pair_key(config, map, i);

        if (!km_config_is_scalar(key))
            return KM_RAISE(KM_E_INPUT, "%s:%d: a key is itself a list or map; wanted a word",
                            config->name, km_config_node_line(key));
        for (int j = 0; j < i; ++j)
            if (strcmp(km_config_scalar(km_config_pair_key(config, map, j)),
                       km_config_scalar(key)) == 0)
                return KM_RAISE(KM_E_INPUT,
                                "%s:%d: the key %s is written twice (before on line %d); "
                                "wanted once",
                                config->name, km_config_node_line(key), km_config_scalar(key),
                                km_config_node_line(km_config_pair_key(config, map, j)));
    }
    return KM_OK;
}

static km_status check_document(km_config *config)
{
    const yaml_node_t *root = yaml_document_get_root_node(&config->document);
    int n_node = (int)(config->document.nodes.top - config->document.nodes.start);

    if (!root || km_config_is_empty(root))
        return KM_RAISE(KM_E_INPUT, "%s:1: holds no keys; wanted lines such as `key: value`",
                        config->name);
    if (root->type != YAML_MAPPING_NODE)
        return KM_RAISE(KM_E_INPUT, "%s:%d: is not a map; wanted lines such as `key: value`",
                        config->name, km_config_node_line(root));
    /* Keys first: check_map compares them as words. Nodes count from 1. */
    for (int i = 1; i <= n_node; ++i)
        if (km_config_node(config, i)->type == YAML_MAPPING_NODE)
            KM_TRY(check_map(config, km_config_node(config, i)));
    return KM_OK;
}

/* What libyaml found, and where it began what it could not finish. */
static km_status raise_syntax(const km_config *config, const yaml_parser_t *parser)
{
    char context[128] = "";

    if (parser->context)
        snprintf(context, sizeof context, " %.80s from line %d", parser->context,
                 (int)parser->context_mark.line + 1);
    return KM_RAISE(KM_E_INPUT, "%s:%d: %s%s; wanted YAML", config->name,
                    (int)parser->problem_mark.line + 1,
                    parser->problem ? parser->problem : "cannot be read", context);
}

static km_status load(km_config *config, yaml_parser_t *parser)
{
    yaml_document_t second;
    bool has_second;

    if (!yaml_parser_load(parser, &config->document)) return raise_syntax(config, parser);
    config->has_document = true;
    KM_TRY(check_document(config));
    if (!yaml_parser_load(parser, &second)) return raise_syntax(config, parser);
    has_second = yaml_document_get_root_node(&second);
    yaml_document_delete(&second);
    return KM_CHECK(!has_second, KM_E_INPUT, "%s:%d: a second document begins; wanted one",
                    config->name, (int)parser->mark.line + 1);
}

km_status km_config_create(const char *name, const char *text, km_config **out)
{
    km_config *config = NULL;
    yaml_parser_t parser;
    km_status status;

    *out = NULL;
    if (!yaml_parser_initialize(&parser))
        return KM_RAISE(KM_E_MEMORY, "%s: no memory to parse it", name);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, strlen(text));
    KM_TRY_TO(fail, KM_ALLOC(config, 1));
    KM_TRY_TO(fail, km_memory_copy_text(name, &config->name));
    KM_TRY_TO(fail, load(config, &parser));
    yaml_parser_delete(&parser);
    *out = config;
    return KM_OK;
fail:
    yaml_parser_delete(&parser);
    km_config_destroy(&config);
    return status;
}

void km_config_destroy(km_config **config)
{
    if (!*config) return;
    if ((*config)->has_document) yaml_document_delete(&(*config)->document);
    KM_FREE((*config)->name);
    KM_FREE(*config);
}

int km_config_line(const km_config *config, const char *key)
{
    const yaml_node_t *node = km_config_find(config, km_config_root(config), key);

    return node ? km_config_node_line(node) : 0;
}

const char *km_config_name(const km_config *config)
{
    return config->name;
}
