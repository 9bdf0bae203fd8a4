#include "kaimen/campaign/identity.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char PSEUDO[] = "pseudo ";

/* Length of a line's key: its first word, of a pseudopotential also the element. */
static size_t key_length(const char *line)
{
    const size_t n_first =
        strncmp(line, PSEUDO, sizeof PSEUDO - 1) == 0 ? sizeof PSEUDO - 1 : 0;

    return n_first + strcspn(line + n_first, " \n");
}

static size_t line_length(const char *line)
{
    return strcspn(line, "\n");
}

static const char *next_line(const char *line)
{
    line += line_length(line);
    return line + (*line == '\n');
}

/* The line of a text with the key of another line, NULL for none. */
static const char *find_line(const char *text, const char *other)
{
    const size_t n = key_length(other);

    for (; *text; text = next_line(text))
        if (key_length(text) == n && strncmp(text, other, n) == 0) return text;
    return NULL;
}

static bool may_be_missing(const char *line)
{
    return strncmp(line, PSEUDO, sizeof PSEUDO - 1) == 0;
}

static bool is_same_line(const char *a, const char *b)
{
    return line_length(a) == line_length(b) && strncmp(a, b, line_length(a)) == 0;
}

static void print_value(const char *line, const char *where, char *text, size_t n_text)
{
    const size_t n_key = line ? key_length(line) : 0;
    const char *value = line ? line + n_key : NULL;

    if (!line)
        snprintf(text, n_text, "missing %s", where);
    else
        snprintf(text, n_text, "%.*s %s", (int)(line_length(value) - (*value == ' ')),
                 value + (*value == ' '), where);
}

/* a is in the ledger, b in the input; one may be NULL. */
static void add_difference(const char *a, const char *b,
                           char differences[KM_IDENTITY_TEXT_SIZE])
{
    const size_t n = strlen(differences);
    const char *key = a ? a : b;
    char there[KM_IDENTITY_TEXT_SIZE / 2], here[KM_IDENTITY_TEXT_SIZE / 2];

    print_value(a, "there", there, sizeof there);
    print_value(b, "in the input", here, sizeof here);
    snprintf(differences + n, KM_IDENTITY_TEXT_SIZE - n, "%s%.*s is %s and %s",
             n > 0 ? "; " : "", (int)key_length(key), key, there, here);
}

void km_identity_compare(const char *stored, const char *wanted,
                         char differences[KM_IDENTITY_TEXT_SIZE])
{
    differences[0] = '\0';
    for (const char *line = stored; *line; line = next_line(line)) {
        const char *other = find_line(wanted, line);

        if (other ? !is_same_line(line, other) : !may_be_missing(line))
            add_difference(line, other, differences);
    }
    for (const char *line = wanted; *line; line = next_line(line))
        if (!may_be_missing(line) && !find_line(stored, line))
            add_difference(NULL, line, differences);
}

km_status km_identity_merge(const char *stored, const char *wanted, km_text *merged)
{
    const size_t n = strlen(stored);

    KM_TRY(km_text_append(merged, n > 0 && stored[n - 1] != '\n' ? "%s\n" : "%s", stored));
    for (const char *line = wanted; *line; line = next_line(line))
        if (!find_line(stored, line))
            KM_TRY(km_text_append(merged, "%.*s\n", (int)line_length(line), line));
    return KM_OK;
}
