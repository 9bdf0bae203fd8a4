#include "crystal/lines.h"

#include "kaimen/base/file.h"
#include "kaimen/base/memory.h"
#include "kaimen/base/units.h"
#include "kaimen/crystal/element.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

km_status km_lines_read(const char *path, km_lines *lines)
{
    *lines = (km_lines){.path = path};
    KM_TRY(km_file_read_text(path, &lines->text));
    lines->rest = lines->text;
    return KM_OK;
}

void km_lines_free(km_lines *lines)
{
    KM_FREE(lines->text);
    *lines = (km_lines){0};
}

char *km_lines_next(km_lines *lines)
{
    char *line = lines->rest;
    size_t length;

    if (*line == '\0') return NULL;
    length = strcspn(line, "\n");
    lines->rest = line + length + (line[length] == '\n');
    line[length] = '\0';
    if (length > 0 && line[length - 1] == '\r') line[length - 1] = '\0';
    lines->number++;
    return line;
}

km_status km_lines_need(km_lines *lines, const char *wanted, char **line)
{
    *line = km_lines_next(lines);
    return KM_CHECK(*line, KM_E_INPUT, "%s:%d: the file ends where %s is wanted", lines->path,
                    lines->number + 1, wanted);
}

char *km_next_word(char **cursor)
{
    char *word = *cursor + strspn(*cursor, " \t\r\n");

    if (*word == '\0') return NULL;
    *cursor = word + strcspn(word, " \t\r\n");
    if (**cursor != '\0') *(*cursor)++ = '\0';
    return word;
}

bool km_read_double(const char *word, double *value)
{
    char *end;

    *value = strtod(word, &end);
    return end != word && *end == '\0' && isfinite(*value);
}

bool km_read_int(const char *word, int *value)
{
    char *end;
    long number;

    errno = 0;
    number = strtol(word, &end, 10);
    if (end == word || *end != '\0' || errno != 0 || number < INT_MIN || number > INT_MAX)
        return false;
    *value = (int)number;
    return true;
}

int km_read_element(const char *word)
{
    char symbol[4] = "";
    int n = 0;

    while (n < 3 && isalpha((unsigned char)word[n])) {
        symbol[n] =
            (char)(n == 0 ? toupper((unsigned char)word[n]) : tolower((unsigned char)word[n]));
        n++;
    }
    /* What may follow is a charge: Ti4+, O-2, Fe+. */
    if (word[n + (int)strspn(word + n, "0123456789+-")] != '\0') return 0;
    return strcmp(symbol, "D") == 0 ? 1 : km_element_find(symbol);
}

static double determinant(const double *a)
{
    return a[0] * (a[4] * a[8] - a[5] * a[7]) - a[1] * (a[3] * a[8] - a[5] * a[6]) +
           a[2] * (a[3] * a[7] - a[4] * a[6]);
}

/* Cramer's rule: replace one vector by the position. */
void km_lines_to_fractional(const double *cell, double *position)
{
    double frac[3];

    for (int i = 0; i < 3; i++) {
        double replaced[9];

        memcpy(replaced, cell, sizeof replaced);
        memcpy(replaced + 3 * i, position, 3 * sizeof *position);
        frac[i] = determinant(replaced) / determinant(cell);
    }
    memcpy(position, frac, sizeof frac);
}

km_status km_lines_make_crystal(const char *path, const double *cell_bohr, int n_atom,
                                const int *z, double *frac, const int *line,
                                km_crystal **crystal)
{
    double cell[9], distance_ang;
    int sign = determinant(cell_bohr) < 0 ? -1 : 1, first, second;

    for (int i = 0; i < 9; i++) cell[i] = sign * cell_bohr[i];
    for (int i = 0; i < 3 * n_atom; i++) frac[i] *= sign;
    if (km_crystal_create(cell, n_atom, z, frac, crystal) != KM_OK) {
        char reason[KM_MESSAGE_SIZE];

        snprintf(reason, sizeof reason, "%s", km_status_message());
        return KM_RAISE(KM_E_INPUT, "%.300s: %.600s", path, reason);
    }
    distance_ang =
        km_crystal_shortest_distance_bohr(*crystal, &first, &second) * KM_ANG_PER_BOHR;
    if (distance_ang >= KM_ATOMS_TOO_CLOSE_ANG) return KM_OK;
    km_crystal_destroy(crystal);
    return KM_RAISE(KM_E_INPUT,
                    "%s:%d: this atom (%s) and that of line %d (%s) are %.3f Ang apart, at "
                    "least %g wanted",
                    path, line[second], km_element_symbol(z[second]), line[first],
                    km_element_symbol(z[first]), distance_ang, KM_ATOMS_TOO_CLOSE_ANG);
}
