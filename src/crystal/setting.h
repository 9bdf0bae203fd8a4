#pragma once
/**
 * @file
 * @brief The table of space groups in their 530 usual settings (axes and origin). All functions are local.
 *
 * A setting is its serial number in the table of Hall symbols, 1 to 530.
 * Source: S. R. Hall, Acta Cryst. A37, 517 (1981); International Tables for Crystallography, volume B, table A1.4.2.7.
 */
#include "crystal/operations.h"

#define KM_SETTING_COUNT 530

/** What the table says of a setting: plain values. */
typedef struct {
    int number;      /* of the space group, 1 to 230 */
    char symbol[12]; /* short Hermann-Mauguin symbol of the group */
    char full[20];   /* full symbol in this setting */
    char names[32];  /* further symbols, with " = " between them */
    char hall[18];   /* Hall's symbol */
    char choice[8];  /* "1", "2" (origin), "H", "R" (axes), "b1", ... or "" */
} km_setting;

/** @brief Look a setting up; implemented with the other calls of spglib in symmetry.c. */
void km_setting_describe(int setting, km_setting *description);

/** @brief Its operations; ended with km_operations_free(). */
KM_STATUS km_setting_operations(int setting, km_operations *operations);

/** @brief The setting of a group of operations, 0 where it has no name. Cell as rows, [3][3]. */
int km_setting_identify(const km_operations *operations, const double *cell_bohr,
                        double tolerance_bohr);

/** @brief Whether this is the Hall symbol of a setting, in any case; blanks may be underscores. */
bool km_setting_has_hall(int setting, const char *hall);

/**
 * @brief Whether a setting goes by this Hermann-Mauguin symbol.
 *
 * @param[in] name  as files have it: any case and blanks, short or full, the symbols of 1935 ("F m 3 m", "C m c a") included; a choice after a colon or a blank ("F d -3 m :2",
 *                  "R -3 m R", "P n -3 n S") must be the setting's own
 */
bool km_setting_has_name(int setting, const char *name);
