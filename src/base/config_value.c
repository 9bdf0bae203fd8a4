#include "base/config_value.h"

#include "kaimen/base/units.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

bool km_config_range_parse(const char *text, km_config_range *range)
{
    char *comma, *end;

    *range = (km_config_range){-INFINITY, INFINITY, true, true};
    if (!text) return true;
    if (text[0] != '(' && text[0] != '[') return false;
    range->low_open = text[0] == '(';
    range->low = strtod(text + 1, &comma);
    if (*comma != ',') return false;
    range->high = strtod(comma + 1, &end);
    range->high_open = *end == ')';
    return (*end == ')' || *end == ']') && end[1] == '\0' && range->low <= range->high;
}

static bool is_inside(const km_config_field *field, double value)
{
    km_config_range range;

    if (!isfinite(value) || !km_config_range_parse(field->range, &range)) return false;
    return (range.low_open ? value > range.low : value >= range.low) &&
           (range.high_open ? value < range.high : value <= range.high);
}

int km_config_count(const km_config_field *field)
{
    return field->count > 1 ? field->count : 1;
}

size_t km_config_value_size(km_config_kind kind)
{
    switch (kind) {
    case KM_CONFIG_BOOL:
        return sizeof(bool);
    case KM_CONFIG_INT:
    case KM_CONFIG_CHOICE:
        return sizeof(int);
    case KM_CONFIG_REAL:
        return sizeof(double);
    default:
        return 0;
    }
}

/* Say why; always false, so that a parser can return it. */
__attribute__((format(printf, 2, 3))) static bool refuse(char reason[KM_CONFIG_REASON_SIZE],
                                                         const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(reason, KM_CONFIG_REASON_SIZE, format, arguments);
    va_end(arguments);
    return false;
}

static bool parse_text(const km_config_field *field, const char *text, char *place,
                       char *reason)
{
    size_t n = strlen(text);

    if (n >= field->size)
        return refuse(reason, "has %zu characters, more than %zu", n, field->size - 1);
    memcpy(place, text, n + 1);
    return true;
}

static bool parse_bool(const char *text, bool *value, char *reason)
{
    *value = strcmp(text, "true") == 0;
    return *value || strcmp(text, "false") == 0 || refuse(reason, "is neither");
}

static bool parse_int(const km_config_field *field, const char *text, int *value, char *reason)
{
    char *end;
    long number;

    errno = 0;
    number = strtol(text, &end, 10);
    if (end == text || *end != '\0') return refuse(reason, "is not an integer");
    if (errno == ERANGE || number > INT_MAX || number < INT_MIN ||
        !is_inside(field, (double)number))
        return refuse(reason, "is out of range");
    *value = (int)number;
    return true;
}

static bool parse_real(const km_config_field *field, const char *text, double *value,
                       char *reason)
{
    const km_unit *own = field->unit ? km_unit_find(field->unit) : NULL, *unit;
    char *end;
    double number = strtod(text, &end);

    if (end == text || !isfinite(number)) return refuse(reason, "is not a number");
    while (isspace((unsigned char)*end)) ++end;
    if (!own) {
        if (*end != '\0') return refuse(reason, "has '%.40s' behind a pure number", end);
        if (!is_inside(field, number)) return refuse(reason, "is out of range");
        *value = number;
        return true;
    }
    if (*end == '\0') return refuse(reason, "has no unit");
    unit = km_unit_find(end);
    if (!unit) return refuse(reason, "has the unknown unit '%.40s'", end);
    if (unit->dimension != own->dimension)
        return refuse(reason, "has the wrong unit '%.40s'", end);
    /* No conversion where none is needed, so that a bound itself is inside. */
    if (!is_inside(field, unit == own ? number : number * unit->factor / own->factor))
        return refuse(reason, "is out of range");
    *value = number * unit->factor;
    return true;
}

static bool parse_choice(const km_config_field *field, const char *text, int *value,
                         char *reason)
{
    int nearest = 0, distance = INT_MAX;

    for (int i = 0; field->names[i]; ++i) {
        int edits = km_text_distance(text, field->names[i]);

        if (strcmp(text, field->names[i]) == 0) {
            *value = i;
            return true;
        }
        if (edits < distance) nearest = i;
        if (edits < distance) distance = edits;
    }
    if (distance <= 2)
        return refuse(reason, "is not known (did you mean %s?)", field->names[nearest]);
    return refuse(reason, "is not known");
}

bool km_config_value_parse(const km_config_field *field, const char *text, int i, void *place,
                           char reason[KM_CONFIG_REASON_SIZE])
{
    switch (field->kind) {
    case KM_CONFIG_TEXT:
        return parse_text(field, text, place, reason);
    case KM_CONFIG_BOOL:
        return parse_bool(text, (bool *)place + i, reason);
    case KM_CONFIG_INT:
        return parse_int(field, text, (int *)place + i, reason);
    case KM_CONFIG_REAL:
        return parse_real(field, text, (double *)place + i, reason);
    case KM_CONFIG_CHOICE:
        return parse_choice(field, text, (int *)place + i, reason);
    default:
        return refuse(reason, "is a plain value");
    }
}

/* Plain where YAML allows it without thinking, else in double quotes. */
static km_status append_text(const char *value, km_text *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_./+-";

    if (value[0] && value[0] != '-' && value[strspn(value, plain)] == '\0')
        return km_text_append(text, "%s", value);
    KM_TRY(km_text_append(text, "\""));
    for (const char *c = value; *c; ++c) {
        if (*c == '"' || *c == '\\')
            KM_TRY(km_text_append(text, "\\%c", *c));
        else if ((unsigned char)*c < ' ')
            KM_TRY(km_text_append(text, "\\x%02x", (unsigned char)*c));
        else
            KM_TRY(km_text_append(text, "%c", *c));
    }
    return km_text_append(text, "\"");
}

/* The fewest digits that are read back as the same number. */
static km_status append_real(const char *unit_name, double value, km_text *text)
{
    const km_unit *unit = unit_name ? km_unit_find(unit_name) : NULL;
    double factor = unit ? unit->factor : 1;
    char digits[40];

    for (int precision = 6; precision <= 17; ++precision) {
        snprintf(digits, sizeof digits, "%.*g", precision, value / factor);
        if (strtod(digits, NULL) * factor == value) break;
    }
    return km_text_append(text, "%s%s%s", digits, unit ? " " : "", unit ? unit_name : "");
}

km_status km_config_value_append(const km_config_field *field, const void *place, int i,
                                 km_text *text)
{
    switch (field->kind) {
    case KM_CONFIG_TEXT:
        return append_text(place, text);
    case KM_CONFIG_BOOL:
        return km_text_append(text, "%s", ((const bool *)place)[i] ? "true" : "false");
    case KM_CONFIG_INT:
        return km_text_append(text, "%d", ((const int *)place)[i]);
    case KM_CONFIG_REAL:
        return append_real(field->unit, ((const double *)place)[i], text);
    case KM_CONFIG_CHOICE:
        return km_text_append(text, "%s", field->names[((const int *)place)[i]]);
    default:
        return KM_RAISE(KM_E_INTERNAL, "%s is not a plain value", field->key);
    }
}

static void describe_number(const km_config_field *field, int n_text, char *text)
{
    const km_unit *unit = field->unit ? km_unit_find(field->unit) : NULL;
    const char *range = field->range ? field->range : "";
    const char *in = field->range ? " in " : "";
    char names[80];

    if (field->kind == KM_CONFIG_INT) {
        snprintf(text, (size_t)n_text, "an integer%s%s", in, range);
    } else if (!unit) {
        snprintf(text, (size_t)n_text, "a number%s%s", in, range);
    } else {
        km_unit_list(unit->dimension, sizeof names, names);
        snprintf(text, (size_t)n_text, "a number with unit (%s)%s%s%s%s", names, in, range,
                 field->range ? " " : "", field->range ? field->unit : "");
    }
}

static void describe_choice(const km_config_field *field, int n_text, char *text)
{
    int n = snprintf(text, (size_t)n_text, "one of ");

    for (int i = 0; field->names[i] && n < n_text; ++i)
        n += snprintf(text + n, (size_t)(n_text - n), "%s%s", i ? ", " : "", field->names[i]);
}

void km_config_value_describe(const km_config_field *field, int n_text, char *text)
{
    int n = 0;

    text[0] = '\0';
    if (km_config_count(field) > 1)
        n = snprintf(text, (size_t)n_text, "a list of %d values, each ", field->count);
    switch (field->kind) {
    case KM_CONFIG_TEXT:
        snprintf(text, (size_t)n_text, "text");
        break;
    case KM_CONFIG_BOOL:
        snprintf(text + n, (size_t)(n_text - n), "true or false");
        break;
    case KM_CONFIG_CHOICE:
        describe_choice(field, n_text - n, text + n);
        break;
    case KM_CONFIG_LIST:
        snprintf(text, (size_t)n_text, "a list");
        break;
    case KM_CONFIG_MAP:
        snprintf(text, (size_t)n_text, "a map of keys to values");
        break;
    default:
        describe_number(field, n_text - n, text + n);
    }
}
