#pragma once
/**
 * @file
 * @brief What the readers share: lines and words of a text file, numbers, and the last checks of a crystal. All
 * functions are local.
 */
#include "kaimen/crystal/crystal.h"

#include <stdbool.h>

/** Atoms nearer than this are a mistake in the file: the shortest bond, H-H, is 0.74 Ang. */
#define KM_ATOMS_TOO_CLOSE_ANG 0.5

/** A text file, line by line. {0} is empty. */
typedef struct {
    const char *path; /* borrowed */
    char *text;
    char *rest; /* borrowed: what follows the current line */
    int number; /* of the current line, 1 for the first */
} km_lines;

/** @brief Read a file; ended with km_lines_free(). */
KM_STATUS km_lines_read(const char *path, km_lines *lines);

void km_lines_free(km_lines *lines);

/** @brief The next line, writable, without its end; NULL after the last. */
char *km_lines_next(km_lines *lines);

/** @brief The next line; KM_E_INPUT says what was wanted where the file has ended. */
KM_STATUS km_lines_need(km_lines *lines, const char *wanted, char **line);

/** @brief Cut the next blank-separated word off; NULL at the end. */
char *km_next_word(char **cursor);

/** @brief Read a whole word as a finite number or an integer; false where it is none. */
bool km_read_double(const char *word, double *value);
bool km_read_int(const char *word, int *value);

/** @brief Atomic number of "Mg", "MG", "mg", "O2-" or "D" (which is hydrogen); 0 where it is no element. */
int km_read_element(const char *word);

/** @brief Cartesian to fractional in place, for any cell of row vectors that is not flat. */
void km_lines_to_fractional(const double *cell, double *position);

/**
 * @brief Make the crystal that a file describes.
 *
 * A left-handed cell becomes right-handed by a -> -a, b -> -b, c -> -c and x -> -x: no atom moves.
 * @param[in] path  for messages
 * @param[in] line  of each atom in the file, for messages, [n_atom]
 * @return KM_E_INPUT where the cell is flat or atoms are on top of each other
 */
KM_STATUS km_lines_make_crystal(const char *path, const double *cell_bohr, int n_atom,
                                const int *z, double *frac, const int *line,
                                km_crystal **crystal);
