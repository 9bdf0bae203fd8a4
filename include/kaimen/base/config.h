#pragma once
/**
 * @file
 * @brief Reads YAML against one schema table into option structs; the table is also the documentation.
 *
 * A schema is an array of km_config_field that ends with an empty row. Each row names one key with its section in
 * front ("dft.ecut"), where its value goes in the caller's struct, its unit, range, default and one sentence of help.
 * Whatever the file holds that no row allows is KM_E_INPUT, `FILE:LINE: KEY = VALUE ...; wanted ...`.
 *
 *     typedef struct { char symbol[4]; char file[256]; } choice;
 *     typedef struct { double ecut_ha; int grid[3]; int kind; int n_choice; choice choice[8]; char family[32]; } options;
 *
 *     static const char *const kinds[] = {"none", "gaussian", NULL};
 *     static const km_config_field choice_fields[] = {
 *         {.key = "*", .kind = KM_CONFIG_TEXT, KM_CONFIG_AT(choice, symbol), .help = "Element."},
 *         {.key = "file", .kind = KM_CONFIG_TEXT, KM_CONFIG_AT(choice, file), .help = "Its pseudopotential."},
 *         {0}};
 *     static const km_config_field fields[] = {
 *         {.key = "dft.ecut", .kind = KM_CONFIG_REAL, .unit = "Ha", .range = "(0, 1000]", KM_CONFIG_AT(options, ecut_ha),
 *          .help = "Kinetic-energy cutoff."},
 *         {.key = "dft.grid", .kind = KM_CONFIG_INT, .range = "[1, inf)", KM_CONFIG_AT(options, grid), .count = 3,
 *          .help = "FFT points."},
 *         {.key = "dft.smearing.kind", .kind = KM_CONFIG_CHOICE, .names = kinds, KM_CONFIG_AT(options, kind),
 *          .fallback = "none", .help = "Occupation of bands."},
 *         {.key = "dft.pseudo", .kind = KM_CONFIG_TEXT, KM_CONFIG_AT(options, family), .help = "One family for all."},
 *         {.key = "dft.pseudo", .kind = KM_CONFIG_MAP, KM_CONFIG_ARRAY_AT(options, choice, n_choice),
 *          .element = choice_fields, .help = "Or one entry for each element."},
 *         {0}};
 *
 *     KM_TRY(km_file_read_text("case.yaml", &text));       rank 0, then km_comm_broadcast_text
 *     KM_TRY(km_config_create("case.yaml", text, &config));
 *     KM_TRY(km_config_read_key(config, fields, "dft.quality", &options));   a key that decides other defaults
 *     options.dft = km_dft_options_default(options.dft.quality);
 *     KM_TRY(km_config_read(config, fields, &options));            only written keys and fallbacks are set
 *     KM_TRY(km_config_echo(fields, &options, &effective));        YAML again: stored with the results
 *
 * Rules. A key without value in the file takes its `fallback`; where that is NULL the struct keeps what it held, and
 * where the row is `required` it is an error. Rows of one section stand together. A key may have several rows of
 * different shape (plain value, list, map): the file's shape picks the row. A list or map element that is a plain
 * value sets the first row of `element` that is not "*" (`bulk: [MgO.cif]` is `bulk: [{file: MgO.cif}]`).
 * Quantities are written `40 Ha`; any unit of the same dimension is accepted (units.h); the struct receives atomic
 * units, times in seconds. `range` and the echo are in the row's own unit.
 */
#include "kaimen/base/status.h"

#include <stdbool.h>
#include <stddef.h>

typedef enum {
    KM_CONFIG_TEXT,   /* char[size] */
    KM_CONFIG_BOOL,   /* bool */
    KM_CONFIG_INT,    /* int */
    KM_CONFIG_REAL,   /* double; with a unit: a quantity */
    KM_CONFIG_CHOICE, /* enum: the index in names */
    KM_CONFIG_LIST,   /* array of structs, one for each item */
    KM_CONFIG_MAP /* array of structs, one for each key; the key goes to the element's row "*" */
} km_config_kind;

/** One row of a schema. */
typedef struct km_config_field km_config_field;
struct km_config_field {
    const char *key;          /* "dft.scf.energy_tolerance"; NULL ends the table */
    km_config_kind kind;      /* of the value */
    const char *unit;         /* REAL: unit of range and echo; NULL: a pure number */
    const char *range;        /* INT, REAL: "(0, 1]", "[1, inf)"; NULL: any finite */
    const char *const *names; /* CHOICE: the allowed words, ended by NULL */
    const char
        *fallback;    /* default, as it would be written; NULL: the struct keeps its value */
    bool required;    /* must be written */
    const char *help; /* one sentence */
    size_t offset;    /* KM_CONFIG_AT: place and size in the struct */
    size_t size;
    int count;                      /* INT, REAL, BOOL: 3 for `[a, b, c]`; 0 and 1: one value */
    const km_config_field *element; /* LIST, MAP: rows of one element */
    size_t element_size;
    size_t n_offset; /* LIST, MAP: place of the int that counts the elements */
    int capacity;    /* LIST, MAP: length of the array; 0: a pointer to a block of memory.h */
};

/** Place of a plain value. */
#define KM_CONFIG_AT(type, member)                                                             \
    .offset = offsetof(type, member), .size = sizeof(((type *)0)->member)

/** Place of a LIST or MAP in an array that is part of the struct. */
#define KM_CONFIG_ARRAY_AT(type, member, n_member)                                             \
    KM_CONFIG_AT(type, member),                                                                \
        .n_offset = offsetof(type, n_member), .element_size = sizeof(((type *)0)->member[0]),  \
        .capacity = (int)(sizeof(((type *)0)->member) / sizeof(((type *)0)->member[0]))

/** Place of a LIST or MAP in a block of its own: member is a pointer, NULL before, ended by the caller with KM_FREE. */
#define KM_CONFIG_BLOCK_AT(type, member, n_member)                                             \
    KM_CONFIG_AT(type, member), .n_offset = offsetof(type, n_member),                          \
                                .element_size = sizeof(((type *)0)->member[0])

/** A parsed YAML file. */
typedef struct km_config km_config;

/**
 * @brief Parse YAML text. Local.
 *
 * @param[in]  name    file name for messages
 * @param[in]  text    the file's content
 * @param[out] config  ended with km_config_destroy(); NULL on failure
 * @return KM_E_INPUT with file and line for bad syntax, duplicate keys, or a file that is not one map
 */
KM_STATUS km_config_create(const char *name, const char *text, km_config **config);

/** @brief End a configuration; accepts NULL, sets NULL. Local. */
void km_config_destroy(km_config **config);

/**
 * @brief Set every field that the file or a fallback gives, and refuse everything else. Local.
 *
 * @param[in]     schema   rows, ended by an empty one
 * @param[in,out] options  the struct that the offsets refer to; blocks in it are the caller's also after a failure
 * @return KM_E_INPUT as described above
 */
KM_STATUS km_config_read(const km_config *config, const km_config_field *schema, void *options);

/** @brief Set one field only, as km_config_read would; other keys are not looked at. Local. */
KM_STATUS km_config_read_key(const km_config *config, const km_config_field *schema,
                             const char *key, void *options);

/** @brief Line of a key ("dft.ecut", "bulk[1].file") in the file; 0 where it is not written. Local. */
int km_config_line(const km_config *config, const char *key);

/** @brief Name of the file, as given to km_config_create. Local. */
const char *km_config_name(const km_config *config);

/** @brief All effective values as YAML that km_config_read reads back, no NaN; ended with KM_FREE. Local. */
KM_STATUS km_config_echo(const km_config_field *schema, const void *options, char **text);

/** @brief The schema as a Markdown table: key, value, default, meaning; ended with KM_FREE. Local. */
KM_STATUS km_config_describe(const km_config_field *schema, char **text);

/** @brief Check the table itself: sizes, units, ranges, fallbacks, helps. Local. @return KM_E_INTERNAL naming the row */
KM_STATUS km_config_check_schema(const km_config_field *schema);
