#pragma once
/**
 * @file
 * @brief The parsed YAML file: nodes with their lines. All functions are local.
 *
 * Nodes belong to the document. After km_config_create every key of every map is a plain word.
 */
#include "kaimen/base/config.h"

#include <yaml.h>

/** Characters of a value that a message shows, with the final '\0'. */
#define KM_CONFIG_SHOWN_SIZE 96

struct km_config {
    char *name;
    yaml_document_t document;
    bool has_document;
};

/** @brief Node by its number, from 1; the root is 1. */
yaml_node_t *km_config_node(const km_config *config, int index);
yaml_node_t *km_config_root(const km_config *config);

/** @brief Line of a node in the file, from 1. */
int km_config_node_line(const yaml_node_t *node);

bool km_config_is_scalar(const yaml_node_t *node);
const char *km_config_scalar(const yaml_node_t *node);

/** @brief `key:` with nothing behind it. */
bool km_config_is_empty(const yaml_node_t *node);

/** @brief Items of a list, pairs of a map. */
int km_config_count_items(const yaml_node_t *node);
int km_config_count_pairs(const yaml_node_t *node);
yaml_node_t *km_config_item(const km_config *config, const yaml_node_t *node, int i);
yaml_node_t *km_config_pair_key(const km_config *config, const yaml_node_t *node, int i);
yaml_node_t *km_config_pair_value(const km_config *config, const yaml_node_t *node, int i);

/** @brief Walk down "a.b[2].c" from a node; NULL where that is not written. */
yaml_node_t *km_config_find(const km_config *config, yaml_node_t *node, const char *path);

/** @brief A value as a message shows it. */
void km_config_show(const km_config *config, const yaml_node_t *node,
                    char text[KM_CONFIG_SHOWN_SIZE]);
